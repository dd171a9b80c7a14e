/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path that passes the check names nothing outside the directory that it is joined to. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "core.h"

#define must(cond)	do { if (!(cond)) abort(); } while (0)

static void judge(const char *out)
{
	must(out[0] == '/');
	must(!out[1] || out[strlen(out) - 1] != '/');
	must(!strstr(out, "//") && !strchr(out, '\n'));
	for (const char *s = out; (s = strchr(s, '/')); ) {
		size_t len = strcspn(++s, "/");

		must(!(len == 1 && s[0] == '.') && !(len == 2 && s[0] == '.' && s[1] == '.'));
		must(len <= 255);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1), *out;

	if (!path)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	if (!cgi_path_check(path)) {
		out = cgi_path_join("/base", path);
		must(out);
		judge(out);
		must(*path == '/' || cgi_path_within(out, "/base"));
		free(out);
		out = cgi_path_join("", path);
		must(out);
		judge(out);
		free(out);
	}
	free(path);
	return 0;
}
