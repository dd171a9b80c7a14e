/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of groups, from cg_list(): what is kept of each, and what patterns leave of it. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "forest.h"
#include "out.h"

#include "banned.h"

struct reading {
	struct forest *f;
	const char *top;	/* the path of the group that is listed */
	const char *pattern;	/* NULL: none */
};

static bool is_pattern(const char *word)
{
	return strpbrk(word, "*?[");
}

/* "/a/b*" is looked for below "/a", "b*" below the base. */
static char *fixed_part(const char *pattern)
{
	size_t len = strcspn(pattern, "*?[");

	while (len && pattern[len - 1] != '/')
		len--;
	while (len > 1 && pattern[len - 1] == '/')
		len--;
	return strndup(pattern, len);
}

char *forest_join(const char *top, const char *below)
{
	char *path;

	if (!*below)
		return strdup(top);
	if (!*top)
		return strdup(below);
	return asprintf(&path, "%s%s%s", top, top[strlen(top) - 1] == '/' ? "" : "/", below) < 0 ?
	       NULL : path;
}

/* Takes the path over. */
static int add(struct reading *r, const struct cg_node *node, char *path)
{
	struct forest *f = r->f;
	const char *slash = strrchr(path, '/');
	struct group *g;

	if (f->n == f->cap) {
		f->cap = f->cap ? f->cap * 2 : 64;
		g = reallocarray(f->g, f->cap, sizeof(*g));
		if (!g) {
			free(path);
			return -ENOMEM;
		}
		f->g = g;
	}
	g = &f->g[f->n];
	*g = (struct group){
		.path = path, .name = slash && slash[1] ? slash + 1 : path, .depth = node->depth,
		.state = node->state, .traits = node->traits, .uid = node->uid,
		.procs = node->procs, .all_procs = node->procs, .parent = f->n,
	};
	if (!container_by_path(path, &g->container) && node->n_places && node->place[0]->dir)
		container_by_mark(node->place[0]->dir, &g->container);
	f->n++;
	return sample_find(node, &g->files);
}

static int on_node(void *data, const struct cg_node *node)
{
	struct reading *r = data;
	char *path;

	path = forest_join(r->top, node->path);
	if (!path)
		return -ENOMEM;
	if (r->pattern && fnmatch(r->pattern, path, FNM_PATHNAME | FNM_LEADING_DIR)) {
		free(path);
		return 0;
	}
	return add(r, node, path);
}

static bool is_below(const struct group *g, const struct group *above)
{
	size_t len = strlen(above->path);

	if (!len)
		return true;		/* the base, of paths without a leading slash */
	len -= above->path[len - 1] == '/';
	return !strncmp(g->path, above->path, len) && g->path[len] == '/';
}

/* Parents come first: that of a group is the group before it, or an ancestor of that. */
static void link_parents(struct forest *f)
{
	for (size_t i = 1; i < f->n; i++) {
		size_t k = i - 1;

		while (!is_below(&f->g[i], &f->g[k]) && f->g[k].parent != k)
			k = f->g[k].parent;
		f->g[i].parent = is_below(&f->g[i], &f->g[k]) ? k : i;
	}
	for (size_t i = 0; i < f->n; i++)
		f->g[i].depth = f->g[i].parent == i ? 0 : f->g[f->g[i].parent].depth + 1;
	for (size_t i = f->n; i-- > 0;)
		if (f->g[i].parent != i)
			f->g[f->g[i].parent].all_procs += f->g[i].all_procs;
}

static int open_top(struct tool *t, const char *word, char *fixed)
{
	if (!word || fixed)
		return tool_fail(t, cg_open(t->ctx, fixed ? fixed : "/", 0, &t->cg));
	return tool_word(t, word, 0);
}

int forest_read(struct tool *t, const char *word, struct forest *f)
{
	struct reading r = { .f = f };
	char *fixed = NULL;
	int rc;

	*f = (struct forest){ 0 };
	if (word && is_pattern(word)) {
		r.pattern = word;
		fixed = fixed_part(word);
		if (!fixed)
			return err_set(t->e, -ENOMEM, "out of memory");
	}
	rc = open_top(t, word, fixed);
	if (rc >= 0) {
		r.top = fixed ? fixed : cg_path(t->cg);
		rc = cg_list(t->cg, CG_COUNT, on_node, &r);
		rc = rc == -ENOMEM ? err_set(t->e, rc, "out of memory") : tool_fail(t, rc);
	}
	free(fixed);
	cg_close(t->cg);
	t->cg = NULL;
	if (rc >= 0 && !f->n)
		rc = err_set(t->e, -ENOENT, "no group matches %s", word);
	if (rc >= 0)
		link_parents(f);
	else
		forest_free(f);
	return rc;
}

void forest_free(struct forest *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->g[i].path);
		sample_forget(&f->g[i].files);
	}
	free(f->g);
	*f = (struct forest){ 0 };
}

void forest_sample(struct forest *f, unsigned want)
{
	for (size_t i = 0; i < f->n; i++)
		sample_read(&f->g[i].files, want, &f->g[i].now);
}

static const struct { unsigned bit; bool trait; const char *word; } words[] = {
	{ CG_FROZEN, false, "frozen" }, { CG_FROZEN_ABOVE, false, "frozen-above" },
	{ CG_IS_THREADED, true, "threaded" }, { CG_IS_DELEGATED, true, "delegated" },
	{ CG_IS_CLOSED, true, "closed" },
};

static bool has_word(const struct group *g, size_t i)
{
	return (words[i].trait ? g->traits : g->state) & words[i].bit;
}

void forest_words(const struct group *g, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(g, i) && n < size)
			n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? " " : "",
					      words[i].word);
}

struct json_object *forest_json(const struct group *g)
{
	static const char *const names[SAMPLES] = {
		[SAMPLE_CPU] = "cpu_usec", [SAMPLE_MEMORY] = "memory",
		[SAMPLE_MEMORY_MAX] = "memory_max", [SAMPLE_PIDS] = "pids",
		[SAMPLE_PIDS_MAX] = "pids_max", [SAMPLE_IO] = "io",
		[SAMPLE_PRESSURE] = "pressure",
	};
	struct json_object *o = json_object_new_object();

	out_json_add(o, "group", out_json_string(g->path));
	out_json_add(o, "processes", json_object_new_uint64(g->procs));
	out_json_add(o, "all_processes", json_object_new_uint64(g->all_procs));
	out_json_add(o, "uid", json_object_new_int64(g->uid));
	out_json_add(o, "empty", json_object_new_boolean(g->state & CG_EMPTY));
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (has_word(g, i))
			out_json_add(o, words[i].word, json_object_new_boolean(true));
	for (int k = 0; k < SAMPLES; k++)
		if (g->now.known >> k & 1)
			out_json_add(o, names[k], out_json_limit(g->now.v[k]));
	container_json(o, &g->container);
	return o;
}
