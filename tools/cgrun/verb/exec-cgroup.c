/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec --cgroup [CONTROLLER,...:]PATH: the process goes into a group that somebody has made
 * below the container's. The errors are in runc's words, which callers look for.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "cmd.h"
#include "container/container.h"
#include "verb/verb.h"
#include "banned.h"

/* The path behind CONTROLLER[,CONTROLLER]:, or all of it. */
static const char *path_of(const char *arg)
{
	size_t n = strcspn(arg, ":/");

	return arg[n] == ':' ? arg + n + 1 : arg;
}

static bool leads_up(const char *path)
{
	for (const char *p = path; *p; p += *p == '/') {
		size_t n = strcspn(p, "/");

		if (n == 2 && !strncmp(p, "..", 2))
			return true;
		p += n;
	}
	return false;
}

/* A line of /proc/PID/cgroup, ID:LIST:PATH: is that controller in LIST? */
static bool in_list(const char *line, const char *name, size_t len)
{
	const char *list = strchr(line, ':');

	return list && has_word(list + 1, strcspn(list + 1, ":"), name, len);
}

/* The first of the named controllers that this host has in no hierarchy. NULL: all are there. */
static const char *unknown(const char *arg, size_t *len)
{
	char text[8192] = "";

	read_text(AT_FDCWD, "/proc/self/cgroup", text, sizeof(text));
	for (const char *word = arg; word < path_of(arg); word += *len + 1) {
		bool found = false;

		*len = strcspn(word, ",:");
		for (const char *line = text; *line && !found; line += *line == '\n') {
			found = in_list(line, word, *len);
			line = strchrnul(line, '\n');
		}
		if (!found)
			return word;
	}
	return NULL;
}

/*
 * Every hierarchy that was not named has to have left the process where the container is: the group
 * of that path must be in the named ones alone. And it must be in each of these.
 */
static int check_others(const char *arg, const char *before, pid_t pid, struct err *e)
{
	const char *named = path_of(arg);
	char after[8192], path[32];

	if (named == arg)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (read_text(AT_FDCWD, path, after, sizeof(after)) < 0)
		return err_set(e, -ESRCH, "--cgroup %s: the process has ended", arg);
	for (const char *a = before, *b = after; *a && *b;) {
		size_t na = strcspn(a, "\n"), nb = strcspn(b, "\n"), len;
		bool is_named = false, moved = na != nb || strncmp(a, b, na);

		for (const char *word = arg; word < named; word += len + 1) {
			len = strcspn(word, ",:");
			is_named |= in_list(a, word, len);
		}
		if (is_named && !moved)
			return err_set(e, -ENOENT, "--cgroup %s: error adding pid %d to %.*s/%s/"
				       "cgroup.procs: no such file or directory", arg, pid,
				       (int)nb, b, named);
		if (!is_named && moved)
			return err_set(e, -EOPNOTSUPP, "--cgroup %s: that group is in other "
				       "hierarchies as well (%.*s), and the process would be "
				       "moved there too", arg, (int)nb, b);
		a += na + (a[na] == '\n');
		b += nb + (b[nb] == '\n');
	}
	return 0;
}

static int move_below(struct container *c, const char *path, pid_t pid, struct err *e)
{
	struct cg *sub = NULL;
	struct cg_ref ref;
	int rc = cg_open(c->ctx, path, CG_ADOPT, &sub);

	if (rc == -ENOENT)
		return err_set(e, rc, "error adding pid %d to %s/cgroup.procs: no such file or "
			       "directory", pid, path);
	if (rc >= 0)
		rc = cg_attach(sub, pid);
	if (rc >= 0)
		rc = cg_ref_get(c->ctx, pid, &ref);
	if (rc < 0)
		err_set(e, rc, "%s", cg_errmsg(c->ctx));
	/* A path is looked up from where this caller is; the container may be elsewhere. */
	else if (cg_ref_check(c->cg, &ref) < 0)
		rc = err_set(e, -EINVAL, "that is not below the container's group");
	cg_close(sub);
	return rc < 0 ? rc : 0;
}

/* A group that somebody has made below the container's; with a prefix, in those hierarchies. */
static int attach_one(struct container *c, const char *arg, pid_t pid, struct err *e)
{
	const char *path = path_of(arg), *word;
	char before[8192], file[32], *full;
	size_t len;
	int rc;

	word = unknown(arg, &len);
	if (word)
		return err_set(e, -EINVAL, "--cgroup %s: unknown controller %.*s", arg, (int)len,
			       word);
	if (leads_up(path))
		return err_set(e, -EINVAL, "--cgroup %s: bad sub cgroup path: %s is not a "
			       "sub cgroup path", arg, path);
	path += strspn(path, "/");
	if (!*path)
		return 0;
	snprintf(file, sizeof(file), "/proc/%d/cgroup", pid);
	if (read_text(AT_FDCWD, file, before, sizeof(before)) < 0)
		return err_set(e, -ESRCH, "--cgroup %s: the process has ended", arg);
	if (asprintf(&full, "%s/%s", cg_path(c->cg), path) < 0)
		return no_memory(e);
	rc = move_below(c, full, pid, e);
	free(full);
	if (rc < 0)
		return err_wrap(e, "--cgroup %s", arg);
	return check_others(arg, before, pid, e);
}

int exec_cgroups(struct container *c, const struct cmd_args *a, pid_t pid, struct err *e)
{
	const char *arg;
	size_t i = 0;
	int rc = 0;

	while (!rc && (arg = cmd_next(a, "cgroup", &i)))
		rc = attach_one(c, arg, pid, e);
	return rc;
}
