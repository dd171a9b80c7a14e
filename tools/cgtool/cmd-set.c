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

/* All of them or none. The pairs are split for the call. */
int tool_set(struct tool *t, const char *const *pair, size_t n)
{
	struct cg_limit *limits = calloc(n + 1, sizeof(*limits));
	char **key = calloc(n + 1, sizeof(*key));
	int rc = limits && key ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < n; i++) {
		size_t len = strcspn(pair[i], "=");

		if (!len || !pair[i][len]) {
			rc = err_set(t->e, -EINVAL, "%s: %s is not KEY=VALUE", t->args->cmd->name,
				     pair[i]);
			break;
		}
		key[i] = strndup(pair[i], len);
		limits[i] = (struct cg_limit){ .key = key[i], .value = pair[i] + len + 1 };
		if (!key[i])
			rc = -ENOMEM;
	}
	if (rc == -ENOMEM)
		err_set(t->e, rc, "out of memory");
	if (!rc)
		rc = tool_fail(t, cg_set_many(t->cg, limits, n));
	for (size_t i = 0; key && i < n; i++)
		free(key[i]);
	free(key);
	free(limits);
	return rc;
}

static int set_all(struct tool *t, struct json_object *o)
{
	const struct cmd_args *a = t->args;

	(void)o;
	if (t->next == a->n_pos)
		return err_set(t->e, -EINVAL, "set: no KEY=VALUE is given");
	return tool_set(t, (const char *const *)a->pos + t->next, (size_t)(a->n_pos - t->next));
}

int cmd_set(const struct cmd_args *a, struct err *e)
{
	return tool_one(a, e, CG_ADOPT, CG_OP_LIMITS, set_all);
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

static int get_all(struct tool *t, struct json_object *o)
{
	const struct cmd_args *a = t->args;
	struct json_object *values = o ? json_object_new_object() : NULL;
	int rc = 0;

	if (t->next == a->n_pos)
		rc = err_set(t->e, -EINVAL, "get: no key is named, as in memory.max");
	out_json_add(o, "values", values);
	for (int i = t->next; rc >= 0 && i < a->n_pos; i++) {
		char *value;

		rc = get(t, a->pos[i], &value);
		if (rc >= 0 && o)
			out_json_add(values, a->pos[i], out_json_string(value));
		else if (rc >= 0)
			print(a->pos[i], value, t->next + 1 == a->n_pos);
		free(value);
	}
	return rc;
}

int cmd_get(const struct cmd_args *a, struct err *e)
{
	return tool_one(a, e, 0, CG_OP_LIMITS, get_all);
}
