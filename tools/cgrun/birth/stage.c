/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first moments of a child: waits to be attached to its group, enters namespaces,
 * becomes root in the new user namespace, and is then init, or makes init beside itself.
 * Only after that does it look at anything that belongs to the container.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"
#include "banned.h"

/* A line of /proc/self/status: the signals in a mask of 64, in hexadecimal. */
static uint64_t signals_of(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? strtoull(line + strlen(key), NULL, 16) : UINT64_MAX;
}

/*
 * The parent's handlers would run in us, with its descriptors, and the program must not inherit
 * signals that the parent's caller ignores. /proc/self/status has both masks; if it cannot be read,
 * every signal is reset.
 */
static void reset_signals(void)
{
	uint64_t handled = UINT64_MAX;
	char text[4096];
	sigset_t none;

	if (read_text(AT_FDCWD, "/proc/self/status", text, sizeof(text)) > 0)
		handled = signals_of(text, "\nSigIgn:") | signals_of(text, "\nSigCgt:");
	for (int sig = 1; sig < NSIG; sig++)
		if (handled >> (sig - 1) & 1)
			sys_default_action(sig);
	signal(SIGPIPE, SIG_IGN);	/* of the channel; the program and hooks have the default */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Nobody in a container may look at us, take our descriptors or trace us: until exec we hold
 * what is the host's. Root makes its children so from birth (launch.c), since it may look at
 * them all the same. An ordinary caller may not, nor write to files below /proc of one that
 * is undumpable: its child is made so when it joins what is somebody else's, else when its
 * own new user namespace is complete, into which nobody else can look.
 */
static void hide(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

/* A change of credentials takes it away, and so does a fork. */
static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/*
 * Through the /proc that we still have, for it is inherited. Lowering it is for those with
 * CAP_SYS_RESOURCE in the initial user namespace: for others it stays as it is, as with runc.
 */
static int set_oom_score(const struct child *c, struct err *e)
{
	char text[16];
	int r;

	if (!c->p->has_oom)
		return 0;
	snprintf(text, sizeof(text), "%d", c->p->oom_score_adj);
	r = write_text(AT_FDCWD, "/proc/self/oom_score_adj", text);
	if (!r)
		return 0;
	fail(e, r, "process.oomScoreAdj: %s", text);
	if ((r != -EACCES && r != -EPERM) || (geteuid() == 0 && idmap_is_initial()))
		return r;
	chan_tell(c->sock, CHAN_WARN, 0, e->msg);
	e->code = 0;
	return 0;
}

static int new_user_ns(const struct child *c, struct err *e)
{
	if (!(c->ns.create & CLONE_NEWUSER))
		return 0;
	if (!(c->ns.first & CLONE_NEWUSER) && unshare(CLONE_NEWUSER) < 0)
		return fail(e, -errno, "linux.namespaces (user): unshare");
	return chan_ask(c->sock, CHAN_MAP);
}

bool stage_is_seen(const struct child *c)
{
	return c->ordinary && c->ns.create & CLONE_NEWUSER && !c->ns.stage;
}

/*
 * Root of the user namespace, where it has one: what we make there then belongs to it.
 * Until then files are opened as the caller, who may enter directories that the
 * container's root may not.
 */
static int become_root(const struct child *c, struct err *e)
{
	if (!(c->ns.create & CLONE_NEWUSER) && !c->ns.join_user)
		return 0;
	if ((setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) && errno != EINVAL)
		return fail(e, -errno, "linux.uidMappings: becoming root");
	die_with_parent();
	/* It made us undumpable, too. */
	if (stage_is_seen(c))
		prctl(PR_SET_DUMPABLE, 1);
	return 0;
}

static int new_namespaces(struct child *c, struct err *e)
{
	int rest = c->ns.create & ~(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWTIME | CLONE_NEWNS);
	int r;

	if (c->ns.create & CLONE_NEWNS && unshare(CLONE_NEWNS) < 0)
		return fail(e, -errno, "linux.namespaces (mount): unshare");
	r = c->spec ? rootfs_open(&c->root, e) : 0;
	if (!r)
		r = tag_prepare(c, e);
	if (!r)
		r = become_root(c, e);
	if (!r && rest && unshare(rest) < 0)
		r = fail(e, -errno, "linux.namespaces: unshare");
	return r;
}

/* 0 in the last process, which may be another one than before. */
static int enter(struct child *c, struct err *e)
{
	pid_t pid;
	int r = set_oom_score(c, e);

	if (!(c->ns.create & CLONE_NEWUSER))
		hide();
	if (!r)
		r = ns_join(&c->ns, e);
	if (!r)
		r = new_user_ns(c, e);
	if (!r && c->spec && c->spec->has_offsets)
		r = sched_clocks(c->spec, e);
	if (r || !c->ns.stage)
		return r;
	hide();
	pid = sys_clone(CLONE_PARENT | c->ns.second);
	if (pid < 0)
		return fail(e, pid, "linux.namespaces (pid): clone");
	if (pid > 0)
		_exit(0);
	die_with_parent();
	return 0;
}

void stage_main(struct child *c)
{
	struct err e = { 0 };
	int r;

	reset_signals();
	die_with_parent();
	/* Attached now; or the parent is gone, before the line above or since. */
	r = label_open(&c->prog, &e);
	if (!r)
		r = sched_cpus(&c->prog, false, &e);
	if (!r)
		r = cgroups_before(&c->root, &e);
	if (!r)
		r = chan_wait(c->sock);
	if (!r)
		r = cgroups_look(&c->root, &e);
	if (!r)
		r = sched_cpus(&c->prog, true, &e);
	if (!r)
		r = enter(c, &e);
	if (!r)
		r = new_namespaces(c, &e);
	if (!r)
		r = chan_ask(c->sock, CHAN_INIT);
	if (stage_is_seen(c))
		hide();
	if (!r)
		r = c->spec ? init_create(c, &e) : init_exec(c, &e);
	if (e.code)
		chan_tell(c->sock, CHAN_ERROR, r, e.msg);
	_exit(1);
}
