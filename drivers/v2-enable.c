/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A controller that a resource needs, switched on in the groups above. The kernel refuses
 * that (EBUSY) in a group other than the root that has processes of its own.
 */
#include <stdio.h>

#include "v2.h"

static bool listed(struct cg_part *p, const char *dir, const char *file, const char *word)
{
	struct v2 *v = p->priv;
	char name[1200], list[512];

	return cgi_dir_file(name, sizeof(name), dir, file) &&
	       cgi_read_word(p->ctx, v->dir.tree->fd, name, list, sizeof(list)) > 0 &&
	       cgi_has_word(list, word, ' ');
}

static int enable_in(struct cg_part *p, const char *dir, const char *word)
{
	struct v2 *v = p->priv;
	char name[1200], text[40];
	int rc;

	if (listed(p, dir, "cgroup.subtree_control", word))
		return 0;
	if (!listed(p, dir, "cgroup.controllers", word))
		return cgi_fail(p->ctx, -EOPNOTSUPP, "%s/%s has no controller %s",
				v->dir.tree->point, dir, word);
	if (!cgi_dir_file(name, sizeof(name), dir, "cgroup.subtree_control"))
		return cgi_fail(p->ctx, -EINVAL, "path too long");
	snprintf(text, sizeof(text), "+%s", word);
	rc = p->ctx->sys->write(p->ctx->k, v->dir.tree->fd, name, text);
	return rc ? cgi_fail(p->ctx, -EOPNOTSUPP, "%s/%s: %s%s", v->dir.tree->point, name,
			     rc == -EBUSY ? "processes of its own are in the way, " : "",
			     cgi_strerror(rc)) : 0;
}

/* From the mount down to the parent. 0; -EOPNOTSUPP with the reason. */
int cgi_v2_enable(struct cg_part *p, const char *key)
{
	struct v2 *v = p->priv;
	const char *path = v->dir.path + 1;
	char word[32], dir[1100];
	int rc;

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(key, "."), key);
	rc = enable_in(p, "", word);
	for (const char *s = strchr(path, '/'); !rc && s; s = strchr(s + 1, '/')) {
		snprintf(dir, sizeof(dir), "%.*s", (int)(s - path), path);
		rc = enable_in(p, dir, word);
	}
	return rc;
}
