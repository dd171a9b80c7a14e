/* SPDX-License-Identifier: GPL-2.0-or-later */
/* freeze, thaw and signal: what is done to all members and ends none of them. */
#include <errno.h>
#include <signal.h>

#include "cgtool.h"
#include "dry.h"
#include "sig.h"

#include "banned.h"

static int freeze(struct tool *t, struct json_object *o)
{
	if (dry_wanted(t))
		return dry_run(t, "stopped", CG_OP_FREEZE, 0, o);
	return tool_fail(t, cg_freeze(t->cg, t->timeout_ms));
}

int cmd_freeze(const struct cmd_args *a, struct err *e)
{
	return tool_each(a, e, 0, CG_ADOPT, CG_OP_FREEZE, freeze);
}

/*
 * An emulated freeze is remembered by the handle that made it, and that was another
 * process: whoever is stopped here is told to go on.
 */
static int thaw(struct tool *t, struct json_object *o)
{
	struct cg_cap caps[CG_NOPS];
	int rc = tool_fail(t, cg_thaw(t->cg, t->timeout_ms));

	(void)o;
	if (rc < 0 || cg_caps(t->ctx, t->cg, 0, caps, CG_NOPS) <= CG_OP_FREEZE)
		return rc;
	if (caps[CG_OP_FREEZE].level == CG_FULL || caps[CG_OP_FREEZE].level == CG_NONE)
		return rc;
	return tool_fail(t, cg_signal(t->cg, SIGCONT, 0, t->timeout_ms));
}

int cmd_thaw(const struct cmd_args *a, struct err *e)
{
	return tool_each(a, e, 0, CG_ADOPT, CG_OP_SIGNAL, thaw);
}

static int send_signal(struct tool *t, struct json_object *o)
{
	unsigned flags = cmd_value(t->args, "here") ? CG_HERE : 0;
	int sig = sig_parse(t->args->pos[0]);

	if (dry_wanted(t))
		return dry_run(t, "signalled", CG_OP_SIGNAL, flags, o);
	return tool_fail(t, cg_signal(t->cg, sig, flags, t->timeout_ms));
}

int cmd_signal(const struct cmd_args *a, struct err *e)
{
	struct tool t;
	int rc;

	if (sig_parse(a->pos[0]) > 0)
		return tool_each(a, e, 1, CG_ADOPT, CG_OP_SIGNAL, send_signal);
	rc = tool_open(&t, a, e);
	if (rc >= 0)
		rc = err_set(e, -EINVAL, "signal: %s is no signal", a->pos[0]);
	return tool_end(&t, rc, CG_OP_SIGNAL, NULL);
}
