/* SPDX-License-Identifier: GPL-2.0-or-later */
/* info: what cg_info() tells, as it is. Keys that may come more than once are lists. */
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

/* "kernel.pidfd" = "yes" is { "kernel": { "pidfd": true } } */
static void add_dotted(struct json_object *o, const char *key, const char *dot,
		       const char *value)
{
	struct json_object *inner = NULL;
	char outer[64];

	snprintf(outer, sizeof(outer), "%.*s", (int)(dot - key), key);
	if (!json_object_object_get_ex(o, outer, &inner)) {
		inner = json_object_new_object();
		out_json_add(o, outer, inner);
	}
	if (!strcmp(value, "yes") || !strcmp(value, "no"))
		out_json_add(inner, dot + 1, json_object_new_boolean(*value == 'y'));
	else
		out_json_add(inner, dot + 1, out_json_string(value));
}

static int member(void *data, const char *key, const char *value)
{
	struct sink *s = data;
	const char *dot = strchr(key, '.');

	if (dot)
		add_dotted(s->o, key, dot, value);
	else if (!strcmp(key, "mode"))
		out_json_add(s->o, key, out_json_string(value));
	else
		out_json_append(s->o, key, out_json_string(value));
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
		out_json_add(s.o, "drivers", out_json_string(cg_ctx_driver_name(t.ctx)));
		rc = tool_fail(&t, cg_info(t.ctx, member, &s));
		return tool_end(&t, rc, CG_OP_PROCS, s.o);
	}
	row(&s, "version", cg_version());
	row(&s, "drivers", cg_ctx_driver_name(t.ctx));
	rc = tool_fail(&t, cg_info(t.ctx, row, &s));
	out_table(&s.table, stdout);
	return tool_end(&t, rc, CG_OP_PROCS, NULL);
}
