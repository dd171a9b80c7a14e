/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which group a container of cgrun is, for a program that is not cgrun. What is read
 * here decides who is killed, so whose word it is counts: with sudo, XDG_RUNTIME_DIR
 * may still name a directory of an ordinary user.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "rtstate.h"

#include "banned.h"

#define STATE_MAX	(16 << 20)

static int bad_id(const char *id)
{
	static const char ok[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";

	return !*id || id[strspn(id, ok)] || !strcmp(id, ".") || !strcmp(id, "..");
}

/* Where nobody named the directory, one that the caller may not look into is not his. */
static int open_state(const char *root, int named, const char *id, struct err *e)
{
	char *path = NULL;
	int fd;

	if (asprintf(&path, "%s/%s/state.json", root, id) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ||
		       (errno == EACCES && !named)))
		fd = err_set(e, -ENOENT, "%s: no such container", id);
	else if (fd < 0)
		fd = err_set(e, -errno, "%s: %s", path, strerror(errno));
	free(path);
	return fd;
}

static int check(int fd, int named, const char *id, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set(e, -errno, "container %s: state.json: %s", id, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > STATE_MAX)
		return err_set(e, -EIO, "container %s: state.json is no state of cgrun", id);
	if (!named && st.st_uid && st.st_uid != geteuid())
		return err_set(e, -EPERM, "container %s belongs to uid %u; name its state "
			       "directory with --root to trust it, or its group with --path",
			       id, (unsigned)st.st_uid);
	return 0;
}

static char *slurp(int fd)
{
	size_t size = 0, n = 0;
	char *buf = NULL;

	for (;;) {
		ssize_t got;

		if (size - n < 2) {
			char *more = realloc(buf, size = size ? size * 2 : 4096);

			if (!more)
				break;
			buf = more;
		}
		got = read(fd, buf + n, size - n - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || n > STATE_MAX)
			break;
		if (!got) {
			buf[n] = '\0';
			return buf;
		}
		n += (size_t)got;
	}
	free(buf);
	return NULL;
}

static int read_group(int fd, const char *id, char **text, struct err *e)
{
	struct json_object *o = NULL, *libcg = NULL, *group = NULL;
	char *json = slurp(fd);
	int rc = -EIO;

	if (json)
		o = json_tokener_parse(json);
	if (json_object_object_get_ex(o, "libcg", &libcg) &&
	    json_object_object_get_ex(libcg, "group", &group) &&
	    json_object_is_type(group, json_type_string)) {
		*text = strdup(json_object_get_string(group));
		rc = *text ? 0 : -ENOMEM;
	}
	json_object_put(o);
	free(json);
	return rc ? err_set(e, rc, "container %s: its state has no group in it", id) : 0;
}

static int from_root(const char *root, int named, const char *id, char **text, struct err *e)
{
	int fd = open_state(root, named, id, e), rc;

	if (fd < 0)
		return fd;
	rc = check(fd, named, id, e);
	if (!rc)
		rc = read_group(fd, id, text, e);
	close(fd);
	return rc;
}

int rtstate_read(const char *root, const char *id, struct json_object **ret, struct err *e)
{
	char *json = NULL;
	int fd, rc;

	if (bad_id(id))
		return err_set(e, -EINVAL, "%s is not the name of a container", id);
	fd = open_state(root, 1, id, e);
	if (fd < 0)
		return fd;
	rc = check(fd, 1, id, e);
	if (!rc)
		json = slurp(fd);
	close(fd);
	*ret = json ? json_tokener_parse(json) : NULL;
	free(json);
	if (!rc && !json_object_is_type(*ret, json_type_object)) {
		json_object_put(*ret);
		rc = err_set(e, -EIO, "container %s: state.json is no state of cgrun", id);
	}
	return rc;
}

int rtstate_group(const char *root, const char *id, char **text, struct err *e)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char *own = NULL, *mine = NULL, *user = NULL;
	int rc, rc2 = -ENOENT;
	struct err e2;

	if (bad_id(id))
		return err_set(e, -EINVAL, "%s is not the name of a container", id);
	if (root)
		return from_root(root, 1, id, text, e);
	if (xdg && *xdg == '/' && asprintf(&own, "%s/cgrun", xdg) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	rc = from_root("/run/cgrun", 0, id, &mine, e);
	if (own && strcmp(own, "/run/cgrun"))
		rc2 = from_root(own, 0, id, &user, &e2);
	if (rc2 != -ENOENT && rc != -ENOENT)
		rc = err_set(e, -ENOTUNIQ,
			     "container %s is in /run/cgrun and in %s: name one with --root", id,
			     own);
	else if (rc2 != -ENOENT)
		rc = rc2 ? err_set(e, rc2, "%s", e2.msg) : 0;
	if (!rc)
		*text = strdup(mine ? mine : user);
	if (!rc && !*text)
		rc = err_set(e, -ENOMEM, "out of memory");
	free(own);
	free(mine);
	free(user);
	return rc;
}
