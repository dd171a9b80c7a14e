/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The world of the fake kernel: hosts of every shape, without waiting and without risk. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "world-fake.h"

#define CGROUP2	(W_FAKE | W_GROUPS | W_SURE | W_FREEZE | W_V2)
#define CGROUP1	(W_FAKE | W_GROUPS | W_SURE | W_V1)
#define ALL_V1	"freezer;pids;memory;cpu,cpuacct;blkio;devices;cpuset;name=systemd"

const struct stack world_stacks[] = {
	{ "v2", NULL, "v2,proc", CGROUP2 | W_KILLFILE | W_PIDFD | W_ROOT, 0, "v2" },
	{ "v1", NULL, "v1,proc", CGROUP1 | W_FREEZE | W_FREEZER | W_PIDFD | W_ROOT | W_BRAKE, 0,
	  ALL_V1 ";hugetlb" },
	{ "hybrid", NULL, "v2,v1,proc", CGROUP2 | W_V1 | W_FREEZER | W_KILLFILE | W_PIDFD | W_ROOT |
	  W_BRAKE, 0, ALL_V1 ";v2" },
	{ "v1-few", NULL, "v1,proc", CGROUP1 | W_FREEZE | W_FREEZER | W_PIDFD | W_ROOT, 0,
	  "freezer;memory" },
	{ "hybrid-few", NULL, "v2,v1,proc", CGROUP2 | W_V1 | W_FREEZER | W_KILLFILE | W_PIDFD |
	  W_ROOT, 0, "freezer;v2" },
	{ "v1-nofreezer", NULL, "v1,proc", CGROUP1 | W_STOPS | W_PIDFD | W_ROOT | W_BRAKE, 0,
	  "pids;memory;name=systemd" },
	{ "v1-systemd-user", NULL, "v1,proc", CGROUP1 | W_STOPS | W_PIDFD, 0,
	  "user;freezer;pids;+name=systemd" },
	{ "v2-user", NULL, "v2,proc", CGROUP2 | W_KILLFILE | W_PIDFD, 0, "user;+v2" },
	{ "hybrid-user", NULL, "v2,v1,proc", CGROUP2 | W_V1 | W_KILLFILE | W_PIDFD, 0,
	  "user;freezer;pids;+name=systemd;+v2" },
	{ "v2-5.4", NULL, "v2,proc", CGROUP2 | W_PIDFD | W_ROOT, 0, "v2;no-kill" },
	{ "v2-5.2", NULL, "v2,proc", CGROUP2 | W_ROOT, 0, "v2;no-kill;no-pidfd" },
	{ "v2-4.19", NULL, "v2,proc", (CGROUP2 | W_ROOT | W_STOPS) & ~W_FREEZE, 0,
	  "v2;no-kill;no-pidfd;no-freeze" },
	{ "v2-6.1", NULL, "v2,proc", CGROUP2 | W_KILLFILE | W_PIDFD | W_ROOT, 0, "v2;racy" },
	{ "systemd-session", NULL, "systemd,proc", W_FAKE | W_SURE | W_FREEZE | W_KILLFILE |
	  W_PIDFD | W_SCOPE, 0, "user;session;v2;systemd" },
	{ "systemd-session-hybrid", NULL, "systemd,v1,proc",
	  W_FAKE | W_SURE | W_FREEZE | W_KILLFILE |
	  W_PIDFD | W_SCOPE, 0, "user;session;freezer;pids;name=systemd;v2;systemd" },
	{ "proc-userns", "proc", "proc", W_FAKE | W_PROC | W_SURE | W_STOPS | W_PIDFD,
	  CG_ID_USER | CG_ID_MNT, "user;freezer;pids" },
	{ "proc-userns-6.1", "proc", "proc", W_FAKE | W_PROC | W_STOPS | W_PIDFD | W_ANCHOR,
	  CG_ID_USER | CG_ID_MNT, "user;freezer;pids;no-nsid" },
	{ "proc-userns-held", "proc", "proc", W_FAKE | W_PROC | W_SURE | W_STOPS | W_PIDFD |
	  W_HELD, CG_ID_USER | CG_ID_MNT | CG_ID_HELD, "user;freezer;pids;no-nsid" },
	{ "proc-pidns", "proc", "proc", W_FAKE | W_PROC | W_STOPS | W_PIDFD | W_PIDNS,
	  CG_ID_PID | CG_ID_MNT, "user;freezer;pids" },
	{ "proc-weak", "proc", "proc", W_FAKE | W_PROC | W_STOPS | W_PIDFD, CG_ID_MNT,
	  "user;freezer;pids" },
	{ NULL, NULL, NULL, 0, 0, NULL },
};

struct fk *w_fake(struct world *w)
{
	return w->k;
}

void w_wrap(struct world *w, const struct cg_sys *sys, void *cookie)
{
	w->sys = sys;
	w->cookie = cookie;
}

const struct stack *world_stack(const struct world *w)
{
	return w->stack;
}

int world_run(const struct stack *s, int (*fn)(void *data), void *data)
{
	(void)s;
	return fn(data);
}

static void add_tree(struct fk *k, const char *word, bool user, bool hybrid, bool session)
{
	bool owned = *word == '+';
	struct fk_h *h;
	char point[80];

	word += owned;
	if (!strcmp(word, "v2")) {
		h = fk_add_v2(k, hybrid ? "hugetlb" : "cpu io memory pids",
			      hybrid ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup");
	} else {
		snprintf(point, sizeof(point), "/sys/fs/cgroup/%s",
			 strncmp(word, "name=", 5) ? word : word + 5);
		h = fk_add_v1(k, word, point);
	}
	if (!user)
		return;
	/* A login session: its scope is root's, the user's own subtree lies beside it. */
	if (session && (h->v2 || !strcmp(word, "name=systemd"))) {
		fk_cg_put(fk_cg_make(h, "/user.slice/user-1000.slice/session-3.scope"), k->me);
		fk_cg_chown(fk_cg_make(h, "/user.slice/user-1000.slice/user@1000.service"), UID,
			    true);
		return;
	}
	if (!owned) {
		fk_cg_put(h->root, k->me);
		return;
	}
	fk_cg_put(fk_cg_make(h, OWN_SCOPE), k->me);
	for (struct fk_cg *cg = fk_cg(h, OWN_SCOPE); strcmp(cg->name, "user-1000.slice");
	     cg = cg->parent)
		fk_cg_chown(cg, UID, true);
}

static void set_up(struct fk *k, const char *trees)
{
	bool user = !strncmp(trees, "user", 4), hybrid = strstr(trees, ";v2") ||
		strstr(trees, ";+v2");
	bool session = strstr(trees, ";session");
	char copy[256], *word, *save;

	hybrid = hybrid && (strstr(trees, "freezer") || strstr(trees, "name="));
	snprintf(copy, sizeof(copy), "%s", trees);
	for (word = strtok_r(copy, ";", &save); word; word = strtok_r(NULL, ";", &save)) {
		if (!strcmp(word, "user") || !strcmp(word, "session"))
			continue;
		if (!strcmp(word, "systemd")) {
			k->systemd = true;
			continue;
		}
		if (!strcmp(word, "no-kill")) {
			k->no_kill = true;
			k->release = "5.4.0";
		} else if (!strcmp(word, "no-pidfd")) {
			k->no_pidfd = true;
			k->release = "5.2.0";
		} else if (!strcmp(word, "no-freeze")) {
			k->no_freeze = true;
			k->release = "4.19.0";
		} else if (!strcmp(word, "racy")) {
			k->kill_loses = 3;
			k->exit_ticks = 2;
			k->rmdir_lag = 3000;
			k->no_pidfs = true;
			k->gone_errno = -ENODEV;
			k->release = "6.1.0";
		} else if (!strcmp(word, "no-nsid")) {
			k->no_nsid = k->no_pidfs = true;
			k->release = "6.1.0";
		} else {
			add_tree(k, word, user, hybrid, session);
		}
	}
	if (user)
		k->me->uid = UID;
}

struct world *world_start(const struct stack *s, const char **why)
{
	struct world *w = calloc(1, sizeof(*w));

	(void)why;
	if (!w)
		abort();
	w->stack = s;
	w->k = fk_new();
	set_up(w->k, s->trees);
	w->k->me->no_reap = true;
	w->sys = &fk_sys;
	w->cookie = w->k;
	return w;
}

void world_stop(struct world *w)
{
	fk_free(w->k);
	free(w);
}

int world_ctx_try(struct world *w, struct cg_ctx **ret)
{
	struct cg_ctx *ctx;
	int rc = cgi_ctx_new_with(w->sys, w->cookie, &ctx);

	if (rc)
		return rc;
	if (w->stack->driver)
		rc = cg_ctx_set_driver(ctx, w->stack->driver);
	if (rc)
		cg_ctx_free(ctx);
	else
		*ret = ctx;
	return rc;
}

static struct who *who_new(struct world *w, struct fk_proc *p)
{
	if (w->n == MAX_WHO)
		abort();
	w->who[w->n].p = p;
	return &w->who[w->n++];
}

struct who *w_spawn(struct world *w)
{
	struct fk_proc *p = fk_spawn(w->k, w->k->me, "member", TAG);

	p->script = (struct fk_script){ .catches = true };
	p->ngroups = w->ngroups;
	return who_new(w, p);
}

struct who *w_stranger(struct world *w)
{
	struct fk_proc *p = fk_spawn(w->k, w->k->me, "stranger", 0);

	p->script = (struct fk_script){ .catches = true };
	return who_new(w, p);
}

static bool has_trait(struct world *w, unsigned trait)
{
	return w->stack->traits & trait;
}

/* What a runtime does with mount(2). */
static bool hold(struct world *w, struct cg *cg, struct who *x)
{
	static const char *const path[] = { "/held/0", "/held/1", "/held/2", "/held/3" };

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		if (w->k->held[i].path)
			continue;
		w->k->held[i].path = path[i];
		w->k->held[i].ns = x->p->ns[FK_NS_USER];
		return cg_hold(cg, CG_ID_USER, path[i]) == 0;
	}
	return false;
}

struct who *w_first(struct world *w, struct cg *cg)
{
	struct who *x = w_spawn(w);
	unsigned ids = w->stack->ids & ~CG_ID_HELD;

	if (ids & CG_ID_USER)
		fk_unshare(w->k, x->p, FK_NS_USER);
	if (ids & CG_ID_PID)
		fk_unshare(w->k, x->p, FK_NS_PID);
	fk_unshare(w->k, x->p, FK_NS_MNT);
	if (cg_attach(cg, w_pid(x)) || (ids && cg_identify(cg, w_pid(x), ids)))
		return NULL;
	return !has_trait(w, W_HELD) || hold(w, cg, x) ? x : NULL;
}

static void become(struct world *w, struct fk_proc *p, enum kind kind)
{
	struct fk *k = w->k;

	p->script = (struct fk_script){ .catches = true };
	switch (kind) {
	case K_CHAIN:
		p->script = (struct fk_script){ .every = 2000, .fork = true, .leave = true };
		break;
	case K_BOMB:
		p->script = (struct fk_script){ .every = 500, .fork = true, .limit = 6 };
		break;
	case K_WORK:
		p->script.every = 500;
		p->script.work = true;
		break;
	case K_FORK_ON_SIGNAL:
		p->script.fork_on_signal = true;
		break;
	case K_STOPPED:
		p->stopped = true;
		break;
	case K_TRACED:
		p->traced = true;
		break;
	case K_VFORK:
		p->vfork = true;
		p->wchan = "wait_for_vfork_done";
		fk_spawn(k, p, "vforked", TAG);
		break;
	case K_TWO_THREADS:
		fk_add_thread(k, p);
		break;
	case K_LEADERLESS:
		fk_add_thread(k, p);
		p->thread[0].dead = true;
		break;
	case K_UID:
		if (k->me->uid == 0)
			p->uid = 1001;
		else if (p->ns[FK_NS_USER] != k->init_ns[FK_NS_USER])
			p->uid = 100001;
		break;
	case K_NESTED:
	case K_NESTED_FROZEN:
		fk_go_nested(k, p, kind == K_NESTED_FROZEN);
		break;
	case K_UNSHARED:
		fk_unshare(k, p, FK_NS_MNT);
		fk_unshare(k, p, FK_NS_NET);
		p->root_ino = 77;
		break;
	default:
		break;
	}
}

struct who *w_add(struct world *w, struct who *first, enum kind kind)
{
	struct fk_proc *p = fk_spawn(w->k, first->p, "child", TAG), *child;

	become(w, p, kind);
	if (kind == K_SETSID) {
		child = fk_spawn(w->k, p, "daemon", TAG);
		fk_exit(w->k, p);
		p = child;
	}
	fk_settle(w->k);
	return who_new(w, p);
}

int w_pidfd(struct world *w, struct who *x)
{
	return fk_sys.pidfd(w->k, fk_num(w->k, x->p));
}

void w_pidfd_close(struct world *w, int fd)
{
	fk_sys.close(w->k, fd);
}

pid_t w_pid(struct who *x)
{
	return x->p->pid;
}

void w_forget(struct world *w)
{
	for (struct fk_proc *p = w->k->procs; p; p = p->live)
		if (p->tag && p->zombie)
			fk_reap(w->k, p);
	memset(w->k->held, 0, sizeof(w->k->held));
	w->n = 0;
}

void w_end(struct world *w, struct who *x)
{
	fk_exit(w->k, x->p);
}

bool w_dead(struct world *w, struct who *x)
{
	(void)w;
	return !fk_alive(x->p);
}

unsigned w_got(struct world *w, struct who *x, int sig)
{
	(void)w;
	return x->p->got[sig];
}

bool w_members_left(struct world *w)
{
	return fk_count_alive(w->k, TAG) > 0;
}

const char *w_strangers(struct world *w)
{
	for (struct fk_proc *p = w->k->all_procs; p; p = p->all)
		for (int sig = 1; p->tag == 0 && sig <= 64; sig++)
			if (p->sent[sig]) {
				snprintf(w->text, sizeof(w->text), "%s (%d) got signal %d", p->comm,
					 (int)p->pid, sig);
				return w->text;
			}
	if (w->k->bad_kill)
		return "a signal went to pid 0 or below";
	if (w->k->frozen_calls)
		return "the caller was frozen in the middle of a call";
	if (w->k->bad_close)
		return "something that was not open was closed";
	return NULL;
}

unsigned w_open_fds(struct world *w)
{
	return w->k->nfd;
}

bool w_left_frozen(struct world *w)
{
	return fk_left_frozen(w->k) > 0;
}

uint64_t w_now_ms(struct world *w)
{
	return w->k->usec / 1000;
}

void w_wait_ms(struct world *w, unsigned ms)
{
	fk_sys.poll(w->k, -1, 0, w->k->usec + ms * 1000ULL);
}

bool w_readable(struct world *w, int fd, unsigned ms)
{
	return fk_sys.poll(w->k, fd, POLLIN, w->k->usec + ms * 1000ULL) > 0;
}

unsigned long w_progress(struct world *w)
{
	unsigned long n = 0;

	for (struct fk_proc *p = w->k->all_procs; p; p = p->all)
		n += p->tag == TAG ? 1 + p->worked : 0;
	return n;
}

const char *full_path(struct world *w, const struct fk_h *h, const char *path, char *buf,
		      size_t size)
{
	bool owned = w->k->me->cg[h - w->k->h] != h->root;

	snprintf(buf, size, "%s%s%s", *path == '/' || !owned ? "" : OWN_SCOPE,
		 *path == '/' ? "" : "/", path);
	return buf;
}

bool mine(struct world *w, const struct fk_h *h)
{
	return w->stack->traits & W_ROOT || w->k->me->cg[h - w->k->h] != h->root;
}

bool w_dir_exists(struct world *w, const char *path)
{
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++)
		if (fk_cg(&w->k->h[i], full_path(w, &w->k->h[i], path, buf, sizeof(buf))))
			return true;
	return false;
}

void w_dir_make(struct world *w, const char *path)
{
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++)
		if (mine(w, &w->k->h[i]))
			fk_cg_make(&w->k->h[i], full_path(w, &w->k->h[i], path, buf, sizeof(buf)));
}

int w_dir_remove(struct world *w, const char *path)
{
	int rc = 0;
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = fk_cg(&w->k->h[i],
					 full_path(w, &w->k->h[i], path, buf, sizeof(buf)));

		if (cg && fk_cg_rmdir(cg))
			rc = -1;
	}
	return rc;
}

void w_dir_put(struct world *w, const char *path, struct who *x)
{
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = fk_cg(&w->k->h[i],
					 full_path(w, &w->k->h[i], path, buf, sizeof(buf)));

		if (cg)
			fk_cg_put(cg, x->p);
	}
}

void w_caller_home(struct world *w)
{
	bool root = has_trait(w, W_ROOT);

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *own = fk_cg(&w->k->h[i], OWN_SCOPE);

		fk_cg_put(root || !own ? w->k->h[i].root : own, w->k->me);
	}
}

bool w_dir_put_one(struct world *w, const char *path, struct who *x)
{
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_h *h = &w->k->h[i];
		struct fk_cg *cg = fk_cg(h, full_path(w, h, path, buf, sizeof(buf)));

		if (h->v2 || !cg)
			continue;
		fk_cg_put(cg, x->p);
		return true;
	}
	return false;
}

bool w_dir_put_thread(struct world *w, const char *path, struct who *x)
{
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_h *h = &w->k->h[i];
		struct fk_cg *cg = fk_cg(h, full_path(w, h, path, buf, sizeof(buf)));

		if (!h->v2 || !cg)
			continue;
		cg->threaded = true;
		x->p->thread[1].v2 = cg;
		fk_settle(w->k);
		return true;
	}
	return false;
}

int w_dir_freeze(struct world *w, const char *path, bool on)
{
	int rc = -1;
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_h *h = &w->k->h[i];
		struct fk_cg *cg = fk_cg(h, full_path(w, h, path, buf, sizeof(buf)));

		if (!cg || (!h->v2 && !strstr(h->controllers, "freezer")))
			continue;
		cg->freeze = on;
		cg->lag = 0;
		rc = 0;
	}
	fk_settle(w->k);
	return rc;
}

char *w_dir_read_all(struct world *w, const char *path, const char *file)
{
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_h *h = &w->k->h[i];
		struct fk_cg *cg = fk_cg(h, full_path(w, h, path, buf, sizeof(buf)));

		if (cg && !fk_cg_read(cg, file, w->text, sizeof(w->text)))
			return w->text;
	}
	w->text[0] = '\0';
	return w->text;
}

bool w_allows(struct world *w, const char *path, char type, unsigned major, unsigned minor,
	      const char *access)
{
	struct fk_cg *cg;
	char buf[WIDE];

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_h *h = &w->k->h[i];

		cg = fk_cg(h, full_path(w, h, path, buf, sizeof(buf)));
		if (cg && !fk_allows(cg, type, major, minor, access))
			return false;
	}
	return true;
}

const char *w_absolute(struct world *w, const char *path)
{
	snprintf(w->text, sizeof(w->text), "%s/%s", has_trait(w, W_ROOT) ? "" : OWN_SCOPE, path);
	return w->text;
}
