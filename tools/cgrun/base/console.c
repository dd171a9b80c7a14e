/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the master of a container's terminal goes: to the socket that the engine
 * listens on, or over a pair of sockets to this process itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"
#include "banned.h"

/* runc's words, which engines look for. */
int console_check(bool terminal, bool detach, const char *sock, struct err *e)
{
	if (detach && terminal && !sock)
		return err_set(e, -EINVAL, "cannot allocate tty if runc will detach without "
			       "setting console socket");
	if ((!detach || !terminal) && sock)
		return err_set(e, -EINVAL, "cannot use console socket if runc will not detach "
			       "or allocate tty");
	return 0;
}

/* A path may be longer than an address: it is reached through its descriptor then. */
static int fill(struct sockaddr_un *addr, const char *path, int *held)
{
	*held = -1;
	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) < sizeof addr->sun_path) {
		memcpy(addr->sun_path, path, strlen(path) + 1);
		return 0;
	}
	*held = open(path, O_PATH | O_CLOEXEC);
	if (*held < 0)
		return -errno;
	snprintf(addr->sun_path, sizeof addr->sun_path, "/proc/self/fd/%d", *held);
	return 0;
}

int console_connect(const char *option, const char *path, int *fd, struct err *e)
{
	struct timeval limit = { .tv_sec = 2 };
	struct sockaddr_un addr;
	int held, rc = fill(&addr, path, &held), s = -1;

	if (!rc)
		s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!rc && s < 0)
		rc = -errno;
	if (!rc)
		setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (!rc && connect(s, (struct sockaddr *)&addr, sizeof addr) < 0)
		rc = -errno;
	if (held >= 0)
		close(held);
	if (rc < 0) {
		if (s >= 0)
			close(s);
		return err_set(e, rc, "%s %s: %s", option, path, err_reason(rc));
	}
	*fd = s;
	return 0;
}

int console_send(int sock, const char *text, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { .iov_base = (char *)text, .iov_len = strlen(text) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(sock, &hdr, MSG_NOSIGNAL) == (ssize_t)iov.iov_len ? 0 : -EIO;
}

int console_send_pidfd(const char *path, pid_t pid, const char *text, struct err *e)
{
	int sock, fd, rc;

	if (!path)
		return 0;
	rc = console_connect("--pidfd-socket", path, &sock, e);
	if (rc < 0)
		return rc;
	fd = sys_pidfd_open(pid);
	rc = fd < 0 ? fd : console_send(sock, text, fd);
	if (fd >= 0)
		close(fd);
	close(sock);
	return rc < 0 ? err_set(e, rc, "--pidfd-socket %s: %s", path, err_reason(rc)) : 0;
}

int console_pair(int sv[2], struct err *e)
{
	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return 0;
	return err_set(e, -errno, "cannot make a socket for the terminal: %s", strerror(errno));
}

int console_receive(int fd, int *master, struct err *e)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char name[4096];
	struct iovec iov = { name, sizeof name };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof control,
	};
	struct cmsghdr *c;

	if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) < 0)
		return err_set(e, -errno, "no terminal came from init: %s", strerror(errno));
	c = CMSG_FIRSTHDR(&msg);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(int)))
		return err_set(e, -EIO, "no terminal came from init");
	memcpy(master, CMSG_DATA(c), sizeof(int));
	return 0;
}
