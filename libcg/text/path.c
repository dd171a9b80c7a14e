/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of group paths. A path that passes here cannot name anything outside the
 * tree it is joined to, whatever the file system holds.
 */
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
char *cgi_path_join(const char *base, const char *path)
{
	struct cgi_buf b = { 0 };

	if (*path == '/')
		base = "";
	base += strspn(base, "/");
	path += strspn(path, "/");
	cgi_buf_add(&b, "/%s%s%s", base, *base && *path ? "/" : "", path);
	if (b.failed) {
		cgi_buf_free(&b);
		return NULL;
	}
	while (b.len > 1 && b.s[b.len - 1] == '/')
		b.s[--b.len] = '\0';
	return b.s;
}

bool cgi_path_within(const char *path, const char *above)
{
	size_t n = strlen(above);

	if (n == 1)
		return true;
	return !strncmp(path, above, n) && (!path[n] || path[n] == '/');
}
