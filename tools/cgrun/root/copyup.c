/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "tmpcopyup": what the image has in a directory is copied into the tmpfs that will hide
 * it. By descriptors, following no link: the image is not trusted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root/root.h"
#include "banned.h"

#define MAX_DEPTH	64

static int copy_dir(int from, int to, int depth);

static int copy_data(int from, int to)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		for (ssize_t at = 0, w; at < n; at += w) {
			w = write(to, buf + at, (size_t)(n - at));
			if (w < 0)
				return -errno;
		}
	return n < 0 ? -errno : 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *st)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int out, r;

	if (in < 0)
		return -errno;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = out < 0 ? -errno : copy_data(in, out);
	/* The owner first: a change of it takes set-id bits away. */
	if (!r && (fchown(out, st->st_uid, st->st_gid) < 0 ||
		   fchmod(out, st->st_mode & 07777) < 0))
		r = -errno;
	close(in);
	if (out >= 0)
		close(out);
	return r;
}

static int copy_link(int from, int to, const char *name, const struct stat *st)
{
	char *target = malloc(PATH_MAX);
	ssize_t n;
	int r = 0;

	if (!target)
		return -ENOMEM;
	n = readlinkat(from, name, target, PATH_MAX - 1);
	if (n < 0) {
		r = -errno;
	} else {
		target[n] = '\0';
		if (symlinkat(target, to, name) < 0 ||
		    fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
	}
	free(target);
	return r;
}

static int copy_below(int from, int to, const char *name, const struct stat *st, int depth)
{
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int out = -1, r = in < 0 ? -errno : 0;

	if (!r && mkdirat(to, name, 0700) < 0)
		r = -errno;
	if (!r) {
		out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = out < 0 ? -errno : copy_dir(in, out, depth + 1);
	}
	if (!r && (fchown(out, st->st_uid, st->st_gid) < 0 ||
		   fchmod(out, st->st_mode & 07777) < 0))
		r = -errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return r;
}

/* A device that we may not make is left out. */
static int copy_node(int to, const char *name, const struct stat *st)
{
	if (mknodat(to, name, st->st_mode, st->st_rdev) < 0)
		return errno == EPERM ? 0 : -errno;
	return fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct stat st;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return copy_below(from, to, name, &st, depth);
	if (S_ISLNK(st.st_mode))
		return copy_link(from, to, name, &st);
	if (S_ISREG(st.st_mode))
		return copy_file(from, to, name, &st);
	return copy_node(to, name, &st);
}

static int copy_dir(int from, int to, int depth)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *de;
	int r = 0;

	if (!dir) {
		r = -errno;
		if (fd >= 0)
			close(fd);
		return r;
	}
	if (depth > MAX_DEPTH)
		r = -ELOOP;
	while (!r && (errno = 0, de = readdir(dir)))
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			r = copy_entry(from, to, de->d_name, depth);
	if (!r && errno)
		r = -errno;
	closedir(dir);
	return r;
}

int copy_up(int from, int to)
{
	struct stat st;
	int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = out < 0 ? -errno : copy_dir(from, out, 0);

	if (!r && (fstat(from, &st) < 0 || fchown(out, st.st_uid, st.st_gid) < 0 ||
		   fchmod(out, st.st_mode & 07777) < 0))
		r = -errno;
	if (out >= 0)
		close(out);
	return r;
}
