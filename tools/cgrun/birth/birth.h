/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the processes of a container: namespaces, root file system, credentials.
 * Knows nothing of cgroups or state: whoever calls is shown each process while it
 * waits, and may refuse it. A process whose caller dies ends by itself.
 */
#ifndef CGRUN_BIRTH_H
#define CGRUN_BIRTH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"

enum launch_stage {
	LAUNCH_BORN,	/* the first process, still in the caller's namespaces, with its uid */
	LAUNCH_INIT,	/* init (or the exec'd process) is in its namespaces, not its root */
	LAUNCH_ROOTFS,	/* create: its root is mounted and not yet entered; if there are hooks */
	LAUNCH_READY,	/* create: set up, about to wait on the fifo; its identity is final */
};

/* 0: go on. Negative: give up; the sentence is set. */
typedef int (*launch_fn)(void *data, enum launch_stage stage, pid_t pid, struct err *e);
/* What could not be granted and is no error (capabilities, oomScoreAdj): one sentence. */
typedef void (*launch_warn_fn)(void *data, const char *text);

struct launch {
	const struct spec *spec;
	const struct spec_process *process;	/* of the container or of the exec */
	struct json_object *seccomp;		/* of the container; NULL: no filter */
	int state_fd;				/* directory for the fifos of start; else -1 */
	int *start;				/* [2]: pipes for launch_start_own(); NULL: fifos */
	int console_fd;				/* connected --console-socket, or -1 */
	unsigned preserve_fds;			/* beyond 0-2 (and LISTEN_FDS) */
	bool detach;				/* the caller will exit before the process */
	bool no_pivot;
	bool keep_groups;			/* the caller's supplementary groups */
	long personality;			/* PER_*, -1: as it is */
	const struct spec_mempolicy *mempolicy;	/* NULL: the caller's */
	const char *keyring;			/* session keyring, NULL: the caller's */
	bool tag_userns;			/* org.libcg.tag=userns: enter one last of all */
	launch_fn fn;
	launch_warn_fn warn;			/* may be NULL, as fn */
	/* The state for hooks that run inside, to put. Called in the child. */
	struct json_object *(*state)(void *data, const char *status, pid_t pid);
	filter_notify_fn notify;		/* may be NULL where no filter has a listener */
	/* Ends a child that does not end by itself: one that somebody has stopped. */
	void (*end)(void *data, pid_t pid);
	bool no_deadline;			/* it may be frozen for as long as it likes */
	void *data;
};

/*
 * To be called before anything else by a verb that will enter a container: comes back in
 * a process whose own file the container cannot change, which may be a new one.
 */
int launch_seal(char **argv, struct err *e);

/*
 * create: on return init waits for `start`. Its parent is the caller. The program is looked
 * up already, so that a missing one is an error here.
 */
int launch_create(const struct launch *l, pid_t *init, struct err *e);

/*
 * start: waits until init has exec'd (its error otherwise, as -ENOEXEC). alive(data) returns
 * 0 while init lives. -ENOENT: started before; -EAGAIN: init does not answer, and will not
 * start; -ETIMEDOUT: it has begun to, and does not come to an end.
 */
int launch_start(int state_fd, int timeout_ms, int (*alive)(void *), void *data, struct err *e);
/* The same by the pipes of launch.start, which it closes: an init that was not started exits. */
int launch_start_own(int pipe[2], int timeout_ms, int (*alive)(void *), void *data,
		     struct err *e);

/* Does an init wait there for its start? */
bool launch_waits(int state_fd);

/* exec: a process beside a running init, in the namespaces of it. The caller is its parent. */
int launch_exec(const struct launch *l, pid_t init, pid_t *ret, struct err *e);

/* ---- within the room ---- */

/*
 * The caller of launch_*() is "we" or the parent;
 * the child is the process that becomes the container's: in one step, or through a stage
 * that joins namespaces first. Nobody of them outlives the parent before it is finished:
 * PR_SET_PDEATHSIG, and each wait also ends when the other end of the socket closes.
 */
/* A namespace to join. */
struct ns_join {
	int flag;		/* CLONE_NEW* */
	int fd;
	char what[48];		/* where it is asked for, for messages */
};

struct ns_plan {
	struct ns_join join[SPEC_N_NS];
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
	int fifo[2];			/* exec.fifo and exec.answer, or -1 */
	bool ordinary;			/* the caller is no root, of no user namespace */
	/* Of the child alone: who writes the maps of the tag, and how it is told to */
	pid_t writer;
	int writer_go;
	unsigned n_fds;			/* all that are kept, from 3 on */
	unsigned highest_fd;		/* without close_range(): of the caller's; else UINT_MAX */
	struct rootfs root;
	struct program prog;
};

/* ---- channel.c: packets between parent and child ---- */

#define CHAN_TICK_MS	250

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
/* The parent's: 1 and the sender, 0 at the end, -EAGAIN after a tick without a packet. */
int chan_recv(int fd, struct chan_msg *msg, pid_t *sender);

/* Who says something: the process before the last, the last, or a process that is both. */
#define CHAN_STAGE	1u
#define CHAN_FINAL	2u
struct chan_rules {
	unsigned may;		/* 1 << CHAN_*: what this launch gives reason to say */
	unsigned said, warnings;
};
/* -EBADMSG: it may not say that, now or at all. */
int chan_check(struct chan_rules *r, const struct chan_msg *m, unsigned from, struct err *e);
int chan_go(int fd);

/* ---- ns.c ---- */

const char *ns_name(int flag);
int ns_plan_create(struct ns_plan *plan, const struct spec *s, struct err *e);
int ns_plan_exec(struct ns_plan *plan, pid_t init, struct err *e);
void ns_plan_close(struct ns_plan *plan);
int ns_join(const struct ns_plan *plan, struct err *e);

/* ---- stage.c: the child begins here ---- */

void stage_main(struct child *c) __attribute__((noreturn));
/* May an ordinary caller look at the child, since nobody else can? */
bool stage_is_seen(const struct child *c);

/* ---- init.c ---- */

int init_create(struct child *c, struct err *e);
int init_exec(struct child *c, struct err *e);

/* ---- netlo.c ---- */

/* Brings "lo" of the network namespace we are in up. */
int netlo_up(void);

/* ---- netdev.c ---- */

/* The parent's: linux.netDevices into the network namespace of that process. */
int netdev_move(const struct spec *s, pid_t pid, struct err *e);

/* ---- fds.c ---- */

/* check: in the parent, before anything is opened. */
int fds_check(struct child *c, struct err *e);
/* The child's first: closes the parent's end, and learns how others can be closed. */
void fds_close_one(struct child *c, int fd);
/* keep: ours to the end, close-on-exec; is sorted. */
void fds_close(const struct child *c, int *keep, size_t n);

/* ---- fifo.c ---- */

/* The parent's: fd[0] and fd[1] are for init alone. */
int fifo_make(int dir, int fd[2], struct err *e);
/* Two pipes in place of the fifos: the ends of init, and those of the parent. */
int pipe_make(int init[2], int ours[2], struct err *e);
/* Init's: until it is started. */
int fifo_wait(const int fd[2]);

/* ---- tag.c: the user namespace of org.libcg.tag ---- */

/* While we are still who the caller is. */
int tag_prepare(struct child *c, struct err *e);
int tag_enter(struct child *c, struct err *e);

#endif
