/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parent's side of making a container's processes: starts the child, shows each
 * process to the caller while it waits, does for it what only the outside may, and on
 * failure hangs up, upon which every child ends by itself, or is ended, and is waited for.
 *
 * No wait is longer than its deadline. Somebody in the container may stop the child as soon
 * as it is seen there; the kernel tells us, and it is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"
#include "banned.h"

#define STOPPED_MS	500	/* somebody may have stopped it by mistake, and let it go again */
#define SILENT_MS	30000	/* mounts may take their time */
#define HANG_UP_MS	300	/* until a child has seen that we hung up */
#define END_MS		1500	/* until one that was killed has ended */

struct family {
	struct child c;
	struct chan_rules rules;
	int sock;		/* ours */
	pid_t stage, init;	/* 0: none, or waited for already */
	uint64_t silent, stopped;	/* now_ms(): since then; 0: not */
	int extra_ms;		/* what hooks may take before the next packet */
};

/* ---- the end of children ---- */

/* One of ours that is stopped, or 0. */
static pid_t stopped_child(const struct family *f)
{
	const pid_t known[] = { f->init, f->stage };
	siginfo_t si = { 0 };

	for (int i = 0; i < 2; i++)
		if (known[i] > 0 && waitid(P_PID, (id_t)known[i], &si,
					   WSTOPPED | WNOHANG | WNOWAIT) == 0 && si.si_pid)
			return si.si_pid;
	/* The stage has made it and it has not told us yet who it is: we have no other child. */
	if (f->c.ns.stage && !f->init &&
	    waitid(P_ALL, 0, &si, WSTOPPED | WNOHANG | WNOWAIT) == 0)
		return si.si_pid;
	return 0;
}

/* Hanging up ends each child, unless it is stopped: then it is killed. */
static void reap(struct family *f, pid_t *pid, int *status)
{
	const struct launch *l = f->c.l;

	if (*pid > 0 && wait_child(*pid, now_ms() + HANG_UP_MS, status) == -ETIMEDOUT && l->end) {
		l->end(l->data, *pid);
		wait_child(*pid, now_ms() + END_MS, status);
	}
	*pid = 0;
}

static void end_children(struct family *f, int *status)
{
	pid_t unknown;

	if (f->sock >= 0)
		close(f->sock);
	f->sock = -1;
	reap(f, &f->stage, status);
	reap(f, &f->init, status);
	unknown = stopped_child(f);
	if (unknown > 0)
		reap(f, &unknown, status);
}

/* The other end closed without a word: say what became of it. */
static int vanished(struct family *f, struct err *e)
{
	int status = 0;

	end_children(f, &status);
	if (WIFSIGNALED(status))
		return err_set(e, -ECHILD, "the container's first process was ended by signal %d",
			       WTERMSIG(status));
	return err_set(e, -ECHILD, "the container's first process ended by itself");
}

/* ---- the conversation ---- */

/* Who made the user namespace that init comes from writes the maps of the one below it. */
static int write_tag(pid_t pid, struct err *e)
{
	int r, proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char number[16];

	if (proc < 0)
		return fail(e, -errno, "/proc");
	snprintf(number, sizeof(number), "%d", pid);
	r = idmap_write_identity(proc, number, e);
	close(proc);
	return r;
}

static int show(const struct launch *l, enum launch_stage stage, pid_t pid, struct err *e)
{
	return l->fn ? l->fn(l->data, stage, pid, e) : 0;
}

static bool is_child(pid_t pid)
{
	siginfo_t si;

	return waitid(P_PID, (id_t)pid, &si, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* CHAN_STAGE and CHAN_FINAL, 0: a stranger. The last process is whoever the stage has made. */
static unsigned who(struct family *f, pid_t sender)
{
	if (sender <= 0)
		return 0;
	if (sender == f->init)
		return CHAN_FINAL;
	if (sender == f->stage)
		return f->c.ns.stage ? CHAN_STAGE : CHAN_STAGE | CHAN_FINAL;
	if (!f->c.ns.stage || f->init || !is_child(sender))
		return 0;
	f->init = sender;
	return CHAN_FINAL;
}

/* One packet of the child. 1: there will be more; 0: it is ready. */
static int serve(struct family *f, const struct chan_msg *m, pid_t sender, struct err *e)
{
	const struct launch *l = f->c.l;
	int r;

	f->extra_ms = 0;
	switch (m->kind) {
	case CHAN_MAP:
		r = idmap_write(sender, l->spec, e);
		break;
	case CHAN_TAG:
		r = write_tag(sender, e);
		break;
	case CHAN_INIT:
		if (!f->c.ns.stage)
			f->stage = 0;
		f->init = sender;
		r = show(l, LAUNCH_INIT, sender, e);
		if (!r && f->c.spec)
			r = netdev_move(f->c.spec, sender, e);
		break;
	case CHAN_ROOTFS:
		f->extra_ms = hooks_time(l->spec->hooks, "createContainer");
		r = show(l, LAUNCH_ROOTFS, sender, e);
		break;
	case CHAN_READY:
		r = show(l, LAUNCH_READY, sender, e);
		if (r < 0)
			return r;
		r = chan_go(f->sock);
		return r ? fail(e, r, "the container's first process") : 0;
	case CHAN_WARN:
		if (l->warn)
			l->warn(l->data, m->text);
		return 1;
	case CHAN_NOTIFY:
		r = filter_deliver(&f->c.prog.filter, f->sock, sender, m->code, l->notify, l->data,
				   e);
		return r < 0 ? r : 1;
	case CHAN_LAST:
		return 1;
	default:
		return err_set(e, m->code, "%s", m->text);
	}
	if (r < 0)
		return r;
	/* It may be gone: the next thing we hear tells. */
	chan_go(f->sock);
	return 1;
}

/* Nothing was said for a while. Does it go on? */
static int on_silence(struct family *f, struct err *e)
{
	static const int polite[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	uint64_t now = now_ms();
	sigset_t pending;
	pid_t pid;

	sigpending(&pending);
	for (size_t i = 0; i < sizeof(polite) / sizeof(polite[0]); i++)
		if (sigismember(&pending, polite[i]) == 1)
			return err_set(e, -EINTR, "ended by signal %d before the program was run",
				       polite[i]);
	pid = stopped_child(f);
	if (!pid)
		f->stopped = 0;
	else if (!f->stopped)
		f->stopped = now;
	else if (now - f->stopped >= STOPPED_MS)
		return err_set(e, -ETIMEDOUT, "process %d was stopped by somebody before it ran "
			       "the program", pid);
	if (f->c.l->no_deadline || now - f->silent < SILENT_MS + (uint64_t)f->extra_ms)
		return 0;
	return err_set(e, -ETIMEDOUT, "the container's first process has not gone on for %d s",
		       (SILENT_MS + f->extra_ms) / 1000);
}

static int converse(struct family *f, struct err *e)
{
	struct chan_msg m;
	pid_t sender = 0;
	int r;

	for (f->silent = now_ms();;) {
		r = chan_recv(f->sock, &m, &sender);
		if (r == -EAGAIN) {
			r = on_silence(f, e);
			if (r < 0)
				return r;
			continue;
		}
		if (r == 0 && f->rules.said & 1U << CHAN_LAST)
			return 0;	/* exec: the program has begun */
		if (r == 0)
			return vanished(f, e);
		if (r < 0)
			return fail(e, r, "talking to the container's first process");
		r = chan_check(&f->rules, &m, who(f, sender), e);
		if (!r)
			r = serve(f, &m, sender, e);
		if (r <= 0)
			return r;
		f->silent = now_ms();
		f->stopped = 0;
	}
}

/* What this launch gives the child reason to say. */
static unsigned may_say(const struct child *c)
{
	unsigned may = 1U << (c->spec ? CHAN_READY : CHAN_LAST);

	if (c->ns.create & CLONE_NEWUSER)
		may |= 1U << CHAN_MAP;
	if (c->l->tag_userns && !c->ns.join_user)
		may |= 1U << CHAN_TAG;
	if (c->spec && c->spec->hooks)
		may |= 1U << CHAN_ROOTFS;
	if (c->prog.filter.notify)
		may |= 1U << CHAN_NOTIFY;
	return may;
}

static int give_birth(struct family *f, struct err *e)
{
	int fd[2];
	int r = chan_open(fd);

	if (r)
		return fail(e, r, "socket");
	f->c.sock = f->c.prog.sock = fd[1];
	f->sock = fd[0];
	/* Inherited: nobody may look at a child of ours, see hide() for an ordinary caller's. */
	if (!f->c.ordinary)
		prctl(PR_SET_DUMPABLE, 0);
	r = sys_clone(f->c.ns.first);
	if (r == 0) {
		fds_close_one(&f->c, f->sock);
		stage_main(&f->c);
	}
	close(fd[1]);
	if (r < 0)
		return fail(e, r, f->c.ns.first ? "linux.namespaces: clone" : "fork");
	f->stage = r;
	r = show(f->c.l, LAUNCH_BORN, f->stage, e);
	if (r < 0)
		return r;
	chan_go(f->sock);
	return 0;
}

static void close_fifo(struct child *c)
{
	for (int i = 0; i < 2; i++) {
		if (c->fifo[i] >= 0)
			close(c->fifo[i]);
		c->fifo[i] = -1;
	}
}

static int run(struct family *f, pid_t *ret, struct err *e)
{
	int status, r;

	f->rules.may = may_say(&f->c);
	r = give_birth(f, e);
	close_fifo(&f->c);	/* they are init's, and tell by it whether it waits */
	if (!r)
		r = converse(f, e);
	ns_plan_close(&f->c.ns);
	if (r < 0) {
		end_children(f, &status);
		return r;
	}
	*ret = f->init;
	close(f->sock);
	reap(f, &f->stage, &status);
	return 0;
}

static void warn_parent(int sock, const char *text)
{
	chan_tell(sock, CHAN_WARN, 0, text);
}

static void tell_listener(int sock, int number)
{
	chan_tell(sock, CHAN_NOTIFY, number, "");
}

static void prepare(struct family *f, const struct launch *l)
{
	const struct spec *s = l->spec;
	const struct spec_process *p = l->process;

	*f = (struct family){
		.sock = -1,
		.c = {
			.l = l, .spec = s, .p = p, .fifo = { -1, -1 }, .ordinary = geteuid() != 0,
			.root = {
				.spec = s, .p = p, .no_pivot = l->no_pivot,
				.console_fd = l->console_fd, .foreground = !l->detach,
				.rootfs = -1, .root = -1, .devpts = -1, .proc = -1,
			},
			.prog = {
				.spec = s, .p = p, .keyring = l->keyring,
				.personality = l->personality, .keep_groups = l->keep_groups,
				.mempolicy = l->mempolicy,
				.warn = warn_parent, .listener = tell_listener,
			},
		},
	};
}

static void close_all(int *fds, size_t n)
{
	for (size_t i = 0; fds && i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(fds);
}

int launch_create(const struct launch *l, pid_t *init, struct err *e)
{
	const struct spec *s = l->spec;
	struct family f;
	int r;

	prepare(&f, l);
	e->code = 0;
	r = fds_check(&f.c, e);
	if (!r)
		r = filter_compile(l->seccomp, &f.c.prog.filter, e);
	if (!r)
		r = ns_plan_create(&f.c.ns, s, e);
	if (!r)
		r = mount_open_sources(s, &f.c.root.sources, e);
	if (!r)
		r = device_open_nodes(s, &f.c.root.nodes, e);
	if (!r)
		r = l->start ? pipe_make(f.c.fifo, l->start, e) :
			fifo_make(l->state_fd, f.c.fifo, e);
	if (!r)
		r = run(&f, init, e);
	close_fifo(&f.c);
	close_all(f.c.root.sources, s->n_mounts);
	close_all(f.c.root.nodes, s->n_devices);
	filter_free(&f.c.prog.filter);
	return r;
}

int launch_exec(const struct launch *l, pid_t init, pid_t *ret, struct err *e)
{
	struct family f;
	int r;

	prepare(&f, l);
	e->code = 0;
	r = fds_check(&f.c, e);
	if (!r)
		r = filter_compile(l->seccomp, &f.c.prog.filter, e);
	if (!r)
		r = ns_plan_exec(&f.c.ns, init, e);
	if (!r)
		r = run(&f, ret, e);
	filter_free(&f.c.prog.filter);
	return r;
}
