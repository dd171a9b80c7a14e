/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * No cgroup: members are found in /proc by what was recorded of them. The last part of
 * every stack; behind a cgroup it is the witness for recorded processes that have left.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "proc.h"

/* Believed only where the caller's own, which lives, is found so. */
static bool tells_end(struct cg_ctx *ctx, uint64_t own_id, uint64_t own_ino)
{
	int fd = own_id ? ctx->sys->user_ns(ctx->k, own_id, own_ino) : -EOPNOTSUPP;

	cgi_close_fd(ctx, fd);
	return fd >= 0;
}

static int proc_probe(struct cg_ctx *ctx, int index)
{
	struct proc_host *h;
	uint64_t id;
	int rc;

	if (ctx->foreign_proc)
		return cgi_fail(ctx, -ENODEV, "/proc shows another PID namespace than ours");
	h = calloc(1, sizeof(*h));
	if (!h)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	for (unsigned i = 0; i < PROC_IDS; i++) {
		rc = cgi_proc_ns(ctx, ctx->sys->self(ctx->k), i, &h->own[i]);
		if (!rc)
			continue;
		free(h);
		return cgi_fail(ctx, -ENODEV, "read our own namespaces: %s", cgi_strerror(rc));
	}
	id = cgi_proc_nsid(ctx, ctx->sys->self(ctx->k), 0);
	h->has_nsid = id;
	h->tells_end = tells_end(ctx, id, h->own[0].ino);
	ctx->host[index] = h;
	return 0;
}

static int proc_info(struct cg_ctx *ctx, int index, cg_info_fn fn, void *data)
{
	struct proc_host *h = ctx->host[index];

	return fn(data, "kernel.namespace_id", h->has_nsid ? "yes" : "no");
}

static void proc_unprobe(struct cg_ctx *ctx, int index)
{
	free(ctx->host[index]);
	ctx->host[index] = NULL;
}

static int proc_create(struct cg_part *p, const char *path, unsigned flags)
{
	struct proc *x;

	(void)path;
	(void)flags;
	p->priv = x = calloc(1, sizeof(*x));
	if (!x)
		return cgi_fail(p->ctx, -ENOMEM, "no memory");
	for (unsigned i = 0; i < PROC_IDS; i++)
		x->nsfd[i] = -1;
	return 0;
}

/* There is nothing to open: nothing is recorded. */
static int proc_open(struct cg_part *p, const char *path)
{
	return proc_create(p, path, 0);
}

static int proc_open_pid(struct cg_part *p, pid_t pid, char place[CGI_PLACE])
{
	(void)place;
	(void)pid;
	return proc_create(p, "", 0);
}

static void proc_close(struct cg_part *p)
{
	struct proc *x = p->priv;

	if (x) {
		for (unsigned i = 0; i < PROC_IDS; i++) {
			free(x->held[i]);
			cgi_close_fd(p->ctx, x->nsfd[i]);
		}
		free(x->recorded.v);
		free(x->found.v);
		cgi_pids_free(&x->todo.first);
	}
	free(x);
	p->priv = NULL;
}

static void save_refs(struct cg_ctx *ctx, const char *word, const struct proc_refs *l,
		      struct cgi_buf *out)
{
	struct cgi_stat st;

	for (size_t i = 0; i < l->n; i++)
		if (!cgi_stat_pid(ctx, l->v[i].pid, &st) && st.start == l->v[i].start)
			cgi_buf_add(out, "proc %s %d %llu %llu\n", word, l->v[i].pid,
				    (unsigned long long)l->v[i].start,
				    (unsigned long long)l->v[i].inode);
}

static int proc_save(const struct cg_part *p, struct cgi_buf *out)
{
	const struct proc *x = p->priv;

	cgi_buf_add(out, "proc here 1\n");
	for (unsigned i = 0; i < PROC_IDS; i++)
		if (x->ids & 1U << i)
			cgi_buf_add(out, "proc id %u %llu %llu %llu\n", i,
				    (unsigned long long)x->ns[i].dev,
				    (unsigned long long)x->ns[i].ino,
				    (unsigned long long)x->nsid[i]);
	for (unsigned i = 0; i < PROC_IDS; i++)
		if (x->held[i])
			cgi_buf_add(out, "proc held %u %s\n", i, x->held[i]);
	/* The init of the namespace is kept when it has died: then the rest is dying. */
	if (x->ids & CG_ID_PID)
		cgi_buf_add(out, "proc init %d %llu %llu\n", x->init.pid,
			    (unsigned long long)x->init.start, (unsigned long long)x->init.inode);
	save_refs(p->ctx, "ref", &x->recorded, out);
	/* Where nothing else would find them again. */
	if (!p->witness && !(x->ids & CG_ID_USER))
		save_refs(p->ctx, "ref", &x->found, out);
	return 0;
}

static int restore_ref(struct cg_part *p, const char *word, const struct cg_ref *ref)
{
	struct proc *x = p->priv;

	/* The init is a member like any other: the guard of the caller has to see it. */
	if (!strcmp(word, "init"))
		x->init = *ref;
	return cgi_proc_refs_add(&x->recorded, ref);
}

static int note_mount(struct cg_part *p, unsigned bit, const char *path)
{
	struct proc *x = p->priv;
	char *copy = strdup(path);

	if (!copy)
		return cgi_fail(p->ctx, -ENOMEM, "no memory");
	free(x->held[bit]);
	x->held[bit] = copy;
	return 0;
}

static int proc_restore(struct cg_part *p, const char *line)
{
	unsigned long long a, b, c, d;
	int n, rc, path = 0;
	struct proc *x;
	char word[16];

	rc = p->priv ? 0 : proc_create(p, "", 0);
	if (rc)
		return rc;
	x = p->priv;
	n = sscanf(line, "%15s %llu %llu %llu %llu", word, &a, &b, &c, &d);
	if (sscanf(line, "held %llu /%n", &a, &path) == 1 && path && a < PROC_IDS) {
		rc = note_mount(p, (unsigned)a, line + path - 1);
	} else if (n == 2 && !strcmp(word, "here")) {
		rc = 0;		/* nothing is recorded yet */
	} else if (n == 5 && !strcmp(word, "id") && a < PROC_IDS) {
		x->ids |= 1U << a;
		x->nsid[a] = d;
		x->ns[a] = (struct cgi_ident){ .dev = b, .ino = c };
	} else if (n == 4 && a > 0 && a <= INT32_MAX &&
		   (!strcmp(word, "init") || !strcmp(word, "ref"))) {
		rc = restore_ref(p, word,
				 &(struct cg_ref){ .pid = (int32_t)a, .start = b, .inode = c });
	} else {
		rc = cgi_fail(p->ctx, -EINVAL, "saved group: bad line \"proc %.60s\"", line);
	}
	return rc;
}

static int proc_attach(struct cg_part *p, pid_t pid)
{
	struct proc *x = p->priv;
	struct cg_ref ref;
	int rc;

	if (p->witness)
		return 0;
	rc = cgi_ref_fill(p->ctx, pid, &ref);
	rc = rc ? rc : cgi_proc_refs_add(&x->recorded, &ref);
	return rc ? cgi_fail(p->ctx, rc, "record %d: %s", pid, cgi_strerror(rc)) : 0;
}

static void proc_unattach(struct cg_part *p, pid_t pid)
{
	struct proc *x = p->priv;

	if (x->recorded.n && x->recorded.v[x->recorded.n - 1].pid == pid)
		x->recorded.n--;
}

/* "NSpid: 4711 1": the last number is the one in its own PID namespace. */
static bool is_init(struct cg_ctx *ctx, pid_t pid)
{
	char name[32], buf[4096], *s, *end;

	snprintf(name, sizeof(name), "%d/status", pid);
	if (ctx->sys->read(ctx->k, ctx->procfd, name, buf, sizeof(buf)) < 0)
		return false;
	s = strstr(buf, "\nNSpid:");
	end = s ? strchr(s + 1, '\n') : NULL;
	return end && end[-1] == '1' && (end[-2] == '\t' || end[-2] == ' ');
}

static int proc_identify(struct cg_part *p, pid_t pid, unsigned ids)
{
	struct proc_host *h = p->ctx->host[p->index];
	struct cgi_ident id[PROC_IDS];
	struct proc *x = p->priv;
	struct cg_ref ref;
	int rc;

	rc = cgi_ref_fill(p->ctx, pid, &ref);
	for (unsigned i = 0; !rc && i < PROC_IDS; i++) {
		if (!(ids & 1U << i))
			continue;
		rc = cgi_proc_ns(p->ctx, pid, i, &id[i]);
		if (!rc && id[i].ino == h->own[i].ino && id[i].dev == h->own[i].dev)
			return cgi_fail(p->ctx, -EDEADLK,
					"identify %d: the caller is in that namespace "
					"itself",
					pid);
	}
	if (rc)
		return cgi_fail(p->ctx, rc == -ENOENT ? -ESRCH : rc, "identify %d: %s", pid,
				cgi_strerror(rc));
	if (ids & CG_ID_PID && !is_init(p->ctx, pid))
		return cgi_fail(p->ctx, -EINVAL,
				"identify %d: it is not the init of its PID namespace", pid);
	rc = cgi_proc_refs_add(&x->recorded, &ref);
	if (rc)
		return cgi_fail(p->ctx, rc, "no memory");
	for (unsigned i = 0; i < PROC_IDS; i++) {
		if (!(ids & 1U << i))
			continue;
		x->ns[i] = id[i];
		x->nsid[i] = cgi_proc_nsid(p->ctx, pid, i);
	}
	if (ids & CG_ID_PID)
		x->init = ref;
	x->ids |= ids;
	return 0;
}

static int proc_hold(struct cg_part *p, unsigned id, const char *path)
{
	struct proc_host *h = p->ctx->host[p->index];
	unsigned bit = id == CG_ID_USER ? 0 : 2;
	struct proc *x = p->priv;
	struct cgi_ident seen;
	int rc;

	if (p->witness || h->has_nsid)
		return 1;
	if (!path)
		return 0;
	rc = p->ctx->sys->ident(p->ctx->k, AT_FDCWD, path, &seen);
	if (rc)
		return cgi_fail(p->ctx, rc, "hold %s: %s", path, cgi_strerror(rc));
	if (!(x->ids & id) || seen.dev != x->ns[bit].dev || seen.ino != x->ns[bit].ino)
		return cgi_fail(p->ctx, -EINVAL, "hold %s: it is no namespace of this group", path);
	return note_mount(p, bit, path);
}

static int proc_unidentify(struct cg_part *p, unsigned ids)
{
	((struct proc *)p->priv)->ids &= ~ids;
	return 0;
}

struct walk {
	cgi_pid_fn fn;
	void *data;
};

static int on_member(void *data, const struct cgi_stat *st)
{
	struct walk *w = data;

	return w->fn(w->data, st->pid, 1);
}

static int proc_procs(struct cg_part *p, unsigned flags, cgi_pid_fn fn, void *data)
{
	struct walk w = { fn, data };
	int rc;

	/* CG_HERE: there are no groups below. */
	rc = cgi_proc_scan(p, flags, on_member, &w);
	return rc ? rc : cgi_proc_sure(p) ? 0 : CG_WEAK;
}

static int on_any(void *data, const struct cgi_stat *st)
{
	(void)data;
	(void)st;
	return 1;
}

/* One that is known saves the search. 1, 0, <0 */
static int known_lives(struct cg_part *p)
{
	struct proc *x = p->priv;
	struct proc_refs *lists[] = { &x->recorded, &x->found };
	struct cgi_stat st;

	(void)cgi_proc_trouble(p);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t j = 0; j < lists[i]->n; j++)
			if (cgi_proc_stat(p, lists[i]->v[j].pid, &st) &&
			    st.start == lists[i]->v[j].start && cgi_proc_lives(p, &st))
				return 1;
	return cgi_proc_trouble(p);
}

/* The kernel collects everybody before the init: who was not seen is not there. 1, 0, <0 */
static int pid_ns_ended(struct cg_part *p)
{
	struct proc *x = p->priv;
	bool ended;
	int rc;

	if (!(x->ids & CG_ID_PID) || x->ids & CG_ID_USER)
		return 0;
	ended = !cgi_proc_init_lives(p);
	rc = cgi_proc_trouble(p);
	return rc ? rc : ended;
}

static int proc_state(struct cg_part *p, unsigned *state)
{
	struct proc *x = p->priv;
	bool settled;
	int rc, ended = 0;

	rc = known_lives(p);
	if (!rc)
		rc = cgi_proc_scan(p, 0, on_any, NULL);
	settled = !(x->unsettled && x->chasing);
	/* Strangers that come and go may keep a pass from ever being complete. */
	if (!rc && !settled)
		ended = pid_ns_ended(p);
	if (rc < 0 || ended < 0)
		return rc < 0 ? rc : ended;
	*state = rc || !(settled || ended) ? 0 : CG_EMPTY;
	*state |= p->gone ? CG_GONE : 0;
	/* Somebody is somebody; that nobody is left takes a proof. */
	if (rc)
		return x->ids & CG_ID_USER && !x->unproven ? 0 : CG_WEAK;
	/* A PID namespace whose init is dead is as sure as a cgroup. */
	return cgi_proc_sure(p) || (x->ids & CG_ID_PID && *state & CG_EMPTY) ? 0 : CG_WEAK;
}

/* The kernel ends a PID namespace with its init: at once, and whatever they do. */
static int proc_kill(struct cg_part *p)
{
	struct proc *x = p->priv;
	int fd, rc;

	if (p->witness || !(x->ids & CG_ID_PID))
		return -EOPNOTSUPP;
	rc = cgi_ref_pidfd(p->ctx, &x->init, &fd);
	if (rc)
		return rc == -ESRCH ? 0 : rc;
	rc = p->ctx->sys->signal(p->ctx->k, fd, x->init.pid, SIGKILL);
	cgi_close_fd(p->ctx, fd);
	return rc == -ESRCH ? 0 : rc;
}

static int proc_remove(struct cg_part *p)
{
	p->gone = true;
	return 0;
}

const struct cg_driver cgi_driver_proc = {
	.name = "proc",
	.tracks = false,
	.kill_name = "proc by PID namespace",
	.probe = proc_probe,
	.unprobe = proc_unprobe,
	.info = proc_info,
	.create = proc_create,
	.open = proc_open,
	.open_pid = proc_open_pid,
	.save = proc_save,
	.restore = proc_restore,
	.remove = proc_remove,
	.close = proc_close,
	.attach = proc_attach,
	.unattach = proc_unattach,
	.identify = proc_identify,
	.hold = proc_hold,
	.unidentify = proc_unidentify,
	.procs = proc_procs,
	.member = cgi_proc_member,
	.state = proc_state,
	.kill = proc_kill,
	.brake = cgi_proc_chase,
	.caps = cgi_proc_caps,
};
