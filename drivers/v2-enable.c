/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A controller that a resource needs, switched on in the groups above. The kernel refuses
 * that (EBUSY) in a group other than the root that has processes of its own.
 */
#include <stdio.h>

#include "v2.h"

struct enabling {
	struct cg_ctx *ctx;
	const struct cgi_tree *tree;
	char word[32];
	bool ask;		/* whether it could be, changing nothing */
	bool above;		/* it could be above: only then would this group have it */
};

static bool listed(const struct enabling *s, const char *dir, const char *file)
{
	char name[1200], list[512];

	return cgi_dir_file(name, sizeof(name), dir, file) &&
	       cgi_read_word(s->ctx, s->tree->fd, name, list, sizeof(list)) > 0 &&
	       cgi_has_word(list, s->word, ' ');
}

/* Only the root of the hierarchy has no type, and may have both processes and controllers. */
static bool has_processes(const struct enabling *s, const char *dir)
{
	char name[1200], list[16];
	struct cgi_ident id;

	if (!*dir && s->ctx->sys->ident(s->ctx->k, s->tree->fd, "cgroup.type", &id))
		return false;
	return !cgi_dir_file(name, sizeof(name), dir, "cgroup.procs") ||
	       cgi_read_word(s->ctx, s->tree->fd, name, list, sizeof(list));
}

static int refused(const struct enabling *s, const char *dir, int rc)
{
	return cgi_fail(s->ctx, -EOPNOTSUPP, "%s/%s%scgroup.subtree_control: no %s: %s",
			s->tree->point, dir, *dir ? "/" : "", s->word, rc == -EBUSY ?
			"processes of its own are in the way" : cgi_strerror(rc));
}

static int enable_in(struct enabling *s, const char *dir)
{
	char name[1200], text[40];
	int rc;

	if (listed(s, dir, "cgroup.subtree_control"))
		return 0;
	if (!s->above && !listed(s, dir, "cgroup.controllers"))
		return cgi_fail(s->ctx, -EOPNOTSUPP, "%s/%s has no controller %s",
				s->tree->point, dir, s->word);
	if (!cgi_dir_file(name, sizeof(name), dir, "cgroup.subtree_control"))
		return cgi_fail(s->ctx, -EINVAL, "path too long");
	snprintf(text, sizeof(text), "+%s", s->word);
	if (!s->ask)
		rc = s->ctx->sys->write(s->ctx->k, s->tree->fd, name, text);
	else
		rc = s->ctx->sys->access(s->ctx->k, s->tree->fd, name);
	if (!rc && s->ask && has_processes(s, dir))
		rc = -EBUSY;
	s->above = s->ask;
	return rc ? refused(s, dir, rc) : 0;
}

/* From the mount down to the parent of what has this path. */
static int enable(struct enabling *s, const char *path, const char *key)
{
	char dir[1100];
	int rc;

	snprintf(s->word, sizeof(s->word), "%.*s", (int)strcspn(key, "."), key);
	rc = enable_in(s, "");
	for (const char *end = strchr(path, '/'); !rc && end; end = strchr(end + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(end - path), path);
		rc = enable_in(s, dir);
	}
	return rc;
}

int cgi_v2_enable(struct cg_part *p, const char *key)
{
	struct v2 *v = p->priv;
	struct enabling s = { .ctx = p->ctx, .tree = v->dir.tree };

	return enable(&s, v->dir.path + 1, key);
}

int cgi_v2_could_enable(struct cg_ctx *ctx, const struct cgi_tree *tree, const char *path,
			const char *key)
{
	struct enabling s = { .ctx = ctx, .tree = tree, .ask = true };

	return enable(&s, path, key);
}
