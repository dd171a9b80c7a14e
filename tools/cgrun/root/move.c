/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --no-pivot: for a caller whose root is the initramfs, which cannot be pivoted away. The new root
 * is moved on top of it, and the host's mounts are taken off what is then below. Were a whole
 * procfs or sysfs of the host's left there, out of reach, the kernel would let a user namespace in
 * the container mount another one, without any masks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "root/root.h"
#include "banned.h"

/* Covers what cannot be unmounted, which is everything in a user namespace. -ENOENT: gone */
static int cover(const char *point, struct err *e)
{
	int r, fd, target = open(point, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (target < 0 || fstatfs(target, &fs) < 0 ||
	    (fs.f_type != PROC_SUPER_MAGIC && fs.f_type != SYSFS_MAGIC)) {
		if (target >= 0)
			close(target);
		return 0;
	}
	fd = mnt_new("tmpfs", NULL, "nr_blocks=1,nr_inodes=1,mode=555",
		     MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, ".", e);
	r = fd < 0 ? fd : mnt_attach(fd, target);
	if (fd >= 0)
		close(fd);
	close(target);
	return r ? fail(e, r, "--no-pivot: the host's /%s stays", point) : 0;
}

/* line: of mountinfo. We are in the old root, below which only the host's mounts are. */
static int take_off(char *line, struct err *e)
{
	char *point = line;

	for (int field = 0; field < 4 && point; field++)
		point = (point = strchr(point, ' ')) ? point + 1 : NULL;
	if (!point)
		return 0;
	point[strcspn(point, " ")] = '\0';
	mnt_unescape(point);
	point += strspn(point, "/");
	if (!*point || umount2(point, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		return 0;
	return cover(point, e);
}

/* The last one first: the others may be below it. */
static int take_all_off(char *mounts, struct err *e)
{
	int r = 0;

	for (char *end; !r && (end = strrchr(mounts, '\n'));) {
		*end = '\0';
		end = strrchr(mounts, '\n');
		r = take_off(end ? end + 1 : mounts, e);
	}
	return r;
}

int rootfs_move(const struct rootfs *c, struct err *e)
{
	int r, old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *mounts = NULL;

	r = old < 0 ? fail(e, -errno, "root.path: move") : mnt_list(&mounts, e);
	if (!r && (fchdir(c->root) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
		   fchdir(old) < 0))
		r = fail(e, -errno, "root.path: move");
	if (!r)
		r = take_all_off(mounts, e);
	if (!r && (fchdir(c->root) < 0 || chroot(".") < 0 || chdir("/") < 0))
		r = fail(e, -errno, "root.path: move");
	free(mounts);
	if (old >= 0)
		close(old);
	return r;
}
