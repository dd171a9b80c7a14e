/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is true of a group, and waiting until something else is. */
#include <poll.h>

#include "core.h"

#define POLL_US		10000		/* what no event tells of is asked so often */

/* All places are gone. A group of claims has none to go. */
static bool all_gone(struct cg *cg)
{
	CGI_EACH(cg, p)
		if (!p->gone)
			return false;
	return cg->places.n || cg->removed || (!cg->claims && !cg->unit);
}

/* By a place of its own, or by one above. */
static int frozen_places(struct cg *cg, unsigned *state)
{
	bool frozen, above;
	int rc;

	CGI_EACH(cg, p) {
		if (p->unseen)
			return cgi_fail(cg->ctx, -ENODEV, "%s", p->unseen);
		rc = cgi_place_frozen(cg->ctx, p, &frozen, &above);
		if (rc)
			return rc;
		*state |= (frozen ? CG_FROZEN : 0) | (above ? CG_FROZEN_ABOVE : 0);
	}
	return 0;
}

/* Frozen is said of a group only when it is true of each member that is listed. */
int cgi_group_state(struct cg *cg, unsigned *state)
{
	bool empty, held = false;
	int sure, rc;

	sure = cgi_is_empty(cg, &empty, NULL);
	if (sure < 0)
		return sure;
	*state = empty ? CG_EMPTY : 0;
	rc = frozen_places(cg, state);
	if (!rc && (*state & CG_FROZEN || cg->stopping) && !empty) {
		rc = cgi_all_held(cg, &held);
		*state = (*state & ~CG_FROZEN) | (held ? CG_FROZEN : 0);
	}
	if (cg->stopping && empty)
		*state |= CG_FROZEN;
	if (all_gone(cg))
		*state |= CG_GONE;
	return rc < 0 ? rc : sure;
}

CG_API int cg_state(struct cg *cg, unsigned *state)
{
	int rc;

	cgi_enter(cg->ctx, -1);
	rc = cgi_group_state(cg, state);
	return cgi_result(cg->ctx, rc < 0 ? rc : 0);
}

/* Opened before the state is asked: what changes after that is told. */
void cgi_wait_begin(struct cg *cg, struct cgi_waiter *w)
{
	struct cg_ctx *ctx = cg->ctx;
	int fd;

	*w = (struct cgi_waiter){ .cg = cg, .fd = -1 };
	CGI_EACH(cg, p) {
		if (!p->tree || !p->tree->d->events_file || p->gone || p->unseen)
			continue;
		fd = cgi_place_enter(ctx, p);
		if (fd < 0)
			return;
		w->fd = ctx->sys->open(ctx->k, fd, p->tree->d->events_file, false);
		cgi_place_done(ctx, p, fd);
		return;
	}
}

/* Other places and claims see an exit a moment later than the one that tells. */
void cgi_wait(struct cgi_waiter *w, uint64_t until)
{
	struct cg_ctx *ctx = w->cg->ctx;
	uint64_t end = ctx->sys->now(ctx->k) + POLL_US;

	if (w->fd < 0) {
		cgi_pause(ctx, &w->pause, until);
		return;
	}
	if (ctx->sys->poll(ctx->k, w->fd, POLLPRI, end < until ? end : until) > 0) {
		/* It stays ready until it is read; from then on the clock is the event. */
		(void)ctx->sys->drain(ctx->k, w->fd);
		cgi_pause(ctx, &w->pause, until);
	}
}

void cgi_wait_end(struct cgi_waiter *w)
{
	cgi_close_fd(w->cg->ctx, w->fd);
	w->fd = -1;
}

CG_API int cg_wait(struct cg *cg, unsigned states, int timeout_ms)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cg_watch *w = NULL;
	unsigned state;
	int rc;

	cgi_enter(ctx, timeout_ms);
	if (timeout_ms < 0 || !states || states & ~(CG_EMPTY | CG_FROZEN | CG_GONE))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "wait: bad argument"));
	rc = cgi_group_state(cg, &state);
	if (rc < 0 || state & states)
		return cgi_result(ctx, rc);
	rc = timeout_ms ? cgi_watch_new(ctx, POLL_US, &w) : -ETIMEDOUT;
	rc = rc ? rc : cgi_watch_add(w, cg, states, NULL);
	rc = rc ? rc : cgi_watch_wait(w, states);
	cg_watch_free(w);
	if (rc == -ETIMEDOUT)
		cgi_fail(ctx, rc, "wait %s: it did not happen in time", cg->path);
	return cgi_result(ctx, rc);
}
