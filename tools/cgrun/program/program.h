/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program of a container or of an exec: what the kernel keeps for its process, and how
 * it is found and begun.
 */
#ifndef CGRUN_PROGRAM_H
#define CGRUN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/filter.h>

#include "base/base.h"
#include "config/config.h"

/*
 * linux.seccomp as a filter: made by the parent from the configuration, so that what is
 * wrong with it is said before anything runs, and loaded by the container's process.
 */
struct filter {
	struct sock_filter *insn;
	unsigned short n;		/* 0: no filter */
	unsigned flags;			/* SECCOMP_FILTER_FLAG_* */
	bool notify;			/* somebody outside answers for some calls */
	volatile int *taken;		/* shared: the parent has the listener (1) or not (-1) */
};

struct program {
	const struct spec *spec;	/* NULL: exec */
	const struct spec_process *p;
	struct filter filter;		/* made by the parent, loaded by the child */
	const char *keyring;		/* session keyring, NULL: the caller's */
	long personality;		/* PER_*, -1: as it is */
	const struct spec_mempolicy *mempolicy;	/* NULL, or not given: as it is */
	unsigned n_listen;		/* LISTEN_FDS */
	bool keep_groups;		/* the caller's supplementary groups stay */
	/* To the parent, over sock: a warning; the number that the filter's listener will have. */
	int sock;
	void (*warn)(int sock, const char *text);
	void (*listener)(int sock, int number);

	/* Of the child alone: */
	int root;			/* the container's, for its /etc/passwd */
	bool seen;			/* nobody but an ordinary caller can look at us */
	int attr;			/* the caller's /proc, for a label; or -1 */
	char **env;
	char *program;			/* what args[0] was found to be */
};

/* ---- filter.c, filter-prefix.c ---- */

/* section NULL: none is asked for. */
int filter_compile(struct json_object *section, struct filter *ret, struct err *e);
void filter_free(struct filter *f);

/* What answers ENOSYS to calls that are newer than any that the configuration names. */
struct filter_arch { uint32_t token; int64_t newest; };
size_t filter_prefix(const struct filter_arch *arch, size_t n, struct sock_filter *out);
#define FILTER_PREFIX_MAX(n_arch)	(1 + 9 * (n_arch))

/* For `features`: the i-th name, NULL after the last. */
const char *filter_action_name(size_t i);
const char *filter_operator_name(size_t i);
const char *filter_arch_name(size_t i);
const char *filter_flag_name(size_t i);

/* ---- filter-load.c ---- */

/*
 * early: still privileged, for a process that may gain privileges by exec; late: the last
 * step, for one that may not. deliver: the parent's side of a listener, which fn gets.
 */
int filter_early(struct program *c, struct err *e);
int filter_late(struct program *c, struct err *e);
/* The listener of a seccomp filter, borrowed, for who answers. Negative: the sentence is set. */
typedef int (*filter_notify_fn)(void *data, pid_t pid, int fd, struct err *e);
int filter_deliver(const struct filter *f, int sock, pid_t pid, int number, filter_notify_fn fn,
		   void *data, struct err *e);

/* ---- label.c ---- */

/* open: while the caller's /proc is there; the label is of the program only. */
int label_open(struct program *c, struct err *e);
int label_set(const struct program *c, struct err *e);

/* ---- sched.c ---- */

/* cpus: of an exec, before and after it is in its group. */
int sched_cpus(const struct program *c, bool final, struct err *e);
int sched_clocks(const struct spec *s, struct err *e);
int sched_apply(const struct program *c, struct err *e);

/* ---- identity.c: credentials and limits, in the order in which they must be ---- */

int process_limits(struct program *c, struct err *e);
/* Those that would be in the way of hooks. */
int process_last_limits(struct program *c, struct err *e);
/* Enters the working directory too, as whoever may: nothing of ours may be open any more. */
int process_identity(struct program *c, struct err *e);

/* ---- exec.c ---- */

int exec_env(struct program *c, struct err *e);
/* The home directory of a user, to free, or NULL. The text of /etc/passwd is cut up. */
char *exec_home(char *passwd, uid_t uid);
int exec_find(struct program *c, struct err *e);
/* Returns only if it failed. */
int exec_now(struct program *c, struct err *e);

#endif
