/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The yardstick of tests/bench/run: what the kernel itself takes, with nothing around it.
 * Each form prints one number, microseconds or, for peak, KiB.
 *
 *	bare time COMMAND...	from fork to the end of the command
 *	bare peak COMMAND...	the most memory that it had, and those that it waited for
 *	bare loop N		SIGKILL to N children one by one, until all are collected
 *	bare group N DIR	cgroup.kill on N children in the cgroup DIR, until it is empty
 *				and removed
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_in(const char *dir, const char *name, int flags)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die(path);
	return fd;
}

/* N children that wait, each there before this returns; in the cgroup dir if there is one. */
static pid_t *spawn(long n, const char *dir)
{
	int fd = dir ? open_in(dir, "cgroup.procs", O_WRONLY) : -1;
	pid_t *pid = calloc((size_t)n, sizeof(*pid));

	for (long i = 0; pid && i < n; i++) {
		char text[16];
		int len;

		pid[i] = fork();
		if (pid[i] < 0)
			die("fork");
		if (pid[i] == 0)
			for (;;)
				pause();
		len = snprintf(text, sizeof(text), "%d", pid[i]);
		if (fd >= 0 && write(fd, text, (size_t)len) != len)
			die("cgroup.procs");
	}
	if (fd >= 0)
		close(fd);
	return pid;
}

static void collect(long n)
{
	while (n--)
		if (wait(NULL) < 0)
			die("wait");
}

static long long kill_loop(long n)
{
	pid_t *pid = spawn(n, NULL);
	long long start = now_us();

	for (long i = 0; i < n; i++)
		kill(pid[i], SIGKILL);
	collect(n);
	free(pid);
	return now_us() - start;
}

static void wait_empty(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	char buf[256];
	ssize_t n;

	for (;;) {
		n = pread(fd, buf, sizeof(buf) - 1, 0);
		if (n < 0)
			die("cgroup.events");
		buf[n] = '\0';
		if (strstr(buf, "populated 0"))
			return;
		poll(&p, 1, 100);
	}
}

static long long kill_group(long n, const char *dir)
{
	pid_t *pid = spawn(n, dir);
	int fd = open_in(dir, "cgroup.kill", O_WRONLY);
	int events = open_in(dir, "cgroup.events", O_RDONLY);
	long long start = now_us();

	if (write(fd, "1", 1) != 1)
		die("cgroup.kill");
	wait_empty(events);
	if (rmdir(dir))
		die(dir);
	start = now_us() - start;
	collect(n);
	free(pid);
	return start;
}

static long long run_command(char **argv, struct rusage *use)
{
	long long start = now_us();
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (wait4(pid, &status, 0, use) != pid || status)
		exit(1);
	return now_us() - start;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? strtol(argv[2], NULL, 10) : 0;
	struct rusage use = { 0 };
	long long us = -1;

	if (argc > 2 && !strcmp(argv[1], "time"))
		us = run_command(argv + 2, &use);
	else if (argc > 2 && !strcmp(argv[1], "peak"))
		us = run_command(argv + 2, &use) < 0 ? -1 : use.ru_maxrss;
	else if (argc == 3 && !strcmp(argv[1], "loop") && n > 0)
		us = kill_loop(n);
	else if (argc == 4 && !strcmp(argv[1], "group") && n > 0)
		us = kill_group(n, argv[3]);
	if (us < 0) {
		fputs("usage: bare time COMMAND... | peak COMMAND... | loop N | group N DIR\n",
		      stderr);
		return 2;
	}
	printf("%lld\n", us);
	return 0;
}
