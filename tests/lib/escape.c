/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape: a member that wants to be none. Each child goes one way out, as far as the kernel
 * lets it, tells on standard output what was let ("out: WHAT", "tried: WHAT"), and stays.
 * Whether it is out is for others to judge: by what a kill of the container leaves alive.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void stay(void)
{
	for (;;)
		pause();
}

/* A new child of the caller; true in the child. Nobody waits for it. */
static int child(void)
{
	return fork() == 0;
}

static void tell(const char *what, int done)
{
	char line[96];
	int n = snprintf(line, sizeof(line), "%s: %s\n", done ? "out" : "tried", what);

	if (write(1, line, (size_t)n) != n)
		_exit(1);
}

/* Calls fn for each process that can be seen and is not of our group of processes. */
static int others(int (*fn)(pid_t pid, const char *what), const char *what)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	int n = 0;

	while (d && (e = readdir(d))) {
		pid_t pid = (pid_t)atol(e->d_name);

		if (pid > 0 && pid != getpid())
			n += fn(pid, what);
	}
	if (d)
		closedir(d);
	return n;
}

static int ns_of(pid_t pid, const char *type)
{
	char name[64];
	struct stat theirs, ours;
	int fd, rc;

	snprintf(name, sizeof(name), "/proc/%d/ns/%s", (int)pid, type);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	rc = fstat(fd, &theirs);
	snprintf(name, sizeof(name), "/proc/self/ns/%s", type);
	rc = rc || stat(name, &ours) || theirs.st_ino == ours.st_ino ? -1 : setns(fd, 0);
	close(fd);
	return rc == 0;
}

static int root_of(pid_t pid, const char *what)
{
	char name[64];

	(void)what;
	snprintf(name, sizeof(name), "/proc/%d/root", (int)pid);
	return !chdir(name) && !chroot(".");
}

static int traced(pid_t pid, const char *what)
{
	(void)what;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0))
		return 0;
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return 1;
}

static void by_unshare(void)
{
	static const struct { int flags; const char *what; } ways[] = {
		{ CLONE_NEWUSER, "a user namespace below" },
		{ CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET, "user, mount and network" },
		{ CLONE_NEWUSER | CLONE_NEWPID, "user and PID" },
		{ CLONE_NEWNS, "a mount namespace" },
		{ CLONE_NEWCGROUP, "a cgroup namespace" },
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (child()) {
			tell(ways[i].what, !unshare(ways[i].flags));
			child();	/* in the new PID namespace, where there is one */
			stay();
		}
	if (child()) {
		for (int i = 0; i < 20 && !unshare(CLONE_NEWUSER); i++)
			;
		tell("twenty user namespaces deep", 1);
		stay();
	}
}

static void by_setns(void)
{
	static const char *const types[] = {
		"user", "mnt", "pid", "net", "ipc", "uts", "cgroup",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (child()) {
			tell(types[i], others(ns_of, types[i]) > 0);
			child();
			stay();
		}
	/* With all capabilities, over what is below. */
	if (child()) {
		(void)!unshare(CLONE_NEWUSER);
		tell("the mount namespace of another, as root below", others(ns_of, "mnt") > 0);
		stay();
	}
}

static void by_daemon(void)
{
	if (!child())
		return;
	setsid();
	if (!child())
		_exit(0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGTERM, SIG_IGN);
	if (chdir("/"))
		_exit(1);
	tell("a daemon", 1);
	stay();
}

static void by_ids(void)
{
	if (!child())
		return;
	tell("other groups", !setgroups(0, NULL));
	tell("another group", !setresgid(1, 1, 1));
	tell("another user", !setresuid(1, 1, 1));
	child();
	stay();
}

static void by_cgroup(void)
{
	static const char *const files[] = {
		"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
		"/sys/fs/cgroup/pids/cgroup.procs", "/sys/fs/cgroup/freezer/cgroup.procs",
	};
	int fd, n = 0;

	if (!child())
		return;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		fd = open(files[i], O_WRONLY | O_CLOEXEC);
		n += fd >= 0 && write(fd, "0", 1) == 1;
	}
	tell("another cgroup", n > 0);
	stay();
}

int main(void)
{
	signal(SIGCHLD, SIG_IGN);
	by_unshare();
	by_setns();
	by_daemon();
	by_ids();
	by_cgroup();
	if (child()) {
		tell("the root directory of another", others(root_of, "") > 0);
		stay();
	}
	if (child()) {
		tell("another as debugger", others(traced, "") > 0);
		stay();
	}
	stay();
	return 0;
}
