/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts of the configuration. A mount is made by itself and then put at a descriptor
 * of its target, and is held by its own ever after, so that nothing is looked up twice in
 * an image that others may be writing to. Attributes that the configuration does not speak of stay
 * as the source has them, which also leaves those alone that an outer user namespace has locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

static int open_source(const struct spec *s, const struct spec_mount *m, int *ret, struct err *e)
{
	int fd, r;

	*ret = -1;
	if (!m->bind || m->flags & MS_REMOUNT || !(m->idmap || spec_ns(s, CLONE_NEWUSER)))
		return 0;
	fd = sys_open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE |
			   (m->flags & MS_REC ? AT_RECURSIVE : 0));
	if (fd < 0)
		return m->idmap ? fail(e, fd, "source %s", m->source) : 0;
	r = m->idmap ? mount_idmap(fd, s, m, e) : 0;
	if (r)
		close(fd);
	else
		*ret = fd;
	return r;
}

/*
 * The container's root may not be able to reach what a privileged caller can, nor to map
 * ids. Where we are not allowed to, that is no matter: the child tries it by itself. We are
 * the parent, in the host's mount namespace: nothing is mounted anywhere here.
 */
int mount_open_sources(const struct spec *s, int **fds, struct err *e)
{
	int *fd = malloc((s->n_mounts + 1) * sizeof(*fd)), r = 0;

	*fds = fd;
	if (!fd)
		return fail(e, -ENOMEM, "mounts");
	for (size_t i = 0; i < s->n_mounts; i++)
		fd[i] = -1;
	for (size_t i = 0; i < s->n_mounts && !r; i++) {
		r = open_source(s, &s->mounts[i], &fd[i], e);
		if (r)
			err_wrap(e, "mounts[%zu] (%.128s)", i, s->mounts[i].destination);
	}
	return r;
}

static bool is_at(const struct spec_mount *m, const char *type, const char *where)
{
	size_t n = strlen(where);

	return m->type && !strcmp(m->type, type) && !strncmp(m->destination, where, n) &&
	       !m->destination[n + strspn(m->destination + n, "/")];
}

/* Parts that say nothing: "//" and "/./". */
static const char *skip(const char *path)
{
	while (*path == '/' || (path[0] == '.' && (path[1] == '/' || !path[1])))
		path++;
	return path;
}

/* What is left of path below dir, or NULL. As text: what is a link is not asked. */
static const char *below(const char *path, const char *dir)
{
	for (;;) {
		size_t n = strcspn(dir = skip(dir), "/");

		path = skip(path);
		if (!n)
			return path;
		if (strcspn(path, "/") != n || strncmp(path, dir, n))
			return NULL;
		path += n;
		dir += n;
	}
}

static bool has_dotdot(const char *path)
{
	for (; (path = strstr(path, "..")); path += 2)
		if (path[-1] == '/' && (path[2] == '/' || !path[2]))
			return true;
	return false;
}

int mount_of(const struct rootfs *c, const char *path, const char **rest)
{
	int fd = c->root;

	*rest = path;
	for (size_t i = 0; c->mounted && i < c->spec->n_mounts && !has_dotdot(path); i++) {
		const char *left = c->mounted[i] < 0 ? NULL :
			below(path, c->spec->mounts[i].destination);

		if (!left)
			continue;
		fd = c->mounted[i];
		*rest = *left ? left : ".";
	}
	return fd;
}

/* Links of these stay in them; elsewhere a link counts as the container will follow it. */
static bool is_kernels(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

int mount_look(const struct rootfs *c, const char *path)
{
	const char *rest;
	int r, fd = mount_of(c, path, &rest);

	if (fd == c->root)
		return root_open(fd, path, O_PATH);
	if (!strcmp(rest, ".")) {
		r = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return r < 0 ? -errno : r;
	}
	if (is_kernels(fd))
		return root_open(fd, rest, O_PATH);
	r = root_open_plain(fd, rest, O_PATH);
	return r == -ELOOP ? root_open(c->root, path, O_PATH) : r;
}

/*
 * The mount points of these are in their very place. Where others can write into the image, a
 * link would put procfs out of place, and what is masked in it would be masked elsewhere
 * (CVE-2019-19921); and devices would be made in a volume.
 */
static bool needs_place(const struct spec_mount *m)
{
	return !strcmp(m->type, "proc") || !strcmp(m->type, "sysfs") ||
	       below(m->destination, "/dev");
}

static int plain_dir(const struct rootfs *c, const char *path)
{
	const char *rest;
	int fd, base = mount_of(c, path, &rest);

	fd = root_open_plain(base, rest, O_PATH | O_DIRECTORY);
	if (fd != -ENOENT)
		return fd;
	fd = root_mkdir_within(base, rest);
	if (fd < 0)
		return fd;
	close(fd);
	return root_open_plain(base, rest, O_PATH | O_DIRECTORY);
}

/* What is left to do once the mount is where it belongs; it is held from now on. */
static int finish(struct rootfs *c, size_t i, int fd, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	int r = 0;

	if (m->propagation)
		r = mnt_propagate(fd, m->propagation);
	if (r)
		fail(e, r, "propagation");
	c->mounted[i] = fd;
	if (is_at(m, "proc", "/proc"))
		c->proc = fd;
	else if (is_at(m, "devpts", "/dev/pts"))
		c->devpts = fd;
	return r;
}

static int attach(struct rootfs *c, size_t i, int fd, int target, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	int r = mnt_attach(fd, target);

	if (!r && m->bind)
		r = mnt_set(fd, m->flags, m->clear);
	if (!r && (m->rec_set || m->rec_clear))
		r = sys_mount_setattr(fd, true, m->rec_set, m->rec_clear, 0);
	if (!r)
		return finish(c, i, fd, e);
	close(fd);
	return fail(e, r, "mount");
}

/* A file is bound over a file: the kernel would say EINVAL, and engines ask for ENOTDIR. */
static int bind_target(const struct rootfs *c, const char *path, int source)
{
	struct stat from, to;
	int target;

	if (fstat(source, &from) < 0)
		return -errno;
	if (S_ISDIR(from.st_mode))
		return root_mkdir(c->root, path);
	target = root_mkfile(c->root, path);
	if (target < 0)
		return target;
	if (fstat(target, &to) == 0 && !S_ISDIR(to.st_mode))
		return target;
	close(target);
	return -ENOTDIR;
}

static int mount_bind(struct rootfs *c, size_t i, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	int fd = c->sources ? c->sources[i] : -1;
	int target, r;

	if (fd < 0)
		fd = mnt_clone(AT_FDCWD, m->source, m->flags & MS_REC);
	else
		c->sources[i] = -1;
	if (fd < 0)
		return fail(e, fd, "source %s", m->source);
	target = bind_target(c, m->destination, fd);
	if (target < 0) {
		close(fd);
		return fail(e, target, "the mount point");
	}
	r = attach(c, i, fd, target, e);
	close(target);
	return r;
}

/* A tmpfs that is read-only once the mount points in it are made. */
static bool is_late(const struct spec_mount *m)
{
	return !m->bind && !strcmp(m->type, "tmpfs") && m->flags & MS_RDONLY &&
	       !(m->flags & MS_REMOUNT);
}

static int mount_fs(struct rootfs *c, size_t i, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	bool place = needs_place(m);
	int target = place ? plain_dir(c, m->destination) : root_mkdir(c->root, m->destination);
	unsigned long flags = m->flags;
	int fd, r;

	if (target == -ELOOP && place)
		return err_set(e, target, "the mount point must be a directory, not a link");
	if (target < 0)
		return fail(e, target, "the mount point");
	if (is_late(m))
		flags &= ~(unsigned long)MS_RDONLY;
	fd = mnt_new(m->type, m->source, m->data, flags, c->spec->rootfs, e);
	r = fd < 0 ? fd : 0;
	if (!r && m->tmpcopyup) {
		r = copy_up(target, fd);
		if (r)
			fail(e, r, "copying up");
	}
	if (!r)
		r = attach(c, i, fd, target, e);
	else if (fd >= 0)
		close(fd);
	close(target);
	return r;
}

/* Changes what is mounted there already. */
static int remount(struct rootfs *c, const struct spec_mount *m, struct err *e)
{
	char path[MNT_PATH];
	int fd = root_open(c->root, m->destination, O_PATH);
	int r;

	if (fd < 0)
		return fail(e, fd, "the mount point");
	mnt_path(path, fd);
	r = mount(NULL, path, NULL, m->flags & ~(unsigned long)MS_REC, m->data) < 0 ? -errno : 0;
	close(fd);
	return r ? fail(e, r, "remount") : 0;
}

static int mount_one(struct rootfs *c, size_t i, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];

	if (!m->destination[strspn(m->destination, "/.")])
		return err_set(e, -EINVAL, "the root cannot be a mount point");
	if (m->flags & MS_REMOUNT)
		return remount(c, m, e);
	if (m->bind)
		return mount_bind(c, i, e);
	if (!strcmp(m->type, "cgroup"))
		return mount_cgroup(c, i, e);
	return mount_fs(c, i, e);
}

int mount_all(struct rootfs *c, struct err *e)
{
	const struct spec *s = c->spec;

	c->mounted = malloc((s->n_mounts + 1) * sizeof(*c->mounted));
	if (!c->mounted)
		return fail(e, -ENOMEM, "mounts");
	for (size_t i = 0; i < s->n_mounts; i++)
		c->mounted[i] = -1;
	for (size_t i = 0; i < s->n_mounts; i++) {
		if (mount_one(c, i, e)) {
			err_wrap(e, "mounts[%zu] (%.128s)", i, s->mounts[i].destination);
			return e->code;
		}
	}
	return 0;
}

/* What could not be read-only while there were mount points to be made in it. */
int mount_late(struct rootfs *c, struct err *e)
{
	for (size_t i = 0; i < c->spec->n_mounts; i++) {
		const struct spec_mount *m = &c->spec->mounts[i];
		int r = is_late(m) ? mnt_set(c->mounted[i], MS_RDONLY, 0) : 0;

		if (r)
			return fail(e, r, "mounts[%zu] (%s): read-only", i, m->destination);
	}
	return 0;
}
