/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text of a place, and the place of a text: the same directory, gone, or not to be asked. */
#include <stdio.h>

#include "place.h"

/* "v1 NAME DEV INODE HIERARCHY TOP PARENT MADE PATH"; the name of v2 is "-" */
void cgi_place_save(struct cg_ctx *ctx, const struct cgi_place *p, struct cgi_buf *out)
{
	_cleanup_free_ char *dir = cgi_place_above(p->path);
	struct cgi_ident id = { .ino = p->parent }, own = { 0 };

	if (p->line) {
		cgi_buf_add(out, "%s\n", p->line);
		return;
	}
	if (!p->tree)
		return;			/* gone with its hierarchy */
	(void)cgi_place_ident(ctx, p->tree, p->path, &own);
	if (p->tree->kind == CGI_V1 && dir && !p->parent)
		(void)cgi_place_ident(ctx, p->tree, dir, &id);
	cgi_buf_add(out, "%s %s %llu %llu %u %llu %llu %u %s\n", cgi_kind_name(p->tree->kind),
		    *p->tree->name ? p->tree->name : "-", (unsigned long long)own.dev,
		    (unsigned long long)p->ino, p->tree->id, (unsigned long long)p->tree->top,
		    (unsigned long long)id.ino, p->made, p->path);
}

static int cannot_see(struct cg_ctx *ctx, struct cgi_place *p, const char *line, const char *why)
{
	struct cgi_buf b = { 0 };

	cgi_buf_add(&b, "%s: %s", CGI_AT(p), why);
	p->line = strdup(line);
	if (b.failed || !p->line) {
		cgi_buf_free(&b);
		return cgi_nomem(ctx);
	}
	p->unseen = b.s;
	return 0;
}

/* The hierarchy is here, and what it shows may be another part of it. */
static int find_again(struct cg_ctx *ctx, struct cgi_place *p, const char *line, uint64_t top)
{
	struct cgi_ident id;
	int rc = cgi_place_open_same(ctx, p);

	if (rc >= 0) {
		cgi_close_fd(ctx, rc);
		return 0;
	}
	/* What may not be opened is there. */
	if (!cgi_is_gone(rc))
		return cgi_is_scarce(rc) ? cgi_fail(ctx, rc, "open %s: %s", CGI_AT(p),
						    cgi_strerror(rc)) : 0;
	if (top != p->tree->top)
		return cannot_see(ctx, p, line, "this process sees another part of the hierarchy "
				  "than the one that saved it (a cgroup namespace, or a mount)");
	rc = cgi_place_missing(ctx, p);
	if (rc == -ENODEV)
		return cannot_see(ctx, p, line, ctx->errmsg);
	if (rc != -ENOENT)
		return rc < 0 ? rc : 0;
	return cgi_place_ident(ctx, p->tree, p->path, &id) ? 0 :
		cgi_fail(ctx, -ESTALE, "%s is another group by now: it was removed and made again",
			 CGI_AT(p));
}

int cgi_place_restore(struct cg_ctx *ctx, const char *line, struct cgi_place *p)
{
	unsigned long long ino, top, parent;
	char kind[4], name[128];
	unsigned id, made;
	int n = 0;

	*p = (struct cgi_place){ .fd = -1, .ours = true };
	if (sscanf(line, "%3s %127s %*u %llu %u %llu %llu %u %n", kind, name, &ino, &id, &top,
		   &parent, &made, &n) != 7 || !n || line[n] != '/' || !line[n + 1] ||
	    cgi_path_check(line + n) || (strcmp(kind, cgi_kind_name(CGI_V1)) &&
					 strcmp(kind, cgi_kind_name(CGI_V2))))
		return cgi_fail(ctx, -EINVAL, "saved group: bad directory \"%.60s\"", line);
	if (!strcmp(name, "-"))
		name[0] = '\0';
	p->tree = cgi_tree_named(ctx, name, strlen(name));
	p->path = strdup(line + n);
	p->ino = ino;
	p->parent = parent;
	p->made = made;
	if (!p->path)
		return cgi_nomem(ctx);
	/* A v1 hierarchy lives as long as it has groups: another of that name has not ours. */
	if (*name && (!p->tree || p->tree->id != id)) {
		p->tree = NULL;
		p->gone = true;
		return 0;
	}
	if (!p->tree)
		return cannot_see(ctx, p, line, "the kernel shows no cgroup v2 here");
	if (p->tree->fd < 0)
		return cannot_see(ctx, p, line, p->tree->why);
	if (!ctx->present[p->tree->kind])
		return cannot_see(ctx, p, line, ctx->absent[p->tree->kind]);
	return find_again(ctx, p, line, top);
}
