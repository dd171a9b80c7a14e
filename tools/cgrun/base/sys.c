/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one file of the programs that makes system calls by number: those that the C
 * library has no function for, or has only since lately. What signals, removes or
 * enumerates is not among them.
 */
#define BANNED_EXCEPT_SYSCALL
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "base/base.h"
#include "banned.h"

/* What the headers of Debian 11 (Linux 5.10, glibc 2.31) do not have yet. */
#ifndef SYS_close_range
#define SYS_close_range		436
#endif
#ifndef SYS_openat2
#define SYS_openat2		437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd		438
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr	442
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC	(1U << 2)
#endif
/* <linux/ioprio.h>, since Linux 5.15 */
enum { IO_PRIORITY_WHO_PROCESS = 1, IO_PRIORITY_CLASS_SHIFT = 13 };

static int result(long r)
{
	return r < 0 ? -errno : (int)r;
}

/*
 * clone3() came with 5.3, and some seccomp profiles answer ENOSYS so that the caller
 * takes clone(), whose flags they can look at.
 */
pid_t sys_clone(uint64_t flags)
{
	struct clone_args args = { .flags = flags, .exit_signal = SIGCHLD };
	int r;

	if (flags & CLONE_PARENT)
		args.exit_signal = 0;	/* that of the parent's; anything else is EINVAL */
	r = result(syscall(SYS_clone3, &args, sizeof(args)));
	if (r != -ENOSYS || flags & CLONE_NEWTIME)
		return r;
#ifdef __s390x__
	return result(syscall(SYS_clone, NULL, flags | SIGCHLD, NULL, NULL, NULL));
#else
	return result(syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL));
#endif
}

int sys_pivot_root(const char *new_root, const char *put_old)
{
	return result(syscall(SYS_pivot_root, new_root, put_old));
}

/* EAGAIN: something was renamed while ".." was looked up; it is asked for again, not for ever. */
int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };
	int r = -EAGAIN;

	for (int i = 0; i < 256 && r == -EAGAIN; i++)
		r = result(syscall(SYS_openat2, dirfd, path, &how, sizeof(how)));
	return r;
}

int sys_close_range(unsigned first, unsigned last, bool cloexec)
{
	if (first > last)
		return 0;
	return result(syscall(SYS_close_range, first, last,
			      cloexec ? CLOSE_RANGE_CLOEXEC : 0));
}

int sys_open_tree(int dirfd, const char *path, unsigned flags)
{
	return result(syscall(SYS_open_tree, dirfd, path, flags | OPEN_TREE_CLOEXEC));
}

int sys_move_mount(int mount_fd, int dir, const char *name)
{
	return result(syscall(SYS_move_mount, mount_fd, "", dir, name, MOVE_MOUNT_F_EMPTY_PATH |
			      (*name ? 0 : MOVE_MOUNT_T_EMPTY_PATH)));
}

int sys_mount_setattr(int fd, bool recursive, uint64_t set, uint64_t clear,
		      uint64_t propagation)
{
	struct mount_attr attr = {
		.attr_set = set, .attr_clr = clear, .propagation = propagation,
	};

	return result(syscall(SYS_mount_setattr, fd, "",
			      AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr)));
}

int sys_mount_idmap(int fd, bool recursive, int userns)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns };

	return result(syscall(SYS_mount_setattr, fd, "",
			      AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr)));
}

int sys_fsopen(const char *type)
{
	return result(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

int sys_fsconfig(int fd, unsigned cmd, const char *key, const char *value)
{
	return result(syscall(SYS_fsconfig, fd, cmd, key, value, 0));
}

int sys_fsmount(int fd, uint64_t attr)
{
	return result(syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attr));
}

void sys_default_action(int sig)
{
	/* handler, flags, restorer and mask of the kernel's own structure: all zero */
	const unsigned long action[4] = { 0 };

	(void)syscall(SYS_rt_sigaction, sig, action, NULL, sizeof(action[0]));
}

int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long max)
{
	return result(syscall(SYS_set_mempolicy, mode, nodes, nodes ? max : 0));
}

int sys_ioprio_set(int class, int level)
{
	return result(syscall(SYS_ioprio_set, IO_PRIORITY_WHO_PROCESS, 0,
			      class << IO_PRIORITY_CLASS_SHIFT | level));
}

int sys_sched_setattr(const struct sys_sched *s)
{
	/* The kernel's sched_attr, whose header collides with that of older C libraries. */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {
		sizeof(attr), s->policy, s->flags, s->nice, s->priority, s->runtime, s->deadline,
		s->period,
	};

	return result(syscall(SYS_sched_setattr, 0, &attr, 0));
}

int sys_keyring_join(const char *name)
{
	return result(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name));
}

int sys_keyring_describe(int ring, char *buf, size_t size)
{
	return result(syscall(SYS_keyctl, KEYCTL_DESCRIBE, ring, buf, size, 0));
}

int sys_keyring_setperm(int ring, unsigned perms)
{
	return result(syscall(SYS_keyctl, KEYCTL_SETPERM, ring, perms));
}

int sys_seccomp(unsigned flags, const struct sock_fprog *prog)
{
	return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, prog));
}

int sys_pidfd_open(pid_t pid)
{
	return result(syscall(SYS_pidfd_open, pid, 0));
}

int sys_pidfd_getfd(int pidfd, int fd)
{
	return result(syscall(SYS_pidfd_getfd, pidfd, fd, 0));
}

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}
