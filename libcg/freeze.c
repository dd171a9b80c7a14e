/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Freezing and thawing: ask, look, ask again, and undo what did not come about. */
#include "internal.h"

#define PAUSE_FIRST	100		/* microseconds */
#define PAUSE_LAST	10000
#define THAW_TRIES	5

uint64_t cgi_deadline(struct cg_ctx *ctx, int timeout_ms)
{
	ctx->began = ctx->sys->now(ctx->k);
	ctx->deadline = ctx->began + (timeout_ms > 0 ? (uint64_t)timeout_ms * 1000 : 0);
	return ctx->deadline;
}

void cgi_pause(struct cg *cg, unsigned *pause, uint64_t deadline)
{
	struct cg_ctx *ctx = cg->ctx;
	uint64_t until;

	*pause = *pause ? *pause + *pause / 2 : PAUSE_FIRST;
	if (*pause > PAUSE_LAST)
		*pause = PAUSE_LAST;
	until = ctx->sys->now(ctx->k) + *pause;
	(void)ctx->sys->poll(ctx->k, -1, 0, until < deadline ? until : deadline);
}

static int ask_freeze(struct cg *cg)
{
	int rc = -EOPNOTSUPP;

	CGI_EACH(cg, p)
		if (rc == -EOPNOTSUPP && p->drv->freeze)
			rc = p->drv->freeze(p, CGI_FREEZE);
	return rc;
}

/* Can a part freeze, or would it have to be emulated? */
bool cgi_can_freeze(struct cg *cg)
{
	CGI_EACH(cg, p)
		if (p->drv->can_freeze && p->drv->can_freeze(p))
			return true;
	return false;
}

static int thaw_once(struct cg *cg, enum cgi_freeze how)
{
	int rc, first = 0;

	CGI_EACH(cg, p) {
		rc = p->drv->freeze ? p->drv->freeze(p, how) : 0;
		if (rc && rc != -EOPNOTSUPP && !first)
			first = rc;
	}
	rc = cgi_continue(cg);
	return first ? first : rc;
}

/*
 * Every part, for a group may have been frozen through another hierarchy than the one we
 * would use, and in all of them SIGKILL would stay pending. A group left frozen is worse
 * than a late answer, so a failure is tried again a few times.
 */
int cgi_thaw_each(struct cg *cg, enum cgi_freeze how)
{
	unsigned pause = 0;
	int rc;

	for (int i = 0; ; i++) {
		rc = thaw_once(cg, how);
		if (!rc || i == THAW_TRIES)
			return rc;
		cgi_log(cg->ctx, "thaw %s = %d: once more", cg->path, rc);
		cgi_pause(cg, &pause, UINT64_MAX);
	}
}

/*
 * cgroup v1 stays in FREEZING while tasks keep appearing (runc issue 2753) and evaluates
 * that only when asked, so it is asked again each time.
 */
int cgi_freeze_until(struct cg *cg, uint64_t deadline)
{
	struct cg_ctx *ctx = cg->ctx;
	unsigned state, pause = 0;
	int rc;

	for (;;) {
		rc = cgi_can_freeze(cg) ? ask_freeze(cg) : cgi_stop(cg);
		if (!rc)
			rc = cgi_group_state(cg, &state);
		if (rc < 0)
			break;
		if (state & (CG_FROZEN | CG_GONE)) {
			cgi_log(ctx, "freeze %s: frozen", cg->path);
			return rc;
		}
		if (ctx->sys->now(ctx->k) >= deadline) {
			rc = -ETIMEDOUT;
			break;
		}
		cgi_pause(cg, &pause, deadline);
	}
	(void)cgi_thaw_each(cg, CGI_THAW);
	if (rc == -ETIMEDOUT)
		cgi_fail(ctx, rc, "freeze %s: not all members froze in time; thawed again",
			 cg->path);
	return rc;
}

CG_API int cg_freeze(struct cg *cg, int timeout_ms)
{
	uint64_t deadline;
	int rc;

	cgi_enter(cg->ctx);
	deadline = cgi_deadline(cg->ctx, timeout_ms);
	rc = timeout_ms < 0 ? cgi_fail(cg->ctx, -EINVAL, "freeze: negative timeout") :
		cgi_guard(cg, "freeze", NULL);
	if (rc)
		return cgi_result(cg->ctx, rc);
	rc = cgi_freeze_until(cg, deadline);
	return cgi_result(cg->ctx, rc);
}

CG_API int cg_thaw(struct cg *cg, int timeout_ms)
{
	struct cg_ctx *ctx = cg->ctx;
	uint64_t deadline;
	unsigned state, pause = 0;
	int rc;

	cgi_enter(ctx);
	deadline = cgi_deadline(ctx, timeout_ms);
	rc = timeout_ms < 0 ? cgi_fail(ctx, -EINVAL, "thaw: negative timeout") :
			      cgi_guard(cg, "thaw", NULL);
	while (!rc) {
		rc = cgi_thaw_each(cg, CGI_THAW_DEEP);
		rc = rc ? rc : cgi_group_state(cg, &state);
		if (rc < 0)
			break;
		rc = 0;
		if (state & CG_FROZEN_ABOVE) {
			rc = cgi_fail(ctx, -EBUSY, "thaw %s: a group above it is frozen", cg->path);
			break;
		}
		if (!(state & CG_FROZEN))
			break;
		if (ctx->sys->now(ctx->k) >= deadline)
			rc = cgi_fail(ctx, -ETIMEDOUT, "thaw %s: still frozen", cg->path);
		else
			cgi_pause(cg, &pause, deadline);
	}
	return cgi_result(ctx, rc);
}
