/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own work for one container: what a run of the configuration that runtimes write
 * (`cgrun spec`) cannot do without, by the fewest calls that do it, and nothing around it. No
 * configuration is read, nothing is recorded, no error is undone. It measures how far a runtime is
 * from what the kernel takes.
 *
 *	bound ROOTFS NAME	runs /bin/true in ROOTFS and in a group NAME of every hierarchy
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sched.h>

#define MAX_TREES	32
#define QUIET		(MS_NOSUID | MS_NODEV | MS_NOEXEC)

static struct tree {
	char point[256];
	int fd, group;		/* of the hierarchy, of the group in it */
	int v2;
} tree[MAX_TREES];
static int n_trees;

static void must(long result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	_exit(1);
}

/* ---- groups ---- */

static void find_trees(void)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[4096];

	must(f ? 0 : -1, "mountinfo");
	while (fgets(line, sizeof(line), f) && n_trees < MAX_TREES) {
		struct tree *t = &tree[n_trees];
		const char *type = strstr(line, " - cgroup");

		if (!type || sscanf(line, "%*s %*s %*s %*s %255s", t->point) != 1)
			continue;
		t->v2 = type[9] == '2';
		t->fd = open(t->point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		must(t->fd, t->point);
		n_trees++;
	}
	fclose(f);
}

/* A new cpuset has no processors and takes no process. */
static void inherit(const struct tree *t, const char *file)
{
	char text[256];
	int from = openat(t->fd, file, O_RDONLY | O_CLOEXEC);
	int to = openat(t->group, file, O_WRONLY | O_CLOEXEC);
	ssize_t n = from < 0 ? 0 : read(from, text, sizeof(text));

	if (n > 0 && to >= 0)
		must(write(to, text, (size_t)n), file);
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
}

static void make_groups(const char *name)
{
	for (int i = 0; i < n_trees; i++) {
		struct tree *t = &tree[i];

		must(mkdirat(t->fd, name, 0755), name);
		t->group = openat(t->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		must(t->group, name);
		if (strstr(t->point, "cpuset")) {
			inherit(t, "cpuset.cpus");
			inherit(t, "cpuset.mems");
		}
	}
}

/* v2 is entered at birth. */
static void join_groups(pid_t pid)
{
	char number[16];
	int len = snprintf(number, sizeof(number), "%d", pid);

	for (int i = 0; i < n_trees; i++) {
		int fd = tree[i].v2 ? -1 : openat(tree[i].group, "cgroup.procs",
						  O_WRONLY | O_CLOEXEC);

		if (tree[i].v2)
			continue;
		must(fd, "cgroup.procs");
		must(write(fd, number, (size_t)len), "cgroup.procs");
		close(fd);
	}
}

static void remove_groups(const char *name)
{
	for (int i = 0; i < n_trees; i++)
		for (int k = 0; unlinkat(tree[i].fd, name, AT_REMOVEDIR) && errno == EBUSY &&
		     k < 5000; k++)
			usleep(100);
}

/* ---- the root ---- */

static void fs(const char *type, const char *target, unsigned long flags, const char *data)
{
	must(mount(type, target, type, flags, data), target);
}

static void again_with(const char *target, unsigned long flags)
{
	must(mount(NULL, target, NULL, MS_REMOUNT | MS_BIND | flags, NULL), target);
}

static void mount_groups(const char *name)
{
	char from[8192], to[600];

	fs("tmpfs", "sys/fs/cgroup", QUIET, "mode=755");
	for (int i = 0; i < n_trees; i++) {
		snprintf(from, sizeof(from), "%s/%s", tree[i].point, name);
		snprintf(to, sizeof(to), "sys/fs/cgroup/%s", strrchr(tree[i].point, '/') + 1);
		must(mkdir(to, 0755), to);
		must(mount(from, to, NULL, MS_BIND, NULL), to);
		again_with(to, MS_RDONLY | QUIET);
	}
	again_with("sys/fs/cgroup", MS_RDONLY | QUIET);
}

static void make_devices(void)
{
	static const struct { const char *path; unsigned major, minor; } nodes[] = {
		{ "dev/null", 1, 3 }, { "dev/zero", 1, 5 }, { "dev/full", 1, 7 },
		{ "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 },
	};
	static const char *const links[][2] = {
		{ "/proc/self/fd", "dev/fd" }, { "/proc/self/fd/0", "dev/stdin" },
		{ "/proc/self/fd/1", "dev/stdout" }, { "/proc/self/fd/2", "dev/stderr" },
		{ "pts/ptmx", "dev/ptmx" },
	};

	umask(0);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		must(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)),
		     nodes[i].path);
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		must(symlink(links[i][0], links[i][1]), links[i][1]);
}

/* What is not there is not hidden; an EINVAL of the kernel's is an error of ours. */
static void hide(void)
{
	static const char *const masked[] = {
		"proc/acpi", "proc/asound", "proc/kcore", "proc/keys", "proc/latency_stats",
		"proc/timer_list", "proc/timer_stats", "proc/sched_debug", "proc/scsi",
		"sys/firmware",
	};
	static const char *const read_only[] = {
		"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger",
	};
	struct stat st;

	for (size_t i = 0; i < sizeof(read_only) / sizeof(*read_only); i++)
		if (!mount(read_only[i], read_only[i], NULL, MS_BIND | MS_REC, NULL))
			again_with(read_only[i], MS_RDONLY);
	for (size_t i = 0; i < sizeof(masked) / sizeof(*masked); i++) {
		if (stat(masked[i], &st))
			continue;
		if (S_ISDIR(st.st_mode))
			fs("tmpfs", masked[i], MS_RDONLY | QUIET, "nr_blocks=1,nr_inodes=1");
		else
			must(mount("/dev/null", masked[i], NULL, MS_BIND, NULL), masked[i]);
	}
}

static void inside(const char *rootfs, const char *name, int go)
{
	char byte;

	must(read(go, &byte, 1) == 1 ? 0 : -1, "parent");
	must(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "/");
	must(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL), rootfs);
	must(chdir(rootfs), rootfs);
	fs("proc", "proc", 0, NULL);
	fs("tmpfs", "dev", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k");
	must(mkdir("dev/pts", 0755) | mkdir("dev/shm", 0755) | mkdir("dev/mqueue", 0755), "dev");
	fs("devpts", "dev/pts", MS_NOSUID | MS_NOEXEC,
	   "newinstance,ptmxmode=0666,mode=0620,gid=5");
	fs("tmpfs", "dev/shm", QUIET, "mode=1777,size=65536k");
	fs("mqueue", "dev/mqueue", QUIET, NULL);
	fs("sysfs", "sys", QUIET | MS_RDONLY, NULL);
	mount_groups(name);
	make_devices();
	hide();
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "umount");
	must(chdir("/"), "/");
	again_with("/", MS_RDONLY);
	must(sethostname("bound", 5), "hostname");
	execl("/bin/true", "true", (char *)NULL);
	must(-1, "/bin/true");
}

static pid_t give_birth(void)
{
	struct clone_args a = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET |
			 CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};

	for (int i = 0; i < n_trees; i++)
		if (tree[i].v2) {
			a.flags |= CLONE_INTO_CGROUP;
			a.cgroup = (uint64_t)tree[i].group;
		}
	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

int main(int argc, char **argv)
{
	int go[2], status = 1;
	pid_t pid;

	if (argc != 3) {
		fputs("usage: bound ROOTFS NAME\n", stderr);
		return 2;
	}
	find_trees();
	make_groups(argv[2]);
	must(pipe2(go, O_CLOEXEC), "pipe");
	pid = give_birth();
	if (!pid) {
		close(go[1]);
		inside(argv[1], argv[2], go[0]);
	}
	if (pid > 0) {
		join_groups(pid);
		must(write(go[1], "", 1), "child");
		waitpid(pid, &status, 0);
	}
	remove_groups(argv[2]);
	must(pid, "clone3");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
