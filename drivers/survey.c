/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state of every directory below a place, in one walk. */
#include <stdio.h>

#include "place.h"
#include "walk.h"

struct survey {
	struct cg_ctx *ctx;
	struct cgi_place *p;
	struct cgi_walk *w;
	bool count;
	cgi_seen_fn fn;
	void *data;
};

static int add_pid(void *data, pid_t pid, size_t n)
{
	struct cgi_pids *l = data;

	l->unnamed += pid ? 0 : n;
	return pid ? cgi_pids_add(l, pid) : 0;
}

/* A file of the directory `name` below fd, "": of fd itself. */
struct file {
	char name[256 + 32];
};

static const char *file_in(struct file *f, const char *name, const char *file)
{
	snprintf(f->name, sizeof(f->name), "%.255s%s%s", name, *name ? "/" : "", file);
	return f->name;
}

/* A threaded group of v2 lists threads only: the processes belong to a group above it. */
static int count_procs(const struct survey *s, int fd, const char *name, struct cgi_seen *seen)
{
	_cleanup_(cgi_pids_free) struct cgi_pids l = { 0 };
	_cleanup_free_ char *text = NULL;
	struct file f = { "" };
	ssize_t n = cgi_read_all(s->ctx, fd, file_in(&f, name, "cgroup.procs"), &text);
	int rc = n < 0 ? (int)n : cgi_pids_parse(text, add_pid, &l);

	seen->closed = cgi_is_denied(rc);
	if (rc == -EOPNOTSUPP || seen->closed)
		return 0;
	if (rc)
		return rc;
	cgi_pids_sort(&l);
	seen->counted = true;
	seen->procs = l.n + l.unnamed;
	seen->busy = seen->busy || seen->procs;
	return 0;
}

/* As in v2_frozen(): "frozen 1" of an empty group may be a remnant, its switch is the truth. */
static int look_at_v2(const struct survey *s, int fd, struct cgi_seen *seen)
{
	struct cg_ctx *ctx = s->ctx;
	uint64_t populated = 0, frozen = 0;
	char buf[256];
	ssize_t n;

	if (cgi_read_word(ctx, fd, "cgroup.type", buf, sizeof(buf)) > 0)
		seen->threaded = !strcmp(buf, "threaded");
	n = cgi_read_word(ctx, fd, "cgroup.events", buf, sizeof(buf));
	if (n == -ENOENT)			/* a root has none */
		return count_procs(s, fd, "", seen);
	seen->closed = cgi_is_denied((int)n);
	if (n < 0)
		return seen->closed ? 0 : (int)n;
	(void)cgi_parse_keyed(buf, "populated", &populated);
	(void)cgi_parse_keyed(buf, "frozen", &frozen);
	seen->busy = populated;
	seen->frozen = frozen;
	if (frozen && !populated)
		seen->frozen = cgi_read_word(ctx, fd, "cgroup.freeze", buf, sizeof(buf)) == 1 &&
			*buf == '1';
	return s->count ? count_procs(s, fd, "", seen) : 0;
}

static int look_at_v1(const struct survey *s, int fd, const char *name, struct cgi_seen *seen)
{
	struct file f = { "" };
	char buf[32];

	if (cgi_has_word(s->p->tree->name, "freezer", ','))
		seen->frozen = cgi_read_word(s->ctx, fd, file_in(&f, name, "freezer.state"), buf,
					     sizeof(buf)) > 0 && !strcmp(buf, "FROZEN");
	return count_procs(s, fd, name, seen);
}

static bool has_marks(const struct cgi_place *p)
{
	return p->tree->kind == CGI_V2 || !strcmp(p->tree->name, "name=systemd");
}

static struct cgi_seen begin(const struct survey *s)
{
	return (struct cgi_seen){ .name = s->w->name, .depth = s->w->depth, .id = s->w->id };
}

/* A directory that vanishes during the walk is left out, except the first. */
static int tell(struct survey *s, int rc, const struct cgi_seen *seen)
{
	if (rc)
		return cgi_is_gone(rc) && seen->depth ? 0 : rc;
	return s->fn(s->data, seen);
}

static int look(void *data, int fd)
{
	struct survey *s = data;
	struct cgi_seen seen = begin(s);
	int rc;

	rc = s->p->tree->kind == CGI_V2 ? look_at_v2(s, fd, &seen) : look_at_v1(s, fd, "", &seen);
	seen.delegated = !rc && has_marks(s->p) && cgi_is_delegated(s->ctx, fd);
	return tell(s, rc, &seen);
}

static int look_at_leaf(void *data, int parent, const char *name)
{
	struct survey *s = data;
	struct cgi_seen seen = begin(s);

	return tell(s, look_at_v1(s, parent, name, &seen), &seen);
}

static int tell_closed(void *data, int parent, const char *name)
{
	struct survey *s = data;
	struct cgi_seen seen = begin(s);

	seen.closed = true;
	return tell(s, s->ctx->sys->ident(s->ctx->k, parent, name, &seen.id), &seen);
}

int cgi_place_survey(struct cg_ctx *ctx, struct cgi_place *p, unsigned levels, bool count,
		     cgi_seen_fn fn, void *data)
{
	struct survey s = { .ctx = ctx, .p = p, .count = count, .fn = fn, .data = data };
	struct cgi_walk w = {
		.enter = look, .closed = tell_closed, .data = &s, .levels = levels,
		.leaf = has_marks(p) ? NULL : look_at_leaf,
	};
	int fd = cgi_place_enter(ctx, p), rc;

	if (fd < 0)
		return p->gone ? 0 : fd;
	s.w = &w;
	rc = cgi_walk(ctx, fd, &w);
	if (cgi_is_gone(rc) && cgi_place_gone_now(ctx, p, fd))
		rc = 0;
	cgi_place_done(ctx, p, fd);
	if (rc >= 0 || rc == -ETIMEDOUT || rc == -ENOMEM)
		return rc;
	return cgi_fail(ctx, rc, "look below %s: %s", CGI_AT(p), cgi_strerror(rc));
}
