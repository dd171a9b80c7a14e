/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kill and delete. KILL ends the whole container, whether or not it has a PID
 * namespace of its own and whether or not its init is still there. "container not
 * running" is said when nobody lives, and then only: engines that read it wait for
 * an exit event, and go on waiting.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sig.h"

#include "container/container.h"
#include "state/state.h"
#include "verb/verb.h"
#include "banned.h"

static int not_running(struct err *e)
{
	return err_set(e, -ESRCH, "container not running");
}

int container_leftovers(struct container *c, struct err *e)
{
	size_t n = 0, unnamed = 0, len;
	pid_t *pids = NULL;
	char *list = NULL;
	FILE *f;
	int rc = c->cg ? cg_procs(c->cg, 0, &pids, &n, &unnamed) : 0;

	if (rc < 0)
		return container_fail(c, rc, "list the processes of", e);
	if (!n && !unnamed) {
		free(pids);
		return not_running(e);
	}
	f = open_memstream(&list, &len);
	for (size_t i = 0; f && i < n && i < 8; i++)
		fprintf(f, "%s%d", i ? " " : "", pids[i]);
	if (f && (n > 8 || unnamed))
		fputs(" …", f);
	if (f)
		fclose(f);
	rc = err_set(e, -ECHILD, "container %s: init has ended, %zu of its processes live on: %s",
		     c->dir.id, n + unnamed, list ? list : "");
	free(pids);
	free(list);
	return rc;
}

static int signal_init(struct container *c, int sig, struct err *e)
{
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (rc < 0)
		return rc;
	rc = f.init_alive && c->cg ? cg_signal_one(c->cg, &c->st.init, sig) : -ESRCH;
	if (rc == -ESRCH)
		return container_leftovers(c, e);
	return rc < 0 ? container_fail(c, rc, "signal", e) : 0;
}

static int signal_all(struct container *c, int sig, struct err *e)
{
	struct err later;
	int rc = container_lease(c, "signal", e);

	if (rc < 0 || !c->cg)
		return rc;
	rc = cg_signal(c->cg, sig, 0, app_left(c->app, 200));
	if (rc < 0)
		container_fail(c, rc, "signal", e);
	container_unlease(c, -1, &later);
	return rc < 0 ? rc : 0;
}

static int kill_everybody(struct container *c, bool all, struct err *e)
{
	struct cg_report rep;
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (!rc)
		rc = container_kill(c, &rep, e);
	if (rc < 0)
		return rc;
	if (f.init_alive || rep.ended || all)
		return 0;
	return not_running(e);
}

int cmd_kill(const struct cmd_args *a, struct err *e)
{
	bool all = cmd_value(a, "all");
	const char *name = a->n_pos > 1 ? a->pos[1] : "TERM";
	int rc, sig = sig_parse(name);
	struct container c;
	struct app app;

	if (sig < 0)
		return err_set(e, -EINVAL, "unknown signal \"%.64s\"", name);
	rc = app_init(&app, a, false, e);
	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (rc < 0) {
		app_free(&app);
		return rc;
	}
	if (sig == SIGKILL)
		rc = kill_everybody(&c, all, e);
	else if (all)
		rc = signal_all(&c, sig, e);
	else
		rc = signal_init(&c, sig, e);
	container_close(&c);
	app_free(&app);
	return rc;
}

static int delete_one(struct app *app, const char *id, bool force, struct err *e)
{
	struct container c;
	struct facts f;
	int rc = container_open(&c, app, id, 0, e);

	if (rc == -ESTALE && force)
		rc = container_open(&c, app, id, CG_SKIP_REPLACED, e);
	if (rc == -ENOENT)
		return force ? 0 : rc;
	if (rc == -EINVAL && force && !state_id_check(id, NULL))
		return container_destroy_wreck(app, id, e);
	if (rc < 0)
		return rc;
	if (!force) {
		rc = container_facts(&c, &f, e);
		/* One that was created only may be deleted, as runc does it. */
		if (!rc && f.status != STOPPED && f.status != CREATED)
			rc = err_set(e, -EBUSY,
				     "cannot delete container %s that is not stopped: %s", id,
				     status_name(f.status));
	}
	if (!rc)
		rc = container_destroy(&c, e);
	container_close(&c);
	return rc;
}

int cmd_delete(const struct cmd_args *a, struct err *e)
{
	bool force = cmd_value(a, "force");
	struct app app;
	int rc = app_init(&app, a, false, e);

	if (!rc)
		rc = delete_one(&app, a->pos[0], force, e);
	if (!rc && force && app.root >= 0)
		rc = state_sweep(app.root, a->pos[0], app.deadline, e);
	app_free(&app);
	return rc;
}
