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
	bool contained;
};

struct mount {
	const char *hierarchy;
	char *point;
};

/* "NAME /mount/point" */
static int find_mount(void *data, const char *key, const char *value)
{
	struct mount *m = data;
	size_t len = strlen(m->hierarchy);

	if (strcmp(key, "mount") || strncmp(value, m->hierarchy, len) || value[len] != ' ')
		return 0;
	m->point = strdup(value + len + 1);
	return 1;
}

/* The mark is on the directory of the group, members may be in one below it. */
static void find_mark(struct which *w, const char *dir, const char *top)
{
	char *at = strdup(dir), *slash;

	while (at && !w->contained && strlen(at) > strlen(top)) {
		w->contained = container_by_mark(at, &w->container);
		slash = strrchr(at, '/');
		if (!slash)
			break;
		*slash = '\0';
	}
	free(at);
}

static int add_place(void *data, const char *controllers, const char *path)
{
	struct which *w = data;
	struct mount m = { .hierarchy = *controllers ? controllers : "cgroup2" };
	struct place *p = &w->place[w->n];

	if (w->n == MAX_PLACES)
		return 0;
	*p = (struct place){ .hierarchy = strdup(m.hierarchy), .path = strdup(path) };
	if (!p->hierarchy || !p->path)
		return err_set(w->t->e, -ENOMEM, "out of memory");
	cg_info(w->t->ctx, find_mount, &m);
	if (m.point && asprintf(&p->dir, "%s%s", m.point, path[1] ? path : "") < 0)
		p->dir = NULL;
	if (p->dir && access(p->dir, F_OK)) {
		free(p->dir);
		p->dir = NULL;
	}
	if (p->dir && !w->contained)
		find_mark(w, p->dir, m.point);
	free(m.point);
	w->n++;
	return 0;
}

static void json(const struct which *w, pid_t pid, const struct proc *proc, struct json_object *o)
{
	struct json_object *one = json_object_new_object(), *place, *c;

	out_json_add(one, "pid", json_object_new_int(pid));
	out_json_add(one, "comm", out_json_string(proc->comm));
	for (size_t i = 0; i < w->n; i++) {
		place = json_object_new_object();
		out_json_add(place, "hierarchy", out_json_string(w->place[i].hierarchy));
		out_json_add(place, "group", out_json_string(w->place[i].path));
		out_json_add(place, "directory", out_json_string(w->place[i].dir));
		out_json_append(one, "places", place);
	}
	if (w->contained) {
		c = json_object_new_object();
		out_json_add(c, "id", out_json_string(w->container.id));
		out_json_add(c, "engine", out_json_string(w->container.engine));
		out_json_add(one, "container", c);
	}
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
static void row(const struct which *w, pid_t pid, const struct proc *proc, struct out_table *table)
{
	char number[16], container[200] = "-";
	bool first = true;

	if (!table->n)
		out_head(table, head);
	snprintf(number, sizeof(number), "%d", (int)pid);
	if (w->contained)
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

static int look(struct tool *t, const char *word, struct out_table *table, struct json_object *o)
{
	struct which w = { .t = t };
	struct proc proc;
	long long pid;
	int rc;

	if (num_parse(word, 1, INT_MAX, &pid))
		return err_set(t->e, -EINVAL, "which: %s is no process id", word);
	rc = proc_places((pid_t)pid, add_place, &w);
	if (rc == -ESRCH)
		err_set(t->e, rc, "which: there is no process %s", word);
	for (size_t i = 0; !w.contained && i < w.n; i++)
		w.contained = container_by_path(w.place[i].path, &w.container);
	proc_look((pid_t)pid, &proc);
	if (!rc && o)
		json(&w, (pid_t)pid, &proc, o);
	else if (!rc)
		row(&w, (pid_t)pid, &proc, table);
	for (size_t i = 0; i < w.n; i++) {
		free(w.place[i].hierarchy);
		free(w.place[i].path);
		free(w.place[i].dir);
	}
	return rc;
}

int cmd_which(const struct cmd_args *a, struct err *e)
{
	struct out_table table = OUT_TABLE(ARRAY_SIZE(head));
	struct err other = { 0 };
	struct json_object *o;
	struct tool t;
	int rc = tool_open(&t, a, e), one;

	o = tool_json(&t);
	for (int i = 0, n = rc < 0 ? 0 : a->n_pos; i < n; i++) {
		one = look(&t, a->pos[i], &table, o);
		if (rc < 0 && one < 0)
			out_error("cgtool", other.msg);
		rc = rc < 0 ? rc : one;
		t.e = rc < 0 ? &other : e;
	}
	t.e = e;
	out_table(&table, stdout);
	return tool_end(&t, rc, CG_OP_PROCS, o);
}
