/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What members and administrators do to make it hard, on the fake kernel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world-fake.h"

#define ELSEWHERE	"/elsewhere"

/* The group of that path in one hierarchy, if this user may have one there; else NULL. */
static struct fk_cg *group_in(struct world *w, struct fk_h *h, const char *path)
{
	char buf[WIDE];

	return mine(w, h) ? fk_cg(h, full_path(w, h, path, buf, sizeof(buf))) : NULL;
}

void w_dir_nest(struct world *w, const char *path, unsigned levels, unsigned len,
		struct who *x)
{
	char name[258];

	memset(name, 'n', sizeof(name));
	name[0] = '/';
	name[len + 1] = '\0';
	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path), *below;

		for (unsigned l = 0; cg && l < levels; l++) {
			below = fk_cg_child(cg, name + 1, len);
			if (!below && fk_cg_mkdir(w->k, cg, name + 1, &below))
				abort();
			cg = below;
		}
		if (cg && x)
			fk_cg_put(cg, x->p);
	}
}

void w_dir_crowd(struct world *w, const char *path, unsigned n)
{
	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (cg)
			fk_cg_crowd(cg, n / w->k->nh);
	}
	/* Each verb would look at all of them otherwise. */
	w->k->tick_verbs = 500;
}

void w_dir_mode(struct world *w, const char *path, const char *file, mode_t mode)
{
	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (cg && (!*file || fk_cg_file(file) >= 0))
			fk_cg_chmod(cg, *file ? file : NULL, mode);
	}
}

void w_dir_owner(struct world *w, const char *path, uid_t uid)
{
	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (cg)
			fk_cg_chown(cg, uid, false);
	}
}

bool w_dir_rename(struct world *w, const char *path, const char *name)
{
	bool any = false;

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (!cg || w->k->h[i].v2)
			continue;
		fk_cg_rename(cg, name);
		any = true;
	}
	return any;
}

int w_dir_write(struct world *w, const char *path, const char *file, const char *text)
{
	int f = fk_cg_file(file), rc = -ENOENT;

	for (unsigned i = 0; i < w->k->nh && f >= 0; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (cg && fk_file_here(cg, f))
			rc = fk_file_write(w->k, cg, f, text);
	}
	return rc;
}

static struct fk_h *hierarchy(struct world *w, const char *controllers)
{
	for (unsigned i = 0; i < w->k->nh; i++)
		if (*controllers ? !strcmp(w->k->h[i].controllers, controllers) : w->k->h[i].v2)
			return &w->k->h[i];
	return NULL;
}

bool w_dir_put_in(struct world *w, const char *controllers, const char *path, struct who *x)
{
	struct fk_h *h = hierarchy(w, controllers);
	struct fk_cg *cg = h ? group_in(w, h, path) : NULL;

	if (cg)
		fk_cg_put(cg, x->p);
	return cg;
}

bool w_is_in(struct world *w, const char *controllers, const char *path, struct who *x)
{
	struct fk_h *h = hierarchy(w, controllers);

	return h && x->p->cg[h - w->k->h] == group_in(w, h, path);
}

bool w_dir_refuse(struct world *w, unsigned n, const char *path, bool refuse)
{
	struct fk_cg *cg;

	if (n >= w->k->nh)
		return false;
	cg = group_in(w, &w->k->h[n], path);
	if (cg) {
		fk_cg_chown(cg, refuse ? 4711 : w->k->me->uid, false);
		fk_cg_chmod(cg, NULL, refuse ? 0700 : 0755);
	}
	return true;
}

uid_t w_dir_uid(struct world *w, const char *path, const char *file)
{
	int f = fk_cg_file(file);

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (cg && f >= 0 && fk_file_here(cg, f))
			return cg->fuid[f];
	}
	return (uid_t)-1;
}

void w_crowd(struct world *w, struct who *first, unsigned n)
{
	for (unsigned i = 0; i < n / w->k->nh; i++)
		fk_spawn(w->k, first->p, "crowd", TAG);
	/* Each verb would look at all of them otherwise. */
	w->k->tick_verbs = 500;
}

void w_many_groups(struct world *w, unsigned n)
{
	w->ngroups = n;
}

void w_fd_limit(struct world *w, int n)
{
	w->k->max_fds = n < 0 ? 256 : w->k->nfd + (unsigned)n;
}

/* The caller's own group is the root of what it sees; all is mounted anew. */
static void enter(struct world *w, const char *path, bool cgroupns, struct fk_cg **home)
{
	struct fk *k = w->k;

	for (unsigned i = 0; i < k->nmounts; i++)
		k->mount[i].gone = true;
	for (unsigned i = 0; i < k->nh; i++) {
		struct fk_cg *cg = fk_cg_make(&k->h[i], path);

		if (mine(w, &k->h[i]))
			fk_cg_chown(cg, k->me->uid, true);
		home[i] = k->me->cg[i];
		if (cgroupns)
			k->cgns[i] = cg;
		fk_cg_put(cg, k->me);
		if (k->h[i].mounted)
			fk_mount(k, &k->h[i], cg, k->h[i].point);
	}
}

static void leave(struct world *w, struct fk_cg **home)
{
	for (unsigned i = 0; i < w->k->nh && home[i]; i++) {
		w->k->cgns[i] = NULL;
		fk_cg_put(home[i], w->k->me);
	}
}

static void cover_v1(struct world *w)
{
	struct fk_h *v2 = fk_h(w->k, "");

	for (unsigned i = 0; i < w->k->nh; i++)
		if (!w->k->h[i].v2) {
			fk_mount(w->k, v2, group_in(w, v2, "cover"), w->k->h[i].point);
			return;
		}
}

static const char *long_path(char *buf)
{
	memset(buf, 'l', 1001);
	for (int i = 0; i < 1000; i += 200)
		buf[i] = '/';
	buf[1000] = '\0';
	return buf;
}

int w_elsewhere(struct world *w, enum elsewhere where, int (*fn)(struct world *w, void *data),
		void *data)
{
	struct fk *k = w->k;
	struct fk_cg *home[FK_MAXH] = { NULL };
	int sys_errno = k->sys_errno, loadavg_errno = k->loadavg_errno, rc;
	bool hidepid = k->hidepid;
	char path[1001];
	unsigned mounts = k->nmounts;

	if (where == AT_PROC_PID_ONLY)
		k->sys_errno = k->loadavg_errno = -ENOENT;
	if (where == AT_LOADAVG_FAKED)
		k->loadavg_errno = -EXDEV;
	if (where == AT_HIDEPID)
		k->hidepid = k->no_ptrace = true;
	if (where == AT_CGROUPNS)
		enter(w, ELSEWHERE, true, home);
	if (where == AT_LONG_ROOT)
		enter(w, long_path(path), false, home);
	if (where == AT_V1_COVERED)
		cover_v1(w);
	if (where == AT_COVERED)
		fk_mount(k, NULL, NULL, "/sys/fs/cgroup");
	for (unsigned i = 0; where == AT_UNMOUNTED && i < k->nmounts; i++)
		k->mount[i].gone = true;
	rc = fn(w, data);
	leave(w, home);
	for (unsigned i = 0; i < k->nmounts; i++)
		k->mount[i].gone = i >= mounts;
	k->sys_errno = sys_errno;
	k->loadavg_errno = loadavg_errno;
	k->hidepid = hidepid;
	k->no_ptrace = false;
	return rc;
}

static bool each_with(struct world *w, const char *path, const char *file, unsigned n,
		      void (*fn)(struct fk *k, struct fk_cg *cg))
{
	int f = fk_cg_file(file);
	bool any = false;

	for (unsigned i = 0; i < w->k->nh; i++) {
		struct fk_cg *cg = group_in(w, &w->k->h[i], path);

		if (!cg || !fk_file_here(cg, f))
			continue;
		any = true;
		for (unsigned x = 0; x < n; x++)
			fn(w->k, cg);
	}
	return any;
}

static void oom(struct fk *k, struct fk_cg *cg)
{
	fk_oom(k, cg, NULL);
}

bool w_oom(struct world *w, const char *path, unsigned n)
{
	return each_with(w, path, "memory.events", n, oom) ||
	       each_with(w, path, "memory.oom_control", n, oom);
}

bool w_high(struct world *w, const char *path, unsigned n)
{
	return each_with(w, path, "memory.high", n, fk_high);
}

bool w_pressure(struct world *w, const char *path, const char *resource)
{
	struct fk_cg *cg = group_in(w, fk_h(w->k, !strcmp(resource, "cpu") ? "" : resource), path);

	if (cg)
		fk_pressure(w->k, cg, "cpu.pressure");
	return cg;
}

void w_notices(struct world *w, unsigned n)
{
	w->k->max_notices = n;
}

unsigned w_looks(struct world *w)
{
	return w->k->verb[FK_READ];
}

bool w_pids_hit(struct world *w, const char *path, unsigned n)
{
	return each_with(w, path, "pids.events", n, fk_pids_hit);
}
