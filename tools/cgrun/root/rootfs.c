/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the caller's view of the file system to the container's: a mount namespace whose
 * only mounts are the container's, with nothing of the host's below or beside them. All of
 * it is put together before the root is changed, by descriptors.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

int rootfs_open(struct rootfs *c, struct err *e)
{
	c->rootfs = open(c->spec->rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->rootfs < 0)
		return fail(e, -errno, "root.path: %s", c->spec->rootfs);
	return 0;
}

/* pivot_root() and our mounts must not happen on the host, too: the mount that path is in. */
static int make_private(const char *path)
{
	char *copy = strdup(path), *dir = copy;
	int r = -ENOMEM;

	while (dir) {
		r = mount(NULL, dir, NULL, MS_PRIVATE, NULL) < 0 ? -errno : 0;
		if (r != -EINVAL || !strcmp(dir, "/"))
			break;
		dir = dirname(dir);
	}
	free(copy);
	return r;
}

/*
 * Nothing that we do is seen on the host. Where the configuration wants a shared root,
 * what it binds from the host is to stay shared with it, so that alone is made private
 * on which we build. But not where all that is the host's will be unmounted one by one.
 */
static int separate(const struct rootfs *c, struct err *e)
{
	unsigned long want = c->spec->rootfs_propagation;
	unsigned long how = MS_REC | (want & MS_PRIVATE ? MS_PRIVATE : MS_SLAVE);
	int r;

	if (want & MS_SHARED && !c->no_pivot)
		r = make_private(c->spec->rootfs);
	else
		r = mount(NULL, "/", NULL, how, NULL) < 0 ? -errno : 0;
	return r ? fail(e, r, "linux.rootfsPropagation") : 0;
}

static int open_root(struct rootfs *c, struct err *e)
{
	int r;

	c->root = mnt_clone(c->rootfs, "", true);
	if (c->root < 0)
		return fail(e, c->root, "root.path: %s", c->spec->rootfs);
	r = c->spec->rootfs_propagation & MS_SHARED ? mnt_propagate(c->root, MS_PRIVATE) : 0;
	if (!r)
		r = mnt_attach(c->root, c->rootfs);
	return r ? fail(e, r, "root.path: mount") : 0;
}

/*
 * Through the procfs that we mounted, and nothing else: what is put over it in an image
 * that others share could send the write elsewhere (CVE-2025-52881).
 */
static int set_sysctl(struct rootfs *c, struct err *e)
{
	int proc = c->proc, r = 0;

	if (!c->spec->n_sysctl)
		return 0;
	if (proc < 0)
		proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < c->spec->n_sysctl && !r; i++) {
		const struct spec_sysctl *s = &c->spec->sysctl[i];
		struct statfs fs;
		int fd, dir = root_open_plain(proc, "sys", O_PATH | O_DIRECTORY);

		fd = dir < 0 ? dir : root_open_plain(dir, s->key, O_WRONLY | O_NONBLOCK);
		r = fd < 0 ? fd : 0;
		if (!r && (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC))
			r = -EXDEV;
		if (!r && write(fd, s->value, strlen(s->value)) < 0)
			r = -errno;
		if (fd >= 0)
			close(fd);
		if (dir >= 0)
			close(dir);
		if (r)
			fail(e, r, "linux.sysctl[\"%s\"]: %s", s->key, s->value);
	}
	if (proc != c->proc)
		close(proc);
	return r;
}

/* Missing ones are made, as runc does; whether that worked is seen when it is entered. */
static void make_cwd(const struct rootfs *c)
{
	int fd = strcmp(c->p->cwd, "/") ? root_mkdir(c->root, c->p->cwd) : -1;

	if (fd >= 0)
		close(fd);
}

/* In the caller's own mount namespace nothing is mounted, and the directory is the root. */
static int take_root(struct rootfs *c, struct err *e)
{
	c->root = fcntl(c->rootfs, F_DUPFD_CLOEXEC, 3);
	return c->root < 0 ? fail(e, -errno, "root.path") : 0;
}

int rootfs_setup(struct rootfs *c, struct err *e)
{
	bool own = spec_ns(c->spec, CLONE_NEWNS);
	int r = own ? separate(c, e) : take_root(c, e);

	if (!r && own)
		r = open_root(c, e);
	if (!r)
		r = mount_all(c, e);
	if (!r)
		r = set_sysctl(c, e);
	if (!r)
		r = device_all(c, e);
	if (!r)
		r = tty_setup(c, e);
	if (!r)
		r = device_stdio(c, e);
	return r;
}

int rootfs_seal(struct rootfs *c, struct err *e)
{
	int r;

	make_cwd(c);
	r = mask_all(c, e);
	if (!r)
		r = mount_late(c, e);
	if (!r && c->spec->readonly) {
		r = mnt_set(c->root, MS_RDONLY, 0);
		if (r)
			fail(e, r, "root.readonly");
	}
	return r;
}

/*
 * The old root ends up on top of the new one and is taken off: no directory for it is
 * needed. Whatever of it is still shared must not be unmounted on the host, too.
 */
static int pivot(const struct rootfs *c)
{
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (old < 0 || fchdir(c->root) < 0)
		return -errno;
	r = sys_pivot_root(".", ".");
	if (r)
		return r;
	if (fchdir(old) < 0)
		return -errno;
	if (c->spec->rootfs_propagation & MS_SHARED &&
	    mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return -errno;
	if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	close(old);
	return 0;
}

static int enter_plainly(const struct rootfs *c, struct err *e)
{
	if (fchdir(c->root) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return fail(e, -errno, "root.path: chroot");
	return 0;
}

int rootfs_enter(struct rootfs *c, struct err *e)
{
	unsigned long propagation = c->spec->rootfs_propagation;
	int r;

	if (!spec_ns(c->spec, CLONE_NEWNS))
		return enter_plainly(c, e);
	if (c->no_pivot) {
		r = rootfs_move(c, e);
	} else {
		r = pivot(c);
		if (r)
			fail(e, r, "root.path: pivot_root");
	}
	if (r)
		return r;
	if (propagation && mount(NULL, "/", NULL, propagation, NULL) < 0)
		return fail(e, -errno, "linux.rootfsPropagation");
	return 0;
}
