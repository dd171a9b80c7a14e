/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passes over /proc that nobody can outrun.
 *
 * A list of processes is old when it is read: a chain that forks and exits is another
 * number by then, and finding nobody proves nothing. But the kernel tells the number it
 * gave last (/proc/loadavg), and numbers are given in ascending order. So the numbers given
 * since are looked at as well, always the newest first, until all have been looked at and
 * none was given meanwhile. Then every process that existed since the beginning was looked
 * at: it was no member, or had ended, or was reported (and, in a kill, hit before it could
 * fork once more). A living member that was not seen would need a parent that was not seen.
 *
 * One gap is left: a number is given before its process can be found by it. So when nobody
 * lives any more a kill takes the whole list once again. By then each member has ended or
 * has SIGKILL pending, which makes the kernel give up a fork that is under way: whoever was
 * being born is in that list or will never be. That is a proof, not a guess.
 */
#include <stdio.h>

#include "proc.h"

#define BUDGET		1024	/* looks in one call of a kill; the next call goes on */
#define AT_ONCE		16	/* looks before asking again what is newest */
#define AT_LEAST_US	20000	/* new numbers are followed so long, however late it is */
#define SMALLEST_MAX	4096	/* a smaller pid_max could wrap between two looks */

struct entry {
	struct cgi_stat st;
	bool member;
};

struct pass {
	struct cg_part *p;
	bool tag_only;		/* all members have a tag that nobody can take off */
	bool follow;		/* those who come meanwhile */
	bool first;		/* over the first list: who belongs is decided before any report */
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

	if (!cgi_proc_lives(t->p, st))
		return cgi_proc_trouble(t->p);
	/* Whom a later look at new numbers only would not meet again. */
	x->todo.again = false;
	rc = cgi_proc_refs_add(&x->found, &(struct cg_ref){ .pid = st->pid, .start = st->start });
	return rc ? cgi_fail(t->p->ctx, rc, "no memory") : t->fn(t->data, st);
}

/* Both ends of the link are still those that were seen: the number was not reused between. */
static bool still_child(struct cg_part *p, const struct cgi_stat *child,
			const struct cgi_stat *parent)
{
	struct cgi_stat c, up;

	return cgi_proc_stat(p, child->pid, &c) && c.start == child->start &&
		c.ppid == parent->pid && cgi_proc_stat(p, parent->pid, &up) &&
		up.start == parent->start;
}

static bool child_of_known(struct pass *t, const struct cgi_stat *st)
{
	struct cgi_stat up;

	return cgi_proc_stat(t->p, st->ppid, &up) && cgi_proc_known(t->p->priv, &up) &&
		still_child(t->p, st, &up);
}

/*
 * One process. A new member is reported at once, before it is another number. On the first
 * list nobody is reported before everybody was looked at: a child that is known by its
 * parent only would be lost with it. Where a sure tag tells, that does not matter, and a
 * stranger costs one call and is forgotten.
 */
static int look_at(struct pass *t, pid_t pid)
{
	struct proc *x = t->p->priv;
	struct cgi_stat st;
	bool member;
	int rc;

	/* Whom the kernel's list has needs no look; a stray may be its child, though. */
	if (t->p->listed && cgi_pids_has(t->p->listed, pid))
		return 0;
	if ((t->tag_only && !cgi_proc_tagged(t->p, pid)) || !cgi_proc_stat(t->p, pid, &st))
		return cgi_proc_trouble(t->p);
	/* A tag is asked for after the start time was read: the number may be another's by now. */
	member = cgi_proc_known(x, &st) || cgi_proc_tagged(t->p, pid) ||
		(!t->first && child_of_known(t, &st));
	rc = member ? 0 : cgi_proc_trouble(t->p);
	if (rc || t->first)
		return rc ? rc : remember(t, &st, member);
	return member ? report(t, &st) : 0;
}

static int on_proc(void *data, const struct cgi_entry *e)
{
	uint64_t pid;

	if (cgi_parse_u64(e->name, &pid) || !pid || pid > INT32_MAX)
		return 0;
	return cgi_pids_add(data, (pid_t)pid);
}

/* Those that were seen alive; the dead are dropped. */
static int look_at_known(struct pass *t)
{
	struct proc *x = t->p->priv;
	struct proc_refs *lists[] = { &x->found, &x->recorded };
	struct cgi_stat st;
	int rc = 0, one;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		size_t n = 0;

		for (size_t j = 0; j < lists[i]->n; j++) {
			one = cgi_stat_pid(t->p->ctx, lists[i]->v[j].pid, &st);
			if (one != -ESRCH && (one || st.start == lists[i]->v[j].start))
				lists[i]->v[n++] = lists[i]->v[j];
		}
		lists[i]->n = n;
		for (size_t j = 0; !rc && j < n; j++)
			rc = look_at(t, lists[i]->v[j].pid);
	}
	return rc;
}

/* Numbers (from, to] are still to be looked at. With no room the two oldest become one. */
static void push(struct proc_todo *todo, pid_t from, pid_t to)
{
	if (from >= to)
		return;
	if (todo->n == ARRAY_SIZE(todo->range)) {
		todo->range[1].from = todo->range[0].from < todo->range[1].from ?
			todo->range[0].from : todo->range[1].from;
		if (todo->range[1].to < todo->range[0].to)
			todo->range[1].to = todo->range[0].to;
		memmove(&todo->range[0], &todo->range[1], --todo->n * sizeof(todo->range[0]));
	}
	todo->range[todo->n].from = from;
	todo->range[todo->n++].to = to;
}

/* After pid_max numbers begin again at the low end. */
static int what_is_new(struct pass *t, pid_t max)
{
	struct proc *x = t->p->priv;
	pid_t last = last_given(t->p->ctx);

	if (!last)
		return cgi_fail(t->p->ctx, -EIO, "/proc/loadavg does not tell the last process");
	if (last < x->todo.upto) {
		push(&x->todo, x->todo.upto, max);
		push(&x->todo, 0, last);
	} else {
		push(&x->todo, x->todo.upto, last);
	}
	x->todo.upto = last;
	return 0;
}

/* The newest of the new numbers, then the first list. False: nothing is left. */
static bool take(struct proc_todo *todo, pid_t *pid)
{
	while (todo->n && todo->range[todo->n - 1].from >= todo->range[todo->n - 1].to)
		todo->n--;
	if (todo->n)
		*pid = todo->range[todo->n - 1].to--;
	else if (todo->first.n)
		*pid = todo->first.pid[--todo->first.n];
	else
		return false;
	return true;
}

static int begin(struct pass *t)
{
	struct proc *x = t->p->priv;
	struct proc_todo *todo = &x->todo;
	int rc;

	/* Whoever is doubtful in this list stays so while only new numbers are looked at. */
	x->unproven = false;
	todo->n = todo->first.n = 0;
	todo->upto = last_given(t->p->ctx);
	rc = t->p->ctx->sys->list(t->p->ctx->k, t->p->ctx->procfd, on_proc, &todo->first);
	if (rc)
		return cgi_fail(t->p->ctx, rc, "read /proc: %s", cgi_strerror(rc));
	cgi_pids_sort(&todo->first);
	todo->begun = true;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct entry *)a)->st.pid, y = ((const struct entry *)b)->st.pid;

	return (x > y) - (x < y);
}

static bool child_of_listed(struct pass *t, const struct cgi_stat *st)
{
	struct cgi_stat up;

	return t->p->listed && cgi_pids_has(t->p->listed, st->ppid) &&
		cgi_proc_stat(t->p, st->ppid, &up) && still_child(t->p, st, &up);
}

/* Members' children, and theirs, until a round finds no more. */
static int descend(struct pass *t)
{
	struct proc *x = t->p->priv;
	bool again = true;
	int rc = 0;

	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_pid);
	while (again && !rc) {
		again = false;
		for (size_t i = 0; !rc && i < t->n; i++) {
			struct entry key = { .st.pid = t->v[i].st.ppid }, *up;

			up = t->v[i].member ? NULL : bsearch(&key, t->v, t->n, sizeof(key), by_pid);
			if (t->v[i].member || !(up ? up->member &&
			    still_child(t->p, &t->v[i].st, &up->st) :
			    child_of_listed(t, &t->v[i].st)))
				continue;
			t->v[i].member = again = true;
			rc = cgi_proc_refs_add(&x->found, &(struct cg_ref){
				.pid = t->v[i].st.pid, .start = t->v[i].st.start });
		}
	}
	return rc;
}

/* All of it: who belongs by tag or record, then by descent, then the reports. */
static int first_list(struct pass *t)
{
	struct cgi_pids *l = &((struct proc *)t->p->priv)->todo.first;
	int rc = 0;

	t->first = true;
	while (!rc && l->n)
		rc = look_at(t, l->pid[--l->n]);
	t->first = false;
	rc = rc ? rc : descend(t);
	for (size_t i = t->n; !rc && i--; )
		if (t->v[i].member)
			rc = report(t, &t->v[i].st);
	return rc;
}

/* Past the deadline of the call nobody waits for a proof, as a storm may keep it away for long. */
static bool in_time(struct cg_ctx *ctx, uint64_t least)
{
	uint64_t now = ctx->sys->now(ctx->k);

	return !ctx->deadline || now < ctx->deadline || now < least;
}

/* A later pass has to begin with a whole list again, or it would prove what it did not see. */
static void give_up_the_new(struct proc *x)
{
	x->todo.n = 0;
	x->todo.begun = x->todo.again = false;
}

/*
 * Looks until a look at all that is new ends with nothing new, or the budget is used up.
 * Where numbers cannot be followed, the first list is all, and nothing is proven.
 */
static int work(struct pass *t)
{
	struct proc *x = t->p->priv;
	struct cg_ctx *ctx = t->p->ctx;
	pid_t pid, max = pid_max(ctx);
	uint64_t least = ctx->sys->now(ctx->k) + AT_LEAST_US;
	bool follow = t->follow && x->todo.upto && max >= SMALLEST_MAX;
	size_t budget = BUDGET + (x->chasing ? 0 : x->todo.first.n);
	int rc = 0;

	x->unsettled = true;
	for (size_t i = 0; !rc && i < budget; i++) {
		if (follow && i % AT_ONCE == 0) {
			follow = in_time(ctx, least);
			if (follow)
				rc = what_is_new(t, max);
			else
				give_up_the_new(x);
		}
		if (rc)
			break;
		if (take(&x->todo, &pid)) {
			rc = look_at(t, pid);
			continue;
		}
		if (!follow)
			return 0;
		pid = x->todo.upto;
		rc = what_is_new(t, max);
		if (rc || pid != x->todo.upto)
			continue;
		if (!x->chasing || x->todo.again) {
			x->unsettled = false;
			return 0;
		}
		rc = begin(t);
		x->todo.again = true;
	}
	return rc;
}

/* Nothing to look for: every recorded process has ended, and there is no tag, or it has. */
static bool nothing_to_find(struct cg_part *p)
{
	struct proc *x = p->priv;
	struct proc_refs *lists[] = { &x->recorded, &x->found };
	struct cgi_stat st;
	int rc;

	if (!p->witness && x->ids && !cgi_proc_user_ns_ended(p))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++) {
			rc = cgi_stat_pid(p->ctx, lists[i]->v[j].pid, &st);
			if (rc != -ESRCH && (rc || st.start == lists[i]->v[j].start))
				return false;
		}
	if (!p->witness && x->ids)
		x->unsettled = x->unproven = false;
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
		    cgi_proc_stat(p, x->recorded.v[i].pid, &st) &&
		    st.start == x->recorded.v[i].start)
			return false;
	return true;
}

int cgi_proc_scan(struct cg_part *p, unsigned flags, proc_fn fn, void *data)
{
	struct pass t = {
		.p = p, .fn = fn, .data = data, .follow = !p->witness && !(flags & CGI_ONE_LOOK),
	};
	struct proc *x = p->priv;
	int rc;

	if (nothing_to_find(p))
		return 0;
	(void)cgi_proc_trouble(p);
	t.tag_only = all_tagged(p);
	if (!x->chasing)
		x->todo.begun = x->todo.again = false;
	rc = x->todo.begun ? look_at_known(&t) : begin(&t);
	if (!rc && !t.tag_only)
		rc = first_list(&t);
	rc = rc ? rc : work(&t);
	rc = rc ? rc : cgi_proc_trouble(p);
	free(t.v);
	return rc;
}

int cgi_proc_chase(struct cg_part *p, bool on)
{
	struct proc *x = p->priv;

	x->chasing = on && !p->witness;
	x->todo.begun = x->todo.again = false;
	return 0;
}
