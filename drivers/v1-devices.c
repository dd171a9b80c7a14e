/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices on v1. A hierarchy has a default and exceptions from it; only what differs from
 * the present ones is written, so that nothing that stays allowed is denied for a moment.
 */
#include <stdio.h>

#include "devices.h"
#include "v1.h"

/* What differs from the default, each device once. */
struct rules {
	bool allow;			/* the default */
	struct cgi_rules l;
};

static struct cgi_rule *find(struct cgi_rules *l, const struct cgi_rule *device)
{
	for (size_t i = 0; i < l->n; i++)
		if (cgi_rule_same(&l->v[i], device))
			return &l->v[i];
	return NULL;
}

/* The last word counts, for each kind of access. */
static void rule_add(struct rules *r, const struct cgi_rule *rule)
{
	struct cgi_rule *old;

	if (rule->type == 'a') {
		r->allow = rule->allow;
		r->l.n = 0;
		return;
	}
	old = find(&r->l, rule);
	if (old && rule->allow == r->allow)
		old->access &= ~rule->access;
	else if (old)
		old->access |= rule->access;
	else if (rule->allow != r->allow)
		r->l.v[r->l.n++] = *rule;
}

static int write_one(struct cg_part *p, bool allow, const struct cgi_rule *r, unsigned access)
{
	char text[64];

	if (!access)
		return 0;
	cgi_rule_spell(r, access, text, sizeof(text));
	return cgi_v1_raw_set(p, allow ? "devices.allow" : "devices.deny", text);
}

static int write_all(struct cg_part *p, bool allow)
{
	return cgi_v1_raw_set(p, allow ? "devices.allow" : "devices.deny", "a");
}

/* Exceptions that are there and not wanted go; those that are wanted and not there come. */
static int differ(struct cg_part *p, struct rules *want, char *list)
{
	struct cgi_rule now, *w;
	int rc = 0;

	if (strstr(list, "a *:* rwm")) {
		rc = write_all(p, false);
		list += strlen(list);
	}
	for (char *s = list, *end; !rc && (end = strchr(s, '\n')); s = end + 1) {
		*end = '\0';
		if (cgi_rule_parse(s, &now))
			return cgi_fail(p->ctx, -EIO, "devices.list: \"%.60s\"", s);
		w = find(&want->l, &now);
		rc = write_one(p, false, &now, now.access & ~(w ? w->access : 0));
		if (w)
			w->access &= ~now.access;
	}
	for (size_t i = 0; !rc && i < want->l.n; i++)
		rc = write_one(p, true, &want->l.v[i], want->l.v[i].access);
	return rc;
}

static int apply(struct cg_part *p, struct v1_group *g, struct rules *want)
{
	_cleanup_free_ char *list = NULL;
	ssize_t n;
	int rc;

	if (!want->allow) {
		n = cgi_read_all(p->ctx, g->dir.fd, "devices.list", &list);
		return n < 0 ? cgi_fail(p->ctx, (int)n, "read devices.list: %s",
					cgi_strerror((int)n)) : differ(p, want, list);
	}
	/* The exceptions from "all" are not shown: begin anew. */
	rc = write_all(p, true);
	for (size_t i = 0; !rc && i < want->l.n; i++)
		rc = write_one(p, false, &want->l.v[i], want->l.v[i].access);
	return rc;
}

int cgi_v1_set_devices(struct cg_part *p, const char *value)
{
	struct v1_group *g = cgi_v1_group(p->priv, "devices");
	_cleanup_free_ struct cgi_rules *rules = malloc(sizeof(*rules));
	_cleanup_free_ struct rules *want = calloc(1, sizeof(*want));
	int rc;

	if (!g || g->dir.gone)
		return cgi_fail(p->ctx, -EOPNOTSUPP, "no v1 hierarchy of this group has devices");
	if (!rules || !want)
		return cgi_fail(p->ctx, -ENOMEM, "no memory");
	rc = cgi_rules_parse(p->ctx, value, rules);
	for (size_t i = 0; !rc && i < rules->n; i++)
		rule_add(want, &rules->v[i]);
	return rc ? rc : apply(p, g, want);
}
