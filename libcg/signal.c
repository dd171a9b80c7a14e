/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals, to members and nobody else. Process numbers are reused, so a number that was
 * listed proves nothing when it is used. Here each is first held by a pidfd, then
 * membership is asked again, then the signal goes through the pidfd: if that still
 * reaches a process, its number cannot have changed hands since it was held, so what the
 * second question saw was this process.
 */
#include <signal.h>
#include <stdio.h>

#include "internal.h"

#define BATCH	256		/* descriptors held at once, at the most */

struct target {
	pid_t pid;
	int fd;			/* -1: no pidfd in this kernel */
	uint64_t start;		/* then the start time stands in */
	bool member;
};

/* Before 5.3 the start time is asked before and after; a gap of microseconds remains. */
static int hold(struct cg_ctx *ctx, pid_t pid, struct target *t)
{
	struct cgi_stat st;
	int rc;

	*t = (struct target){ .pid = pid, .fd = ctx->sys->pidfd(ctx->k, pid) };
	if (t->fd >= 0)
		return 0;
	if (t->fd != -ENOSYS)
		return t->fd;
	t->fd = -1;
	rc = cgi_stat_pid(ctx, pid, &st);
	t->start = st.start;
	return rc;
}

/* The second question, to the parts that list; with `one` to that part, for one process. */
static int ask_again(struct cg *cg, struct cg_part *one, unsigned flags, struct target *t, size_t n)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc;

	if (one) {
		rc = one->drv->member(one, t->pid);
		t->member = rc == 1;
		return rc < 0 ? rc : 0;
	}
	rc = cgi_listed(cg, flags, &l);
	for (size_t i = 0; rc >= 0 && i < n; i++)
		t[i].member = cgi_pids_has(&l, t[i].pid);
	return rc < 0 ? rc : 0;
}

static int deliver(struct cg_ctx *ctx, const struct target *t, int sig)
{
	struct cgi_stat st;
	int rc;

	if (t->fd < 0) {
		rc = cgi_stat_pid(ctx, t->pid, &st);
		if (rc || st.start != t->start)
			return rc ? rc : -ESRCH;
	}
	return ctx->sys->signal(ctx->k, t->fd, t->pid, sig);
}

struct round {
	struct cg *cg;
	struct cg_part *part;		/* the one that is walked */
	int sig;
	unsigned flags;
	struct cgi_round *r;
	struct cgi_pids handled;	/* sorted: listed, so not to be met again */
	struct cgi_pids found;		/* one by one, beside those */
};

/* Asks again for those that are held, signals the members, lets all go. */
static int settle_held(struct round *w, struct target *t, size_t held)
{
	struct cg_ctx *ctx = w->cg->ctx;
	struct cgi_round *r = w->r;
	int one, rc = 0;

	if (held)
		rc = ask_again(w->cg, w->part, w->flags, t, held);
	for (size_t i = 0; i < held; i++) {
		one = rc || !t[i].member ? -ESRCH : deliver(ctx, &t[i], w->sig);
		if (!one)
			r->sent++;
		else if (one == -EPERM)
			r->denied++;
		else if (one != -ESRCH && !rc)
			rc = cgi_fail(ctx, one, "signal %d: %s", t[i].pid, cgi_strerror(one));
		if (!one && r->done && cgi_pids_add(r->done, t[i].pid))
			rc = cgi_fail(ctx, -ENOMEM, "no memory");
		cgi_close_fd(ctx, t[i].fd);
	}
	return rc;
}

/* As many at once as there are descriptors for. */
static int signal_batch(struct round *w, const pid_t *pid, size_t n)
{
	struct target t[BATCH];
	size_t held = 0;
	int rc = 0, one;

	for (size_t i = 0; !rc && i < n; i++) {
		one = hold(w->cg->ctx, pid[i], &t[held]);
		if (one == -EMFILE && held) {
			rc = settle_held(w, t, held);
			held = 0;
			i--;
		} else if (!one) {
			held++;
		} else if (one != -ESRCH) {
			rc = cgi_fail(w->cg->ctx, one, "hold process %d: %s", pid[i],
				      cgi_strerror(one));
		}
	}
	if (!rc)
		return settle_held(w, t, held);
	while (held)
		cgi_close_fd(w->cg->ctx, t[--held].fd);
	return rc;
}

/* Numbers that have gone may come back as others: they are to be signalled again. */
static void forget_gone(struct round *w)
{
	struct cgi_pids *done = w->r->done;
	size_t n = 0;

	cgi_pids_sort(&w->found);
	for (size_t i = 0; i < done->n; i++)
		if (cgi_pids_has(&w->handled, done->pid[i]) ||
		    cgi_pids_has(&w->found, done->pid[i]))
			done->pid[n++] = done->pid[i];
	done->n = n;
	cgi_pids_sort(done);
}

static int see(struct cgi_round *r, pid_t pid)
{
	if (!r->seen || cgi_pids_has(r->seen, pid))
		return 0;
	r->fresh++;
	return cgi_pids_add(&r->met, pid);
}

static bool skips(const struct round *w, pid_t pid)
{
	return (w->r->done && cgi_pids_has(w->r->done, pid)) ||
		(w->r->want && !w->r->want(w->cg, pid));
}

/* A part that is asked process by process finds them one by one: each is dealt with at once. */
static int on_found(void *data, pid_t pid, size_t n)
{
	struct round *w = data;
	int rc;

	(void)n;
	if (!pid || cgi_pids_has(&w->handled, pid))
		return 0;
	rc = w->r->done ? cgi_pids_add(&w->found, pid) : 0;
	if (rc || skips(w, pid))
		return rc;
	if (pid == w->cg->ctx->sys->self(w->cg->ctx->k))
		return cgi_fail(w->cg->ctx, -EDEADLK, "signal %s: the caller is a member",
				w->cg->path);
	rc = see(w->r, pid);
	return rc ? rc : signal_batch(w, &pid, 1);
}

static int signal_listed(struct round *w)
{
	struct cgi_pids *l = &w->handled;
	int weak, rc = 0;
	pid_t batch[BATCH];
	size_t n = 0;

	weak = cgi_listed(w->cg, w->flags, l);
	if (weak < 0)
		return weak;
	if (cgi_pids_has(l, w->cg->ctx->sys->self(w->cg->ctx->k)))
		return cgi_fail(w->cg->ctx, -EDEADLK, "signal %s: the caller is a member",
				w->cg->path);
	for (size_t i = 0; !rc && i < l->n; i++) {
		if (skips(w, l->pid[i]))
			continue;
		rc = see(w->r, l->pid[i]);
		batch[n++] = l->pid[i];
		if (!rc && n == BATCH) {
			rc = signal_batch(w, batch, n);
			n = 0;
		}
	}
	if (!rc && n)
		rc = signal_batch(w, batch, n);
	return rc ? rc : weak;
}

static int signal_found(struct round *w)
{
	int rc = CG_WEAK;

	CGI_EACH(w->cg, p) {
		if (!p->drv->member)
			continue;
		w->part = p;
		rc = p->drv->procs(p, w->flags, on_found, w);
		if (rc < 0)
			return rc;
	}
	return rc;
}

/* What was seen and done is kept sorted between rounds, not within one. */
static int merge(struct cgi_pids *into, struct cgi_pids *from)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < from->n; i++)
		rc = cgi_pids_add(into, from->pid[i]);
	from->n = 0;
	cgi_pids_sort(into);
	return rc;
}

/* 0 if one kind of part was complete. */
int cgi_signal_round(struct cg *cg, int sig, unsigned flags, struct cgi_round *r)
{
	struct round w = { .cg = cg, .sig = sig, .flags = flags, .r = r };
	int listed, found;

	r->sent = r->denied = r->fresh = 0;
	listed = signal_listed(&w);
	found = listed < 0 ? listed : signal_found(&w);
	r->unnamed = w.handled.unnamed;
	if (r->done)
		forget_gone(&w);
	if (r->seen && merge(r->seen, &r->met) && found >= 0)
		found = cgi_fail(cg->ctx, -ENOMEM, "no memory");
	cgi_pids_free(&r->met);
	cgi_pids_free(&w.handled);
	cgi_pids_free(&w.found);
	/* Whoever has no number here gets no signal. */
	return found < 0 ? found : (listed == 0 || found == 0) && !r->unnamed ? 0 : CG_WEAK;
}

/* A frozen group neither forks nor loses a member: one round reaches all of it. */
static int signal_frozen(struct cg *cg, int sig, unsigned flags, uint64_t deadline,
			 unsigned *denied)
{
	uint64_t now = cg->ctx->sys->now(cg->ctx->k);
	struct cgi_round r = { 0 };
	unsigned state;
	int rc, undo;

	rc = cgi_group_state(cg, &state);
	if (rc < 0)
		return rc;
	if (!(state & (CG_FROZEN | CG_FROZEN_ABOVE))) {
		/* Half of the time, so that some is left for doing without. */
		rc = cgi_freeze_until(cg, now + (deadline > now ? deadline - now : 0) / 2);
		if (rc < 0)
			return rc;
	}
	rc = cgi_signal_round(cg, sig, flags, &r);
	*denied = r.denied;
	undo = state & (CG_FROZEN | CG_FROZEN_ABOVE) ? 0 : cgi_thaw_each(cg, CGI_THAW);
	return rc < 0 ? rc : undo < 0 ? undo : rc;
}

/* Without a freezer: rounds, until one meets nobody new. Who forks faster may be missed. */
static int signal_rounds(struct cg *cg, int sig, unsigned flags, uint64_t deadline,
			 unsigned *denied)
{
	_cleanup_(cgi_pids_free) struct cgi_pids done = { 0 };
	struct cgi_round r = { .done = &done };
	int rc;

	do {
		rc = cgi_signal_round(cg, sig, flags, &r);
		if (rc < 0)
			return rc;
		*denied = r.denied;
		if (!r.sent)
			return CG_WEAK;
	} while (cg->ctx->sys->now(cg->ctx->k) < deadline);
	return cgi_fail(cg->ctx, -ETIMEDOUT, "signal %s: new members keep appearing", cg->path);
}

CG_API int cg_signal(struct cg *cg, int sig, unsigned flags, int timeout_ms)
{
	uint64_t deadline;
	unsigned denied = 0;
	int rc;

	cgi_enter(cg->ctx);
	deadline = cgi_deadline(cg->ctx, timeout_ms);
	if (flags & ~CG_HERE || timeout_ms < 0 || sig < 0 || sig > 64)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "signal: bad argument"));
	rc = cgi_guard(cg, "signal", NULL);
	if (rc)
		return cgi_result(cg->ctx, rc);
	rc = cgi_can_freeze(cg) ? signal_frozen(cg, sig, flags, deadline, &denied) : -EOPNOTSUPP;
	if (rc == -EOPNOTSUPP || rc == -ETIMEDOUT)
		rc = signal_rounds(cg, sig, flags, deadline, &denied);
	if (rc >= 0 && denied)
		rc = cgi_fail(cg->ctx, -EPERM, "signal %s: %u members are not ours to signal",
			      cg->path, denied);
	return cgi_result(cg->ctx, rc);
}

CG_API int cg_signal_one(struct cg *cg, const struct cg_ref *ref, int sig)
{
	struct cg_ctx *ctx = cg->ctx;
	int fd, rc;

	cgi_enter(ctx);
	if (sig < 0 || sig > 64)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "signal: bad argument"));
	rc = cg->adopted ? 0 :
			   cgi_fail(ctx, -EPERM, "signal: this group was not created or adopted");
	if (rc)
		return cgi_result(ctx, rc);
	rc = cgi_ref_pidfd(ctx, ref, &fd);
	if (rc)
		return cgi_result(ctx,
				  cgi_fail(ctx, rc, "signal %d: %s", ref->pid, cgi_strerror(rc)));
	rc = cgi_is_member(cg, ref->pid);
	if (rc == 1)
		rc = ctx->sys->signal(ctx->k, fd, ref->pid, sig);
	else if (rc == 0)
		rc = -ESRCH;
	cgi_close_fd(ctx, fd);
	if (rc)
		cgi_fail(ctx, rc, "signal %d: %s", ref->pid,
			 rc == -ESRCH ? "it has ended or is no member" : cgi_strerror(rc));
	return cgi_result(ctx, rc);
}
