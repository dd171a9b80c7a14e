/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Setting and getting: which place serves a key, and how. */
#include <stdio.h>
#include <sys/stat.h>

#include "res/key.h"

#define NO_LIMIT	(INT64_MAX - (16LL << 30))	/* v1 rounds it down to (huge) pages */

/* Any other key is a file of that name; the kernel knows what may be in it. */
static const struct cgi_key raw[] = { { .file = { "*", "*" } } };

/* In the order in which they are written. Devices come last, see plan.c. */
static const struct cgi_key *const tables[] = {
	cgi_other_keys, cgi_memory_keys, cgi_cpu_keys, cgi_io_keys, cgi_devices_keys,
};

/* A text for one with a star is what the star stands for; NULL: they differ. */
static const char *match(const char *pattern, const char *key, size_t *len)
{
	size_t before = strcspn(pattern, "*"), after, all = strlen(key);

	*len = 0;
	if (!pattern[before])
		return strcmp(pattern, key) ? NULL : key;
	after = strlen(pattern + before + 1);
	if (all <= before + after || strncmp(pattern, key, before) ||
	    strcmp(key + all - after, pattern + before + 1))
		return NULL;
	*len = all - before - after;
	return key + before;
}

/* The first row of a key, and the next one of the same name; NULL: no more. */
static const struct cgi_key *row_of(const char *key, unsigned *rank)
{
	size_t len;

	*rank = 0;
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct cgi_key *k = tables[i]; k->name; k++, ++*rank)
			if (match(k->name, key, &len))
				return k;
	return raw;
}

static const struct cgi_key *next_row(const struct cgi_key *k)
{
	return k->name && k[1].name && !strcmp(k->name, k[1].name) ? k + 1 : NULL;
}

/* The file of a row, with what the star stands for. */
static bool file_of(struct cgi_item *it, const struct cgi_key *k, bool v1)
{
	const char *file = k->file[v1], *star = it->key;
	size_t before = file ? strcspn(file, "*") : 0, len = strlen(star);

	if (!file)
		return false;
	if (k->name)
		star = match(k->name, it->key, &len);
	snprintf(it->file, sizeof(it->file), "%.*s%.*s%s", (int)before, file,
		 file[before] ? (int)len : 0, star, file[before] ? file + before + 1 : "");
	return true;
}

/* cgroup.* and freezer.* are no resources. */
static int check_key(struct cg_ctx *ctx, const char *key)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = key ? strcspn(key, ".") : 0;

	if (!len || !key[len] || key[strspn(key, allowed)] || strlen(key) > 200 ||
	    (len == 6 && !memcmp(key, "cgroup", 6)) || (len == 7 && !memcmp(key, "freezer", 7)))
		return cgi_fail(ctx, -EINVAL, "\"%.60s\" is not a resource key", key ? key : "");
	return 0;
}

/* ---- which place ---- */

int cgi_res_has(struct cg_ctx *ctx, struct cgi_place *p, const char *file)
{
	struct cgi_ident id;
	char controller[32];
	int fd, rc;

	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(file, "."), file);
	if (!p->tree || p->gone ||
	    (CGI_IS_V1(p) && !cgi_has_word(p->tree->name, controller, ',')))
		return 0;
	fd = cgi_place_enter(ctx, p);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	rc = ctx->sys->ident(ctx->k, fd, file, &id);
	cgi_place_done(ctx, p, fd);
	/* A member may have made a group of that name. */
	if (!rc || cgi_is_gone(rc))
		return !rc && !S_ISDIR(id.mode);
	return cgi_fail(ctx, rc, "look for %s: %s", file, cgi_strerror(rc));
}

struct cgi_place *cgi_res_v1(struct cgi_places *l, const char *file)
{
	char controller[32];

	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(file, "."), file);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].tree && CGI_IS_V1(&l->v[i]) &&
		    cgi_has_word(l->v[i].tree->name, controller, ','))
			return &l->v[i];
	return NULL;
}

/* The first place that has a file for the key. 1, 0, <0 */
static int find_place(struct cgi_item *it)
{
	unsigned rank;
	int rc = 0;

	for (const struct cgi_key *k = row_of(it->key, &rank); k; k = next_row(k))
		for (size_t i = 0; i < 2 * it->l->n; i++) {
			struct cgi_place *p = &it->l->v[i % it->l->n];
			bool later = k->flags & CGI_V1_FIRST && p->tree && !CGI_IS_V1(p);

			if (!p->tree || later != (i >= it->l->n) || !file_of(it, k, CGI_IS_V1(p)))
				continue;
			rc = cgi_res_has(it->ctx, p, it->file);
			if (!rc)
				continue;
			it->row = k;
			it->at = p;
			return rc;
		}
	return 0;
}

enum not_here { SAY, ASK, DO };

/* A place of v2 that has no such file: why, or what would give it one. */
static int not_on_v2(struct cg_ctx *ctx, struct cgi_place *p, const char *key, enum not_here what)
{
	char list[512], controller[32];

	snprintf(controller, sizeof(controller), "%.*s", (int)strcspn(key, "."), key);
	if (cgi_place_word(ctx, p, "cgroup.controllers", list, sizeof(list)) > 0 &&
	    cgi_has_word(list, controller, ' '))
		return cgi_fail(ctx, -EOPNOTSUPP, "%s has no %s: cgroup v2 of this kernel does not "
				"know it", CGI_AT(p), key);
	if (what == SAY)
		return cgi_fail(ctx, -EOPNOTSUPP, "%s has no %s: its controller is not enabled "
				"here", CGI_AT(p), key);
	return cgi_res_enable(ctx, p->tree, p->path, key, what == ASK);
}

/* A directory that is held open and was removed has no file at all: that is no missing key. */
static bool removed(struct cg_ctx *ctx, struct cgi_place *p)
{
	int fd;

	if (p->gone || p->unseen || !p->tree)
		return p->gone;
	fd = cgi_place_enter(ctx, p);
	if (fd >= 0) {
		(void)cgi_place_gone_now(ctx, p, fd);
		cgi_place_done(ctx, p, fd);
	}
	return p->gone;
}

/* No place has it. 0: one of v2 has it now, or could (ASK). */
static int not_here(struct cgi_item *it, enum not_here what)
{
	struct cg_ctx *ctx = it->ctx;
	bool v1 = false, gone = it->l->n;
	const char *unseen = NULL;
	char why[600] = "";
	int rc, len = 0;

	for (size_t i = 0; i < it->l->n; i++) {
		struct cgi_place *p = &it->l->v[i];

		gone = removed(ctx, p) && gone;
		unseen = p->gone || !p->unseen ? unseen : p->unseen;
		v1 = v1 || (p->tree && CGI_IS_V1(p));
		if (!p->tree || p->gone || CGI_IS_V1(p))
			continue;
		rc = not_on_v2(ctx, p, it->key, what);
		if (rc != -EOPNOTSUPP)
			return rc;
		len = snprintf(why, sizeof(why), "%.500s", ctx->errmsg);
	}
	if (gone)
		return cgi_fail(ctx, -ENOENT, "%s: the group is gone", it->key);
	if (unseen)				/* it may have it */
		return cgi_fail(ctx, -ENODEV, "%s: %s", it->key, unseen);
	if (v1 || !len)
		snprintf(why + len, sizeof(why) - (size_t)len, "%s%s has %s", len ? "; " : "", v1 ?
			 "no v1 hierarchy of this group" : "no part of this group", it->key);
	return cgi_fail(ctx, -EOPNOTSUPP, "%s", why);
}

/* ---- setting ---- */

/* Every key has a place, or could have one, before anything is enabled. */
static int find_all(struct cgi_item *v, size_t n)
{
	int rc;

	for (enum not_here what = ASK; what <= DO; what++)
		for (size_t i = 0; i < n; i++) {
			rc = find_place(&v[i]);
			if (!rc)
				rc = not_here(&v[i], what);
			if (!rc && what == DO && !(rc = find_place(&v[i])))
				rc = not_here(&v[i], SAY);
			if (rc < 0)
				return rc;
		}
	return 0;
}

static int plan(struct cgi_plan *p, const struct cgi_item *it)
{
	bool v1 = CGI_IS_V1(it->at);

	if (it->row->set[v1])
		return it->row->set[v1](p, it);
	if (v1 && !strcmp(it->text, "max") && strcmp(it->file, it->key))
		return cgi_plan_put(p, it->at, it->file, "-1");
	return cgi_plan_put(p, it->at, it->file, it->text);
}

/* In the order of rows; keys of the same one in that of the caller. */
static int parse_all(struct cgi_item *v, const struct cg_limit *in, size_t n, unsigned *rank)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		struct cgi_item it = v[i];
		unsigned r = 0;
		size_t at = i;

		rc = check_key(it.ctx, in[i].key);
		if (rc)
			break;
		it.key = in[i].key;
		it.row = row_of(it.key, &r);
		rc = cgi_value(&it, in[i].value);
		for (; at && rank[at - 1] > r; at--) {
			v[at] = v[at - 1];
			rank[at] = rank[at - 1];
		}
		v[at] = it;
		rank[at] = r;
	}
	return rc;
}

int cgi_res_set(struct cg_ctx *ctx, struct cgi_places *l, const struct cg_limit *in, size_t n)
{
	struct cgi_plan p = { .ctx = ctx };
	struct cgi_item *v = calloc(n + 1, sizeof(*v));
	_cleanup_free_ unsigned *rank = calloc(n + 1, sizeof(*rank));
	int rc = v && rank ? 0 : cgi_nomem(ctx);

	for (size_t i = 0; v && i < n; i++)
		v[i] = (struct cgi_item){ .ctx = ctx, .l = l };
	if (!rc)
		rc = parse_all(v, in, n, rank);
	if (!rc)
		rc = find_all(v, n);
	for (size_t i = 0; !rc && i < n; i++)
		rc = plan(&p, &v[i]);
	if (!rc)
		rc = cgi_plan_run(&p);
	cgi_plan_free(&p);
	for (size_t i = 0; v && i < n; i++)
		free(v[i].text);
	free(v);
	return rc;
}

/* ---- getting ---- */

int cgi_res_u64(struct cg_ctx *ctx, struct cgi_place *p, const char *file, uint64_t *ret)
{
	char word[32];
	ssize_t n = cgi_place_word(ctx, p, file, word, sizeof(word));

	if (n < 0)
		return (int)n;
	if (cgi_parse_u64(word, ret) || *ret >= NO_LIMIT)	/* "-1" and "max" are no numbers */
		*ret = UINT64_MAX;
	return 0;
}

static int get_file(const struct cgi_item *it, struct cgi_buf *out)
{
	_cleanup_free_ char *text = NULL;
	ssize_t n = cgi_place_text(it->ctx, it->at, it->file, &text);
	uint64_t number;

	if (n < 0)
		return (int)n;
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	if (CGI_IS_V1(it->at) && strcmp(it->file, it->key) && !cgi_parse_u64(text, &number) &&
	    number >= NO_LIMIT)
		cgi_buf_add(out, "max");
	else
		cgi_buf_add(out, "%s", text);
	return 0;
}

int cgi_res_text(struct cg_ctx *ctx, struct cgi_places *l, const char *key, char **ret)
{
	struct cgi_item it = { .ctx = ctx, .l = l, .key = key };
	_cleanup_(cgi_buf_free) struct cgi_buf out = { 0 };
	bool v1;
	int rc = find_place(&it);

	if (!rc)
		rc = not_here(&it, SAY);
	if (rc < 0)
		return rc;
	v1 = CGI_IS_V1(it.at);
	cgi_buf_add(&out, "%s", "");		/* an empty text is one */
	rc = it.row->get[v1] ? it.row->get[v1](&it, &out) : get_file(&it, &out);
	if (!rc && out.failed)
		rc = cgi_nomem(ctx);
	if (!rc)
		*ret = take_ptr(out.s);
	return rc;
}

int cgi_res_get(struct cg_ctx *ctx, struct cgi_places *l, const char *key, char *buf, size_t size)
{
	_cleanup_free_ char *text = NULL;
	int rc = check_key(ctx, key);

	if (!rc)
		rc = cgi_res_text(ctx, l, key, &text);
	if (rc)
		return rc;
	if (strlen(text) >= size)
		return cgi_fail(ctx, -ERANGE, "%s has %zu bytes", key, strlen(text) + 1);
	memcpy(buf, text, strlen(text) + 1);
	return 0;
}
