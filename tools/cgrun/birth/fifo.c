/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a created container is started: two fifos in its state directory, both held open by
 * the init that waits. `start` writes one byte into exec.fifo; init says in exec.answer that
 * it has read the byte, then why the program does not run, or nothing: exec closes both.
 * `run` starts the container that it has created itself: it uses two pipes instead, and init exits
 * when it reads the end of its pipe.
 *
 * Who asks whether init waits opens exec.fifo for writing without blocking: the kernel says
 * ENXIO as soon as init does not hold it any more, whatever names are left. A start that is
 * killed at any point therefore leaves either a container that waits or one that runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "state/state.h"
#include "banned.h"

#define LOOK_MS	100	/* between two looks at whether init still lives */

static const char *const names[2] = { STATE_FIFO, STATE_ANSWER };

int fifo_make(int dir, int fd[2], struct err *e)
{
	for (int i = 0; i < 2; i++) {
		if (mkfifoat(dir, names[i], 0600) < 0)
			return fail(e, -errno, "%s", names[i]);
		/* For reading and writing: a read waits, and no write is a SIGPIPE. */
		fd[i] = openat(dir, names[i], O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd[i] < 0)
			return fail(e, -errno, "%s", names[i]);
	}
	return 0;
}

int pipe_make(int init[2], int ours[2], struct err *e)
{
	int go[2], answer[2];

	if (pipe2(go, O_CLOEXEC) < 0)
		return fail(e, -errno, "pipe");
	if (pipe2(answer, O_CLOEXEC) < 0) {
		fail(e, -errno, "pipe");
		close(go[0]);
		close(go[1]);
		return e->code;
	}
	init[0] = go[0];
	init[1] = answer[1];
	ours[0] = go[1];
	ours[1] = answer[0];
	return 0;
}

static void end(int sig)
{
	_exit(128 + sig);
}

/*
 * To the first process of a PID namespace the kernel gives only signals that it handles, and
 * a created container is ended by TERM as others are. The program begins with the defaults.
 */
static void end_by_signals(void)
{
	static const int ending[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGABRT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM,
		SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGXCPU, SIGXFSZ, SIGTRAP, SIGSYS, SIGSTKFLT,
	};

	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++)
		signal(ending[i], end);
}

int fifo_wait(const int fd[2])
{
	ssize_t n;
	char byte;

	end_by_signals();
	do
		n = read(fd[0], &byte, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return n < 0 ? -errno : -EPIPE;
	return write(fd[1], "", 1) == 1 ? 0 : -errno;
}

static int open_fifo(int dir)
{
	int fd = openat(dir, STATE_FIFO, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

bool launch_waits(int state_fd)
{
	int fd = open_fifo(state_fd);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

/* Up to size bytes until the end. -ESRCH: init ended without a word; -ETIMEDOUT. */
static ssize_t listen_to(int fd, int timeout_ms, int (*alive)(void *), void *data, char *buf,
			 size_t size)
{
	uint64_t deadline = now_ms() + (uint64_t)timeout_ms;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	bool ended = false;

	for (;;) {
		int r = poll(&p, 1, ended ? 0 : LOOK_MS);
		ssize_t n;

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0) {
			if (ended)
				return -ESRCH;
			/* What it wrote just before its end is still to be read. */
			ended = r == 0 && alive && alive(data) != 0;
			if (!ended && now_ms() >= deadline)
				return -ETIMEDOUT;
			continue;
		}
		n = read(fd, buf + len, size - len);
		if (n == 0)
			return (ssize_t)len;
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0)
			len += (size_t)n;
		if (len == size)
			return (ssize_t)len;
	}
}

/* 1: init has not read the byte, and will not: it waits as before. */
static int take_back(int dir)
{
	int fd = openat(dir, STATE_FIFO, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	char byte;
	int r;

	if (fd < 0)
		return 0;
	r = read(fd, &byte, 1) == 1;
	close(fd);
	return r;
}

static ssize_t ask(int go, int answer, int timeout_ms, int (*alive)(void *), void *data,
		   char *buf, size_t size)
{
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	ssize_t n = write(go, "", 1) == 1 ? 0 : -errno;

	signal(SIGPIPE, old);
	return n ? n : listen_to(answer, timeout_ms, alive, data, buf, size);
}

/* The result of ask() as an error; 0: init runs its program. */
static int judge(ssize_t n, char *buf, struct err *e)
{
	if (n == -EPIPE)
		return err_set(e, -ENOENT, "started by somebody else at the same moment");
	if (n == -EAGAIN)
		return err_set(e, -EAGAIN, "the container's first process does not answer; "
			       "it was not started");
	if (n == -ETIMEDOUT)
		return err_set(e, -ETIMEDOUT, "the container's first process has begun to start "
			       "its program and does not go on");
	if (n == -ESRCH || n == 0)
		return err_set(e, -ESRCH, "the container's first process has ended");
	if (n < 0)
		return fail(e, (int)n, STATE_ANSWER);
	buf[n] = '\0';
	return n == 1 ? 0 : err_set(e, -ENOEXEC, "%s", buf + 1);
}

int launch_start_own(int pipe[2], int timeout_ms, int (*alive)(void *), void *data,
		     struct err *e)
{
	char buf[1 + sizeof(e->msg)];
	ssize_t n = ask(pipe[0], pipe[1], timeout_ms, alive, data, buf, sizeof(buf) - 1);
	int unread = 0;

	if (n == -ETIMEDOUT && !ioctl(pipe[0], FIONREAD, &unread) && unread)
		n = -EAGAIN;
	/* Nobody else has the pipe: init has ended before it read. */
	if (n == -EPIPE)
		n = -ESRCH;
	for (int i = 0; i < 2; i++) {
		close(pipe[i]);
		pipe[i] = -1;
	}
	return judge(n, buf, e);
}

int launch_start(int state_fd, int timeout_ms, int (*alive)(void *), void *data, struct err *e)
{
	char buf[1 + sizeof(e->msg)];
	int answer, fd = open_fifo(state_fd);
	ssize_t n;

	if (fd == -ENXIO)
		state_started(state_fd);	/* by one that was killed before it could say so */
	if (fd == -ENXIO || fd == -ENOENT)
		return err_set(e, -ENOENT, "it has been started");
	if (fd < 0)
		return fail(e, fd, STATE_FIFO);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		return err_set(e, -ENOENT, "started by somebody else at the same moment");
	}
	answer = openat(state_fd, STATE_ANSWER, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	n = answer < 0 ? -errno :
		ask(fd, answer, timeout_ms, alive, data, buf, sizeof(buf) - 1);
	if (n == -ETIMEDOUT && take_back(state_fd))
		n = -EAGAIN;
	if (n > 0 || n == -EPIPE)
		state_started(state_fd);
	if (answer >= 0)
		close(answer);
	close(fd);
	return judge(n, buf, e);
}
