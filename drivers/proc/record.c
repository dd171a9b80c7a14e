/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is recorded of a group without a cgroup (namespaces, processes), how it is saved, and
 * the questions that are answered from it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "proc.h"

/* ---- the host ---- */

/* Believed only where it says of the caller's own user namespace that it has not ended. */
static bool tells_end(struct cg_ctx *ctx, uint64_t own_id, uint64_t own_ino)
{
	int fd = own_id ? ctx->sys->user_ns(ctx->k, own_id, own_ino) : -EOPNOTSUPP;

	cgi_close_fd(ctx, fd);
	return fd >= 0;
}

/* Does /proc hide processes of others? Process 1 shows it, unless it is the caller's own. */
static int hides(struct cg_ctx *ctx, bool *ret)
{
	_cleanup_free_ char *mounts = NULL;
	struct cgi_ident id;
	struct cgi_stat st;
	int rc = cgi_stat_pid(ctx, 1, &st);

	if (cgi_is_scarce(rc))
		return rc;
	*ret = rc != 0;
	if (rc || ctx->sys->ident(ctx->k, ctx->procfd, "1", &id) ||
	    id.uid != ctx->sys->euid(ctx->k))
		return 0;
	rc = (int)cgi_read_all(ctx, ctx->procfd, "self/mountinfo", &mounts);
	*ret = rc < 0 || strstr(mounts, "hidepid=");
	return cgi_is_scarce(rc) ? rc : 0;
}

int cgi_claims_look(struct cg_ctx *ctx)
{
	_cleanup_free_ struct cgi_claims_host *h = calloc(1, sizeof(*h));
	pid_t self = ctx->sys->self(ctx->k);
	struct cgi_ident id;
	int rc = 0;

	if (!h)
		return cgi_nomem(ctx);
	if (ctx->foreign_proc)
		return cgi_fail(ctx, -ENODEV, "/proc shows another PID namespace than ours");
	for (unsigned i = 0; !rc && i < PROC_IDS; i++)
		rc = cgi_proc_ns(ctx, self, i, &h->own[i]);
	if (rc)
		return cgi_fail(ctx, cgi_is_scarce(rc) ? rc : -ENODEV,
				"read our own namespaces: %s", cgi_strerror(rc));
	h->has_nsid = cgi_proc_nsid(ctx, self, BIT_USER);
	h->own_pid_id = cgi_proc_nsid(ctx, self, BIT_PID);
	h->tells_end = tells_end(ctx, cgi_proc_nsid(ctx, self, BIT_USER), h->own[BIT_USER].ino);
	h->sees_all = !ctx->child_pidns && h->own[BIT_USER].ino == CGI_INIT_USER_NS &&
		!cgi_proc_ns(ctx, 1, BIT_USER, &id);
	rc = h->sees_all ? 0 : hides(ctx, &h->hides);
	if (rc)
		return cgi_fail(ctx, rc, "look at /proc: %s", cgi_strerror(rc));
	ctx->claims = take_ptr(h);
	return 0;
}

void cgi_claims_forget(struct cg_ctx *ctx)
{
	free(ctx->claims);
	ctx->claims = NULL;
}

int cgi_claims_info(struct cg_ctx *ctx, cg_info_fn fn, void *data)
{
	return fn(data, "kernel.namespace_id", ctx->claims->has_nsid ? "yes" : "no");
}

/* ---- life ---- */

int cgi_claims_new(struct cg_ctx *ctx, struct cgi_claims **ret)
{
	struct cgi_claims_host *h = ctx->claims;
	struct cgi_claims *c = calloc(1, sizeof(*c));

	if (!c)
		return cgi_nomem(ctx);
	c->ctx = ctx;
	for (unsigned i = 0; i < PROC_IDS; i++)
		c->nsfd[i] = -1;
	c->by = ctx->sys->euid(ctx->k);
	if (h) {
		c->by_user_ns = h->own[BIT_USER].ino;
		c->by_pid_ns = h->own[BIT_PID].ino;
		c->by_pid_id = h->own_pid_id;
	}
	*ret = c;
	return 0;
}

void cgi_claims_free(struct cgi_claims *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < PROC_IDS; i++) {
		free(c->held[i]);
		cgi_close_fd(c->ctx, c->nsfd[i]);
	}
	free(c->known.v);
	free(c->known.slot);
	cgi_pids_free(&c->todo.first);
	free(c);
}

void cgi_claims_witness(struct cgi_claims *c, bool on)
{
	c->witness = on;
}

/*
 * Numbers of processes, and which processes are to be seen, mean something in one PID
 * namespace only.
 */
static bool of_our_pid_ns(const struct cgi_claims *c)
{
	const struct cgi_claims_host *h = c->ctx->claims;

	return h && (h->own_pid_id && c->by_pid_id ? h->own_pid_id == c->by_pid_id :
		     h->own[BIT_PID].ino == c->by_pid_ns);
}

/* 0, or -ENODEV where /proc cannot tell of what is recorded. */
static int usable(struct cgi_claims *c)
{
	if (!c->ctx->claims)
		return cgi_fail(c->ctx, -ENODEV, "processes cannot be known by /proc: %s",
				c->ctx->absent[CGI_CLAIMS]);
	return of_our_pid_ns(c) ? 0 : cgi_fail(c->ctx, -ENODEV, "the recorded processes cannot be "
					       "asked for: their numbers are of another PID "
					       "namespace than ours");
}

/* Where nothing is recorded there is nothing to ask. */
static int askable(struct cgi_claims *c)
{
	return c->ids || c->known.n ? usable(c) : 0;
}

/* ---- saved ---- */

static void save_known(const struct cgi_claims *c, struct cgi_buf *out)
{
	struct cgi_stat st;

	for (size_t i = 0; i < c->known.n; i++) {
		const struct proc_known *k = &c->known.v[i];

		/* Others will be found again by their tag. */
		if (!k->recorded && (c->witness || c->ids & CG_ID_USER))
			continue;
		if (of_our_pid_ns(c) && !cgi_ref_look(c->ctx, &k->ref, &st))
			continue;
		cgi_buf_add(out, "proc ref %d %" PRIu64 " %" PRIu64 "\n", k->ref.pid,
			    (uint64_t)k->ref.start, (uint64_t)k->ref.inode);
	}
}

int cgi_claims_save(const struct cgi_claims *c, struct cgi_buf *out)
{
	cgi_buf_add(out, "proc by %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", c->by, c->by_user_ns,
		    c->by_pid_ns, c->by_pid_id);
	for (unsigned i = 0; i < PROC_IDS; i++)
		if (c->ids & 1U << i)
			cgi_buf_add(out, "proc id %u %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", i,
				    c->ns[i].dev, c->ns[i].ino, c->nsid[i]);
	for (unsigned i = 0; i < PROC_IDS; i++)
		if (c->held[i])
			cgi_buf_add(out, "proc held %u %s\n", i, c->held[i]);
	/* The init of the namespace is kept when it has died: then the rest is dying. */
	if (c->ids & CG_ID_PID)
		cgi_buf_add(out, "proc init %d %" PRIu64 " %" PRIu64 "\n", c->init.pid,
			    (uint64_t)c->init.start, (uint64_t)c->init.inode);
	save_known(c, out);
	return 0;
}

static int note_mount(struct cgi_claims *c, unsigned bit, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return cgi_nomem(c->ctx);
	free(c->held[bit]);
	c->held[bit] = copy;
	return 0;
}

static int restore_line(struct cgi_claims *c, const char *line)
{
	unsigned long long a, b, d, e;
	char word[16];
	int n, path = 0;

	n = sscanf(line, "%15s %llu %llu %llu %llu", word, &a, &b, &d, &e);
	if (sscanf(line, "held %llu /%n", &a, &path) == 1 && path && a < PROC_IDS)
		return note_mount(c, (unsigned)a, line + path - 1);
	if (n == 5 && !strcmp(word, "by") && a <= UINT32_MAX) {
		c->by = (uid_t)a;
		c->by_user_ns = b;
		c->by_pid_ns = d;
		c->by_pid_id = e;
		return 0;
	}
	if (n == 5 && !strcmp(word, "id") && a < PROC_IDS) {
		c->ids |= 1U << a;
		c->ns[a] = (struct cgi_ident){ .dev = b, .ino = d };
		c->nsid[a] = e;
		return 0;
	}
	if (n == 4 && a > 0 && a <= INT32_MAX && (!strcmp(word, "init") || !strcmp(word, "ref"))) {
		struct cg_ref ref = { .pid = (int32_t)a, .start = b, .inode = d };

		/* The init is a member like any other. */
		if (!strcmp(word, "init"))
			c->init = ref;
		return cgi_proc_add(&c->known, &ref, true) ? cgi_nomem(c->ctx) : 0;
	}
	return cgi_fail(c->ctx, -EINVAL, "saved group: bad line \"proc %.60s\"", line);
}

int cgi_claims_restore(struct cg_ctx *ctx, const char *line, struct cgi_claims **c)
{
	int rc = *c ? 0 : cgi_claims_new(ctx, c);

	return rc ? rc : restore_line(*c, line);
}

/* ---- recording ---- */

int cgi_claims_attach(struct cgi_claims *c, pid_t pid)
{
	struct cg_ref ref;
	int rc;

	c->added = 0;
	if (c->witness)
		return 0;
	rc = usable(c);
	if (rc)
		return rc;
	rc = cgi_ref_fill(c->ctx, pid, &ref);
	if (!rc && !cgi_proc_find(&c->known, pid))
		c->added = pid;
	rc = rc ? rc : cgi_proc_add(&c->known, &ref, true);
	return rc ? cgi_fail(c->ctx, rc, "record %d: %s", pid, cgi_strerror(rc)) : 0;
}

void cgi_claims_unattach(struct cgi_claims *c, pid_t pid)
{
	struct proc_known *k = c->added == pid ? cgi_proc_find(&c->known, pid) : NULL;

	if (k) {
		k->ended = true;
		cgi_proc_drop_ended(&c->known);
	}
	c->added = 0;
}

/* The namespaces of a process, none of which may be the caller's own. */
static int own_namespaces(struct cgi_claims *c, pid_t pid, unsigned ids, struct cgi_ident *id)
{
	const struct cgi_ident *own = c->ctx->claims->own;
	int rc;

	for (unsigned i = 0; i < PROC_IDS; i++) {
		if (!(ids & 1U << i))
			continue;
		rc = cgi_proc_ns(c->ctx, pid, i, &id[i]);
		if (rc)
			return cgi_fail(c->ctx, rc == -ENOENT ? -ESRCH : rc, "identify %d: %s",
					pid, cgi_strerror(rc));
		if (id[i].ino == own[i].ino && id[i].dev == own[i].dev)
			return cgi_fail(c->ctx, -EDEADLK, "identify %d: the caller is in that "
					"namespace itself", pid);
	}
	return 0;
}

int cgi_claims_identify(struct cgi_claims *c, pid_t pid, int pidfd, unsigned ids)
{
	struct cgi_ident id[PROC_IDS];
	uint64_t nsid[PROC_IDS] = { 0 };
	struct cg_ref ref;
	int64_t last = 1;
	int rc = usable(c);

	if (rc)
		return rc;
	rc = cgi_ref_fill(c->ctx, pid, &ref);
	if (rc)
		return cgi_fail(c->ctx, rc, "identify %d: %s", pid, cgi_strerror(rc));
	rc = own_namespaces(c, pid, ids, id);
	if (rc)
		return rc;
	/* "NSpid: 4711 1": the last number is the one in its own PID namespace. */
	if (ids & CG_ID_PID)
		last = cgi_proc_status(c->ctx, pid, "NSpid");
	if (last < 0)
		return cgi_fail(c->ctx, (int)last, "identify %d: read its status: %s", pid,
				cgi_strerror((int)last));
	if (last != 1)
		return cgi_fail(c->ctx, -EINVAL, "identify %d: it is not the init of its PID "
				"namespace", pid);
	for (unsigned i = 0; i < PROC_IDS; i++)
		nsid[i] = ids & 1U << i ? cgi_proc_nsid(c->ctx, pid, i) : 0;
	rc = cgi_pidfd_lives(c->ctx, pidfd);
	if (rc)
		return cgi_fail(c->ctx, rc, "identify %d: %s", pid, cgi_strerror(rc));
	if (cgi_proc_add(&c->known, &ref, true))
		return cgi_nomem(c->ctx);
	for (unsigned i = 0; i < PROC_IDS; i++) {
		if (!(ids & 1U << i))
			continue;
		c->ns[i] = id[i];
		c->nsid[i] = nsid[i];
	}
	if (ids & CG_ID_PID)
		c->init = ref;
	c->looked_in = c->looked_in || ids & CG_ID_USER;
	c->ids |= ids;
	return 0;
}

int cgi_claims_hold(struct cgi_claims *c, unsigned id, const char *path)
{
	unsigned bit = id == CG_ID_USER ? BIT_USER : BIT_MNT;
	struct cgi_ident seen;
	int rc = usable(c);

	if (rc)
		return rc;
	if (c->witness || c->ctx->claims->has_nsid)
		return 1;
	if (!path)
		return 0;
	rc = c->ctx->sys->ident(c->ctx->k, AT_FDCWD, path, &seen);
	if (rc)
		return cgi_fail(c->ctx, rc, "hold %s: %s", path, cgi_strerror(rc));
	if (!(c->ids & id) || seen.dev != c->ns[bit].dev || seen.ino != c->ns[bit].ino)
		return cgi_fail(c->ctx, -EINVAL, "hold %s: it is no namespace of this group", path);
	return note_mount(c, bit, path);
}

void cgi_claims_unidentify(struct cgi_claims *c, unsigned ids)
{
	c->ids &= ~ids;
}

/* ---- questions ---- */

int cgi_claims_member(struct cgi_claims *c, pid_t pid)
{
	struct proc_known *k = cgi_proc_find(&c->known, pid);
	struct cgi_stat st;
	bool member;
	int rc = askable(c);

	if (rc)
		return rc;
	(void)cgi_proc_trouble(c);
	/* The tag after the start time: the number may be another's by then. */
	member = (k && cgi_proc_look(c, &k->ref, &st)) ||
		(cgi_proc_stat(c, pid, &st) && cgi_proc_tagged(c, pid));
	rc = member ? 0 : cgi_proc_trouble(c);
	return rc ? rc : member;
}

struct collect {
	cgi_pid_fn fn;
	void *data;
};

static int on_member(void *data, pid_t pid)
{
	struct collect *w = data;

	return w->fn(w->data, pid, 1);
}

int cgi_claims_list(struct cgi_claims *c, unsigned flags, const struct cgi_pids *listed,
		    cgi_pid_fn fn, void *data)
{
	struct collect w = { fn, data };
	int rc = askable(c);

	/* CG_HERE: there are no groups below. */
	rc = rc ? rc : cgi_proc_pass(c, flags, listed, on_member, &w);
	return rc ? rc : cgi_proc_sure(c) ? 0 : CG_WEAK;
}

static int on_any(void *data, pid_t pid)
{
	(void)data;
	(void)pid;
	return 1;
}

/* One that is known saves the pass. 1, 0, <0 */
static int known_lives(struct cgi_claims *c)
{
	struct cgi_stat st;

	(void)cgi_proc_trouble(c);
	for (size_t i = 0; i < c->known.n && (i % 64 || !i || !cgi_late(c->ctx)); i++)
		if (cgi_proc_look(c, &c->known.v[i].ref, &st) && cgi_proc_lives(c, &st))
			return 1;
	return cgi_proc_trouble(c);
}

/* The kernel collects all others of a PID namespace before its init has ended. 1, 0, <0 */
static int pid_ns_ended(struct cgi_claims *c)
{
	bool ended;
	int rc;

	if (!(c->ids & CG_ID_PID) || c->ids & CG_ID_USER)
		return 0;
	(void)cgi_proc_trouble(c);
	ended = !cgi_proc_init_lives(c);
	rc = cgi_proc_trouble(c);
	return rc ? rc : ended;
}

int cgi_claims_empty(struct cgi_claims *c, bool *empty)
{
	int rc = askable(c), ended = 0;

	rc = rc ? rc : known_lives(c);
	if (!rc)
		rc = cgi_proc_pass(c, 0, NULL, on_any, NULL);
	/* Strangers that come and go may keep a pass from ever being complete. */
	if (!rc && c->view == VIEW_CUT)
		ended = pid_ns_ended(c);
	if (rc < 0 || ended < 0)
		return rc < 0 ? rc : ended;
	*empty = !rc && (c->view != VIEW_CUT || ended);
	/* Somebody is somebody; that nobody is left takes a proof. */
	if (rc)
		return c->ids & CG_ID_USER && !c->unproven ? 0 : CG_WEAK;
	/* A PID namespace whose init is dead is as sure as a cgroup. */
	if (*empty && c->ids & CG_ID_PID && !c->ctx->claims->hides)
		return 0;
	return cgi_proc_sure(c) ? 0 : CG_WEAK;
}

/* The kernel ends a PID namespace with its init: at once, and whatever its processes do. */
int cgi_claims_kill(struct cgi_claims *c)
{
	int fd, rc = askable(c);

	if (rc)
		return rc;
	if (c->witness || !(c->ids & CG_ID_PID))
		return -EOPNOTSUPP;
	rc = cgi_ref_pidfd(c->ctx, &c->init, &fd);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	rc = c->ctx->sys->signal(c->ctx->k, fd, c->init.pid, SIGKILL);
	cgi_close_fd(c->ctx, fd);
	return rc == -ESRCH ? 0 : rc;
}

const char *cgi_claims_kill_name(void)
{
	return "proc by PID namespace";
}

void cgi_claims_chase(struct cgi_claims *c, bool on)
{
	c->chasing = on && !c->witness;
	c->todo.begun = c->todo.again = false;
}

bool cgi_claims_any(const struct cgi_claims *c)
{
	return c->ids || c->known.n;
}
