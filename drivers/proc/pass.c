/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Passes over /proc that no member can outrun.
 *
 * A list of processes is old when it is read: a chain that forks and exits has another
 * number by then, and finding no member proves nothing. But the kernel tells the number
 * that it gave last (/proc/loadavg), and numbers are given in ascending order. So a pass
 * looks at the numbers given since as well, always the newest first, until it has looked at
 * all of them and none was given meanwhile. Then every process that existed since the pass
 * began was looked at: it was no member, or had ended, or was reported (and, in a kill, got
 * its signal before it could fork once more). A living member that was not seen would need a
 * parent that was not seen.
 *
 * One gap is left: a number is given before the process can be found by it. So when no
 * member lives any more, a kill takes the whole list once again. By then each member has
 * ended or has SIGKILL pending, which makes the kernel give up a fork that is under way:
 * whoever was being born is in that list or will never be. That is a proof, not a guess.
 *
 * Where the numbers cannot be followed (loadavg hidden, or another file system's) the pass is
 * one whole list, and proves nothing. A pass that runs out of time proves less.
 */
#include <stdio.h>

#include "proc.h"

#define BUDGET		1024	/* looks in one pass of a kill; the next pass goes on */
#define AT_ONCE		16	/* looks before asking again for the newest number and the time */
#define SMALLEST_MAX	4096	/* a smaller pid_max could wrap between two looks */

struct entry {
	struct cgi_stat st;
	bool member;
};

struct pass {
	struct cgi_claims *c;
	const struct cgi_pids *listed;	/* members that are known already; may be NULL */
	bool tag_only;		/* all members have a tag that nobody can take off */
	bool follow;		/* those that are forked meanwhile */
	bool first;		/* over the first list: who belongs is decided before any report */
	struct entry *v;	/* all that were looked at, for descent */
	size_t n, cap;
	proc_fn fn;
	void *data;
};

/* ---- numbers ---- */

/* The last field of loadavg; 0 if it cannot be known. */
static int last_given(struct cg_ctx *ctx, pid_t *ret)
{
	char buf[128], *s;
	uint64_t pid;
	ssize_t n = cgi_read_word(ctx, ctx->procfd, "loadavg", buf, sizeof(buf));

	*ret = 0;
	if (n <= 0)
		return cgi_is_scarce((int)n) ? (int)n : 0;
	s = strrchr(buf, ' ');
	if (s && !cgi_parse_u64(s + 1, &pid) && pid <= INT32_MAX)
		*ret = (pid_t)pid;
	return 0;
}

static int pid_max(struct cg_ctx *ctx, pid_t *ret)
{
	char buf[32];
	uint64_t max;
	ssize_t n = cgi_read_word(ctx, ctx->procfd, "sys/kernel/pid_max", buf, sizeof(buf));

	*ret = 0;
	if (n <= 0)
		return cgi_is_scarce((int)n) ? (int)n : 0;
	if (!cgi_parse_u64(buf, &max) && max <= INT32_MAX)
		*ret = (pid_t)max;
	return 0;
}

int cgi_proc_follows(struct cg_ctx *ctx)
{
	pid_t last = 0, max = 0;
	int rc = last_given(ctx, &last);

	rc = rc ? rc : pid_max(ctx, &max);
	return rc ? rc : last && max >= SMALLEST_MAX;
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
	struct proc_todo *todo = &t->c->todo;
	pid_t last;
	int rc = last_given(t->c->ctx, &last);

	if (rc || !last)
		return cgi_fail(t->c->ctx, rc ? rc : -EIO, "read the last process number: %s",
				rc ? cgi_strerror(rc) : "/proc/loadavg does not tell");
	if (last < todo->upto) {
		push(todo, todo->upto, max);
		push(todo, 0, last);
	} else {
		push(todo, todo->upto, last);
	}
	todo->upto = last;
	return 0;
}

/* The newest of the new numbers, then the first list. False: nothing is left. */
static bool take(struct proc_todo *todo, pid_t *pid, bool *is_new)
{
	while (todo->n && todo->range[todo->n - 1].from >= todo->range[todo->n - 1].to)
		todo->n--;
	*is_new = todo->n;
	if (todo->n)
		*pid = todo->range[todo->n - 1].to--;
	else if (todo->first.n)
		*pid = todo->first.pid[--todo->first.n];
	else
		return false;
	return true;
}

/* A later pass has to begin with a whole list again, or it would prove what it did not see. */
static int give_up(struct pass *t)
{
	t->c->todo.n = 0;
	t->c->todo.begun = t->c->todo.again = false;
	t->c->view = VIEW_CUT;
	return 0;
}

/* ---- one process ---- */

static int remember(struct pass *t, const struct cgi_stat *st, bool member)
{
	struct entry *v;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap ? t->cap * 2 : 256;
		v = realloc(t->v, cap * sizeof(*v));
		if (!v)
			return cgi_nomem(t->c->ctx);
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = (struct entry){ .st = *st, .member = member };
	return 0;
}

static struct proc_known *know(struct pass *t, const struct cgi_stat *st)
{
	struct cg_ref ref = { .pid = st->pid, .start = st->start };

	if (!cgi_proc_add(&t->c->known, &ref, false))
		return cgi_proc_find(&t->c->known, st->pid);
	cgi_nomem(t->c->ctx);
	return NULL;
}

static int report(struct pass *t, const struct cgi_stat *st)
{
	struct proc_known *k;

	if (!cgi_proc_lives(t->c, st))
		return cgi_proc_trouble(t->c);
	/* A later pass over new numbers only would not see it: the proof begins again. */
	t->c->todo.again = false;
	k = know(t, st);
	if (!k)
		return -ENOMEM;
	k->tagged = k->tagged || t->tag_only;
	if (k->pass == t->c->passes)
		return 0;
	k->pass = t->c->passes;
	return t->fn(t->data, st->pid);
}

/* Both ends of the link are still those that were seen: the number was not reused between. */
static bool still_child(struct cgi_claims *c, const struct cgi_stat *child,
			const struct cgi_stat *parent)
{
	struct cgi_stat st, up;

	return cgi_proc_stat(c, child->pid, &st) && st.start == child->start &&
		st.ppid == parent->pid && cgi_proc_stat(c, parent->pid, &up) &&
		up.start == parent->start;
}

static bool child_of_known(struct pass *t, const struct cgi_stat *st)
{
	struct cgi_stat up;

	return cgi_proc_find(&t->c->known, st->ppid) && cgi_proc_stat(t->c, st->ppid, &up) &&
		cgi_proc_known(t->c, &up) && still_child(t->c, st, &up);
}

/*
 * A new member is reported at once, before it has another number. On the first list nobody
 * is reported before everybody was looked at: a child that is known by its parent only would
 * be lost with it. Where a sure tag tells, that does not matter, and a stranger costs one
 * call and is forgotten.
 */
static int look_at(struct pass *t, pid_t pid, bool is_new)
{
	struct cgi_claims *c = t->c;
	struct proc_known *k = cgi_proc_find(&c->known, pid);
	struct cgi_stat st;
	bool known, member;
	int rc;

	/* The places know it already. */
	if (t->listed && cgi_pids_has(t->listed, pid)) {
		if (k)
			k->pass = c->passes;
		return 0;
	}
	if ((t->tag_only && !k && !cgi_proc_tagged(c, pid)) || !cgi_proc_stat(c, pid, &st))
		return cgi_proc_trouble(c);
	/* A tag is asked for after the start time was read: the number may be another's by now. */
	known = cgi_proc_known(c, &st);
	member = known || cgi_proc_tagged(c, pid) || (!t->first && child_of_known(t, &st));
	/* Threads have numbers too. */
	if (member && !known && is_new && !cgi_proc_is_process(c, pid))
		return 0;
	rc = member ? 0 : cgi_proc_trouble(c);
	if (rc || t->first)
		return rc ? rc : remember(t, &st, member);
	return member ? report(t, &st) : 0;
}

/* ---- a pass ---- */

/* Known processes that were not reported: they have ended, or /proc hides them. */
static int look_at_unseen(struct pass *t)
{
	struct cgi_claims *c = t->c;
	struct cgi_stat st;
	bool cut = false;
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; !rc && i < c->known.n; i++) {
		if (c->known.v[i].pass == c->passes)
			continue;
		if (n++ && n % AT_ONCE == 0 && cgi_late(t->c->ctx)) {
			give_up(t);
			cut = true;
		}
		/* No time to look: a member as before, as nothing has shown that it ended. */
		if (cut) {
			c->known.v[i].pass = c->passes;
			rc = t->fn(t->data, c->known.v[i].ref.pid);
			continue;
		}
		if (cgi_proc_look(c, &c->known.v[i].ref, &st)) {
			rc = report(t, &st);
			continue;
		}
		rc = cgi_proc_trouble(c);
		c->known.v[i].ended = !rc;
	}
	cgi_proc_drop_ended(&c->known);
	return rc;
}

static int look_at_known(struct pass *t)
{
	struct proc_set *l = &t->c->known;
	size_t n = l->n;
	int rc = 0;

	for (size_t i = 0; !rc && i < n && (i % AT_ONCE || !i || !cgi_late(t->c->ctx)); i++)
		rc = look_at(t, l->v[i].ref.pid, false);
	return rc;
}

static int on_proc(void *data, const struct cgi_entry *e)
{
	uint64_t pid;

	if (cgi_parse_u64(e->name, &pid) || !pid || pid > INT32_MAX)
		return 0;
	return cgi_pids_add(data, (pid_t)pid);
}

static int begin(struct pass *t)
{
	struct cg_ctx *ctx = t->c->ctx;
	struct proc_todo *todo = &t->c->todo;
	int rc;

	/* Who is doubtful in this list stays so while only new numbers are looked at. */
	t->c->unproven = false;
	todo->n = todo->first.n = 0;
	rc = last_given(ctx, &todo->upto);
	rc = rc ? rc : ctx->sys->list(ctx->k, ctx->procfd, on_proc, &todo->first);
	if (rc)
		return cgi_fail(ctx, rc, "read /proc: %s", cgi_strerror(rc));
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

	return t->listed && cgi_pids_has(t->listed, st->ppid) &&
		cgi_proc_stat(t->c, st->ppid, &up) && still_child(t->c, st, &up);
}

/* Members' children, and theirs, until a round finds no more. */
static int descend(struct pass *t)
{
	bool again = true;
	int rc = 0;

	if (t->n)
		qsort(t->v, t->n, sizeof(*t->v), by_pid);
	while (again && !rc) {
		again = false;
		for (size_t i = 0; !rc && i < t->n && (i % 64 || !cgi_late(t->c->ctx)); i++) {
			struct entry key = { .st.pid = t->v[i].st.ppid }, *up;

			up = t->v[i].member ? NULL : bsearch(&key, t->v, t->n, sizeof(key), by_pid);
			if (t->v[i].member || !(up ? up->member &&
			    still_child(t->c, &t->v[i].st, &up->st) :
			    child_of_listed(t, &t->v[i].st)))
				continue;
			t->v[i].member = again = true;
			rc = know(t, &t->v[i].st) ? 0 : -ENOMEM;
		}
	}
	return rc;
}

/* All of the list: who belongs by tag or record, then by descent, then the reports. */
static int first_list(struct pass *t)
{
	struct cgi_pids *l = &t->c->todo.first;
	int rc = 0;

	t->first = true;
	for (size_t i = 0; !rc && l->n && (i % AT_ONCE || !cgi_late(t->c->ctx)); i++)
		rc = look_at(t, l->pid[--l->n], false);
	t->first = false;
	rc = rc ? rc : descend(t);
	for (size_t i = t->n; !rc && i--; )
		if (t->v[i].member)
			rc = report(t, &t->v[i].st);
	return rc;
}

/* Looks until a look at all that is new ends with nothing new, or the budget is used up. */
static int work(struct pass *t)
{
	struct cgi_claims *c = t->c;
	size_t budget = BUDGET + (c->chasing ? 0 : c->todo.first.n);
	pid_t pid, max;
	bool is_new;
	int rc = pid_max(c->ctx, &max);

	t->follow = t->follow && c->todo.upto && max >= SMALLEST_MAX;
	c->view = VIEW_CUT;
	for (size_t i = 0; !rc && i < budget; i++) {
		if (i % AT_ONCE == 0 && cgi_late(t->c->ctx))
			return give_up(t);
		if (i % AT_ONCE == 0 && t->follow)
			rc = what_is_new(t, max);
		if (rc)
			break;
		if (take(&c->todo, &pid, &is_new)) {
			rc = look_at(t, pid, is_new);
			continue;
		}
		c->view = VIEW_WHOLE;
		/* The next pass sees who is new by a whole list only. */
		c->todo.begun = c->todo.begun && t->follow;
		if (!t->follow)
			return 0;
		pid = c->todo.upto;
		rc = what_is_new(t, max);
		if (rc || pid != c->todo.upto)
			continue;
		if (!c->chasing || c->todo.again) {
			c->view = VIEW_PROVEN;
			return 0;
		}
		rc = begin(t);
		c->todo.again = true;
	}
	if (c->chasing)
		c->view = VIEW_CUT;
	return rc;
}

/* Nothing to look for: every known process has ended, and there is no tag, or it has. */
static bool nothing_to_find(struct cgi_claims *c)
{
	struct cgi_stat st;

	if (!c->witness && c->ids && !cgi_proc_user_ns_ended(c))
		return false;
	for (size_t i = 0; i < c->known.n; i++)
		if ((i % 64 == 63 && cgi_late(c->ctx)) ||
		    cgi_ref_look(c->ctx, &c->known.v[i].ref, &st))
			return false;
	c->view = VIEW_PROVEN;
	c->unproven = false;
	return true;
}

/* Recorded processes outside of the namespace, and their children, are found by descent only. */
static bool all_tagged(struct cgi_claims *c)
{
	struct cgi_stat st;

	if (c->witness || !(c->ids & CG_ID_USER))
		return false;
	for (size_t i = 0; i < c->known.n; i++) {
		struct proc_known *k = &c->known.v[i];

		k->tagged = k->tagged || cgi_proc_tagged(c, k->ref.pid);
		if (!k->tagged && cgi_proc_look(c, &k->ref, &st))
			return false;
	}
	return true;
}

int cgi_proc_pass(struct cgi_claims *c, unsigned flags, const struct cgi_pids *listed, proc_fn fn,
		  void *data)
{
	struct pass t = {
		.c = c, .listed = listed, .fn = fn, .data = data,
		.follow = !c->witness && !(flags & CGI_ONE_PASS),
	};
	int rc = 0;

	if (nothing_to_find(c))
		return 0;
	(void)cgi_proc_trouble(c);
	c->passes++;
	t.tag_only = all_tagged(c);
	if (!c->chasing)
		c->todo.begun = c->todo.again = false;
	/*
	 * A kill knows most members already. But a member that is known by its parent only is
	 * lost with it, so the list comes first where it decides, and there is time for it.
	 */
	if (c->todo.begun || (c->chasing && t.tag_only) || c->ctx->sys->now(c->ctx->k) >=
	    c->ctx->deadline)
		rc = look_at_known(&t);
	if (!rc && !c->todo.begun)
		rc = begin(&t);
	if (!rc && !t.tag_only)
		rc = first_list(&t);
	rc = rc ? rc : work(&t);
	rc = rc ? rc : look_at_unseen(&t);
	rc = rc ? rc : cgi_proc_trouble(c);
	free(t.v);
	return rc;
}
