/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sentence of a failure. Whatever text went into it (names and values of a
 * hostile configuration among them), it is one printable line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "err.h"

#include "banned.h"

static void one_line(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	char buf[sizeof(e->msg)];	/* an argument may be e->msg itself */
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	one_line(buf);
	memcpy(e->msg, buf, sizeof(buf));
	e->code = code;
	return code;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char what[sizeof(e->msg)];
	va_list ap;

	if (!e)
		return 0;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, e->code, "%s: %s", what, e->msg);
}

const char *err_reason(int code)
{
	return code == -ENOENT ? "not found" : strerror(-code);
}
