/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Kernel files of unknown length: read again into more room until they fit. */
#include <stdio.h>

#include "base.h"

#define FIRST_SIZE	8192
#define LAST_SIZE	(64UL << 20)	/* 4 million processes have lists of 30 MiB */

ssize_t cgi_read_all(struct cg_ctx *ctx, int dirfd, const char *name, char **ret)
{
	_cleanup_free_ char *buf = NULL;
	ssize_t n;

	for (size_t size = FIRST_SIZE; size <= LAST_SIZE; size *= 4) {
		free(buf);
		buf = malloc(size);
		if (!buf)
			return -ENOMEM;
		n = ctx->sys->read(ctx->k, dirfd, name, buf, size);
		if (n == -E2BIG)
			continue;
		if (n >= 0)
			*ret = take_ptr(buf);
		return n;
	}
	return -E2BIG;
}

ssize_t cgi_read_word(struct cg_ctx *ctx, int dirfd, const char *name, char *buf, size_t size)
{
	ssize_t n = ctx->sys->read(ctx->k, dirfd, name, buf, size);

	if (n > 0 && buf[n - 1] == '\n')
		buf[--n] = '\0';
	return n;
}

int cgi_read_proc(struct cg_ctx *ctx, pid_t pid, const char *name, char **ret)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/%s", pid, name);
	n = cgi_read_all(ctx, ctx->procfd, path, ret);
	return n == -ENOENT ? -ESRCH : n < 0 ? (int)n : 0;
}
