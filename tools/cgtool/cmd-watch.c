/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: what happens to groups, each as it comes, until the state that is waited for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

static const struct {
	const char *name;
	unsigned state;
} until[] = {
	{ "empty", CG_EMPTY | CG_GONE },
	{ "frozen", CG_FROZEN | CG_GONE },
	{ "gone", CG_GONE },
};

static int parse_until(const struct tool *t, unsigned *ret)
{
	const char *s = cmd_value(t->args, "until");

	for (size_t i = 0; i < ARRAY_SIZE(until); i++)
		if (!strcmp(s ? s : "gone", until[i].name)) {
			*ret = until[i].state;
			return 0;
		}
	return err_set(t->e, -EINVAL, "option --until: %s is not empty, frozen or gone", s);
}

static const struct {
	unsigned event;
	const char *name;
} counted[] = {
	{ CG_OOM, "oom" }, { CG_OOM_KILL, "oom_kill" }, { CG_PIDS_MAX, "pids_max" },
	{ CG_MEMORY_HIGH, "memory_high" },
};

struct watched {
	struct cg *cg;
	unsigned last;		/* the state that was told; ~0: none */
	bool done;
};

struct watch {
	struct tool *t;
	struct cg_watch *w;
	struct watched *g;
	int n;
	unsigned wanted;
};

/* ---- telling ---- */

static void begin_line(const struct watch *w, const struct watched *g)
{
	if (w->n < 2)
		return;
	out_escape(stdout, cg_path(g->cg));
	printf(": ");
}

static struct json_object *begin_json(const struct watch *w, const struct watched *g)
{
	w->t->cg = g->cg;
	return tool_json(w->t);
}

static void tell_state(const struct watch *w, struct watched *g, unsigned state)
{
	struct json_object *o = begin_json(w, g);

	g->last = state;
	g->done = g->done || state & w->wanted;
	if (o) {
		out_json_add(o, "state", tool_json_state(state));
		out_json_line(o, stdout);
	} else {
		begin_line(w, g);
		printf("%s%s\n",
		       state & CG_GONE ? "gone" : state & CG_EMPTY ? "empty" : "populated",
		       state & CG_FROZEN ? " frozen" : "");
	}
	fflush(stdout);
}

static void tell_event(const struct watch *w, const struct watched *g, const struct cg_event *ev)
{
	struct json_object *o = begin_json(w, g);
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(counted) && counted[i].event != ev->event)
		i++;
	if (o) {
		out_json_add(o, "event", out_json_string(counted[i].name));
		out_json_add(o, "count", json_object_new_uint64(ev->count));
		out_json_line(o, stdout);
	} else {
		begin_line(w, g);
		printf("%s %llu\n", counted[i].name, (unsigned long long)ev->count);
	}
	fflush(stdout);
}

/* ---- watching ---- */

/* Asks for the states and for as many kinds of events as this host tells of. */
static int add(struct watch *w, struct watched *g)
{
	static const unsigned memory = CG_OOM | CG_OOM_KILL;
	static const unsigned tries[] = {
		memory | CG_PIDS_MAX | CG_MEMORY_HIGH, memory | CG_PIDS_MAX,
		memory | CG_MEMORY_HIGH, memory, CG_OOM_KILL | CG_PIDS_MAX, CG_OOM_KILL,
		CG_PIDS_MAX, 0,
	};
	int rc = -EOPNOTSUPP;

	for (size_t i = 0; rc == -EOPNOTSUPP && i < ARRAY_SIZE(tries); i++)
		rc = cg_watch_add(w->w, g->cg, CG_EMPTY | CG_FROZEN | CG_GONE | tries[i], g);
	return tool_fail(w->t, rc);
}

/* Until there may be an event. -ETIMEDOUT: the time is over */
static int wait_for_event(const struct watch *w, const long long *end)
{
	long long left = end ? *end - tool_now_ms() : -1;

	if (end && left <= 0)
		return -ETIMEDOUT;
	return tool_sleep(cg_watch_fd(w->w), left);
}

/* No state came for a group that is populated and not frozen: that is told, too. */
static bool tell_first(const struct watch *w)
{
	bool all = true;

	for (int i = 0; i < w->n; i++) {
		if (w->g[i].last == ~0U)
			tell_state(w, &w->g[i], 0);
		all = all && w->g[i].done;
	}
	return all;
}

static int follow(struct watch *w, const long long *end)
{
	struct cg_event ev;
	struct watched *g;
	int rc, weak = 0;

	for (;;) {
		rc = cg_watch_next(w->w, &ev, sizeof(ev));
		if (rc < 0 && rc != -EAGAIN)
			return tool_fail(w->t, rc);
		if (rc >= 0) {
			g = ev.data;
			weak |= rc;
			if (ev.event & ~(unsigned)(CG_EMPTY | CG_FROZEN | CG_GONE))
				tell_event(w, g, &ev);
			else if (ev.state != g->last)
				tell_state(w, g, ev.state);
			continue;
		}
		if (tell_first(w))
			return weak;
		rc = wait_for_event(w, end);
		if (rc < 0)
			return err_set(w->t->e, rc, "watch: %s", rc == -ETIMEDOUT ?
				       "it did not happen in time" : strerror(-rc));
	}
}

static int open_all(struct watch *w)
{
	int rc = 0;

	w->g = calloc((size_t)w->n, sizeof(*w->g));
	if (!w->g)
		return err_set(w->t->e, -ENOMEM, "out of memory");
	for (int i = 0; rc >= 0 && i < w->n; i++) {
		w->g[i].last = ~0U;
		(void)tool_open_nth(w->t, i, 0, &rc);
		w->g[i].cg = w->t->cg;
		w->t->cg = NULL;
		if (rc >= 0)
			rc = add(w, &w->g[i]);
	}
	return rc;
}

int cmd_watch(const struct cmd_args *a, struct err *e)
{
	struct tool t;
	struct watch w = { .t = &t };
	int rc = tool_open(&t, a, e);
	long long end = tool_now_ms() + t.timeout_ms;

	if (rc >= 0)
		rc = parse_until(&t, &w.wanted);
	if (rc >= 0)
		rc = w.n = tool_groups(&t);
	if (rc >= 0)
		rc = tool_fail(&t, cg_watch_new(t.ctx, 0, &w.w));
	if (rc >= 0)
		rc = open_all(&w);
	if (rc >= 0)
		rc = follow(&w, cmd_value(a, "timeout") ? &end : NULL);
	cg_watch_free(w.w);
	for (int i = 0; w.g && i < w.n; i++)
		cg_close(w.g[i].cg);
	free(w.g);
	t.cg = NULL;
	return tool_end(&t, rc, CG_OP_WATCH, NULL);
}
