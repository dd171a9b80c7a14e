/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups that cgrun made for containers whose state is lost, found by their marks (mark.h
 * says why these and no names). One is reaped only if its state is gone beyond doubt: a
 * container whose state is merely out of sight, in another mount namespace or below a
 * mount, is somebody's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "doctor.h"
#include "doctor-state.h"
#include "mark.h"
#include "out.h"

#include "banned.h"

/* ---- is the state gone? ---- */

enum state { THERE, LOST, UNSURE };

static unsigned count_mounts(uint64_t dev)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	unsigned n = 0, major, minor;
	char *line = NULL;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0)
		if (sscanf(line, "%*d %*d %u:%u", &major, &minor) == 2)
			n += major == major(dev) && minor == minor(dev);
	free(line);
	if (f)
		fclose(f);
	return f ? n : 2;
}

/* The file system of what there is of a path. */
static uint64_t device_at(const char *path)
{
	char *s = strdup(path), *slash;
	struct stat st = { 0 };

	while (s && stat(s, &st) && errno == ENOENT && (slash = strrchr(s, '/')) && slash > s)
		*slash = '\0';
	free(s);
	return st.st_dev;
}

/*
 * The directory is not there, or another one is. It is gone if its file system was a tmpfs
 * that is mounted no more, or just once and where the path leads to.
 */
static enum state root_is_gone(const struct mark *m, const char **why)
{
	unsigned n;

	*why = "its state directory belongs to another mount namespace";
	if (m->mnt != mark_mnt())
		return UNSURE;
	*why = "another state directory has taken that path, or hides it";
	n = m->tmpfs ? count_mounts(m->dev) : 2;
	return n == 0 || (n == 1 && device_at(m->root) == m->dev) ? LOST : UNSURE;
}

static enum state look(const struct mark *m, const char **why)
{
	int fd = open(m->root, O_PATH | O_DIRECTORY | O_CLOEXEC), rc;
	enum state state = UNSURE;
	struct stat st;
	char *file;

	if (strchr(m->id, '/') || !strcmp(m->id, ".") || !strcmp(m->id, ".."))
		state = THERE;
	*why = "its state directory may not be looked at";
	if (fd < 0)
		return state == THERE || errno != ENOENT ? state : root_is_gone(m, why);
	file = say("%s/state.json", m->id);
	rc = file && !faccessat(fd, file, F_OK, AT_EACCESS) ? 0 : -errno;
	if (!rc)
		state = THERE;
	else if (state != THERE && file && rc == -ENOENT && !fstat(fd, &st))
		state = st.st_dev == m->dev && st.st_ino == m->inode ? LOST :
			root_is_gone(m, why);
	free(file);
	close(fd);
	return state;
}

/* ---- reaping ---- */

bool doctor_ask(bool yes, const char *what)
{
	char answer[16] = "";
	sigset_t set, old;

	if (yes)
		return true;
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, &old);	/* whoever is asked may say ^C */
	out_escape(stderr, what);
	fprintf(stderr, "? [y/N] ");
	if (!fgets(answer, sizeof(answer), stdin))
		answer[0] = '\0';
	sigprocmask(SIG_SETMASK, &old, NULL);
	return answer[0] == 'y' || answer[0] == 'Y';
}

static char *describe(const struct mark *m, struct cg *cg, unsigned state, size_t n)
{
	if (state & CG_EMPTY)
		return say("container %s is gone from %s, its empty group %s is left", m->id,
			   m->root, cg_path(cg));
	return say("container %s is gone from %s, its group %s lives on with %zu processes%s",
		   m->id, m->root, cg_path(cg), n, state & CG_FROZEN ? ", frozen" : "");
}

/* 0: it is gone. */
static int reap(struct doctor *d, const struct mark *m, struct cg *cg, bool empty)
{
	struct cg_report r = { 0 };
	const char *why;
	int rc;

	/* As it is now, not as it was before somebody thought about the answer. */
	if (look(m, &why) != LOST)
		return -EBUSY;
	rc = cg_delete(cg, empty ? CG_IF_EMPTY : 0, d->t->timeout_ms, &r, sizeof(r));
	if (rc < 0) {
		found(d, 0, "leftover.stays", say("container %s: %s", m->id,
						  cg_errmsg(d->t->ctx)), NULL);
		return rc;
	}
	found(d, D_NOTE, "leftover.reaped", say("container %s: its group is removed, %u processes "
						"ended", m->id, r.ended), NULL);
	return 0;
}

struct how {
	bool fix, yes;
};

static void consider(struct doctor *d, const struct mark *m, struct cg *cg, unsigned state,
		     struct how how)
{
	bool mine = m->trusted || m->owner == d->uid, empty = state & CG_EMPTY;
	const char *id = empty ? "leftover.empty" : "leftover.alive", *why = "";
	size_t n = 0, unnamed = 0;
	pid_t *pids = NULL;
	enum state is = look(m, &why);
	char *text;

	if (is == THERE)
		return;
	if (!empty && cg_procs(cg, 0, &pids, &n, &unnamed) < 0)
		n = unnamed = 0;
	free(pids);
	text = describe(m, cg, state, n + unnamed);
	if (is == UNSURE) {
		found(d, D_NOTE, "leftover.unsure", text ? say("%s; nothing is done about it: %s",
							       text, why) : NULL, NULL);
		free(text);
		return;
	}
	if (!mine) {
		found(d, 0, id, text, say("sudo -u '#%u' cgtool doctor --fix",
					  (unsigned)m->owner));
		return;
	}
	if (how.fix && text && doctor_ask(how.yes, text) && !reap(d, m, cg, empty)) {
		free(text);
		return;
	}
	found(d, 0, id, text, say("cgtool doctor --fix"));
}

struct search {
	struct doctor *d;
	const char *root;		/* NULL: those of every state directory */
	struct how how;
};

static void examine(void *data, const struct mark *m, const char *group)
{
	struct search *s = data;
	struct doctor *d = s->d;
	struct cg *cg = NULL;
	unsigned state;

	if (s->root && strcmp(s->root, m->root))
		return;
	if (cg_restore(d->t->ctx, group, CG_SKIP_REPLACED, &cg) >= 0 &&
	    cg_state(cg, &state) >= 0 && !(state & CG_GONE))
		consider(d, m, cg, state, s->how);
	cg_close(cg);
}

void doctor_leftovers(struct doctor *d, bool fix, bool yes)
{
	struct search s = { d, cmd_value(d->t->args, "root"), { fix, yes } };

	if (mark_groups(d->t->ctx, examine, &s) < 0)
		d->failed = true;
	doctor_states(d, fix, yes);
}
