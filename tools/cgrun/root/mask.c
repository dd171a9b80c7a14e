/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.maskedPaths and readonlyPaths. Files are hidden behind the null device, and only
 * behind the real one, for whatever is mounted there can be written to (CVE-2025-31133);
 * directories behind an empty file system, one for all of them. A path below a mount of the
 * configuration is looked up from the descriptor of that mount, so that nobody who exchanges
 * directories of the image has something else masked.
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
static int null_device(struct err *e)
{
	int fd = mnt_clone(AT_FDCWD, "/dev/null", false);

	if (fd < 0 || device_is(fd, 1, 3))
		return fd < 0 ? fail(e, fd, "/dev/null") : fd;
	close(fd);
	return fail(e, -ENODEV, "/dev/null");
}

static int empty_dir(const struct rootfs *c, struct err *e)
{
	return mnt_new("tmpfs", NULL, "nr_blocks=1,nr_inodes=1,mode=755",
		       MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, c->spec->rootfs, e);
}

struct masks {
	int file, dir;		/* -1: not needed so far */
};

/*
 * The first one of a kind. It is read-only: what is written to a device does not concern the
 * mount of its node, but mode, owner and times of the node do.
 */
static int first(const struct rootfs *c, int target, bool is_dir, struct err *e)
{
	int fd = is_dir ? empty_dir(c, e) : null_device(e);
	int r = fd < 0 ? fd : mnt_attach(fd, target);

	if (!r && !is_dir)
		r = mnt_set(fd, MS_RDONLY | MS_NOSUID | MS_NOEXEC, 0);
	if (!r)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

/* A mount that is attached already is copied, with its flags: making it is what takes time. */
static int mask(const struct rootfs *c, struct masks *m, int target, bool is_dir, struct err *e)
{
	int *model = is_dir ? &m->dir : &m->file;
	int fd, r;

	if (*model < 0) {
		*model = first(c, target, is_dir, e);
		return *model < 0 ? *model : 0;
	}
	fd = mnt_clone(*model, "", false);
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

/* What is not there needs no hiding. */
static int on_path(const struct rootfs *c, const char *path, struct masks *m, struct err *e)
{
	int target = mount_look(c, path);
	struct stat st;
	int r;

	if (target == -ENOENT || target == -ENOTDIR)
		return 0;
	if (target < 0)
		return target;
	if (!m)
		r = read_only(target);
	else if (fstat(target, &st) < 0)
		r = -errno;
	else
		r = mask(c, m, target, S_ISDIR(st.st_mode), e);
	close(target);
	return r;
}

/* Twice the same would be two mounts. */
static bool is_repeated(const struct strv *list, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(list->v[k], list->v[i]))
			return true;
	return false;
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
		if (is_repeated(&s->masked, i))
			continue;
		r = on_path(c, s->masked.v[i], &m, e);
		if (r)
			fail(e, r, "linux.maskedPaths[%zu] (%s)", i, s->masked.v[i]);
	}
	if (m.file >= 0)
		close(m.file);
	if (m.dir >= 0)
		close(m.dir);
	return r;
}
