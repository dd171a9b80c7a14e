/* SPDX-License-Identifier: GPL-2.0-or-later */
/* which: the group of a process in each hierarchy, and the container that it is in. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "container.h"
#include "num.h"
#include "out.h"
#include "proc.h"

#include "banned.h"

#define MAX_PLACES	32

struct place {
	char *hierarchy, *path;
	char *dir;		/* NULL: not mounted here, or out of sight */
};

struct which {
	struct tool *t;
	struct place place[MAX_PLACES];
	size_t n;
	struct container container;
};

/* cgrun marks the directory of a container; the process may be in a group below it. */
static void find_mark(struct which *w, const struct cg_place *p)
{
	size_t below = strlen(p->path);
	char *at = strdup(p->dir), *slash;

	while (at && below > 1 && !container_by_mark(at, &w->container)) {
		slash = strrchr(at, '/');
		if (!slash || strlen(slash) >= below)
			break;
		below -= strlen(slash);
		*slash = '\0';
	}
	free(at);
}

static int add_place(void *data, const struct cg_place *from)
{
	struct which *w = data;
	struct place *p = &w->place[w->n];

	if (w->n == MAX_PLACES)
		return 0;
	w->n++;
	*p = (struct place){
		.hierarchy = strdup(*from->hierarchy ? from->hierarchy : "cgroup2"),
		.path = strdup(from->path), .dir = from->dir ? strdup(from->dir) : NULL,
	};
	if (!p->hierarchy || !p->path || (from->dir && !p->dir))
		return -ENOMEM;
	if (from->dir && !*w->container.id)
		find_mark(w, from);
	return 0;
}

static void json(const struct which *w, pid_t pid, const struct proc *proc, struct json_object *o)
{
	struct json_object *one = json_object_new_object(), *place;

	out_json_add(one, "pid", json_object_new_int(pid));
	out_json_add(one, "comm", out_json_string(proc->comm));
	for (size_t i = 0; i < w->n; i++) {
		place = json_object_new_object();
		out_json_add(place, "hierarchy", out_json_string(w->place[i].hierarchy));
		out_json_add(place, "group", out_json_string(w->place[i].path));
		out_json_add(place, "directory", out_json_string(w->place[i].dir));
		out_json_append(one, "places", place);
	}
	container_json(one, &w->container);
	out_json_append(o, "procs", one);
}

static bool same_before(const struct which *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (!strcmp(w->place[k].path, w->place[i].path))
			return true;
	return false;
}

/* The hierarchies in which the path is that of place i. */
static char *hierarchies(const struct which *w, size_t i)
{
	char *list = NULL, *more;

	for (size_t k = i; k < w->n; k++) {
		if (strcmp(w->place[k].path, w->place[i].path))
			continue;
		if (asprintf(&more, "%s%s%s", list ? list : "", list ? " " : "",
			     w->place[k].hierarchy) < 0)
			more = NULL;
		free(list);
		list = more;
	}
	return list;
}

static const char *const head[] = { "PID", "NAME", "CONTAINER", "GROUP", "HIERARCHIES" };

/* A row for each path that the process has. */
static void rows(const struct which *w, pid_t pid, const struct proc *proc, struct out_table *table)
{
	char number[16], container[200] = "-";
	bool first = true;

	snprintf(number, sizeof(number), "%d", (int)pid);
	if (*w->container.id)
		snprintf(container, sizeof(container), "%s (%s)", w->container.id,
			 w->container.engine);
	for (size_t i = 0; i < w->n; i++) {
		char *list;

		if (same_before(w, i))
			continue;
		list = hierarchies(w, i);
		out_cell(table, first ? number : "");
		out_cell(table, first ? proc->comm : "");
		out_cell(table, first ? container : "");
		out_cell(table, w->place[i].path);
		out_cell(table, list);
		free(list);
		first = false;
	}
}

static int look(struct tool *t, const char *word, bool first, struct json_object *o)
{
	struct out_table table = OUT_TABLE(ARRAY_SIZE(head));
	struct which w = { .t = t };
	struct proc proc;
	long long pid;
	int rc;

	if (num_parse(word, 1, INT_MAX, &pid))
		return err_set(t->e, -EINVAL, "which: %s is no process id", word);
	rc = tool_fail(t, cg_where(t->ctx, (pid_t)pid, add_place, &w));
	for (size_t i = 0; !*w.container.id && i < w.n; i++)
		(void)container_by_path(w.place[i].path, &w.container);
	proc_look((pid_t)pid, &proc);
	if (rc >= 0 && o)
		json(&w, (pid_t)pid, &proc, o);
	if (rc >= 0 && !o) {
		if (first)
			out_head(&table, head);
		rows(&w, (pid_t)pid, &proc, &table);
		out_table(&table, stdout);
	}
	for (size_t i = 0; i < w.n; i++) {
		free(w.place[i].hierarchy);
		free(w.place[i].path);
		free(w.place[i].dir);
	}
	return rc;
}

int cmd_which(const struct cmd_args *a, struct err *e)
{
	return tool_words(a, e, CG_OP_PROCS, look);
}
