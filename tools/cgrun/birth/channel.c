/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How parent and child speak: packets, each answered with one byte or by hanging up. The
 * kernel tells who sent a packet, as a pid in the receiver's namespace, so that the parent
 * learns init's pid from nobody but the kernel.
 *
 * The parent believes nothing else of it. Somebody in the container may have got hold of the
 * child's end, so a table says who may say what, after what and how often; the first packet
 * that the table does not know ends the child.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "banned.h"

#define MAX_WARNINGS	64
#define MAX_ERRNO	4095
#define BIT(kind)	(1U << (kind))

static const struct rule {
	const char *name;
	unsigned from;		/* CHAN_STAGE, CHAN_FINAL: who may say it */
	unsigned after;		/* all of these have been said */
	unsigned before;	/* none of these has; the kind itself but for warnings */
	bool asked;		/* only where the launch makes it possible: chan_rules.may */
} rules[] = {
	[CHAN_MAP] = { "map", CHAN_STAGE, 0, BIT(CHAN_MAP) | BIT(CHAN_INIT), true },
	[CHAN_INIT] = { "init", CHAN_FINAL, 0, BIT(CHAN_INIT), false },
	[CHAN_ROOTFS] = { "rootfs", CHAN_FINAL, BIT(CHAN_INIT),
			  BIT(CHAN_ROOTFS) | BIT(CHAN_TAG) | BIT(CHAN_NOTIFY), true },
	[CHAN_TAG] = { "tag", CHAN_FINAL, BIT(CHAN_INIT), BIT(CHAN_TAG) | BIT(CHAN_NOTIFY), true },
	[CHAN_NOTIFY] = { "notify", CHAN_FINAL, BIT(CHAN_INIT), BIT(CHAN_NOTIFY), true },
	[CHAN_READY] = { "ready", CHAN_FINAL, BIT(CHAN_INIT), BIT(CHAN_READY), true },
	[CHAN_LAST] = { "last", CHAN_FINAL, BIT(CHAN_INIT), BIT(CHAN_LAST), true },
	[CHAN_WARN] = { "warning", CHAN_STAGE | CHAN_FINAL, 0, BIT(CHAN_LAST), false },
	[CHAN_ERROR] = { "error", CHAN_STAGE | CHAN_FINAL, 0, 0, false },
};
#define N_RULES	(sizeof(rules) / sizeof(rules[0]))

int chan_open(int fd[2])
{
	const struct timeval tick = { .tv_usec = CHAN_TICK_MS * 1000 };
	int on = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
		return -errno;
	if (setsockopt(fd[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
	    setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick)) == 0)
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
	/*
	 * Nobody is there any more: then nobody wants to know. Not send(): the container's filter
	 * may be loaded by now, and forbid sockets; write() it has to allow for our fifo too.
	 */
	(void)!write(fd, &m, offsetof(struct chan_msg, text) + strlen(m.text) + 1);
}

int chan_wait(int fd)
{
	char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : -EPIPE;
}

int chan_ask(int fd, enum chan_kind kind)
{
	chan_tell(fd, kind, 0, "");
	return chan_wait(fd);
}

/* It is printed and logged: one line, and nothing that a terminal would act on. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

int chan_recv(int fd, struct chan_msg *msg, pid_t *sender)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { .iov_base = msg, .iov_len = sizeof(*msg) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *cmsg;
	struct ucred cred;
	ssize_t n = recvmsg(fd, &hdr, MSG_CMSG_CLOEXEC);

	if (n < 0 && errno == EINTR)
		return -EAGAIN;
	if (n <= 0)
		return n < 0 && errno != ECONNRESET ? -errno : 0;
	cmsg = CMSG_FIRSTHDR(&hdr);
	if ((size_t)n <= offsetof(struct chan_msg, text) ||
	    hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || !cmsg ||
	    cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_CREDENTIALS)
		return -EBADMSG;
	memcpy(&cred, CMSG_DATA(cmsg), sizeof(cred));
	((char *)msg)[n - 1] = '\0';
	make_plain(msg->text);
	*sender = cred.pid;
	return 1;
}

int chan_check(struct chan_rules *r, const struct chan_msg *m, unsigned from, struct err *e)
{
	const struct rule *rule = m->kind > 0 && (size_t)m->kind < N_RULES ? &rules[m->kind] : NULL;

	if (!rule || !rule->name)
		return err_set(e, -EBADMSG, "the container's first process said something "
			       "unknown (%d)", m->kind);
	if (!(rule->from & from) || (r->said & rule->after) != rule->after ||
	    r->said & rule->before || (rule->asked && !(r->may & BIT(m->kind))) ||
	    (m->kind == CHAN_WARN && r->warnings++ == MAX_WARNINGS))
		return err_set(e, -EBADMSG, "the container's first process said \"%s\" out of "
			       "turn", rule->name);
	if ((m->kind == CHAN_ERROR && (m->code >= 0 || m->code < -MAX_ERRNO)) ||
	    (m->kind == CHAN_NOTIFY && m->code < 0))
		return err_set(e, -EBADMSG, "the container's first process said \"%s\" with a "
			       "number that cannot be (%d)", rule->name, m->code);
	r->said |= BIT(m->kind);
	return 0;
}

int chan_go(int fd)
{
	return send(fd, "", 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}
