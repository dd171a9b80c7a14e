/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One signal to every member, and one to one of them. */
#include "core.h"

/* A frozen group neither forks nor loses a member: one round reaches all of it. */
static int signal_frozen(struct cg *cg, int sig, unsigned flags, unsigned *denied)
{
	uint64_t now = cg->ctx->sys->now(cg->ctx->k), until = cg->ctx->deadline;
	struct cgi_round r = { 0 };
	unsigned state;
	int rc, undo;

	rc = cgi_group_state(cg, &state);
	if (rc < 0)
		return rc;
	if (!(state & (CG_FROZEN | CG_FROZEN_ABOVE))) {
		/* Half of the time, so that some is left for doing without. */
		rc = cgi_freeze_until(cg, false, now + (until > now ? until - now : 0) / 2);
		if (rc < 0)
			return cgi_is_denied(rc) ? -EOPNOTSUPP : rc;
	}
	rc = cgi_signal_round(cg, sig, flags, &r);
	*denied = r.denied;
	undo = state & (CG_FROZEN | CG_FROZEN_ABOVE) ? 0 : cgi_thaw_each(cg, CGI_THAW);
	return rc < 0 ? rc : undo < 0 ? undo : rc;
}

/* Without a freezer: rounds, until one meets nobody new. A member that forks faster is missed. */
static int signal_rounds(struct cg *cg, int sig, unsigned flags, unsigned *denied)
{
	_cleanup_(cgi_pids_free) struct cgi_pids done = { 0 };
	struct cgi_round r = { .done = &done };
	int rc;

	do {
		rc = cgi_signal_round(cg, sig, flags, &r);
		if (rc < 0)
			return rc;
		*denied = r.denied;
		if (!r.sent)
			return CG_WEAK;
	} while (cg->ctx->sys->now(cg->ctx->k) < cg->ctx->deadline);
	return cgi_fail(cg->ctx, -ETIMEDOUT, "signal %s: new members keep appearing", cg->path);
}

CG_API int cg_signal(struct cg *cg, int sig, unsigned flags, int timeout_ms)
{
	unsigned denied = 0;
	int rc;

	cgi_enter(cg->ctx, timeout_ms);
	if (flags & ~CG_HERE || timeout_ms < 0 || sig < 0 || sig > 64)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "signal: bad argument"));
	rc = cgi_guard(cg, "signal");
	rc = rc ? rc : cgi_group_settle(cg);
	if (rc)
		return cgi_result(cg->ctx, rc);
	rc = cgi_can_freeze(cg) ? signal_frozen(cg, sig, flags, &denied) : -EOPNOTSUPP;
	if (rc == -EOPNOTSUPP || rc == -ETIMEDOUT)
		rc = signal_rounds(cg, sig, flags, &denied);
	if (rc >= 0 && denied)
		rc = cgi_fail(cg->ctx, -EPERM, "signal %s: %u members are not ours to signal",
			      cg->path, denied);
	return cgi_result(cg->ctx, rc);
}

/* What a call for one member asks first. */
static int refuse_one(struct cg *cg, int sig)
{
	if (sig < 0 || sig > 64)
		return cgi_fail(cg->ctx, -EINVAL, "signal: bad argument");
	return cg->adopted ? 0 : cgi_fail(cg->ctx, -EPERM, "signal: this group was not created or "
					  "adopted");
}

static int result_of_one(struct cg_ctx *ctx, pid_t pid, int rc)
{
	if (rc)
		cgi_fail(ctx, rc, "signal %d: %s", pid,
			 rc == -ESRCH ? "it has ended or is no member" : cgi_strerror(rc));
	return cgi_result(ctx, rc);
}

CG_API int cg_signal_one(struct cg *cg, const struct cg_ref *ref, int sig)
{
	struct cg_ctx *ctx = cg->ctx;
	int fd, rc;

	cgi_enter(ctx, -1);
	rc = refuse_one(cg, sig);
	if (rc)
		return cgi_result(ctx, rc);
	rc = cgi_ref_pidfd(ctx, ref, &fd);
	if (rc)
		return cgi_result(ctx, cgi_fail(ctx, rc, "signal %d: %s", ref->pid,
						cgi_strerror(rc)));
	rc = cgi_is_member(cg, ref->pid);
	rc = rc == 1 ? ctx->sys->signal(ctx->k, fd, ref->pid, sig) : rc ? rc : -ESRCH;
	cgi_close_fd(ctx, fd);
	return result_of_one(ctx, ref->pid, rc);
}

CG_API int cg_signal_pidfd(struct cg *cg, int pidfd, int sig)
{
	struct cg_ctx *ctx = cg->ctx;
	pid_t pid = 0;
	int rc;

	cgi_enter(ctx, -1);
	rc = refuse_one(cg, sig);
	rc = rc ? rc : cgi_pidfd_pid(ctx, pidfd, &pid);
	if (rc)
		return cgi_result(ctx, rc);
	rc = cgi_is_member(cg, pid);
	rc = rc == 1 ? cgi_pidfd_lives(ctx, pidfd) : rc ? rc : -ESRCH;
	rc = rc ? rc : ctx->sys->signal(ctx->k, pidfd, pid, sig);
	return result_of_one(ctx, pid, rc);
}
