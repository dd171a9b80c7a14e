/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>

#include "tree.h"
#include "walk.h"

struct look {
	struct cg_ctx *ctx;
	struct cgi_trees *l;
	char *self;			/* /proc/self/cgroup */
};

const char *cgi_kind_name(enum cgi_kind kind)
{
	static const char *const names[CGI_KINDS] = { "systemd", "v2", "v1", "proc" };

	return names[kind];
}

const char *cgi_tree_none(enum cgi_kind kind)
{
	return kind == CGI_V2 ? "no cgroup2 is mounted" : "no cgroup v1 hierarchy is mounted";
}

/* The name of a v1 hierarchy as in /proc/PID/cgroup: its controllers, or name=. */
static char *name_of(const char *opts)
{
	static const char flags[] = "rw,ro,none,noprefix,clone_children,xattr,all,cpuset_v2_mode,"
		"favordynmods,nofavordynmods";
	struct cgi_buf b = { 0 };
	char word[128];
	size_t len;

	cgi_buf_add(&b, "%s", "");
	for (; *opts; opts += len + (opts[len] == ',')) {
		len = strcspn(opts, ",");
		if (!len || len >= sizeof(word))
			continue;
		memcpy(word, opts, len);
		word[len] = '\0';
		if (strncmp(word, "release_agent=", 14) && !cgi_has_word(flags, word, ','))
			cgi_buf_add(&b, "%s%s", b.len ? "," : "", word);
	}
	if (!b.failed)
		return b.s;
	cgi_buf_free(&b);
	return NULL;
}

/* Making a group and moving a process there takes both. */
static bool writable(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path)
{
	char name[64 + 4096];
	struct cgi_at at;
	bool ok;

	if (cgi_at_open(ctx, t->fd, path, &at))
		return false;
	snprintf(name, sizeof(name), "%s/cgroup.procs", at.name);
	ok = !ctx->sys->access(ctx->k, at.fd, at.name) && !ctx->sys->access(ctx->k, at.fd, name);
	cgi_at_close(ctx, t->fd, &at);
	return ok;
}

/*
 * The part of a path of /proc/PID/cgroup below what the mount shows: the kernel spells it from
 * the root of our cgroup namespace, and a mount may begin deeper.
 */
static bool below_mount(const struct cgi_tree *t, const char **path, size_t *len)
{
	static const char deleted[] = " (deleted)";
	size_t n = t->root[1] ? strlen(t->root) : 0, d = sizeof(deleted) - 1;

	if (*len >= d && !memcmp(*path + *len - d, deleted, d))
		return false;
	if (*len < n || memcmp(*path, t->root, n) || (*len > n && (*path)[n] != '/'))
		return false;
	*path += n;
	*len -= n;
	/* "/../x": outside of our cgroup namespace */
	return *len < 3 || memcmp(*path, "/..", 3) || (*len > 3 && (*path)[3] != '/');
}

int cgi_tree_line(const struct cgi_tree *t, const char *text, struct cgi_line *l)
{
	return cgi_parse_cgroup(text, t->name, l) || !below_mount(t, &l->path, &l->len) ? -ENOENT :
		0;
}

int cgi_tree_where(const struct cgi_tree *t, const char *text, char **ret)
{
	struct cgi_line l;

	if (cgi_tree_line(t, text, &l))
		return -ENOENT;
	*ret = l.len ? strndup(l.path, l.len) : strdup("/");
	return *ret ? 0 : -ENOMEM;
}

struct search {
	struct cg_ctx *ctx;
	struct cgi_tree *t;
	const char *dir;
};

static int child_writable(void *data, const struct cgi_entry *e)
{
	_cleanup_free_ char *path = NULL;
	struct search *s = data;

	if (!e->dir)
		return 0;
	path = cgi_path_join(s->dir, e->name);
	if (!path)
		return -ENOMEM;
	if (!writable(s->ctx, s->t, path))
		return 0;
	s->t->base = take_ptr(path);
	return 1;
}

/*
 * cgroup v1 has no rule about common ancestors, so a user may move processes from a login
 * session into a subtree of theirs beside it: look there, from our own group upwards.
 */
static int search_owned(struct cg_ctx *ctx, struct cgi_tree *t)
{
	_cleanup_free_ char *dir = strdup(t->own);
	struct search s = { ctx, t, dir };
	struct cgi_at at;
	char *slash;
	int fd, rc = dir ? 0 : -ENOMEM;

	while (!rc && (slash = strrchr(dir, '/'))) {
		*slash = '\0';
		rc = cgi_at_open(ctx, t->fd, dir, &at);
		if (rc)
			break;
		fd = ctx->sys->open(ctx->k, at.fd, at.name, true);
		cgi_at_close(ctx, t->fd, &at);
		rc = fd < 0 ? fd : ctx->sys->list(ctx->k, fd, child_writable, &s);
		cgi_close_fd(ctx, fd);
	}
	return cgi_is_scarce(rc) ? rc : 0;
}

/* The owner of our own group, for the reason. */
static void say_no_base(struct cg_ctx *ctx, struct cgi_tree *t)
{
	struct cgi_ident id;
	struct cgi_at at;
	int rc;

	if (!t->own) {
		snprintf(t->why, sizeof(t->why), "%.200s: our own group lies outside this mount",
			 t->point);
		return;
	}
	rc = cgi_at_open(ctx, t->fd, t->own, &at);
	if (!rc) {
		rc = ctx->sys->ident(ctx->k, at.fd, at.name, &id);
		cgi_at_close(ctx, t->fd, &at);
	}
	if (rc)
		snprintf(t->why, sizeof(t->why), "%.150s%.150s cannot be seen", t->point, t->own);
	else
		snprintf(t->why, sizeof(t->why), "%.150s%.150s belongs to uid %u and is not "
			 "writable",
			 t->point, t->own[1] ? t->own : "", id.uid);
}

static int find_base(struct cg_ctx *ctx, struct cgi_tree *t)
{
	int rc = 0;

	if (writable(ctx, t, "/"))
		t->base = strdup("/");
	else if (t->own && writable(ctx, t, t->own))
		t->base = strdup(t->own);
	else if (t->own && t->kind == CGI_V1)
		rc = search_owned(ctx, t);
	if (rc)
		return rc;
	if (!t->base)
		say_no_base(ctx, t);
	return 0;
}

static void close_mount(struct cg_ctx *ctx, struct cgi_tree *t)
{
	cgi_close_fd(ctx, t->fd);
	free(t->point);
	free(t->root);
	free(t->own);
	free(t->base);
	t->fd = -1;
	t->point = t->root = t->own = t->base = NULL;
}

/* Opens the mount point: is it this mount that one gets there, or one that covers it? */
static int open_mount(struct cg_ctx *ctx, struct cgi_tree *t, const struct cgi_mount *m)
{
	struct cgi_ident id;
	int rc;

	t->fd = ctx->sys->open(ctx->k, AT_FDCWD, m->point, true);
	rc = t->fd < 0 ? t->fd : ctx->sys->ident(ctx->k, t->fd, "", &id);
	if (!rc && id.mnt && id.mnt != m->id)
		rc = -ENXIO;
	if (cgi_is_scarce(rc))
		return cgi_fail(ctx, rc, "open %.200s: %s", m->point, cgi_strerror(rc));
	if (rc) {
		snprintf(t->why, sizeof(t->why), "%.200s: %s", m->point, rc == -ENXIO ?
			 "it is covered by another mount" : cgi_strerror(rc));
		cgi_close_fd(ctx, t->fd);
		t->fd = -1;
		return 0;
	}
	t->top = id.ino;
	t->nsdelegate = cgi_has_word(m->opts, "nsdelegate", ',');
	t->point = strdup(m->point);
	t->root = strdup(m->root);
	return t->point && t->root ? 0 : cgi_nomem(ctx);
}

/* The same hierarchy may be mounted several times: one in which groups can be made is best. */
static int try_mount(struct look *f, struct cgi_tree *t, const struct cgi_mount *m)
{
	struct cgi_tree new = {
		.kind = t->kind, .d = t->d, .name = t->name, .id = t->id, .fd = -1,
	};
	int rc;

	if (t->fd >= 0 && t->base)
		return 0;
	rc = open_mount(f->ctx, &new, m);
	if (!rc && new.fd >= 0) {
		rc = cgi_tree_where(&new, f->self, &new.own);
		rc = rc == -ENOMEM ? cgi_nomem(f->ctx) : find_base(f->ctx, &new);
	}
	if (rc) {
		close_mount(f->ctx, &new);
		return rc;
	}
	if (t->fd >= 0 && !new.base) {
		close_mount(f->ctx, &new);
		return 0;
	}
	close_mount(f->ctx, t);
	*t = new;
	return 0;
}

static int on_mount(void *data, const struct cgi_mount *m)
{
	bool v2 = !strcmp(m->type, "cgroup2");
	_cleanup_free_ char *name = v2 ? strdup("") : name_of(m->opts);
	struct look *f = data;

	if (!name)
		return cgi_nomem(f->ctx);
	for (size_t i = 0; i < f->l->n; i++)
		if (!strcmp(f->l->v[i].name, name))
			return try_mount(f, &f->l->v[i], m);
	return 0;
}

static unsigned rank(const struct cgi_tree *t)
{
	if (t->kind == CGI_V2)
		return 0;
	if (cgi_has_word(t->name, "freezer", ','))
		return 1;
	return strchr(t->name, '=') ? 2 : 3;
}

/* A hierarchy that exists in the kernel, by its line in /proc/self/cgroup; kept in order. */
static int add_tree(struct look *f, unsigned id, const char *name, size_t len)
{
	struct cgi_tree *v = realloc(f->l->v, (f->l->n + 1) * sizeof(*v)), t = {
		.kind = len ? CGI_V1 : CGI_V2, .d = len ? &cgi_dialect_v1 : &cgi_dialect_v2,
		.name = strndup(name, len), .id = id, .fd = -1,
		.why = CGI_UNMOUNTED,
	};
	size_t at;

	if (v)
		f->l->v = v;
	if (!v || !t.name) {
		free(t.name);
		return cgi_nomem(f->ctx);
	}
	for (at = f->l->n; at && rank(&v[at - 1]) > rank(&t); at--)
		;
	memmove(&v[at + 1], &v[at], (f->l->n++ - at) * sizeof(*v));
	v[at] = t;
	return 0;
}

static int add_trees(struct look *f)
{
	const char *s = f->self, *name, *end;
	int rc = 0;

	for (; !rc && *s; s += *s == '\n') {
		name = strchr(s, ':');
		end = name ? strchr(++name, ':') : NULL;
		if (end)
			rc = add_tree(f, (unsigned)strtoul(s, NULL, 10), name,
				      (size_t)(end - name));
		s += strcspn(s, "\n");
	}
	return rc;
}

int cgi_trees_look(struct cg_ctx *ctx)
{
	_cleanup_free_ char *mounts = NULL, *self = NULL;
	struct look f = { .ctx = ctx };
	ssize_t n;
	int rc;

	f.l = ctx->trees = calloc(1, sizeof(*f.l));
	if (!f.l)
		return cgi_nomem(ctx);
	n = cgi_read_all(ctx, ctx->procfd, "self/cgroup", &self);
	if (n >= 0)
		n = cgi_read_all(ctx, ctx->procfd, "self/mountinfo", &mounts);
	if (n == -ENOENT)
		return 0;			/* a kernel without cgroups */
	if (n < 0)
		return cgi_fail(ctx, (int)n, "read our mounts and groups in /proc: %s",
				cgi_strerror((int)n));
	f.self = self;
	rc = add_trees(&f);
	/* Linux shows v2 in /proc/self/cgroup only once it was mounted somewhere. */
	return rc ? rc : cgi_parse_mountinfo(mounts, on_mount, &f);
}

void cgi_trees_free(struct cg_ctx *ctx)
{
	for (size_t i = 0; ctx->trees && i < ctx->trees->n; i++) {
		close_mount(ctx, &ctx->trees->v[i]);
		free(ctx->trees->v[i].name);
	}
	if (ctx->trees)
		free(ctx->trees->v);
	free(ctx->trees);
	ctx->trees = NULL;
}

struct cgi_tree *cgi_tree_named(const struct cg_ctx *ctx, const char *name, size_t len)
{
	for (size_t i = 0; i < ctx->trees->n; i++)
		if (strlen(ctx->trees->v[i].name) == len &&
		    !memcmp(ctx->trees->v[i].name, name, len))
			return &ctx->trees->v[i];
	return NULL;
}

struct cgi_tree *cgi_tree_with(const struct cg_ctx *ctx, const char *controller)
{
	for (size_t i = 0; i < ctx->trees->n; i++)
		if (ctx->trees->v[i].kind == CGI_V1 &&
		    cgi_has_word(ctx->trees->v[i].name, controller, ','))
			return &ctx->trees->v[i];
	return NULL;
}

int cgi_tree_path(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, char **ret)
{
	_cleanup_free_ char *base = NULL;

	if (*path != '/' && !ctx->base && !t->base)
		return cgi_fail(ctx, -EPERM, "%s", t->why);
	base = cgi_path_join("", ctx->base ? ctx->base : t->base ? t->base : "");
	*ret = base ? cgi_path_join(base, path) : NULL;
	return *ret ? 0 : cgi_nomem(ctx);
}

static int first_child(void *data, const struct cgi_entry *e)
{
	char **name = data;

	if (!e->dir)
		return 0;
	*name = strdup(e->name);
	return 1;
}

bool cgi_is_delegated(struct cg_ctx *ctx, int fd)
{
	return ctx->sys->marked(ctx->k, fd, "trusted.delegate") ||
	       ctx->sys->marked(ctx->k, fd, "user.delegate");
}

bool cgi_release_is(struct cg_ctx *ctx, unsigned major, unsigned minor)
{
	unsigned x, y;
	char text[256];

	return ctx->sys->read(ctx->k, ctx->procfd, "sys/kernel/osrelease", text,
			      sizeof(text)) > 0 &&
	       sscanf(text, "%u.%u", &x, &y) == 2 && (x > major || (x == major && y >= minor));
}

bool cgi_tree_new_has(struct cg_ctx *ctx, const struct cgi_tree *t, const char *file,
		      unsigned major, unsigned minor)
{
	_cleanup_free_ char *child = NULL;
	char name[4096 + 64];
	struct cgi_ident id;
	struct cgi_at at;
	bool has;

	if (t->own && t->own[1])
		child = strdup(t->own);
	else
		(void)ctx->sys->list(ctx->k, t->fd, first_child, &child);
	if (!child || cgi_at_open(ctx, t->fd, child, &at))
		return cgi_release_is(ctx, major, minor);
	snprintf(name, sizeof(name), "%s/%s", at.name, file);
	has = !ctx->sys->ident(ctx->k, at.fd, name, &id);
	cgi_at_close(ctx, t->fd, &at);
	return has;
}

const char *cgi_host_mode(const struct cg_ctx *ctx)
{
	bool has[CGI_KINDS] = { false };

	for (size_t i = 0; i < ctx->trees->n; i++)
		if (ctx->trees->v[i].fd >= 0)
			has[ctx->trees->v[i].kind] = true;
	return has[CGI_V1] && has[CGI_V2] ? "hybrid" : has[CGI_V1] ? "legacy" :
		has[CGI_V2] ? "unified" : "none";
}

int cgi_tree_features(struct cg_ctx *ctx, const struct cgi_tree *t, cg_info_fn fn, void *data)
{
	_cleanup_free_ char *file = NULL;
	struct cgi_at at;
	char list[512];
	ssize_t n = -1;
	int rc;

	rc = fn(data, "kernel.cgroup_kill",
		cgi_tree_new_has(ctx, t, "cgroup.kill", 5, 14) ? "yes" : "no");
	rc = rc ? rc : fn(data, "nsdelegate", t->nsdelegate ? "yes" : "no");
	file = rc || !t->base ? NULL : cgi_path_join(t->base, "cgroup.controllers");
	if (!file || cgi_at_open(ctx, t->fd, file, &at))
		return rc;
	n = cgi_read_word(ctx, at.fd, at.name, list, sizeof(list));
	cgi_at_close(ctx, t->fd, &at);
	return n < 0 ? rc : fn(data, "controllers", list);
}
