/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parent's side of making a container's processes: starts the child, shows each
 * process to the caller while it waits, does for it what only the outside may, and on
 * failure hangs up, upon which every child ends by itself and is waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"
#include "banned.h"

struct family {
	struct child c;
	int sock;		/* ours */
	pid_t stage, init;	/* 0: none, or waited for already */
	bool last;		/* it had nothing left to do but its program */
};

static void reap(pid_t *pid, int *status)
{
	while (*pid > 0 && waitpid(*pid, status, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
}

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

/* The other end closed without a word: say what became of it. */
static int vanished(struct family *f, struct err *e)
{
	int status = 0;

	close(f->sock);
	f->sock = -1;
	reap(&f->stage, &status);
	reap(&f->init, &status);
	if (WIFSIGNALED(status))
		return err_set(e, -ECHILD, "the container's first process was ended by signal %d",
			       WTERMSIG(status));
	return err_set(e, -ECHILD, "the container's first process ended by itself");
}

/* One packet of the child. 1: there will be more; 0: it is ready. */
static int serve(struct family *f, const struct chan_msg *m, pid_t sender, struct err *e)
{
	const struct launch *l = f->c.l;
	int r;

	switch (m->kind) {
	case CHAN_MAP:
		r = idmap_write(sender, l->spec, e);
		break;
	case CHAN_TAG:
		r = write_tag(sender, e);
		break;
	case CHAN_INIT:
		if (f->c.ns.stage)
			reap(&f->stage, &(int){ 0 });
		else
			f->stage = 0;
		f->init = sender;
		r = show(l, LAUNCH_INIT, sender, e);
		break;
	case CHAN_ROOTFS:
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
		f->last = true;
		return 1;
	default:
		return err_set(e, m->code < 0 ? m->code : -EIO, "%s", m->text);
	}
	if (r < 0)
		return r;
	/* It may be gone: the next thing we hear tells. */
	chan_go(f->sock);
	return 1;
}

static int converse(struct family *f, struct err *e)
{
	struct chan_msg m;
	pid_t sender = 0;
	int r;

	do {
		r = chan_recv(f->sock, &m, &sender);
		if (r == 0 && f->last)
			return 0;	/* exec: the program has begun */
		if (r == 0)
			return vanished(f, e);
		if (r < 0)
			return fail(e, r, "talking to the container's first process");
		if (sender != f->stage)
			f->init = sender;
		r = serve(f, &m, sender, e);
	} while (r > 0);
	return r;
}

static int give_birth(struct family *f, struct err *e)
{
	int fd[2];
	int r = chan_open(fd);

	if (r)
		return fail(e, r, "socket");
	f->c.sock = f->c.prog.sock = fd[1];
	f->sock = fd[0];
	r = sys_clone(f->c.ns.first);
	if (r == 0) {
		close(f->sock);
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

static int run(struct family *f, pid_t *ret, struct err *e)
{
	int r;

	f->sock = -1;
	r = give_birth(f, e);
	if (!r)
		r = converse(f, e);
	if (f->sock >= 0)
		close(f->sock);
	ns_plan_close(&f->c.ns);
	if (r < 0) {
		reap(&f->stage, &(int){ 0 });
		reap(&f->init, &(int){ 0 });
		return r;
	}
	*ret = f->init;
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
		.c = {
			.l = l, .spec = s, .p = p, .fifo = -1,
			.root = {
				.spec = s, .p = p, .no_pivot = l->no_pivot,
				.console_fd = l->console_fd,
				.rootfs = -1, .root = -1, .devpts = -1, .proc = -1,
			},
			.prog = {
				.spec = s, .p = p, .keyring = l->keyring,
				.personality = l->personality,
				.warn = warn_parent, .listener = tell_listener,
			},
		},
	};
}

/* It is opened by whatever user the container has; the directory keeps others out. */
static int make_fifo(int dir, struct err *e)
{
	if (mkfifoat(dir, "exec.fifo", 0622) < 0 || fchmodat(dir, "exec.fifo", 0622, 0) < 0)
		return fail(e, -errno, "exec.fifo");
	return 0;
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
		r = make_fifo(l->state_fd, e);
	if (!r)
		r = ns_plan_create(&f.c.ns, s, e);
	if (!r)
		r = mount_open_sources(s, &f.c.root.sources, e);
	if (!r)
		r = run(&f, init, e);
	for (size_t i = 0; f.c.root.sources && i < s->n_mounts; i++)
		if (f.c.root.sources[i] >= 0)
			close(f.c.root.sources[i]);
	free(f.c.root.sources);
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
