/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told: a change of state wakes the caller, and nothing else is told. */
#include "contract.h"

/* What is told next, within the time; fails the test if nothing is. */
static unsigned told(struct world *w, struct cg_watch *watch)
{
	uint64_t end = w_now_ms(w) + MS;
	unsigned state = 0;
	int rc;

	do {
		must(w, w_readable(w, cg_watch_fd(watch), MS));
		rc = cg_watch_next(watch, &state);
	} while (rc == -EAGAIN && w_now_ms(w) < end);
	must(w, rc == 0 || (rc == CG_WEAK && !has(w, W_SURE)));
	return state;
}

static struct cg_watch *a_watch(struct cg_ctx *ctx, struct cg *cg, unsigned states)
{
	struct cg_watch *watch = NULL;

	want(ctx, 0, cg_watch(cg, states, &watch));
	assert_non_null(watch);
	return watch;
}

static void e1_a_watch_tells_of_the_end(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_watch *watch = a_watch(ctx, cg, CG_EMPTY);
	unsigned state = ~0U;

	/* As it is, then nothing until it changes. */
	must(w, !(told(w, watch) & CG_EMPTY));
	assert_int_equal(cg_watch_next(watch, &state), -EAGAIN);
	assert_int_equal(state, ~0U);
	w_end(w, b);
	assert_int_equal(cg_watch_next(watch, &state), -EAGAIN);
	w_end(w, a);
	must(w, told(w, watch) & CG_EMPTY);
	assert_int_equal(cg_watch_next(watch, &state), -EAGAIN);
	cg_watch_free(watch);
	cg_close(cg);
}

static void e1_a_watch_tells_of_freezing(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch;

	w_first(w, cg);
	watch = a_watch(ctx, cg, CG_FROZEN | CG_EMPTY);
	must(w, !told(w, watch));
	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, told(w, watch) & CG_FROZEN);
	must(w, cg_thaw(cg, MS) >= 0);
	must(w, !(told(w, watch) & CG_FROZEN));
	cg_watch_free(watch);
	cg_close(cg);
}

/* Only what was asked for is told, and by everybody who watches. */
static void e1_each_watch_by_itself(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *end, *frozen;
	unsigned state;

	w_first(w, cg);
	end = a_watch(ctx, cg, CG_EMPTY);
	frozen = a_watch(ctx, cg, CG_FROZEN);
	told(w, end);
	told(w, frozen);
	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, told(w, frozen) & CG_FROZEN);
	assert_int_equal(cg_watch_next(end, &state), -EAGAIN);
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	must(w, told(w, end) & CG_EMPTY);
	cg_watch_free(end);
	cg_watch_free(frozen);
	cg_close(cg);
}

static void e1_a_watch_tells_that_it_is_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = a_watch(ctx, cg, CG_GONE);

	must(w, !(told(w, watch) & CG_GONE));
	assert_int_equal(w_dir_remove(w, "g"), 0);
	must(w, told(w, watch) & CG_GONE);
	cg_watch_free(watch);
	/* Who begins to watch then is told at once. */
	watch = a_watch(ctx, cg, CG_GONE);
	must(w, told(w, watch) & CG_GONE);
	cg_watch_free(watch);
	cg_close(cg);
}

/* Events cost nothing while nothing happens; without events the caller is woken to look. */
static void e1_a_watch_is_quiet(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];
	struct cg_watch *watch;

	w_first(w, cg);
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	watch = a_watch(ctx, cg, CG_EMPTY);
	told(w, watch);
	must(w, w_readable(w, cg_watch_fd(watch), 500) == (cap[CG_OP_WATCH].level < CG_FULL));
	if (has(w, W_V2))
		assert_int_equal(cap[CG_OP_WATCH].level, CG_FULL);
	cg_watch_free(watch);
	cg_close(cg);
}

static void e4_a_watch_of_nothing(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = NULL;

	(void)w;
	want(ctx, -EINVAL, cg_watch(cg, 0, &watch));
	want(ctx, -EINVAL, cg_watch(cg, CG_EMPTY | 1U << 20, &watch));
	assert_null(watch);
	cg_watch_free(NULL);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e1_a_watch_tells_of_the_end, 0),
		CT(e1_a_watch_tells_of_freezing, 0),
		CT(e1_each_watch_by_itself, 0),
		CT(e1_a_watch_tells_that_it_is_gone, W_GROUPS),
		CT(e1_a_watch_is_quiet, W_FAKE),
		CT(e4_a_watch_of_nothing, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
