/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ls: the groups that there are, a line each. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "forest.h"
#include "out.h"
#include "paint.h"
#include "proc.h"
#include "units.h"

#include "banned.h"

static const char *const head[] = { "PROCS", "MEMORY", "MAX", "PIDS", "MAX" };
static const struct { enum sample_what what; void (*text)(char *, uint64_t); } columns[] = {
	{ SAMPLE_MEMORY, units_bytes }, { SAMPLE_MEMORY_MAX, units_bytes },
	{ SAMPLE_PIDS, units_count }, { SAMPLE_PIDS_MAX, units_count },
};

static void print_head(void)
{
	fputs(paint(PAINT_DIM), stdout);
	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		printf("%6s ", head[i]);
	printf("%-10s GROUP%s\n", "OWNER", paint(PAINT_NONE));
}

static enum paint colour(const struct group *g)
{
	if (g->state & (CG_FROZEN | CG_FROZEN_ABOVE))
		return PAINT_FROZEN;
	if (*g->container.id)
		return PAINT_CONTAINER;
	return g->all_procs ? PAINT_GROUP : PAINT_DIM;
}

static void print_row(const struct group *g)
{
	char text[UNITS_SIZE], words[128];

	printf("%6llu ", (unsigned long long)g->all_procs);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		snprintf(text, sizeof(text), "-");
		if (g->now.known >> columns[i].what & 1)
			columns[i].text(text, g->now.v[columns[i].what]);
		printf("%6s ", text);
	}
	printf("%-10s %s", proc_user(g->uid), paint(colour(g)));
	out_escape(stdout, g->path);
	fputs(paint(PAINT_NONE), stdout);
	forest_words(g, words, sizeof(words));
	if (*words)
		printf("  [%s]", words);
	if (*g->container.id) {
		printf("  %s ", g->container.engine);
		out_escape(stdout, g->container.id);
	}
	putchar('\n');
}

static void print_path(const struct group *g)
{
	out_escape(stdout, g->path);
	putchar('\n');
}

static int list(struct tool *t, const char *word, bool first, struct json_object *o)
{
	bool quiet = cmd_value(t->args, "quiet"), populated = cmd_value(t->args, "populated");
	struct forest f;
	int rc = forest_read(t, word, &f);

	if (rc < 0)
		return rc;
	if (!quiet)
		forest_sample(&f, 1U << SAMPLE_MEMORY | 1U << SAMPLE_MEMORY_MAX |
			      1U << SAMPLE_PIDS | 1U << SAMPLE_PIDS_MAX);
	if (!quiet && !o && first)
		print_head();
	for (size_t i = 0; i < f.n; i++) {
		if (f.g[i].depth > (unsigned)t->max_depth || (populated && !f.g[i].all_procs))
			continue;
		if (o)
			out_json_append(o, "groups", forest_json(&f.g[i]));
		else if (quiet)
			print_path(&f.g[i]);
		else
			print_row(&f.g[i]);
	}
	forest_free(&f);
	return rc;
}

int cmd_ls(const struct cmd_args *a, struct err *e)
{
	return tool_words(a, e, CG_OP_PROCS, list);
}
