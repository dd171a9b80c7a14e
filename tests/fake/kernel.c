/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's verbs, its clock, and its life. */
#include <fcntl.h>
#include <limits.h>

#include "fk.h"

void fk_tick(struct fk *k)
{
	k->ticks++;
	fk_run_scripts(k);
	fk_settle(k);
	fk_bus_notice(k);
	if (k->late)
		fk_count_oom(k);
	/* The dead leave the list of the living here, where nobody walks it. */
	for (struct fk_proc **pp = &k->procs; *pp;) {
		if ((*pp)->reaped)
			*pp = (*pp)->live;
		else
			pp = &(*pp)->live;
	}
}

/* The start of every verb: time passes, processes act, and the test may meddle. */
void fk_enter(struct fk *k, enum fk_verb verb, const char *name, pid_t num)
{
	fk_current = k;
	k->verb[verb]++;
	if (k->me->frozen1 || k->me->frozen2)
		k->frozen_calls++;
	k->usec += k->verb_usec;
	if (k->tick_verbs && ++k->verbs % k->tick_verbs == 0)
		fk_tick(k);
	if (k->hook && !k->in_hook) {
		k->in_hook = true;
		k->hook(k, k->hook_data, verb, name, num);
		k->in_hook = false;
	}
}

static int v_open(void *cookie, int dirfd, const char *name, bool dir)
{
	struct fk *k = cookie;
	struct fk_loc l;
	struct fk_fd *f;
	int fd, rc;

	fk_enter(k, FK_OPEN, name, 0);
	if (!fk_fd_left(k))
		return -EMFILE;
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type == FK_FD_SYS && !fk_is_dir(k, l.path))
		return -ENOENT;
	if (dir && ((l.type == FK_FD_CG && l.file >= 0) || l.leaf[0] || l.ns))
		return -ENOTDIR;
	if (l.type == FK_FD_CG && l.cg->dead)
		return k->gone_errno;
	if (l.type == FK_FD_CG && !fk_cg_may(k, l.cg, l.file, 4))
		return -EACCES;
	if (l.type == FK_FD_PROC && l.leaf[0] && strcmp(l.leaf, "root"))
		return -ENOENT;		/* nobody needs one open */
	fd = fk_fd_new(k, &f);
	if (fd < 0)
		return fd;
	f->type = l.type;
	snprintf(f->path, sizeof(f->path), "%.63s", l.path);
	f->cg = l.cg;
	f->mnt = l.mnt;
	f->file = l.file;
	f->seen = l.cg ? l.cg->events : 0;
	f->p = l.p;
	f->tid = l.tid;
	memcpy(f->sub, l.sub, sizeof(f->sub));
	f->ns = l.ns;
	return fd;
}

static void v_close(void *cookie, int fd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);

	fk_enter(k, FK_CLOSE, "", 0);
	if (!f) {
		k->bad_close++;
		return;
	}
	if (!fd)
		k->zero = 0;
	fk_fd_clear(f);
	k->nfd--;
}

static int read_sys(const struct fk *k, const char *path, struct fk_text *t)
{
	if (!strcmp(path, "/sys/kernel/cgroup/delegate"))
		fk_text(t, "%s", k->delegatable);
	else if (!strcmp(path, "/sys/kernel/cgroup/features"))
		fk_text(t, "nsdelegate\nmemory_localevents\n");
	else
		return -ENOENT;
	return 0;
}

static ssize_t v_read(void *cookie, int dirfd, const char *name, char *buf, size_t size)
{
	struct fk *k = cookie;
	struct fk_text *t = k->text;
	struct fk_loc l;
	int rc;

	fk_enter(k, FK_READ, name, 0);
	if (!fk_fd_left(k))
		return -EMFILE;
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	t->len = 0;
	t->s[0] = '\0';
	if (l.type == FK_FD_SYS)
		rc = read_sys(k, l.path, t);
	else if (l.type == FK_FD_CG && l.cg->dead)
		rc = k->gone_errno;
	else if (l.type == FK_FD_CG && l.file >= 0)
		rc = fk_cg_may(k, l.cg, l.file, 4) ? fk_file_read(k, l.cg, l.file, t) : -EACCES;
	else if (l.type == FK_FD_PROC && l.path[0])
		rc = fk_proc_read_sys(k, l.path, t);
	else if (l.type == FK_FD_PROC && l.p && l.leaf[0])
		rc = fk_proc_read(k, l.p, l.tid, l.leaf, t);
	else
		rc = -EISDIR;
	if (rc < 0)
		return rc;
	if (t->len >= size)
		return -E2BIG;
	memcpy(buf, t->s, t->len + 1);
	return t->len;
}

static int v_write(void *cookie, int dirfd, const char *name, const char *text)
{
	struct fk *k = cookie;
	struct fk_loc l;
	int rc;

	fk_enter(k, FK_WRITE, name, 0);
	if (!fk_fd_left(k))
		return -EMFILE;
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type != FK_FD_CG || l.file < 0)
		return -EACCES;
	if (l.cg->dead)
		return k->gone_errno;
	return fk_file_write(k, l.cg, l.file, text);
}

/* The directory part of name, for mkdir and rmdir. */
static int resolve_parent(struct fk *k, int dirfd, const char *name, struct fk_loc *l,
			  const char **leaf)
{
	const char *slash = strrchr(name, '/');
	char dir[PATH_MAX];
	int rc;

	if (strlen(name) >= sizeof(dir))
		return -ENAMETOOLONG;
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - name) : 0, name);
	*leaf = slash ? slash + 1 : name;
	rc = fk_resolve(k, dirfd, dir, l);
	if (rc < 0)
		return rc;
	if (l->type != FK_FD_CG)
		return -EPERM;
	return l->cg->dead ? -ENOENT : 0;
}

static int v_mkdir(void *cookie, int dirfd, const char *name)
{
	struct fk *k = cookie;
	const char *leaf;
	struct fk_loc l;
	int rc;

	fk_enter(k, FK_MKDIR, name, 0);
	rc = resolve_parent(k, dirfd, name, &l, &leaf);
	if (rc < 0)
		return rc;
	if (fk_cg_child(l.cg, leaf, strlen(leaf)))
		return -EEXIST;
	if (!fk_file_writable(k, l.cg, -1))
		return l.cg->h->ro ? -EROFS : -EACCES;
	rc = fk_cg_limits(l.cg);
	rc = rc ? rc : fk_cg_mkdir(k, l.cg, leaf, NULL);
	fk_settle(k);
	return rc;
}

static int v_rmdir(void *cookie, int dirfd, const char *name)
{
	struct fk *k = cookie;
	const char *leaf;
	struct fk_loc l;
	struct fk_cg *c;
	int rc;

	fk_enter(k, FK_RMDIR, name, 0);
	rc = resolve_parent(k, dirfd, name, &l, &leaf);
	if (rc < 0)
		return rc;
	if (!fk_cg_may(k, l.cg, -1, 1))
		return -EACCES;
	c = fk_cg_child(l.cg, leaf, strlen(leaf));
	return c ? fk_cg_rmdir_as(k, c) : -ENOENT;
}

static int v_chown(void *cookie, int dirfd, const char *name, uid_t uid, gid_t gid)
{
	struct fk *k = cookie;
	struct fk_loc l;
	int rc;

	(void)gid;
	fk_enter(k, FK_CHOWN, name, 0);
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type != FK_FD_CG || !fk_root(k))
		return -EPERM;
	if (l.cg->dead)
		return k->gone_errno;
	if (l.file < 0)
		l.cg->uid = uid;
	else
		l.cg->fuid[l.file] = uid;
	return 0;
}

static int v_chmod(void *cookie, int dirfd, const char *name, mode_t mode)
{
	struct fk *k = cookie;
	struct fk_loc l;
	int rc;

	fk_enter(k, FK_CHMOD, name, 0);
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type != FK_FD_CG ||
	    (!fk_root(k) && (l.file < 0 ? l.cg->uid : l.cg->fuid[l.file]) != k->me->uid))
		return -EPERM;
	if (l.cg->h->ro)
		return -EROFS;
	if (l.cg->dead)
		return k->gone_errno;
	fk_cg_chmod(l.cg, fk_file_name(l.file), mode);
	return 0;
}

static int v_access(void *cookie, int dirfd, const char *name)
{
	struct fk *k = cookie;
	struct fk_loc l;
	int rc;

	fk_enter(k, FK_ACCESS, name, 0);
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type != FK_FD_CG)
		return -EACCES;
	if (l.cg->h->ro)
		return -EROFS;
	return fk_file_writable(k, l.cg, l.file) ? 0 : -EACCES;
}

static bool v_marked(void *cookie, int dirfd, const char *attr)
{
	struct fk *k = cookie;
	struct fk_loc l;

	return !fk_resolve(k, dirfd, "", &l) && l.type == FK_FD_CG && l.cg->delegated &&
	       !strcmp(attr, "trusted.delegate");
}

static int list_cg(struct fk *k, struct fk_cg *cg, cgi_entry_fn fn, void *data)
{
	struct fk_cg **child = NULL;
	size_t n = 0;
	int rc = 0;

	if (cg->dead)
		return k->gone_errno == -ENODEV ? -ENOENT : k->gone_errno;
	for (int i = 0; fk_file_name(i) && !rc; i++)
		if (fk_file_here(cg, i))
			rc = fk_show(fn, data, fk_file_name(i), false, (cg->ino << 8) + i + 1);
	/* They are taken first: fn removes what it is shown. */
	for (struct fk_cg *c = cg->child; c && !rc; c = c->next) {
		child = realloc(child, (n + 1) * sizeof(*child));
		if (!child)
			abort();
		child[n++] = c;
	}
	for (size_t i = 0; i < n && !rc; i++)
		rc = fk_show(fn, data, child[i]->name, true, child[i]->ino);
	free(child);
	return rc;
}

static int v_list(void *cookie, int dirfd, cgi_entry_fn fn, void *data)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, dirfd);
	struct fk_fd copy;

	fk_enter(k, FK_LIST, "", 0);
	if (!f)
		return -EBADF;
	copy = *f;
	if (copy.type == FK_FD_PROC)
		return fk_proc_list(k, &copy, fn, data);
	if (copy.type != FK_FD_CG || copy.file >= 0)
		return -ENOTDIR;
	return list_cg(k, copy.cg, fn, data);
}

static unsigned count_children(const struct fk_cg *cg)
{
	unsigned n = 0;

	for (const struct fk_cg *c = cg->child; c; c = c->next)
		n++;
	return n;
}

static int v_ident(void *cookie, int dirfd, const char *name, struct cgi_ident *ret)
{
	struct fk *k = cookie;
	struct fk_loc l;
	int rc;

	fk_enter(k, FK_IDENT, name, 0);
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	memset(ret, 0, sizeof(*ret));
	ret->mode = 0100644;
	if (l.ns) {
		ret->dev = 4;
		ret->ino = l.ns->ino;
	} else if (l.type == FK_FD_CG) {
		ret->dev = l.cg->h->dev;
		ret->ino = l.file < 0 ? l.cg->ino : (l.cg->ino << 8) + l.file + 1;
		ret->uid = l.file < 0 ? l.cg->uid : l.cg->fuid[l.file];
		ret->mode = l.file < 0 ? 040000 | l.cg->mode : 0100000 | l.cg->fmode[l.file];
		ret->nlink = l.file < 0 ? 2 + count_children(l.cg) : 1;
		ret->mnt = fk_mount_id(k, l.mnt);
	} else if (l.type == FK_FD_PROC && !strcmp(l.leaf, "root")) {
		if (l.p->zombie || l.p->thread[0].dead)
			return -ENOENT;
		if (!fk_may_trace(k, l.p))
			return -EACCES;
		ret->dev = 801;
		ret->ino = l.p->root_ino;
		ret->mode = 040755;
	} else if (l.type == FK_FD_PROC) {
		ret->dev = 5;
		ret->ino = l.p ? 1000 + l.p->inode : 1;
		ret->uid = l.p ? l.p->uid : 0;
		ret->mode = 040555;
	} else if (l.type == FK_FD_SYS) {
		if (!fk_is_dir(k, l.path))
			return -ENOENT;
		ret->dev = 28;
		ret->ino = strlen(l.path);
		ret->mode = 040755;
		ret->mnt = 24;
	}
	return 0;
}

static int v_pidfd(void *cookie, pid_t pid)
{
	struct fk *k = cookie;
	struct fk_proc *p;
	struct fk_fd *f;
	int fd;

	fk_enter(k, FK_PIDFD, "", pid);
	if (k->no_pidfd)
		return -ENOSYS;
	if (pid <= 0)
		return -EINVAL;
	/* A thread's number is EINVAL, from 6.16 ENOENT; the seam makes both ESRCH. */
	p = fk_find(k, pid);
	if (!p)
		return -ESRCH;
	fd = fk_fd_new(k, &f);
	if (fd < 0)
		return fd;
	f->type = FK_FD_PID;
	f->p = p;
	return fd;
}

static uint64_t v_pidfd_inode(void *cookie, int pidfd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, pidfd);

	fk_enter(k, FK_INODE, "", 0);
	return f && f->type == FK_FD_PID && !k->no_pidfs ? f->p->inode : 0;
}

static pid_t v_pidfd_pid(void *cookie, int pidfd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, pidfd);
	pid_t num;

	fk_enter(k, FK_INODE, "", 0);
	if (!f || f->type != FK_FD_PID)
		return -EBADF;
	num = f->p->reaped ? 0 : fk_num(k, f->p);
	return num ? num : -ESRCH;
}

static int v_signal(void *cookie, int pidfd, pid_t pid, int sig)
{
	struct fk *k = cookie;
	struct fk_proc *p;
	struct fk_fd *f;

	fk_enter(k, FK_SIGNAL, "", pid);
	if (pidfd >= 0) {
		f = fk_fd(k, pidfd);
		if (!f || f->type != FK_FD_PID)
			return -EBADF;
		p = f->p;
	} else {
		if (pid <= 0) {
			k->bad_kill++;
			return 0;
		}
		p = fk_find(k, pid);
	}
	if (!p || p->reaped)
		return -ESRCH;
	if (!fk_num(k, p))
		return -EINVAL;
	if (sig < 0 || sig > 64)
		return -EINVAL;
	if (!fk_may_signal(k, p))
		return -EPERM;
	fk_send(k, p, sig);
	k->unsettled = true;
	return 0;
}

static int v_counts(void *cookie, int dirfd, struct cgi_counts *ret)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, dirfd);

	fk_enter(k, FK_COUNTS, "", 0);
	if (!fk_fd_left(k))		/* its socket */
		return -EMFILE;
	if (k->no_taskstats || !fk_root(k))
		return k->no_taskstats ? -ENOSYS : -EPERM;
	if (!f || f->type != FK_FD_CG || f->cg->h->v2)
		return -EINVAL;
	memset(ret, 0, sizeof(*ret));
	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped || !fk_in_groups(p) || p->cg[f->cg->h - k->h] != f->cg)
			continue;
		/* TASK_FROZEN (6.1) is none of the states that are counted. */
		for (unsigned i = 0; i < p->nthreads && !p->frozen1; i++)
			ret->total += !p->thread[i].dead || p->exiting;
		ret->uninterruptible += p->stuck || p->vfork;
	}
	return 0;
}

static uint64_t v_now(void *cookie)
{
	return ((struct fk *)cookie)->usec;
}

static pid_t v_self(void *cookie)
{
	struct fk *k = cookie;

	return fk_num(k, k->me);
}

static uid_t v_euid(void *cookie)
{
	struct fk *k = cookie;

	return k->me->uid;
}

const struct cg_sys fk_sys = {
	.open = v_open, .close = v_close, .read = v_read, .write = v_write, .mkdir = v_mkdir,
	.rmdir = v_rmdir, .chown = v_chown,
	.chmod = v_chmod, .access = v_access, .marked = v_marked, .list = v_list, .ident = v_ident,
	.ns = fk_ns_verb, .ns_id = fk_ns_id, .user_ns = fk_user_ns,
	.pidfd = v_pidfd, .pidfd_inode = v_pidfd_inode,
	.pidfd_pid = v_pidfd_pid, .signal = v_signal,
	.prog_load = fk_prog_load, .prog_find = fk_prog_find, .prog_attach = fk_prog_attach,
	.counts = v_counts, .poll = fk_poll, .drain = fk_drain,
	.set = fk_set, .set_add = fk_set_add, .set_ready = fk_set_ready, .timer = fk_timer,
	.timer_set = fk_timer_set, .eventfd = fk_eventfd, .count = fk_count,
	.notifier = fk_notifier, .notify = fk_notify, .unnotify = fk_unnotify,
	.notices = fk_notices, .trigger = fk_trigger, .now = v_now, .self = v_self, .euid = v_euid,
	.bus = &fk_bus,
};

struct fk *fk_new(void)
{
	struct fk *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->gone_errno = -ENOENT;
	k->f_subtree = fk_cg_file("cgroup.subtree_control");
	k->release = "6.18.0";
	k->delegatable = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n"
		"memory.oom.group\n";
	k->max_fds = 256;
	k->text = calloc(1, sizeof(*k->text));
	if (!k->text)
		abort();
	fk_text(k->text, " ");
	k->verb_usec = 10;
	k->tick_verbs = 1;
	k->next_pid = k->next_vpid = 1;
	k->pid_max = 32768;
	k->max_procs = 2000;
	k->next_ino = 100;
	k->usec = 5000000;
	for (int i = 0; i < FK_NNS; i++)
		k->init_ns[i] = fk_ns_new(k, i, NULL, NULL, 0);
	k->init_ns[FK_NS_PID]->ino = 0xEFFFFFFC;	/* PROC_PID_INIT_INO */
	k->init_ns[FK_NS_USER]->ino = 0xEFFFFFFD;	/* PROC_USER_INIT_INO */
	k->init = fk_spawn(k, NULL, "init", 0);
	memcpy(k->init->ns, k->init_ns, sizeof(k->init->ns));
	k->init->root_ino = 2;
	k->init_ns[FK_NS_PID]->init = k->init;
	k->me = fk_spawn(k, NULL, "test", 0);
	return k;
}

void fk_free(struct fk *k)
{
	if (!k)
		return;
	while (k->all_procs) {
		struct fk_proc *p = k->all_procs;

		k->all_procs = p->all;
		free(p);
	}
	while (k->all_cgs) {
		struct fk_cg *cg = k->all_cgs;

		k->all_cgs = cg->all;
		for (int i = 0; i < FK_NFILES; i++)
			free(cg->val[i]);
		free(cg->except);
		free(cg);
	}
	for (int i = 0; i < FK_MAXFD; i++)
		fk_fd_clear(&k->fd[i]);
	fk_progs_free(k);
	fk_text_free(k->text);
	free(k->text);
	while (k->all_ns) {
		struct fk_ns *ns = k->all_ns;

		k->all_ns = ns->all;
		free(ns);
	}
	free(k);
}
