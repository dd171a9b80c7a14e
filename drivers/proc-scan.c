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
#include <fcntl.h>
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

uint64_t cgi_proc_nsid(struct cg_ctx *ctx, pid_t pid, unsigned bit)
{
	uint64_t id = 0;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%d/ns/%s", pid, ns_names[bit]);
	fd = ctx->sys->ns(ctx->k, ctx->procfd, name);
	if (fd >= 0)
		id = ctx->sys->ns_id(ctx->k, fd);
	cgi_close_fd(ctx, fd);
	return id;
}

bool cgi_proc_user_ns_ended(struct cg_part *p)
{
	struct proc_host *h = p->ctx->host[p->index];
	struct proc *x = p->priv;
	int fd;

	if (!(x->ids & CG_ID_USER) || !x->nsid[0] || !h->tells_end)
		return false;
	fd = p->ctx->sys->user_ns(p->ctx->k, x->nsid[0], x->ns[0].ino);
	cgi_close_fd(p->ctx, fd);
	return fd == -ESTALE;
}

static bool same(const struct cgi_ident *a, const struct cgi_ident *b)
{
	return a->ino == b->ino && a->dev == b->dev;
}

bool cgi_proc_held(struct cg_part *p, unsigned bit)
{
	struct proc *x = p->priv;
	struct cgi_ident id;

	return x->held[bit] &&
	       cgi_proc_answered(p, p->ctx->sys->ident(p->ctx->k, AT_FDCWD, x->held[bit], &id)) &&
	       same(&id, &x->ns[bit]);
}

/* A process of ours that is not collected is in it: from now on this handle keeps it too. */
static bool keep(struct cg_part *p, const struct cg_ref *ref, unsigned bit)
{
	struct proc *x = p->priv;
	struct cgi_ident id;
	struct cgi_stat st;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%d/ns/%s", ref->pid, ns_names[bit]);
	fd = p->ctx->sys->ns(p->ctx->k, p->ctx->procfd, name);
	if (!cgi_proc_answered(p, fd))
		return false;
	if (cgi_proc_answered(p, p->ctx->sys->ident(p->ctx->k, fd, "", &id)) &&
	    same(&id, &x->ns[bit]) && cgi_proc_stat(p, ref->pid, &st) && st.start == ref->start) {
		x->nsfd[bit] = fd;
		return true;
	}
	cgi_close_fd(p->ctx, fd);
	return false;
}

/* Nobody else gets the number while a descriptor, a mount or a process of ours has it. */
static bool anchored(struct cg_part *p, unsigned bit)
{
	struct proc *x = p->priv;
	struct proc_refs *lists[] = { &x->recorded, &x->found };

	if (x->nsfd[bit] >= 0 || cgi_proc_held(p, bit))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (keep(p, &lists[i]->v[j], bit))
				return true;
	return false;
}

/*
 * The inode number of a namespace is given to another as soon as it is free, so equal
 * numbers prove nothing once ours may have ended. Linux 6.18 has numbers that are never
 * given twice; before, a process of ours has to hold it.
 */
static bool is_ours(struct cg_part *p, int fd, unsigned bit)
{
	struct proc *x = p->priv;
	struct cgi_ident id;

	if (!cgi_proc_answered(p, p->ctx->sys->ident(p->ctx->k, fd, "", &id)) ||
	    !same(&id, &x->ns[bit]))
		return false;
	if (x->nsid[bit])
		return p->ctx->sys->ns_id(p->ctx->k, fd) == x->nsid[bit];
	if (anchored(p, bit))
		return true;
	x->unproven = true;
	return false;
}

static bool link_is_ours(struct cg_part *p, const char *link, unsigned bit)
{
	int fd = p->ctx->sys->ns(p->ctx->k, p->ctx->procfd, link);
	bool ours = cgi_proc_answered(p, fd) && is_ours(p, fd, bit);

	cgi_close_fd(p->ctx, fd);
	return ours;
}

struct thread {
	struct cg_part *p;
	pid_t pid;
	bool ours;
};

static int on_thread(void *data, const struct cgi_entry *e)
{
	struct thread *t = data;
	char link[64];

	snprintf(link, sizeof(link), "%d/task/%.20s/ns/mnt", t->pid, e->name);
	t->ours = link_is_ours(t->p, link, 2);
	return t->ours;
}

/*
 * One cheap call for strangers. A leader that has exited has no mount namespace any more;
 * its threads have.
 */
static bool in_ns(struct cg_part *p, pid_t pid, unsigned bit)
{
	struct proc *x = p->priv;
	struct thread t = { p, pid, false };
	struct cgi_ident id;
	char name[32];
	int fd, rc = cgi_proc_ns(p->ctx, pid, bit, &id);

	if (rc == 0) {
		snprintf(name, sizeof(name), "%d/ns/%s", pid, ns_names[bit]);
		return same(&id, &x->ns[bit]) && link_is_ours(p, name, bit);
	}
	if (rc != -ENOENT || bit != 2)
		return cgi_proc_answered(p, rc) && false;
	snprintf(name, sizeof(name), "%d/task", pid);
	fd = p->ctx->sys->open(p->ctx->k, p->ctx->procfd, name, true);
	if (cgi_proc_answered(p, fd))
		(void)cgi_proc_answered(p, p->ctx->sys->list(p->ctx->k, fd, on_thread, &t));
	cgi_close_fd(p->ctx, fd);
	return t.ours;
}

/* Climbs to the parents; EPERM is the end of what we may see, so it is none of ours. */
static bool climbs_to(struct cg_part *p, pid_t pid)
{
	struct cg_ctx *ctx = p->ctx;
	bool found = false;
	char name[32];
	int fd, up;

	snprintf(name, sizeof(name), "%d/ns/user", pid);
	fd = ctx->sys->ns(ctx->k, ctx->procfd, name);
	for (int i = 0; cgi_proc_answered(p, fd) && !found && i < MAX_DEPTH; i++) {
		up = ctx->sys->ns(ctx->k, fd, NULL);
		cgi_close_fd(ctx, fd);
		fd = up;
		found = fd >= 0 && is_ours(p, fd, 0);
	}
	cgi_close_fd(ctx, fd);
	return found;
}

/* A process that may not be looked at belongs to nobody below us. */
static bool in_user_ns(struct cg_part *p, pid_t pid)
{
	struct proc_host *h = p->ctx->host[p->index];
	struct cgi_ident id;

	if (!cgi_proc_answered(p, cgi_proc_ns(p->ctx, pid, 0, &id)) || same(&id, &h->own[0]))
		return false;
	return in_ns(p, pid, 0) || climbs_to(p, pid);
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

	if (p->witness)
		return false;
	if (x->ids & CG_ID_USER)
		return in_user_ns(p, pid);
	if (x->ids & CG_ID_MNT && in_ns(p, pid, 2))
		return true;
	/* Others may share a PID namespace; once its init has died they are all dying with it. */
	return x->ids & CG_ID_PID && in_ns(p, pid, 1) && !cgi_proc_init_lives(p);
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

	return !p->ctx->foreign_proc && x->ids & CG_ID_USER && !x->unsettled &&
		!x->unproven;
}
