/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libcg: find, freeze, signal and kill every process of a control group, on
 * every kind of Linux host, in bounded time.
 *
 * Every function that returns int returns 0 on success, CG_WEAK (1) when it did
 * its work on the word of a capability that may miss somebody, or a negative
 * errno from the list in cg_errors(7); cg_errmsg() then says what failed, where
 * and why. Output parameters come last and are written only on success, unless
 * the function says otherwise.
 *
 * Times are milliseconds. 0 means one attempt without waiting; a negative
 * timeout is -EINVAL: nothing here waits for ever.
 *
 * A context and everything made from it belongs to one thread at a time; two
 * contexts are independent. Nothing here changes signal handlers, the working
 * directory, the environment or the umask, prints, forks or starts a thread.
 *
 * "A group" means its whole subtree, nested groups included, unless CG_HERE.
 */
#ifndef LIBCG_CG_H
#define LIBCG_CG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct cg_ctx;			/* a view of this host for this user */
struct cg;			/* one group */
struct cg_watch;		/* what happens to groups */

#define CG_WEAK		1	/* done, but somebody may have been missed */

/* ---- context ---------------------------------------------------------- */

typedef void (*cg_log_fn)(void *data, const char *line);
typedef int (*cg_info_fn)(void *data, const char *key, const char *value);

/*
 * Looks at the host and chooses the stack of drivers that this user can use, by
 * asking what may be written. Changes nothing. -ENODEV, -ENOMEM.
 */
int cg_ctx_new(struct cg_ctx **ret);

/* Drops the caller's hold; open groups keep the context alive. NULL is fine. */
void cg_ctx_free(struct cg_ctx *ctx);

/*
 * Uses these drivers, strongest first, instead of the automatic choice: for
 * example "v2", "v2,v1,proc", "proc"; "systemd" alone stands for it and all that there
 * is. Before the first group. -EINVAL for an unknown name, -ENODEV where one of them
 * cannot work here.
 *
 * With systemd, a group gets its place when the first process is attached: a delegated
 * scope, named by the path or, if that is "slice:prefix:name", as the OCI runtimes do.
 */
int cg_ctx_set_driver(struct cg_ctx *ctx, const char *stack);

/*
 * Where paths without a leading slash start, in every hierarchy. The default is
 * the root of a hierarchy where this user may write there, else the caller's
 * own group. -EINVAL.
 */
int cg_ctx_set_base(struct cg_ctx *ctx, const char *path);

/*
 * The D-Bus address of the systemd that manages this user's units, in place of the
 * default: the system's bus for root, else /run/user/UID/bus. Programs pass what their
 * environment says; the library does not read it. Before the first group. -EINVAL, -EBUSY.
 */
int cg_ctx_set_bus(struct cg_ctx *ctx, const char *address);

/*
 * A trace for debugging, a line each: what was probed, each round of a kill, each freeze and
 * removal, and each failure. NULL: none.
 */
void cg_ctx_set_log(struct cg_ctx *ctx, cg_log_fn fn, void *data);

/* The drivers in use, "v2,v1,proc"; lives as long as the context. */
const char *cg_ctx_driver_name(const struct cg_ctx *ctx);

/*
 * Tells what this host has, as pairs of key and value: "mode" (unified, hybrid,
 * legacy, none), "mount", "tree" (a place where this user may make groups),
 * "absent" (a driver and why it cannot be used), "kernel.<feature>" ("yes",
 * "no") and so on. A key may come more than once. Stops when fn returns non-zero
 * and returns that. Changes nothing.
 */
int cg_info(struct cg_ctx *ctx, cg_info_fn fn, void *data);

/* The sentence of the last failure on this context; never NULL. Valid until the
 * next call on the context. */
const char *cg_errmsg(const struct cg_ctx *ctx);

const char *cg_version(void);

/* ---- groups ----------------------------------------------------------- */

/*
 * A path names the same place in every hierarchy. Without a leading slash it is
 * below the base, with one below the root of the hierarchy as this process sees
 * it. Empty components, "." and ".." are -EINVAL.
 */
#define CG_PARENTS	(1U << 0)	/* create: make missing parents as well */
#define CG_REUSE	(1U << 1)	/* create: take one that exists, is empty and not frozen */
#define CG_ADOPT	(1U << 2)	/* open: take charge: it may be changed and killed */
#define CG_HERE		(1U << 3)	/* procs, signal: not its subtree; list: one level of it */
#define CG_IF_EMPTY	(1U << 4)	/* delete: -EBUSY if somebody lives, instead of killing */
#define CG_SKIP_REPLACED (1U << 5)	/* restore: leave out what is somebody else's by now */
#define CG_COUNT	(1U << 6)	/* list: count the processes of every group */

/*
 * Makes a group in every hierarchy of the stack. A part that this user may not
 * make is left out, with the reason in cg_caps(); if none is left, the first
 * reason is the error. -EEXIST; -EBUSY (CG_REUSE and the group is populated or
 * frozen, or the place is below a frozen group); -EPERM (a root group); -EDEADLK
 * (the caller's own group or one above it); -EINVAL.
 * On failure nothing is left behind.
 */
int cg_create(struct cg_ctx *ctx, const char *path, unsigned flags, struct cg **ret);

/*
 * An existing group. Without CG_ADOPT it can be looked at; freezing, signalling,
 * killing and deleting it are then -EPERM. -ENOENT.
 */
int cg_open(struct cg_ctx *ctx, const char *path, unsigned flags, struct cg **ret);

/*
 * The group that a process is in now; 0 is the caller. Where hierarchies disagree it is
 * that of cgroup v2, else of the v1 freezer, of a named hierarchy, of any other: the first
 * in which it is not the root, with all hierarchies where its path is the same. -ESRCH
 */
int cg_open_pid(struct cg_ctx *ctx, pid_t pid, unsigned flags, struct cg **ret);

/*
 * Writes the group as a NUL-terminated text of printable lines that another
 * process can restore: drivers, paths, the identity of every directory, recorded
 * processes and namespaces. Returns the length without the NUL, or -ERANGE.
 */
int cg_save(const struct cg *cg, char *buf, size_t size);

/*
 * The same group again, adopted. Parts that no longer exist are gone (a group
 * that is wholly gone can still be killed and deleted: that succeeds at once).
 * -ESTALE if a directory of that name exists but is not the same one, unless
 * CG_SKIP_REPLACED; -EINVAL if the text is not from cg_save().
 */
int cg_restore(struct cg_ctx *ctx, const char *text, unsigned flags, struct cg **ret);

/* Lets go of the handle; the group stays. NULL is fine. */
void cg_close(struct cg *cg);

const char *cg_path(const struct cg *cg);		/* borrowed, until cg_close() */
const char *cg_driver_name(const struct cg *cg);	/* "v2,v1,proc"; borrowed */

/* A directory descriptor for clone3(CLONE_INTO_CGROUP), borrowed. -EOPNOTSUPP */
int cg_fd(const struct cg *cg);

/* ---- members ---------------------------------------------------------- */

/*
 * Moves a process (0: the caller) into the group in every hierarchy, or in none.
 * Children that it forks later are born in the group. -ESRCH, -EPERM, -EBUSY.
 */
int cg_attach(struct cg *cg, pid_t pid);
/*
 * The same of the process behind a pidfd (Linux 5.3), also below: whoever has its number by now
 * is left alone. -ESRCH: it has ended, or has no number here; -EINVAL: no pidfd
 */
int cg_attach_pidfd(struct cg *cg, int pidfd);

/*
 * Records a process as a member, whatever group it moves to later, and those of its
 * namespaces that belong to this group alone. They tell members where no cgroup
 * does. A namespace that the caller is in itself is refused (-EDEADLK). A process is
 * recorded once; ids add up. -ESRCH, -EINVAL (CG_ID_PID and it is not the init of its
 * PID namespace); -EOPNOTSUPP where the stack has no "proc".
 */
#define CG_ID_USER	(1U << 0)	/* its user namespace: nobody inside can leave it */
#define CG_ID_PID	(1U << 1)	/* its PID namespace: all inside die with its init */
#define CG_ID_MNT	(1U << 2)	/* its mount namespace: can be left by the privileged */
int cg_identify(struct cg *cg, pid_t pid, unsigned ids);
int cg_identify_pidfd(struct cg *cg, int pidfd, unsigned ids);

/*
 * Before Linux 6.18 a namespace has only a number that is given again when it has ended, so
 * what cg_identify() recorded counts only while a recorded process is not collected. A bind
 * mount of /proc/PID/ns/user or ns/mnt keeps the namespace; path names it, and what was
 * recorded counts for as long as it is there. The caller makes and removes the mount. 1:
 * this group needs none, nothing was recorded; path NULL asks just that. id: CG_ID_USER or
 * CG_ID_MNT. -EINVAL (path is not that namespace), -EOPNOTSUPP as above.
 */
int cg_hold(struct cg *cg, unsigned id, const char *path);
#define CG_ID_HELD	(1U << 3)	/* for cg_caps() beforehand: they will be held */

/* These recorded namespaces are no longer this group's alone. */
int cg_unidentify(struct cg *cg, unsigned ids);

/*
 * All members, each once, ascending; the caller frees the list. *unnamed (may be
 * NULL) counts those that are known but have no number here, since they live
 * outside the caller's PID namespace. CG_WEAK if somebody may be missing.
 * flags: CG_HERE.
 */
int cg_procs(struct cg *cg, unsigned flags, pid_t **pids, size_t *n, size_t *unnamed);

/* A process beyond doubt: plain data that may be stored while the host is up. */
struct cg_ref {
	int32_t pid;
	uint32_t reserved;	/* 0 */
	uint64_t start;		/* clock ticks after boot, /proc/PID/stat field 22 */
	uint64_t inode;		/* of its pidfd (Linux 6.9), else 0 */
	uint64_t spare;		/* 0 */
};

int cg_ref_get(struct cg_ctx *ctx, pid_t pid, struct cg_ref *ret);	/* -ESRCH */

/* 0: it is still that process and has a live thread. -ESRCH: it has ended. */
int cg_ref_alive(struct cg_ctx *ctx, const struct cg_ref *ref);

/* 0: alive and still a member. -ESRCH: not. */
int cg_ref_check(struct cg *cg, const struct cg_ref *ref);

/* ---- control ---------------------------------------------------------- */

#define CG_EMPTY	(1U << 0)	/* no live process in the subtree */
#define CG_FROZEN	(1U << 1)	/* every member is frozen */
#define CG_FROZEN_ABOVE	(1U << 2)	/* a group above it is frozen */
#define CG_GONE		(1U << 3)	/* it does not exist any more */
int cg_state(struct cg *cg, unsigned *state);

/*
 * Freezing returns 0 when all members are frozen; if that takes longer than
 * timeout_ms it is undone and -ETIMEDOUT. Thawing reaches nested groups and every
 * hierarchy. Both are idempotent. Where nothing can freeze, members are stopped one by
 * one (cg_caps() says "emulated"; CG_WEAK if one may have been missed). -EDEADLK (the
 * caller is a member), -EBUSY (thaw: a group above is frozen), -EPERM.
 */
int cg_freeze(struct cg *cg, int timeout_ms);
int cg_thaw(struct cg *cg, int timeout_ms);

/*
 * One signal to every member, each once; 0 if there is none. SIGKILL here is only a
 * signal: to end a group use cg_kill_all(). flags: CG_HERE. The caller itself, if
 * a member, is -EDEADLK.
 */
int cg_signal(struct cg *cg, int sig, unsigned flags, int timeout_ms);

/* One signal to that member, if it still is that process and a member: else -ESRCH. */
int cg_signal_one(struct cg *cg, const struct cg_ref *ref, int sig);
int cg_signal_pidfd(struct cg *cg, int pidfd, int sig);

#define CG_LEFT_UNKNOWN		0	/* it just has not ended yet */
#define CG_LEFT_UNINTERRUPTIBLE	1	/* sleeps in the kernel, see wchan */
#define CG_LEFT_INVISIBLE	2	/* outside the caller's PID namespace */
#define CG_LEFT_DENIED		3	/* the kernel does not let this user signal it */
#define CG_LEFT_FORKING		4	/* new since the last round */
#define CG_LEFT_FROZEN		5	/* held by a frozen group above */

struct cg_survivor {
	int32_t pid;		/* 0: no number here */
	uint32_t why;		/* CG_LEFT_* */
	char state;		/* /proc/PID/stat field 3, or 0 */
	char comm[23];
	char wchan[32];		/* kernel function it sleeps in, if told */
};

#define CG_SURVIVORS 8
struct cg_report {
	uint32_t ended;		/* members seen alive that are not any more */
	uint32_t left;		/* members that live on */
	uint32_t unnamed;	/* of those, how many have no number here */
	uint32_t rounds;	/* passes over the members */
	uint64_t usec;		/* how long it took */
	char how[64];		/* the mechanism, "v2 cgroup.kill" */
	struct cg_survivor survivor[CG_SURVIVORS];	/* the first of those left */
};

/*
 * Ends every member. 0 only when the kernel has shown the group empty; CG_WEAK when
 * it is empty as far as a weak tracker can see; -ETIMEDOUT when somebody is left,
 * and the report says who and why. Works on frozen, stopped, nested and forking
 * members, and while others do the same. Leaves nothing frozen and no limit
 * lowered. A group that is gone or empty is a success. The report (may be NULL) is
 * filled for 0, CG_WEAK and -ETIMEDOUT; size is sizeof *report. -EDEADLK: the
 * caller is a member. -EPERM: a root group, or not created, restored or adopted.
 */
int cg_kill_all(struct cg *cg, int timeout_ms, struct cg_report *report, size_t size);

/*
 * Kills what is left (or -EBUSY with CG_IF_EMPTY), then removes the subtree in every
 * hierarchy, and the parents that cg_create() made if they are empty. Already gone
 * is 0. -ETIMEDOUT as above; -EBUSY if a directory could not be removed in time.
 */
int cg_delete(struct cg *cg, unsigned flags, int timeout_ms, struct cg_report *report, size_t size);

/* Hands the files that the kernel lists as delegatable to a user. */
int cg_delegate(struct cg *cg, uid_t uid, gid_t gid);

/* ---- where groups are --------------------------------------------------- */

#define CG_IS_COUNTED	(1U << 0)	/* procs is known */
#define CG_IS_THREADED	(1U << 1)	/* cgroup v2: its processes belong to a group above */
#define CG_IS_DELEGATED	(1U << 2)	/* systemd has marked it: Delegate=yes */
#define CG_IS_CLOSED	(1U << 3)	/* may not be looked into: nothing in it is known */

/*
 * One directory of a group. The library owns it and its strings, which live until the function
 * that is told returns; later versions add to the end. Where a hierarchy is not visible here dir
 * is NULL and path is what /proc says.
 */
struct cg_place {
	const char *hierarchy;	/* as in /proc/PID/cgroup: "cpu,cpuacct"; "" is cgroup v2 */
	const char *dir;	/* "/sys/fs/cgroup/cpu,cpuacct/a/b" */
	const char *path;	/* below the mount point: "/a/b" */
	uint64_t id;		/* inode number of dir, for v2 the cgroup ID of the kernel */
	uint32_t uid;		/* its owner */
	uint32_t state;		/* CG_GONE; from cg_list() CG_EMPTY and CG_FROZEN as well */
	uint32_t traits;	/* CG_IS_*; from cg_list() only */
	uint32_t reserved;
	uint64_t procs;		/* processes in it, those of nested groups not */
};
typedef int (*cg_place_fn)(void *data, const struct cg_place *place);

/*
 * Tells the directories of a group, v2 first, then the v1 freezer, named and other hierarchies.
 * Stops when fn returns non-zero and returns that; CG_WEAK: there may be one that cannot be
 * seen from here. The id tells a group from another one of the same name.
 */
int cg_places(struct cg *cg, cg_place_fn fn, void *data);

/* The same of the groups that a process is in; 0 is the caller. -ESRCH */
int cg_where(struct cg_ctx *ctx, pid_t pid, cg_place_fn fn, void *data);

/* One group of a list, in all hierarchies that have it; as struct cg_place. */
struct cg_node {
	const char *path;	/* below the listed group, "a/b"; "" is that group itself */
	const char *name;	/* the last component of it */
	uint32_t depth;		/* 0: the listed group itself */
	uint32_t state;		/* CG_EMPTY, CG_FROZEN, CG_FROZEN_ABOVE, of all hierarchies */
	uint32_t traits;	/* CG_IS_*: of any hierarchy */
	uint32_t uid;		/* its owner in the first of them */
	uint64_t procs;		/* processes in it, as one of the hierarchies says: the most */
	size_t n_places;
	const struct cg_place *const *place;
};
typedef int (*cg_node_fn)(void *data, const struct cg_node *node);

/*
 * Tells the group and all below it, parents first, those beside each other by name. Nothing is
 * opened for good; fn may use the context. flags: CG_HERE, CG_COUNT (v1 counts anyway). Stops
 * when fn returns non-zero and returns that. CG_WEAK: some may be missing, or not as empty as
 * told. -ENOENT: no directory is left. -ETIMEDOUT
 */
int cg_list(struct cg *cg, unsigned flags, cg_node_fn fn, void *data);

/* ---- resources -------------------------------------------------------- */

/*
 * Keys are the file names of cgroup v2, "memory.max", and values are what it takes there:
 * on cgroup v1 they are translated, and read back as they were set. -EINVAL, -ERANGE: the
 * value is none; nothing was written then. -EOPNOTSUPP: this group has no such key.
 */
struct cg_limit {
	const char *key, *value;
};
int cg_set(struct cg *cg, const char *key, const char *value);

/*
 * Several limits, all or none: every value is parsed before anything is written, they are
 * written in the order that the kernel needs, and undone if one fails.
 */
int cg_set_many(struct cg *cg, const struct cg_limit *limits, size_t n);
int cg_get(struct cg *cg, const char *key, char *buf, size_t size);	/* -ERANGE: too small */

/* Shares of time that members waited for a resource: some of them, or all at once. */
struct cg_pressure {
	uint64_t some_avg10, full_avg10;	/* of the last 10 seconds, in 1/100 of a percent */
	uint64_t some_usec, full_usec;		/* in all */
};

/*
 * What a group has used, nested groups included, the same from cgroup v1 and v2. A number that
 * this host does not count, or not in this group, is 0 and not known. Limits that are none
 * are UINT64_MAX. All members are 64 bits wide; later versions add to the end.
 */
struct cg_stats {
	uint64_t known;			/* bit n: the n-th number below; CG_STATS_KNOWN() */
	uint64_t cpu_usec, cpu_user_usec, cpu_system_usec;
	uint64_t cpu_periods, cpu_throttled, cpu_throttled_usec;	/* of cpu.max */
	uint64_t memory, memory_peak, memory_max;	/* bytes */
	uint64_t swap, swap_max;
	uint64_t memory_anon, memory_file, memory_kernel;
	uint64_t memory_low_events, memory_high_events, memory_max_events;
	uint64_t oom_events, oom_kills;
	uint64_t pids, pids_max, pids_max_events;	/* threads, as the kernel limits them */
	uint64_t io_rbytes, io_wbytes, io_rios, io_wios;	/* of all devices */
	struct cg_pressure cpu_pressure, memory_pressure, io_pressure;
	uint64_t nested;		/* groups below it */
	uint64_t members;		/* processes, nested groups included */
};
#define CG_STATS_KNOWN(s, field) \
	((s)->known >> (offsetof(struct cg_stats, field) / sizeof(uint64_t) - 1) & 1)

/* size is sizeof *stats: a caller built with an older header gets what it knows. -ENOENT: gone */
int cg_stats(struct cg *cg, struct cg_stats *stats, size_t size);

/* ---- capabilities ----------------------------------------------------- */

#define CG_OP_PROCS	0
#define CG_OP_ATTACH	1
#define CG_OP_CLONE	2	/* birth inside the group, cg_fd() */
#define CG_OP_FREEZE	3
#define CG_OP_SIGNAL	4
#define CG_OP_KILL	5
#define CG_OP_DELETE	6
#define CG_OP_WATCH	7
#define CG_OP_LIMITS	8
#define CG_OP_DEVICES	9
#define CG_OP_DELEGATE	10
#define CG_NOPS		11

#define CG_NONE		0	/* cannot be done */
#define CG_BEST_EFFORT	1	/* may miss somebody; the call then returns CG_WEAK */
#define CG_EMULATED	2	/* complete, but members or their parents can notice */
#define CG_FULL		3

struct cg_cap {
	uint32_t op;		/* CG_OP_* */
	uint32_t level;		/* CG_NONE ... CG_FULL */
	const char *mechanism;	/* "v2 cgroup.kill"; "" for none */
	const char *reason;	/* why it is less than full; "" if it is full */
	const char *remedy;	/* what an administrator can do and what it costs; "" if nothing */
};

/*
 * What can be done with a group, or with groups that this context would make (cg
 * NULL; ids then says which namespaces they will have of their own). Fills up to n
 * entries in the order of CG_OP_* and returns how many there are. The strings
 * live until the next cg_caps() on the context. Changes nothing on the host.
 */
int cg_caps(struct cg_ctx *ctx, struct cg *cg, unsigned ids, struct cg_cap *caps, size_t n);

const char *cg_op_name(unsigned op);		/* "kill"; NULL if unknown */
const char *cg_level_name(unsigned level);	/* "best effort"; NULL if unknown */

/* ---- events ----------------------------------------------------------- */

/* Waits until one of these CG_EMPTY | CG_FROZEN | CG_GONE holds. -ETIMEDOUT */
int cg_wait(struct cg *cg, unsigned states, int timeout_ms);

/*
 * To be told of many groups beside whatever else a program waits for. One descriptor (borrowed,
 * to be polled for POLLIN) for all groups of a watch; it is readable as long as cg_watch_next()
 * may have something. Nothing is woken while nothing happens, where the kernel tells: cgroup v2
 * tells all of it, v1 all but CG_EMPTY. What nothing tells is looked at ten times a second,
 * which cg_caps() says beforehand (CG_OP_WATCH).
 *
 * events are CG_EMPTY, CG_FROZEN and CG_GONE, and those below. A state is told when it is
 * another than was told before, at first when it holds; what changed and changed back between
 * two looks is not. The others are counted by the kernel: each is told once, with how many
 * there were, from cg_watch_add() to the removal of the group by cg_delete() in this context.
 */
#define CG_OOM		(1U << 8)	/* memory was not to be had within a limit */
#define CG_OOM_KILL	(1U << 9)	/* and a process was killed for it */
#define CG_PIDS_MAX	(1U << 10)	/* a fork was refused at pids.max */
#define CG_MEMORY_HIGH	(1U << 11)	/* members were slowed at memory.high; v2 */
#define CG_PRESSURE	(1U << 12)	/* cg_watch_pressure() */

struct cg_event {
	void *data;		/* as given to cg_watch_add() */
	uint32_t event;		/* one of the above */
	uint32_t state;		/* as of cg_state(), of the states that are watched */
	uint64_t count;		/* how many since it was told last */
};

/* flags: 0. -EMFILE: it takes three descriptors, a fourth for memory on v1. -ENOMEM */
int cg_watch_new(struct cg_ctx *ctx, unsigned flags, struct cg_watch **ret);
int cg_watch_fd(const struct cg_watch *w);

/*
 * One more group of the same context. -EOPNOTSUPP: nothing here tells one of the events, and
 * the group is not watched. -EINVAL, -ENOSPC (fs.inotify.max_user_watches), -ENOMEM
 */
int cg_watch_add(struct cg_watch *w, struct cg *cg, unsigned events, void *data);

/*
 * CG_PRESSURE when members waited for stall_ms within window_ms (500 to 10000), once a window
 * at most. Without privilege a multiple of 2000 (Linux 6.5). v1 has levels of the memory only:
 * "medium", or with CG_PRESSURE_FULL "critical". One descriptor more.
 */
#define CG_PRESSURE_FULL	(1U << 0)	/* all members at once; without: some of them */
struct cg_trigger {
	const char *resource;	/* "memory", "cpu", "io" */
	uint32_t flags;
	uint32_t stall_ms, window_ms;
};
int cg_watch_pressure(struct cg_watch *w, struct cg *cg, const struct cg_trigger *trigger,
		      size_t size, void *data);

/* No event of this handle is told any more but what is queued. cg_close() does it. -ENOENT */
int cg_watch_remove(struct cg_watch *w, struct cg *cg);

/* 0 or CG_WEAK (the state as far as it is seen) and an event; -EAGAIN: there is none now. */
int cg_watch_next(struct cg_watch *w, struct cg_event *event, size_t size);
void cg_watch_free(struct cg_watch *w);		/* NULL is fine; keeps the context till then */

#ifdef __cplusplus
}
#endif
#endif
