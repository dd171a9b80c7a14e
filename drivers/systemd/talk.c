/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One conversation with systemd at a time: within the deadline of the call, and no longer than
 * callers of runtimes wait. A lost connection is made again once a call; a manager that has
 * not answered once is not asked again in the same call.
 */
#include <stdio.h>

#include "systemd.h"

#define TALK_US		3500000		/* callers of runtimes give up at five seconds */
#define AGAIN_US	100000		/* a manager that is executed anew is back by then */

void cgi_talk_begin(struct cg_ctx *ctx)
{
	uint64_t until = ctx->sys->now(ctx->k) + TALK_US;

	ctx->manager->until = until < ctx->deadline ? until : ctx->deadline;
}

void cgi_talk_end(struct cg_ctx *ctx)
{
	if (ctx->manager->bus)
		ctx->sys->bus->close(ctx->manager->bus);
	ctx->manager->bus = NULL;
}

/* It has not answered: nobody waits for it again in this call. */
static int is_deaf(struct cg_ctx *ctx, int rc, const char *why)
{
	struct cgi_manager *m = ctx->manager;

	m->deaf_in = ctx->began;
	m->deaf = rc == -ENOTCONN ? -ENODEV : rc;
	snprintf(m->why, sizeof(m->why), "%s", why);
	return m->deaf;
}

int cgi_talk_connect(struct cg_ctx *ctx, const char *address)
{
	struct cgi_manager *m = ctx->manager;
	char why[200];
	int rc;

	if (m->deaf && m->deaf_in == ctx->began)
		return m->deaf;
	if (strcmp(m->address, address)) {
		cgi_talk_end(ctx);
		snprintf(m->address, sizeof(m->address), "%s", address);
	}
	if (m->bus)
		return 0;
	rc = ctx->sys->bus->open(address, m->until, &m->bus, why, sizeof(why));
	return rc ? is_deaf(ctx, rc, why) : 0;
}

int cgi_ask_start(const struct cgi_bus_verbs *v, struct cgi_bus *b, const struct cgi_question *q,
		  uint64_t until)
{
	struct cgi_scope s = { .unit = q->u->name, .slice = q->u->slice, .description = q->u->tag };

	return v->start(b, &s, q->pid, q->pidfd, until);
}

int cgi_ask_attach(const struct cgi_bus_verbs *v, struct cgi_bus *b, const struct cgi_question *q,
		   uint64_t until)
{
	return v->attach(b, q->u->name, q->text, q->pid, until);
}

static int ask_get(const struct cgi_bus_verbs *v, struct cgi_bus *b, const struct cgi_question *q,
		   uint64_t until)
{
	return v->get(b, q->u->name, q->text, q->buf, q->size, until);
}

int cgi_ask_set(const struct cgi_bus_verbs *v, struct cgi_bus *b, const struct cgi_question *q,
		uint64_t until)
{
	return v->set(b, q->u->name, q->property, q->n, until);
}

int cgi_ask_stop(const struct cgi_bus_verbs *v, struct cgi_bus *b, const struct cgi_question *q,
		 uint64_t until)
{
	return v->end(b, q->u->name, until);
}

int cgi_talk(struct cg_ctx *ctx, cgi_ask_fn *fn, const struct cgi_question *q)
{
	struct cgi_manager *m = ctx->manager;
	int rc = cgi_talk_connect(ctx, q->u->address);
	uint64_t now;

	rc = rc ? rc : fn(ctx->sys->bus, m->bus, q, m->until);
	if (rc == -ENOTCONN && (m->again_in != ctx->began || !m->again_in)) {
		m->again_in = ctx->began;
		cgi_talk_end(ctx);
		now = ctx->sys->now(ctx->k);
		(void)ctx->sys->poll(ctx->k, -1, 0, now + AGAIN_US < m->until ? now + AGAIN_US :
				     m->until);
		rc = cgi_talk_connect(ctx, q->u->address);
		rc = rc ? rc : fn(ctx->sys->bus, m->bus, q, m->until);
	}
	if (!m->bus || !rc)
		return rc;
	snprintf(m->why, sizeof(m->why), "%s", ctx->sys->bus->why(m->bus));
	if (rc == -ETIMEDOUT || rc == -ENOTCONN)
		rc = is_deaf(ctx, rc, ctx->sys->bus->why(m->bus));
	return rc;
}

int cgi_talk_say(struct cg_ctx *ctx, int rc, const char *what, const struct cgi_unit *u)
{
	return cgi_fail(ctx, rc, "systemd: %s %s: %s", what, u->name, ctx->manager->why);
}

int cgi_talk_get(struct cg_ctx *ctx, const struct cgi_unit *u, const char *property, char *buf,
	       size_t size)
{
	return cgi_talk(ctx, ask_get, &(struct cgi_question){ .u = u, .text = property, .buf = buf,
						     .size = size });
}
