/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adversaries on the real kernel: storms, members that flee, namespaces in namespaces,
 * several callers at once. The observer is outside: pidfds, and pipes that end when the
 * last of a family has.
 */
#include "contract.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUDGET	3500			/* well inside the four seconds that callers wait */

static void kill_it(struct world *w, struct cg_ctx *ctx, struct cg *cg)
{
	struct cg_report rep;
	uint64_t then = w_now_ms(w);
	int rc = cg_kill_all(cg, BUDGET, &rep, sizeof(rep));

	if (rc < 0)
		fail_msg("kill: %d, %s", rc, cg_errmsg(ctx));
	want_killed(w, ctx, rc);
	must(w, w_now_ms(w) - then < 4000);
	must(w, !w_members_left(w));
}

static void k3_storm(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	unsigned long before;

	w_stranger(w);
	must(w, w_add(w, a, K_STORM));
	must(w, goes_on(w));
	kill_it(w, ctx, cg);
	before = w_progress(w);
	w_wait_ms(w, 30);
	must(w, w_progress(w) == before);
	must(w, cg_delete(cg, 0, BUDGET, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void k3_storm_that_is_frozen(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	int rc;

	must(w, w_add(w, a, K_STORM));
	rc = cg_freeze(cg, BUDGET);
	/* By SIGSTOP it may be outrun; then it is undone. */
	must(w, rc >= 0 || (has(w, W_STOPS) && rc == -ETIMEDOUT));
	kill_it(w, ctx, cg);
	cg_close(cg);
}

static void k3_members_that_flee_h13(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	for (int i = 0; i < 5; i++)
		must(w, w_add(w, a, K_FLEE));
	kill_it(w, ctx, cg);
	must(w, !w_left_frozen(w));
	must(w, cg_delete(cg, 0, BUDGET, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void k3_members_in_a_nested_pid_namespace(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	pid_t *pid;
	size_t n;

	must(w, w_add(w, a, K_PIDNS));
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	assert_int_equal(n, 4);
	free(pid);
	kill_it(w, ctx, cg);
	cg_close(cg);
}

/* Enters the PID namespace of pid, leaves a zombie there that it does not collect, and stays. */
static pid_t outside_parent(pid_t pid, int *go)
{
	char name[64], byte;
	int up[2], down[2], fd;
	pid_t helper;

	if (pipe2(up, O_CLOEXEC) || pipe2(down, O_CLOEXEC))
		abort();
	helper = fork();
	if (helper == 0) {
		snprintf(name, sizeof(name), "/proc/%d/ns/pid", (int)pid);
		fd = open(name, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWPID))
			_exit(1);
		if (fork() == 0)
			_exit(0);
		usleep(20000);
		(void)!write(up[1], "x", 1);
		close(down[1]);
		(void)!read(down[0], &byte, 1);
		_exit(0);
	}
	close(up[1]);
	close(down[0]);
	if (read(up[0], &byte, 1) != 1)
		fail_msg("cannot enter the PID namespace");
	close(up[0]);
	*go = down[1];
	return helper;
}

/* Past its exit, the init waits in the kernel for a zombie that an outsider does not collect. */
static void k6_init_held_up_by_an_outside_parent(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *init = w_add(w, a, K_PIDNS);
	pid_t *pid, helper;
	unsigned state;
	size_t n;
	int go;

	must(w, init);
	helper = outside_parent(w_pid(init), &go);
	kill_it(w, ctx, cg);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_EMPTY);
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	assert_int_equal(n, 0);
	free(pid);
	must(w, cg_delete(cg, 0, BUDGET, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	close(go);
	must(w, waitpid(helper, NULL, 0) == helper);
	cg_close(cg);
}

/* ---- several callers at once ---- */

/* Does one thing to the group again and again, in a process of its own. */
static pid_t caller(struct world *w, const char *text, int what)
{
	pid_t pid = fork();
	struct cg_ctx *ctx;
	struct cg *cg;
	int rc = 0;

	if (pid)
		return pid;
	alarm(30);
	ctx = world_ctx(w);
	if (!ctx || cg_restore(ctx, text, 0, &cg))
		_exit(1);
	for (int i = 0; i < 6 && rc >= 0; i++) {
		if (what == 0)
			rc = cg_kill_all(cg, BUDGET, NULL, 0);
		else if (what == 1)
			rc = cg_freeze(cg, 300);
		else if (what == 2)
			rc = cg_thaw(cg, BUDGET);
		else
			rc = cg_delete(cg, 0, BUDGET, NULL, 0);
		/* A freeze may be undone by the others. */
		if (what == 1 && rc == -ETIMEDOUT)
			rc = 0;
	}
	if (rc < 0)
		fprintf(stderr, "# caller %d: %d, %s\n", what, rc, cg_errmsg(ctx));
	_exit(rc < 0);
}

static void k3_several_callers_at_once(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	pid_t pid[6];
	char text[8192];
	int status;

	for (int i = 0; i < 10; i++)
		w_add(w, a, i % 2 ? K_CHAIN : K_SLEEP);
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	for (int i = 0; i < 6; i++)
		pid[i] = caller(w, text, i % 4);
	for (int i = 0; i < 6; i++) {
		must(w, waitpid(pid[i], &status, 0) == pid[i]);
		assert_int_equal(status, 0);
	}
	must(w, !w_members_left(w));
	must(w, cg_delete(cg, 0, BUDGET, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	must(w, !w_left_frozen(w));
	cg_close(cg);
}

static void k3_kill_while_somebody_freezes(struct world *w, struct cg_ctx *ctx)
{
	for (int i = 0; i < 8; i++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg);
		char text[8192];
		pid_t pid;
		int status;

		w_add(w, a, K_CHAIN);
		must(w, cg_save(cg, text, sizeof(text)) > 0);
		pid = caller(w, text, 1);
		usleep((useconds_t)i * 700);
		kill_it(w, ctx, cg);
		must(w, waitpid(pid, &status, 0) == pid);
		/* The other may freeze what is empty by now: it is the other's to thaw. */
		must(w, cg_thaw(cg, MS) >= 0);
		must(w, cg_delete(cg, 0, BUDGET, NULL, 0) >= 0);
		must(w, !w_dir_exists(w, "g"));
		cg_close(cg);
	}
}

/* ---- a caller in a child PID namespace (H5) ---- */

static int judge_inside(struct world *w, const char *text, unsigned n)
{
	struct cg_report rep = { 0 };
	struct cg_ctx *ctx = world_ctx(w);
	size_t seen = 99, unnamed = 0;
	struct cg *cg;
	pid_t *pid;
	int rc;

	if (!ctx || cg_restore(ctx, text, 0, &cg))
		return 10;
	rc = cg_procs(cg, 0, &pid, &seen, &unnamed);
	if (rc != CG_WEAK || seen != 0)
		return 11;
	if (unnamed != n)
		return 12;
	if (cg_signal(cg, SIGTERM, 0, 300) == 0)
		return 13;		/* it claims to have reached them */
	rc = cg_kill_all(cg, has(w, W_KILLFILE) ? BUDGET : 500, &rep, sizeof(rep));
	if (has(w, W_KILLFILE))
		return rc == 0 ? 0 : 14;
	if (rc != -ETIMEDOUT)
		return 15;
	return rep.left == n && rep.unnamed == n &&
		rep.survivor[0].why == CG_LEFT_INVISIBLE ? 0 : 16;
}

static void k2_caller_in_a_child_pid_namespace_h5(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	char text[8192];
	int status;
	pid_t pid;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	pid = fork();
	if (pid == 0) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS) ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			_exit(1);
		pid = fork();
		if (pid == 0) {
			alarm(30);
			if (mount("proc", "/proc", "proc", 0, NULL))
				_exit(2);
			_exit(judge_inside(w, text, 2));
		}
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
		      WEXITSTATUS(status) : 3);
	}
	must(w, waitpid(pid, &status, 0) == pid);
	must(w, WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	if (has(w, W_KILLFILE))
		must(w, !w_members_left(w));
	else
		must(w, !w_dead(w, a) && !w_dead(w, b));
	assert_int_equal(w_got(w, a, SIGTERM), 0);
	want(ctx, 0, cg_delete(cg, 0, BUDGET, NULL, 0));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(k3_storm, 0),
		CT(k3_storm_that_is_frozen, 0),
		CT(k3_members_that_flee_h13, W_GROUPS),
		CT(k3_members_in_a_nested_pid_namespace, W_ROOT),
		CT(k6_init_held_up_by_an_outside_parent, W_ROOT),
		CT(k3_several_callers_at_once, 0),
		CT(k3_kill_while_somebody_freezes, 0),
		CT(k2_caller_in_a_child_pid_namespace_h5, W_GROUPS | W_ROOT),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
