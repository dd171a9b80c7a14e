/* SPDX-License-Identifier: GPL-2.0-or-later */
/* get and set: limits and counters of a group, under one name on every kind of host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

#define VALUE_MAX	(1 << 20)

static int check_pair(const struct tool *t, const char *pair)
{
	if (*pair != '=' && strchr(pair, '='))
		return 0;
	return err_set(t->e, -EINVAL, "%s: %s is not KEY=VALUE", t->args->cmd->name, pair);
}

int tool_set(struct tool *t, const char *pair)
{
	size_t len = strcspn(pair, "=");
	int rc = check_pair(t, pair);
	char *key;

	if (rc < 0)
		return rc;
	key = strndup(pair, len);
	if (!key)
		return err_set(t->e, -ENOMEM, "out of memory");
	rc = tool_fail(t, cg_set(t->cg, key, pair + len + 1));
	free(key);
	return rc;
}

/* Nothing is set if one of them is no pair at all. */
static int set_all(struct tool *t)
{
	const struct cmd_args *a = t->args;
	int rc = 0;

	if (t->next == a->n_pos)
		return err_set(t->e, -EINVAL, "set: no KEY=VALUE is given");
	for (int i = t->next; !rc && i < a->n_pos; i++)
		rc = check_pair(t, a->pos[i]);
	for (int i = t->next; !rc && i < a->n_pos; i++)
		rc = tool_set(t, a->pos[i]);
	return rc;
}

int cmd_set(const struct cmd_args *a, struct err *e)
{
	return tool_adopted(a, e, set_all, CG_OP_LIMITS);
}

/* The value, to be freed. */
static int get(struct tool *t, const char *key, char **ret)
{
	int rc = -ERANGE;

	*ret = NULL;
	for (size_t size = 4096; rc == -ERANGE && size <= VALUE_MAX; size *= 4) {
		free(*ret);
		*ret = malloc(size);
		if (!*ret)
			return err_set(t->e, -ENOMEM, "out of memory");
		rc = cg_get(t->cg, key, *ret, size);
	}
	return tool_fail(t, rc);
}

/* One value is printed as it is, for scripts; of several each has its key before it. */
static void print(const char *key, const char *value, bool alone)
{
	if (alone)
		printf("%s\n", value);
	else
		printf("%s%s%s\n", key, strchr(value, '\n') ? ":\n" : "=", value);
}

int cmd_get(const struct cmd_args *a, struct err *e)
{
	struct json_object *o = NULL, *values = NULL;
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = tool_group(&t, 0);
	if (rc >= 0 && t.next == a->n_pos)
		rc = err_set(e, -EINVAL, "get: no key is named, as in memory.max");
	o = tool_json(&t);
	if (o)
		out_json_add(o, "values", values = json_object_new_object());
	for (int i = t.next; rc >= 0 && i < a->n_pos; i++) {
		char *value;

		rc = get(&t, a->pos[i], &value);
		if (rc >= 0 && o)
			out_json_add(values, a->pos[i], out_json_string(value));
		else if (rc >= 0)
			print(a->pos[i], value, t.next + 1 == a->n_pos);
		free(value);
	}
	return tool_end(&t, rc, CG_OP_LIMITS, o);
}
