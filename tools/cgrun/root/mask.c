/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.maskedPaths and readonlyPaths. Files are hidden behind the null device, and only
 * behind the real one, for whatever is mounted there can be written to (CVE-2025-31133);
 * directories behind an empty file system, one for all of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

/* The host's, which is ours until the root is changed. */
static int open_null(void)
{
	int fd = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (device_is(fd, 1, 3))
		return fd;
	close(fd);
	return -ENODEV;
}

static int empty_dir(const struct rootfs *c, struct err *e)
{
	return mnt_new("tmpfs", NULL, "nr_blocks=1,nr_inodes=1,mode=755",
		       MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, c->spec->rootfs, e);
}

struct masks {
	int null, dir;		/* -1: not needed so far */
};

/* A file system that is attached already is copied: making them is what takes time. */
static int mask(const struct rootfs *c, struct masks *m, int target, bool is_dir, struct err *e)
{
	int fd, r;

	if (!is_dir && m->null < 0)
		m->null = open_null();
	if (!is_dir && m->null < 0)
		return fail(e, m->null, "/dev/null");
	if (is_dir && m->dir < 0) {
		m->dir = empty_dir(c, e);
		return m->dir < 0 ? m->dir : mnt_attach(m->dir, target);
	}
	fd = mnt_clone(is_dir ? m->dir : m->null, "", false);
	if (fd < 0)
		return fd;
	r = mnt_attach(fd, target);
	close(fd);
	return r;
}

static int read_only(int target)
{
	int fd = mnt_clone(target, "", true);
	int r = fd < 0 ? fd : mnt_attach(fd, target);

	if (r)
		return r;
	r = sys_mount_setattr(fd, true, MOUNT_ATTR_RDONLY, 0, 0);
	if (r == -ENOSYS)
		r = mnt_set(fd, MS_RDONLY, 0);
	close(fd);
	return r;
}

/* -ENOENT: there is nothing to hide. */
static int on_path(const struct rootfs *c, const char *path, struct masks *m, struct err *e)
{
	int target = root_open(c->root, path, O_PATH);
	struct stat st;
	int r;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	if (fstat(target, &st) < 0)
		r = -errno;
	else
		r = m ? mask(c, m, target, S_ISDIR(st.st_mode), e) : read_only(target);
	close(target);
	return r;
}

int mask_all(struct rootfs *c, struct err *e)
{
	const struct spec *s = c->spec;
	struct masks m = { -1, -1 };
	int r = 0;

	for (size_t i = 0; i < s->readonly_paths.n && !r; i++) {
		r = on_path(c, s->readonly_paths.v[i], NULL, e);
		if (r)
			fail(e, r, "linux.readonlyPaths[%zu] (%s)", i, s->readonly_paths.v[i]);
	}
	for (size_t i = 0; i < s->masked.n && !r; i++) {
		r = on_path(c, s->masked.v[i], &m, e);
		if (r)
			fail(e, r, "linux.maskedPaths[%zu] (%s)", i, s->masked.v[i]);
	}
	if (m.null >= 0)
		close(m.null);
	if (m.dir >= 0)
		close(m.dir);
	return r;
}
