/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading single values out of JSON, each checked for its type and range. json-c
 * converts whatever it is asked to; here nothing is converted.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "banned.h"

#define KEY_SHOWN	64	/* characters of a key that are worth printing */

static bool plain(const char *key)
{
	size_t n = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789_");

	return n && !key[n] && n <= KEY_SHOWN;
}

/* Returns the length so far; what does not fit is left out. */
static size_t put_path(const struct node *n, char *buf, size_t size)
{
	size_t len = n->up ? put_path(n->up, buf, size) : 0;
	int r;

	if (!n->up && !n->key)
		return len;
	if (!n->key)
		r = snprintf(buf + len, size - len, "[%zu]", n->index);
	else if (plain(n->key))
		r = snprintf(buf + len, size - len, "%s%s", len ? "." : "", n->key);
	else
		r = snprintf(buf + len, size - len, "[\"%.*s%s\"]", KEY_SHOWN, n->key,
			     strlen(n->key) > KEY_SHOWN ? "..." : "");
	len += r > 0 ? (size_t)r : 0;
	return len < size ? len : size - 1;
}

static void path_of(const struct node *n, char *buf, size_t size)
{
	buf[0] = '\0';
	put_path(n, buf, size);
	if (!buf[0])
		snprintf(buf, size, "the configuration");
}

int node_fail(const struct node *n, struct err *e, const char *fmt, ...)
{
	char path[512], msg[512];
	va_list ap;

	path_of(n, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(e, -EINVAL, "%s: %s", path, msg);
}

int node_warn(const struct node *n, struct strv *list, const char *fmt, ...)
{
	char path[512], msg[512];
	struct err line;
	va_list ap;
	char *s;

	path_of(n, path, sizeof(path));
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(&line, 0, "%s: %s", path, msg);		/* for one printable line */
	s = strdup(line.msg);
	return s ? strv_add(list, s) : -ENOMEM;
}

int strv_add(struct strv *v, char *s)
{
	char **p = realloc(v->v, (v->n + 2) * sizeof(*p));

	if (!p) {
		free(s);
		return -ENOMEM;
	}
	v->v = p;
	p[v->n++] = s;
	p[v->n] = NULL;
	return 0;
}

int strv_move(struct strv *to, struct strv *from)
{
	int r = 0;

	for (size_t i = 0; i < from->n; i++) {
		if (strv_add(to, from->v[i]))
			r = -ENOMEM;
		from->v[i] = NULL;
	}
	strv_free(from);
	return r;
}

void strv_free(struct strv *v)
{
	for (size_t i = 0; i < v->n; i++)
		free(v->v[i]);
	free(v->v);
	*v = (struct strv){ 0 };
}

static const char *type_name(enum json_type t)
{
	switch (t) {
	case json_type_boolean:	return "a boolean";
	case json_type_double:	return "a fraction";
	case json_type_int:	return "an integer";
	case json_type_object:	return "an object";
	case json_type_array:	return "an array";
	case json_type_string:	return "a string";
	default:		return "null";
	}
}

static int expect(const struct node *n, enum json_type t, struct err *e)
{
	enum json_type is = json_object_get_type(n->json);

	if (is == t)
		return 0;
	return node_fail(n, e, "must be %s, not %s", type_name(t), type_name(is));
}

size_t node_length(const struct node *array)
{
	return json_object_is_type(array->json, json_type_array) ?
	       json_object_array_length(array->json) : 0;
}

struct node node_item(const struct node *array, size_t index)
{
	return (struct node){
		.json = index < node_length(array) ?
			json_object_array_get_idx(array->json, index) : NULL,
		.up = array,
		.index = index,
	};
}

int node_member(const struct node *up, const char *key, unsigned flags, enum json_type type,
		struct node *ret, struct err *e)
{
	*ret = (struct node){ .up = up, .key = key };
	json_object_object_get_ex(up->json, key, &ret->json);
	if (ret->json)
		return expect(ret, type, e);
	return flags & NODE_NEEDED ? node_fail(ret, e, "missing") : 0;
}

int node_object(const struct node *up, const char *key, unsigned flags, struct node *ret,
		struct err *e)
{
	return node_member(up, key, flags, json_type_object, ret, e);
}

int node_array(const struct node *up, const char *key, unsigned flags, struct node *ret,
	       struct err *e)
{
	return node_member(up, key, flags, json_type_array, ret, e);
}

int node_bool(const struct node *up, const char *key, bool *ret, struct err *e)
{
	struct node n;
	int r = node_member(up, key, 0, json_type_boolean, &n, e);

	if (!r && n.json)
		*ret = json_object_get_boolean(n.json);
	return r;
}

int node_number(const struct node *n, int64_t min, int64_t max, int64_t *ret, struct err *e)
{
	int64_t v;
	int r = expect(n, json_type_int, e);

	if (r)
		return r;
	v = json_object_get_int64(n->json);
	/* what lies above INT64_MAX is clamped to it, and shows only as unsigned */
	if (v < min || v > max || (v == INT64_MAX && json_object_get_uint64(n->json) > INT64_MAX))
		return node_fail(n, e, "must be within %lld and %lld", (long long)min,
				 (long long)max);
	*ret = v;
	return 0;
}

int node_int(const struct node *up, const char *key, unsigned flags, int64_t min, int64_t max,
	     int64_t *ret, struct err *e)
{
	struct node n;
	int r = node_member(up, key, flags, json_type_int, &n, e);

	return r || !n.json ? r : node_number(&n, min, max, ret, e);
}

int node_u64(const struct node *up, const char *key, unsigned flags, uint64_t *ret,
	     struct err *e)
{
	struct node n;
	int r = node_member(up, key, flags, json_type_int, &n, e);

	if (r || !n.json)
		return r;
	if (json_object_get_int64(n.json) < 0)
		return node_fail(&n, e, "must not be negative");
	*ret = json_object_get_uint64(n.json);
	return 0;
}

int node_is_object(const struct node *n, struct err *e)
{
	return expect(n, json_type_object, e);
}

int node_text(const struct node *n, const char **ret, struct err *e)
{
	const char *s;
	int r = expect(n, json_type_string, e);

	if (r)
		return r;
	s = json_object_get_string(n->json);
	if (strlen(s) != (size_t)json_object_get_string_len(n->json))
		return node_fail(n, e, "has a NUL byte in it");
	*ret = s;
	return 0;
}

int node_dup(const struct node *n, char **ret, struct err *e)
{
	const char *s;
	int r = node_text(n, &s, e);

	if (r)
		return r;
	*ret = strdup(s);
	return *ret ? 0 : no_memory(e);
}

int node_word(const struct node *up, const char *key, struct node *n, const char **ret,
	      struct err *e)
{
	int r = node_member(up, key, NODE_NEEDED, json_type_string, n, e);

	return r ? r : node_text(n, ret, e);
}

static int check_path(const struct node *n, const char *s, struct err *e)
{
	if (s[0] != '/')
		return node_fail(n, e, "must be an absolute path, not \"%.64s\"", s);
	if (strlen(s) >= PATH_MAX)
		return node_fail(n, e, "longer than a path may be (%d bytes)", PATH_MAX - 1);
	return 0;
}

int node_str(const struct node *up, const char *key, unsigned flags, char **ret, struct err *e)
{
	const char *s;
	struct node n;
	int r = node_member(up, key, flags, json_type_string, &n, e);

	if (r || !n.json)
		return r;
	r = node_text(&n, &s, e);
	if (r)
		return r;
	if (!s[0])
		return flags & NODE_NEEDED ? node_fail(&n, e, "must not be empty") : 0;
	if (flags & NODE_ABSOLUTE)
		r = check_path(&n, s, e);
	return r ? r : node_dup(&n, ret, e);
}

int node_strings(const struct node *array, unsigned flags, struct strv *ret, struct err *e)
{
	size_t n = node_length(array);

	ret->v = calloc(n + 1, sizeof(*ret->v));
	if (!ret->v)
		return no_memory(e);
	for (size_t i = 0; i < n; i++) {
		struct node item = node_item(array, i);
		int r = node_dup(&item, &ret->v[i], e);

		if (r)
			return r;
		ret->n++;
		r = flags & NODE_ABSOLUTE ? check_path(&item, ret->v[i], e) : 0;
		if (r)
			return r;
	}
	return 0;
}

int node_strv(const struct node *up, const char *key, unsigned flags, struct strv *ret,
	      struct err *e)
{
	struct node n;
	int r = node_array(up, key, flags, &n, e);

	return r || !n.json ? r : node_strings(&n, flags, ret, e);
}
