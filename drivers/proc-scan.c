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

bool cgi_proc_tagged(struct cg_part *p, pid_t pid)
{
	struct proc *x = p->priv;
	struct cgi_ident id;

	if (p->witness)
		return false;
	if (x->ids & CG_ID_USER)
		return in_user_ns(p, pid);
	if (x->ids & CG_ID_MNT && !mnt_ns(p->ctx, pid, &id) && same(&id, &x->ns[2]))
		return true;
	/* Others may share a PID namespace; once its init has died they are all dying with it. */
	return x->ids & CG_ID_PID && !cgi_proc_ns(p->ctx, pid, 1, &id) && same(&id, &x->ns[1]) &&
		!cgi_proc_init_lives(p);
}

bool cgi_proc_known(const struct proc *x, const struct cgi_stat *st)
{
	return cgi_proc_refs_has(&x->recorded, st) || cgi_proc_refs_has(&x->found, st);
}

int cgi_proc_member(struct cg_part *p, pid_t pid)
{
	struct cgi_stat st;
	int rc = cgi_stat_pid(p->ctx, pid, &st);

	if (rc)
		return rc == -ESRCH ? 0 : rc;
	return cgi_proc_known(p->priv, &st) || cgi_proc_tagged(p, pid);
}

bool cgi_proc_sure(const struct cg_part *p)
{
	const struct proc *x = p->priv;

	return !p->ctx->foreign_proc && x->ids & CG_ID_USER && !x->unsettled;
}
