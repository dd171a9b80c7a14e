/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a path of the configuration becomes a descriptor in an image that nobody trusts.
 * The kernel looks it up (openat2, 5.6) and is not asked a second time: whatever is then
 * mounted or made is at that descriptor. What is made is made part by part, each below a
 * descriptor, so that a directory that others can write to plays no tricks meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "root/root.h"
#include "banned.h"

#define MAX_LINKS	40		/* the kernel's own limit */
#define AGAIN		(-ERESTART)	/* with another path */

int root_open(int rootfd, const char *path, int flags)
{
	int r = sys_openat2(rootfd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	return r == -ENOSYS ? walk_open(rootfd, path, flags, WALK_LINKS) : r;
}

int root_open_plain(int rootfd, const char *path, int flags)
{
	int r = sys_openat2(rootfd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);

	return r == -ENOSYS ? walk_open(rootfd, path, flags, 0) : r;
}

int root_open_within(int rootfd, const char *path, int flags)
{
	int r = sys_openat2(rootfd, path, flags,
			    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);

	return r == -ENOSYS ? walk_open(rootfd, path, flags, WALK_LINKS | WALK_WITHIN) : r;
}

/* One of the openers above: how far a path may lead on which something is made. */
typedef int (*opener)(int rootfd, const char *path, int flags);

/*
 * What path becomes if the link in its middle or at its end (name, at path + at, below
 * dir) is followed by hand: the kernel does not make what a link to nowhere points to.
 */
static int follow(int dir, const char *name, const char *path, size_t at, const char *rest,
		  char **ret)
{
	char *target = malloc(PATH_MAX);
	ssize_t n = target ? readlinkat(dir, name, target, PATH_MAX) : -1;
	int r = !target ? -ENOMEM : n < 0 ? -errno : n == PATH_MAX ? -ENAMETOOLONG : 0;

	if (!r && asprintf(ret, "%.*s%.*s/%s", target[0] == '/' ? 0 : (int)at, path, (int)n,
			   target, rest) < 0)
		r = -ENOMEM;
	free(target);
	return r;
}

static bool is_link(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

/* One directory; parent is closed. */
static int make_below(int parent, const char *name)
{
	int fd, r = 0;

	if (!strcmp(name, ".."))
		r = -EINVAL;	/* of a directory that was not there */
	else if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
		r = -errno;
	fd = r ? r : openat(parent, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (!r && fd < 0)
		fd = -errno;
	close(parent);
	return fd;
}

/* path is cut in parts here. AGAIN: a link to nowhere is on the way, *again is to be made. */
static int make_dirs(opener look, int rootfd, char *path, char **again)
{
	bool making = false;	/* as soon as one is missing, the rest is missing too */
	int parent = look(rootfd, ".", O_PATH | O_DIRECTORY);

	for (char *s = path; parent >= 0; ) {
		char *name = s + strspn(s, "/");
		char c;
		int fd;

		if (!*name)
			return parent;
		s = strchrnul(name, '/');
		c = *s;
		*s = '\0';
		fd = making ? -ENOENT : look(rootfd, path, O_PATH | O_DIRECTORY);
		if (fd == -ENOENT && is_link(parent, name)) {
			fd = follow(parent, name, path, (size_t)(name - path), c ? s + 1 : "",
				    again);
			close(parent);
			return fd ? fd : AGAIN;
		}
		making = fd == -ENOENT;
		if (making)
			fd = make_below(parent, name);
		else
			close(parent);
		parent = fd;
		*s = c;
	}
	return parent;
}

static bool is_missing(opener look, int rootfd, const char *path)
{
	int fd = look(rootfd, path, O_PATH);

	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

/*
 * The path without each ".." that follows a part which is not there, and that part: the
 * kernel finds no way up from it, and it is not to be made for this. To free.
 */
static char *without_detours(opener look, int rootfd, const char *path)
{
	char *out = calloc(1, strlen(path) + 2);
	size_t len = 0, missing = 0;

	for (const char *s = path; out && *(s += strspn(s, "/")); ) {
		size_t n = strcspn(s, "/");

		if (missing && n == 2 && !strncmp(s, "..", 2)) {
			while (len && out[--len] != '/')
				;
			missing--;
		} else if (n != 1 || *s != '.') {
			out[len++] = '/';
			memcpy(out + len, s, n);
			len += n;
			out[len] = '\0';
			missing = missing || is_missing(look, rootfd, out) ? missing + 1 : 0;
		}
		out[len] = '\0';
		s += n;
	}
	if (out && !len)
		out[0] = '/';
	return out;
}

bool root_is_name(const char *path)
{
	return *path && !strchr(path, '/') && strcmp(path, ".") && strcmp(path, "..");
}

/* What is most often made: one directory in that of rootfd. -EEXIST: a link is there. */
static int make_in(int rootfd, const char *name)
{
	int fd;

	if (mkdirat(rootfd, name, 0755) < 0)
		return -errno;
	fd = openat(rootfd, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int mkdir_by(opener look, int rootfd, const char *path)
{
	char *copy, *next = NULL;
	int r = look(rootfd, path, O_PATH | O_DIRECTORY);

	if (r != -ENOENT)
		return r;
	if (root_is_name(path)) {
		r = make_in(rootfd, path);
		if (r != -EEXIST)
			return r;
	}
	copy = without_detours(look, rootfd, path);
	r = copy ? AGAIN : -ENOMEM;
	for (int links = 0; r == AGAIN; links++) {
		r = links > MAX_LINKS ? -ELOOP : make_dirs(look, rootfd, copy, &next);
		if (r == AGAIN) {
			free(copy);
			copy = next;
		}
	}
	free(copy);
	return r;
}

int root_mkdir(int rootfd, const char *path)
{
	return mkdir_by(root_open, rootfd, path);
}

int root_mkdir_within(int rootfd, const char *path)
{
	return mkdir_by(root_open_within, rootfd, path);
}

static int parent_by(opener look, int rootfd, const char *path, const char **name)
{
	const char *last = strrchr(path, '/');
	char *dir;
	int r;

	last = last ? last + 1 : path;
	if (!*last || !strcmp(last, ".") || !strcmp(last, ".."))
		return -EISDIR;
	dir = strndup(path, (size_t)(last - path));
	if (!dir)
		return -ENOMEM;
	r = mkdir_by(look, rootfd, *dir ? dir : ".");
	free(dir);
	if (r >= 0)
		*name = last;
	return r;
}

int root_parent_within(int rootfd, const char *path, const char **name)
{
	return parent_by(root_open_within, rootfd, path, name);
}

/* O_PATH of what is there, be it a link, or of a new file. */
static int make_file(int dir, const char *name)
{
	int fd = mknodat(dir, name, S_IFREG | 0644, 0);

	if (fd == 0 || errno == EEXIST)
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int root_mkfile_within(int rootfd, const char *path)
{
	const char *name;
	struct stat st;
	int fd, dir = root_parent_within(rootfd, path, &name);

	if (dir < 0)
		return dir;
	fd = make_file(dir, name);
	close(dir);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return fd;
	close(fd);
	return -ELOOP;
}

static int make_or_follow(int rootfd, const char *path, char **again)
{
	const char *name;
	int r, dir = parent_by(root_open, rootfd, path, &name);

	if (dir < 0)
		return dir;
	if (is_link(dir, name)) {
		r = follow(dir, name, path, (size_t)(name - path), "", again);
		if (!r) {
			(*again)[strlen(*again) - 1] = '\0';	/* the "/" of no rest */
			r = AGAIN;
		}
	} else {
		r = make_file(dir, name);
	}
	close(dir);
	return r;
}

int root_mkfile(int rootfd, const char *path)
{
	char *copy = without_detours(root_open, rootfd, path), *next = NULL;
	int r = copy ? AGAIN : -ENOMEM;

	for (int links = 0; r == AGAIN; links++) {
		r = links > MAX_LINKS ? -ELOOP : root_open(rootfd, copy, O_PATH);
		if (r == -ENOENT)
			r = make_or_follow(rootfd, copy, &next);
		if (r == AGAIN) {
			free(copy);
			copy = next;
		}
	}
	free(copy);
	return r;
}
