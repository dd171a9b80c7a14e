/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls that not every C library has a function for. Each returns its result
 * or -errno; descriptors are close-on-exec.
 */
#ifndef CGRUN_SYS_H
#define CGRUN_SYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/types.h>

#include <linux/openat2.h>
#ifndef OPEN_TREE_CLONE		/* glibc before 2.36 */
#include <linux/mount.h>
#endif

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME		0x00000080
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP		0x02000000
#endif

/* fork() with flags. The child is a copy that has this thread only. */
pid_t sys_clone(uint64_t flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve);
/* Close-on-exec from fd `first` on; false: what is there is closed at once. */
int sys_close_range(unsigned first, unsigned last, bool cloexec);

int sys_open_tree(int dirfd, const char *path, unsigned flags);
int sys_move_mount(int mount_fd, int target_fd);
int sys_mount_setattr(int fd, bool recursive, uint64_t set, uint64_t clear,
		      uint64_t propagation);
/* For a mount that is nowhere yet. */
int sys_mount_idmap(int fd, bool recursive, int userns);
int sys_fsopen(const char *type);
int sys_fsconfig(int fd, unsigned cmd, const char *key, const char *value);
int sys_fsmount(int fd, uint64_t attr);

int sys_ioprio_set(int class, int level);
struct spec_sched;
int sys_sched_setattr(const struct spec_sched *s);
/* A session keyring of that name, made if there is none that we may search: its number. */
int sys_keyring_join(const char *name);
int sys_keyring_setperm(int ring, unsigned perms);

/* Also for those that the C library keeps to itself, and a caller may have us ignore. */
void sys_default_action(int sig);

/* A filter for this thread from now on. With SECCOMP_FILTER_FLAG_NEW_LISTENER: a descriptor. */
struct sock_fprog;
int sys_seccomp(unsigned flags, const struct sock_fprog *prog);
int sys_pidfd_open(pid_t pid);
/* The descriptor `fd` of another process, close-on-exec (Linux 5.6). */
int sys_pidfd_getfd(int pidfd, int fd);

#endif
