/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Seen only by the files behind launch.h. The caller of launch_*() is "we" or the parent;
 * the child is the process that becomes the container's: in one step, or through a stage
 * that joins namespaces first. Nobody of them outlives the parent before it is finished:
 * PR_SET_PDEATHSIG, and each wait also ends when the other end of the socket closes.
 */
#ifndef CGRUN_INIT_H
#define CGRUN_INIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "filter.h"
#include "launch.h"

#define NS_MAX	8

/* A namespace to join. */
struct ns_join {
	int flag;		/* CLONE_NEW* */
	int fd;
	char what[48];		/* where it is asked for, for messages */
};

struct ns_plan {
	struct ns_join join[NS_MAX];
	size_t n_join;
	int create;		/* CLONE_NEW* to make */
	bool stage;		/* a process in between, to join before the last one is born */
	bool join_user, join_pid;
	uint64_t first, second;	/* those of `create` to make with clone(), if there is a second */
};

struct child {
	const struct launch *l;
	const struct spec *spec;	/* NULL: exec */
	const struct spec_process *p;
	struct ns_plan ns;
	int sock;			/* to the parent */
	struct filter filter;		/* made by the parent, loaded by the child */
	int *sources;			/* of bind mounts, opened by the parent; -1: not */
	unsigned n_listen, n_fds;	/* LISTEN_FDS; all that are kept, from 3 on */

	/* Of the child alone: */
	int fifo;			/* O_PATH of exec.fifo, or -1 */
	int rootfs;			/* O_PATH of spec->rootfs */
	int root;			/* root of the container's mounts */
	int attr;			/* the caller's /proc, for a label; or -1 */
	int devpts, proc;		/* roots of these mounts, or -1 */
	bool no_mknod;			/* the kernel said EPERM once */
	int *late_ro;			/* tmpfs to be made read-only at the end, by mount; or -1 */
	char **env;
	char *program;			/* what args[0] was found to be */
};

/* Sets "WHAT: reason of code", but for ENOENT: engines take those words for a missing program. */
int fail(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
const char *reason(int code);

/* chan.c: packets between parent and child. */
enum chan_kind {
	CHAN_MAP = 1,		/* write my user namespace's maps */
	CHAN_TAG,		/* the same for the identity maps of the tag */
	CHAN_INIT, CHAN_ROOTFS, CHAN_READY,	/* as LAUNCH_* */
	CHAN_ERROR,		/* the last one; text and code */
	CHAN_WARN,		/* text; not answered */
	CHAN_NOTIFY,		/* code: the number my listener will have; see filter-load.c */
	CHAN_LAST,		/* the program comes next; not answered */
};
struct chan_msg {
	int kind, code;
	char text[1024];
};
int chan_open(int fd[2]);
/* The child's: sends, and waits for the answer. Negative: the parent is gone or refused. */
int chan_ask(int fd, enum chan_kind kind);
int chan_wait(int fd);
void chan_tell(int fd, enum chan_kind kind, int code, const char *text);
/* The parent's: 1 and the sender, 0 at the end. */
int chan_recv(int fd, struct chan_msg *msg, pid_t *sender);
int chan_go(int fd);

/* ns.c */
const char *ns_name(int flag);
int ns_plan_create(struct ns_plan *plan, const struct spec *s, struct err *e);
int ns_plan_exec(struct ns_plan *plan, pid_t init, struct err *e);
void ns_plan_close(struct ns_plan *plan);
int ns_join(const struct ns_plan *plan, struct err *e);

/* idmap.c: the parent's side of a new user namespace. */
int idmap_write(pid_t pid, const struct spec *s, struct err *e);
int idmap_write_identity(int proc, const char *pid, struct err *e);
bool idmap_is_initial(void);

/* stage.c: the child begins here. */
void stage_main(struct child *c) __attribute__((noreturn));

/* init.c */
int init_create(struct child *c, struct err *e);
int init_exec(struct child *c, struct err *e);

/* rootfs.c, mount.c, mount-idmap.c, cgmount.c, copyup.c, device.c */
int rootfs_open(struct child *c, struct err *e);
int rootfs_setup(struct child *c, struct err *e);
int rootfs_enter(struct child *c, struct err *e);
int mount_open_sources(const struct spec *s, int **fds, struct err *e);
/* Maps the ids of a mount that is nowhere yet, as the configuration has it. */
int mount_idmap(int mount, const struct spec *s, const struct spec_mount *m, struct err *e);
int mount_all(struct child *c, struct err *e);
int mount_late(struct child *c, struct err *e);
int mount_cgroup(struct child *c, size_t index, struct err *e);
/* The contents of one directory, into an empty one. */
int copy_up(int from, int to);
int device_all(struct child *c, struct err *e);
/* fd is this character device. */
bool device_is(int fd, unsigned major, unsigned minor);
int mask_all(struct child *c, struct err *e);

/* label.c; open: while the caller's /proc is there; the label is of the program only. */
int label_open(struct child *c, struct err *e);
int label_set(const struct child *c, struct err *e);

/* sched.c; cpus: of an exec, before and after it is in its group. */
int sched_cpus(const struct child *c, bool final, struct err *e);
int sched_clocks(const struct spec *s, struct err *e);
int sched_apply(const struct child *c, struct err *e);

/* tty.c */
int tty_setup(struct child *c, struct err *e);

/* netlo.c: brings "lo" of the network namespace we are in up. */
int netlo_up(void);

/* process.c: credentials and limits, in the order in which they must be. */
int process_limits(struct child *c, struct err *e);
int process_identity(struct child *c, struct err *e);
int process_cwd(struct child *c, struct err *e);

/* exec.c */
int exec_env(struct child *c, struct err *e);
int exec_find(struct child *c, struct err *e);
/* Returns only if it failed. */
int exec_now(struct child *c, struct err *e);

/*
 * filter-load.c. early: still privileged, for a process that may gain privileges by exec;
 * late: the last step, for one that may not. deliver: the parent's side of a listener.
 */
int filter_early(struct child *c, struct err *e);
int filter_late(struct child *c, struct err *e);
int filter_deliver(const struct child *c, int sock, pid_t pid, int fd, struct err *e);

/* fds.c; check: in the parent, before anything is opened. */
int fds_check(struct child *c, struct err *e);
void fds_close(const struct child *c, int keep[3]);

/* fifo.c */
int fifo_wait(struct child *c, int *fd);

#endif
