/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which devices a group may use: "devices.rules", lines "allow c 1:3 rwm" or "deny a *:* rwm".
 * For each kind of access the last rule that matches the device decides. This file parses
 * them; v1 writes the difference into devices.allow and devices.deny, v2 makes a program of
 * them.
 */
#include <stdio.h>

#include "res/devices.h"

static int parse_number(const char *s, int64_t *ret)
{
	uint64_t n;

	if (!strcmp(s, "*")) {
		*ret = -1;
		return 0;
	}
	if (cgi_parse_u64(s, &n) || n > UINT32_MAX)
		return -EINVAL;
	*ret = (int64_t)n;
	return 0;
}

static int parse_access(const char *s, unsigned *ret)
{
	static const char letters[] = "mrw";
	const char *at;

	for (*ret = 0; *s; s++) {
		at = strchr(letters, *s);
		if (!at)
			return -EINVAL;
		*ret |= 1U << (at - letters);
	}
	return 0;
}

int cgi_rule_parse(const char *text, struct cgi_rule *r)
{
	char type[2], major[12], minor[12], access[4], more;

	if (sscanf(text, "%1s %11[0-9*]:%11[0-9*] %3s %c", type, major, minor, access, &more) != 4)
		return -EINVAL;
	r->type = *type;
	if (!strchr("abc", r->type) || parse_number(major, &r->major) ||
	    parse_number(minor, &r->minor))
		return -EINVAL;
	return parse_access(access, &r->access);
}

bool cgi_rule_same(const struct cgi_rule *a, const struct cgi_rule *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

static void spell_number(int64_t n, char *out, size_t size)
{
	if (n < 0)
		snprintf(out, size, "*");
	else
		snprintf(out, size, "%lld", (long long)n);
}

void cgi_rule_spell(const struct cgi_rule *r, unsigned access, char *out, size_t size)
{
	char major[24], minor[24];

	spell_number(r->major, major, sizeof(major));
	spell_number(r->minor, minor, sizeof(minor));
	snprintf(out, size, "%c %s:%s %s%s%s", r->type, major, minor,
		 access & CGI_DEV_READ ? "r" : "", access & CGI_DEV_WRITE ? "w" : "",
		 access & CGI_DEV_MKNOD ? "m" : "");
}

/* A verdict and a device. */
static int parse_line(const char *line, struct cgi_rule *r)
{
	size_t len = strcspn(line, " ");

	r->allow = len == 5 && !strncmp(line, "allow", 5);
	if (!r->allow && (len != 4 || strncmp(line, "deny", 4)))
		return -EINVAL;
	return cgi_rule_parse(line + len, r);
}

int cgi_rules_parse(struct cg_ctx *ctx, const char *text, struct cgi_rules *ret)
{
	char line[64];
	size_t len;

	ret->n = 0;
	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		if (ret->n == CGI_RULES_MAX)
			return cgi_fail(ctx, -EINVAL, "devices.rules: more than %d", CGI_RULES_MAX);
		if (len >= sizeof(line) || parse_line(line, &ret->v[ret->n]))
			return cgi_fail(ctx, -EINVAL, "devices.rules: \"%.60s\" is no rule", line);
		/* "everything" overrides all rules before it */
		if (ret->v[ret->n].type == 'a') {
			ret->v[0] = ret->v[ret->n];
			ret->n = 0;
		}
		ret->n++;
	}
	return 0;
}

static int parse(struct cgi_item *it)
{
	_cleanup_free_ struct cgi_rules *rules = malloc(sizeof(*rules));

	return rules ? cgi_rules_parse(it->ctx, it->text, rules) : cgi_nomem(it->ctx);
}

static int set(struct cgi_plan *p, const struct cgi_item *it)
{
	p->devices = it;
	return 0;
}

static int get(const struct cgi_item *it, struct cgi_buf *out)
{
	(void)out;
	return cgi_fail(it->ctx, -EOPNOTSUPP, "devices.rules: the kernel does not tell them: v1 "
			"hides exceptions from \"everything\", v2 has a program");
}

/*
 * Every group of v2 can have a program. On a hybrid host the controller of v1 goes before it:
 * that is where administrators and other runtimes look, and two of them would both have to
 * allow.
 */
const struct cgi_key cgi_devices_keys[] = {
	{ .name = "devices.rules", .flags = CGI_EMPTY | CGI_V1_FIRST, .parse = parse,
	  .file = { "cgroup.procs", "devices.list" }, .set = { set, set }, .get = { get, get } },
	{ 0 }
};
