/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking up a path inside a root directory on kernels before 5.6, that have no openat2():
 * one part after the other, never following a link, with the text of links put in front
 * of what is left. ".." is taken from the way that was really gone, starting at the root.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "root/root.h"
#include "banned.h"

#define MAX_LINKS	40	/* the kernel's own limit */
#define ANY		INT64_MIN

struct walk {
	int root;
	int64_t mount;		/* the one that is not left, or ANY */
	int cur;		/* where we are, O_PATH */
	char *done;		/* the way to there, free of links and ".." */
	char *todo;		/* not yet looked up; at points into it */
	char *at;
	int links;		/* that may still be followed */
};

/* The number of the mount, or what stands for it where the file system has no handles. */
static int64_t mount_number(int fd)
{
	struct file_handle h = { .handle_bytes = 0 };
	struct stat st;
	int id;

	if (name_to_handle_at(fd, "", &h, &id, AT_EMPTY_PATH) == 0 || errno == EOVERFLOW)
		return id;
	return fstat(fd, &st) < 0 ? -1 : -2 - (int64_t)st.st_dev;
}

static bool leaves(const struct walk *w, int fd)
{
	return w->mount != ANY && mount_number(fd) != w->mount;
}

static int move_to(struct walk *w, int fd)
{
	if (fd < 0)
		return -errno;
	if (leaves(w, fd)) {
		close(fd);
		return -EXDEV;
	}
	close(w->cur);
	w->cur = fd;
	return 0;
}

static int step(struct walk *w, const char *name)
{
	return move_to(w, openat(w->cur, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC));
}

static int to_root(struct walk *w)
{
	return move_to(w, openat(w->root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Goes the way from the root again, less its last part. */
static int up(struct walk *w)
{
	char *end = strrchr(w->done, '/');
	int r = to_root(w);

	if (end)
		*end = '\0';
	for (char *s = w->done; !r && *s; ) {
		char *name = s + 1;

		s = strchrnul(name, '/');
		end = *s ? s : NULL;
		*s = '\0';
		r = step(w, name);
		if (end)
			*end = '/';
	}
	return r;
}

static int down(struct walk *w, const char *name)
{
	char *done;
	int r = step(w, name);

	if (r)
		return r;
	if (asprintf(&done, "%s/%s", w->done, name) < 0)
		return -ENOMEM;
	free(w->done);
	w->done = done;
	return 0;
}

static int follow(struct walk *w, int link)
{
	char *target, *todo;
	ssize_t n;
	int r;

	if (w->links-- <= 0)
		return -ELOOP;
	target = malloc(PATH_MAX);
	if (!target)
		return -ENOMEM;
	n = readlinkat(link, "", target, PATH_MAX - 1);
	r = n < 0 ? -errno : 0;
	if (!r) {
		target[n] = '\0';
		r = asprintf(&todo, "%s/%s", target, w->at) < 0 ? -ENOMEM : 0;
	}
	if (!r) {
		free(w->todo);
		w->todo = w->at = todo;
		if (target[0] == '/') {
			w->done[0] = '\0';
			r = to_root(w);
		}
	}
	free(target);
	return r;
}

/* The next part of the path; *last: nothing but slashes comes after it. */
static char *next(struct walk *w, bool *last)
{
	char *name = w->at + strspn(w->at, "/");
	char *end = strchrnul(name, '/');

	w->at = end + strspn(end, "/");
	*last = !*w->at;
	*end = '\0';
	return name;
}

/* One part. A descriptor if it was the last one, -EAGAIN: go on. */
static int part(struct walk *w, int flags)
{
	bool last;
	char *name = next(w, &last);
	struct stat st;
	int fd, r;

	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) {
		r = name[0] && name[1] ? up(w) : 0;
		if (r || !last)
			return r ? r : -EAGAIN;
		fd = openat(w->cur, ".", flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	fd = openat(w->cur, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (leaves(w, fd)) {
		close(fd);
		return -EXDEV;
	}
	if (fstat(fd, &st) == 0 && S_ISLNK(st.st_mode) && !(last && flags & O_NOFOLLOW)) {
		r = follow(w, fd);
		close(fd);
		return r ? r : -EAGAIN;
	}
	close(fd);
	if (!last) {
		r = down(w, name);
		return r ? r : -EAGAIN;
	}
	fd = openat(w->cur, name, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int walk_open(int rootfd, const char *path, int flags, unsigned how)
{
	struct walk w = {
		.root = rootfd,
		.cur = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC),
		.done = strdup(""),
		.todo = strdup(path),
		.links = how & WALK_LINKS ? MAX_LINKS : 0,
	};
	int r = w.cur < 0 ? -errno : -EAGAIN;

	w.mount = how & WALK_WITHIN && w.cur >= 0 ? mount_number(w.cur) : ANY;
	w.at = w.todo;
	if (!w.done || !w.todo)
		r = -ENOMEM;
	while (r == -EAGAIN)
		r = part(&w, flags);
	if (w.cur >= 0)
		close(w.cur);
	free(w.done);
	free(w.todo);
	return r;
}
