/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of the command line and of state files: the whole text or nothing. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"

#include "banned.h"

int num_parse(const char *s, long long min, long long max, long long *ret)
{
	long long v;
	char *end;

	/* strtoll would take leading blanks and a plus sign */
	if (!isdigit((unsigned char)s[s[0] == '-']))
		return -EINVAL;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || v < min || v > max)
		return -ERANGE;
	*ret = v;
	return 0;
}

int num_bytes(const char *s, long long *ret)
{
	static const char units[] = "kmgtp";
	size_t digits = strspn(s, "0123456789"), len = digits;
	const char *unit;
	double v;

	if (!strcmp(s, "-1")) {
		*ret = -1;
		return 0;
	}
	if (!digits)
		return -EINVAL;
	if (s[len] == '.' && isdigit((unsigned char)s[len + 1]))
		len += 1 + strspn(s + len + 1, "0123456789");
	if (!s[len])
		return len == digits ? num_parse(s, 0, INT64_MAX, ret) : -EINVAL;
	unit = strchr(units, tolower((unsigned char)s[len]));
	v = strtod(s, NULL);
	for (const char *u = units; unit && u <= unit; u++)
		v *= 1024;
	s += len + (unit != NULL);
	s += unit && tolower((unsigned char)*s) == 'i';
	s += tolower((unsigned char)*s) == 'b';
	if (*s)
		return -EINVAL;
	if (v >= 9223372036854775807.0)
		return -ERANGE;
	*ret = (long long)v;
	return 0;
}
