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

struct dir {
	uint64_t dev, inode;
};

struct left {
	struct mark m;
	char *root, *id, *group;	/* what m points to */
	struct dir *dir;		/* that carry it */
	size_t n;
};

struct lefts {
	const char *root;		/* NULL: those of every state directory */
	struct left *left;
	size_t n;
	bool failed;
};

/* ---- collecting: a group has its mark in every hierarchy, it counts once ---- */

static struct left *find_left(struct lefts *all, const struct mark *m)
{
	struct left *more, l = { .m = *m };

	for (size_t i = 0; i < all->n; i++) {
		struct left *old = &all->left[i];

		if (!strcmp(old->root, m->root) && !strcmp(old->id, m->id) &&
		    !strcmp(old->group, m->group) && old->m.owner == m->owner &&
		    old->m.trusted == m->trusted)
			return old;
	}
	more = realloc(all->left, (all->n + 1) * sizeof(*more));
	if (!more)
		return NULL;
	all->left = more;
	l.m.root = l.root = strdup(m->root);
	l.m.id = l.id = strdup(m->id);
	l.m.group = l.group = strdup(m->group);
	all->left[all->n++] = l;
	return l.root && l.id && l.group ? &all->left[all->n - 1] : NULL;
}

static void collect(void *data, const struct mark *m)
{
	struct lefts *all = data;
	struct left *l;
	struct dir *more;

	if (all->root && strcmp(all->root, m->root))
		return;
	l = all->failed ? NULL : find_left(all, m);
	more = l ? realloc(l->dir, (l->n + 1) * sizeof(*more)) : NULL;
	if (!more) {
		all->failed = true;
		return;
	}
	l->dir = more;
	l->dir[l->n++] = (struct dir){ m->dir_dev, m->dir_inode };
}

static void lefts_free(struct lefts *all)
{
	for (size_t i = 0; i < all->n; i++) {
		free(all->left[i].root);
		free(all->left[i].id);
		free(all->left[i].group);
		free(all->left[i].dir);
	}
	free(all->left);
}

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

/* "DRIVER [HIERARCHY] DEV INODE ...": one of those that carry the mark */
static bool carries(const struct left *l, const char *line, size_t len)
{
	const char *end = line + len;
	unsigned long long dev, inode;

	for (; (line = memchr(line, ' ', (size_t)(end - line))); line++)
		if (line[1] >= '0' && line[1] <= '9')
			break;
	if (!line || sscanf(line, "%llu %llu", &dev, &inode) != 2)
		return false;
	for (size_t i = 0; i < l->n; i++)
		if (l->dir[i].dev == dev && l->dir[i].inode == inode)
			return true;
	return false;
}

/* The saved group without what the mark cannot speak for: other directories, and processes. */
static char *vouched(const struct left *l)
{
	char *text = strdup(l->group), *to = text;
	const char *s = l->group;
	size_t len;

	for (int n = 0; to && *s; s += len, n++) {
		len = strcspn(s, "\n");
		len += s[len] == '\n';
		/* Two lines of heading: which boot, which path. */
		if (n < 2 || carries(l, s, len))
			to = mempcpy(to, s, len);
	}
	if (to)
		*to = '\0';
	return text;
}

static void examine(struct doctor *d, const struct left *l, struct how how)
{
	char *text = vouched(l);
	struct cg *cg = NULL;
	unsigned state;

	if (text && cg_restore(d->t->ctx, text, CG_SKIP_REPLACED, &cg) >= 0 &&
	    cg_state(cg, &state) >= 0 && !(state & CG_GONE))
		consider(d, &l->m, cg, state, how);
	d->failed |= !text;
	cg_close(cg);
	free(text);
}

void doctor_leftovers(struct doctor *d, bool fix, bool yes)
{
	struct lefts all = { .root = cmd_value(d->t->args, "root") };

	mark_each(d->t->ctx, collect, &all);
	for (size_t i = 0; !all.failed && i < all.n; i++)
		examine(d, &all.left[i], (struct how){ fix, yes });
	d->failed |= all.failed;
	lefts_free(&all);
	doctor_states(d, fix, yes);
}
