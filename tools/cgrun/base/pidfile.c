/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --pid-file: digits and no newline, since engines convert the raw bytes; there as a
 * whole or not at all, since they take its existence for success.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "banned.h"

int pidfile_write(const char *path, pid_t pid, struct err *e)
{
	const char *base = strrchr(path, '/');
	char *temp, digits[16];
	int fd, n, rc = 0;

	base = base ? base + 1 : path;
	n = snprintf(digits, sizeof digits, "%d", pid);
	if (asprintf(&temp, "%.*s.%s.%d", (int)(base - path), path, base, getpid()) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, digits, (size_t)n) != n)
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
