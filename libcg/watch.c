/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Being told of changes in the loop of a program. */
#include "core.h"

#define ASK_US		100000		/* where nothing tells of changes */
#define ASK_ANYWAY_US	1000000

struct cg_watch {
	struct cg *cg;
	unsigned states;
	unsigned last;			/* of these, when asked last; ~0: never asked */
	int timer, file, both;		/* file and both: -1 without events */
};

CG_API void cg_watch_free(struct cg_watch *w)
{
	if (!w)
		return;
	cgi_close_fd(w->cg->ctx, w->both);
	cgi_close_fd(w->cg->ctx, w->file);
	cgi_close_fd(w->cg->ctx, w->timer);
	free(w);
}

/* The strongest place is the one whose members end last. */
static int open_events(struct cg *cg)
{
	struct cgi_waiter w;

	cgi_wait_begin(cg, &w);
	return w.fd < 0 ? -EOPNOTSUPP : w.fd;
}

/*
 * Beside events the timer is for what has none: the directory that was removed, and other
 * parts of the group that see an exit a moment later than the one that tells.
 */
static int open_all(struct cg_watch *w)
{
	struct cg_ctx *ctx = w->cg->ctx;

	w->file = open_events(w->cg);
	w->timer = ctx->sys->timer(ctx->k, w->file < 0 ? ASK_US : ASK_ANYWAY_US);
	if (w->timer < 0)
		return w->timer;
	if (w->file < 0)
		return 0;
	w->both = ctx->sys->either(ctx->k, w->timer, w->file);
	return w->both < 0 ? w->both : 0;
}

CG_API int cg_watch(struct cg *cg, unsigned states, struct cg_watch **ret)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cg_watch *w;
	int rc;

	cgi_enter(ctx, -1);
	if (!states || states & ~(CG_EMPTY | CG_FROZEN | CG_GONE))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "watch: bad argument"));
	w = calloc(1, sizeof(*w));
	if (!w)
		return cgi_result(ctx, cgi_fail(ctx, -ENOMEM, "no memory"));
	*w = (struct cg_watch){
		.cg = cg, .states = states, .last = ~0U, .timer = -1, .file = -1, .both = -1,
	};
	rc = open_all(w);
	if (!rc) {
		*ret = w;
		return 0;
	}
	cg_watch_free(w);
	return cgi_result(ctx, cgi_fail(ctx, rc, "watch %s: %s", cg->path, cgi_strerror(rc)));
}

CG_API int cg_watch_fd(const struct cg_watch *w)
{
	return w->both >= 0 ? w->both : w->timer;
}

CG_API int cg_watch_next(struct cg_watch *w, unsigned *state)
{
	struct cg_ctx *ctx = w->cg->ctx;
	unsigned now;
	int rc;

	cgi_enter(ctx, -1);
	/* First quiet, then asked: what changes in between wakes the caller once more. */
	(void)ctx->sys->drain(ctx->k, w->timer);
	if (w->file >= 0)
		(void)ctx->sys->drain(ctx->k, w->file);
	rc = cgi_group_state(w->cg, &now);
	if (rc < 0)
		return cgi_result(ctx, rc);
	if ((now & w->states) == w->last)
		return -EAGAIN;
	w->last = now & w->states;
	*state = now;
	return rc;
}
