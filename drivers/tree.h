/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hierarchies: what is mounted where, what of it this process sees, and where this user
 * may make groups. Decided by asking what may be written, never from a user id or a version.
 */
#ifndef CGI_TREE_H
#define CGI_TREE_H

#include "base/base.h"

#define CGI_UNMOUNTED	"it is not mounted here"

struct cgi_dialect;			/* place.h */
extern const struct cgi_dialect cgi_dialect_v1, cgi_dialect_v2;

/* One hierarchy, as it is visible here. */
struct cgi_tree {
	enum cgi_kind kind;		/* CGI_V2, CGI_V1 */
	const struct cgi_dialect *d;
	char *name;			/* in /proc/PID/cgroup: "cpu,cpuacct", "name=systemd", "" */
	unsigned id;			/* hierarchy ID, there too: nobody else's while it lives */
	int fd;				/* what the mount shows; -1: nothing of it is visible */
	uint64_t top;			/* inode of that directory */
	char *point;			/* mount point */
	char *root;			/* of the mount, as /proc/PID/cgroup spells it */
	char *own;			/* the caller's own group below the mount; NULL: outside */
	char *base;			/* where relative paths start; NULL: nowhere */
	bool nsdelegate;		/* v2 mount option: namespaces are borders of delegation */
	char why[400];			/* why there is no base, or nothing to be seen */
};

/* v2 first, then the freezer, then named hierarchies, then the others. */
struct cgi_trees {
	struct cgi_tree *v;
	size_t n;
};

/* Looks at all of them, once a context. An error other than what it means to have none. */
int cgi_trees_look(struct cg_ctx *ctx);
void cgi_trees_free(struct cg_ctx *ctx);
/* By name, "" is v2; NULL. */
struct cgi_tree *cgi_tree_named(const struct cg_ctx *ctx, const char *name, size_t len);
/* The v1 hierarchy of a controller; NULL. */
struct cgi_tree *cgi_tree_with(const struct cg_ctx *ctx, const char *controller);
/* A path of the caller's, relative or not, as one below the mount, to be freed. -EPERM: no base */
int cgi_tree_path(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, char **ret);
/*
 * Where a /proc/PID/cgroup text says that the process is, below the mount; to be freed.
 * -ENOENT: not in what the mount shows, or in a removed group.
 */
int cgi_tree_where(const struct cgi_tree *t, const char *text, char **ret);
int cgi_tree_line(const struct cgi_tree *t, const char *text, struct cgi_line *ret);
/* Has this directory the mark of a unit with Delegate=? systemd sets it where it tracks units. */
bool cgi_is_delegated(struct cg_ctx *ctx, int fd);
bool cgi_release_is(struct cg_ctx *ctx, unsigned major, unsigned minor);	/* or newer */
/*
 * Would a new group have this file? Roots lack some, so an existing group is asked; where
 * there is none, the kernel's version since when it has it (for capability reports only).
 */
bool cgi_tree_new_has(struct cg_ctx *ctx, const struct cgi_tree *t, const char *file,
		      unsigned major, unsigned minor);
/* What cg_info() tells of the v2 tree beside where it is. */
int cgi_tree_features(struct cg_ctx *ctx, const struct cgi_tree *t, cg_info_fn fn, void *data);
#define CGI_V2_MOUNT	"cgroup2"	/* its name in cg_info() */
const char *cgi_host_mode(const struct cg_ctx *ctx);	/* "unified", "hybrid", "legacy", "none" */
const char *cgi_tree_none(enum cgi_kind kind);		/* why there is none of it */
const char *cgi_kind_name(enum cgi_kind kind);		/* "v2" */

#endif
