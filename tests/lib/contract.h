/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a contract test is written: a function that gets a world and a context and asserts
 * with cmocka; a table of them; main() calls contract_main(). Each runs once for every
 * stack of the linked world that has the traits it needs, and after each the observer is
 * asked: no stranger touched, no descriptor left open, nothing left frozen.
 */
#ifndef TESTS_CONTRACT_H
#define TESTS_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct contract_test {
	const char *name;	/* the promise first: "k3_kills_frozen_h7" */
	void (*fn)(struct world *w, struct cg_ctx *ctx);
	unsigned need;		/* traits: all of them */
	unsigned any;		/* and one of these; 0: none */
	unsigned never;		/* and none of these */
};

#define CT(fn, need)			{ #fn, fn, need, 0, 0 }
#define CTX(fn, need, any, never)	{ #fn, fn, need, any, never }

int contract_main(const struct contract_test *tests, size_t n);

static inline bool has(struct world *w, unsigned traits)
{
	return (world_stack(w)->traits & traits) == traits;
}

/* expr must be code; a failure has to have a sentence (E4). */
#define want(ctx, code, expr)	want_(ctx, expr, code, #expr, __FILE__, __LINE__)
int want_(struct cg_ctx *ctx, int rc, int code, const char *expr, const char *file, int line);

/* expr must be done: 0, or CG_WEAK exactly where the stack may miss somebody. */
#define want_done(w, ctx, expr)	\
	want_sure_(w, ctx, expr, has(w, W_SURE), #expr, __FILE__, __LINE__)
/* A kill must be done: where a PID namespace dies with its init that is sure too. */
#define want_killed(w, ctx, expr)	\
	want_sure_(w, ctx, expr, has(w, W_SURE) || has(w, W_PIDNS), #expr, __FILE__, __LINE__)
int want_sure_(struct world *w, struct cg_ctx *ctx, int rc, bool sure, const char *expr,
	       const char *file, int line);

#define must(w, cond)	must_(w, cond, #cond, __FILE__, __LINE__)
void must_(struct world *w, bool cond, const char *text, const char *file, int line);

/* Well inside the four seconds that callers wait. */
#define MS	2000

struct cg *a_group(struct cg_ctx *ctx, const char *path);
/* Chains get on with it: waits until they do, MS at most. */
bool goes_on(struct world *w);

#endif
