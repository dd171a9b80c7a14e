/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A controller of cgroup v2 that a resource needs, enabled in the groups above. The kernel
 * refuses that (EBUSY) in a group other than the root that has processes of its own.
 */
#include <stdio.h>

#include "res/key.h"

struct enabling {
	struct cg_ctx *ctx;
	const struct cgi_tree *tree;
	char controller[32];
	const char *path;		/* of the group that is to have it */
	size_t len;			/* of that, the directory that is looked at */
	bool ask;
	bool above;			/* asked: it could be enabled further above */
};

static bool listed(const struct enabling *s, int fd, const char *file)
{
	_cleanup_free_ char *list = NULL;

	if (cgi_read_all(s->ctx, fd, file, &list) < 0)
		return false;
	list[strcspn(list, "\n")] = '\0';
	return cgi_has_word(list, s->controller, ' ');
}

/* Only the root of the hierarchy has no type, and may have both processes and controllers. */
static bool has_processes(const struct enabling *s, int fd)
{
	_cleanup_free_ char *list = NULL;
	struct cgi_ident id;

	if (!s->len && s->ctx->sys->ident(s->ctx->k, fd, "cgroup.type", &id))
		return false;
	return cgi_read_all(s->ctx, fd, "cgroup.procs", &list) != 0;
}

static int enable_in(struct enabling *s, int fd)
{
	static const char control[] = "cgroup.subtree_control";
	char text[40];
	int rc;

	if (listed(s, fd, control))
		return 0;
	if (!s->above && !listed(s, fd, "cgroup.controllers"))
		return cgi_fail(s->ctx, -EOPNOTSUPP, "%s%.*s has no controller %s", s->tree->point,
				s->len ? (int)s->len : 1, s->path, s->controller);
	snprintf(text, sizeof(text), "+%s", s->controller);
	if (!s->ask)
		rc = s->ctx->sys->write(s->ctx->k, fd, control, text);
	else
		rc = s->ctx->sys->access(s->ctx->k, fd, control);
	if (!rc && s->ask && has_processes(s, fd))
		rc = -EBUSY;
	s->above = s->ask;
	return !rc || cgi_is_scarce(rc) ? rc :
		cgi_fail(s->ctx, -EOPNOTSUPP, "%s%.*s/%s: no %s: %s", s->tree->point, (int)s->len,
			 s->path, control, s->controller, rc == -EBUSY ?
			 "processes of its own are in the way" : cgi_strerror(rc));
}

/* From the mount down to the parent of the group, a component at a time. */
int cgi_res_enable(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		   const char *key, bool ask)
{
	struct enabling s = { .ctx = ctx, .tree = t, .path = path, .ask = ask };
	int fd = t->fd, next, rc;
	char name[256];
	size_t len;

	snprintf(s.controller, sizeof(s.controller), "%.*s", (int)strcspn(key, "."), key);
	rc = enable_in(&s, fd);
	while (!rc && strchr(path + s.len + 1, '/')) {
		len = strcspn(path + s.len + 1, "/");
		snprintf(name, sizeof(name), "%.*s", (int)len, path + s.len + 1);
		rc = cgi_in_time(ctx, "enable a controller");
		if (rc)
			break;
		next = ctx->sys->open(ctx->k, fd, name, true);
		if (fd != t->fd)
			cgi_close_fd(ctx, fd);
		fd = next;
		s.len += len + 1;
		rc = fd >= 0 ? enable_in(&s, fd) :
			cgi_fail(ctx, fd, "open %s%.*s: %s", t->point, (int)s.len, path,
				 cgi_strerror(fd));
	}
	if (fd != t->fd)
		cgi_close_fd(ctx, fd);
	return rc;
}
