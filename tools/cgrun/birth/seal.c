/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own file, where a container's root could write to it. A process of ours is seen in
 * the container, or is made to run the container's own loader, and /proc/PID/exe is then a
 * way to this very file on the host (CVE-2019-5736). So before we enter one we run from a
 * copy of the mount that nobody can write through, and that is in no mount namespace; or,
 * where we may not mount, from a sealed copy in memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "banned.h"

#define SELF	"/proc/self/exe"
#define SEALS	(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

#ifndef MFD_EXEC
#define MFD_EXEC	0x10U	/* 6.3 */
#endif

extern char **environ;

static bool is_sealed(void)
{
	int fd = open(SELF, O_RDONLY | O_CLOEXEC);
	bool sealed;

	if (fd < 0)
		return false;
	sealed = fcntl(fd, F_GET_SEALS) == SEALS;
	close(fd);
	return sealed;
}

static int read_only_mount(void)
{
	int fd = sys_open_tree(AT_FDCWD, SELF, OPEN_TREE_CLONE);
	int r;

	if (fd < 0)
		return fd;
	r = sys_mount_setattr(fd, false, MOUNT_ATTR_RDONLY, 0, 0);
	if (!r)
		return fd;
	close(fd);
	return r;
}

static int sealed_copy(void)
{
	int in = open(SELF, O_RDONLY | O_CLOEXEC), r = 0, fd;
	ssize_t n;

	if (in < 0)
		return -errno;
	fd = memfd_create("cgrun", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("cgrun", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		r = -errno;
	while (!r && (n = sendfile(fd, in, NULL, 1 << 30)) != 0)
		if (n < 0)
			r = -errno;
	if (!r && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	close(in);
	if (!r)
		return fd;
	if (fd >= 0)
		close(fd);
	return r;
}

int launch_seal(char **argv, struct err *e)
{
	char path[32];
	int fd;

	/* EROFS, or somebody else's file: nothing to fear. */
	if (faccessat(AT_FDCWD, SELF, W_OK, AT_EACCESS) < 0 || is_sealed()) {
		prctl(PR_SET_NAME, "cgrun");
		return 0;
	}
	fd = read_only_mount();
	if (fd < 0)
		fd = sealed_copy();
	if (fd >= 0) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		execve(path, argv, environ);
		fd = -errno;
	}
	return err_set(e, fd, "cannot protect the runtime's own file: %s", strerror(-fd));
}
