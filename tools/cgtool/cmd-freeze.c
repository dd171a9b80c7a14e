/* SPDX-License-Identifier: GPL-2.0-or-later */
/* freeze, thaw and signal: what is done to all members and ends none of them. */
#include <errno.h>
#include <signal.h>

#include "cgtool.h"
#include "sig.h"

#include "banned.h"

static int freeze(struct tool *t)
{
	return tool_fail(t, cg_freeze(t->cg, t->timeout_ms));
}

int cmd_freeze(const struct cmd_args *a, struct err *e)
{
	return tool_adopted(a, e, freeze, CG_OP_FREEZE);
}

/*
 * An emulated freeze is remembered by the handle that made it, and that was another
 * process: whoever is stopped here is told to go on.
 */
static int thaw(struct tool *t)
{
	struct cg_cap caps[CG_NOPS];
	int rc = tool_fail(t, cg_thaw(t->cg, t->timeout_ms));

	if (rc < 0 || cg_caps(t->ctx, t->cg, 0, caps, CG_NOPS) <= CG_OP_FREEZE)
		return rc;
	if (caps[CG_OP_FREEZE].level == CG_FULL || caps[CG_OP_FREEZE].level == CG_NONE)
		return rc;
	return tool_fail(t, cg_signal(t->cg, SIGCONT, 0, t->timeout_ms));
}

int cmd_thaw(const struct cmd_args *a, struct err *e)
{
	return tool_adopted(a, e, thaw, CG_OP_SIGNAL);
}

int cmd_signal(const struct cmd_args *a, struct err *e)
{
	unsigned flags = cmd_value(a, "here") ? CG_HERE : 0;
	struct tool t;
	int rc = tool_open(&t, a, e), sig = sig_parse(a->pos[0]);

	t.next = 1;
	if (rc >= 0 && sig <= 0)
		rc = err_set(e, -EINVAL, "signal: %s is no signal", a->pos[0]);
	if (rc >= 0)
		rc = tool_group(&t, CG_ADOPT);
	if (rc >= 0)
		rc = tool_fail(&t, cg_signal(t.cg, sig, flags, t.timeout_ms));
	return tool_end(&t, rc, CG_OP_SIGNAL, tool_json(&t));
}
