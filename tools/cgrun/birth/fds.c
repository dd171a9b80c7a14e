/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which descriptors a program inherits: stdio, those that systemd's protocol speaks of
 * (LISTEN_FDS) and as many more as --preserve-fds says. Every other one is closed before
 * limits, filters and ids are set, any of which could keep us from it, and before the
 * working directory is entered, so that no path leads through one (CVE-2024-21626).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "num.h"

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "banned.h"

#define MAX_FDS	(1U << 20)	/* fs.nr_open, as it is unless somebody raises it */

static unsigned listen_fds(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	long long n;

	if (!pid || !fds || num_parse(pid, 1, INT_MAX, &n) || n != getpid())
		return 0;
	return num_parse(fds, 0, 1024, &n) ? 0 : (unsigned)n;
}

/* One that is close-on-exec is not the caller's, but has been opened by ourselves since. */
int fds_check(struct child *c, struct err *e)
{
	c->prog.n_listen = c->spec ? listen_fds() : 0;
	c->n_fds = c->prog.n_listen + c->l->preserve_fds;
	for (unsigned i = 0; i < c->n_fds; i++)
		if (fcntl(3 + (int)i, F_GETFD) != 0)
			return err_set(e, -EBADF, "unable to stat preserved-fd %u (of %u)", i,
				       c->n_fds);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The highest descriptor: the caller's limit may have been lowered after it was opened. */
static unsigned find_highest(void)
{
	DIR *d = opendir("/proc/self/fd");
	long long fd, highest = 0;
	struct dirent *e;

	if (!d)
		return MAX_FDS;
	while ((e = readdir(d)))
		if (!num_parse(e->d_name, 0, INT_MAX, &fd) && fd > highest)
			highest = fd;
	closedir(d);
	return (unsigned)highest;
}

/*
 * Without close_range() (before 5.9, or where a filter around us forbids it) they are closed
 * one by one. Up to which is asked while /proc is still the caller's.
 */
void fds_close_one(struct child *c, int fd)
{
	c->highest_fd = UINT_MAX;
	if (sys_close_range((unsigned)fd, (unsigned)fd, false) == 0)
		return;
	close(fd);
	c->highest_fd = find_highest();
}

static void close_between(const struct child *c, unsigned first, unsigned last)
{
	if (c->highest_fd == UINT_MAX && sys_close_range(first, last, false) == 0)
		return;
	for (unsigned fd = first; fd <= last && fd <= c->highest_fd && fd <= MAX_FDS; fd++)
		close((int)fd);
}

void fds_close(const struct child *c, int *keep, size_t n)
{
	unsigned from = 3 + c->n_fds;

	for (unsigned fd = 3; fd < from; fd++)
		fcntl((int)fd, F_SETFD, 0);
	qsort(keep, n, sizeof(keep[0]), by_number);
	for (size_t i = 0; i < n; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_between(c, from, (unsigned)keep[i] - 1);
		from = (unsigned)keep[i] + 1;
	}
	close_between(c, from, UINT_MAX);
}
