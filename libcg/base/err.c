/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Errors: the sentence is recorded where the failure happens; the list of codes is closed here. */
#include <stdio.h>

#include "base.h"

static const struct {
	int code;
	const char *text;
} texts[] = {
	{ EPERM, "Operation not permitted" },	{ ENOENT, "No such file or directory" },
	{ ESRCH, "No such process" },		{ EIO, "Input/output error" },
	{ ENOMEM, "Cannot allocate memory" },	{ EACCES, "Permission denied" },
	{ EBUSY, "Device or resource busy" },	{ EEXIST, "File exists" },
	{ ENODEV, "No such device" },		{ EINVAL, "Invalid argument" },
	{ ENFILE, "Too many open files in system" }, { EMFILE, "Too many open files" },
	{ ENOSPC, "No space left on device" },	{ EROFS, "Read-only file system" },
	{ EDEADLK, "Resource deadlock avoided" }, { ENOSYS, "Function not implemented" },
	{ EOPNOTSUPP, "Operation not supported" }, { ETIMEDOUT, "Timed out" },
	{ ESTALE, "Stale file handle" },	{ ERANGE, "Numerical result out of range" },
	{ ENOTDIR, "Not a directory" },
	{ ELOOP, "Too many levels of symbolic links" },
	{ EXDEV, "Invalid cross-device link" },	{ E2BIG, "Argument list too long" },
	{ EAGAIN, "Resource temporarily unavailable" }, { ENAMETOOLONG, "File name too long" },
	{ EINTR, "Interrupted system call" },	{ ENOTEMPTY, "Directory not empty" },
};

/* strerror() may consult the locale and is not thread-safe. */
const char *cgi_strerror(int rc)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].code == -rc)
			return texts[i].text;
	return "unexpected error";
}

void cgi_log(struct cg_ctx *ctx, const char *fmt, ...)
{
	char line[1100];
	va_list ap;

	if (!ctx->log)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	ctx->log(ctx->log_data, line);
}

int cgi_fail(struct cg_ctx *ctx, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ctx->errmsg, sizeof(ctx->errmsg), fmt, ap);
	va_end(ap);
	cgi_log(ctx, "fail %d: %s", rc, ctx->errmsg);
	return rc;
}

int cgi_nomem(struct cg_ctx *ctx)
{
	return cgi_fail(ctx, -ENOMEM, "no memory");
}

void cgi_enter(struct cg_ctx *ctx, int timeout_ms)
{
	ctx->errmsg[0] = '\0';
	ctx->grace = CGI_GRACE_US;
	ctx->began = ctx->sys->now(ctx->k);
	ctx->deadline = ctx->began +
		(timeout_ms < 0 ? CGI_PATIENCE_US : (uint64_t)timeout_ms * 1000);
}

/* Codes that mean the same to a caller become one; what is not documented is -EIO. */
int cgi_result(struct cg_ctx *ctx, int rc)
{
	size_t len;

	switch (rc) {
	case -EACCES:
	case -EROFS:
		rc = -EPERM;
		break;
	case -ENFILE:
		rc = -EMFILE;
		break;
	case -EPERM: case -ENOENT: case -EEXIST: case -EBUSY: case -EDEADLK: case -ESRCH:
	case -ETIMEDOUT: case -ERANGE: case -ENODEV: case -EOPNOTSUPP: case -EINVAL:
	case -ENOMEM: case -ESTALE: case -EAGAIN: case -EIO: case -EMFILE: case -ENOSPC:
		break;
	default:
		if (rc >= 0)
			return rc;
		len = strlen(ctx->errmsg);
		snprintf(ctx->errmsg + len, sizeof(ctx->errmsg) - len, "%s%s (error %d)",
			 len ? ": " : "", cgi_strerror(rc), -rc);
		return -EIO;
	}
	if (!ctx->errmsg[0])
		snprintf(ctx->errmsg, sizeof(ctx->errmsg), "%s", cgi_strerror(rc));
	return rc;
}

CG_API const char *cg_errmsg(const struct cg_ctx *ctx)
{
	return ctx && ctx->errmsg[0] ? ctx->errmsg : "no error";
}
