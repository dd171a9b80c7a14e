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

/* The length of the UTF-8 character at s, 0 if there is none: a log in JSON has to be UTF-8. */
static size_t utf8(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (s[0] >= 0x80 && (s[0] < 0xc2 || s[0] > 0xf4))
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* too long a form, half of a pair, beyond the last */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void one_line(char *s)
{
	while (*s) {
		size_t n = utf8((unsigned char *)s);

		/* 0xc2 and below 0xa0: the other set of control characters */
		if (!n || (unsigned char)*s < ' ' || *s == 0x7f ||
		    ((unsigned char)*s == 0xc2 && (unsigned char)s[1] < 0xa0))
			memset(s, '?', n ? n : 1);
		s += n ? n : 1;
	}
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
