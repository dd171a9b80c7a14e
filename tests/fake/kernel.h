/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A model of the Linux kernel behind libcg's seam (libcg/sys/sys.h): cgroup v1 and v2
 * trees, /proc, owners, namespaces, pids, a clock, and processes that act by a
 * script between one verb and the next. It behaves; tests look at what became of
 * its processes, not at which verbs were called.
 *
 * Everything is open to the test, which sets switches before or between calls.
 * Nothing is freed before fk_free(), so that a pointer to a dead process stays good.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "libcg/sys/sys.h"

#define FK_MAXH		16	/* hierarchies */
#define FK_PROGS	4	/* device programs of one group */
#define FK_MAXFD	1024	/* open descriptors; see max_fds */
#define FK_MAXM		32	/* mounts */
#define FK_FD0		1000	/* the first: never a real descriptor of the test */
#define FK_THREADS	8

struct fk;

enum fk_nstype {
	FK_NS_CGROUP, FK_NS_IPC, FK_NS_MNT, FK_NS_NET, FK_NS_PID, FK_NS_TIME, FK_NS_USER,
	FK_NS_UTS, FK_NNS
};

struct fk_proc;

struct fk_ns {
	struct fk_ns *all;		/* chain of everything ever made */
	enum fk_nstype type;
	uint64_t ino;			/* given again when it is free */
	uint64_t id;			/* never (Linux 6.18) */
	bool again;			/* its inode number has another owner by now */
	struct fk_ns *parent;		/* user and pid namespaces */
	struct fk_ns *user;		/* whose it is */
	uid_t owner;			/* user: who made it */
	struct fk_proc *init;		/* pid: its process 1 */
};

struct fk_cg;

struct fk_h {				/* a hierarchy */
	struct fk *k;
	bool v2, mounted, ro;
	int id;
	uint64_t dev;
	/* "freezer", "cpu,cpuacct", "name=systemd"; v2: "cpu memory pids" */
	char controllers[96];
	char point[64];			/* where it was mounted first */
	struct fk_cg *root;
};

/*
 * A mount below /sys/fs/cgroup. A later one covers what is mounted at its point or below.
 * Mounts of the caller's mount namespace only: there is no other.
 */
struct fk_mount {
	struct fk_h *h;			/* NULL: an empty tmpfs */
	struct fk_cg *root;		/* the group that it shows */
	char point[256];
	bool gone;			/* unmounted */
};

#define FK_NFILES	96		/* control files known, see cgroup.c */

struct fk_prog;

struct fk_cg {
	struct fk_cg *all;		/* everything ever made */
	struct fk_cg *live;		/* not removed */
	struct fk_h *h;
	struct fk_cg *parent, *child, *next;	/* live ones */
	struct fk_cg *found;		/* the child that was looked up last */
	char name[256];
	uint64_t ino;
	bool dead;			/* removed */
	uid_t uid;			/* of the directory */
	mode_t mode;
	uid_t fuid[FK_NFILES];		/* of each file */
	uint16_t fmode[FK_NFILES];
	char *val[FK_NFILES];		/* of files that only hold a value */
	bool freeze;			/* v2: cgroup.freeze; v1: self_freezing */
	/* reads of freezer.state until the tasks have stopped; -1: never */
	int lag;
	bool threaded;			/* v2: cgroup.type threaded */
	bool delegated;			/* has the extended attribute trusted.delegate */
	unsigned events;		/* v2: how often cgroup.events changed */
	/* what memory.events, memory.oom_control and pids.events count beyond the first */
	unsigned oom, oom_kills, highs, pids_hits;
	unsigned oom_late, oom_due;	/* v1: told, and counted a few ticks later */
	bool was_populated, was_frozen;
	unsigned nprocs, nfrozen;	/* in the subtree; kept by fk_settle() */
	uint64_t left_at;		/* when its last process went */
	struct fk_prog *prog[FK_PROGS];	/* v2: device programs */
	char *except;			/* v1: devices denied where all are allowed */
};

struct fk_thread {
	pid_t tid;
	bool dead;
	struct fk_cg *v2;		/* a threaded group; NULL: with its process */
};

/* What a process does when time passes. Children inherit it. */
struct fk_script {
	unsigned every;			/* acts once in so many microseconds; 0: never */
	unsigned limit;			/* forks it may still do; 0: any number */
	bool fork;			/* forks */
	bool leave;			/* ends right after it forked: a chain */
	bool nest;			/* moves itself to a nested group that it makes */
	bool freeze_nest;		/* and freezes that */
	bool work;			/* counts how often it ran */
	bool fork_on_signal;		/* forks on any signal it can catch */
	/* catches (counts) what can be caught, instead of dying of it */
	bool catches;
	uint64_t ignores;		/* bit per signal */
	/* does not get past its exit: PF_EXITING, out of its groups */
	bool hold;
	unsigned exit_ticks;		/* how long it is PF_EXITING but still in its groups */
};

struct fk_proc {
	struct fk_proc *all;		/* everything ever made */
	struct fk_proc *live;		/* has an entry in /proc */
	/* number in the initial, and in the caller's PID namespace */
	pid_t pid, vpid;
	uint64_t start, inode;
	struct fk_proc *parent;
	bool has_children;		/* or had */
	uid_t uid;
	char comm[16];
	const char *wchan;
	unsigned ngroups;		/* supplementary groups */
	unsigned worked;
	unsigned nthreads;		/* live and dead ones, the leader is 0 */
	struct fk_thread thread[FK_THREADS];
	struct fk_ns *ns[FK_NNS];
	uint64_t root_ino;
	struct fk_cg *cg[FK_MAXH];
	bool kthread, stopped, traced;
	bool stuck;			/* state D: no signal reaches it */
	bool vfork;			/* state D, but killable */
	bool no_reap;			/* does not wait for its children */
	bool zombie;			/* every thread has ended */
	bool reaped;
	bool exiting;			/* PF_EXITING; in its groups while exit_left > 0 */
	unsigned exit_left;
	bool frozen1, frozen2;
	uint64_t pending;		/* bit per signal */
	uint64_t act_at;		/* when its script acts next */
	pid_t birth;			/* of a child that is being forked: its number */
	unsigned birth_left;		/* and when it will be there */
	unsigned sent[65], got[65];
	/* whose it is: 0 a stranger, else a number that the test gave */
	int tag;
	struct fk_script script;
};

enum fk_fdtype { FK_FREE, FK_FD_SYS, FK_FD_CG, FK_FD_PROC, FK_FD_NS, FK_FD_PID,
	FK_FD_TIMER, FK_FD_SET, FK_FD_EVENT, FK_FD_NOTIFIER, FK_FD_TRIGGER, FK_FD_PROG };

#define FK_SET		32	/* descriptors of one set */

struct fk_set {
	int fd[FK_SET];
	uint32_t key[FK_SET];
	int n;
};

struct fk_notifier {		/* inotify */
	struct {
		struct fk_cg *cg;	/* NULL: no more */
		int file;		/* -1: entries of the directory that go */
	} *w;
	int n;
	struct {
		int wd;
		char name[256];
	} *told;
	size_t n_told, room;
};

struct fk_fd {
	enum fk_fdtype type;
	char path[64];			/* SYS */
	struct fk_cg *cg;
	struct fk_mount *mnt;		/* CG: the mount that it was reached through */
	int file;			/* CG: index of a control file, or -1 */
	unsigned seen;			/* events seen */
	struct fk_proc *p;		/* PROC (NULL: /proc itself), PID */
	pid_t tid;			/* PROC: PID/task/TID */
	char sub[16];			/* PROC: "", "task", "ns" */
	struct fk_ns *ns;
	uint64_t every, next;		/* TIMER; every 0: off */
	uint64_t count;			/* EVENT; TRIGGER: how often it fired */
	struct fk_set *set;
	struct fk_notifier *notifier;
	struct fk_prog *prog;
};

enum fk_verb {
	FK_OPEN, FK_CLOSE, FK_READ, FK_WRITE, FK_MKDIR, FK_RMDIR, FK_CHOWN, FK_CHMOD,
	FK_ACCESS, FK_LIST,
	FK_IDENT, FK_NS, FK_PIDFD, FK_INODE, FK_SIGNAL, FK_COUNTS, FK_POLL, FK_PROG,
	FK_NVERBS
};

/* A scope of the systemd that runs in this world. */
struct fk_unit {
	char name[256], description[64];
	char path[640];			/* "/user.slice/.../x.scope" */
	char limits[256];		/* "MemoryMax=1048576 " */
	bool there;
	uint64_t empty_since;		/* microseconds; 0: not */
};

/* Called before a verb does its work. num: the pid of pidfd() and signal(). */
typedef void (*fk_hook)(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num);

struct fk {
	/* ---- switches ---- */
	bool no_pidfd;			/* before 5.3, or refused by a filter */
	bool no_pidfs;			/* before 6.9: no unique inode */
	bool no_nsid;			/* before 6.18: no unique number of a namespace */
	bool no_kill;			/* before 5.14: no cgroup.kill */
	bool no_freeze;			/* before 5.2: no cgroup.freeze */
	/* before 6.14: forks that get past a write to cgroup.kill */
	unsigned kill_loses;
	bool no_taskstats;
	bool no_bpf;
	bool stale_frozen;		/* empty v2 groups say "frozen 1" (6.18) */
	/* /proc is of the initial PID namespace, the caller is not */
	bool foreign_proc;
	bool hidepid;			/* /proc shows a user only what is his */
	bool no_ptrace;			/* the caller is root without CAP_SYS_PTRACE */
	/* What /proc/sys and /proc/loadavg answer where they are hidden or not the kernel's. */
	int sys_errno, loadavg_errno;
	const char *delegatable;	/* /sys/kernel/cgroup/delegate */
	unsigned max_fds;		/* descriptors that the caller may have open */
	bool no_stdin;			/* number 0 is free: the next descriptor gets it */
	const char *release;		/* /proc/sys/kernel/osrelease */
	int freeze_lag;			/* reads of freezer.state until FROZEN; -1: never */
	unsigned freeze_stuck;		/* FREEZING for ever, so many times */
	/* how long a killed process stays PF_EXITING in its groups */
	unsigned exit_ticks;
	uint64_t rmdir_lag;		/* microseconds of EBUSY after the last exit */
	/* of a file below a removed directory: -ENOENT or -ENODEV */
	int gone_errno;
	uint64_t verb_usec;		/* how long each verb takes */
	unsigned tick_verbs;		/* verbs for a tick */
	bool reuse_pids;		/* a number is taken again at once */
	pid_t pid_max;			/* after it numbers begin again */
	pid_t next_pid, next_vpid;	/* the number of the next process */
	unsigned max_procs;		/* forks fail beyond */
	unsigned fork_ticks;		/* a forked child has a number but is not to be seen yet */
	fk_hook hook;
	void *hook_data;
	bool in_hook;
	unsigned settling;
	bool unsettled;
	pid_t top_pid;			/* the highest number ever given */
	struct fk_proc *by_pid[32768];	/* found last, by pid */
	struct fk_text *text;		/* of a read */
	int writing;			/* index of the file that is written */
	int f_subtree;			/* index of cgroup.subtree_control */

	struct {			/* namespaces that are mounted somewhere */
		const char *path;	/* NULL: free */
		struct fk_ns *ns;
	} held[4];

	struct {			/* v1: who is told by an eventfd */
		struct fk_cg *cg;
		int fd;
		bool pressure;
	} told[2048];
	unsigned ntold;
	unsigned late;			/* groups with oom_late */
	unsigned max_notices;		/* fs.inotify.max_user_watches; 0: any number */

	bool systemd;			/* the user's manager answers at /run/user/1000/bus */
	int bus_fails;			/* each request of it, with this */
	bool bus_hangs;			/* until the deadline */
	bool manager_hangs;		/* it does not notice that a scope is empty, either */
	unsigned bus_mute;		/* so many requests are done and not answered */
	unsigned bus_restarts;		/* so many times it goes away in a request */
	bool bus_moves_nobody;		/* it makes scopes, and leaves processes where they are */

	/* ---- state ---- */
	struct fk_unit unit[16];
	unsigned nunits, bus_open, bus_calls;
	uint64_t usec;			/* monotonic clock */
	unsigned verbs, verb[FK_NVERBS];
	unsigned ticks;
	uint64_t next_ino;
	struct fk_h h[FK_MAXH];
	unsigned nh;
	struct fk_proc *procs;		/* live ones, newest first */
	struct fk_proc *all_procs;
	struct fk_cg *cgs;		/* live ones, newest first */
	struct fk_cg *all_cgs;
	struct fk_ns *all_ns;
	struct fk_prog *progs;		/* everything ever loaded */
	struct fk_ns *init_ns[FK_NNS];
	struct fk_proc *init;		/* process 1 */
	struct fk_proc *me;		/* the caller */
	/* roots of the caller's cgroup namespace; NULL: the real root */
	struct fk_cg *cgns[FK_MAXH];
	struct fk_fd fd[FK_MAXFD];
	unsigned nfd, most_fds;		/* open now; most ever */
	int zero;			/* what its number would be; 0: number 0 is not open */
	struct fk_mount mount[FK_MAXM];
	unsigned nmounts;

	/* ---- what must never happen ---- */
	unsigned bad_close;		/* close() of what is not open */
	unsigned bad_kill;		/* a signal to pid 0 or below */
	unsigned frozen_calls;		/* made while the caller is frozen: it could not */
};

extern const struct cg_sys fk_sys;

/* Building. The caller is root in all initial namespaces, in the root of each hierarchy. */
struct fk *fk_new(void);
void fk_free(struct fk *k);
struct fk_h *fk_add_v1(struct fk *k, const char *controllers, const char *point);
struct fk_h *fk_add_v2(struct fk *k, const char *controllers, const char *point);
struct fk_h *fk_h(struct fk *k, const char *controller);	/* "" is v2 */

/* h NULL: an empty tmpfs; root NULL: all of it. */
struct fk_mount *fk_mount(struct fk *k, struct fk_h *h, struct fk_cg *root, const char *point);

/* Groups, behind libcg's back. */
struct fk_cg *fk_cg(struct fk_h *h, const char *path);		/* NULL if there is none */
struct fk_cg *fk_cg_make(struct fk_h *h, const char *path);	/* parents as well */
/* delegate: only what systemd hands over */
void fk_cg_chown(struct fk_cg *cg, uid_t uid, bool delegate);
int fk_cg_rmdir(struct fk_cg *cg);
void fk_cg_rename(struct fk_cg *cg, const char *name);		/* v1 */
void fk_cg_crowd(struct fk_cg *cg, unsigned n);			/* n groups directly below it */
/* file NULL: of the directory */
void fk_cg_chmod(struct fk_cg *cg, const char *file, mode_t mode);
int fk_cg_read(struct fk_cg *cg, const char *file, char *buf, size_t size);
void fk_cg_put(struct fk_cg *cg, struct fk_proc *p);		/* moves it, no questions */
int fk_cg_file(const char *name);				/* its index, -1 */
bool fk_file_here(const struct fk_cg *cg, int file);
int fk_file_write(struct fk *k, struct fk_cg *cg, int file, const char *text);
struct fk_cg *fk_cg_child(struct fk_cg *cg, const char *name, size_t len);
int fk_cg_mkdir(struct fk *k, struct fk_cg *cg, const char *name, struct fk_cg **ret);

/* Processes. parent NULL: process 1. The child is where its parent is. */
struct fk_proc *fk_spawn(struct fk *k, struct fk_proc *parent, const char *comm, int tag);
struct fk_proc *fk_find(struct fk *k, pid_t num);		/* by the caller's number */
pid_t fk_num(const struct fk *k, const struct fk_proc *p);	/* the caller's number, 0: none */
/* Does this group let its members do that ("rwm") with the device? */
bool fk_allows(const struct fk_cg *cg, char type, unsigned major, unsigned minor,
	       const char *access);
void fk_unshare(struct fk *k, struct fk_proc *p, enum fk_nstype type);
struct fk_thread *fk_add_thread(struct fk *k, struct fk_proc *p);
void fk_exit(struct fk *k, struct fk_proc *p);			/* of its own will */
void fk_reap(struct fk *k, struct fk_proc *p);
void fk_send(struct fk *k, struct fk_proc *p, int sig);		/* no questions */
/* Ends p and gives its number to a new stranger: what a fast machine does. */
struct fk_proc *fk_recycle(struct fk *k, struct fk_proc *p);
bool fk_alive(const struct fk_proc *p);				/* may still run user code */

/* to a group of its own making */
void fk_go_nested(struct fk *k, struct fk_proc *p, bool freeze);

/* What the kernel does and tells: a process killed for memory, a fork refused, ... */
void fk_oom(struct fk *k, struct fk_cg *cg, struct fk_proc *victim);
void fk_high(struct fk *k, struct fk_cg *cg);
void fk_pids_hit(struct fk *k, struct fk_cg *cg);
void fk_pressure(struct fk *k, struct fk_cg *cg, const char *file);	/* v1: file is not asked */

void fk_tick(struct fk *k);
void fk_settle(struct fk *k);

/* The observer. */
unsigned fk_count_alive(const struct fk *k, int tag);
unsigned fk_strangers_hit(const struct fk *k);
unsigned fk_left_frozen(const struct fk *k);	/* groups that are told to be frozen */

#endif
