/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /etc/passwd of a container: a home directory from the root, or none. */
#include <stdlib.h>
#include <string.h>

#include "program/program.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *home;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	home = exec_home(text, size % 3 * 1000);
	if (home && (home[0] != '/' || strpbrk(home, ":\n")))
		abort();
	free(home);
	free(text);
	return 0;
}
