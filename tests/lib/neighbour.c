/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * neighbour: what a process of a container tries on the runtime's that it sees beside it.
 *
 * look NAME MS: opens /proc/PID/{fd/N,exe,environ,mem,maps,auxv,root,cwd,ns} of each
 * process of that name, and takes descriptors by pidfd_getfd(). A line "opened WHAT of PID"
 * for whatever can be, once for each WHAT; at the end "looked N", N the processes seen.
 *
 * keyring NAME: makes a session keyring of that name which everybody may search, with a
 * key "planted" in it; prints "planted", then each key that is put there. found: prints the
 * keys of our session keyring, and puts a key "secret" there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/keyctl.h>

#define MAX_SEEN	4096

static char opened[64][32];
static int n_opened, seen[MAX_SEEN], n_seen;

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool has_name(int pid, const char *name)
{
	char path[64], comm[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, comm, sizeof(comm) - 1);
	if (fd >= 0)
		close(fd);
	comm[n > 0 ? n - 1 : 0] = '\0';
	return !strcmp(comm, name);
}

/* Its name is changed last when it becomes the container's program: then it was that one's. */
static void found(int pid, const char *name, const char *what)
{
	for (int i = 0; i < n_opened; i++)
		if (!strcmp(opened[i], what))
			return;
	usleep(2000);
	if (!has_name(pid, name) || n_opened == 64)
		return;
	snprintf(opened[n_opened++], sizeof(opened[0]), "%s", what);
	printf("opened %s of %d\n", what, pid);
	fflush(stdout);
}

/* The memory of a process that is ending can be opened by all: it is empty. */
static void look_at_memory(int pid, const char *name)
{
	static const char *const files[] = { "environ", "mem", "maps", "auxv" };
	char path[64], byte;
	int fd;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		fd = open(path, O_RDONLY);
		if (fd < 0)
			continue;
		if (read(fd, &byte, 1) != 0)	/* EIO: nothing is at the address 0 of it */
			found(pid, name, files[i]);
		close(fd);
	}
}

static void look_at(int pid, const char *name)
{
	static const char *const files[] = { "exe", "root/.", "cwd/.", "ns/mnt", "ns/user" };
	char path[64];
	int fd;

	look_at_memory(pid, name);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		fd = open(path, O_RDONLY | O_NONBLOCK);
		if (fd < 0)
			continue;
		found(pid, name, files[i]);
		close(fd);
	}
	for (int i = 0; i < 64; i++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, i);
		fd = open(path, O_PATH);
		if (fd >= 0) {
			found(pid, name, "fd/N");
			close(fd);
		}
	}
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	for (int i = 0; fd >= 0 && i < 64; i++) {
		int got = (int)syscall(SYS_pidfd_getfd, fd, i, 0);

		if (got >= 0) {
			found(pid, name, "pidfd_getfd");
			close(got);
		}
	}
	if (fd >= 0)
		close(fd);
}

static void note(int pid)
{
	for (int i = 0; i < n_seen; i++)
		if (seen[i] == pid)
			return;
	if (n_seen < MAX_SEEN)
		seen[n_seen++] = pid;
}

static int look(const char *name, long ms)
{
	long end = now() + ms;
	DIR *d = opendir("/proc");
	struct dirent *e;

	if (!d)
		return 1;
	printf("ready\n");
	fflush(stdout);
	do {
		rewinddir(d);
		while ((e = readdir(d))) {
			int pid = atoi(e->d_name);

			if (pid <= 0 || pid == getpid() || !has_name(pid, name))
				continue;
			note(pid);
			look_at(pid, name);
		}
	} while (now() < end);
	printf("looked %d\n", n_seen);
	return 0;
}

static void list_keys(long ring)
{
	unsigned id[64];
	long n = syscall(SYS_keyctl, KEYCTL_READ, ring, id, sizeof(id));
	char text[256];

	for (long i = 0; i < n / (long)sizeof(id[0]) && i < 64; i++)
		if (syscall(SYS_keyctl, KEYCTL_DESCRIBE, id[i], text, sizeof(text)) > 0)
			printf("key %s\n", strrchr(text, ';') ? strrchr(text, ';') + 1 : text);
	fflush(stdout);
}

static int plant(const char *name)
{
	long ring = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, name);

	if (ring < 0 || syscall(SYS_keyctl, KEYCTL_SETPERM, ring, 0x3f3f3f3f) < 0 ||
	    syscall(SYS_add_key, "user", "planted", "x", 1, ring) < 0) {
		printf("cannot: %s\n", strerror(errno));
		return 1;
	}
	printf("planted\n");
	for (int i = 0; i < 50; i++) {
		list_keys(ring);
		usleep(100000);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "look"))
		return look(argv[2], atol(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "keyring"))
		return plant(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "found")) {
		list_keys(KEY_SPEC_SESSION_KEYRING);
		return syscall(SYS_add_key, "user", "secret", "x", 1, KEY_SPEC_SESSION_KEYRING) < 0;
	}
	fprintf(stderr, "usage: neighbour look NAME MS | keyring NAME | found\n");
	return 2;
}
