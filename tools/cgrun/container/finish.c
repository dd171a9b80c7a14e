/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of containers. The state goes last: only when libcg has shown the group
 * empty and removed it. Until then every step can be done again by the next runtime.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "mark.h"

#include "base/base.h"
#include "birth/birth.h"
#include "container/container.h"
#include "state/state.h"
#include "banned.h"

/* Kept back from a kill for writing the state. */
#define RESERVE_MS	200

/* ---- who is left ---- */

static const char *why_text(uint32_t why)
{
	switch (why) {
	case CG_LEFT_UNINTERRUPTIBLE:
		return "uninterruptible";
	case CG_LEFT_INVISIBLE:
		return "outside this PID namespace";
	case CG_LEFT_DENIED:
		return "this user may not signal it";
	case CG_LEFT_FORKING:
		return "forking";
	case CG_LEFT_FROZEN:
		return "frozen by a group above";
	}
	return "still ending";
}

static void add_survivor(FILE *f, const struct cg_survivor *s)
{
	if (s->pid)
		fprintf(f, "%d %.22s (%s", s->pid, s->comm, why_text(s->why));
	else
		fprintf(f, "one without a number here (%s", why_text(s->why));
	if (s->wchan[0])
		fprintf(f, " in %.31s", s->wchan);
	fputc(')', f);
}

/* -ETIMEDOUT with "cannot VERB container ID: 2 processes are left: …". */
static int still_there(struct container *c, const char *verb, const struct cg_report *r,
		       struct err *e)
{
	size_t len, shown = r->left < CG_SURVIVORS ? r->left : CG_SURVIVORS;
	char *text = NULL;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return err_set(e, -ENOMEM, "out of memory");
	fprintf(f, "cannot %s container %s: %u process%s left: ", verb, c->dir.id, r->left,
		r->left == 1 ? " is" : "es are");
	for (size_t i = 0; i < shown; i++) {
		if (i)
			fputs(", ", f);
		add_survivor(f, &r->survivor[i]);
	}
	if (shown < r->left)
		fputs(", …", f);
	fclose(f);
	err_set(e, -ETIMEDOUT, "%s", text);
	free(text);
	return -ETIMEDOUT;
}

static void tell(const struct container *c, const struct cg_report *r, int rc)
{
	log_debug("container %s: %u processes ended in %u rounds and %llu us by %s%s", c->dir.id,
		  r->ended, r->rounds, (unsigned long long)r->usec, r->how,
		  rc == CG_WEAK ? ", as far as can be seen" : "");
}

/* ---- kill ---- */

int container_kill(struct container *c, struct cg_report *rep, struct err *e)
{
	struct err later;
	int rc;

	*rep = (struct cg_report){ 0 };
	/* The start may have been killed before it could. */
	if (c->st.later && c->cg && !launch_waits(c->dir.fd))
		container_identify_later(c);
	rc = container_lease(c, "kill", e);
	if (rc == -ENOENT)
		return rc;
	/* A state that cannot be written (a full disk) protects nobody. */
	if (rc < 0)
		log_warn("%s", e->msg);
	if (!c->cg) {
		container_unlease(c, -1, &later);
		return 0;
	}
	rc = cg_kill_all(c->cg, app_left(c->app, RESERVE_MS), rep, sizeof *rep);
	if (rc == -ETIMEDOUT && rep->left)
		still_there(c, "kill", rep, e);
	else if (rc < 0)
		container_fail(c, rc, "kill", e);
	else
		tell(c, rep, rc);
	/* A container that is killed is not paused any more. */
	container_unlease(c, rc < 0 ? -1 : 0, &later);
	return rc < 0 ? rc : 0;
}

/* ---- delete ---- */

/*
 * Killed between making its group and recording it: nobody can be inside yet. It is
 * taken only if it is empty.
 */
static void delete_unrecorded(struct container *c)
{
	unsigned state = 0;
	struct cg *cg;
	int rc = cg_open(c->ctx, c->st.cgroup, CG_ADOPT, &cg);

	if (rc >= 0) {
		rc = cg_state(cg, &state);
		if (!rc && state & CG_EMPTY && !(state & CG_FROZEN))
			rc = cg_delete(cg, CG_IF_EMPTY, app_left(c->app, RESERVE_MS), NULL, 0);
		cg_close(cg);
	}
	if (rc < 0)
		log_debug("container %s: %s is left alone: %s", c->dir.id, c->st.cgroup,
			  cg_errmsg(c->ctx));
}

static int delete_group(struct container *c, struct err *e)
{
	struct cg_report rep = { 0 };
	int rc;

	if (!c->cg) {
		if (c->st.cgroup)
			delete_unrecorded(c);
		return 0;
	}
	rc = cg_delete(c->cg, 0, app_left(c->app, RESERVE_MS), &rep, sizeof rep);
	if (rc == -ETIMEDOUT && rep.left)
		return still_there(c, "delete", &rep, e);
	if (rc < 0)
		return container_fail(c, rc, "delete", e);
	tell(c, &rep, rc);
	return 0;
}

/*
 * Under the lock: an exec may have recorded a process since the group was killed.
 * 1: look again.
 */
static int remove_state(struct container *c, const char *killed, struct err *e)
{
	int rc = container_begin(c, e);

	if (rc < 0)
		return rc;
	if (killed && c->st.group && strcmp(killed, c->st.group)) {
		container_cancel(c);
		return 1;
	}
	rc = state_remove(&c->dir, c->app->deadline, e);
	container_cancel(c);
	return rc;
}

static void hook_failed(const char *text)
{
	log_warn("%s", text);
}

/* It is gone: a hook that fails is no error any more, and does not keep the others from running. */
static void poststop(struct container *c, struct json_object *hooks)
{
	const struct hooks_how how = { .env = environ, .failed = hook_failed };
	struct json_object *state = kept_oci_state(&c->st, "stopped", 0);
	struct err e = { 0 };

	if (hooks_run(hooks, "poststop", state, &how, &e) < 0)
		log_warn("%s", e.msg);
	json_object_put(state);
}

void container_end_process(struct container *c, pid_t pid)
{
	struct cg_ref ref;
	int rc = c->cg ? cg_ref_get(c->ctx, pid, &ref) : -ESRCH;

	if (rc >= 0)
		rc = cg_signal_one(c->cg, &ref, SIGKILL);
	if (rc < 0 && rc != -ESRCH)
		log_warn("container %s: process %d cannot be ended: %s", c->dir.id, pid,
			 cg_errmsg(c->ctx));
}

static int end_group(struct container *c, struct err *e)
{
	struct err later = { 0 };
	int rc;

	do {
		char *killed = c->st.group ? strdup(c->st.group) : NULL;

		rc = delete_group(c, e);
		if (!rc)
			rc = remove_state(c, killed, e);
		free(killed);
	} while (rc == 1 && now_ms() < c->app->deadline);
	if (rc == 1)
		rc = err_set(e, -ETIMEDOUT, "cannot delete container %s: processes are being "
			     "added to it", c->dir.id);
	container_unlease(c, -1, &later);
	return rc;
}

/*
 * A lease is for freezing and killing. A container whose init has ended and whose cgroup2 directory
 * the kernel removes as empty needs neither. 1: the group may not be empty.
 */
static int end_empty(struct container *c, struct err *e)
{
	char *group;
	int rc = 1;

	if (!c->cg || cg_fd(c->cg) < 0 || c->st.creating || c->st.paused || !c->st.init.pid ||
	    cg_ref_alive(c->ctx, &c->st.init) != -ESRCH)
		return 1;
	group = strdup(c->st.group);
	if (group && !cg_delete(c->cg, CG_IF_EMPTY, app_left(c->app, RESERVE_MS), NULL, 0))
		rc = remove_state(c, group, e);
	free(group);
	return rc;
}

static int end_by_lease(struct container *c, struct err *e)
{
	int rc = container_lease(c, "delete", e);

	if (rc == -ENOENT)
		return rc;
	if (rc < 0)
		log_warn("%s", e->msg);
	return end_group(c, e);
}

int container_destroy(struct container *c, struct err *e)
{
	struct json_object *hooks = NULL;
	struct err later = { 0 };
	int rc;

	if (kept_get(&c->st, "hooks", &hooks, &later) < 0)
		log_warn("%s", later.msg);
	json_object_get(hooks);		/* the state is read again meanwhile */
	rc = end_empty(c, e);
	if (rc > 0)
		rc = end_by_lease(c, e);
	if (!rc && hooks)
		poststop(c, hooks);
	json_object_put(hooks);
	return rc == -ENOENT ? 0 : rc;
}

/* ---- a state that cannot be read ---- */

static int kill_saved(struct app *app, const char *id, const char *text, struct err *e)
{
	struct container c;
	int rc;

	container_init(&c, app);
	rc = container_ctx(app, &c.ctx, e);
	if (rc < 0)
		return rc;
	c.dir.id = (char *)id;		/* for messages only */
	rc = cg_restore(c.ctx, text, CG_SKIP_REPLACED, &c.cg);
	if (rc < 0)
		container_fail(&c, rc, "find the processes of", e);
	else
		rc = delete_group(&c, e);
	cg_close(c.cg);
	cg_ctx_free(c.ctx);
	return rc;
}

/* A state that is lost: the group is found by the mark that it got, if it could take one. */
struct lost {
	struct app *app;
	const char *id;
	uint64_t dev, inode;		/* of the state directory */
	unsigned found;
	struct err e;
};

static void kill_marked(void *data, const struct mark *m, const char *group)
{
	struct lost *l = data;

	if (strcmp(m->id, l->id) || m->dev != l->dev || m->inode != l->inode ||
	    (!m->trusted && m->owner != geteuid()) || l->e.code)
		return;
	l->found++;
	kill_saved(l->app, l->id, group, &l->e);
}

/* 0: there was one. -EINVAL: none can be found. */
static int kill_lost(struct app *app, const char *id, struct err *e)
{
	struct lost l = { .app = app, .id = id };
	struct cg_ctx *ctx;
	struct stat st;
	int rc = container_ctx(app, &ctx, e);

	if (rc < 0)
		return rc;
	if (fstat(app->root, &st) < 0)
		rc = fail(e, -errno, "%s", app->root_path);
	l.dev = st.st_dev;
	l.inode = st.st_ino;
	if (!rc && mark_groups(ctx, kill_marked, &l) < 0)
		rc = no_memory(e);
	cg_ctx_free(ctx);
	if (l.e.code)
		*e = l.e;
	return rc ? rc : l.e.code ? l.e.code : l.found ? 0 : -EINVAL;
}

static int remove_wreck(struct app *app, struct state_dir *d, struct err *e)
{
	int rc = state_lock(d, app->deadline, e);

	if (!rc) {
		rc = state_remove(d, app->deadline, e);
		state_unlock(d);
	}
	return rc == -ENOENT ? 0 : rc;
}

/*
 * Only a text that names no group loses the processes, where no mark does either. What is no file
 * of ours stays where it is: the state may be below it or behind it.
 */
int container_destroy_wreck(struct app *app, const char *id, struct err *e)
{
	struct err why = *e;
	struct state_dir d;
	char *text = NULL;
	int rc = state_open(app->root, app->root_path, id, &d, e), salvaged;

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	salvaged = state_salvage(&d, &text);
	if (!salvaged)
		rc = kill_saved(app, id, text, e);
	else if (salvaged == -EINVAL || salvaged == -EISDIR)
		rc = kill_lost(app, id, e);
	else
		rc = err_set(e, salvaged, "cannot read the state of %s: %s", id,
			     err_reason(salvaged));
	free(text);
	if (rc == -EINVAL && salvaged == -EISDIR) {
		err_set(e, rc, "%s; its processes cannot be found, and the state stays", why.msg);
	} else if (!rc) {
		rc = remove_wreck(app, &d, e);
	} else if (rc == -EINVAL) {
		rc = remove_wreck(app, &d, e);
		if (!rc)
			rc = err_set(e, -EINVAL, "%s; the state is removed, its processes cannot "
				     "be found", why.msg);
	}
	state_close(&d);
	return rc;
}
