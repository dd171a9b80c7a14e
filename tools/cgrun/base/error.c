/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as sentences. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "banned.h"

const char *reason(int code)
{
	return code == -ENOENT ? "not found" : strerror(-code);
}

int fail(struct err *e, int code, const char *fmt, ...)
{
	char what[sizeof(e->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, code, "%s: %s", what, reason(code));
}

int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}
