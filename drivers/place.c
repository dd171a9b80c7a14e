/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a place: making, finding again, opening, removing. */
#include <fcntl.h>
#include <stdio.h>

#include "place.h"
#include "walk.h"

#define DIR_MODE	0700
#define FILE_MODE	0644

const char *cgi_place_name(const struct cgi_place *p, char buf[CGI_NAME])
{
	if (p->tree && p->tree->point)
		snprintf(buf, CGI_NAME, "%.200s%.700s", p->tree->point, p->path);
	else
		snprintf(buf, CGI_NAME, "%.100s:%.700s", p->tree ? p->tree->name : "", p->path);
	return buf;
}

char *cgi_place_dir(const struct cgi_place *p)
{
	struct cgi_buf b = { 0 };

	cgi_buf_add(&b, "%s%s", p->tree->point, p->path[1] ? p->path : "");
	if (b.failed)
		cgi_buf_free(&b);
	return b.s;
}

bool cgi_place_is_root(const struct cgi_place *p)
{
	return !p->path[1];
}

void cgi_place_close(struct cg_ctx *ctx, struct cgi_place *p)
{
	cgi_close_fd(ctx, p->fd);
	free(p->line);
	free(p->path);
	free(p->unseen);
	free(p->origin);
	*p = (struct cgi_place){ .fd = -1 };
}

/* ---- identity ---- */

int cgi_place_ident(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		    struct cgi_ident *id)
{
	struct cgi_at at;
	int rc = cgi_at_open(ctx, t->fd, path, &at);

	if (rc)
		return rc;
	rc = ctx->sys->ident(ctx->k, at.fd, at.name, id);
	cgi_at_close(ctx, t->fd, &at);
	return rc;
}

bool cgi_place_is(struct cg_ctx *ctx, const struct cgi_place *p, const char *path,
		  struct cgi_ident *id)
{
	return !cgi_place_ident(ctx, p->tree, path, id) && id->ino == p->ino;
}

bool cgi_place_there(struct cg_ctx *ctx, const struct cgi_place *p)
{
	struct cgi_ident id;

	return cgi_place_is(ctx, p, p->path, &id);
}

/* "/a/b" of "/a/b/c", to be freed. */
char *cgi_place_above(const char *path)
{
	size_t n = (size_t)(strrchr(path, '/') - path);

	return n ? strndup(path, n) : strdup("/");
}

struct lookout {
	uint64_t ino;
	char *name;
	struct cg_ctx *ctx;
	int fd;
};

static int is_entry(void *data, const struct cgi_entry *e)
{
	struct lookout *l = data;

	if (!e->dir || e->ino != l->ino)
		return 0;
	l->name = strdup(e->name);
	return l->name ? 1 : -ENOMEM;
}

static int is_dir(void *data, int fd)
{
	struct lookout *l = data;
	struct cgi_ident id;

	if (l->ctx->sys->ident(l->ctx->k, fd, "", &id) || id.ino != l->ino)
		return 0;
	l->fd = l->ctx->sys->open(l->ctx->k, fd, ".", true);
	return l->fd < 0 ? l->fd : 1;
}

/* The directory above keeps a group for life, so its list is a proof. 1: renamed, 0: gone */
static int look_beside(struct cg_ctx *ctx, struct cgi_place *p, const char *dir)
{
	struct lookout l = { .ino = p->ino };
	struct cgi_ident id;
	struct cgi_at at;
	int fd, rc;

	rc = cgi_at_open(ctx, p->tree->fd, dir, &at);
	if (rc)
		return rc;
	fd = ctx->sys->open(ctx->k, at.fd, at.name, true);
	cgi_at_close(ctx, p->tree->fd, &at);
	if (fd < 0)
		return fd;
	rc = ctx->sys->ident(ctx->k, fd, "", &id);
	if (!rc && p->parent && id.ino != p->parent)
		rc = -ENOENT;
	rc = rc ? rc : ctx->sys->list(ctx->k, fd, is_entry, &l);
	cgi_close_fd(ctx, fd);
	if (rc != 1)
		return rc;
	free(p->path);
	p->path = cgi_path_join(dir, l.name);
	free(l.name);
	return p->path ? 1 : cgi_nomem(ctx);
}

/*
 * cgroup v1 can rename a group within its parent, and a parent likewise. A name that is missing
 * is a group that is gone only if no directory that is left has its inode. 1: found under its
 * name after all, 2: elsewhere, and held from now on; 0: gone
 */
static int look_everywhere(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct lookout l = { .ino = p->ino, .ctx = ctx, .fd = -1 };
	struct cgi_walk w = { .enter = is_dir, .data = &l };
	int rc = cgi_walk(ctx, p->tree->fd, &w);

	if (rc == 1) {
		if (p->fd >= 0)
			cgi_close_fd(ctx, l.fd);
		else
			p->fd = l.fd;
		return cgi_place_there(ctx, p) ? 1 : 2;
	}
	if (!rc && w.unseen)
		rc = w.denied;
	if (cgi_is_scarce(rc) || rc == -ETIMEDOUT)
		return rc;
	return rc ? cgi_fail(ctx, -ENODEV, "%s: its directory is not there, and whether it was "
			     "renamed cannot be told: %s", CGI_AT(p), cgi_strerror(rc)) : 0;
}

/* The name leads to nothing, or to another group. 1, 2: it is found again; 0: gone; <0 */
static int look_for(struct cg_ctx *ctx, struct cgi_place *p)
{
	_cleanup_free_ char *dir = cgi_place_above(p->path);
	int rc = dir ? 0 : -ENOMEM;

	if (rc || p->tree->kind == CGI_V2)
		return rc;
	rc = p->parent ? look_beside(ctx, p, dir) : -ENOENT;
	return rc < 0 && !cgi_is_scarce(rc) ? look_everywhere(ctx, p) : rc;
}

static void mark_gone(struct cg_ctx *ctx, struct cgi_place *p)
{
	cgi_close_fd(ctx, p->fd);
	p->fd = -1;
	p->gone = true;
}

/* A file of it is missing. Is the place? Each group has cgroup.procs. */
bool cgi_place_gone_now(struct cg_ctx *ctx, struct cgi_place *p, int fd)
{
	struct cgi_ident id;

	if (!cgi_is_gone(ctx->sys->ident(ctx->k, fd, "cgroup.procs", &id)))
		return false;
	p->gone = true;
	return true;
}

int cgi_place_missing(struct cg_ctx *ctx, struct cgi_place *p)
{
	int rc = look_for(ctx, p);

	if (rc < 0)
		return rc == -ENODEV ? rc : cgi_fail(ctx, rc, "look for %s: %s", CGI_AT(p),
						     cgi_strerror(rc));
	if (!rc)
		p->gone = true;
	return rc ? rc : -ENOENT;
}

/* Opens its directory and compares. -ENOENT: another group has the name, or none. */
int cgi_place_open_same(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct cgi_ident id;
	struct cgi_at at;
	int fd, rc = cgi_at_open(ctx, p->tree->fd, p->path, &at);

	if (rc)
		return rc;
	fd = ctx->sys->open(ctx->k, at.fd, at.name, true);
	if (cgi_is_denied(fd) && p->ours && !ctx->sys->chmod(ctx->k, at.fd, at.name, DIR_MODE))
		fd = ctx->sys->open(ctx->k, at.fd, at.name, true);
	cgi_at_close(ctx, p->tree->fd, &at);
	if (fd < 0)
		return fd;
	rc = ctx->sys->ident(ctx->k, fd, "", &id);
	if (!rc && id.ino == p->ino)
		return fd;
	cgi_close_fd(ctx, fd);
	return rc ? rc : -ENOENT;
}

int cgi_place_enter(struct cg_ctx *ctx, struct cgi_place *p)
{
	int rc;

	if (p->gone)
		return cgi_fail(ctx, -ENOENT, "%s is gone", CGI_AT(p));
	if (p->unseen)
		return cgi_fail(ctx, -ENODEV, "%s", p->unseen);
	if (p->fd >= 0)
		return p->fd;
	rc = cgi_place_open_same(ctx, p);
	if (cgi_is_gone(rc)) {
		rc = cgi_place_missing(ctx, p);
		if (rc > 0)
			rc = p->fd >= 0 ? p->fd : cgi_place_open_same(ctx, p);
	}
	return rc < 0 ? cgi_fail(ctx, rc, "open %s: %s", CGI_AT(p), rc == -ENODEV ? ctx->errmsg :
				 cgi_strerror(rc)) : rc;
}

void cgi_place_done(struct cg_ctx *ctx, struct cgi_place *p, int fd)
{
	if (fd != p->fd)
		cgi_close_fd(ctx, fd);
}

int cgi_place_hold(struct cg_ctx *ctx, struct cgi_place *p)
{
	int fd = cgi_place_enter(ctx, p);

	if (fd >= 0)
		p->fd = fd;
	return fd;
}

/* ---- its files ---- */

static bool mend(struct cg_ctx *ctx, struct cgi_place *p, int fd, const char *file, ssize_t rc)
{
	return (rc == -EACCES || rc == -EPERM) && p->ours &&
	       !ctx->sys->chmod(ctx->k, fd, file, FILE_MODE);
}

ssize_t cgi_place_word(struct cg_ctx *ctx, struct cgi_place *p, const char *file, char *buf,
		       size_t size)
{
	int fd = cgi_place_enter(ctx, p);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = cgi_read_word(ctx, fd, file, buf, size);
	if (mend(ctx, p, fd, file, n))
		n = cgi_read_word(ctx, fd, file, buf, size);
	if (cgi_is_gone((int)n))
		(void)cgi_place_gone_now(ctx, p, fd);
	cgi_place_done(ctx, p, fd);
	return n < 0 ? cgi_fail(ctx, (int)n, "read %s/%s: %s", CGI_AT(p), file,
				cgi_strerror((int)n)) : n;
}

ssize_t cgi_place_text(struct cg_ctx *ctx, struct cgi_place *p, const char *file, char **ret)
{
	int fd = cgi_place_enter(ctx, p);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = cgi_read_all(ctx, fd, file, ret);
	if (mend(ctx, p, fd, file, n))
		n = cgi_read_all(ctx, fd, file, ret);
	if (cgi_is_gone((int)n))
		(void)cgi_place_gone_now(ctx, p, fd);
	cgi_place_done(ctx, p, fd);
	return n < 0 ? cgi_fail(ctx, (int)n, "read %s/%s: %s", CGI_AT(p), file,
				cgi_strerror((int)n)) : n;
}

int cgi_place_write(struct cg_ctx *ctx, struct cgi_place *p, const char *file, const char *text)
{
	int fd = cgi_place_enter(ctx, p), rc;

	if (fd < 0)
		return fd;
	rc = ctx->sys->write(ctx->k, fd, file, text);
	if (mend(ctx, p, fd, file, rc))
		rc = ctx->sys->write(ctx->k, fd, file, text);
	/* A device named in a value may be the one that is missing. */
	if (cgi_is_gone(rc))
		(void)cgi_place_gone_now(ctx, p, fd);
	cgi_place_done(ctx, p, fd);
	return rc ? cgi_fail(ctx, rc, "write \"%.60s\" to %s/%s: %s", text, CGI_AT(p), file,
			     cgi_strerror(rc)) : 0;
}

bool cgi_place_has(struct cg_ctx *ctx, struct cgi_place *p, const char *file)
{
	int fd = cgi_place_enter(ctx, p);
	struct cgi_ident id;
	bool has;

	if (fd < 0)
		return false;
	has = !ctx->sys->ident(ctx->k, fd, file, &id);
	cgi_place_done(ctx, p, fd);
	return has;
}

/* ---- making ---- */

/* Removes the parents of path, the nearest first, as many as were made for it. */
static void remove_above(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
			 unsigned *made)
{
	_cleanup_free_ char *up = cgi_place_above(path);
	struct cgi_at at;
	char *next;
	int rc;

	while (up && *made && up[1]) {
		if (cgi_at_open(ctx, t->fd, up, &at))
			return;
		rc = ctx->sys->rmdir(ctx->k, at.fd, at.name);
		cgi_at_close(ctx, t->fd, &at);
		if (rc)
			return;		/* somebody else's groups are in it by now */
		(*made)--;
		next = cgi_place_above(up);
		free(up);
		up = next;
	}
}

static int make_dir(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path)
{
	struct cgi_at at;
	int rc = cgi_at_open(ctx, t->fd, path, &at);

	if (rc)
		return rc;
	rc = ctx->sys->mkdir(ctx->k, at.fd, at.name);
	cgi_at_close(ctx, t->fd, &at);
	return rc;
}

/* Makes the missing parents of path, counting them; none of them if one fails. */
static int make_parents(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
			unsigned *made)
{
	_cleanup_free_ char *part = strdup(path);
	int rc;

	if (!part)
		return -ENOMEM;
	for (char *s = strchr(part + 1, '/'); s; s = strchr(s + 1, '/')) {
		*s = '\0';
		rc = make_dir(ctx, t, part);
		if (rc && rc != -EEXIST) {
			remove_above(ctx, t, part, made);
			return rc;
		}
		*s = '/';
		*made += !rc;
	}
	return 0;
}

/* Records which directory has the path now. */
static int record(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct cgi_ident id;
	int rc = cgi_place_ident(ctx, p->tree, p->path, &id);

	if (!rc && (id.mode & 0170000) != 0040000)
		rc = -ENOTDIR;
	if (!rc)
		p->ino = id.ino;
	return rc;
}

void cgi_place_undo(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct cgi_at at;

	if (p->tree && p->path && p->fresh && !cgi_at_open(ctx, p->tree->fd, p->path, &at)) {
		(void)ctx->sys->rmdir(ctx->k, at.fd, at.name);
		cgi_at_close(ctx, p->tree->fd, &at);
	}
	if (p->tree && p->path)
		remove_above(ctx, p->tree, p->path, &p->made);
	cgi_place_close(ctx, p);
}

/* One that was there: in use or frozen by others? */
static int check_reused(struct cg_ctx *ctx, struct cgi_place *p)
{
	bool empty;
	int rc = cgi_place_empty(ctx, p, &empty);

	if (rc < 0)
		return rc;
	return empty ? 0 : cgi_fail(ctx, -EBUSY, "create %s: it is not empty", CGI_AT(p));
}

static int check_frozen(struct cg_ctx *ctx, struct cgi_place *p)
{
	bool frozen, from_above;
	int rc;

	if (p->tree->d->freezer && !cgi_has_word(p->tree->name, p->tree->d->freezer, ','))
		return 0;
	rc = p->tree->d->frozen_now(ctx, p, &frozen, &from_above);
	if (rc || !(frozen || from_above))
		return rc == -EOPNOTSUPP ? 0 : rc;
	return cgi_fail(ctx, -EBUSY, "create %s: it is frozen%s", CGI_AT(p),
			from_above ? " by a group above it" : "");
}

static int make_failed(struct cg_ctx *ctx, const struct cgi_place *p, int rc)
{
	static const char full[] = "a group above it has as many groups, or as deep, as its "
		"cgroup.max.descendants or cgroup.max.depth allows";

	if (rc == -EAGAIN)
		return cgi_fail(ctx, -ENOSPC, "create %s: %s", CGI_AT(p), full);
	if (rc == -ENOTDIR)
		return cgi_fail(ctx, -EEXIST, "create %s: a control file has that name", CGI_AT(p));
	return cgi_fail(ctx, rc, "create %s: %s", CGI_AT(p), rc == -EEXIST ? "it exists" :
			rc == -ENOENT ? "the group above it is missing there" : cgi_strerror(rc));
}

static int make(struct cg_ctx *ctx, struct cgi_place *p, unsigned flags)
{
	int rc = make_dir(ctx, p->tree, p->path);

	/* A parent that somebody removes between the two calls is made again once. */
	for (int i = 0; i < 2 && rc == -ENOENT && flags & CG_PARENTS; i++) {
		rc = make_parents(ctx, p->tree, p->path, &p->made);
		rc = rc ? rc : make_dir(ctx, p->tree, p->path);
	}
	p->fresh = !rc;
	if (rc == -EEXIST && flags & CG_REUSE)
		rc = 0;
	rc = rc ? rc : record(ctx, p);
	if (rc)
		return make_failed(ctx, p, rc);
	rc = p->fresh ? 0 : check_reused(ctx, p);
	rc = rc ? rc : check_frozen(ctx, p);
	return rc || !p->tree->d->prepare ? rc : p->tree->d->prepare(ctx, p);
}

static int begin(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		 struct cgi_place *p)
{
	*p = (struct cgi_place){ .tree = t, .fd = -1, .path = strdup(path) };
	return p->path ? 0 : cgi_nomem(ctx);
}

int cgi_place_make(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, unsigned flags,
		   struct cgi_place *p)
{
	int rc = begin(ctx, t, path, p);

	if (!rc && cgi_place_is_root(p))
		rc = cgi_fail(ctx, -EPERM, "create %s: the root of a hierarchy", CGI_AT(p));
	if (!rc && t->own && cgi_path_within(t->own, path))
		rc = cgi_fail(ctx, -EDEADLK, "create %s: the caller is in it", CGI_AT(p));
	p->ours = true;
	rc = rc ? rc : make(ctx, p, flags);
	if (rc)
		cgi_place_undo(ctx, p);
	return rc;
}

int cgi_place_open(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		   struct cgi_place *p)
{
	int rc = begin(ctx, t, path, p);

	rc = rc ? rc : record(ctx, p);
	if (!rc)
		return 0;
	/* A control file is no group. */
	rc = cgi_fail(ctx, rc == -ENOTDIR ? -ENOENT : rc, "open %s: %s", CGI_AT(p),
		      cgi_strerror(rc));
	cgi_place_close(ctx, p);
	return rc;
}

/* ---- removing ---- */

static int remove_one(void *data, int parent, const char *name)
{
	struct cg_ctx *ctx = data;
	int rc = ctx->sys->rmdir(ctx->k, parent, name);

	/* What is busy stays, and so does what is above it: that one's rmdir tells. */
	return cgi_is_scarce(rc) ? rc : 0;
}

static int remove_below(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct cgi_walk w = { .leave = remove_one, .data = ctx, .ours = p->ours };
	int fd = cgi_place_enter(ctx, p), rc;

	if (fd < 0)
		return fd;
	rc = cgi_walk(ctx, fd, &w);
	cgi_place_done(ctx, p, fd);
	return cgi_is_gone(rc) ? 0 : rc;
}

static int remove_at(struct cg_ctx *ctx, struct cgi_place *p, const struct cgi_at *at)
{
	struct cgi_ident id;
	int rc = ctx->sys->ident(ctx->k, at->fd, at->name, &id);

	if (cgi_is_gone(rc) || (!rc && id.ino != p->ino)) {
		rc = cgi_place_missing(ctx, p);
		if (rc == 2)
			return cgi_fail(ctx, -ESTALE, "remove %s: its directory was renamed",
					CGI_AT(p));
		return rc == 1 ? -EAGAIN : rc == -ENOENT ? 0 : rc;
	}
	if (!rc && id.nlink != 2)
		rc = remove_below(ctx, p);
	if (rc)
		return p->gone ? 0 : rc;
	rc = ctx->sys->rmdir(ctx->k, at->fd, at->name);
	if (rc && !cgi_is_gone(rc))
		return cgi_fail(ctx, rc == -ENOTEMPTY ? -EBUSY : rc, "remove %s: %s", CGI_AT(p),
				cgi_strerror(rc));
	mark_gone(ctx, p);
	return 0;
}

int cgi_place_remove(struct cg_ctx *ctx, struct cgi_place *p)
{
	struct cgi_at at;
	int rc = -EAGAIN;

	if (p->gone)
		return 0;
	if (p->unseen)
		return cgi_fail(ctx, -ENODEV, "%s", p->unseen);
	/* Twice where it was found under another name. */
	for (int i = 0; i < 2 && rc == -EAGAIN; i++) {
		rc = cgi_at_open(ctx, p->tree->fd, p->path, &at);
		if (rc)
			return cgi_fail(ctx, rc, "remove %s: %s", CGI_AT(p), cgi_strerror(rc));
		rc = remove_at(ctx, p, &at);
		cgi_at_close(ctx, p->tree->fd, &at);
	}
	return rc;
}

void cgi_place_remove_parents(struct cg_ctx *ctx, struct cgi_place *p)
{
	if (p->tree && !p->unseen)
		remove_above(ctx, p->tree, p->path, &p->made);
}
