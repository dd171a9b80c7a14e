/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The real kernel. This file and nothing else in libcg enters it; every verb turns
 * its failure into -errno here, once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bpf.h"
#include "bus.h"
#include "counts.h"
#include "sys.h"
#include "watch.h"

#define SHORT		1024	/* no list of processes is read into so little */

#define NS_ID		_IOR(0xb7, 13, uint64_t)	/* NS_GET_ID, Linux 6.18 */
#define ROOT_NSFS	(-10003)			/* FD_NSFS_ROOT, Linux 6.18 */
#define HANDLE_NSFS	0xf1				/* FILEID_NSFS, Linux 6.18 */

#ifndef SYS_openat2
#define SYS_openat2	437		/* not known to glibc before 2.32 */
#endif
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC	0x50494446	/* pidfs, Linux 6.9 */
#endif

static bool is_proc(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

/* The name crosses a mount: only from procfs to procfs. */
static int open_across(int dirfd, const char *name, struct open_how *how)
{
	int fd;

	if (!is_proc(dirfd))
		return -EXDEV;
	how->resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
	fd = (int)syscall(SYS_openat2, dirfd, name, how, sizeof(*how));
	if (fd < 0)
		return -errno;
	if (is_proc(fd))
		return fd;
	(void)close(fd);
	return -EXDEV;
}

/*
 * Below a directory of ours nothing may lead out of it: no "..", no link, no
 * other mount. Linux before 5.6 has no openat2; there O_NOFOLLOW guards the last
 * component and the paths were checked by cgi_path_check().
 */
static int open_below(int dirfd, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS,
	};
	int fd;

	if (dirfd == AT_FDCWD || !strcmp(name, "..")) {
		fd = openat(dirfd, name, flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	if (fd >= 0)
		return fd;
	if (errno == EXDEV)
		return open_across(dirfd, name, &how);
	if (errno != ENOSYS && errno != EPERM)
		return -errno;
	fd = openat(dirfd, name, flags | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int sys_open(void *k, int dirfd, const char *name, bool dir)
{
	(void)k;
	return open_below(dirfd, name, dir ? O_RDONLY | O_DIRECTORY : O_RDONLY | O_NONBLOCK);
}

static void sys_close(void *k, int fd)
{
	(void)k;
	(void)close(fd);
}

static ssize_t sys_read(void *k, int dirfd, const char *name, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n, rc = 0;
	int fd;

	(void)k;
	fd = open_below(dirfd, name, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	for (;;) {
		n = read(fd, buf + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = -errno;
		if (n <= 0)
			break;
		len += (size_t)n;
		/* A short text is one record, which the kernel gives whole. */
		if (size <= SHORT && len < size)
			break;
		if (len == size) {
			rc = -E2BIG;
			break;
		}
	}
	(void)close(fd);
	if (rc)
		return rc;
	buf[len] = '\0';
	return (ssize_t)len;
}

static int sys_write(void *k, int dirfd, const char *name, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;
	int fd, rc = 0;

	(void)k;
	fd = open_below(dirfd, name, O_WRONLY);
	if (fd < 0)
		return fd;
	do {
		n = write(fd, text, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		rc = -errno;
	else if ((size_t)n != len)
		rc = -EIO;
	(void)close(fd);
	return rc;
}

static int sys_mkdir(void *k, int dirfd, const char *name)
{
	(void)k;
	return mkdirat(dirfd, name, 0755) < 0 ? -errno : 0;
}

static int sys_rmdir(void *k, int dirfd, const char *name)
{
	(void)k;
	return unlinkat(dirfd, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static int sys_chown(void *k, int dirfd, const char *name, uid_t uid, gid_t gid)
{
	(void)k;
	if (!*name)
		return fchown(dirfd, uid, gid) < 0 ? -errno : 0;
	return fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int sys_chmod(void *k, int dirfd, const char *name, mode_t mode)
{
	(void)k;
	/* Not by ".": a directory that its owner closed cannot be searched. */
	if (!*name)
		return fchmod(dirfd, mode) < 0 ? -errno : 0;
	return fchmodat(dirfd, name, mode, 0) < 0 ? -errno : 0;
}

static int sys_access(void *k, int dirfd, const char *name)
{
	(void)k;
	return faccessat(dirfd, *name ? name : ".", W_OK, AT_EACCESS) < 0 ? -errno : 0;
}

static bool sys_marked(void *k, int dirfd, const char *attr)
{
	char value[2];

	(void)k;
	return fgetxattr(dirfd, attr, value, sizeof(value)) == 1 && value[0] == '1';
}

struct linux_dirent64 {	/* getdents64(2) */
	uint64_t d_ino;
	int64_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

static int each_entry(const char *buf, long n, cgi_entry_fn fn, void *data)
{
	const struct linux_dirent64 *d;
	int rc = 0;

	for (long at = 0; !rc && at < n; at += d->d_reclen) {
		d = (const void *)(buf + at);
		if (strcmp(d->d_name, ".") && strcmp(d->d_name, ".."))
			rc = fn(data, &(struct cgi_entry){ .name = d->d_name,
					.dir = d->d_type == DT_DIR, .ino = d->d_ino });
	}
	return rc;
}

static int sys_list(void *k, int dirfd, cgi_entry_fn fn, void *data)
{
	char buf[8192] __attribute__((aligned(8)));
	long n;
	int rc = 0;

	(void)k;
	if (lseek(dirfd, 0, SEEK_SET) < 0)
		return -errno;
	while (!rc && (n = syscall(SYS_getdents64, dirfd, buf, sizeof(buf))) != 0)
		rc = n < 0 ? -errno : each_entry(buf, n, fn, data);
	return rc;
}

static int ident_of(int dirfd, const char *name, struct cgi_ident *ret)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_EMPTY_PATH) < 0)
		return -errno;
	*ret = (struct cgi_ident){
		.dev = st.st_dev, .ino = st.st_ino, .uid = st.st_uid, .mode = st.st_mode,
		.nlink = st.st_nlink,
	};
	return 0;
}

/* statx: Linux 4.11; it tells the mount since 5.8. */
static int sys_ident(void *k, int dirfd, const char *name, struct cgi_ident *ret)
{
	struct statx st;

	(void)k;
	if (statx(dirfd, name, AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_MNT_ID, &st) < 0)
		return errno == ENOSYS || errno == EPERM ? ident_of(dirfd, name, ret) : -errno;
	*ret = (struct cgi_ident){
		.dev = makedev(st.stx_dev_major, st.stx_dev_minor), .ino = st.stx_ino,
		.uid = st.stx_uid, .mode = st.stx_mode, .nlink = st.stx_nlink,
		.mnt = st.stx_mask & STATX_MNT_ID ? (int)st.stx_mnt_id : 0,
	};
	return 0;
}

static int sys_ns(void *k, int dirfd, const char *name)
{
	int fd;

	(void)k;
	fd = name ? openat(dirfd, name, O_RDONLY | O_CLOEXEC) : ioctl(dirfd, NS_GET_PARENT);
	return fd < 0 ? -errno : fd;
}

static uint64_t sys_ns_id(void *k, int nsfd)
{
	uint64_t id = 0;

	(void)k;
	return ioctl(nsfd, NS_ID, &id) < 0 ? 0 : id;
}

/* What include/uapi/linux/nsfs.h of Linux 6.18 calls struct nsfs_file_handle. */
struct ns_handle {
	uint64_t id;
	uint32_t type, ino;
};

static int sys_user_ns(void *k, uint64_t id, uint64_t ino)
{
	struct ns_handle ns = { .id = id, .type = CLONE_NEWUSER, .ino = (uint32_t)ino };
	_cleanup_free_ struct file_handle *h = calloc(1, sizeof(*h) + sizeof(ns));
	int fd;

	(void)k;
	if (!h)
		return -ENOMEM;
	h->handle_bytes = sizeof(ns);
	h->handle_type = HANDLE_NSFS;
	memcpy(h->f_handle, &ns, sizeof(ns));
	fd = open_by_handle_at(ROOT_NSFS, h, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int sys_pidfd(void *k, pid_t pid)
{
	int fd;

	(void)k;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd >= 0)
		return fd;
	/* Seccomp filters answer EPERM for calls they do not know; pidfd_open has no such error. */
	if (errno == EPERM)
		return -ENOSYS;
	/* A leader that was released, or a thread: no process of that number (6.16: ENOENT). */
	if (errno == EINVAL || errno == ENOENT)
		return -ESRCH;
	return -errno;
}

static uint64_t sys_pidfd_inode(void *k, int pidfd)
{
	struct statfs fs;
	struct stat st;

	(void)k;
	if (fstatfs(pidfd, &fs) < 0 || fs.f_type != PID_FS_MAGIC || fstat(pidfd, &st) < 0)
		return 0;
	return st.st_ino;
}

/* "Pid:" is -1 when it is collected, 0 where it has no number; other descriptors have none. */
static pid_t sys_pidfd_pid(void *k, int pidfd)
{
	char name[48], text[1024];
	const char *s;
	ssize_t n;
	int pid;

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", pidfd);
	n = sys_read(k, AT_FDCWD, name, text, sizeof(text));
	s = n < 0 ? NULL : strstr(text, "\nPid:");
	if (!s || sscanf(s + 5, "%d", &pid) != 1)
		return n < 0 && n != -ENOENT ? (pid_t)n : -EBADF;
	return pid > 0 ? pid : -ESRCH;
}

static int sys_signal(void *k, int pidfd, pid_t pid, int sig)
{
	int rc;

	(void)k;
	if (pidfd >= 0)
		rc = (int)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
	else if (pid > 0)
		rc = kill(pid, sig);
	else
		return -EINVAL;		/* 0 would be our own process group */
	return rc < 0 ? -errno : 0;
}

static uint64_t sys_now(void *k)
{
	struct timespec ts;

	(void)k;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int sys_poll(void *k, int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now = sys_now(k), left = deadline > now ? deadline - now : 0;
	struct timespec ts = {
		.tv_sec = (time_t)(left / 1000000),
		.tv_nsec = (long)(left % 1000000) * 1000,
	};
	int rc;

	rc = ppoll(&p, fd >= 0, &ts, NULL);
	if (rc < 0)
		return errno == EINTR ? 0 : -errno;
	return rc;
}

static pid_t sys_self(void *k)
{
	(void)k;
	return getpid();
}

static uid_t sys_euid(void *k)
{
	(void)k;
	return geteuid();
}

const struct cg_sys cgi_sys_real = {
	.open = sys_open,
	.close = sys_close,
	.read = sys_read,
	.write = sys_write,
	.mkdir = sys_mkdir,
	.rmdir = sys_rmdir,
	.chown = sys_chown,
	.chmod = sys_chmod,
	.access = sys_access,
	.marked = sys_marked,
	.list = sys_list,
	.ident = sys_ident,
	.ns = sys_ns,
	.ns_id = sys_ns_id,
	.user_ns = sys_user_ns,
	.pidfd = sys_pidfd,
	.pidfd_inode = sys_pidfd_inode,
	.pidfd_pid = sys_pidfd_pid,
	.signal = sys_signal,
	.counts = cgi_sys_counts,
	.prog_load = cgi_sys_prog_load,
	.prog_find = cgi_sys_prog_find,
	.prog_attach = cgi_sys_prog_attach,
	.poll = sys_poll,
	.drain = cgi_sys_drain,
	.set = cgi_sys_set,
	.set_add = cgi_sys_set_add,
	.set_ready = cgi_sys_set_ready,
	.timer = cgi_sys_timer,
	.timer_set = cgi_sys_timer_set,
	.eventfd = cgi_sys_eventfd,
	.count = cgi_sys_count,
	.notifier = cgi_sys_notifier,
	.notify = cgi_sys_notify,
	.unnotify = cgi_sys_unnotify,
	.notices = cgi_sys_notices,
	.trigger = cgi_sys_trigger,
	.now = sys_now,
	.self = sys_self,
	.euid = sys_euid,
	.bus = &cgi_bus_real,
};
