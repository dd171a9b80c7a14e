/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the flags and words of mount(2) are said in the newer calls, and what is done on
 * kernels (or under seccomp profiles) that do not have these.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/base.h"
#include "root/root.h"
#include "banned.h"

#define ATIME	(MS_NOATIME | MS_RELATIME | MS_STRICTATIME)

/* Of one mount; the value of ST_* in statvfs() is that of MS_*, where it has one. */
static const struct { unsigned long ms; uint64_t attr; } attrs[] = {
	{ MS_RDONLY, MOUNT_ATTR_RDONLY },
	{ MS_NOSUID, MOUNT_ATTR_NOSUID },
	{ MS_NODEV, MOUNT_ATTR_NODEV },
	{ MS_NOEXEC, MOUNT_ATTR_NOEXEC },
	{ MS_NODIRATIME, MOUNT_ATTR_NODIRATIME },
	{ MS_NOSYMFOLLOW, MOUNT_ATTR_NOSYMFOLLOW },
};
#define N_ATTRS	(sizeof(attrs) / sizeof(attrs[0]))

/* Of the file system, as words. Not "ro": superblocks of sysfs and cgroups are shared. */
static const struct { unsigned long ms; const char *word; } words[] = {
	{ MS_SYNCHRONOUS, "sync" }, { MS_DIRSYNC, "dirsync" }, { MS_MANDLOCK, "mand" },
	{ 1 << 25 /* MS_LAZYTIME */, "lazytime" },
};
#define N_WORDS	(sizeof(words) / sizeof(words[0]))

void mnt_path(char *buf, int fd)
{
	snprintf(buf, MNT_PATH, "/proc/self/fd/%d", fd);
}

static uint64_t to_attr(unsigned long ms)
{
	uint64_t attr = 0;

	for (size_t i = 0; i < N_ATTRS; i++)
		if (ms & attrs[i].ms)
			attr |= attrs[i].attr;
	if (ms & MS_NOATIME)
		attr |= MOUNT_ATTR_NOATIME;
	else if (ms & MS_STRICTATIME)
		attr |= MOUNT_ATTR_STRICTATIME;
	return attr;
}

static int open_scratch(const char *scratch)
{
	int fd = open(scratch, O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* A file needs a file to be mounted on: one that is always there, for a moment, for us only. */
static int clone_classic(int dirfd, const char *path, bool recursive)
{
	const char *scratch = "/proc/version";
	char from[MNT_PATH];
	struct stat st;
	int fd = *path ? openat(dirfd, path, O_PATH | O_CLOEXEC) : dirfd;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		scratch = "/sys";
	mnt_path(from, fd);
	r = mount(from, scratch, NULL, MS_BIND | (recursive ? MS_REC : 0), NULL) < 0 ? -errno : 0;
	if (fd != dirfd)
		close(fd);
	return r ? r : open_scratch(scratch);
}

int mnt_clone(int dirfd, const char *path, bool recursive)
{
	int r = sys_open_tree(dirfd, path, OPEN_TREE_CLONE | (*path ? 0 : AT_EMPTY_PATH) |
			      (recursive ? AT_RECURSIVE : 0));

	return r == -ENOSYS ? clone_classic(dirfd, path, recursive) : r;
}

/* Those that take their options one by one, each shorter than fsconfig()'s 256 bytes. */
static bool is_simple(const char *type)
{
	static const char *const simple[] = { "tmpfs", "proc", "sysfs", "devpts", "mqueue" };

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (!strcmp(type, simple[i]))
			return true;
	return !strncmp(type, "cgroup", 6);
}

/* The file system's own words about what it did not like, if it has any. */
static int complain(int fs, int code, struct err *e)
{
	char text[256];
	ssize_t n = fs < 0 ? -1 : read(fs, text, sizeof(text) - 1);

	if (n <= 2)
		return fail(e, code, "mount");
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return fail(e, code, "mount: %s", text + 2);
}

/* "size=64k,mode=755,noswap"; a value in quotation marks may hold commas. */
static int configure_words(int fs, char *data)
{
	int r = 0;

	while (data && *data && !r) {
		char *word = data, *value, *end = data;
		bool quoted = false;

		for (; *end && (quoted || *end != ','); end++)
			quoted ^= *end == '"';
		data = *end ? end + 1 : end;
		*end = '\0';
		value = strchr(word, '=');
		if (!value) {
			r = *word ? sys_fsconfig(fs, FSCONFIG_SET_FLAG, word, NULL) : 0;
			continue;
		}
		*value++ = '\0';
		if (*value == '"' && end > value + 1 && end[-1] == '"') {
			end[-1] = '\0';
			value++;
		}
		r = sys_fsconfig(fs, FSCONFIG_SET_STRING, word, value);
	}
	return r;
}

static int configure(int fs, const char *source, const char *data, unsigned long flags)
{
	char *copy = strdup(data ? data : "");
	int r = copy ? sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", source) : -ENOMEM;

	for (size_t i = 0; i < N_WORDS && !r; i++)
		if (flags & words[i].ms)
			r = sys_fsconfig(fs, FSCONFIG_SET_FLAG, words[i].word, NULL);
	if (!r)
		r = configure_words(fs, copy);
	free(copy);
	return r ? r : sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
}

int mnt_new(const char *type, const char *source, const char *data, unsigned long flags,
	    const char *scratch, struct err *e)
{
	int fs = is_simple(type) ? sys_fsopen(type) : -ENOSYS;
	int r = fs;

	if (fs >= 0) {
		r = configure(fs, source ? source : type, data, flags);
		if (!r)
			r = sys_fsmount(fs, to_attr(flags));
		if (r < 0)
			complain(fs, r, e);
		close(fs);
		return r;
	}
	if (r == -ENOSYS)
		r = mount(source ? source : type, scratch, type, flags, data) < 0 ? -errno : 0;
	if (!r)
		r = open_scratch(scratch);
	return r < 0 ? fail(e, r, "mount") : r;
}

static int attach_classic(int fd, int target)
{
	char from[MNT_PATH], to[MNT_PATH];

	mnt_path(from, fd);
	mnt_path(to, target);
	return mount(from, to, NULL, MS_MOVE, NULL) < 0 ? -errno : 0;
}

int mnt_attach(int fd, int target)
{
	return mnt_attach_at(fd, target, "");
}

int mnt_attach_at(int fd, int dir, const char *name)
{
	int target, r = sys_move_mount(fd, dir, name);

	if (r != -ENOSYS)
		return r;
	if (!*name)
		return attach_classic(fd, dir);
	target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return -errno;
	r = attach_classic(fd, target);
	close(target);
	return r;
}

/* A remount sets all flags, so those that it has are read and given again. */
static int set_classic(int fd, unsigned long set, unsigned long clear)
{
	const unsigned long all = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME |
				  MS_NODIRATIME;
	char path[MNT_PATH];
	struct statvfs st;
	unsigned long flags;

	if (fstatvfs(fd, &st) < 0)
		return -errno;
	flags = st.f_flag & all;
	if (st.f_flag & ST_RELATIME)
		flags |= MS_RELATIME;
	if ((set | clear) & ATIME)
		flags &= ~(unsigned long)ATIME;
	flags = (flags & ~clear) | (set & (all | ATIME));
	mnt_path(path, fd);
	return mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags, NULL) < 0 ? -errno : 0;
}

static int set_attr(int fd, bool recursive, unsigned long set, unsigned long clear)
{
	uint64_t on = to_attr(set), off = to_attr(clear) & ~(uint64_t)MOUNT_ATTR__ATIME;
	int r;

	if ((set | clear) & ATIME)
		off |= MOUNT_ATTR__ATIME;
	if (!on && !off)
		return 0;
	r = sys_mount_setattr(fd, recursive, on, off, 0);
	/* A kernel that does not know it (before 5.14) has none to clear. */
	if (r == -EINVAL && off & MOUNT_ATTR_NOSYMFOLLOW)
		r = sys_mount_setattr(fd, recursive, on, off & ~(uint64_t)MOUNT_ATTR_NOSYMFOLLOW,
				      0);
	return r;
}

int mnt_set(int fd, unsigned long set, unsigned long clear)
{
	int r = set_attr(fd, false, set, clear);

	return r == -ENOSYS ? set_classic(fd, set, clear) : r;
}

int mnt_set_all(int fd, unsigned long set)
{
	return set_attr(fd, true, set, 0);
}

int mnt_propagate(int fd, unsigned long flags)
{
	char path[MNT_PATH];
	int r = sys_mount_setattr(fd, flags & MS_REC, 0, 0, flags & ~(unsigned long)MS_REC);

	if (r != -ENOSYS)
		return r;
	mnt_path(path, fd);
	return mount(NULL, path, NULL, flags, NULL) < 0 ? -errno : 0;
}

#define LIST_MAX	(64u << 20)	/* a hundred thousand mounts */

int mnt_list(char **text, struct err *e)
{
	size_t len;
	int r = file_read(AT_FDCWD, "/proc/self/mountinfo", 0, LIST_MAX, text, &len, e);

	return r ? err_wrap(e, "/proc/self/mountinfo") : 0;
}

void mnt_unescape(char *s)
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
