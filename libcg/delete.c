/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Removing a group: nobody lives in it, then the deepest goes first, in every hierarchy. */
#include "core.h"

static int remove_each(struct cg *cg)
{
	int rc, first = 0;

	for (size_t i = cg->places.n; i--; ) {
		rc = cgi_place_remove(cg->ctx, &cg->places.v[i]);
		if (rc && !first)
			first = rc;
	}
	return first;
}

static int refuse_live(struct cg *cg)
{
	bool empty;
	int rc = cgi_is_empty(cg, &empty, NULL);

	if (rc >= 0 && !empty)
		return cgi_fail(cg->ctx, -EBUSY, "delete %s: it has live processes", cg->path);
	return rc;
}

static int end_all(struct cg *cg, unsigned flags, struct cgi_pids *seen, struct cg_report *rep)
{
	return flags & CG_IF_EMPTY ? refuse_live(cg) : cgi_kill(cg, seen, rep);
}

/* Dead processes are seen in a group a little longer than their death: EBUSY is ordinary. */
static int remove_until(struct cg *cg, unsigned flags, struct cgi_pids *seen)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cg_report again;
	unsigned pause = 0;
	int rc;

	for (;;) {
		rc = remove_each(cg);
		cgi_log(ctx, "remove %s = %d", cg->path, rc);
		if (rc != -EBUSY || ctx->sys->now(ctx->k) >= ctx->deadline)
			return rc;
		cgi_pause(ctx, &pause, ctx->deadline);
		/* Somebody may have been put in since. */
		rc = end_all(cg, flags, seen, &again);
		if (rc < 0)
			return rc;
	}
}

static int delete(struct cg *cg, unsigned flags, struct cgi_pids *seen, struct cg_report *rep)
{
	int weak = end_all(cg, flags, seen, rep), rc;

	if (weak < 0)
		return weak;
	cgi_watch_last_look(cg);
	rc = remove_until(cg, flags, seen);
	if (!rc && cg->unit)
		rc = cgi_unit_end(cg->ctx, cg->unit);
	if (rc)
		return rc;
	CGI_EACH(cg, p)
		cgi_place_remove_parents(cg->ctx, p);
	cg->removed = true;
	cgi_watch_touch(cg);
	return weak;
}

CG_API int cg_delete(struct cg *cg, unsigned flags, int timeout_ms, struct cg_report *report,
		     size_t size)
{
	_cleanup_(cgi_pids_free) struct cgi_pids seen = { 0 };
	struct cg_report rep = { 0 };
	int rc;

	cgi_enter(cg->ctx, timeout_ms);
	if (timeout_ms < 0 || flags & ~CG_IF_EMPTY)
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "delete: bad argument"));
	rc = cgi_guard(cg, "delete");
	rc = rc ? rc : delete(cg, flags, &seen, &rep);
	cgi_report_out(rc, &rep, report, size);
	return cgi_result(cg->ctx, rc);
}
