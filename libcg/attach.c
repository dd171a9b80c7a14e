/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Members in: into every place or none, and recorded by what nobody can take off. */
#include <fcntl.h>
#include <poll.h>

#include "core.h"

/* The first process of a group whose place is the placer's to give, and those after it. */
static int join_unit(struct cg *cg, pid_t pid)
{
	_cleanup_free_ char *path = NULL;
	int rc = cg->unit ? cgi_unit_join(cg->ctx, cg->unit, pid, &path) : 0;

	return rc > 0 ? cgi_group_place(cg, path) : rc;
}

/* The caller would stop in the middle of the call, until somebody else thaws the group. */
static int refuse_frozen(struct cg *cg, pid_t pid)
{
	bool frozen, above;
	int rc;

	if (pid != cg->ctx->sys->self(cg->ctx->k))
		return 0;
	CGI_EACH(cg, p) {
		rc = cgi_place_frozen(cg->ctx, p, &frozen, &above);
		if (rc)
			return rc;
		if (frozen || above)
			return cgi_fail(cg->ctx, -EBUSY, "attach the caller to %s: it is frozen",
					CGI_AT(p));
	}
	return 0;
}

/*
 * The kernel moves the dead in silence, that is not at all. A process that /proc hides is
 * alive as long as its pidfd does not say otherwise.
 */
static int check_alive(struct cg_ctx *ctx, pid_t pid, int pidfd)
{
	struct cgi_stat st;
	int fd, rc = pidfd < 0 ? cgi_stat_pid(ctx, pid, &st) : 0;

	if (pidfd >= 0)
		return cgi_pidfd_lives(ctx, pidfd);
	if (!rc)
		return cgi_lives(ctx, &st) == 1 ? 0 : -ESRCH;
	fd = ctx->sys->pidfd(ctx->k, pid);
	if (fd == -ENOSYS) {
		rc = ctx->sys->signal(ctx->k, -1, pid, 0);
		return rc == -EPERM ? 0 : rc;
	}
	if (fd < 0)
		return fd;
	rc = ctx->sys->poll(ctx->k, fd, POLLIN, 0) == 0 ? 0 : -ESRCH;
	cgi_close_fd(ctx, fd);
	return rc;
}

static int put_in_each(struct cg *cg, pid_t pid, int pidfd, const char *text)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cgi_doubt d = { 0 };
	size_t i, into = 0;
	int rc = 0;

	for (i = 0; !rc && i < cg->places.n; i++) {
		if (cg->places.v[i].gone)
			continue;
		/* Whoever has its number by now is not moved. */
		rc = cgi_pidfd_lives(ctx, pidfd);
		if (rc)
			break;
		rc = cgi_place_put(ctx, &cg->places.v[i], pid, text);
		into++;
	}
	if (!rc && cg->places.n && !into)
		return cgi_fail(ctx, -ENOENT, "attach %d: the group is gone", pid);
	if (!rc && cg->claims)
		rc = cgi_claims_attach(cg->claims, pid);
	if (!rc) {
		rc = check_alive(ctx, pid, pidfd);
		if (!rc)
			return 0;
		cgi_fail(ctx, rc, "attach %d: %s", pid, rc == -ESRCH ? "it has ended" :
			 cgi_strerror(rc));
		if (cg->claims)
			cgi_claims_unattach(cg->claims, pid);
	}
	cgi_doubt(cg, &d, rc);
	while (i--)
		if (!cg->places.v[i].gone)
			cgi_place_put_back(ctx, &cg->places.v[i], pid);
	return cgi_doubt_fail(cg, &d);
}

static int refuse(struct cg *cg, const char *verb, pid_t pid)
{
	if (!cg->adopted)
		return cgi_fail(cg->ctx, -EPERM, "%s %d: this group was not created or adopted",
				verb, pid);
	return cgi_group_is_root(cg) ?
		cgi_fail(cg->ctx, -EPERM, "%s %d: the root of a hierarchy", verb, pid) : 0;
}

/* pidfd: of that process, -1: the number is all there is */
static int attach(struct cg *cg, pid_t pid, int pidfd)
{
	_cleanup_free_ char *text = NULL;
	struct cg_ctx *ctx = cg->ctx;
	int rc = refuse(cg, "attach", pid);

	rc = rc ? rc : join_unit(cg, pid);
	rc = rc ? rc : refuse_frozen(cg, pid);
	if (rc)
		return rc;
	if (!cg->places.n && !cg->claims)
		return cgi_fail(ctx, -ENOENT, "attach %d: the group is gone", pid);
	/* Where it comes from, in every hierarchy; what /proc hides cannot be put back. */
	rc = cgi_read_proc(ctx, pid, "cgroup", &text);
	if (cgi_is_scarce(rc))
		return cgi_fail(ctx, rc, "attach %d: %s", pid, cgi_strerror(rc));
	return put_in_each(cg, pid, pidfd, text ? text : "");
}

CG_API int cg_attach(struct cg *cg, pid_t pid)
{
	struct cg_ctx *ctx = cg->ctx;

	cgi_enter(ctx, -1);
	if (pid < 0)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "attach %d: no such number", pid));
	return cgi_result(ctx, attach(cg, pid ? pid : ctx->sys->self(ctx->k), -1));
}

/* What failed may have been asked about whoever has the number by now. */
static int ended(struct cg *cg, int pidfd, int rc)
{
	return rc < 0 && cgi_pidfd_lives(cg->ctx, pidfd) == -ESRCH ?
		cgi_fail(cg->ctx, -ESRCH, "process of pidfd %d: it has ended", pidfd) : rc;
}

CG_API int cg_attach_pidfd(struct cg *cg, int pidfd)
{
	pid_t pid;
	int rc;

	cgi_enter(cg->ctx, -1);
	rc = cgi_pidfd_pid(cg->ctx, pidfd, &pid);
	return cgi_result(cg->ctx, rc ? rc : ended(cg, pidfd, attach(cg, pid, pidfd)));
}

/* A member's descendants are members: not the caller, and so nobody above it. */
static bool is_ancestor(struct cg_ctx *ctx, pid_t pid)
{
	struct cgi_stat st = { .ppid = ctx->sys->self(ctx->k) };

	do {
		if (st.ppid == pid)
			return true;
	} while (st.ppid > 0 && !cgi_stat_pid(ctx, st.ppid, &st));
	return pid == 1;
}

static int no_record(struct cg *cg, const char *verb)
{
	return cgi_fail(cg->ctx, -EOPNOTSUPP, "%s: this group has no part that records processes",
			verb);
}

static int identify(struct cg *cg, pid_t pid, int pidfd, unsigned ids)
{
	int rc;

	if (pid <= 0 || ids & ~(CG_ID_USER | CG_ID_PID | CG_ID_MNT))
		return cgi_fail(cg->ctx, -EINVAL, "identify %d: no such process or namespace", pid);
	rc = refuse(cg, "identify", pid);
	if (!rc && is_ancestor(cg->ctx, pid))
		rc = cgi_fail(cg->ctx, -EDEADLK, "identify %d: the caller descends from it", pid);
	return rc ? rc : cg->claims ? cgi_claims_identify(cg->claims, pid, pidfd, ids) :
		no_record(cg, "identify");
}

CG_API int cg_identify(struct cg *cg, pid_t pid, unsigned ids)
{
	cgi_enter(cg->ctx, -1);
	return cgi_result(cg->ctx, identify(cg, pid, -1, ids));
}

CG_API int cg_identify_pidfd(struct cg *cg, int pidfd, unsigned ids)
{
	pid_t pid;
	int rc;

	cgi_enter(cg->ctx, -1);
	rc = cgi_pidfd_pid(cg->ctx, pidfd, &pid);
	return cgi_result(cg->ctx, rc ? rc :
			  ended(cg, pidfd, identify(cg, pid, pidfd, ids)));
}

CG_API int cg_hold(struct cg *cg, unsigned id, const char *path)
{
	int rc;

	cgi_enter(cg->ctx, -1);
	if ((id != CG_ID_USER && id != CG_ID_MNT) ||
	    (path && (*path != '/' || strchr(path, '\n'))))
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "hold: bad argument"));
	rc = cg->claims ? cgi_claims_hold(cg->claims, id, path) : no_record(cg, "hold");
	return cgi_result(cg->ctx, rc);
}

CG_API int cg_unidentify(struct cg *cg, unsigned ids)
{
	cgi_enter(cg->ctx, -1);
	if (cg->claims)
		cgi_claims_unidentify(cg->claims, ids);
	return 0;
}
