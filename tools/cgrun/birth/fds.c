/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which descriptors a program inherits: stdio, those that systemd's protocol speaks of
 * (LISTEN_FDS) and as many more as --preserve-fds says. Every other one is closed before
 * the working directory is entered, so that no path leads through one (CVE-2024-21626).
 */
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

/* Without close_range() (before 5.9) one by one, up to the limit. */
static void close_between(unsigned first, unsigned last)
{
	long max = sysconf(_SC_OPEN_MAX);

	if (sys_close_range(first, last, false) == 0)
		return;
	for (unsigned fd = first; fd <= last && (long)fd < (max > 0 ? max : 1024); fd++)
		close((int)fd);
}

/* keep: ours to the end, close-on-exec. */
void fds_close(const struct child *c, int keep[3])
{
	unsigned from = 3 + c->n_fds;

	for (unsigned fd = 3; fd < from; fd++)
		fcntl((int)fd, F_SETFD, 0);
	qsort(keep, 3, sizeof(keep[0]), by_number);
	for (int i = 0; i < 3; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_between(from, (unsigned)keep[i] - 1);
		from = (unsigned)keep[i] + 1;
	}
	close_between(from, UINT_MAX);
}
