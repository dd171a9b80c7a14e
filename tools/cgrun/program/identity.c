/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program may: limits, groups, ids, capabilities. The order matters: limits while
 * we may still raise them, groups before the uid, the bounding set while we have
 * CAP_SETPCAP, capabilities after the uid, which would take them away.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"
#include "banned.h"

static const char *const limit_names[] = {
	[RLIMIT_AS] = "RLIMIT_AS", [RLIMIT_CORE] = "RLIMIT_CORE", [RLIMIT_CPU] = "RLIMIT_CPU",
	[RLIMIT_DATA] = "RLIMIT_DATA", [RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS", [RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE", [RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_NOFILE] = "RLIMIT_NOFILE", [RLIMIT_NPROC] = "RLIMIT_NPROC",
	[RLIMIT_RSS] = "RLIMIT_RSS", [RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME", [RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_STACK] = "RLIMIT_STACK",
};

static int set_limit(const struct program *c, size_t i, struct err *e)
{
	const struct spec_rlimit *l = &c->p->rlimits[i];
	struct rlimit want = { .rlim_cur = l->soft, .rlim_max = l->hard }, have;
	const char *name = limit_names[l->resource];
	int r;

	if (setrlimit(l->resource, &want) == 0)
		return 0;
	r = -errno;
	if (r == -EPERM && getrlimit(l->resource, &have) == 0)
		return err_set(e, r,
			       "process.rlimits[%zu] (%s): hard limit %llu is above our own of "
			       "%llu: %s", i, name, (unsigned long long)l->hard,
			       (unsigned long long)have.rlim_max, reason(r));
	return fail(e, r, "process.rlimits[%zu] (%s)", i, name);
}

/* The input and output of a startContainer hook are files of ours, which the limit would cut. */
static bool is_last(const struct program *c, size_t i)
{
	return c->p->rlimits[i].resource == RLIMIT_FSIZE && c->spec && c->spec->hooks;
}

int process_last_limits(struct program *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < c->p->n_rlimits && !r; i++)
		r = is_last(c, i) ? set_limit(c, i, e) : 0;
	return r;
}

int process_limits(struct program *c, struct err *e)
{
	for (size_t i = 0; i < c->p->n_rlimits; i++) {
		int r = is_last(c, i) ? 0 : set_limit(c, i, e);

		if (r)
			return r;
	}
	if (c->p->has_ioprio) {
		int r = sys_ioprio_set(c->p->ioprio_class, c->p->ioprio_level);

		if (r)
			return fail(e, r, "process.ioPriority");
	}
	return 0;
}

/*
 * So that the program can open /dev/stdout again as its own user. Only what has no name: a file,
 * a directory, a named pipe or a device is somebody's (crun 1.8.1 gave the host's /dev/null
 * away). It is a courtesy: it may fail.
 */
static void own_stdio(const struct spec_process *p)
{
	struct statfs fs;

	for (int fd = 0; fd <= 2; fd++)
		if (fstatfs(fd, &fs) == 0 &&
		    (fs.f_type == PIPEFS_MAGIC || fs.f_type == SOCKFS_MAGIC))
			(void)!fchown(fd, p->uid, (gid_t)-1);
}

/* What we have ourselves; and a sentence about what is asked for beyond that. */
static uint64_t ours(const struct program *c, uint64_t want)
{
	char text[600] = "process.capabilities: not ours to give:";
	size_t len = strlen(text), start = len;
	uint64_t have = 0;
	cap_t set = cap_get_proc();

	for (int cap = 0; set && cap < cap_max_bits() && cap < 64; cap++) {
		uint64_t bit = (uint64_t)1 << cap;
		cap_flag_value_t on = CAP_CLEAR;
		char *name;

		cap_get_flag(set, cap, CAP_PERMITTED, &on);
		have |= on == CAP_SET ? bit : 0;
		if (on == CAP_SET || !(want & bit) || len > sizeof(text) - 40)
			continue;
		name = cap_to_name(cap);
		len += (size_t)snprintf(text + len, sizeof(text) - len, " %s", name ? name : "?");
		cap_free(name);
	}
	cap_free(set);
	/* The specification wants no error here. */
	if (len > start)
		c->warn(c->sock, text);
	return have;
}

static int drop_bounding(uint64_t keep)
{
	for (int cap = 0; cap < cap_max_bits() && cap < 64; cap++)
		if (!(keep >> cap & 1) && cap_drop_bound(cap) < 0)
			return -errno;
	return 0;
}

static int fill(cap_t set, cap_flag_t flag, uint64_t bits)
{
	for (int cap = 0; bits >> cap; cap++) {
		cap_value_t v = cap;

		if (bits >> cap & 1 && cap_set_flag(set, flag, 1, &v, CAP_SET) < 0)
			return -errno;
		if (cap == 63)
			break;
	}
	return 0;
}

static int set_caps(const struct spec_process *p, uint64_t may)
{
	uint64_t permitted = p->cap_permitted & may;
	uint64_t inheritable = p->cap_inheritable & may;
	uint64_t ambient = p->cap_ambient & permitted & inheritable;
	cap_t set = cap_init();
	int r = set ? 0 : -ENOMEM;

	if (!r)
		r = fill(set, CAP_PERMITTED, permitted);
	if (!r)
		r = fill(set, CAP_EFFECTIVE, p->cap_effective & permitted);
	if (!r)
		r = fill(set, CAP_INHERITABLE, inheritable);
	if (!r && cap_set_proc(set) < 0)
		r = -errno;
	cap_free(set);
	for (int cap = 0; !r && cap < 64 && ambient >> cap; cap++)
		if (ambient >> cap & 1 && cap_set_ambient(cap, CAP_SET) < 0)
			r = -errno;
	return r;
}

/*
 * Where setgroups() is denied (one id mapped by an ordinary user) the caller's groups stay;
 * the kernel has seen to it that none of them can be taken away.
 */
static int set_groups(const struct spec_process *p)
{
	if (setgroups(p->n_groups, p->groups) == 0)
		return 0;
	return errno == EPERM && !p->n_groups ? 0 : -errno;
}

/*
 * A ".." behind a part that is not there takes that part away, as in mount points; for the kernel
 * there is no such directory. What is missing has been made by then (rootfs.c), not for an exec.
 */
static int change_dir(const struct program *c)
{
	int root, fd, r;

	if (chdir(c->p->cwd) == 0)
		return 0;
	if (errno != ENOENT || !c->spec)
		return -errno;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = root < 0 ? -errno : root_mkdir(root, c->p->cwd);
	r = fd < 0 ? fd : fchdir(fd) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (root >= 0)
		close(root);
	return r;
}

/*
 * A working directory that is not below our root is the host's, reached through some
 * descriptor (CVE-2024-21626): getcwd() does not find the way to it.
 */
static int enter_cwd(struct program *c, struct err *e)
{
	int r = change_dir(c);
	char *cwd;

	if (r)
		return fail(e, r, "process.cwd: %s", c->p->cwd);
	cwd = getcwd(NULL, 0);
	if (!cwd || cwd[0] != '/') {
		free(cwd);
		return err_set(e, -EPERM, "process.cwd: %s is outside of the container", c->p->cwd);
	}
	free(cwd);
	return 0;
}

int process_identity(struct program *c, struct err *e)
{
	const struct spec_process *p = c->p;
	uint64_t may = ours(c, p->cap_bounding | p->cap_permitted | p->cap_inheritable);
	int r = enter_cwd(c, e);
	bool again = r == -EACCES || r == -EPERM;

	/* Some directories only root may enter, and some only the user. */
	if (r && !again)
		return r;
	e->code = 0;
	own_stdio(p);
	r = drop_bounding(p->cap_bounding);
	if (r)
		return fail(e, r, "process.capabilities.bounding");
	if (prctl(PR_SET_KEEPCAPS, 1) < 0)
		return fail(e, -errno, "process.capabilities: keep");
	r = c->keep_groups ? 0 : set_groups(p);
	if (r)
		return fail(e, r, "process.user.additionalGids");
	if (setresgid(p->gid, p->gid, p->gid) < 0)
		return fail(e, -errno, "process.user.gid: %u", p->gid);
	if (setresuid(p->uid, p->uid, p->uid) < 0)
		return fail(e, -errno, "process.user.uid: %u", p->uid);
	prctl(PR_SET_KEEPCAPS, 0);
	if (again && enter_cwd(c, e))
		return e->code;
	r = filter_early(c, e);
	if (r)
		return r;
	r = set_caps(p, may);
	if (r)
		return fail(e, r, "process.capabilities");
	if (p->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail(e, -errno, "process.noNewPrivileges");
	umask(p->has_umask ? p->umask : 022);
	return 0;
}
