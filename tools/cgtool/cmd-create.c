/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create and attach: how a group comes to be and who goes into it. */
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "num.h"
#include "out.h"

#include "banned.h"

#define CLEANUP_MS	2000

/* "1000", "1000:100", "alice", "alice:100"; without a group id that of the user, if it has a name
 */
static int parse_owner(const char *s, uid_t *uid, gid_t *gid)
{
	const char *colon = strchr(s, ':');
	size_t len = colon ? (size_t)(colon - s) : strlen(s);
	const struct passwd *pw;
	char name[256];
	long long n;

	if (!len || len >= sizeof(name))
		return -EINVAL;
	memcpy(name, s, len);
	name[len] = '\0';
	pw = getpwnam(name);
	if (!pw && num_parse(name, 0, UINT_MAX - 1LL, &n))
		return -EINVAL;
	*uid = pw ? pw->pw_uid : (uid_t)n;
	if (!pw && !colon)
		pw = getpwuid(*uid);
	*gid = pw ? pw->pw_gid : (gid_t)*uid;
	if (colon && num_parse(colon + 1, 0, UINT_MAX - 1LL, &n))
		return -EINVAL;
	if (colon)
		*gid = (gid_t)n;
	return 0;
}

static int there_is_one(void *data, const struct cg_place *place)
{
	(void)data;
	return place->state & CG_GONE ? 0 : 1;
}

/* A group without a directory would not be found by the next command. */
static bool made_somewhere(struct tool *t)
{
	return cg_places(t->cg, there_is_one, NULL) > 0;
}

static int nothing_made(struct tool *t)
{
	struct cg_cap caps[CG_NOPS];

	if (cg_caps(t->ctx, t->cg, 0, caps, CG_NOPS) < 0)
		return tool_fail(t, -EPERM);
	return err_set(t->e, -EPERM, "create: this user may make no group in any hierarchy: %s",
		       caps[CG_OP_LIMITS].reason);
}

static int make(struct tool *t, const char *path)
{
	unsigned flags = (cmd_value(t->args, "parents") ? CG_PARENTS : 0) |
			 (cmd_value(t->args, "reuse") ? CG_REUSE : 0);
	const char *owner = cmd_value(t->args, "owner");
	uid_t uid = 0;
	gid_t gid = 0;
	int rc;

	if (!*path)
		return err_set(t->e, -EINVAL, "create: the path is empty");
	if (owner && parse_owner(owner, &uid, &gid))
		return err_set(t->e, -EINVAL, "option --owner: %s is no user here", owner);
	rc = tool_fail(t, cg_create(t->ctx, path, flags, &t->cg));
	if (rc >= 0 && !strncmp(cg_driver_name(t->cg), "systemd", 7))
		return err_set(t->e, -EOPNOTSUPP,
			       "create: here a group begins with its first process, since only "
			       "systemd can give it a place; go where this user has one: "
			       "systemd-run --user --scope -p Delegate=yes cgtool create ...");
	if (rc >= 0 && !made_somewhere(t))
		return nothing_made(t);
	if (rc < 0 || !owner)
		return rc;
	rc = tool_fail(t, cg_delegate(t->cg, uid, gid));
	if (rc < 0 && !(flags & CG_REUSE))
		cg_delete(t->cg, CG_IF_EMPTY, CLEANUP_MS, NULL, 0);
	return rc;
}

int cmd_create(const struct cmd_args *a, struct err *e)
{
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = make(&t, a->pos[0]);
	if (rc >= 0 && !t.json) {
		out_escape(stdout, cg_path(t.cg));
		putchar('\n');
	}
	return tool_end(&t, rc, CG_OP_ATTACH, tool_json(&t));
}

static int attach_all(struct tool *t, struct json_object *o)
{
	const struct cmd_args *a = t->args;
	int weak = 0;
	long long n;

	(void)o;
	if (t->next == a->n_pos)
		return err_set(t->e, -EINVAL, "attach: no process is named");
	for (int i = t->next; i < a->n_pos; i++)
		if (num_parse(a->pos[i], 1, INT_MAX, &n))
			return err_set(t->e, -EINVAL, "attach: %s is no process id", a->pos[i]);
	for (int i = t->next; i < a->n_pos; i++) {
		int rc;

		num_parse(a->pos[i], 1, INT_MAX, &n);
		rc = tool_fail(t, cg_attach(t->cg, (pid_t)n));
		if (rc < 0)
			return err_wrap(t->e, "attach %s", a->pos[i]);
		weak |= rc;
	}
	return weak;
}

int cmd_attach(const struct cmd_args *a, struct err *e)
{
	return tool_one(a, e, CG_ADOPT, CG_OP_ATTACH, attach_all);
}
