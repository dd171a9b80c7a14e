/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create, start and run: the life of a container up to its own program. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "num.h"

#include "base/base.h"
#include "birth/birth.h"
#include "container/container.h"
#include "state/state.h"
#include "verb/verb.h"
#include "banned.h"

#define CREATE_OPTIONS \
	{ "bundle", 'b', "DIR", "directory of config.json (default: the current one)", false }, \
	{ "console-socket", 0, "PATH", "socket that receives the master of the terminal", false }, \
	{ "pid-file", 0, "FILE", "write the process id of init there", false }, \
	{ "no-pivot", 0, NULL, "do not use pivot_root(2)", false }, \
	{ "no-new-keyring", 0, NULL, "keep the session keyring of the caller", false }, \
	{ "pidfd-socket", 0, "PATH", "socket that receives a descriptor of init", false }, \
	{ "preserve-fds", 0, "N", "leave N descriptors open beyond stdio and LISTEN_FDS", false }, \
	{ "require", 0, "WHAT", "refuse where WHAT (kill-all) cannot be promised", false }

const struct cmd_opt create_options[] = {
	CREATE_OPTIONS,
	{ 0 }
};

const struct cmd_opt run_options[] = {
	CREATE_OPTIONS,
	{ "detach", 'd', NULL, "return once the program runs", 0 },
	{ "keep", 0, NULL, "keep the state when the container has ended", 0 },
	{ "no-subreaper", 0, NULL, "do not reap what the container leaves",
	  .flags = CMD_SINGLE_DASH },
	{ 0 }
};

static int options(const struct cmd_args *a, struct create_opts *o, struct err *e)
{
	const char *fds = cmd_value(a, "preserve-fds"), *require = cmd_value(a, "require");
	const char *bundle = cmd_value(a, "bundle");
	long long n = 0;

	if (fds && num_parse(fds, 0, 1024, &n))
		return err_set(e, -EINVAL, "--preserve-fds: \"%.32s\" is not a number up to 1024",
			       fds);
	if (require && strcmp(require, "kill-all"))
		return err_set(e, -EINVAL, "--require: \"%.64s\" is not kill-all", require);
	*o = (struct create_opts){
		.id = a->pos[0], .bundle = bundle ? bundle : ".",
		.pid_file = cmd_value(a, "pid-file"),
		.console_socket = cmd_value(a, "console-socket"),
		.pidfd_socket = cmd_value(a, "pidfd-socket"),
		.no_new_keyring = cmd_value(a, "no-new-keyring"),
		.no_pivot = cmd_value(a, "no-pivot"), .require_kill = require,
		.preserve_fds = (unsigned)n,
	};
	return 0;
}

int cmd_create(const struct cmd_args *a, struct err *e)
{
	struct create_opts o;
	struct container c;
	struct app app;
	int master, rc = options(a, &o, e);

	if (rc < 0)
		return rc;
	o.detach = true;
	rc = app_init(&app, a, true, e);
	if (!rc)
		rc = container_create(&c, &app, &o, &master, e);
	if (!rc)
		container_close(&c);
	app_free(&app);
	return rc;
}

/* ---- start ---- */

#define START_RESERVE_MS	500

static int init_alive(void *data)
{
	struct container *c = data;

	return cg_ref_alive(c->ctx, &c->st.init);
}

static int poststart(struct container *c, struct err *e)
{
	const struct hooks_how how = { .env = environ };
	struct json_object *hooks, *state;
	int rc = kept_get(&c->st, "hooks", &hooks, e);

	if (rc < 0 || !hooks)
		return rc;
	state = kept_oci_state(&c->st, "running", c->st.init.pid);
	rc = hooks_run(hooks, "poststart", state, &how, e);
	json_object_put(state);
	app_renew(c->app);
	return rc;
}

/*
 * Nothing of the container goes on, and the error stays the one that there is. Where a hook
 * has failed the container is destroyed, as the specification has it, and its poststop hooks
 * run; one whose program could not be begun stays, stopped, for its engine to delete.
 */
static int give_up(struct container *c, struct err *e)
{
	bool hook = !strncmp(e->msg, "error running ", 14);
	struct cg_report rep;
	struct err later = { 0 };

	app_renew(c->app);
	if ((hook ? container_destroy(c, &later) : container_kill(c, &rep, &later)) < 0)
		log_warn("%s", later.msg);
	return e->code;
}

/* Created without a program: the specification wants one at the start only. */
static int check_program(struct container *c, struct err *e)
{
	struct json_object *none;
	int rc = kept_get(&c->st, "noProcess", &none, e);

	if (!rc && json_object_get_boolean(none))
		rc = err_set(e, -EINVAL, "cannot start a container without \"process\" in its "
			     "config.json");
	return rc;
}

/* Stopped by whom is not to be known; how to let it go is worth saying. */
static int does_not_start(const struct container *c, struct err *e)
{
	char path[32], text[512], why[sizeof(e->msg)];
	const char *state;

	snprintf(path, sizeof path, "/proc/%d/stat", c->st.init.pid);
	if (read_text(AT_FDCWD, path, text, sizeof text) <= 0)
		return e->code;
	state = strrchr(text, ')');
	if (!state || (state[2] != 'T' && state[2] != 't'))
		return e->code;
	snprintf(why, sizeof why, "%s", e->msg);
	return err_set(e, e->code, "%.300s: process %d is stopped (SIGCONT lets it go on, kill "
		       "KILL ends it)", why, c->st.init.pid);
}

/* Hooks that run inside have time limits of their own. */
static int hooks_limit(struct container *c, int *ms, struct err *e)
{
	struct json_object *hooks;
	int rc = kept_get(&c->st, "hooks", &hooks, e);

	if (!rc && hooks)
		*ms = hooks_time(hooks, "startContainer");
	return rc;
}

static int begin(struct container *c, struct err *e)
{
	int ms = 0, rc = hooks_limit(c, &ms, e);

	if (rc < 0)
		return rc;
	ms += app_left(c->app, START_RESERVE_MS);
	rc = c->start[0] >= 0 ? launch_start_own(c->start, ms, init_alive, c, e) :
		launch_start(c->dir.fd, ms, init_alive, c, e);
	app_renew(c->app);
	if (rc == -ENOENT)
		return err_set(e, -EBUSY, "cannot start an already running container");
	if (rc == -EAGAIN || rc == -ETIMEDOUT)
		return does_not_start(c, e);
	if (rc == -ENOEXEC)
		return give_up(c, e);
	if (rc < 0)
		return rc;
	container_identify_later(c);
	rc = poststart(c, e);
	return rc < 0 ? give_up(c, e) : 0;
}

static int may_start(struct container *c, struct err *e)
{
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (rc < 0)
		return rc;
	switch (f.status) {
	case CREATED:
		break;
	case STOPPED:
		return err_set(e, -EINVAL, "cannot start a container that has stopped");
	case CREATING:
		return err_set(e, -EBUSY, "cannot start a container that is still being created");
	case PAUSED:
		return err_set(e, -EBUSY, "cannot start a paused container");
	case RUNNING:
		return err_set(e, -EBUSY, "cannot start an already running container");
	}
	return 0;
}

int container_start(struct container *c, int *notify, struct err *e)
{
	/* Of our own nobody else can have started it, and its answer tells the rest. */
	int fd = -1, rc = c->start[0] >= 0 ? 0 : may_start(c, e);

	if (!rc)
		rc = check_program(c, e);
	if (!rc)
		rc = notify_open(c->dir.fd, &fd, e);
	if (!rc)
		rc = begin(c, e);
	if (!rc && notify) {
		*notify = fd;
		return 0;
	}
	if (!rc && fd >= 0)
		notify_wait(c, fd);
	if (fd >= 0)
		close(fd);
	return rc;
}

int cmd_start(const struct cmd_args *a, struct err *e)
{
	struct container c;
	struct app app;
	int rc = app_init(&app, a, false, e);

	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = container_start(&c, NULL, e);
		container_close(&c);
	}
	app_free(&app);
	return rc;
}

/* ---- run ---- */

/* Ends what init has left, in a shared PID namespace above all. */
static int clean_up(struct container *c, bool keep, struct err *e)
{
	struct cg_report rep;

	app_renew(c->app);
	return keep ? container_kill(c, &rep, e) : container_destroy(c, e);
}

static int run(const struct cmd_args *a, struct container *c, struct foreground *f,
	       const struct create_opts *o, struct err *e)
{
	bool keep = cmd_value(a, "keep");
	struct err undo = { 0 };
	int rc = container_start(c, o->detach ? NULL : &f->notify, e), code;

	if (rc < 0) {
		if (clean_up(c, false, &undo) < 0)
			log_warn("%s", undo.msg);
		return rc;
	}
	if (o->detach)
		return 0;
	f->cg = c->cg;
	f->ref = c->st.init;
	code = foreground_wait(f);
	if (f->notify >= 0)
		close(f->notify);
	rc = clean_up(c, keep, e);
	if (rc < 0 && code) {
		log_warn("%s", e->msg);
		rc = 0;
	}
	return rc < 0 ? rc : code;
}

int cmd_run(const struct cmd_args *a, struct err *e)
{
	struct foreground f = { .master = -1, .notify = -1, .sigfd = -1 };
	struct create_opts o;
	struct container c;
	struct app app;
	int master = -1, rc = options(a, &o, e);

	if (rc < 0)
		return rc;
	o.detach = cmd_value(a, "detach");
	o.run = true;
	rc = app_init(&app, a, true, e);
	if (!rc && !o.detach)
		rc = foreground_begin(&f, !cmd_value(a, "no-subreaper"), e);
	if (!rc)
		rc = container_create(&c, &app, &o, &master, e);
	f.master = master;
	if (!rc) {
		rc = run(a, &c, &f, &o, e);
		container_close(&c);
	}
	if (master >= 0)
		close(master);
	if (f.sigfd >= 0)
		close(f.sigfd);
	app_free(&app);
	return rc;
}
