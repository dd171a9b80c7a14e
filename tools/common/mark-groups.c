/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The marks of a group, put together: it has one in every hierarchy. What a mark says is used for
 * the directories alone that carry it, for a container may own them and write there what it likes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

#include "banned.h"

struct dir {
	uint64_t dev, inode;
};

struct left {
	struct mark m;
	char *root, *id, *group;	/* what m points to */
	struct dir *dir;		/* that carry it */
	size_t n;
};

struct lefts {
	struct left *left;
	size_t n;
	bool failed;
};

/* ---- collecting: a group has its mark in every hierarchy, it counts once ---- */

static struct left *find_left(struct lefts *all, const struct mark *m)
{
	struct left *more, l = { .m = *m };

	for (size_t i = 0; i < all->n; i++) {
		struct left *old = &all->left[i];

		if (!strcmp(old->root, m->root) && !strcmp(old->id, m->id) &&
		    !strcmp(old->group, m->group) && old->m.owner == m->owner &&
		    old->m.trusted == m->trusted)
			return old;
	}
	more = realloc(all->left, (all->n + 1) * sizeof(*more));
	if (!more)
		return NULL;
	all->left = more;
	l.m.root = l.root = strdup(m->root);
	l.m.id = l.id = strdup(m->id);
	l.m.group = l.group = strdup(m->group);
	all->left[all->n++] = l;
	return l.root && l.id && l.group ? &all->left[all->n - 1] : NULL;
}

static void collect(void *data, const struct mark *m)
{
	struct lefts *all = data;
	struct left *l;
	struct dir *more;

	l = all->failed ? NULL : find_left(all, m);
	more = l ? realloc(l->dir, (l->n + 1) * sizeof(*more)) : NULL;
	if (!more) {
		all->failed = true;
		return;
	}
	l->dir = more;
	l->dir[l->n++] = (struct dir){ m->dir_dev, m->dir_inode };
}

static void lefts_free(struct lefts *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->left[i].root);
		free(all->left[i].id);
		free(all->left[i].group);
		free(all->left[i].dir);
	}
	free(all->left);
}

/* "DRIVER [HIERARCHY] DEV INODE ...": one of those that carry the mark */
static bool carries(const struct left *l, const char *line, size_t len)
{
	const char *end = line + len;
	unsigned long long dev, inode;

	for (; (line = memchr(line, ' ', (size_t)(end - line))); line++)
		if (line[1] >= '0' && line[1] <= '9')
			break;
	if (!line || sscanf(line, "%llu %llu", &dev, &inode) != 2)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->dir[i].dev == dev && l->dir[i].inode == inode)
			return true;
	return false;
}

/* The saved group without what the mark cannot speak for: other directories, and processes. */
static char *vouched(const struct left *l)
{
	char *text = strdup(l->group), *to = text;
	const char *s = l->group;
	size_t len;

	for (int n = 0; to && *s; s += len, n++) {
		len = strcspn(s, "\n");
		len += s[len] == '\n';
		/* Two lines of heading: which boot, which path. */
		if (n < 2 || carries(l, s, len))
			to = mempcpy(to, s, len);
	}
	if (to)
		*to = '\0';
	return text;
}

int mark_groups(struct cg_ctx *ctx, mark_group_fn fn, void *data)
{
	struct lefts all = { .n = 0 };

	mark_each(ctx, collect, &all);
	for (size_t i = 0; !all.failed && i < all.n; i++) {
		char *text = vouched(&all.left[i]);

		if (text)
			fn(data, &all.left[i].m, text);
		all.failed |= !text;
		free(text);
	}
	lefts_free(&all);
	return all.failed ? -ENOMEM : 0;
}
