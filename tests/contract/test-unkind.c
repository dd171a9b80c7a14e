/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What members can do to their own groups, and what it must not change: nesting, modes,
 * owners, the length of /proc files (M4), one hierarchy left (F1), a place that refuses (K2c).
 */
#include "contract.h"

#define OTHER	4711		/* a user id that is nobody's */

static bool is_listed(struct cg *cg, struct who *x)
{
	pid_t *pid = NULL;
	bool found = false;
	size_t n = 0;

	if (cg_procs(cg, 0, &pid, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		found = found || pid[i] == w_pid(x);
	free(pid);
	return found;
}

static void all_ends(struct world *w, struct cg_ctx *ctx, struct cg *cg)
{
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

/* ---- nesting ---- */

/* The path below the group has more than 4,095 bytes: no system call takes it at once. */
static void m4_nesting_longer_than_any_path(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);

	w_dir_nest(w, "g", 17, 250, b);
	all_ends(w, ctx, cg);
}

static void m4_a_deep_member_is_listed_frozen_and_signalled(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	unsigned state;

	w_dir_nest(w, "g", 17, 250, b);
	must(w, is_listed(cg, a) && is_listed(cg, b));
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & CG_EMPTY));
	want_done(w, ctx, cg_freeze(cg, MS));
	want(ctx, 0, cg_thaw(cg, MS));
	must(w, cg_signal(cg, SIGUSR1, 0, MS) >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 1);
	all_ends(w, ctx, cg);
}

static void m4_names_of_255_bytes(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);

	w_dir_nest(w, "g", 3, 255, b);
	must(w, is_listed(cg, b));
	all_ends(w, ctx, cg);
}

/* ---- modes and owners ---- */

static void m4_nested_groups_of_any_mode(struct world *w, struct cg_ctx *ctx)
{
	static const mode_t modes[] = { 0, 0111, 0222, 0444, 0333 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);

		w_dir_nest(w, "g", 1, 5, b);
		w_dir_mode(w, "g/nnnnn", "", modes[i]);
		all_ends(w, ctx, cg);
		w_forget(w);
	}
}

/* Where nothing ends it unseen, it is not said to have ended. */
static void m4_a_nested_group_of_another_user(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	int rc;

	w_dir_nest(w, "g", 1, 5, b);
	w_dir_owner(w, "g/nnnnn", OTHER);
	w_dir_mode(w, "g/nnnnn", "", 0700);
	rc = cg_kill_all(cg, 500, NULL, 0);
	must(w, rc < 0 || w_dead(w, b));
	must(w, w_dead(w, a));
	must(w, w_dead(w, b) || !(has(w, W_KILLFILE) || has(w, W_ROOT)));
	/* In a hierarchy without such a file somebody else may be in the nested group. */
	must(w, rc == 0 || !(has(w, W_KILLFILE) || has(w, W_ROOT)) || has(w, W_V1));
	w_dir_mode(w, "g/nnnnn", "", 0777);
	all_ends(w, ctx, cg);
}

static void m4_control_files_of_any_mode(struct world *w, struct cg_ctx *ctx)
{
	static const char *const files[] = {
		"cgroup.kill", "cgroup.procs", "cgroup.events", "cgroup.freeze", "cgroup.threads",
		"freezer.state", "freezer.self_freezing", "tasks", "pids.max",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg);

		w_add(w, a, K_NESTED);
		w_dir_mode(w, "g", files[i], 0);
		all_ends(w, ctx, cg);
		w_forget(w);
	}
}

static void m4_the_group_itself_of_any_mode(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_SLEEP);
	w_dir_mode(w, "g", "", 0);
	all_ends(w, ctx, cg);
}

/* ---- the length of /proc/PID/status ---- */

static void m4_a_threaded_member_with_many_groups(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *threads = NULL;
	struct who *a, *b;

	w_many_groups(w, 2000);
	a = w_first(w, cg);
	b = w_add(w, a, K_TWO_THREADS);
	w_many_groups(w, 0);
	w_dir_make(w, "g/t");
	must(w, w_dir_put_thread(w, "g/t", b));
	want(ctx, 0, cg_open(ctx, "g/t", CG_ADOPT, &threads));
	must(w, is_listed(threads, b));
	must(w, cg_kill_all(threads, MS, NULL, 0) >= 0);
	must(w, w_dead(w, b));
	cg_close(threads);
	all_ends(w, ctx, cg);
}

static void m4_an_init_with_many_groups(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a;

	w_many_groups(w, 2000);
	a = w_first(w, cg);
	w_many_groups(w, 0);
	must(w, a);		/* it is recorded as the init of its PID namespace */
	must(w, is_listed(cg, a));
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	must(w, w_dead(w, a));
	cg_close(cg);
}

/* ---- freezing covers each member that is listed (F1) ---- */

static void freezes_what_it_lists(struct world *w, struct cg_ctx *ctx, struct cg *cg,
				  struct who *x)
{
	bool listed = is_listed(cg, x), still;
	unsigned state = 0;
	unsigned long before;
	int rc = cg_freeze(cg, 500);

	want(ctx, 0, cg_state(cg, &state));
	w_wait_ms(w, 10);
	before = w_progress(w);
	w_wait_ms(w, 50);
	still = w_progress(w) == before;
	must(w, rc < 0 || !listed || still);
	must(w, !(state & CG_FROZEN) || !listed || still);
	must(w, rc >= 0 || !w_left_frozen(w));
	must(w, cg_thaw(cg, MS) >= 0);
	must(w, goes_on(w));
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, !listed || w_dead(w, x));
}

static void f1_a_member_that_left_in_one_hierarchy(struct world *w, struct cg_ctx *ctx)
{
	static const char *const where[] = { "", "freezer", "name=systemd", "pids", "memory" };

	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_WORK);

		if (w_dir_put_in(w, where[i], "", b))
			freezes_what_it_lists(w, ctx, cg, b);
		w_end(w, b);
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		w_forget(w);
	}
}

static void f1_a_recorded_member_elsewhere(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_WORK);

	must(w, a);
	want(ctx, 0, cg_identify(cg, w_pid(b), 0));
	w_dir_put(w, "", b);
	must(w, is_listed(cg, b));
	freezes_what_it_lists(w, ctx, cg, b);
	cg_close(cg);
}

/* ---- one place that refuses (K2c) ---- */

static void k2c_a_place_that_refuses(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL;

	for (unsigned i = 0; ; i++) {
		cg = a_group(ctx, "g");
		w_add(w, w_first(w, cg), K_SLEEP);
		if (!w_dir_refuse(w, i, "g", true))
			break;
		cg_kill_all(cg, 500, NULL, 0);
		must(w, !w_members_left(w));
		w_dir_refuse(w, i, "g", false);
		want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
		cg_close(cg);
		w_forget(w);
	}
	all_ends(w, ctx, cg);
}

/* A frozen group of the v1 freezer holds a member that is not frozen by us. */
static void k2_held_by_another_group_of_the_freezer(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_report rep;
	int rc;

	w_dir_make(w, "other");
	must(w, w_dir_put_in(w, "freezer", "other", b));
	assert_int_equal(w_dir_freeze(w, "other", true), 0);
	w_wait_ms(w, 20);
	rc = cg_kill_all(cg, 400, &rep, sizeof(rep));
	must(w, rc < 0 || w_dead(w, b));
	if (rc < 0) {
		assert_int_equal(rc, -ETIMEDOUT);
		assert_int_equal(rep.left, 1);
		assert_int_equal(rep.survivor[0].why, CG_LEFT_FROZEN);
		must(w, strstr(cg_errmsg(ctx), "froz"));
	}
	assert_int_equal(w_dir_freeze(w, "other", false), 0);
	all_ends(w, ctx, cg);
	w_dir_remove(w, "other");
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(m4_nesting_longer_than_any_path, W_GROUPS),
		CT(m4_a_deep_member_is_listed_frozen_and_signalled, W_GROUPS),
		CT(m4_names_of_255_bytes, W_GROUPS),
		CT(m4_nested_groups_of_any_mode, W_GROUPS),
		CT(m4_a_nested_group_of_another_user, W_GROUPS | W_FAKE),
		CT(m4_control_files_of_any_mode, W_GROUPS),
		CT(m4_the_group_itself_of_any_mode, W_GROUPS),
		CTX(m4_a_threaded_member_with_many_groups, W_V2, W_FAKE | W_ROOT, 0),
		CTX(m4_an_init_with_many_groups, W_PIDNS, W_FAKE | W_ROOT, 0),
		CT(f1_a_member_that_left_in_one_hierarchy, W_GROUPS),
		CT(f1_a_recorded_member_elsewhere, W_GROUPS),
		CT(k2c_a_place_that_refuses, W_FAKE | W_V1 | W_V2),
		CTX(k2_held_by_another_group_of_the_freezer, W_FREEZER, W_BRAKE | W_FAKE, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
