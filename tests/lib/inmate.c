/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs inside the containers of the tests: a reaping init, a family that is hard
 * to find, a fork storm, a crowd, or one process that ticks; and a call that the seccomp
 * profiles of engines refuse and nothing else does. And what collects the dead of a test.
 * Whoever judges finds processes by the tag in their environment. Static, so that any root
 * file system does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <sys/un.h>
#include <unistd.h>

static void nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

/* Wakes up often, so that a judge sees from its context switches that it runs. */
static void tick(void)
{
	for (;;) {
		nap(20);
		reap();
	}
}

/*
 * The init of a PID namespace that reaps whatever falls to it. The signals of every
 * day have no default action there, so it has to end by itself on TERM.
 */
static void end_on_term(int sig)
{
	_exit(128 + sig);
}

static void run_reaper(void)
{
	sigset_t set;
	struct timespec t = { 0, 20 * 1000000 };

	signal(SIGTERM, end_on_term);
	if (fork() == 0)
		tick();
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		sigtimedwait(&set, NULL, &t);
		reap();
	}
}

/* Its parent exits and it leads a session of its own: descent leads nowhere any more. */
static void orphan(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		if (fork() == 0)
			tick();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* Six besides the caller: three children, one of them stopped, one deaf, and three orphans. */
static void make_family(void)
{
	pid_t pid;

	if (fork() == 0)
		tick();
	if (fork() == 0) {
		for (int sig = 1; sig < 32; sig++)
			signal(sig, SIG_IGN);
		tick();
	}
	pid = fork();
	if (pid == 0) {
		raise(SIGSTOP);
		tick();
	}
	waitpid(pid, NULL, WUNTRACED);
	for (int i = 0; i < 3; i++)
		orphan();
}

/*
 * One link of a chain after the other: the parent is gone before anybody can ask for it.
 * A link forks when its parent has been collected, so that a chain is two processes and
 * never fills the machine with zombies, however slow its reaper is.
 */
static void chain(long end)
{
	struct timespec moment = { 0, 100 * 1000 };

	while (now_ms() < end) {
		pid_t before = getpid(), pid = fork();

		if (pid > 0)
			_exit(0);
		do
			nanosleep(&moment, NULL);
		while (pid == 0 && !kill(before, 0) && now_ms() < end);
	}
	_exit(0);
}

static void run_storm(int chains, int seconds)
{
	long end = now_ms() + seconds * 1000L;

	for (int i = 0; i < chains; i++)
		if (fork() == 0)
			chain(end);
	while (now_ms() < end) {
		nap(5);
		reap();
	}
}

static void run_crowd(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			for (;;)
				pause();
		if (pid < 0)
			perror("fork");
	}
	tick();
}

static int number(const char *s, int low, int high)
{
	char *end;
	long v;

	errno = 0;
	v = s ? strtol(s, &end, 10) : low - 1L;
	if (errno || !s || *end || v < low || v > high) {
		fprintf(stderr, "inmate: a number from %d to %d is needed\n", low, high);
		exit(2);
	}
	return (int)v;
}

static int try_personality(void)
{
	if (personality(ADDR_NO_RANDOMIZE) >= 0)
		return 0;
	perror("personality");
	return 1;
}

static int dgram(const char *path, struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(a->sun_path, path, sizeof(a->sun_path) - 1);
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* As a service manager: the next message at that path, for ten seconds. */
static int hear(const char *path)
{
	struct sockaddr_un a;
	struct timeval t = { .tv_sec = 10 };
	char text[1024];
	int fd = dgram(path, &a);
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return 1;
	n = recv(fd, text, sizeof(text), 0);
	return n < 0 || write(1, text, (size_t)n) != n;
}

/* As a service: something else, later that it is ready. */
static int announce(void)
{
	static const char *const said[] = { "STATUS=READY=1", "STATUS=up\nREADY=1" };
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a;
	int fd = dgram(path ? path : "", &a);

	for (int i = 0; i < 2; i++) {
		if (sendto(fd, said[i], strlen(said[i]), 0, (struct sockaddr *)&a,
			   sizeof(a)) < 0) {
			perror("notify");
			return 1;
		}
		usleep(300000);
	}
	return 0;
}

static pid_t command;

static void pass_on(int sig)
{
	kill(command, sig);
}

/* Runs the command and collects at once whom it leaves, as conmon and shims do. */
static int collect(char **argv)
{
	int status = 0;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	command = fork();
	if (command == 0) {
		execvp(argv[0], argv);
		_exit(127);
	}
	signal(SIGINT, pass_on);
	signal(SIGTERM, pass_on);
	do
		pid = waitpid(-1, &status, 0);
	while (pid != command && (pid > 0 || errno == EINTR));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "tick"))
		tick();
	if (!strcmp(what, "reaper"))
		run_reaper();
	if (!strcmp(what, "family")) {
		make_family();
		/* A signal that ends the rest leaves the one that callers know. */
		signal(SIGUSR1, SIG_IGN);
		tick();
	}
	if (!strcmp(what, "storm") && argc > 3) {
		run_storm(number(argv[2], 1, 100), number(argv[3], 1, 60));
		return 0;
	}
	if (!strcmp(what, "crowd") && argc > 2)
		run_crowd(number(argv[2], 1, 20000));
	if (!strcmp(what, "personality"))
		return try_personality();
	if (!strcmp(what, "hear") && argc > 2)
		return hear(argv[2]);
	if (!strcmp(what, "announce"))
		return announce();
	if (!strcmp(what, "collect") && argc > 2)
		return collect(argv + 2);
	fputs("usage: inmate tick | reaper | family | storm CHAINS SECONDS | crowd N | "
	      "personality | hear SOCKET | announce | collect COMMAND...\n",
	      stderr);
	return 2;
}
