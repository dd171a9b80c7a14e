/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A path that passes the check names nothing outside the directory that it is joined to. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "internal.h"

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
	char *path = malloc(size + 1), out[5000], small[16];

	if (!path)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	if (!cgi_path_check(path)) {
		must(!cgi_path_join(out, sizeof(out), "/base", path));
		judge(out);
		must(*path == '/' || !strncmp(out, "/base", 5));
		must(!cgi_path_join(out, sizeof(out), "", path));
		judge(out);
		if (!cgi_path_join(small, sizeof(small), "/b", path))
			must(strlen(small) < sizeof(small));
	}
	free(path);
	return 0;
}
