/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kill and delete: who is to end, and what is told of those who did not. */
#include <errno.h>
#include <stdio.h>

#include <json-c/json.h>

#include "cgtool.h"

#include "banned.h"

static int end_with_report(struct tool *t, int rc, unsigned op, const struct cg_report *r)
{
	struct json_object *o = tool_json(t);

	if (o)
		report_json(o, r);
	else
		report_print(t, rc, r);
	return tool_end(t, rc, op, o);
}

int cmd_kill(const struct cmd_args *a, struct err *e)
{
	struct cg_report r = { 0 };
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = tool_group(&t, CG_ADOPT);
	if (rc < 0)
		return tool_end(&t, rc, CG_OP_KILL, NULL);
	rc = report_kill(&t, &r);
	return end_with_report(&t, rc, CG_OP_KILL, &r);
}

int cmd_delete(const struct cmd_args *a, struct err *e)
{
	struct cg_report r = { 0 };
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = tool_group(&t, CG_ADOPT);
	if (rc < 0)
		return tool_end(&t, rc, CG_OP_DELETE, NULL);
	if (cmd_value(a, "force")) {
		rc = report_delete(&t, &r);
		return end_with_report(&t, rc, CG_OP_DELETE, &r);
	}
	rc = tool_fail(&t, cg_delete(t.cg, CG_IF_EMPTY, t.timeout_ms, NULL, 0));
	if (rc == -EBUSY)
		err_wrap(e, "delete (--force kills who is in it)");
	return tool_end(&t, rc, CG_OP_DELETE, tool_json(&t));
}
