/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One group in one hierarchy: making, finding again, listing, removing. */
#include <fcntl.h>
#include <stdio.h>

#include "tree.h"

bool cgi_dir_file(char *out, size_t size, const char *rel, const char *file)
{
	int n = snprintf(out, size, "%s%s%s", rel, *rel ? "/" : "", file);

	return n > 0 && (size_t)n < size;
}

int cgi_key_check(struct cg_ctx *ctx, const char *key)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strcspn(key, ".");

	if (!len || !key[len] || key[strspn(key, allowed)] ||
	    (len == 6 && !memcmp(key, "cgroup", 6)) || (len == 7 && !memcmp(key, "freezer", 7)))
		return cgi_fail(ctx, -EINVAL, "\"%.60s\" is not a resource key", key);
	return 0;
}

const char *const cgi_limits[CGI_LIMITS] = { "memory", "pids", "cpu" };

void cgi_cap_limits(struct cgi_cap *c, unsigned have, const char *mechanism, const char *why,
		    const char *remedy)
{
	char list[32] = "", text[300];
	size_t len = 0;

	for (size_t i = 0; i < CGI_LIMITS; i++)
		if (have & 1U << i)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? ", " : "", cgi_limits[i]);
	snprintf(text, sizeof(text), "only %s: %s", list, why);
	if (have == (1U << CGI_LIMITS) - 1)
		cgi_cap_offer(c, CG_FULL, mechanism, "", "");
	else if (have)
		cgi_cap_offer(c, CG_BEST_EFFORT, mechanism, text, remedy);
}

int cgi_io_weight(struct cg_ctx *ctx, const char *value, char *out, size_t size)
{
	char device[24] = "default", number[24];
	uint64_t n;

	if (sscanf(value, "%23[0-9:] %23s", device, number) < 2 &&
	    sscanf(value, "default %23s", number) < 1)
		snprintf(number, sizeof(number), "%.23s", value);
	if (cgi_parse_u64(number, &n) || n < 1 || n > 10000)
		return cgi_fail(ctx, -EINVAL, "io.weight: \"%.60s\" is not within 1 and 10000",
				value);
	n = 10 + ((n - 1) * 990 + 9998) / 9999;
	if (strchr(device, ':'))
		snprintf(out, size, "%s %u", device, (unsigned)n);
	else
		snprintf(out, size, "%u", (unsigned)n);
	return 0;
}

void cgi_dir_close(struct cg_ctx *ctx, struct cgi_dir *d)
{
	cgi_close_fd(ctx, d->fd);
	free(d->path);
	*d = (struct cgi_dir){ .fd = -1 };
}

/* Opens what d->path names and remembers which directory it is. */
static int dir_enter(struct cg_ctx *ctx, struct cgi_dir *d)
{
	int fd, rc;

	fd = ctx->sys->open(ctx->k, d->tree->fd, d->path[1] ? d->path + 1 : ".", true);
	if (fd < 0)
		return fd;
	rc = ctx->sys->ident(ctx->k, fd, "", &d->id);
	if (rc) {
		cgi_close_fd(ctx, fd);
		return rc;
	}
	d->fd = fd;
	return 0;
}

int cgi_dir_open(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, struct cgi_dir *d)
{
	int rc;

	*d = (struct cgi_dir){ .tree = t, .fd = -1 };
	d->path = strdup(path);
	if (!d->path)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	rc = dir_enter(ctx, d);
	if (!rc)
		return 0;
	cgi_dir_close(ctx, d);
	return cgi_fail(ctx, rc, "open %s%s: %s", t->point, path, cgi_strerror(rc));
}

/* Cuts the last component off. False at the root. */
static bool parent_of(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

/* Removes the parents of path, the nearest first, as many as were made for it. */
static void remove_above(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
			 unsigned *made)
{
	_cleanup_free_ char *up = strdup(path);

	for (; up && *made && parent_of(up) && up[1]; (*made)--)
		if (ctx->sys->rmdir(ctx->k, t->fd, up + 1))
			return;		/* somebody else's groups are in it by now */
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
		rc = ctx->sys->mkdir(ctx->k, t->fd, part + 1);
		if (rc && rc != -EEXIST) {
			remove_above(ctx, t, part, made);
			return rc;
		}
		*s = '/';
		*made += !rc;
	}
	return 0;
}

void cgi_dir_undo(struct cg_ctx *ctx, struct cgi_dir *d)
{
	if (d->path && d->fresh)
		(void)ctx->sys->rmdir(ctx->k, d->tree->fd, d->path + 1);
	if (d->path)
		cgi_dir_remove_parents(ctx, d);
	cgi_dir_close(ctx, d);
}

/* The caller's own group and those above it are not to be taken over. */
static bool holds_caller(const struct cgi_tree *t, const char *path)
{
	size_t n = strlen(path);

	return !strncmp(t->own, path, n) && (!t->own[n] || t->own[n] == '/');
}

int cgi_dir_create(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path, unsigned flags,
		   struct cgi_dir *d)
{
	int rc;

	*d = (struct cgi_dir){ .tree = t, .fd = -1 };
	if (!path[1])
		return cgi_fail(ctx, -EPERM, "create %s: the root of a hierarchy", t->point);
	if (holds_caller(t, path))
		return cgi_fail(ctx, -EDEADLK, "create %s%s: the caller is in it", t->point, path);
	d->path = strdup(path);
	if (!d->path)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	rc = ctx->sys->mkdir(ctx->k, t->fd, path + 1);
	/* A parent that somebody removes between the two calls is made again once. */
	for (int i = 0; i < 2 && rc == -ENOENT && flags & CG_PARENTS; i++) {
		rc = make_parents(ctx, t, path, &d->made);
		if (!rc)
			rc = ctx->sys->mkdir(ctx->k, t->fd, path + 1);
	}
	d->fresh = !rc;
	if (rc == -EEXIST && flags & CG_REUSE)
		rc = 0;
	if (!rc)
		rc = dir_enter(ctx, d);
	if (!rc)
		return 0;
	cgi_dir_undo(ctx, d);
	return cgi_fail(ctx, rc, "create %s%s: %s", t->point, path,
			rc == -EEXIST ? "it exists" : cgi_strerror(rc));
}

void cgi_dir_remove_parents(struct cg_ctx *ctx, struct cgi_dir *d)
{
	remove_above(ctx, d->tree, d->path, &d->made);
}

void cgi_names_free(struct cgi_names *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct cgi_names){ 0 };
}

static int names_add(struct cgi_names *l, char *s)
{
	size_t cap;
	char **v;

	if (!s)
		return -ENOMEM;
	if (l->n == l->cap) {
		cap = l->cap ? l->cap * 2 : 8;
		v = realloc(l->v, cap * sizeof(*v));
		if (!v) {
			free(s);
			return -ENOMEM;
		}
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = s;
	return 0;
}

struct listing {
	struct cgi_names *names;
	const char *parent;
};

static int on_entry(void *data, const struct cgi_entry *e)
{
	struct listing *l = data;
	char path[4096];

	if (!e->dir)
		return 0;
	if (!cgi_dir_file(path, sizeof(path), l->parent, e->name))
		return -ENAMETOOLONG;
	return names_add(l->names, strdup(path));
}

static bool is_gone(int rc)
{
	return rc == -ENOENT || rc == -ENODEV;
}

int cgi_dir_names(struct cg_ctx *ctx, struct cgi_dir *d, struct cgi_names *out)
{
	struct cgi_names l = { 0 };
	int fd, rc;

	rc = names_add(&l, strdup(""));
	for (size_t i = 0; !rc && i < l.n; i++) {
		struct listing at = { &l, l.v[i] };

		fd = *l.v[i] ? ctx->sys->open(ctx->k, d->fd, l.v[i], true) : d->fd;
		rc = fd < 0 ? fd : ctx->sys->list(ctx->k, fd, on_entry, &at);
		if (*l.v[i])
			cgi_close_fd(ctx, fd);
		if (is_gone(rc))
			rc = 0;		/* removed while we looked */
	}
	if (rc) {
		cgi_names_free(&l);
		return cgi_fail(ctx, rc, "list groups below %s%s: %s", d->tree->point, d->path,
				cgi_strerror(rc));
	}
	*out = l;
	return 0;
}

/* Is d->path still the directory that we hold? 1, 0, <0 */
static int still_there(struct cg_ctx *ctx, struct cgi_dir *d)
{
	struct cgi_ident id;
	int rc = ctx->sys->ident(ctx->k, d->tree->fd, d->path + 1, &id);

	if (rc == -ENOENT || (!rc && (id.ino != d->id.ino || id.dev != d->id.dev)))
		return 0;
	return rc ? rc : 1;
}

int cgi_dir_remove(struct cg_ctx *ctx, struct cgi_dir *d)
{
	_cleanup_(cgi_names_free) struct cgi_names l = { 0 };
	int rc, first = 0;

	if (d->gone)
		return 0;
	rc = still_there(ctx, d);
	if (rc == 0)
		d->gone = true;
	if (rc <= 0)
		return rc ? cgi_fail(ctx, rc, "remove %s%s: %s", d->tree->point, d->path,
				     cgi_strerror(rc)) : 0;
	rc = cgi_dir_names(ctx, d, &l);
	if (rc)
		return rc;
	for (size_t i = l.n; i-- > 1; ) {
		rc = ctx->sys->rmdir(ctx->k, d->fd, l.v[i]);
		if (rc && !is_gone(rc) && !first)
			first = rc;
	}
	rc = first ? first : ctx->sys->rmdir(ctx->k, d->tree->fd, d->path + 1);
	if (rc && !is_gone(rc))
		return cgi_fail(ctx, rc == -ENOTEMPTY ? -EBUSY : rc, "remove %s%s: %s",
				d->tree->point, d->path, cgi_strerror(rc));
	d->gone = true;
	return 0;
}

void cgi_dir_save(const struct cgi_dir *d, struct cgi_buf *out)
{
	cgi_buf_add(out, "%llu %llu %u %s\n", (unsigned long long)d->id.dev,
		    (unsigned long long)d->id.ino, d->made, d->path);
}

int cgi_dir_restore(struct cg_ctx *ctx, const struct cgi_tree *t, const char *text,
		    struct cgi_dir *d)
{
	unsigned long long dev, ino;
	unsigned made;
	int n = 0, rc;

	*d = (struct cgi_dir){ .tree = t, .fd = -1 };
	if (sscanf(text, "%llu %llu %u %n", &dev, &ino, &made, &n) != 3 || !n ||
	    text[n] != '/' || !text[n + 1] || cgi_path_check(text + n))
		return cgi_fail(ctx, -EINVAL, "saved group: bad directory \"%.60s\"", text);
	d->path = strdup(text + n);
	if (!d->path)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	d->made = made;
	rc = dir_enter(ctx, d);
	if (is_gone(rc)) {
		d->gone = true;
		return 0;
	}
	if (!rc && d->id.ino == ino && d->id.dev == dev)
		return 0;
	if (!rc)
		rc = cgi_fail(ctx, -ESTALE,
			      "%s%s is another group by now: it was removed and made again",
			      t->point, d->path);
	else
		cgi_fail(ctx, rc, "open %s%s: %s", t->point, d->path, cgi_strerror(rc));
	cgi_dir_close(ctx, d);
	return rc;
}

struct tids {
	struct cg_ctx *ctx;
	cgi_pid_fn fn;
	void *data;
};

/* The process of a thread: "Tgid:" in its status. */
static int on_tid(void *data, pid_t tid, size_t n)
{
	struct tids *t = data;
	char name[32], buf[4096], *s;
	int pid;

	if (!tid)
		return t->fn(t->data, 0, n);
	snprintf(name, sizeof(name), "%d/status", tid);
	if (t->ctx->sys->read(t->ctx->k, t->ctx->procfd, name, buf, sizeof(buf)) < 0)
		return 0;		/* it has ended */
	s = strstr(buf, "\nTgid:");
	if (!s || sscanf(s + 6, "%d", &pid) != 1 || pid <= 0)
		return -EIO;
	return t->fn(t->data, pid, 1);
}

/*
 * cgroup.procs of a threaded group is refused (EOPNOTSUPP), and before 5.2 it left out
 * processes whose leader has exited; cgroup.threads has them all.
 */
int cgi_dir_procs(struct cg_ctx *ctx, struct cgi_dir *d, const char *rel, cgi_pid_fn fn, void *data)
{
	struct tids t = { ctx, fn, data };
	_cleanup_free_ char *text = NULL;
	char name[4200];
	ssize_t n;
	int rc;

	if (!cgi_dir_file(name, sizeof(name), rel, "cgroup.procs"))
		return cgi_fail(ctx, -EIO, "path too long below %s", d->path);
	n = cgi_read_all(ctx, d->fd, name, &text);
	if (n >= 0)
		rc = cgi_pids_parse(text, fn, data);
	else if (n == -EOPNOTSUPP && cgi_dir_file(name, sizeof(name), rel, "cgroup.threads") &&
		 (n = cgi_read_all(ctx, d->fd, name, &text)) >= 0)
		rc = cgi_pids_parse(text, on_tid, &t);
	else
		rc = (int)n;
	if (is_gone(rc))
		return rc;
	if (rc < 0)
		return cgi_fail(ctx, rc, "read %s%s/%s: %s", d->tree->point, d->path, name,
				cgi_strerror(rc));
	return rc;
}
