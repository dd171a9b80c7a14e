/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passes over /proc that nobody can outrun.
 *
 * A list of processes is old when it is read: a chain that forks and exits is another
 * number by then, and finding nobody proves nothing. But the kernel tells the number it
 * gave last (/proc/loadavg, Linux 2.6), and numbers are given in ascending order. So after
 * one whole pass only the numbers given since are looked at, the newest first, again and
 * again, until a look at all of them ends with none given meanwhile. Then every process
 * that ever existed since the beginning was looked at: it was no member, or had ended, or
 * was reported (and, in a kill, hit before it could fork once more). A living member that
 * was not seen would need a parent that was not seen: that is a proof, not a guess.
 */
#include <stdio.h>

#include "proc.h"

#define LOOKS		64	/* at new numbers in one call before it gives up */
#define LOOKS_ONLY	8	/* if members are not ended meanwhile, they may go on for ever */
#define SMALLEST_MAX	4096	/* a smaller pid_max could wrap between two looks */

struct entry {
	struct cgi_stat st;
	bool member;
};

struct pass {
	struct cg_part *p;
	bool tag_only;		/* all members have a tag that nobody can take off */
	struct entry *v;	/* all that were looked at, for descent */
	size_t n, cap;
	proc_fn fn;
	void *data;
};

/* The last field of loadavg. 0 if it cannot be known. */
static pid_t last_given(struct cg_ctx *ctx)
{
	char buf[128], *s;
	uint64_t pid;

	if (cgi_read_word(ctx, ctx->procfd, "loadavg", buf, sizeof(buf)) <= 0)
		return 0;
	s = strrchr(buf, ' ');
	return s && !cgi_parse_u64(s + 1, &pid) && pid <= INT32_MAX ? (pid_t)pid : 0;
}

static pid_t pid_max(struct cg_ctx *ctx)
{
	char buf[32];
	uint64_t max;

	if (cgi_read_word(ctx, ctx->procfd, "sys/kernel/pid_max", buf, sizeof(buf)) <= 0 ||
	    cgi_parse_u64(buf, &max) || max > INT32_MAX)
		return 0;
	return (pid_t)max;
}

static int remember(struct pass *t, const struct cgi_stat *st, bool member)
{
	struct entry *v;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap ? t->cap * 2 : 256;
		v = realloc(t->v, cap * sizeof(*v));
		if (!v)
			return cgi_fail(t->p->ctx, -ENOMEM, "no memory");
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = (struct entry){ .st = *st, .member = member };
	return 0;
}

static int report(struct pass *t, const struct cgi_stat *st)
{
	struct proc *x = t->p->priv;
	int rc;

	if (cgi_lives(t->p->ctx, st) != 1)
		return 0;
	/* Whom a later look at new numbers only would not meet again. */
	rc = cgi_proc_refs_add(&x->found, &(struct cg_ref){ .pid = st->pid, .start = st->start });
	return rc ? cgi_fail(t->p->ctx, rc, "no memory") : t->fn(t->data, st);
}

/*
 * One process. A member is reported at once, before it is another number. Where only a sure
 * tag counts, a stranger costs one call and is forgotten.
 */
static int look_at(struct pass *t, pid_t pid)
{
	struct proc *x = t->p->priv;
	struct cgi_stat st;
	bool member;
	int rc;

	if (t->tag_only && !cgi_proc_tagged(t->p, pid))
		return 0;
	if (cgi_stat_pid(t->p->ctx, pid, &st) || st.pid != pid)
		return 0;
	member = t->tag_only || cgi_proc_known(x, &st) || cgi_proc_tagged(t->p, pid);
	rc = remember(t, &st, member);
	return rc || !member ? rc : report(t, &st);
}

static int on_proc(void *data, const char *name, bool dir)
{
	uint64_t pid;

	(void)dir;
	if (cgi_parse_u64(name, &pid) || !pid || pid > INT32_MAX)
		return 0;
	return cgi_pids_add(data, (pid_t)pid);
}

/* The numbers first, then the work, the newest before the older. */
static int look_at_all(struct pass *t)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc;

	rc = t->p->ctx->sys->list(t->p->ctx->k, t->p->ctx->procfd, on_proc, &l);
	if (rc)
		return cgi_fail(t->p->ctx, rc, "read /proc: %s", cgi_strerror(rc));
	cgi_pids_sort(&l);
	for (size_t i = l.n; !rc && i--; )
		rc = look_at(t, l.pid[i]);
	return rc;
}

/* Those that were seen alive; the dead are dropped. */
static int look_at_known(struct pass *t)
{
	struct proc *x = t->p->priv;
	struct proc_refs *lists[] = { &x->found, &x->recorded };
	struct cgi_stat st;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t n = 0;

		for (size_t j = 0; j < lists[i]->n; j++)
			if (!cgi_stat_pid(t->p->ctx, lists[i]->v[j].pid, &st) &&
			    st.start == lists[i]->v[j].start)
				lists[i]->v[n++] = lists[i]->v[j];
		lists[i]->n = n;
		for (size_t j = 0; !rc && j < n; j++)
			rc = look_at(t, lists[i]->v[j].pid);
	}
	return rc;
}

/* Numbers (from, to], the newest first; they begin again at 1 after pid_max. */
static int look_at_range(struct pass *t, pid_t from, pid_t to, pid_t max)
{
	int rc = 0;

	for (pid_t pid = to; !rc && pid > (from < to ? from : 0); pid--)
		rc = look_at(t, pid);
	for (pid_t pid = max; !rc && from > to && pid > from; pid--)
		rc = look_at(t, pid);
	return rc;
}

/* Until a look at what is new ends with nothing new. */
static int settle(struct pass *t)
{
	struct proc *x = t->p->priv;
	pid_t last, max = pid_max(t->p->ctx);
	int rc = 0;

	x->unsettled = true;
	if (!x->upto || max < SMALLEST_MAX)
		return 0;
	for (int i = x->chasing ? LOOKS : LOOKS_ONLY; !rc && i; i--) {
		last = last_given(t->p->ctx);
		if (last == x->upto) {
			x->unsettled = false;
			return 0;
		}
		rc = last ? look_at_range(t, x->upto, last, max) : 0;
		x->upto = last;
	}
	return rc;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct entry *)a)->st.pid, y = ((const struct entry *)b)->st.pid;

	return (x > y) - (x < y);
}

/* Both ends of the link are still those that were seen: the number was not reused between. */
static bool still_child(struct cg_ctx *ctx, const struct cgi_stat *child,
			const struct cgi_stat *parent)
{
	struct cgi_stat c, up;

	return !cgi_stat_pid(ctx, child->pid, &c) && c.start == child->start &&
		c.ppid == parent->pid && !cgi_stat_pid(ctx, parent->pid, &up) &&
		up.start == parent->start;
}

/* Members' children, and theirs, until a round finds no more. */
static int descend(struct pass *t)
{
	bool again = true;
	int rc = 0;

	qsort(t->v, t->n, sizeof(*t->v), by_pid);
	while (again && !rc) {
		again = false;
		for (size_t i = 0; !rc && i < t->n; i++) {
			struct entry key = { .st.pid = t->v[i].st.ppid }, *up;

			up = t->v[i].member ? NULL : bsearch(&key, t->v, t->n, sizeof(key), by_pid);
			if (!up || !up->member || !still_child(t->p->ctx, &t->v[i].st, &up->st))
				continue;
			t->v[i].member = again = true;
			rc = report(t, &t->v[i].st);
		}
	}
	return rc;
}

/* Nothing to look for: every recorded process has ended and there is no tag. */
static bool nothing_to_find(struct cg_part *p)
{
	struct proc *x = p->priv;
	struct proc_refs *lists[] = { &x->recorded, &x->found };
	struct cgi_stat st;

	if (!p->witness && x->ids)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (!cgi_stat_pid(p->ctx, lists[i]->v[j].pid, &st) &&
			    st.start == lists[i]->v[j].start)
				return false;
	return true;
}

/* Recorded processes outside the namespace, and their children, are found by descent only. */
static bool all_tagged(struct cg_part *p)
{
	struct proc *x = p->priv;
	struct cgi_stat st;

	if (p->witness || !(x->ids & CG_ID_USER))
		return false;
	for (size_t i = 0; i < x->recorded.n; i++)
		if (!cgi_proc_tagged(p, x->recorded.v[i].pid) &&
		    !cgi_stat_pid(p->ctx, x->recorded.v[i].pid, &st) &&
		    st.start == x->recorded.v[i].start)
			return false;
	return true;
}

int cgi_proc_scan(struct cg_part *p, proc_fn fn, void *data)
{
	struct pass t = { .p = p, .fn = fn, .data = data };
	struct proc *x = p->priv;
	int rc;

	if (nothing_to_find(p))
		return 0;
	t.tag_only = all_tagged(p);
	if (x->chasing && x->upto) {
		rc = look_at_known(&t);
	} else {
		x->upto = last_given(p->ctx);
		rc = look_at_all(&t);
	}
	/* Behind a cgroup the proof is the kernel's list; here only strays are looked for. */
	if (!rc && !p->witness)
		rc = settle(&t);
	rc = rc ? rc : descend(&t);
	free(t.v);
	return rc;
}

int cgi_proc_chase(struct cg_part *p, bool on)
{
	struct proc *x = p->priv;

	x->chasing = on && !p->witness;
	x->upto = 0;
	return 0;
}
