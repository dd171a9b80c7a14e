/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this host has, in pairs of key and value. */
#include <stdio.h>

#include "core.h"

static bool pidfd_works(struct cg_ctx *ctx, uint64_t *inode)
{
	int fd = ctx->sys->pidfd(ctx->k, ctx->sys->self(ctx->k));

	*inode = fd >= 0 ? ctx->sys->pidfd_inode(ctx->k, fd) : 0;
	cgi_close_fd(ctx, fd);
	return fd >= 0;
}

/* A look-up that nothing may lead out of does not follow this link; one by hand would. */
static bool openat2_works(struct cg_ctx *ctx)
{
	int fd = ctx->sys->open(ctx->k, ctx->procfd, "self/cwd/.", true);

	cgi_close_fd(ctx, fd);
	return fd < 0;
}

/* "NAME POINT" of a hierarchy, and where in it this user may make groups. */
static int tell_tree(struct cg_ctx *ctx, const struct cgi_tree *t, cg_info_fn fn, void *data)
{
	const char *name = t->kind == CGI_V2 ? CGI_V2_MOUNT : t->name;
	_cleanup_free_ char *line = NULL;
	struct cgi_buf b = { 0 };
	int rc;

	(void)ctx;
	cgi_buf_add(&b, "%s %s", name, t->point);
	line = b.s;
	rc = line ? fn(data, "mount", line) : -ENOMEM;
	if (rc || !t->base)
		return rc;
	cgi_buf_add(&b, "%s", t->base[1] ? t->base : "");
	line = b.s;
	return fn(data, "tree", line);
}

static int tell_trees(struct cg_ctx *ctx, cg_info_fn fn, void *data)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < ctx->trees->n; i++) {
		const struct cgi_tree *t = &ctx->trees->v[i];

		if (t->fd < 0 || !ctx->present[t->kind])
			continue;
		if (t->kind == CGI_V2)
			rc = cgi_tree_features(ctx, t, fn, data);
		rc = rc ? rc : tell_tree(ctx, t, fn, data);
	}
	return rc;
}

static int tell(struct cg_ctx *ctx, cg_info_fn fn, void *data)
{
	char line[600], release[128];
	uint64_t inode;
	bool pidfd;
	int rc;

	rc = fn(data, "mode", cgi_host_mode(ctx));
	rc = rc ? rc : fn(data, "stack", ctx->stack);
	if (!rc &&
	    cgi_read_word(ctx, ctx->procfd, "sys/kernel/osrelease", release, sizeof(release)) > 0)
		rc = fn(data, "kernel", release);
	pidfd = pidfd_works(ctx, &inode);
	rc = rc ? rc : fn(data, "kernel.pidfd", pidfd ? "yes" : "no");
	rc = rc ? rc : fn(data, "kernel.pidfd_inode", inode ? "yes" : "no");
	rc = rc ? rc : fn(data, "kernel.openat2", openat2_works(ctx) ? "yes" : "no");
	rc = rc ? rc : fn(data, "pid_namespace", ctx->child_pidns ? "child" : "initial");
	rc = rc ? rc : tell_trees(ctx, fn, data);
	if (!rc && ctx->manager)
		rc = fn(data, "bus", cgi_placer_address(ctx));
	if (!rc && ctx->claims)
		rc = cgi_claims_info(ctx, fn, data);
	for (int k = 0; !rc && k < CGI_KINDS; k++) {
		if (!*ctx->absent[k])
			continue;
		snprintf(line, sizeof(line), "%s: %s", cgi_kind_name((enum cgi_kind)k),
			 ctx->absent[k]);
		rc = fn(data, "absent", line);
	}
	return rc;
}

CG_API int cg_info(struct cg_ctx *ctx, cg_info_fn fn, void *data)
{
	cgi_enter(ctx, -1);
	return tell(ctx, fn, data);
}
