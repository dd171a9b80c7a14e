/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes the processes of a container: namespaces, root file system, credentials.
 * Knows nothing of cgroups or state: whoever calls is shown each process while it
 * waits, and may refuse it. A process whose caller dies ends by itself.
 */
#ifndef CGRUN_LAUNCH_H
#define CGRUN_LAUNCH_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "spec.h"

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
/* The listener of a seccomp filter, borrowed, for who answers. Negative: the sentence is set. */
typedef int (*launch_notify_fn)(void *data, pid_t pid, int fd, struct err *e);

struct launch {
	const struct spec *spec;
	const struct spec_process *process;	/* of the container or of the exec */
	struct json_object *seccomp;		/* of the container; NULL: no filter */
	int state_fd;				/* directory for "exec.fifo"; else -1 */
	int console_fd;				/* connected --console-socket, or -1 */
	unsigned preserve_fds;			/* beyond 0-2 (and LISTEN_FDS) */
	bool detach;				/* the caller will exit before the process */
	bool no_pivot;
	long personality;			/* PER_*, -1: as it is */
	const char *keyring;			/* session keyring, NULL: the caller's */
	bool tag_userns;			/* org.libcg.tag=userns: enter one last of all */
	launch_fn fn;
	launch_warn_fn warn;			/* may be NULL, as fn */
	/* The state for hooks that run inside, to put. Called in the child. */
	struct json_object *(*state)(void *data, const char *status, pid_t pid);
	launch_notify_fn notify;		/* may be NULL where no filter has a listener */
	void *data;
};

/*
 * To be called before anything else by a verb that will enter a container: comes back in
 * a process whose own file the container cannot change, which may be a new one.
 */
int launch_seal(char **argv, struct err *e);

/*
 * create: on return init waits for `start` in opening exec.fifo for writing. Its
 * parent is the caller. The program is looked up already, so that a missing one
 * is an error here.
 */
int launch_create(const struct launch *l, pid_t *init, struct err *e);

/*
 * start: opens the fifo, waits until init has exec'd (its error otherwise). alive(data)
 * returns 0 while init lives. Removes the fifo. -ENOENT: started before.
 */
int launch_start(int state_fd, int (*alive)(void *), void *data, struct err *e);

/* exec: a process beside a running init, in the namespaces of it. The caller is its parent. */
int launch_exec(const struct launch *l, pid_t init, pid_t *ret, struct err *e);

#endif
