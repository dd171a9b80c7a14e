/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info: what cg_info() tells, as it is. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

struct sink {
	struct json_object *o;
	struct out_table table;
	char last[64];		/* a key is shown once for all its values */
};

static int row(void *data, const char *key, const char *value)
{
	struct sink *s = data;

	out_cell(&s->table, strcmp(key, s->last) ? key : "");
	out_cell(&s->table, value);
	snprintf(s->last, sizeof(s->last), "%s", key);
	return 0;
}

static bool is_list(const char *key)
{
	return !strcmp(key, "mount") || !strcmp(key, "tree") || !strcmp(key, "absent");
}

static int member(void *data, const char *key, const char *value)
{
	struct sink *s = data;

	if (is_list(key))
		out_json_append(s->o, key, out_json_string(value));
	else if (!strcmp(value, "yes") || !strcmp(value, "no"))
		out_json_add(s->o, key, json_object_new_boolean(*value == 'y'));
	else
		out_json_add(s->o, key, out_json_string(value));
	return 0;
}

int cmd_info(const struct cmd_args *a, struct err *e)
{
	struct sink s = { .table = OUT_TABLE(2) };
	struct tool t;
	int rc = tool_open(&t, a, e);

	s.o = tool_json(&t);
	if (rc < 0)
		return tool_end(&t, rc, CG_OP_PROCS, s.o);
	if (s.o) {
		out_json_add(s.o, "version", out_json_string(cg_version()));
		rc = tool_fail(&t, cg_info(t.ctx, member, &s));
		return tool_end(&t, rc, CG_OP_PROCS, s.o);
	}
	row(&s, "version", cg_version());
	rc = tool_fail(&t, cg_info(t.ctx, row, &s));
	out_table(&s.table, stdout);
	return tool_end(&t, rc, CG_OP_PROCS, NULL);
}
