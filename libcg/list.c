/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The groups below a group: each hierarchy is walked by itself, and what has the same path is
 * one node. Told after the last walk, so that a caller may use the library meanwhile.
 */
#include <stdio.h>

#include "core.h"

#define NONE	UINT32_MAX

/* A directory of a node. */
struct spot {
	uint32_t next;			/* of the same node; NONE */
	uint32_t place;			/* index of the hierarchy in the group's places */
	struct cg_place is;
};

struct node {
	char *name;
	uint32_t parent, depth;
	uint32_t first, kids;		/* in struct survey.order, when that is sorted */
	uint32_t spot, last_spot;
	size_t len;			/* of its path, "/a/b" */
	bool busy;			/* a process is in it or below it */
	bool frozen, above;
};

struct kid {
	uint32_t parent, node;
	const char *name;
};

/* A text that ends with the path of the node under way. */
struct line {
	char *s;
	size_t prefix, cap;
};

struct survey {
	struct cg *cg;
	struct node *node;
	struct spot *spot;
	struct kid *order;
	uint32_t *slot;			/* nodes by parent and name, open addressing */
	uint32_t *branch;		/* the nodes on the way to the directory under way */
	uint32_t n, cap, n_spots, cap_spots, slots, branches;
	uint32_t place;			/* the hierarchy under way */
	bool closed;			/* some directory was */
};

static void free_all(struct survey *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		free(s->node[i].name);
	free(s->node);
	free(s->spot);
	free(s->order);
	free(s->slot);
	free(s->branch);
}

/* Room for one more of n; NULL: no memory, and v stays. */
static void *grow(void *v, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? *cap * 2 : 64;
	void *p;

	if (n < *cap)
		return v;
	p = more < *cap ? NULL : realloc(v, more * size);
	*cap = p ? more : *cap;
	return p;
}

/* ---- nodes by name ---- */

static uint32_t hash_of(uint32_t parent, const char *name)
{
	uint32_t h = 2166136261U ^ parent * 2654435761U;	/* FNV-1a */

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619U;
	return h;
}

static uint32_t *slot_of(struct survey *s, uint32_t parent, const char *name)
{
	uint32_t i = hash_of(parent, name) & (s->slots - 1), n;

	for (; (n = s->slot[i]) != NONE; i = (i + 1) & (s->slots - 1))
		if (s->node[n].parent == parent && !strcmp(s->node[n].name, name))
			break;
	return &s->slot[i];
}

static int rehash(struct survey *s)
{
	uint32_t slots = s->slots ? s->slots * 2 : 256;
	uint32_t *v = malloc(slots * sizeof(*v));

	if (!v)
		return -ENOMEM;
	memset(v, 0xff, slots * sizeof(*v));
	free(s->slot);
	s->slot = v;
	s->slots = slots;
	for (uint32_t i = 0; i < s->n; i++)
		*slot_of(s, s->node[i].parent, s->node[i].name) = i;
	return 0;
}

static int find_node(struct survey *s, uint32_t parent, const struct cgi_seen *seen, uint32_t *ret)
{
	uint32_t *slot;
	struct node *v;

	if (s->n * 2 >= s->slots && rehash(s))
		return -ENOMEM;
	slot = slot_of(s, parent, seen->name);
	if (*slot == NONE) {
		v = grow(s->node, s->n, &s->cap, sizeof(*v));
		if (!v)
			return -ENOMEM;
		s->node = v;
		v[s->n] = (struct node){
			.name = strdup(seen->name), .parent = parent, .depth = seen->depth,
			.spot = NONE, .last_spot = NONE,
		};
		if (!v[s->n].name)
			return -ENOMEM;
		*slot = s->n++;
	}
	*ret = *slot;
	return 0;
}

/* ---- walking ---- */

static int add_spot(struct survey *s, struct node *n, const struct cgi_seen *seen)
{
	struct spot *v = grow(s->spot, s->n_spots, &s->cap_spots, sizeof(*v));

	if (!v)
		return -ENOMEM;
	s->spot = v;
	v[s->n_spots] = (struct spot){
		.next = NONE, .place = s->place,
		.is = {
			.id = seen->id.ino, .uid = seen->id.uid, .procs = seen->procs,
			.state = CG_EMPTY | (seen->frozen ? CG_FROZEN : 0),
			.traits = (seen->counted ? CG_IS_COUNTED : 0) |
				(seen->threaded ? CG_IS_THREADED : 0) |
				(seen->delegated ? CG_IS_DELEGATED : 0) |
				(seen->closed ? CG_IS_CLOSED : 0),
		},
	};
	if (n->last_spot == NONE)
		n->spot = s->n_spots;
	else
		v[n->last_spot].next = s->n_spots;
	n->last_spot = s->n_spots++;
	return 0;
}

/* v1 does not tell "populated" of a subtree: what is above a busy directory is busy too. */
static void mark_busy(struct survey *s, uint32_t depth)
{
	uint32_t *state;
	struct node *n;
	bool known;

	do {
		n = &s->node[s->branch[depth]];
		state = &s->spot[n->last_spot].is.state;
		known = n->busy && !(*state & CG_EMPTY);
		n->busy = true;
		*state &= ~(uint32_t)CG_EMPTY;
	} while (!known && depth--);
}

static int on_directory(void *data, const struct cgi_seen *seen)
{
	struct survey *s = data;
	uint32_t *v, at = 0;
	int rc = -ENOMEM;

	v = grow(s->branch, seen->depth, &s->branches, sizeof(*v));
	if (v) {
		s->branch = v;
		rc = find_node(s, seen->depth ? v[seen->depth - 1] : NONE, seen, &at);
	}
	rc = rc ? rc : add_spot(s, &s->node[at], seen);
	if (rc)
		return rc;
	v[seen->depth] = at;
	if (seen->busy || seen->closed)
		mark_busy(s, seen->depth);
	s->node[at].frozen = s->node[at].frozen || seen->frozen;
	s->closed = s->closed || seen->closed;
	return 0;
}

static int walk_all(struct survey *s, unsigned flags)
{
	struct cg_ctx *ctx = s->cg->ctx;
	bool frozen, above, any = false;
	int rc = 0;

	CGI_EACH(s->cg, p) {
		s->place = (uint32_t)(p - s->cg->places.v);
		if (p->gone || p->unseen)
			continue;
		rc = cgi_place_survey(ctx, p, flags & CG_HERE ? 1 : 0, flags & CG_COUNT,
				      on_directory, s);
		if (!rc && !p->gone && !cgi_place_is_root(p))
			rc = cgi_place_frozen(ctx, p, &frozen, &above);
		else
			above = false;
		if (rc)
			return rc == -ENOMEM ? cgi_nomem(ctx) : rc;
		any = any || above;
	}
	if (s->n)
		s->node[0].above = any;
	return s->n ? 0 : cgi_fail(ctx, -ENOENT, "list %s: it has no directory", s->cg->path);
}

/* ---- what follows from what is above and below ---- */

static int compare(const void *a, const void *b)
{
	const struct kid *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent + 1 < y->parent + 1 ? -1 : 1;	/* NONE first */
	return strcmp(x->name, y->name);
}

/* Those above have smaller numbers. */
static int put_in_order(struct survey *s)
{
	struct node *n, *up;

	s->order = malloc(s->n * sizeof(*s->order));
	if (!s->order)
		return cgi_nomem(s->cg->ctx);
	for (uint32_t i = 0; i < s->n; i++)
		s->order[i] = (struct kid){ s->node[i].parent, i, s->node[i].name };
	qsort(s->order, s->n, sizeof(*s->order), compare);
	for (uint32_t i = 1; i < s->n; i++) {
		up = &s->node[s->order[i].parent];
		if (!up->kids++)
			up->first = i;
	}
	for (uint32_t i = 1; i < s->n; i++) {
		n = &s->node[i];
		up = &s->node[n->parent];
		n->len = up->len + 1 + strlen(n->name);
		n->above = up->above || up->frozen;
	}
	return 0;
}

/* ---- telling ---- */

static int append(struct line *l, size_t len, const char *name)
{
	size_t n = strlen(name) + 1, need = l->prefix + len + n + 1;
	char *s = need <= l->cap ? l->s : realloc(l->s, need * 2);

	if (!s)
		return -ENOMEM;
	l->s = s;
	l->cap = need <= l->cap ? l->cap : need * 2;
	s[l->prefix + len] = *name ? '/' : '\0';
	memcpy(s + l->prefix + len + 1, name, n);
	return 0;
}

struct telling {
	struct survey *s;
	cg_node_fn fn;
	void *data;
	struct line path, *dir;		/* dir: of each place */
	const struct cg_place **place;	/* of the node under way */
};

static int begin(struct telling *t)
{
	struct cg *cg = t->s->cg;
	char *dir;

	t->dir = calloc(cg->places.n, sizeof(*t->dir));
	t->place = calloc(cg->places.n, sizeof(const struct cg_place *));
	if (!t->dir || !t->place)
		return -ENOMEM;
	for (size_t i = 0; i < cg->places.n; i++) {
		const struct cgi_place *p = &cg->places.v[i];

		if (p->unseen)
			continue;
		dir = cgi_place_dir(p);
		if (!dir)
			return -ENOMEM;
		t->dir[i] = (struct line){ .s = dir, .prefix = strlen(dir), .cap = 0 };
	}
	return 0;
}

static void end(struct telling *t)
{
	for (size_t i = 0; t->dir && i < t->s->cg->places.n; i++)
		free(t->dir[i].s);
	free(t->path.s);
	free(t->dir);
	free(t->place);
}

static int tell_one(struct telling *t, const struct node *n)
{
	struct survey *s = t->s;
	size_t up = n->parent == NONE ? 0 : s->node[n->parent].len;
	const struct cgi_place *p;
	struct cg_node out = {
		.name = n->name, .depth = n->depth, .place = t->place,
		.uid = s->spot[n->spot].is.uid,
		.state = (n->busy ? 0 : CG_EMPTY) | (n->frozen || n->above ? CG_FROZEN : 0) |
			(n->above ? CG_FROZEN_ABOVE : 0),
	};

	if (append(&t->path, up, n->name))
		return -ENOMEM;
	out.path = t->path.s + (n->len > 0);
	for (uint32_t i = n->spot; i != NONE; i = s->spot[i].next) {
		struct cg_place *is = &s->spot[i].is;

		if (append(&t->dir[s->spot[i].place], up, n->name))
			return -ENOMEM;
		p = &s->cg->places.v[s->spot[i].place];
		is->hierarchy = p->tree->name;
		is->dir = t->dir[s->spot[i].place].s;
		is->path = is->dir + strlen(p->tree->point);
		is->path = *is->path ? is->path : "/";
		is->state |= n->above ? CG_FROZEN_ABOVE : 0;
		out.traits |= is->traits;
		out.procs = is->procs > out.procs ? is->procs : out.procs;
		t->place[out.n_places++] = is;
	}
	return t->fn(t->data, &out);
}

static int tell(struct survey *s, cg_node_fn fn, void *data)
{
	struct telling t = { .s = s, .fn = fn, .data = data };
	_cleanup_free_ uint32_t *todo = malloc((s->n + 1) * sizeof(*todo));
	uint32_t n = 0;
	int rc = todo ? begin(&t) : -ENOMEM;

	if (!rc)
		todo[n++] = 0;
	while (!rc && n) {
		const struct node *v = &s->node[todo[--n]];

		for (uint32_t i = v->kids; i--; )
			todo[n++] = s->order[v->first + i].node;
		rc = tell_one(&t, v);
	}
	end(&t);
	return rc;
}

CG_API int cg_list(struct cg *cg, unsigned flags, cg_node_fn fn, void *data)
{
	struct survey s = { .cg = cg };
	int rc;

	cgi_enter(cg->ctx, -1);
	if (flags & ~(CG_HERE | CG_COUNT))
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "list: unknown flag"));
	rc = cgi_group_settle(cg);
	rc = rc ? rc : walk_all(&s, flags);
	rc = rc ? rc : put_in_order(&s);
	rc = rc ? cgi_result(cg->ctx, rc) : tell(&s, fn, data);
	if (!rc && (s.closed || cg->ctx->child_pidns))
		rc = CG_WEAK;
	free_all(&s);
	return rc;
}
