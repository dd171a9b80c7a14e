/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pause and resume: a freeze and a thaw, each with a lease in the state. */
#include <errno.h>

#include "container/container.h"
#include "verb/verb.h"
#include "banned.h"

#define RESERVE_MS	300

static int pause_it(struct container *c, struct err *e)
{
	struct err later;
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (rc < 0)
		return rc;
	if (f.status == STOPPED)
		return container_leftovers(c, e);
	if (f.status != RUNNING && f.status != CREATED)
		return err_set(e, -EBUSY, f.status == PAUSED ? "container paused" :
			       "container is still being created");
	rc = container_lease(c, "pause", e);
	if (rc < 0)
		return rc;
	rc = cg_freeze(c->cg, app_left(c->app, RESERVE_MS));
	if (rc >= 0)
		return container_unlease(c, 1, e);
	container_fail(c, rc, "pause", e);
	container_unlease(c, -1, &later);
	return rc;
}

static int resume_it(struct container *c, struct err *e)
{
	struct err later;
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (rc < 0)
		return rc;
	/* A pause that cannot be seen in the group any more still has to be forgotten. */
	if (f.status != PAUSED && !(c->st.paused && f.init_alive))
		return err_set(e, -EINVAL, "container not paused");
	rc = container_lease(c, "resume", e);
	if (rc < 0)
		return rc;
	rc = cg_thaw(c->cg, app_left(c->app, RESERVE_MS));
	if (rc >= 0)
		return container_unlease(c, 0, e);
	container_fail(c, rc, "resume", e);
	container_unlease(c, -1, &later);
	return rc;
}

static int with(const struct cmd_args *a, int (*fn)(struct container *, struct err *),
		struct err *e)
{
	struct container c;
	struct app app;
	int rc = app_init(&app, a, false, e);

	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = fn(&c, e);
		container_close(&c);
	}
	app_free(&app);
	return rc;
}

int cmd_pause(const struct cmd_args *a, struct err *e)
{
	return with(a, pause_it, e);
}

int cmd_resume(const struct cmd_args *a, struct err *e)
{
	return with(a, resume_it, e);
}
