/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A place is one directory in one hierarchy: what both versions of cgroups share. What
 * differs between them is a dialect: names of files, words in them, what is special.
 *
 * Each call is one attempt: it never waits or tries again for others to change something.
 * A place is opened when it is asked and compared with its recorded identity, so that a
 * directory made later under its name is never taken for it. All return 0 or -errno with
 * the sentence set, unless they say otherwise.
 */
#ifndef CGI_PLACE_H
#define CGI_PLACE_H

#include "tree.h"

struct cgi_place {
	const struct cgi_tree *tree;	/* NULL: restored, and the kernel has no such hierarchy */
	char *path;			/* below the mount, "/a/b" */
	uint64_t ino;			/* kernfs gives it once in the life of a hierarchy */
	uint64_t parent;		/* inode of the directory above; 0: not recorded */
	int fd;				/* held; -1: opened when asked */
	unsigned made;			/* parents that were made for it */
	bool fresh;			/* it was made by this handle */
	bool gone;			/* the kernel has shown that it was removed */
	bool can_freeze;		/* its freezer was seen */
	bool nested;			/* groups below it were seen */
	bool ours;			/* created or adopted: modes may be mended */
	char *unseen;			/* why it cannot be asked; NULL: it can */
	char *line;			/* what it was restored from, where it cannot be asked */
	char *origin;			/* of the last attached process; NULL: unknown */
	char pids_max[24];		/* before the brake; "" when off */
};

struct cgi_places {
	struct cgi_place *v;
	size_t n;
};

enum cgi_freeze {
	CGI_FREEZE,
	CGI_THAW,			/* this group, not what froze itself below it */
	CGI_THAW_DEEP,			/* nested groups too, the deepest first */
};

struct cgi_dialect {
	const char *kill_name;		/* for reports; NULL: cannot end all at once */
	const char *kill_file;
	const char *freezer;		/* controller that freezes; NULL: every place can */
	const char *freeze_file, *frozen, *thawed;
	const char *self_file;		/* says whether this very group was asked to freeze: "1" */
	const char *events_file;	/* tells of changes by POLLPRI and inotify; NULL: none */
	/* A new group before its first process. */
	int (*prepare)(struct cg_ctx *ctx, struct cgi_place *p);
	/* Is somebody in it or below? -EAGAIN: no file of the kernel's tells, so list. */
	int (*populated)(struct cg_ctx *ctx, struct cgi_place *p, bool *ret);
	/* frozen: all members are; above: by a group above it. */
	int (*frozen_now)(struct cg_ctx *ctx, struct cgi_place *p, bool *frozen, bool *above);
};

/* ---- life ---- */
int cgi_place_make(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, unsigned flags,
		   struct cgi_place *p);
int cgi_place_open(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		   struct cgi_place *p);
/* Undoes a make: what is fresh goes, and the parents made for it. */
void cgi_place_undo(struct cg_ctx *ctx, struct cgi_place *p);
void cgi_place_close(struct cg_ctx *ctx, struct cgi_place *p);
void cgi_place_save(struct cg_ctx *ctx, const struct cgi_place *p, struct cgi_buf *out);
/* One line of a saved group. -ESTALE: another group has its name. */
int cgi_place_restore(struct cg_ctx *ctx, const char *line, struct cgi_place *p);
/*
 * Opens it for a while, or lends the descriptor that it holds; cgi_place_done() after it.
 * -ENOENT: gone (and p->gone is set). -ENODEV: it cannot be asked here.
 */
int cgi_place_enter(struct cg_ctx *ctx, struct cgi_place *p);
void cgi_place_done(struct cg_ctx *ctx, struct cgi_place *p, int fd);
/* "/sys/fs/cgroup/pids/a/b", for messages; lives to the end of the block. */
#define CGI_NAME	1000
const char *cgi_place_name(const struct cgi_place *p, char buf[CGI_NAME]);
char *cgi_place_dir(const struct cgi_place *p);	/* whole, to be freed; NULL: no memory */
#define CGI_AT(p)	cgi_place_name(p, (char[CGI_NAME]){ "" })
/* A file of the open place is missing: is the place? Then p->gone is set. */
bool cgi_place_gone_now(struct cg_ctx *ctx, struct cgi_place *p, int fd);
bool cgi_place_is_root(const struct cgi_place *p);
/* Is its path, or that one, still its directory? Costs one call. */
bool cgi_place_there(struct cg_ctx *ctx, const struct cgi_place *p);
bool cgi_place_is(struct cg_ctx *ctx, const struct cgi_place *p, const char *path,
		  struct cgi_ident *id);
/* Keeps its directory open from now on; for clone3(CLONE_INTO_CGROUP). The descriptor. */
int cgi_place_hold(struct cg_ctx *ctx, struct cgi_place *p);

/* ---- its files; a mode that its owner took away is given back once where it is ours ---- */
ssize_t cgi_place_word(struct cg_ctx *ctx, struct cgi_place *p, const char *file, char *buf,
		       size_t size);
ssize_t cgi_place_text(struct cg_ctx *ctx, struct cgi_place *p, const char *file, char **ret);
int cgi_place_write(struct cg_ctx *ctx, struct cgi_place *p, const char *file, const char *text);
bool cgi_place_has(struct cg_ctx *ctx, struct cgi_place *p, const char *file);

/* ---- members ---- */
int cgi_place_put(struct cg_ctx *ctx, struct cgi_place *p, pid_t pid, const char *cgroup_text);
void cgi_place_put_back(struct cg_ctx *ctx, struct cgi_place *p, pid_t pid);
/* Does a /proc/PID/cgroup text name this group, or one below it? */
bool cgi_place_holds(const struct cgi_place *p, const char *cgroup_text);
/*
 * Every member, of nested groups too unless CG_HERE. 0; CG_WEAK: there may be more that it
 * does not show. unseen (may be NULL): nested groups that could not be listed, whose members
 * are missing; without it that is an error.
 */
int cgi_place_list(struct cg_ctx *ctx, struct cgi_place *p, unsigned flags, cgi_pid_fn fn,
		   void *data, unsigned *unseen);
/* 0, CG_WEAK: nobody that we can see. Gone is empty. */
int cgi_place_empty(struct cg_ctx *ctx, struct cgi_place *p, bool *empty);

/* ---- what lies below it ---- */
struct cgi_seen {			/* one directory */
	const char *name;		/* "": of the place itself */
	unsigned depth;			/* 0: the place itself */
	struct cgi_ident id;
	bool closed;			/* it may not be looked into, so nothing of it is known */
	bool busy;			/* a process is in it; v2: or below it */
	bool frozen;			/* one above it may be as well */
	bool threaded, delegated;
	bool counted;			/* procs is known */
	uint64_t procs;			/* in it, not below it */
};
typedef int (*cgi_seen_fn)(void *data, const struct cgi_seen *s);
/* Every directory, those above first. levels: as in struct cgi_walk; count: procs of v2 too */
int cgi_place_survey(struct cg_ctx *ctx, struct cgi_place *p, unsigned levels, bool count,
		     cgi_seen_fn fn, void *data);

/* ---- control ---- */
bool cgi_place_can_freeze(struct cg_ctx *ctx, struct cgi_place *p);
/* frozen: what it lists is frozen. Gone and unable are not frozen. */
int cgi_place_frozen(struct cg_ctx *ctx, struct cgi_place *p, bool *frozen, bool *above);
int cgi_place_freeze(struct cg_ctx *ctx, struct cgi_place *p, enum cgi_freeze how);
int cgi_place_kill(struct cg_ctx *ctx, struct cgi_place *p);	/* -EOPNOTSUPP: no such file */
int cgi_place_brake(struct cg_ctx *ctx, struct cgi_place *p, bool on);
int cgi_place_remove(struct cg_ctx *ctx, struct cgi_place *p);	/* one attempt; -EBUSY */
void cgi_place_remove_parents(struct cg_ctx *ctx, struct cgi_place *p);
int cgi_place_delegate(struct cg_ctx *ctx, struct cgi_place *p, uid_t uid, gid_t gid);
/* l NULL: of groups to be made; given: by the placer, whatever this user may write */
void cgi_place_caps(struct cg_ctx *ctx, struct cgi_places *l, bool given, struct cgi_cap *caps);

/* ---- what tells of changes ---- */
enum cgi_notice {
	CGI_ON_STATE,			/* populated, frozen: v2 */
	CGI_ON_FREEZER,			/* somebody writes to the freezer of v1 */
	CGI_ON_MEMORY,			/* v2 */
	CGI_ON_PIDS,
	CGI_ON_REMOVAL,			/* of an entry of the directory above: it may be this one */
	CGI_NOTICES
};
/* A number as of notify() of the seam. -EAGAIN: to be asked; -EOPNOTSUPP: it has no such thing */
int cgi_place_notify(struct cg_ctx *ctx, struct cgi_place *p, enum cgi_notice what, int notifier);
/* v1: counted by an eventfd, once more when the group is removed. -EOPNOTSUPP */
int cgi_place_notify_oom(struct cg_ctx *ctx, struct cgi_place *p, int eventfd);
int cgi_place_notify_pressure(struct cg_ctx *ctx, struct cgi_place *p, int eventfd, bool full);
struct cgi_trigger {
	const char *resource;		/* "memory", "cpu", "io" */
	bool full;
	unsigned stall_ms, window_ms;
};
/* v2: a descriptor as of trigger() of the seam, and the number that tells. -EOPNOTSUPP */
int cgi_place_trigger(struct cg_ctx *ctx, struct cgi_place *p, const struct cgi_trigger *t,
		      int notifier, int *wd);
struct cgi_happened {			/* in the life of the group */
	uint64_t oom, oom_kills, high, pids_max;
	bool under_oom;			/* v1: members wait for memory now */
};
int cgi_place_happened(struct cg_ctx *ctx, struct cgi_place *p, struct cgi_happened *h);

/* ---- for the files of this room ---- */
int cgi_place_ident(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		    struct cgi_ident *id);
/* Opens its directory and compares. -ENOENT: another group has the name, or none. */
int cgi_place_open_same(struct cg_ctx *ctx, struct cgi_place *p);
/* The name leads elsewhere: 1, 2: found again; -ENOENT: gone; -ENODEV: cannot be told */
int cgi_place_missing(struct cg_ctx *ctx, struct cgi_place *p);
char *cgi_place_above(const char *path);	/* "/a/b" of "/a/b/c", to be freed */

#endif
