/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "remedy.h"

#include "banned.h"

bool remedy_manager(void)
{
	return !access("/run/systemd/system", F_OK);
}

char *remedy_program(const char *name)
{
	static const char usual[] = "/usr/local/sbin:/usr/sbin:/sbin";
	const char *path = getenv("PATH"), *s, *end;
	char *all, *file = NULL;

	if (asprintf(&all, "%s:%s", path ? path : "/usr/bin:/bin", usual) < 0)
		return NULL;
	for (s = all; *s; s = *end ? end + 1 : end) {
		end = strchrnul(s, ':');
		if (*s == '/' && asprintf(&file, "%.*s/%s", (int)(end - s), s, name) > 0 &&
		    !access(file, X_OK))
			break;
		free(file);
		file = NULL;
	}
	free(all);
	return file;
}

char *remedy_here(const char *remedy)
{
	static const char or[] = ", or ";
	char *list = NULL, *one;
	const char *next;
	size_t size = 0;
	FILE *f = open_memstream(&list, &size);
	bool any = false;

	for (const char *s = remedy; f && *s; s = next) {
		next = strstr(s, or);
		one = next ? strndup(s, (size_t)(next - s)) : strdup(s);
		next = next ? next + strlen(or) : s + strlen(s);
		if (one && (remedy_manager() || !strstr(one, "systemd-run"))) {
			fprintf(f, "%s%s", any ? or : "", one);
			any = true;
		}
		free(one);
	}
	if (f)
		fclose(f);
	return list;
}
