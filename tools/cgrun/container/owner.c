/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Cgroup ownership" of the specification 1.1: if the container has a writable mount of its cgroup2
 * tree and a cgroup namespace of its own, the user of its program becomes the owner of the group.
 * Only files that the kernel lists as safe to delegate are given to him. A group of version 1
 * cannot be delegated safely: if the container has one, nothing changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "container/container.h"
#include "banned.h"

#define MAX_STATUS	(1 << 20)	/* a process may be in 65,536 groups, all in one line */

static bool is_asked(const struct spec *s)
{
	const struct spec_ns *ns = spec_ns(s, CLONE_NEWCGROUP);

	for (size_t i = 0; ns && !ns->path && i < s->n_mounts; i++) {
		const struct spec_mount *m = &s->mounts[i];

		if (m->source && !strcmp(m->source, "cgroup") &&
		    !strcmp(m->destination, "/sys/fs/cgroup") && !(m->flags & MS_RDONLY))
			return true;
	}
	return false;
}

/* The effective user of a process, as it is outside of the container's user namespace. */
static int user_of(pid_t pid, uid_t *uid, struct err *e)
{
	char path[48], *text, *at;
	size_t len;
	int rc;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	rc = file_read(AT_FDCWD, path, 0, MAX_STATUS, &text, &len, e);
	if (rc < 0)
		return err_wrap(e, "%s", path);
	at = strstr(text, "\nUid:");
	rc = at && sscanf(at, "\nUid:\t%*u\t%u", uid) == 1 ? 0 : fail(e, -EIO, "%s", path);
	free(text);
	return rc;
}

int container_hand_over(struct container *c, const struct spec *s, pid_t init, struct err *e)
{
	const char *stack = c->cg ? cg_driver_name(c->cg) : "";
	uid_t uid;
	int rc;

	if (!c->cg || !is_asked(s) || has_word(stack, strlen(stack), "v1", 2))
		return 0;
	rc = user_of(init, &uid, e);
	if (rc < 0)
		return rc;
	rc = cg_delegate(c->cg, uid, (gid_t)-1);
	/* The specification only recommends it, and an ordinary user may not be allowed to. */
	if (rc == -EPERM || rc == -EOPNOTSUPP) {
		log_info("container %s: user %u is not given its cgroup: %s", c->dir.id, uid,
			 cg_errmsg(c->ctx));
		return 0;
	}
	return rc < 0 ? container_fail(c, rc, "hand over the cgroup of", e) : 0;
}
