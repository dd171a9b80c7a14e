/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The seam to the kernel: every way in which libcg enters it. sys.c is the real
 * one; tests put a model in its place with cgi_ctx_new_with().
 *
 * Each verb returns 0 (or a count, or a descriptor) or -errno; nobody above
 * looks at errno. `k` is the cookie given with the table. Descriptors are
 * close-on-exec. A name is relative to dirfd; it never leaves the file system of
 * dirfd and no link leads above dirfd, except where dirfd is AT_FDCWD. Below /proc
 * another mount is entered if it is procfs too (/proc/sys has a mount of its own in
 * most containers); anything else that is mounted there is -EXDEV: it would speak for
 * the kernel (lxcfs).
 */
#ifndef CGI_SYS_H
#define CGI_SYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_insn;
struct cgi_bus_verbs;			/* bus.h */

struct cgi_ident {
	uint64_t dev, ino;
	uid_t uid;
	mode_t mode;
	uint64_t nlink;			/* of a cgroup directory: 2 + groups directly below it */
	int mnt;			/* mount ID as in mountinfo; 0: this kernel does not tell */
};

struct cgi_counts {		/* tasks (threads) of one cgroup v1 group */
	uint64_t total, uninterruptible;
};

struct cgi_entry {		/* of a directory */
	const char *name;
	bool dir;
	uint64_t ino;
};

/* Non-zero ends the listing and is returned. */
typedef int (*cgi_entry_fn)(void *data, const struct cgi_entry *e);

/* name: of the entry that went, else "". wd -1: some were lost. */
typedef void (*cgi_notice_fn)(void *data, int wd, const char *name);

struct cg_sys {
	/* Files. open: a directory, ".." being the one above it, or (dir false) a file to poll. */
	int (*open)(void *k, int dirfd, const char *name, bool dir);
	void (*close)(void *k, int fd);
	/* The whole file, up to size - 1 bytes, NUL-terminated; its length. -E2BIG if longer. */
	ssize_t (*read)(void *k, int dirfd, const char *name, char *buf, size_t size);
	int (*write)(void *k, int dirfd, const char *name, const char *text);
	int (*mkdir)(void *k, int dirfd, const char *name);
	int (*rmdir)(void *k, int dirfd, const char *name);
	int (*chown)(void *k, int dirfd, const char *name, uid_t uid, gid_t gid);
	int (*chmod)(void *k, int dirfd, const char *name, mode_t mode);
	int (*access)(void *k, int dirfd, const char *name);	/* may this user write it? */
	/* Has the directory this extended attribute, with the value "1"? */
	bool (*marked)(void *k, int dirfd, const char *attr);
	/* All entries but "." and "..", in the order of the kernel. Takes no descriptor. */
	int (*list)(void *k, int dirfd, cgi_entry_fn fn, void *data);
	/* name "" is dirfd itself. Follows /proc/PID/root and /proc/PID/ns links. */
	int (*ident)(void *k, int dirfd, const char *name, struct cgi_ident *ret);

	/* Opens the namespace link `name` below dirfd; NULL: the parent of the namespace dirfd. */
	int (*ns)(void *k, int dirfd, const char *name);
	/* A number that no other namespace has or will have (Linux 6.18), else 0. */
	uint64_t (*ns_id)(void *k, int nsfd);
	/* Opens the user namespace of that ns_id and inode number. -ESTALE: it has ended. */
	int (*user_ns)(void *k, uint64_t id, uint64_t ino);

	/* Processes. -ENOSYS: no pidfd in this kernel (or a filter refuses it). */
	int (*pidfd)(void *k, pid_t pid);
	/* Unique number of the process behind a pidfd (Linux 6.9), else 0. */
	uint64_t (*pidfd_inode)(void *k, int pidfd);
	/* The number that a pidfd's process has here. -ESRCH: none, or it is collected; -EBADF */
	pid_t (*pidfd_pid)(void *k, int pidfd);
	/* By pidfd; pidfd -1 (no pidfd here): by number. */
	int (*signal)(void *k, int pidfd, pid_t pid, int sig);
	/* Threads of a v1 group by state, those outside our PID namespace included. */
	int (*counts)(void *k, int dirfd, struct cgi_counts *ret);

	/*
	 * Device programs of v2 groups. find: the one of that name at the directory itself,
	 * -ENOENT. attach: in the place of old, at once (-1: beside what is there).
	 */
	int (*prog_load)(void *k, const char *name, const struct bpf_insn *v, size_t n);
	int (*prog_find)(void *k, int dirfd, const char *name);
	int (*prog_attach)(void *k, int dirfd, int prog, int old);

	/* Time. poll: waits for POLLPRI/POLLIN on fd (-1: only time) until the deadline. */
	int (*poll)(void *k, int fd, short events, uint64_t deadline);
	int (*drain)(void *k, int fd);		/* a control file: not ready for POLLPRI any more */

	/*
	 * Being told of changes. set: is readable when one of its descriptors is; set_ready: the
	 * keys of those that are now, without waiting.
	 */
	int (*set)(void *k);
	int (*set_add)(void *k, int set, int fd, uint32_t key);
	int (*set_ready)(void *k, int set, uint32_t *keys, int n);
	/* timer_set: readable after so many microseconds, again and again; 0: never. */
	int (*timer)(void *k);
	int (*timer_set)(void *k, int fd, uint64_t usec);
	int (*eventfd)(void *k);
	/* How often a timer or eventfd has told since the last call; it is quiet then. */
	uint64_t (*count)(void *k, int fd);
	/*
	 * notify: each change of a control file, or (dir) each entry that goes from a directory; a
	 * number, the same for the same file. notices: what was told, and all of it.
	 */
	int (*notifier)(void *k);
	int (*notify)(void *k, int fd, int dirfd, const char *name, bool dir);
	void (*unnotify)(void *k, int fd, int wd);
	int (*notices)(void *k, int fd, cgi_notice_fn fn, void *data);
	/* A pressure file with a trigger of its own: ready for POLLPRI, once each time. */
	int (*trigger)(void *k, int dirfd, const char *name, const char *text);
	uint64_t (*now)(void *k);		/* monotonic microseconds */
	pid_t (*self)(void *k);
	uid_t (*euid)(void *k);

	const struct cgi_bus_verbs *bus;	/* NULL: no message bus in this world */
};

extern const struct cg_sys cgi_sys_real;

#endif
