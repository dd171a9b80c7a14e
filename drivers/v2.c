/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgroup v2, also the tree without controllers that a hybrid host mounts beside v1.
 * It tracks best: cgroup.kill (Linux 5.14), cgroup.freeze (5.2), cgroup.events.
 */
#include <fcntl.h>
#include <stdio.h>

#include "v2.h"

static struct v2_host *v2_host(const struct cg_part *p)
{
	return p->ctx->host[p->index];
}

struct v2_found {
	struct cg_ctx *ctx;
	struct v2_host *host;
	int rc;
};

/* The same hierarchy may be mounted several times; one whose root is "/" shows most. */
static int v2_on_mount(void *data, const struct cgi_mount *m)
{
	struct v2_found *f = data;
	struct cgi_tree t;
	int rc;

	if (strcmp(m->type, "cgroup2"))
		return 0;
	rc = cgi_tree_open(f->ctx, m, "", false, &t);
	if (rc) {
		f->rc = rc;
		return 0;
	}
	if (f->host->tree.fd >= 0 && (*f->host->tree.base || !*t.base)) {
		cgi_tree_close(f->ctx, &t);
		return 0;
	}
	cgi_tree_close(f->ctx, &f->host->tree);
	f->host->tree = t;
	f->host->nsdelegate = cgi_has_word(m->opts, "nsdelegate", ',');
	return 0;
}

static int v2_probe(struct cg_ctx *ctx, int index)
{
	_cleanup_free_ char *text = NULL;
	struct v2_found f = { .ctx = ctx };
	ssize_t n;

	n = cgi_read_all(ctx, ctx->procfd, "self/mountinfo", &text);
	if (n < 0)
		return cgi_fail(ctx, (int)n, "read /proc/self/mountinfo: %s", cgi_strerror((int)n));
	f.host = calloc(1, sizeof(*f.host));
	if (!f.host)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	f.host->tree.fd = -1;
	cgi_parse_mountinfo(text, v2_on_mount, &f);
	if (f.host->tree.fd < 0) {
		free(f.host);
		return cgi_fail(ctx, -ENODEV, f.rc ? "the cgroup2 mount cannot be opened: %s" :
				"no cgroup2 is mounted%s", f.rc ? cgi_strerror(f.rc) : "");
	}
	ctx->host[index] = f.host;
	if (*f.host->tree.base)
		return 0;
	cgi_fail(ctx, -EPERM, "%s", f.host->tree.why);
	return 1;
}

static void v2_unprobe(struct cg_ctx *ctx, int index)
{
	struct v2_host *h = ctx->host[index];

	if (h)
		cgi_tree_close(ctx, &h->tree);
	free(h);
	ctx->host[index] = NULL;
}

static int v2_info(struct cg_ctx *ctx, int index, cg_info_fn fn, void *data)
{
	struct v2_host *h = ctx->host[index];
	char line[1400], name[1200];
	bool kill = cgi_tree_new_has(ctx, &h->tree, "cgroup.kill", 5, 14);
	int rc;

	rc = fn(data, "kernel.cgroup_kill", kill ? "yes" : "no");
	rc = rc ? rc : fn(data, "nsdelegate", h->nsdelegate ? "yes" : "no");
	snprintf(line, sizeof(line), "cgroup2 %s", h->tree.point);
	rc = rc ? rc : fn(data, "mount", line);
	if (rc || !*h->tree.base)
		return rc;
	snprintf(line, sizeof(line), "cgroup2 %s%s", h->tree.point,
		 h->tree.base[1] ? h->tree.base : "");
	rc = fn(data, "tree", line);
	if (!rc && cgi_dir_file(name, sizeof(name), h->tree.base + 1, "cgroup.controllers") &&
	    cgi_read_word(ctx, h->tree.fd, name, line, sizeof(line)) >= 0)
		rc = fn(data, "controllers", line);
	return rc;
}

static void v2_close(struct cg_part *p)
{
	struct v2 *v = p->priv;

	if (v)
		cgi_dir_close(p->ctx, &v->dir);
	free(v);
	p->priv = NULL;
}

static struct v2 *v2_new(struct cg_part *p)
{
	struct v2 *v = calloc(1, sizeof(*v));

	if (v)
		v->dir.fd = -1;
	else
		cgi_fail(p->ctx, -ENOMEM, "no memory");
	return p->priv = v;
}

/*
 * A file that is not there may be too new for this kernel, and a device named in a value may
 * be the one that is missing: whether the group is, cgroup.procs tells.
 */
static int v2_gone(struct cg_part *p, int rc)
{
	struct v2 *v = p->priv;
	struct cgi_ident id;
	int again;

	if (rc == -ENODEV || rc == -ENOENT) {
		again = p->ctx->sys->ident(p->ctx->k, v->dir.fd, "cgroup.procs", &id);
		p->gone = p->gone || again == -ENOENT || again == -ENODEV;
	}
	return rc;
}

int cgi_v2_write(struct cg_part *p, const char *file, const char *text)
{
	struct v2 *v = p->priv;

	if (p->gone)
		return -ENOENT;
	return v2_gone(p, p->ctx->sys->write(p->ctx->k, v->dir.fd, file, text));
}

/* One number of cgroup.events. */
static int v2_event(struct cg_part *p, const char *key, uint64_t *ret)
{
	struct v2 *v = p->priv;
	char buf[256];
	ssize_t n;

	n = cgi_read_word(p->ctx, v->dir.fd, "cgroup.events", buf, sizeof(buf));
	if (n < 0)
		return v2_gone(p, (int)n);
	return cgi_parse_keyed(buf, key, ret);
}

/* Is a group above this one frozen by its own switch? */
static bool v2_frozen_above(struct cg_part *p)
{
	struct v2 *v = p->priv;
	_cleanup_free_ char *path = strdup(v->dir.path);
	char name[4200], buf[16];
	char *slash;

	while (path && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (cgi_dir_file(name, sizeof(name), path + 1, "cgroup.freeze") &&
		    cgi_read_word(p->ctx, v->dir.tree->fd, name, buf, sizeof(buf)) == 1 &&
		    buf[0] == '1')
			return true;
	}
	return false;
}

static bool v2_switched(struct cg_part *p)
{
	struct v2 *v = p->priv;
	char buf[16];

	return cgi_read_word(p->ctx, v->dir.fd, "cgroup.freeze", buf, sizeof(buf)) == 1 &&
	       buf[0] == '1';
}

/*
 * A group that was killed while it and one below it were frozen may say "frozen 1" for ever
 * after, thawed and empty (about once in a thousand on a busy 6.18): where nobody is to be
 * frozen the switches tell, its own and those above.
 */
static int v2_state(struct cg_part *p, unsigned *state)
{
	uint64_t populated, frozen;
	struct v2 *v = p->priv;
	int rc;

	if (!p->gone)
		p->gone = v->dir.gone;
	rc = p->gone ? -ENOENT : v2_event(p, "populated", &populated);
	if (p->gone) {
		*state = CG_EMPTY | CG_GONE;
		return 0;
	}
	if (rc)
		return cgi_fail(p->ctx, rc, "read %s%s/cgroup.events: %s", v->dir.tree->point,
				v->dir.path, cgi_strerror(rc));
	*state = populated ? 0 : CG_EMPTY;
	if (v2_frozen_above(p))
		*state |= CG_FROZEN_ABOVE;
	if (!v2_event(p, "frozen", &frozen) && frozen &&
	    (populated || *state & CG_FROZEN_ABOVE || v2_switched(p)))
		*state |= CG_FROZEN;
	return 0;
}

/* Frozen or populated, by others, or fit for processes at all? */
static int v2_check_new(struct cg_part *p)
{
	struct v2 *v = p->priv;
	unsigned state;
	char type[32];
	int rc;

	rc = v2_state(p, &state);
	if (rc)
		return rc;
	if (!(state & CG_EMPTY))
		return cgi_fail(p->ctx, -EBUSY, "create %s%s: it is not empty", v->dir.tree->point,
				v->dir.path);
	if (state & (CG_FROZEN | CG_FROZEN_ABOVE))
		return cgi_fail(p->ctx, -EBUSY, "create %s%s: it is frozen%s", v->dir.tree->point,
				v->dir.path, state & CG_FROZEN_ABOVE ? " by a group above it" : "");
	if (cgi_read_word(p->ctx, v->dir.fd, "cgroup.type", type, sizeof(type)) > 0 &&
	    !strcmp(type, "domain invalid"))
		return cgi_fail(p->ctx, -EBUSY, "create %s%s: its parent is threaded",
				v->dir.tree->point, v->dir.path);
	return 0;
}

static int v2_create(struct cg_part *p, const char *path, unsigned flags)
{
	struct cgi_tree *t = &v2_host(p)->tree;
	char full[1100];
	struct v2 *v;
	int rc;

	rc = cgi_tree_path(p->ctx, t, path, full, sizeof(full));
	if (rc)
		return rc;
	v = v2_new(p);
	if (!v)
		return -ENOMEM;
	rc = cgi_dir_create(p->ctx, t, full, flags, &v->dir);
	if (!rc) {
		rc = v2_check_new(p);
		if (rc)
			cgi_dir_undo(p->ctx, &v->dir);
	}
	if (rc)
		v2_close(p);
	return rc;
}

static int v2_open_path(struct cg_part *p, const char *full)
{
	struct v2 *v = v2_new(p);
	int rc;

	if (!v)
		return -ENOMEM;
	rc = cgi_dir_open(p->ctx, &v2_host(p)->tree, full, &v->dir);
	if (rc)
		v2_close(p);
	p->root = !strcmp(full, "/");
	return rc;
}

static int v2_open(struct cg_part *p, const char *path)
{
	char full[1100];
	int rc = cgi_tree_path(p->ctx, &v2_host(p)->tree, path, full, sizeof(full));

	return rc ? rc : v2_open_path(p, full);
}

static int v2_open_pid(struct cg_part *p, pid_t pid, char place[CGI_PLACE])
{
	char full[CGI_PLACE];
	int rc = cgi_tree_of_pid(p->ctx, &v2_host(p)->tree, "", pid, full, sizeof(full));

	if (rc)
		return cgi_fail(p->ctx, rc, "cgroup v2 group of process %d: %s", pid,
				cgi_strerror(rc));
	if (strcmp(full, "/"))
		snprintf(place, CGI_PLACE, "%s", full);
	return v2_open_path(p, full);
}

static int v2_save(const struct cg_part *p, struct cgi_buf *out)
{
	const struct v2 *v = p->priv;

	cgi_buf_add(out, "v2 ");
	cgi_dir_save(&v->dir, out);
	return 0;
}

static int v2_restore(struct cg_part *p, const char *line)
{
	struct v2 *v;
	int rc;

	if (p->priv)
		return cgi_fail(p->ctx, -EINVAL, "saved group: two lines for v2");
	v = v2_new(p);
	if (!v)
		return -ENOMEM;
	rc = cgi_dir_restore(p->ctx, &v2_host(p)->tree, line, &v->dir);
	if (rc)
		v2_close(p);
	else
		p->gone = v->dir.gone;
	return rc;
}

static void v2_undo(struct cg_part *p)
{
	cgi_dir_undo(p->ctx, &((struct v2 *)p->priv)->dir);
}

static int v2_remove(struct cg_part *p)
{
	struct v2 *v = p->priv;
	int rc = cgi_dir_remove(p->ctx, &v->dir);

	p->gone = p->gone || v->dir.gone;
	return rc;
}

static void v2_remove_parents(struct cg_part *p)
{
	cgi_dir_remove_parents(p->ctx, &((struct v2 *)p->priv)->dir);
}

static int v2_attach(struct cg_part *p, pid_t pid)
{
	struct v2 *v = p->priv;
	char num[16];
	int rc;

	if (cgi_tree_of_pid(p->ctx, v->dir.tree, "", pid, v->origin, sizeof(v->origin)))
		v->origin[0] = '\0';
	snprintf(num, sizeof(num), "%d", pid);
	rc = cgi_v2_write(p, "cgroup.procs", num);
	if (!rc)
		return 0;
	if (rc == -EACCES)
		return cgi_fail(p->ctx, rc,
				"attach %d to %s%s: cgroup v2 wants write permission on "
				"cgroup.procs of the nearest common ancestor with %s",
				pid, v->dir.tree->point, v->dir.path,
				*v->origin ? v->origin : "its group");
	return cgi_fail(p->ctx, rc, "attach %d to %s%s: %s", pid, v->dir.tree->point, v->dir.path,
			cgi_strerror(rc));
}

static void v2_unattach(struct cg_part *p, pid_t pid)
{
	struct v2 *v = p->priv;
	char name[1100], num[16];

	snprintf(num, sizeof(num), "%d", pid);
	if (*v->origin && cgi_dir_file(name, sizeof(name), v->origin[1] ? v->origin + 1 : "",
				       "cgroup.procs"))
		(void)p->ctx->sys->write(p->ctx->k, v->dir.tree->fd, name, num);
}

/* An optional file: what an older kernel lacks is not supported, a group that is gone is done. */
static int v2_request(struct cg_part *p, const char *file, const char *text)
{
	struct v2 *v = p->priv;
	int rc = cgi_v2_write(p, file, text);

	if (!rc || p->gone)
		return 0;
	if (rc == -ENOENT || rc == -EOPNOTSUPP)
		rc = -EOPNOTSUPP;
	return cgi_fail(p->ctx, rc, "write %s%s/%s: %s", v->dir.tree->point, v->dir.path, file,
			cgi_strerror(rc));
}

static int v2_thaw_nested(struct cg_part *p)
{
	_cleanup_(cgi_names_free) struct cgi_names l = { 0 };
	struct v2 *v = p->priv;
	char name[4200], buf[16];
	int rc;

	rc = cgi_dir_names(p->ctx, &v->dir, &l);
	for (size_t i = l.n; !rc && i-- > 1; )
		if (cgi_dir_file(name, sizeof(name), l.v[i], "cgroup.freeze") &&
		    cgi_read_word(p->ctx, v->dir.fd, name, buf, sizeof(buf)) == 1 && buf[0] == '1')
			(void)p->ctx->sys->write(p->ctx->k, v->dir.fd, name, "0");
	return rc;
}

static int v2_freeze(struct cg_part *p, enum cgi_freeze how)
{
	int rc, nested = 0;

	if (p->gone)
		return 0;
	if (how == CGI_THAW_DEEP)
		nested = v2_thaw_nested(p);
	rc = v2_request(p, "cgroup.freeze", how == CGI_FREEZE ? "1" : "0");
	return rc ? rc : nested;
}

/* Linux 5.2 */
static bool v2_can_freeze(struct cg_part *p)
{
	struct v2 *v = p->priv;
	struct cgi_ident id;

	return p->gone || !p->ctx->sys->ident(p->ctx->k, v->dir.fd, "cgroup.freeze", &id);
}

static int v2_kill(struct cg_part *p)
{
	return v2_request(p, "cgroup.kill", "1");
}

/* Nobody forks past pids.max; those that are there may be more than it. */
static int v2_brake(struct cg_part *p, bool on)
{
	struct v2 *v = p->priv;
	char old[24];
	int rc;

	if (p->gone)
		return 0;
	if (!on) {
		rc = *v->pids_max ? v2_request(p, "pids.max", v->pids_max) : 0;
		v->pids_max[0] = '\0';
		return rc;
	}
	if (*v->pids_max ||
	    cgi_read_word(p->ctx, v->dir.fd, "pids.max", old, sizeof(old)) <= 0)
		return 0;
	rc = v2_request(p, "pids.max", "0");
	if (!rc)
		snprintf(v->pids_max, sizeof(v->pids_max), "%s", old);
	return rc;
}

static int v2_procs(struct cg_part *p, unsigned flags, cgi_pid_fn fn, void *data)
{
	_cleanup_(cgi_names_free) struct cgi_names l = { 0 };
	struct v2 *v = p->priv;
	int rc = 0;

	if (p->gone)
		return 0;
	if (flags & CG_HERE)
		rc = cgi_dir_procs(p->ctx, &v->dir, "", fn, data);
	else
		rc = cgi_dir_names(p->ctx, &v->dir, &l);
	for (size_t i = 0; !rc && i < l.n; i++) {
		rc = cgi_dir_procs(p->ctx, &v->dir, l.v[i], fn, data);
		if ((rc == -ENOENT || rc == -ENODEV) && *l.v[i])
			rc = 0;
	}
	if (v2_gone(p, rc) && p->gone)
		return 0;
	return rc;
}

static int v2_fd(const struct cg_part *p)
{
	const struct v2 *v = p->priv;

	return p->gone ? -EOPNOTSUPP : v->dir.fd;
}

static int v2_delegate(struct cg_part *p, uid_t uid, gid_t gid)
{
	static const char *const files[] = {
		"", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control",
	};
	struct v2 *v = p->priv;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		rc = p->ctx->sys->chown(p->ctx->k, v->dir.fd, files[i], uid, gid);
		if (rc)
			return cgi_fail(p->ctx, rc, "chown %s%s/%s: %s", v->dir.tree->point,
					v->dir.path, files[i], cgi_strerror(rc));
	}
	return 0;
}

static int v2_events(struct cg_part *p)
{
	struct v2 *v = p->priv;

	return p->ctx->sys->open(p->ctx->k, v->dir.fd, "cgroup.events", false);
}

const struct cg_driver cgi_driver_v2 = {
	.name = "v2",
	.tracks = true,
	.kill_name = "v2 cgroup.kill",
	.probe = v2_probe,
	.unprobe = v2_unprobe,
	.info = v2_info,
	.create = v2_create,
	.open = v2_open,
	.open_pid = v2_open_pid,
	.save = v2_save,
	.restore = v2_restore,
	.remove = v2_remove,
	.remove_parents = v2_remove_parents,
	.undo = v2_undo,
	.close = v2_close,
	.attach = v2_attach,
	.unattach = v2_unattach,
	.delegate = v2_delegate,
	.procs = v2_procs,
	.state = v2_state,
	.freeze = v2_freeze,
	.can_freeze = v2_can_freeze,
	.kill = v2_kill,
	.brake = v2_brake,
	.fd = v2_fd,
	.events = v2_events,
	.set = cgi_v2_set,
	.get = cgi_v2_get,
	.caps = cgi_v2_caps,
};
