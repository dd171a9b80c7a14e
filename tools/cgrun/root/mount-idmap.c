/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bind mounts with mapped ids (Linux 5.12). The kernel takes the map from a user
 * namespace, so one is made with it, by a process that does nothing else and ends; or it
 * is the container's, whose maps are made the same way here, before the container is.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

#define END_MS	1000

/* A descriptor of a user namespace with these maps. */
static int make_ns(const struct spec *maps, struct err *e)
{
	char path[32], gone;
	int go[2], fd = -1, status, r;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC) < 0)
		return fail(e, -errno, "pipe");
	pid = sys_clone(CLONE_NEWUSER);
	if (pid == 0) {
		close(go[1]);
		(void)!read(go[0], &gone, 1);	/* until we have let go, or have ended */
		_exit(0);
	}
	close(go[0]);
	r = pid < 0 ? fail(e, pid, "a user namespace") : idmap_write(pid, maps, e);
	if (!r) {
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? fail(e, -errno, "a user namespace") : 0;
	}
	close(go[1]);
	if (pid > 0 && wait_child(pid, now_ms() + END_MS, &status) == -ETIMEDOUT)
		end_child(pid, "idmap");
	return r ? r : fd;
}

int mount_idmap_open(const struct spec *s, const struct spec_mount *m, struct err *e)
{
	const struct spec_ns *ns = spec_ns(s, CLONE_NEWUSER);
	struct spec maps = {
		.uid_map = m->uid_map, .n_uid_map = m->n_uid_map,
		.gid_map = m->gid_map, .n_gid_map = m->n_gid_map,
	};
	int fd;

	if (m->n_uid_map)
		return make_ns(&maps, e);
	if (!ns)
		return err_set(e, -EINVAL, "idmap: neither mappings nor a user namespace");
	if (!ns->path)
		return make_ns(s, e);
	fd = open(ns->path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail(e, -errno, "idmap: %s", ns->path) : fd;
}

int mount_idmap(int mount, const struct spec_mount *m, int ns, struct err *e)
{
	int r = sys_mount_idmap(mount, m->ridmap, ns);

	/* What an ordinary user gets, and a file system that cannot do it. */
	return r ? fail(e, r, "idmap") : 0;
}
