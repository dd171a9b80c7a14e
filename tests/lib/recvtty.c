/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of --console-socket: takes one connection and the one descriptor on
 * it, and copies what the terminal says to standard output until it hangs up, or for ten
 * seconds. A second argument is typed into it.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(a.sun_path))
		return -1;
	memcpy(a.sun_path, path, strlen(path));
	if (s < 0 || bind(s, (struct sockaddr *)&a, sizeof(a)) || listen(s, 1))
		return -1;
	return s;
}

/* go-runc insists on exactly one control message with exactly one descriptor. */
static int receive(int conn)
{
	char name[4096];
	union {
		struct cmsghdr h;
		char buf[CMSG_SPACE(4 * sizeof(int))];
	} u;
	struct iovec iov = { name, sizeof(name) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			    .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	ssize_t n = recvmsg(conn, &m, MSG_CMSG_CLOEXEC);
	struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	int fd;

	if (!h || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof(int)) ||
	    CMSG_NXTHDR(&m, h))
		return -1;
	memcpy(&fd, CMSG_DATA(h), sizeof(fd));
	fprintf(stderr, "recvtty: %.*s\n", (int)n, name);
	return fd;
}

static void copy(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char buf[4096];
	ssize_t n;

	while (poll(&p, 1, 10000) == 1) {
		n = read(fd, buf, sizeof(buf));
		if (n <= 0 || write(1, buf, (size_t)n) != n)
			return;
	}
}

int main(int argc, char **argv)
{
	struct pollfd p = { .events = POLLIN };
	int s, conn, fd;

	if (argc < 2)
		return 2;
	s = listen_at(argv[1]);
	if (s < 0) {
		perror(argv[1]);
		return 1;
	}
	p.fd = s;
	conn = poll(&p, 1, 10000) == 1 ? accept(s, NULL, NULL) : -1;
	fd = conn < 0 ? -1 : receive(conn);
	unlink(argv[1]);
	if (fd < 0) {
		fputs("recvtty: no terminal came\n", stderr);
		return 1;
	}
	if (argc > 2 && write(fd, argv[2], strlen(argv[2])) < 0)
		return 1;
	copy(fd);
	return 0;
}
