/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The deadline of the call under way, and pauses within it. */
#include "base.h"

#define PAUSE_FIRST	100		/* microseconds */
#define PAUSE_LAST	10000

bool cgi_late(struct cg_ctx *ctx)
{
	return ctx->sys->now(ctx->k) >= ctx->deadline + ctx->grace;
}

int cgi_in_time(struct cg_ctx *ctx, const char *what)
{
	return cgi_late(ctx) ? cgi_fail(ctx, -ETIMEDOUT, "%s: the time is up", what) : 0;
}

void cgi_pause(struct cg_ctx *ctx, unsigned *pause, uint64_t until)
{
	uint64_t end;

	*pause = *pause ? *pause + *pause / 2 : PAUSE_FIRST;
	if (*pause > PAUSE_LAST)
		*pause = PAUSE_LAST;
	end = ctx->sys->now(ctx->k) + *pause;
	(void)ctx->sys->poll(ctx->k, -1, 0, end < until ? end : until);
}
