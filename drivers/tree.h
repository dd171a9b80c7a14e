/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What both cgroup versions share: directories that are groups. */
#ifndef CGI_TREE_H
#define CGI_TREE_H

#include "internal.h"

/* Where one hierarchy is, and where this user may make groups in it. */
struct cgi_tree {
	int fd;			/* the mount point */
	char point[256];
	char root[256];		/* of the mount, as /proc/PID/cgroup spells it */
	char own[1024];		/* the caller's own group below the mount; "" if outside */
	char base[1024];	/* where relative paths start; "" if nowhere */
	char why[160];		/* why there is no base */
};

/* One group in one hierarchy. */
struct cgi_dir {
	const struct cgi_tree *tree;
	char *path;		/* below the mount, "/a/b" */
	int fd;
	struct cgi_ident id;
	unsigned made;		/* how many parents of it cgi_dir_create() made */
	bool fresh;		/* and itself too */
	bool gone;
};

/* The tree of a mount. controllers: as in /proc/PID/cgroup. -errno. */
int cgi_tree_open(struct cg_ctx *ctx, const struct cgi_mount *m, const char *controllers,
		  bool any_owned, struct cgi_tree *t);
void cgi_tree_close(struct cg_ctx *ctx, struct cgi_tree *t);
/* The path below the mount of the group that a process is in. -ENOENT: outside */
int cgi_tree_of_pid(struct cg_ctx *ctx, const struct cgi_tree *t, const char *controllers,
		    pid_t pid, char *out, size_t size);
/* A path of the caller's, relative or not, as one below the mount. -EPERM: no base */
int cgi_tree_path(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		  char *out, size_t size);
/*
 * Would a new group have this file? Roots lack some, so an existing group is asked; where
 * there is none, the kernel's version since when it has it (for capability reports only).
 */
bool cgi_tree_new_has(struct cg_ctx *ctx, const struct cgi_tree *t, const char *file,
		      unsigned major, unsigned minor);

/* All return 0 or -errno with the sentence set. */
int cgi_dir_open(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, struct cgi_dir *d);
int cgi_dir_create(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, unsigned flags,
		   struct cgi_dir *d);
/* Undoes a create: what is fresh goes, and the parents made for it. */
void cgi_dir_undo(struct cg_ctx *ctx, struct cgi_dir *d);
/* One attempt at the subtree, deepest first. 0: gone. -EBUSY */
int cgi_dir_remove(struct cg_ctx *ctx, struct cgi_dir *d);
void cgi_dir_remove_parents(struct cg_ctx *ctx, struct cgi_dir *d);
void cgi_dir_close(struct cg_ctx *ctx, struct cgi_dir *d);
/* "ino made path" and back; restore: 0, -ESTALE if another is there, gone set if none */
void cgi_dir_save(const struct cgi_dir *d, struct cgi_buf *out);
int cgi_dir_restore(struct cg_ctx *ctx, const struct cgi_tree *t, const char *text,
		    struct cgi_dir *d);

/*
 * Relative paths of the group ("") and every group below it, parents first: paths, not
 * descriptors, so that a member cannot exhaust ours by nesting deeply.
 */
struct cgi_names {
	char **v;
	size_t n, cap;
};
int cgi_dir_names(struct cg_ctx *ctx, struct cgi_dir *d, struct cgi_names *out);
void cgi_names_free(struct cgi_names *l);
/* The controllers that CG_OP_LIMITS speaks of, and an offer of some of them, a bit for each. */
#define CGI_LIMITS	3
extern const char *const cgi_limits[CGI_LIMITS];
void cgi_cap_limits(struct cgi_cap *c, unsigned have, const char *mechanism, const char *why,
		    const char *remedy);
/* A resource: "pids.max", and nothing that steers the group itself. -EINVAL */
int cgi_key_check(struct cg_ctx *ctx, const char *key);
/* "[default] N" or "MAJOR:MINOR N" of io.weight as "[MAJOR:MINOR] N", of 10 to 1000. -EINVAL */
int cgi_io_weight(struct cg_ctx *ctx, const char *value, char *out, size_t size);
/* "a/b" + "file"; false if too long */
bool cgi_dir_file(char *out, size_t size, const char *rel, const char *file);

/* The members of one group by its cgroup.procs, or by its threads where that is refused. */
int cgi_dir_procs(struct cg_ctx *ctx, struct cgi_dir *d, const char *rel, cgi_pid_fn fn,
		  void *data);

#endif
