/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A place from systemd, for a user who has none: a user in a login session owns a subtree,
 * but only their manager may move a process there. It is asked for a delegated scope around
 * the first process of the group; the places of the group are made below that scope, never in
 * it, and do all the rest.
 *
 * The manager may restart, hang, answer late, or have done what it did not say. So what it
 * said is compared with what the kernel says of the process; a scope that was asked for and
 * whose place is not known is looked for by its name and its tag, never believed absent; and
 * a scope has ended when systemd says so or its group is gone, not when nobody answers.
 */
#include <poll.h>
#include <stdio.h>

#include "systemd.h"

#define CHILD		"group"		/* ours, below the scope: the scope's own files are not */

/* ---- names ---- */

/* A unit's name is letters, digits and :_.-; the rest becomes \xNN, so no two become one. */
static bool add_escaped(char out[CGI_UNIT_NAME + 1], const char *s)
{
	size_t n = strlen(out);

	for (; *s; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9') || strchr(":_.-", *s);

		if (n + (plain ? 1 : 4) > CGI_UNIT_NAME)
			return false;
		n += (size_t)snprintf(out + n, CGI_UNIT_NAME + 1 - n, plain ? "%c" : "\\x%02x",
				      (unsigned char)*s);
	}
	return true;
}

/* "slice:prefix:name" as in OCI, or any path of a group. */
static int name_unit(struct cg_ctx *ctx, const char *path, struct cgi_unit *u)
{
	const char *a = strchr(path, ':'), *b = a ? strchr(a + 1, ':') : NULL;
	const char *prefix = "libcg", *name = path + (*path == '/');
	size_t slice = 0, len = strlen(prefix);

	if (b && !strchr(b + 1, ':') && !strchr(path, '/')) {
		slice = (size_t)(a - path);
		prefix = a + 1;
		len = (size_t)(b - prefix);
		name = b + 1;
	}
	if (slice && (slice < 7 || slice > CGI_UNIT_NAME || strncmp(a - 6, ".slice", 6)))
		return cgi_fail(ctx, -EINVAL, "\"%.*s\" is not the name of a slice", (int)slice,
				path);
	snprintf(u->slice, sizeof(u->slice), "%.*s", (int)slice, path);
	if (snprintf(u->name, sizeof(u->name), "%.*s%s", (int)len, prefix, len ? "-" : "") >
	    CGI_UNIT_NAME || !add_escaped(u->name, name) || !add_escaped(u->name, ".scope"))
		return cgi_fail(ctx, -EINVAL, "\"%.60s...\" is too long: the name of a unit has %d "
				"bytes at the most", path, CGI_UNIT_NAME);
	return 0;
}

/* ---- life ---- */

int cgi_unit_new(struct cg_ctx *ctx, const char *path, struct cgi_unit **ret)
{
	_cleanup_free_ struct cgi_unit *u = calloc(1, sizeof(*u));
	int rc;

	if (!u)
		return cgi_nomem(ctx);
	rc = name_unit(ctx, path, u);
	if (rc)
		return rc;
	snprintf(u->tag, sizeof(u->tag), "libcg.%d.%llu", ctx->sys->self(ctx->k),
		 (unsigned long long)ctx->sys->now(ctx->k));
	snprintf(u->address, sizeof(u->address), "%s", ctx->manager->address);
	*ret = take_ptr(u);
	return 0;
}

void cgi_unit_free(struct cgi_unit *u)
{
	if (u)
		free(u->scope);
	free(u);
}

/* Whoever opens it again may have another environment: so the bus is in the line too. */
int cgi_unit_save(struct cg_ctx *ctx, const struct cgi_unit *u, struct cgi_buf *out)
{
	(void)ctx;
	cgi_buf_add(out, "systemd %s %s %s %s %s %s\n", u->scope ? "started" : "pending", u->name,
		    *u->slice ? u->slice : "-", u->tag, u->address, u->scope ? u->scope : "-");
	return 0;
}

/* Between the saving and now it may have been asked for, by somebody who was killed since. */
int cgi_unit_restore(struct cg_ctx *ctx, const char *line, struct cgi_unit **ret)
{
	struct cgi_unit *u = calloc(1, sizeof(*u));
	char state[16];
	int at = 0;

	if (!u)
		return cgi_nomem(ctx);
	if (sscanf(line, "systemd %15s %255s %255s %63s %255s %n", state, u->name, u->slice, u->tag,
		   u->address, &at) != 5 || !at || !line[at]) {
		cgi_unit_free(u);
		return cgi_fail(ctx, -EINVAL, "saved group: bad unit \"%.60s\"", line);
	}
	u->asked = true;
	if (!strcmp(u->slice, "-"))
		u->slice[0] = '\0';
	if (line[at] == '/')
		u->scope = strdup(line + at);
	if (line[at] == '/' && !u->scope) {
		cgi_unit_free(u);
		return cgi_nomem(ctx);
	}
	*ret = u;
	return 0;
}

bool cgi_unit_asked(const struct cgi_unit *u)
{
	return u->asked;
}

bool cgi_unit_pending(const struct cgi_unit *u)
{
	return u->asked && !u->scope;
}

/* ---- the place ---- */

static int know_scope(struct cg_ctx *ctx, struct cgi_unit *u, const char *said)
{
	u->scope = strdup(said);
	return u->scope ? 0 : cgi_nomem(ctx);
}

static int place_below(struct cg_ctx *ctx, const struct cgi_unit *u, char **path)
{
	*path = cgi_path_join(u->scope, CHILD);
	return *path ? 0 : cgi_nomem(ctx);
}

/* Is there a unit of that name, and is it ours? 1, 0; <0: it cannot be asked */
static int is_ours(struct cg_ctx *ctx, const struct cgi_unit *u)
{
	char text[256];
	int rc = cgi_talk_get(ctx, u, "Description", text, sizeof(text));

	return rc == -ENOENT ? 0 : rc ? rc : !strcmp(text, u->tag);
}

int cgi_unit_find(struct cg_ctx *ctx, struct cgi_unit *u, char **path)
{
	char said[4096];
	int rc;

	cgi_talk_begin(ctx);
	rc = u->scope ? 1 : is_ours(ctx, u);
	if (rc == 1 && !u->scope) {
		rc = cgi_talk_get(ctx, u, "ControlGroup", said, sizeof(said));
		/* One that has ended and is not forgotten yet has no group. */
		rc = rc ? rc : !said[0] || !said[1] ? -ENOENT : know_scope(ctx, u, said);
	} else if (rc >= 0) {
		rc = rc ? 0 : -ENOENT;
	}
	if (rc == -ENOENT)
		return cgi_fail(ctx, rc, "systemd: there is no %s", u->name);
	if (rc)
		return cgi_talk_say(ctx, rc == -ETIMEDOUT ? -ENODEV : rc, "where is", u);
	return place_below(ctx, u, path);
}

/* Where the kernel says that the process is; systemd moves it in both where both are mounted. */
static bool is_at(const char *text, const char *said)
{
	struct cgi_line l;

	if (cgi_parse_cgroup(text, "", &l) || l.len <= 1)
		if (cgi_parse_cgroup(text, "name=systemd", &l))
			return false;
	return l.len == strlen(said) && !memcmp(l.path, said, l.len);
}

/* Where systemd says the scope is, if the kernel says the same of the process. */
static int learn_place(struct cg_ctx *ctx, struct cgi_unit *u, const struct cgi_question *q)
{
	_cleanup_free_ char *text = NULL;
	char said[4096];
	int rc;

	rc = cgi_talk_get(ctx, u, "ControlGroup", said, sizeof(said));
	if (rc)
		return cgi_talk_say(ctx, rc, "where is", u);
	rc = cgi_read_proc(ctx, q->pid, "cgroup", &text);
	/* What /proc hides is asked for nothing more: our places below the scope will tell. */
	if (rc == -ESRCH && q->pidfd >= 0 && ctx->sys->poll(ctx->k, q->pidfd, POLLIN, 0) == 0)
		return said[0] && said[1] ? know_scope(ctx, u, said) : -EIO;
	if (rc)
		return cgi_fail(ctx, rc, "systemd: process %d: %s", q->pid, rc == -ESRCH ?
				"it has ended" : cgi_strerror(rc));
	if (!said[0] || !said[1] || !is_at(text, said))
		return cgi_fail(ctx, -EIO, "systemd: %s is at \"%.200s\", and process %d is not",
				u->name, said, q->pid);
	return know_scope(ctx, u, said);
}

static int start(struct cg_ctx *ctx, struct cgi_unit *u, const struct cgi_question *q)
{
	char why[sizeof(ctx->manager->why)];
	int ours, rc;

	u->asked = true;
	rc = cgi_talk(ctx, cgi_ask_start, q);
	if (rc) {
		/* It may have been done all the same: at once, or by a request before. */
		snprintf(why, sizeof(why), "%s", ctx->manager->why);
		ours = is_ours(ctx, u);
		u->asked = ours;
		if (ours != 1 || learn_place(ctx, u, q))
			return cgi_fail(ctx, rc, "systemd: start %s: %s", u->name, why);
		return 0;
	}
	return learn_place(ctx, u, q);
}

/* A later process. The group below the scope may not be there yet; then into the scope itself. */
static int join_later(struct cg_ctx *ctx, struct cgi_unit *u, struct cgi_question *q)
{
	int rc;

	q->text = "/" CHILD;
	rc = cgi_talk(ctx, cgi_ask_attach, q);
	if (rc && rc != -ETIMEDOUT && rc != -ENODEV) {
		q->text = "";
		rc = cgi_talk(ctx, cgi_ask_attach, q);
	}
	return rc ? cgi_talk_say(ctx, rc, "attach a process to", u) : 0;
}

int cgi_unit_join(struct cg_ctx *ctx, struct cgi_unit *u, pid_t pid, char **path)
{
	struct cgi_question q = { .u = u, .pid = pid };
	bool first = !u->scope;
	int rc = 0;

	cgi_talk_begin(ctx);
	q.pidfd = ctx->sys->pidfd(ctx->k, pid);
	if (q.pidfd < 0 && q.pidfd != -ENOSYS)
		return cgi_fail(ctx, q.pidfd, "systemd: process %d: %s", pid,
				cgi_strerror(q.pidfd));
	if (cgi_unit_pending(u)) {
		rc = cgi_unit_find(ctx, u, path);
		u->asked = rc != -ENOENT;
		rc = rc == -ENOENT ? 0 : rc;
	}
	if (!rc)
		rc = u->scope ? join_later(ctx, u, &q) : start(ctx, u, &q);
	if (!rc && first && !*path)
		rc = place_below(ctx, u, path);
	cgi_close_fd(ctx, q.pidfd);
	return rc ? rc : first;
}

const struct cgi_tree *cgi_managed(struct cg_ctx *ctx, unsigned i)
{
	static const char *const names[CGI_MANAGED] = { "", "name=systemd" };
	const struct cgi_tree *t = cgi_tree_named(ctx, names[i], strlen(names[i]));

	return t && t->fd >= 0 ? t : NULL;
}

/* Has systemd removed the group of the scope, in every hierarchy where it makes one? */
static bool scope_gone(struct cg_ctx *ctx, const struct cgi_unit *u)
{
	struct cgi_ident id;
	bool gone = false;

	for (unsigned i = 0; u->scope && i < CGI_MANAGED; i++) {
		const struct cgi_tree *t = cgi_managed(ctx, i);

		if (!t)
			continue;
		if (ctx->sys->ident(ctx->k, t->fd, u->scope + 1, &id) != -ENOENT)
			return false;
		gone = true;
	}
	return gone;
}

/* An empty scope ends by itself when systemd notices it, whether or not its bus answers. */
int cgi_unit_end(struct cg_ctx *ctx, struct cgi_unit *u)
{
	unsigned pause = 0;
	int rc;

	if (!u->asked)
		return 0;
	cgi_talk_begin(ctx);
	rc = is_ours(ctx, u);
	if (rc == 1)
		rc = cgi_talk(ctx, cgi_ask_stop, &(struct cgi_question){ .u = u });
	if (!rc || rc == -ENOENT)
		return 0;
	cgi_talk_say(ctx, rc, "end", u);
	while (!scope_gone(ctx, u)) {
		if (!u->scope || cgi_late(ctx))
			return rc;
		cgi_pause(ctx, &pause, ctx->deadline);
	}
	return 0;
}
