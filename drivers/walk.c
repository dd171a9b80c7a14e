/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "walk.h"

#define AT_MOST		4000	/* bytes of a path in one call: PATH_MAX is 4096 */
#define OFTEN		256	/* names between two looks at the clock */
#define MODE		0700	/* what its owner needs to list a directory and remove from it */

/* The names of the groups below one directory, and which of them is under way. */
struct frame {
	struct cg_ctx *ctx;
	unsigned n;			/* how many names */
	uint64_t ino;
	char *names;			/* one after the other, each with its NUL */
	size_t len, cap, next;
	const char *current;
};

struct pass {
	struct cg_ctx *ctx;
	struct cgi_walk *w;
	struct frame *v;
	size_t n, cap;
	int top, fd;			/* fd: of the directory of the last frame */
};

static int add_name(void *data, const struct cgi_entry *e)
{
	struct frame *f = data;
	size_t n = strlen(e->name) + 1, cap;
	char *s;

	if (!e->dir)
		return 0;
	/* One directory may have tens of thousands. */
	if (++f->n % OFTEN == 0 && cgi_late(f->ctx))
		return -ETIMEDOUT;
	if (f->len + n > f->cap) {
		cap = f->cap ? f->cap * 2 : 512;
		s = realloc(f->names, cap);
		if (!s)
			return -ENOMEM;
		f->names = s;
		f->cap = cap;
	}
	memcpy(f->names + f->len, e->name, n);
	f->len += n;
	return 0;
}

/* Goes into an open directory. f->len: the names of the groups below it are in f. */
static int look_into(struct pass *t, int fd, struct frame *f)
{
	struct cg_ctx *ctx = t->ctx;
	struct cgi_ident id;
	int rc = ctx->sys->ident(ctx->k, fd, "", &id);

	*f = (struct frame){ .ctx = ctx };
	if (rc)
		return rc;
	if (t->w->ours && (id.mode & MODE) != MODE && id.uid == ctx->sys->euid(ctx->k))
		(void)ctx->sys->chmod(ctx->k, fd, "", MODE);
	t->w->depth = (unsigned)t->n;
	t->w->id = id;
	rc = t->w->enter ? t->w->enter(t->w->data, fd) : 0;
	f->ino = id.ino;
	/* A cgroup directory has a link for itself, one for its name, one for each group below. */
	if (rc || id.nlink == 2 || (t->w->levels && t->n == t->w->levels))
		return rc;
	rc = ctx->sys->list(ctx->k, fd, add_name, f);
	if (!rc)
		return 0;
	free(f->names);
	*f = (struct frame){ 0 };
	return rc;
}

static int push(struct pass *t, const struct frame *f)
{
	struct frame *v;
	size_t cap;

	if (t->n == t->cap) {
		cap = t->cap ? t->cap * 2 : 16;
		v = realloc(t->v, cap * sizeof(*v));
		if (!v)
			return -ENOMEM;
		t->v = v;
		t->cap = cap;
	}
	t->v[t->n++] = *f;
	return 0;
}

static int open_nested(struct pass *t, const char *name)
{
	struct cg_ctx *ctx = t->ctx;
	int fd = ctx->sys->open(ctx->k, t->fd, name, true);

	if (!cgi_is_denied(fd) || !t->w->ours || ctx->sys->chmod(ctx->k, t->fd, name, MODE))
		return fd;
	return ctx->sys->open(ctx->k, t->fd, name, true);
}

static int leave(struct pass *t, const char *name)
{
	return t->w->leave ? t->w->leave(t->w->data, t->fd, name) : 0;
}

static int closed(struct pass *t, const char *name, int why)
{
	int rc;

	t->w->denied = t->w->unseen++ ? t->w->denied : why;
	t->w->depth = (unsigned)t->n;
	rc = t->w->closed ? t->w->closed(t->w->data, t->fd, name) : 0;
	return rc ? rc : leave(t, name);
}

static void move_to(struct pass *t, int fd)
{
	if (t->fd != t->top)
		cgi_close_fd(t->ctx, t->fd);
	t->fd = fd;
}

/* 1: it was one and is told */
static int try_leaf(struct pass *t, const char *name)
{
	struct cg_ctx *ctx = t->ctx;
	int rc;

	if (!t->w->leaf || ctx->sys->ident(ctx->k, t->fd, name, &t->w->id) || t->w->id.nlink != 2)
		return 0;
	t->w->depth = (unsigned)t->n;
	rc = t->w->leaf(t->w->data, t->fd, name);
	rc = rc ? rc : leave(t, name);
	return rc ? rc : 1;
}

static int down(struct pass *t, const char *name)
{
	struct frame f;
	int fd, rc;

	t->w->name = name;
	rc = try_leaf(t, name);
	if (rc)
		return rc > 0 ? 0 : rc;
	fd = open_nested(t, name);
	if (cgi_is_gone(fd))
		return 0;
	if (cgi_is_denied(fd))
		return closed(t, name, fd);
	if (fd < 0)
		return fd;
	rc = look_into(t, fd, &f);
	if (rc || !f.len) {
		cgi_close_fd(t->ctx, fd);
		return rc && !cgi_is_gone(rc) ? rc : leave(t, name);
	}
	rc = push(t, &f);
	if (!rc) {
		move_to(t, fd);
		return 0;
	}
	free(f.names);
	cgi_close_fd(t->ctx, fd);
	return rc;
}

/* The directory above was moved or removed meanwhile: to it once more, from the top. */
static int descend_again(struct pass *t)
{
	int fd;

	move_to(t, t->top);
	for (size_t i = 0; i + 1 < t->n; i++) {
		fd = t->ctx->sys->open(t->ctx->k, t->fd, t->v[i].current, true);
		if (fd < 0)
			return fd;
		move_to(t, fd);
	}
	return 0;
}

static int up(struct pass *t)
{
	struct cg_ctx *ctx = t->ctx;
	struct cgi_ident id;
	int fd, rc;

	free(t->v[--t->n].names);
	if (!t->n)
		return 0;
	if (t->n == 1) {
		move_to(t, t->top);
		return leave(t, t->v[0].current);
	}
	fd = ctx->sys->open(ctx->k, t->fd, "..", true);
	rc = fd < 0 ? fd : ctx->sys->ident(ctx->k, fd, "", &id);
	if (!rc && id.ino == t->v[t->n - 1].ino) {
		move_to(t, fd);
		return leave(t, t->v[t->n - 1].current);
	}
	cgi_close_fd(ctx, fd);
	if (cgi_is_scarce(rc))
		return rc;
	rc = descend_again(t);
	/* What is left of its names is gone with it. */
	if (cgi_is_gone(rc)) {
		t->v[t->n - 1].next = t->v[t->n - 1].len;
		return 0;
	}
	return rc ? rc : leave(t, t->v[t->n - 1].current);
}

/* The next name of the last frame, or the way up. */
static int step(struct pass *t)
{
	struct frame *f = &t->v[t->n - 1];

	if (f->next == f->len)
		return up(t);
	f->current = f->names + f->next;
	f->next += strlen(f->current) + 1;
	return down(t, f->current);
}

int cgi_walk(struct cg_ctx *ctx, int fd, struct cgi_walk *w)
{
	struct pass t = { .ctx = ctx, .w = w, .top = fd, .fd = fd };
	struct frame f;
	int rc;

	w->unseen = 0;
	w->denied = 0;
	w->name = "";
	w->nested = false;
	rc = look_into(&t, fd, &f);
	if (!rc && f.len) {
		w->nested = true;
		rc = push(&t, &f);
		if (rc)
			free(f.names);
	}
	while (!rc && t.n) {
		rc = cgi_in_time(ctx, "nested groups");
		rc = rc ? rc : step(&t);
	}
	move_to(&t, fd);
	while (t.n)
		free(t.v[--t.n].names);
	free(t.v);
	return rc == -ENOMEM ? cgi_nomem(ctx) : rc;
}

int cgi_at_open(struct cg_ctx *ctx, int fd, const char *path, struct cgi_at *at)
{
	char part[AT_MOST];
	const char *end;
	int next;

	*at = (struct cgi_at){ .fd = fd };
	path += strspn(path, "/");
	while (strlen(path) >= AT_MOST) {
		end = memrchr(path, '/', AT_MOST - 1);
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		next = ctx->sys->open(ctx->k, at->fd, part, true);
		cgi_at_close(ctx, fd, at);
		if (next < 0)
			return next;
		at->fd = next;
		path = end + 1;
	}
	at->name = *path ? path : ".";
	return 0;
}

void cgi_at_close(struct cg_ctx *ctx, int fd, struct cgi_at *at)
{
	if (at->fd != fd)
		cgi_close_fd(ctx, at->fd);
	at->fd = fd;
}
