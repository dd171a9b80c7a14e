/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are read or written as a whole. Whoever made one may want to hold us up: so it is a
 * regular file of bounded size, opened without waiting, and never through a link.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "banned.h"

static int too_large(size_t max, struct err *e)
{
	return max >> 20 ? err_set(e, -EFBIG, "larger than %zu MiB", max >> 20) :
			   err_set(e, -EFBIG, "larger than %zu KiB", max >> 10);
}

/* size: where it ends, so that the end need not be read; 0: not known, as of the kernel's files. */
static int read_to(int fd, size_t size, size_t max, char **text, size_t *len, struct err *e)
{
	size_t n = 0, room = 0;
	char *buf = NULL, *more;
	ssize_t r = 1;

	while (r && (!size || n != size)) {
		if (room - n < 2) {
			room = room ? room * 2 : 16 << 10;
			more = realloc(buf, room);
			if (!more) {
				free(buf);
				return no_memory(e);
			}
			buf = more;
		}
		r = read(fd, buf + n, room - n - 1);
		if (r < 0 && errno != EINTR) {
			r = errno == EINVAL ? -EIO : -errno;	/* -EINVAL: no regular file */
			free(buf);
			return err_set(e, (int)r, "cannot be read now: %s", err_reason((int)r));
		}
		n += r > 0 ? (size_t)r : 0;
		if (n > max) {
			free(buf);
			return too_large(max, e);
		}
	}
	buf[n] = '\0';
	*text = buf;
	*len = n;
	return 0;
}

int file_read_fd(int fd, size_t max, char **text, size_t *len, struct err *e)
{
	return read_to(fd, 0, max, text, len, e);
}

bool file_is_ours(const struct stat *st)
{
	return (!st->st_uid || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

static int check(int fd, unsigned flags, size_t max, struct stat *st, struct err *e)
{
	if (fstat(fd, st) < 0)
		return err_set(e, -errno, "cannot be read now: %s", err_reason(-errno));
	if (!S_ISREG(st->st_mode))
		return err_set(e, -EINVAL, "not a regular file");
	if (st->st_size > 0 && (size_t)st->st_size > max)
		return too_large(max, e);
	if (flags & FILE_OURS && !file_is_ours(st))
		return err_set(e, -EPERM, "can be written to by others (uid %u, mode %04o)",
			       (unsigned)st->st_uid, (unsigned)st->st_mode & 07777);
	return 0;
}

int file_read_open(int fd, unsigned flags, size_t max, char **text, size_t *len, struct err *e)
{
	struct stat st;
	int r = check(fd, flags, max, &st, e);

	return r ? r : read_to(fd, (size_t)st.st_size, max, text, len, e);
}

int file_read(int dirfd, const char *path, unsigned flags, size_t max, char **text, size_t *len,
	      struct err *e)
{
	int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
			(flags & FILE_OURS ? O_NOFOLLOW : 0));
	int r;

	/* not the kernel's words: engines take them for a missing program */
	if (fd < 0 && errno == ENOENT)
		return err_set(e, -ENOENT, "no such file");
	if (fd < 0)
		return err_set(e, -errno, "cannot be opened: %s", err_reason(-errno));
	r = file_read_open(fd, flags, max, text, len, e);
	close(fd);
	return r;
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

bool has_word(const char *list, size_t size, const char *word, size_t len)
{
	for (const char *end = list + size;; list++) {
		const char *comma = memchr(list, ',', (size_t)(end - list));

		if ((size_t)((comma ? comma : end) - list) == len && !memcmp(list, word, len))
			return true;
		if (!comma)
			return false;
		list = comma;
	}
}
