/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From bytes to a tree. json-c judges the syntax. Before it, the text is looked over
 * for what it would accept and lose (a key twice: the last one wins; NUL: the string
 * ends there; integers: clamped to 64 bits) and for what would cost the machine dear:
 * each object takes a kilobyte, each level some stack.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "banned.h"

#define MAX_DEPTH	64
#define MAX_VALUES	100000

#define NOT_JSON	1	/* left to json-c, which has the better words for it */

struct scan {
	const char *p, *end;
	unsigned values, depth;
	struct err *e;
};

static void skip_space(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p))
		s->p++;
}

/* After blanks: is c next? Then it is taken. */
static bool take(struct scan *s, char c)
{
	skip_space(s);
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* The opening quote is taken already. */
static int scan_string(struct scan *s, bool *nul)
{
	for (*nul = false; s->p < s->end; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return 0;
		}
		if (*s->p != '\\')
			continue;
		s->p++;
		if (s->end - s->p >= 5 && !memcmp(s->p, "u0000", 5))
			*nul = true;
	}
	return NOT_JSON;
}

static int scan_number(struct scan *s, const struct node *n)
{
	bool negative = *s->p == '-', over = false;
	uint64_t v = 0;

	if (negative)
		s->p++;
	for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
		over |= __builtin_mul_overflow(v, 10, &v) ||
			__builtin_add_overflow(v, (uint64_t)(*s->p - '0'), &v);
	if (s->p < s->end && strchr(".eE", *s->p)) {
		while (s->p < s->end && strchr("0123456789.eE+-", *s->p))
			s->p++;
		return 0;
	}
	if (over || (negative && v > (uint64_t)INT64_MAX + 1))
		return node_fail(n, s->e, "a number too large for 64 bits");
	return 0;
}

static int scan_value(struct scan *s, const struct node *n);

/* As json-c would see it: NULL where that sees nothing. */
static struct json_object *decode(const char *quoted, size_t len)
{
	struct json_tokener *tok;
	struct json_object *o;

	if (!memchr(quoted, '\\', len))
		return json_object_new_string_len(quoted + 1, (int)len - 2);
	tok = json_tokener_new();
	if (!tok)
		return NULL;
	o = json_tokener_parse_ex(tok, quoted, (int)len);
	json_tokener_free(tok);
	return o;
}

static int scan_key(struct scan *s, const struct node *n, struct json_object **key)
{
	const char *start;
	bool nul;

	skip_space(s);
	start = s->p;
	if (!take(s, '"') || scan_string(s, &nul))
		return NOT_JSON;
	if (nul)
		return node_fail(n, s->e, "has a key with a NUL byte in it");
	*key = decode(start, (size_t)(s->p - start));
	return *key ? 0 : NOT_JSON;
}

static int scan_member(struct scan *s, const struct node *n, struct json_object *seen)
{
	struct json_object *key = NULL;
	struct node child = { .up = n };
	int r = scan_key(s, n, &key);

	if (r)
		return r;
	child.key = json_object_get_string(key);
	if (json_object_object_get_ex(seen, child.key, NULL))
		r = node_fail(&child, s->e, "is there twice");
	else if (json_object_object_add(seen, child.key, NULL))
		r = no_memory(s->e);
	else
		r = take(s, ':') ? scan_value(s, &child) : NOT_JSON;
	json_object_put(key);
	return r;
}

static int scan_object(struct scan *s, const struct node *n)
{
	struct json_object *seen;
	int r;

	if (take(s, '}'))
		return 0;
	seen = json_object_new_object();
	if (!seen)
		return no_memory(s->e);
	do
		r = scan_member(s, n, seen);
	while (!r && take(s, ','));
	json_object_put(seen);
	return r ? r : take(s, '}') ? 0 : NOT_JSON;
}

static int scan_array(struct scan *s, const struct node *n)
{
	struct node child = { .up = n };
	int r;

	if (take(s, ']'))
		return 0;
	do {
		r = scan_value(s, &child);
		child.index++;
	} while (!r && take(s, ','));
	return r ? r : take(s, ']') ? 0 : NOT_JSON;
}

static int scan_word(struct scan *s)
{
	const char *start = s->p;

	while (s->p < s->end && *s->p >= 'a' && *s->p <= 'z')
		s->p++;
	return s->p > start ? 0 : NOT_JSON;
}

/* Recursion is bounded by MAX_DEPTH. */
static int scan_value(struct scan *s, const struct node *n)
{
	bool nul;
	int r;

	if (++s->values > MAX_VALUES)
		return err_set(s->e, -E2BIG, "more than %d values", MAX_VALUES);
	skip_space(s);
	if (s->p == s->end)
		return NOT_JSON;
	if (*s->p == '"') {
		s->p++;
		r = scan_string(s, &nul);
		return !r && nul ? node_fail(n, s->e, "has a NUL byte in it") : r;
	}
	if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
		return scan_number(s, n);
	if (*s->p != '{' && *s->p != '[')
		return scan_word(s);
	if (++s->depth > MAX_DEPTH)
		return err_set(s->e, -E2BIG, "nested deeper than %d levels", MAX_DEPTH);
	r = *s->p++ == '{' ? scan_object(s, n) : scan_array(s, n);
	s->depth--;
	return r;
}

static int syntax_error(const char *text, size_t at, const char *why, struct err *e)
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	return err_set(e, -EINVAL, "line %u, column %u: %s", line, column, why);
}

static int parse(const char *text, size_t len, struct json_object **ret, struct err *e)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH + 1);
	enum json_tokener_error why;
	size_t at;

	if (!tok)
		return no_memory(e);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	/* with the closing NUL, without which a number at the end would go on */
	*ret = json_tokener_parse_ex(tok, text, (int)len + 1);
	why = json_tokener_get_error(tok);
	at = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);
	if (why == json_tokener_success)
		return 0;
	json_object_put(*ret);
	*ret = NULL;
	if (why == json_tokener_continue || at >= len)
		return syntax_error(text, len, "the text ends too early", e);
	return syntax_error(text, at, json_tokener_error_desc(why), e);
}

int json_parse(const char *text, size_t len, const char *where, struct json_object **ret,
	       struct err *e)
{
	struct scan s = { .p = text, .end = text + len, .e = e };
	struct node root = { .key = where };
	const char *nul = memchr(text, '\0', len);
	int r;

	*ret = NULL;
	if (nul)
		return syntax_error(text, (size_t)(nul - text), "a NUL byte", e);
	r = scan_value(&s, &root);
	if (r < 0)
		return r;
	if (!r) {
		skip_space(&s);
		r = s.p == s.end ? 0 : NOT_JSON;
	}
	if (parse(text, len, ret, e))
		return e->code;
	root.json = *ret;
	r = r ? syntax_error(text, (size_t)(s.p - text), "not JSON", e) : node_is_object(&root, e);
	if (r) {
		json_object_put(*ret);
		*ret = NULL;
	}
	return r;
}

int json_load(const char *file, const char *where, struct json_object **ret, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	int r = file_read(AT_FDCWD, file, 0, JSON_MAX, &text, &len, e);

	if (!r)
		r = json_parse(text, len, where, ret, e);
	free(text);
	return r ? err_wrap(e, "%s", file) : 0;
}

int json_load_stdin(const char *where, struct json_object **ret, struct err *e)
{
	char *text = NULL;
	size_t len = 0;
	int r = file_read_fd(STDIN_FILENO, JSON_MAX, &text, &len, e);

	if (r)
		return err_wrap(e, "standard input");
	r = json_parse(text, len, where, ret, e);
	free(text);
	return r;
}
