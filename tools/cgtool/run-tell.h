/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `cgtool run` tells at the end: what the program has used, and what it left. */
#ifndef CGTOOL_RUN_TELL_H
#define CGTOOL_RUN_TELL_H

#include <stdbool.h>
#include <stddef.h>

#include <libcg/cg.h>

struct tool;
struct json_object;

#define RUN_LEFT	5	/* how many are named */

struct run_end {
	int status;			/* as wait(2) has it */
	long long begin_ms, usec;
	struct cg_stats stats;
	struct { pid_t pid; char comm[64]; } left[RUN_LEFT];	/* the first members at its end */
	size_t n_left;			/* of all members, also those not in left */
};

/*
 * The process ids of our children, separated by blanks; as many as fit. False if the kernel does
 * not list them.
 */
bool run_children(char buf[4096]);
/* Between the end of the program and that of its group. */
void run_look(struct tool *t, struct run_end *end);
int run_code(const struct run_end *end);	/* the exit status that a shell would give it */
void run_print(const struct run_end *end);
void run_json(struct json_object *o, const struct run_end *end);

#endif
