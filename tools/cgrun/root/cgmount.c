/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A mount of type "cgroup": the container sees the hierarchies that the host has, in the
 * places and under the names that the host gives them, each from its own group down. What
 * these are is read from the kernel's lists; nothing here knows one by name.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

#define MAX_TREES	32

struct tree {
	char *list;		/* controllers or name=, as in /proc/self/cgroup; "": all in one */
	char *path;		/* our group in it */
	char *type, *point;	/* NULL: mounted nowhere */
	char *own;		/* our group below point */
};

struct trees {
	struct tree tree[MAX_TREES];
	size_t n;
	bool many;		/* more than the one that holds everything */
};

static void trees_free(struct trees *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->tree[i].list);
		free(t->tree[i].path);
		free(t->tree[i].type);
		free(t->tree[i].point);
		free(t->tree[i].own);
	}
}

static bool has_word(const char *list, const char *word, size_t len)
{
	while (*list) {
		size_t n = strcspn(list, ",\n");

		if (n == len && !strncmp(list, word, len))
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

/* "\040" and the like */
static void unescape(char *s)
{
	char *to = s;
	unsigned c;

	for (; *s; s++, to++) {
		if (*s == '\\' && sscanf(s + 1, "%3o", &c) == 1) {
			*to = (char)c;
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* ID:LIST:PATH */
static int read_groups(struct trees *t)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (!r && t->n < MAX_TREES && getline(&line, &size, f) > 0) {
		char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
		struct tree *tree = &t->tree[t->n];

		if (!path)
			continue;
		path[strcspn(path, "\n")] = '\0';
		tree->list = strndup(list + 1, (size_t)(path - list - 1));
		tree->path = strdup(path + 1);
		r = tree->list && tree->path ? 0 : -ENOMEM;
		t->n++;
	}
	free(line);
	fclose(f);
	return r;
}

/* Our group below a mount whose own root is `root`; the mount itself, if it is not below it. */
static char *group_at(const char *point, const char *root, const char *path)
{
	size_t n = strcmp(root, "/") ? strlen(root) : 0;
	char *s;

	if (strncmp(path, root, n) || (path[n] && path[n] != '/') || strstr(path, "/.."))
		path = "";
	else
		path += n;
	return asprintf(&s, "%s%s", point, strcmp(path, "/") ? path : "") < 0 ? NULL : s;
}

static int place(struct tree *tree, const char *type, const char *point, const char *root)
{
	tree->type = strdup(type);
	tree->point = strdup(point);
	tree->own = group_at(point, root, tree->path);
	return tree->type && tree->point && tree->own ? 0 : -ENOMEM;
}

/* One line of mountinfo. The first place of a hierarchy that is not the container's counts. */
static int add_mount(struct trees *t, const char *line, const char *rootfs)
{
	char *root = NULL, *point = NULL, *type = NULL, *opts = NULL;
	const char *dash = strstr(line, " - ");
	int r = 0;

	if (dash && !strncmp(dash + 3, "cgroup", 6) &&
	    sscanf(line, "%*d %*d %*s %ms %ms", &root, &point) == 2 &&
	    sscanf(dash + 3, "%ms %*s %ms", &type, &opts) == 2) {
		bool one = strcmp(type, "cgroup") != 0;

		unescape(root);
		unescape(point);
		for (size_t i = 0; i < t->n && !r; i++) {
			struct tree *tree = &t->tree[i];
			size_t n = strcspn(tree->list, ",");

			if (tree->point || !strncmp(point, rootfs, strlen(rootfs)))
				continue;
			if (one ? n : !n || !has_word(opts, tree->list, n))
				continue;
			t->many |= !one;
			r = place(tree, type, point, root);
		}
	}
	free(root);
	free(point);
	free(type);
	free(opts);
	return r;
}

static int read_trees(struct trees *t, const char *rootfs)
{
	char *line = NULL;
	size_t size = 0;
	int r = read_groups(t);
	FILE *f = r ? NULL : fopen("/proc/self/mountinfo", "re");

	if (!f)
		return r ? r : -errno;
	while (!r && getline(&line, &size, f) > 0)
		r = add_mount(t, line, rootfs);
	free(line);
	fclose(f);
	return r;
}

/*
 * In a cgroup namespace of its own the container's group is the root of a new mount. Else,
 * and where the kernel does not let us mount, what the host has mounted is bound. A new mount
 * from the host's own namespace would also give the hierarchy its options: nsdelegate off.
 */
static int tree_mount(const struct rootfs *c, const struct tree *tree, unsigned long flags,
		     const char *bind, struct err *e)
{
	int fd = -EPERM;

	if (spec_ns(c->spec, CLONE_NEWCGROUP))
		fd = mnt_new(tree->type, "cgroup", *tree->list ? tree->list : NULL, flags,
			     c->spec->rootfs, e);
	if (fd == -EPERM || fd == -EBUSY) {
		e->code = 0;
		fd = mnt_clone(AT_FDCWD, bind ? bind : tree->point, false);
		if (fd < 0)
			fail(e, fd, "%s", bind ? bind : tree->point);
	}
	return fd;
}

static int put(int fd, int target, unsigned long flags)
{
	int r = mnt_attach(fd, target);

	if (!r)
		r = mnt_set(fd, flags, 0);
	close(fd);
	return r;
}

/* "cpu" and "cpuacct" are where "cpu,cpuacct" is. */
static void link_words(int dir, const char *name)
{
	char *copy = strchr(name, ',') ? strdup(name) : NULL, *rest = copy;

	while (rest) {
		char *word = strsep(&rest, ",");

		(void)!symlinkat(name, dir, word);
	}
	free(copy);
}

static int mount_tree(const struct rootfs *c, const struct tree *tree, int dir,
		      unsigned long flags, struct err *e)
{
	const char *name = strrchr(tree->point, '/') + 1;
	int target, r, fd;

	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return fail(e, -errno, "%s", name);
	target = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return fail(e, -errno, "%s", name);
	fd = tree_mount(c, tree, flags, tree->own, e);
	r = fd < 0 ? fd : put(fd, target, flags);
	close(target);
	if (r)
		return e->code ? e->code : fail(e, r, "%s", name);
	link_words(dir, name);
	return 0;
}

static int mount_many(struct rootfs *c, size_t i, const struct trees *t, int target,
		      struct err *e)
{
	const unsigned long flags = c->spec->mounts[i].flags;
	int dir = mnt_new("tmpfs", "cgroup", "mode=755", flags & ~(unsigned long)MS_RDONLY,
			  c->spec->rootfs, e);
	int r = dir < 0 ? dir : mnt_attach(dir, target);

	for (size_t k = 0; k < t->n && !r; k++)
		if (t->tree[k].point)
			r = mount_tree(c, &t->tree[k], dir, flags, e);
	if (!r && flags & MS_RDONLY)
		r = mnt_set(dir, MS_RDONLY, 0);
	if (dir >= 0)
		close(dir);
	return r && !e->code ? fail(e, r, "mount") : r;
}

static int mount_one(struct rootfs *c, size_t i, const struct trees *t, int target,
		     struct err *e)
{
	const unsigned long flags = c->spec->mounts[i].flags;

	for (size_t k = 0; k < t->n; k++) {
		int fd, r;

		if (!t->tree[k].point)
			continue;
		fd = tree_mount(c, &t->tree[k], flags, NULL, e);
		r = fd < 0 ? fd : put(fd, target, flags);
		return r && !e->code ? fail(e, r, "mount") : r;
	}
	return 0;	/* the host has none */
}

int mount_cgroup(struct rootfs *c, size_t index, struct err *e)
{
	struct trees t = { .n = 0 };
	int target = root_mkdir(c->root, c->spec->mounts[index].destination);
	int r = target < 0 ? target : read_trees(&t, c->spec->rootfs);

	if (r)
		fail(e, r, "cgroups");
	else if (t.many)
		r = mount_many(c, index, &t, target, e);
	else
		r = mount_one(c, index, &t, target, e);
	if (target >= 0)
		close(target);
	trees_free(&t);
	return r;
}
