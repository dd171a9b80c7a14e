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
#define TEXT_MAX	(1u << 20)

struct tree {
	char *list;		/* controllers or name=, as in /proc/self/cgroup; "": all in one */
	char *path;		/* our group in it */
	char *type, *point;	/* NULL: mounted nowhere */
	char *own;		/* our group below point, NULL: not there */
	bool shared;		/* the group is the caller's, too */
};

struct trees {
	struct tree tree[MAX_TREES];
	size_t n;
	bool many;		/* more than the one that holds everything */
};

/* A line of /proc/self/cgroup: ID:LIST:PATH */
static int add_group(struct trees *t, const char *line, const char *before)
{
	const char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;
	struct tree *tree = &t->tree[t->n];
	size_t len = strlen(line);

	if (!path || t->n == MAX_TREES)
		return 0;
	tree->list = strndup(list + 1, (size_t)(path - list - 1));
	tree->path = strdup(path + 1);
	for (const char *s = before; s && !tree->shared; s = (s = strchr(s, '\n')) ? s + 1 : NULL)
		tree->shared = !strncmp(s, line, len) && s[len] == '\n';
	t->n++;
	return tree->list && tree->path ? 0 : -ENOMEM;
}

/* Our group below a mount whose own root is `root`. NULL: it is not below it. */
static char *group_at(const char *point, const char *root, const char *path)
{
	size_t n = strcmp(root, "/") ? strlen(root) : 0;
	char *s;

	if (strncmp(path, root, n) || (path[n] && path[n] != '/') || strstr(path, "/.."))
		return NULL;
	path += n;
	return asprintf(&s, "%s%s", point, strcmp(path, "/") ? path : "") < 0 ? NULL : s;
}

static int place(struct tree *tree, const char *type, const char *point, const char *root)
{
	tree->type = strdup(type);
	tree->point = strdup(point);
	tree->own = group_at(point, root, tree->path);
	return tree->type && tree->point ? 0 : -ENOMEM;
}

/* The number of the mount, as fdinfo has it. */
static int mount_number(const char *point)
{
	int id = -1, fd = open(point, O_PATH | O_CLOEXEC);
	char path[48], text[256], *at;

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (read_text(AT_FDCWD, path, text, sizeof(text)) > 0 && (at = strstr(text, "mnt_id:")))
		(void)!sscanf(at, "mnt_id: %d", &id);
	close(fd);
	return id;
}

/* Is that mount what one finds at its place, or has another been put over it since? */
static bool is_visible(int id, const char *point)
{
	struct file_handle h = { .handle_bytes = 0 };
	int there;

	/* The number comes with a handle, too, even if that is too long: one call, not five. */
	if (name_to_handle_at(AT_FDCWD, point, &h, &there, AT_SYMLINK_FOLLOW) < 0 &&
	    errno != EOVERFLOW)
		there = mount_number(point);
	return there == id;
}

/* The hierarchy that is mounted with these options, if its place is not known yet. */
static struct tree *tree_of(struct trees *t, bool one, const char *opts)
{
	for (size_t i = 0; i < t->n; i++) {
		struct tree *tree = &t->tree[i];
		size_t n = strcspn(tree->list, ",");

		if (!tree->point && (one ? !n : n && has_word(opts, strlen(opts), tree->list, n)))
			return tree;
	}
	return NULL;
}

/* A line of mountinfo. The first place of a hierarchy that can be seen counts. */
static int add_mount(struct trees *t, const char *line)
{
	char *root = NULL, *point = NULL, *type = NULL, *opts = NULL;
	const char *dash = strstr(line, " - ");
	int id, r = 0;

	if (dash && !strncmp(dash + 3, "cgroup", 6) &&
	    sscanf(line, "%d %*d %*s %ms %ms", &id, &root, &point) == 3 &&
	    sscanf(dash + 3, "%ms %*s %ms", &type, &opts) == 2) {
		bool one = strcmp(type, "cgroup") != 0;
		struct tree *tree = tree_of(t, one, opts);

		mnt_unescape(root);
		mnt_unescape(point);
		if (tree && is_visible(id, point)) {
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

/* The text is cut into its lines. */
static char *next_line(char **text)
{
	char *line = strsep(text, "\n");

	return line && *line ? line : NULL;
}

static bool wanted(const struct spec *s)
{
	for (size_t i = 0; s && i < s->n_mounts; i++)
		if (!s->mounts[i].bind && s->mounts[i].type &&
		    !strcmp(s->mounts[i].type, "cgroup"))
			return true;
	return false;
}

static int groups_text(char **ret, struct err *e)
{
	size_t len;
	int r = file_read(AT_FDCWD, "/proc/self/cgroup", 0, TEXT_MAX, ret, &len, e);

	if (r == -ENOENT) {	/* a kernel without cgroups */
		*ret = strdup("");
		return *ret ? 0 : no_memory(e);
	}
	return r ? err_wrap(e, "/proc/self/cgroup") : 0;
}

int cgroups_before(struct rootfs *c, struct err *e)
{
	return wanted(c->spec) ? groups_text(&c->before, e) : 0;
}

int cgroups_look(struct rootfs *c, struct err *e)
{
	char *groups = NULL, *mounts = NULL, *at, *line;
	int r;

	if (!wanted(c->spec))
		return 0;
	c->trees = calloc(1, sizeof(*c->trees));
	r = c->trees ? groups_text(&groups, e) : no_memory(e);
	if (!r)
		r = mnt_list(&mounts, e);
	for (at = groups; !r && (line = next_line(&at));)
		r = add_group(c->trees, line, c->before);
	for (at = mounts; !r && (line = next_line(&at));)
		r = add_mount(c->trees, line);
	free(groups);
	free(mounts);
	return r && !e->code ? fail(e, r, "cgroups") : r;
}

/*
 * In a cgroup namespace of its own the container's group is the root of a new mount. Else,
 * and where the kernel does not let us mount, that group in the host's mount is bound. A new mount
 * from the host's own namespace would also give the hierarchy its options: nsdelegate off.
 * Nothing above the group is ever bound; and a group that is the caller's, too, is not the
 * container's to change.
 */
static int tree_mount(const struct rootfs *c, const struct tree *tree, unsigned long flags,
		      struct err *e)
{
	int fd = -EPERM, r;

	if (spec_ns(c->spec, CLONE_NEWCGROUP))
		fd = mnt_new(tree->type, "cgroup", *tree->list ? tree->list : NULL, flags,
			     c->spec->rootfs, e);
	if (fd != -EPERM && fd != -EBUSY)
		return fd;
	e->code = 0;
	if (!tree->own)
		return err_set(e, -EXDEV, "the container's group is not in %s", tree->point);
	fd = mnt_clone(AT_FDCWD, tree->own, false);
	/* Something is mounted inside, which a user namespace may not uncover. */
	if (fd == -EINVAL) {
		fd = mnt_clone(AT_FDCWD, tree->own, true);
		r = fd >= 0 && flags & MS_RDONLY ?
			sys_mount_setattr(fd, true, MOUNT_ATTR_RDONLY, 0, 0) : 0;
		if (r && r != -ENOSYS) {
			close(fd);
			fd = r;
		}
	}
	return fd < 0 ? fail(e, fd, "%s", tree->own) : fd;
}

/* whole: the caller sets the flags of all trees at once. A shared tree is read-only in any case. */
static int put_tree(const struct rootfs *c, const struct tree *tree, int dir, const char *name,
		    unsigned long flags, bool whole, struct err *e)
{
	int r, fd;

	if (tree->shared)
		flags |= MS_RDONLY;
	fd = tree_mount(c, tree, flags, e);
	if (fd < 0)
		return fd;
	r = mnt_attach_at(fd, dir, name);
	if (!r && (!whole || tree->shared))
		r = mnt_set(fd, flags, 0);
	close(fd);
	return r ? fail(e, r, "mount") : 0;
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
		      unsigned long flags, bool whole, struct err *e)
{
	const char *name = strrchr(tree->point, '/') + 1;
	int r;

	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return fail(e, -errno, "%s", name);
	r = put_tree(c, tree, dir, name, flags, whole, e);
	if (r)
		return err_wrap(e, "%s", name);
	link_words(dir, name);
	return 0;
}

/* The flags are set once for all of them, where the kernel can (5.12). */
static int mount_many(struct rootfs *c, size_t i, const struct trees *t, int target,
		      struct err *e)
{
	const unsigned long flags = c->spec->mounts[i].flags;
	const unsigned long early = flags & ~(unsigned long)MS_RDONLY;
	int dir = mnt_new("tmpfs", "cgroup", "mode=755", early, c->spec->rootfs, e);
	int r = dir < 0 ? dir : mnt_attach(dir, target);
	bool whole = !r && early && !mnt_set_all(dir, early);

	for (size_t k = 0; k < t->n && !r; k++)
		if (t->tree[k].point)
			r = mount_tree(c, &t->tree[k], dir, flags, whole, e);
	if (!r)
		r = whole ? mnt_set_all(dir, flags) : mnt_set(dir, flags & MS_RDONLY, 0);
	if (dir >= 0)
		close(dir);
	return r && !e->code ? fail(e, r, "mount") : r;
}

static int mount_one(struct rootfs *c, size_t i, const struct trees *t, int target,
		     struct err *e)
{
	for (size_t k = 0; k < t->n; k++)
		if (t->tree[k].point)
			return put_tree(c, &t->tree[k], target, "", c->spec->mounts[i].flags,
					false, e);
	return 0;	/* the host has none */
}

int mount_cgroup(struct rootfs *c, size_t index, struct err *e)
{
	int r, target = root_mkdir(c->root, c->spec->mounts[index].destination);

	if (target < 0)
		return fail(e, target, "the mount point");
	if (c->trees->many)
		r = mount_many(c, index, c->trees, target, e);
	else
		r = mount_one(c, index, c->trees, target, e);
	close(target);
	return r;
}
