/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procs: who is in a group, and what state the group is in. */
#include <stdio.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"
#include "proc.h"

#include "banned.h"

static void numbers(const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%d\n", (int)pids[i]);
}

static void json(struct tool *t, struct json_object *o, const pid_t *pids, size_t n,
		 size_t unnamed)
{
	unsigned state = 0;

	if (cg_state(t->cg, &state) < 0)
		state = 0;
	out_json_add(o, "state", tool_json_state(state));
	out_json_add(o, "unnamed", json_object_new_int64((int64_t)unnamed));
	proc_json(t, o, pids, n);
}

static int procs(struct tool *t, struct json_object *o)
{
	unsigned flags = cmd_value(t->args, "here") ? CG_HERE : 0;
	size_t n = 0, unnamed = 0;
	pid_t *pids = NULL;
	int rc = tool_fail(t, cg_procs(t->cg, flags, &pids, &n, &unnamed));

	if (rc >= 0 && o)
		json(t, o, pids, n, unnamed);
	else if (rc >= 0 && cmd_value(t->args, "quiet"))
		numbers(pids, n);
	else if (rc >= 0)
		proc_print(t, pids, n);
	if (rc >= 0 && !o && unnamed)
		fprintf(stderr, "cgtool: and %zu without a number in this PID namespace\n",
			unnamed);
	free(pids);
	return rc;
}

int cmd_procs(const struct cmd_args *a, struct err *e)
{
	return tool_each(a, e, 0, 0, CG_OP_PROCS, procs);
}
