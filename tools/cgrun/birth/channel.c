/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How parent and child speak: packets, each answered with one byte or by hanging up.
 * The kernel tells who sent a packet, as a pid in the receiver's namespace, so that the
 * parent learns init's pid from nobody but the kernel.
 */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "birth/birth.h"
#include "banned.h"

int chan_open(int fd[2])
{
	int on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	if (setsockopt(fd[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0)
		return 0;
	on = -errno;
	close(fd[0]);
	close(fd[1]);
	return on;
}

void chan_tell(int fd, enum chan_kind kind, int code, const char *text)
{
	struct chan_msg m = { .kind = kind, .code = code };

	snprintf(m.text, sizeof(m.text), "%s", text);
	/* Nobody is there any more: then nobody wants to know. */
	(void)!send(fd, &m, offsetof(struct chan_msg, text) + strlen(m.text) + 1, MSG_NOSIGNAL);
}

int chan_wait(int fd)
{
	char byte;
	ssize_t n;

	do
		n = recv(fd, &byte, 1, 0);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EPIPE;
}

int chan_ask(int fd, enum chan_kind kind)
{
	chan_tell(fd, kind, 0, "");
	return chan_wait(fd);
}

int chan_recv(int fd, struct chan_msg *msg, pid_t *sender)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = msg, .iov_len = sizeof(*msg) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf };
	struct cmsghdr *cmsg;
	struct ucred cred;
	ssize_t n;

	do {
		hdr.msg_controllen = sizeof(control.buf);
		n = recvmsg(fd, &hdr, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 && errno != ECONNRESET ? -errno : 0;
	cmsg = CMSG_FIRSTHDR(&hdr);
	if ((size_t)n <= offsetof(struct chan_msg, text) || !cmsg ||
	    cmsg->cmsg_type != SCM_CREDENTIALS)
		return -EBADMSG;
	memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	msg->text[sizeof(msg->text) - 1] = '\0';
	((char *)msg)[n - 1] = '\0';
	*sender = cred.pid;
	return 1;
}

int chan_go(int fd)
{
	return send(fd, "", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}
