/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * States of cgrun without their container: one whose creation was cut off, one whose group
 * somebody else removed, one that was frozen when the cgrun that would have thawed it was
 * killed. A container that has ended is none of these: its caller has yet to delete it.
 * What mends them is cgrun itself, which knows its state.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "doctor-state.h"
#include "rtstate.h"

#include "banned.h"

extern char **environ;

struct facts {
	bool creating, paused;
	struct cg_ref creator, init, lease;	/* pid 0: none */
	const char *group;			/* borrowed, NULL: none yet */
};

static struct cg_ref ref_of(struct json_object *o, const char *key)
{
	struct json_object *v = json_object_object_get(o, key);

	return (struct cg_ref){
		.pid = json_object_get_int(json_object_object_get(v, "pid")),
		.start = json_object_get_uint64(json_object_object_get(v, "start")),
		.inode = json_object_get_uint64(json_object_object_get(v, "inode")),
	};
}

static void read_facts(struct json_object *o, struct facts *f)
{
	struct json_object *libcg = json_object_object_get(o, "libcg");

	*f = (struct facts){
		.creating = json_object_get_boolean(json_object_object_get(o, "creating")),
		.paused = json_object_get_boolean(json_object_object_get(o, "paused")),
		.creator = ref_of(o, "creator"), .init = ref_of(o, "init"),
		.lease = ref_of(o, "lease"),
		.group = json_object_get_string(json_object_object_get(libcg, "group")),
	};
}

/* Only a clear answer makes a process dead. */
static bool ended(struct doctor *d, const struct cg_ref *ref)
{
	return ref->pid > 0 && cg_ref_alive(d->t->ctx, ref) == -ESRCH;
}

/* ---- mending ---- */

/* The cgrun beside this program, else the one in PATH. */
static char *find_cgrun(void)
{
	char *self = realpath("/proc/self/exe", NULL), *file = NULL;
	char *slash = self ? strrchr(self, '/') : NULL;

	if (slash)
		file = say("%.*s/cgrun", (int)(slash - self), self);
	free(self);
	if (file && !access(file, X_OK))
		return file;
	free(file);
	return strdup("cgrun");
}

static int run_cgrun(const char *root, const char *verb, const char *option, const char *id)
{
	char *file = find_cgrun();
	const char *argv[] = { "cgrun", "--root", root, verb, option ? option : id,
			       option ? id : NULL, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none;
	int rc, status = -1;
	pid_t pid;

	if (!file)
		return -ENOMEM;
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	rc = posix_spawnp(&pid, file, &files, &attr, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	free(file);
	if (rc)
		return -rc;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

struct where {
	const char *root, *id;
	bool fix, yes;
};

/* thaw: looking at it is enough, cgrun then undoes what was cut off. */
static void tell(struct doctor *d, const struct where *w, const char *id, bool thaw,
		 const char *what)
{
	char *text = say("container %s: %s", w->id, what);
	char *command = thaw ? say("cgrun --root %s state %s", w->root, w->id) :
			say("cgrun --root %s delete --force %s", w->root, w->id);
	int rc;

	if (!w->fix || !text || !doctor_ask(w->yes, text)) {
		found(d, 0, id, text, command);
		return;
	}
	rc = thaw ? run_cgrun(w->root, "state", NULL, w->id) :
	     run_cgrun(w->root, "delete", "--force", w->id);
	if (rc) {
		found(d, 0, id, text, command);
		return;
	}
	found(d, D_NOTE, "state.mended", text, NULL);
	free(command);
}

/* ---- looking ---- */

static void with_group(struct doctor *d, const struct where *w, const struct facts *f)
{
	struct cg *cg = NULL;
	unsigned state = 0;
	bool place;

	if (cg_restore(d->t->ctx, f->group, CG_SKIP_REPLACED, &cg) < 0)
		return;
	place = strstr(cg_driver_name(cg), ",");
	if (cg_state(cg, &state) < 0)
		state = 0;
	if (ended(d, &f->lease) && state & CG_FROZEN && !(state & CG_EMPTY) && !f->paused)
		tell(d, w, "state.frozen", true, "it is frozen, and the cgrun that froze it was "
		     "killed");
	else if (!f->creating && ended(d, &f->init) && state & CG_GONE && place)
		tell(d, w, "state.empty", false, "its processes and its group are gone, its state "
		     "is left");
	cg_close(cg);
}

static void examine(struct doctor *d, const struct where *w)
{
	struct json_object *o = NULL;
	struct facts f;
	struct err e;
	int rc = rtstate_read(w->root, w->id, &o, &e);

	if (rc == -EIO)
		found(d, 0, "state.damaged", say("%s", e.msg),
		      say("cgrun --root %s delete --force %s", w->root, w->id));
	if (rc)
		return;
	read_facts(o, &f);
	if (f.creating && ended(d, &f.creator))
		tell(d, w, "state.cut-off", false, "the cgrun that was making it was killed");
	else if (f.group)
		with_group(d, w, &f);
	json_object_put(o);
}

static char *state_root(const struct doctor *d)
{
	const char *root = cmd_value(d->t->args, "root"), *xdg = getenv("XDG_RUNTIME_DIR");

	if (root)
		return realpath(root, NULL);
	if (!d->uid && !d->in_userns)
		return strdup("/run/cgrun");
	return xdg && *xdg == '/' ? say("%s/cgrun", xdg) : NULL;
}

void doctor_states(struct doctor *d, bool fix, bool yes)
{
	char *root = state_root(d);
	DIR *dir = root ? opendir(root) : NULL;
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			examine(d, &(struct where){ root, entry->d_name, fix, yes });
	if (dir)
		closedir(dir);
	free(root);
}
