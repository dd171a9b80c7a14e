/* SPDX-License-Identifier: GPL-2.0-or-later */
/* exec: becomes a program in a group that is there, in all hierarchies that the group is in. */
#include <errno.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

static int enter(struct tool *t)
{
	if (t->next == t->args->n_pos)
		return err_set(t->e, -EINVAL, "exec: which program? usage: cgtool exec "
			       "[OPTION...] %s", t->args->cmd->args);
	return tool_fail(t, cg_attach(t->cg, 0));
}

int cmd_exec(const struct cmd_args *a, struct err *e)
{
	struct tool t;
	int rc = tool_open(&t, a, e), next;

	if (rc >= 0)
		rc = tool_group(&t, CG_ADOPT);
	if (rc >= 0)
		rc = enter(&t);
	next = t.next;
	rc = tool_end(&t, rc, CG_OP_ATTACH, NULL);
	if (rc >= 0)
		return TOOL_STATUS + tool_exec("exec", a->pos + next);
	out_error("cgtool", e->msg);
	return TOOL_STATUS + RUN_FAILED;
}
