/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stat: what a group has used. One group is told in full, of several each has a row. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "forest.h"
#include "out.h"
#include "stats.h"

#include "banned.h"

/* ---- one group ---- */

/* What stands on one line: "memory  current 80M, peak 1.2G, max 2G" */
static const struct {
	const char *title;	/* NULL: the line goes on */
	const char *word, *name;
} parts[] = {
	{ "processes", "", "processes" }, { NULL, "groups below it", "groups" },
	{ "cpu", "usage", "cpu.usage" }, { NULL, "user", "cpu.user" },
	{ NULL, "system", "cpu.system" }, { NULL, "throttled", "cpu.throttled_time" },
	{ "cpu pressure", "some", "cpu.pressure.some" }, { NULL, "full", "cpu.pressure.full" },
	{ NULL, "total", "cpu.pressure.some_total" },
	{ "memory", "current", "memory.current" }, { NULL, "peak", "memory.peak" },
	{ NULL, "max", "memory.max" }, { NULL, "swap", "memory.swap" },
	{ NULL, "swap max", "memory.swap_max" },
	{ "memory use", "anon", "memory.anon" }, { NULL, "file", "memory.file" },
	{ NULL, "kernel", "memory.kernel" },
	{ "memory events", "low", "memory.low_events" }, { NULL, "high", "memory.high_events" },
	{ NULL, "max", "memory.max_events" }, { NULL, "oom", "memory.oom" },
	{ NULL, "oom kills", "memory.oom_kills" },
	{ "memory pressure", "some", "memory.pressure.some" },
	{ NULL, "full", "memory.pressure.full" }, { NULL, "total", "memory.pressure.some_total" },
	{ "pids", "current", "pids.current" }, { NULL, "max", "pids.max" },
	{ NULL, "refused forks", "pids.max_events" },
	{ "io", "read", "io.read" }, { NULL, "written", "io.written" },
	{ NULL, "reads", "io.reads" }, { NULL, "writes", "io.writes" },
	{ "io pressure", "some", "io.pressure.some" }, { NULL, "full", "io.pressure.full" },
	{ NULL, "total", "io.pressure.some_total" },
};

static const struct stats_name *find(const struct cg_stats *s, const char *name)
{
	for (size_t i = 0; i < stats_n; i++)
		if (!strcmp(stats_names[i].name, name))
			return stats_known(s, &stats_names[i]) ? &stats_names[i] : NULL;
	return NULL;
}

/* The line that begins with part i; "" if nothing of it is known. Returns where the next begins. */
static size_t line(const struct cg_stats *s, size_t i, char *buf, size_t size)
{
	char value[UNITS_SIZE];
	size_t n = 0;

	*buf = '\0';
	do {
		const struct stats_name *name = find(s, parts[i].name);

		if (!name || n >= size)
			continue;
		stats_text(value, name->kind, stats_value(s, name));
		n += (size_t)snprintf(buf + n, size - n, "%s%s%s%s", n ? ", " : "", parts[i].word,
				      *parts[i].word ? " " : "", value);
	} while (++i < ARRAY_SIZE(parts) && !parts[i].title);
	return i;
}

static void print_one(const struct tool *t, const struct cg_stats *s)
{
	struct out_table table = OUT_TABLE(2);
	char text[256];

	out_cell(&table, "group");
	out_cell(&table, cg_path(t->cg));
	for (size_t i = 0, next; i < ARRAY_SIZE(parts); i = next) {
		next = line(s, i, text, sizeof(text));
		if (!*text)
			continue;
		out_cell(&table, parts[i].title);
		out_cell(&table, text);
	}
	out_table(&table, stdout);
}

/* ---- several ---- */

static const struct { const char *title, *name; } columns[] = {
	{ "PROCS", "processes" }, { "CPU", "cpu.usage" }, { "MEMORY", "memory.current" },
	{ "PEAK", "memory.peak" }, { "MAX", "memory.max" }, { "PIDS", "pids.current" },
	{ "READ", "io.read" }, { "WRITTEN", "io.written" }, { "OOM", "memory.oom_kills" },
};

static void print_row(const struct tool *t, const struct cg_stats *s)
{
	char value[UNITS_SIZE];

	for (size_t i = 0; !t->nth && i < ARRAY_SIZE(columns); i++)
		printf("%7s ", columns[i].title);
	if (!t->nth)
		printf(" GROUP\n");
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		const struct stats_name *name = find(s, columns[i].name);

		snprintf(value, sizeof(value), "-");
		if (name)
			stats_text(value, name->kind, stats_value(s, name));
		printf("%7s ", value);
	}
	putchar(' ');
	out_escape(stdout, cg_path(t->cg));
	putchar('\n');
}

/* ---- both ---- */

/* In the units that the kernel counts in. */
static void print_raw(const struct tool *t, const struct cg_stats *s)
{
	for (size_t i = 0; i < stats_n; i++) {
		uint64_t value = stats_value(s, &stats_names[i]);

		if (!stats_known(s, &stats_names[i]))
			continue;
		if (t->n_groups > 1) {
			out_escape(stdout, cg_path(t->cg));
			putchar(' ');
		}
		if (value == UINT64_MAX)
			printf("%s max\n", stats_names[i].name);
		else
			printf("%s %llu\n", stats_names[i].name, (unsigned long long)value);
	}
}

static void print(const struct tool *t, const struct cg_stats *s)
{
	if (cmd_value(t->args, "raw"))
		print_raw(t, s);
	else if (t->n_groups > 1)
		print_row(t, s);
	else
		print_one(t, s);
}

static int stat_here(struct tool *t, struct json_object *o)
{
	struct cg_stats s = { 0 };
	int rc = tool_fail(t, cg_stats(t->cg, &s, sizeof(s)));

	if (rc >= 0 && o)
		stats_json(o, &s);
	else if (rc >= 0)
		print(t, &s);
	return rc;
}

/* ---- all below one ---- */

struct all {
	struct tool t;		/* of the group that it is at */
	const char *top;
	struct json_object *o;
};

static int stat_node(void *data, const struct cg_node *node)
{
	struct all *all = data;
	char *path = forest_join(all->top, node->path);
	struct json_object *one;
	int rc;

	if (!path)
		return -ENOMEM;
	rc = cg_open(all->t.ctx, path, 0, &all->t.cg);
	free(path);
	if (rc < 0)
		return 0;	/* it has ended meanwhile, or may not be read */
	one = all->o ? tool_json(&all->t) : NULL;
	rc = stat_here(&all->t, one);
	if (rc >= 0)
		out_json_append(all->o, "groups", one);
	else
		json_object_put(one);
	cg_close(all->t.cg);
	all->t.nth++;
	return 0;
}

static int stat_all(struct tool *t, struct json_object *o)
{
	struct err ignored = { 0 };
	struct all all = { .t = *t, .top = cg_path(t->cg), .o = o };
	int rc;

	all.t.e = &ignored;
	all.t.n_groups = 2;
	rc = cg_list(t->cg, 0, stat_node, &all);
	return rc == -ENOMEM ? err_set(t->e, rc, "out of memory") : tool_fail(t, rc);
}

static int stat_one(struct tool *t, struct json_object *o)
{
	return cmd_value(t->args, "all") ? stat_all(t, o) : stat_here(t, o);
}

int cmd_stat(const struct cmd_args *a, struct err *e)
{
	return tool_each(a, e, 0, 0, CG_OP_PROCS, stat_one);
}
