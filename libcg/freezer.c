/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holding every member: by the kernel's freezers, and by SIGSTOP where none of them reaches.
 * Stopping can be seen by members' parents, so it is reported as emulated; whoever was stopped
 * before stays stopped afterwards.
 */
#include <signal.h>

#include "core.h"

#define THAW_TRIES	5
#define UNDO_US		2000000

static bool is_stopped(const struct cgi_stat *st)
{
	return st->state == 'T' || st->state == 't';
}

static bool was_stopped(const struct cg *cg, const struct cgi_stat *st)
{
	for (size_t i = 0; i < cg->n_kept; i++)
		if (cg->kept[i].pid == st->pid && cg->kept[i].start == st->start)
			return true;
	return false;
}

int cgi_keep_stopped(struct cg *cg, pid_t pid, uint64_t start)
{
	struct cg_ref *v = realloc(cg->kept, (cg->n_kept + 1) * sizeof(*v));

	if (!v)
		return cgi_nomem(cg->ctx);
	cg->kept = v;
	v[cg->n_kept++] = (struct cg_ref){ .pid = pid, .start = start };
	return 0;
}

/* Which members are stopped already, before the first of our signals. */
static int note_stopped(struct cg *cg)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	struct cgi_stat st;
	int rc = cgi_members(cg, 0, &l, NULL);

	for (size_t i = 0; rc >= 0 && i < l.n; i++) {
		if (!cgi_stat_pid(cg->ctx, l.pid[i], &st) && is_stopped(&st))
			rc = cgi_keep_stopped(cg, st.pid, st.start);
		rc = rc < 0 ? rc : cgi_in_time(cg->ctx, "a pass over the members");
	}
	return rc;
}

static bool runs(struct cg *cg, pid_t pid)
{
	struct cgi_stat st;

	return !cgi_stat_pid(cg->ctx, pid, &st) && !is_stopped(&st) && cgi_lives(cg->ctx, &st) == 1;
}

static int collect(void *data, pid_t pid, size_t n)
{
	struct cgi_pids *l = data;

	if (pid)
		return cgi_pids_add(l, pid);
	l->unnamed += n;
	return 0;
}

/* The members that a frozen place holds. */
static int held_by_places(struct cg *cg, struct cgi_pids *out)
{
	bool frozen, above;
	size_t unnamed = 0;
	int rc = 0;

	CGI_EACH(cg, p) {
		rc = cgi_place_frozen(cg->ctx, p, &frozen, &above);
		if (!rc && frozen) {
			out->unnamed = 0;
			rc = cgi_place_list(cg->ctx, p, 0, collect, out, NULL);
			unnamed = out->unnamed > unnamed ? out->unnamed : unnamed;
		}
		if (rc < 0)
			return rc;
	}
	out->unnamed = unnamed;
	cgi_pids_sort(out);
	return 0;
}

int cgi_all_held(struct cg *cg, bool *ret)
{
	_cleanup_(cgi_pids_free) struct cgi_pids all = { 0 }, held = { 0 };
	int rc = cgi_members(cg, 0, &all, NULL);

	*ret = false;
	rc = rc < 0 ? rc : held_by_places(cg, &held);
	if (rc < 0 || all.unnamed > held.unnamed)
		return rc;
	for (size_t i = 0; i < all.n; i++)
		if (!cgi_pids_has(&held, all.pid[i]) &&
		    (cgi_late(cg->ctx) || runs(cg, all.pid[i])))
			return 0;
	*ret = true;
	return 0;
}

/* SIGSTOP once to those that run and are not held. A signal to the frozen would stay with them. */
static int stop_each(struct cg *cg)
{
	_cleanup_(cgi_pids_free) struct cgi_pids held = { 0 };
	struct cgi_round r = { .want = runs, .done = &held };
	int rc;

	if (!cg->stopping) {
		rc = note_stopped(cg);
		if (rc < 0)
			return rc;
		cg->stopping = true;
	}
	rc = held_by_places(cg, &held);
	rc = rc < 0 ? rc : cgi_signal_round(cg, SIGSTOP, 0, &r);
	if (rc >= 0 && r.denied)
		return cgi_fail(cg->ctx, -EPERM, "freeze %s: %u members are not ours to stop",
				cg->path, r.denied);
	return rc < 0 ? rc : 0;
}

static bool wants_continue(struct cg *cg, pid_t pid)
{
	struct cgi_stat st;

	return !cgi_stat_pid(cg->ctx, pid, &st) && is_stopped(&st) && !was_stopped(cg, &st);
}

static int continue_each(struct cg *cg)
{
	struct cgi_round r = { .want = wants_continue };
	unsigned grace = cg->ctx->grace;
	int rc;

	if (!cg->stopping)
		return 0;
	/* A member that stays stopped is worse than a late answer. */
	cg->ctx->grace = UNDO_US;
	rc = cgi_signal_round(cg, SIGCONT, 0, &r);
	cg->ctx->grace = grace;
	if (rc < 0)
		return rc;
	cg->stopping = false;
	cg->n_kept = 0;
	return 0;
}

bool cgi_can_freeze(struct cg *cg)
{
	CGI_EACH(cg, p)
		if (cgi_place_can_freeze(cg->ctx, p))
			return true;
	return false;
}

/*
 * The strongest freezer. Others only where it does not reach all: a member that two of them
 * hold has to be let go by both. False: nothing can freeze.
 */
static int ask_freezers(struct cg *cg, bool all)
{
	int rc = -EOPNOTSUPP, one;

	CGI_EACH(cg, p) {
		if (!cgi_place_can_freeze(cg->ctx, p))
			continue;
		one = cgi_place_freeze(cg->ctx, p, CGI_FREEZE);
		if (one && one != -EOPNOTSUPP && !cgi_is_denied(one))
			return one;
		rc = !one || rc == -EOPNOTSUPP ? one : rc;
		if (!one && !all)
			break;
	}
	return rc;
}

static int thaw_once(struct cg *cg, enum cgi_freeze how)
{
	int rc, first = 0;

	CGI_EACH(cg, p) {
		if (p->unseen || !cgi_place_can_freeze(cg->ctx, p))
			continue;
		rc = cgi_place_freeze(cg->ctx, p, how);
		if (rc && rc != -EOPNOTSUPP && !first)
			first = rc;
	}
	rc = continue_each(cg);
	return first ? first : rc;
}

/*
 * Every place, for a group may have been frozen through another hierarchy than the one we
 * would use, and in all of them SIGKILL would stay pending. A group left frozen is worse
 * than a late answer, so a failure is tried again a few times.
 */
int cgi_thaw_each(struct cg *cg, enum cgi_freeze how)
{
	unsigned pause = 0;
	int rc;

	for (int i = 0; ; i++) {
		rc = thaw_once(cg, how);
		if (!rc || rc == -ETIMEDOUT || i == THAW_TRIES)
			return rc;
		cgi_log(cg->ctx, "thaw %s = %d: once more", cg->path, rc);
		cgi_pause(cg->ctx, &pause, UINT64_MAX);
	}
}

/* Does the freezer that was asked hold what it has? */
static int strongest_holds(struct cg *cg, bool *ret)
{
	bool above;

	*ret = false;
	CGI_EACH(cg, p)
		if (cgi_place_can_freeze(cg->ctx, p)) {
			if (p->gone)
				continue;
			return cgi_place_frozen(cg->ctx, p, ret, &above);
		}
	*ret = true;
	return 0;
}

/*
 * One step: ask, and look. cgroup v1 stays in FREEZING while tasks keep appearing (runc issue
 * 2753) and evaluates that only when asked, so it is asked again each time. 1: done
 */
static int freeze_step(struct cg *cg, bool cover, unsigned *widen, int *verdict)
{
	bool holds = true;
	unsigned state;
	int rc = ask_freezers(cg, *widen > 0);

	/* No freezer, or none that obeys this user: one by one. */
	if (cover && (rc == -EOPNOTSUPP || cgi_is_denied(rc)))
		*widen = 2;
	else if (rc)
		return rc;
	else
		rc = strongest_holds(cg, &holds);
	if (!cover)
		return rc < 0 ? rc : holds;
	if (*widen > 1)
		rc = stop_each(cg);
	if (rc < 0)
		return rc;
	rc = cgi_group_state(cg, &state);
	*verdict = rc;
	if (rc < 0 || state & (CG_FROZEN | CG_GONE))
		return rc < 0 ? rc : 1;
	/* It holds what it has, and that is not all: the next way as well. */
	if (holds && *widen < 2)
		(*widen)++;
	return 0;
}

int cgi_freeze_until(struct cg *cg, bool cover, uint64_t until)
{
	struct cg_ctx *ctx = cg->ctx;
	uint64_t now = ctx->sys->now(ctx->k), end = ctx->deadline;
	unsigned pause = 0, widen = 0;
	int rc, verdict = 0;

	/* Members that are stopped one by one have to be continued so as well, if it fails. */
	if (!cgi_can_freeze(cg) && until > now)
		until = now + (until - now) / 2;
	ctx->deadline = until;
	for (;;) {
		rc = freeze_step(cg, cover, &widen, &verdict);
		if (rc)
			break;
		if (ctx->sys->now(ctx->k) >= until) {
			rc = -ETIMEDOUT;
			break;
		}
		cgi_pause(ctx, &pause, until);
	}
	ctx->deadline = end;
	if (rc > 0) {
		cgi_log(ctx, "freeze %s: frozen", cg->path);
		return verdict;
	}
	(void)cgi_thaw_each(cg, CGI_THAW);
	if (rc == -ETIMEDOUT)
		cgi_fail(ctx, rc, "freeze %s: not all members froze in time; thawed again",
			 cg->path);
	return rc;
}
