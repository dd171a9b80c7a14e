/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One container as a verb sees it: the recorded state together with the group it
 * names. Whether init lives, whether the group is empty and who is a member are
 * three questions, asked each time; none is answered from another.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"

#include "base/base.h"
#include "birth/birth.h"
#include "container/container.h"
#include "state/state.h"
#include "banned.h"

#define LOCK_MS		3000
#define THAW_MS		1000

const char *status_name(enum status s)
{
	static const char *const name[] = { "creating", "created", "running", "paused",
					    "stopped" };

	return name[s];
}

/* ---- what libcg says ---- */

/*
 * Engines decide by substrings whether a container has ended or is gone. What libcg
 * says of a file or of a process must not be read as such.
 */
static void defuse(char *s)
{
	static const struct { const char *is, *be; } words[] = {
		{ "container not running", "container has ended" },
		{ "no such process", "it has ended" },
		{ "process already finished", "it has ended" },
		{ "does not exist", "is missing" },
		{ "invalid process", "wrong process" },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t is = strlen(words[i].is), be = strlen(words[i].be);

		for (char *at; (at = strcasestr(s, words[i].is));) {
			memcpy(at, words[i].be, be);
			memmove(at + be, at + is, strlen(at + is) + 1);
		}
	}
}

int container_fail(const struct container *c, int rc, const char *verb, struct err *e)
{
	err_set(e, rc, "%s", cg_errmsg(c->ctx));
	defuse(e->msg);
	return err_wrap(e, "cannot %s container %s", verb, c->dir.id);
}

static void trace(void *data, const char *line)
{
	(void)data;
	log_debug("libcg: %s", line);
}

int container_ctx(const struct app *app, struct cg_ctx **ret, struct err *e)
{
	int rc = cg_ctx_new(ret);

	if (rc < 0)
		return err_set(e, rc, "cannot use this host: %s", strerror(-rc));
	cg_ctx_set_log(*ret, trace, NULL);
	bus_from_environment(*ret);
	if (app->driver)
		rc = cg_ctx_set_driver(*ret, app->driver);
	if (rc >= 0)
		return 0;
	err_set(e, rc, "%s", cg_errmsg(*ret));
	cg_ctx_free(*ret);
	*ret = NULL;
	return rc;
}

/* ---- reading ---- */

/* On failure the handle that was there stays: it still names the processes. */
static int restore(struct container *c, unsigned flags, struct err *e)
{
	struct cg *cg;
	int rc;

	if (!c->st.group)
		return 0;
	rc = cg_restore(c->ctx, c->st.group, flags, &cg);
	if (rc >= 0) {
		cg_close(c->cg);
		c->cg = cg;
		return 0;
	}
	container_fail(c, rc, "use", e);
	if (rc == -ESTALE)
		err_set(e, rc, "%s; nothing of it was touched, delete --force forgets the "
			"container", e->msg);
	return rc;
}

/* The state as it is now. Under the lock, or for looking only. */
static int reload(struct container *c, struct err *e)
{
	struct state st;
	char *old = c->st.group;
	bool same;
	int rc = state_load(&c->dir, &st, e);

	if (rc < 0)
		return rc;
	same = old && st.group && !strcmp(old, st.group);
	state_clear(&c->st);
	c->st = st;
	/* Flags do not matter any more: what was replaced was left out the first time. */
	return same ? 0 : restore(c, CG_SKIP_REPLACED, e);
}

int container_begin(struct container *c, struct err *e)
{
	int rc = state_lock(&c->dir, now_ms() + LOCK_MS, e);

	if (rc < 0)
		return rc;
	rc = reload(c, e);
	if (rc < 0)
		state_unlock(&c->dir);
	return rc;
}

/* Somebody else is between asking for a freeze and writing down what it froze. */
static bool in_pause(struct container *c)
{
	return c->st.lease.pid && c->st.lease.pid != getpid() &&
	       (!strcmp(c->st.lease_what, "pause") || !strcmp(c->st.lease_what, "resume")) &&
	       cg_ref_alive(c->ctx, &c->st.lease) != -ESRCH;
}

int container_begin_group(struct container *c, struct err *e)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	uint64_t deadline = now_ms() + LOCK_MS;
	int rc;

	while (!(rc = container_begin(c, e)) && in_pause(c)) {
		container_cancel(c);
		if (now_ms() >= deadline)
			return err_set(e, -EBUSY, "container %s is in a %s by process %d",
				       c->dir.id, c->st.lease_what, c->st.lease.pid);
		nanosleep(&pause, NULL);
	}
	return rc;
}

int container_commit(struct container *c, struct err *e)
{
	int rc = state_save(&c->dir, &c->st, e);

	state_unlock(&c->dir);
	return rc;
}

void container_cancel(struct container *c)
{
	state_unlock(&c->dir);
}

int container_keep_group(struct container *c, struct err *e)
{
	size_t size = 4096;
	char *buf = NULL;
	int rc = -ERANGE;

	while (rc == -ERANGE && size <= 4 << 20) {
		free(buf);
		buf = malloc(size *= 2);
		if (!buf)
			return err_set(e, -ENOMEM, "out of memory");
		rc = cg_save(c->cg, buf, size);
	}
	if (rc < 0) {
		free(buf);
		return container_fail(c, rc, "record", e);
	}
	free(c->st.group);
	c->st.group = buf;
	return 0;
}

/* ---- the lease ---- */

static void hold_signals(struct container *c)
{
	sigset_t set;

	if (c->leased)
		return;
	signals_that_wait(&set);
	sigprocmask(SIG_BLOCK, &set, &c->mask);
	c->leased = true;
}

/* One that has come meanwhile may end us here. */
static void let_signals(struct container *c)
{
	if (c->leased)
		sigprocmask(SIG_SETMASK, &c->mask, NULL);
	c->leased = false;
}

int container_lease(struct container *c, const char *what, struct err *e)
{
	bool kills = !strcmp(what, "kill") || !strcmp(what, "delete");
	int rc;

	hold_signals(c);
	rc = kills ? container_begin(c, e) : container_begin_group(c, e);
	if (rc < 0)
		return rc;
	rc = cg_ref_get(c->ctx, getpid(), &c->st.lease);
	if (rc < 0) {
		container_cancel(c);
		return container_fail(c, rc, what, e);
	}
	snprintf(c->st.lease_what, sizeof c->st.lease_what, "%s", what);
	return container_commit(c, e);
}

static int give_back(struct container *c, int paused, struct err *e)
{
	int rc = container_begin(c, e);

	if (rc < 0)
		return rc;
	if (c->st.lease.pid == getpid())
		c->st.lease = (struct cg_ref){ 0 };
	if (paused >= 0)
		c->st.paused = paused;
	/* Who was stopped is part of the group's text. */
	rc = paused >= 0 && c->cg ? container_keep_group(c, e) : 0;
	if (rc < 0) {
		container_cancel(c);
		return rc;
	}
	return container_commit(c, e);
}

int container_unlease(struct container *c, int paused, struct err *e)
{
	int rc = give_back(c, paused, e);

	let_signals(c);
	return rc;
}

/*
 * Where freezing is by SIGSTOP, who was stopped is known when the pause is complete. One
 * that was cut off is undone by waking everybody.
 */
static int wake(struct container *c, bool cut_off)
{
	struct cg_cap cap[CG_NOPS];
	int left = app_left(c->app, 0), rc;

	rc = cg_thaw(c->cg, left < THAW_MS ? left : THAW_MS);
	if (rc < 0 || !cut_off || cg_caps(c->ctx, c->cg, 0, cap, CG_NOPS) <= CG_OP_FREEZE ||
	    cap[CG_OP_FREEZE].level == CG_FULL)
		return rc;
	return cg_signal(c->cg, SIGCONT, 0, left < THAW_MS ? left : THAW_MS);
}

/*
 * Whoever was freezing or killing is dead: it may have left the container frozen. If
 * that cannot be undone now the lease stays for the next verb; this one goes on, for
 * it may be the kill that ends it all.
 */
static void recover(struct container *c)
{
	bool keep = c->st.paused && !strcmp(c->st.lease_what, "signal");
	bool cut_off = !strcmp(c->st.lease_what, "pause");
	struct err e = { 0 };
	int rc;

	if (!c->st.lease.pid || cg_ref_alive(c->ctx, &c->st.lease) != -ESRCH)
		return;
	log_debug("container %s: process %d ended while it had leave to %s", c->dir.id,
		  c->st.lease.pid, c->st.lease_what);
	rc = container_lease(c, cut_off ? "pause" : "resume", &e);
	if (!rc && !keep && c->cg) {
		rc = wake(c, cut_off);
		rc = rc < 0 && rc != -EOPNOTSUPP ? container_fail(c, rc, "thaw", &e) : 0;
	}
	if (!rc)
		container_unlease(c, keep ? -1 : 0, &e);
	let_signals(c);
	if (e.code)
		log_debug("%s", e.msg);
}

/* ---- opening ---- */

void container_init(struct container *c, struct app *app)
{
	*c = (struct container){
		.app = app, .dir = { .root = -1, .fd = -1 }, .start = { -1, -1 },
	};
}

int container_open(struct container *c, struct app *app, const char *id, unsigned flags,
		   struct err *e)
{
	int rc;

	container_init(c, app);
	rc = state_id_check(id, e);
	if (rc < 0)
		return rc;
	if (app->root < 0)
		return err_set(e, -ENOENT, "container does not exist: %s", id);
	rc = state_open(app->root, app->root_path, id, &c->dir, e);
	if (!rc)
		rc = state_load(&c->dir, &c->st, e);
	if (!rc)
		rc = container_ctx(app, &c->ctx, e);
	if (!rc)
		rc = restore(c, flags, e);
	if (!rc)
		recover(c);
	else
		container_close(c);
	return rc;
}

void container_close(struct container *c)
{
	cg_close(c->cg);
	cg_ctx_free(c->ctx);
	state_clear(&c->st);
	if (c->dir.path)
		state_close(&c->dir);
	for (int i = 0; i < 2; i++)
		if (c->start[i] >= 0)
			close(c->start[i]);
	container_init(c, c->app);
}

static bool alive(struct container *c, const struct cg_ref *ref)
{
	/* Only a clear answer makes a process dead. */
	return ref->pid && cg_ref_alive(c->ctx, ref) != -ESRCH;
}

int container_facts(struct container *c, struct facts *f, struct err *e)
{
	int rc;

	*f = (struct facts){ .group = CG_EMPTY | CG_GONE, .status = STOPPED };
	f->creator_alive = alive(c, &c->st.creator);
	f->init_alive = alive(c, &c->st.init);
	if (c->cg) {
		rc = cg_state(c->cg, &f->group);
		if (rc < 0)
			return container_fail(c, rc, "look at", e);
	}
	if (c->st.creating)
		f->status = f->creator_alive ? CREATING : STOPPED;
	else if (!f->init_alive)
		f->status = STOPPED;
	else if (f->group & CG_FROZEN && !(f->group & CG_EMPTY))
		f->status = PAUSED;
	else if (launch_waits(c->dir.fd))
		f->status = CREATED;
	else
		f->status = RUNNING;
	return 0;
}
