/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is there a systemd that would give this user a place, and what is its own? */
#include <fcntl.h>
#include <stdio.h>

#include "systemd.h"

/* In a user namespace: the user id in the one that it was made from. */
static uid_t outer_uid(struct cg_ctx *ctx)
{
	_cleanup_free_ char *text = NULL;
	unsigned long in, out, n, euid = ctx->sys->euid(ctx->k);
	char *line, *save = NULL;

	if (cgi_read_all(ctx, ctx->procfd, "self/uid_map", &text) < 0)
		return (uid_t)euid;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%lu %lu %lu", &in, &out, &n) == 3 && euid >= in && euid - in < n)
			return (uid_t)(out + (euid - in));
	return (uid_t)euid;
}

/* The socket is asked for, not the user id: it exists where there is a manager for us. */
static int find_bus(struct cg_ctx *ctx, struct cgi_manager *m)
{
	uid_t uid = outer_uid(ctx);
	struct cgi_ident id;
	char path[64];

	if (*ctx->bus) {
		snprintf(m->address, sizeof(m->address), "%s", ctx->bus);
		return 0;
	}
	if (uid)
		snprintf(path, sizeof(path), "/run/user/%u/bus", uid);
	else
		snprintf(path, sizeof(path), "/run/dbus/system_bus_socket");
	if (ctx->sys->ident(ctx->k, AT_FDCWD, path, &id) < 0)
		return cgi_fail(ctx, -ENODEV, "no message bus at %s%s", path, uid ?
				" (a manager without a login: loginctl enable-linger)" : "");
	snprintf(m->address, sizeof(m->address), "unix:path=%s", path);
	return 0;
}

/* The strongest hierarchy that is here has no place for this user. */
static bool needed(const struct cg_ctx *ctx)
{
	return !ctx->usable[CGI_V2] && (!ctx->usable[CGI_V1] || ctx->present[CGI_V2]);
}

/*
 * A systemd outside of our PID namespace would move the process that has our number there.
 * One that is the init in here, as in a container that is a whole system, counts as we do.
 */
static bool counts_as_we_do(struct cg_ctx *ctx)
{
	char init[32];

	return !ctx->child_pidns ||
	       (cgi_read_word(ctx, ctx->procfd, "1/comm", init, sizeof(init)) > 0 &&
		!strcmp(init, "systemd"));
}

int cgi_placer_ready(struct cg_ctx *ctx)
{
	char address[sizeof(ctx->manager->address)];
	int rc;

	cgi_talk_begin(ctx);
	snprintf(address, sizeof(address), "%s", ctx->manager->address);
	rc = cgi_talk_connect(ctx, address);
	return rc ? cgi_fail(ctx, rc, "%s", ctx->manager->why) : 0;
}

int cgi_placer_look(struct cg_ctx *ctx)
{
	struct cgi_ident id;
	int rc;

	if (!ctx->sys->bus || ctx->sys->ident(ctx->k, AT_FDCWD, "/run/systemd/system", &id) < 0)
		return cgi_fail(ctx, -ENODEV, "systemd does not run here");
	if (!counts_as_we_do(ctx))
		return cgi_fail(ctx, -ENODEV, "systemd knows our processes by other numbers: this "
				"is a PID namespace of its own");
	ctx->manager = calloc(1, sizeof(*ctx->manager));
	if (!ctx->manager)
		return cgi_nomem(ctx);
	rc = find_bus(ctx, ctx->manager);
	if (!rc && !needed(ctx))
		return 1;
	rc = rc ? rc : cgi_placer_ready(ctx);
	if (rc)
		cgi_placer_free(ctx);
	return rc;
}

void cgi_placer_free(struct cg_ctx *ctx)
{
	if (ctx->manager)
		cgi_talk_end(ctx);
	free(ctx->manager);
	ctx->manager = NULL;
}

const char *cgi_placer_address(const struct cg_ctx *ctx)
{
	return ctx->manager->address;
}

/* ---- what is systemd's own ---- */

/* systemd marks the group of each unit that has Delegate=, in the hierarchy that it tracks by. */
static bool is_below_delegated(struct cg_ctx *ctx, const struct cgi_tree *t, char *path)
{
	int fd = t->fd, below;
	char *save = NULL, *name;
	bool found = false;

	for (name = strtok_r(path, "/", &save); name && !found; name = strtok_r(NULL, "/", &save)) {
		below = ctx->sys->open(ctx->k, fd, name, true);
		if (fd != t->fd)
			cgi_close_fd(ctx, fd);
		fd = below;
		if (fd < 0)
			return false;
		found = cgi_is_delegated(ctx, fd);
	}
	if (fd != t->fd)
		cgi_close_fd(ctx, fd);
	return found;
}

/* Where these places are in a hierarchy that systemd manages; NULL: nowhere. */
static char *managed_path(struct cg_ctx *ctx, const struct cgi_tree *t, const struct cgi_places *l)
{
	char *path = NULL;

	if (!l)
		return t->base && !cgi_tree_path(ctx, t, "new", &path) ? path : NULL;
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].tree == t && !l->v[i].gone)
			return strdup(l->v[i].path);
	return NULL;
}

static bool rules_here(struct cg_ctx *ctx)
{
	struct cgi_ident id;

	return !ctx->child_pidns && !ctx->sys->euid(ctx->k) &&
	       !ctx->sys->ident(ctx->k, ctx->procfd, "self/ns/user", &id) &&
	       id.ino == CGI_INIT_USER_NS &&
	       !ctx->sys->ident(ctx->k, AT_FDCWD, "/run/systemd/system", &id);
}

static bool owns(struct cg_ctx *ctx, const struct cgi_places *l)
{
	bool found = false;

	if (!rules_here(ctx))
		return false;
	for (unsigned i = 0; i < CGI_MANAGED; i++) {
		const struct cgi_tree *t = cgi_managed(ctx, i);
		_cleanup_free_ char *path = t ? managed_path(ctx, t, l) : NULL;

		if (path && is_below_delegated(ctx, t, path))
			return false;
		found = found || path;
	}
	return found;
}

/*
 * systemd turns off controllers that none of its units need, and does not ask whether a group
 * that it knows nothing of has limits.
 */
void cgi_placer_limits(struct cg_ctx *ctx, const struct cgi_places *l, struct cgi_cap *limits)
{
	if (limits->level != CG_FULL || !owns(ctx, l))
		return;
	limits->level = CG_BEST_EFFORT;
	snprintf(limits->reason, sizeof(limits->reason), "systemd owns this part of the "
		 "hierarchies: it may turn off controllers there");
	snprintf(limits->remedy, sizeof(limits->remedy), "a scope (driver systemd), or a group "
		 "below a unit with Delegate=yes");
}

/* ---- capabilities ---- */

/* The manager's root slice: scopes have the controllers that were delegated to it. */
static char *root_slice(struct cg_ctx *ctx)
{
	struct cgi_unit root = { .name = "-.slice" };
	char path[4096];

	cgi_talk_begin(ctx);
	snprintf(root.address, sizeof(root.address), "%s", ctx->manager->address);
	return cgi_talk_get(ctx, &root, "ControlGroup", path, sizeof(path)) ? NULL : strdup(path);
}

void cgi_placer_caps(struct cg_ctx *ctx, bool placed, struct cgi_cap *caps, char **given)
{
	static const char slow[] = "this host mounts no cgroup2 and gives its users no freezer";

	cgi_cap_offer(&caps[CG_OP_ATTACH], CG_FULL, "systemd scope", "", "");
	if (placed)
		return;
	*given = root_slice(ctx);
	/* Places in the scope speak for themselves. */
	if (ctx->present[CGI_V2] || ctx->usable[CGI_V1])
		return;
	cgi_cap_offer(&caps[CG_OP_DELETE], CG_FULL, "systemd scope, rmdir", "", "");
	cgi_cap_offer(&caps[CG_OP_PROCS], CG_FULL, "systemd scope, v1 cgroup.procs", "", "");
	cgi_cap_offer(&caps[CG_OP_SIGNAL], CG_BEST_EFFORT, "pidfd in rounds", slow, "");
	cgi_cap_offer(&caps[CG_OP_KILL], CG_FULL, "systemd scope, pidfd in rounds", "", "");
}
