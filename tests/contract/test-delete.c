/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and deleting: D1, H16 to H18, H20, H23, H24. */
#include "contract.h"

static void d1_everything_goes(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct cg_report rep;
	unsigned state;

	w_stranger(w);
	w_add(w, a, K_SLEEP);
	want_killed(w, ctx, cg_delete(cg, 0, MS, &rep, sizeof(rep)));
	must(w, !w_members_left(w));
	must(w, !w_dir_exists(w, "g"));
	assert_int_equal(rep.left, 0);
	assert_int_equal(rep.ended, 2);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_GONE);
	/* Again: already gone. */
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0) & ~CG_WEAK);
	cg_close(cg);
}

static void d1_nested_groups_too_h13(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_dir_make(w, "g/one/two/three");
	w_dir_make(w, "g/one/four");
	w_add(w, a, K_NESTED);
	w_add(w, a, K_NESTED_FROZEN);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_members_left(w));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void d1_only_if_empty(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	want(ctx, -EBUSY, cg_delete(cg, CG_IF_EMPTY, MS, NULL, 0));
	must(w, !w_dead(w, a));
	assert_int_equal(w_got(w, a, SIGTERM), 0);
	must(w, !has(w, W_GROUPS) || w_dir_exists(w, "g"));
	w_end(w, a);
	w_wait_ms(w, 20);
	must(w, cg_delete(cg, CG_IF_EMPTY, MS, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void d1_a_nested_member_is_not_empty_h13(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_NESTED);

	w_end(w, a);
	w_wait_ms(w, 20);
	want(ctx, -EBUSY, cg_delete(cg, CG_IF_EMPTY, MS, NULL, 0));
	must(w, !w_dead(w, b));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void d1_parents_that_were_made_go_too(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL, *other = NULL;

	want(ctx, -ENOENT, cg_create(ctx, "p/q/r", 0, &cg));
	must(w, !w_dir_exists(w, "p"));
	want(ctx, 0, cg_create(ctx, "p/q/r", CG_PARENTS, &cg));
	must(w, w_dir_exists(w, "p/q/r"));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dir_exists(w, "p"));
	cg_close(cg);
	/* But not what somebody else put there or uses by now. */
	w_dir_make(w, "p");
	want(ctx, 0, cg_create(ctx, "p/q/r", CG_PARENTS, &cg));
	want(ctx, 0, cg_create(ctx, "p/q/s", 0, &other));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dir_exists(w, "p/q/s"));
	want(ctx, 0, cg_delete(other, 0, MS, NULL, 0));
	must(w, w_dir_exists(w, "p"));
	cg_close(other);
	cg_close(cg);
}

static void d1_bad_arguments(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	want(ctx, -EINVAL, cg_delete(cg, 0, -1, NULL, 0));
	want(ctx, -EINVAL, cg_delete(cg, ~CG_IF_EMPTY, MS, NULL, 0));
	must(w, !w_dead(w, a));
	cg_close(cg);
}

static void s3_a_place_that_exists_is_refused_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL;
	struct who *out = w_stranger(w);

	w_dir_make(w, "g");
	want(ctx, -EEXIST, cg_create(ctx, "g", 0, &cg));
	w_dir_put(w, "g", out);
	want(ctx, -EEXIST, cg_create(ctx, "g", 0, &cg));
	want(ctx, -EBUSY, cg_create(ctx, "g", CG_REUSE, &cg));
	must(w, w_dir_exists(w, "g"));
	must(w, !w_dead(w, out));
	w_end(w, out);
	w_wait_ms(w, 30);
	want(ctx, 0, cg_create(ctx, "g", CG_REUSE, &cg));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void h23_a_frozen_place_is_refused(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL;

	w_dir_make(w, "g");
	assert_int_equal(w_dir_freeze(w, "g", true), 0);
	want(ctx, -EBUSY, cg_create(ctx, "g", CG_REUSE, &cg));
	must(w, strstr(cg_errmsg(ctx), "frozen"));
	want(ctx, -EBUSY, cg_create(ctx, "g/in", 0, &cg));
	must(w, strstr(cg_errmsg(ctx), "frozen"));
	must(w, !w_dir_exists(w, "g/in"));
	want(ctx, -EBUSY, cg_create(ctx, "g/a/b", CG_PARENTS, &cg));
	must(w, !w_dir_exists(w, "g/a"));
	must(w, w_dir_exists(w, "g"));
	assert_int_equal(w_dir_freeze(w, "g", false), 0);
	want(ctx, 0, cg_create(ctx, "g", CG_REUSE, &cg));
	cg_close(cg);
}

static void s3_the_callers_own_place_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *other = NULL;

	want(ctx, 0, cg_attach(cg, 0));
	/* A new context sees where the caller is now. */
	struct cg_ctx *next = world_ctx(w);
	char path[512];
	int rc;

	snprintf(path, sizeof(path), "%s", w_absolute(w, "g"));
	rc = cg_create(next, path, CG_REUSE, &other);
	must(w, rc == -EDEADLK || rc == -EBUSY);
	must(w, *cg_errmsg(next));
	cg_ctx_free(next);
	w_caller_home(w);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void h24_removed_by_somebody_else(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	unsigned state;

	assert_int_equal(w_dir_remove(w, "g"), 0);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	want(ctx, 0, cg_state(cg, &state));
	must(w, (state & CG_GONE) && (state & CG_EMPTY));
	want(ctx, 0, cg_wait(cg, CG_GONE, 0));
	cg_close(cg);
}

static void h24_made_again_by_somebody_else(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *out = w_stranger(w);

	assert_int_equal(w_dir_remove(w, "g"), 0);
	w_dir_make(w, "g");
	w_dir_put(w, "g", out);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	want(ctx, 0, cg_signal(cg, SIGTERM, 0, MS) & ~CG_WEAK);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dead(w, out));
	must(w, w_dir_exists(w, "g"));
	cg_close(cg);
}

static void e4_paths_that_are_none(struct world *w, struct cg_ctx *ctx)
{
	static const char *const bad[] = {
		"..", "a/..", "../a", "a//b", ".", "a/./b", "a/../b", "/..", "a\nb", "//a",
	};
	struct cg *cg = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		want(ctx, -EINVAL, cg_create(ctx, bad[i], 0, &cg));
		want(ctx, -EINVAL, cg_open(ctx, bad[i], 0, &cg));
		want(ctx, -EINVAL, cg_ctx_set_base(ctx, bad[i]));
	}
	want(ctx, -EINVAL, cg_create(ctx, "g", ~0U, &cg));
	want(ctx, -EINVAL, cg_open(ctx, "g", ~0U, &cg));
	assert_null(cg);
	must(w, !w_dir_exists(w, "a"));
}

static void e4_a_group_that_is_not_there(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL;

	(void)w;
	want(ctx, -ENOENT, cg_open(ctx, "nosuch", 0, &cg));
	want(ctx, -ENOENT, cg_open(ctx, "nosuch/below", CG_ADOPT, &cg));
	want(ctx, -ESRCH, cg_open_pid(ctx, 0x3fffffff, 0, &cg));
	want(ctx, -EINVAL, cg_open_pid(ctx, -5, 0, &cg));
	assert_null(cg);
}

static void m1_the_group_of_a_process(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *same = NULL;
	struct who *a = w_first(w, cg);
	pid_t *pid;
	size_t n;

	w_stranger(w);
	want(ctx, 0, cg_open_pid(ctx, w_pid(a), 0, &same));
	want(ctx, 0, cg_procs(same, 0, &pid, &n, NULL));
	/* In a hierarchy that is not the user's it may share a group with others. */
	must(w, n == 1 && pid[0] == w_pid(a));
	free(pid);
	cg_close(same);
	cg_close(cg);
}

/* A limit that it shares with somebody else does not make them one group. */
static void s1_other_hierarchies_of_a_process(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *same = NULL;
	struct who *a = w_first(w, cg), *s = w_stranger(w);

	w_dir_make(w, "elsewhere");
	must(w, w_dir_put_one(w, "elsewhere", a) && w_dir_put_one(w, "elsewhere", s));
	want(ctx, 0, cg_open_pid(ctx, w_pid(a), CG_ADOPT, &same));
	want(ctx, 0, cg_kill_all(same, MS, NULL, 0));
	must(w, w_dead(w, a) && !w_dead(w, s));
	cg_close(same);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(d1_everything_goes, 0),
		CT(d1_nested_groups_too_h13, W_GROUPS),
		CT(d1_only_if_empty, 0),
		CT(d1_a_nested_member_is_not_empty_h13, W_GROUPS),
		CT(d1_parents_that_were_made_go_too, W_GROUPS),
		CT(d1_bad_arguments, 0),
		CT(s3_a_place_that_exists_is_refused_h18, W_GROUPS),
		CT(s3_the_callers_own_place_h18, W_GROUPS),
		CT(h23_a_frozen_place_is_refused, W_GROUPS | W_FREEZE),
		CT(h24_removed_by_somebody_else, W_GROUPS),
		CT(h24_made_again_by_somebody_else, W_GROUPS),
		CT(e4_paths_that_are_none, W_GROUPS),
		CT(e4_a_group_that_is_not_there, W_GROUPS),
		CT(m1_the_group_of_a_process, W_GROUPS),
		CT(s1_other_hierarchies_of_a_process, W_V1 | W_V2),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
