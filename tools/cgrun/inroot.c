/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a path of the configuration becomes a descriptor in an image that nobody trusts.
 * The kernel looks it up (openat2, 5.6) and is not asked a second time: whatever is then
 * mounted or made is at that descriptor. What is made is made part by part, each below a
 * descriptor, so that a directory that others can write to plays no tricks meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inroot.h"
#include "sys.h"
#include "banned.h"

int root_open(int rootfd, const char *path, int flags)
{
	int r = sys_openat2(rootfd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	return r == -ENOSYS ? walk_open(rootfd, path, flags, true) : r;
}

int root_open_plain(int rootfd, const char *path, int flags)
{
	int r = sys_openat2(rootfd, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);

	return r == -ENOSYS ? walk_open(rootfd, path, flags, false) : r;
}

/* One directory below an O_PATH descriptor, which is closed. */
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

/* path is cut in parts here. As soon as one is missing, the rest is missing too. */
static int make_dirs(int rootfd, char *path)
{
	bool making = false;
	int parent = root_open(rootfd, ".", O_PATH | O_DIRECTORY);

	for (char *s = path; parent >= 0; ) {
		char *name = s + strspn(s, "/");
		char c;
		int fd;

		if (!*name)
			return parent;
		s = strchrnul(name, '/');
		c = *s;
		*s = '\0';
		if (strcmp(name, ".") != 0) {
			fd = making ? -ENOENT : root_open(rootfd, path, O_PATH | O_DIRECTORY);
			making = fd == -ENOENT;
			if (making) {
				fd = make_below(parent, name);
			} else {
				close(parent);
			}
			parent = fd;
		}
		*s = c;
	}
	return parent;
}

int root_mkdir(int rootfd, const char *path)
{
	char *copy;
	int r = root_open(rootfd, path, O_PATH | O_DIRECTORY);

	if (r != -ENOENT)
		return r;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	r = make_dirs(rootfd, copy);
	free(copy);
	return r;
}

int root_parent(int rootfd, const char *path, const char **name)
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
	r = root_mkdir(rootfd, *dir ? dir : ".");
	free(dir);
	if (r >= 0)
		*name = last;
	return r;
}

int root_mkfile_here(int rootfd, const char *path)
{
	const char *name;
	struct stat st;
	int fd, dir = root_parent(rootfd, path, &name);

	if (dir < 0)
		return dir;
	fd = mknodat(dir, name, S_IFREG | 0644, 0);
	if (fd == 0 || errno == EEXIST)
		fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	close(dir);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISLNK(st.st_mode))
		return fd;
	close(fd);
	return -ELOOP;
}

/* A link to nowhere is one as well: nothing is made behind it. */
int root_mkfile(int rootfd, const char *path)
{
	int fd = root_open(rootfd, path, O_PATH);

	return fd == -ENOENT ? root_mkfile_here(rootfd, path) : fd;
}

ssize_t read_text(int dirfd, const char *path, char *buf, size_t size)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < size && (n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	if (len == size)
		return -E2BIG;
	buf[len] = '\0';
	return (ssize_t)len;
}

int write_text(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return r;
}
