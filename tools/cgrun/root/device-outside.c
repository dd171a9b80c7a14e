/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices of a container with a user namespace that the host has no node of, and that can
 * therefore not be bound: no device can be made in a user namespace. Root of the host makes
 * them on a file system of their own, in a mount namespace that ends at once, and what is
 * left is a mount of each node, for the container's process to attach.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "root/root.h"
#include "banned.h"

static bool host_has(const struct spec_device *d)
{
	int fd = open(d->path, O_PATH | O_CLOEXEC);
	bool has = fd >= 0 && device_is_this(fd, d);

	if (fd >= 0)
		close(fd);
	return has;
}

/* The id outside; one that is not mapped stays root's. */
static uint32_t outside(const struct spec_map *map, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= map[i].inside && id - map[i].inside < map[i].size)
			return map[i].outside + (id - map[i].inside);
	return 0;
}

static int make_one(const struct spec *s, const struct spec_device *d, const char *name)
{
	if (mknod(name, device_type(d) | d->mode, makedev(d->major, d->minor)) < 0 ||
	    lchown(name, outside(s->uid_map, s->n_uid_map, d->uid),
		   outside(s->gid_map, s->n_gid_map, d->gid)) < 0)
		return -errno;
	return sys_open_tree(AT_FDCWD, name, OPEN_TREE_CLONE);
}

/* In a process that shares our descriptors and has a copy of our mounts. */
static void make_all(const struct spec *s, int *fds)
{
	char name[24];

	umask(0);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("dev", s->rootfs, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=700") < 0 ||
	    chdir(s->rootfs) < 0)
		_exit(1);
	for (size_t i = 0; i < s->n_devices; i++) {
		if (host_has(&s->devices[i]) || s->devices[i].type == 'p')
			continue;
		snprintf(name, sizeof(name), "%zu", i);
		fds[i] = make_one(s, &s->devices[i], name);
	}
	_exit(0);
}

static bool is_needed(const struct spec *s)
{
	const struct spec_ns *user = spec_ns(s, CLONE_NEWUSER);

	if (!user || user->path || geteuid() || !idmap_is_initial())
		return false;
	for (size_t i = 0; i < s->n_devices; i++)
		if (s->devices[i].type != 'p' && !host_has(&s->devices[i]))
			return true;
	return false;
}

int device_open_nodes(const struct spec *s, int **fds, struct err *e)
{
	size_t size = (s->n_devices + 1) * sizeof(int);
	int *shared, *own, status;
	pid_t pid;

	*fds = NULL;
	if (!is_needed(s))
		return 0;
	own = malloc(size);
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!own || shared == MAP_FAILED) {
		free(own);
		return no_memory(e);
	}
	memset(shared, 0xff, size);
	pid = sys_clone(CLONE_FILES | CLONE_NEWNS);
	if (pid == 0)
		make_all(s, shared);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	memcpy(own, shared, size);
	munmap(shared, size);
	*fds = own;
	return pid < 0 ? fail(e, pid, "linux.devices: clone") : 0;
}
