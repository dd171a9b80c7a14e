/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nobody else is hit: while groups without a cgroup are killed again and again under a
 * storm of forks, a crowd of bystanders is born beside them, root's and an ordinary
 * user's, into namespaces of their own that take the numbers which those of the groups
 * have just given up. Each lives for a moment; its parent holds it by a pidfd and counts
 * what became of it.
 */
#include "contract.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PARENTS	4
#define AT_ONCE	6		/* bystanders of one parent */
#define ROUNDS	24		/* groups, if there is time for so many */
#define TIME_MS	2500
#define ENOUGH	500		/* bystanders, and rounds */
#define UID	64321

struct crowd {
	unsigned long lived, hit;
	int code, status;	/* of the last one that was hit */
	bool stop;
};

struct bystander {
	pid_t pid;
	int pidfd;
};

static const struct {
	uint64_t born;		/* namespaces from birth */
	int later;		/* and those that it enters once it lives */
} kinds[] = {
	{ CLONE_NEWNS, 0 },
	{ CLONE_NEWUSER | CLONE_NEWNS, 0 },
	{ CLONE_NEWUSER, CLONE_NEWNS },
	{ CLONE_NEWPID | CLONE_NEWNS, 0 },
	{ CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS, 0 },
	{ 0, CLONE_NEWUSER | CLONE_NEWNS },
	{ 0, CLONE_NEWNS },
	{ 0, 0 },
};

static bool born(struct bystander *b, unsigned n)
{
	uint64_t flags = kinds[n % (sizeof(kinds) / sizeof(kinds[0]))].born;
	int later = kinds[n % (sizeof(kinds) / sizeof(kinds[0]))].later;
	struct clone_args args;

	if (geteuid() && flags)
		flags |= CLONE_NEWUSER;
	args = (struct clone_args){
		.flags = flags | CLONE_PIDFD, .exit_signal = SIGCHLD,
		.pidfd = (uintptr_t)&b->pidfd,
	};
	b->pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (b->pid == 0) {
		alarm(20);
		if (later)
			(void)!unshare(later);
		usleep(n % 7 * 300);
		_exit(0);
	}
	return b->pid > 0;
}

/* A stop counts as well: SIGSTOP stands in for a freezer. */
static void watch(struct crowd *c, struct bystander *b)
{
	siginfo_t si = { 0 };

	if (waitid(P_PIDFD, (id_t)b->pidfd, &si, WEXITED | WSTOPPED))
		return;
	if (si.si_code != CLD_EXITED) {
		c->code = si.si_code;
		c->status = si.si_status;
		__atomic_add_fetch(&c->hit, 1, __ATOMIC_RELAXED);
	}
	__atomic_add_fetch(&c->lived, 1, __ATOMIC_RELAXED);
	close(b->pidfd);
	b->pid = 0;
}

static void be_a_parent(struct crowd *c, bool user) __attribute__((noreturn));
static void be_a_parent(struct crowd *c, bool user)
{
	struct bystander b[AT_ONCE] = { 0 };
	cpu_set_t any;

	/* A world with mounts is confined to one processor; the crowd need not be. */
	memset(&any, 0xff, sizeof(any));
	sched_setaffinity(0, sizeof(any), &any);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(60);
	signal(SIGTERM, SIG_DFL);
	if (user && geteuid() == 0 && (setresgid(UID, UID, UID) || setresuid(UID, UID, UID)))
		_exit(1);
	for (unsigned n = 0; !c->stop; n++) {
		struct bystander *next = &b[n % AT_ONCE];

		if (next->pid)
			watch(c, next);
		if (!born(next, n))
			next->pid = 0;
	}
	for (unsigned i = 0; i < AT_ONCE; i++)
		if (b[i].pid)
			watch(c, &b[i]);
	_exit(0);
}

/* How soon is not the question here, with a crowd that keeps the processors busy. */
static void end_all(struct world *w, struct cg *cg)
{
	int rc = -ETIMEDOUT;

	for (int i = 0; rc == -ETIMEDOUT && i < 10; i++)
		rc = cg_kill_all(cg, MS, NULL, 0);
	must(w, rc >= 0);
}

static bool in_time(int rc)
{
	return rc >= 0 || rc == -ETIMEDOUT;
}

/* One group: born, storms, is signalled, frozen as far as it can be, killed, and killed again. */
static void one_round(struct world *w, struct cg_ctx *ctx, unsigned n)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	struct who *a = w_first(w, cg);
	char text[8192];

	must(w, a);
	must(w, w_add(w, a, n % 4 ? K_CHAIN : K_STORM));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	if (n % 3 == 1)
		(void)cg_signal(cg, SIGUSR1, 0, 100);
	if (n % 3 == 2)
		(void)cg_freeze(cg, 100);
	end_all(w, cg);
	/* Nothing holds the namespaces of the group any more, but those who look still look. */
	waitpid(w_pid(a), NULL, 0);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	for (int i = 0; i < 5; i++) {
		must(w, in_time(cg_kill_all(cg, 100, NULL, 0)));
		must(w, in_time(cg_signal(again, SIGTERM, 0, 50)));
		must(w, in_time(cg_kill_all(again, 100, NULL, 0)));
	}
	must(w, !w_members_left(w));
	cg_close(again);
	cg_close(cg);
}

static void s1_bystanders_in_new_namespaces_h6(struct world *w, struct cg_ctx *ctx)
{
	struct crowd *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t end = w_now_ms(w) + TIME_MS;
	pid_t parent[PARENTS];
	unsigned rounds = 0;
	struct crowd sum;

	assert_true(c != MAP_FAILED);
	for (int i = 0; i < PARENTS; i++) {
		parent[i] = fork();
		if (parent[i] == 0)
			be_a_parent(c, i % 2);
	}
	while ((w_now_ms(w) < end && rounds < ROUNDS) || rounds < 3)
		one_round(w, ctx, rounds++);
	while (c->lived < ENOUGH && w_now_ms(w) < end + 8 * TIME_MS)
		w_wait_ms(w, 10);
	c->stop = true;
	for (int i = 0; i < PARENTS; i++)
		waitpid(parent[i], NULL, 0);
	sum = *c;
	munmap(c, sizeof(*c));
	printf("# %s: %u groups killed, %lu bystanders, %lu hit\n", world_stack(w)->name, rounds,
	       sum.lived, sum.hit);
	if (sum.hit)
		fail_msg("%lu bystanders were hit, the last by %d (code %d)", sum.hit, sum.status,
			 sum.code);
	must(w, sum.lived >= ENOUGH);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(s1_bystanders_in_new_namespaces_h6, W_PROC | W_REAL),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
