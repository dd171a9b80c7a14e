/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* cgroup v2: resources, and what can be promised. */
#include <stdio.h>

#include "v2.h"

/* Keys are files of the group; cgroup.* is not a resource. */
static int v2_key(struct cg_part *p, const char *key)
{
	struct v2 *v = p->priv;
	char list[512], word[32];
	struct cgi_ident id;

	if (cgi_key_check(p->ctx, key))
		return -EINVAL;
	if (!p->gone && !p->ctx->sys->ident(p->ctx->k, v->dir.fd, key, &id))
		return 0;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(key, "."), key);
	if (cgi_read_word(p->ctx, v->dir.fd, "cgroup.controllers", list, sizeof(list)) > 0 &&
	    cgi_has_word(list, word, ' '))
		return cgi_fail(p->ctx, -EOPNOTSUPP, "%s%s has no %s: cgroup v2 of this kernel "
				"does not know it", v->dir.tree->point, v->dir.path, key);
	return cgi_fail(p->ctx, -EOPNOTSUPP, "%s%s has no %s: its controller is not enabled here",
			v->dir.tree->point, v->dir.path, key);
}

static int v2_write(struct cg_part *p, const char *key, const char *value)
{
	struct v2 *v = p->priv;
	int rc;

	rc = v2_key(p, key);
	if (rc == -EOPNOTSUPP && !p->gone && !cgi_v2_enable(p, key))
		rc = v2_key(p, key);
	if (rc)
		return rc;
	rc = cgi_v2_write(p, key, value);
	return rc ? cgi_fail(p->ctx, rc, "write \"%.60s\" to %s%s/%s: %s", value,
			     v->dir.tree->point, v->dir.path, key, cgi_strerror(rc)) :
		    0;
}

/* The scale of v1, which the specification of containers still counts in: 2 to 262144. */
static int v2_set_shares(struct cg_part *p, const char *value)
{
	char weight[24];
	uint64_t n;

	if (cgi_parse_u64(value, &n))
		return cgi_fail(p->ctx, -EINVAL, "cpu.shares: \"%.60s\" is no number", value);
	n = n < 2 ? 2 : n > 262144 ? 262144 : n;	/* as v1 does it */
	snprintf(weight, sizeof(weight), "%llu",
		 (unsigned long long)(1 + (n - 2) * 9999 / 262142));
	return v2_write(p, "cpu.weight", weight);
}

/* Each scheduler has a weight of its own: that of BFQ goes to 1000. */
static int v2_set_io_weight(struct cg_part *p, const char *value)
{
	char scaled[48];
	int rc = cgi_io_weight(p->ctx, value, scaled, sizeof(scaled)), bfq;

	if (rc)
		return rc;
	bfq = v2_write(p, "io.bfq.weight", scaled);
	if (bfq && bfq != -EOPNOTSUPP)
		return bfq;
	rc = v2_write(p, "io.weight", value);
	return rc == -EOPNOTSUPP ? bfq : rc;
}

int cgi_v2_set(struct cg_part *p, const char *key, const char *value)
{
	if (!strcmp(key, "cpu.shares"))
		return v2_set_shares(p, value);
	if (!strcmp(key, "io.weight"))
		return v2_set_io_weight(p, value);
	if (!strcmp(key, "devices.rules"))
		return cgi_v2_set_devices(p, value);
	return v2_write(p, key, value);
}

int cgi_v2_get(struct cg_part *p, const char *key, char *buf, size_t size)
{
	struct v2 *v = p->priv;
	int rc = v2_key(p, key);
	ssize_t n;

	if (rc)
		return rc;
	n = cgi_read_word(p->ctx, v->dir.fd, key, buf, size);
	return n < 0 ? cgi_fail(p->ctx, n == -E2BIG ? -ERANGE : (int)n, "read %s%s/%s: %s",
				v->dir.tree->point, v->dir.path, key, cgi_strerror((int)n)) : 0;
}

/* Has the group, or would a new one have, this file? */
static bool v2_has(struct cg_ctx *ctx, int index, struct cg_part *p, const char *file,
		   unsigned major, unsigned minor)
{
	struct v2_host *h = ctx->host[index];
	struct v2 *v = p ? p->priv : NULL;
	struct cgi_ident id;

	if (v && !p->gone)
		return !ctx->sys->ident(ctx->k, v->dir.fd, file, &id);
	return cgi_tree_new_has(ctx, &h->tree, file, major, minor);
}

/* What is not switched on yet is, when it is asked for: here it is only looked at. */
static void v2_caps_limits(struct cg_ctx *ctx, int index, struct cg_part *p, struct cgi_cap *c)
{
	struct v2_host *h = ctx->host[index];
	struct v2 *v = p ? p->priv : NULL;
	char path[1200], why[200] = "";
	unsigned n = 0;

	if (v ? p->gone : !*ctx->given &&
	    cgi_tree_path(ctx, &h->tree, "new", path, sizeof(path)))
		return;
	if (v)
		snprintf(path, sizeof(path), "%s", v->dir.path);
	else if (*ctx->given)
		snprintf(path, sizeof(path), "%s/new", ctx->given);
	for (size_t i = 0; i < CGI_LIMITS; i++)
		if (!cgi_v2_could_enable(ctx, &h->tree, path + 1, cgi_limits[i]))
			n |= 1U << i;
		else
			snprintf(why, sizeof(why), "%s", ctx->errmsg);
	cgi_cap_limits(c, n, "v2 controllers", why, "systemd: a drop-in for user@.service with "
		       "Delegate=cpu cpuset io memory pids");
}

void cgi_v2_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids,
		    struct cgi_cap *c)
{
	struct v2_host *h = ctx->host[index];
	bool freeze, kill;

	(void)ids;
	if (p ? !p->priv : !*h->tree.base && !*ctx->base && !cgi_enclosed(ctx))
		return;
	freeze = v2_has(ctx, index, p, "cgroup.freeze", 5, 2);
	kill = v2_has(ctx, index, p, "cgroup.kill", 5, 14);
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
	v2_caps_limits(ctx, index, p, &c[CG_OP_LIMITS]);
	cgi_v2_caps_devices(ctx, &c[CG_OP_DEVICES]);
}
