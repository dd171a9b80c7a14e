/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What members and administrators do to make it hard, on this machine. Mounts and
 * namespaces are changed in a process of their own only, below a mount that is private.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "world-real.h"

#define CGROUP		"/sys/fs/cgroup"
#define ELSEWHERE_MS	20000		/* for what runs elsewhere */

/* The file of an open directory. */
static int write_in(int fd, const char *file, const char *text)
{
	int f = openat(fd, file, O_WRONLY | O_CLOEXEC), rc;

	if (f < 0)
		return -errno;
	rc = write(f, text, strlen(text)) < 0 ? -errno : 0;
	close(f);
	return rc;
}

static void copy_file(int from, int to, const char *file)
{
	char text[256];
	int f = openat(from, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = f < 0 ? -1 : read(f, text, sizeof(text) - 1);

	if (f >= 0)
		close(f);
	if (n <= 0)
		return;
	text[n] = '\0';
	write_in(to, file, text);
}

static int open_group(struct world *w, const struct tree *t, const char *path)
{
	char dir[1024];

	dir_path(w, t, path, dir, sizeof(dir));
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void w_dir_nest(struct world *w, const char *path, unsigned levels, unsigned len,
		struct who *x)
{
	char name[256], num[16];

	memset(name, 'n', sizeof(name));
	name[len] = '\0';
	for (size_t i = 0; i < w->ntrees; i++) {
		int fd = open_group(w, &w->tree[i], path), next;

		for (unsigned l = 0; fd >= 0 && l < levels; l++) {
			if (mkdirat(fd, name, 0755) && errno != EEXIST)
				perror("# nest");
			next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			copy_file(fd, next, "cpuset.cpus");
			copy_file(fd, next, "cpuset.mems");
			close(fd);
			fd = next;
		}
		snprintf(num, sizeof(num), "%d", x ? (int)x->pid : 0);
		if (x && fd >= 0 && write_in(fd, "cgroup.procs", num))
			perror("# move to a nested group");
		if (fd >= 0)
			close(fd);
	}
}

void w_dir_crowd(struct world *w, const char *path, unsigned n)
{
	char name[16];

	for (size_t i = 0; i < w->ntrees; i++) {
		int fd = open_group(w, &w->tree[i], path);

		for (unsigned j = 0; fd >= 0 && j < n; j++) {
			snprintf(name, sizeof(name), "%u", j);
			mkdirat(fd, name, 0755);
		}
		if (fd >= 0)
			close(fd);
	}
}

void w_dir_mode(struct world *w, const char *path, const char *file, mode_t mode)
{
	char name[1200], dir[1024];

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		snprintf(name, sizeof(name), "%s/%s", dir, file);
		chmod(name, mode);
	}
}

void w_dir_owner(struct world *w, const char *path, uid_t uid)
{
	char dir[1024];

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		if (chown(dir, uid, uid))
			perror("# chown");
	}
}

bool w_dir_rename(struct world *w, const char *path, const char *name)
{
	char dir[1024], to[1400];
	bool any = false;

	for (size_t i = 0; i < w->ntrees; i++) {
		if (w->tree[i].v2)
			continue;
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		snprintf(to, sizeof(to), "%.*s/%s", (int)(strrchr(dir, '/') - dir), dir, name);
		any |= !rename(dir, to);
	}
	return any;
}

int w_dir_write(struct world *w, const char *path, const char *file, const char *text)
{
	char dir[1024];
	int rc = -ENOENT, one;

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		one = dir_write(dir, file, text);
		rc = one == -ENOENT ? rc : one;
	}
	return rc;
}

static const struct tree *tree_of(struct world *w, const char *controllers)
{
	for (size_t i = 0; i < w->ntrees; i++)
		if (!strcmp(w->tree[i].controllers, controllers))
			return &w->tree[i];
	return NULL;
}

bool w_dir_put_in(struct world *w, const char *controllers, const char *path, struct who *x)
{
	const struct tree *t = tree_of(w, controllers);
	char dir[1024], num[16];

	if (!t)
		return false;
	dir_path(w, t, path, dir, sizeof(dir));
	snprintf(num, sizeof(num), "%d", (int)x->pid);
	return !dir_write(dir, "cgroup.procs", num);
}

bool w_is_in(struct world *w, const char *controllers, const char *path, struct who *x)
{
	const struct tree *t = tree_of(w, controllers);
	char dir[1024], own[512];

	if (!t || !group_of(t, x->pid, own, sizeof(own)))
		return false;
	dir_path(w, t, path, dir, sizeof(dir));
	return !strcmp(dir + strlen(t->mount), own);
}

bool w_dir_refuse(struct world *w, unsigned n, const char *path, bool refuse)
{
	char dir[1024];

	if (n >= w->ntrees)
		return false;
	dir_path(w, &w->tree[n], path, dir, sizeof(dir));
	if (chown(dir, refuse ? 4711 : geteuid(), -1) || chmod(dir, refuse ? 0700 : 0755))
		perror("# refuse");
	return true;
}

uid_t w_dir_uid(struct world *w, const char *path, const char *file)
{
	char dir[1024], name[1400];
	struct stat st;

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		snprintf(name, sizeof(name), "%s/%s", dir, file);
		if (!stat(name, &st))
			return st.st_uid;
	}
	return (uid_t)-1;
}

void w_crowd(struct world *w, struct who *first, unsigned n)
{
	(void)w;
	(void)first;
	(void)n;
	abort();
}

void w_many_groups(struct world *w, unsigned n)
{
	w->ngroups = n;
}

/* The kernel gives the lowest number that is free: the limit is on numbers. */
void w_fd_limit(struct world *w, int n)
{
	static rlim_t first;
	struct rlimit r;
	int fd = 0;

	(void)w;
	getrlimit(RLIMIT_NOFILE, &r);
	first = first ? first : r.rlim_cur;
	for (int free = 0; n >= 0 && free <= n; fd++)
		free += fcntl(fd, F_GETFD) < 0;
	r.rlim_cur = n < 0 ? first : (rlim_t)fd - 1;
	setrlimit(RLIMIT_NOFILE, &r);
}

/* ---- elsewhere ---- */

static int mount_on(const char *what, const char *type, const char *point, const char *opts)
{
	return mount(what, point, type, type ? 0 : MS_BIND, opts) ? -errno : 0;
}

static int fake_loadavg(void)
{
	static const char text[] = "0.10 0.20 0.30 1/99 12345\n";
	char name[] = "/tmp/cg-loadavg.XXXXXX";
	int fd = mkstemp(name), rc;

	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0)
		return -errno;
	close(fd);
	rc = mount_on(name, NULL, "/proc/loadavg", NULL);
	unlink(name);
	return rc;
}

/* Goes to a group of that path in each hierarchy. */
static int move_to(struct world *w, const char *path)
{
	char dir[1500];
	int rc = 0;

	for (size_t i = 0; i < w->ntrees && !rc; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		dir_make(&w->tree[i], dir);
		rc = dir_write(dir, "cgroup.procs", "0");
	}
	return rc;
}

/* Every hierarchy, mounted anew where it was: from the caller's own group on. */
static int enter_cgroupns(struct world *w)
{
	char opts[128];
	int rc = move_to(w, "elsewhere");

	if (rc || unshare(CLONE_NEWCGROUP) || umount2(CGROUP, MNT_DETACH))
		return rc ? rc : -errno;
	rc = mount_on("none", "tmpfs", CGROUP, "mode=755");
	for (size_t i = 0; i < w->ntrees && !rc; i++) {
		const struct tree *t = &w->tree[i];

		mkdir(t->mount, 0755);
		snprintf(opts, sizeof(opts), "%s%s", strncmp(t->controllers, "name=", 5) ? "" :
			 "none,", t->controllers);
		rc = mount_on("none", t->v2 ? "cgroup2" : "cgroup", t->mount, t->v2 ? NULL : opts);
	}
	return rc;
}

/* Each hierarchy shows a part of itself, as in a container without a cgroup namespace. */
static int enter_long_root(struct world *w)
{
	char path[801], dir[1500], point[32];
	int rc;

	memset(path, 'l', sizeof(path));
	for (size_t i = 200; i < sizeof(path); i += 200)
		path[i] = i + 1 == sizeof(path) ? '\0' : '/';
	rc = move_to(w, path);
	rc = rc ? rc : mount_on("none", "tmpfs", "/mnt", "mode=700");
	for (size_t i = 0; i < w->ntrees && !rc; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		snprintf(point, sizeof(point), "/mnt/%zu", i);
		mkdir(point, 0755);
		rc = mount_on(dir, NULL, point, NULL);
	}
	if (rc || umount2(CGROUP, MNT_DETACH))
		return rc ? rc : -errno;
	rc = mount_on("none", "tmpfs", CGROUP, "mode=755");
	for (size_t i = 0; i < w->ntrees && !rc; i++) {
		snprintf(point, sizeof(point), "/mnt/%zu", i);
		mkdir(w->tree[i].mount, 0755);
		rc = mount(point, w->tree[i].mount, NULL, MS_MOVE, NULL) ? -errno : 0;
	}
	return rc;
}

static int cover_v1(struct world *w)
{
	char dir[1024];

	dir_path(w, tree_of(w, ""), "cover", dir, sizeof(dir));
	for (size_t i = 0; i < w->ntrees; i++)
		if (!w->tree[i].v2)
			return mount_on(dir, NULL, w->tree[i].mount, NULL);
	return -ENOSYS;
}

/* Root, but other users' processes are as hidden as from anybody. */
static int hide(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	int rc = mount_on("none", "proc", "/proc", "hidepid=2");

	if (rc || syscall(SYS_capget, &h, d))
		return rc ? rc : -errno;
	d[0].effective &= ~(1U << CAP_SYS_PTRACE);
	return syscall(SYS_capset, &h, d) ? -errno : 0;
}

static int go(struct world *w, enum elsewhere where)
{
	if (where == AT_HOME)
		return 0;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	switch (where) {
	case AT_PROC_PID_ONLY:
		return mount_on("none", "proc", "/proc", "subset=pid");
	case AT_PROC_SYS_MOUNTED:
		return mount_on("/proc/sys", NULL, "/proc/sys", NULL);
	case AT_LOADAVG_FAKED:
		return fake_loadavg();
	case AT_CGROUPNS:
		return enter_cgroupns(w);
	case AT_COVERED:
		return mount_on("none", "tmpfs", CGROUP, "mode=755");
	case AT_UNMOUNTED:
		return umount2(CGROUP, MNT_DETACH) ? -errno : 0;
	case AT_HIDEPID:
		return hide();
	case AT_V1_COVERED:
		return cover_v1(w);
	case AT_LONG_ROOT:
		return enter_long_root(w);
	default:
		return -ENOSYS;
	}
}

/* A frozen v1 task does not even take SIGKILL. */
static void end_child(struct world *w, pid_t pid)
{
	kill(pid, SIGKILL);
	w_dir_freeze(w, "g", false);
	waitpid(pid, NULL, 0);
}

int w_elsewhere(struct world *w, enum elsewhere where, int (*fn)(struct world *w, void *data),
		void *data)
{
	uint64_t end = w_now_ms(w) + ELSEWHERE_MS;
	int status;
	pid_t pid;

	w->shared->rc = -ECHILD;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int rc = go(w, where);

		if (rc)
			fprintf(stderr, "# elsewhere: %s\n", strerror(-rc));
		w->shared->rc = rc ? -ENOSYS : fn(w, data);
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (w_now_ms(w) > end) {
			end_child(w, pid);
			return -ETIME;
		}
		w_wait_ms(w, 5);
	}
	return w->shared->rc;
}
