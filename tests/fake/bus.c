/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A user's systemd on the fake kernel: delegated scopes below the user's own subtree, in
 * every tree that it manages (v2 and name=systemd), made around a process that the user
 * may not move there.
 */
#include "fk.h"
#include "libcg/sys/bus.h"

#define NOTICE_US	20000
#define MANAGER		"/user.slice/user-1000.slice/user@1000.service"

struct cgi_bus {
	struct fk *k;
	bool lost;			/* the manager it was connected to has gone */
	char why[128];
};

_Thread_local struct fk *fk_current;

static int said(struct cgi_bus *b, int rc, const char *why)
{
	snprintf(b->why, sizeof(b->why), "%s", why);
	return rc;
}

/* The beginning of every request. */
static int ask(struct cgi_bus *b, uint64_t deadline)
{
	b->k->bus_calls++;
	b->k->usec += 500;
	if (b->k->bus_restarts && !b->lost) {
		b->k->bus_restarts--;
		b->lost = true;
	}
	if (b->lost)
		return said(b, -ENOTCONN, "the connection is closed");
	if (b->k->bus_hangs) {
		b->k->usec = deadline;
		return said(b, -ETIMEDOUT, "no answer");
	}
	return b->k->bus_fails ? said(b, b->k->bus_fails, "the manager says no") : 0;
}

/* The end of every request that changes something: it is done, whatever the caller learns. */
static int answer(struct cgi_bus *b, uint64_t deadline)
{
	if (!b->k->bus_mute)
		return 0;
	b->k->bus_mute--;
	b->k->usec = deadline;
	return said(b, -ETIMEDOUT, "no answer");
}

static int bus_open(const char *address, uint64_t deadline, struct cgi_bus **ret, char *why,
		    size_t size)
{
	struct fk *k = fk_current;

	(void)deadline;
	snprintf(why, size, "nobody listens at %s", address);
	if (!k->systemd || strcmp(address, "unix:path=/run/user/1000/bus"))
		return -ENODEV;
	*ret = calloc(1, sizeof(**ret));
	if (!*ret)
		abort();
	(*ret)->k = k;
	k->bus_open++;
	return 0;
}

static void bus_close(struct cgi_bus *b)
{
	b->k->bus_open--;
	free(b);
}

static const char *bus_why(const struct cgi_bus *b)
{
	return b->why;
}

static struct fk_unit *unit(struct fk *k, const char *name)
{
	for (unsigned i = 0; i < k->nunits; i++)
		if (k->unit[i].there && !strcmp(k->unit[i].name, name))
			return &k->unit[i];
	return NULL;
}

static bool managed(const struct fk_h *h)
{
	return h->mounted && (h->v2 || !strcmp(h->controllers, "name=systemd"));
}

static int bus_start(struct cgi_bus *b, const struct cgi_scope *s, pid_t pid, int pidfd,
		     uint64_t deadline)
{
	struct fk *k = b->k;
	struct fk_proc *p = fk_find(k, pid);
	struct fk_unit *u;
	int rc = ask(b, deadline);

	if (rc)
		return rc;
	if (pidfd >= 0)
		p = fk_fd(k, pidfd)->p;
	if (!p || !fk_alive(p))
		return said(b, -ESRCH, "no such process");
	if (unit(k, s->unit))
		return said(b, -EEXIST, "the unit exists");
	for (u = k->unit; u->there; u++)
		if (u == &k->unit[sizeof(k->unit) / sizeof(k->unit[0]) - 1])
			abort();
	if (u == &k->unit[k->nunits])
		k->nunits++;
	snprintf(u->name, sizeof(u->name), "%s", s->unit);
	snprintf(u->description, sizeof(u->description), "%s", s->description);
	snprintf(u->path, sizeof(u->path), MANAGER "/%s/%.255s", *s->slice ? s->slice : "app.slice",
		 s->unit);
	u->there = true;
	u->limits[0] = '\0';
	u->empty_since = 0;
	for (unsigned i = 0; i < k->nh; i++)
		if (managed(&k->h[i])) {
			struct fk_cg *cg = fk_cg_make(&k->h[i], u->path);

			fk_cg_chown(cg, k->me->uid, true);
			if (!k->bus_moves_nobody)
				fk_cg_put(cg, p);
		}
	return answer(b, deadline);
}

static int bus_attach(struct cgi_bus *b, const char *name, const char *below, pid_t pid,
		      uint64_t deadline)
{
	struct fk *k = b->k;
	struct fk_proc *p = fk_find(k, pid);
	struct fk_unit *u = unit(k, name);
	bool there = false;
	char path[900];
	int rc = ask(b, deadline);

	if (rc)
		return rc;
	if (!u)
		return said(b, -ENOENT, "no such unit");
	if (!p)
		return said(b, -ESRCH, "no such process");
	snprintf(path, sizeof(path), "%s%s", u->path, below);
	for (unsigned i = 0; i < k->nh; i++)
		if (managed(&k->h[i]) && fk_cg(&k->h[i], path)) {
			fk_cg_put(fk_cg(&k->h[i], path), p);
			there = true;
		}
	return there ? answer(b, deadline) : said(b, -EIO, "no such group");
}

static int bus_get(struct cgi_bus *b, const char *name, const char *property, char *buf,
		   size_t size, uint64_t deadline)
{
	struct fk_unit *u = unit(b->k, name);
	int rc = ask(b, deadline);

	if (rc)
		return rc;
	if (!u)
		return said(b, -ENOENT, "no such unit");
	snprintf(buf, size, "%s", strcmp(property, "Description") ? u->path : u->description);
	return 0;
}

static int bus_set(struct cgi_bus *b, const char *name, const struct cgi_property *v, size_t n,
		   uint64_t deadline)
{
	struct fk_unit *u = unit(b->k, name);
	int rc = ask(b, deadline);
	size_t len;

	if (rc)
		return rc;
	if (!u)
		return said(b, -ENOENT, "no such unit");
	for (size_t i = 0; i < n; i++) {
		len = strlen(u->limits);
		snprintf(u->limits + len, sizeof(u->limits) - len, "%s=%llu ", v[i].name,
			 v[i].bits ? v[i].bits[0] : (unsigned long long)v[i].value);
	}
	return answer(b, deadline);
}

static void remove_all(struct fk_cg *cg)
{
	while (cg->child)
		remove_all(cg->child);
	fk_cg_rmdir(cg);
}

/* systemd hears from the kernel, not over the bus, that nobody is left in a scope. */
void fk_bus_notice(struct fk *k)
{
	for (struct fk_unit *u = k->unit; u < k->unit + k->nunits; u++) {
		bool empty = u->there && !k->bus_moves_nobody && !k->manager_hangs;

		for (unsigned i = 0; empty && i < k->nh; i++)
			if (managed(&k->h[i]) && fk_cg(&k->h[i], u->path))
				empty = !fk_cg(&k->h[i], u->path)->nprocs;
		if (!empty || !u->empty_since)
			u->empty_since = empty ? k->usec : 0;
		if (!u->empty_since || k->usec < u->empty_since + NOTICE_US)
			continue;
		for (unsigned i = 0; i < k->nh; i++)
			if (managed(&k->h[i]) && fk_cg(&k->h[i], u->path))
				remove_all(fk_cg(&k->h[i], u->path));
		u->there = false;
	}
}

/* Ends whoever is left, as StopUnit does, and removes the group. */
static int bus_stop(struct cgi_bus *b, const char *name, uint64_t deadline)
{
	struct fk *k = b->k;
	struct fk_unit *u = unit(k, name);
	int rc = ask(b, deadline);

	if (rc)
		return rc;
	if (!u)
		return said(b, -ENOENT, "no such unit");
	for (unsigned i = 0; i < k->nh; i++) {
		struct fk_cg *cg = fk_cg(&k->h[i], u->path);

		for (struct fk_proc *p = k->procs; cg && p; p = p->live)
			if (!p->reaped && fk_cg_within(p->cg[i], cg))
				fk_send(k, p, 9);
		fk_settle(k);
		if (cg && !cg->nprocs)
			remove_all(cg);
	}
	u->there = false;
	return answer(b, deadline);
}

const struct cgi_bus_verbs fk_bus = {
	.open = bus_open, .close = bus_close, .why = bus_why, .start = bus_start,
	.attach = bus_attach, .get = bus_get, .set = bus_set, .end = bus_stop,
};
