/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Membership: M1 to M3. Who is in the list, once, and who cannot be named. */
#include "contract.h"

static bool listed(const pid_t *pid, size_t n, struct who *x)
{
	for (size_t i = 0; i < n; i++)
		if (pid[i] == w_pid(x))
			return true;
	return false;
}

static void m1_lists_each_once(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *x[5], *out = w_stranger(w);
	size_t n, unnamed;
	pid_t *pid;

	x[0] = w_first(w, cg);
	for (int i = 1; i < 5; i++)
		x[i] = w_add(w, x[0], K_SLEEP);
	want_done(w, ctx, cg_procs(cg, 0, &pid, &n, &unnamed));
	assert_int_equal(n, 5);
	assert_int_equal(unnamed, 0);
	for (int i = 0; i < 5; i++)
		must(w, listed(pid, n, x[i]));
	for (size_t i = 1; i < n; i++)
		must(w, pid[i - 1] < pid[i]);
	must(w, !listed(pid, n, out));
	free(pid);
	cg_close(cg);
}

static void m1_lists_nobody_in_an_empty_group(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	pid_t *pid = NULL;
	size_t n = 7;

	/* Without a cgroup nobody is sure before somebody was identified. */
	want(ctx, has(w, W_PROC) ? CG_WEAK : 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 0);
	free(pid);
	want(ctx, -EINVAL, cg_procs(cg, ~CG_HERE, &pid, &n, NULL));
	cg_close(cg);
}

static void m3_nested_groups_of_members_own_h13(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_NESTED);
	pid_t *pid;
	size_t n;

	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	must(w, listed(pid, n, b));
	free(pid);
	want(ctx, 0, cg_procs(cg, CG_HERE, &pid, &n, NULL));
	assert_int_equal(n, 1);
	must(w, listed(pid, n, a));
	free(pid);
	cg_close(cg);
}

static void m3_zombie_leader_with_live_threads_h15(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_LEADERLESS);
	struct cg_ref ref;
	pid_t *pid;
	size_t n;

	want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	must(w, listed(pid, n, b));
	free(pid);
	want(ctx, 0, cg_ref_get(ctx, w_pid(b), &ref));
	want(ctx, 0, cg_ref_alive(ctx, &ref));
	want(ctx, 0, cg_ref_check(cg, &ref));
	cg_close(cg);
}

static void m1_the_dead_are_not_listed(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_ref ref;
	pid_t *pid;
	size_t n;

	want(ctx, 0, cg_ref_get(ctx, w_pid(b), &ref));
	w_end(w, b);
	want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 1);
	must(w, listed(pid, n, a));
	free(pid);
	want(ctx, -ESRCH, cg_ref_alive(ctx, &ref));
	want(ctx, -ESRCH, cg_ref_check(cg, &ref));
	cg_close(cg);
}

/* A thread lives in a threaded group below, the process in ours: it is one member. */
static void m3_threads_in_nested_groups_h14(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_TWO_THREADS);
	pid_t *pid;
	size_t n;

	w_dir_make(w, "g/t");
	must(w, w_dir_put_thread(w, "g/t", b));
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	must(w, listed(pid, n, a) && listed(pid, n, b));
	free(pid);
	must(w, cg_signal(cg, SIGUSR1, 0, MS) >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 1);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_members_left(w) && !w_dir_exists(w, "g"));
	cg_close(cg);
}

/* A threaded group that is adopted: its members are processes of the group above. */
static void m3_a_threaded_group_h14(struct world *w, struct cg_ctx *ctx)
{
	struct cg *out = a_group(ctx, "g"), *cg;
	struct who *a = w_first(w, out), *b = w_add(w, a, K_TWO_THREADS);
	pid_t *pid;
	size_t n;

	w_dir_make(w, "g/t");
	must(w, w_dir_put_thread(w, "g/t", b));
	want(ctx, 0, cg_open(ctx, "g/t", CG_ADOPT, &cg));
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 1);
	assert_int_equal(pid[0], w_pid(b));
	free(pid);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, w_dead(w, b) && !w_dead(w, a));
	cg_close(cg);
	want(ctx, 0, cg_delete(out, 0, MS, NULL, 0));
	cg_close(out);
}

/* Every list has the sleeper and somebody of each chain: the chain never ends. */
static void m2_forks_while_the_list_is_read(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	pid_t *pid;
	size_t n;

	w_add(w, a, K_CHAIN);
	w_add(w, a, K_CHAIN);
	for (int i = 0; i < 50; i++) {
		want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
		must(w, listed(pid, n, a));
		if (has(w, W_GROUPS))
			must(w, n >= 3);
		free(pid);
		w_wait_ms(w, 1);
	}
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	cg_close(cg);
}

static void h19_recorded_member_that_left(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *other = a_group(ctx, "h");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	pid_t *pid;
	size_t n;

	want(ctx, 0, cg_identify(cg, w_pid(b), 0));
	w_dir_put(w, "h", b);
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	must(w, listed(pid, n, b));
	free(pid);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	cg_close(other);
	cg_close(cg);
}

static void h3_any_hierarchy_knows_members(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	pid_t *pid;
	size_t n;

	/* Somebody moves it out of one hierarchy only. */
	if (!w_dir_put_one(w, "", b)) {
		print_message("# skip: there is only one hierarchy\n");
		skip();
	}
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	must(w, listed(pid, n, b));
	free(pid);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, w_dead(w, a) && w_dead(w, b));
	cg_close(cg);
}

static void m1_a_group_that_is_gone_has_no_members_h24(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	unsigned state;
	pid_t *pid;
	size_t n;

	assert_int_equal(w_dir_remove(w, "g"), 0);
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 0);
	free(pid);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_GONE);
	must(w, state & CG_EMPTY);
	cg_close(cg);
}

/* References: plain data, good for as long as the process is. */
static void s1_a_reference_is_that_process_only_h6(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *out = w_stranger(w);
	struct cg_ref ref, stale;

	want(ctx, 0, cg_ref_get(ctx, w_pid(a), &ref));
	assert_int_equal(ref.pid, w_pid(a));
	want(ctx, 0, cg_ref_check(cg, &ref));
	stale = ref;
	stale.start += 1;
	want(ctx, -ESRCH, cg_ref_alive(ctx, &stale));
	want(ctx, -ESRCH, cg_ref_check(cg, &stale));
	want(ctx, -ESRCH, cg_signal_one(cg, &stale, SIGTERM));
	want(ctx, 0, cg_ref_get(ctx, w_pid(out), &ref));
	want(ctx, 0, cg_ref_alive(ctx, &ref));
	want(ctx, -ESRCH, cg_ref_check(cg, &ref));
	want(ctx, -ESRCH, cg_signal_one(cg, &ref, SIGTERM));
	want(ctx, -ESRCH, cg_ref_get(ctx, 0x3fffffff, &ref));
	cg_close(cg);
}

static void m1_state_follows_the_members(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	unsigned state = 0;
	struct who *a;

	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_EMPTY);
	must(w, !(state & CG_GONE));
	a = w_first(w, cg);
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & (CG_EMPTY | CG_GONE)));
	want(ctx, -ETIMEDOUT, cg_wait(cg, CG_EMPTY, 0));
	w_end(w, a);
	must(w, cg_wait(cg, CG_EMPTY, MS) >= 0);
	want(ctx, -EINVAL, cg_wait(cg, 0, 1));
	want(ctx, -EINVAL, cg_wait(cg, CG_EMPTY, -1));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(m1_lists_each_once, 0),
		CT(m1_lists_nobody_in_an_empty_group, 0),
		CT(m1_the_dead_are_not_listed, 0),
		CT(m1_state_follows_the_members, 0),
		CT(m1_a_group_that_is_gone_has_no_members_h24, W_GROUPS),
		CT(m3_threads_in_nested_groups_h14, W_V2),
		CT(m3_a_threaded_group_h14, W_V2 | W_ROOT),
		CT(m2_forks_while_the_list_is_read, 0),
		CT(m3_nested_groups_of_members_own_h13, W_GROUPS),
		CT(m3_zombie_leader_with_live_threads_h15, 0),
		CT(h3_any_hierarchy_knows_members, W_GROUPS | W_BRAKE),
		CT(h19_recorded_member_that_left, W_GROUPS),
		CT(s1_a_reference_is_that_process_only_h6, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
