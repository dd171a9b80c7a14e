/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Freezing: F1, F2. Frozen means frozen, in bounded time, and undone if not. */
#include "contract.h"

static void f1_nothing_runs_until_thawed(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	unsigned long before;
	unsigned state;

	w_add(w, a, K_SLEEP);
	w_add(w, a, K_CHAIN);
	want_done(w, ctx, cg_freeze(cg, MS));
	before = w_progress(w);
	w_wait_ms(w, 60);
	must(w, w_progress(w) == before);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_FROZEN);
	must(w, !(state & CG_EMPTY));
	must(w, cg_thaw(cg, MS) >= 0);
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & CG_FROZEN));
	must(w, goes_on(w));
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	cg_close(cg);
}

static void f1_both_are_idempotent(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	w_first(w, cg);
	must(w, cg_thaw(cg, MS) >= 0);
	want_done(w, ctx, cg_freeze(cg, MS));
	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, cg_thaw(cg, MS) >= 0);
	must(w, cg_thaw(cg, MS) >= 0);
	want(ctx, -EINVAL, cg_freeze(cg, -1));
	want(ctx, -EINVAL, cg_thaw(cg, -1));
	cg_close(cg);
}

static void f1_thawing_reaches_nested_groups_h8(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_NESTED_FROZEN);
	unsigned state;

	/* One nested group that is frozen does not make the whole so. */
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & CG_FROZEN));
	want(ctx, 0, cg_freeze(cg, MS));
	want(ctx, 0, cg_thaw(cg, MS));
	must(w, !w_left_frozen(w));
	want(ctx, 0, cg_signal(cg, SIGUSR1, 0, MS));
	assert_int_equal(w_got(w, b, SIGUSR1), 1);
	cg_close(cg);
}

/* What a failed freeze undoes is its own: a member's nested freeze is the member's. */
static void f1_undo_leaves_nested_freezes_alone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_NESTED_FROZEN);
	want(ctx, 0, cg_signal(cg, SIGUSR1, 0, MS));
	must(w, w_left_frozen(w));
	want(ctx, 0, cg_thaw(cg, MS));
	must(w, !w_left_frozen(w));
	cg_close(cg);
}

static void f1_a_frozen_parent_shows(struct world *w, struct cg_ctx *ctx)
{
	struct cg *out = a_group(ctx, "g"), *cg = a_group(ctx, "g/in");
	struct who *a = w_first(w, cg);
	unsigned state;

	want(ctx, 0, cg_freeze(out, MS));
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_FROZEN_ABOVE);
	want(ctx, -EBUSY, cg_thaw(cg, MS));
	want(ctx, 0, cg_thaw(out, MS));
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & (CG_FROZEN_ABOVE | CG_FROZEN)));
	want(ctx, 0, cg_state(out, &state));
	must(w, !(state & (CG_FROZEN_ABOVE | CG_FROZEN)));
	must(w, !w_dead(w, a));
	cg_close(cg);
	cg_close(out);
}

/* Freezing inside a frozen group, then thawing the outer, leaves exactly the inner frozen or not.
 */
static void f1_a_freeze_above_is_not_taken_over_h9(struct world *w, struct cg_ctx *ctx)
{
	struct cg *out = a_group(ctx, "g"), *cg = a_group(ctx, "g/in");
	unsigned state;

	w_first(w, cg);
	assert_int_equal(w_dir_freeze(w, "g", true), 0);
	w_wait_ms(w, 20);
	want(ctx, 0, cg_freeze(cg, MS));
	assert_int_equal(w_dir_freeze(w, "g", false), 0);
	w_wait_ms(w, 20);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_FROZEN);
	must(w, !(state & CG_FROZEN_ABOVE));
	want(ctx, 0, cg_thaw(cg, MS));
	must(w, !w_left_frozen(w));
	cg_close(cg);
	cg_close(out);
}

static void f1_a_group_that_is_gone_h24(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	assert_int_equal(w_dir_remove(w, "g"), 0);
	must(w, cg_freeze(cg, MS) >= 0);
	want(ctx, 0, cg_thaw(cg, MS));
	cg_close(cg);
}

static void f2_members_that_were_stopped_stay_so(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_STOPPED);

	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, cg_thaw(cg, MS) >= 0);
	must(w, cg_signal(cg, SIGUSR1, 0, MS) >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 0);
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, !w_members_left(w));
	cg_close(cg);
}

static void f2_emulated_is_said_to_be(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];

	w_first(w, cg);
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	assert_int_equal(cap[CG_OP_FREEZE].level, has(w, W_SURE) ? CG_EMULATED : CG_BEST_EFFORT);
	must(w, strstr(cap[CG_OP_FREEZE].mechanism, "SIGSTOP"));
	cg_close(cg);
}

/* The one who froze was killed; who comes next has the saved text only. */
static void h11_frozen_by_a_caller_that_died(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_STOPPED);
	struct cg_ctx *next;
	char text[8192];
	unsigned state;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	want_done(w, ctx, cg_freeze(cg, MS));
	if (has(w, W_STOPS))		/* what is stopped by whom is in the text only */
		must(w, cg_save(cg, text, sizeof(text)) > 0);
	cg_close(cg);
	next = world_ctx(w);
	want(next, 0, cg_restore(next, text, 0, &again));
	want(next, 0, cg_state(again, &state));
	must(w, state & CG_FROZEN);
	must(w, cg_thaw(again, MS) >= 0);
	must(w, !w_left_frozen(w));
	must(w, cg_signal(again, SIGUSR1, 0, MS) >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 0);	/* stopped before anybody froze */
	cg_close(again);
	cg_ctx_free(next);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(f1_nothing_runs_until_thawed, 0),
		CT(f1_both_are_idempotent, 0),
		CTX(f1_thawing_reaches_nested_groups_h8, W_GROUPS | W_FREEZE, 0, 0),
		CTX(f1_undo_leaves_nested_freezes_alone, W_GROUPS | W_FREEZE, 0, 0),
		CT(f1_a_frozen_parent_shows, W_GROUPS | W_FREEZE),
		CT(f1_a_freeze_above_is_not_taken_over_h9, W_GROUPS | W_FREEZE),
		CT(f1_a_group_that_is_gone_h24, W_GROUPS),
		CT(f2_members_that_were_stopped_stay_so, 0),
		CT(f2_emulated_is_said_to_be, W_STOPS),
		CT(h11_frozen_by_a_caller_that_died, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
