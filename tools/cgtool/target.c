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

/* A container's group is restored, and so taken charge of. */
static int by_id(struct tool *t, const char *id, unsigned flags)
{
	char *text = NULL;
	int rc;

	(void)flags;
	rc = rtstate_group(cmd_value(t->args, "root"), id, &text, t->e);
	if (rc < 0)
		return rc;
	rc = cg_restore(t->ctx, text, 0, &t->cg);
	free(text);
	return tool_fail(t, rc);
}

int tool_word(struct tool *t, const char *word, unsigned flags)
{
	int rc;

	if (!strchr(word, '/') && *word) {
		rc = by_id(t, word, flags);
		/* -EINVAL: not even the name of a container could look like this. */
		if (rc != -ENOENT && rc != -EINVAL)
			return rc;
	}
	rc = by_path(t, word, flags);
	if (rc == -ENOENT && !strchr(word, '/'))
		return err_wrap(t->e, "%s is no container of cgrun, and no group", word);
	return rc;
}

typedef int (*option_fn)(struct tool *t, const char *value, unsigned flags);

/* What opens the group that this option names; NULL: it names none. */
static option_fn opener(const char *option)
{
	static const struct { const char *option; option_fn fn; } openers[] = {
		{ "pid", by_pid }, { "id", by_id }, { "path", by_path },
	};

	for (size_t i = 0; i < ARRAY_SIZE(openers); i++)
		if (!strcmp(option, openers[i].option))
			return openers[i].fn;
	return NULL;
}

/* The n-th group (from 0) that an option names. */
static const struct cmd_given *option(const struct tool *t, int n)
{
	for (size_t i = 0; i < t->args->n_given; i++)
		if (opener(t->args->given[i].opt->name) && !n--)
			return &t->args->given[i];
	return NULL;
}

static int no_group(const struct tool *t)
{
	const struct cmd *cmd = t->args->cmd;

	return err_set(t->e, -EINVAL, "%s: which group? usage: cgtool %s [OPTION...] %s", cmd->name,
		       cmd->name, cmd->args);
}

bool tool_names_group(const struct tool *t)
{
	return option(t, 0) || t->next < t->args->n_pos;
}

int tool_group(struct tool *t, unsigned flags)
{
	const struct cmd_given *g = option(t, 0);

	if (!tool_names_group(t))
		return no_group(t);
	if (!g)
		return tool_word(t, t->args->pos[t->next++], flags);
	if (option(t, 1) || (t->args->cmd->max >= 0 && t->args->n_pos >= t->args->cmd->max))
		return err_set(t->e, -EINVAL, "%s: more than one group is named",
			       t->args->cmd->name);
	return opener(g->opt->name)(t, g->value, flags);
}

int tool_groups(const struct tool *t)
{
	int n = t->args->n_pos - t->next;

	while (option(t, n - (t->args->n_pos - t->next)))
		n++;
	return n ? n : no_group(t);
}

const char *tool_open_nth(struct tool *t, int n, unsigned flags, int *rc)
{
	const struct cmd_given *g;
	const char *word;

	if (t->next + n < t->args->n_pos) {
		word = t->args->pos[t->next + n];
		*rc = tool_word(t, word, flags);
		return word;
	}
	g = option(t, n - (t->args->n_pos - t->next));
	*rc = opener(g->opt->name)(t, g->value, flags);
	return g->value;
}
