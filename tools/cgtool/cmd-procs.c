/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procs: who is in a group, and what state the group is in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

struct about {
	char state[2];		/* "S"; "" if it has ended meanwhile */
	char comm[64];
};

/* /proc/PID/stat: the name may hold anything, also ") S (", so its end is the last ')'. */
static void look(pid_t pid, struct about *ret)
{
	char path[32], buf[512], *name, *end;
	ssize_t n;
	int fd;

	*ret = (struct about){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return;
	buf[n] = '\0';
	name = strchr(buf, '(');
	end = strrchr(buf, ')');
	if (!name || !end || end <= name || !end[1] || !end[2])
		return;
	*end = '\0';
	snprintf(ret->comm, sizeof(ret->comm), "%s", name + 1);
	ret->state[0] = end[2];
}

static void text(const pid_t *pids, size_t n)
{
	struct out_table table = OUT_TABLE(3);
	struct about about;
	char pid[16];

	for (size_t i = 0; i < 3; i++)
		out_cell(&table, ((const char *[]){ "PID", "STATE", "COMMAND" })[i]);
	for (size_t i = 0; i < n; i++) {
		look(pids[i], &about);
		snprintf(pid, sizeof(pid), "%d", (int)pids[i]);
		out_cell(&table, pid);
		out_cell(&table, about.state);
		out_cell(&table, about.comm);
	}
	out_table(&table, stdout);
}

static void numbers(const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%d\n", (int)pids[i]);
}

static void json(struct tool *t, struct json_object *o, const pid_t *pids, size_t n,
		 size_t unnamed)
{
	struct json_object *list = json_object_new_array();
	struct about about;
	unsigned state = 0;

	for (size_t i = 0; list && i < n; i++) {
		struct json_object *one = json_object_new_object();

		look(pids[i], &about);
		out_json_add(one, "pid", json_object_new_int(pids[i]));
		out_json_add(one, "state", out_json_string(about.state));
		out_json_add(one, "comm", out_json_string(about.comm));
		json_object_array_add(list, one);
	}
	if (cg_state(t->cg, &state) < 0)
		state = 0;
	out_json_add(o, "state", tool_json_state(state));
	out_json_add(o, "unnamed", json_object_new_int64((int64_t)unnamed));
	out_json_add(o, "procs", list);
}

int cmd_procs(const struct cmd_args *a, struct err *e)
{
	unsigned flags = cmd_value(a, "here") ? CG_HERE : 0;
	struct json_object *o = NULL;
	size_t n = 0, unnamed = 0;
	pid_t *pids = NULL;
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = tool_group(&t, 0);
	if (rc >= 0)
		rc = tool_fail(&t, cg_procs(t.cg, flags, &pids, &n, &unnamed));
	o = tool_json(&t);
	if (rc >= 0 && o)
		json(&t, o, pids, n, unnamed);
	else if (rc >= 0 && cmd_value(a, "quiet"))
		numbers(pids, n);
	else if (rc >= 0)
		text(pids, n);
	if (rc >= 0 && !o && unnamed)
		fprintf(stderr, "cgtool: and %zu without a number in this PID namespace\n",
			unnamed);
	free(pids);
	return tool_end(&t, rc, CG_OP_PROCS, o);
}
