/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which group a command line means. A script that kills must be able to say it without
 * a guess: hence --pid, --id and --path beside the plain word.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cgtool.h"
#include "num.h"
#include "rtstate.h"

#include "banned.h"

static int by_pid(struct tool *t, const char *pid, unsigned flags)
{
	long long n;

	if (num_parse(pid, 1, INT_MAX, &n))
		return err_set(t->e, -EINVAL, "option --pid: %s is no process id", pid);
	return tool_fail(t, cg_open_pid(t->ctx, (pid_t)n, flags, &t->cg));
}

struct hint {
	const char *path, *rest;
};

/* "cgroup2 /mount/point" */
static int below_mount(void *data, const char *key, const char *value)
{
	struct hint *h = data;
	const char *point = strchr(value, ' ');
	size_t len = point ? strlen(++point) : 0;

	if (strcmp(key, "mount") || !len || strncmp(h->path, point, len) || h->path[len] != '/')
		return 0;
	h->rest = h->path + len;
	return 1;
}

/* What one gets by completing a file name is not the path of a group. */
static int not_there(struct tool *t, const char *path, int rc)
{
	struct hint h = { .path = path };

	if (cg_info(t->ctx, below_mount, &h) != 1)
		return rc;
	return err_set(t->e, rc, "%s is a directory; the group's path would be %s", path, h.rest);
}

static int by_path(struct tool *t, const char *path, unsigned flags)
{
	int rc;

	/* "" is the base: what "$name" of a careless script comes to. */
	if (!*path)
		return err_set(t->e, -EINVAL, "the name of the group is empty");
	rc = tool_fail(t, cg_open(t->ctx, path, flags, &t->cg));
	return rc == -ENOENT ? not_there(t, path, rc) : rc;
}

static int by_id(struct tool *t, const char *id)
{
	char *text = NULL;
	int rc = rtstate_group(cmd_value(t->args, "root"), id, &text, t->e);

	if (rc < 0)
		return rc;
	rc = cg_restore(t->ctx, text, 0, &t->cg);
	free(text);
	return tool_fail(t, rc);
}

static int by_word(struct tool *t, const char *word, unsigned flags)
{
	int rc;

	if (!strchr(word, '/') && *word) {
		rc = by_id(t, word);
		/* -EINVAL: not even the name of a container could look like this. */
		if (rc != -ENOENT && rc != -EINVAL)
			return rc;
	}
	rc = by_path(t, word, flags);
	if (rc == -ENOENT && !strchr(word, '/'))
		return err_wrap(t->e, "%s is no container of cgrun, and no group", word);
	return rc;
}

static bool by_option(const struct tool *t)
{
	return cmd_value(t->args, "pid") || cmd_value(t->args, "id") ||
	       cmd_value(t->args, "path");
}

bool tool_names_group(const struct tool *t)
{
	return by_option(t) || t->next < t->args->n_pos;
}

int tool_group(struct tool *t, unsigned flags)
{
	const char *pid = cmd_value(t->args, "pid"), *id = cmd_value(t->args, "id");
	const char *path = cmd_value(t->args, "path");

	if (!tool_names_group(t))
		return err_set(t->e, -EINVAL, "%s: which group? usage: cgtool %s [OPTION...] %s",
			       t->args->cmd->name, t->args->cmd->name, t->args->cmd->args);
	if (!by_option(t))
		return by_word(t, t->args->pos[t->next++], flags);
	if (!!pid + !!id + !!path > 1 ||
	    (t->args->cmd->max >= 0 && t->args->n_pos >= t->args->cmd->max))
		return err_set(t->e, -EINVAL, "%s: more than one group is named",
			       t->args->cmd->name);
	if (pid)
		return by_pid(t, pid, flags);
	return id ? by_id(t, id) : by_path(t, path, flags);
}
