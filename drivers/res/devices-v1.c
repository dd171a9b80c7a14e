/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices on v1. A group has a default and exceptions from it. Only the difference from the
 * present exceptions is written, and what is to be allowed before what is not, so that no
 * device that stays allowed is denied for a moment: not even where a wider rule takes the
 * place of a narrower one. If one write fails, the list of before is written in the same way.
 */
#include <stdio.h>

#include "res/devices.h"

/* The exceptions from the default, each device once. */
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

/* The last rule decides, for each kind of access. */
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

static int write_one(struct cg_ctx *ctx, struct cgi_place *at, bool allow,
		     const struct cgi_rule *r, unsigned access)
{
	char text[64];

	if (!access)
		return 0;
	cgi_rule_spell(r, access, text, sizeof(text));
	return cgi_place_write(ctx, at, allow ? "devices.allow" : "devices.deny", text);
}

static int write_all(struct cg_ctx *ctx, struct cgi_place *at, bool allow)
{
	return cgi_place_write(ctx, at, allow ? "devices.allow" : "devices.deny", "a");
}

/* devices.list. A default of "allow" is all that it says: the exceptions from it are hidden. */
static int read_rules(struct cg_ctx *ctx, struct cgi_place *at, struct rules *ret)
{
	_cleanup_free_ char *list = NULL;
	struct cgi_rule r = { .allow = true };
	ssize_t n = cgi_place_text(ctx, at, "devices.list", &list);
	char line[64];
	size_t len;

	if (n < 0)
		return (int)n;
	for (const char *s = list; *s; s += len + (s[len] == '\n')) {
		len = strcspn(s, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, s);
		if (cgi_rule_parse(line, &r))
			return cgi_fail(ctx, -EIO, "devices.list: \"%.60s\"", line);
		/* Each line is another device; so many are not ours. */
		if (r.type != 'a' && ret->l.n == CGI_RULES_MAX)
			return cgi_fail(ctx, -EIO, "devices.list has more than %d lines",
					CGI_RULES_MAX);
		rule_add(ret, &r);
	}
	return 0;
}

/* One write for each device whose access differs. */
static int write_missing(struct cg_ctx *ctx, struct cgi_place *at, bool allow,
			 const struct cgi_rules *want, struct cgi_rules *now)
{
	const struct cgi_rule *have;
	int rc = 0;

	for (size_t i = 0; !rc && i < want->n; i++) {
		have = find(now, &want->v[i]);
		rc = write_one(ctx, at, allow, &want->v[i],
			       want->v[i].access & ~(have ? have->access : 0));
	}
	return rc;
}

static int apply(struct cg_ctx *ctx, struct cgi_place *at, struct rules *now, struct rules *want)
{
	int rc;

	/* The kernel forgets all exceptions when the default is written. */
	if (want->allow || now->allow) {
		rc = write_all(ctx, at, want->allow);
		now->l.n = 0;
		return rc ? rc : write_missing(ctx, at, !want->allow, &want->l, &now->l);
	}
	rc = write_missing(ctx, at, true, &want->l, &now->l);
	return rc ? rc : write_missing(ctx, at, false, &now->l, &want->l);
}

/* Back to what was there, from whatever is there now. */
static void undo(struct cg_ctx *ctx, struct cgi_place *at, struct rules *old)
{
	_cleanup_free_ struct rules *now = calloc(1, sizeof(*now));
	char why[sizeof(ctx->errmsg)];
	size_t len;

	snprintf(why, sizeof(why), "%s", ctx->errmsg);
	len = strlen(why);
	if (!now || read_rules(ctx, at, now) || apply(ctx, at, now, old))
		snprintf(why + len, sizeof(why) - len, "; not put back: %.200s", ctx->errmsg);
	memcpy(ctx->errmsg, why, sizeof(why));
}

static int set_rules(const struct cgi_item *it)
{
	struct cg_ctx *ctx = it->ctx;
	_cleanup_free_ struct cgi_rules *rules = malloc(sizeof(*rules));
	_cleanup_free_ struct rules *want = calloc(1, sizeof(*want));
	_cleanup_free_ struct rules *now = calloc(1, sizeof(*now));
	_cleanup_free_ struct rules *old = calloc(1, sizeof(*old));
	int rc;

	if (!rules || !want || !now || !old)
		return cgi_nomem(ctx);
	rc = cgi_rules_parse(ctx, it->text, rules);
	for (size_t i = 0; !rc && i < rules->n; i++)
		rule_add(want, &rules->v[i]);
	if (!rc)
		rc = read_rules(ctx, it->at, now);
	if (rc)
		return rc;
	*old = *now;
	rc = apply(ctx, it->at, now, want);
	if (rc)
		undo(ctx, it->at, old);
	return rc;
}

/* A write for each rule: the directory stays open until the last of them. */
int cgi_devices_v1(const struct cgi_item *it)
{
	bool held = it->at->fd >= 0;
	int rc, fd = cgi_place_hold(it->ctx, it->at);

	if (fd < 0)
		return fd;
	rc = set_rules(it);
	if (!held && it->at->fd == fd) {
		it->at->fd = -1;
		cgi_place_done(it->ctx, it->at, fd);
	}
	return rc;
}
