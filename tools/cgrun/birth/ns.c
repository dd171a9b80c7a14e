/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which namespaces are joined, which are made, and in which order, so that it works for
 * root, for an ordinary user, and within somebody's user namespace alike: whether we may
 * join one before or only after entering a user namespace is not computed but tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include <libcg/cg.h>

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "banned.h"

const char *ns_name(int flag)
{
	for (size_t i = 0; i < SPEC_N_NS; i++)
		if (spec_ns_types[i].flag == flag)
			return spec_ns_types[i].name;
	return "unknown";
}

/* 1: fd is the namespace that we are in. */
static int is_own(int fd, const char *file)
{
	char path[32];
	struct stat a, b;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", file);
	if (fstat(fd, &a) < 0 || stat(path, &b) < 0)
		return 0;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Takes fd over. One that we are in already needs no joining. */
static void add_join(struct ns_plan *plan, size_t type, int fd, const char *what)
{
	struct ns_join *j = &plan->join[plan->n_join];

	if (is_own(fd, spec_ns_types[type].file)) {
		close(fd);
		return;
	}
	j->flag = spec_ns_types[type].flag;
	j->fd = fd;
	snprintf(j->what, sizeof(j->what), "%s", what);
	plan->n_join++;
	plan->join_user |= j->flag == CLONE_NEWUSER;
	plan->join_pid |= j->flag == CLONE_NEWPID;
}

static int open_path(struct ns_plan *plan, size_t type, const struct spec_ns *ns,
		     const char *what, struct err *e)
{
	int fd = open(ns->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return fail(e, -errno, "%s: %s", what, ns->path);
	if (ioctl(fd, NS_GET_NSTYPE) != ns->flag) {
		close(fd);
		return err_set(e, -EINVAL, "%s: %s is not a namespace of this type", what,
			       ns->path);
	}
	add_join(plan, type, fd, what);
	return 0;
}

/*
 * A PID or time namespace is entered by being born into it, and a namespace belongs to
 * the user namespace that it is made in. So where a user namespace is entered after
 * something was joined, the last process comes of a second clone(). And where clocks are
 * set: the one before makes the namespace and sets them (sched_clocks()).
 */
static void decide(struct ns_plan *plan, bool offsets)
{
	int born = plan->create & (CLONE_NEWPID | CLONE_NEWTIME);
	bool new_user = plan->create & CLONE_NEWUSER;

	plan->stage = plan->join_pid || offsets ||
		      (born && (plan->join_user || (new_user && plan->n_join)));
	if (plan->stage)
		plan->second = (unsigned)(offsets ? born & ~CLONE_NEWTIME : born);
	else
		plan->first = (unsigned)born;
	if (new_user && !plan->n_join)
		plan->first |= CLONE_NEWUSER;
}

int ns_plan_create(struct ns_plan *plan, const struct spec *s, struct err *e)
{
	int r = 0;

	memset(plan, 0, sizeof(*plan));
	for (size_t t = 0; t < SPEC_N_NS && !r; t++) {
		const struct spec_ns *ns = spec_ns(s, spec_ns_types[t].flag);
		char what[48];

		if (!ns)
			continue;
		snprintf(what, sizeof(what), "linux.namespaces[%td] (%s)", ns - s->ns,
			 spec_ns_types[t].name);
		if (ns->path)
			r = open_path(plan, t, ns, what, e);
		else
			plan->create |= spec_ns_types[t].flag;
	}
	if (r)
		ns_plan_close(plan);
	else
		decide(plan, s->has_offsets);
	return r;
}

int ns_plan_exec(struct ns_plan *plan, pid_t init, struct err *e)
{
	memset(plan, 0, sizeof(*plan));
	for (size_t t = 0; t < SPEC_N_NS; t++) {
		char path[48], what[48];
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", init, spec_ns_types[t].file);
		snprintf(what, sizeof(what), "the container's %s namespace", spec_ns_types[t].name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && spec_ns_types[t].flag != CLONE_NEWNS)
			continue;	/* a kernel without this type */
		if (fd < 0) {
			fail(e, -errno, "%s", what);
			ns_plan_close(plan);
			return e->code;
		}
		add_join(plan, t, fd, what);
	}
	decide(plan, false);
	return 0;
}

void ns_plan_close(struct ns_plan *plan)
{
	for (size_t i = 0; i < plan->n_join; i++)
		if (plan->join[i].fd >= 0)
			close(plan->join[i].fd);
	plan->n_join = 0;
}

static int join_one(struct ns_join *j)
{
	if (j->fd < 0)
		return 0;
	if (setns(j->fd, j->flag) < 0)
		return -errno;
	close(j->fd);
	j->fd = -1;
	return 0;
}

/*
 * What belongs to our own user namespace must be joined before that is left, and what
 * belongs to the one that is entered can be only afterwards.
 */
int ns_join(const struct ns_plan *plan, struct err *e)
{
	struct ns_join j[SPEC_N_NS];
	size_t n = plan->n_join;
	int r;

	memcpy(j, plan->join, sizeof(j));
	for (size_t i = 0; i < n; i++) {
		if (j[i].flag == CLONE_NEWUSER)
			continue;
		r = join_one(&j[i]);
		if (r && !(r == -EPERM && plan->join_user))
			return fail(e, r, "%s: join", j[i].what);
	}
	for (size_t i = 0; i < n; i++) {
		if (j[i].flag != CLONE_NEWUSER)
			continue;
		r = join_one(&j[i]);
		if (r)
			return fail(e, r, "%s: join", j[i].what);
	}
	for (size_t i = 0; i < n; i++) {
		r = join_one(&j[i]);
		if (r)
			return fail(e, r, "%s: join", j[i].what);
	}
	return 0;
}
