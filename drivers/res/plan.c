/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A transaction: writes that are all done or all undone. Files of one controller depend on
 * each other (v1: memory + swap is never below memory, a quota never above its period's share
 * of the parent, a burst never above the quota), and which must come first depends on old and
 * new values. The kernel says -EINVAL to the one that is too early; it is written again after
 * the others. Undone in the reverse order, so that each step was valid on the way there.
 */
#include <stdio.h>

#include "res/key.h"

static int add(struct cgi_plan *p, struct cgi_place *at, const char *file, const char *text)
{
	struct cgi_write *v = realloc(p->v, (p->n + 1) * sizeof(*v)), *w;

	if (!v)
		return cgi_nomem(p->ctx);
	p->v = v;
	w = &v[p->n];
	*w = (struct cgi_write){ .at = at, .file = strdup(file), .text = strdup(text) };
	p->n++;
	return w->file && w->text ? 0 : cgi_nomem(p->ctx);
}

static struct cgi_write *planned(struct cgi_plan *p, const struct cgi_place *at, const char *file)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].at == at && !strcmp(p->v[i].file, file))
			return &p->v[i];
	return NULL;
}

/* A file that is planned already gets the last value that was asked for, once. */
int cgi_plan_put(struct cgi_plan *p, struct cgi_place *at, const char *file, const char *text)
{
	struct cgi_write *w = planned(p, at, file);
	char *copy;

	if (!w)
		return add(p, at, file, text);
	copy = strdup(text);
	if (!copy)
		return cgi_nomem(p->ctx);
	free(w->text);
	w->text = copy;
	return 0;
}

int cgi_plan_put_u64(struct cgi_plan *p, struct cgi_place *at, const char *file, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), n == UINT64_MAX ? "-1" : "%llu", (unsigned long long)n);
	return cgi_plan_put(p, at, file, text);
}

int cgi_plan_put_device(struct cgi_plan *p, struct cgi_place *at, const char *file,
			const char *unset, const char *text)
{
	int rc = add(p, at, file, text);

	if (!rc)
		p->v[p->n - 1].unset = unset;
	return rc;
}

int cgi_plan_u64(struct cgi_plan *p, struct cgi_place *at, const char *file, uint64_t *ret)
{
	const struct cgi_write *w = planned(p, at, file);

	if (!w)
		return cgi_res_u64(p->ctx, at, file, ret);
	if (cgi_parse_u64(w->text, ret))
		*ret = UINT64_MAX;
	return 0;
}

/* What has to be written to come back to what the file says now. */
static char *undoing(const struct cgi_write *w, const char *text)
{
	static const char flag[] = "oom_kill_disable ";	/* memory.oom_control shows its name too */
	size_t len = strcspn(w->text, " \n");
	struct cgi_buf b = { 0 };

	for (const char *s = text; *s; s += strcspn(s, "\n"), s += *s == '\n')
		if (!strncmp(s, w->text, len) && s[len] == ' ')
			return strndup(s, strcspn(s, "\n"));
	if (w->unset) {
		cgi_buf_add(&b, "%.*s %s", (int)len, w->text, w->unset);
		if (b.failed)
			cgi_buf_free(&b);
		return b.s;
	}
	if (!strncmp(text, flag, strlen(flag)))
		text += strlen(flag);
	return strndup(text, strcspn(text, "\n"));
}

/* Some files can only be written. */
static int remember(struct cgi_plan *p, struct cgi_write *w)
{
	_cleanup_free_ char *text = NULL;
	ssize_t n = cgi_place_text(p->ctx, w->at, w->file, &text);

	if (n == -EINVAL || n == -EACCES || n == -EPERM || n == -EOPNOTSUPP)
		return 0;
	if (n < 0)
		return (int)n;
	w->old = undoing(w, text);
	return w->old ? 0 : cgi_nomem(p->ctx);
}

static int write_text(struct cgi_plan *p, const struct cgi_write *w, const char *text)
{
	return cgi_place_write(p->ctx, w->at, w->file, *text ? text : "\n");
}

/* The sentence of the failure stays; what could not be undone is added to it. */
static void undo(struct cgi_plan *p)
{
	char why[sizeof(p->ctx->errmsg)];
	size_t len;

	snprintf(why, sizeof(why), "%s", p->ctx->errmsg);
	while (p->done) {
		const struct cgi_write *w = &p->v[--p->done];

		len = strlen(why);
		if (!w->old)
			snprintf(why + len, sizeof(why) - len, "; %s has its new value: it does "
				 "not tell the old one", w->file);
		else if (write_text(p, w, w->old))
			snprintf(why + len, sizeof(why) - len, "; not put back: %.200s",
				 p->ctx->errmsg);
	}
	memcpy(p->ctx->errmsg, why, sizeof(why));
}

/* Moves a write that was done behind those done before it. */
static void is_done(struct cgi_plan *p, size_t i)
{
	struct cgi_write w = p->v[i];

	memmove(&p->v[p->done + 1], &p->v[p->done], (i - p->done) * sizeof(w));
	p->v[p->done++] = w;
}

/* Do they depend on each other? */
static bool same_controller(const struct cgi_write *a, const struct cgi_write *b)
{
	size_t len = strcspn(a->file, ".");

	return a->at == b->at && !strncmp(a->file, b->file, len + 1);
}

/* Writes until `end`, of one controller, in the order that works. */
static int write_group(struct cgi_plan *p, size_t end)
{
	char why[sizeof(p->ctx->errmsg)] = "";
	size_t before;
	int rc;

	do {
		before = p->done;
		for (size_t i = before; i < end; i++) {
			rc = cgi_in_time(p->ctx, "set");
			if (!rc)
				rc = write_text(p, &p->v[i], p->v[i].text);
			if (!rc)
				is_done(p, i);
			else if (rc != -EINVAL)
				return rc;
			else if (!*why)
				snprintf(why, sizeof(why), "%s", p->ctx->errmsg);
		}
		if (p->done == before)
			return cgi_fail(p->ctx, -EINVAL, "%s", why);
		*why = '\0';
	} while (p->done < end);
	return 0;
}

int cgi_plan_run(struct cgi_plan *p)
{
	bool alone = p->n + !!p->devices == 1;
	size_t end;
	int rc = 0;

	for (size_t i = 0; !rc && !alone && i < p->n; i++)
		rc = remember(p, &p->v[i]);
	while (!rc && p->done < p->n) {
		for (end = p->done + 1; end < p->n; end++)
			if (!same_controller(&p->v[p->done], &p->v[end]))
				break;
		rc = write_group(p, end);
	}
	if (!rc && p->devices)
		rc = CGI_IS_V1(p->devices->at) ? cgi_devices_v1(p->devices) :
		     cgi_devices_v2(p->devices);
	if (rc && p->done)
		undo(p);
	return rc;
}

void cgi_plan_free(struct cgi_plan *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].file);
		free(p->v[i].text);
		free(p->v[i].old);
	}
	free(p->v);
}
