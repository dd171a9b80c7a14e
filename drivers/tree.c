/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where the hierarchies are and where this user may make groups: decided by asking what
 * may be written, never from a user id or a version.
 */
#include <fcntl.h>
#include <stdio.h>

#include "tree.h"

/* Making a group and moving a process there takes both. */
static bool writable(struct cg_ctx *ctx, int mntfd, const char *path)
{
	char name[1100];
	int rc;

	while (*path == '/')
		path++;
	rc = ctx->sys->access(ctx->k, mntfd, path);
	if (rc || !cgi_dir_file(name, sizeof(name), path, "cgroup.procs"))
		return false;
	return !ctx->sys->access(ctx->k, mntfd, name);
}

/* /proc/PID/cgroup spells paths from the root of our cgroup namespace, mounts may begin deeper. */
static int below_mount(const struct cgi_tree *t, const char *path, char *out, size_t size)
{
	size_t n = strlen(t->root);

	if (n == 1)
		n = 0;
	if (strncmp(path, t->root, n) || (path[n] && path[n] != '/'))
		return -ENOENT;
	/* "/../x": outside of our cgroup namespace */
	if (strstr(path + n, "/../") || !strcmp(path + n, "/.."))
		return -ENOENT;
	return cgi_path_join(out, size, "", path + n);
}

int cgi_tree_of_pid(struct cg_ctx *ctx, const struct cgi_tree *t, const char *controllers,
		    pid_t pid, char *out, size_t size)
{
	_cleanup_free_ char *text = NULL;
	char name[32], path[1024];
	ssize_t n;
	int rc;

	if (pid)
		snprintf(name, sizeof(name), "%d/cgroup", pid);
	else
		snprintf(name, sizeof(name), "self/cgroup");
	n = cgi_read_all(ctx, ctx->procfd, name, &text);
	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	rc = cgi_parse_cgroup(text, controllers, path, sizeof(path));
	return rc ? rc : below_mount(t, path, out, size);
}

struct search {
	struct cg_ctx *ctx;
	struct cgi_tree *t;
	const char *dir;
};

static int child_writable(void *data, const struct cgi_entry *e)
{
	struct search *s = data;
	char path[1024];

	if (!e->dir || cgi_path_join(path, sizeof(path), s->dir, e->name) ||
	    !writable(s->ctx, s->t->fd, path))
		return 0;
	snprintf(s->t->base, sizeof(s->t->base), "%s", path);
	return 1;
}

/*
 * cgroup v1 has no rule about common ancestors, so a user may move processes from a login
 * session into a subtree of theirs beside it: look there, from our own group upwards.
 */
static void search_owned(struct cg_ctx *ctx, struct cgi_tree *t)
{
	char dir[1024];
	struct search s = { ctx, t, dir };
	char *slash;
	int fd, rc;

	snprintf(dir, sizeof(dir), "%s", t->own);
	while ((slash = strrchr(dir, '/'))) {
		*slash = '\0';
		fd = ctx->sys->open(ctx->k, t->fd, *dir ? dir + 1 : ".", true);
		if (fd < 0)
			return;
		rc = ctx->sys->list(ctx->k, fd, child_writable, &s);
		cgi_close_fd(ctx, fd);
		if (rc)
			return;
	}
}

static void find_base(struct cg_ctx *ctx, struct cgi_tree *t, bool any_owned)
{
	struct cgi_ident id;

	if (writable(ctx, t->fd, ""))
		snprintf(t->base, sizeof(t->base), "/");
	else if (*t->own && writable(ctx, t->fd, t->own))
		snprintf(t->base, sizeof(t->base), "%s", t->own);
	else if (*t->own && any_owned)
		search_owned(ctx, t);
	if (*t->base)
		return;
	if (!*t->own)
		snprintf(t->why, sizeof(t->why), "%.80s: our own group lies outside this mount",
			 t->point);
	else if (ctx->sys->ident(ctx->k, t->fd, strcmp(t->own, "/") ? t->own + 1 : "", &id) < 0)
		snprintf(t->why, sizeof(t->why), "%.60s%.60s cannot be seen", t->point, t->own);
	else
		snprintf(t->why, sizeof(t->why), "%.60s%.60s belongs to uid %u and is not writable",
			 t->point, strcmp(t->own, "/") ? t->own : "", id.uid);
}

int cgi_tree_open(struct cg_ctx *ctx, const struct cgi_mount *m, const char *controllers,
		  bool any_owned, struct cgi_tree *t)
{
	*t = (struct cgi_tree){ .fd = -1 };
	snprintf(t->point, sizeof(t->point), "%s", m->point);
	snprintf(t->root, sizeof(t->root), "%s", m->root);
	t->fd = ctx->sys->open(ctx->k, AT_FDCWD, m->point, true);
	if (t->fd < 0)
		return t->fd;
	if (cgi_tree_of_pid(ctx, t, controllers, 0, t->own, sizeof(t->own)))
		t->own[0] = '\0';
	find_base(ctx, t, any_owned);
	return 0;
}

void cgi_tree_close(struct cg_ctx *ctx, struct cgi_tree *t)
{
	cgi_close_fd(ctx, t->fd);
	t->fd = -1;
}

int cgi_tree_path(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		  char *out, size_t size)
{
	char base[1024];
	int rc;

	if (*path != '/' && !*ctx->base && !*t->base)
		return cgi_fail(ctx, -EPERM, "%s", t->why);
	rc = cgi_path_join(base, sizeof(base), "", *ctx->base ? ctx->base : t->base);
	rc = rc ? rc : cgi_path_join(out, size, base, path);
	return rc ? cgi_fail(ctx, -EINVAL, "path too long") : 0;
}

struct child {
	char name[256];
};

static int first_child(void *data, const struct cgi_entry *e)
{
	struct child *c = data;

	if (!e->dir)
		return 0;
	snprintf(c->name, sizeof(c->name), "%s", e->name);
	return 1;
}

bool cgi_tree_new_has(struct cg_ctx *ctx, const struct cgi_tree *t, const char *file,
		      unsigned major, unsigned minor)
{
	struct child c = { "" };
	struct cgi_ident id;
	unsigned x, y;
	char name[1200];

	if (t->own[0] && t->own[1])
		snprintf(name, sizeof(name), "%s/%s", t->own + 1, file);
	else if (ctx->sys->list(ctx->k, t->fd, first_child, &c) == 1)
		snprintf(name, sizeof(name), "%s/%s", c.name, file);
	else
		return ctx->sys->read(ctx->k, ctx->procfd, "sys/kernel/osrelease", name,
				      sizeof(name)) > 0 &&
		       sscanf(name, "%u.%u", &x, &y) == 2 &&
		       (x > major || (x == major && y >= minor));
	return !ctx->sys->ident(ctx->k, t->fd, name, &id);
}
