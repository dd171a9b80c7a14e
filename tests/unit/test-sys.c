/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The seam on the real kernel: what each verb answers, on files of our own and on /proc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"

#define S	(&cgi_sys_real)

static char dir[64];
static int dirfd = -1;

static int set_up(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/libcg-sys.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	dirfd = S->open(NULL, AT_FDCWD, dir, true);
	return dirfd < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
	char name[128];

	(void)state;
	static const char *const left[] = { "file", "link", "sub/file", "sub", "up" };

	for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, left[i]);
		(void)remove(name);
	}
	S->close(NULL, dirfd);
	return rmdir(dir);
}

static void make_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void files(void **state)
{
	char buf[16];

	(void)state;
	make_file("file", "hello\n");
	assert_int_equal(S->read(NULL, dirfd, "file", buf, sizeof(buf)), 6);
	assert_string_equal(buf, "hello\n");
	assert_int_equal(S->read(NULL, dirfd, "file", buf, 7), 6);
	assert_int_equal(S->read(NULL, dirfd, "file", buf, 6), -E2BIG);
	assert_int_equal(S->read(NULL, dirfd, "nosuch", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(S->read(NULL, dirfd, ".", buf, sizeof(buf)), -EISDIR);
	assert_int_equal(S->read(NULL, -1, "file", buf, sizeof(buf)), -EBADF);
	assert_int_equal(S->write(NULL, dirfd, "file", "abc"), 0);
	assert_int_equal(S->read(NULL, dirfd, "file", buf, sizeof(buf)), 6);
	assert_string_equal(buf, "abclo\n");
	assert_int_equal(S->write(NULL, dirfd, "nosuch", "x"), -ENOENT);
	assert_int_equal(S->open(NULL, dirfd, "file", true), -ENOTDIR);
	assert_int_equal(S->access(NULL, dirfd, "file"), 0);
	assert_int_equal(S->access(NULL, dirfd, ""), 0);
	assert_int_equal(S->access(NULL, dirfd, "nosuch"), -ENOENT);
}

/* Nothing leads out of a directory of ours: no "..", no link, no other file system. */
static void nothing_leads_out(void **state)
{
	char path[128], buf[16];
	int procfd = S->open(NULL, AT_FDCWD, "/proc", true);
	int rootfd = S->open(NULL, AT_FDCWD, "/", true);

	(void)state;
	make_file("file", "x");
	assert_int_equal(S->mkdir(NULL, dirfd, "sub"), 0);
	assert_int_equal(S->mkdir(NULL, dirfd, "sub"), -EEXIST);
	snprintf(path, sizeof(path), "%s/link", dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	snprintf(path, sizeof(path), "%s/up", dir);
	assert_int_equal(symlink("/", path), 0);
	assert_true(S->read(NULL, dirfd, "link", buf, sizeof(buf)) < 0);
	assert_true(S->write(NULL, dirfd, "link", "x") < 0);
	assert_true(S->open(NULL, dirfd, "up", true) < 0);
	/* Before Linux 5.6 the last component is guarded only; cgroups hold no links. */
	if (syscall(SYS_openat2, -1, NULL, NULL, 0) < 0 && errno != ENOSYS) {
		assert_true(S->open(NULL, dirfd, "up/etc", true) < 0);
		assert_true(S->read(NULL, dirfd, "sub/../../x", buf, sizeof(buf)) < 0);
		assert_true(S->open(NULL, dirfd, "../x", true) < 0);
		assert_true(S->open(NULL, rootfd, "proc/self", true) < 0);
	}
	assert_int_equal(S->rmdir(NULL, dirfd, "file"), -ENOTDIR);
	assert_int_equal(S->rmdir(NULL, dirfd, "sub"), 0);
	assert_int_equal(S->rmdir(NULL, dirfd, "sub"), -ENOENT);
	S->close(NULL, procfd);
	S->close(NULL, rootfd);
}

static int count(void *data, const struct cgi_entry *e)
{
	unsigned *n = data;

	assert_true(strcmp(e->name, ".") && strcmp(e->name, ".."));
	n[e->dir]++;
	return n[0] + n[1] == n[2] ? 9 : 0;
}

static void listing(void **state)
{
	unsigned n[3] = { 0 };

	(void)state;
	make_file("file", "x");
	assert_int_equal(S->mkdir(NULL, dirfd, "sub"), 0);
	assert_int_equal(S->list(NULL, dirfd, count, n), 0);
	assert_int_equal(n[0], 1);
	assert_int_equal(n[1], 1);
	/* Again from the beginning, and stopped by what the function returns. */
	n[0] = n[1] = 0;
	n[2] = 1;
	assert_int_equal(S->list(NULL, dirfd, count, n), 9);
	assert_int_equal(S->list(NULL, -1, count, n), -EBADF);
}

static void identity(void **state)
{
	struct cgi_ident a, b;

	(void)state;
	make_file("file", "x");
	assert_int_equal(S->ident(NULL, dirfd, "", &a), 0);
	assert_true(S_ISDIR(a.mode));
	assert_int_equal(a.uid, geteuid());
	assert_int_equal(S->ident(NULL, dirfd, "file", &b), 0);
	assert_true(S_ISREG(b.mode) && b.ino != a.ino && b.dev == a.dev);
	assert_int_equal(S->ident(NULL, dirfd, "nosuch", &b), -ENOENT);
	assert_int_equal(S->chown(NULL, dirfd, "file", geteuid(), getegid()), 0);
	assert_int_equal(S->chown(NULL, dirfd, "", geteuid(), getegid()), 0);
	assert_int_equal(S->chown(NULL, dirfd, "nosuch", 0, 0), -ENOENT);
}

static void namespaces(void **state)
{
	int procfd = S->open(NULL, AT_FDCWD, "/proc", true), fd, up;
	struct cgi_ident a, b;
	uint64_t id;

	(void)state;
	fd = S->ns(NULL, procfd, "self/ns/user");
	assert_true(fd >= 0);
	assert_int_equal(S->ident(NULL, fd, "", &a), 0);
	assert_int_equal(S->ident(NULL, procfd, "self/ns/user", &b), 0);
	assert_true(a.ino == b.ino && a.dev == b.dev);
	assert_true(S->ns_id(NULL, fd) == S->ns_id(NULL, fd));
	assert_true(S->ns_id(NULL, procfd) == 0);
	/* Ours lives, where the kernel has such numbers; another of that number does not. */
	id = S->ns_id(NULL, fd);
	up = S->user_ns(NULL, id, a.ino);
	assert_true(id ? up >= 0 : up == -EBADF);
	S->close(NULL, up);
	assert_int_equal(S->user_ns(NULL, UINT64_MAX, a.ino), id ? -ESTALE : -EBADF);
	/* The parent of our own is not ours to see. */
	up = S->ns(NULL, fd, NULL);
	assert_int_equal(up, -EPERM);
	assert_true(S->ns(NULL, procfd, "self/ns/nosuch") < 0);
	S->close(NULL, fd);
	S->close(NULL, procfd);
}

/* Readable when there is a reason, and not after it was asked for. */
static void waking(void **state)
{
	int timer = S->timer(NULL), event = S->eventfd(NULL), set = S->set(NULL);
	uint64_t one = 1;
	uint32_t key[4];

	(void)state;
	assert_true(timer >= 0 && event >= 0 && set >= 0);
	assert_int_equal(S->set_add(NULL, set, timer, 7), 0);
	assert_int_equal(S->set_add(NULL, set, event, 8), 0);
	assert_int_equal(S->poll(NULL, set, POLLIN, S->now(NULL) + 20000), 0);
	assert_int_equal(S->set_ready(NULL, set, key, 4), 0);
	assert_int_equal(S->timer_set(NULL, timer, 20000), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(S->poll(NULL, set, POLLIN, S->now(NULL) + 5000000), 1);
		assert_int_equal(S->set_ready(NULL, set, key, 4), 1);
		assert_int_equal(key[0], 7);
		assert_true(S->count(NULL, timer) > 0);
		assert_int_equal(S->count(NULL, timer), 0);
	}
	assert_int_equal(S->timer_set(NULL, timer, 0), 0);
	assert_int_equal(write(event, &one, sizeof(one)), sizeof(one));
	assert_int_equal(write(event, &one, sizeof(one)), sizeof(one));
	assert_int_equal(S->set_ready(NULL, set, key, 4), 1);
	assert_int_equal(key[0], 8);
	assert_int_equal(S->count(NULL, event), 2);
	assert_int_equal(S->set_ready(NULL, set, key, 4), 0);
	assert_int_equal(S->set_add(NULL, set, -1, 9), -EBADF);
	assert_int_equal(S->drain(NULL, -1), -EBADF);
	S->close(NULL, set);
	S->close(NULL, event);
	S->close(NULL, timer);
}

static void on_notice(void *data, int wd, const char *name)
{
	snprintf(data, 64, "%d %s", wd, name);
}

/* Of a file that changes, and of an entry that goes, by the same number each time. */
static void notices(void **state)
{
	int fd = S->notifier(NULL), file, below;
	char told[64] = "", want[64];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(S->mkdir(NULL, dirfd, "n"), 0);
	below = S->open(NULL, dirfd, "n", true);
	make_file("file", "");
	file = S->notify(NULL, fd, dirfd, "file", false);
	assert_true(file > 0);
	assert_int_equal(S->notify(NULL, fd, dirfd, "file", false), file);
	assert_int_equal(S->notify(NULL, fd, dirfd, "nosuch", false), -ENOENT);
	assert_int_equal(S->write(NULL, dirfd, "file", "x"), 0);
	assert_int_equal(S->poll(NULL, fd, POLLIN, S->now(NULL) + 5000000), 1);
	assert_int_equal(S->notices(NULL, fd, on_notice, told), 0);
	snprintf(want, sizeof(want), "%d ", file);
	assert_string_equal(told, want);
	assert_int_equal(S->notices(NULL, fd, on_notice, told), 0);
	file = S->notify(NULL, fd, below, "..", true);
	assert_int_equal(S->rmdir(NULL, dirfd, "n"), 0);
	assert_int_equal(S->notices(NULL, fd, on_notice, told), 0);
	snprintf(want, sizeof(want), "%d n", file);
	assert_string_equal(told, want);
	S->unnotify(NULL, fd, file);
	S->close(NULL, below);
	S->close(NULL, fd);
}

static void processes(void **state)
{
	uint64_t then = S->now(NULL);
	int fd, status;
	pid_t pid;

	(void)state;
	assert_int_equal(S->self(NULL), getpid());
	assert_int_equal(S->euid(NULL), geteuid());
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	fd = S->pidfd(NULL, pid);
	if (fd == -ENOSYS) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		print_message("# skip: no pidfd in this kernel\n");
		skip();
	}
	assert_true(fd >= 0);
	assert_true(S->pidfd_inode(NULL, fd) == S->pidfd_inode(NULL, fd));
	assert_true(S->pidfd_inode(NULL, dirfd) == 0);
	assert_int_equal(S->signal(NULL, fd, pid, 0), 0);
	assert_int_equal(S->signal(NULL, -1, pid, 0), 0);
	assert_int_equal(S->poll(NULL, fd, POLLIN, S->now(NULL) + 1000), 0);
	assert_int_equal(S->signal(NULL, fd, pid, SIGKILL), 0);
	assert_int_equal(S->poll(NULL, fd, POLLIN, S->now(NULL) + 5000000), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(S->signal(NULL, fd, pid, 0), -ESRCH);
	assert_int_equal(S->pidfd(NULL, pid), -ESRCH);
	S->close(NULL, fd);
	/* Never our own process group, never everybody. */
	assert_int_equal(S->signal(NULL, -1, 0, 0), -EINVAL);
	assert_int_equal(S->signal(NULL, -1, -1, 0), -EINVAL);
	assert_true(S->now(NULL) > then);
}

static void time_only(void **state)
{
	uint64_t then = S->now(NULL);

	(void)state;
	assert_int_equal(S->poll(NULL, -1, 0, then + 20000), 0);
	assert_true(S->now(NULL) >= then + 20000);
	assert_int_equal(S->poll(NULL, -1, 0, 0), 0);
}

static void counts(void **state)
{
	struct cgi_counts c = { 77, 77 };
	int fd, rc;

	(void)state;
	/* No directory of a cgroup. */
	assert_true(S->counts(NULL, dirfd, &c) < 0);
	fd = S->open(NULL, AT_FDCWD, "/sys/fs/cgroup/pids", true);
	if (fd < 0) {
		print_message("# skip: no v1 hierarchy at /sys/fs/cgroup/pids\n");
		skip();
	}
	rc = S->counts(NULL, fd, &c);
	S->close(NULL, fd);
	if (rc == -EPERM || rc == -EOPNOTSUPP || rc == -ENOSYS) {
		print_message("# skip: taskstats is not for this user (%d)\n", rc);
		skip();
	}
	assert_int_equal(rc, 0);
	assert_true(c.total > 0 && c.uninterruptible <= c.total);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_leads_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(listing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(identity, set_up, tear_down),
		cmocka_unit_test_setup_teardown(namespaces, set_up, tear_down),
		cmocka_unit_test(waking),
		cmocka_unit_test_setup_teardown(notices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(processes, set_up, tear_down),
		cmocka_unit_test(time_only),
		cmocka_unit_test_setup_teardown(counts, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
