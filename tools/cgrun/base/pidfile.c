/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --pid-file: digits and no newline, since engines convert the raw bytes; there as a
 * whole or not at all, since they take its existence for success.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/base.h"
#include "banned.h"

/* A name that nobody can know before, in a directory that others may write to as well. */
static int make_temp(const char *path, char **ret)
{
	const char *base = strrchr(path, '/');
	uint64_t random;
	int fd;

	base = base ? base + 1 : path;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return -EIO;
	if (asprintf(ret, "%.*s.%s.%016" PRIx64, (int)(base - path), path, base, random) < 0)
		return -ENOMEM;
	fd = open(*ret, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

int pidfile_write(const char *path, pid_t pid, struct err *e)
{
	char digits[16], *temp = NULL;
	int n = snprintf(digits, sizeof digits, "%d", pid);
	int fd = make_temp(path, &temp), rc = fd < 0 ? fd : 0;

	if (!rc && write(fd, digits, (size_t)n) != n)
		rc = errno ? -errno : -EIO;
	if (fd >= 0)
		close(fd);
	if (!rc && rename(temp, path) < 0)
		rc = -errno;
	if (rc < 0 && fd >= 0)
		unlink(temp);
	free(temp);
	return rc < 0 ? err_set(e, rc, "--pid-file %s: %s", path, err_reason(rc)) : 0;
}
