/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that the configuration wants run at six points of a container's life. One that
 * fails or takes longer than it may is an error; the latter ends with its caller.
 */
#ifndef CGRUN_HOOKS_H
#define CGRUN_HOOKS_H

#include "err.h"

struct json_object;
struct node;

/* The i-th point, NULL after the last. */
const char *hooks_point(size_t i);

/* hooks: the object of the configuration; may have no json. */
int hooks_check(const struct node *hooks, struct err *e);

/* All hooks of that point, in order, each with state as its standard input. hooks may be NULL. */
int hooks_run(struct json_object *hooks, const char *point, struct json_object *state,
	      struct err *e);

#endif
