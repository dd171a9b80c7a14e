/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Freezing where nothing can freeze: SIGSTOP to every member until nobody runs. Members'
 * parents can see it, so it is reported as emulated. Whoever was stopped before we came
 * stays stopped when we go.
 */
#include <signal.h>

#include "internal.h"

static bool is_stopped(const struct cgi_stat *st)
{
	return st->state == 'T' || st->state == 't';
}

static bool was_stopped(const struct cg *cg, const struct cgi_stat *st)
{
	for (size_t i = 0; i < cg->n_kept; i++)
		if (cg->kept[i].pid == st->pid && cg->kept[i].start == st->start)
			return true;
	return false;
}

int cgi_keep_stopped(struct cg *cg, pid_t pid, uint64_t start)
{
	struct cg_ref *v = realloc(cg->kept, (cg->n_kept + 1) * sizeof(*v));

	if (!v)
		return cgi_fail(cg->ctx, -ENOMEM, "no memory");
	cg->kept = v;
	v[cg->n_kept++] = (struct cg_ref){ .pid = pid, .start = start };
	return 0;
}

/* Who is stopped already, before the first of our signals. */
static int note_stopped(struct cg *cg)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	struct cgi_stat st;
	int rc = cgi_members(cg, 0, &l);

	for (size_t i = 0; rc >= 0 && i < l.n; i++)
		if (!cgi_stat_pid(cg->ctx, l.pid[i], &st) && is_stopped(&st))
			rc = cgi_keep_stopped(cg, st.pid, st.start);
	return rc;
}

static bool wants_stop(struct cg *cg, pid_t pid)
{
	struct cgi_stat st;

	return !cgi_stat_pid(cg->ctx, pid, &st) && !is_stopped(&st) && cgi_lives(cg->ctx, &st) == 1;
}

static bool wants_continue(struct cg *cg, pid_t pid)
{
	struct cgi_stat st;

	return !cgi_stat_pid(cg->ctx, pid, &st) && is_stopped(&st) && !was_stopped(cg, &st);
}

/* One request; cgi_all_stopped() tells. */
int cgi_stop(struct cg *cg)
{
	struct cgi_round r = { .want = wants_stop };
	int rc;

	if (!cg->stopping) {
		rc = note_stopped(cg);
		if (rc < 0)
			return rc;
		cg->stopping = true;
	}
	rc = cgi_signal_round(cg, SIGSTOP, 0, &r);
	if (rc >= 0 && r.denied)
		return cgi_fail(cg->ctx, -EPERM, "freeze %s: %u members are not ours to stop",
				cg->path, r.denied);
	return rc < 0 ? rc : 0;
}

int cgi_continue(struct cg *cg)
{
	struct cgi_round r = { .want = wants_continue };
	int rc;

	if (!cg->stopping)
		return 0;
	rc = cgi_signal_round(cg, SIGCONT, 0, &r);
	if (rc < 0)
		return rc;
	cg->stopping = false;
	cg->n_kept = 0;
	return 0;
}

int cgi_all_stopped(struct cg *cg, bool *ret)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	int rc = cgi_members(cg, 0, &l);

	if (rc < 0)
		return rc;
	*ret = true;
	for (size_t i = 0; *ret && i < l.n; i++)
		*ret = !wants_stop(cg, l.pid[i]);
	return 0;
}
