/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every room of cgrun uses and what knows nothing of containers: errors, files, system
 * calls, sockets, the log, JSON, hooks.
 */
#ifndef CGRUN_BASE_H
#define CGRUN_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/types.h>

#include <json-c/json.h>
#include <linux/openat2.h>
#ifndef OPEN_TREE_CLONE		/* glibc before 2.36 */
#include <linux/mount.h>
#endif
#ifndef MOUNT_ATTR_IDMAP	/* Linux 5.12 */
#define MOUNT_ATTR_IDMAP	0x00100000
struct mount_attr {
	uint64_t attr_set, attr_clr, propagation, userns_fd;
};
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW		256
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW	/* Linux 5.14 */
#define MOUNT_ATTR_NOSYMFOLLOW	0x00200000
#endif

#include "err.h"

/* ---- error.c ---- */

/* Sets "WHAT: reason of code", but for ENOENT: engines take those words for a missing program. */
int fail(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *reason(int code);
int no_memory(struct err *e);

/* ---- file.c ---- */

/*
 * A whole regular file of at most max bytes as text to free, with NUL behind it. Or a sentence
 * without the path: -ENOENT; -EINVAL: it is something else; -EFBIG; -EPERM: FILE_OURS, and others
 * may have written it. A pipe is read by read_fd alone, to its end.
 */
#define FILE_OURS	1u	/* the caller's or root's, and no link */
int file_read(int dirfd, const char *path, unsigned flags, size_t max, char **text, size_t *len,
	      struct err *e);
int file_read_open(int fd, unsigned flags, size_t max, char **text, size_t *len, struct err *e);
int file_read_fd(int fd, size_t max, char **text, size_t *len, struct err *e);
struct stat;
bool file_is_ours(const struct stat *st);

/* A small file of the kernel as text, its length; -E2BIG. And a text written with one write(2). */
ssize_t read_text(int dirfd, const char *path, char *buf, size_t size);
int write_text(int dirfd, const char *path, const char *text);
/* Is the word one of those that commas divide in the first size bytes of list? */
bool has_word(const char *list, size_t size, const char *word, size_t len);

/* ---- child.c ---- */

/* Until it has ended, by then: -ETIMEDOUT. deadline: of now_ms(). */
int wait_child(pid_t pid, uint64_t deadline, int *status);
/* Kills the child and all its descendants, and collects the child. what: for the warning. */
void end_child(pid_t pid, const char *what);

/* ---- sys.c ---- */

/*
 * System calls that not every C library has a function for. Each returns its result
 * or -errno; descriptors are close-on-exec.
 */

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
/* name "": dir itself; a link is not followed. */
int sys_move_mount(int mount_fd, int dir, const char *name);
int sys_mount_setattr(int fd, bool recursive, uint64_t set, uint64_t clear,
		      uint64_t propagation);
/* For a mount that is nowhere yet. */
int sys_mount_idmap(int fd, bool recursive, int userns);
int sys_fsopen(const char *type);
int sys_fsconfig(int fd, unsigned cmd, const char *key, const char *value);
int sys_fsmount(int fd, uint64_t attr);

int sys_ioprio_set(int class, int level);
/* nodes NULL: none */
int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long max);
/* As struct sched_attr of the kernel. */
struct sys_sched {
	uint32_t policy, priority;
	int32_t nice;
	uint64_t flags, runtime, deadline, period;
};
int sys_sched_setattr(const struct sys_sched *s);
/*
 * A session keyring of that name, made if there is none that we may search, no matter whose;
 * NULL: a new one. Its number.
 */
int sys_keyring_join(const char *name);
/* "keyring;UID;GID;PERMISSIONS;NAME", its length. */
int sys_keyring_describe(int ring, char *buf, size_t size);
int sys_keyring_setperm(int ring, unsigned perms);

/* Also for those that the C library keeps to itself, and a caller may have us ignore. */
void sys_default_action(int sig);

/* A filter for this thread from now on. With SECCOMP_FILTER_FLAG_NEW_LISTENER: a descriptor. */
struct sock_fprog;
int sys_seccomp(unsigned flags, const struct sock_fprog *prog);
int sys_pidfd_open(pid_t pid);
/* The descriptor `fd` of another process, close-on-exec (Linux 5.6). */
int sys_pidfd_getfd(int pidfd, int fd);

uint64_t now_ms(void);		/* of the monotonic clock */

/* ---- log.c ---- */

/*
 * What engines read of us besides the answer. With --log everything goes to that
 * file and stderr stays silent but for the last error: State() of go-runc parses
 * stdout and stderr together.
 */

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* file NULL: stderr; format, level NULL: text, info. */
int log_open(const char *file, const char *format, const char *level, bool debug,
	     struct err *e);

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The error that ends the program: in the log, and bare on stderr if that is not the log. */
void log_fatal(const char *msg);

#define log_debug(...)	log_msg(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_INFO, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_WARN, __VA_ARGS__)

/* ---- node.c: a list of strings ---- */

struct strv { char **v; size_t n; };		/* v is NULL-terminated */

int strv_add(struct strv *v, char *s);	/* takes s over, also when it fails */
int strv_move(struct strv *to, struct strv *from);
void strv_free(struct strv *v);

/* ---- node.c, json-text.c ---- */

/*
 * JSON that somebody else wrote. A node is a value together with the way to it, so
 * that whatever is wrong with it can be said with its path ("process.args[0]: …").
 * Nodes live on the stack, each pointing to the one that it was reached from.
 */

struct node {
	struct json_object *json;	/* NULL: absent, or null, which is the same */
	const struct node *up;
	const char *key;		/* NULL: element `index` of an array */
	size_t index;
};

/*
 * Text to a tree, an object on top, or one sentence. What JSON allows and json-c loses is refused:
 * a key twice, NUL in a string, an integer that no 64 bits can hold; and what would
 * cost too much memory or stack. text[len] is NUL.
 */
int json_parse(const char *text, size_t len, const char *where, struct json_object **ret,
	       struct err *e);
/* The same for a regular file, and for standard input to its end. */
#define JSON_MAX	(16u << 20)
int json_load(const char *file, const char *where, struct json_object **ret, struct err *e);
int json_load_stdin(const char *where, struct json_object **ret, struct err *e);

/* -EINVAL with "PATH: sentence". */
int node_fail(const struct node *n, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A line "PATH: sentence" added to a list. -ENOMEM */
int node_warn(const struct node *n, struct strv *list, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct node node_item(const struct node *array, size_t index);
size_t node_length(const struct node *array);		/* 0 where there is none */

#define NODE_NEEDED	1u	/* absent is an error */
#define NODE_ABSOLUTE	2u	/* a path from the root that the kernel can take */

/* Members of an object. Absent: 0, and *ret stays (a node is set, with json NULL). */
int node_member(const struct node *up, const char *key, unsigned flags, enum json_type type,
		struct node *ret, struct err *e);
int node_object(const struct node *up, const char *key, unsigned flags, struct node *ret,
		struct err *e);
int node_array(const struct node *up, const char *key, unsigned flags, struct node *ret,
	       struct err *e);
int node_bool(const struct node *up, const char *key, bool *ret, struct err *e);
int node_int(const struct node *up, const char *key, unsigned flags, int64_t min, int64_t max,
	     int64_t *ret, struct err *e);
int node_u64(const struct node *up, const char *key, unsigned flags, uint64_t *ret,
	     struct err *e);
/* An empty string is as good as none. */
int node_str(const struct node *up, const char *key, unsigned flags, char **ret, struct err *e);
int node_strv(const struct node *up, const char *key, unsigned flags, struct strv *ret,
	      struct err *e);

/* A string that must be there, borrowed, and the node of it. */
int node_word(const struct node *up, const char *key, struct node *n, const char **ret,
	      struct err *e);

/* The value itself. */
int node_is_object(const struct node *n, struct err *e);
int node_text(const struct node *n, const char **ret, struct err *e);	/* borrowed */
int node_number(const struct node *n, int64_t min, int64_t max, int64_t *ret, struct err *e);
int node_dup(const struct node *n, char **ret, struct err *e);
/* All strings of an array, each to free with the list. */
int node_strings(const struct node *array, unsigned flags, struct strv *ret, struct err *e);

/* ---- hooks.c ---- */

/*
 * Programs that the configuration wants run at six points of a container's life. One that
 * fails or takes longer than it may is an error; the latter ends, with all that it started. The
 * working directory is the bundle, within the container what it is there.
 */

/* The i-th point, NULL after the last. */
const char *hooks_point(size_t i);

/* hooks: the object of the configuration; may have no json. */
int hooks_check(const struct node *hooks, struct err *e);

/* Milliseconds that all hooks of that point may take together, which may be very many. */
int hooks_time(struct json_object *hooks, const char *point);
struct hooks_how {
	const char *cwd;		/* NULL: the bundle */
	char *const *env;		/* of those that the configuration gives none */
	void (*failed)(const char *text);	/* of each that fails; NULL: the first ends it */
	int (*last)(void *data);	/* in the hook's process, before its program; may be NULL */
	void *data;
};

/* All hooks of that point, in order, each with state as its standard input. hooks may be NULL. */
int hooks_run(struct json_object *hooks, const char *point, struct json_object *state,
	      const struct hooks_how *how, struct err *e);

/* ---- console.c ---- */

/* Is what is asked for possible? socket NULL: not given. */
int console_check(bool terminal, bool detach, const char *socket, struct err *e);
/* option: where the path is from, for messages. */
int console_connect(const char *option, const char *path, int *fd, struct err *e);
/* --pidfd-socket: a descriptor of the process, with that text. path NULL: nothing to do. */
int console_send_pidfd(const char *path, pid_t pid, const char *text, struct err *e);
/* One message of one descriptor. */
int console_send(int sock, const char *text, int fd);
/* Both ends of a socket for a terminal of our own; then what came through it. */
int console_pair(int sv[2], struct err *e);
int console_receive(int fd, int *master, struct err *e);

/* ---- pidfile.c ---- */

int pidfile_write(const char *path, pid_t pid, struct err *e);

#endif
