/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real world's groups, made and removed without libcg. Only below a base of our own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world-real.h"

static bool wanted(const char *words, const struct tree *t)
{
	if (t->v2)
		return strstr(words, "v2");
	return strstr(words, "v1") ||
	       (!strcmp(t->controllers, "name=systemd") && strstr(words, "name=systemd"));
}

/* The controllers among the mount options, in the kernel's order. */
static void controllers_of(const char *opts, char *out, size_t size)
{
	char copy[256], *word, *save;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", opts);
	out[0] = '\0';
	for (word = strtok_r(copy, ",\n", &save); word; word = strtok_r(NULL, ",\n", &save))
		if (strcmp(word, "rw") && strcmp(word, "ro") && strcmp(word, "xattr") &&
		    strncmp(word, "release_agent", 13))
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? "," : "", word);
}

size_t find_trees(const char *words, struct tree *t)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[1024], point[256], type[32], opts[256], *dash;
	size_t n = 0;

	while (f && n < MAX_TREES && fgets(line, sizeof(line), f)) {
		dash = strstr(line, " - ");
		if (!dash || sscanf(line, "%*s %*s %*s / %255s", point) != 1 ||
		    sscanf(dash, " - %31s %*s %255s", type, opts) != 2 ||
		    (strcmp(type, "cgroup") && strcmp(type, "cgroup2")))
			continue;
		memset(&t[n], 0, sizeof(t[n]));
		t[n].v2 = !strcmp(type, "cgroup2");
		snprintf(t[n].mount, sizeof(t[n].mount), "%.127s", point);
		if (!t[n].v2)
			controllers_of(opts, t[n].controllers, sizeof(t[n].controllers));
		n += wanted(words, &t[n]);
	}
	if (f)
		fclose(f);
	return n;
}

void dir_path(const struct world *w, const struct tree *t, const char *path, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s%s", t->mount, *path == '/' ? "" : w->base,
		 *path && *path != '/' ? "/" : "", path);
}

int dir_write(const char *dir, const char *file, const char *text)
{
	char name[1600];
	int fd, rc;

	snprintf(name, sizeof(name), "%s/%s", dir, file);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int dir_read(const char *dir, const char *file, char *buf, size_t size)
{
	char name[1700];
	ssize_t n;
	int fd;

	snprintf(name, sizeof(name), "%s/%s", dir, file);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return (int)n;
}

/* A new cpuset takes nobody in before it has CPUs and memory nodes. */
static void fill_cpuset(const char *dir)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };
	char up[1600], text[256];

	snprintf(up, sizeof(up), "%s/..", dir);
	for (int i = 0; i < 2; i++)
		if (dir_read(up, files[i], text, sizeof(text)) > 0)
			dir_write(dir, files[i], text);
}

void dir_make(const struct tree *t, const char *dir)
{
	char part[1500];

	for (size_t i = strlen(t->mount) + 1; i <= strlen(dir); i++) {
		if (dir[i] != '/' && dir[i])
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, dir);
		if (!mkdir(part, 0755) && strstr(t->controllers, "cpuset"))
			fill_cpuset(part);
	}
}

/* A file of an open directory, whatever mode a test gave it. */
static int write_at(int fd, const char *file, const char *text)
{
	int f, rc;

	fchmodat(fd, file, 0600, 0);
	f = openat(fd, file, O_WRONLY | O_CLOEXEC);
	if (f < 0)
		return -errno;
	rc = write(f, text, strlen(text)) < 0 ? -errno : 0;
	close(f);
	return rc;
}

static void kill_members(int fd, bool v2)
{
	static char text[65536];
	ssize_t n;
	int f;

	write_at(fd, v2 ? "cgroup.freeze" : "freezer.state", v2 ? "0" : "THAWED");
	if (v2 && !write_at(fd, "cgroup.kill", "1"))
		return;
	fchmodat(fd, "cgroup.procs", 0600, 0);
	f = openat(fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	n = f < 0 ? -1 : read(f, text, sizeof(text) - 1);
	if (f >= 0)
		close(f);
	text[n > 0 ? n : 0] = '\0';
	for (char *s = text, *end; *s; s = end + 1) {
		long pid = strtol(s, &end, 10);

		if (pid > 1 && pid != getpid())
			kill((pid_t)pid, SIGKILL);
		if (!*end)
			break;
	}
}

/* What a member made has any depth: by descriptors. */
static void clean_below(int fd, bool v2, const char *but)
{
	DIR *d = fdopendir(dup(fd));
	struct dirent *e;
	int sub;

	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") ||
		    !strcmp(e->d_name, but))
			continue;
		fchmodat(fd, e->d_name, 0700, 0);
		sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (sub < 0)
			continue;
		clean_below(sub, v2, "");
		for (int i = 0; i < 1000; i++) {
			kill_members(sub, v2);
			if (!unlinkat(fd, e->d_name, AT_REMOVEDIR) || errno == ENOENT)
				break;
			nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
			if (i == 999)
				fprintf(stderr, "# cannot remove %s\n", e->d_name);
		}
		close(sub);
	}
	if (d)
		closedir(d);
}

void dir_clean(const char *dir, bool v2, bool keep)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	clean_below(fd, v2, keep ? "caller" : "");
	for (int i = 0; i < 1000 && !keep; i++) {
		kill_members(fd, v2);
		if (!rmdir(dir) || errno == ENOENT)
			break;
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
		if (i == 999)
			fprintf(stderr, "# cannot remove %s\n", dir);
	}
	close(fd);
}

/* The group of a process (0: the caller) in a hierarchy; not the root. */
bool group_of(const struct tree *t, pid_t pid, char *out, size_t size)
{
	char line[1024], want[128], name[32];
	bool found = false;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)(pid ? pid : getpid()));
	f = fopen(name, "re");
	snprintf(want, sizeof(want), ":%s:", t->controllers);
	while (f && !found && fgets(line, sizeof(line), f)) {
		char *at = strchr(line, ':');

		found = at && (t->v2 ? !strncmp(line, "0::", 3) : !strncmp(at, want, strlen(want)));
		line[strcspn(line, "\n")] = '\0';
		if (found)
			snprintf(out, size, "%s", strchr(at + 1, ':') + 1);
	}
	if (f)
		fclose(f);
	return found && strcmp(out, "/");
}

/* ---- the world's verbs on directories ---- */

bool w_dir_exists(struct world *w, const char *path)
{
	char dir[1024];

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		if (!access(dir, F_OK))
			return true;
	}
	return false;
}

void w_dir_make(struct world *w, const char *path)
{
	char dir[1024];

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		dir_make(&w->tree[i], dir);
	}
}

int w_dir_remove(struct world *w, const char *path)
{
	char dir[1024];
	int rc = 0;

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		if (rmdir(dir) && errno != ENOENT)
			rc = -1;
	}
	return rc;
}

static void put(struct world *w, const struct tree *t, const char *path, pid_t pid)
{
	char dir[1024], num[16];

	dir_path(w, t, path, dir, sizeof(dir));
	snprintf(num, sizeof(num), "%d", (int)pid);
	dir_write(dir, "cgroup.procs", num);
}

void w_dir_put(struct world *w, const char *path, struct who *x)
{
	for (size_t i = 0; i < w->ntrees; i++)
		put(w, &w->tree[i], path, x->pid);
}

bool w_dir_put_one(struct world *w, const char *path, struct who *x)
{
	for (size_t i = 0; i < w->ntrees && w->ntrees > 1; i++)
		if (!w->tree[i].v2) {
			put(w, &w->tree[i], path, x->pid);
			return true;
		}
	return false;
}

/* The number of a process's thread that is not its first. */
static long second_thread(pid_t pid)
{
	char name[32];
	long tid = 0;
	struct dirent *e;
	DIR *d;

	snprintf(name, sizeof(name), "/proc/%d/task", (int)pid);
	d = opendir(name);
	while (d && (e = readdir(d)) && (tid == 0 || tid == pid))
		tid = strtol(e->d_name, NULL, 10);
	if (d)
		closedir(d);
	return tid;
}

bool w_dir_put_thread(struct world *w, const char *path, struct who *x)
{
	char dir[1024], num[16];

	snprintf(num, sizeof(num), "%ld", second_thread(x->pid));
	for (size_t i = 0; i < w->ntrees; i++) {
		if (!w->tree[i].v2)
			continue;
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		return !dir_write(dir, "cgroup.type", "threaded") &&
		       !dir_write(dir, "cgroup.threads", num);
	}
	return false;
}

void w_caller_home(struct world *w)
{
	for (size_t i = 0; i < w->ntrees; i++)
		put(w, &w->tree[i], w->home, getpid());
}

int w_dir_freeze(struct world *w, const char *path, bool on)
{
	char dir[1024];
	int rc = -1;

	for (size_t i = 0; i < w->ntrees; i++) {
		const struct tree *t = &w->tree[i];

		dir_path(w, t, path, dir, sizeof(dir));
		if (t->v2 && !dir_write(dir, "cgroup.freeze", on ? "1" : "0"))
			rc = 0;
		if (!strcmp(t->controllers, "freezer") &&
		    !dir_write(dir, "freezer.state", on ? "FROZEN" : "THAWED"))
			rc = 0;
	}
	return rc;
}

char *w_dir_read_all(struct world *w, const char *path, const char *file)
{
	char dir[1024];

	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], path, dir, sizeof(dir));
		if (dir_read(dir, file, w->text, sizeof(w->text)) < 0)
			continue;
		return w->text;
	}
	w->text[0] = '\0';
	return w->text;
}

/* In the child, which has joined: 0 allowed, 1 refused, 2 something else happened. */
static int try_device(const char *node, mode_t mode, dev_t dev, const char *access)
{
	bool r = strchr(access, 'r'), write = strchr(access, 'w');
	char made[96];
	int fd;

	if (strchr(access, 'm')) {
		snprintf(made, sizeof(made), "%s.made", node);
		if (mknod(made, mode, dev))
			return errno == EPERM ? 1 : 2;
		unlink(made);
	}
	if (!r && !write)
		return 0;
	fd = open(node, (r && write ? O_RDWR : write ? O_WRONLY : O_RDONLY) | O_NONBLOCK |
		  O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno == ENXIO || errno == ENODEV ? 0 : errno == EPERM ? 1 : 2;
}

bool w_allows(struct world *w, const char *path, char type, unsigned major, unsigned minor,
	      const char *access)
{
	mode_t mode = (type == 'b' ? S_IFBLK : S_IFCHR) | 0600;
	char dir[] = "/tmp/cg-device.XXXXXX", node[64];
	int status = 0;
	pid_t pid;

	if (!mkdtemp(dir))
		abort();
	snprintf(node, sizeof(node), "%s/node", dir);
	if (mknod(node, mode, makedev(major, minor)))
		abort();
	pid = fork();
	if (!pid) {
		for (size_t i = 0; i < w->ntrees; i++)
			put(w, &w->tree[i], path, getpid());
		_exit(try_device(node, mode, makedev(major, minor), access));
	}
	if (waitpid(pid, &status, 0) != pid)
		abort();
	unlink(node);
	rmdir(dir);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		abort();
	return !WEXITSTATUS(status);
}

const char *w_absolute(struct world *w, const char *path)
{
	snprintf(w->text, sizeof(w->text), "%s/%s", w->base, path);
	return w->text;
}

static bool frozen_below(int fd, const char *file)
{
	DIR *d = fdopendir(dup(fd));
	struct dirent *e;
	char c = '0';
	int f = openat(fd, file, O_RDONLY | O_CLOEXEC), sub;
	bool found = f >= 0 && read(f, &c, 1) == 1 && c == '1';

	if (f >= 0)
		close(f);
	while (d && !found && (e = readdir(d))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		sub = openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		found = sub >= 0 && frozen_below(sub, file);
		if (sub >= 0)
			close(sub);
	}
	if (d)
		closedir(d);
	return found;
}

bool w_left_frozen(struct world *w)
{
	char dir[1024];
	bool found = false;

	for (size_t i = 0; i < w->ntrees && !found; i++) {
		int fd;

		dir_path(w, &w->tree[i], "", dir, sizeof(dir));
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		found = fd >= 0 && frozen_below(fd, w->tree[i].v2 ? "cgroup.freeze" :
						"freezer.self_freezing");
		if (fd >= 0)
			close(fd);
	}
	return found;
}
