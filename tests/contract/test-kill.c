/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Killing: K1 to K6. Everybody, or who is left and why, in bounded time. */
#include "contract.h"

/* Ends the group and lets the observer count. */
static void kill_and_count(struct world *w, struct cg_ctx *ctx, struct cg *cg)
{
	uint64_t took, then = w_now_ms(w);
	struct cg_report rep;
	int rc;

	memset(&rep, 0xff, sizeof(rep));
	rc = cg_kill_all(cg, MS, &rep, sizeof(rep));
	took = w_now_ms(w) - then;
	want_killed(w, ctx, rc);
	must(w, !w_members_left(w));
	must(w, took <= MS + 100);
	assert_int_equal(rep.left, 0);
	must(w, *rep.how);
}

static void k1_zero_means_nobody_is_left_h2(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct cg_report rep;
	unsigned state;

	w_stranger(w);
	for (int i = 0; i < 9; i++)
		w_add(w, a, K_SLEEP);
	want_killed(w, ctx, cg_kill_all(cg, MS, &rep, sizeof(rep)));
	must(w, !w_members_left(w));
	assert_int_equal(rep.left, 0);
	assert_int_equal(rep.ended, 10);
	must(w, rep.rounds >= 1);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_EMPTY);
	cg_close(cg);
}

static void k1_the_first_member_is_dead_h1(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_SLEEP);
	w_add(w, a, K_SETSID);
	w_end(w, a);
	w_wait_ms(w, 20);
	kill_and_count(w, ctx, cg);
	cg_close(cg);
}

static void k1_the_first_member_has_left_h19(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);

	want(ctx, 0, cg_identify(cg, w_pid(a), 0));
	w_dir_make(w, "elsewhere");
	w_dir_put(w, "elsewhere", a);
	kill_and_count(w, ctx, cg);
	must(w, w_dead(w, a) && w_dead(w, b));
	cg_close(cg);
}

static void k3_joined_later_h21(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *exec = w_spawn(w);

	want(ctx, 0, cg_attach(cg, w_pid(exec)));
	if (has(w, W_PROC))
		want(ctx, 0, cg_identify(cg, w_pid(exec), 0));
	if (has(w, W_PIDNS) || has(w, W_SURE)) {
		/* By namespace alone the joined one would be missed: it is recorded. */
		want_(ctx, cg_kill_all(cg, MS, NULL, 0) < 0, 0, "kill", __FILE__, __LINE__);
	} else {
		must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	}
	must(w, w_dead(w, a) && w_dead(w, exec));
	cg_close(cg);
}

static void each_kind(struct world *w, struct cg_ctx *ctx, enum kind kind)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_stranger(w);
	w_add(w, a, K_SLEEP);
	w_add(w, a, kind);
	kill_and_count(w, ctx, cg);
	cg_close(cg);
}

static void k3_stopped(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_STOPPED);
}

static void k3_traced(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_TRACED);
}

static void k3_vfork_parent_in_d_state(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_VFORK);
}

static void k3_zombie_leader_h15(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_LEADERLESS);
}

static void k3_daemons_with_their_own_session(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_SETSID);
}

static void k3_another_uid(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_UID);
}

static void k3_own_nested_groups_h13(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_NESTED);
}

static void k3_own_nested_groups_frozen_h8(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_NESTED_FROZEN);
}

static void k3_unshared_namespaces(struct world *w, struct cg_ctx *ctx)
{
	each_kind(w, ctx, K_UNSHARED);
}

static void k3_chains_that_fork_and_end(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_stranger(w);
	for (int i = 0; i < (has(w, W_SURE) ? 10 : 2); i++)
		w_add(w, a, K_CHAIN);
	kill_and_count(w, ctx, cg);
	cg_close(cg);
}

static void k3_fork_bomb(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_BOMB);
	w_add(w, a, K_BOMB);
	kill_and_count(w, ctx, cg);
	cg_close(cg);
}

static void k3_frozen_h7(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_SLEEP);
	w_add(w, a, K_CHAIN);
	must(w, cg_freeze(cg, MS) >= 0);
	kill_and_count(w, ctx, cg);
	cg_close(cg);
}

/* Paused through whichever freezer there is, killed through the strongest: H12. */
static void k3_frozen_in_every_hierarchy_h12(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_SLEEP);
	assert_int_equal(w_dir_freeze(w, "g", true), 0);
	w_wait_ms(w, 20);
	kill_and_count(w, ctx, cg);
	must(w, !w_left_frozen(w));
	cg_close(cg);
}

static void k4_a_limit_stays_as_it_was(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	if (!*w_dir_read(w, "g", "pids.max")) {
		print_message("# skip: the v1 hierarchies here have no pids.max\n");
		skip();
	}
	want(ctx, 0, cg_set(cg, "pids.max", "50"));
	for (int i = 0; i < 5; i++)
		w_add(w, a, K_CHAIN);
	kill_and_count(w, ctx, cg);
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "50");
	cg_close(cg);
}

static void k5_again_and_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_report rep;

	w_first(w, cg);
	kill_and_count(w, ctx, cg);
	must(w, cg_kill_all(cg, MS, &rep, sizeof(rep)) >= 0);
	assert_int_equal(rep.left, 0);
	assert_int_equal(rep.ended, 0);
	if (has(w, W_GROUPS)) {
		assert_int_equal(w_dir_remove(w, "g"), 0);
		want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
		want(ctx, 0, cg_kill_all(cg, 0, NULL, 0));
	}
	cg_close(cg);
}

static void k5_an_empty_group_at_once(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	must(w, cg_kill_all(cg, 0, NULL, 0) >= 0);
	want(ctx, -EINVAL, cg_kill_all(cg, -1, NULL, 0));
	cg_close(cg);
}

static void k6_a_zombie_is_no_survivor(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);	/* its parent, the test, does not wait for it */
	unsigned state;

	w_end(w, a);
	w_wait_ms(w, 20);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_EMPTY);
	kill_and_count(w, ctx, cg);
	cg_close(cg);
}

static void k2_held_by_a_frozen_group_above(struct world *w, struct cg_ctx *ctx)
{
	struct cg_report rep;
	struct cg *cg;
	struct who *a;
	int rc;

	w_dir_make(w, "o");
	cg = a_group(ctx, "o/g");
	a = w_first(w, cg);
	assert_int_equal(w_dir_freeze(w, "o", true), 0);
	rc = cg_kill_all(cg, 400, &rep, sizeof(rep));
	if (has(w, W_FREEZER)) {	/* its refrigerator holds SIGKILL too, and it is not ours */
		assert_int_equal(rc, -ETIMEDOUT);
		assert_int_equal(rep.left, 1);
		assert_int_equal(rep.survivor[0].why, CG_LEFT_FROZEN);
		must(w, strstr(cg_errmsg(ctx), "frozen"));
	} else {
		assert_int_equal(rc, 0);
		must(w, w_dead(w, a));
	}
	assert_int_equal(w_dir_freeze(w, "o", false), 0);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	cg_close(cg);
}

/* The report is as long as the caller says: a newer library does not write past it. */
static void k2_a_short_report(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	union {
		struct cg_report rep;
		unsigned char byte[sizeof(struct cg_report)];
	} u;

	w_first(w, cg);
	memset(&u, 0xee, sizeof(u));
	want_killed(w, ctx, cg_kill_all(cg, MS, &u.rep, 8));
	assert_int_equal(u.rep.left, 0);
	for (size_t i = 8; i < sizeof(u); i++)
		assert_int_equal(u.byte[i], 0xee);
	cg_close(cg);
}

static void k3_two_handles_on_one_group(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *other;
	struct cg_ctx *next = world_ctx(w);
	char text[8192];

	w_first(w, cg);
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	want(next, 0, cg_restore(next, text, 0, &other));
	must(w, cg_freeze(cg, MS) >= 0);
	must(w, cg_kill_all(other, MS, NULL, 0) >= 0);
	must(w, !w_members_left(w));
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, cg_delete(other, 0, MS, NULL, 0) >= 0);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0) & ~CG_WEAK);
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(other);
	cg_ctx_free(next);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(k1_zero_means_nobody_is_left_h2, 0),
		CT(k1_the_first_member_is_dead_h1, 0),
		CT(k1_the_first_member_has_left_h19, W_GROUPS),
		CT(k2_a_short_report, 0),
		CT(k2_held_by_a_frozen_group_above, W_GROUPS | W_FREEZE),
		CT(k3_joined_later_h21, 0),
		CT(k3_stopped, 0),
		CT(k3_traced, 0),
		CT(k3_vfork_parent_in_d_state, 0),
		CT(k3_zombie_leader_h15, 0),
		CT(k3_daemons_with_their_own_session, 0),
		CT(k3_another_uid, 0),
		CT(k3_own_nested_groups_h13, W_GROUPS),
		CT(k3_own_nested_groups_frozen_h8, W_GROUPS | W_FREEZE),
		CT(k3_unshared_namespaces, 0),
		CT(k3_chains_that_fork_and_end, 0),
		CT(k3_fork_bomb, 0),
		CT(k3_frozen_h7, 0),
		CT(k3_frozen_in_every_hierarchy_h12, W_GROUPS | W_FREEZE),
		CT(k3_two_handles_on_one_group, 0),
		CT(k4_a_limit_stays_as_it_was, W_BRAKE),
		CT(k5_again_and_gone, 0),
		CT(k5_an_empty_group_at_once, 0),
		CT(k6_a_zombie_is_no_survivor, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
