/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freezing and thawing for callers. */
#include "core.h"

CG_API int cg_freeze(struct cg *cg, int timeout_ms)
{
	int rc;

	cgi_enter(cg->ctx, timeout_ms);
	rc = timeout_ms < 0 ? cgi_fail(cg->ctx, -EINVAL, "freeze: negative timeout") :
		cgi_guard(cg, "freeze");
	rc = rc ? rc : cgi_group_settle(cg);
	rc = rc ? rc : cgi_freeze_until(cg, true, cg->ctx->deadline);
	cgi_watch_touch(cg);
	return cgi_result(cg->ctx, rc);
}

/* 1: it is thawed. Nothing here can undo the freeze of a group above. */
static int thaw_step(struct cg *cg)
{
	unsigned state;
	int rc = cgi_thaw_each(cg, CGI_THAW_DEEP);

	rc = rc ? rc : cgi_group_state(cg, &state);
	if (rc < 0)
		return rc;
	if (state & CG_FROZEN_ABOVE)
		return cgi_fail(cg->ctx, -EBUSY, "thaw %s: a group above it is frozen", cg->path);
	return !(state & CG_FROZEN);
}

CG_API int cg_thaw(struct cg *cg, int timeout_ms)
{
	struct cg_ctx *ctx = cg->ctx;
	unsigned pause = 0;
	int rc;

	cgi_enter(ctx, timeout_ms);
	rc = timeout_ms < 0 ? cgi_fail(ctx, -EINVAL, "thaw: negative timeout") :
			      cgi_guard(cg, "thaw");
	rc = rc ? rc : cgi_group_settle(cg);
	while (!rc) {
		rc = thaw_step(cg);
		if (rc)
			break;
		if (ctx->sys->now(ctx->k) >= ctx->deadline)
			rc = cgi_fail(ctx, -ETIMEDOUT, "thaw %s: still frozen", cg->path);
		else
			cgi_pause(ctx, &pause, ctx->deadline);
	}
	cgi_watch_touch(cg);
	return cgi_result(ctx, rc > 0 ? 0 : rc);
}
