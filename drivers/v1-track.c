/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup v1: who is a member, and the freezer. */
#include <stdio.h>

#include "v1.h"

static bool is_gone(int rc)
{
	return rc == -ENOENT || rc == -ENODEV;
}

static int count_pid(void *data, pid_t pid, size_t n)
{
	(void)pid;
	*(uint64_t *)data += n;
	return 0;
}

/*
 * cgroup.procs of v1 leaves out who lives outside our PID namespace, without a trace. The
 * kernel's own count of threads tells; it is a lower bound, so this is one too. False where
 * that cannot be asked either.
 */
static bool hidden(struct cg_ctx *ctx, struct cgi_dir *d, const char *rel, uint64_t *ret)
{
	_cleanup_free_ char *text = NULL;
	struct cgi_counts counts;
	uint64_t visible = 0;
	char name[4200];
	int fd, rc;

	*ret = 0;
	if (!ctx->child_pidns)
		return true;
	if (!cgi_dir_file(name, sizeof(name), rel, "tasks") ||
	    cgi_read_all(ctx, d->fd, name, &text) < 0 || cgi_pids_parse(text, count_pid, &visible))
		return false;
	fd = *rel ? ctx->sys->open(ctx->k, d->fd, rel, true) : d->fd;
	if (fd < 0)
		return is_gone(fd);
	rc = ctx->sys->counts(ctx->k, fd, &counts);
	if (*rel)
		cgi_close_fd(ctx, fd);
	if (!rc && counts.total > visible)
		*ret = counts.total - visible;
	return !rc;
}

/* What one hierarchy knows: members go to fn, those without a number are counted. */
struct heard {
	cgi_pid_fn fn;
	void *data;
	uint64_t unnamed;
	bool unsure;
};

static int on_heard(void *data, pid_t pid, size_t n)
{
	struct heard *h = data;

	if (pid)
		return h->fn(h->data, pid, n);
	h->unnamed += n;
	return 0;
}

static int group_procs(struct cg_part *p, struct v1_group *g, unsigned flags, struct heard *h)
{
	_cleanup_(cgi_names_free) struct cgi_names l = { 0 };
	uint64_t unnamed;
	int rc;

	if (g->dir.gone)
		return 0;
	rc = cgi_dir_names(p->ctx, &g->dir, &l);
	for (size_t i = 0; !rc && i < (flags & CG_HERE ? 1 : l.n); i++) {
		rc = cgi_dir_procs(p->ctx, &g->dir, l.v[i], on_heard, h);
		if (is_gone(rc)) {
			g->dir.gone = g->dir.gone || !*l.v[i];
			rc = 0;
			continue;
		}
		if (!rc && !hidden(p->ctx, &g->dir, l.v[i], &unnamed))
			h->unsure = true;
		else if (!rc)
			h->unnamed += unnamed;
	}
	return rc;
}

/* Frozen threads are in no count: while the group is frozen nothing can be said of them. */
static bool blinded(struct cg_part *p)
{
	struct v1_group *g = cgi_v1_group(p->priv, "freezer");
	bool frozen = false, above = false;

	return p->ctx->child_pidns && g && !g->dir.gone &&
		(cgi_v1_frozen(p->ctx, &g->dir, &frozen, &above) || frozen || above);
}

/*
 * A member may have been moved in one hierarchy and not in another; it stays a member
 * while any of them says so. Those without a number are the same ones in each.
 */
int cgi_v1_procs(struct cg_part *p, unsigned flags, cgi_pid_fn fn, void *data)
{
	struct v1 *v = p->priv;
	uint64_t most = 0;
	bool unsure = false;
	int rc = 0;

	for (size_t i = 0; !rc && i < v->n; i++) {
		struct heard h = { .fn = fn, .data = data };

		rc = group_procs(p, &v->group[i], flags, &h);
		most = h.unnamed > most ? h.unnamed : most;
		unsure = unsure || h.unsure;
	}
	if (!rc && most)
		rc = fn(data, 0, most);
	return rc ? rc : unsure || blinded(p) ? CG_WEAK : 0;
}

static int found_one(void *data, pid_t pid, size_t n)
{
	(void)data;
	(void)pid;
	return n ? 1 : 0;
}

/* 0, CG_WEAK (nobody that we can see), <0 */
int cgi_v1_dir_empty(struct cg_ctx *ctx, struct cgi_dir *d, bool *empty)
{
	_cleanup_(cgi_names_free) struct cgi_names l = { 0 };
	uint64_t unnamed = 0;
	bool sure = true;
	int rc;

	*empty = true;
	if (d->gone)
		return 0;
	rc = cgi_dir_names(ctx, d, &l);
	for (size_t i = 0; !rc && i < l.n; i++) {
		rc = cgi_dir_procs(ctx, d, l.v[i], found_one, NULL);
		if (is_gone(rc)) {
			d->gone = d->gone || !*l.v[i];
			rc = 0;
			continue;
		}
		if (!rc)
			sure = hidden(ctx, d, l.v[i], &unnamed) && sure;
		if (rc == 1 || unnamed) {
			*empty = false;
			return 0;
		}
	}
	return rc ? rc : sure ? 0 : CG_WEAK;
}

/* frozen: in its own right or by one above. -ENOENT: gone */
int cgi_v1_frozen(struct cg_ctx *ctx, struct cgi_dir *d, bool *frozen, bool *above)
{
	char buf[32];
	ssize_t n;

	n = cgi_read_word(ctx, d->fd, "freezer.parent_freezing", buf, sizeof(buf));
	if (above)
		*above = n > 0 && buf[0] == '1';
	else if (n > 0 && buf[0] == '1') {
		*frozen = true;
		return 0;
	}
	n = cgi_read_word(ctx, d->fd, "freezer.state", buf, sizeof(buf));
	if (n < 0)
		return is_gone((int)n) ? (int)n :
					 cgi_fail(ctx, (int)n, "read %s%s/freezer.state: %s",
						  d->tree->point, d->path, cgi_strerror((int)n));
	*frozen = !strcmp(buf, "FROZEN");
	return 0;
}

int cgi_v1_state(struct cg_part *p, unsigned *state)
{
	struct v1 *v = p->priv;
	struct v1_group *g = cgi_v1_group(v, "freezer");
	bool empty, all_gone = true, frozen = false, above = false;
	int rc, weak = 0;

	*state = CG_EMPTY;
	for (size_t i = 0; i < v->n; i++) {
		rc = cgi_v1_dir_empty(p->ctx, &v->group[i].dir, &empty);
		if (rc < 0)
			return rc;
		weak = weak ? weak : rc;
		if (!empty)
			*state &= ~CG_EMPTY;
		all_gone = all_gone && v->group[i].dir.gone;
	}
	p->gone = all_gone;
	if (all_gone)
		*state |= CG_GONE;
	else if (blinded(p))
		*state &= ~CG_EMPTY;
	if (!g || g->dir.gone)
		return weak;
	rc = cgi_v1_frozen(p->ctx, &g->dir, &frozen, &above);
	if (rc)
		return is_gone(rc) ? weak : rc;
	if (frozen)
		*state |= CG_FROZEN;
	if (above)
		*state |= CG_FROZEN_ABOVE;
	return weak;
}

/*
 * Thawing a group does not thaw those below that froze themselves (runc issue 2105), so
 * they are asked first, the deepest before its parents.
 */
static int thaw_nested(struct cg_part *p, struct v1_group *g)
{
	_cleanup_(cgi_names_free) struct cgi_names l = { 0 };
	char name[4200], buf[16];
	int rc;

	rc = cgi_dir_names(p->ctx, &g->dir, &l);
	for (size_t i = l.n; !rc && i-- > 1; ) {
		if (!cgi_dir_file(name, sizeof(name), l.v[i], "freezer.self_freezing") ||
		    cgi_read_word(p->ctx, g->dir.fd, name, buf, sizeof(buf)) != 1 || buf[0] != '1')
			continue;
		if (cgi_dir_file(name, sizeof(name), l.v[i], "freezer.state"))
			(void)p->ctx->sys->write(p->ctx->k, g->dir.fd, name, "THAWED");
	}
	return rc;
}

int cgi_v1_freeze(struct cg_part *p, enum cgi_freeze how)
{
	struct v1_group *g = cgi_v1_group(p->priv, "freezer");
	int rc, nested = 0;

	if (!g)
		return cgi_fail(p->ctx, -EOPNOTSUPP, "the group is in no freezer hierarchy");
	if (g->dir.gone)
		return 0;
	if (how == CGI_THAW_DEEP)
		nested = thaw_nested(p, g);
	rc = p->ctx->sys->write(p->ctx->k, g->dir.fd, "freezer.state",
				how == CGI_FREEZE ? "FROZEN" : "THAWED");
	if (!rc || is_gone(rc))
		return is_gone(rc) ? 0 : nested;
	return cgi_fail(p->ctx, rc, "write %s%s/freezer.state: %s", g->dir.tree->point, g->dir.path,
			cgi_strerror(rc));
}

bool cgi_v1_can_freeze(struct cg_part *p)
{
	return cgi_v1_group(p->priv, "freezer");
}

/* Nobody forks past pids.max; those that are there may be more than it. */
int cgi_v1_brake(struct cg_part *p, bool on)
{
	struct v1 *v = p->priv;
	struct v1_group *g = cgi_v1_group(v, "pids");
	char old[24];
	int rc;

	if (!g || g->dir.gone || on == !!*v->pids_max)
		return 0;
	if (on && cgi_read_word(p->ctx, g->dir.fd, "pids.max", old, sizeof(old)) <= 0)
		return 0;
	rc = p->ctx->sys->write(p->ctx->k, g->dir.fd, "pids.max", on ? "0" : v->pids_max);
	snprintf(v->pids_max, sizeof(v->pids_max), "%s", on && !rc ? old : "");
	if (!rc || is_gone(rc))
		return 0;
	return cgi_fail(p->ctx, rc, "write %s%s/pids.max: %s", g->dir.tree->point, g->dir.path,
			cgi_strerror(rc));
}
