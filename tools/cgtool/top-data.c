/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data of top: rates between two refreshes, and the order of the rows. Listing the groups
 * costs more than reading their counters, so it is done as often as takes one percent of the
 * time of a processor.
 */
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cgtool.h"
#include "top.h"

#include "banned.h"

#define LIST_SHARE	100	/* a list may take one part in so many of the time */

const char *const top_key_names[TOP_KEYS] = {
	[TOP_CPU] = "cpu", [TOP_MEMORY] = "memory", [TOP_IO] = "io", [TOP_PIDS] = "pids",
	[TOP_PRESSURE] = "pressure", [TOP_PROCS] = "procs", [TOP_PATH] = "path",
};

static const struct {
	enum top_key key;
	enum sample_what what;
	uint64_t rate;		/* times the difference per microsecond; 0: it is no rate */
} from[] = {
	{ TOP_CPU, SAMPLE_CPU, 10000 }, { TOP_MEMORY, SAMPLE_MEMORY, 0 },
	{ TOP_IO, SAMPLE_IO, 1000000 }, { TOP_PIDS, SAMPLE_PIDS, 0 },
	{ TOP_PRESSURE, SAMPLE_PRESSURE, 0 },
};

static long long now_of(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

long long top_now(void)
{
	return now_of(CLOCK_MONOTONIC);
}

/* Copies what is remembered of each group that is still listed to its new index. */
static int carry_over(struct top *top, const struct forest *f, struct top_track *track)
{
	struct hsearch_data table = { 0 };
	ENTRY *found;

	if (!hcreate_r(top->f.n + top->f.n / 2 + 1, &table))
		return -ENOMEM;
	for (size_t i = 0; i < top->f.n; i++)
		hsearch_r((ENTRY){ .key = top->f.g[i].path, .data = &top->track[i] }, ENTER,
			  &found, &table);
	for (size_t i = 0; i < f->n; i++)
		if (hsearch_r((ENTRY){ .key = f->g[i].path }, FIND, &found, &table)) {
			track[i] = *(const struct top_track *)found->data;
			track[i].gone = false;
		}
	hdestroy_r(&table);
	return 0;
}

static int list_again(struct top *top)
{
	long long begin = now_of(CLOCK_PROCESS_CPUTIME_ID);
	struct top_track *track;
	struct forest f;
	size_t *row;
	int rc = forest_read(top->t, top->word, &f);

	if (rc < 0)
		return rc;
	track = calloc(f.n, sizeof(*track));
	row = reallocarray(top->row, f.n, sizeof(*row));
	if (row)
		top->row = row;
	if (!track || !row || carry_over(top, &f, track) < 0) {
		free(track);
		forest_free(&f);
		return err_set(top->t->e, -ENOMEM, "out of memory");
	}
	free(top->track);
	forest_free(&top->f);
	top->track = track;
	top->f = f;
	top->n_rows = 0;
	top->next_list = top_now() + (now_of(CLOCK_PROCESS_CPUTIME_ID) - begin) * LIST_SHARE;
	return rc;
}

/* The pressure costs the most to read. A group without processes has none, so it is not read. */
static void read_counters(struct group *g)
{
	static const unsigned cheap = 1U << SAMPLE_CPU | 1U << SAMPLE_MEMORY | 1U << SAMPLE_IO |
				      1U << SAMPLE_PIDS;
	struct sample pressure;

	sample_read(&g->files, cheap, &g->now);
	if (g->now.known >> SAMPLE_PIDS & 1 ? !g->now.v[SAMPLE_PIDS] : !g->all_procs)
		return;
	sample_read(&g->files, 1U << SAMPLE_PRESSURE, &pressure);
	g->now.known |= pressure.known;
	g->now.v[SAMPLE_PRESSURE] = pressure.v[SAMPLE_PRESSURE];
}

static void look(struct top *top, size_t i)
{
	struct group *g = &top->f.g[i];
	struct top_track *tr = &top->track[i];
	long long now = top_now();

	read_counters(g);
	tr->known = 1U << TOP_PROCS;
	tr->v[TOP_PROCS] = g->all_procs;
	for (size_t k = 0; k < ARRAY_SIZE(from); k++) {
		unsigned what = from[k].what;
		uint64_t v = g->now.v[what], before = tr->before.v[what];

		if (!(g->now.known >> what & 1))
			continue;
		if (from[k].rate && (!(tr->before.known >> what & 1) || now <= tr->when))
			continue;
		tr->v[from[k].key] = !from[k].rate ? v : v <= before ? 0 :
			(v - before) * from[k].rate / (uint64_t)(now - tr->when);
		tr->known |= 1U << from[k].key;
	}
	tr->gone = tr->before.known && !g->now.known;
	tr->before = g->now;
	tr->when = now;
}

int top_refresh(struct top *top)
{
	int rc = 0;

	if (top_now() >= top->next_list)
		rc = list_again(top);
	for (size_t i = 0; rc >= 0 && i < top->f.n; i++)
		look(top, i);
	return rc;
}

/* ---- order ---- */

static int compare(const void *a, const void *b, void *data)
{
	const struct top *top = data;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	uint64_t v = top->track[x].v[top->key], w = top->track[y].v[top->key];

	if (top->key != TOP_PATH && v != w)
		return v < w ? 1 : -1;
	return x < y ? -1 : x > y;	/* the list is sorted by path */
}

static bool matches(const struct top *top, size_t i)
{
	const struct group *g = &top->f.g[i];

	return !*top->filter || strcasestr(g->path, top->filter) ||
	       strcasestr(g->container.id, top->filter);
}

static bool is_shown(const struct top *top, size_t i)
{
	const struct group *g = &top->f.g[i];

	return !top->track[i].gone && matches(top, i) &&
	       (top->all || g->all_procs || top->track[i].v[TOP_PIDS] || g->parent == i ||
		g->state & CG_FROZEN);
}

struct family {
	size_t *child, *next;	/* n: there is none */
	bool *shown;
};

static void walk(struct top *top, const struct family *fam, size_t i)
{
	for (; i < top->f.n; i = fam->next[i]) {
		if (!fam->shown[i])
			continue;
		top->row[top->n_rows++] = i;
		if (!top->track[i].folded)
			walk(top, fam, fam->child[i]);
	}
}

/* Links the groups from the end of order, each in front of those below the same parent. */
static void as_tree(struct top *top, struct family *fam, const size_t *order)
{
	size_t n = top->f.n, first = n, i, up;

	for (i = 0; i < n; i++) {
		fam->child[i] = fam->next[i] = n;
		fam->shown[i] = is_shown(top, i);
	}
	for (i = n; i-- > 0;)
		if (fam->shown[i])
			fam->shown[top->f.g[i].parent] = true;
	for (size_t k = n; k-- > 0;) {
		i = order[k];
		up = top->f.g[i].parent;
		fam->next[i] = up == i ? first : fam->child[up];
		if (up == i)
			first = i;
		else
			fam->child[up] = i;
	}
	walk(top, fam, first);
}

int top_arrange(struct top *top)
{
	size_t n = top->f.n, *order = calloc(n, 3 * sizeof(*order));
	struct family fam = { .shown = calloc(n, sizeof(*fam.shown)) };
	int rc = order && fam.shown ? 0 : -ENOMEM;

	top->n_rows = 0;
	for (size_t i = 0; !rc && i < n; i++)
		order[i] = i;
	if (!rc)
		qsort_r(order, n, sizeof(*order), compare, top);
	for (size_t i = 0; !rc && !top->tree && i < n; i++)
		if (is_shown(top, order[i]))
			top->row[top->n_rows++] = order[i];
	if (!rc && top->tree) {
		fam.child = order + n;
		fam.next = order + 2 * n;
		as_tree(top, &fam, order);
	}
	free(order);
	free(fam.shown);
	return rc ? err_set(top->t->e, rc, "out of memory") : 0;
}

void top_free(struct top *top)
{
	forest_free(&top->f);
	free(top->track);
	free(top->row);
}

void top_cell(const struct top *top, size_t g, enum top_key key, char buf[UNITS_SIZE])
{
	static void (*const text[TOP_KEYS])(char *, uint64_t) = {
		[TOP_CPU] = units_percent, [TOP_MEMORY] = units_bytes, [TOP_IO] = units_bytes,
		[TOP_PIDS] = units_count, [TOP_PRESSURE] = units_percent,
		[TOP_PROCS] = units_count,
	};

	snprintf(buf, UNITS_SIZE, "-");
	if (top->track[g].known >> key & 1)
		text[key](buf, top->track[g].v[key]);
}
