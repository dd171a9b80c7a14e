/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be promised, said before anybody relies on it. */
#include <stdio.h>

#include "internal.h"

static const char *const op_names[CG_NOPS] = {
	"procs", "attach", "clone", "freeze", "signal", "kill", "delete", "watch", "limits",
	"devices", "delegate",
};

static const char *const level_names[] = { "none", "best effort", "emulated", "full" };

CG_API const char *cg_op_name(unsigned op)
{
	return op < CG_NOPS ? op_names[op] : NULL;
}

CG_API const char *cg_level_name(unsigned level)
{
	return level < ARRAY_SIZE(level_names) ? level_names[level] : NULL;
}

void cgi_cap_offer(struct cgi_cap *c, unsigned level, const char *mechanism, const char *reason,
		   const char *remedy)
{
	if (level <= c->level)
		return;
	c->level = level;
	snprintf(c->mechanism, sizeof(c->mechanism), "%s", mechanism);
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
	snprintf(c->remedy, sizeof(c->remedy), "%s", remedy);
}

static const char *absence(struct cg_ctx *ctx, struct cg *cg, int index)
{
	for (size_t i = 0; cg && i < cg->nparts; i++)
		if (cg->part[i].index == index)
			return cg->part[i].priv ? "" : cg->part[i].absent;
	/* What waits to be asked for is in nobody's way. */
	return ctx->on_request[index] ? "" : ctx->absent[index];
}

/* Why the stronger drivers are not there is why the answer is not better. */
static void add_absences(struct cg_ctx *ctx, struct cg *cg, struct cgi_cap *c)
{
	size_t len = strlen(c->reason);

	for (int i = 0; cgi_drivers[i]; i++) {
		const char *why = absence(ctx, cg, i);

		if (*why && len < sizeof(c->reason))
			len += (size_t)snprintf(c->reason + len, sizeof(c->reason) - len,
						"%s%s: %s", len ? "; " : "", cgi_drivers[i]->name,
						why);
	}
}

bool cgi_enclosed(const struct cg_ctx *ctx)
{
	for (int i = 0; cgi_drivers[i]; i++)
		if (cgi_drivers[i]->enclose)
			return ctx->chosen[i];
	return false;
}

bool cgi_tracked_before(const struct cg_ctx *ctx, int index)
{
	for (int i = 0; i < index; i++)
		if (ctx->usable[i] && cgi_drivers[i]->tracks)
			return true;
	return false;
}

/* What it will be able to do is what a new group could. */
static bool awaits_place(struct cg *cg)
{
	bool place = true;

	CGI_EACH(cg, p)
		place = place && !p->drv->tracks;
	return place && cgi_enclosed(cg->ctx);
}

/* Whoever knows its members can stop them one by one. */
static void offer_stopping(struct cgi_cap *c)
{
	if (c[CG_OP_PROCS].level == CG_FULL)
		cgi_cap_offer(&c[CG_OP_FREEZE], CG_EMULATED, "SIGSTOP to each member",
			      "nothing here can freeze: members' parents can see that they are "
			      "stopped", "");
	else if (c[CG_OP_PROCS].level)
		cgi_cap_offer(&c[CG_OP_FREEZE], CG_BEST_EFFORT, "SIGSTOP to each member",
			      c[CG_OP_PROCS].reason, c[CG_OP_PROCS].remedy);
}

/* Whoever can be asked can be asked again. */
static void offer_asking(struct cgi_cap *c)
{
	if (c[CG_OP_PROCS].level == CG_FULL)
		cgi_cap_offer(&c[CG_OP_WATCH], CG_EMULATED, "asked ten times a second",
			      "only cgroup v2 tells of changes", "");
	else if (c[CG_OP_PROCS].level)
		cgi_cap_offer(&c[CG_OP_WATCH], CG_BEST_EFFORT, "asked ten times a second",
			      c[CG_OP_PROCS].reason, c[CG_OP_PROCS].remedy);
}

/* Without pidfd a number could change hands between the last look and the signal. */
static void say_no_pidfd(struct cg_ctx *ctx, struct cgi_cap *c)
{
	static const unsigned by_signal[] = { CG_OP_FREEZE, CG_OP_SIGNAL, CG_OP_KILL };
	int fd = ctx->sys->pidfd(ctx->k, ctx->sys->self(ctx->k));
	char *s;

	cgi_close_fd(ctx, fd);
	if (fd >= 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(by_signal); i++) {
		struct cgi_cap *x = &c[by_signal[i]];

		s = strstr(x->mechanism, "pidfd");
		if (!s)
			continue;
		memcpy(s, "kill ", 5);		/* of the same length */
		if (x->level == CG_FULL)
			x->level = CG_EMULATED;
		snprintf(x->reason, sizeof(x->reason), "this kernel has no pidfd (Linux 5.3): a "
			 "process number could be reused in the microseconds before its signal");
		snprintf(x->remedy, sizeof(x->remedy), "Linux 5.3");
	}
}

static void begin(struct cgi_cap *c)
{
	static const struct {
		unsigned op;
		const char *why;
	} never[] = {
		{ CG_OP_CLONE, "only a cgroup v2 group has a directory to be born into" },
		{ CG_OP_WATCH, "nothing here knows members" },
		{ CG_OP_LIMITS, "no resource controller is writable" },
		{ CG_OP_DEVICES, "no hierarchy restricts devices here" },
		{ CG_OP_DELEGATE,
		  "handing cgroup v1 directories to less privileged users is not safe" },
	};

	memset(c, 0, sizeof(*c) * CG_NOPS);
	for (size_t i = 0; i < ARRAY_SIZE(never); i++)
		snprintf(c[never[i].op].reason, sizeof(c->reason), "%s", never[i].why);
}

CG_API int cg_caps(struct cg_ctx *ctx, struct cg *cg, unsigned ids, struct cg_cap *caps, size_t n)
{
	struct cgi_cap *c = ctx->caps;

	cgi_enter(ctx);
	if (ids & ~(CG_ID_USER | CG_ID_PID | CG_ID_MNT | CG_ID_HELD))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "caps: unknown namespace"));
	begin(c);
	ctx->given[0] = '\0';
	if (cg && !awaits_place(cg)) {
		CGI_EACH(cg, p)
			p->drv->caps(ctx, p->index, p, ids, c);
	} else {
		for (int i = 0; cgi_drivers[i]; i++)
			if (ctx->usable[i] || (cgi_enclosed(ctx) && ctx->present[i]))
				cgi_drivers[i]->caps(ctx, i, NULL, ids, c);
	}
	offer_stopping(c);
	offer_asking(c);
	say_no_pidfd(ctx, c);
	for (unsigned op = 0; op < CG_NOPS; op++) {
		if (c[op].level < CG_FULL && op != CG_OP_WATCH && op != CG_OP_DEVICES)
			add_absences(ctx, cg, &c[op]);
		if (op < n)
			caps[op] = (struct cg_cap){
				.op = op, .level = c[op].level, .mechanism = c[op].mechanism,
				.reason = c[op].reason, .remedy = c[op].remedy,
			};
	}
	return CG_NOPS;
}
