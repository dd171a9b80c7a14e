/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a group: its places are made, found and let go together. */
#include <stdio.h>

#include "core.h"

#define HELD	2		/* directories that a group keeps open, at the most */

struct cg *cgi_group_new(struct cg_ctx *ctx, const char *path)
{
	struct cg *cg = calloc(1, sizeof(*cg));

	if (cg)
		cg->path = strdup(path);
	if (!cg || !cg->path) {
		free(cg);
		cgi_nomem(ctx);
		return NULL;
	}
	cg->ctx = cgi_ctx_ref(ctx);
	for (int i = 0; i < CGI_KINDS; i++)
		memcpy(cg->absent[i], ctx->absent[i], sizeof(cg->absent[i]));
	return cg;
}

CG_API void cg_close(struct cg *cg)
{
	if (!cg)
		return;
	cgi_watch_forget(cg);
	CGI_EACH(cg, p)
		cgi_place_close(cg->ctx, p);
	cgi_claims_free(cg->claims);
	cgi_unit_free(cg->unit);
	cg_ctx_free(cg->ctx);
	free(cg->places.v);
	free(cg->unit_line);
	free(cg->kept);
	free(cg->path);
	free(cg);
}

static void closep(struct cg **cg)
{
	cg_close(*cg);
}

int cgi_group_add(struct cg *cg, const struct cgi_place *p)
{
	struct cgi_place *v = realloc(cg->places.v, (cg->places.n + 1) * sizeof(*v));

	if (!v)
		return cgi_nomem(cg->ctx);
	cg->places.v = v;
	v[cg->places.n++] = *p;
	return 0;
}

static bool has_kind(struct cg *cg, enum cgi_kind kind)
{
	if (kind == CGI_PLACER)
		return cg->unit || cg->unit_line;
	if (kind == CGI_CLAIMS)
		return cg->claims;
	CGI_EACH(cg, p)
		if (p->tree && p->tree->kind == kind)
			return true;
	return false;
}

void cgi_group_name(struct cg *cg)
{
	size_t n = 0;

	cg->name[0] = '\0';
	for (int i = 0; i < CGI_KINDS; i++)
		if (has_kind(cg, (enum cgi_kind)i))
			n += (size_t)snprintf(cg->name + n, sizeof(cg->name) - n, "%s%s",
					      n ? "," : "", cgi_kind_name((enum cgi_kind)i));
	if (cg->claims)
		cgi_claims_witness(cg->claims, cg->places.n);
}

bool cgi_group_is_root(struct cg *cg)
{
	CGI_EACH(cg, p)
		if (cgi_place_is_root(p))
			return true;
	return false;
}

/* The strongest are asked most often: they stay open. The others are opened when asked. */
static int hold_some(struct cg *cg)
{
	size_t held = 0;
	int rc;

	CGI_EACH(cg, p) {
		if (p->gone || p->unseen || held == HELD)
			continue;
		if (held && !cgi_place_can_freeze(cg->ctx, p))
			break;
		rc = cgi_place_hold(cg->ctx, p);
		if (rc < 0 && !p->gone)
			return rc;
		held++;
	}
	return 0;
}

/* ---- creating ---- */

/* A place that this user may not make is left out; any other failure is one of the group. */
static bool may_be_left_out(int rc)
{
	return cgi_is_denied(rc) || rc == -ENODEV || rc == -ENOENT;
}

/* Why some were left out: that the parent is missing is said before "not allowed". */
struct refusal {
	int rc;
	char why[512];
};

static void note(struct cg *cg, struct refusal *r, enum cgi_kind kind, int rc)
{
	char *why = cg->absent[kind];

	if (r->rc != -ENOENT && (!r->rc || rc == -ENOENT)) {
		r->rc = rc;
		snprintf(r->why, sizeof(r->why), "%.511s", cg->ctx->errmsg);
	}
	if (!*why)
		snprintf(why, sizeof(cg->absent[kind]), "%.511s", cg->ctx->errmsg);
}

static void undo_places(struct cg *cg)
{
	while (cg->places.n)
		cgi_place_undo(cg->ctx, &cg->places.v[--cg->places.n]);
}

/* One in each hierarchy, or none of them. r: why hierarchies were left out */
static int make_places(struct cg *cg, const char *path, unsigned flags, struct refusal *r)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cgi_place p;
	int rc = 0;

	for (size_t i = 0; !rc && i < ctx->trees->n; i++) {
		const struct cgi_tree *t = &ctx->trees->v[i];
		_cleanup_free_ char *full = NULL;

		if (t->fd < 0 || !ctx->present[t->kind])
			continue;
		rc = cgi_tree_path(ctx, t, path, &full);
		rc = rc ? rc : cgi_place_make(ctx, t, full, flags, &p);
		if (!rc) {
			rc = cgi_group_add(cg, &p);
			if (rc)
				cgi_place_undo(ctx, &p);
		} else if (may_be_left_out(rc)) {
			note(cg, r, t->kind, rc);
			rc = 0;
		}
	}
	rc = rc ? rc : hold_some(cg);
	if (rc)
		undo_places(cg);
	return rc;
}

static int make_claims(struct cg *cg)
{
	return cg->ctx->present[CGI_CLAIMS] ? cgi_claims_new(cg->ctx, &cg->claims) : 0;
}

static int create(struct cg *cg, unsigned flags)
{
	struct cg_ctx *ctx = cg->ctx;
	struct refusal r = { 0 };
	int rc = make_claims(cg);

	if (!rc && ctx->chosen[CGI_PLACER])
		rc = cgi_unit_new(ctx, cg->path, &cg->unit);
	cg->awaits = cg->unit;
	if (!rc && !cg->awaits)
		rc = make_places(cg, cg->path, flags, &r);
	if (rc)
		return rc;
	/* A parent that exists in one hierarchy is enough, in none it is a mistake. */
	if (!cg->places.n && !cg->awaits && (!cg->claims || r.rc == -ENOENT))
		return r.rc ? cgi_fail(ctx, r.rc, "%s", r.why) :
			cgi_fail(ctx, -ENODEV, "no driver can work here");
	return 0;
}

static int bad_path(struct cg_ctx *ctx, const char *what, const char *path)
{
	return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "%s \"%.80s\": not a path of a group", what,
					path ? path : ""));
}

CG_API int cg_create(struct cg_ctx *ctx, const char *path, unsigned flags, struct cg **ret)
{
	_cleanup_(closep) struct cg *cg = NULL;
	int rc;

	cgi_enter(ctx, -1);
	if (flags & ~(CG_PARENTS | CG_REUSE) || cgi_path_check(path))
		return bad_path(ctx, "create", path);
	if (!path[strspn(path, "/")])
		return cgi_result(ctx, cgi_fail(ctx, -EPERM, "create \"%s\": %s", path, *path ?
						"the root of a hierarchy" : "the base itself"));
	cg = cgi_group_new(ctx, path);
	rc = cg ? create(cg, flags) : -ENOMEM;
	if (rc)
		return cgi_result(ctx, rc);
	cg->adopted = true;
	cgi_group_name(cg);
	*ret = take_ptr(cg);
	return 0;
}

int cgi_group_place(struct cg *cg, const char *path)
{
	struct refusal r = { 0 };
	int rc = make_places(cg, path, CG_PARENTS | CG_REUSE, &r);

	if (!rc && !cg->places.n)
		rc = cgi_fail(cg->ctx, r.rc ? r.rc : -ENODEV, "no group can be made at %s: %s",
			      path, r.why);
	if (rc)
		return rc;
	cg->awaits = false;
	cgi_group_name(cg);
	return 0;
}

/* ---- opening ---- */

/* In the hierarchies that have it. Without a text by path, else where the text says. */
static int open_places(struct cg *cg, const char *path, const char *text)
{
	struct cg_ctx *ctx = cg->ctx;
	struct refusal r = { 0 };
	struct cgi_place p;
	int rc = 0;

	for (size_t i = 0; !rc && i < ctx->trees->n; i++) {
		const struct cgi_tree *t = &ctx->trees->v[i];
		_cleanup_free_ char *full = NULL;

		if (t->fd < 0 || !ctx->present[t->kind])
			continue;
		rc = text ? cgi_tree_where(t, text, &full) : cgi_tree_path(ctx, t, path, &full);
		if (text && (rc || strcmp(full, path))) {
			rc = rc == -ENOMEM ? cgi_nomem(ctx) : 0;
			continue;
		}
		rc = rc ? rc : cgi_place_open(ctx, t, full, &p);
		if (!rc)
			rc = cgi_group_add(cg, &p);
		else if (may_be_left_out(rc)) {
			/* "Not here" is the answer of one who may look. */
			note(cg, &r, t->kind, rc);
			rc = 0;
		}
	}
	if (rc || cg->places.n)
		return rc ? rc : hold_some(cg);
	return r.rc ? cgi_fail(ctx, r.rc, "%s", r.why) :
		cgi_fail(ctx, -ENODEV, "no cgroup hierarchy can be seen here");
}

/*
 * Hierarchies may disagree about a process. The strongest in which it is not in the root tells;
 * what it is in elsewhere is another group, and strangers may be in it.
 */
static int group_of(struct cg_ctx *ctx, const char *text, char **ret)
{
	int rc = -ENODEV;

	for (size_t i = 0; i < ctx->trees->n; i++) {
		const struct cgi_tree *t = &ctx->trees->v[i];
		char *path;

		if (t->fd < 0 || !ctx->present[t->kind] || (rc = cgi_tree_where(t, text, &path)))
			continue;
		free(*ret);
		*ret = path;
		if (path[1])
			return 0;
	}
	return *ret ? 0 : rc;
}

static int open_group(struct cg_ctx *ctx, const char *name, const char *path, const char *text,
		      unsigned flags, struct cg **ret)
{
	_cleanup_(closep) struct cg *cg = NULL;
	int rc;

	if (flags & ~CG_ADOPT)
		return cgi_fail(ctx, -EINVAL, "open: unknown flag");
	cg = cgi_group_new(ctx, name);
	rc = cg ? make_claims(cg) : -ENOMEM;
	rc = rc ? rc : open_places(cg, path, text);
	if (rc)
		return rc;
	cg->adopted = flags & CG_ADOPT;
	CGI_EACH(cg, p)
		p->ours = cg->adopted;
	cgi_group_name(cg);
	*ret = take_ptr(cg);
	return 0;
}

CG_API int cg_open(struct cg_ctx *ctx, const char *path, unsigned flags, struct cg **ret)
{
	cgi_enter(ctx, -1);
	if (cgi_path_check(path))
		return bad_path(ctx, "open", path);
	return cgi_result(ctx, open_group(ctx, path, path, NULL, flags, ret));
}

CG_API int cg_open_pid(struct cg_ctx *ctx, pid_t pid, unsigned flags, struct cg **ret)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	char name[32];
	int rc;

	cgi_enter(ctx, -1);
	if (pid < 0)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "process %d: no such number", pid));
	if (!pid)
		pid = ctx->sys->self(ctx->k);
	snprintf(name, sizeof(name), "pid:%d", pid);
	rc = cgi_read_proc(ctx, pid, "cgroup", &text);
	rc = rc ? rc : group_of(ctx, text, &path);
	if (rc)
		return cgi_result(ctx, cgi_fail(ctx, rc, "group of process %d: %s", pid,
						cgi_is_gone(rc) ? "none that is visible here" :
						cgi_strerror(rc)));
	return cgi_result(ctx, open_group(ctx, name, path, text, flags, ret));
}

/*
 * A unit that was asked for while nobody learned its place: systemd knows it by name. Before
 * the process is moved below it, it is in the scope itself.
 */
int cgi_group_settle(struct cg *cg)
{
	struct cg_ctx *ctx = cg->ctx;
	_cleanup_free_ char *path = NULL;
	char *slash;
	int rc;

	if (*cg->unseen)
		return cgi_fail(ctx, -ENODEV, "%s", cg->unseen);
	if (!cg->unit || cg->places.n || !cgi_unit_pending(cg->unit))
		return 0;
	rc = cgi_unit_find(ctx, cg->unit, &path);
	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = open_places(cg, path, NULL);
	slash = rc == -ENOENT ? strrchr(path, '/') : NULL;
	if (slash && slash > path) {
		*slash = '\0';
		rc = open_places(cg, path, NULL);
	}
	CGI_EACH(cg, p)
		p->ours = cg->adopted;
	cg->awaits = cg->awaits && !cg->places.n;
	cgi_group_name(cg);
	return rc;
}

/* ---- small answers ---- */

CG_API const char *cg_path(const struct cg *cg)
{
	return cg->path;
}

CG_API const char *cg_driver_name(const struct cg *cg)
{
	return cg->name;
}

CG_API int cg_fd(const struct cg *cg)
{
	cgi_enter(cg->ctx, -1);
	CGI_EACH(cg, p)
		if (p->tree && p->tree->kind == CGI_V2 && !p->gone && !p->unseen)
			return cgi_result(cg->ctx, cgi_place_hold(cg->ctx, p));
	return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EOPNOTSUPP, "no part of this group has a "
					    "directory to be born into"));
}

CG_API int cg_delegate(struct cg *cg, uid_t uid, gid_t gid)
{
	int rc = cg->adopted ? 0 : -EPERM, one;

	cgi_enter(cg->ctx, -1);
	if (rc)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, rc, "delegate %s: this group was not "
						    "created or adopted", cg->path));
	if (cgi_group_is_root(cg))
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EPERM, "delegate %s: the root of a "
						    "hierarchy", cg->path));
	rc = -EOPNOTSUPP;
	CGI_EACH(cg, p) {
		one = cgi_place_delegate(cg->ctx, p, uid, gid);
		if (one && one != -EOPNOTSUPP)
			return cgi_result(cg->ctx, one);
		rc = one ? rc : 0;
	}
	if (rc)
		cgi_fail(cg->ctx, rc, "no part of this group can be delegated safely");
	return cgi_result(cg->ctx, rc);
}
