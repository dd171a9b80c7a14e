/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The real directories: of a group, and of the groups that a process is in. */
#include <stdio.h>

#include "core.h"

static int tell_place(struct cg *cg, struct cgi_place *p, cg_place_fn fn, void *data)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cg_place out = { .hierarchy = p->tree->name, .id = p->ino };
	_cleanup_free_ char *dir = NULL;
	struct cgi_ident id;
	int fd = p->gone ? -ENOENT : cgi_place_enter(ctx, p), rc;

	if (fd < 0 && !p->gone)
		return fd;
	rc = p->gone ? 0 : ctx->sys->ident(ctx->k, fd, "", &id);
	if (!p->gone)
		cgi_place_done(ctx, p, fd);
	if (rc)
		return cgi_fail(ctx, rc, "look at %s: %s", CGI_AT(p), cgi_strerror(rc));
	dir = cgi_place_dir(p);
	if (!dir)
		return cgi_nomem(ctx);
	out.dir = dir;
	out.path = p->path;
	out.state = p->gone ? CG_GONE : 0;
	out.uid = p->gone ? 0 : id.uid;
	return fn(data, &out);
}

CG_API int cg_places(struct cg *cg, cg_place_fn fn, void *data)
{
	int rc, weak = 0;

	cgi_enter(cg->ctx, -1);
	rc = cgi_group_settle(cg);
	CGI_EACH(cg, p) {
		if (rc)
			break;
		if (p->unseen || !p->tree || p->tree->fd < 0)
			weak = CG_WEAK;
		else
			rc = tell_place(cg, p, fn, data);
	}
	return rc ? cgi_result(cg->ctx, rc) : weak;
}

/* t: a hierarchy; line: where /proc says that the process is */
static int tell_tree(struct cg_ctx *ctx, const struct cgi_tree *t, const char *text,
		     const struct cgi_line *line, cg_place_fn fn, void *data)
{
	_cleanup_free_ char *path = NULL, *dir = NULL;
	struct cg_place out = { .hierarchy = t->name };
	struct cgi_place p = { .tree = t };
	struct cgi_ident id;
	int rc = t->fd < 0 ? -ENOENT : cgi_tree_where(t, text, &path);

	if (rc == -ENOMEM)
		return cgi_nomem(ctx);
	if (!rc) {
		p.path = path;
		rc = cgi_place_ident(ctx, t, path, &id);
		dir = rc ? NULL : cgi_place_dir(&p);
		out.dir = dir;
		out.id = rc ? 0 : id.ino;
		out.uid = rc ? 0 : id.uid;
	} else {
		path = strndup(line->path, line->len);
	}
	out.path = path;
	return path && (rc || dir) ? fn(data, &out) : cgi_nomem(ctx);
}

CG_API int cg_where(struct cg_ctx *ctx, pid_t pid, cg_place_fn fn, void *data)
{
	_cleanup_free_ char *text = NULL;
	struct cgi_line line;
	int rc;

	cgi_enter(ctx, -1);
	if (pid < 0)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "process %d: no such number", pid));
	pid = pid ? pid : ctx->sys->self(ctx->k);
	rc = cgi_read_proc(ctx, pid, "cgroup", &text);
	if (rc)
		return cgi_result(ctx, cgi_fail(ctx, rc, "groups of process %d: %s", pid,
						cgi_strerror(rc)));
	for (size_t i = 0; !rc && i < ctx->trees->n; i++)
		if (!cgi_parse_cgroup(text, ctx->trees->v[i].name, &line))
			rc = tell_tree(ctx, &ctx->trees->v[i], text, &line, fn, data);
	return cgi_result(ctx, rc);
}
