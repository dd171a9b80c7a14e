/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: one more process of a container. It is put into the group and recorded, under
 * the lock, before it runs anything of the container, so that a kill or a delete at
 * any moment finds it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "num.h"

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "container/container.h"
#include "state/state.h"
#include "verb/verb.h"
#include "banned.h"

const struct cmd_opt exec_options[] = {
	{ "process", 'p', "FILE", "JSON of the process, - for standard input", 0 },
	{ "cwd", 0, "DIR", "working directory in the container", 0 },
	{ "env", 'e', "NAME=VALUE", "set a variable, may be repeated", 0 },
	{ "user", 'u', "UID[:GID]", "run as that user", 0 },
	{ "additional-gids", 'g', "GID", "one more group, may be repeated", 0 },
	{ "tty", 't', NULL, "give it a terminal", 0 },
	{ "cap", 'c', "CAP", "one more capability, may be repeated", 0 },
	{ "no-new-privs", 0, NULL, "no privileges by exec", 0 },
	{ "apparmor", 0, "PROFILE", "its AppArmor profile", 0 },
	{ "process-label", 0, "LABEL", "its SELinux label", 0 },
	{ "detach", 'd', NULL, "return once the program runs", 0 },
	{ "pid-file", 0, "FILE", "write its process id there", 0 },
	{ "console-socket", 0, "PATH", "socket that receives the master of the terminal", 0 },
	{ "cgroup", 0, "[CONTROLLER,...:]PATH", "an existing group below the container's, in those "
	  "hierarchies; may be repeated", 0 },
	{ "pidfd-socket", 0, "PATH", "socket that receives a descriptor of the process", 0 },
	{ "preserve-fds", 0, "N", "leave N descriptors open beyond stdio and LISTEN_FDS", 0 },
	{ "ignore-paused", 0, NULL, "also into a paused container: it runs when that is resumed",
	  0 },
	{ 0 }
};

struct exec {
	struct container c;
	struct cg_ref ref;
	const struct spec_process *process;
	struct json_object *seccomp;	/* the container's */
	const char *pid_file, *console_socket, *pidfd_socket;
	const struct cmd_args *args;	/* for each --cgroup */
	bool detach, ignore_paused;
	unsigned preserve_fds;
	long personality;
	struct spec_mempolicy mempolicy;
	char *keyring;			/* NULL: the caller's */
};

static int stopped(struct err *e)
{
	return err_set(e, -ESRCH, "cannot exec in a stopped container");
}

/* Under the lock: it may have been killed since. */
static int enter(struct exec *x, enum launch_stage stage, pid_t pid, struct err *e)
{
	struct container *c = &x->c;
	int rc;

	if (!c->cg || cg_ref_alive(c->ctx, &c->st.init) == -ESRCH)
		return stopped(e);
	if (stage == LAUNCH_BORN) {
		rc = cg_attach(c->cg, pid);
		return rc < 0 ? container_fail(c, rc, "put a process into", e) :
				exec_cgroups(c, x->args, pid, e);
	}
	rc = cg_ref_get(c->ctx, pid, &x->ref);
	if (rc >= 0)
		rc = cg_identify(c->cg, pid, 0);
	if (rc < 0 && rc != -EOPNOTSUPP)
		return container_fail(c, rc, "record a process of", e);
	return console_send_pidfd(x->pidfd_socket, pid, "setns", e);
}

/* The first 64 processors, as a mask. */
static void log_affinity(const struct spec_process *p)
{
	unsigned long long mask = 0;

	for (int cpu = 0; cpu < 64; cpu++)
		mask |= CPU_ISSET(cpu, &p->cpus_initial) ? 1ULL << cpu : 0;
	if (p->has_initial)
		log_debug("nsexec container setup: affinity: 0x%llx", mask);
}

static int on_stage(void *data, enum launch_stage stage, pid_t pid, struct err *e)
{
	struct exec *x = data;
	int rc;

	if (stage == LAUNCH_READY || stage == LAUNCH_ROOTFS)
		return 0;
	/* In the words of runc, by which its callers find these moments in a log. */
	if (stage == LAUNCH_BORN) {
		log_debug("nsexec container setup: process %d", pid);
		log_affinity(x->process);
	} else {
		log_debug("child process in init(): %d", pid);
		log_debug("setns_init: about to exec");
	}
	rc = container_begin_group(&x->c, e);
	if (rc < 0)
		return rc;
	rc = enter(x, stage, pid, e);
	/* In a directory of v2 a kill finds it, and a delete does not get past it. */
	if (!rc && stage == LAUNCH_BORN && cg_fd(x->c.cg) >= 0) {
		container_cancel(&x->c);
		return 0;
	}
	if (!rc)
		rc = container_keep_group(&x->c, e);
	if (rc < 0) {
		container_cancel(&x->c);
		return rc;
	}
	return container_commit(&x->c, e);
}

static void on_warning(void *data, const char *text)
{
	(void)data;
	log_warn("%s", text);
}

static void on_end(void *data, pid_t pid)
{
	struct exec *x = data;

	container_end_process(&x->c, pid);
}

static int on_notify(void *data, pid_t pid, int fd, struct err *e)
{
	struct exec *x = data;

	return kept_notify(x->seccomp, &x->c.st, "running", pid, fd, e);
}

static int may_exec(struct exec *x, struct err *e)
{
	struct facts f;
	int rc = container_facts(&x->c, &f, e);

	if (rc < 0)
		return rc;
	if (f.status == STOPPED)
		return stopped(e);
	if (f.status == CREATING)
		return err_set(e, -EBUSY, "cannot exec in a container that is still being created");
	if (f.status == PAUSED && !x->ignore_paused)
		return err_set(e, -EBUSY, "cannot exec in a paused container (use --ignore-paused "
			       "to override)");
	return 0;
}

static int launch_it(struct exec *x, int console, struct err *e)
{
	struct json_object *keep = json_object_object_get(x->c.st.annotations, KEEP_GROUPS);
	const struct launch l = {
		.process = x->process, .seccomp = x->seccomp, .state_fd = -1, .console_fd = console,
		.personality = x->personality, .mempolicy = &x->mempolicy, .keyring = x->keyring,
		.preserve_fds = x->preserve_fds, .detach = x->detach,
		.keep_groups = kept_groups(json_object_get_string(keep)),
		.fn = on_stage, .warn = on_warning, .notify = on_notify,
		.end = on_end, .no_deadline = x->ignore_paused, .data = x,
	};
	pid_t pid;
	int rc = launch_exec(&l, x->c.st.init.pid, &pid, e);

	if (!rc && x->pid_file)
		rc = pidfile_write(x->pid_file, pid, e);
	return rc;
}

static int open_console(const struct exec *x, int console[2], struct err *e)
{
	int rc = console_check(x->process->terminal, x->detach, x->console_socket, e);

	console[0] = console[1] = -1;
	if (rc < 0)
		return rc;
	if (x->console_socket)
		return console_connect("--console-socket", x->console_socket, &console[1], e);
	return x->process->terminal ? console_pair(console, e) : 0;
}

static int run(struct exec *x, struct foreground *f, struct err *e)
{
	int console[2], rc = open_console(x, console, e);

	if (!rc)
		rc = launch_it(x, console[1], e);
	if (!rc && console[0] >= 0)
		rc = console_receive(console[0], &f->master, e);
	for (int i = 0; i < 2; i++)
		if (console[i] >= 0)
			close(console[i]);
	if (rc < 0 || x->detach)
		return rc;
	f->cg = x->c.cg;
	f->ref = x->ref;
	rc = foreground_wait(f);
	if (f->master >= 0)
		close(f->master);
	return rc;
}

/* What the container was made with, and its bundle may not say any more. */
static int load_kept(struct exec *x, struct err *e)
{
	struct json_object *no_keyring, *person, *policy;
	int rc = kept_get(&x->c.st, "seccomp", &x->seccomp, e);

	if (!rc)
		rc = kept_get(&x->c.st, "noNewKeyring", &no_keyring, e);
	if (!rc && !json_object_get_boolean(no_keyring)) {
		x->keyring = kept_keyring(x->c.st.id);
		rc = x->keyring ? 0 : no_memory(e);
	}
	if (!rc)
		rc = kept_get(&x->c.st, "personality", &person, e);
	if (!rc && person) {
		struct node n = { .json = person, .key = "personality" };

		rc = spec_personality(&n, &x->personality, e);
	}
	if (!rc)
		rc = kept_get(&x->c.st, "memoryPolicy", &policy, e);
	if (!rc && policy) {
		struct node n = { .json = policy, .key = "memoryPolicy" };

		rc = spec_mempolicy(&n, &x->mempolicy, e);
	}
	json_object_get(x->seccomp);	/* the state is read again meanwhile */
	return rc;
}

static int into(struct exec *x, const struct cmd_args *a, struct err *e)
{
	struct foreground f = { .notify = -1, .sigfd = -1 };
	struct spec_process *p;
	int rc = may_exec(x, e);

	if (!rc)
		rc = exec_process(a, &x->c.st, &p, e);
	if (rc < 0)
		return rc;
	x->process = p;
	for (size_t i = 0; i < p->warnings.n; i++)
		log_warn("%s", p->warnings.v[i]);
	rc = load_kept(x, e);
	if (!rc && !x->detach)
		rc = foreground_begin(&f, false, e);
	if (!rc)
		rc = run(x, &f, e);
	if (f.sigfd >= 0)
		close(f.sigfd);
	json_object_put(x->seccomp);
	free(x->keyring);
	spec_process_free(p);
	return rc;
}

int cmd_exec(const struct cmd_args *a, struct err *e)
{
	struct exec x = {
		.personality = -1,
		.pid_file = cmd_value(a, "pid-file"), .detach = cmd_value(a, "detach"),
		.console_socket = cmd_value(a, "console-socket"),
		.pidfd_socket = cmd_value(a, "pidfd-socket"),
		.ignore_paused = cmd_value(a, "ignore-paused"),
		.args = a,
	};
	const char *fds = cmd_value(a, "preserve-fds");
	long long n = 0;
	struct app app;
	int rc;

	if (fds && num_parse(fds, 0, 1024, &n))
		return err_set(e, -EINVAL, "--preserve-fds: \"%.32s\" is not a number up to 1024",
			       fds);
	x.preserve_fds = (unsigned)n;
	rc = app_init(&app, a, false, e);
	if (!rc)
		rc = container_open(&x.c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = into(&x, a, e);
		container_close(&x.c);
	}
	app_free(&app);
	return rc;
}
