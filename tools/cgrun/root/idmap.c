/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is who in a new user namespace. Maps are written from outside: by us where the
 * kernel lets us, which is everything for a privileged caller and one's own id for
 * everybody; else by newuidmap and newgidmap, that know what /etc/subuid grants.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

#define MAX_EXTENTS	340	/* of one map, 4.15 */
#define HELPER_MS	10000	/* it may ask a directory service */
#define LOOK_MS		100

extern char **environ;

struct kind {
	const char *file, *helper, *path;
	const struct spec_map *map;
	size_t n;
	unsigned own;
};

/* A helper that runs, with its stderr. */
struct helper {
	pid_t pid;
	int out;
};

/* newuidmap PID INSIDE OUTSIDE SIZE ... */
static char **helper_argv(pid_t pid, const struct kind *k)
{
	char **argv = calloc(2 + 3 * k->n + 1, sizeof(*argv));
	size_t n = 0;
	bool ok = argv;

	if (!ok)
		return NULL;
	ok &= (argv[n++] = strdup(k->helper)) != NULL;
	ok &= asprintf(&argv[n], "%d", pid) >= 0;
	n++;
	for (size_t i = 0; i < k->n && ok; i++) {
		ok &= asprintf(&argv[n++], "%u", k->map[i].inside) >= 0;
		ok &= asprintf(&argv[n++], "%u", k->map[i].outside) >= 0;
		ok &= asprintf(&argv[n++], "%u", k->map[i].size) >= 0;
	}
	return ok ? argv : NULL;	/* else a small leak, on the way to the end */
}

static int helper_start(pid_t pid, const struct kind *k, struct helper *h, struct err *e)
{
	char **argv = helper_argv(pid, k);
	posix_spawn_file_actions_t fa;
	int fd[2], r;

	if (!argv)
		return fail(e, -ENOMEM, "%s", k->path);
	if (pipe2(fd, O_CLOEXEC) < 0)
		return fail(e, -errno, "%s", k->path);
	r = -posix_spawn_file_actions_init(&fa);
	if (!r)
		r = -posix_spawn_file_actions_adddup2(&fa, fd[1], STDERR_FILENO);
	if (!r)
		r = -posix_spawnp(&h->pid, k->helper, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	for (char **a = argv; *a; a++)
		free(*a);
	free(argv);
	close(fd[1]);
	h->out = fd[0];
	if (!r)
		return 0;
	close(fd[0]);
	h->pid = 0;
	if (r == -ENOENT)
		return err_set(e, r, "%s: more than one's own id is mapped by %s, that is not "
			       "installed (package uidmap)", k->path, k->helper);
	return fail(e, r, "%s: %s", k->path, k->helper);
}

static int helper_end(const struct kind *k, struct helper *h, uint64_t deadline, struct err *e)
{
	struct pollfd p = { .fd = h->out, .events = POLLIN };
	char out[512];
	size_t len = 0;
	ssize_t n = 1;
	int status = 0;

	/* Until it has closed its standard error, which it does at its end. */
	while (n && len < sizeof(out) - 1 && now_ms() < deadline) {
		if (poll(&p, 1, LOOK_MS) <= 0)
			continue;
		n = read(h->out, out + len, sizeof(out) - 1 - len);
		if (n < 0 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	out[len] = '\0';
	out[strcspn(out, "\n")] = '\0';
	close(h->out);
	if (wait_child(h->pid, deadline, &status) == -ETIMEDOUT) {
		end_child(h->pid, k->helper);
		return err_set(e, -ETIMEDOUT, "%s: %s has not ended after %d s", k->path, k->helper,
			       HELPER_MS / 1000);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_set(e, -EPERM, "%s: %s", k->path, *out ? out : k->helper);
}

/* The text of a map; NULL: no memory. */
static char *map_text(const struct spec_map *map, size_t n)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (size_t i = 0; i < n; i++)
		fprintf(f, "%u %u %u\n", map[i].inside, map[i].outside, map[i].size);
	return fclose(f) == 0 ? text : NULL;
}

static int write_proc(pid_t pid, const char *file, const char *text)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return write_text(AT_FDCWD, path, text);
}

/*
 * 0: written. -EPERM: a helper may be able to. One's own group alone needs no
 * helper, but setgroups() denied (3.19): else it could take away a group that denies.
 */
static int write_direct(pid_t pid, const struct kind *k)
{
	char *text = map_text(k->map, k->n);
	int r;

	if (!text)
		return -ENOMEM;
	r = write_proc(pid, k->file, text);
	if (r == -EPERM && k->n == 1 && k->map[0].size == 1 && k->map[0].outside == k->own &&
	    !strcmp(k->file, "gid_map")) {
		r = write_proc(pid, "setgroups", "deny");
		if (!r)
			r = write_proc(pid, k->file, text);
	}
	free(text);
	return r;
}

int idmap_write(pid_t pid, const struct spec *s, struct err *e)
{
	const struct kind kind[2] = {
		{ "uid_map", "newuidmap", "linux.uidMappings", s->uid_map, s->n_uid_map,
		  geteuid() },
		{ "gid_map", "newgidmap", "linux.gidMappings", s->gid_map, s->n_gid_map,
		  getegid() },
	};
	struct helper h[2] = { { 0, -1 }, { 0, -1 } };
	uint64_t deadline;
	int r = 0;

	for (int i = 0; i < 2 && !r; i++) {
		if (!kind[i].n)
			r = err_set(e, -EINVAL, "%s: missing", kind[i].path);
		else
			r = write_direct(pid, &kind[i]);
		if (r == -EPERM && geteuid() != 0)
			r = helper_start(pid, &kind[i], &h[i], e);
		else if (r && !e->code)
			fail(e, r, "%s", kind[i].path);
	}
	deadline = now_ms() + HELPER_MS;	/* for both: they run at the same time */
	for (int i = 0; i < 2; i++) {
		struct err *where = r ? NULL : e;	/* the first error is the one to tell */

		if (h[i].pid && helper_end(&kind[i], &h[i], deadline, where) && !r)
			r = e->code;
	}
	return r;
}

/* Our own map, each extent with outside = inside: one that spans two of them is EPERM. */
static int write_identity(int proc, const char *pid, const char *file, struct err *e)
{
	char own[32], theirs[32], text[16384];
	struct spec_map map[MAX_EXTENTS];
	size_t n = 0;
	char *out;
	ssize_t r;

	snprintf(own, sizeof(own), "self/%s", file);
	snprintf(theirs, sizeof(theirs), "%.16s/%s", pid, file);
	r = read_text(proc, own, text, sizeof(text));
	if (r < 0)
		return fail(e, (int)r, "%s", own);
	for (char *line = text; *line && n < MAX_EXTENTS; n++) {
		char *end = strchrnul(line, '\n');

		if (sscanf(line, "%u %*u %u", &map[n].inside, &map[n].size) != 2)
			return err_set(e, -EIO, "%s: not understood", own);
		map[n].outside = map[n].inside;
		line = *end ? end + 1 : end;
	}
	out = map_text(map, n);
	r = out ? write_text(proc, theirs, out) : -ENOMEM;
	free(out);
	return r < 0 ? fail(e, (int)r, "org.libcg.tag: %s", file) : 0;
}

int idmap_write_identity(int proc, const char *pid, struct err *e)
{
	int r = write_identity(proc, pid, "uid_map", e);

	return r ? r : write_identity(proc, pid, "gid_map", e);
}

bool idmap_is_initial(void)
{
	unsigned inside, outside, size;
	char text[256];

	return read_text(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) > 0 &&
	       sscanf(text, "%u %u %u", &inside, &outside, &size) == 3 &&
	       !inside && !outside && size == UINT32_MAX;
}
