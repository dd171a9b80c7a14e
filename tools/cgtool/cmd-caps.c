/* SPDX-License-Identifier: GPL-2.0-or-later */
/* caps: the entries of cg_caps(), a row each; below them why they are not more, what helps. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"
#include "remedy.h"

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

/* ---- reasons, each of which is told once ---- */

struct notes {
	char *text[64];
	size_t n;
};

/* Its number, from 1. Takes the text over. */
static size_t note(struct notes *all, char *text)
{
	size_t i = 0;

	while (text && i < all->n && strcmp(all->text[i], text))
		i++;
	if (!text || i == ARRAY_SIZE(all->text)) {
		free(text);
		return 0;
	}
	if (i < all->n)
		free(text);
	else
		all->text[all->n++] = text;
	return i + 1;
}

/* The length of "one; another (this; and that); ..." up to a semicolon that is in no brackets. */
static size_t clause(const char *s)
{
	int depth = 0;
	size_t n;

	for (n = 0; s[n] && !(s[n] == ';' && s[n + 1] == ' ' && depth <= 0); n++)
		depth += (s[n] == '(') - (s[n] == ')');
	return n;
}

/* "1 2 4": the numbers of the clauses of a reason, and of its remedy. */
static char *numbers(struct notes *all, const struct cg_cap *cap)
{
	char *list = NULL, *remedy = remedy_here(cap->remedy), *text;
	size_t size = 0, len;
	FILE *f = open_memstream(&list, &size);

	for (const char *s = cap->reason; f && *s; s += len + (s[len] ? 2 : 0)) {
		len = clause(s);
		fprintf(f, "%s%zu", s == cap->reason ? "" : " ", note(all, strndup(s, len)));
	}
	if (f && remedy && *remedy && asprintf(&text, "remedy: %s", remedy) > 0)
		fprintf(f, " %zu", note(all, text));
	if (f)
		fclose(f);
	free(remedy);
	return list;
}

static void text(const struct cg_cap *caps, int n)
{
	static const char *const head[] = { "OPERATION", "LEVEL", "MECHANISM", "WHY" };
	struct out_table table = OUT_TABLE(4), below = OUT_TABLE(2);
	struct notes all = { .n = 0 };
	char number[24], *why;

	out_head(&table, head);
	for (int i = 0; i < n; i++) {
		out_cell(&table, cg_op_name(caps[i].op));
		out_cell(&table, cg_level_name(caps[i].level));
		out_cell(&table, *caps[i].mechanism ? caps[i].mechanism : "-");
		why = numbers(&all, &caps[i]);
		out_cell(&table, why);
		free(why);
	}
	out_table(&table, stdout);
	if (all.n)
		putchar('\n');
	for (size_t i = 0; i < all.n; i++) {
		snprintf(number, sizeof(number), "%3zu", i + 1);
		out_cell(&below, number);
		out_cell(&below, all.text[i]);
		free(all.text[i]);
	}
	out_table(&below, stdout);
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
