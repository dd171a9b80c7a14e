/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup v1: a group is a directory in each hierarchy that this user may write. The
 * freezer freezes; any of them knows members, name=systemd included.
 */
#include <fcntl.h>
#include <stdio.h>

#include "v1.h"

struct v1_found {
	struct cg_ctx *ctx;
	struct v1_host *host;
	int rc;
};

static bool v1_known(const struct v1_host *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->tree[i].name, name))
			return true;
	return false;
}

/* The hierarchy's name as in /proc/PID/cgroup: its controllers, or name=. */
static void v1_name(const char *opts, char *out, size_t size)
{
	static const char *const flags[] = {
		"rw", "ro", "none", "noprefix", "clone_children", "xattr", "all",
		"cpuset_v2_mode", "favordynmods", "nofavordynmods",
	};
	char word[128];
	size_t len, n = 0;
	bool flag;

	out[0] = '\0';
	for (; *opts; opts += len + (opts[len] == ',')) {
		len = strcspn(opts, ",");
		if (!len || len >= sizeof(word))
			continue;
		memcpy(word, opts, len);
		word[len] = '\0';
		flag = !strncmp(word, "release_agent=", 14);
		for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
			flag = flag || !strcmp(word, flags[i]);
		if (!flag && n + len + 2 < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "," : "", word);
	}
}

static int v1_on_mount(void *data, const struct cgi_mount *m)
{
	struct v1_found *f = data;
	struct v1_tree *t;
	int rc;

	if (strcmp(m->type, "cgroup") || f->host->n == V1_MAX)
		return 0;
	t = &f->host->tree[f->host->n];
	v1_name(m->opts, t->name, sizeof(t->name));
	if (!*t->name || v1_known(f->host, t->name))
		return 0;
	rc = cgi_tree_open(f->ctx, m, t->name, true, &t->tree);
	if (rc)
		f->rc = rc;
	else
		f->host->n++;
	return 0;
}

static int v1_probe(struct cg_ctx *ctx, int index)
{
	_cleanup_free_ char *text = NULL;
	struct v1_found f = { .ctx = ctx };
	ssize_t n;

	n = cgi_read_all(ctx, ctx->procfd, "self/mountinfo", &text);
	if (n < 0)
		return cgi_fail(ctx, (int)n, "read /proc/self/mountinfo: %s", cgi_strerror((int)n));
	f.host = calloc(1, sizeof(*f.host));
	if (!f.host)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	cgi_parse_mountinfo(text, v1_on_mount, &f);
	if (!f.host->n) {
		free(f.host);
		return cgi_fail(ctx, -ENODEV,
				f.rc ? "the cgroup v1 mounts cannot be opened: %s" :
				       "no cgroup v1 hierarchy is mounted%s",
				f.rc ? cgi_strerror(f.rc) : "");
	}
	ctx->host[index] = f.host;
	for (size_t i = 0; i < f.host->n; i++)
		if (*f.host->tree[i].tree.base)
			return 0;
	cgi_fail(ctx, -EPERM, "none of %zu v1 hierarchies is writable: %s", f.host->n,
		 f.host->tree[0].tree.why);
	return 1;
}

static void v1_unprobe(struct cg_ctx *ctx, int index)
{
	struct v1_host *h = ctx->host[index];

	for (size_t i = 0; h && i < h->n; i++)
		cgi_tree_close(ctx, &h->tree[i].tree);
	free(h);
	ctx->host[index] = NULL;
}

static int v1_info(struct cg_ctx *ctx, int index, cg_info_fn fn, void *data)
{
	struct v1_host *h = ctx->host[index];
	char line[1500];
	int rc = 0;

	for (size_t i = 0; !rc && i < h->n; i++) {
		const struct v1_tree *t = &h->tree[i];

		snprintf(line, sizeof(line), "%s %s", t->name, t->tree.point);
		rc = fn(data, "mount", line);
		if (rc || !*t->tree.base)
			continue;
		snprintf(line, sizeof(line), "%s %s%s", t->name, t->tree.point,
			 t->tree.base[1] ? t->tree.base : "");
		rc = fn(data, "tree", line);
	}
	return rc;
}

static void v1_close(struct cg_part *p)
{
	struct v1 *v = p->priv;

	for (size_t i = 0; v && i < v->n; i++)
		cgi_dir_close(p->ctx, &v->group[i].dir);
	free(v);
	p->priv = NULL;
}

static struct v1 *v1_new(struct cg_part *p)
{
	p->priv = calloc(1, sizeof(struct v1));
	if (!p->priv)
		cgi_fail(p->ctx, -ENOMEM, "no memory");
	return p->priv;
}

/* The hierarchy that answers for freezing, or any other by name. */
struct v1_group *cgi_v1_group(struct v1 *v, const char *controller)
{
	for (size_t i = 0; i < v->n; i++)
		if (cgi_has_word(v->group[i].tree->name, controller, ','))
			return &v->group[i];
	return NULL;
}

/* A new cpuset takes nobody in before it has CPUs and memory nodes: take the parent's. */
static int v1_fill_cpuset(struct cg_ctx *ctx, const struct v1_tree *t, const char *path)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char name[1200], value[1024], above[1100] = "";
	const char *end = path + 1;
	char dir[1100];

	if (!cgi_has_word(t->name, "cpuset", ','))
		return 0;
	while (end) {
		end = strchr(end, '/');
		snprintf(dir, sizeof(dir), "%.*s",
			 (int)(end ? end - path - 1 : (long)strlen(path) - 1), path + 1);
		for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
			if (!cgi_dir_file(name, sizeof(name), dir, files[i]) ||
			    cgi_read_word(ctx, t->tree.fd, name, value, sizeof(value)) > 0)
				continue;
			if (!cgi_dir_file(name, sizeof(name), above, files[i]) ||
			    cgi_read_word(ctx, t->tree.fd, name, value, sizeof(value)) <= 0 ||
			    !cgi_dir_file(name, sizeof(name), dir, files[i]) ||
			    ctx->sys->write(ctx->k, t->tree.fd, name, value))
				return cgi_fail(ctx, -EPERM, "%s%s: %s cannot be set",
						t->tree.point, path, files[i]);
		}
		snprintf(above, sizeof(above), "%s", dir);
		end = end ? end + 1 : NULL;
	}
	return 0;
}

static int v1_check_new(struct cg_part *p, struct v1_group *g)
{
	struct cg_ctx *ctx = p->ctx;
	bool empty, frozen;
	int rc;

	rc = cgi_v1_dir_empty(ctx, &g->dir, &empty);
	rc = rc == CG_WEAK ? 0 : rc;
	if (!rc && !empty)
		rc = cgi_fail(ctx, -EBUSY, "create %s%s: it is not empty", g->tree->tree.point,
			      g->dir.path);
	if (rc)
		return rc;
	if (cgi_has_word(g->tree->name, "freezer", ',')) {
		rc = cgi_v1_frozen(ctx, &g->dir, &frozen, NULL);
		if (!rc && frozen)
			rc = cgi_fail(ctx, -EBUSY,
				      "create %s%s: it, or a group above it, is frozen",
				      g->tree->tree.point, g->dir.path);
	}
	return rc ? rc : v1_fill_cpuset(ctx, g->tree, g->dir.path);
}

static void v1_undo(struct cg_part *p)
{
	struct v1 *v = p->priv;

	while (v->n)
		cgi_dir_undo(p->ctx, &v->group[--v->n].dir);
}

static int v1_create_in(struct cg_part *p, struct v1_tree *t, const char *path, unsigned flags)
{
	struct v1 *v = p->priv;
	struct v1_group *g = &v->group[v->n];
	char full[1100];
	int rc;

	rc = cgi_tree_path(p->ctx, &t->tree, path, full, sizeof(full));
	rc = rc ? rc : cgi_dir_create(p->ctx, &t->tree, full, flags, &g->dir);
	if (rc)
		return rc;
	g->tree = t;
	rc = v1_check_new(p, g);
	if (rc)
		cgi_dir_undo(p->ctx, &g->dir);
	else
		v->n++;
	return rc;
}

/* Why hierarchies were left out; that something is not there is said before "not allowed". */
struct v1_refusal {
	int rc;
	char why[512];
};

static int v1_leave_out(struct cg_part *p, struct v1_refusal *r, int rc)
{
	if (rc != -EPERM && rc != -EACCES && rc != -EROFS && rc != -ENOENT)
		return rc;
	if (r->rc != -ENOENT) {
		r->rc = rc;
		snprintf(r->why, sizeof(r->why), "%s", p->ctx->errmsg);
	}
	return 0;
}

/* What may not be made is left out; what must not be made (in use, frozen, ours) stops all. */
static int v1_create(struct cg_part *p, const char *path, unsigned flags)
{
	struct v1_host *h = p->ctx->host[p->index];
	struct v1_refusal refused = { 0 };
	struct v1 *v = v1_new(p);
	int rc = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < h->n; i++)
		rc = v1_leave_out(p, &refused, v1_create_in(p, &h->tree[i], path, flags));
	if (!rc && !v->n)
		rc = cgi_fail(p->ctx, refused.rc, "%s", refused.why);
	if (!rc)
		return 0;
	v1_undo(p);
	v1_close(p);
	return rc;
}

static int v1_open_each(struct cg_part *p,
			int (*where)(struct cg_part *, struct v1_tree *, const void *, char *,
				     size_t),
			const void *arg)
{
	struct v1_host *h = p->ctx->host[p->index];
	struct v1_refusal refused = { 0 };
	struct v1 *v = v1_new(p);
	char full[1100];
	int rc = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; !rc && i < h->n; i++) {
		rc = where(p, &h->tree[i], arg, full, sizeof(full));
		rc = rc ? rc : cgi_dir_open(p->ctx, &h->tree[i].tree, full, &v->group[v->n].dir);
		if (!rc)
			v->group[v->n++].tree = &h->tree[i];
		rc = v1_leave_out(p, &refused, rc);
	}
	/* A part is a root only if it is nothing else: other hierarchies may lead elsewhere. */
	p->root = v->n > 0;
	for (size_t i = 0; i < v->n; i++)
		p->root = p->root && !strcmp(v->group[i].dir.path, "/");
	if (!rc && !v->n)
		rc = cgi_fail(p->ctx, refused.rc, "%s", refused.why);
	if (rc)
		v1_close(p);
	return rc;
}

static int v1_where_path(struct cg_part *p, struct v1_tree *t, const void *arg, char *out,
			 size_t size)
{
	return cgi_tree_path(p->ctx, &t->tree, arg, out, size);
}

struct v1_place {
	pid_t pid;
	char *path;
};

static int v1_where_pid(struct cg_part *p, struct v1_tree *t, const void *arg, char *out,
			size_t size)
{
	const struct v1_place *w = arg;
	int rc = cgi_tree_of_pid(p->ctx, &t->tree, t->name, w->pid, out, size);

	if (!rc && strcmp(out, w->path))
		rc = -ENOENT;
	return rc ? cgi_fail(p->ctx, rc, "cgroup v1 group of process %d: %s", w->pid,
			     cgi_strerror(rc)) :
		    0;
}

/*
 * Hierarchies may disagree. Those that exist to tell processes apart are asked before those
 * that limit something. In the root of a hierarchy one is in no group of it.
 */
static void v1_find_place(struct cg_part *p, pid_t pid, char place[CGI_PLACE])
{
	static const char *const first[] = { "freezer", "name=", "" };
	struct v1_host *h = p->ctx->host[p->index];
	char full[CGI_PLACE];

	for (size_t k = 0; k < ARRAY_SIZE(first); k++)
		for (size_t i = 0; !*place && i < h->n; i++)
			if (!strncmp(h->tree[i].name, first[k], strlen(first[k])) &&
			    !cgi_tree_of_pid(p->ctx, &h->tree[i].tree, h->tree[i].name, pid, full,
					     sizeof(full)) && strcmp(full, "/"))
				snprintf(place, CGI_PLACE, "%s", full);
}

static int v1_open(struct cg_part *p, const char *path)
{
	return v1_open_each(p, v1_where_path, path);
}

static int v1_open_pid(struct cg_part *p, pid_t pid, char place[CGI_PLACE])
{
	v1_find_place(p, pid, place);
	return v1_open_each(p, v1_where_pid, &(struct v1_place){ pid, place });
}

static int v1_save(const struct cg_part *p, struct cgi_buf *out)
{
	const struct v1 *v = p->priv;

	for (size_t i = 0; i < v->n; i++) {
		cgi_buf_add(out, "v1 %s ", v->group[i].tree->name);
		cgi_dir_save(&v->group[i].dir, out);
	}
	return 0;
}

/* One line for each hierarchy; a hierarchy that is not mounted here any more is gone. */
static int v1_restore(struct cg_part *p, const char *line)
{
	struct v1_host *h = p->ctx->host[p->index];
	struct v1 *v = p->priv ? p->priv : v1_new(p);
	size_t len = strcspn(line, " ");
	int rc = v ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < h->n; i++) {
		if (strlen(h->tree[i].name) != len || memcmp(h->tree[i].name, line, len))
			continue;
		if (v->n == V1_MAX)
			return cgi_fail(p->ctx, -EINVAL, "saved group: too many hierarchies");
		rc = cgi_dir_restore(p->ctx, &h->tree[i].tree, line + len, &v->group[v->n].dir);
		if (!rc)
			v->group[v->n++].tree = &h->tree[i];
	}
	if (rc)
		return rc;
	p->gone = true;
	for (size_t i = 0; i < v->n; i++)
		p->gone = p->gone && v->group[i].dir.gone;
	return rc;
}

static int v1_attach(struct cg_part *p, pid_t pid)
{
	struct v1 *v = p->priv;
	char num[16];
	int rc = 0;
	size_t i;

	snprintf(num, sizeof(num), "%d", pid);
	for (i = 0; !rc && i < v->n; i++) {
		struct v1_group *g = &v->group[i];

		if (cgi_tree_of_pid(p->ctx, &g->tree->tree, g->tree->name, pid, g->origin,
				    sizeof(g->origin)))
			g->origin[0] = '\0';
		rc = g->dir.gone ? 0 :
				   p->ctx->sys->write(p->ctx->k, g->dir.fd, "cgroup.procs", num);
	}
	if (!rc)
		return p->gone ? cgi_fail(p->ctx, -ENOENT, "attach %d: the group is gone", pid) : 0;
	cgi_v1_move_back(p, i - 1, pid);
	return cgi_fail(p->ctx, rc, "attach %d to %s%s: %s", pid, v->group[i - 1].tree->tree.point,
			v->group[i - 1].dir.path, cgi_strerror(rc));
}

void cgi_v1_move_back(struct cg_part *p, size_t n, pid_t pid)
{
	struct v1 *v = p->priv;
	char name[1100], num[16];

	snprintf(num, sizeof(num), "%d", pid);
	while (n--) {
		const char *to = v->group[n].origin;

		if (*to && cgi_dir_file(name, sizeof(name), to[1] ? to + 1 : "", "cgroup.procs"))
			(void)p->ctx->sys->write(p->ctx->k, v->group[n].tree->tree.fd, name, num);
	}
}

static void v1_unattach(struct cg_part *p, pid_t pid)
{
	cgi_v1_move_back(p, ((struct v1 *)p->priv)->n, pid);
}

static int v1_remove(struct cg_part *p)
{
	struct v1 *v = p->priv;
	int rc, first = 0;

	for (size_t i = 0; i < v->n; i++) {
		rc = cgi_dir_remove(p->ctx, &v->group[i].dir);
		if (rc && !first)
			first = rc;
	}
	p->gone = !first;
	return first;
}

static void v1_remove_parents(struct cg_part *p)
{
	struct v1 *v = p->priv;

	for (size_t i = 0; i < v->n; i++)
		cgi_dir_remove_parents(p->ctx, &v->group[i].dir);
}

const struct cg_driver cgi_driver_v1 = {
	.name = "v1",
	.tracks = true,
	.probe = v1_probe,
	.unprobe = v1_unprobe,
	.info = v1_info,
	.create = v1_create,
	.open = v1_open,
	.open_pid = v1_open_pid,
	.save = v1_save,
	.restore = v1_restore,
	.remove = v1_remove,
	.remove_parents = v1_remove_parents,
	.undo = v1_undo,
	.close = v1_close,
	.attach = v1_attach,
	.unattach = v1_unattach,
	.procs = cgi_v1_procs,
	.state = cgi_v1_state,
	.freeze = cgi_v1_freeze,
	.can_freeze = cgi_v1_can_freeze,
	.brake = cgi_v1_brake,
	.set = cgi_v1_set,
	.get = cgi_v1_get,
	.caps = cgi_v1_caps,
};
