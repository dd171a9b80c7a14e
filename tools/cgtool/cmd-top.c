/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top: what groups use, again and again: on the terminal, as lines, or as JSON. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "num.h"
#include "out.h"
#include "top.h"

#include "banned.h"

static int parse_key(struct top *top)
{
	const char *s = cmd_value(top->t->args, "sort");

	for (int k = 0; s && k < TOP_KEYS; k++)
		if (!strcmp(s, top_key_names[k])) {
			top->key = (enum top_key)k;
			return 0;
		}
	return s ? err_set(top->t->e, -EINVAL, "option --sort: %s is not cpu, memory, io, pids, "
			   "pressure, procs or path", s) : 0;
}

static int parse(struct top *top, long long *iterations)
{
	const struct cmd_args *a = top->t->args;
	const char *delay = cmd_value(a, "delay"), *n = cmd_value(a, "iterations");

	top->word = a->pos[0];
	top->tree = cmd_value(a, "tree");
	top->all = cmd_value(a, "all");
	if (delay && (tool_time(delay, &top->delay_ms) || !top->delay_ms))
		return err_set(top->t->e, -EINVAL,
			       "option --delay: %s is no time, as in 2, 2s or 500ms", delay);
	if (n && num_parse(n, 1, INT_MAX, iterations))
		return err_set(top->t->e, -EINVAL, "option --iterations: %s is no number", n);
	return parse_key(top);
}

static void print(const struct top *top)
{
	char text[UNITS_SIZE];

	printf("%7s %8s %8s %6s %8s %6s  GROUP\n", "CPU", "MEMORY", "IO/S", "PIDS", "PRESSURE",
	       "PROCS");
	for (size_t r = 0; r < top->n_rows; r++) {
		static const int wide[] = { 7, 8, 8, 6, 8, 6 };
		const struct group *g = &top->f.g[top->row[r]];

		for (int k = 0; k < TOP_PATH; k++) {
			top_cell(top, top->row[r], (enum top_key)k, text);
			printf("%*s ", wide[k], text);
		}
		printf(" %*s", top->tree ? (int)g->depth * 2 : 0, "");
		out_escape(stdout, top->tree && g->depth ? g->name : g->path);
		putchar('\n');
	}
	putchar('\n');
}

static void json(const struct top *top)
{
	struct json_object *o = json_object_new_object(), *one;

	out_json_add(o, "time", json_object_new_int64(time(NULL)));
	out_json_add(o, "groups", json_object_new_array());
	for (size_t r = 0; r < top->n_rows; r++) {
		const struct top_track *tr = &top->track[top->row[r]];

		one = forest_json(&top->f.g[top->row[r]]);
		if (tr->known >> TOP_CPU & 1)
			out_json_add(one, "cpu_percent",
				     json_object_new_double((double)tr->v[TOP_CPU] / 100));
		if (tr->known >> TOP_IO & 1)
			out_json_add(one, "io_per_second", json_object_new_uint64(tr->v[TOP_IO]));
		out_json_append(o, "groups", one);
	}
	out_json_line(o, stdout);
}

/* Rates are between two looks: the first is not printed. */
static int batch(struct top *top, long long iterations)
{
	int rc = top_refresh(top);

	for (long long i = 0; rc >= 0 && (!iterations || i < iterations); i++) {
		(void)tool_sleep(-1, top->delay_ms);	/* a signal ends it here */
		rc = top_refresh(top);
		if (rc >= 0)
			rc = top_arrange(top);
		if (rc >= 0 && top->t->json)
			json(top);
		else if (rc >= 0)
			print(top);
		if (fflush(stdout))
			return err_set(top->t->e, -EIO, "top: standard output is closed");
	}
	return rc;
}

static int run(struct top *top)
{
	long long iterations = 0;
	int rc = parse(top, &iterations);

	if (rc < 0)
		return rc;
	if (top->t->json || cmd_value(top->t->args, "batch"))
		return batch(top, iterations);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return err_set(top->t->e, -EINVAL,
			       "top: there is no terminal; --batch prints lines");
	return top_screen(top);
}

int cmd_top(const struct cmd_args *a, struct err *e)
{
	struct top top = { .delay_ms = 2000, .key = TOP_CPU };
	struct tool t;
	int rc = tool_open(&t, a, e);

	top.t = &t;
	if (rc >= 0)
		rc = run(&top);
	top_free(&top);
	return tool_end(&t, rc, CG_OP_PROCS, NULL);
}
