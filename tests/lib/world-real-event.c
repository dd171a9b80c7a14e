/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real world: what the kernel counts when a group is at its limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world-real.h"

#define HOG	(256UL << 20)

static const struct tree *tree_with(struct world *w, const char *controller)
{
	for (size_t i = 0; i < w->ntrees; i++)
		if (!strcmp(w->tree[i].controllers, controller))
			return &w->tree[i];
	return NULL;
}

/* In a child: into the group by its own number. */
static void join(struct world *w, const struct tree *t, const char *path)
{
	char dir[1024];

	dir_path(w, t, path, dir, sizeof(dir));
	if (dir_write(dir, "cgroup.procs", "0"))
		_exit(1);
}

static void hog(void)
{
	char *p = mmap(NULL, HOG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	for (size_t i = 0; p != MAP_FAILED && i < HOG; i += 4096)
		p[i] = 1;
	_exit(2);
}

static void refused(void)
{
	_exit(fork() < 0 ? 0 : 3);
}

/* n children, one after the other, in the group of that hierarchy; false: there is none. */
static bool each(struct world *w, const char *controller, const char *path, unsigned n,
		 void (*fn)(void), bool (*right)(int status))
{
	const struct tree *t = tree_with(w, controller);
	int status;
	pid_t pid;

	for (unsigned i = 0; t && i < n; i++) {
		pid = fork();
		if (!pid) {
			join(w, t, path);
			fn();
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || !right(status))
			return false;
	}
	return t;
}

static bool killed(int status)
{
	return WIFSIGNALED(status);
}

static bool succeeded(int status)
{
	return !status;
}

bool w_oom(struct world *w, const char *path, unsigned n)
{
	return each(w, "memory", path, n, hog, killed);
}

bool w_pids_hit(struct world *w, const char *path, unsigned n)
{
	return each(w, "pids", path, n, refused, succeeded);
}

bool w_high(struct world *w, const char *path, unsigned n)
{
	(void)w;
	(void)path;
	(void)n;
	return false;
}

/* More that run than there are processors. */
bool w_pressure(struct world *w, const char *path, const char *resource)
{
	const struct tree *t = tree_with(w, "");

	if (!t || strcmp(resource, "cpu"))
		return false;
	for (int i = 0; i < 4; i++) {
		if (fork())
			continue;
		join(w, t, path);
		alarm(8);
		for (;;)
			;
	}
	return true;
}

void w_notices(struct world *w, unsigned n)
{
	(void)w;
	(void)n;
}

unsigned w_looks(struct world *w)
{
	(void)w;
	return 0;
}
