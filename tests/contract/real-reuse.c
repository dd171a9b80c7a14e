/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers that change hands under the signaller's hands, on the real kernel: a PID
 * namespace whose pid_max is tiny (namespaced since Linux 6.14), members and bystanders
 * that live for moments, so that each new process takes a number that another had. A
 * bystander that is hit dies of it and its parent counts. The same harness is shown to
 * hit bystanders when a plain loop reads numbers and kills by number (H6).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libcg/cg.h>

#include "world-real.h"

#define PID_MAX		345		/* numbers begin again at 300 */
#define WANTED		10000		/* reuses */
#define LIMIT		60		/* seconds for one run */

struct counts {
	unsigned long reused;		/* a bystander took a number that a member had */
	unsigned long hit;		/* bystanders that were signalled */
	unsigned long rounds, failed;
	unsigned char was_member[4096];	/* the last owner of a number */
	bool stop;
};

static struct counts *c;
static char base[64];
static struct tree trees[MAX_TREES];
static size_t ntrees;

static void nap_us(long us)
{
	struct timespec t = { 0, us * 1000 };

	nanosleep(&t, NULL);
}

/* Members, one after the other, each for a moment. The parent is a member that ignores it. */
static void churn_members(void)
{
	char dir[256];
	pid_t pid;

	signal(SIGUSR1, SIG_IGN);
	for (size_t i = 0; i < ntrees; i++) {
		snprintf(dir, sizeof(dir), "%s%s/g", trees[i].mount, base);
		dir_write(dir, "cgroup.procs", "0");
	}
	while (!c->stop) {
		pid = fork();
		if (pid == 0) {
			c->was_member[getpid()] = 1;
			nap_us(50);
			_exit(0);
		}
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	_exit(0);
}

static void churn_bystanders(void)
{
	int status;
	pid_t pid;

	while (!c->stop) {
		pid = fork();
		if (pid == 0) {
			if (c->was_member[getpid()])
				__atomic_add_fetch(&c->reused, 1, __ATOMIC_RELAXED);
			c->was_member[getpid()] = 0;
			nap_us(50);
			_exit(0);
		}
		if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status))
			__atomic_add_fetch(&c->hit, 1, __ATOMIC_RELAXED);
	}
	_exit(0);
}

/* What everybody does who does not know better. */
static void plain_loop(void)
{
	static char text[65536];
	char dir[256];

	snprintf(dir, sizeof(dir), "%s%s/g", trees[0].mount, base);
	if (dir_read(dir, "cgroup.procs", text, sizeof(text)) <= 0)
		return;
	for (char *s = text, *end; *s; s = end + 1) {
		long pid = strtol(s, &end, 10);

		if (pid > 1)
			kill((pid_t)pid, SIGUSR1);
		if (!*end)
			break;
	}
}

static bool more(time_t end, bool naive)
{
	if (time(NULL) >= end)
		return false;
	return naive ? !c->hit : c->reused < WANTED;
}

static void signaller(const char *drivers, bool naive)
{
	struct cg_ctx *ctx = NULL;
	struct cg *cg = NULL;
	time_t end = time(NULL) + LIMIT;
	int rc;

	if (!naive && (cg_ctx_new(&ctx) || cg_ctx_set_driver(ctx, drivers) ||
		       (geteuid() == 0 && cg_ctx_set_base(ctx, base)) ||
		       cg_open(ctx, "g", CG_ADOPT, &cg))) {
		fprintf(stderr, "# %s\n", cg_errmsg(ctx));
		_exit(2);
	}
	while (more(end, naive)) {
		if (naive) {
			plain_loop();
		} else {
			rc = cg_signal(cg, SIGUSR1, 0, 1000);
			if (rc < 0 && rc != -ETIMEDOUT) {
				fprintf(stderr, "# signal: %d, %s\n", rc, cg_errmsg(ctx));
				c->failed++;
			}
			nap_us(300);	/* or the members are frozen for ever */
		}
		c->rounds++;
	}
	c->stop = true;
	cg_close(cg);
	cg_ctx_free(ctx);
}

static void become_user(void)
{
	if (setresgid(TEST_UID, TEST_UID, TEST_UID) || setresuid(TEST_UID, TEST_UID, TEST_UID))
		_exit(3);
}

/* Process 1 of the small namespace. */
static int run_inside(const char *drivers, bool naive, bool user)
{
	char text[16];
	pid_t pid[6];

	alarm(LIMIT + 20);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL))
		return 4;
	snprintf(text, sizeof(text), "%d", PID_MAX);
	if (dir_write("/proc/sys/kernel", "pid_max", text))
		return 5;
	if (user)
		become_user();
	for (int i = 0; i < 6; i++) {
		pid[i] = fork();
		if (pid[i] == 0 && i % 2)
			churn_members();
		if (pid[i] == 0)
			churn_bystanders();
	}
	signaller(drivers, naive);
	for (int i = 0; i < 6; i++)
		waitpid(pid[i], NULL, 0);
	return 0;
}

static void chown_all(const char *dir)
{
	static const char *const files[] = { "", "/cgroup.procs", "/tasks" };
	char name[300];

	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", dir, files[i]);
		if (chown(name, TEST_UID, TEST_UID) && errno != ENOENT)
			perror(name);
	}
}

/* The user calls from a group of its own: that is the base that libcg finds. */
static void make_group(bool user)
{
	char dir[256], num[16];

	for (size_t i = 0; i < ntrees; i++) {
		snprintf(dir, sizeof(dir), "%s%s/g", trees[i].mount, base);
		dir_make(&trees[i], dir);
		if (user) {
			chown_all(dir);
			snprintf(dir, sizeof(dir), "%s%s", trees[i].mount, base);
			chown_all(dir);
			snprintf(num, sizeof(num), "%d", (int)getpid());
			dir_write(dir, "cgroup.procs", num);
		}
	}
}

static void clean(void)
{
	char dir[256];

	for (size_t i = 0; i < ntrees; i++) {
		snprintf(dir, sizeof(dir), "%s%s", trees[i].mount, base);
		if (!access(dir, F_OK))
			dir_clean(dir, trees[i].v2, false);
	}
}

static bool possible(void)
{
	struct utsname u;
	unsigned a, b;

	if (geteuid()) {
		print_message("# skip: needs root\n");
		return false;
	}
	/* Before, the machine's own pid_max would be changed. */
	if (uname(&u) || sscanf(u.release, "%u.%u", &a, &b) != 2 || a < 6 || (a == 6 && b < 14)) {
		print_message("# skip: pid_max is not namespaced before Linux 6.14\n");
		return false;
	}
	if (!ntrees) {
		print_message("# skip: no such hierarchy is mounted here\n");
		return false;
	}
	return true;
}

static void run(const char *words, const char *drivers, bool naive, bool user)
{
	char before[32], after[32];
	int status;
	pid_t pid;

	ntrees = find_trees(words, trees);
	if (!possible())
		skip();
	snprintf(base, sizeof(base), "/cgt-%d-reuse", (int)getpid());
	memset(c, 0, sizeof(*c));
	assert_true(dir_read("/proc/sys/kernel", "pid_max", before, sizeof(before)) > 0);
	pid = fork();
	if (pid == 0) {
		make_group(user);
		if (unshare(CLONE_NEWPID | CLONE_NEWNS))
			_exit(6);
		pid = fork();
		if (pid == 0)
			_exit(run_inside(drivers, naive, user));
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
		      WEXITSTATUS(status) : 7);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	clean();
	assert_true(dir_read("/proc/sys/kernel", "pid_max", after, sizeof(after)) > 0);
	assert_string_equal(before, after);
	printf("# %s: %lu numbers reused, %lu rounds, %lu bystanders hit\n",
	       naive ? "plain loop" : drivers, c->reused, c->rounds, c->hit);
	assert_int_equal(status, 0);
}

/* A counter-example: it shows what the harness can see, and judges nothing of libcg. */
static void s1_a_plain_loop_does_hit_bystanders_h6(void **state)
{
	(void)state;
	run("v2", NULL, true, false);
	if (c->hit)
		return;
	print_message("# skip: nobody was hit, with %lu numbers reused\n", c->reused);
	skip();
}

static void must_be_clean(void)
{
	assert_int_equal(c->hit, 0);
	assert_int_equal(c->failed, 0);
	assert_true(c->reused >= WANTED);
	assert_true(c->rounds > 100);
}

static void s1_reused_numbers_v2_h6(void **state)
{
	(void)state;
	run("v2", "v2", false, false);
	must_be_clean();
}

static void s1_reused_numbers_v1_h6(void **state)
{
	(void)state;
	run("v1", "v1", false, false);
	must_be_clean();
}

static void s1_reused_numbers_without_a_freezer_h6(void **state)
{
	(void)state;
	run("name=systemd", "v1", false, true);
	must_be_clean();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(s1_a_plain_loop_does_hit_bystanders_h6),
		cmocka_unit_test(s1_reused_numbers_v2_h6),
		cmocka_unit_test(s1_reused_numbers_v1_h6),
		cmocka_unit_test(s1_reused_numbers_without_a_freezer_h6),
	};

	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("reused numbers", tests, NULL, NULL);
}
