/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world to test libcg in: a host of some shape, processes in it that do what members
 * do, and an observer that knows what became of them without asking libcg. There are
 * two, chosen when a test program is linked: world-fake.c, a model of the kernel, and
 * world-real-*.c, this machine. A test sees only this header and <libcg/cg.h>.
 */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libcg/cg.h>

/* What a stack is and can do; tests ask for these, and expect by them. */
#define W_GROUPS	(1U << 0)	/* cgroups track the members */
#define W_PROC		(1U << 1)	/* no cgroup: /proc does */
#define W_SURE		(1U << 2)	/* nobody can be missed: no CG_WEAK */
#define W_FREEZE	(1U << 3)	/* the kernel freezes */
#define W_STOPS		(1U << 4)	/* it does not: SIGSTOP stands in */
#define W_V2		(1U << 5)	/* the cgroup v2 tree is a part */
#define W_V1		(1U << 6)	/* some v1 hierarchy is */
#define W_FREEZER	(1U << 7)	/* the v1 freezer is */
#define W_KILLFILE	(1U << 8)	/* there is cgroup.kill */
#define W_PIDFD		(1U << 9)
#define W_ROOT		(1U << 10)	/* the caller is root */
#define W_FAKE		(1U << 11)	/* the model: w_fake() */
#define W_REAL		(1U << 12)
#define W_PIDNS		(1U << 13)	/* the group has its own PID namespace */
#define W_BRAKE		(1U << 14)	/* pids.max is in the stack */
#define W_SCOPE		(1U << 16)	/* systemd gives a place with the first process */
#define W_HELD		(1U << 17)	/* a mount keeps its namespace from ending */
#define W_ANCHOR	(1U << 15)	/* sure while a recorded process is not collected */

struct stack {
	const char *name;		/* "hybrid" */
	const char *driver;		/* for cg_ctx_set_driver(); NULL: the automatic choice */
	const char *expect;		/* cg_ctx_driver_name(); NULL: any */
	unsigned traits;
	unsigned ids;			/* for cg_identify() of the first member */
	const char *trees;		/* which hierarchies: the world's own words */
};

extern const struct stack world_stacks[];	/* name NULL at the end */
const struct stack *world_named(const char *name);	/* fails the test if there is none */

enum kind {
	K_SLEEP,		/* sleeps; catches every signal and counts it */
	K_CHAIN,		/* forks and ends, again and again */
	K_BOMB,			/* forks and stays, up to a bound, and so do its children */
	K_FORK_ON_SIGNAL,
	K_STOPPED,		/* by SIGSTOP */
	K_TRACED,		/* and stopped, by somebody outside */
	K_VFORK,		/* state D until its child ends */
	K_LEADERLESS,		/* the leader has exited, a thread lives */
	K_TWO_THREADS,
	K_SETSID,		/* a session of its own, the parent has ended: a daemon */
	K_UID,			/* another user id */
	K_NESTED,		/* has moved to a nested group that it made */
	K_NESTED_FROZEN,	/* which it froze */
	K_UNSHARED,		/* a mount namespace and root of its own */
	K_STORM,		/* 150 chains at once: sessions, double forks, other uids (real) */
	K_FLEE,			/* nests itself deeper and deeper, leaves children frozen (real) */
	K_PIDNS,		/* init of a nested PID namespace, with a child (real, root) */
	K_WORK,			/* goes on working, without forking: see w_progress() */
	K_NKINDS
};

struct world;
struct who;

/* NULL and the reason if this host cannot make it. */
struct world *world_start(const struct stack *s, const char **why);
void world_stop(struct world *w);			/* ends and removes everything */
const struct stack *world_stack(const struct world *w);
/* Runs fn(data) where this stack's caller is at home: here, or in a process of its own. */
int world_run(const struct stack *s, int (*fn)(void *data), void *data);

/* A new context, with the stack's drivers and base. NULL: there is none */
struct cg_ctx *world_ctx(struct world *w);
int world_ctx_try(struct world *w, struct cg_ctx **ret);	/* and why there is none */

/*
 * Processes. w_first() starts one, puts it into the group and identifies it; it sleeps as
 * K_SLEEP does. The others are its children, born in the group and in its namespaces;
 * w_add() returns when the child is what it shall be. w_spawn() starts one that is a
 * member of nothing yet; a stranger is never to be touched.
 */
struct who *w_first(struct world *w, struct cg *cg);
struct who *w_add(struct world *w, struct who *first, enum kind kind);
struct who *w_spawn(struct world *w);
struct who *w_stranger(struct world *w);
int w_pidfd(struct world *w, struct who *x);		/* a new one of libcg's caller */
void w_pidfd_close(struct world *w, int fd);
pid_t w_pid(struct who *x);				/* the number that libcg's caller sees */
void w_end(struct world *w, struct who *x);		/* it ends by itself */
bool w_dead(struct world *w, struct who *x);		/* past its exit */
/* How often a signal was delivered to it. Waits a little for the last one. */
unsigned w_got(struct world *w, struct who *x, int sig);

void w_forget(struct world *w);				/* the handles; collects the dead */

/* The observer. */
/* any, known by name or not; strangers are none */
bool w_members_left(struct world *w);
/* NULL: none was touched; else what happened */
const char *w_strangers(struct world *w);
unsigned w_open_fds(struct world *w);			/* of libcg's caller */
bool w_left_frozen(struct world *w);			/* any group of this test */
uint64_t w_now_ms(struct world *w);
void w_wait_ms(struct world *w, unsigned ms);
bool w_readable(struct world *w, int fd, unsigned ms);	/* POLLIN of libcg's, within the time */
/* Does anything change while nothing should? Counts what members did (chains: generations). */
unsigned long w_progress(struct world *w);

/* Groups behind libcg's back; path as given to cg_create(). */
bool w_dir_exists(struct world *w, const char *path);	/* in any hierarchy */
void w_dir_make(struct world *w, const char *path);	/* in every hierarchy of the stack */
int w_dir_remove(struct world *w, const char *path);
void w_caller_home(struct world *w);		/* libcg's caller, to where it was at first */
void w_dir_put(struct world *w, const char *path, struct who *x);	/* moves it there */
/*
 * In one hierarchy of several: the first that is not the v2 tree. "" is where it was born.
 * False, and it stays: there is only one.
 */
bool w_dir_put_one(struct world *w, const char *path, struct who *x);
/* Makes the group a threaded one and moves the second thread of x there (v2). */
bool w_dir_put_thread(struct world *w, const char *path, struct who *x);
int w_dir_freeze(struct world *w, const char *path, bool on);	/* -1: no freezer */
/* A value of a control file in the group's own hierarchy, "" if there is none. */
const char *w_dir_read(struct world *w, const char *path, const char *file);
/* All lines of it, good until the world is asked again. */
char *w_dir_read_all(struct world *w, const char *path, const char *file);
/* May a member of it do that ("rwm") with that device, 'c' or 'b'? Real: for root. */
bool w_allows(struct world *w, const char *path, char type, unsigned major, unsigned minor,
	      const char *access);
/* The path from the root of the hierarchy of a group that is given relative to the base. */
const char *w_absolute(struct world *w, const char *path);

/* ---- what makes it hard; "everywhere" is in every hierarchy of the stack ---- */
/* Groups one in the other, with names of len bytes; x (may be NULL) moves to the last. */
void w_dir_nest(struct world *w, const char *path, unsigned levels, unsigned len,
		struct who *x);
/* n beside each other; the fake kernel's, in all hierarchies together. */
void w_dir_crowd(struct world *w, const char *path, unsigned n);
/* Everywhere, of a control file where there is such a one; file "": the directory. */
void w_dir_mode(struct world *w, const char *path, const char *file, mode_t mode);
void w_dir_owner(struct world *w, const char *path, uid_t uid);
bool w_dir_rename(struct world *w, const char *path, const char *name);	/* v1; false: none */
int w_dir_write(struct world *w, const char *path, const char *file, const char *text);
/* In the hierarchy of these controllers only, "" is v2. False: there is none. */
bool w_dir_put_in(struct world *w, const char *controllers, const char *path, struct who *x);
bool w_is_in(struct world *w, const char *controllers, const char *path, struct who *x);
/* In the n-th hierarchy it is another user's, and closed, or one's own again. False: no such. */
bool w_dir_refuse(struct world *w, unsigned n, const char *path, bool refuse);
uid_t w_dir_uid(struct world *w, const char *path, const char *file);	/* -1: none */
/* n children (fake), fewer where there are several hierarchies to look at */
void w_crowd(struct world *w, struct who *first, unsigned n);
/* Processes that are started from now on have so many supplementary groups. */
void w_many_groups(struct world *w, unsigned n);
void w_fd_limit(struct world *w, int n);	/* so many more may be open; -1: as at first */

enum elsewhere {
	AT_HOME,		/* real: in another process */
	AT_PROC_PID_ONLY,	/* /proc is mounted with subset=pid: no boot_id, no loadavg */
	AT_PROC_SYS_MOUNTED,	/* /proc/sys is a procfs mount of its own, as in a container */
	AT_LOADAVG_FAKED,	/* a file is bound on /proc/loadavg, as lxcfs does */
	AT_CGROUPNS,		/* in another cgroup namespace, with mounts of its own */
	AT_COVERED,		/* a tmpfs covers /sys/fs/cgroup */
	AT_UNMOUNTED,		/* no hierarchy is mounted */
	AT_HIDEPID,		/* /proc hides other users' processes, also from this root */
	AT_PLACES,		/* so many in which a group that was saved may be out of sight */
	AT_V1_COVERED = AT_PLACES,	/* a group of v2, "cover", over a v1 hierarchy */
	AT_LONG_ROOT,		/* mounts show a group with a path of 1,000 bytes */
};
/*
 * Runs fn there and returns what it returned; -ENOSYS: this world cannot. Needs root or the
 * fake kernel. What fn changes in memory is lost: it may be another process.
 */
int w_elsewhere(struct world *w, enum elsewhere where, int (*fn)(struct world *w, void *data),
		void *data);

struct fk *w_fake(struct world *w);			/* NULL in the real world */
/*
 * What the kernel counts, n times: a process of the group killed for memory, a fork refused.
 * The group has a limit that makes it so. False: this world cannot.
 */
bool w_oom(struct world *w, const char *path, unsigned n);
bool w_pids_hit(struct world *w, const char *path, unsigned n);
bool w_high(struct world *w, const char *path, unsigned n);	/* fake */
/* Members wait for "cpu" or "memory", long enough for any trigger. */
bool w_pressure(struct world *w, const char *path, const char *resource);
void w_notices(struct world *w, unsigned n);	/* so many files can be watched; fake */
unsigned w_looks(struct world *w);		/* how many files were read; fake */
/* What stands between libcg and the fake kernel in contexts made from now on. */
struct cg_sys;
void w_wrap(struct world *w, const struct cg_sys *sys, void *cookie);

#endif
