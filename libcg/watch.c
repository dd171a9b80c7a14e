/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Being told of what happens to groups, many with one descriptor: a set of one notifier for the
 * files that the kernel or a user changes, one eventfd for the memory of v1, and one timer,
 * which runs only where nothing tells.
 */
#include <poll.h>

#include "watch.h"

#define ASK_US		100000		/* where no file notifies of changes */

/* ---- called by other verbs ---- */

static bool is_same(const struct cg *a, const struct cg *b)
{
	const struct cgi_place *x = a->places.v, *y = b->places.v;

	return a == b || (a->places.n && b->places.n && x->tree == y->tree && x->ino == y->ino);
}

/* The counters of a removed group cannot be read. */
void cgi_watch_last_look(struct cg *cg)
{
	for (struct cg_watch *w = cg->ctx->watches; w; w = w->next)
		for (size_t i = 0; i < w->n; i++)
			if (is_same(w->v[i].cg, cg) && w->v[i].events & COUNTED)
				(void)cgi_entry_counts(w, &w->v[i]);
}

void cgi_watch_touch(struct cg *cg)
{
	for (struct cg_watch *w = cg->ctx->watches; w; w = w->next) {
		for (size_t i = 0; i < w->n; i++)
			w->v[i].dirty = w->v[i].dirty || is_same(w->v[i].cg, cg);
		cgi_watch_wind(w);
	}
}

static void drop(struct cg_watch *w, size_t i)
{
	cgi_entry_disarm(w, &w->v[i]);
	w->v[i] = w->v[--w->n];
}

void cgi_watch_forget(struct cg *cg)
{
	for (struct cg_watch *w = cg->ctx->watches; w; w = w->next) {
		for (size_t i = w->n; i--; ) {
			if (w->v[i].cg != cg)
				continue;
			if (cg->removed)
				(void)cgi_entry_look(w, &w->v[i]);
			drop(w, i);
		}
		cgi_watch_wind(w);
	}
}

/* ---- for callers ---- */

CG_API void cg_watch_free(struct cg_watch *w)
{
	struct cg_ctx *ctx = w ? w->ctx : NULL;

	if (!w)
		return;
	for (struct cg_watch **at = &ctx->watches; *at; at = &(*at)->next)
		if (*at == w) {
			*at = w->next;
			break;
		}
	while (w->n)
		drop(w, w->n - 1);
	cgi_close_fd(ctx, w->set);
	cgi_close_fd(ctx, w->notifier);
	cgi_close_fd(ctx, w->timer);
	cgi_close_fd(ctx, w->oom);
	free(w->queue);
	free(w->v);
	free(w);
	cg_ctx_free(ctx);
}

static int open_all(struct cg_watch *w)
{
	const struct cg_sys *sys = w->ctx->sys;
	void *k = w->ctx->k;
	int rc;

	w->set = sys->set(k);
	w->notifier = w->set < 0 ? -1 : sys->notifier(k);
	w->timer = w->notifier < 0 ? -1 : sys->timer(k);
	rc = w->set < 0 ? w->set : w->notifier < 0 ? w->notifier : w->timer < 0 ? w->timer : 0;
	rc = rc ? rc : sys->set_add(k, w->set, w->notifier, KEY_NOTIFIER);
	return rc ? rc : sys->set_add(k, w->set, w->timer, KEY_TIMER);
}

int cgi_watch_new(struct cg_ctx *ctx, uint64_t ask_us, struct cg_watch **ret)
{
	struct cg_watch *w = calloc(1, sizeof(*w));
	int rc;

	if (!w)
		return cgi_nomem(ctx);
	*w = (struct cg_watch){
		.ctx = cgi_ctx_ref(ctx), .set = -1, .notifier = -1, .timer = -1, .oom = -1,
		.ask = ask_us, .keys = KEY_PRESSURE,
	};
	rc = open_all(w);
	if (rc) {
		cg_watch_free(w);
		return cgi_fail(ctx, rc, "watch: %s", cgi_strerror(rc));
	}
	w->next = ctx->watches;
	ctx->watches = w;
	*ret = w;
	return 0;
}

CG_API int cg_watch_new(struct cg_ctx *ctx, unsigned flags, struct cg_watch **ret)
{
	cgi_enter(ctx, -1);
	if (flags)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "watch: unknown flag"));
	return cgi_result(ctx, cgi_watch_new(ctx, ASK_US, ret));
}

CG_API int cg_watch_fd(const struct cg_watch *w)
{
	return w->set;
}

/* A new entry is dirty: the first fetch has the events of the present state. */
static int add(struct cg_watch *w, struct cg *cg, unsigned events, void *data, struct entry **ret)
{
	size_t cap = w->cap ? w->cap * 2 : 16;
	struct entry *v = w->n < w->cap ? w->v : realloc(w->v, cap * sizeof(*v));

	if (!v)
		return cgi_nomem(w->ctx);
	w->cap = w->n < w->cap ? w->cap : cap;
	w->v = v;
	*ret = &v[w->n++];
	**ret = (struct entry){
		.cg = cg, .data = data, .events = events, .pressure = -1, .freezer = -1,
		.dirty = true,
	};
	return 0;
}

int cgi_watch_add(struct cg_watch *w, struct cg *cg, unsigned events, void *data)
{
	struct cg_ctx *ctx = w->ctx;
	struct entry *e;
	int rc = cgi_group_settle(cg);

	if (!rc && events & MEMORY && w->oom < 0) {
		w->oom = ctx->sys->eventfd(ctx->k);
		rc = w->oom < 0 ? w->oom : ctx->sys->set_add(ctx->k, w->set, w->oom, KEY_OOM);
	}
	rc = rc ? rc : add(w, cg, events, data, &e);
	if (rc)
		return rc;
	rc = cgi_entry_arm(w, e);
	rc = rc ? rc : cgi_entry_can_tell(w, e);
	if (rc)
		drop(w, w->n - 1);
	cgi_watch_wind(w);
	return rc;
}

CG_API int cg_watch_add(struct cg_watch *w, struct cg *cg, unsigned events, void *data)
{
	cgi_enter(w->ctx, -1);
	if (!events || events & ~(STATES | COUNTED) || cg->ctx != w->ctx)
		return cgi_result(w->ctx, cgi_fail(w->ctx, -EINVAL, "watch: bad argument"));
	return cgi_result(w->ctx, cgi_watch_add(w, cg, events, data));
}

CG_API int cg_watch_pressure(struct cg_watch *w, struct cg *cg, const struct cg_trigger *trigger,
			     size_t size, void *data)
{
	struct cg_ctx *ctx = w->ctx;
	struct cgi_trigger t;
	struct entry *e;
	int rc;

	cgi_enter(ctx, -1);
	if (size < sizeof(*trigger) || cg->ctx != ctx || trigger->flags & ~CG_PRESSURE_FULL ||
	    (strcmp(trigger->resource, "memory") && strcmp(trigger->resource, "cpu") &&
	     strcmp(trigger->resource, "io")))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "watch: bad argument"));
	t = (struct cgi_trigger){
		trigger->resource, trigger->flags & CG_PRESSURE_FULL, trigger->stall_ms,
		trigger->window_ms,
	};
	rc = cgi_group_settle(cg);
	rc = rc ? rc : add(w, cg, CG_PRESSURE, data, &e);
	if (rc)
		return cgi_result(ctx, rc);
	e->armed = true;
	rc = cgi_entry_pressure(w, e, &t);
	if (rc == -EOPNOTSUPP)
		cgi_fail(ctx, rc, "watch %s: nothing tells of its %s pressure here", cg->path,
			 t.resource);
	if (rc)
		drop(w, w->n - 1);
	cgi_watch_wind(w);
	return cgi_result(ctx, rc);
}

CG_API int cg_watch_remove(struct cg_watch *w, struct cg *cg)
{
	size_t before = w->n;

	cgi_enter(w->ctx, -1);
	for (size_t i = w->n; i--; )
		if (w->v[i].cg == cg)
			drop(w, i);
	cgi_watch_wind(w);
	return w->n < before ? 0 : cgi_result(w->ctx, cgi_fail(w->ctx, -ENOENT, "watch %s: it is "
							       "not watched", cg->path));
}

int cgi_watch_wait(struct cg_watch *w, unsigned states)
{
	struct cg_ctx *ctx = w->ctx;
	int rc;

	for (;;) {
		rc = cgi_watch_collect(w);
		if (rc < 0)
			return rc;
		for (; w->head < w->tail; w->head++)
			if (w->queue[w->head].event.state & states)
				return w->queue[w->head].weak;
		cgi_watch_wind(w);
		if (ctx->sys->now(ctx->k) >= ctx->deadline)
			return -ETIMEDOUT;
		(void)ctx->sys->poll(ctx->k, w->set, POLLIN, ctx->deadline);
	}
}

CG_API int cg_watch_next(struct cg_watch *w, struct cg_event *event, size_t size)
{
	int rc = 0;

	cgi_enter(w->ctx, -1);
	if (w->head == w->tail)
		rc = cgi_watch_collect(w);
	if (w->head < w->tail) {
		memcpy(event, &w->queue[w->head].event,
		       size < sizeof(*event) ? size : sizeof(*event));
		rc = w->queue[w->head++].weak;
	} else if (!rc) {
		rc = -EAGAIN;
	}
	cgi_watch_wind(w);
	return rc == -EAGAIN ? rc : cgi_result(w->ctx, rc);
}
