/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each operation costs: how often it enters the kernel, and how many descriptors a
 * group holds, at most (E6). Counted at the seam, where reading a file is one call; closing
 * and the clock are not counted. A change that makes an operation cheaper lowers its number here.
 */
#include "contract.h"
#include "fake/fault.h"
#include "fake/kernel.h"

enum { CREATE, ATTACH, STATE, PROCS, FREEZE, THAW, SAVE, RESTORE, KILL, EMPTY, DELETE, FDS, N };

static const char *const what[N] = {
	"create", "attach", "state", "procs", "freeze", "thaw", "save", "restore", "kill",
	"state of an empty group", "delete", "descriptors",
};

static const struct cost {
	const char *stack;
	unsigned most[N];
} costs[] = {
	{ "v2", { 10, 3, 2, 2, 11, 5, 2, 3, 7, 2, 9, 1 } },
	{ "v2-5.4", { 10, 3, 2, 2, 11, 5, 2, 3, 18, 2, 17, 1 } },
	{ "v1", { 29, 27, 4, 34, 47, 7, 19, 19, 65, 19, 79, 1 } },
	{ "hybrid", { 37, 25, 3, 32, 43, 8, 18, 19, 26, 19, 44, 2 } },
	{ "proc-userns", { 0, 5, 1, 9, 38, 18, 2, 1, 44, 11, 43, 0 } },
};

struct count {
	struct world *w;
	struct fault f;
	unsigned is[N];
};

static void took(struct count *c, int what_was)
{
	c->is[what_was] = c->f.count;
	c->f.count = 0;
}

static void live(struct count *c, struct cg_ctx *ctx)
{
	struct who *a = w_spawn(c->w);
	unsigned before = w_open_fds(c->w), state;
	struct cg *cg, *again;
	char text[4096];
	pid_t *pids;
	size_t n;

	c->f.count = 0;
	want(ctx, 0, cg_create(ctx, "g", 0, &cg));
	took(c, CREATE);
	want(ctx, 0, cg_attach(cg, w_pid(a)));
	took(c, ATTACH);
	c->is[FDS] = w_open_fds(c->w) - before;
	must(c->w, cg_state(cg, &state) >= 0);
	took(c, STATE);
	must(c->w, cg_procs(cg, 0, &pids, &n, NULL) >= 0);
	free(pids);
	took(c, PROCS);
	must(c->w, cg_freeze(cg, MS) >= 0);
	took(c, FREEZE);
	must(c->w, cg_thaw(cg, MS) >= 0);
	took(c, THAW);
	must(c->w, cg_save(cg, text, sizeof(text)) > 0);
	took(c, SAVE);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	took(c, RESTORE);
	cg_close(again);
	must(c->w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	took(c, KILL);
	must(c->w, cg_state(cg, &state) >= 0);
	took(c, EMPTY);
	must(c->w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	took(c, DELETE);
	cg_close(cg);
}

static void e6_what_an_operation_costs(void **state)
{
	unsigned over = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		struct count c = { .f = { .sys = &fk_sys } };
		const struct cost *max = &costs[i];
		const char *why = NULL;
		struct cg_ctx *ctx;

		c.w = world_start(world_named(max->stack), &why);
		c.f.k = w_fake(c.w);
		w_wrap(c.w, &fault_sys, &c.f);
		ctx = world_ctx(c.w);
		live(&c, ctx);
		cg_ctx_free(ctx);
		world_stop(c.w);
		for (int j = 0; j < N; j++) {
			print_message("# [%s] %s: %u, at most %u\n", max->stack, what[j], c.is[j],
				      max->most[j]);
			over += c.is[j] > max->most[j];
		}
	}
	assert_int_equal(over, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(e6_what_an_operation_costs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
