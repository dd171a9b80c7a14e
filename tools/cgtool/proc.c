/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How processes look in a list: state, user, name, arguments, group. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"
#include "proc.h"

#include "banned.h"

/* The beginning of /proc/PID/NAME, NUL-terminated. Its length, 0 if there is none. */
static size_t content(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[48];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	n = tool_read(path, buf, size);
	return n > 0 ? (size_t)n : 0;
}

/* The name may hold anything, also ") S (", so its end is the last ')'. */
static void look_stat(pid_t pid, struct proc *p)
{
	char buf[512], *name, *end;

	content(pid, "stat", buf, sizeof(buf));
	name = strchr(buf, '(');
	end = strrchr(buf, ')');
	if (!name || !end || end <= name || !end[1] || !end[2])
		return;
	*end = '\0';
	snprintf(p->comm, sizeof(p->comm), "%s", name + 1);
	p->state[0] = end[2];
}

static void look_args(pid_t pid, struct proc *p)
{
	size_t n = content(pid, "cmdline", p->args, sizeof(p->args));

	while (n && !p->args[n - 1])
		n--;
	for (size_t i = 0; i < n; i++)
		if (!p->args[i])
			p->args[i] = ' ';
	if (!n && *p->comm)
		snprintf(p->args, sizeof(p->args), "[%s]", p->comm);
}

/* A list has the same user in many rows: the last name is kept, so the database is asked once. */
const char *proc_user(uid_t uid)
{
	static char name[PROC_USER_SIZE];
	static uid_t last = (uid_t)-1;
	const struct passwd *pw;

	if (uid == last)
		return name;
	pw = getpwuid(uid);
	if (pw)
		snprintf(name, sizeof(name), "%s", pw->pw_name);
	else
		snprintf(name, sizeof(name), "%u", (unsigned)uid);
	last = uid;
	return name;
}

static void look_user(pid_t pid, struct proc *p)
{
	char buf[2048], *line;
	unsigned uid;

	content(pid, "status", buf, sizeof(buf));
	line = strstr(buf, "\nUid:");
	if (!line || sscanf(line, "\nUid: %*u %u", &uid) != 1)
		return;
	snprintf(p->user, sizeof(p->user), "%s", proc_user(uid));
}

void proc_look(pid_t pid, struct proc *ret)
{
	*ret = (struct proc){ 0 };
	look_stat(pid, ret);
	look_args(pid, ret);
	look_user(pid, ret);
}

struct below {
	const char *path;
	size_t len;
	char rest[512];
};

/* The kernel's path may have more in front: the tool's may begin at the base, not at the root. */
static int find_below(void *data, const struct cg_place *place)
{
	struct below *b = data;
	const char *path = place->path, *s = path;

	while ((s = strstr(s, b->path))) {
		if ((s == path || s[-1] == '/') && (s[b->len] == '/' || !s[b->len]))
			break;
		s++;
	}
	if (!s)
		return 0;
	snprintf(b->rest, sizeof(b->rest), "%s", s[b->len] ? s + b->len + 1 : ".");
	return *b->rest == '.' && !b->rest[1] ? 0 : 1;
}

/* "." or the path below the group that is listed; "" where it cannot be told. */
static void group_of(const struct tool *t, pid_t pid, struct below *b)
{
	*b = (struct below){ .path = cg_path(t->cg) };
	b->len = strlen(b->path);
	while (b->len && b->path[b->len - 1] == '/')
		b->len--;
	if (cg_where(t->ctx, pid, find_below, b) < 0)
		*b->rest = '\0';
}

void proc_print(const struct tool *t, const pid_t *pids, size_t n)
{
	static const char *const head[] = { "PID", "USER", "STATE", "GROUP", "COMMAND" };
	struct out_table table = OUT_TABLE(ARRAY_SIZE(head));
	struct below below;
	struct proc p;
	char pid[16];

	out_head(&table, head);
	for (size_t i = 0; i < n; i++) {
		proc_look(pids[i], &p);
		group_of(t, pids[i], &below);
		snprintf(pid, sizeof(pid), "%d", (int)pids[i]);
		out_cell(&table, pid);
		out_cell(&table, p.user);
		out_cell(&table, p.state);
		out_cell(&table, below.rest);
		out_cell(&table, p.args);
	}
	out_table(&table, stdout);
}

void proc_json(const struct tool *t, struct json_object *o, const pid_t *pids, size_t n)
{
	struct json_object *list = json_object_new_array();
	struct below below;
	struct proc p;

	for (size_t i = 0; list && i < n; i++) {
		struct json_object *one = json_object_new_object();

		proc_look(pids[i], &p);
		group_of(t, pids[i], &below);
		out_json_add(one, "pid", json_object_new_int(pids[i]));
		out_json_add(one, "user", out_json_string(p.user));
		out_json_add(one, "state", out_json_string(p.state));
		out_json_add(one, "group", out_json_string(below.rest));
		out_json_add(one, "comm", out_json_string(p.comm));
		out_json_add(one, "args", out_json_string(p.args));
		json_object_array_add(list, one);
	}
	out_json_add(o, "procs", list);
}
