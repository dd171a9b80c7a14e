/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How the kernel notifies of changes of a place. inotify tells of a control file that the kernel
 * changes by itself, and of each write of a user to one. cgroup v1 has an eventfd for memory; it
 * does not notify that the last process has ended.
 */
#include <stdio.h>

#include "place.h"

static bool has_controller(const struct cgi_place *p, const char *name)
{
	return p->tree->kind == CGI_V2 || cgi_has_word(p->tree->name, name, ',');
}

/* NULL: it has none. */
static const char *file_for(const struct cgi_place *p, enum cgi_notice what)
{
	bool v2 = p->tree->kind == CGI_V2;

	switch (what) {
	case CGI_ON_STATE:
		return p->tree->d->events_file;
	case CGI_ON_FREEZER:
		return !v2 && has_controller(p, "freezer") ? "freezer.state" : NULL;
	case CGI_ON_MEMORY:
		return v2 ? "memory.events" : NULL;
	case CGI_ON_PIDS:
		return v2 ? "pids.events" : NULL;
	default:
		return "..";
	}
}

int cgi_place_notify(struct cg_ctx *ctx, struct cgi_place *p, enum cgi_notice what, int notifier)
{
	bool here = p->tree && !p->unseen && !p->gone;
	const char *file = here ? file_for(p, what) : NULL;
	int fd, wd;

	/* pids.events of v1 counts since Linux 4.8, and sends no inotify event from 6.11 on. */
	if (here && what == CGI_ON_PIDS && !file && has_controller(p, "pids"))
		return -EAGAIN;
	if (!file || (what == CGI_ON_REMOVAL && cgi_place_is_root(p)))
		return -EOPNOTSUPP;
	fd = cgi_place_enter(ctx, p);
	if (fd < 0)
		return p->gone ? -EOPNOTSUPP : fd;
	wd = ctx->sys->notify(ctx->k, notifier, fd, file, what == CGI_ON_REMOVAL);
	cgi_place_done(ctx, p, fd);
	if (cgi_is_scarce(wd) || wd == -ENOSPC)
		return cgi_fail(ctx, wd, "be told of %s: %s", CGI_AT(p), cgi_strerror(wd));
	return wd < 0 ? -EOPNOTSUPP : wd;
}

/* "EVENTFD CONTROLFD ARGUMENTS" to cgroup.event_control; the control file may be closed then. */
static int register_event(struct cg_ctx *ctx, struct cgi_place *p, int eventfd, const char *file,
			  const char *arguments)
{
	char text[64];
	int fd, control, rc;

	if (!p->tree || p->unseen || p->gone || p->tree->kind != CGI_V1 ||
	    !has_controller(p, "memory"))
		return -EOPNOTSUPP;
	fd = cgi_place_enter(ctx, p);
	if (fd < 0)
		return p->gone ? -EOPNOTSUPP : fd;
	control = ctx->sys->open(ctx->k, fd, file, false);
	rc = control < 0 ? control : 0;
	if (!rc) {
		snprintf(text, sizeof(text), "%d %d %s", eventfd, control, arguments);
		rc = ctx->sys->write(ctx->k, fd, "cgroup.event_control", text);
		cgi_close_fd(ctx, control);
	}
	cgi_place_done(ctx, p, fd);
	return !rc || cgi_is_scarce(rc) ? rc : -EOPNOTSUPP;
}

int cgi_place_notify_oom(struct cg_ctx *ctx, struct cgi_place *p, int eventfd)
{
	return register_event(ctx, p, eventfd, "memory.oom_control", "");
}

int cgi_place_notify_pressure(struct cg_ctx *ctx, struct cgi_place *p, int eventfd, bool full)
{
	return register_event(ctx, p, eventfd, "memory.pressure_level",
			      full ? "critical" : "medium");
}

int cgi_place_trigger(struct cg_ctx *ctx, struct cgi_place *p, const struct cgi_trigger *t,
		      int notifier, int *wd)
{
	char file[32], text[64];
	int dir, fd;

	if (!p->tree || p->unseen || p->gone || p->tree->kind != CGI_V2)
		return -EOPNOTSUPP;
	dir = cgi_place_enter(ctx, p);
	if (dir < 0)
		return p->gone ? -EOPNOTSUPP : dir;
	snprintf(file, sizeof(file), "%.16s.pressure", t->resource);
	snprintf(text, sizeof(text), "%s %u %u", t->full ? "full" : "some", t->stall_ms * 1000,
		 t->window_ms * 1000);
	fd = ctx->sys->trigger(ctx->k, dir, file, text);
	*wd = fd < 0 ? -1 : ctx->sys->notify(ctx->k, notifier, dir, file, false);
	cgi_place_done(ctx, p, dir);
	if (fd >= 0)
		return fd;
	return cgi_fail(ctx, fd == -ENOENT ? -EOPNOTSUPP : fd, "a trigger on %s/%s: %s", CGI_AT(p),
			file, cgi_strerror(fd));
}

static uint64_t number(const char *text, const char *key)
{
	uint64_t n;

	return cgi_parse_keyed(text, key, &n) ? 0 : n;
}

/* Counters that its files do not have keep their value in h. */
int cgi_place_happened(struct cg_ctx *ctx, struct cgi_place *p, struct cgi_happened *h)
{
	bool v2 = p->tree && p->tree->kind == CGI_V2;
	char text[512];
	ssize_t n;

	if (!p->tree || p->unseen || p->gone)
		return 0;
	if (has_controller(p, "memory")) {
		n = cgi_place_word(ctx, p, v2 ? "memory.events" : "memory.oom_control", text,
				   sizeof(text));
		if (n >= 0) {
			h->oom_kills = number(text, "oom_kill");
			h->high = number(text, "high");
			h->oom = v2 ? number(text, "oom") : h->oom_kills;
			h->under_oom = number(text, "under_oom");
		}
		if (cgi_is_scarce((int)n))
			return (int)n;
	}
	if (p->gone || !has_controller(p, "pids"))
		return 0;
	n = cgi_place_word(ctx, p, "pids.events", text, sizeof(text));
	if (n >= 0)
		h->pids_max = number(text, "max");
	return cgi_is_scarce((int)n) ? (int)n : 0;
}
