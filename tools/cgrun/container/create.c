/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a container. The order is the point: the state exists before the group, the
 * group before the first process, and each process is recorded before it can do
 * anything. So whenever this is killed, `delete --force` finds all there is.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "mark.h"

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "container/container.h"
#include "root/root.h"
#include "state/state.h"
#include "banned.h"

#define LOCK_MS	3000

struct creation {
	struct container *c;
	const struct create_opts *o;
	const struct spec *spec;
	int console[2];			/* ours, and the one for launch; -1 where there is none */
	int *master;			/* what comes out of ours */
	unsigned own;			/* CG_ID_*: namespaces made for it */
	unsigned ids;			/* and the tag, and whether they can be held */
	bool tag, require;
	bool barred;			/* this user may not put a process into the group */
};

/* ---- what is asked for ---- */

static int annotations(struct creation *k, struct err *e)
{
	const char *require = spec_annotation(k->spec, "org.libcg.require");
	const char *tag = spec_annotation(k->spec, "org.libcg.tag");

	if (require && strcmp(require, "kill-all"))
		return err_set(e, -EINVAL, "annotations.org.libcg.require: \"%.64s\" is not "
			       "\"kill-all\"", require);
	if (tag && strcmp(tag, "userns"))
		return err_set(e, -EINVAL, "annotations.org.libcg.tag: \"%.64s\" is not "
			       "\"userns\"", tag);
	k->require = require || k->o->require_kill;
	k->tag = tag;
	return 0;
}

/* ---- what can be promised ---- */

static int judge(struct creation *k, struct cg *cg, unsigned ids, bool warn, struct err *e)
{
	struct cg_cap kill;
	int rc = caps_kill(k->c->ctx, cg, ids, &kill);
	const char *or = "";

	if (rc < 0)
		return container_fail(k->c, rc, "ask what can be done with", e);
	if (kill.level == CG_FULL)
		return 0;
	if (*kill.remedy)
		or = "; remedy: ";
	if (k->require)
		return err_set(e, -EOPNOTSUPP, "kill-all is required and cannot be promised here "
			       "(%s): %s%s%s", cg_level_name(kill.level), kill.reason, or,
			       kill.remedy);
	if (warn)
		log_warn("container %s: killing all of it is %s: %s%s%s", k->o->id,
			 cg_level_name(kill.level), kill.reason, or, kill.remedy);
	return 0;
}

/* ---- recording ---- */

static struct json_object *annotations_json(const struct spec *s)
{
	struct json_object *o;

	if (!s->n_annotations)
		return NULL;
	o = json_object_new_object();
	for (size_t i = 0; i < s->n_annotations; i++)
		json_object_object_add(o, s->annotations[i].key,
				       json_object_new_string(s->annotations[i].value));
	return o;
}

static char *now_text(void)
{
	struct timespec t;
	struct tm tm;
	char day[32], *s;

	clock_gettime(CLOCK_REALTIME, &t);
	strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", gmtime_r(&t.tv_sec, &tm));
	return asprintf(&s, "%s.%09ldZ", day, t.tv_nsec) < 0 ? NULL : s;
}

static int first_state(struct creation *k, struct err *e)
{
	const struct spec *s = k->spec;
	struct state *st = &k->c->st;
	int rc = cg_ref_get(k->c->ctx, getpid(), &st->creator);

	if (rc < 0)
		return err_set(e, rc, "%s", cg_errmsg(k->c->ctx));
	st->id = strdup(k->o->id);
	st->oci_version = strdup(s->oci_version);
	st->bundle = strdup(s->bundle);
	st->rootfs = strdup(s->rootfs);
	st->cgroup = strdup(s->cgroups_path && *s->cgroups_path ? s->cgroups_path : k->o->id);
	st->created = now_text();
	st->annotations = annotations_json(s);
	st->config = kept_config(s, k->o->no_new_keyring);
	st->owner = geteuid();
	st->creating = true;
	if (!st->id || !st->config || !st->oci_version || !st->bundle || !st->rootfs ||
	    !st->cgroup || !st->created)
		return err_set(e, -ENOMEM, "out of memory");
	return 0;
}

/*
 * Only we change a container that is being made, apart from a lease that somebody takes to kill it.
 * -ENOENT: it was deleted meanwhile.
 */
static int write_state(struct creation *k, struct err *e)
{
	struct container *c = k->c;
	struct state now;
	int rc = state_lock(&c->dir, now_ms() + LOCK_MS, e);

	if (rc < 0)
		return rc;
	if (!state_is_same(&c->dir)) {
		rc = state_load(&c->dir, &now, e);
		if (!rc) {
			c->st.lease = now.lease;
			memcpy(c->st.lease_what, now.lease_what, sizeof now.lease_what);
			state_clear(&now);
		}
	}
	if (!rc)
		rc = state_save(&c->dir, &c->st, e);
	state_unlock(&c->dir);
	return rc;
}

static int record(struct creation *k, struct err *e)
{
	int rc = container_keep_group(k->c, e);

	return rc < 0 ? rc : write_state(k, e);
}

/* The group with its directories, and the mark on them, which says the same. */
static int record_group(struct creation *k, struct err *e)
{
	struct container *c = k->c;
	int rc = container_keep_group(c, e);

	if (rc < 0)
		return rc;
	mark_write(c->ctx, c->cg, c->app->root_path, c->dir.root, c->dir.id, c->st.group);
	return write_state(k, e);
}

/*
 * In a cgroup2 directory a kill finds every process without a record of it; and a process that does
 * not wait for `start` yet ends with us. The state is written before that only for a group without
 * such a directory: there the record is the only evidence, or the directory is made when the first
 * process joins.
 */
static bool is_found(const struct creation *k)
{
	return cg_fd(k->c->cg) >= 0;
}

static void on_warning(void *data, const char *text)
{
	struct creation *k = data;

	log_warn("container %s: %s", k->o->id, text);
}

static struct json_object *on_state(void *data, const char *status, pid_t pid)
{
	struct creation *k = data;

	return kept_oci_state(&k->c->st, status, pid);
}

/* They may take as long as they like: what we have to do begins anew. */
static int outside_hooks(struct creation *k, pid_t pid, struct err *e)
{
	const struct hooks_how how = { .env = environ };
	struct json_object *state = on_state(k, "created", pid);
	int rc = hooks_run(k->spec->hooks, "prestart", state, &how, e);

	if (!rc)
		rc = hooks_run(k->spec->hooks, "createRuntime", state, &how, e);
	json_object_put(state);
	app_renew(k->c->app);
	return rc;
}

static void on_end(void *data, pid_t pid)
{
	struct creation *k = data;

	container_end_process(k->c, pid);
}

static int on_notify(void *data, pid_t pid, int fd, struct err *e)
{
	struct creation *k = data;

	return kept_notify(k->spec->seccomp, &k->c->st, "creating", pid, fd, e);
}

/* What the caller gets of a container that is complete. */
static int hand_to_caller(struct creation *k, pid_t pid, struct err *e)
{
	int rc = k->console[0] < 0 ? 0 : console_receive(k->console[0], k->master, e);

	return rc || !k->o->pid_file ? rc : pidfile_write(k->o->pid_file, pid, e);
}

static unsigned strictly(void)
{
	return resources_strict() ? RES_STRICT : 0;
}

static int on_born(struct creation *k, pid_t pid, struct err *e)
{
	struct container *c = k->c;
	bool found = is_found(k);
	int rc = cg_attach(c->cg, pid);

	k->barred = rc == -EPERM || rc == -EACCES;
	if (rc < 0)
		return container_fail(c, rc, "put a process into", e);
	/*
	 * Only now, as the group may have got its place with this process. Engines
	 * ask for more than an ordinary user may have.
	 */
	rc = resources_set(c, k->spec->resources, strictly() | RES_BEFORE_INIT, e);
	return rc < 0 || found ? rc : record_group(k, e);
}

static int on_init(struct creation *k, pid_t pid, struct err *e)
{
	struct container *c = k->c;
	int rc = cg_ref_get(c->ctx, pid, &c->st.init);

	if (rc < 0)
		return container_fail(c, rc, "record init of", e);
	rc = container_identify(c, pid, k->own, e);
	if (!rc)
		rc = console_send_pidfd(k->o->pidfd_socket, pid, "standard", e);
	/* Hooks may leave processes behind, and look at the state. */
	return rc < 0 || (is_found(k) && !k->spec->hooks) ? rc : record(k, e);
}

/* Init may be looked at again: what could not be recorded before is now. */
static int on_ready(struct creation *k, pid_t pid, struct err *e)
{
	struct container *c = k->c;
	unsigned ids = c->st.later | (k->tag ? CG_ID_USER : 0);
	struct cg *cg;
	int rc;

	c->st.later = 0;
	rc = resources_set(c, k->spec->resources, strictly() | RES_PROCESSES, e);
	if (!rc && ids)
		rc = container_identify(c, pid, ids, e);
	if (!rc)
		rc = container_hand_over(c, k->spec, pid, e);
	if (!rc)
		container_hold(c, pid);
	/* What cannot be recorded yet is judged as `start` will record it. */
	cg = c->st.later ? NULL : c->cg;
	if (!rc)
		rc = judge(k, cg, c->st.later ? k->ids : 0, true, e);
	if (!rc)
		rc = hand_to_caller(k, pid, e);
	if (rc < 0)
		return rc;
	c->st.caps = caps_to_json(c->ctx, cg, c->st.later ? k->ids : 0);
	c->st.creating = false;
	return record(k, e);
}

/* The log has the words of runc, by which its callers find these moments. */
static int on_stage(void *data, enum launch_stage stage, pid_t pid, struct err *e)
{
	struct creation *k = data;

	switch (stage) {
	case LAUNCH_BORN:
		log_debug("nsexec container setup: process %d", pid);
		return on_born(k, pid, e);
	case LAUNCH_INIT:
		log_debug("child process in init(): %d", pid);
		return on_init(k, pid, e);
	case LAUNCH_ROOTFS:
		return outside_hooks(k, pid, e);
	case LAUNCH_READY:
		log_debug("init: closing the pipe to signal completion: %d waits for start", pid);
		return on_ready(k, pid, e);
	}
	return 0;
}

/* ---- the steps ---- */

/* In runc's words, which callers look for: why a group that exists cannot be the container's. */
static int taken(struct creation *k, struct err *e)
{
	struct container *c = k->c;
	unsigned state = 0;
	struct cg *cg;

	if (cg_open(c->ctx, c->st.cgroup, 0, &cg) < 0)
		return e->code;
	if (!cg_state(cg, &state) && state & (CG_FROZEN | CG_FROZEN_ABOVE))
		err_wrap(e, "container's cgroup unexpectedly frozen");
	else if (!(state & CG_EMPTY))
		err_wrap(e, "container's cgroup is not empty");
	cg_close(cg);
	return e->code;
}

static int make_group(struct creation *k, struct err *e)
{
	struct container *c = k->c;
	int rc = cg_create(c->ctx, c->st.cgroup, CG_PARENTS | CG_REUSE, &c->cg);

	if (rc < 0) {
		err_set(e, rc, "%s: %s", k->spec->cgroups_path ? "linux.cgroupsPath" :
			"cannot make a cgroup", cg_errmsg(c->ctx));
		return rc == -EBUSY ? taken(k, e) : rc;
	}
	return record_group(k, e);
}

static int launch_it(struct creation *k, struct err *e)
{
	char *keyring = k->o->no_new_keyring ? NULL : kept_keyring(k->o->id);
	const struct launch l = {
		.spec = k->spec, .process = k->spec->process,
		.seccomp = k->spec->seccomp, .state_fd = k->c->dir.fd,
		.start = k->o->run ? k->c->start : NULL,
		.console_fd = k->console[1], .preserve_fds = k->o->preserve_fds,
		.mempolicy = &k->spec->mempolicy,
		.personality = k->spec->personality, .keyring = keyring,
		.keep_groups = kept_groups(spec_annotation(k->spec, KEEP_GROUPS)),
		.detach = k->o->detach, .no_pivot = k->o->no_pivot, .tag_userns = k->tag,
		.fn = on_stage, .warn = on_warning, .state = on_state,
		.notify = on_notify, .end = on_end, .data = k,
	};
	pid_t pid;
	int r;

	if (!k->o->no_new_keyring && !keyring)
		return err_set(e, -ENOMEM, "out of memory");
	r = launch_create(&l, &pid, e);
	free(keyring);
	return r;
}

static int open_console(struct creation *k, struct err *e)
{
	k->console[0] = k->console[1] = -1;
	if (k->o->console_socket)
		return console_connect("--console-socket", k->o->console_socket, &k->console[1],
				       e);
	if (k->spec->process->terminal)
		return console_pair(k->console, e);
	return 0;
}

static int build(struct creation *k, struct err *e)
{
	int rc = spec_ns(k->spec, CLONE_NEWNS) ? notify_make(k->c->dir.fd, e) : 0;

	if (!rc)
		rc = container_share(k->c->app, k->spec, k->o->id, e);
	if (!rc)
		rc = make_group(k, e);
	return rc ? rc : launch_it(k, e);
}

/*
 * The error of the creation stays; what cannot be undone is kept for a delete. A group
 * that was refused is not ours to look at.
 */
static void undo(struct creation *k)
{
	struct err e = { 0 };
	int rc;

	app_renew(k->c->app);
	if (k->c->cg) {
		rc = container_destroy(k->c, &e);
	} else {
		rc = state_lock(&k->c->dir, k->c->app->deadline, &e);
		if (!rc) {
			rc = state_remove(&k->c->dir, k->c->app->deadline, &e);
			state_unlock(&k->c->dir);
		}
	}
	if (rc < 0 && rc != -ENOENT)
		log_warn("%s", e.msg);
}

static int make(struct creation *k, struct err *e)
{
	struct container *c = k->c;
	int rc = open_console(k, e);

	k->ids = k->tag ? k->own | CG_ID_USER : k->own;
	/* It will be asked again once it is there: root may find that it may not mount. */
	if (!geteuid())
		k->ids |= CG_ID_HELD;
	if (!rc && k->require)
		rc = judge(k, NULL, k->ids, false, e);
	if (!rc)
		rc = first_state(k, e);
	if (!rc)
		rc = state_make(c->app->root, c->app->root_path, &c->st, &c->dir, e);
	if (!rc) {
		rc = build(k, e);
		if (rc < 0)
			undo(k);
	}
	for (int i = 0; i < 2; i++)
		if (k->console[i] >= 0)
			close(k->console[i]);
	return rc;
}

/*
 * An ordinary user may have a directory in cgroup v2 and not be allowed to move a process
 * there from where the caller is, while those of v1, which has no such rule, are to be had.
 * The stack of drivers without its first, to free; NULL: it is another error.
 */
static char *weaker(const struct creation *k, const struct err *e)
{
	const char *stack = k->c->cg ? cg_driver_name(k->c->cg) : "";
	const char *rest = strchr(stack, ',');

	if (!k->barred || k->c->app->driver || !rest || !strchr(rest + 1, ','))
		return NULL;
	log_info("%s; the container does without that part", e->msg);
	return strdup(rest + 1);
}

int container_create(struct container *c, struct app *app, const struct create_opts *o,
		     int *master, struct err *e)
{
	struct creation k = { .c = c, .o = o, .master = master };
	struct spec *spec = NULL;
	char *stack;
	int rc = state_id_check(o->id, e);

	container_init(c, app);
	*master = -1;
	if (!rc)
		rc = spec_load(o->bundle, &spec, e);
	if (!rc)
		rc = notify_ask(spec, app->root_path, o->id, e);
	if (rc < 0) {
		spec_free(spec);
		return rc;
	}
	k.spec = spec;
	for (size_t i = 0; i < spec->warnings.n; i++)
		log_warn("%s", spec->warnings.v[i]);
	k.own = container_own_ids(spec);
	rc = annotations(&k, e);
	if (!rc)
		rc = console_check(spec->process->terminal, o->detach, o->console_socket, e);
	if (!rc)
		rc = container_ctx(app, &c->ctx, e);
	if (!rc)
		rc = make(&k, e);
	stack = rc < 0 ? weaker(&k, e) : NULL;
	if (stack) {
		container_close(c);
		*e = (struct err){ 0 };
		app->driver = stack;
		rc = container_ctx(app, &c->ctx, e);
		if (!rc)
			rc = make(&k, e);
		app->driver = NULL;
		free(stack);
	}
	spec_free(spec);
	if (rc < 0) {
		if (*master >= 0)
			close(*master);
		*master = -1;
		container_close(c);
	}
	return rc;
}
