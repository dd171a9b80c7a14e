/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which devices a group may use: "devices.rules", lines "allow c 1:3 rwm" or "deny a *:* rwm",
 * where the last one that fits counts. A hierarchy of v1 has a default and exceptions from
 * it; only what differs from the present ones is written, so that nothing that stays allowed
 * is denied for a moment.
 */
#include <stdio.h>

#include "v1.h"

#define RULES_MAX 256

struct rules {
	bool allow;			/* what is not listed */
	char (*v)[40];			/* "c 1:3 rwm" */
	size_t n;
};

static bool same_device(const char *a, const char *b)
{
	size_t len = strcspn(a + 2, " ") + 2;

	return !strncmp(a, b, len + 1);
}

static int rule_add(struct cg_part *p, struct rules *r, const char *line)
{
	char verdict[8], type, number[24], access[4], text[40];
	size_t n = 0;

	if (sscanf(line, "%7s %c %23s %3s", verdict, &type, number, access) != 4 ||
	    !strchr("abc", type))
		return cgi_fail(p->ctx, -EINVAL, "devices.rules: \"%.60s\" is no rule", line);
	snprintf(text, sizeof(text), "%c %s %s", type, number, access);
	if (type == 'a') {
		r->allow = !strcmp(verdict, "allow");
		r->n = 0;
		return 0;
	}
	/* What was said of this device before does not count any more. */
	for (size_t i = 0; i < r->n; i++)
		if (!same_device(r->v[i], text))
			memmove(r->v[n++], r->v[i], sizeof(r->v[i]));
	r->n = n;
	if (r->allow == !strcmp(verdict, "allow"))
		return 0;
	if (r->n == RULES_MAX)
		return cgi_fail(p->ctx, -EINVAL, "devices.rules: more than %d", RULES_MAX);
	memcpy(r->v[r->n++], text, sizeof(text));
	return 0;
}

static bool has(const struct rules *r, const char *text)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->v[i], text))
			return true;
	return false;
}

static int write_one(struct cg_part *p, bool allow, const char *text)
{
	return cgi_v1_raw_set(p, allow ? "devices.allow" : "devices.deny", text);
}

/* Exceptions that are there and not wanted go; those that are wanted and not there come. */
static int differ(struct cg_part *p, const struct rules *want, char *list)
{
	struct rules now = { .v = calloc(RULES_MAX, sizeof(*now.v)) };
	int rc = now.v ? 0 : cgi_fail(p->ctx, -ENOMEM, "no memory");

	if (!rc && strstr(list, "a *:* rwm")) {
		rc = write_one(p, false, "a");
		list += strlen(list);
	}
	for (char *s = list, *end; !rc && (end = strchr(s, '\n')); s = end + 1) {
		*end = '\0';
		if (has(want, s) && now.n < RULES_MAX)
			snprintf(now.v[now.n++], sizeof(*now.v), "%s", s);
		else
			rc = write_one(p, false, s);
	}
	for (size_t i = 0; !rc && i < want->n; i++)
		if (!has(&now, want->v[i]))
			rc = write_one(p, true, want->v[i]);
	free(now.v);
	return rc;
}

static int apply(struct cg_part *p, struct v1_group *g, const struct rules *want)
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
	rc = write_one(p, true, "a");
	for (size_t i = 0; !rc && i < want->n; i++)
		rc = write_one(p, false, want->v[i]);
	return rc;
}

int cgi_v1_set_devices(struct cg_part *p, const char *value)
{
	struct v1_group *g = cgi_v1_group(p->priv, "devices");
	struct rules want = { .v = NULL };
	_cleanup_free_ char *text = strdup(value);
	int rc = 0;

	if (!g || g->dir.gone)
		return cgi_fail(p->ctx, -EOPNOTSUPP, "no v1 hierarchy of this group has devices");
	want.v = calloc(RULES_MAX, sizeof(*want.v));
	if (!text || !want.v)
		rc = cgi_fail(p->ctx, -ENOMEM, "no memory");
	for (char *s = text, *end; !rc && *s; s = end) {
		end = s + strcspn(s, "\n");
		if (*end)
			*end++ = '\0';
		rc = rule_add(p, &want, s);
	}
	if (!rc)
		rc = apply(p, g, &want);
	free(want.v);
	return rc;
}
