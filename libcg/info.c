/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this host has, in pairs of key and value. */
#include <stdio.h>

#include "internal.h"

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
	for (int i = 0; !rc && cgi_drivers[i]; i++) {
		if (ctx->present[i] && cgi_drivers[i]->info)
			rc = cgi_drivers[i]->info(ctx, i, fn, data);
		if (rc || !*ctx->absent[i])
			continue;
		snprintf(line, sizeof(line), "%s: %s", cgi_drivers[i]->name, ctx->absent[i]);
		rc = fn(data, "absent", line);
	}
	return rc;
}

CG_API int cg_info(struct cg_ctx *ctx, cg_info_fn fn, void *data)
{
	cgi_enter(ctx);
	return tell(ctx, fn, data);
}
