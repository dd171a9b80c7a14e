/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A place from systemd, for who has none of their own: a user in a login session owns a
 * subtree, but only their manager may move a process there. It is asked for a delegated
 * scope around the first process of the group; the parts of the stack that know cgroups then
 * make theirs below that scope, never in it, and do all the rest.
 *
 * Each op is one conversation, bounded by TALK_US whatever the bus does. No op is called
 * between a freeze and a thaw.
 */
#include <fcntl.h>
#include <stdio.h>

#include "internal.h"
#include "sys/bus.h"

#define TALK_US		2500000		/* callers of runtimes give up at five seconds */
#define CHILD		"group"		/* ours, below the scope: the scope's own files are not */

struct sd_host {
	char address[256];
	bool user;			/* the manager of a user, not the system's */
	struct cgi_bus *bus;		/* connected when first asked */
};

struct sd {
	char unit[256];
	char slice[256];		/* "" : the manager chooses */
	char tag[64];			/* in the unit's description, so that we stop only ours */
	bool started;
};

static struct sd_host *sd_host(const struct cg_part *p)
{
	return p->ctx->host[p->index];
}

static uint64_t talk_until(struct cg_ctx *ctx)
{
	return ctx->sys->now(ctx->k) + TALK_US;
}

/* In a user namespace: who we are in the one that it was made from. */
static uid_t outer_uid(struct cg_ctx *ctx)
{
	_cleanup_free_ char *text = NULL;
	unsigned long in, out, n, euid = ctx->sys->euid(ctx->k);
	char *line, *save = NULL;

	if (cgi_read_all(ctx, ctx->procfd, "self/uid_map", &text) < 0)
		return (uid_t)euid;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%lu %lu %lu", &in, &out, &n) == 3 && euid >= in && euid - in < n)
			return (uid_t)(out + (euid - in));
	return (uid_t)euid;
}

/* The socket is asked for, not the user id: it exists where there is a manager for us. */
static int find_bus(struct cg_ctx *ctx, struct sd_host *h)
{
	uid_t uid = outer_uid(ctx);
	struct cgi_ident id;
	char path[64];

	h->user = uid != 0;
	if (*ctx->bus) {
		snprintf(h->address, sizeof(h->address), "%s", ctx->bus);
		return 0;
	}
	if (uid)
		snprintf(path, sizeof(path), "/run/user/%u/bus", uid);
	else
		snprintf(path, sizeof(path), "/run/dbus/system_bus_socket");
	if (ctx->sys->ident(ctx->k, AT_FDCWD, path, &id) < 0)
		return cgi_fail(ctx, -ENODEV, "no message bus at %s%s", path, uid ?
				" (a manager without a login: loginctl enable-linger)" : "");
	snprintf(h->address, sizeof(h->address), "unix:path=%s", path);
	return 0;
}

static void sd_unprobe(struct cg_ctx *ctx, int index)
{
	struct sd_host *h = ctx->host[index];

	if (h && h->bus)
		ctx->sys->bus->close(h->bus);
	free(h);
	ctx->host[index] = NULL;
}

static int sd_connect(struct cg_ctx *ctx, int index)
{
	struct sd_host *h = ctx->host[index];
	char why[200];
	int rc;

	if (h->bus)
		return 0;
	rc = ctx->sys->bus->open(h->address, talk_until(ctx), &h->bus, why, sizeof(why));
	return rc ? cgi_fail(ctx, rc, "%s", why) : 0;
}

/* Is there somebody whom only systemd can help? Then it must be known to answer. */
static bool needed(const struct cg_ctx *ctx)
{
	bool any = false;

	for (int i = 0; cgi_drivers[i]; i++) {
		if (!cgi_drivers[i]->tracks)
			continue;
		if (ctx->usable[i])
			return any;
		/* The stronger one is there to be looked at, and has no place for us. */
		any = any || ctx->present[i];
	}
	return true;
}

/*
 * A systemd outside of our PID namespace would move whoever has our number there. One that is
 * the init in here, as in a container that is a whole system, counts as we do.
 */
static bool counts_as_we_do(struct cg_ctx *ctx)
{
	char init[32];

	return !ctx->child_pidns ||
	       (cgi_read_word(ctx, ctx->procfd, "1/comm", init, sizeof(init)) > 0 &&
		!strcmp(init, "systemd"));
}

static int sd_probe(struct cg_ctx *ctx, int index)
{
	struct cgi_ident id;
	struct sd_host *h;
	int rc;

	if (!ctx->sys->bus || ctx->sys->ident(ctx->k, AT_FDCWD, "/run/systemd/system", &id) < 0)
		return cgi_fail(ctx, -ENODEV, "systemd does not run here");
	if (!counts_as_we_do(ctx))
		return cgi_fail(ctx, -ENODEV, "systemd knows our processes by other numbers: this "
				"is a PID namespace of its own");
	h = calloc(1, sizeof(*h));
	if (!h)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	ctx->host[index] = h;
	rc = find_bus(ctx, h);
	if (!rc && !needed(ctx)) {
		cgi_fail(ctx, 0, "not needed: this user has groups without it");
		return CGI_ON_REQUEST;
	}
	rc = rc ? rc : sd_connect(ctx, index);
	if (rc)
		sd_unprobe(ctx, index);
	return rc;
}

static int sd_info(struct cg_ctx *ctx, int index, cg_info_fn fn, void *data)
{
	struct sd_host *h = ctx->host[index];

	return fn(data, "bus", h->address);
}

/* ---- names ---- */

/* A unit's name is letters, digits and :_.-; the rest becomes \xNN, so no two become one. */
static void add_escaped(char *out, size_t size, const char *s)
{
	size_t n = strlen(out);

	for (; *s && n + 5 < size; s++) {
		bool plain = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
			     (*s >= '0' && *s <= '9') || strchr(":_.-", *s);

		n += (size_t)snprintf(out + n, size - n, plain ? "%c" : "\\x%02x",
				      (unsigned char)*s);
	}
}

/* "slice:prefix:name" as in OCI, or any path of a group. */
static int name_unit(struct cg_ctx *ctx, const char *path, struct sd *u)
{
	const char *a = strchr(path, ':'), *b = a ? strchr(a + 1, ':') : NULL;

	if (strlen(path) * 4 + 16 > sizeof(u->unit))
		return cgi_fail(ctx, -EINVAL, "\"%.60s\" is too long for the name of a unit", path);
	if (b && !strchr(b + 1, ':') && !strchr(path, '/')) {
		snprintf(u->slice, sizeof(u->slice), "%.*s", (int)(a - path), path);
		snprintf(u->unit, sizeof(u->unit), "%.*s%s", (int)(b - a - 1), a + 1,
			 b - a > 1 ? "-" : "");
		add_escaped(u->unit, sizeof(u->unit) - 6, b + 1);
		if (*u->slice && (strlen(u->slice) < 7 ||
				  strcmp(u->slice + strlen(u->slice) - 6, ".slice")))
			return cgi_fail(ctx, -EINVAL, "\"%.60s\" is not the name of a slice",
					u->slice);
	} else {
		snprintf(u->unit, sizeof(u->unit), "libcg-");
		add_escaped(u->unit, sizeof(u->unit) - 6, path + (*path == '/'));
	}
	snprintf(u->unit + strlen(u->unit), sizeof(".scope"), ".scope");
	return 0;
}

/* ---- life ---- */

static struct sd *sd_new(struct cg_part *p)
{
	p->priv = calloc(1, sizeof(struct sd));
	if (!p->priv)
		cgi_fail(p->ctx, -ENOMEM, "no memory");
	return p->priv;
}

static void sd_close(struct cg_part *p)
{
	free(p->priv);
	p->priv = NULL;
}

static int sd_create(struct cg_part *p, const char *path, unsigned flags)
{
	struct cg_ctx *ctx = p->ctx;
	struct sd *u = sd_new(p);
	int rc;

	(void)flags;
	if (!u)
		return -ENOMEM;
	rc = name_unit(ctx, path, u);
	snprintf(u->tag, sizeof(u->tag), "libcg.%d.%llu", ctx->sys->self(ctx->k),
		 (unsigned long long)ctx->sys->now(ctx->k));
	if (rc)
		sd_close(p);
	return rc;
}

/* A group that exists is found by its directories. */
static int sd_open(struct cg_part *p, const char *path)
{
	(void)p;
	(void)path;
	return -ENOENT;
}

static int sd_open_pid(struct cg_part *p, pid_t pid, char place[CGI_PLACE])
{
	(void)place;
	(void)p;
	(void)pid;
	return -ENOENT;
}

static int sd_save(const struct cg_part *p, struct cgi_buf *out)
{
	const struct sd *u = p->priv;

	cgi_buf_add(out, "systemd %s %s %s %s %s\n", u->started ? "started" : "pending", u->unit,
		    *u->slice ? u->slice : "-", u->tag, sd_host(p)->address);
	return 0;
}

/* Its bus is in the line too: later callers may have another environment. */
static int sd_restore(struct cg_part *p, const char *line)
{
	struct sd_host *h = sd_host(p);
	struct sd *u = sd_new(p);
	char state[16], address[256];

	if (!u)
		return -ENOMEM;
	if (sscanf(line, "%15s %255s %255s %63s %255s", state, u->unit, u->slice, u->tag,
		   address) != 5) {
		sd_close(p);
		return cgi_fail(p->ctx, -EINVAL, "saved group: bad unit \"%.60s\"", line);
	}
	u->started = !strcmp(state, "started");
	if (!strcmp(u->slice, "-"))
		u->slice[0] = '\0';
	if (strcmp(h->address, address)) {
		if (h->bus)
			p->ctx->sys->bus->close(h->bus);
		h->bus = NULL;
		snprintf(h->address, sizeof(h->address), "%s", address);
	}
	return 0;
}

/* ---- the place ---- */

/* Where systemd says the scope is, if the kernel says the same of the process. */
static int learn_place(struct cg_part *p, pid_t pid, char *path, size_t size)
{
	_cleanup_free_ char *text = NULL;
	struct cg_ctx *ctx = p->ctx;
	struct sd_host *h = sd_host(p);
	struct sd *u = p->priv;
	char said[1024], seen[1024], name[32];
	int rc;

	rc = ctx->sys->bus->get(h->bus, u->unit, "ControlGroup", said, sizeof(said),
				talk_until(ctx));
	if (rc)
		return cgi_fail(ctx, rc, "systemd: where is %s: %s", u->unit,
				ctx->sys->bus->why(h->bus));
	snprintf(name, sizeof(name), "%d/cgroup", pid);
	rc = (int)cgi_read_all(ctx, ctx->procfd, name, &text);
	if (rc < 0)
		return cgi_fail(ctx, -ESRCH, "systemd: process %d has ended", pid);
	/* Where both are mounted it moves processes in both. */
	rc = cgi_parse_cgroup(text, "", seen, sizeof(seen));
	if (rc || !strcmp(seen, "/"))
		rc = cgi_parse_cgroup(text, "name=systemd", seen, sizeof(seen));
	if (rc || strcmp(said, seen) || !said[0] || !said[1])
		return cgi_fail(ctx, -EIO, "systemd: %s is at \"%.200s\", and process %d in it at "
				"\"%.200s\"", u->unit, said, pid, rc ? "" : seen);
	return cgi_path_join(path, size, said, CHILD);
}

static int sd_enclose(struct cg_part *p, pid_t pid, char *path, size_t size)
{
	struct cg_ctx *ctx = p->ctx;
	struct sd *u = p->priv;
	struct cgi_scope scope = { .unit = u->unit, .slice = u->slice, .description = u->tag };
	struct cgi_bus *bus;
	int rc;

	rc = sd_connect(ctx, p->index);
	if (rc)
		return rc;
	bus = sd_host(p)->bus;
	if (u->started) {
		rc = ctx->sys->bus->attach(bus, u->unit, "/" CHILD, pid, talk_until(ctx));
		return rc ? cgi_fail(ctx, rc, "systemd: attach %d to %s: %s", pid, u->unit,
				     ctx->sys->bus->why(bus)) : 0;
	}
	rc = ctx->sys->bus->start(bus, &scope, pid, talk_until(ctx));
	if (rc)
		return cgi_fail(ctx, rc, "systemd: start %s: %s", u->unit, ctx->sys->bus->why(bus));
	u->started = true;
	rc = learn_place(p, pid, path, size);
	return rc ? rc : 1;
}

/* The core asks enclose() first; the parts below the scope do the moving. */
static int sd_attach(struct cg_part *p, pid_t pid)
{
	(void)p;
	(void)pid;
	return 0;
}

static void sd_unattach(struct cg_part *p, pid_t pid)
{
	(void)p;
	(void)pid;
}

/*
 * An empty scope ends by itself when systemd notices, so a bus that does not answer is no
 * failure: nobody lives in it. A unit of that name which is not ours stays.
 */
static int sd_remove(struct cg_part *p)
{
	struct cg_ctx *ctx = p->ctx;
	struct sd *u = p->priv;
	char text[256];
	int rc = sd_connect(ctx, p->index);

	p->gone = true;
	if (!rc)
		rc = ctx->sys->bus->get(sd_host(p)->bus, u->unit, "Description", text, sizeof(text),
					talk_until(ctx));
	if (!rc && !strcmp(text, u->tag))
		rc = ctx->sys->bus->stop(sd_host(p)->bus, u->unit, talk_until(ctx));
	cgi_log(ctx, "stop %s = %d", u->unit, rc);
	return 0;
}

/* ---- members: it knows none of its own ---- */

static int sd_procs(struct cg_part *p, unsigned flags, cgi_pid_fn fn, void *data)
{
	const struct sd *u = p->priv;

	(void)flags;
	(void)fn;
	(void)data;
	return u->started ? CG_WEAK : 0;
}

static int sd_state(struct cg_part *p, unsigned *state)
{
	const struct sd *u = p->priv;

	*state = p->gone ? CG_EMPTY | CG_GONE : CG_EMPTY;
	return u->started ? CG_WEAK : 0;
}

/* The manager's root slice: scopes have the controllers that were delegated to it. */
static void learn_given(struct cg_ctx *ctx, int index)
{
	struct sd_host *h = ctx->host[index];

	if (!h->bus || ctx->sys->bus->get(h->bus, "-.slice", "ControlGroup", ctx->given,
					  sizeof(ctx->given), talk_until(ctx)))
		ctx->given[0] = '\0';
}

/* Where no part of the stack has a place yet, what it will be able to do in the scope. */
static void sd_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids,
		    struct cgi_cap *c)
{
	static const char slow[] = "this host mounts no cgroup2 and gives its users no freezer";

	(void)ids;
	cgi_cap_offer(&c[CG_OP_ATTACH], CG_FULL, "systemd scope", "", "");
	if (p)
		return;
	learn_given(ctx, index);
	for (int i = 0; cgi_drivers[i]; i++)
		if (cgi_drivers[i]->tracks && ctx->present[i] &&
		    (cgi_drivers[i] == &cgi_driver_v2 || ctx->usable[i]))
			return;		/* it speaks for itself */
	cgi_cap_offer(&c[CG_OP_DELETE], CG_FULL, "systemd scope, rmdir", "", "");
	cgi_cap_offer(&c[CG_OP_PROCS], CG_FULL, "systemd scope, v1 cgroup.procs", "", "");
	cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "pidfd in rounds", slow, "");
	cgi_cap_offer(&c[CG_OP_KILL], CG_FULL, "systemd scope, pidfd in rounds", "", "");
}

const struct cg_driver cgi_driver_systemd = {
	.name = "systemd",
	.probe = sd_probe,
	.ready = sd_connect,
	.unprobe = sd_unprobe,
	.info = sd_info,
	.create = sd_create,
	.enclose = sd_enclose,
	.open = sd_open,
	.open_pid = sd_open_pid,
	.save = sd_save,
	.restore = sd_restore,
	.remove = sd_remove,
	.close = sd_close,
	.attach = sd_attach,
	.unattach = sd_unattach,
	.procs = sd_procs,
	.state = sd_state,
	.caps = sd_caps,
};
