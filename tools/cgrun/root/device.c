/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device nodes of the container: those that the OCI specification promises, and those of
 * linux.devices. Made where we may make devices; where not, and that is in every user
 * namespace, the host's node is bound over an empty file.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

static const struct spec_device defaults[] = {
	{ (char *)"/dev/null", 'c', 1, 3, 0666, 0, 0 },
	{ (char *)"/dev/zero", 'c', 1, 5, 0666, 0, 0 },
	{ (char *)"/dev/full", 'c', 1, 7, 0666, 0, 0 },
	{ (char *)"/dev/random", 'c', 1, 8, 0666, 0, 0 },
	{ (char *)"/dev/urandom", 'c', 1, 9, 0666, 0, 0 },
	{ (char *)"/dev/tty", 'c', 5, 0, 0666, 0, 0 },
};
#define N_DEFAULTS	(sizeof(defaults) / sizeof(defaults[0]))

static const struct { const char *name, *target; } links[] = {
	{ "fd", "/proc/self/fd" },
	{ "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" },
	{ "stderr", "/proc/self/fd/2" },
	{ "ptmx", "pts/ptmx" },
	{ "core", "/proc/kcore" },
};
#define N_LINKS	(sizeof(links) / sizeof(links[0]))

mode_t device_type(const struct spec_device *d)
{
	return d->type == 'p' ? S_IFIFO : d->type == 'b' ? S_IFBLK : S_IFCHR;
}

static bool is_that(const struct stat *st, const struct spec_device *d)
{
	return (st->st_mode & S_IFMT) == device_type(d) &&
	       (d->type == 'p' || st->st_rdev == makedev(d->major, d->minor));
}

bool device_is_this(int fd, const struct spec_device *d)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_that(&st, d);
}

bool device_is(int fd, unsigned major, unsigned minor)
{
	const struct spec_device d = { .type = 'c', .major = major, .minor = minor };

	return device_is_this(fd, &d);
}

/* Made by an earlier run to have the node bound over it. */
static bool is_empty_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !st.st_size;
}

/*
 * The mount is read-only, so that mode and owner of the host's node stay; who may write to the
 * device is not a matter of its mount.
 */
static int cover(int fd, int target)
{
	int r = mnt_attach(fd, target);

	return r ? r : mnt_set(fd, MS_RDONLY, 0);
}

/*
 * What is at that path on the host may be something else. anything: whatever the image has
 * there is covered, else that is -EEXIST. source: such a mount, or -1.
 */
static int bind_node(const struct rootfs *c, const struct spec_device *d, int source,
		     bool anything)
{
	int target, r, fd = source < 0 ? mnt_clone(AT_FDCWD, d->path, false) : source;
	const char *rest;
	int base = mount_of(c, d->path, &rest);

	if (fd < 0)
		return fd;
	target = device_is_this(fd, d) ? root_mkfile_within(base, rest) : -ENODEV;
	if (target >= 0 && !anything && device_is_this(target, d))
		r = 0;
	else if (target >= 0 && !anything && !is_empty_file(target))
		r = -EEXIST;
	else
		r = target < 0 ? target : cover(fd, target);
	if (target >= 0)
		close(target);
	if (fd != source)
		close(fd);
	return r;
}

/* -EEXIST: something else is there. */
static int make_node(const struct rootfs *c, const struct spec_device *d)
{
	const char *name, *rest;
	int fd, r, dir, base = mount_of(c, d->path, &rest);

	if (root_is_name(rest)) {
		name = rest;
		dir = base;
	} else {
		dir = root_parent_within(base, rest, &name);
	}
	if (dir < 0)
		return dir;
	r = mknodat(dir, name, device_type(d) | d->mode, makedev(d->major, d->minor));
	r = r < 0 ? -errno : 0;
	if (!r && (d->uid || d->gid) &&
	    fchownat(dir, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW) < 0)
		r = -errno;
	if (r == -EEXIST) {
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && device_is_this(fd, d))
			r = 0;
		if (fd >= 0)
			close(fd);
	}
	if (dir != base)
		close(dir);
	return r;
}

static int device(struct rootfs *c, const struct spec_device *d, int source)
{
	int r = c->no_mknod && d->type != 'p' ? -EPERM : make_node(c, d);

	if (r == -EPERM && spec_ns(c->spec, CLONE_NEWNS)) {
		c->no_mknod = true;
		r = bind_node(c, d, source, false);
	}
	return r;
}

/* One of those that every container has takes the place of whatever the image has there. */
static int default_device(struct rootfs *c, const struct spec_device *d)
{
	int r = device(c, d, -1);

	return r == -EEXIST && spec_ns(c->spec, CLONE_NEWNS) ? bind_node(c, d, -1, true) : r;
}

/* It is a link to the one of the container's devpts, which a node would get past. */
static bool is_ptmx(const struct spec_device *d)
{
	return !strcmp(d->path, "/dev/ptmx");
}

static bool is_listed(const struct spec *s, const char *path)
{
	for (size_t i = 0; i < s->n_devices; i++)
		if (!strcmp(s->devices[i].path, path))
			return true;
	return false;
}

/* Whoever binds a whole /dev wants that one, as it is. */
static bool has_dev(const struct spec *s)
{
	for (size_t i = 0; i < s->n_mounts; i++) {
		const char *path = s->mounts[i].destination;

		if (s->mounts[i].bind && !strncmp(path, "/dev", 4) &&
		    !path[4 + strspn(path + 4, "/")])
			return true;
	}
	return false;
}

/* What is there already stays, whatever it is. */
static int make_links(const struct rootfs *c, struct err *e)
{
	const char *rest;
	int base = mount_of(c, "/dev", &rest);
	int dir = root_mkdir_within(base, rest);
	int r = dir < 0 ? dir : 0;

	for (size_t i = 0; i < N_LINKS && !r; i++) {
		if (!strcmp(links[i].name, "core") && access(links[i].target, F_OK) < 0)
			continue;
		if (symlinkat(links[i].target, dir, links[i].name) < 0 && errno != EEXIST)
			r = -errno;
	}
	if (dir >= 0)
		close(dir);
	return r ? fail(e, r, "/dev of the container") : 0;
}

int device_all(struct rootfs *c, struct err *e)
{
	const struct spec *s = c->spec;
	int r;

	if (has_dev(s))
		return 0;
	for (size_t i = 0; i < N_DEFAULTS; i++) {
		r = is_listed(s, defaults[i].path) ? 0 : default_device(c, &defaults[i]);
		if (r)
			return fail(e, r, "%s of the container", defaults[i].path);
	}
	for (size_t i = 0; i < s->n_devices; i++) {
		if (is_ptmx(&s->devices[i]))
			continue;
		r = device(c, &s->devices[i], c->nodes ? c->nodes[i] : -1);
		if (r == -EEXIST)
			return err_set(e, r, "linux.devices[%zu] (%s): another file is there",
				       i, s->devices[i].path);
		if (r)
			return fail(e, r, "linux.devices[%zu] (%s)", i, s->devices[i].path);
	}
	return make_links(c, e);
}

/* -ENODEV: the container has something else in that place. */
static int open_own(const struct rootfs *c, const struct spec_device *d, int flags)
{
	const char *rest;
	int base = mount_of(c, d->path, &rest);
	int fd = root_open_plain(base, rest, flags | O_NOCTTY | O_NONBLOCK);

	if (fd == -ENOENT || fd == -ELOOP || fd == -ENXIO)
		return -ENODEV;
	if (fd >= 0 && !device_is_this(fd, d)) {
		close(fd);
		return -ENODEV;
	}
	return fd;
}

static int exchange(const struct rootfs *c, const struct spec_device *d, int fd, struct err *e)
{
	int flags = fcntl(fd, F_GETFL), own = open_own(c, d, flags & O_ACCMODE), r = 0;

	if (own < 0)
		return fail(e, own, "descriptor %d is the host's %s, and the container's own",
			    fd, d->path);
	if (fcntl(own, F_SETFL, flags & (O_APPEND | O_NONBLOCK)) < 0 || dup2(own, fd) < 0)
		r = fail(e, -errno, "descriptor %d", fd);
	close(own);
	return r;
}

/* The memory device (null, zero and the like, major 1) that this descriptor is, or NULL. */
static const struct spec_device *default_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	for (size_t i = 0; i < N_DEFAULTS; i++)
		if (defaults[i].major == 1 && is_that(&st, &defaults[i]))
			return &defaults[i];
	return NULL;
}

int device_stdio(const struct rootfs *c, struct err *e)
{
	int r = 0;

	if (c->spec && has_dev(c->spec))
		return 0;
	for (int fd = 0; fd <= 2 && !r; fd++) {
		const struct spec_device *d = default_of(fd);

		r = d ? exchange(c, d, fd, e) : 0;
	}
	return r;
}
