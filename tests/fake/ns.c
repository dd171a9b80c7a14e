/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's namespaces: who contains whom, and who has power over whom. */
#include "fk.h"

static const char *const names[FK_NNS] = {
	[FK_NS_CGROUP] = "cgroup", [FK_NS_IPC] = "ipc", [FK_NS_MNT] = "mnt", [FK_NS_NET] = "net",
	[FK_NS_PID] = "pid", [FK_NS_TIME] = "time", [FK_NS_USER] = "user", [FK_NS_UTS] = "uts",
};

const char *fk_ns_name(enum fk_nstype type)
{
	return names[type];
}

bool fk_ns_within(const struct fk_ns *ns, const struct fk_ns *above)
{
	for (; ns; ns = ns->parent)
		if (ns == above)
			return true;
	return false;
}

/* Held by a process that is not collected, a descriptor, or a namespace below it. */
static bool in_use(const struct fk *k, const struct fk_ns *ns)
{
	if (k->init_ns[ns->type] == ns)
		return true;
	for (const struct fk_proc *p = k->procs; p; p = p->live)
		if (!p->reaped && fk_ns_within(p->ns[ns->type], ns))
			return true;
	for (size_t i = 0; i < sizeof(k->held) / sizeof(k->held[0]); i++)
		if (k->held[i].path && k->held[i].ns->type == ns->type &&
		    fk_ns_within(k->held[i].ns, ns))
			return true;
	for (int i = 0; i < FK_MAXFD; i++)
		if (k->fd[i].type == FK_FD_NS && fk_ns_within(k->fd[i].ns, ns))
			return true;
	return false;
}

/* The kernel gives the lowest number that is free: that of the namespace that ended last. */
static uint64_t free_ino(struct fk *k, enum fk_nstype type)
{
	for (struct fk_ns *ns = k->all_ns; ns; ns = ns->all)
		if (ns->type == type && !ns->again && !in_use(k, ns)) {
			ns->again = true;
			return ns->ino;
		}
	return k->next_ino++;
}

struct fk_ns *fk_ns_new(struct fk *k, enum fk_nstype type, struct fk_ns *parent, struct fk_ns *user,
			uid_t owner)
{
	struct fk_ns *ns = calloc(1, sizeof(*ns));

	if (!ns)
		abort();
	ns->type = type;
	ns->ino = free_ino(k, type);
	ns->id = k->next_ino++;
	ns->parent = parent;
	ns->user = user;
	ns->owner = owner;
	ns->all = k->all_ns;
	k->all_ns = ns;
	return ns;
}

/* NULL if it has ended, or there never was one. */
struct fk_ns *fk_ns_by_id(struct fk *k, enum fk_nstype type, uint64_t id, uint64_t ino)
{
	for (struct fk_ns *ns = k->all_ns; ns; ns = ns->all)
		if (ns->type == type && ns->id == id && ns->ino == ino)
			return in_use(k, ns) ? ns : NULL;
	return NULL;
}

void fk_unshare(struct fk *k, struct fk_proc *p, enum fk_nstype type)
{
	struct fk_ns *old = p->ns[type];
	bool nested = type == FK_NS_USER || type == FK_NS_PID;

	p->ns[type] = fk_ns_new(k, type, nested ? old : NULL, p->ns[FK_NS_USER], p->uid);
	if (type == FK_NS_PID)
		p->ns[type]->init = p;
}

/*
 * Has the caller a capability over p's user namespace (user_namespaces(7)), also without it
 * in his own? Then as the owner of p's.
 */
static bool has_power(const struct fk *k, const struct fk_proc *p, bool without)
{
	const struct fk_proc *me = k->me;
	const struct fk_ns *mine = me->ns[FK_NS_USER];
	bool privileged = !without && (me->uid == 0 || mine != k->init_ns[FK_NS_USER]);

	for (const struct fk_ns *ns = p->ns[FK_NS_USER]; ns; ns = ns->parent) {
		if (ns == mine)
			return privileged;
		if (ns->parent == mine && ns->owner == me->uid)
			return true;
	}
	return false;
}

bool fk_may_signal(const struct fk *k, const struct fk_proc *p)
{
	return p->uid == k->me->uid || has_power(k, p, false);
}

bool fk_may_trace(const struct fk *k, const struct fk_proc *p)
{
	if (p->kthread)
		return fk_root(k) && !k->no_ptrace;
	return has_power(k, p, k->no_ptrace) ||
	       (p->uid == k->me->uid && p->ns[FK_NS_USER] == k->me->ns[FK_NS_USER]);
}

/* ---- verbs ---- */

static int ns_fd(struct fk *k, struct fk_ns *ns)
{
	struct fk_fd *f;
	int fd = fk_fd_new(k, &f);

	if (fd < 0)
		return fd;
	f->type = FK_FD_NS;
	f->ns = ns;
	return fd;
}

int fk_ns_verb(void *cookie, int dirfd, const char *name)
{
	struct fk *k = cookie;
	struct fk_loc l;
	struct fk_ns *ns;
	struct fk_fd *f;
	int rc;

	fk_enter(k, FK_NS, name ? name : "", 0);
	if (name) {
		rc = fk_resolve(k, dirfd, name, &l);
		if (rc < 0)
			return rc;
		ns = l.ns;
	} else {
		f = fk_fd(k, dirfd);
		if (!f || !f->ns)
			return f ? -ENOTTY : -EBADF;
		if (f->ns->type != FK_NS_USER && f->ns->type != FK_NS_PID)
			return -EINVAL;
		/* EPERM where the parent lies outside the caller's own namespace. */
		ns = f->ns->parent;
		if (!fk_ns_within(ns, k->me->ns[f->ns->type]))
			return -EPERM;
	}
	if (!ns)
		return -EINVAL;
	return ns_fd(k, ns);
}

uint64_t fk_ns_id(void *cookie, int nsfd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, nsfd);

	return f && f->ns && !k->no_nsid ? f->ns->id : 0;
}

int fk_user_ns(void *cookie, uint64_t id, uint64_t ino)
{
	struct fk *k = cookie;
	struct fk_ns *ns;

	fk_enter(k, FK_NS, "", 0);
	if (k->no_nsid)
		return -EBADF;		/* FD_NSFS_ROOT is no descriptor before Linux 6.18 */
	ns = fk_ns_by_id(k, FK_NS_USER, id, ino);
	return ns ? ns_fd(k, ns) : -ESTALE;
}
