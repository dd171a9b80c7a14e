/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both ends of exec.fifo, on which a created container waits for its start. Init blocks in
 * opening it for writing. `start` opens it for reading, reads the byte that says that init
 * is on its way, and then nothing when the program runs, or why it does not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "state/state.h"
#include "banned.h"

#define LOOK_MS	100	/* between two looks at whether init still lives */

/*
 * The starter may be killed as soon as it has opened it. The container is then started
 * all the same: the name is gone already, and a second start would find none.
 */
int fifo_wait(struct child *c, int *fd)
{
	char path[32];

	signal(SIGPIPE, SIG_IGN);
	snprintf(path, sizeof(path), "self/fd/%d", c->fifo);
	do
		*fd = openat(c->root.proc, path, O_WRONLY | O_CLOEXEC);
	while (*fd < 0 && errno == EINTR);
	if (*fd < 0)
		return -errno;
	return write(*fd, "", 1) == 1 || errno == EPIPE ? 0 : -errno;
}

/* Up to size bytes until the end. -ESRCH: init ended without a word. */
static ssize_t listen_to(int fd, int (*alive)(void *), void *data, char *buf, size_t size)
{
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

int launch_start(int state_fd, int (*alive)(void *), void *data, struct err *e)
{
	char buf[1 + sizeof(e->msg)];
	ssize_t n;
	int fd = openat(state_fd, "exec.fifo", O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fail(e, -errno, "exec.fifo");
	state_started(state_fd);
	n = listen_to(fd, alive, data, buf, sizeof(buf) - 1);
	close(fd);
	if (n == -ESRCH)
		return err_set(e, -ESRCH, "the container's first process has ended");
	if (n < 0)
		return fail(e, (int)n, "exec.fifo");
	if (n == 0)	/* the byte was for somebody else */
		return err_set(e, -ENOENT, "started by somebody else at the same moment");
	buf[n] = '\0';
	return n == 1 ? 0 : err_set(e, -ENOEXEC, "%s", buf + 1);
}
