/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The container's root file system: its paths, mounts, cgroups, devices, masks and terminal.
 */
#ifndef CGRUN_ROOT_H
#define CGRUN_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/base.h"
#include "config/config.h"

struct rootfs {
	const struct spec *spec;	/* NULL: exec, where there is a root already */
	const struct spec_process *p;
	bool no_pivot;
	int console_fd;			/* connected --console-socket, or -1 */
	bool foreground;		/* the terminal is relayed to the caller's own */
	int *sources;			/* of the parent, for bind mounts, see mount.c; -1: none */
	int *nodes;			/* of devices, mounted by the parent; -1: not; or NULL */

	/* Of the child alone: */
	int rootfs;			/* O_PATH of spec->rootfs */
	int root;			/* root of the container's mounts */
	int *mounted;			/* roots of the mounts of the configuration, or -1 */
	int devpts, proc;		/* of these two, or -1 */
	bool no_mknod;			/* the kernel said EPERM once */
	char *before;			/* /proc/self/cgroup, before it had its group */
	struct trees *trees;		/* see cgmount.c */
};

/* ---- path.c, walk.c ---- */

/*
 * Paths inside a container's root directory. Links and ".." of an image never lead
 * out of it. Descriptors (close-on-exec) or -errno.
 */

/* flags: of open(2), without O_CREAT. Links are followed, as if rootfd were the root. */
int root_open(int rootfd, const char *path, int flags);

/* The same, but -ELOOP where any part of the path is a link. */
int root_open_plain(int rootfd, const char *path, int flags);

/* Links are followed, but -EXDEV where the path leaves the mount that rootfd is in. */
int root_open_within(int rootfd, const char *path, int flags);

/* O_PATH of a directory, or of anything else; what is missing is made. */
int root_mkdir(int rootfd, const char *path);
int root_mkfile(int rootfd, const char *path);

/*
 * The same within one mount (-EXDEV), so that a link of the image does not have anything made in
 * a volume. mkfile: -ELOOP where the last part is a link. parent: O_PATH of the directory of the
 * last part, which is *name.
 */
int root_mkdir_within(int rootfd, const char *path);
int root_mkfile_within(int rootfd, const char *path);
int root_parent_within(int rootfd, const char *path, const char **name);
/* Is path one name, and not "." or ".."? Then it is an entry of the directory itself. */
bool root_is_name(const char *path);

/* What the openers do where there is no openat2(). */
#define WALK_LINKS	1u	/* follow them, else -ELOOP */
#define WALK_WITHIN	2u	/* -EXDEV where the path leaves the mount of rootfd */
int walk_open(int rootfd, const char *path, int flags, unsigned how);

/* ---- mnt.c ---- */

/*
 * One mount, held by a descriptor of its root from before it is attached. In the calls of
 * 5.2 and 5.12; where they are missing, mount(2) does it at a scratch place first.
 * While we still have the host's /proc.
 */

/* "/proc/self/fd/N": the very file, for calls that take paths. */
#define MNT_PATH	32
void mnt_path(char *buf, int fd);

/* A copy of what is at path, below dirfd; "": of dirfd itself. */
int mnt_clone(int dirfd, const char *path, bool recursive);
/* A file system; flags: of mount(2). scratch: a directory on which nothing is looked for. */
int mnt_new(const char *type, const char *source, const char *data, unsigned long flags,
	    const char *scratch, struct err *e);
int mnt_attach(int fd, int target);
/* At a name below dir, which is no link. */
int mnt_attach_at(int fd, int dir, const char *name);
/* Flags of mount(2) that belong to one mount; those named in neither stay. After attaching. */
int mnt_set(int fd, unsigned long set, unsigned long clear);
/* Of a mount and of all that are below it. -ENOSYS before 5.12. */
int mnt_set_all(int fd, unsigned long set);
int mnt_propagate(int fd, unsigned long flags);

/* The kernel's list of our mounts, to free; and "\\040" and the like in a word of it. */
int mnt_list(char **text, struct err *e);
void mnt_unescape(char *s);

/* ---- idmap.c ---- */

/* The parent's side of a new user namespace. */
int idmap_write(pid_t pid, const struct spec *s, struct err *e);
int idmap_write_identity(int proc, const char *pid, struct err *e);
bool idmap_is_initial(void);

/* ---- rootfs.c, mount.c, mount-idmap.c, cgmount.c, copyup.c, device.c, mask.c ---- */

int rootfs_open(struct rootfs *c, struct err *e);
int rootfs_setup(struct rootfs *c, struct err *e);
/* Once nobody has to write to it any more: masks, and what is to be read-only. */
int rootfs_seal(struct rootfs *c, struct err *e);
int rootfs_enter(struct rootfs *c, struct err *e);
/* move.c: instead of pivot_root(). */
int rootfs_move(const struct rootfs *c, struct err *e);
int mount_open_sources(const struct spec *s, int **fds, struct err *e);
/*
 * mount_idmap_open(): a descriptor of a user namespace with the id mappings of m, for the parent.
 * mount_idmap(): gives the mappings of ns to a mount that is attached nowhere yet.
 */
int mount_idmap_open(const struct spec *s, const struct spec_mount *m, struct err *e);
int mount_idmap(int mount, const struct spec_mount *m, int ns, struct err *e);
int mount_all(struct rootfs *c, struct err *e);
int mount_late(struct rootfs *c, struct err *e);
/*
 * What a mount of type cgroup will show is looked up from the caller's namespaces: before, when
 * this process is in its caller's groups, and once it is in its own.
 */
int cgroups_before(struct rootfs *c, struct err *e);
int cgroups_look(struct rootfs *c, struct err *e);
int mount_cgroup(struct rootfs *c, size_t index, struct err *e);
/*
 * The mount in which a path of the configuration begins: the last one whose destination is the
 * path or above it, else the root. *rest: the path from there, "." for the mount itself.
 */
int mount_of(const struct rootfs *c, const char *path, const char **rest);
/* O_PATH of what a path leads to, from the descriptor of that mount. */
int mount_look(const struct rootfs *c, const char *path);
/* The contents of one directory, into an empty one. */
int copy_up(int from, int to);
int device_all(struct rootfs *c, struct err *e);
/* fd is this character device; or the one of the configuration. */
bool device_is(int fd, unsigned major, unsigned minor);
bool device_is_this(int fd, const struct spec_device *d);
mode_t device_type(const struct spec_device *d);
/*
 * The parent's part of devices in a new user namespace: mounts of those that the host has no
 * node of, by index of linux.devices and -1 for the others; to free. NULL: none is needed.
 */
int device_open_nodes(const struct spec *s, int **fds, struct err *e);
/* stdio that is a device of the host's, as /dev/null, becomes the container's own. */
int device_stdio(const struct rootfs *c, struct err *e);
int mask_all(struct rootfs *c, struct err *e);

/* ---- tty.c ---- */

int tty_setup(struct rootfs *c, struct err *e);

#endif
