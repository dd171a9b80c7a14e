/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the container's process does between its namespaces and its program: the order of
 * the steps, and why it is this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"
#include "state/state.h"
#include "banned.h"

/* Of a UTS namespace of its own, else it would be the host's. */
static int set_names(const struct child *c, struct err *e)
{
	const struct spec *s = c->spec;

	if ((s->hostname || s->domainname) && !spec_ns(s, CLONE_NEWUTS))
		return err_set(e, -EINVAL, "%s: needs a uts namespace",
			       s->hostname ? "hostname" : "domainname");
	if (s->hostname && sethostname(s->hostname, strlen(s->hostname)) < 0)
		return fail(e, -errno, "hostname: %s", s->hostname);
	if (s->domainname && setdomainname(s->domainname, strlen(s->domainname)) < 0)
		return fail(e, -errno, "domainname: %s", s->domainname);
	return 0;
}

static int set_network(const struct child *c, struct err *e)
{
	int r = c->ns.create & CLONE_NEWNET ? netlo_up() : 0;

	return r ? fail(e, r, "linux.namespaces (network): lo") : 0;
}

/* The caller's environment: nobody who gets to look at us is to find it. */
static void forget_environment(void)
{
	for (char **v = environ; v && *v; v++)
		explicit_bzero(*v, strlen(*v));
	environ = NULL;
}

/*
 * From here on the program's own view counts, and nothing of ours may be left open. What the
 * caller had left open is closed before anything can keep us from closing it.
 */
static int become(struct child *c, struct err *e)
{
	int keep[] = { c->sock, c->fifo[0], c->fifo[1], c->writer ? c->writer_go : -1 };
	int r;

	c->prog.root = c->root.root;
	c->prog.seen = stage_is_seen(c);
	r = exec_env(&c->prog, e);
	if (!r)
		r = label_set(&c->prog, e);
	if (r)
		return r;
	forget_environment();
	fds_close(c, keep, sizeof(keep) / sizeof(keep[0]));
	r = sched_apply(&c->prog, e);
	if (!r)
		r = process_limits(&c->prog, e);
	if (!r)
		r = tag_enter(c, e);
	if (!r)
		r = process_identity(&c->prog, e);
	if (r || (c->spec && c->spec->no_process))
		return r;
	return exec_find(&c->prog, e);
}

/* What the program may not do, a hook in its place may not either. */
static int confine_hook(void *data)
{
	struct err e;

	return filter_late(data, &e);
}

/* Of a point within the container. The process has the number that it sees itself. */
static int run_hooks(const struct child *c, const char *point, const struct hooks_how *how,
		     struct err *e)
{
	struct json_object *hooks = c->spec->hooks, *state;
	int r;

	if (!hooks || !c->l->state)
		return 0;
	state = c->l->state(c->l->data, "created", getpid());
	r = hooks_run(hooks, point, state, how, e);
	json_object_put(state);
	return r;
}

/* The root is mounted: those outside may add to it, then those that are ours. */
static int before_enter(const struct child *c, struct err *e)
{
	/* What will be the root: runc's place, in which hooks of engines look for libraries. */
	const struct hooks_how how = { .env = environ, .cwd = c->spec->rootfs };
	int r = c->spec->hooks ? chan_ask(c->sock, CHAN_ROOTFS) : 0;

	return r ? r : run_hooks(c, "createContainer", &how, e);
}

static int before_program(struct child *c, struct err *e)
{
	const struct hooks_how how = {
		.env = c->prog.env, .data = &c->prog,
		.last = c->prog.filter.notify ? NULL : confine_hook,
	};

	return run_hooks(c, "startContainer", &how, e);
}

int init_create(struct child *c, struct err *e)
{
	int r;

	umask(0);		/* modes are as the configuration says */
	r = set_names(c, e);
	if (!r)
		r = set_network(c, e);
	if (!r)
		r = rootfs_setup(&c->root, e);
	if (!r)
		r = before_enter(c, e);
	if (!r)
		r = rootfs_seal(&c->root, e);
	if (!r)
		r = rootfs_enter(&c->root, e);
	if (!r)
		r = become(c, e);
	if (r)
		return r;
	/* A listener goes to somebody outside, so before that. */
	r = c->prog.filter.notify ? filter_late(&c->prog, e) : 0;
	if (r)
		return r;
	/*
	 * Its user may enter what only he can see, before it is started as well as after. We hold
	 * nothing any more but what the program gets, and the fifos.
	 */
	if (stage_is_seen(c))
		prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, 0);
	r = chan_ask(c->sock, CHAN_READY);
	if (r)
		return r;
	close(c->sock);
	if (fifo_wait(c->fifo))
		_exit(1);
	r = before_program(c, e);
	if (!r)
		r = process_last_limits(&c->prog, e);
	if (!r && !c->prog.filter.notify)
		r = filter_late(&c->prog, e);
	if (!r)
		exec_now(&c->prog, e);
	(void)!write(c->fifo[1], e->msg, strlen(e->msg));
	_exit(1);
}

int init_exec(struct child *c, struct err *e)
{
	char gone;
	int r;

	umask(0);
	c->root.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->root.root < 0)
		return fail(e, -errno, "the container's root");
	r = tty_setup(&c->root, e);
	if (!r)
		r = device_stdio(&c->root, e);
	if (!r)
		r = become(c, e);
	if (r)
		return r;
	prctl(PR_SET_PDEATHSIG, 0);
	/* Has it ended just before that line? */
	if (recv(c->sock, &gone, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		return -EPIPE;
	/* Before the filter, which may forbid it. From here on whoever ends us ends the program. */
	chan_tell(c->sock, CHAN_LAST, 0, "");
	r = filter_late(&c->prog, e);
	return r ? r : exec_now(&c->prog, e);
}
