/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals, to members and nobody else. Process numbers are reused, so a number that was
 * listed proves nothing when it is used. Here each is first held by a pidfd, then
 * membership is asked again, then the signal goes through the pidfd: if that still
 * reaches a process, its number cannot have changed hands since it was held, so what the
 * second question saw was this process.
 */
#include "core.h"

#define BATCH	32		/* descriptors held at once, at the most */

struct target {
	pid_t pid;
	int fd;			/* -1: no pidfd in this kernel */
	uint64_t start;		/* then the start time stands in */
	bool member;
};

struct round {
	struct cg *cg;
	bool claims;			/* candidates are from the claims, one by one */
	int sig;
	unsigned flags;
	struct cgi_round *r;
	struct cgi_pids handled;	/* sorted: listed, so not to be met again */
	struct cgi_pids found;		/* one by one, beside those */
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

/* What the places list now: for those whose own text did not tell. */
static int ask_lists(struct round *w, struct target *t, size_t n)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc = cgi_listed(w->cg, w->flags, &l, w->r->doubt);

	for (size_t i = 0; rc >= 0 && i < n; i++)
		t[i].member = t[i].member || cgi_pids_has(&l, t[i].pid);
	return rc < 0 ? rc : 0;
}

/* By the text of each: it may name a group of ours that was there when it was read. */
static int ask_texts(struct round *w, struct target *t, size_t n, size_t *members)
{
	struct cg_ctx *ctx = w->cg->ctx;
	struct cgi_place *by = NULL;
	int rc;

	*members = 0;
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *text = NULL;

		rc = cgi_read_proc(ctx, t[i].pid, "cgroup", &text);
		if (cgi_is_scarce(rc))
			return cgi_fail(ctx, rc, "read /proc/%d/cgroup: %s", t[i].pid,
					cgi_strerror(rc));
		CGI_EACH(w->cg, p)
			if (!rc && !t[i].member && (!by || by == p) && cgi_place_holds(p, text)) {
				t[i].member = true;
				by = p;
			}
		*members += t[i].member;
	}
	/* The path is still ours, so it was ours when they were read. */
	if (!by || cgi_place_there(ctx, by))
		return 0;
	for (size_t i = 0; i < n; i++)
		t[i].member = false;
	*members = 0;
	return 0;
}

/* The second question. CG_HERE needs lists: a text does not tell nested groups apart from it. */
static int ask_again(struct round *w, struct target *t, size_t n)
{
	size_t members = 0;
	int rc;

	if (w->claims) {
		rc = cgi_claims_member(w->cg->claims, t->pid);
		t->member = rc == 1;
		return rc < 0 ? rc : 0;
	}
	rc = w->flags & CG_HERE ? 0 : ask_texts(w, t, n, &members);
	return rc || members == n ? rc : ask_lists(w, t, n);
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

/* Asks again for those that are held, signals the members, lets all go. */
static int settle_held(struct round *w, struct target *t, size_t held)
{
	struct cg_ctx *ctx = w->cg->ctx;
	struct cgi_round *r = w->r;
	int one, rc = held ? ask_again(w, t, held) : 0;

	for (size_t i = 0; i < held; i++) {
		one = rc || !t[i].member ? -ESRCH : deliver(ctx, &t[i], w->sig);
		if (!one)
			r->sent++;
		else if (one == -EPERM)
			r->denied++;
		else if (one != -ESRCH && !rc)
			rc = cgi_fail(ctx, one, "signal %d: %s", t[i].pid, cgi_strerror(one));
		if (!one && r->done && cgi_pids_add(r->done, t[i].pid))
			rc = cgi_nomem(ctx);
		cgi_close_fd(ctx, t[i].fd);
	}
	return rc;
}

/* As many at once as there are descriptors for: some are left for the second question. */
static int signal_batch(struct round *w, const pid_t *pid, size_t n)
{
	struct cg_ctx *ctx = w->cg->ctx;
	struct target t[BATCH];
	size_t held = 0, room = BATCH;
	int rc = 0, one;

	for (size_t i = 0; !rc && i < n; i++) {
		one = held < room ? hold(ctx, pid[i], &t[held]) : -EMFILE;
		if (one == -EMFILE && held) {
			for (size_t spare = 4; spare && held > 1 && held < room; spare--)
				cgi_close_fd(ctx, t[--held].fd), i--;
			room = held < room ? held : room;
			rc = settle_held(w, t, held);
			held = 0;
			i--;
		} else if (!one) {
			held++;
		} else if (one != -ESRCH) {
			rc = cgi_fail(ctx, one, "hold process %d: %s", pid[i], cgi_strerror(one));
		}
	}
	if (!rc)
		return settle_held(w, t, held);
	while (held)
		cgi_close_fd(ctx, t[--held].fd);
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

static int refuse_caller(struct round *w)
{
	return cgi_fail(w->cg->ctx, -EDEADLK, "signal %s: the caller is a member", w->cg->path);
}

/* Claims find members one by one: each is dealt with at once, before it is another number. */
static int on_found(void *data, pid_t pid, size_t n)
{
	struct round *w = data;
	int rc;

	(void)n;
	if (!pid || cgi_pids_has(&w->handled, pid))
		return 0;
	rc = cgi_in_time(w->cg->ctx, "a pass over the members");
	if (rc)
		return rc;
	rc = w->r->done ? cgi_pids_add(&w->found, pid) : 0;
	if (rc || skips(w, pid))
		return rc;
	if (pid == w->cg->ctx->sys->self(w->cg->ctx->k))
		return refuse_caller(w);
	rc = see(w->r, pid);
	return rc ? rc : signal_batch(w, &pid, 1);
}

static int signal_listed(struct round *w)
{
	struct cgi_pids *l = &w->handled;
	pid_t batch[BATCH];
	int weak, rc = 0;
	size_t n = 0;

	weak = cgi_listed(w->cg, w->flags, l, w->r->doubt);
	if (weak < 0)
		return weak;
	if (cgi_pids_has(l, w->cg->ctx->sys->self(w->cg->ctx->k)))
		return refuse_caller(w);
	for (size_t i = 0; !rc && i < l->n; i++) {
		rc = w->r->want ? cgi_in_time(w->cg->ctx, "a pass over the members") : 0;
		if (rc || skips(w, l->pid[i]))
			continue;
		rc = see(w->r, l->pid[i]);
		batch[n++] = l->pid[i];
		if (rc || n < BATCH)
			continue;
		rc = signal_batch(w, batch, n);
		rc = rc ? rc : cgi_in_time(w->cg->ctx, "a pass over the members");
		n = 0;
	}
	if (!rc && n)
		rc = signal_batch(w, batch, n);
	return rc ? rc : weak;
}

static int signal_claimed(struct round *w)
{
	if (!w->cg->claims)
		return CG_WEAK;
	w->claims = true;
	return cgi_claims_list(w->cg->claims, w->flags, &w->handled, on_found, w);
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

/* 0 if one kind of evidence was complete. */
int cgi_signal_round(struct cg *cg, int sig, unsigned flags, struct cgi_round *r)
{
	struct round w = { .cg = cg, .sig = sig, .flags = flags, .r = r };
	int listed, found;

	r->sent = r->denied = r->fresh = 0;
	listed = signal_listed(&w);
	found = listed < 0 ? listed : signal_claimed(&w);
	r->unnamed = w.handled.unnamed;
	if (r->done)
		forget_gone(&w);
	if (r->seen && merge(r->seen, &r->met) && found >= 0)
		found = cgi_nomem(cg->ctx);
	cgi_pids_free(&r->met);
	cgi_pids_free(&w.handled);
	cgi_pids_free(&w.found);
	if (found < 0)
		return found;
	/* Whoever has no number here gets no signal. */
	return ((cg->places.n && listed == 0) || found == 0) && !r->unnamed ? 0 : CG_WEAK;
}
