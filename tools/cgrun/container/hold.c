/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A namespace that members are known by is kept from ending, by a mount of it in the state
 * directory: before Linux 6.18 its number would be given to another, and members that
 * outlive init could not be told from strangers. Needs the right to mount, which root has,
 * and who is root in the user namespace of a rootless engine. The mount goes with the state.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/base.h"
#include "container/container.h"
#include "state/state.h"
#include "banned.h"

/* Without it all works as before, only weaker; what is weaker is told by the report. */
void container_hold(struct container *c, pid_t pid)
{
	unsigned bit = c->st.ns[0].inode ? 0 : 2;
	char from[64], self[32], *dir, *to = NULL;
	int fd, rc = 0;

	if (!c->st.ns[bit].inode || cg_hold(c->cg, 1U << bit, NULL))
		return;
	snprintf(from, sizeof(from), "/proc/%d/ns/%s", pid, state_ns_name[bit]);
	/* The root may be a relative path, and what is recorded outlives this directory. */
	snprintf(self, sizeof(self), "/proc/self/fd/%d", c->dir.fd);
	dir = realpath(self, NULL);
	if (!dir || asprintf(&to, "%s/" STATE_HELD "%s", dir, state_ns_name[bit]) < 0) {
		free(dir);
		return;
	}
	free(dir);
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0 || mount(from, to, NULL, MS_BIND, NULL) < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (rc)
		log_debug("container %s: %s is not held: %s", c->dir.id, from, strerror(-rc));
	else if (cg_hold(c->cg, 1U << bit, to) < 0)
		log_debug("container %s: %s", c->dir.id, cg_errmsg(c->ctx));
	free(to);
}
