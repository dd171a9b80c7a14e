/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of the command line and of state files: the whole text or nothing. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

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
