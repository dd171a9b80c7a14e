/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the state is and how much time there is, from the command line and the user. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base.h"
#include "container/container.h"
#include "root/root.h"
#include "state/state.h"
#include "banned.h"

/* Engines give up on a runtime after five seconds. */
#define BUDGET_MS	3500

/* The parent never changes its own user namespace: it is looked up once. */
static bool is_initial(void)
{
	static enum { UNKNOWN, INITIAL, OTHER } which;

	if (which == UNKNOWN)
		which = idmap_is_initial() ? INITIAL : OTHER;
	return which == INITIAL;
}

/*
 * runc's rule, so that both look in the same place: an ordinary user's is below
 * XDG_RUNTIME_DIR, also where an engine has made him root of a user namespace, unless
 * USER says that it was root who did so.
 */
static char *default_root(void)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR"), *user = getenv("USER");
	char *path;

	if (xdg && *xdg == '/' &&
	    (geteuid() || (!is_initial() && (!user || strcmp(user, "root"))))) {
		if (asprintf(&path, "%s/cgrun", xdg) < 0)
			return NULL;
		return path;
	}
	return strdup("/run/cgrun");
}

bool app_is_root(void)
{
	return geteuid() == 0 && is_initial();
}

int app_init(struct app *app, const struct cmd_args *a, bool make, struct err *e)
{
	const char *root = cmd_value(a, "root"), *manager = cmd_value(a, "cgroup-manager");
	char *cwd;
	int rc;

	*app = (struct app){ .root = -1 };
	app_renew(app);
	if (manager && !strcmp(manager, "disabled"))
		app->driver = "proc";
	/* Later verbs find in the state who made the group. */
	else if (make && (cmd_value(a, "systemd-cgroup") ||
			  (manager && !strcmp(manager, "systemd"))))
		app->driver = "systemd";
	if (root && *root && *root != '/') {
		cwd = get_current_dir_name();
		if (!cwd || asprintf(&app->root_path, "%s/%s", cwd, root) < 0)
			app->root_path = NULL;
		free(cwd);
	} else {
		app->root_path = root ? strdup(root) : default_root();
	}
	if (!app->root_path)
		return err_set(e, -ENOMEM, "out of memory");
	rc = state_root_open(app->root_path, make, &app->root, e);
	if (rc == -ENOENT && !make)
		return 0;
	if (rc < 0 && !root && geteuid())
		err_set(e, rc, "%s; name one with --root or set XDG_RUNTIME_DIR", e->msg);
	return rc;
}

void app_free(struct app *app)
{
	if (app->root >= 0)
		close(app->root);
	free(app->root_path);
}

void app_renew(struct app *app)
{
	app->deadline = now_ms() + BUDGET_MS;
}

int app_left(const struct app *app, int reserve)
{
	uint64_t now = now_ms();
	int left = now < app->deadline ? (int)(app->deadline - now) - reserve : 0;

	return left > 100 ? left : 100;
}
