/* SPDX-License-Identifier: GPL-2.0-or-later */
/* freeze, thaw and signal: what is done to all members and ends none of them. */
#include <errno.h>

#include "cgtool.h"
#include "sig.h"

#include "banned.h"

static int each(const struct cmd_args *a, struct err *e, int (*fn)(struct cg *, int))
{
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = tool_group(&t, CG_ADOPT);
	if (rc >= 0)
		rc = tool_fail(&t, fn(t.cg, t.timeout_ms));
	return tool_end(&t, rc, CG_OP_FREEZE, tool_json(&t));
}

int cmd_freeze(const struct cmd_args *a, struct err *e)
{
	return each(a, e, cg_freeze);
}

int cmd_thaw(const struct cmd_args *a, struct err *e)
{
	return each(a, e, cg_thaw);
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
