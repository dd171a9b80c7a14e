/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's /proc: what a reader with the caller's rights and namespaces sees. */
#include <limits.h>

#include "fk.h"

static pid_t proc_num(const struct fk *k, const struct fk_proc *p)
{
	return k->foreign_proc ? p->pid : fk_num(k, p);
}

struct fk_proc *fk_proc_lookup(struct fk *k, const char *name, pid_t *tid)
{
	char *end;
	long num;

	*tid = 0;
	if (!strcmp(name, "self"))
		return k->me;
	num = strtol(name, &end, 10);
	if (end == name || *end || num <= 0)
		return NULL;
	if (!k->hidepid && fk_find(k, num) && proc_num(k, fk_find(k, num)) == num)
		return fk_find(k, num);
	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped || !proc_num(k, p))
			continue;
		if (k->hidepid && !fk_may_trace(k, p))
			continue;
		if (proc_num(k, p) == num)
			return p;
		for (unsigned i = 1; i < p->nthreads; i++)
			if (p->thread[i].tid == num && !p->thread[i].dead) {
				*tid = num;
				return p;
			}
	}
	return NULL;
}

static bool thread_dead(const struct fk_proc *p, pid_t tid)
{
	for (unsigned i = 1; tid && i < p->nthreads; i++)
		if (p->thread[i].tid == tid)
			return p->thread[i].dead;
	return p->thread[0].dead;
}

static char state_of(const struct fk_proc *p, pid_t tid)
{
	if (p->exiting)
		return p->exit_left ? 'D' : 'S';
	if (p->zombie || thread_dead(p, tid))
		return 'Z';
	if (p->stuck || p->vfork || p->frozen1)
		return 'D';
	if (p->traced)
		return 't';
	if (p->stopped)
		return 'T';
	return p->script.every ? 'R' : 'S';
}

static unsigned count_threads(const struct fk_proc *p)
{
	unsigned n = 1;

	for (unsigned i = 1; i < p->nthreads; i++)
		n += !p->thread[i].dead;
	return n;
}

static void read_stat(struct fk *k, struct fk_proc *p, pid_t tid, struct fk_text *t)
{
	unsigned flags = p->kthread ? FK_PF_KTHREAD : 0x400000;
	pid_t num = tid ? tid : proc_num(k, p);
	pid_t ppid = p->parent ? proc_num(k, p->parent) : 0;

	if (p->exiting || p->zombie || thread_dead(p, tid))
		flags |= FK_PF_EXITING;
	fk_text(t, "%d (%s) %c %d %d %d 0 -1 %u 10 0 0 0 1 2 0 0 20 0 %u 0 %llu 4096 100 "
		"18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		(int)num, p->comm, state_of(p, tid), (int)ppid, (int)num, (int)num, flags,
		count_threads(p), (unsigned long long)p->start);
}

static void read_status(struct fk *k, struct fk_proc *p, pid_t tid, struct fk_text *t)
{
	pid_t num = proc_num(k, p);

	fk_text(t, "Name:\t%s\nState:\t%c (state)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n", p->comm,
		state_of(p, tid), (int)num, (int)(tid ? tid : num),
		(int)(p->parent ? proc_num(k, p->parent) : 0));
	fk_text(t, "Uid:\t%u\t%u\t%u\t%u\nGroups:\t", (unsigned)p->uid, (unsigned)p->uid,
		(unsigned)p->uid, (unsigned)p->uid);
	for (unsigned i = 0; i < p->ngroups; i++)
		fk_text(t, "%u ", 1000000000U + i);
	fk_text(t, "\nNSpid:\t%d", (int)num);
	if (k->foreign_proc && fk_num(k, p))
		fk_text(t, "\t%d", (int)fk_num(k, p));
	/* One more number for the namespace that it is in itself, if that is not the reader's. */
	if (p->ns[FK_NS_PID] != k->me->ns[FK_NS_PID])
		fk_text(t, "\t%d", p->ns[FK_NS_PID]->init == p ? 1 : (int)p->vpid);
	fk_text(t, "\nThreads:\t%u\n", count_threads(p));
}

/* One path that is too long, and nothing of the file can be read. */
static int read_cgroup(struct fk *k, struct fk_proc *p, struct fk_text *t)
{
	for (int v2 = 0; v2 < 2; v2++)
		for (unsigned i = k->nh; i-- > 0;) {
			struct fk_h *h = &k->h[i];
			size_t start;

			if (h->v2 != v2)
				continue;
			fk_text(t, "%d:%s:", h->id, v2 ? "" : h->controllers);
			start = t->len;
			/* v1 forgets where a process was once it is past its exit. */
			if (!v2 && (p->zombie || p->exiting))
				fk_text(t, "/");
			else
				fk_cg_path(k, p->cg[i], t);
			if (t->len - start >= PATH_MAX)
				return -ENAMETOOLONG;
			fk_text(t, "\n");
		}
	return 0;
}

int fk_proc_read(struct fk *k, struct fk_proc *p, pid_t tid, const char *name, struct fk_text *t)
{
	if (p->reaped)
		return k->verb[FK_READ] & 1 ? -ESRCH : -ENOENT;
	if (!strcmp(name, "stat"))
		read_stat(k, p, tid, t);
	else if (!strcmp(name, "status"))
		read_status(k, p, tid, t);
	else if (!strcmp(name, "cgroup"))
		return read_cgroup(k, p, t);
	else if (!strcmp(name, "mountinfo"))
		fk_read_mountinfo(k, t);
	else if (!strcmp(name, "comm"))
		fk_text(t, "%s\n", p->comm);
	else if (!strcmp(name, "wchan") && !fk_may_trace(k, p))
		return -EACCES;
	else if (!strcmp(name, "wchan"))
		fk_text(t, "%s", p->wchan ? p->wchan : "0");
	else
		return -ENOENT;
	return 0;
}

/* The number that was given last in the reader's PID namespace. */
static pid_t last_number(const struct fk *k)
{
	bool initial = k->me->ns[FK_NS_PID] == k->init_ns[FK_NS_PID];

	return (initial || k->foreign_proc ? k->next_pid : k->next_vpid) - 1;
}

int fk_proc_read_sys(struct fk *k, const char *name, struct fk_text *t)
{
	int rc = strcmp(name, "loadavg") ? k->sys_errno : k->loadavg_errno;

	if (rc)
		return rc;
	if (!strcmp(name, "sys/kernel/osrelease"))
		fk_text(t, "%s\n", k->release);
	else if (!strcmp(name, "sys/kernel/random/boot_id"))
		fk_text(t, "6f1e0c2a-0000-4000-8000-0123456789ab\n");
	else if (!strcmp(name, "sys/kernel/pid_max"))
		fk_text(t, "%d\n", (int)k->pid_max);
	else if (!strcmp(name, "loadavg"))
		fk_text(t, "0.10 0.20 0.30 1/99 %d\n", (int)last_number(k));
	else
		return -ENOENT;
	return 0;
}

static int list_tasks(const struct fk *k, const struct fk_proc *p, cgi_entry_fn fn, void *data)
{
	char name[16];
	int rc = 0;

	if (p->reaped)
		return -ENOENT;
	for (unsigned i = 0; i < p->nthreads && !rc; i++) {
		if (i && p->thread[i].dead)
			continue;
		snprintf(name, sizeof(name), "%d",
			 (int)(i ? p->thread[i].tid : proc_num(k, p)));
		rc = fk_show(fn, data, name, true, 0);
	}
	return rc;
}

/* Numbers are taken before the first call: what fn does changes who lives. */
static int list_procs(struct fk *k, cgi_entry_fn fn, void *data)
{
	size_t n = 0, cap = 0;
	pid_t *num = NULL;
	char name[16];
	int rc;

	for (struct fk_proc *p = k->procs; p; p = p->live) {
		if (p->reaped || !proc_num(k, p) || (k->hidepid && !fk_may_trace(k, p)))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 64;
			num = realloc(num, cap * sizeof(*num));
			if (!num)
				abort();
		}
		num[n++] = proc_num(k, p);
	}
	rc = fk_show(fn, data, "self", false, 0);
	for (size_t i = n; i-- > 0 && !rc;) {
		snprintf(name, sizeof(name), "%d", (int)num[i]);
		rc = fk_show(fn, data, name, true, 0);
	}
	free(num);
	return rc ? rc : fk_show(fn, data, "sys", true, 0);
}

int fk_proc_list(struct fk *k, const struct fk_fd *f, cgi_entry_fn fn, void *data)
{
	int rc = 0;

	if (!f->p)
		return list_procs(k, fn, data);
	if (!strcmp(f->sub, "task"))
		return list_tasks(k, f->p, fn, data);
	if (!strcmp(f->sub, "ns"))
		for (int i = 0; i < FK_NNS && !rc; i++)
			rc = fk_show(fn, data, fk_ns_name(i), false, 0);
	return rc;
}
