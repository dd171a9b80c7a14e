/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * THE kill. Whatever a group offers is used in this order, until the kernel shows it empty or
 * the time is up:
 *
 * 1. end all at once, in every place that can, before anything is listed: a member can make
 *    lists slow or forbid them, but not this write;
 * 2. for members that this does not reach: stop forks, freeze, SIGKILL each through a verified
 *    pidfd;
 * 3. thaw everywhere: the v1 freezer keeps SIGKILL pending in frozen tasks;
 * 4. look, wait a little, and begin again: even cgroup.kill could lose a race against a fork
 *    before Linux 6.14.
 *
 * A place that refuses or cannot be asked keeps no other from being used; it decides the
 * verdict. 0 is said only when everything was asked and nobody was there.
 */
#include <signal.h>
#include <stdio.h>

#include "core.h"

#define CENSUS_US	2000		/* to note who is there, for the report */
#define STRAYS_US	20000		/* and who is known only by a parent that is about to end */
#define FREEZE_US	100000		/* a member in uninterruptible sleep never freezes */
#define LOOK_FIRST	20000		/* how long a round waits for the group to empty */
#define LOOK_LAST	100000
#define UNDO_TRIES	3

struct kill {
	struct cg *cg;
	unsigned look;			/* microseconds */
	bool atomic;			/* the strongest place was ended at once */
	bool braked;
	bool others;			/* members are left in other places than that one */
	unsigned rounds, denied, fresh;
	struct cgi_pids seen;		/* every member met so far */
	const char *how;
	bool above;			/* survivors are held by a frozen group above */
	char frozen_at[200];		/* a frozen group that holds a survivor */
};

/* ---- before the first signal ---- */

static int note(void *data, pid_t pid, size_t n)
{
	(void)n;
	return pid ? cgi_pids_add(data, pid) : 0;
}

/*
 * Who is there, as far as a moment tells: the report counts them. No failure and no amount of
 * nested groups may keep the kill from coming, so what does not fit into the moment is counted
 * in later rounds, or not at all. Members that have left every place and descend from a recorded
 * process are known only as long as their parents live: they get a moment of their own.
 */
static void take_census(struct cg *cg, struct cgi_pids *seen)
{
	struct cg_ctx *ctx = cg->ctx;
	uint64_t end = ctx->deadline, now = ctx->sys->now(ctx->k);
	unsigned grace = ctx->grace;

	ctx->grace = 0;
	CGI_EACH(cg, p) {
		unsigned unseen = 0;

		if (p->gone || p->unseen)
			continue;
		ctx->deadline = now + CENSUS_US;
		(void)cgi_place_list(ctx, p, 0, note, seen, &unseen);
		break;
	}
	cgi_pids_sort(seen);
	if (cg->claims && cgi_claims_any(cg->claims)) {
		ctx->deadline = ctx->sys->now(ctx->k) + STRAYS_US;
		(void)cgi_claims_list(cg->claims, CGI_ONE_PASS, seen, note, seen);
		cgi_pids_sort(seen);
	}
	ctx->deadline = end;
	ctx->grace = grace;
	ctx->errmsg[0] = '\0';
}

/* ---- one round ---- */

static void kill_at_once(struct kill *k)
{
	struct cg *cg = k->cg;
	int rc = cgi_group_settle(cg);

	k->atomic = false;
	CGI_EACH(cg, p) {
		rc = p->unseen ? -ENODEV : cgi_place_kill(cg->ctx, p);
		if (rc || p != cg->places.v)
			continue;
		k->atomic = true;
		if (!k->how)
			k->how = p->tree ? p->tree->d->kill_name : "nothing to do";
	}
	if (!cg->claims || cg->places.n)
		return;
	k->atomic = !cgi_claims_kill(cg->claims);
	if (k->atomic && !k->how)
		k->how = cgi_claims_kill_name();
}

static void brake(struct kill *k, bool on)
{
	bool failed = on == k->braked;

	if (failed)
		return;
	/* A limit that stays lowered would outlive the kill on whoever survives. */
	for (int i = 0; i < UNDO_TRIES && (!i || failed); i++) {
		failed = false;
		CGI_EACH(k->cg, p)
			failed |= cgi_place_brake(k->cg->ctx, p, on) && !on;
	}
	if (k->cg->claims)
		cgi_claims_chase(k->cg->claims, on);
	k->braked = on;
}

/* Freezing makes one round complete; where it does not come about, rounds go on without. */
static int kill_each(struct kill *k)
{
	struct cg_ctx *ctx = k->cg->ctx;
	struct cgi_doubt d = { 0 };
	struct cgi_round r = { .seen = &k->seen, .doubt = &d };
	uint64_t until = ctx->sys->now(ctx->k) + FREEZE_US;
	bool frozen = false;
	int rc;

	if (cgi_can_freeze(k->cg))
		frozen = !cgi_freeze_until(k->cg, false,
					   until < ctx->deadline ? until : ctx->deadline);
	if (!frozen)
		brake(k, true);
	rc = cgi_signal_round(k->cg, SIGKILL, 0, &r);
	k->denied = r.denied;
	k->fresh = frozen ? 0 : r.fresh;
	if (!k->how)
		k->how = frozen ? "freeze and pidfd" : "pidfd in rounds";
	return rc;
}

/* ---- is it over? ---- */

/*
 * One look. 1: empty, with *rc as the verdict. A weak view, and one with a doubt, has to hold
 * for two looks: the first may have met a failure that passes.
 */
static bool over(struct kill *k, unsigned *looks, int *rc)
{
	struct cgi_doubt d = { 0 };
	bool empty;

	*rc = cgi_is_empty(k->cg, &empty, &d);
	k->others = d.busy && d.busy != k->cg->places.v;
	if (*rc < 0 || !empty) {
		*looks = 0;
		return false;
	}
	if (++*looks == 1 && (*rc == CG_WEAK || d.rc))
		return false;
	if (d.rc)
		*rc = cgi_doubt_fail(k->cg, &d);
	return true;
}

/* 1: it is over, with *verdict; 0: not by `until` */
static bool wait_empty(struct kill *k, uint64_t until, int *verdict)
{
	struct cg_ctx *ctx = k->cg->ctx;
	struct cgi_waiter w;
	unsigned looks = 0;
	bool done;

	cgi_wait_begin(k->cg, &w);
	for (;;) {
		done = over(k, &looks, verdict);
		/* Ending all at once did not reach the members elsewhere: no use to wait. */
		if (done || (!looks && (ctx->sys->now(ctx->k) >= until ||
					(k->atomic && k->rounds == 1 && k->others))))
			break;
		cgi_wait(&w, looks ? UINT64_MAX : until);
	}
	cgi_wait_end(&w);
	return done;
}

/*
 * The v1 freezer keeps SIGKILL pending. cgroup.kill reaches frozen members too, so in the round
 * that used it those places are not thawed: looking for nested freezers may take long.
 */
static int thaw_round(struct kill *k)
{
	int rc, first = 0;

	if (!k->atomic || k->rounds > 1)
		return cgi_thaw_each(k->cg, CGI_THAW_DEEP);
	CGI_EACH(k->cg, p) {
		if (!p->tree || p->tree->d->kill_file || !cgi_place_can_freeze(k->cg->ctx, p))
			continue;
		rc = cgi_place_freeze(k->cg->ctx, p, CGI_THAW_DEEP);
		first = first ? first : rc;
	}
	return first;
}

/*
 * A member may have been freezing the group, or one of its own, when it died. What is empty and
 * not thawed in time holds nobody, and does not keep its directory from being removed.
 */
static int all_thawed(struct kill *k, int verdict)
{
	bool frozen, above;
	int rc = 0;

	CGI_EACH(k->cg, p)
		if (!rc && !p->gone && !p->unseen &&
		    (cgi_place_frozen(k->cg->ctx, p, &frozen, &above) || frozen || p->nested))
			rc = cgi_thaw_each(k->cg, CGI_THAW_DEEP);
	return rc < 0 && rc != -ETIMEDOUT && verdict >= 0 ? rc : verdict;
}

/* What ends the rounds at once: the caller got in, or there is no memory to go on. */
static bool is_final(int rc)
{
	return rc == -EDEADLK || rc == -ENOMEM;
}

static int kill_rounds(struct kill *k)
{
	struct cg_ctx *ctx = k->cg->ctx;
	uint64_t until;
	int rc, thawed, verdict;

	for (;;) {
		rc = 0;
		kill_at_once(k);
		if (!k->atomic || k->rounds)
			rc = kill_each(k);
		k->rounds++;
		thawed = thaw_round(k);
		cgi_log(ctx, "kill %s: round %u by %s = %d, %u new, %u denied; thaw = %d",
			k->cg->path, k->rounds, k->how ? k->how : "nothing", rc, k->fresh,
			k->denied, thawed);
		if (is_final(rc))
			return rc;
		/* New members are chased; the same old ones are given time to end. */
		until = k->fresh ? 0 : ctx->sys->now(ctx->k) + k->look;
		if (!k->fresh)
			k->look = k->look * 2 > LOOK_LAST ? LOOK_LAST : k->look * 2;
		if (wait_empty(k, until < ctx->deadline ? until : ctx->deadline, &verdict))
			return all_thawed(k, verdict);
		if (is_final(verdict))
			return verdict;
		if (ctx->sys->now(ctx->k) >= ctx->deadline)
			return -ETIMEDOUT;
	}
}

/* ---- the report ---- */

/* A v1 freezer group that somebody else has moved it to and frozen keeps SIGKILL pending. */
static bool frozen_elsewhere(struct kill *k, pid_t pid)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	struct cg_ctx *ctx = k->cg->ctx;
	const struct cgi_tree *t = cgi_tree_with(ctx, "freezer");
	struct cgi_place p;
	bool frozen, above;

	if (!t || t->fd < 0 || cgi_read_proc(ctx, pid, "cgroup", &text) ||
	    cgi_tree_where(t, text, &path) || cgi_place_open(ctx, t, path, &p))
		return false;
	if (cgi_place_frozen(ctx, &p, &frozen, &above))
		frozen = above = false;
	if (frozen || above)
		snprintf(k->frozen_at, sizeof(k->frozen_at), "%.199s", CGI_AT(&p));
	cgi_place_close(ctx, &p);
	return frozen || above;
}

static uint32_t why_left(struct kill *k, const struct cgi_stat *st)
{
	if (k->above || frozen_elsewhere(k, st->pid))
		return CG_LEFT_FROZEN;
	if (st->state == 'D')
		return CG_LEFT_UNINTERRUPTIBLE;
	if (k->denied)
		return CG_LEFT_DENIED;
	return cgi_pids_has(&k->seen, st->pid) ? CG_LEFT_UNKNOWN : CG_LEFT_FORKING;
}

static void describe(struct kill *k, pid_t pid, struct cg_survivor *s)
{
	struct cg_ctx *ctx = k->cg->ctx;
	struct cgi_stat st;
	char name[32];

	*s = (struct cg_survivor){ .pid = pid };
	if (cgi_stat_pid(ctx, pid, &st)) {
		/* Gone since it was listed, and not met before: a link of a chain. */
		s->why = cgi_pids_has(&k->seen, pid) ? CG_LEFT_UNKNOWN : CG_LEFT_FORKING;
		return;
	}
	s->state = st.state;
	snprintf(s->comm, sizeof(s->comm), "%.22s", st.comm);
	s->why = why_left(k, &st);
	snprintf(name, sizeof(name), "%d/wchan", pid);
	if (cgi_read_word(ctx, ctx->procfd, name, s->wchan, sizeof(s->wchan)) <= 0 ||
	    !strcmp(s->wchan, "0"))
		s->wchan[0] = '\0';
}

static bool frozen_above(struct cg *cg)
{
	bool frozen, above;

	CGI_EACH(cg, p)
		if (!p->unseen && !cgi_place_frozen(cg->ctx, p, &frozen, &above) && above)
			return true;
	return false;
}

static void fill(struct kill *k, const struct cgi_pids *left, int rc, struct cg_report *rep)
{
	struct cg_ctx *ctx = k->cg->ctx;
	size_t n = 0;

	*rep = (struct cg_report){
		.left = (uint32_t)(left->n + left->unnamed),
		.unnamed = (uint32_t)left->unnamed,
		.rounds = k->rounds,
	};
	k->above = left->n && frozen_above(k->cg);
	snprintf(rep->how, sizeof(rep->how), "%s", k->how ? k->how : "nothing to do");
	for (size_t i = 0; i < k->seen.n; i++)
		rep->ended += !cgi_pids_has(left, k->seen.pid[i]);
	for (size_t i = 0; i < left->n && n < CG_SURVIVORS; i++)
		describe(k, left->pid[i], &rep->survivor[n++]);
	if (left->unnamed && n < CG_SURVIVORS)
		rep->survivor[n++] = (struct cg_survivor){ .why = CG_LEFT_INVISIBLE };
	/* Not proven empty, and yet nobody can be named: they are gone before they are seen. */
	if (rc == -ETIMEDOUT && !rep->left) {
		rep->left = 1;
		rep->survivor[0] = (struct cg_survivor){ .why = CG_LEFT_FORKING };
	}
	rep->usec = ctx->sys->now(ctx->k) - ctx->began;
}

/* "3 left: 41 (sleep) in uninterruptible sleep [nfs_wait], ..." */
static void say_left(struct kill *k, const struct cg_report *rep)
{
	static const char *const why[] = {
		"has not ended yet",
		"is in uninterruptible sleep",
		"is outside this PID namespace",
		"is not ours to signal",
		"is new: they fork faster",
		"is held by a frozen group",
	};
	struct cgi_buf b = { 0 };

	cgi_buf_add(&b, "kill %s: %u left: ", k->cg->path, rep->left);
	for (size_t i = 0; i < CG_SURVIVORS && i < rep->left; i++) {
		const struct cg_survivor *s = &rep->survivor[i];

		if (!s->pid && s->why != CG_LEFT_INVISIBLE && s->why != CG_LEFT_FORKING)
			break;
		cgi_buf_add(&b, "%s%d (%s) %s%s%s%s", i ? ", " : "", s->pid, s->comm, why[s->why],
			    *s->wchan ? " [" : "", s->wchan, *s->wchan ? "]" : "");
		if (s->why == CG_LEFT_FROZEN && *k->frozen_at)
			cgi_buf_add(&b, " %s", k->frozen_at);
	}
	cgi_fail(k->cg->ctx, -ETIMEDOUT, "%s", b.s ? b.s : "members are left");
	cgi_buf_free(&b);
}

/*
 * Out of time: who is left? Nobody, if the last one ended since the last look, which on a
 * busy machine is long ago. -ETIMEDOUT with the members, or the result of a kill.
 */
static int who_is_left(struct kill *k, struct cgi_pids *left)
{
	struct cgi_doubt d = { 0 };
	int verdict, rc;

	k->cg->ctx->grace = CGI_REPORT_US;
	rc = cgi_members(k->cg, 0, left, &d);
	if (is_final(rc))
		return rc;
	if (left->n || left->unnamed || !wait_empty(k, 0, &verdict))
		return -ETIMEDOUT;
	return all_thawed(k, verdict);
}

/* The group is killed or the report says who is left. Takes the members seen so far. */
int cgi_kill(struct cg *cg, struct cgi_pids *seen, struct cg_report *rep)
{
	_cleanup_(cgi_pids_free) struct cgi_pids left = { 0 };
	struct kill k = { .cg = cg, .look = LOOK_FIRST, .seen = *seen };
	int rc;

	take_census(cg, &k.seen);
	rc = kill_rounds(&k);
	if (rc == -ETIMEDOUT)
		rc = who_is_left(&k, &left);
	brake(&k, false);
	if (rc >= 0 || rc == -ETIMEDOUT)
		fill(&k, &left, rc, rep);
	if (rc == -ETIMEDOUT)
		say_left(&k, rep);
	*seen = k.seen;
	return rc;
}

void cgi_report_out(int rc, const struct cg_report *rep, struct cg_report *out, size_t size)
{
	if (out && (rc >= 0 || rc == -ETIMEDOUT))
		memcpy(out, rep, size < sizeof(*rep) ? size : sizeof(*rep));
}

CG_API int cg_kill_all(struct cg *cg, int timeout_ms, struct cg_report *report, size_t size)
{
	_cleanup_(cgi_pids_free) struct cgi_pids seen = { 0 };
	struct cg_report rep = { 0 };
	int rc;

	cgi_enter(cg->ctx, timeout_ms);
	if (timeout_ms < 0)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "kill: negative timeout"));
	rc = cgi_guard(cg, "kill");
	rc = rc ? rc : cgi_kill(cg, &seen, &rep);
	cgi_report_out(rc, &rep, report, size);
	return cgi_result(cg->ctx, rc);
}
