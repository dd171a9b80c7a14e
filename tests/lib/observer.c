/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The judge of the runtime's tests, outside of every container and deaf to what the
 * runtime says. It knows processes by the tag in their environment (CGT=TAG), which
 * children inherit, and those it was told to watch by pidfds from before the act.
 *
 * Reads one command a line and answers each with one line:
 *	count TAG		how many live now ("TAG*": any tag that begins so)
 *	pids TAG		their numbers
 *	await TAG N MS		waits until N live, or for MS; how many do
 *	gone TAG MS		waits until none lives, or for MS; how many do
 *	watch SET TAG		opens a pidfd for each; how many
 *	forget SET		watches them no longer; how many there were
 *	left SET		how many of those watched live
 *	harmed SET [MS]		how many of them ended, stand still or were limited, and which
 *	held TAG N		how many live and stand still, of those who ought to tick; waits two
 *				seconds for no more than N
 *	clear TAG		ends them all (cleaning up after a test); how many are left
 * A process that is past its exit is dead, whoever has not collected it yet.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PF_EXITING 0x4

struct watched {
	char set[32];
	int pid, fd;
	struct rlimit nproc;
	long switches;
};

struct list { int pid[40000]; int n; };

static struct watched *watched;
static size_t n_watched;
static struct list list;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long number(const char *s)
{
	return strtol(s, NULL, 10);
}

static void nap(long ms)
{
	struct timespec t = { 0, ms * 1000000 };

	nanosleep(&t, NULL);
}

/* The file below /proc/PID; the length, or -1. Always ends with a NUL. */
static ssize_t slurp(int pid, const char *file, char *buf, size_t size)
{
	char path[64];
	size_t n = 0;
	ssize_t r;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((r = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)r;
	close(fd);
	buf[n] = '\0';
	return r < 0 ? -1 : (ssize_t)n;
}

/* Field 3 of stat, or 0 for one that is gone or past its exit. */
static char state_of(int pid)
{
	char buf[1024], state;
	unsigned flags;
	int threads;
	char *p;

	if (slurp(pid, "stat", buf, sizeof(buf)) <= 0)
		return 0;
	p = strrchr(buf, ')');
	if (!p || sscanf(p + 1, " %c %*d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u "
			 "%*d %*d %*d %*d %d", &state, &flags, &threads) != 3)
		return 0;
	if (threads > 1)		/* a leader that has ended, with threads that live */
		return state;
	return state == 'Z' || state == 'X' || (flags & PF_EXITING) ? 0 : state;
}

/*
 * An init that waits for its start has erased its environment. It is known as one of
 * RUN.call, or of RUN*, by its command line: the state is below a directory named RUN.
 */
static bool is_waiting_init(int pid, const char *tag)
{
	static char args[1 << 16];
	size_t len = strcspn(tag, ".*");
	char dir[64];
	ssize_t n;

	if (!len || (strcmp(tag + len, ".call") && strcmp(tag + len, "*") &&
		     strcmp(tag + len, ".*")))
		return false;
	snprintf(dir, sizeof(dir), "/%.*s/", (int)len, tag);
	n = slurp(pid, "cmdline", args, sizeof(args));
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(args + i) + 1)
		if (strstr(args + i, dir))
			return true;
	return false;
}

static bool has_tag(int pid, const char *tag)
{
	static char env[1 << 17];
	ssize_t n = slurp(pid, "environ", env, sizeof(env));
	size_t len = strlen(tag);
	bool prefix = len && tag[len - 1] == '*';

	if (n > 0 && !*env)
		return is_waiting_init(pid, tag);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(env + i) + 1) {
		if (strncmp(env + i, "CGT=", 4))
			continue;
		if (prefix)
			return !strncmp(env + i + 4, tag, len - 1);
		return !strcmp(env + i + 4, tag);
	}
	return false;
}

static void scan(const char *tag)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	list.n = 0;
	while (d && (e = readdir(d))) {
		int pid = (int)number(e->d_name);

		if (pid <= 0 || pid == getpid() || list.n == 40000)
			continue;
		if (has_tag(pid, tag) && state_of(pid))
			list.pid[list.n++] = pid;
	}
	if (d)
		closedir(d);
}

/* A process that is replaced while the list is read may be missed once, not three times. */
static int count(const char *tag)
{
	int most = 0;

	for (int i = 0; i < 3; i++) {
		scan(tag);
		if (list.n > most)
			most = list.n;
	}
	return most;
}

static int wait_for(const char *tag, int n, long ms)
{
	long end = now_ms() + ms;

	for (;;) {
		scan(tag);
		if (n ? list.n >= n : list.n == 0)
			return list.n;
		if (now_ms() >= end)
			return list.n;
		nap(10);
	}
}

static int watch(const char *set, const char *tag)
{
	int n = 0;

	scan(tag);
	for (int i = 0; i < list.n; i++) {
		struct watched w = { .pid = list.pid[i] };

		w.fd = (int)syscall(SYS_pidfd_open, w.pid, 0);
		if (w.fd < 0 || !has_tag(w.pid, tag))
			continue;
		snprintf(w.set, sizeof(w.set), "%s", set);
		prlimit(w.pid, RLIMIT_NPROC, NULL, &w.nproc);
		watched = realloc(watched, (n_watched + 1) * sizeof(*watched));
		if (!watched)
			exit(2);
		watched[n_watched++] = w;
		n++;
	}
	return n;
}

static int forget(const char *set)
{
	size_t kept = 0;
	int n = 0;

	for (size_t i = 0; i < n_watched; i++) {
		if (strcmp(watched[i].set, set)) {
			watched[kept++] = watched[i];
			continue;
		}
		close(watched[i].fd);
		n++;
	}
	n_watched = kept;
	return n;
}

static bool ended(const struct watched *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 || !state_of(w->pid);
}

static long switches(int pid)
{
	char buf[4096];
	char *p;

	if (slurp(pid, "status", buf, sizeof(buf)) <= 0)
		return -1;
	p = strstr(buf, "\nvoluntary_ctxt_switches:");
	return p ? number(strchr(p, ':') + 1) : -1;
}

static const char *harm(const struct watched *w, long end)
{
	struct rlimit now;

	while (!ended(w) && switches(w->pid) <= w->switches) {
		if (now_ms() >= end)
			return "held";
		nap(2);
	}
	if (ended(w))
		return "ended";
	if (!prlimit(w->pid, RLIMIT_NPROC, NULL, &now) && now.rlim_cur != w->nproc.rlim_cur)
		return "limited";
	return NULL;
}

/* Everybody who is watched ticks, so one that does not in so long is held. */
static void report_harm(const char *set, long ms)
{
	long end = now_ms() + ms;
	char text[256] = "";
	int n = 0;

	for (size_t i = 0; i < n_watched; i++)
		watched[i].switches = switches(watched[i].pid);
	for (size_t i = 0; i < n_watched; i++) {
		const char *what = strcmp(watched[i].set, set) ? NULL : harm(&watched[i], end);
		size_t len = strlen(text);

		if (!what)
			continue;
		n++;
		snprintf(text + len, sizeof(text) - len, " %d:%s", watched[i].pid, what);
	}
	printf("%d%s\n", n, text);
}

static int held(const char *tag, int enough)
{
	static long before[sizeof(list.pid) / sizeof(*list.pid)];
	long end = now_ms() + 2000;
	int n;

	scan(tag);
	for (int i = 0; i < list.n; i++)
		before[i] = switches(list.pid[i]);
	do {
		nap(5);
		n = 0;
		for (int i = 0; i < list.n; i++)
			n += switches(list.pid[i]) <= before[i] && state_of(list.pid[i]);
	} while (n > enough && now_ms() < end);
	return n;
}

static int left(const char *set)
{
	int n = 0;

	for (size_t i = 0; i < n_watched; i++)
		n += !strcmp(watched[i].set, set) && !ended(&watched[i]);
	return n;
}

/* Cleaning up: what a failed test has left is ended by identity, over and over. */
static int clear(const char *tag)
{
	long end = now_ms() + 5000;

	do {
		scan(tag);
		for (int i = 0; i < list.n; i++) {
			int fd = (int)syscall(SYS_pidfd_open, list.pid[i], 0);

			if (fd >= 0 && has_tag(list.pid[i], tag))
				syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
			if (fd >= 0)
				close(fd);
		}
		if (list.n == 0)
			return 0;
		nap(2);
	} while (now_ms() < end);
	return list.n;
}

static void obey(char *line)
{
	char verb[16], a[128] = "", b[128] = "", c[32] = "";

	if (sscanf(line, "%15s %127s %127s %31s", verb, a, b, c) < 2) {
		puts("?");
	} else if (!strcmp(verb, "count")) {
		printf("%d\n", count(a));
	} else if (!strcmp(verb, "pids")) {
		scan(a);
		for (int i = 0; i < list.n; i++)
			printf("%d ", list.pid[i]);
		putchar('\n');
	} else if (!strcmp(verb, "await")) {
		printf("%d\n", wait_for(a, (int)number(b), number(c)));
	} else if (!strcmp(verb, "gone")) {
		printf("%d\n", wait_for(a, 0, number(b)));
	} else if (!strcmp(verb, "watch")) {
		printf("%d\n", watch(a, b));
	} else if (!strcmp(verb, "forget")) {
		printf("%d\n", forget(a));
	} else if (!strcmp(verb, "left")) {
		printf("%d\n", left(a));
	} else if (!strcmp(verb, "harmed")) {
		report_harm(a, *b ? number(b) : 2000);
	} else if (!strcmp(verb, "held")) {
		printf("%d\n", held(a, (int)number(b)));
	} else if (!strcmp(verb, "clear")) {
		printf("%d\n", clear(a));
	} else {
		puts("?");
	}
}

int main(void)
{
	char line[512];

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin))
		obey(line);
	return 0;
}
