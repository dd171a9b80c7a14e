/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fake kernel's processes: fork, exit, signals, freezing, and the scripts by
 * which they act when time passes.
 */
#include <signal.h>

#include "fk.h"

#define BIT(sig)	(1ULL << ((sig) - 1))

bool fk_alive(const struct fk_proc *p)
{
	return !p->zombie && !p->exiting;
}

bool fk_in_groups(const struct fk_proc *p)
{
	return !p->zombie && (!p->exiting || p->exit_left > 0);
}

/* Since 5.6 cgroup.procs leaves out a group of threads that are all past their exit. */
bool fk_listed(const struct fk_proc *p)
{
	return !p->zombie && !p->exiting;
}

pid_t fk_num(const struct fk *k, const struct fk_proc *p)
{
	const struct fk_ns *mine = k->me->ns[FK_NS_PID];

	if (!fk_ns_within(p->ns[FK_NS_PID], mine))
		return 0;
	return mine == k->init_ns[FK_NS_PID] ? p->pid : p->vpid;
}

static struct fk_proc **slot(struct fk *k, pid_t pid)
{
	return &k->by_pid[(unsigned)pid % (sizeof(k->by_pid) / sizeof(*k->by_pid))];
}

/* Where it was found last, if it still has that number. */
static struct fk_proc *remembered(struct fk *k, pid_t pid)
{
	struct fk_proc *p = *slot(k, pid);

	return p && p->pid == pid && !p->reaped ? p : NULL;
}

struct fk_proc *fk_find(struct fk *k, pid_t num)
{
	struct fk_proc *at = remembered(k, num);

	if (at && fk_num(k, at) == num)
		return at;
	for (struct fk_proc *p = k->procs; p; p = p->live)
		if (!p->reaped && num > 0 && fk_num(k, p) == num)
			return *slot(k, p->pid) = p;
	return NULL;
}

static bool number_used(const struct fk *k, pid_t num)
{
	for (const struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped)
			continue;
		for (unsigned i = 0; i < p->nthreads; i++)
			if (p->thread[i].tid == num)
				return true;
	}
	return false;
}

static pid_t next_number(struct fk *k)
{
	if (k->reuse_pids)
		k->next_pid = 2;
	while (k->next_pid >= k->pid_max ||
	       (k->next_pid <= k->top_pid && number_used(k, k->next_pid)))
		k->next_pid = k->next_pid >= k->pid_max ? 300 : k->next_pid + 1;
	if (k->top_pid < k->next_pid)
		k->top_pid = k->next_pid;
	return k->next_pid++;
}

static struct fk_proc *spawn_as(struct fk *k, struct fk_proc *parent, const char *comm, int tag,
				pid_t number)
{
	struct fk_proc *p = calloc(1, sizeof(*p));

	if (!p)
		abort();
	if (!parent)
		parent = k->init;
	if (parent) {
		*p = *parent;
		memset(p->sent, 0, sizeof(p->sent));
		memset(p->got, 0, sizeof(p->got));
		memset(p->thread, 0, sizeof(p->thread));
		p->worked = 0;
		p->stopped = p->traced = p->vfork = p->stuck = p->no_reap = false;
		p->pending = 0;
		p->act_at = 0;
		p->birth = 0;
	}
	p->parent = parent;
	p->has_children = false;
	if (parent)
		parent->has_children = true;
	p->pid = number;
	p->vpid = k->next_vpid++;
	p->start = 100 + k->usec / 10000;
	p->inode = k->next_ino++;
	p->nthreads = 1;
	p->thread[0].tid = p->pid;
	p->tag = tag;
	snprintf(p->comm, sizeof(p->comm), "%s", comm);
	p->all = k->all_procs;
	k->all_procs = p;
	p->live = k->procs;
	k->procs = p;
	*slot(k, p->pid) = p;
	k->unsettled = true;
	return p;
}

struct fk_proc *fk_spawn(struct fk *k, struct fk_proc *parent, const char *comm, int tag)
{
	return spawn_as(k, parent, comm, tag, next_number(k));
}

/* pids.max of the groups that it is in */
static bool may_fork(struct fk *k, const struct fk_proc *p)
{
	int file = fk_cg_file("pids.max");
	unsigned live = 0;

	if (k->unsettled)
		fk_settle(k);
	for (const struct fk_proc *q = k->procs; q; q = q->live)
		live += !q->reaped;
	if (live >= k->max_procs)
		return false;
	for (unsigned i = 0; i < k->nh; i++)
		for (const struct fk_cg *cg = p->cg[i]; cg; cg = cg->parent) {
			const char *max = cg->val[file];

			if (max && *max != 'm' && cg->nprocs >= strtoul(max, NULL, 10))
				return false;
		}
	return true;
}

struct fk_proc *fk_fork(struct fk *k, struct fk_proc *p)
{
	if (!may_fork(k, p))
		return NULL;
	if (p->script.limit && !--p->script.limit)
		p->script.fork = p->script.fork_on_signal = false;
	return fk_spawn(k, p, p->comm, p->tag);
}

struct fk_thread *fk_add_thread(struct fk *k, struct fk_proc *p)
{
	struct fk_thread *t = &p->thread[p->nthreads];

	if (p->nthreads == FK_THREADS)
		abort();
	p->nthreads++;
	t->tid = next_number(k);
	t->dead = false;
	return t;
}

void fk_reap(struct fk *k, struct fk_proc *p)
{
	(void)k;
	p->reaped = true;
}

static struct fk_proc *new_parent(struct fk *k, const struct fk_proc *p)
{
	struct fk_proc *init = p->ns[FK_NS_PID]->init;

	return init && init != p && fk_alive(init) ? init : k->init;
}

static void maybe_reap(struct fk *k, struct fk_proc *p)
{
	if (p->zombie && p->parent && !p->parent->no_reap && fk_alive(p->parent))
		fk_reap(k, p);
}

/* The end of the exit: its children get another parent, its namespace dies with it. */
static void finish_exit(struct fk *k, struct fk_proc *p)
{
	struct fk_ns *ns = p->ns[FK_NS_PID];

	for (unsigned i = 0; i < k->nh; i++)
		for (struct fk_cg *cg = p->cg[i]; cg; cg = cg->parent)
			cg->left_at = k->usec;
	p->exiting = false;
	p->zombie = true;
	for (struct fk_proc *c = p->has_children ? k->procs : NULL; c; c = c->live) {
		if (c->reaped || c->parent != p)
			continue;
		c->parent = new_parent(k, p);
		c->parent->has_children = true;
		maybe_reap(k, c);
	}
	maybe_reap(k, p);
	if (ns->init != p)
		return;
	for (struct fk_proc *c = k->procs; c; c = c->live)
		if (c != p && !c->reaped && fk_ns_within(c->ns[FK_NS_PID], ns)) {
			c->pending |= BIT(SIGKILL);
			fk_deliver(k, c);
		}
}

void fk_exit(struct fk *k, struct fk_proc *p)
{
	unsigned ticks = p->script.exit_ticks ? p->script.exit_ticks : k->exit_ticks;

	if (p->zombie || p->exiting)
		return;
	p->stopped = p->traced = p->vfork = false;
	for (unsigned i = 0; i < p->nthreads; i++)
		p->thread[i].dead = true;
	if (ticks || p->script.hold) {
		p->exiting = true;
		p->exit_left = ticks;
	} else {
		finish_exit(k, p);
	}
	k->unsettled = true;
}

static bool by_default_harmless(int sig)
{
	return sig == SIGCHLD || sig == SIGURG || sig == SIGWINCH || sig == SIGCONT;
}

/* true: the process took it. */
static bool deliver_one(struct fk *k, struct fk_proc *p, int sig)
{
	if (sig == SIGKILL) {
		/* The v1 refrigerator holds even SIGKILL; v2's does not. */
		if (p->frozen1 || p->stuck)
			return false;
		p->got[sig]++;
		fk_exit(k, p);
		return true;
	}
	if (p->frozen1 || p->frozen2 || p->stuck || p->vfork || p->traced)
		return false;
	if (p->stopped && sig != SIGCONT)
		return false;
	if (sig == SIGSTOP) {
		p->got[sig]++;
		p->stopped = true;
		return true;
	}
	if (p->script.ignores & BIT(sig))
		return true;
	p->got[sig]++;
	if (p->script.fork_on_signal)
		fk_fork(k, p);
	else if (!p->script.catches && !by_default_harmless(sig))
		fk_exit(k, p);
	return true;
}

void fk_deliver(struct fk *k, struct fk_proc *p)
{
	/* SIGKILL first, as the kernel does. */
	if ((p->pending & BIT(SIGKILL)) && deliver_one(k, p, SIGKILL))
		p->pending = 0;
	for (int sig = 1; sig <= 64 && p->pending && fk_alive(p); sig++)
		if (sig != SIGKILL && (p->pending & BIT(sig)) && deliver_one(k, p, sig))
			p->pending &= ~BIT(sig);
	if (!fk_alive(p))
		p->pending = 0;
}

void fk_send(struct fk *k, struct fk_proc *p, int sig)
{
	if (sig <= 0 || sig > 64)
		return;
	p->sent[sig]++;
	if (!fk_alive(p) || p->kthread)
		return;
	if (sig == SIGCONT) {		/* wakes even where it is blocked */
		p->stopped = false;
		p->pending &= ~BIT(SIGSTOP);
	}
	if (sig == SIGSTOP)
		p->pending &= ~BIT(SIGCONT);
	p->pending |= BIT(sig);
	fk_deliver(k, p);
}

struct fk_proc *fk_recycle(struct fk *k, struct fk_proc *p)
{
	struct fk_proc *s;
	pid_t vpid = p->vpid;

	fk_exit(k, p);
	p->exiting = false;
	p->zombie = true;
	fk_reap(k, p);
	s = fk_spawn(k, NULL, "bystander", 0);
	s->pid = s->thread[0].tid = p->pid;
	s->vpid = vpid;
	s->start = p->start + 1;
	s->ns[FK_NS_PID] = k->me->ns[FK_NS_PID];
	memset(&s->script, 0, sizeof(s->script));
	fk_settle(k);
	return s;
}

/* It leaves for a group of its own below the one that it is in. */
void fk_go_nested(struct fk *k, struct fk_proc *p, bool freeze)
{
	char name[32];

	snprintf(name, sizeof(name), "n%d", (int)p->pid);
	for (unsigned i = 0; i < k->nh; i++) {
		struct fk_cg *cg = p->cg[i], *child;

		if (!cg || !cg->parent)
			continue;
		child = fk_cg_child(cg, name, strlen(name));
		if (!child && fk_cg_mkdir(k, cg, name, &child) < 0)
			continue;
		p->cg[i] = child;
		if (freeze && (fk_file_here(child, fk_cg_file("cgroup.freeze")) ||
			       fk_file_here(child, fk_cg_file("freezer.state"))))
			child->freeze = true;
	}
	fk_settle(k);
}

/*
 * The number is given out long before the child can be found by it; a parent that has
 * SIGKILL pending by then has no child (copy_process(), fatal_signal_pending()).
 */
static void begin_fork(struct fk *k, struct fk_proc *p)
{
	if (!may_fork(k, p))
		return;
	p->birth = next_number(k);
	p->birth_left = k->fork_ticks;
}

static void end_fork(struct fk *k, struct fk_proc *p)
{
	pid_t number = p->birth;

	p->birth = 0;
	if (p->script.limit && !--p->script.limit)
		p->script.fork = false;
	spawn_as(k, p, p->comm, p->tag, number);
	if (p->script.leave)
		fk_exit(k, p);
}

static void act(struct fk *k, struct fk_proc *p)
{
	struct fk_script *s = &p->script;

	p->worked += s->work;
	if (s->nest) {
		s->nest = false;	/* its children go one deeper only by their own wish */
		fk_go_nested(k, p, s->freeze_nest);
	}
	if (s->fork && k->fork_ticks)
		begin_fork(k, p);
	else if (s->fork && fk_fork(k, p) && s->leave)
		fk_exit(k, p);
}

void fk_run_scripts(struct fk *k)
{
	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped)
			continue;
		if (p->exiting && p->exit_left > 0) {
			if (!--p->exit_left && !p->script.hold)
				finish_exit(k, p);
			continue;
		}
		if (!fk_alive(p) || p->frozen1 || p->frozen2 || p->stopped || p->traced ||
		    p->stuck || p->vfork)
			continue;
		if (p->birth && !--p->birth_left)
			end_fork(k, p);
		if (p->birth || !p->script.every || k->usec < p->act_at)
			continue;
		if (p->act_at)
			act(k, p);
		p->act_at = k->usec + p->script.every;
	}
}

unsigned fk_count_alive(const struct fk *k, int tag)
{
	unsigned n = 0;

	for (const struct fk_proc *p = k->procs; p; p = p->live)
		n += !p->reaped && p->tag == tag && fk_alive(p);
	return n;
}

unsigned fk_strangers_hit(const struct fk *k)
{
	unsigned n = 0;

	for (const struct fk_proc *p = k->all_procs; p; p = p->all)
		for (int sig = 1; p->tag == 0 && sig <= 64; sig++)
			n += p->sent[sig];
	return n;
}
