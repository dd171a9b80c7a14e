/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members in: attach, identify, birth; E1 where a wrong call has the same answer everywhere. */
#include "contract.h"

static bool is_listed(struct cg *cg, struct who *x)
{
	pid_t *pid = NULL;
	bool found = false;
	size_t n = 0;

	if (cg_procs(cg, 0, &pid, &n, NULL) < 0)
		fail_msg("cannot list");
	for (size_t i = 0; i < n; i++)
		found = found || pid[i] == w_pid(x);
	free(pid);
	return found;
}

static void e1_attached_is_listed_and_children_are_born_in(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_spawn(w);

	must(w, is_listed(cg, a));
	must(w, !is_listed(cg, b));
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	must(w, is_listed(cg, b));
	must(w, is_listed(cg, w_add(w, b, K_SLEEP)));
	/* Again is no error. */
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, !w_members_left(w));
	cg_close(cg);
}

static void e1_no_such_process(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	(void)w;
	want(ctx, -ESRCH, cg_attach(cg, 0x3fffffff));
	want(ctx, -EINVAL, cg_attach(cg, -1));
	want(ctx, -ESRCH, cg_identify(cg, 0x3fffffff, 0));
	want(ctx, -EINVAL, cg_identify(cg, 0, 0));
	want(ctx, -EINVAL, cg_identify(cg, -3, 0));
	want(ctx, -EINVAL, cg_identify(cg, 1, 1U << 30));
	cg_close(cg);
}

/* The kernel "moves" a zombie and says that it worked. */
static void e1_the_dead_cannot_join(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_spawn(w);

	w_end(w, a);
	w_wait_ms(w, 20);
	must(w, w_dead(w, a));
	want(ctx, -ESRCH, cg_attach(cg, w_pid(a)));
	cg_close(cg);
}

static void s3_a_namespace_that_the_caller_is_in(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_spawn(w);	/* shares everything with the caller */

	want(ctx, 0, cg_attach(cg, w_pid(a)));
	want(ctx, -EDEADLK, cg_identify(cg, w_pid(a), CG_ID_USER));
	want(ctx, -EDEADLK, cg_identify(cg, w_pid(a), CG_ID_MNT));
	want(ctx, -EDEADLK, cg_identify(cg, w_pid(a), CG_ID_PID));
	must(w, is_listed(cg, a));
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, w_dead(w, a));
	cg_close(cg);
}

static void m1_a_namespace_taken_back(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SETSID);

	must(w, is_listed(cg, b));
	want(ctx, 0, cg_unidentify(cg, CG_ID_USER | CG_ID_PID | CG_ID_MNT));
	/* The recorded one is known still. */
	must(w, is_listed(cg, a));
	cg_close(cg);
}

static void e1_two_groups_are_two(struct world *w, struct cg_ctx *ctx)
{
	struct cg *one = a_group(ctx, "one"), *two = a_group(ctx, "two");
	struct who *a = w_first(w, one), *b = w_first(w, two);

	w_add(w, b, K_SLEEP);
	must(w, cg_kill_all(one, MS, NULL, 0) >= 0);
	must(w, w_dead(w, a));
	must(w, !w_dead(w, b));
	must(w, cg_freeze(one, MS) >= 0);
	must(w, cg_signal(two, SIGUSR1, 0, MS) >= 0);
	assert_int_equal(w_got(w, b, SIGUSR1), 1);
	must(w, cg_thaw(one, MS) >= 0);
	must(w, cg_delete(one, 0, MS, NULL, 0) >= 0);
	must(w, !w_dead(w, b));
	must(w, cg_delete(two, 0, MS, NULL, 0) >= 0);
	must(w, !w_members_left(w));
	cg_close(one);
	cg_close(two);
}

static void e1_moving_between_groups(struct world *w, struct cg_ctx *ctx)
{
	struct cg *one = a_group(ctx, "one"), *two = a_group(ctx, "two");
	struct who *a = w_first(w, one);

	want(ctx, 0, cg_attach(two, w_pid(a)));
	must(w, is_listed(two, a));
	must(w, !is_listed(one, a));
	must(w, cg_kill_all(one, MS, NULL, 0) >= 0);
	must(w, !w_dead(w, a));
	must(w, cg_kill_all(two, MS, NULL, 0) >= 0);
	must(w, w_dead(w, a));
	cg_close(one);
	cg_close(two);
}

static void e1_a_directory_to_be_born_into(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];
	int fd = cg_fd(cg);

	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	if (has(w, W_V2)) {
		must(w, fd >= 0);
		assert_int_equal(cap[CG_OP_CLONE].level, CG_FULL);
	} else {
		assert_int_equal(fd, -EOPNOTSUPP);
		assert_int_equal(cap[CG_OP_CLONE].level, CG_NONE);
	}
	cg_close(cg);
}

static void e1_resources(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char buf[64];

	want(ctx, 0, cg_set(cg, "pids.max", "17"));
	want(ctx, 0, cg_get(cg, "pids.max", buf, sizeof(buf)));
	assert_string_equal(buf, "17");
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "17");
	want(ctx, -EINVAL, cg_set(cg, "pids.max", "seventeen"));
	want(ctx, -ERANGE, cg_get(cg, "pids.max", buf, 2));
	want(ctx, -EOPNOTSUPP, cg_set(cg, "nosuch.key", "1"));
	want(ctx, -EINVAL, cg_set(cg, "../pids.max", "1"));
	want(ctx, -EOPNOTSUPP, cg_get(cg, "nosuch.key", buf, sizeof(buf)));
	cg_close(cg);
}

static void e1_files_that_are_no_resource(struct world *w, struct cg_ctx *ctx)
{
	static const char *const keys[] = {
		"cgroup.procs", "cgroup.kill", "cgroup.freeze", "freezer.state", "tasks",
		"notify_on_release", "cgroup.subtree_control", "", ".", "..", "a/b",
	};
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	char buf[64];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int rc = cg_set(cg, keys[i], "1");

		must(w, rc == -EINVAL || rc == -EOPNOTSUPP);
		must(w, *cg_errmsg(ctx));
		rc = cg_get(cg, keys[i], buf, sizeof(buf));
		must(w, rc == -EINVAL || rc == -EOPNOTSUPP);
	}
	must(w, !w_dead(w, a));
	must(w, !w_left_frozen(w));
	cg_close(cg);
}

/* H4: on a hybrid host the user's own subtree of both trees, not the root of one. */
static void h4_the_users_own_subtree(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	/* Files that groups of one version have. */
	must(w, *w_dir_read(w, "g", "cgroup.type"));
	must(w, !has(w, W_V1) || *w_dir_read(w, "g", "notify_on_release"));
	must(w, !w_dir_exists(w, "/g"));
	w_first(w, cg);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e1_delegation(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];
	int rc = cg_delegate(cg, 1000, 1000);

	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	if (cap[CG_OP_DELEGATE].level == CG_FULL)
		assert_int_equal(rc, 0);
	else
		must(w, rc < 0);
	(void)w;
	cg_close(cg);
}

static void e1_by_pidfd(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *x = w_spawn(w), *other = w_stranger(w);
	int fd = w_pidfd(w, x), strange = w_pidfd(w, other);
	pid_t *pid;
	size_t n;

	must(w, fd >= 0 && strange >= 0);
	want(ctx, -ESRCH, cg_signal_pidfd(cg, fd, SIGUSR1));
	want(ctx, 0, cg_attach_pidfd(cg, fd));
	want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 1);
	assert_int_equal(pid[0], w_pid(x));
	free(pid);
	want(ctx, 0, cg_identify_pidfd(cg, fd, 0));
	want(ctx, 0, cg_signal_pidfd(cg, fd, SIGUSR1));
	assert_int_equal(w_got(w, x, SIGUSR1), 1);
	want(ctx, -EINVAL, cg_signal_pidfd(cg, fd, 99));
	want(ctx, -EINVAL, cg_identify_pidfd(cg, fd, 1U << 20));
	want(ctx, -ESRCH, cg_signal_pidfd(cg, strange, SIGTERM));
	w_end(w, x);
	want(ctx, -ESRCH, cg_attach_pidfd(cg, fd));
	want(ctx, -ESRCH, cg_identify_pidfd(cg, fd, 0));
	want(ctx, -ESRCH, cg_signal_pidfd(cg, fd, SIGUSR1));
	want(ctx, -EINVAL, cg_attach_pidfd(cg, -1));
	want(ctx, -EINVAL, cg_attach_pidfd(cg, 0));
	w_pidfd_close(w, fd);
	w_pidfd_close(w, strange);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e1_attached_is_listed_and_children_are_born_in, 0),
		CT(e1_no_such_process, 0),
		CTX(e1_by_pidfd, W_GROUPS | W_PIDFD, 0, W_SCOPE),
		CT(e1_the_dead_cannot_join, 0),
		CT(s3_a_namespace_that_the_caller_is_in, 0),
		CT(m1_a_namespace_taken_back, W_PROC),
		CT(e1_two_groups_are_two, 0),
		CT(e1_moving_between_groups, W_GROUPS),
		CTX(e1_a_directory_to_be_born_into, 0, 0, W_SCOPE),
		CT(e1_resources, W_BRAKE),
		CT(e1_files_that_are_no_resource, 0),
		CT(e1_delegation, W_ROOT),
		CTX(h4_the_users_own_subtree, W_V2, 0, W_ROOT),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
