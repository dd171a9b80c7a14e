/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plays containerd's shim: creates, starts and execs through a runtime as it does, is
 * the subreaper of what that leaves, learns of every end from its own pidfds, and
 * kills and deletes in its order. An exit that was promised and does not come is
 * what made callers hang for ever; here it is a failure after five seconds.
 *
 *	shim [-s SIGNAL] [-x N -p PROCESS.json] -b BUNDLE -i ID RUNTIME [GLOBAL...]
 *
 * SIGNAL is the first one: 9, 15, or 0: somebody else ends init. Prints "ready"
 * when all is up and "killed" after the call that must not leave anybody, and waits for
 * a line after each, so that a judge can look. Then "ok", or "not ok" and why.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_EXECS 8
#define LIMIT_MS 5000		/* callers give up at five seconds */

static char **runtime;
static int n_runtime;
static const char *bundle, *id, *process;
static struct watched {
	const char *name;
	int fd;
} watched[MAX_EXECS + 1]; /* init is the first */
static int n_watched;
static char said[4096];		/* by the last call, on either stream */
static char call[256];

__attribute__((format(printf, 1, 2)))
static void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("not ok ");
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	exit(1);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int pidfd_of(int pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		fail("no process %d: %s", pid, strerror(errno));
	return fd;
}

/* Waits for the end of a child by its pidfd; false when it does not come. */
static bool wait_end(int pidfd, int ms, siginfo_t *how)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	if (poll(&p, 1, ms) != 1)
		return false;
	memset(how, 0, sizeof(*how));
	return waitid(P_PIDFD, (id_t)pidfd, how, WEXITED) == 0;
}

/* What containerd's checkKillError() makes of a runtime's sentence. */
static const char *understood(void)
{
	if (strstr(said, "os: process already finished") || strstr(said, "container not running") ||
	    strcasestr(said, "no such process"))
		return "taken for: process already finished";
	if (strstr(said, "does not exist"))
		return "taken for: no such container";
	return "unknown error";
}

/*
 * What a call says. A container's processes keep the descriptors of create and exec, so
 * those get a file; the others a pipe that is read to its end, as go-runc does, which
 * hangs when a runtime leaves somebody behind who holds it.
 */
static int open_output(bool keeps, int *reader)
{
	int fds[2];

	if (keeps) {
		*reader = memfd_create("said", MFD_CLOEXEC);
		return dup(*reader);
	}
	if (pipe2(fds, O_CLOEXEC))
		fail("pipe: %s", strerror(errno));
	*reader = fds[0];
	return fds[1];
}

static void listen_to(int fd, bool file, long end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0;
	ssize_t r;

	said[0] = '\0';
	if (file)
		lseek(fd, 0, SEEK_SET);
	while (n < sizeof(said) - 1) {
		long left = end - now_ms();

		if (poll(&p, 1, left > 0 ? (int)left : 0) != 1)
			break;
		r = read(fd, said + n, sizeof(said) - 1 - n);
		if (r <= 0)
			break;
		n += (size_t)r;
		said[n] = '\0';
	}
	for (char *nl = said; (nl = strchr(nl, '\n'));)
		*nl = ' ';
	close(fd);
}

/* One call of the runtime. Every call of this play has to succeed. */
static void run(bool keeps, const char *const *args)
{
	char *argv[64] = { NULL };
	int n = 0, reader, out, fd;
	long start = now_ms();
	siginfo_t how;
	pid_t pid;

	call[0] = '\0';
	for (; n < n_runtime && n < 32; n++)
		argv[n] = runtime[n];
	for (; *args && n < 63; args++) {
		argv[n++] = (char *)*args;
		snprintf(call + strlen(call), sizeof(call) - strlen(call), "%s ", *args);
	}
	out = open_output(keeps, &reader);
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
		dup2(out, 1);
		dup2(out, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(out);
	fd = pidfd_of(pid);
	if (!keeps)
		listen_to(reader, false, start + LIMIT_MS);
	if (!wait_end(fd, LIMIT_MS, &how))
		fail("%s: no answer in %d ms", call, LIMIT_MS);
	close(fd);
	if (keeps)
		listen_to(reader, true, 0);
	printf("# %s-> %d in %ld ms %s\n", call, how.si_status, now_ms() - start, said);
	if (how.si_code != CLD_EXITED || how.si_status != 0)
		fail("%s: exit %d, %s: %s", call, how.si_status, understood(), said);
}

#define RUN(...) run(false, (const char *const[]){ __VA_ARGS__, NULL })

/* Digits and nothing else, as strconv.Atoi wants it. */
static int read_pid(const char *file)
{
	char buf[32];
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (n <= 0)
		fail("%s: no pid file", file);
	close(fd);
	unlink(file);
	buf[n] = '\0';
	if (strspn(buf, "0123456789") != (size_t)n)
		fail("pid file: not digits only: '%s'", buf);
	return (int)strtol(buf, NULL, 10);
}

/* Says where the play is and waits until somebody has looked. */
static void judge(const char *scene)
{
	char line[16];

	puts(scene);
	if (!fgets(line, sizeof(line), stdin))
		exit(1);
}

/* A process that the shim is told of by its pid file, and waits for by its pidfd. */
static void start_one(const char *name, const char *const *args)
{
	struct watched *w = &watched[n_watched++];
	char file[256];

	snprintf(file, sizeof(file), "%s/%s.pid", bundle, name);
	run(true, (const char *const[]){ args[0], "--pid-file", file, args[1], args[2], args[3],
					 args[4], args[5], NULL });
	w->name = name;
	w->fd = pidfd_of(read_pid(file));
}

/*
 * Waits for one and collects whoever ends meanwhile: the init of a PID namespace is held
 * up for as long as somebody who was exec'd into it has not been collected.
 */
static void end(const struct watched *who)
{
	struct pollfd p[MAX_EXECS + 1];
	long start = now_ms();

	while (who->fd >= 0) {
		long left = start + LIMIT_MS - now_ms();

		for (int i = 0; i < n_watched; i++)
			p[i] = (struct pollfd){ .fd = watched[i].fd, .events = POLLIN };
		if (left <= 0 || poll(p, (nfds_t)n_watched, (int)left) < 1)
			fail("%s does not end: the shim would wait for ever", who->name);
		for (int i = 0; i < n_watched; i++) {
			siginfo_t how;

			if (!p[i].revents || !wait_end(p[i].fd, 0, &how))
				continue;
			printf("# %s ended by %d\n", watched[i].name, how.si_status);
			close(p[i].fd);
			watched[i].fd = -1;
		}
	}
}

int main(int argc, char **argv)
{
	const char *sig = "9";
	int n_execs = 0, c;

	while ((c = getopt(argc, argv, "+s:x:p:b:i:")) != -1) {
		if (c == 's')
			sig = optarg;
		else if (c == 'x')
			n_execs = (int)strtol(optarg, NULL, 10);
		else if (c == 'p')
			process = optarg;
		else if (c == 'b')
			bundle = optarg;
		else if (c == 'i')
			id = optarg;
		else
			return 2;
	}
	runtime = argv + optind;
	n_runtime = argc - optind;
	if (!bundle || !id || !n_runtime || n_execs > MAX_EXECS || (n_execs && !process))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	start_one("init", (const char *const[]){ "create", "--bundle", bundle, id, NULL, NULL });
	RUN("start", id);
	while (n_execs--)
		start_one("exec", (const char *const[]){ "exec", "--process", process, "--detach",
							 id, NULL });
	judge("ready");
	if (strcmp(sig, "0"))
		RUN("kill", id, sig);
	if (!strcmp(sig, "9"))
		judge("killed");
	end(&watched[0]);
	RUN("kill", "--all", id, "9");
	if (strcmp(sig, "9"))
		judge("killed");
	RUN("kill", "--all", id, "9");
	for (int i = 1; i < n_watched; i++)
		end(&watched[i]);
	RUN("delete", id);
	RUN("delete", "--force", id);
	puts("ok");
	return 0;
}
