/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cgrun writes on the groups of its containers, and cgtool finds there. */
#ifndef COMMON_MARK_H
#define COMMON_MARK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cg;
struct cg_ctx;

struct mark {
	const char *root, *id;		/* whose state was in ROOT/ID */
	uint64_t dev, inode;		/* of ROOT */
	bool tmpfs;			/* ROOT was on one: dev is then its number everywhere */
	uint64_t mnt;			/* the mount namespace in which that was its path */
	const char *group;		/* for cg_restore() */
	uint64_t dir_dev, dir_inode;	/* the directory that has the mark */
	uid_t owner;			/* of that */
	bool trusted;			/* only root of the host can have written it */
};

/*
 * On every directory of the group that takes it. It can fail without harm: a group
 * without a mark is nobody's when its state is lost.
 */
void mark_write(struct cg_ctx *ctx, const struct cg *cg, const char *root, int rootfd,
		const char *id, const char *group);

/* The number of our mount namespace. */
uint64_t mark_mnt(void);

/* Each mark that can be read, group by group, as often as it is there. */
typedef void (*mark_fn)(void *data, const struct mark *m);
void mark_each(struct cg_ctx *ctx, mark_fn fn, void *data);

/* The mark of one directory, if it has any that can be read. */
void mark_at(const char *dir, mark_fn fn, void *data);

/*
 * Each group once, with the text for cg_restore() that holds only those of its directories that
 * carry the mark. -ENOMEM: some may be missing.
 */
typedef void (*mark_group_fn)(void *data, const struct mark *m, const char *group);
int mark_groups(struct cg_ctx *ctx, mark_group_fn fn, void *data);

#endif
