/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of group paths. A path that passes here cannot name anything outside the
 * tree it is joined to, whatever the file system holds.
 */
#include <stdio.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "text.h"

#define MAX_NAME	255
#define MAX_PATH	4000

/* "" and "/" are the base and the root; a trailing slash is not a component. */
int cgi_path_check(const char *path)
{
	size_t len;

	if (!path || strlen(path) > MAX_PATH)
		return -EINVAL;
	if (*path == '/')
		path++;
	while (*path) {
		len = strcspn(path, "/");
		if (len == 0 || len > MAX_NAME)
			return -EINVAL;
		if ((len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.'))
			return -EINVAL;
		/* Saved texts and /proc/PID/cgroup are made of lines. */
		for (size_t i = 0; i < len; i++)
			if (path[i] == '\n')
				return -EINVAL;
		path += len;
		if (*path == '/')
			path++;
	}
	return 0;
}

/* Always begins with "/", never ends with one, except the root itself. */
int cgi_path_join(char *out, size_t size, const char *base, const char *path)
{
	size_t len;
	int n;

	if (*path == '/')
		base = "";
	while (*base == '/')
		base++;
	while (*path == '/')
		path++;
	n = snprintf(out, size, "/%s%s%s", base, *base && *path ? "/" : "", path);
	if (n < 0 || (size_t)n >= size)
		return -ERANGE;
	len = (size_t)n;
	while (len > 1 && out[len - 1] == '/')
		out[--len] = '\0';
	return 0;
}
