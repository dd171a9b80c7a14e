/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is in a place: lists of members, moving processes in and back. */
#include <stdio.h>

#include "place.h"
#include "walk.h"

struct listing {
	struct cg_ctx *ctx;
	struct cgi_place *p;
	int top;			/* descriptor of the place itself */
	cgi_pid_fn fn;
	void *data;
	uint64_t hidden;		/* members that v1 does not list */
	bool unsure;			/* nor counts */
	unsigned unseen;		/* groups whose list may not be read */
	int denied;
};

bool cgi_place_holds(const struct cgi_place *p, const char *text)
{
	size_t n = strlen(p->path);
	struct cgi_line l;

	if (!p->tree || p->unseen || cgi_tree_line(p->tree, text, &l))
		return false;
	return n == 1 || (l.len >= n && !memcmp(l.path, p->path, n) &&
			  (l.len == n || l.path[n] == '/'));
}

/* The process of a thread: "Tgid:" in its status. */
static int on_thread(void *data, pid_t tid, size_t n)
{
	_cleanup_free_ char *text = NULL;
	struct listing *l = data;
	char *s;
	int pid, rc;

	if (!tid)
		return l->fn(l->data, 0, n);
	rc = cgi_read_proc(l->ctx, tid, "status", &text);
	if (rc == -ESRCH)
		return 0;		/* it has ended, or /proc hides it: then the union has it */
	s = rc ? NULL : strstr(text, "\nTgid:");
	if (!s || sscanf(s + 6, "%d", &pid) != 1 || pid <= 0)
		return rc ? rc : -EIO;
	return l->fn(l->data, pid, 1);
}

static int count_pid(void *data, pid_t pid, size_t n)
{
	(void)pid;
	*(uint64_t *)data += n;
	return 0;
}

/*
 * cgroup.procs of v1 leaves out who lives outside our PID namespace, without a trace. The
 * kernel's own count of threads tells; it is a lower bound, so this is one too.
 */
static int count_hidden(struct listing *l, int fd)
{
	_cleanup_free_ char *text = NULL;
	struct cg_ctx *ctx = l->ctx;
	struct cgi_counts counts;
	uint64_t visible = 0;
	ssize_t n;

	if (l->p->tree->kind != CGI_V1 || !ctx->child_pidns)
		return 0;
	n = cgi_read_all(ctx, fd, "tasks", &text);
	if (cgi_is_gone((int)n))
		return 0;
	if (n < 0 || cgi_pids_parse(text, count_pid, &visible) ||
	    ctx->sys->counts(ctx->k, fd, &counts))
		l->unsure = true;
	else if (counts.total > visible)
		l->hidden += counts.total - visible;
	return 0;
}

/*
 * cgroup.procs of a threaded group is refused (EOPNOTSUPP), and before 5.2 it left out
 * processes whose leader has exited; cgroup.threads has them all.
 */
static int list_one(void *data, int fd)
{
	_cleanup_free_ char *text = NULL;
	static const char procs[] = "cgroup.procs";
	struct listing *l = data;
	struct cg_ctx *ctx = l->ctx;
	ssize_t n = cgi_read_all(ctx, fd, procs, &text);

	if (cgi_is_denied((int)n) && l->p->ours && !ctx->sys->chmod(ctx->k, fd, procs, 0644))
		n = cgi_read_all(ctx, fd, procs, &text);
	if (n >= 0) {
		int rc = cgi_pids_parse(text, l->fn, l->data);

		return rc ? rc : count_hidden(l, fd);
	}
	if (n == -EOPNOTSUPP) {
		n = cgi_read_all(ctx, fd, "cgroup.threads", &text);
		if (n >= 0)
			return cgi_pids_parse(text, on_thread, l);
	}
	if (cgi_is_gone((int)n) && fd != l->top)
		return 0;
	if (!cgi_is_denied((int)n))
		return (int)n;
	l->denied = l->unseen++ ? l->denied : (int)n;
	return 0;
}

static int report(struct listing *l, const struct cgi_walk *w, unsigned *unseen)
{
	unsigned n = l->unseen + w->unseen;
	int rc = 0;

	if (l->hidden)
		rc = l->fn(l->data, 0, l->hidden);
	if (!rc && n)
		rc = cgi_fail(l->ctx, l->unseen ? l->denied : w->denied, "list %s: %u groups in it "
			      "may not be looked into: %s", CGI_AT(l->p), n,
			      cgi_strerror(l->unseen ? l->denied : w->denied));
	if (unseen) {
		*unseen += n;
		rc = n ? 0 : rc;
	}
	return rc ? rc : l->unsure ? CG_WEAK : 0;
}

int cgi_place_list(struct cg_ctx *ctx, struct cgi_place *p, unsigned flags, cgi_pid_fn fn,
		   void *data, unsigned *unseen)
{
	struct listing l = { .ctx = ctx, .p = p, .fn = fn, .data = data };
	struct cgi_walk w = { .enter = list_one, .data = &l, .ours = p->ours };
	int fd, rc;

	if (p->gone)
		return 0;
	fd = cgi_place_enter(ctx, p);
	if (fd < 0)
		return p->gone ? 0 : fd;
	l.top = fd;
	rc = flags & CG_HERE ? list_one(&l, fd) : cgi_walk(ctx, fd, &w);
	p->nested = p->nested || w.nested;
	if (cgi_is_gone(rc) && cgi_place_gone_now(ctx, p, fd))
		rc = 0;
	cgi_place_done(ctx, p, fd);
	if (rc == -ETIMEDOUT || rc > 0)
		return rc;
	return rc ? cgi_fail(ctx, rc, "list %s: %s", CGI_AT(p), cgi_strerror(rc)) :
		report(&l, &w, unseen);
}

#define FOUND	2		/* as opposed to CG_WEAK */

static int found_one(void *data, pid_t pid, size_t n)
{
	(void)data;
	(void)pid;
	return n ? FOUND : 0;
}

/*
 * The short way, without opening the directory: a group without groups below it whose list is
 * empty, and which is still the one that has the path, so the list was its own.
 */
static bool is_bare(struct cg_ctx *ctx, struct cgi_place *p)
{
	_cleanup_free_ char *file = NULL;
	struct cgi_ident id;
	struct cgi_at at;
	char one[16];
	ssize_t n = -1;

	if (ctx->child_pidns || p->unseen || p->gone)
		return false;
	file = cgi_path_join(p->path, "cgroup.procs");
	if (!file || cgi_at_open(ctx, p->tree->fd, file, &at))
		return false;
	n = ctx->sys->read(ctx->k, at.fd, at.name, one, sizeof(one));
	cgi_at_close(ctx, p->tree->fd, &at);
	return !n && cgi_place_is(ctx, p, p->path, &id) && id.nlink == 2;
}

int cgi_place_empty(struct cg_ctx *ctx, struct cgi_place *p, bool *empty)
{
	bool populated;
	int rc;

	*empty = true;
	if (p->gone)
		return 0;
	rc = p->unseen ? cgi_place_enter(ctx, p) : p->tree->d->populated(ctx, p, &populated);
	if (!rc) {
		*empty = !populated;
		return 0;
	}
	if (p->gone)
		return 0;
	if (rc != -EAGAIN && !cgi_is_denied(rc))
		return rc;
	if (is_bare(ctx, p))
		return 0;
	rc = cgi_place_list(ctx, p, 0, found_one, NULL, NULL);
	*empty = rc != FOUND;
	return rc == FOUND ? 0 : rc;
}

int cgi_place_put(struct cg_ctx *ctx, struct cgi_place *p, pid_t pid, const char *text)
{
	char num[16];
	int rc;

	free(p->origin);
	p->origin = NULL;
	if (cgi_tree_where(p->tree, text, &p->origin) == -ENOMEM)
		return cgi_nomem(ctx);
	snprintf(num, sizeof(num), "%d", pid);
	rc = cgi_place_write(ctx, p, "cgroup.procs", num);
	if (rc == -EACCES && p->tree->kind == CGI_V2)
		return cgi_fail(ctx, rc, "attach %d to %s: cgroup v2 wants write permission on "
				"cgroup.procs of the nearest common ancestor with %s",
				pid, CGI_AT(p), p->origin ? p->origin : "its group");
	return rc ? cgi_fail(ctx, rc, "attach %d to %s: %s", pid, CGI_AT(p), cgi_strerror(rc)) : 0;
}

void cgi_place_put_back(struct cg_ctx *ctx, struct cgi_place *p, pid_t pid)
{
	_cleanup_free_ char *file = NULL;
	struct cgi_at at;
	char num[16];

	if (!p->origin)
		return;
	file = cgi_path_join(p->origin, "cgroup.procs");
	if (!file || cgi_at_open(ctx, p->tree->fd, file, &at))
		return;
	snprintf(num, sizeof(num), "%d", pid);
	(void)ctx->sys->write(ctx->k, at.fd, at.name, num);
	cgi_at_close(ctx, p->tree->fd, &at);
}
