/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of values. What cgroup v2 takes is taken on every host: numbers in C's three
 * bases, the suffixes of memparse() where the kernel uses it, "max". All of a value is read
 * before any of it is written, so that junk behind a number is refused and never cut off.
 */
#include "res/key.h"

/* How often memparse() shifts by ten bits for this letter. */
static unsigned shifts(char c)
{
	static const char letters[] = "kKmMgGtTpPeE";
	const char *at = c ? strchr(letters, c) : NULL;

	return at ? (unsigned)(at - letters) / 2 + 1 : 0;
}

int cgi_number(struct cg_ctx *ctx, const char *key, const char *s, unsigned flags, uint64_t *ret)
{
	char *end = NULL;
	uint64_t n = 0;
	unsigned shift;

	if (flags & CGI_MAX && !strcmp(s, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	if (*s >= '0' && *s <= '9')		/* strtoull() would take blanks and a sign */
		n = strtoull(s, &end, 0);
	shift = end && flags & CGI_BYTES ? shifts(*end) : 0;
	if (!end || end[!!shift])
		return cgi_fail(ctx, -EINVAL, "%s: \"%.60s\" is no number", key, s);
	for (; shift; shift--)
		n = n >> 54 ? UINT64_MAX : n << 10;	/* once too large, always */
	if (n == UINT64_MAX)			/* of strtoull() too */
		return cgi_fail(ctx, -ERANGE, "%s: \"%.60s\" is too large", key, s);
	if (flags & CGI_WEIGHT && (n < 1 || n > 10000))
		return cgi_fail(ctx, -ERANGE, "%s: \"%.60s\" is not within 1 and 10000", key, s);
	*ret = n;
	return 0;
}

void cgi_add_number(struct cgi_buf *b, uint64_t n)
{
	if (n == UINT64_MAX)
		cgi_buf_add(b, "max");
	else
		cgi_buf_add(b, "%llu", (unsigned long long)n);
}

int cgi_value_take(struct cgi_item *it, struct cgi_buf *b)
{
	if (b->failed)
		return cgi_nomem(it->ctx);
	free(it->text);
	it->text = take_ptr(b->s);
	return 0;
}

int cgi_value(struct cgi_item *it, const char *value)
{
	static const char blank[] = " \t\n";
	_cleanup_(cgi_buf_free) struct cgi_buf b = { 0 };
	size_t len;
	int rc;

	if (!value)
		return cgi_fail(it->ctx, -EINVAL, "%s: no value", it->key);
	value += strspn(value, blank);
	for (len = strlen(value); len && strchr(blank, value[len - 1]); len--)
		;
	it->text = strndup(value, len);
	if (!it->text)
		return cgi_nomem(it->ctx);
	if (!len && !(it->row->flags & (CGI_EMPTY | CGI_NUMBER)))
		return cgi_fail(it->ctx, -EINVAL, "%s: an empty value", it->key);
	if (it->row->parse)
		return it->row->parse(it);
	if (!(it->row->flags & CGI_NUMBER))
		return 0;
	rc = cgi_number(it->ctx, it->key, it->text, it->row->flags, &it->n);
	cgi_add_number(&b, it->n);
	return rc ? rc : cgi_value_take(it, &b);
}
