/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kill, delete, signal and freeze would do, and to whom. Nothing is changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "dry.h"
#include "out.h"
#include "proc.h"

#include "banned.h"

bool dry_wanted(const struct tool *t)
{
	return cmd_value(t->args, "dry-run");
}

/* What the library would refuse, as far as that is known without trying. */
static int refused(struct tool *t, const struct cg_cap *cap, const pid_t *pids, size_t n)
{
	const char *verb = t->args->cmd->name;

	if (!strcmp(cg_path(t->cg), "/"))
		return err_set(t->e, -EPERM, "%s: would be refused: the root of a hierarchy", verb);
	if (cap->level == CG_NONE)
		return err_set(t->e, -EPERM, "%s %s: cannot be done: %s", verb, cg_path(t->cg),
			       cap->reason);
	for (size_t i = 0; i < n; i++)
		if (pids[i] == getpid())
			return err_set(t->e, -EDEADLK,
				       "%s %s: would be refused: the caller is a member", verb,
				       cg_path(t->cg));
	if (cap->op == CG_OP_DELETE && n && !cmd_value(t->args, "force"))
		return err_set(t->e, -EBUSY,
			       "%s %s: would be refused: %zu live in it (--force kills them)",
			       verb, cg_path(t->cg), n);
	return 0;
}

static void print(struct tool *t, const char *what, const struct cg_cap *cap, const pid_t *pids,
		  size_t n, uint64_t nested)
{
	printf("%s ", t->args->cmd->name);
	out_escape(stdout, cg_path(t->cg));
	printf(": nothing is done; %zu %s would be %s", n, n == 1 ? "process" : "processes", what);
	if (cap->op == CG_OP_DELETE)
		printf(", and the group and %llu below it removed", (unsigned long long)nested);
	printf(", with %s\n", cap->mechanism);
	if (n)
		proc_print(t, pids, n);
}

static void json(struct tool *t, struct json_object *o, const struct cg_cap *cap, const pid_t *pids,
		 size_t n, uint64_t nested)
{
	out_json_add(o, "dry_run", json_object_new_boolean(true));
	out_json_add(o, "how", out_json_string(cap->mechanism));
	out_json_add(o, "nested", json_object_new_uint64(nested));
	proc_json(t, o, pids, n);
}

int dry_run(struct tool *t, const char *what, unsigned op, unsigned flags, struct json_object *o)
{
	struct cg_cap caps[CG_NOPS] = { 0 };
	struct cg_stats stats = { 0 };
	pid_t *pids = NULL;
	size_t n = 0;
	int rc;

	rc = tool_fail(t, cg_procs(t->cg, flags, &pids, &n, NULL));
	if (rc >= 0)
		rc = tool_fail(t, cg_stats(t->cg, &stats, sizeof(stats)));
	if (rc >= 0 && cg_caps(t->ctx, t->cg, 0, caps, CG_NOPS) >= 0)
		rc = refused(t, &caps[op], pids, n);
	if (rc >= 0 && o)
		json(t, o, &caps[op], pids, n, stats.nested);
	else if (rc >= 0)
		print(t, what, &caps[op], pids, n, stats.nested);
	free(pids);
	return rc;
}
