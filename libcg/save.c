/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group as a text and back. What the text names and cannot be found again is gone only where
 * the kernel shows that; what cannot be asked stays a part of the group, and is an error of
 * every verb that would have to ask it.
 */
#include <stdio.h>

#include "core.h"

#define HEAD	"libcg 2 "

/* Inode numbers and start times mean nothing after a reboot. */
static int boot_id(struct cg_ctx *ctx, char *out, size_t size)
{
	ssize_t n = cgi_read_word(ctx, ctx->procfd, "sys/kernel/random/boot_id", out, size);

	if (n > 0)
		return 0;
	return cgi_fail(ctx, cgi_is_scarce((int)n) ? (int)n : -ENODEV, "which boot this is cannot "
			"be told: read /proc/sys/kernel/random/boot_id: %s",
			cgi_strerror((int)n));
}

static void save_parts(const struct cg *cg, struct cgi_buf *out, int *rc)
{
	cgi_buf_add(out, "path %s\n", cg->path);
	if (cg->stopping)
		cgi_buf_add(out, "stopped\n");
	for (size_t i = 0; i < cg->n_kept; i++)
		cgi_buf_add(out, "kept %d %llu\n", cg->kept[i].pid,
			    (unsigned long long)cg->kept[i].start);
	if (cg->unit)
		*rc = cgi_unit_save(cg->ctx, cg->unit, out);
	if (cg->unit_line)
		cgi_buf_add(out, "%s\n", cg->unit_line);
	CGI_EACH(cg, p)
		cgi_place_save(cg->ctx, p, out);
	if (cg->claims && !*rc)
		*rc = cgi_claims_save(cg->claims, out);
	for (int i = 0; i < CGI_KINDS; i++)
		if (*cg->absent[i])
			cgi_buf_add(out, "absent %s %s\n", cgi_kind_name((enum cgi_kind)i),
				    cg->absent[i]);
}

CG_API int cg_save(const struct cg *cg, char *buf, size_t size)
{
	_cleanup_(cgi_buf_free) struct cgi_buf out = { 0 };
	struct cg_ctx *ctx = cg->ctx;
	char boot[64];
	int rc;

	cgi_enter(ctx, -1);
	rc = boot_id(ctx, boot, sizeof(boot));
	if (!rc && *cg->unseen)
		rc = cgi_fail(ctx, -ENODEV, "%s", cg->unseen);
	if (!rc) {
		cgi_buf_add(&out, HEAD "%s\n", boot);
		save_parts(cg, &out, &rc);
	}
	if (!rc && out.failed)
		rc = cgi_nomem(ctx);
	if (!rc && out.len >= size)
		rc = cgi_fail(ctx, -ERANGE, "the saved group has %zu bytes", out.len + 1);
	if (rc)
		return cgi_result(ctx, rc);
	memcpy(buf, out.s, out.len + 1);
	return (int)out.len;
}

static int bad_line(struct cg *cg, const char *line)
{
	return cgi_fail(cg->ctx, -EINVAL, "saved group: bad line \"%.60s\"", line);
}

static int restore_kept(struct cg *cg, const char *line)
{
	unsigned long long start;
	int pid;

	if (sscanf(line, "kept %d %llu", &pid, &start) != 2 || pid <= 0)
		return bad_line(cg, line);
	return cgi_keep_stopped(cg, pid, start);
}

static int restore_place(struct cg *cg, const char *line, unsigned flags)
{
	struct cgi_place p;
	int rc = cgi_place_restore(cg->ctx, line, &p);

	for (size_t i = 0; !rc && p.tree && i < cg->places.n; i++)
		if (cg->places.v[i].tree == p.tree)
			rc = bad_line(cg, line);
	rc = rc ? rc : cgi_group_add(cg, &p);
	if (!rc)
		return 0;
	cgi_place_close(cg->ctx, &p);
	return rc == -ESTALE && flags & CG_SKIP_REPLACED ? 0 : rc;
}

static int cannot_ask(struct cg *cg, const char *what, enum cgi_kind kind)
{
	snprintf(cg->unseen, sizeof(cg->unseen), "%s: %s", what, cg->ctx->absent[kind]);
	return 0;
}

/* Without a manager a scope whose place is known is asked by its places. */
static int restore_unit(struct cg *cg, const char *line)
{
	if (cg->unit || cg->unit_line)
		return bad_line(cg, line);
	if (cg->ctx->manager)
		return cgi_unit_restore(cg->ctx, line, &cg->unit);
	if (strstr(line, " pending "))
		return cannot_ask(cg, "a unit was asked for, and its manager cannot be asked",
				  CGI_PLACER);
	cg->unit_line = strdup(line);
	return cg->unit_line ? 0 : cgi_nomem(cg->ctx);
}

static int restore_claim(struct cg *cg, const char *line)
{
	if (!cg->ctx->claims)
		return cannot_ask(cg, "recorded processes cannot be asked for", CGI_CLAIMS);
	return cgi_claims_restore(cg->ctx, line + strlen(cgi_kind_name(CGI_CLAIMS)) + 1,
				  &cg->claims);
}

static int restore_absent(struct cg *cg, const char *line)
{
	for (int i = 0; i < CGI_KINDS; i++) {
		const char *name = cgi_kind_name((enum cgi_kind)i);
		size_t n = strlen(name);

		if (strncmp(line + 7, name, n) || line[7 + n] != ' ')
			continue;
		snprintf(cg->absent[i], sizeof(cg->absent[i]), "%s", line + 8 + n);
		return 0;
	}
	return bad_line(cg, line);
}

static bool begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(line, word, n) && line[n] == ' ';
}

/* "v2 ...", "v1 freezer ...", "proc ref ...", "absent v1 why", "stopped", "kept pid start" */
static int restore_line(struct cg *cg, const char *line, unsigned flags)
{
	if (!strcmp(line, "stopped")) {
		cg->stopping = true;
		return 0;
	}
	if (begins(line, "kept"))
		return restore_kept(cg, line);
	if (begins(line, "absent"))
		return restore_absent(cg, line);
	if (begins(line, cgi_kind_name(CGI_PLACER)))
		return restore_unit(cg, line);
	if (begins(line, cgi_kind_name(CGI_CLAIMS)))
		return restore_claim(cg, line);
	if (begins(line, cgi_kind_name(CGI_V2)) || begins(line, cgi_kind_name(CGI_V1)))
		return restore_place(cg, line, flags);
	return bad_line(cg, line);
}

static int restore_lines(struct cg *cg, char *text, unsigned flags)
{
	char *line, *end;
	int rc = 0;

	for (line = text; !rc && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return cgi_fail(cg->ctx, -EINVAL, "saved group: cut off");
		*end = '\0';
		rc = restore_line(cg, line, flags);
	}
	return rc;
}

/* Of another boot: all of it is gone, a group without parts. */
static int restore(struct cg_ctx *ctx, char *text, unsigned flags, struct cg **ret)
{
	char boot[64], *line = strchr(text, '\n'), *end = line ? strchr(line + 1, '\n') : NULL;
	int rc;

	if (flags & ~CG_SKIP_REPLACED || strncmp(text, HEAD, strlen(HEAD)) || !end ||
	    strncmp(line, "\npath ", 6))
		return cgi_fail(ctx, -EINVAL, "this is not a saved group");
	*line = *end = '\0';
	*ret = cgi_group_new(ctx, line + 6);
	if (!*ret)
		return -ENOMEM;
	memset((*ret)->absent, 0, sizeof((*ret)->absent));
	rc = boot_id(ctx, boot, sizeof(boot));
	if (!rc && !strcmp(text + strlen(HEAD), boot))
		rc = restore_lines(*ret, end + 1, flags);
	return rc;
}

CG_API int cg_restore(struct cg_ctx *ctx, const char *text, unsigned flags, struct cg **ret)
{
	_cleanup_free_ char *copy = strdup(text);
	struct cg *cg = NULL;
	int rc;

	cgi_enter(ctx, -1);
	rc = copy ? restore(ctx, copy, flags, &cg) : cgi_nomem(ctx);
	if (rc) {
		cg_close(cg);
		return cgi_result(ctx, rc);
	}
	cg->adopted = true;
	cgi_group_name(cg);
	*ret = cg;
	return 0;
}
