/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caps: the entries of cg_caps(), one row each; how to get more stands below its row. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

/* The names of the kernel and that of the OCI specification. */
static const struct { const char *name; unsigned bit; } own[] = {
	{ "user", CG_ID_USER }, { "pid", CG_ID_PID }, { "mnt", CG_ID_MNT },
	{ "mount", CG_ID_MNT },
};

static int parse_own(struct tool *t, const char *list, unsigned *ids)
{
	while (*list) {
		size_t len = strcspn(list, ","), i = 0;

		while (i < ARRAY_SIZE(own) && (strlen(own[i].name) != len ||
					       strncmp(own[i].name, list, len)))
			i++;
		if (i == ARRAY_SIZE(own))
			return err_set(t->e, -EINVAL,
				       "option --own: %.*s is none of user, pid, mnt", (int)len,
				       list);
		*ids |= own[i].bit;
		list += len + (list[len] == ',');
	}
	return 0;
}

static void text(const struct cg_cap *caps, int n)
{
	static const char *const head[] = { "OPERATION", "LEVEL", "MECHANISM",
					    "WHY NOT MORE, AND WHAT HELPS" };
	struct out_table table = OUT_TABLE(4);
	char *helps;

	out_head(&table, head);
	for (int i = 0; i < n; i++) {
		out_cell(&table, cg_op_name(caps[i].op));
		out_cell(&table, cg_level_name(caps[i].level));
		out_cell(&table, *caps[i].mechanism ? caps[i].mechanism : "-");
		out_cell(&table, caps[i].reason);
		if (!*caps[i].remedy || asprintf(&helps, "remedy: %s", caps[i].remedy) < 0)
			continue;
		for (size_t j = 0; j < 3; j++)
			out_cell(&table, "");
		out_cell(&table, helps);
		free(helps);
	}
	out_table(&table, stdout);
}

static void json(struct json_object *o, const struct cg_cap *caps, int n)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; list && i < n; i++) {
		struct json_object *one = json_object_new_object();

		out_json_add(one, "operation", out_json_string(cg_op_name(caps[i].op)));
		out_json_add(one, "level", out_json_string(cg_level_name(caps[i].level)));
		out_json_add(one, "mechanism", out_json_string(caps[i].mechanism));
		out_json_add(one, "reason", out_json_string(caps[i].reason));
		out_json_add(one, "remedy", out_json_string(caps[i].remedy));
		json_object_array_add(list, one);
	}
	out_json_add(o, "caps", list);
}

static int ask(struct tool *t, struct cg_cap *caps, int *n)
{
	const char *list = cmd_value(t->args, "own");
	unsigned ids = 0;
	int rc = 0;

	if (list && tool_names_group(t))
		return err_set(t->e, -EINVAL,
			       "option --own: the group exists, its namespaces are known");
	if (list)
		rc = parse_own(t, list, &ids);
	if (rc >= 0 && tool_names_group(t))
		rc = tool_group(t, CG_ADOPT);
	if (rc < 0)
		return rc;
	*n = cg_caps(t->ctx, t->cg, ids, caps, CG_NOPS);
	if (*n > CG_NOPS)
		*n = CG_NOPS;
	return *n < 0 ? tool_fail(t, *n) : 0;
}

int cmd_caps(const struct cmd_args *a, struct err *e)
{
	struct cg_cap caps[CG_NOPS] = { 0 };
	struct json_object *o;
	struct tool t;
	int rc = tool_open(&t, a, e), n = 0;

	if (rc >= 0)
		rc = ask(&t, caps, &n);
	o = tool_json(&t);
	if (rc >= 0 && o)
		json(o, caps, n);
	else if (rc >= 0)
		text(caps, n);
	return tool_end(&t, rc, CG_OP_PROCS, o);
}
