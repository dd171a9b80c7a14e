/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waiting for a state. Events without polling are not built: cg_caps() says so. */
#include "internal.h"

CG_API int cg_wait(struct cg *cg, unsigned states, int timeout_ms)
{
	struct cg_ctx *ctx = cg->ctx;
	uint64_t deadline = cgi_deadline(ctx, timeout_ms);
	unsigned state, pause = 0;
	int rc;

	cgi_enter(ctx);
	if (timeout_ms < 0 || !states || states & ~(CG_EMPTY | CG_FROZEN | CG_GONE))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "wait: bad argument"));
	for (;;) {
		rc = cgi_group_state(cg, &state);
		if (rc < 0 || state & states)
			break;
		if (ctx->sys->now(ctx->k) >= deadline) {
			rc = cgi_fail(ctx, -ETIMEDOUT, "wait %s: it did not happen in time",
				      cg->path);
			break;
		}
		cgi_pause(cg, &pause, deadline);
	}
	return cgi_result(ctx, rc);
}

CG_API int cg_watch(struct cg *cg, unsigned states, struct cg_watch **ret)
{
	(void)states;
	(void)ret;
	cgi_enter(cg->ctx);
	return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EOPNOTSUPP,
					    "watch: events are not built in this "
					    "version; cg_wait() polls"));
}

CG_API int cg_watch_fd(const struct cg_watch *w)
{
	(void)w;
	return -EOPNOTSUPP;
}

CG_API int cg_watch_next(struct cg_watch *w, unsigned *state)
{
	(void)w;
	(void)state;
	return -EOPNOTSUPP;
}

CG_API void cg_watch_free(struct cg_watch *w)
{
	(void)w;
}
