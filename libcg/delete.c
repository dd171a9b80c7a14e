/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing a group: nobody lives in it, then the deepest goes first, in every hierarchy. */
#include "internal.h"

void cgi_report_out(int rc, const struct cg_report *rep, struct cg_report *out, size_t size)
{
	if (out && (rc >= 0 || rc == -ETIMEDOUT))
		memcpy(out, rep, size < sizeof(*rep) ? size : sizeof(*rep));
}

static int remove_each(struct cg *cg)
{
	int rc, first = 0;

	for (size_t i = cg->nparts; i--; ) {
		struct cg_part *p = &cg->part[i];

		rc = p->priv && !p->gone ? p->drv->remove(p) : 0;
		if (rc && !first)
			first = rc;
	}
	return first;
}

static int refuse_live(struct cg *cg)
{
	unsigned state;
	int rc = cgi_group_state(cg, &state);

	if (rc >= 0 && !(state & CG_EMPTY))
		return cgi_fail(cg->ctx, -EBUSY, "delete %s: it has live processes", cg->path);
	return rc;
}

/* Dead processes are seen in a group a little longer than their death: EBUSY is ordinary. */
static int delete_until(struct cg *cg, unsigned flags, uint64_t deadline, struct cgi_pids *seen,
			struct cg_report *rep)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cg_report again;
	unsigned pause = 0;
	int rc, weak;

	weak = flags & CG_IF_EMPTY ? refuse_live(cg) : cgi_kill(cg, deadline, seen, rep);
	if (weak < 0)
		return weak;
	for (;;) {
		rc = remove_each(cg);
		cgi_log(ctx, "remove %s = %d", cg->path, rc);
		if (rc != -EBUSY || ctx->sys->now(ctx->k) >= deadline)
			break;
		cgi_pause(cg, &pause, deadline);
		/* Somebody may have been put in since. */
		rc = flags & CG_IF_EMPTY ? refuse_live(cg) : cgi_kill(cg, deadline, seen, &again);
		if (rc < 0)
			break;
	}
	if (rc)
		return rc;
	CGI_EACH(cg, p)
		if (p->drv->remove_parents)
			p->drv->remove_parents(p);
	return weak;
}

CG_API int cg_delete(struct cg *cg, unsigned flags, int timeout_ms, struct cg_report *report,
		     size_t size)
{
	_cleanup_(cgi_pids_free) struct cgi_pids seen = { 0 };
	struct cg_report rep = { 0 };
	uint64_t deadline;
	int rc;

	cgi_enter(cg->ctx);
	deadline = cgi_deadline(cg->ctx, timeout_ms);
	if (timeout_ms < 0 || flags & ~CG_IF_EMPTY)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "delete: bad argument"));
	rc = cgi_guard(cg, "delete", &seen);
	if (!rc)
		rc = delete_until(cg, flags, deadline, &seen, &rep);
	cgi_report_out(rc, &rep, report, size);
	return cgi_result(cg->ctx, rc);
}
