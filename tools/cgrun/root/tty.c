/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's terminal. It is a new one of the container's own devpts, and everything
 * is done through its two descriptors: no path below /dev, that the image or another
 * process could turn into a link, says where the console is (CVE-2025-52565).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <termios.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

static bool on_devpts(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == DEVPTS_SUPER_MAGIC;
}

/* The one of that mount; where it was not ours to make, or long ago, it must be the real thing. */
static int open_master(const struct rootfs *c)
{
	int fd, dir = c->devpts;

	if (dir < 0)
		dir = root_open_plain(c->root, "/dev/pts", O_PATH | O_DIRECTORY);
	if (dir < 0)
		return dir;
	if (!on_devpts(dir))
		fd = -ENODEV;
	else
		fd = root_open_plain(dir, "ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (dir != c->devpts)
		close(dir);
	if (fd >= 0 && (!on_devpts(fd) || !device_is(fd, 5, 2))) {
		close(fd);
		return -ENODEV;
	}
	if (fd >= 0)
		fcntl(fd, F_SETFL, 0);
	return fd;
}

static int open_slave(int master)
{
	int unlock = 0, fd;

	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return -errno;
	fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);	/* 4.13 */
	return fd < 0 ? -errno : fd;
}

/* The terminal of whoever runs us in the foreground ends lines by itself; an engine's is raw. */
static int leave_lines(int slave)
{
	struct termios t;

	if (tcgetattr(slave, &t) < 0)
		return -errno;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	return tcsetattr(slave, TCSANOW, &t) < 0 ? -errno : 0;
}

static int configure(const struct rootfs *c, int slave)
{
	const struct spec_process *p = c->p;
	struct winsize size = {
		.ws_row = (unsigned short)p->height, .ws_col = (unsigned short)p->width,
	};
	int r = c->foreground ? leave_lines(slave) : 0;

	if (r)
		return r;
	if ((p->height || p->width) && ioctl(slave, TIOCSWINSZ, &size) < 0)
		return -errno;
	return fchown(slave, p->uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL ?
		-errno : 0;
}

/* One message, one descriptor; its text is the terminal's name inside. */
static int send_master(int console, int master)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	char name[32];
	struct iovec iov = { .iov_base = name };
	struct msghdr hdr = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf, .msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&hdr);
	unsigned n;

	if (ioctl(master, TIOCGPTN, &n) < 0)
		return -errno;
	iov.iov_len = (size_t)snprintf(name, sizeof(name), "/dev/pts/%u", n);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &master, sizeof(int));
	return sendmsg(console, &hdr, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The terminal itself, not its path, is bound. Only for the container's first process. */
static int put_console(const struct rootfs *c, int slave)
{
	const char *rest;
	int fd, r, target, base;

	if (!c->spec || !spec_ns(c->spec, CLONE_NEWNS))
		return 0;
	base = mount_of(c, "/dev/console", &rest);
	target = root_mkfile_within(base, rest);
	if (target < 0)
		return target;
	fd = mnt_clone(slave, "", false);
	r = fd < 0 ? fd : mnt_attach(fd, target);
	if (fd >= 0)
		close(fd);
	close(target);
	return r;
}

/* stdin, stdout and stderr are it, and it is the session's. */
static int take(int slave)
{
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return -errno;
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(slave, fd) < 0)
			return -errno;
	return 0;
}

int tty_setup(struct rootfs *c, struct err *e)
{
	int master, slave, r;

	if (setsid() < 0 && errno != EPERM)
		return fail(e, -errno, "setsid");
	if (!c->p->terminal)
		return 0;
	master = open_master(c);
	if (master < 0)
		return fail(e, master, "process.terminal: /dev/pts/ptmx of the container");
	slave = open_slave(master);
	r = slave < 0 ? slave : configure(c, slave);
	if (!r)
		r = put_console(c, slave);
	if (r)
		return fail(e, r, "process.terminal");
	r = c->console_fd < 0 ? -EBADF : send_master(c->console_fd, master);
	if (r)
		return fail(e, r, "process.terminal: console socket");
	r = take(slave);
	close(master);
	close(slave);
	return r ? fail(e, r, "process.terminal: controlling terminal") : 0;
}
