/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single processes: what /proc says of one, and how to hold on to it beyond doubt. */
#include <poll.h>
#include <stdio.h>

#include "base.h"

#define PF_EXITING	0x00000004

int cgi_stat_pid(struct cg_ctx *ctx, pid_t pid, struct cgi_stat *ret)
{
	char name[32], buf[1024];
	ssize_t n;

	if (pid <= 0)
		return -ESRCH;
	snprintf(name, sizeof(name), "%d/stat", pid);
	n = ctx->sys->read(ctx->k, ctx->procfd, name, buf, sizeof(buf));
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	return cgi_parse_stat(buf, ret);
}

struct threads {
	struct cg_ctx *ctx;
	pid_t pid;
};

static bool past_exit(const struct cgi_stat *st)
{
	return st->state == 'Z' || st->state == 'X' || st->flags & PF_EXITING;
}

static int thread_lives(void *data, const struct cgi_entry *e)
{
	struct threads *t = data;
	char path[64], buf[1024];
	struct cgi_stat st;
	ssize_t n;

	snprintf(path, sizeof(path), "%d/task/%.20s/stat", t->pid, e->name);
	n = t->ctx->sys->read(t->ctx->k, t->ctx->procfd, path, buf, sizeof(buf));
	if (n < 0)
		return n == -ENOENT || n == -ESRCH ? 0 : (int)n;
	return !cgi_parse_stat(buf, &st) && !past_exit(&st);
}

/*
 * A zombie leader may have live threads, and a process that is past its exit may be held
 * up in the kernel by somebody else for ever (the init of a PID namespace whose zombies
 * an outside parent does not reap): it will never run its own code again, so it is dead.
 */
int cgi_lives(struct cg_ctx *ctx, const struct cgi_stat *st)
{
	struct threads t = { ctx, st->pid };
	char name[32];
	int fd, rc;

	if (!past_exit(st))
		return 1;
	if (st->threads <= 1)
		return 0;
	snprintf(name, sizeof(name), "%d/task", st->pid);
	fd = ctx->sys->open(ctx->k, ctx->procfd, name, true);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	rc = ctx->sys->list(ctx->k, fd, thread_lives, &t);
	cgi_close_fd(ctx, fd);
	return rc == -ENOENT || rc == -ESRCH ? 0 : rc;
}

int cgi_pidfd_pid(struct cg_ctx *ctx, int pidfd, pid_t *ret)
{
	pid_t pid = pidfd < 0 ? -EBADF : ctx->sys->pidfd_pid(ctx->k, pidfd);

	if (pid > 0) {
		*ret = pid;
		return 0;
	}
	return pid == -EBADF ? cgi_fail(ctx, -EINVAL, "descriptor %d is no pidfd", pidfd) :
		cgi_fail(ctx, pid, "process of pidfd %d: %s", pidfd, pid == -ESRCH ?
			 "it has ended, or has no number here" : cgi_strerror(pid));
}

int cgi_pidfd_lives(struct cg_ctx *ctx, int pidfd)
{
	int rc = pidfd < 0 ? 0 : ctx->sys->poll(ctx->k, pidfd, POLLIN, 0);

	return rc > 0 ? -ESRCH : rc;
}

/* pidfd first: what is read while it shows a live process is of that process. */
int cgi_ref_fill(struct cg_ctx *ctx, pid_t pid, struct cg_ref *ret)
{
	struct cgi_stat st;
	uint64_t inode = 0;
	int fd, rc;

	fd = ctx->sys->pidfd(ctx->k, pid);
	if (fd < 0 && fd != -ENOSYS)
		return fd;
	if (fd >= 0)
		inode = ctx->sys->pidfd_inode(ctx->k, fd);
	rc = cgi_stat_pid(ctx, pid, &st);
	if (!rc && fd >= 0) {
		rc = ctx->sys->signal(ctx->k, fd, pid, 0);
		if (rc == -EPERM)
			rc = 0;		/* alive, and not ours to signal */
	}
	cgi_close_fd(ctx, fd);
	if (rc)
		return rc;
	*ret = (struct cg_ref){ .pid = pid, .start = st.start, .inode = inode };
	return 0;
}

int cgi_ref_pidfd(struct cg_ctx *ctx, const struct cg_ref *ref, int *pidfd)
{
	struct cgi_stat st;
	uint64_t inode;
	int fd, rc;

	fd = ctx->sys->pidfd(ctx->k, ref->pid);
	if (fd < 0 && fd != -ENOSYS)
		return fd;
	inode = fd >= 0 ? ctx->sys->pidfd_inode(ctx->k, fd) : 0;
	rc = cgi_stat_pid(ctx, ref->pid, &st);
	if (!rc && (st.start != ref->start || (inode && ref->inode && inode != ref->inode)))
		rc = -ESRCH;
	if (rc) {
		cgi_close_fd(ctx, fd);
		return rc;
	}
	*pidfd = fd < 0 ? -1 : fd;
	return 0;
}

/* Of a process that /proc hides its pidfd tells whether it has ended, and (6.9) which it is. */
static int look_at_hidden(struct cg_ctx *ctx, const struct cg_ref *ref, int fd,
			  struct cgi_stat *ret)
{
	uint64_t inode = ctx->sys->pidfd_inode(ctx->k, fd);
	int rc = cgi_stat_pid(ctx, ref->pid, ret);

	/* Born since the first look. */
	if (!rc)
		return ret->start == ref->start;
	if (ctx->sys->poll(ctx->k, fd, POLLIN, 0) > 0)
		return 0;
	if (!inode || !ref->inode)
		return -EACCES;
	*ret = (struct cgi_stat){ .pid = ref->pid, .state = '?', .threads = 1,
				  .start = ref->start };
	return inode == ref->inode;
}

int cgi_ref_look(struct cg_ctx *ctx, const struct cg_ref *ref, struct cgi_stat *ret)
{
	int fd, rc = cgi_stat_pid(ctx, ref->pid, ret);

	if (!rc)
		return ret->start == ref->start;
	if (rc != -ESRCH && !cgi_is_denied(rc))
		return rc;
	fd = ctx->sys->pidfd(ctx->k, ref->pid);
	if (fd == -ENOSYS) {
		rc = ctx->sys->signal(ctx->k, -1, ref->pid, 0);
		return rc == -ESRCH ? 0 : -EACCES;
	}
	if (fd < 0)
		return fd == -ESRCH ? 0 : fd;
	rc = look_at_hidden(ctx, ref, fd, ret);
	cgi_close_fd(ctx, fd);
	return rc;
}

CG_API int cg_ref_get(struct cg_ctx *ctx, pid_t pid, struct cg_ref *ret)
{
	int rc;

	cgi_enter(ctx, -1);
	rc = cgi_ref_fill(ctx, pid, ret);
	if (rc)
		cgi_fail(ctx, rc, "process %d: %s", pid, cgi_strerror(rc));
	return cgi_result(ctx, rc);
}

CG_API int cg_ref_alive(struct cg_ctx *ctx, const struct cg_ref *ref)
{
	struct cgi_stat st;
	int fd, rc;

	cgi_enter(ctx, -1);
	rc = cgi_ref_pidfd(ctx, ref, &fd);
	if (!rc) {
		rc = cgi_stat_pid(ctx, ref->pid, &st);
		if (!rc && st.start == ref->start)
			rc = cgi_lives(ctx, &st);
		rc = rc > 0 ? 0 : rc == 0 ? -ESRCH : rc;
		cgi_close_fd(ctx, fd);
	}
	if (rc)
		cgi_fail(ctx, rc, "process %d: %s", ref->pid,
			 rc == -ESRCH ? "it has ended" : cgi_strerror(rc));
	return cgi_result(ctx, rc);
}
