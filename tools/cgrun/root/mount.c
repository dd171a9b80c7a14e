/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts of the configuration. A mount is made by itself and then put at a descriptor
 * of its target, and is held by its own ever after, so that nothing is looked up twice in
 * an image that others may be writing to.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

#define OVERFLOW_ID	65534	/* what an id that is not mapped is shown as */

/*
 * What a mount has of these no user namespace takes away from it. Although we, outside of it,
 * could: it was not given to the container that way.
 */
static int check_locked(int fd, const struct spec_mount *m, struct err *e)
{
	static const struct { unsigned long ms; uint64_t attr; const char *name; } locked[] = {
		{ MS_RDONLY, MOUNT_ATTR_RDONLY, "ro" },
		{ MS_NOSUID, MOUNT_ATTR_NOSUID, "nosuid" },
		{ MS_NODEV, MOUNT_ATTR_NODEV, "nodev" },
		{ MS_NOEXEC, MOUNT_ATTR_NOEXEC, "noexec" },
	};
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return fail(e, -errno, "source %s", m->source);
	for (size_t i = 0; i < sizeof(locked) / sizeof(*locked); i++)
		if (st.f_flag & locked[i].ms &&
		    (m->clear & locked[i].ms || m->rec_clear & locked[i].attr))
			return err_set(e, -EPERM, "source %s is %s, which a user namespace cannot "
				       "change: Operation not permitted", m->source,
				       locked[i].name);
	return 0;
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

/* What is left of the source of a bind mount below the container's own root, or NULL. */
static const char *own_path(const struct spec *s, const struct spec_mount *m)
{
	if (!strcmp(s->rootfs, "/") || has_dotdot(m->source))
		return NULL;
	return below(m->source, s->rootfs);
}

static int open_source(const struct spec *s, const struct spec_mount *m, int *ret, struct err *e)
{
	int fd, ns = -1;

	*ret = -1;
	if (!m->bind || m->flags & MS_REMOUNT || !(m->idmap || spec_ns(s, CLONE_NEWUSER)))
		return 0;
	if (m->idmap)
		ns = mount_idmap_open(s, m, e);
	if (e->code || own_path(s, m)) {
		*ret = ns;
		return e->code;
	}
	fd = sys_open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE |
			   (m->flags & MS_REC ? AT_RECURSIVE : 0));
	if (fd < 0 && m->idmap)
		fail(e, fd, "source %s", m->source);
	else if (fd >= 0 && m->idmap)
		mount_idmap(fd, m, ns, e);
	if (ns >= 0)
		close(ns);
	if (!e->code && fd >= 0 && spec_ns(s, CLONE_NEWUSER))
		check_locked(fd, m, e);
	if (!e->code)
		*ret = fd < 0 ? -1 : fd;
	else if (fd >= 0)
		close(fd);
	return e->code;
}

/*
 * Descriptors of sources; or of the user namespace with the ids of one that earlier mounts make.
 * The container's root may not be able to reach what a privileged caller can, nor to map ids. Where
 * we are not allowed to, that is no matter: the child tries it by itself. We are the parent, in the
 * host's mount namespace: nothing is mounted anywhere here.
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

/* NULL: it begins in the root. */
static const struct spec_mount *find_mount(const struct rootfs *c, const char *path, int *fd,
					   const char **rest)
{
	const struct spec_mount *m = NULL;

	*fd = c->root;
	*rest = path;
	for (size_t i = 0; c->mounted && i < c->spec->n_mounts && !has_dotdot(path); i++) {
		const char *left = c->mounted[i] < 0 ? NULL :
			below(path, c->spec->mounts[i].destination);

		if (!left)
			continue;
		m = &c->spec->mounts[i];
		*fd = c->mounted[i];
		*rest = *left ? left : ".";
	}
	return m;
}

int mount_of(const struct rootfs *c, const char *path, const char **rest)
{
	int fd;

	find_mount(c, path, &fd, rest);
	return fd;
}

/* Links of these stay in them; elsewhere a link counts as the container will follow it. */
static bool is_kernels(const struct spec_mount *m, int fd)
{
	struct statfs fs;

	if (!m->bind)
		return !strcmp(m->type, "proc") || !strcmp(m->type, "sysfs");
	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

int mount_look(const struct rootfs *c, const char *path)
{
	const struct spec_mount *m;
	const char *rest;
	int r, fd;

	m = find_mount(c, path, &fd, &rest);
	if (!m)
		return root_open(fd, path, O_PATH);
	if (!strcmp(rest, ".")) {
		r = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return r < 0 ? -errno : r;
	}
	if (is_kernels(m, fd))
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

/* A mount at "/" becomes the root of everything after it. */
static bool is_root(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (n > 2 || strncmp(path, "..", n))
			return false;
		path += n + (path[n] == '/');
	}
	return true;
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
	if (!r && is_root(m->destination)) {
		close(c->root);
		c->root = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		r = c->root < 0 ? fail(e, -errno, "the new root") : 0;
	}
	if (is_at(m, "proc", "/proc"))
		c->proc = fd;
	else if (is_at(m, "devpts", "/dev/pts"))
		c->devpts = fd;
	return r;
}

/*
 * As runc and crun do it: a bind mount without options is as its source; one that names any
 * attribute has those that it names, and no others. How access times are kept changes only where it
 * is named. What a user namespace may not take away from the source stays.
 */
static int set_bind_flags(const struct rootfs *c, int fd, const struct spec_mount *m)
{
	const unsigned long locked = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	unsigned long clear = m->clear | (MS_NOSYMFOLLOW & ~m->flags);
	int r;

	if (!(m->flags & ~(unsigned long)(MS_BIND | MS_REC)) && !m->clear)
		return 0;
	if (!spec_ns(c->spec, CLONE_NEWUSER)) {
		r = mnt_set(fd, m->flags, clear | (locked & ~m->flags));
		if (r != -EPERM)	/* we are in a user namespace ourselves */
			return r;
	}
	return mnt_set(fd, m->flags, clear);
}

static int attach(struct rootfs *c, size_t i, int fd, int target, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	int r = mnt_attach(fd, target);

	if (!r && m->bind)
		r = set_bind_flags(c, fd, m);
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

/*
 * A source below the container's own root is what the mounts before it have made of that. It is
 * found as the container would find it: links of the image do not lead out.
 */
static int own_source(const struct rootfs *c, const struct spec_mount *m, const char *path,
		      int ns, struct err *e)
{
	int dir = root_open(c->root, *path ? path : ".", O_PATH);
	int fd = dir < 0 ? dir : mnt_clone(dir, "", m->flags & MS_REC);
	int r = fd < 0 ? fail(e, fd, "source %s", m->source) : 0;

	if (dir >= 0)
		close(dir);
	if (!r && m->idmap)
		r = mount_idmap(fd, m, ns, e);
	if (r && fd >= 0)
		close(fd);
	return r ? r : fd;
}

static int take_source(struct rootfs *c, size_t i, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	const char *path = own_path(c->spec, m);
	int fd = c->sources[i];

	if (path)
		return own_source(c, m, path, fd, e);
	c->sources[i] = -1;
	if (fd >= 0)
		return fd;
	fd = mnt_clone(AT_FDCWD, m->source, m->flags & MS_REC);
	return fd < 0 ? fail(e, fd, "source %s", m->source) : fd;
}

static int mount_bind(struct rootfs *c, size_t i, struct err *e)
{
	const struct spec_mount *m = &c->spec->mounts[i];
	int target, r, fd = take_source(c, i, e);

	if (fd < 0)
		return fd;
	target = bind_target(c, m->destination, fd);
	if (target < 0) {
		close(fd);
		return fail(e, target, "the mount point");
	}
	r = attach(c, i, fd, target, e);
	close(target);
	return r;
}

static bool has_option(const char *data, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = data; s && *s; s += *s == ',') {
		if (!strncmp(s, name, n) && s[n] == '=')
			return true;
		s += strcspn(s, ",");
	}
	return false;
}

/*
 * A tmpfs without mode, uid or gid has those of the directory that it covers, which programs
 * of the image rely on; one that we make for it has the kernel's. To free; NULL: no memory.
 */
static char *tmpfs_data(const struct spec_mount *m, const struct stat *st)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(m->data ? m->data : "", f);
	if (!has_option(m->data, "mode"))
		fprintf(f, "%smode=%o", ftell(f) ? "," : "", st->st_mode & 07777);
	if (st->st_uid && !has_option(m->data, "uid"))
		fprintf(f, "%suid=%u", ftell(f) ? "," : "", st->st_uid);
	if (st->st_gid && !has_option(m->data, "gid"))
		fprintf(f, "%sgid=%u", ftell(f) ? "," : "", st->st_gid);
	return fclose(f) ? NULL : text;
}

/* Nobody's: what belongs to an id that the user namespace does not map cannot be given it. */
static bool is_mapped(const struct stat *st)
{
	return st->st_uid != OVERFLOW_ID && st->st_gid != OVERFLOW_ID;
}

/*
 * linux.mountLabel is an option of the file system, for those that take one: those of the
 * kernel's own (proc, sysfs) have their labels already. *ret: to free, or NULL.
 */
static int add_label(const struct spec *s, const char *type, const char *data, char **ret,
		     struct err *e)
{
	*ret = NULL;
	if (!s->mount_label || !strcmp(type, "proc") || !strcmp(type, "sysfs") ||
	    !strcmp(type, "mqueue"))
		return 0;
	if (asprintf(ret, "%s%scontext=\"%s\"", data ? data : "", data && *data ? "," : "",
		     s->mount_label) < 0)
		return no_memory(e);
	return 0;
}

static int new_labelled(const struct rootfs *c, const struct spec_mount *m, const char *data,
			unsigned long flags, struct err *e)
{
	char *labelled;
	int fd = add_label(c->spec, m->type, data, &labelled, e);

	if (!fd)
		fd = mnt_new(m->type, m->source, labelled ? labelled : data, flags,
			     c->spec->rootfs, e);
	free(labelled);
	return fd;
}

static int new_tmpfs(const struct rootfs *c, const struct spec_mount *m, unsigned long flags,
		     struct err *e)
{
	int fd, there = root_open(c->root, m->destination, O_PATH | O_DIRECTORY);
	char *data = NULL;
	struct stat st;

	if (there >= 0 && !fstat(there, &st) && is_mapped(&st))
		data = tmpfs_data(m, &st);
	fd = new_labelled(c, m, data ? data : m->data, flags, e);
	if (there >= 0)
		close(there);
	free(data);
	return fd;
}

/*
 * A user namespace that has the host's network gets no sysfs of its own: the host's is bound,
 * with all that is mounted in it, for the kernel lets no part of it be uncovered.
 */
static int bound_sysfs(unsigned long flags, struct err *e)
{
	int r, fd = mnt_clone(AT_FDCWD, "/sys", true);
	uint64_t attr = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

	if (fd < 0)
		return fail(e, fd, "mount");
	if (flags & MS_RDONLY)
		attr |= MOUNT_ATTR_RDONLY;
	r = sys_mount_setattr(fd, true, attr, 0, MS_PRIVATE);
	if (!r)
		return fd;
	close(fd);
	return fail(e, r, "mount");
}

static int new_fs(const struct rootfs *c, const struct spec_mount *m, unsigned long flags,
		  struct err *e)
{
	int fd;

	if (!strcmp(m->type, "tmpfs"))
		return new_tmpfs(c, m, flags, e);
	fd = new_labelled(c, m, m->data, flags, e);
	if (fd != -EPERM || strcmp(m->type, "sysfs"))
		return fd;
	e->code = 0;
	return bound_sysfs(flags, e);
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
	unsigned long flags = m->flags;
	int target, fd, r;

	if (is_late(m))
		flags &= ~(unsigned long)MS_RDONLY;
	/* Before its mount point may be made, which would then be what it covers. */
	fd = new_fs(c, m, flags, e);
	if (fd < 0)
		return fd;
	target = place ? plain_dir(c, m->destination) : root_mkdir(c->root, m->destination);
	r = target < 0 ? target : 0;
	if (target == -ELOOP && place)
		err_set(e, target, "must be mounted on ordinary directory, not on a link");
	else if (r)
		fail(e, target, "the mount point");
	if (!r && m->tmpcopyup) {
		r = copy_up(target, fd);
		if (r)
			fail(e, r, "copying up");
	}
	if (!r)
		r = attach(c, i, fd, target, e);
	else
		close(fd);
	if (target >= 0)
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
