/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "paint.h"

#include "banned.h"

/* https://no-color.org: whatever its value is, if it has one. */
static bool wanted(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

const char *paint(enum paint p)
{
	static const char *const codes[] = {
		[PAINT_NONE] = "\033[0m", [PAINT_GROUP] = "\033[1m",
		[PAINT_CONTAINER] = "\033[32m", [PAINT_FROZEN] = "\033[36m",
		[PAINT_WARN] = "\033[31m", [PAINT_DIM] = "\033[2m",
	};
	static int on = -1;

	if (on < 0)
		on = wanted();
	return on ? codes[p] : "";
}

bool paint_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;

	for (size_t i = 0; i < 3 && !(v && *v); i++)
		v = getenv(names[i]);
	return v && (strcasestr(v, "utf-8") || strcasestr(v, "utf8"));
}
