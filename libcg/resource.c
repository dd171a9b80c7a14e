/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits and statistics of a group. */
#include <stdio.h>

#include "core.h"
#include "res/res.h"

/* What the kernel keeps is told to the unit too, so that a reload of systemd does not undo it. */
static void tell_unit(struct cg *cg, const struct cg_limit *l, size_t n)
{
	char value[128];

	for (size_t i = 0; cg->unit && i < n; i++)
		if (!cgi_res_get(cg->ctx, &cg->places, l[i].key, value, sizeof(value)))
			cgi_unit_limit(cg->ctx, cg->unit, l[i].key, value);
}

static int set_many(struct cg *cg, const struct cg_limit *l, size_t n)
{
	const char *key = n && l[0].key ? l[0].key : "";
	int rc;

	if (!cg->adopted)
		return cgi_fail(cg->ctx, -EPERM, "set %.60s: this group was not created or adopted",
				key);
	if (cgi_group_is_root(cg))
		return cgi_fail(cg->ctx, -EPERM, "set %.60s: the root of a hierarchy", key);
	rc = cgi_group_settle(cg);
	if (!rc)
		rc = cgi_res_set(cg->ctx, &cg->places, l, n);
	if (!rc)
		tell_unit(cg, l, n);
	return rc;
}

CG_API int cg_set_many(struct cg *cg, const struct cg_limit *limits, size_t n)
{
	cgi_enter(cg->ctx, -1);
	return cgi_result(cg->ctx, set_many(cg, limits, n));
}

CG_API int cg_set(struct cg *cg, const char *key, const char *value)
{
	const struct cg_limit one = { key, value };

	return cg_set_many(cg, &one, 1);
}

CG_API int cg_get(struct cg *cg, const char *key, char *buf, size_t size)
{
	int rc;

	cgi_enter(cg->ctx, -1);
	rc = cgi_group_settle(cg);
	return cgi_result(cg->ctx, rc ? rc : cgi_res_get(cg->ctx, &cg->places, key, buf, size));
}

static int stats(struct cg *cg, struct cg_stats *s)
{
	struct cgi_pids members = { 0 };
	int rc = cgi_group_settle(cg);

	if (!rc)
		rc = cgi_res_stats(cg->ctx, &cg->places, s, sizeof(*s));
	if (rc)
		return rc;
	rc = cgi_members(cg, 0, &members, NULL);
	s->members = members.n + members.unnamed;
	s->known |= 1ULL << (offsetof(struct cg_stats, members) / sizeof(uint64_t) - 1);
	cgi_pids_free(&members);
	return rc;
}

CG_API int cg_stats(struct cg *cg, struct cg_stats *ret, size_t size)
{
	struct cg_stats s = { 0 };
	int rc;

	cgi_enter(cg->ctx, -1);
	rc = stats(cg, &s);
	if (rc >= 0 && ret)
		memcpy(ret, &s, size < sizeof(s) ? size : sizeof(s));
	return cgi_result(cg->ctx, rc);
}
