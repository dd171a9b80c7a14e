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

bool cgi_proc_answered(struct cg_part *p, int rc)
{
	struct proc *x = p->priv;

	if (rc < 0 && rc != -ENOENT && rc != -ESRCH && rc != -EACCES && rc != -EPERM && !x->trouble)
		x->trouble = rc;
	return rc >= 0;
}

int cgi_proc_trouble(struct cg_part *p)
{
	struct proc *x = p->priv;
	int rc = x->trouble;

	x->trouble = 0;
	return rc ? cgi_fail(p->ctx, rc, "read /proc: %s", cgi_strerror(rc)) : 0;
}

bool cgi_proc_stat(struct cg_part *p, pid_t pid, struct cgi_stat *ret)
{
	return cgi_proc_answered(p, cgi_stat_pid(p->ctx, pid, ret)) && ret->pid == pid;
}

bool cgi_proc_lives(struct cg_part *p, const struct cgi_stat *st)
{
	int rc = cgi_lives(p->ctx, st);

	return cgi_proc_answered(p, rc) && rc == 1;
}

int cgi_proc_ns(struct cg_ctx *ctx, pid_t pid, unsigned bit, struct cgi_ident *ret)
{
	char name[32];

	snprintf(name, sizeof(name), "%d/ns/%s", pid, ns_names[bit]);
	return ctx->sys->ident(ctx->k, ctx->procfd, name, ret);
}

struct thread {
	struct cg_ctx *ctx;
	pid_t pid;
	struct cgi_ident *ret;
};

static int on_thread(void *data, const char *name, bool dir)
{
	struct thread *t = data;
	char path[64];

	(void)dir;
	snprintf(path, sizeof(path), "%d/task/%.20s/ns/mnt", t->pid, name);
	return !t->ctx->sys->ident(t->ctx->k, t->ctx->procfd, path, t->ret);
}

/* A leader that has exited has no mount namespace any more; its threads have. */
static int mnt_ns(struct cg_ctx *ctx, pid_t pid, struct cgi_ident *ret)
{
	struct thread t = { ctx, pid, ret };
	char name[32];
	int fd, rc = cgi_proc_ns(ctx, pid, 2, ret);

	if (rc != -ENOENT)
		return rc;
	snprintf(name, sizeof(name), "%d/task", pid);
	fd = ctx->sys->open(ctx->k, ctx->procfd, name, true);
	if (fd < 0)
		return fd;
	rc = ctx->sys->list(ctx->k, fd, on_thread, &t);
	cgi_close_fd(ctx, fd);
	return rc == 1 ? 0 : -ENOENT;
}

static bool same(const struct cgi_ident *a, const struct cgi_ident *b)
{
	return a->ino == b->ino && a->dev == b->dev;
}

/* Climbs to the parents; EPERM is the end of what we may see, so it is none of ours. */
static bool climbs_to(struct cg_part *p, pid_t pid, const struct cgi_ident *want)
{
	struct cg_ctx *ctx = p->ctx;
	struct cgi_ident id;
	bool found = false;
	char name[32];
	int fd, up;

	snprintf(name, sizeof(name), "%d/ns/user", pid);
	fd = ctx->sys->ns(ctx->k, ctx->procfd, name);
	for (int i = 0; cgi_proc_answered(p, fd) && !found && i < MAX_DEPTH; i++) {
		up = ctx->sys->ns(ctx->k, fd, NULL);
		cgi_close_fd(ctx, fd);
		fd = up;
		found = fd >= 0 && cgi_proc_answered(p, ctx->sys->ident(ctx->k, fd, "", &id)) &&
			same(&id, want);
	}
	cgi_close_fd(ctx, fd);
	return found;
}

static bool in_user_ns(struct cg_part *p, pid_t pid)
{
	struct proc_host *h = p->ctx->host[p->index];
	struct proc *x = p->priv;
	struct cgi_ident id;

	/* A process that may not be looked at belongs to nobody below us. */
	if (!cgi_proc_answered(p, cgi_proc_ns(p->ctx, pid, 0, &id)))
		return false;
	if (same(&id, &x->ns[0]))
		return true;
	return !same(&id, &h->own[0]) && climbs_to(p, pid, &x->ns[0]);
}

bool cgi_proc_init_lives(struct cg_part *p)
{
	struct proc *x = p->priv;
	struct cgi_stat st;

	return x->ids & CG_ID_PID && cgi_proc_stat(p, x->init.pid, &st) &&
		st.start == x->init.start && cgi_proc_lives(p, &st);
}

bool cgi_proc_tagged(struct cg_part *p, pid_t pid)
{
	struct proc *x = p->priv;
	struct cgi_ident id;

	if (p->witness)
		return false;
	if (x->ids & CG_ID_USER)
		return in_user_ns(p, pid);
	if (x->ids & CG_ID_MNT && cgi_proc_answered(p, mnt_ns(p->ctx, pid, &id)) &&
	    same(&id, &x->ns[2]))
		return true;
	/* Others may share a PID namespace; once its init has died they are all dying with it. */
	return x->ids & CG_ID_PID && cgi_proc_answered(p, cgi_proc_ns(p->ctx, pid, 1, &id)) &&
		same(&id, &x->ns[1]) && !cgi_proc_init_lives(p);
}

bool cgi_proc_known(const struct proc *x, const struct cgi_stat *st)
{
	return cgi_proc_refs_has(&x->recorded, st) || cgi_proc_refs_has(&x->found, st);
}

int cgi_proc_member(struct cg_part *p, pid_t pid)
{
	struct cgi_stat st;
	bool member;
	int rc;

	(void)cgi_proc_trouble(p);
	member = cgi_proc_stat(p, pid, &st) &&
		(cgi_proc_known(p->priv, &st) || cgi_proc_tagged(p, pid));
	rc = member ? 0 : cgi_proc_trouble(p);
	return rc ? rc : member;
}

bool cgi_proc_sure(const struct cg_part *p)
{
	const struct proc *x = p->priv;

	return !p->ctx->foreign_proc && x->ids & CG_ID_USER && !x->unsettled;
}
