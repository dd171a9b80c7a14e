/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Stopping, continuing and ending members without a cgroup. SIGSTOP is not freezing:
 * members' parents see it, and a member that was stopped before must stay so after.
 */
#include <signal.h>

#include "proc.h"

static bool is_stopped(const struct cgi_stat *st)
{
	return st->state == 'T' || st->state == 't';
}

/* Through a pidfd, and only if what it holds is still the member that was seen. */
static int send(struct cg_part *p, const struct cgi_stat *seen, int sig)
{
	struct cg_ref ref = { .pid = seen->pid, .start = seen->start };
	int fd, rc;

	rc = cgi_ref_pidfd(p->ctx, &ref, &fd);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	if (cgi_proc_member(p, seen->pid) == 1)
		rc = p->ctx->sys->signal(p->ctx->k, fd, seen->pid, sig);
	cgi_close_fd(p->ctx, fd);
	return rc == -ESRCH ? 0 : rc;
}

static int stop_one(void *data, const struct cgi_stat *st)
{
	struct cg_part *p = data;
	struct proc *x = p->priv;
	int rc;

	if (is_stopped(st)) {
		/* Before our first pass: somebody else did it. */
		return x->frozen ? 0 : cgi_proc_refs_add(&x->stopped, &(struct cg_ref){
			.pid = st->pid, .start = st->start });
	}
	rc = send(p, st, SIGSTOP);
	return rc ? cgi_fail(p->ctx, rc, "stop %d (%s): %s", st->pid, st->comm, cgi_strerror(rc)) : 0;
}

static int continue_one(void *data, const struct cgi_stat *st)
{
	struct cg_part *p = data;
	struct proc *x = p->priv;

	if (is_stopped(st) && !cgi_proc_refs_has(&x->stopped, st))
		(void)send(p, st, SIGCONT);
	return 0;
}

int cgi_proc_freeze(struct cg_part *p, enum cgi_freeze how)
{
	struct proc *x = p->priv;
	int rc;

	if (p->witness)
		return -EOPNOTSUPP;
	if (how == CGI_FREEZE) {
		rc = cgi_proc_scan(p, stop_one, p);
		x->frozen = true;
		return rc;
	}
	if (!x->frozen)
		return 0;
	rc = cgi_proc_scan(p, continue_one, p);
	x->frozen = false;
	x->stopped.n = 0;
	return rc;
}

static int running_one(void *data, const struct cgi_stat *st)
{
	(void)data;
	return !is_stopped(st);
}

int cgi_proc_all_stopped(struct cg_part *p, bool *ret)
{
	int rc = cgi_proc_scan(p, running_one, NULL);

	*ret = rc == 0;
	return rc < 0 ? rc : 0;
}

/* The kernel ends a PID namespace with its init: at once, and whatever they do. */
int cgi_proc_kill(struct cg_part *p)
{
	struct proc *x = p->priv;
	int fd, rc;

	if (p->witness || !(x->ids & CG_ID_PID))
		return -EOPNOTSUPP;
	rc = cgi_ref_pidfd(p->ctx, &x->init, &fd);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	rc = p->ctx->sys->signal(p->ctx->k, fd, x->init.pid, SIGKILL);
	cgi_close_fd(p->ctx, fd);
	return rc == -ESRCH ? 0 : rc;
}
