/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is a member where no cgroup says so. Three kinds of evidence:
 *
 * - recorded: the process itself, by number and start time;
 * - tagged: it is in a namespace that only this group has. A user namespace counts with
 *   everything below it, since no process can leave one: that is sure. A mount namespace
 *   can be left by a privileged process: that is weak;
 * - descended: its chain of parents leads to a member. Once seen it is recorded, since its
 *   parent may end before it does.
 *
 * Beside places (witness) tags are not asked for: the kernel's list is better, and an
 * administrator who entered a namespace is no member.
 *
 * What /proc does not show has not ended: hidepid hides processes. Only the kernel's answer
 * that there is no process of that number, or another start time, ends a recorded one.
 */
#include <fcntl.h>
#include <stdio.h>

#include "proc.h"

#define MAX_DEPTH	32	/* of user namespaces, as in the kernel */

static const char *const ns_names[PROC_IDS] = { "user", "pid", "mnt" };

/* ---- known processes ---- */

static uint32_t *slot_of(const struct proc_set *l, pid_t pid)
{
	size_t i = (uint32_t)pid * 2654435761U & (l->nslots - 1);

	while (l->slot[i] && l->v[l->slot[i] - 1].ref.pid != pid)
		i = (i + 1) & (l->nslots - 1);
	return &l->slot[i];
}

static void index_all(struct proc_set *l)
{
	memset(l->slot, 0, l->nslots * sizeof(*l->slot));
	for (size_t i = 0; i < l->n; i++)
		*slot_of(l, l->v[i].ref.pid) = (uint32_t)i + 1;
}

static int grow(struct proc_set *l)
{
	size_t cap = l->cap ? l->cap * 2 : 16;
	struct proc_known *v = realloc(l->v, cap * sizeof(*v));
	uint32_t *slot = v ? realloc(l->slot, 2 * cap * sizeof(*slot)) : NULL;

	if (v)
		l->v = v;
	if (!slot)
		return -ENOMEM;
	l->slot = slot;
	l->cap = cap;
	l->nslots = 2 * cap;
	index_all(l);
	return 0;
}

struct proc_known *cgi_proc_find(const struct proc_set *l, pid_t pid)
{
	uint32_t at = l->n ? *slot_of(l, pid) : 0;

	return at ? &l->v[at - 1] : NULL;
}

/* A number that is known with another start time was given again: the older process has ended. */
int cgi_proc_add(struct proc_set *l, const struct cg_ref *ref, bool recorded)
{
	struct proc_known *k = cgi_proc_find(l, ref->pid);
	int rc;

	if (k && k->ref.start == ref->start) {
		k->recorded = k->recorded || recorded;
		k->ref.inode = ref->inode ? ref->inode : k->ref.inode;
		return 0;
	}
	if (!k) {
		rc = l->n == l->cap ? grow(l) : 0;
		if (rc)
			return rc;
		k = &l->v[l->n++];
		*slot_of(l, ref->pid) = (uint32_t)l->n;
	}
	*k = (struct proc_known){ .ref = *ref, .recorded = recorded };
	return 0;
}

void cgi_proc_drop_ended(struct proc_set *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].ended)
			l->v[n++] = l->v[i];
	if (n == l->n)
		return;
	l->n = n;
	index_all(l);
}

bool cgi_proc_known(const struct cgi_claims *c, const struct cgi_stat *st)
{
	const struct proc_known *k = cgi_proc_find(&c->known, st->pid);

	return k && k->ref.start == st->start;
}

/* ---- one process ---- */

bool cgi_proc_answered(struct cgi_claims *c, int rc)
{
	if (rc < 0 && rc != -ENOENT && rc != -ESRCH && rc != -EACCES && rc != -EPERM && !c->trouble)
		c->trouble = rc;
	return rc >= 0;
}

int cgi_proc_trouble(struct cgi_claims *c)
{
	int rc = c->trouble;

	c->trouble = 0;
	if (cgi_is_denied(rc))
		return cgi_fail(c->ctx, -ENODEV, "a recorded process may live: /proc hides it, and "
				"its pidfd does not tell whether it is the same");
	return rc ? cgi_fail(c->ctx, rc, "read /proc: %s", cgi_strerror(rc)) : 0;
}

bool cgi_proc_stat(struct cgi_claims *c, pid_t pid, struct cgi_stat *ret)
{
	return cgi_proc_answered(c, cgi_stat_pid(c->ctx, pid, ret)) && ret->pid == pid;
}

bool cgi_proc_look(struct cgi_claims *c, const struct cg_ref *ref, struct cgi_stat *ret)
{
	int rc = cgi_ref_look(c->ctx, ref, ret);

	if (rc < 0 && !c->trouble)
		c->trouble = rc;
	return rc == 1;
}

bool cgi_proc_lives(struct cgi_claims *c, const struct cgi_stat *st)
{
	int rc = cgi_lives(c->ctx, st);

	return cgi_proc_answered(c, rc) && rc == 1;
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

bool cgi_proc_user_ns_ended(struct cgi_claims *c)
{
	int fd;

	if (!(c->ids & CG_ID_USER) || !c->nsid[BIT_USER] || !c->ctx->claims->tells_end)
		return false;
	fd = c->ctx->sys->user_ns(c->ctx->k, c->nsid[BIT_USER], c->ns[BIT_USER].ino);
	cgi_close_fd(c->ctx, fd);
	return fd == -ESTALE;
}

static bool same(const struct cgi_ident *a, const struct cgi_ident *b)
{
	return a->ino == b->ino && a->dev == b->dev;
}

bool cgi_proc_held(struct cgi_claims *c, unsigned bit)
{
	struct cgi_ident id;

	return c->held[bit] &&
	       cgi_proc_answered(c, c->ctx->sys->ident(c->ctx->k, AT_FDCWD, c->held[bit], &id)) &&
	       same(&id, &c->ns[bit]);
}

/* A process of ours that is not collected is in it: from now on this handle keeps it too. */
static bool keep(struct cgi_claims *c, const struct cg_ref *ref, unsigned bit)
{
	struct cgi_ident id;
	struct cgi_stat st;
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%d/ns/%s", ref->pid, ns_names[bit]);
	fd = c->ctx->sys->ns(c->ctx->k, c->ctx->procfd, name);
	if (!cgi_proc_answered(c, fd))
		return false;
	if (cgi_proc_answered(c, c->ctx->sys->ident(c->ctx->k, fd, "", &id)) &&
	    same(&id, &c->ns[bit]) && cgi_proc_stat(c, ref->pid, &st) && st.start == ref->start) {
		c->nsfd[bit] = fd;
		return true;
	}
	cgi_close_fd(c->ctx, fd);
	return false;
}

/* Nobody else gets the number while a descriptor, a mount or a process of ours has it. */
static bool anchored(struct cgi_claims *c, unsigned bit)
{
	if (c->nsfd[bit] >= 0 || cgi_proc_held(c, bit))
		return true;
	for (size_t i = 0; i < c->known.n; i++)
		if (keep(c, &c->known.v[i].ref, bit))
			return true;
	return false;
}

/*
 * The inode number of a namespace is given to another as soon as it is free, so equal
 * numbers prove nothing once ours may have ended. Linux 6.18 has numbers that are never
 * given twice; before, a process of ours has to hold it.
 */
static bool is_ours(struct cgi_claims *c, int fd, unsigned bit)
{
	struct cgi_ident id;

	if (!cgi_proc_answered(c, c->ctx->sys->ident(c->ctx->k, fd, "", &id)) ||
	    !same(&id, &c->ns[bit]))
		return false;
	if (c->nsid[bit])
		return c->ctx->sys->ns_id(c->ctx->k, fd) == c->nsid[bit];
	if (anchored(c, bit))
		return true;
	c->unproven = true;
	return false;
}

static bool link_is_ours(struct cgi_claims *c, const char *link, unsigned bit)
{
	int fd = c->ctx->sys->ns(c->ctx->k, c->ctx->procfd, link);
	bool ours = cgi_proc_answered(c, fd) && is_ours(c, fd, bit);

	cgi_close_fd(c->ctx, fd);
	return ours;
}

struct thread {
	struct cgi_claims *c;
	pid_t pid;
	bool ours;
};

static int on_thread(void *data, const struct cgi_entry *e)
{
	struct thread *t = data;
	char link[64];

	snprintf(link, sizeof(link), "%d/task/%.20s/ns/mnt", t->pid, e->name);
	t->ours = link_is_ours(t->c, link, BIT_MNT);
	return t->ours;
}

/*
 * One cheap call for strangers. A leader that has exited has no mount namespace any more;
 * its threads have.
 */
static bool in_ns(struct cgi_claims *c, pid_t pid, unsigned bit)
{
	struct thread t = { c, pid, false };
	struct cgi_ident id;
	char name[32];
	int fd, rc = cgi_proc_ns(c->ctx, pid, bit, &id);

	if (rc == 0) {
		snprintf(name, sizeof(name), "%d/ns/%s", pid, ns_names[bit]);
		return same(&id, &c->ns[bit]) && link_is_ours(c, name, bit);
	}
	if (rc != -ENOENT || bit != BIT_MNT)
		return cgi_proc_answered(c, rc) && false;
	snprintf(name, sizeof(name), "%d/task", pid);
	fd = c->ctx->sys->open(c->ctx->k, c->ctx->procfd, name, true);
	if (cgi_proc_answered(c, fd))
		(void)cgi_proc_answered(c, c->ctx->sys->list(c->ctx->k, fd, on_thread, &t));
	cgi_close_fd(c->ctx, fd);
	return t.ours;
}

/* Climbs to the parents; EPERM is the end of what we may see, so it is none of ours. */
static bool climbs_to(struct cgi_claims *c, pid_t pid)
{
	struct cg_ctx *ctx = c->ctx;
	bool found = false;
	char name[32];
	int fd, up;

	snprintf(name, sizeof(name), "%d/ns/user", pid);
	fd = ctx->sys->ns(ctx->k, ctx->procfd, name);
	for (int i = 0; cgi_proc_answered(c, fd) && !found && i < MAX_DEPTH; i++) {
		up = ctx->sys->ns(ctx->k, fd, NULL);
		cgi_close_fd(ctx, fd);
		fd = up;
		found = fd >= 0 && is_ours(c, fd, BIT_USER);
	}
	cgi_close_fd(ctx, fd);
	return found;
}

/*
 * A process that may not be looked at is taken for a stranger: whoever has power over our
 * namespace may look at the processes in it. cgi_proc_sure() asks whether the caller has.
 */
static bool in_user_ns(struct cgi_claims *c, pid_t pid)
{
	struct cgi_ident id;
	bool ours;

	if (!cgi_proc_answered(c, cgi_proc_ns(c->ctx, pid, BIT_USER, &id)) ||
	    same(&id, &c->ctx->claims->own[BIT_USER]))
		return false;
	ours = in_ns(c, pid, BIT_USER) || climbs_to(c, pid);
	c->looked_in = c->looked_in || ours;
	return ours;
}

bool cgi_proc_init_lives(struct cgi_claims *c)
{
	struct cgi_stat st;

	return c->ids & CG_ID_PID && cgi_proc_look(c, &c->init, &st) && cgi_proc_lives(c, &st);
}

bool cgi_proc_tagged(struct cgi_claims *c, pid_t pid)
{
	if (c->witness)
		return false;
	if (c->ids & CG_ID_USER)
		return in_user_ns(c, pid);
	if (c->ids & CG_ID_MNT && in_ns(c, pid, BIT_MNT))
		return true;
	/* Others may share a PID namespace; once its init has died they are all dying with it. */
	return c->ids & CG_ID_PID && in_ns(c, pid, BIT_PID) && !cgi_proc_init_lives(c);
}

/* May the caller look into the user namespace? As who recorded it could, or as root. */
static bool has_power(const struct cgi_claims *c)
{
	const struct cgi_claims_host *h = c->ctx->claims;

	return c->looked_in || h->sees_all ||
		(c->by == c->ctx->sys->euid(c->ctx->k) &&
		 c->by_user_ns == h->own[BIT_USER].ino);
}

bool cgi_proc_sure(const struct cgi_claims *c)
{
	return c->ids & CG_ID_USER && c->view == VIEW_PROVEN && !c->unproven && has_power(c);
}

/* ---- /proc/PID/status: of any length, as a process may have many supplementary groups ---- */

int64_t cgi_proc_status(struct cg_ctx *ctx, pid_t pid, const char *key)
{
	_cleanup_free_ char *text = NULL;
	char line[32], *s, *end;
	int rc = cgi_read_proc(ctx, pid, "status", &text);

	if (rc < 0)
		return rc;
	snprintf(line, sizeof(line), "\n%s:", key);
	s = strstr(text, line);
	end = s ? strchr(s + 1, '\n') : NULL;
	if (!end)
		return -EOPNOTSUPP;
	*end = '\0';
	s = strrchr(s, '\t');
	return s ? atoll(s + 1) : -EOPNOTSUPP;
}

bool cgi_proc_is_process(struct cgi_claims *c, pid_t pid)
{
	int fd = c->ctx->sys->pidfd(c->ctx->k, pid);

	cgi_close_fd(c->ctx, fd);
	return fd != -ESRCH;
}
