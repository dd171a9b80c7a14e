/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading the filter. With noNewPrivileges it is the very last step, so that nothing of
 * ours needs to be allowed by it; without, only CAP_SYS_ADMIN may load one, so it is put
 * before the capabilities are dropped, and what is left to do has to be allowed.
 *
 * Its listener goes to the parent, and from there to who answers. Once the filter is
 * loaded no call may be made until somebody answers, so the child says before which number
 * the descriptor will have, and then waits on shared memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/capability.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "base/base.h"
#include "program/program.h"
#include "banned.h"

#define WAIT_S		5	/* of the child; the parent gives up before */
#define DELIVER_MS	3000

static time_t seconds(void)
{
	struct timespec t = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &t);	/* in the vdso: not a system call */
	return t.tv_sec;
}

static int wait_taken(const struct filter *f)
{
	time_t end = seconds() + WAIT_S;

	while (!*f->taken && seconds() <= end)
		;
	return *f->taken == 1 ? 0 : -ECANCELED;
}

static int load(struct program *c, struct err *e)
{
	struct sock_fprog prog = { .len = c->filter.n, .filter = c->filter.insn };
	int fd, r;

	if (c->filter.notify) {
		fd = fcntl(c->sock, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			return fail(e, -errno, "linux.seccomp");
		close(fd);
		/* The parent takes it out of us, for which an ordinary one has to see us. */
		if (c->seen)
			prctl(PR_SET_DUMPABLE, 1);
		c->listener(c->sock, fd);
	}
	fd = sys_seccomp(c->filter.flags, &prog);
	if (fd == -EACCES)
		return err_set(e, fd, "linux.seccomp: a process without privileges can have a "
			       "filter only with process.noNewPrivileges");
	if (fd < 0)
		return fail(e, fd, "linux.seccomp: the kernel takes no such filter");
	if (!c->filter.notify)
		return 0;
	r = wait_taken(&c->filter);
	prctl(PR_SET_DUMPABLE, 0);
	close(fd);
	return r ? fail(e, r, "linux.seccomp.listenerPath") : 0;
}

/* A change of the uid has taken it out of the effective set, not out of the permitted one. */
static void raise_admin(void)
{
	cap_value_t admin = CAP_SYS_ADMIN;
	cap_t set = cap_get_proc();

	if (set && !cap_set_flag(set, CAP_EFFECTIVE, 1, &admin, CAP_SET))
		(void)!cap_set_proc(set);
	cap_free(set);
}

int filter_early(struct program *c, struct err *e)
{
	if (!c->filter.n || c->p->no_new_privs)
		return 0;
	raise_admin();
	return load(c, e);
}

int filter_late(struct program *c, struct err *e)
{
	return c->filter.n && c->p->no_new_privs ? load(c, e) : 0;
}

/* -EBADF: not loaded yet. Ends also when the child says that it cannot be. */
static int take(int sock, pid_t pid, int number)
{
	int pidfd = sys_pidfd_open(pid), fd = pidfd;

	for (int ms = 0; pidfd >= 0 && ms < DELIVER_MS; ms++) {
		struct pollfd p = { .fd = sock, .events = POLLIN };

		fd = sys_pidfd_getfd(pidfd, number);
		if (fd != -EBADF || poll(&p, 1, 1) != 0)
			break;
	}
	if (pidfd >= 0)
		close(pidfd);
	return fd;
}

int filter_deliver(const struct filter *f, int sock, pid_t pid, int number, filter_notify_fn fn,
		   void *data, struct err *e)
{
	int fd = take(sock, pid, number), r;

	if (fd == -EBADF)
		return 0;	/* its own words come next */
	if (fd < 0)
		r = fail(e, fd, "linux.seccomp: the listener cannot be taken out");
	else if (!fn)
		r = err_set(e, -EOPNOTSUPP, "linux.seccomp: nobody takes the listener");
	else
		r = fn(data, pid, fd, e);
	if (fd >= 0)
		close(fd);
	*f->taken = r < 0 ? -1 : 1;
	return r;
}
