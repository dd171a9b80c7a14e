/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be promised, said before anybody relies on it. */
#include <stdio.h>

#include "core.h"
#include "res/res.h"

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

/* Why the stronger evidence is not there is why the answer is not better. */
static void add_absences(struct cg_ctx *ctx, struct cg *cg, struct cgi_cap *c)
{
	size_t len = strlen(c->reason);

	for (int i = 0; i < CGI_KINDS; i++) {
		const char *why = cg ? cg->absent[i] : ctx->absent[i];

		/* A placer that would work on request is in nobody's way. */
		if (!*why || len >= sizeof(c->reason) || (i == CGI_PLACER && ctx->on_request))
			continue;
		len += (size_t)snprintf(c->reason + len, sizeof(c->reason) - len, "%s%s: %s",
					len ? "; " : "", cgi_kind_name((enum cgi_kind)i), why);
	}
}

/* Members that are known can be stopped one by one. */
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

/* A group that can be asked can be asked again. */
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

/* Would a new group have a place? */
static bool tracked(const struct cg_ctx *ctx)
{
	return ctx->usable[CGI_V2] || ctx->usable[CGI_V1] || ctx->usable[CGI_PLACER];
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

/* What a group has; one that waits for its place has what a new one could. */
static void offer_evidence(struct cg_ctx *ctx, struct cg *cg, unsigned ids, struct cgi_cap *c)
{
	bool placer = ctx->chosen[CGI_PLACER];
	struct cgi_places *l = cg && !(cg->awaits && placer) ? &cg->places : NULL;
	_cleanup_free_ char *given = NULL;

	if (placer)
		cgi_placer_caps(ctx, l, c, &given);
	cgi_place_caps(ctx, l, placer, c);
	cgi_res_caps(ctx, l, given, c);
	if (!placer)
		cgi_placer_limits(ctx, l, &c[CG_OP_LIMITS]);
	if (ctx->present[CGI_CLAIMS])
		cgi_claims_caps(ctx, cg ? cg->claims : NULL, l ? l->n > 0 : tracked(ctx), ids, c);
}

CG_API int cg_caps(struct cg_ctx *ctx, struct cg *cg, unsigned ids, struct cg_cap *caps, size_t n)
{
	struct cgi_cap *c = ctx->caps;

	cgi_enter(ctx, -1);
	if (ids & ~(CG_ID_USER | CG_ID_PID | CG_ID_MNT | CG_ID_HELD))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "caps: unknown namespace"));
	begin(c);
	offer_evidence(ctx, cg, ids, c);
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
