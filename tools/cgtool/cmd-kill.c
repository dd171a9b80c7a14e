/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill and delete: who is to end, and what is told of those who did not. */
#include <errno.h>
#include <stdio.h>

#include "cgtool.h"
#include "dry.h"

#include "banned.h"

static int tell(struct tool *t, int rc, const struct cg_report *r, struct json_object *o)
{
	if (o)
		report_json(o, r);
	else
		report_print(t, rc, r);
	return rc;
}

static int end_all(struct tool *t, struct json_object *o)
{
	struct cg_report r = { 0 };
	int rc;

	if (dry_wanted(t))
		return dry_run(t, "killed", CG_OP_KILL, 0, o);
	rc = report_kill(t, &r);
	return tell(t, rc, &r, o);
}

int cmd_kill(const struct cmd_args *a, struct err *e)
{
	return tool_each(a, e, 0, CG_ADOPT, CG_OP_KILL, end_all);
}

static int delete_empty(struct tool *t)
{
	int rc = tool_fail(t, cg_delete(t->cg, CG_IF_EMPTY, t->timeout_ms, NULL, 0));

	return rc == -EBUSY ? err_wrap(t->e, "delete (--force kills who is in it)") : rc;
}

static int remove_all(struct tool *t, struct json_object *o)
{
	struct cg_report r = { 0 };
	int rc;

	if (dry_wanted(t))
		return dry_run(t, "killed", CG_OP_DELETE, 0, o);
	if (!cmd_value(t->args, "force"))
		return delete_empty(t);
	rc = report_delete(t, &r);
	return tell(t, rc, &r, o);
}

int cmd_delete(const struct cmd_args *a, struct err *e)
{
	return tool_each(a, e, 0, CG_ADOPT, CG_OP_DELETE, remove_all);
}
