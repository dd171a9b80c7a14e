/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is a member where no cgroup says so. Three kinds of evidence:
 *
 * - recorded: the process itself, by number and start time;
 * - tagged: it is in a namespace that only this group has. A user namespace counts with
 *   everything below it, since nobody can leave one: that is sure. A mount namespace
 *   can be left by the privileged: that is weak;
 * - descended: its chain of parents leads to a member. Once seen it is remembered, for
 *   its parent may die before it does.
 *
 * Beside a cgroup tracker (witness) tags are not asked: the kernel's list is better, and
 * an administrator who entered a namespace is no member.
 */
#include <stdio.h>

#include "proc.h"

#define MAX_DEPTH	32	/* of user namespaces, as in the kernel */

static const char *const ns_names[PROC_IDS] = { "user", "pid", "mnt" };

int cgi_proc_refs_add(struct proc_refs *l, const struct cg_ref *ref)
{
	size_t cap;
	struct cg_ref *v;

	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].pid == ref->pid && l->v[i].start == ref->start)
			return 0;
	if (l->n == l->cap) {
		cap = l->cap ? l->cap * 2 : 8;
		v = realloc(l->v, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *ref;
	return 0;
}

bool cgi_proc_refs_has(const struct proc_refs *l, const struct cgi_stat *st)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].pid == st->pid && l->v[i].start == st->start)
			return true;
	return false;
}

int cgi_proc_ns(struct cg_ctx *ctx, pid_t pid, unsigned bit, struct cgi_ident *ret)
{
	char name[32];

	snprintf(name, sizeof(name), "%d/ns/%s", pid, ns_names[bit]);
	return ctx->sys->ident(ctx->k, ctx->procfd, name, ret);
}

static bool same(const struct cgi_ident *a, const struct cgi_ident *b)
{
	return a->ino == b->ino && a->dev == b->dev;
}

/* Climbs to the parents; EPERM is the end of what we may see, so it is none of ours. */
static int climbs_to(struct cg_ctx *ctx, pid_t pid, const struct cgi_ident *want)
{
	struct cgi_ident id;
	char name[32];
	int fd, up, rc = 0;

	snprintf(name, sizeof(name), "%d/ns/user", pid);
	fd = ctx->sys->ns(ctx->k, ctx->procfd, name);
	for (int i = 0; fd >= 0 && !rc && i < MAX_DEPTH; i++) {
		up = ctx->sys->ns(ctx->k, fd, NULL);
		cgi_close_fd(ctx, fd);
		fd = up;
		if (fd >= 0 && !ctx->sys->ident(ctx->k, fd, "", &id))
			rc = same(&id, want);
	}
	cgi_close_fd(ctx, fd);
	return rc;
}

static bool in_user_ns(struct cg_part *p, pid_t pid)
{
	struct proc_host *h = p->ctx->host[p->index];
	struct proc *x = p->priv;
	struct cgi_ident id;

	/* A process that may not be looked at belongs to nobody below us. */
	if (cgi_proc_ns(p->ctx, pid, 0, &id))
		return false;
	if (same(&id, &x->ns[0]))
		return true;
	return !same(&id, &h->own[0]) && climbs_to(p->ctx, pid, &x->ns[0]);
}

bool cgi_proc_init_lives(struct cg_part *p)
{
	struct proc *x = p->priv;
	struct cgi_stat st;

	return x->ids & CG_ID_PID && !cgi_stat_pid(p->ctx, x->init.pid, &st) &&
		st.start == x->init.start && cgi_lives(p->ctx, &st) == 1;
}

static bool tagged(struct cg_part *p, pid_t pid)
{
	struct proc *x = p->priv;
	struct cgi_ident id;

	if (p->witness)
		return false;
	if (x->ids & CG_ID_USER)
		return in_user_ns(p, pid);
	if (x->ids & CG_ID_MNT && !cgi_proc_ns(p->ctx, pid, 2, &id) && same(&id, &x->ns[2]))
		return true;
	/* Others may share a PID namespace; once its init has died they are all dying with it. */
	return x->ids & CG_ID_PID && !cgi_proc_ns(p->ctx, pid, 1, &id) && same(&id, &x->ns[1]) &&
		!cgi_proc_init_lives(p);
}

static bool known(const struct proc *x, const struct cgi_stat *st)
{
	return cgi_proc_refs_has(&x->recorded, st) || cgi_proc_refs_has(&x->found, st);
}

int cgi_proc_member(struct cg_part *p, pid_t pid)
{
	struct cgi_stat st;
	int rc = cgi_stat_pid(p->ctx, pid, &st);

	if (rc)
		return rc == -ESRCH ? 0 : rc;
	return known(p->priv, &st) || tagged(p, pid);
}

bool cgi_proc_sure(const struct cg_part *p)
{
	const struct proc *x = p->priv;

	return !p->ctx->foreign_proc && x->ids & CG_ID_USER;
}

struct entry {
	struct cgi_stat st;
	bool member;
};

struct table {
	struct cg_part *p;
	struct entry *v;
	size_t n, cap;
};

static int on_proc(void *data, const char *name, bool dir)
{
	struct table *t = data;
	struct cgi_stat st;
	struct entry *v;
	uint64_t pid;
	size_t cap;

	(void)dir;
	if (cgi_parse_u64(name, &pid) || !pid || pid > INT32_MAX ||
	    cgi_stat_pid(t->p->ctx, (pid_t)pid, &st))
		return 0;
	if (t->n == t->cap) {
		cap = t->cap ? t->cap * 2 : 256;
		v = realloc(t->v, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = (struct entry){
		.st = st, .member = known(t->p->priv, &st) || tagged(t->p, st.pid),
	};
	return 0;
}

static const struct entry *lookup(const struct table *t, pid_t pid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].st.pid == pid)
			return &t->v[i];
	return NULL;
}

/* Both ends of the link are still those that were seen: the number was not reused between. */
static bool still_child(struct cg_ctx *ctx, const struct cgi_stat *child, const struct cgi_stat *parent)
{
	struct cgi_stat c, up;

	return !cgi_stat_pid(ctx, child->pid, &c) && c.start == child->start &&
		c.ppid == parent->pid && !cgi_stat_pid(ctx, parent->pid, &up) &&
		up.start == parent->start;
}

/* Members' children, and theirs, until a pass finds no more. */
static int descend(struct table *t)
{
	struct proc *x = t->p->priv;
	const struct entry *up;
	bool again = true;
	int rc = 0;

	while (again && !rc) {
		again = false;
		for (size_t i = 0; !rc && i < t->n; i++) {
			struct cgi_stat *st = &t->v[i].st;

			up = t->v[i].member ? NULL : lookup(t, st->ppid);
			if (!up || !up->member || !still_child(t->p->ctx, st, &up->st))
				continue;
			rc = cgi_proc_refs_add(&x->found, &(struct cg_ref){
				.pid = st->pid, .start = st->start });
			t->v[i].member = again = true;
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

int cgi_proc_scan(struct cg_part *p, proc_fn fn, void *data)
{
	struct table t = { .p = p };
	int rc;

	if (nothing_to_find(p))
		return 0;
	rc = p->ctx->sys->list(p->ctx->k, p->ctx->procfd, on_proc, &t);
	rc = rc ? rc : descend(&t);
	if (rc)
		cgi_fail(p->ctx, rc, "read /proc: %s", cgi_strerror(rc));
	for (size_t i = 0; !rc && i < t.n; i++)
		if (t.v[i].member && cgi_lives(p->ctx, &t.v[i].st) == 1)
			rc = fn(data, &t.v[i].st);
	free(t.v);
	return rc;
}
