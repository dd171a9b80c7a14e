/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who belongs to a group: the union of its places and its claims. */
#include <stdio.h>

#include "core.h"

void cgi_doubt(struct cg *cg, struct cgi_doubt *d, int rc)
{
	if (rc >= 0 || d->rc)
		return;
	d->rc = rc;
	snprintf(d->why, sizeof(d->why), "%.511s", cg->ctx->errmsg);
}

int cgi_doubt_fail(struct cg *cg, const struct cgi_doubt *d)
{
	return cgi_fail(cg->ctx, d->rc, "%s", d->why);
}

/* A failure: kept as a doubt where the caller can go on without, else the end. */
static int doubtful(struct cg *cg, struct cgi_doubt *d, int rc)
{
	if (rc >= 0 || !d || cgi_is_scarce(rc))
		return rc;
	cgi_doubt(cg, d, rc);
	return CG_WEAK;
}

static int collect(void *data, pid_t pid, size_t n)
{
	struct cgi_pids *l = data;

	if (pid)
		return cgi_pids_add(l, pid);
	l->unnamed += n;
	return 0;
}

/*
 * cgroup v1 lists no members outside of our PID namespace, and the kernel's count of them leaves
 * out frozen threads: while the group is frozen nothing can be said of them.
 */
static bool is_blind(struct cg *cg)
{
	bool frozen, above;

	if (!cg->ctx->child_pidns)
		return false;
	CGI_EACH(cg, p)
		if (p->tree && p->tree->kind == CGI_V1 && !p->unseen &&
		    (cgi_place_frozen(cg->ctx, p, &frozen, &above) || frozen || above))
			return true;
	return false;
}

/* Each place counts the same invisible members: the most that one knows of. */
int cgi_listed(struct cg *cg, unsigned flags, struct cgi_pids *out, struct cgi_doubt *d)
{
	bool complete = !cg->places.n, gone = true, blind = is_blind(cg);
	size_t unnamed = 0;
	unsigned unseen;
	int rc;

	out->n = out->unnamed = 0;
	CGI_EACH(cg, p) {
		out->unnamed = unseen = 0;
		rc = cgi_place_list(cg->ctx, p, flags, collect, out, d ? &unseen : NULL);
		if (unseen)
			cgi_doubt(cg, d, -EPERM);
		rc = doubtful(cg, d, rc);
		if (rc < 0)
			return rc;
		complete = complete || (rc == 0 && !p->gone &&
					(p->tree->kind == CGI_V2 || !blind));
		gone = gone && p->gone;
		unnamed = out->unnamed > unnamed ? out->unnamed : unnamed;
	}
	out->unnamed = unnamed;
	cgi_pids_sort(out);
	return complete || gone ? 0 : CG_WEAK;
}

/* No process has joined the unit, and none is recorded: it is as sure as a cgroup. */
static bool unbegun(struct cg *cg)
{
	return cg->unit && !cgi_unit_asked(cg->unit) && !(cg->claims && cgi_claims_any(cg->claims));
}

int cgi_members(struct cg *cg, unsigned flags, struct cgi_pids *out, struct cgi_doubt *d)
{
	_cleanup_(cgi_pids_free) struct cgi_pids strays = { 0 };
	int rc = doubtful(cg, d, cgi_group_settle(cg)), claimed;

	rc = rc < 0 ? rc : cgi_listed(cg, flags, out, d);
	if (rc < 0 || !cg->claims || unbegun(cg))
		return rc;
	/* They are told who is known already, so that they look at the others only. */
	claimed = doubtful(cg, d, cgi_claims_list(cg->claims, flags, out, collect, &strays));
	if (claimed < 0)
		return claimed;
	for (size_t i = 0; i < strays.n; i++)
		if (cgi_pids_add(out, strays.pid[i]))
			return cgi_nomem(cg->ctx);
	cgi_pids_sort(out);
	return cg->places.n ? rc : claimed;
}

/* The place is still at the path that /proc shows, so the path means this group. */
static bool holds(struct cg *cg, struct cgi_place *p, const char *text)
{
	return cgi_place_holds(p, text) && cgi_place_there(cg->ctx, p);
}

/* By the process's own text, which costs no list. A renamed group is found in the lists. */
int cgi_is_member(struct cg *cg, pid_t pid)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	_cleanup_free_ char *text = NULL;
	int rc = cgi_read_proc(cg->ctx, pid, "cgroup", &text);

	if (cgi_is_scarce(rc))
		return cgi_fail(cg->ctx, rc, "read /proc/%d/cgroup: %s", pid, cgi_strerror(rc));
	CGI_EACH(cg, p)
		if (!rc && holds(cg, p, text))
			return 1;
	rc = cg->places.n ? cgi_listed(cg, 0, &l, NULL) : 0;
	if (rc < 0 || cgi_pids_has(&l, pid))
		return rc < 0 ? rc : 1;
	return cg->claims ? cgi_claims_member(cg->claims, pid) : 0;
}

/* ---- may it be changed? ---- */

/*
 * The caller's own groups, compared by identity: a v1 group may have been renamed, so there
 * each directory above the caller is one that could be ours.
 */
static int caller_is_in(struct cg *cg, struct cgi_place *p, const char *text)
{
	_cleanup_free_ char *own = NULL;
	struct cgi_ident id;
	int rc;

	if (p->gone || p->unseen)
		return 0;
	if (p->tree->kind == CGI_V2)
		return holds(cg, p, text);
	rc = cgi_tree_where(p->tree, text, &own);
	if (rc)
		return rc == -ENOMEM ? cgi_nomem(cg->ctx) : 0;
	for (char *slash; own[1]; *slash = '\0') {
		if (cgi_place_is(cg->ctx, p, own, &id))
			return 1;
		slash = strrchr(own, '/');
		slash += slash == own;
	}
	return 0;
}

/* A recorded process may be the caller, or one that the caller descends from. */
static int caller_is_claimed(struct cg *cg)
{
	struct cgi_stat st = { .ppid = cg->ctx->sys->self(cg->ctx->k) };
	int rc = 0;

	if (!cg->claims || !cgi_claims_any(cg->claims))
		return 0;
	while (!rc && st.ppid > 0) {
		rc = cgi_claims_member(cg->claims, st.ppid);
		if (rc || cgi_stat_pid(cg->ctx, st.ppid, &st))
			break;
	}
	return rc;
}

static int caller_is_member(struct cg *cg)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	_cleanup_free_ char *text = NULL;
	struct cg_ctx *ctx = cg->ctx;
	int rc = cg->places.n ? cgi_read_proc(ctx, ctx->sys->self(ctx->k), "cgroup", &text) : 0;

	/* Nested too deep for the kernel to spell it, or no text: then the lists tell. */
	if (rc) {
		rc = cgi_listed(cg, 0, &l, NULL);
		return rc < 0 ? rc : cgi_pids_has(&l, ctx->sys->self(ctx->k));
	}
	CGI_EACH(cg, p)
		if (!rc)
			rc = caller_is_in(cg, p, text);
	return rc ? rc : caller_is_claimed(cg);
}

int cgi_guard(struct cg *cg, const char *verb)
{
	int rc;

	if (!cg->adopted)
		return cgi_fail(cg->ctx, -EPERM, "%s %s: this group was not created or adopted",
				verb, cg->path);
	if (cgi_group_is_root(cg))
		return cgi_fail(cg->ctx, -EPERM, "%s %s: the root of a hierarchy", verb, cg->path);
	rc = caller_is_member(cg);
	if (rc > 0)
		return cgi_fail(cg->ctx, -EDEADLK, "%s %s: the caller is a member", verb, cg->path);
	return rc;
}

/* ---- is anybody left? ---- */

/*
 * No member in any place, and none that is claimed. A place that cannot be asked is a doubt,
 * and so is a unit: neither is empty, nor does it keep the others from being asked.
 */
int cgi_is_empty(struct cg *cg, bool *empty, struct cgi_doubt *d)
{
	bool one = true, sure = !cg->places.n && !cg->claims, known = false, blind = is_blind(cg);
	int rc = doubtful(cg, d, cgi_group_settle(cg));

	*empty = true;
	if (rc < 0 || unbegun(cg))
		return rc;
	CGI_EACH(cg, p) {
		rc = doubtful(cg, d, cgi_place_empty(cg->ctx, p, &one));
		if (rc < 0)
			return rc;
		known = known || rc == 0;
		one = one && (!blind || p->gone || p->unseen || p->tree->kind == CGI_V2);
		*empty = *empty && one;
		/* One member is one too many, whatever the others say. */
		if (rc == 0 && !one) {
			if (d)
				d->busy = p;
			return 0;
		}
	}
	sure = sure || known;
	if (!cg->claims)
		return sure ? 0 : CG_WEAK;
	one = true;		/* a failure is told as a doubt */
	rc = doubtful(cg, d, cgi_claims_empty(cg->claims, &one));
	if (rc < 0)
		return rc;
	*empty = *empty && one;
	return sure || (rc == 0 && !cg->places.n) ? 0 : CG_WEAK;
}

/* ---- for callers ---- */

CG_API int cg_procs(struct cg *cg, unsigned flags, pid_t **pids, size_t *n, size_t *unnamed)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc;

	cgi_enter(cg->ctx, -1);
	if (flags & ~CG_HERE)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "procs: unknown flag"));
	rc = cgi_members(cg, flags, &l, NULL);
	if (rc < 0)
		return cgi_result(cg->ctx, rc);
	if (l.unnamed)
		rc = CG_WEAK;
	/* An empty list is a list too: the caller frees what it gets. */
	if (!l.pid)
		l.pid = calloc(1, sizeof(*l.pid));
	if (!l.pid)
		return cgi_result(cg->ctx, cgi_nomem(cg->ctx));
	*n = l.n;
	*pids = take_ptr(l.pid);
	if (unnamed)
		*unnamed = l.unnamed;
	return rc;
}

CG_API int cg_ref_check(struct cg *cg, const struct cg_ref *ref)
{
	int rc = cg_ref_alive(cg->ctx, ref);

	if (rc)
		return rc;
	rc = cgi_is_member(cg, ref->pid);
	if (rc == 0)
		rc = cgi_fail(cg->ctx, -ESRCH, "process %d is not a member", ref->pid);
	return cgi_result(cg->ctx, rc < 0 ? rc : 0);
}
