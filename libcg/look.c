/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which files of a group notify a watch, and which events follow from a notice. A notice only
 * says that the group has to be looked at: events come from its state and its counters, compared
 * with those of the last look, so no event is queued twice.
 */
#include <poll.h>

#include "watch.h"

#define PRESSURE_US	1000000		/* before Linux 6.5 a trigger sends no inotify event */
#define SETTLE_US	10000		/* between a notice and the change that it announces */
#define SETTLE_FOR_US	2000000

/* ---- the queue ---- */

static int queue(struct cg_watch *w, const struct entry *e, unsigned event, unsigned state,
		 uint64_t count, int weak)
{
	size_t room = w->room ? w->room * 2 : 32;
	struct told *q;

	if (w->tail == w->room) {
		q = realloc(w->queue, room * sizeof(*q));
		if (!q)
			return cgi_nomem(w->ctx);
		w->queue = q;
		w->room = room;
	}
	w->queue[w->tail++] = (struct told){
		.event = { .data = e->data, .event = event, .state = state, .count = count },
		.weak = weak,
	};
	return 0;
}

static void set_timer(struct cg_watch *w, uint64_t period)
{
	if (period != w->period)
		(void)w->ctx->sys->timer_set(w->ctx->k, w->timer, period);
	w->period = period;
}

/* The descriptor is readable as long as something is to be fetched. */
void cgi_watch_wind(struct cg_watch *w)
{
	uint64_t now = w->ctx->sys->now(w->ctx->k), period = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct entry *e = &w->v[i];
		uint64_t want = e->dirty ? 1 : e->settle > now ? SETTLE_US :
			e->slow || e->asks ? w->ask : e->slow_pressure ? PRESSURE_US : 0;

		period = want && (!period || want < period) ? want : period;
	}
	set_timer(w, w->head < w->tail ? 1 : period);
}

/* ---- which files notify ---- */

static int keep(struct entry *e, int wd)
{
	int *v;

	if (wd < 0)
		return wd == -EOPNOTSUPP || wd == -EAGAIN ? 0 : wd;
	v = realloc(e->wd, (e->n_wd + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	e->wd = v;
	v[e->n_wd++] = wd;
	return 0;
}

static int listen_to(struct cg_watch *w, struct entry *e, struct cgi_place *p)
{
	static const unsigned wanted[CGI_NOTICES] = {
		[CGI_ON_STATE] = CG_EMPTY | CG_FROZEN, [CGI_ON_FREEZER] = CG_FROZEN,
		[CGI_ON_MEMORY] = MEMORY, [CGI_ON_PIDS] = CG_PIDS_MAX, [CGI_ON_REMOVAL] = CG_GONE,
	};
	int rc = 0, wd;

	for (int i = 0; !rc && i < CGI_NOTICES; i++) {
		if (!(e->events & wanted[i]))
			continue;
		wd = cgi_place_notify(w->ctx, p, (enum cgi_notice)i, w->notifier);
		e->told_state = e->told_state || (i == CGI_ON_STATE && wd >= 0);
		e->told_memory = e->told_memory || (i == CGI_ON_MEMORY && wd >= 0);
		e->told_pids = e->told_pids || (i == CGI_ON_PIDS && (wd >= 0 || wd == -EAGAIN));
		e->asks = e->asks || wd == -EAGAIN;
		e->unheard = e->unheard || (i == CGI_ON_REMOVAL && wd < 0 && !p->gone);
		e->freezer = i == CGI_ON_FREEZER && wd >= 0 ? wd : e->freezer;
		rc = keep(e, wd);
	}
	if (rc || !(e->events & MEMORY))
		return rc;
	rc = cgi_place_notify_oom(w->ctx, p, w->oom);
	e->v1_memory = e->v1_memory || !rc;
	e->told_memory = e->told_memory || !rc;
	return rc == -EOPNOTSUPP ? 0 : rc;
}

static int happened(struct entry *e, struct cgi_happened *h)
{
	int rc = 0;

	*h = e->seen;
	CGI_EACH(e->cg, p) {
		rc = rc ? rc : cgi_place_happened(e->cg->ctx, p, h);
	}
	return rc;
}

/* The counters are read after the watches are added: what happens in between is an event. */
int cgi_entry_arm(struct cg_watch *w, struct entry *e)
{
	int rc = 0;

	CGI_EACH(e->cg, p)
		rc = rc ? rc : listen_to(w, e, p);
	e->armed = e->cg->places.n || !e->cg->awaits;
	return rc || !(e->events & COUNTED) ? rc : happened(e, &e->seen);
}

void cgi_entry_disarm(struct cg_watch *w, struct entry *e)
{
	for (size_t i = 0; i < e->n_wd; i++) {
		bool shared = false;

		for (size_t k = 0; k < w->n; k++)
			for (size_t x = 0; &w->v[k] != e && x < w->v[k].n_wd; x++)
				shared = shared || w->v[k].wd[x] == e->wd[i];
		if (!shared)
			w->ctx->sys->unnotify(w->ctx->k, w->notifier, e->wd[i]);
	}
	free(e->wd);
	cgi_close_fd(w->ctx, e->pressure);
	*e = (struct entry){ .pressure = -1, .freezer = -1 };
}

int cgi_entry_can_tell(struct cg_watch *w, struct entry *e)
{
	bool memory = e->events & MEMORY && !e->told_memory;

	/* Places that the group gets later may notify. */
	if (!e->armed || (!memory && (!(e->events & CG_PIDS_MAX) || e->told_pids)))
		return 0;
	return cgi_fail(w->ctx, -EOPNOTSUPP, "watch %s: nothing tells of its %s here", e->cg->path,
			memory ? "memory" : "limit of processes");
}

/* ---- looking ---- */

/*
 * Does the events file of a place notify when this state ends? It does not notify that the group
 * has become empty when its members are in other hierarchies only.
 */
static bool is_told(struct cg_watch *w, const struct entry *e, unsigned now)
{
	bool populated;

	if (!e->told_state)
		return false;
	CGI_EACH(e->cg, p) {
		if (!p->tree || p->gone || p->unseen || !p->tree->d->events_file)
			continue;
		return now & CG_EMPTY || !(e->events & CG_EMPTY) ||
			(!p->tree->d->populated(w->ctx, p, &populated) && populated);
	}
	return false;
}

static int tell_states(struct cg_watch *w, struct entry *e)
{
	static const unsigned each[] = { CG_FROZEN, CG_EMPTY, CG_GONE };
	unsigned now, changed;
	int rc = cgi_group_state(e->cg, &now), weak = rc > 0 ? CG_WEAK : 0;

	if (rc < 0)
		return rc;
	changed = (now ^ e->last) & e->events & STATES;
	for (size_t i = 0; i < ARRAY_SIZE(each); i++)
		if (changed & each[i]) {
			rc = queue(w, e, each[i], now, 1, weak);
			if (rc)
				return rc;
			e->last ^= each[i];
		}
	if (changed & CG_FROZEN)
		e->settle = 0;
	e->slow = !(now & CG_GONE) && (e->unheard || !e->cg->places.n ||
				       (e->events & (CG_EMPTY | CG_FROZEN) && !is_told(w, e, now)));
	return 0;
}

static int tell_count(struct cg_watch *w, struct entry *e, unsigned event, uint64_t now,
		      uint64_t *seen)
{
	uint64_t n = now > *seen ? now - *seen : 0;

	*seen = now > *seen ? now : *seen;
	return n && e->events & event ? queue(w, e, event, e->last, n, 0) : 0;
}

int cgi_entry_counts(struct cg_watch *w, struct entry *e)
{
	struct cgi_happened now, *seen = &e->seen;
	int rc = happened(e, &now);

	/* v1 with the OOM killer off: members wait for memory, and no kill is counted. */
	if (!rc && now.under_oom && !seen->under_oom && now.oom == seen->oom)
		rc = e->events & CG_OOM ? queue(w, e, CG_OOM, e->last, 1, 0) : 0;
	seen->under_oom = now.under_oom;
	rc = rc ? rc : tell_count(w, e, CG_MEMORY_HIGH, now.high, &seen->high);
	rc = rc ? rc : tell_count(w, e, CG_OOM, now.oom, &seen->oom);
	rc = rc ? rc : tell_count(w, e, CG_OOM_KILL, now.oom_kills, &seen->oom_kills);
	return rc ? rc : tell_count(w, e, CG_PIDS_MAX, now.pids_max, &seen->pids_max);
}

/* poll() returns for a removed group too, and v1 signals an eventfd when it is removed. */
static int tell_pressure(struct cg_watch *w, struct entry *e)
{
	struct cg_ctx *ctx = w->ctx;
	bool there = false;

	if (e->key ? !ctx->sys->count(ctx->k, e->pressure) :
		     ctx->sys->poll(ctx->k, e->pressure, POLLPRI, 0) <= 0)
		return 0;
	CGI_EACH(e->cg, p)
		there = there || (p->tree && !p->gone && !p->unseen && cgi_place_there(ctx, p));
	return there ? queue(w, e, CG_PRESSURE, e->last, 1, 0) : 0;
}

static int look(struct cg_watch *w, struct entry *e)
{
	int rc = !e->armed && e->cg->places.n ? cgi_entry_arm(w, e) : 0;

	if (!rc && e->events & COUNTED)
		rc = cgi_entry_counts(w, e);
	if (!rc && e->pressure >= 0)
		rc = tell_pressure(w, e);
	return rc || !(e->events & STATES) ? rc : tell_states(w, e);
}

int cgi_entry_look(struct cg_watch *w, struct entry *e)
{
	int rc = look(w, e);

	e->dirty = false;
	e->slow = rc ? true : e->slow;		/* a look that failed is repeated */
	return rc;
}

/* cgroup v1 has no trigger, but memory.pressure_level with three levels. */
int cgi_entry_pressure(struct cg_watch *w, struct entry *e, const struct cgi_trigger *t)
{
	struct cg_ctx *ctx = w->ctx;
	int rc = -EOPNOTSUPP, wd = -1;

	CGI_EACH(e->cg, p) {
		rc = cgi_place_trigger(ctx, p, t, w->notifier, &wd);
		if (rc != -EOPNOTSUPP)
			break;
	}
	if (rc >= 0) {
		e->pressure = rc;
		e->slow_pressure = wd < 0 || !cgi_release_is(ctx, 6, 5);
		return keep(e, wd < 0 ? -EOPNOTSUPP : wd);
	}
	if (rc != -EOPNOTSUPP || strcmp(t->resource, "memory"))
		return rc;
	e->pressure = ctx->sys->eventfd(ctx->k);
	if (e->pressure < 0)
		return e->pressure;
	CGI_EACH(e->cg, p) {
		rc = cgi_place_notify_pressure(ctx, p, e->pressure, t->full);
		if (rc != -EOPNOTSUPP)
			break;
	}
	e->key = w->keys++;
	return rc ? rc : ctx->sys->set_add(ctx->k, w->set, e->pressure, e->key);
}

/* ---- notices ---- */

static const char *last_name(const struct cgi_place *p)
{
	return strrchr(p->path, '/') + 1;
}

/* A notice of a directory names the entry that was removed from it: is that this group? */
static bool is_named(const struct entry *e, const char *name)
{
	if (!*name)
		return true;
	CGI_EACH(e->cg, p)
		if (!strcmp(last_name(p), name))
			return true;
	return false;
}

static void on_notice(void *data, int wd, const char *name)
{
	struct cg_watch *w = data;

	for (size_t i = 0; i < w->n; i++) {
		struct entry *e = &w->v[i];
		bool ours = wd < 0;

		for (size_t k = 0; !e->dirty && !ours && k < e->n_wd; k++)
			ours = e->wd[k] == wd && is_named(e, name);
		if (!ours)
			continue;
		e->dirty = true;
		if (wd == e->freezer && wd >= 0)
			e->settle = w->ctx->began + SETTLE_FOR_US;
	}
}

static void on_key(struct cg_watch *w, uint32_t key)
{
	struct cg_ctx *ctx = w->ctx;
	uint64_t now = ctx->began;

	if (key == KEY_TIMER)
		(void)ctx->sys->count(ctx->k, w->timer);
	if (key == KEY_OOM)
		(void)ctx->sys->count(ctx->k, w->oom);
	for (size_t i = 0; i < w->n; i++) {
		struct entry *e = &w->v[i];

		e->dirty = e->dirty || (key >= KEY_PRESSURE && e->key == key) ||
			(key == KEY_TIMER &&
			 (e->slow || e->asks || e->slow_pressure || e->settle)) ||
			(key == KEY_OOM && e->v1_memory);
		/* The eventfd is signalled before the OOM kill is counted. */
		if (key == KEY_OOM && e->v1_memory)
			e->settle = now + SETTLE_FOR_US;
		else if (key == KEY_TIMER && e->settle <= now)
			e->settle = 0;
	}
}

int cgi_watch_collect(struct cg_watch *w)
{
	struct cg_ctx *ctx = w->ctx;
	uint32_t key[32];
	int n, rc = 0;

	w->head = w->tail = 0;
	n = ctx->sys->set_ready(ctx->k, w->set, key, ARRAY_SIZE(key));
	for (int i = 0; i < n; i++)
		if (key[i] == KEY_NOTIFIER)
			rc = ctx->sys->notices(ctx->k, w->notifier, on_notice, w);
		else
			on_key(w, key[i]);
	for (size_t i = 0; !rc && i < w->n; i++)
		if (w->v[i].dirty)
			rc = cgi_entry_look(w, &w->v[i]);
	return n < 0 ? n : rc;
}

