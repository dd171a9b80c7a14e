/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs in the members of the real world. Each reports itself and every signal over
 * one socket, and ends by an alarm in case that a test leaves it behind.
 */
#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "world-real.h"

#define LIFE	100			/* seconds; a stack's tests take less */

static int my_sock, my_id;
static bool fork_on_signal;

static void nap_us(long us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void tell(char what, int sig)
{
	struct news m = { .what = what, .id = my_id, .sig = sig };

	(void)!send(my_sock, &m, sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void on_signal(int sig)
{
	int saved = errno;

	tell('s', sig);
	if (fork_on_signal && fork() == 0) {
		my_id = 0;
		fork_on_signal = false;
	}
	errno = saved;
}

static void catch_all(void)
{
	static const int leave[] = {
		SIGKILL, SIGSTOP, SIGCONT, SIGCHLD, SIGALRM, SIGSEGV, SIGBUS, SIGFPE, SIGILL,
		SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGABRT,
	};
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	for (int sig = 1; sig < 32; sig++) {
		bool skip = false;

		for (size_t i = 0; i < sizeof(leave) / sizeof(leave[0]); i++)
			skip = skip || sig == leave[i];
		if (!skip)
			sigaction(sig, &sa, NULL);
	}
	signal(SIGALRM, SIG_DFL);
	signal(SIGCHLD, SIG_IGN);	/* children are collected at once */
	alarm(LIFE);
}

static void sleep_on(void) __attribute__((noreturn));
static void sleep_on(void)
{
	for (;;)
		pause();
}

/*
 * The next link is born when the one before has been collected: a chain is two
 * processes and fills no table with zombies, however slow their reaper is.
 */
static void chain(long us) __attribute__((noreturn));
static void chain(long us)
{
	time_t end = time(NULL) + LIFE;

	while (time(NULL) < end) {
		pid_t before = getpid(), pid = fork();

		if (pid > 0)
			_exit(0);
		__atomic_add_fetch(&the_world->shared->progress, 1, __ATOMIC_RELAXED);
		do
			nap_us(us);
		while (pid == 0 && !kill(before, 0) && time(NULL) < end);
	}
	_exit(0);
}

/* Two children, each with two, each with two: fourteen, a few milliseconds apart. */
static void bomb(void) __attribute__((noreturn));
static void bomb(void)
{
	for (int depth = 0; depth < 3; depth++)
		for (int i = 0; i < 2; i++) {
			nap_us(500);
			if (fork() == 0) {
				alarm(LIFE);
				my_id = 0;
				break;
			}
		}
	sleep_on();
}

static void *thread_sleeps(void *unused)
{
	(void)unused;
	nap_us(20000);
	tell('h', 0);
	sleep_on();
}

/* It takes no signals: whether they have been taken is seen at the leader. */
static void *thread_rests(void *unused)
{
	(void)unused;
	sleep_on();
}

static void two_threads(void)
{
	sigset_t all, old;
	pthread_t t;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&t, NULL, thread_rests, NULL))
		_exit(1);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void leave_the_leader(void) __attribute__((noreturn));
static void leave_the_leader(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread_sleeps, NULL))
		_exit(1);
	syscall(SYS_exit, 0);
	_exit(1);
}

/* Into a group of its own making below the one that it is in, in each hierarchy. */
static void go_nested(void)
{
	char own[512], dir[700];

	for (size_t i = 0; i < the_world->ntrees; i++) {
		const struct tree *t = &the_world->tree[i];

		if (!group_of(t, 0, own, sizeof(own)))
			continue;
		snprintf(dir, sizeof(dir), "%s%s/n%d", t->mount, own, my_id);
		dir_make(t, dir);
		dir_write(dir, "cgroup.procs", "0");
	}
	tell('h', 0);
}

/* The parent sleeps uninterruptibly until its child ends. */
static void vfork_and_wait(void)
{
	if (vfork() == 0) {
		for (;;)
			syscall(SYS_pause);
	}
}

static void become_daemon(void)
{
	pid_t before = getpid();

	setsid();
	if (fork() > 0)
		_exit(0);
	alarm(LIFE);
	while (getppid() == before)
		nap_us(100);
}

/*
 * Each chain is two processes at a time: 300 in all, which a user's limit allows. Every
 * tenth is as fast as it can be. Some links lead a session, some fork twice, some chains
 * have another uid.
 */
#ifdef __SANITIZE_ADDRESS__
#define CHAINS	30			/* each fork copies the shadow memory as well */
#else
#define CHAINS	150
#endif

static void storm(void) __attribute__((noreturn));
static void storm(void)
{
	for (int i = 0; i < CHAINS; i++) {
		if (fork())
			continue;
		alarm(LIFE);
		if (i % 5 == 1)
			setsid();
		if (i % 5 == 2 && fork())
			_exit(0);
		if (i % 5 == 3 && geteuid() == 0 && setresuid(1001, 1001, 1001))
			_exit(1);
		chain(i % 10 ? 10000 : 200);
	}
	tell('h', 0);
	sleep_on();
}

/* Down to eight levels: a child stays at each, every third of them frozen, then on. */
static void flee(void) __attribute__((noreturn));
static void flee(void)
{
	char own[512], dir[700];

	tell('h', 0);
	for (int level = 0; level < 8; level++) {
		if (fork() == 0) {
			alarm(LIFE);
			sleep_on();
		}
		for (size_t i = 0; i < the_world->ntrees; i++) {
			const struct tree *t = &the_world->tree[i];

			if (!group_of(t, 0, own, sizeof(own)))
				continue;
			snprintf(dir, sizeof(dir), "%s%s/f%d", t->mount, own, level);
			dir_make(t, dir);
			dir_write(dir, "cgroup.procs", "0");
			snprintf(dir, sizeof(dir), "%s%s", t->mount, own);
			if (level % 3 == 2)
				dir_write(dir, t->v2 ? "cgroup.freeze" : "freezer.state",
					  t->v2 ? "1" : "FROZEN");
		}
		nap_us(300);
	}
	sleep_on();
}

/* The init of a PID namespace of its own, which has a child. */
static void nest_pids(void) __attribute__((noreturn));
static void nest_pids(void)
{
	if (unshare(CLONE_NEWPID))
		_exit(1);
	if (fork())
		sleep_on();
	alarm(LIFE);
	if (fork() == 0) {
		alarm(LIFE);
		sleep_on();
	}
	tell('h', 0);
	sleep_on();
}

/* It does not fork, and does something now and then for as long as it may. */
static void work(void) __attribute__((noreturn));
static void work(void)
{
	tell('h', 0);
	for (;;) {
		nap_us(1000);
		__atomic_add_fetch(&the_world->shared->progress, 1, __ATOMIC_RELAXED);
	}
}

static void become(int kind) __attribute__((noreturn));
static void become(int kind)
{
	switch (kind) {
	case K_CHAIN:
		tell('h', 0);
		chain(200);
	case K_BOMB:
		tell('h', 0);
		bomb();
	case K_STORM:
		storm();
	case K_FLEE:
		flee();
	case K_PIDNS:
		nest_pids();
	case K_WORK:
		work();
	case K_FORK_ON_SIGNAL:
		fork_on_signal = true;
		break;
	case K_STOPPED:
		tell('h', 0);
		raise(SIGSTOP);
		sleep_on();
	case K_VFORK:
		tell('h', 0);
		vfork_and_wait();
		sleep_on();
	case K_TWO_THREADS:
		two_threads();
		break;
	case K_LEADERLESS:
		leave_the_leader();
	case K_SETSID:
		become_daemon();
		break;
	case K_UID:
		if (geteuid() == 0 && (setresgid(1001, 1001, 1001) || setresuid(1001, 1001, 1001)))
			_exit(1);
		break;
	case K_NESTED:
	case K_NESTED_FROZEN:
		go_nested();
		sleep_on();
	case K_UNSHARED:
		if (unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET) &&
		    unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET))
			_exit(1);
		break;
	default:
		break;
	}
	tell('h', 0);
	sleep_on();
}

static void take_groups(void)
{
	unsigned n = the_world->ngroups;
	gid_t *v = calloc(n + 1, sizeof(*v));

	for (unsigned i = 0; v && i < n; i++)
		v[i] = 50000 + i;
	if (!v || (n && setgroups(n, v)))
		perror("# setgroups");
	free(v);
}

void run_first(int sock, int id)
{
	struct job j;
	ssize_t n;

	my_sock = sock;
	my_id = id;
	take_groups();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	catch_all();
	tell('h', 0);
	for (;;) {
		n = recv(sock, &j, sizeof(j), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n != sizeof(j) || j.what == 'q')
			_exit(0);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, 0);
			my_id = j.id;
			catch_all();
			become(j.kind);
		}
	}
}
