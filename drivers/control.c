/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is done to a place: freezing, ending all at once, the brake on forks, handing over. */
#include <fcntl.h>
#include <stdio.h>

#include "place.h"
#include "walk.h"

static bool is_freezer(const struct cgi_place *p)
{
	const struct cgi_dialect *d = p->tree ? p->tree->d : NULL;

	return d && !p->unseen && (!d->freezer || cgi_has_word(p->tree->name, d->freezer, ','));
}

/* v2: Linux 5.2 */
bool cgi_place_can_freeze(struct cg_ctx *ctx, struct cgi_place *p)
{
	if (!is_freezer(p))
		return false;
	if (!p->can_freeze)
		p->can_freeze = p->gone || p->tree->d->freezer ||
			cgi_place_has(ctx, p, p->tree->d->freeze_file);
	return p->can_freeze;
}

int cgi_place_frozen(struct cg_ctx *ctx, struct cgi_place *p, bool *frozen, bool *above)
{
	int rc;

	*frozen = *above = false;
	if (p->gone || !is_freezer(p))
		return 0;
	rc = p->tree->d->frozen_now(ctx, p, frozen, above);
	return p->gone ? 0 : rc;
}

/* An optional file: what an older kernel lacks is not supported, a group that is gone is done. */
static int request(struct cg_ctx *ctx, struct cgi_place *p, const char *file, const char *text)
{
	int rc = cgi_place_write(ctx, p, file, text);

	if (!rc || p->gone)
		return 0;
	return rc == -ENOENT ? -EOPNOTSUPP : rc;
}

struct thawing {
	struct cg_ctx *ctx;
	const struct cgi_dialect *d;
};

/*
 * Thawing a group does not thaw those below that froze themselves (runc issue 2105), so
 * they are asked first, the deepest before its parents.
 */
static int thaw_nested(void *data, int parent, const char *name)
{
	struct thawing *t = data;
	struct cg_ctx *ctx = t->ctx;
	char file[256 + 32], buf[16];

	snprintf(file, sizeof(file), "%s/%s", name, t->d->self_file);
	if (cgi_read_word(ctx, parent, file, buf, sizeof(buf)) != 1 || buf[0] != '1')
		return 0;
	snprintf(file, sizeof(file), "%s/%s", name, t->d->freeze_file);
	(void)ctx->sys->write(ctx->k, parent, file, t->d->thawed);
	return 0;
}

static int thaw_below(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct thawing t = { ctx, p->tree->d };
	struct cgi_walk w = { .leave = thaw_nested, .data = &t, .ours = p->ours };
	int fd = cgi_place_enter(ctx, p), rc;

	if (fd < 0)
		return fd;
	rc = cgi_walk(ctx, fd, &w);
	cgi_place_done(ctx, p, fd);
	/* What may not be looked into cannot be thawed either; it keeps nothing else from it. */
	return cgi_is_gone(rc) ? 0 : rc;
}

int cgi_place_freeze(struct cg_ctx *ctx, struct cgi_place *p, enum cgi_freeze how)
{
	const struct cgi_dialect *d = p->tree ? p->tree->d : NULL;
	int rc, nested = 0;

	if (p->gone)
		return 0;
	if (!is_freezer(p))
		return cgi_fail(ctx, -EOPNOTSUPP, "%s cannot be frozen", CGI_AT(p));
	/* This group first: what is below it may take more time than there is. */
	rc = request(ctx, p, d->freeze_file, how == CGI_FREEZE ? d->frozen : d->thawed);
	if (how == CGI_THAW_DEEP && !p->gone)
		nested = thaw_below(ctx, p);
	return rc ? rc : p->gone ? 0 : nested;
}

int cgi_place_kill(struct cg_ctx *ctx, struct cgi_place *p)
{
	if (!p->tree || !p->tree->d->kill_file)
		return p->gone ? 0 : -EOPNOTSUPP;
	return p->gone ? 0 : request(ctx, p, p->tree->d->kill_file, "1");
}

/* Nobody forks past pids.max; those that are there may be more than it. */
int cgi_place_brake(struct cg_ctx *ctx, struct cgi_place *p, bool on)
{
	char old[24];
	int rc;

	if (p->gone || p->unseen || on == !!*p->pids_max ||
	    (p->tree->kind == CGI_V1 && !cgi_has_word(p->tree->name, "pids", ',')))
		return 0;
	if (on && cgi_place_word(ctx, p, "pids.max", old, sizeof(old)) <= 0)
		return 0;
	rc = request(ctx, p, "pids.max", on ? "0" : p->pids_max);
	snprintf(p->pids_max, sizeof(p->pids_max), "%s", on && !rc ? old : "");
	return rc;
}

/* Those files that the kernel lists (Linux 4.15), and before that the three of always. */
int cgi_place_delegate(struct cg_ctx *ctx, struct cgi_place *p, uid_t uid, gid_t gid)
{
	static const char always[] = "cgroup.procs\ncgroup.threads\ncgroup.subtree_control\n";
	_cleanup_free_ char *text = NULL;
	char name[64];
	int fd, rc, len;

	if (!p->tree || p->tree->kind != CGI_V2)
		return -EOPNOTSUPP;
	if (cgi_read_all(ctx, AT_FDCWD, "/sys/kernel/cgroup/delegate", &text) < 0)
		text = strdup(always);
	if (!text)
		return cgi_nomem(ctx);
	fd = cgi_place_enter(ctx, p);
	if (fd < 0)
		return fd;
	rc = ctx->sys->chown(ctx->k, fd, "", uid, gid);
	for (const char *s = text; !rc && *s; s += len + (s[len] == '\n')) {
		len = (int)strcspn(s, "\n");
		snprintf(name, sizeof(name), "%.*s", len, s);
		rc = len ? ctx->sys->chown(ctx->k, fd, name, uid, gid) : 0;
		/* The file of a controller that is not on here. */
		rc = rc == -ENOENT ? 0 : rc;
	}
	cgi_place_done(ctx, p, fd);
	return rc ? cgi_fail(ctx, rc, "hand %s over: %s", CGI_AT(p), cgi_strerror(rc)) : 0;
}

/* ---- what can be promised ---- */

struct able {
	const struct cgi_tree *v2, *freezer, *any;	/* with a place, or where one can be made */
	struct cgi_place *p2;
};

static struct able find_able(struct cg_ctx *ctx, struct cgi_places *l, bool given)
{
	struct able a = { 0 };

	for (size_t i = 0; i < (l ? l->n : ctx->trees->n); i++) {
		const struct cgi_tree *t = l ? l->v[i].tree : &ctx->trees->v[i];

		if (l ? !t || l->v[i].unseen || l->v[i].gone :
		    t->fd < 0 || !ctx->present[t->kind] ||
		    !(t->base || ctx->base || (given && t->kind == CGI_V2)))
			continue;
		if (t->kind == CGI_V2) {
			a.v2 = t;
			a.p2 = l ? &l->v[i] : NULL;
			continue;
		}
		a.any = a.any ? a.any : t;
		if (cgi_has_word(t->name, "freezer", ','))
			a.freezer = t;
	}
	return a;
}

/* Has the group, or would a new one have, this file? */
static bool v2_has(struct cg_ctx *ctx, const struct able *a, const char *file, unsigned major,
		   unsigned minor)
{
	return a->p2 ? cgi_place_has(ctx, a->p2, file) :
		cgi_tree_new_has(ctx, a->v2, file, major, minor);
}

static void caps_of_v2(struct cg_ctx *ctx, const struct able *a, struct cgi_cap *c)
{
	bool freeze = v2_has(ctx, a, "cgroup.freeze", 5, 2);
	bool kill = v2_has(ctx, a, "cgroup.kill", 5, 14);

	cgi_cap_offer(&c[CG_OP_PROCS], CG_FULL, "v2 cgroup.procs", "", "");
	cgi_cap_offer(&c[CG_OP_ATTACH], CG_FULL, "v2 cgroup.procs", "", "");
	cgi_cap_offer(&c[CG_OP_CLONE], CG_FULL, "v2 CLONE_INTO_CGROUP", "", "");
	cgi_cap_offer(&c[CG_OP_DELETE], CG_FULL, "v2 rmdir", "", "");
	cgi_cap_offer(&c[CG_OP_WATCH], CG_FULL, "v2 cgroup.events", "", "");
	cgi_cap_offer(&c[CG_OP_DELEGATE], CG_FULL, "v2 chown", "", "");
	if (freeze) {
		cgi_cap_offer(&c[CG_OP_FREEZE], CG_FULL, "v2 cgroup.freeze", "", "");
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_FULL, "v2 cgroup.freeze and pidfd", "", "");
	} else {
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "pidfd in rounds",
			      "this kernel has no cgroup.freeze: a member that forks meanwhile may "
			      "be missed", "Linux 5.2");
	}
	/* Either way the kernel shows the group empty at the end. */
	cgi_cap_offer(&c[CG_OP_KILL], CG_FULL, kill ? "v2 cgroup.kill" : freeze ?
		      "v2 cgroup.freeze and pidfd" : "pidfd in rounds until empty", "", "");
}

static void caps_of_v1(struct cg_ctx *ctx, const struct able *a, bool group, struct cgi_cap *c)
{
	static const char unlisted[] =
		"cgroup v1 does not list members outside this PID namespace";
	const struct cgi_tree *by = a->freezer ? a->freezer : a->any, *here;
	struct cgi_counts counts;
	bool blind = ctx->child_pidns && ctx->sys->counts(ctx->k, by->fd, &counts);
	char procs[64], kill[64];

	snprintf(procs, sizeof(procs), "v1 %.30s cgroup.procs", by->name);
	cgi_cap_offer(&c[CG_OP_PROCS], ctx->child_pidns ? CG_BEST_EFFORT : CG_FULL, procs,
		      ctx->child_pidns ? unlisted : "", "");
	cgi_cap_offer(&c[CG_OP_ATTACH], CG_FULL, procs, "", "");
	cgi_cap_offer(&c[CG_OP_DELETE], CG_FULL, "v1 rmdir", "", "");
	if (a->freezer) {
		cgi_cap_offer(&c[CG_OP_FREEZE], CG_FULL, "v1 freezer.state", "", "");
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_FULL, "v1 freezer.state and pidfd", "", "");
		cgi_cap_offer(&c[CG_OP_KILL], blind ? CG_BEST_EFFORT : CG_FULL,
			      "v1 freezer.state and pidfd", blind ? unlisted : "", "");
		return;
	}
	/* There is a freezer for this user, and the group was not made in it. */
	here = cgi_tree_with(ctx, "freezer");
	snprintf(kill, sizeof(kill), "pidfd in rounds until v1 %.20s is empty", by->name);
	if (group && here && here->base)
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "pidfd in rounds",
			      "this group has no directory in the freezer hierarchy: a member that "
			      "forks meanwhile may be missed", "");
	else
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "pidfd in rounds",
			      "this user has no freezer hierarchy: a member that forks meanwhile "
			      "may be missed", "boot with systemd.unified_cgroup_hierarchy=1, or "
			      "let an administrator make a freezer group and chown it");
	cgi_cap_offer(&c[CG_OP_KILL], blind ? CG_BEST_EFFORT : CG_FULL, kill,
		      blind ? unlisted : "", "");
}

void cgi_place_caps(struct cg_ctx *ctx, struct cgi_places *l, bool given, struct cgi_cap *c)
{
	struct able a = find_able(ctx, l, given);

	if (a.v2)
		caps_of_v2(ctx, &a, c);
	if (a.any)
		caps_of_v1(ctx, &a, l, c);
}
