/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dialect of cgroup v1: the freezer freezes; each hierarchy knows members by cgroup.procs,
 * name=systemd included, and nothing tells of changes.
 */
#include <stdio.h>

#include "place.h"
#include "walk.h"

static int v1_populated(struct cg_ctx *ctx, struct cgi_place *p, bool *ret)
{
	(void)ctx;
	(void)p;
	(void)ret;
	return -EAGAIN;
}

static int v1_frozen(struct cg_ctx *ctx, struct cgi_place *p, bool *frozen, bool *above)
{
	char buf[32];
	ssize_t n = cgi_place_word(ctx, p, "freezer.state", buf, sizeof(buf));

	*frozen = *above = false;
	if (n < 0)
		return (int)n;
	if (!strcmp(buf, "THAWED"))
		return 0;
	*frozen = !strcmp(buf, "FROZEN");
	n = cgi_place_word(ctx, p, "freezer.parent_freezing", buf, sizeof(buf));
	*above = n > 0 && buf[0] == '1';
	return 0;
}

struct cpuset {
	struct cg_ctx *ctx;
	const struct cgi_place *p;
};

static int file_of(const struct cpuset *s, const char *dir, const char *file, char *value,
		   size_t size, bool set)
{
	_cleanup_free_ char *path = cgi_path_join(dir, file);
	struct cg_ctx *ctx = s->ctx;
	struct cgi_at at;
	ssize_t n;

	if (!path)
		return -ENOMEM;
	n = cgi_at_open(ctx, s->p->tree->fd, path, &at);
	if (n)
		return (int)n;
	n = set ? ctx->sys->write(ctx->k, at.fd, at.name, value) :
		  cgi_read_word(ctx, at.fd, at.name, value, size);
	cgi_at_close(ctx, s->p->tree->fd, &at);
	return n < 0 ? (int)n : 0;
}

/* Takes the value of the group above where this one has none. */
static int inherit(const struct cpuset *s, const char *above, const char *dir, const char *file)
{
	char value[1024] = "";
	int rc = file_of(s, dir, file, value, sizeof(value), false);

	if (rc || *value)
		return rc;
	rc = file_of(s, above, file, value, sizeof(value), false);
	if (!rc && !*value)
		rc = -ENOSPC;
	return rc ? rc : file_of(s, dir, file, value, 0, true);
}

/* A new cpuset takes nobody in before it has CPUs and memory nodes: those of its parent. */
static int v1_prepare(struct cg_ctx *ctx, struct cgi_place *p)
{
	_cleanup_free_ char *dir = strdup(p->path), *up = strdup("/");
	struct cpuset s = { ctx, p };
	size_t len = 0;
	int rc = 0;

	if (!cgi_has_word(p->tree->name, "cpuset", ','))
		return 0;
	if (!dir || !up)
		return cgi_nomem(ctx);
	while (!rc && p->path[len]) {
		len += 1 + strcspn(p->path + len + 1, "/");
		memcpy(dir, p->path, len);
		dir[len] = '\0';
		rc = inherit(&s, up, dir, "cpuset.cpus");
		rc = rc ? rc : inherit(&s, up, dir, "cpuset.mems");
		free(up);
		up = strdup(dir);
		rc = rc || up ? rc : -ENOMEM;
	}
	return rc ? cgi_fail(ctx, cgi_is_scarce(rc) ? rc : -EPERM, "create %s: its CPUs or memory "
			     "nodes cannot be set: %s", CGI_AT(p), cgi_strerror(rc)) : 0;
}

const struct cgi_dialect cgi_dialect_v1 = {
	.freezer = "freezer",
	.freeze_file = "freezer.state",
	.frozen = "FROZEN",
	.thawed = "THAWED",
	.self_file = "freezer.self_freezing",
	.prepare = v1_prepare,
	.populated = v1_populated,
	.frozen_now = v1_frozen,
};
