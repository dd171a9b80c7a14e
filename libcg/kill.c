/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * THE kill. Whatever a stack offers is used in this order, until the kernel shows the
 * group empty or the time is up:
 *
 * 1. end all at once, where a driver can;
 * 2. for whom that does not reach: stop forks, freeze, SIGKILL each through a verified
 *    pidfd;
 * 3. thaw everywhere: the older freezer keeps SIGKILL pending in frozen tasks;
 * 4. look, wait a little, and begin again: even the kernel's own way to end all at once
 *    could lose a race against a fork before Linux 6.14.
 */
#include <signal.h>
#include <stdio.h>

#include "internal.h"

#define FREEZE_US	100000		/* a member in uninterruptible sleep never freezes */
#define LOOK_FIRST	20000		/* how long a round waits for the group to empty */
#define LOOK_LAST	100000

struct kill {
	struct cg *cg;
	uint64_t deadline;
	unsigned look;			/* microseconds */
	bool atomic;			/* the first tracking part was ended at once */
	bool braked;
	unsigned rounds, denied, fresh;
	struct cgi_pids seen;		/* every member met so far */
	const char *how;
};

/* Parts that can end all of theirs at once. */
static int kill_at_once(struct kill *k)
{
	bool first = true;
	int rc;

	k->atomic = false;
	CGI_EACH(k->cg, p) {
		rc = p->drv->kill ? p->drv->kill(p) : -EOPNOTSUPP;
		if (!rc && first) {
			k->atomic = true;
			if (!k->how)
				k->how = p->drv->kill_name;
		} else if (rc && rc != -EOPNOTSUPP && rc != -EPERM) {
			return rc;
		}
		first = first && !p->drv->tracks;
	}
	return 0;
}

static void brake(struct kill *k, bool on)
{
	if (k->braked == on)
		return;
	CGI_EACH(k->cg, p)
		if (p->drv->brake)
			(void)p->drv->brake(p, on);
	k->braked = on;
}

/* Freezing makes one round complete; where it does not come about, rounds go on without. */
static int kill_each(struct kill *k)
{
	struct cgi_round r = { .seen = &k->seen };
	uint64_t now = k->cg->ctx->sys->now(k->cg->ctx->k), until = now + FREEZE_US;
	bool frozen = false;
	int rc;

	if (cgi_can_freeze(k->cg))
		frozen = cgi_freeze_until(k->cg, until < k->deadline ? until : k->deadline) >= 0;
	if (!frozen)
		brake(k, true);
	rc = cgi_signal_round(k->cg, SIGKILL, 0, &r);
	k->denied = r.denied;
	k->fresh = frozen ? 0 : r.fresh;
	if (!k->how)
		k->how = frozen ? "freeze and pidfd" : "pidfd in rounds";
	return rc;
}

/* One cheap question first: is the part that tracks empty? True where none does. */
static int tracker_empty(struct cg *cg, bool *empty)
{
	unsigned state = 0;
	int rc;

	*empty = true;
	CGI_EACH(cg, p) {
		if (!p->drv->tracks)
			continue;
		rc = p->drv->state(p, &state);
		*empty = state & CG_EMPTY;
		return rc < 0 ? rc : 0;
	}
	return 0;
}

/* Empty? 0 or CG_WEAK; -EAGAIN if not by `until`; a weak view has to hold for two looks. */
static int wait_empty(struct kill *k, uint64_t until)
{
	struct cg_ctx *ctx = k->cg->ctx;
	unsigned state = 0, pause = 0, looks = 0;
	bool empty;
	int rc;

	for (;;) {
		rc = tracker_empty(k->cg, &empty);
		if (!rc && empty) {
			rc = cgi_group_state(k->cg, &state);
			looks = state & CG_EMPTY ? looks + 1 : 0;
			if (rc >= 0 && looks > (rc == CG_WEAK))
				return rc;
			/* Ending all at once did not reach these: not worth waiting for. */
			if (rc >= 0 && !looks && k->atomic && k->rounds == 1)
				return -EAGAIN;
		}
		if (rc < 0)
			return rc;
		if (!looks && ctx->sys->now(ctx->k) >= until)
			return -EAGAIN;
		cgi_pause(k->cg, &pause, looks ? UINT64_MAX : until);
	}
}

/* One may have been freezing a group of its own when it died. */
static int all_thawed(struct kill *k, int rc)
{
	int thawed = cgi_thaw_each(k->cg, CGI_THAW_DEEP);

	return thawed < 0 ? thawed : rc;
}

static int kill_rounds(struct kill *k)
{
	struct cg_ctx *ctx = k->cg->ctx;
	uint64_t until;
	int rc, thawed;

	for (;;) {
		rc = kill_at_once(k);
		if (rc < 0)
			return rc;
		if (!k->atomic || k->rounds)
			rc = kill_each(k);
		k->rounds++;
		thawed = cgi_thaw_each(k->cg, CGI_THAW_DEEP);
		cgi_log(ctx, "kill %s: round %u by %s = %d, %u new, %u denied; thaw = %d",
			k->cg->path, k->rounds, k->how ? k->how : "nothing", rc, k->fresh,
			k->denied, thawed);
		if (rc < 0)
			return rc;
		if (thawed < 0)
			return thawed;
		/* New members are chased; the same old ones are given time to end. */
		until = k->fresh ? 0 : ctx->sys->now(ctx->k) + k->look;
		if (!k->fresh)
			k->look = k->look * 2 > LOOK_LAST ? LOOK_LAST : k->look * 2;
		rc = wait_empty(k, until < k->deadline ? until : k->deadline);
		if (rc != -EAGAIN)
			return rc < 0 ? rc : all_thawed(k, rc);
		if (ctx->sys->now(ctx->k) >= k->deadline)
			return -ETIMEDOUT;
	}
}

static uint32_t why_left(struct kill *k, const struct cgi_stat *st)
{
	unsigned state;

	if (cgi_group_state(k->cg, &state) >= 0 && state & CG_FROZEN_ABOVE)
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

static void fill(struct kill *k, const struct cgi_pids *left, bool timed_out,
		 struct cg_report *rep)
{
	struct cg_ctx *ctx = k->cg->ctx;
	size_t n = 0;

	*rep = (struct cg_report){
		.left = (uint32_t)(left->n + left->unnamed),
		.unnamed = (uint32_t)left->unnamed,
		.rounds = k->rounds,
		.usec = ctx->sys->now(ctx->k) - ctx->began,
	};
	snprintf(rep->how, sizeof(rep->how), "%s", k->how ? k->how : "nothing to do");
	for (size_t i = 0; i < k->seen.n; i++)
		rep->ended += !cgi_pids_has(left, k->seen.pid[i]);
	for (size_t i = 0; i < left->n && n < CG_SURVIVORS; i++)
		describe(k, left->pid[i], &rep->survivor[n++]);
	if (left->unnamed && n < CG_SURVIVORS)
		rep->survivor[n++] = (struct cg_survivor){ .why = CG_LEFT_INVISIBLE };
	/* Not proven empty, and yet nobody can be named: they are gone before they are seen. */
	if (timed_out && !rep->left) {
		rep->left = 1;
		rep->survivor[0] = (struct cg_survivor){ .why = CG_LEFT_FORKING };
	}
}

/* "3 left: 41 (sleep) in uninterruptible sleep [nfs_wait], ..." */
static void say_left(struct cg *cg, const struct cg_report *rep)
{
	static const char *const why[] = {
		"has not ended yet",
		"is in uninterruptible sleep",
		"is outside this PID namespace",
		"is not ours to signal",
		"is new: they fork faster",
		"is held by a frozen group above",
	};
	char text[400];
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < CG_SURVIVORS && i < rep->left; i++) {
		const struct cg_survivor *s = &rep->survivor[i];

		if (!s->pid && s->why != CG_LEFT_INVISIBLE && s->why != CG_LEFT_FORKING)
			break;
		if (len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						"%s%d (%s) %s%s%s%s", i ? ", " : "", s->pid,
						s->comm, why[s->why], *s->wchan ? " [" : "",
						s->wchan, *s->wchan ? "]" : "");
	}
	cgi_fail(cg->ctx, -ETIMEDOUT, "kill %s: %u left: %s", cg->path, rep->left, text);
}

/*
 * Out of time: who is left? Nobody, if the last one ended since the last look, which on a
 * busy machine is long ago. -ETIMEDOUT with the members, or the result of a kill.
 */
static int who_is_left(struct kill *k, struct cgi_pids *left)
{
	int rc = cgi_members(k->cg, 0, left);

	if (rc < 0)
		return rc;
	rc = left->n || left->unnamed ? -EAGAIN : wait_empty(k, 0);
	if (rc < 0)
		return rc == -EAGAIN ? -ETIMEDOUT : rc;
	return all_thawed(k, rc);
}

/* The group is killed or the report says who is left. Takes the members seen so far. */
int cgi_kill(struct cg *cg, uint64_t deadline, struct cgi_pids *seen, struct cg_report *rep)
{
	_cleanup_(cgi_pids_free) struct cgi_pids left = { 0 };
	struct kill k = { .cg = cg, .deadline = deadline, .look = LOOK_FIRST, .seen = *seen };
	int rc;

	rc = kill_rounds(&k);
	if (rc == -ETIMEDOUT)
		rc = who_is_left(&k, &left);
	brake(&k, false);
	if (rc >= 0 || rc == -ETIMEDOUT)
		fill(&k, &left, rc == -ETIMEDOUT, rep);
	if (rc == -ETIMEDOUT)
		say_left(cg, rep);
	*seen = k.seen;
	return rc;
}

CG_API int cg_kill_all(struct cg *cg, int timeout_ms, struct cg_report *report, size_t size)
{
	_cleanup_(cgi_pids_free) struct cgi_pids seen = { 0 };
	struct cg_report rep = { 0 };
	uint64_t deadline;
	int rc;

	cgi_enter(cg->ctx);
	deadline = cgi_deadline(cg->ctx, timeout_ms);
	if (timeout_ms < 0)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "kill: negative timeout"));
	rc = cgi_guard(cg, "kill", &seen);
	if (!rc)
		rc = cgi_kill(cg, deadline, &seen, &rep);
	cgi_report_out(rc, &rep, report, size);
	return cgi_result(cg->ctx, rc);
}
