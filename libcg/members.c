/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who belongs to a group: the union of what its parts know, and what state they are in. */
#include <stdio.h>

#include "internal.h"

static int collect(void *data, pid_t pid, size_t n)
{
	struct cgi_pids *l = data;

	if (pid)
		return cgi_pids_add(l, pid);
	l->unnamed += n;
	return 0;
}

/* It is told who is known already, so that it looks at the others only. */
static int ask_witness(struct cg_part *p, unsigned flags, struct cgi_pids *out)
{
	_cleanup_(cgi_pids_free) struct cgi_pids strays = { 0 };
	int rc, one = 0;

	cgi_pids_sort(out);
	p->listed = out;
	rc = p->drv->procs(p, flags, collect, &strays);
	p->listed = NULL;
	for (size_t i = 0; rc >= 0 && !one && i < strays.n; i++)
		one = cgi_pids_add(out, strays.pid[i]);
	return one ? one : rc;
}

/* Complete if one part says so; what the others add does no harm. */
static int union_of(struct cg *cg, unsigned flags, bool listing_only, struct cgi_pids *out)
{
	bool complete = false, all_gone = true;
	size_t unnamed = 0;
	int rc;

	out->n = out->unnamed = 0;
	CGI_EACH(cg, p) {
		if (listing_only && p->drv->member)
			continue;
		out->unnamed = 0;
		rc = p->witness ? ask_witness(p, flags, out) :
				  p->drv->procs(p, flags, collect, out);
		if (rc < 0)
			return rc;
		complete = complete || rc == 0;
		all_gone = all_gone && p->gone;
		/* Parts count the same invisible members each: the most that one knows of. */
		if (out->unnamed > unnamed)
			unnamed = out->unnamed;
	}
	out->unnamed = unnamed;
	cgi_pids_sort(out);
	return complete || (all_gone && !listing_only) ? 0 : CG_WEAK;
}

int cgi_members(struct cg *cg, unsigned flags, struct cgi_pids *out)
{
	return union_of(cg, flags, false, out);
}

int cgi_listed(struct cg *cg, unsigned flags, struct cgi_pids *out)
{
	return union_of(cg, flags, true, out);
}

/* Parts that can answer for one process are asked for it; the others list. */
int cgi_is_member(struct cg *cg, pid_t pid)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc = cgi_listed(cg, 0, &l);

	if (rc < 0 || cgi_pids_has(&l, pid))
		return rc < 0 ? rc : 1;
	CGI_EACH(cg, p) {
		rc = p->drv->member ? p->drv->member(p, pid) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

/* Empty if all parts say so. CG_WEAK if no part that tracks could say it. */
int cgi_group_state(struct cg *cg, unsigned *state)
{
	unsigned one, all = CG_EMPTY | CG_GONE, any = 0;
	bool sure = false, open = false, tracked = false, stopped;
	int rc;

	CGI_EACH(cg, p)
		tracked = tracked || p->drv->tracks;
	CGI_EACH(cg, p) {
		rc = p->drv->state(p, &one);
		if (rc < 0)
			return rc;
		sure = sure || rc == 0;
		open = true;
		/* A witness has no place of its own, it does not keep the group in being. */
		all &= p->drv->tracks || !tracked ? one : one | CG_GONE;
		any |= one;
	}
	*state = (all & (CG_EMPTY | CG_GONE)) | (any & (CG_FROZEN | CG_FROZEN_ABOVE));
	if (!open)
		*state = CG_EMPTY | CG_GONE;
	if (cg->stopping) {
		rc = cgi_all_stopped(cg, &stopped);
		if (rc < 0)
			return rc;
		*state |= stopped ? CG_FROZEN : 0;
	}
	return sure || !open ? 0 : CG_WEAK;
}

int cgi_guard(struct cg *cg, const char *verb, struct cgi_pids *members)
{
	_cleanup_(cgi_pids_free) struct cgi_pids own = { 0 };
	struct cgi_pids *l = members ? members : &own;
	int rc;

	if (!cg->adopted)
		return cgi_fail(cg->ctx, -EPERM, "%s %s: this group was not created or adopted",
				verb, cg->path);
	CGI_EACH(cg, p)
		if (p->root)
			return cgi_fail(cg->ctx, -EPERM, "%s %s: the root of a hierarchy", verb,
					cg->path);
	/* For a kill all, before the first signal: strays may be known only by their parents. */
	rc = union_of(cg, CGI_ONE_LOOK, !members, l);
	if (rc < 0)
		return rc;
	if (cgi_pids_has(l, cg->ctx->sys->self(cg->ctx->k)))
		return cgi_fail(cg->ctx, -EDEADLK, "%s %s: the caller is a member", verb, cg->path);
	return 0;
}

CG_API int cg_procs(struct cg *cg, unsigned flags, pid_t **pids, size_t *n, size_t *unnamed)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc;

	cgi_enter(cg->ctx);
	if (flags & ~CG_HERE)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "procs: unknown flag"));
	rc = cgi_members(cg, flags, &l);
	if (rc < 0)
		return cgi_result(cg->ctx, rc);
	if (l.unnamed)
		rc = CG_WEAK;
	/* An empty list is a list too: the caller frees what it gets. */
	if (!l.pid)
		l.pid = calloc(1, sizeof(*l.pid));
	if (!l.pid)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -ENOMEM, "no memory"));
	*n = l.n;
	*pids = take_ptr(l.pid);
	if (unnamed)
		*unnamed = l.unnamed;
	return rc;
}

CG_API int cg_state(struct cg *cg, unsigned *state)
{
	int rc;

	cgi_enter(cg->ctx);
	rc = cgi_group_state(cg, state);
	return cgi_result(cg->ctx, rc < 0 ? rc : 0);
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
