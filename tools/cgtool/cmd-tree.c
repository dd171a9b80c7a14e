/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree: the groups as they are below each other, with their processes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "forest.h"
#include "out.h"
#include "paint.h"
#include "proc.h"
#include "units.h"

#include "banned.h"

#define DEPTH_MAX	64

struct tree {
	struct tool *t;
	const struct forest *f;
	bool *shown;
	size_t *last;		/* of each group the last of its children that is shown */
	bool procs, utf8;
	size_t columns;	/* 0: lines are as long as they are */
};

/* ---- one line ---- */

static void branch(const struct tree *tr, bool last)
{
	if (tr->utf8)
		fputs(last ? "\u2514\u2500 " : "\u251c\u2500 ", stdout);
	else
		fputs(last ? "`- " : "|- ", stdout);
}

/* The vertical lines to later children of group i and of its ancestors. Returns the width. */
static unsigned stems(const struct tree *tr, size_t i)
{
	const struct forest *f = tr->f;
	bool last[DEPTH_MAX] = { false };
	unsigned n = 0;

	for (; f->g[i].parent != i && n < DEPTH_MAX; i = f->g[i].parent)
		last[n++] = tr->last[f->g[i].parent] == i;
	for (unsigned k = n; k-- > 0;)
		fputs(last[k] ? "   " : tr->utf8 ? "\u2502  " : "|  ", stdout);
	return n * 3;
}

static void limit(const struct group *g, enum sample_what now, enum sample_what max,
		  void (*text)(char *, uint64_t), const char *before)
{
	char a[UNITS_SIZE], b[UNITS_SIZE];

	if (!(g->now.known >> now & 1) || !(g->now.known >> max & 1) || g->now.v[max] == UINT64_MAX)
		return;
	text(a, g->now.v[now]);
	text(b, g->now.v[max]);
	printf("  %s%s of %s", before, a, b);
}

static void details(const struct group *g)
{
	char text[UNITS_SIZE], words[128];

	if (g->all_procs)
		printf("  %llu proc%s", (unsigned long long)g->all_procs,
		       g->all_procs == 1 ? "" : "s");
	if (g->now.known >> SAMPLE_MEMORY & 1 && g->now.v[SAMPLE_MEMORY_MAX] == UINT64_MAX) {
		units_bytes(text, g->now.v[SAMPLE_MEMORY]);
		printf("  %s", text);
	}
	limit(g, SAMPLE_MEMORY, SAMPLE_MEMORY_MAX, units_bytes, "");
	limit(g, SAMPLE_PIDS, SAMPLE_PIDS_MAX, units_count, "pids ");
	if (g->uid)
		printf("  owner %s", proc_user(g->uid));
	forest_words(g, words, sizeof(words));
	if (*words)
		printf("  %s%s%s", paint(PAINT_FROZEN), words, paint(PAINT_NONE));
	if (*g->container.id) {
		printf("  %s%s ", paint(PAINT_CONTAINER), g->container.engine);
		out_escape(stdout, g->container.id);
		fputs(paint(PAINT_NONE), stdout);
	}
}

static void print_group(const struct tree *tr, size_t i)
{
	const struct group *g = &tr->f->g[i];

	if (g->parent != i) {
		(void)stems(tr, g->parent);
		branch(tr, tr->last[g->parent] == i);
	}
	fputs(paint(g->all_procs ? PAINT_GROUP : PAINT_DIM), stdout);
	out_escape(stdout, g->parent == i ? g->path : g->name);
	fputs(paint(PAINT_NONE), stdout);
	details(g);
	putchar('\n');
}

static void print_proc(const struct tree *tr, size_t i, pid_t pid, bool last)
{
	unsigned width = stems(tr, i);
	struct proc p;
	char *args;
	int room;

	branch(tr, last);
	proc_look(pid, &p);
	args = out_escaped(p.args);
	printf("%s%d ", paint(PAINT_DIM), (int)pid);
	room = (int)tr->columns - (int)width - 11;
	if (args)
		printf("%.*s", tr->columns && room > 0 ? room : (int)strlen(args), args);
	printf("%s\n", paint(PAINT_NONE));
	free(args);
}

/* ---- all ---- */

/* None where the group has ended meanwhile, or this user may not read its members. */
static void members(const struct tree *tr, size_t i, pid_t **pids, size_t *n)
{
	struct cg *cg = NULL;

	*pids = NULL;
	*n = 0;
	if (!tr->procs || !tr->f->g[i].procs ||
	    cg_open(tr->t->ctx, tr->f->g[i].path, 0, &cg) < 0)
		return;
	if (cg_procs(cg, CG_HERE, pids, n, NULL) < 0)
		*n = 0;
	cg_close(cg);
}

static void print_all(const struct tree *tr)
{
	size_t hidden = 0, n;
	pid_t *pids;

	for (size_t i = 0; i < tr->f->n; i++) {
		if (!tr->shown[i]) {
			hidden += tr->f->g[i].depth <= (unsigned)tr->t->max_depth;
			continue;
		}
		print_group(tr, i);
		members(tr, i, &pids, &n);
		for (size_t k = 0; k < n; k++)
			print_proc(tr, i, pids[k], k + 1 == n && !tr->last[i]);
		free(pids);
	}
	if (hidden)
		printf("%s%zu empty group%s not shown (--all)%s\n", paint(PAINT_DIM), hidden,
		       hidden == 1 ? "" : "s", paint(PAINT_NONE));
}

static void choose(struct tree *tr)
{
	const struct forest *f = tr->f;
	bool all = cmd_value(tr->t->args, "all");

	for (size_t i = 0; i < f->n; i++) {
		const struct group *g = &f->g[i];

		tr->shown[i] = g->depth <= (unsigned)tr->t->max_depth &&
			       (all || g->all_procs || g->parent == i || *g->container.id ||
				g->state & CG_FROZEN);
	}
	/* A group that is shown has its parents shown, which come before it in the list. */
	for (size_t i = f->n; i-- > 0;)
		if (tr->shown[i])
			tr->shown[f->g[i].parent] = true;
	for (size_t i = 0; i < f->n; i++)
		if (tr->shown[i] && f->g[i].parent != i)
			tr->last[f->g[i].parent] = i;
}

static int draw(struct tool *t, const char *word, bool first, struct json_object *o)
{
	struct forest f;
	struct tree tr = { .t = t, .f = &f, .procs = !cmd_value(t->args, "groups"),
			   .utf8 = paint_utf8(), .columns = out_columns(stdout) };
	int rc = forest_read(t, word, &f);

	(void)first;
	if (rc < 0)
		return rc;
	tr.shown = calloc(f.n, sizeof(*tr.shown));
	tr.last = calloc(f.n, sizeof(*tr.last));
	if (!tr.shown || !tr.last) {
		rc = err_set(t->e, -ENOMEM, "out of memory");
	} else {
		choose(&tr);
		forest_sample(&f, SAMPLE_ALL & ~(1U << SAMPLE_PRESSURE));
		for (size_t i = 0; o && i < f.n; i++)
			if (tr.shown[i])
				out_json_append(o, "groups", forest_json(&f.g[i]));
		if (!o)
			print_all(&tr);
	}
	free(tr.shown);
	free(tr.last);
	forest_free(&f);
	return rc;
}

int cmd_tree(const struct cmd_args *a, struct err *e)
{
	return tool_words(a, e, CG_OP_PROCS, draw);
}
