/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup v1: its files of resources, and what can be promised. */
#include <stdio.h>

#include "v1.h"

/* The hierarchy of a v1 file is named by its first word: "pids.max". */
static int find_key(struct cg_part *p, const char *key, struct v1_group **ret)
{
	char controller[64];
	struct v1_group *g;
	struct cgi_ident id;
	size_t len = strcspn(key, ".");

	if (cgi_key_check(p->ctx, key))
		return -EINVAL;
	snprintf(controller, sizeof(controller), "%.*s", (int)len, key);
	g = cgi_v1_group(p->priv, controller);
	if (!g || g->dir.gone || p->ctx->sys->ident(p->ctx->k, g->dir.fd, key, &id))
		return cgi_fail(p->ctx, -EOPNOTSUPP, "no v1 hierarchy of this group has %s", key);
	*ret = g;
	return 0;
}

int cgi_v1_raw_set(struct cg_part *p, const char *key, const char *value)
{
	struct v1_group *g;
	int rc = find_key(p, key, &g);

	if (rc)
		return rc;
	rc = p->ctx->sys->write(p->ctx->k, g->dir.fd, key, value);
	return rc ? cgi_fail(p->ctx, rc, "write \"%.60s\" to %s%s/%s: %s", value,
			     g->dir.tree->point, g->dir.path, key, cgi_strerror(rc)) :
		    0;
}

int cgi_v1_raw_get(struct cg_part *p, const char *key, char *buf, size_t size)
{
	struct v1_group *g;
	int rc = find_key(p, key, &g);
	ssize_t n;

	if (rc)
		return rc;
	n = cgi_read_word(p->ctx, g->dir.fd, key, buf, size);
	return n < 0 ? cgi_fail(p->ctx, n == -E2BIG ? -ERANGE : (int)n, "read %s%s/%s: %s",
				g->dir.tree->point, g->dir.path, key, cgi_strerror((int)n)) : 0;
}

int cgi_v1_raw_text(struct cg_part *p, const char *key, char **ret)
{
	struct v1_group *g;
	int rc = find_key(p, key, &g);
	ssize_t n;

	if (rc)
		return rc;
	n = cgi_read_all(p->ctx, g->dir.fd, key, ret);
	return n < 0 ? cgi_fail(p->ctx, (int)n, "read %s%s/%s: %s", g->dir.tree->point,
				g->dir.path, key, cgi_strerror((int)n)) : 0;
}

/* The hierarchies of the group, or those where one could be made. */
static bool has(struct cg_ctx *ctx, int index, struct cg_part *p, const char *controller)
{
	struct v1_host *h = ctx->host[index];

	if (p)
		return cgi_v1_group(p->priv, controller);
	for (size_t i = 0; i < h->n; i++)
		if (*h->tree[i].tree.base && cgi_has_word(h->tree[i].name, controller, ','))
			return true;
	return false;
}

static const char *tracker(struct cg_ctx *ctx, int index, struct cg_part *p)
{
	struct v1_host *h = ctx->host[index];
	struct v1 *v = p ? p->priv : NULL;

	if (has(ctx, index, p, "freezer"))
		return "freezer";
	if (v)
		return v->n ? v->group[0].tree->name : NULL;
	for (size_t i = 0; i < h->n; i++)
		if (*h->tree[i].tree.base)
			return h->tree[i].name;
	return NULL;
}

/* Does the kernel count those that it does not list? */
static bool counts_work(struct cg_ctx *ctx, int index)
{
	struct v1_host *h = ctx->host[index];
	struct cgi_counts counts;

	return !ctx->sys->counts(ctx->k, h->tree[0].tree.fd, &counts);
}

void cgi_v1_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids, struct cgi_cap *c)
{
	static const char no_freezer[] =
		"this user has no freezer hierarchy: a member that forks meanwhile may be missed";
	static const char remedy[] = "boot with systemd.unified_cgroup_hierarchy=1, or let an "
		"administrator make a freezer group and chown it";
	static const char unlisted[] =
		"cgroup v1 does not list members outside this PID namespace";
	const char *by = p && !p->priv ? NULL : tracker(ctx, index, p);
	bool blind = ctx->child_pidns && !counts_work(ctx, index);
	char procs[64], kill[64];
	unsigned limits = 0;

	(void)ids;
	if (!by)
		return;
	snprintf(procs, sizeof(procs), "v1 %.30s cgroup.procs", by);
	if (ctx->child_pidns)
		cgi_cap_offer(&c[CG_OP_PROCS], CG_BEST_EFFORT, procs, unlisted, "");
	else
		cgi_cap_offer(&c[CG_OP_PROCS], CG_FULL, procs, "", "");
	cgi_cap_offer(&c[CG_OP_ATTACH], CG_FULL, procs, "", "");
	cgi_cap_offer(&c[CG_OP_DELETE], CG_FULL, "v1 rmdir", "", "");
	if (!strcmp(by, "freezer")) {
		cgi_cap_offer(&c[CG_OP_FREEZE], CG_FULL, "v1 freezer.state", "", "");
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_FULL, "v1 freezer.state and pidfd", "", "");
		cgi_cap_offer(&c[CG_OP_KILL], blind ? CG_BEST_EFFORT : CG_FULL,
			      "v1 freezer.state and pidfd", blind ? unlisted : "", "");
	} else {
		snprintf(kill, sizeof(kill), "pidfd in rounds until v1 %.20s is empty", by);
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "pidfd in rounds", no_freezer,
			      remedy);
		cgi_cap_offer(&c[CG_OP_KILL], blind ? CG_BEST_EFFORT : CG_FULL, kill,
			      blind ? unlisted : "", "");
	}
	/* The controller goes before the program of v2, see first_that(). */
	if (has(ctx, index, p, "devices")) {
		c[CG_OP_DEVICES].level = CG_NONE;
		cgi_cap_offer(&c[CG_OP_DEVICES], CG_FULL, "v1 devices.allow", "", "");
	}
	for (size_t i = 0; i < CGI_LIMITS; i++)
		limits |= (unsigned)has(ctx, index, p, cgi_limits[i]) << i;
	cgi_cap_limits(&c[CG_OP_LIMITS], limits, "v1 controllers",
		       "the hierarchies of the others are not mounted or not this user's", "");
}
