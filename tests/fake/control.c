/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the control files of the fake kernel's groups do: members, freezing, killing.
 * Traps of the real one are kept: v2 lists members outside the reader's PID namespace
 * as 0 and may list one twice, v1 hides them; a process past its exit is moved
 * "successfully"; FROZEN is only found out when the file is read.
 */
#include <signal.h>

#include "fk.h"

static struct fk_proc *freezable(struct fk *k, unsigned i, struct fk_proc *p)
{
	struct fk_cg *cg = p->cg[i];

	if (p->stuck || p->kthread)
		return NULL;
	for (; cg; cg = cg->parent)
		if (cg->freeze && (k->h[i].v2 || !cg->lag))
			return p;
	return NULL;
}

static void count_up(struct fk_cg *cg, bool frozen)
{
	for (; cg; cg = cg->parent) {
		cg->nprocs++;
		cg->nfrozen += frozen;
	}
}

/* True: it got signals that it had not got while it was frozen; all may be different now. */
static bool settle_proc(struct fk *k, struct fk_proc *p)
{
	bool was = p->frozen1 || p->frozen2;

	p->frozen1 = p->frozen2 = false;
	for (unsigned i = 0; i < k->nh; i++)
		if (p->cg[i] && freezable(k, i, p)) {
			if (k->h[i].v2)
				p->frozen2 = true;
			else
				p->frozen1 = true;
		}
	for (unsigned i = 0; i < k->nh; i++) {
		bool frozen = k->h[i].v2 ? p->frozen2 : p->frozen1;

		count_up(p->cg[i], frozen || p->exiting);
		for (unsigned t = 0; k->h[i].v2 && t < p->nthreads; t++)
			if (p->thread[t].v2 && !p->thread[t].dead)
				count_up(p->thread[t].v2, frozen);
	}
	if (!was || p->frozen1 || p->frozen2 || !p->pending)
		return false;
	fk_deliver(k, p);
	return true;
}

static bool is_frozen(const struct fk_cg *cg)
{
	return fk_cg_frozen_any(cg) && cg->nfrozen == cg->nprocs;
}

/* Brings everything that follows from who is where up to date. */
void fk_settle(struct fk *k)
{
	unsigned *depth = &k->settling;
	bool again = true;

	if (*depth)			/* a death while settling: once more at the end */
		return;
	k->unsettled = false;
	(*depth)++;
	for (int round = 0; round < 2 && again; round++) {
		again = false;
		for (struct fk_cg *cg = k->cgs; cg; cg = cg->live)
			cg->nprocs = cg->nfrozen = 0;
		for (struct fk_proc *p = k->procs; p; p = p->live)
			if (!p->reaped && fk_in_groups(p) && settle_proc(k, p))
				again = true;
	}
	(*depth)--;
	for (struct fk_cg *cg = k->cgs; cg; cg = cg->live) {
		if (!cg->h->v2)
			continue;
		if (cg->was_populated != !!cg->nprocs || cg->was_frozen != is_frozen(cg)) {
			cg->events++;
			fk_tell(k, cg, fk_cg_file("cgroup.events"), "");
		}
		cg->was_populated = cg->nprocs;
		cg->was_frozen = is_frozen(cg);
	}
}

static struct fk_cg *domain(struct fk_cg *cg)
{
	while (cg && cg->threaded)
		cg = cg->parent;
	return cg;
}

static int by_number(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

int fk_read_procs(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	unsigned h = cg->h - k->h;
	pid_t *pid = NULL;
	size_t n = 0;

	if (cg->threaded)
		return -EOPNOTSUPP;
	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped || !fk_listed(p) || (cg->h->v2 ? domain(p->cg[h]) : p->cg[h]) != cg)
			continue;
		pid = realloc(pid, (n + 1) * sizeof(*pid));
		if (!pid)
			abort();
		pid[n++] = fk_num(k, p);
	}
	if (!cg->h->v2 && n)
		qsort(pid, n, sizeof(*pid), by_number);
	for (size_t i = 0; i < n; i++)
		if (pid[i] || cg->h->v2)
			fk_text(t, "%d\n", (int)pid[i]);
	if (cg->h->v2 && n > 3 && pid[1])
		fk_text(t, "%d\n", (int)pid[1]);
	free(pid);
	return 0;
}

int fk_read_tasks(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	unsigned h = cg->h - k->h;

	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped || !fk_listed(p))
			continue;
		for (unsigned i = 0; i < p->nthreads; i++) {
			struct fk_cg *at = p->cg[h];
			pid_t num = fk_num(k, p);

			if (cg->h->v2 && p->thread[i].v2)
				at = p->thread[i].v2;
			if (at != cg || p->thread[i].dead || (!num && !cg->h->v2))
				continue;
			fk_text(t, "%d\n", (int)(num && i ? p->thread[i].tid : num));
		}
	}
	return 0;
}

int fk_read_events(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	fk_text(t, "populated %d\n", cg->nprocs > 0);
	if (!k->no_freeze)
		fk_text(t, "frozen %d\n", is_frozen(cg) || (k->stale_frozen && !cg->nprocs));
	return 0;
}

int fk_read_freeze(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	(void)k;
	fk_text(t, "%d\n", cg->freeze);
	return 0;
}

int fk_read_state(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	if (!fk_cg_frozen_any(cg)) {
		fk_text(t, "THAWED\n");
		return 0;
	}
	if (cg->lag > 0)
		cg->lag--;
	fk_settle(k);
	fk_text(t, "%s\n", is_frozen(cg) && (!cg->freeze || !cg->lag) ? "FROZEN" : "FREEZING");
	return 0;
}

int fk_read_self(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	return fk_read_freeze(k, cg, t);
}

int fk_read_above(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	(void)k;
	fk_text(t, "%d\n", fk_cg_frozen_any(cg->parent));
	return 0;
}

int fk_read_type(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	(void)k;
	if (cg->threaded) {
		fk_text(t, "threaded\n");
		return 0;
	}
	if (cg->parent && cg->parent->threaded) {
		fk_text(t, "domain invalid\n");
		return 0;
	}
	for (struct fk_cg *c = cg->child; c; c = c->next)
		if (c->threaded) {
			fk_text(t, "domain threaded\n");
			return 0;
		}
	fk_text(t, "domain\n");
	return 0;
}

int fk_read_controllers(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	int file = fk_cg_file("cgroup.subtree_control");

	(void)k;
	if (!cg->parent)
		fk_text(t, "%s\n", cg->h->controllers);
	else
		fk_text(t, "%s\n", cg->parent->val[file] ? cg->parent->val[file] : "");
	return 0;
}

int fk_read_stat(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	unsigned n = 0;

	for (const struct fk_cg *c = k->cgs; c; c = c->live)
		n += c != cg && fk_cg_within(c, cg);
	fk_text(t, "nr_descendants %u\nnr_dying_descendants 0\n", n);
	return 0;
}

int fk_read_cpu_stat(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	bool limits = cg->parent && cg->parent->val[k->f_subtree] &&
		fk_word_in(cg->parent->val[k->f_subtree], "cpu");

	if (!cg->h->v2) {
		fk_text(t, "nr_periods 10\nnr_throttled 4\nthrottled_time 5000\n");
		return 0;
	}
	fk_text(t, "usage_usec 3000\nuser_usec 2000\nsystem_usec 1000\n");
	if (limits)
		fk_text(t, "nr_periods 10\nnr_throttled 4\nthrottled_usec 5\n");
	return 0;
}

int fk_read_current(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	(void)k;
	fk_text(t, "%u\n", cg->nprocs);
	return 0;
}

/* The process (or the owner of the thread) that a text of a number means. */
static int parse_task(struct fk *k, const char *text, struct fk_proc **p, unsigned *thread)
{
	char *end;
	long num = strtol(text, &end, 10);

	*thread = 0;
	if (end == text || (*end && *end != '\n') || num < 0)
		return -EINVAL;
	*p = num ? fk_find(k, num) : k->me;
	for (struct fk_proc *q = k->procs; !*p && q; q = q->live)
		for (unsigned i = 1; i < q->nthreads && !q->reaped && fk_num(k, q); i++)
			if (q->thread[i].tid == num && !q->thread[i].dead) {
				*p = q;
				*thread = i;
			}
	if (!*p)
		return -ESRCH;
	return (*p)->kthread ? -EINVAL : 0;
}

static bool may_move(const struct fk *k, const struct fk_cg *from, const struct fk_cg *to,
		     const struct fk_proc *p)
{
	if (fk_root(k))
		return true;
	if (!to->h->v2)			/* no rule about the place that it comes from */
		return k->me->uid == p->uid;
	while (!fk_cg_within(to, from))
		from = from->parent;
	return fk_file_writable(k, from, fk_cg_file("cgroup.procs"));
}

static int refuses_members(const struct fk_cg *cg)
{
	int subtree = fk_cg_file("cgroup.subtree_control");
	const char *cpus = cg->val[fk_cg_file("cpuset.cpus")];
	const char *mems = cg->val[fk_cg_file("cpuset.mems")];

	if (!cg->h->v2)
		return strstr(cg->h->controllers, "cpuset") &&
				       (!cpus || !*cpus || !mems || !*mems) ?
			       -ENOSPC :
			       0;
	if (!cg->threaded && cg->parent && cg->parent->threaded)
		return -EOPNOTSUPP;
	return cg->parent && !cg->threaded && cg->val[subtree] && *cg->val[subtree] ? -EBUSY : 0;
}

int fk_write_procs(struct fk *k, struct fk_cg *cg, const char *text)
{
	struct fk_proc *p;
	unsigned thread;
	int rc = parse_task(k, text, &p, &thread);

	if (rc < 0)
		return rc;
	if (!may_move(k, p->cg[cg->h - k->h], cg, p))
		return -EACCES;
	rc = refuses_members(cg);
	if (rc < 0)
		return rc;
	if (fk_alive(p))		/* cgroup_migrate_add_task() skips PF_EXITING in silence */
		fk_cg_put(cg, p);
	return 0;
}

int fk_write_tasks(struct fk *k, struct fk_cg *cg, const char *text)
{
	struct fk_proc *p;
	unsigned thread;
	int rc = parse_task(k, text, &p, &thread);

	if (rc < 0)
		return rc;
	if (!may_move(k, p->cg[cg->h - k->h], cg, p))
		return -EACCES;
	if (!cg->h->v2)
		return fk_write_procs(k, cg, text);
	if (domain(cg) != domain(p->cg[cg->h - k->h]))
		return -EOPNOTSUPP;
	p->thread[thread].v2 = cg;
	fk_settle(k);
	return 0;
}

int fk_write_kill(struct fk *k, struct fk_cg *cg, const char *text)
{
	unsigned h = cg->h - k->h;

	if (strtol(text, NULL, 10) != 1)
		return -ERANGE;
	if (cg->threaded)
		return -EOPNOTSUPP;
	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped || !fk_in_groups(p) || !fk_cg_within(p->cg[h], cg))
			continue;
		/* Before 6.14 a fork that is under way gets past the walk. */
		if (k->kill_loses && p->script.fork && !p->frozen1 && !p->frozen2 && fk_fork(k, p))
			k->kill_loses--;
		fk_send(k, p, SIGKILL);
	}
	fk_settle(k);
	return 0;
}

int fk_write_freeze(struct fk *k, struct fk_cg *cg, const char *text)
{
	long on = strtol(text, NULL, 10);

	if (on != 0 && on != 1)
		return -ERANGE;
	cg->freeze = on;
	fk_settle(k);
	return 0;
}

int fk_write_state(struct fk *k, struct fk_cg *cg, const char *text)
{
	if (!strncmp(text, "FROZEN", 6)) {
		if (!cg->freeze)
			cg->lag = k->freeze_stuck ? -1 : k->freeze_lag;
		cg->freeze = true;
	} else if (!strncmp(text, "THAWED", 6)) {
		if (cg->freeze && cg->lag < 0 && k->freeze_stuck)
			k->freeze_stuck--;
		cg->freeze = false;
		cg->lag = 0;
	} else {
		return -EINVAL;
	}
	fk_settle(k);
	return 0;
}

int fk_write_type(struct fk *k, struct fk_cg *cg, const char *text)
{
	(void)k;
	if (strncmp(text, "threaded", 8))
		return -EINVAL;
	cg->threaded = true;
	fk_settle(k);
	return 0;
}

int fk_write_subtree(struct fk *k, struct fk_cg *cg, const char *text)
{
	int file = fk_cg_file("cgroup.subtree_control");
	const char *now = cg->val[file] ? cg->val[file] : "";
	struct fk_text avail = { .s = NULL }, next = { .s = NULL };
	char word[32];
	int n, rc = 0;

	fk_read_controllers(k, cg, &avail);
	fk_text(&next, "%s", now);
	for (; !rc && sscanf(text, " %31s%n", word, &n) == 1; text += n) {
		if ((*word != '+' && *word != '-') || !fk_word_in(avail.s, word + 1))
			rc = -ENOENT;
		for (struct fk_proc *p = *word == '+' && cg->parent ? k->procs : NULL; p && !rc;
		     p = p->live)
			if (!p->reaped && fk_in_groups(p) && p->cg[cg->h - k->h] == cg)
				rc = -EBUSY;
		if (*word == '+' && !fk_word_in(next.s, word + 1))
			fk_text(&next, "%s%s", next.len ? " " : "", word + 1);
	}
	fk_text_free(&avail);
	if (rc) {
		fk_text_free(&next);
		return rc;
	}
	free(cg->val[file]);
	cg->val[file] = next.s;
	return 0;
}
