/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths and names: long ones, those of control files, and what a tree's limits say (E4). */
#include "contract.h"
#include "fake/kernel.h"

static void e4_names_of_control_files(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *no = NULL;
	int rc;

	want(ctx, -EEXIST, cg_create(ctx, "cgroup.procs", 0, &no));
	want(ctx, -EEXIST, cg_create(ctx, "cgroup.procs", CG_REUSE, &no));
	want(ctx, -EEXIST, cg_create(ctx, "g/cgroup.procs", CG_PARENTS, &no));
	want(ctx, -ENOENT, cg_open(ctx, "cgroup.procs", 0, &no));
	want(ctx, -ENOENT, cg_open(ctx, "g/cgroup.procs", CG_ADOPT, &no));
	want(ctx, -ENOENT, cg_open(ctx, "g/cgroup.procs/x", 0, &no));
	rc = cg_create(ctx, "g/cgroup.procs/x", 0, &no);
	must(w, rc == -EEXIST || rc == -ENOENT);
	rc = cg_create(ctx, "g/cgroup.procs/x", CG_PARENTS | CG_REUSE, &no);
	must(w, rc == -EEXIST || rc == -ENOENT);
	assert_null(no);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e4_limits_of_a_tree(struct world *w, struct cg_ctx *ctx)
{
	static const char *const files[] = { "cgroup.max.descendants", "cgroup.max.depth" };
	struct cg *cg = a_group(ctx, "p"), *kid = NULL;
	int rc;

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(w_dir_write(w, "p", files[i], "0"), 0);
		rc = cg_create(ctx, "p/a", 0, &kid);
		/* Another hierarchy may have it: a part that cannot be made is left out. */
		must(w, rc == -ENOSPC || (rc == 0 && has(w, W_V1)));
		must(w, rc == 0 || strstr(cg_errmsg(ctx), files[i]));
		if (!rc)
			want(ctx, 0, cg_delete(kid, 0, MS, NULL, 0));
		cg_close(kid);
		kid = NULL;
		must(w, !w_dir_exists(w, "p/a"));
		assert_int_equal(w_dir_write(w, "p", files[i], "max"), 0);
	}
	want(ctx, 0, cg_create(ctx, "p/a", 0, &kid));
	cg_close(kid);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void m1_the_group_of_a_deep_process(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *its = NULL;
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	pid_t *pid;
	size_t n;

	w_dir_nest(w, "g", 12, 250, b);
	want(ctx, 0, cg_open_pid(ctx, w_pid(b), CG_ADOPT, &its));
	want_done(w, ctx, cg_procs(its, 0, &pid, &n, NULL));
	assert_int_equal(n, 1);
	assert_int_equal(*pid, w_pid(b));
	free(pid);
	want(ctx, 0, cg_kill_all(its, MS, NULL, 0));
	must(w, w_dead(w, b) && !w_dead(w, a));
	cg_close(its);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void live_and_die(struct world *w, struct cg_ctx *ctx, const char *path)
{
	struct who *b = w_spawn(w);
	struct cg *cg = NULL;
	pid_t *pid;
	size_t n;

	want(ctx, 0, cg_create(ctx, path, 0, &cg));
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 1);
	free(pid);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, b));
	cg_close(cg);
}

/* 14 names of 250 bytes: with what is above them less than a path of the kernel. */
static void e4_long_bases_and_paths(struct world *w, struct cg_ctx *ctx)
{
	struct cg_ctx *mine = world_ctx(w);
	char path[4096], base[4096];

	w_dir_nest(w, "", 14, 250, NULL);
	memset(path, 'n', sizeof(path));
	for (size_t i = 1; i <= 14; i++)
		path[251 * i - 1] = '/';
	snprintf(base, sizeof(base), "%s%.*s", w_absolute(w, ""), 251 * 14 - 1, path);
	want(mine, 0, cg_ctx_set_base(mine, base));
	live_and_die(w, mine, "kid");
	cg_ctx_free(mine);
	snprintf(path + 251 * 14, 8, "kid");
	live_and_die(w, ctx, path);
}

/* The kernel lists what it is safe to hand over; nobody else knows. */
static void e1_the_kernels_list_of_files_to_give_away(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	w_fake(w)->delegatable = "cgroup.procs\nno.such.file\npids.max\n";
	want(ctx, 0, cg_set(cg, "pids.max", "7"));
	want(ctx, 0, cg_delegate(cg, 4711, 4711));
	assert_int_equal(w_dir_uid(w, "g", "cgroup.procs"), 4711);
	assert_int_equal(w_dir_uid(w, "g", "pids.max"), 4711);
	assert_int_equal(w_dir_uid(w, "g", "cgroup.type"), 0);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e4_names_of_control_files, W_GROUPS),
		CT(e4_limits_of_a_tree, W_V2),
		CT(m1_the_group_of_a_deep_process, W_GROUPS),
		CT(e4_long_bases_and_paths, W_GROUPS),
		CTX(e1_the_kernels_list_of_files_to_give_away, W_FAKE | W_V2 | W_ROOT, 0, W_V1),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
