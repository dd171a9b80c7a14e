/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is the fake kernel as unkind as the real one is known to be? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "libcg/sys/bus.h"

#define TAG	1
#define V1	"/sys/fs/cgroup/freezer"
#define V2	"/sys/fs/cgroup/unified"

static struct fk *k;
static struct fk_h *v1, *v2;
static struct fk_cg *c1, *c2;

static int setup(void **state)
{
	(void)state;
	k = fk_new();
	v1 = fk_add_v1(k, "freezer", V1);
	v2 = fk_add_v2(k, "pids memory", V2);
	c1 = fk_cg_make(v1, "/g");
	c2 = fk_cg_make(v2, "/g");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fk_free(k);
	return 0;
}

static struct fk_proc *member(void)
{
	struct fk_proc *p = fk_spawn(k, NULL, "m", TAG);

	fk_cg_put(c1, p);
	fk_cg_put(c2, p);
	return p;
}

static int dir_of(const char *path)
{
	int fd = fk_sys.open(k, AT_FDCWD, path, true);

	assert_true(fd >= FK_FD0);
	return fd;
}

static ssize_t try_read(int dirfd, const char *name)
{
	static char buf[65536];

	return fk_sys.read(k, dirfd, name, buf, sizeof(buf));
}

static const char *text_of(int dirfd, const char *name)
{
	static char buf[65536];

	assert_true(fk_sys.read(k, dirfd, name, buf, sizeof(buf)) >= 0);
	return buf;
}

static int no_entry(void *data, const struct cgi_entry *e)
{
	(void)data;
	(void)e;
	return 0;
}

static void reads_and_writes_take_descriptors(void **state)
{
	struct cgi_ident id;
	int fd = dir_of(V2 "/g");

	(void)state;
	k->max_fds = k->nfd;
	assert_int_equal(try_read(fd, "cgroup.procs"), -EMFILE);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.freeze", "0"), -EMFILE);
	assert_int_equal(fk_sys.open(k, fd, "cgroup.procs", false), -EMFILE);
	assert_int_equal(fk_sys.pidfd(k, k->me->pid), -EMFILE);
	assert_int_equal(fk_sys.list(k, fd, no_entry, NULL), 0);
	assert_int_equal(fk_sys.ident(k, fd, "", &id), 0);
	assert_int_equal(fk_sys.mkdir(k, fd, "n"), 0);
	k->max_fds++;
	assert_true(try_read(fd, "cgroup.procs") >= 0);
}

static void nesting_has_no_end(void **state)
{
	struct fk_proc *p = member();
	int fd = dir_of(V2 "/g"), proc = dir_of("/proc"), next;
	char name[260], file[32];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[256] = '\0';
	assert_int_equal(fk_sys.mkdir(k, fd, name), -ENAMETOOLONG);
	assert_int_equal(fk_sys.open(k, fd, name, true), -ENAMETOOLONG);
	name[255] = '\0';
	snprintf(file, sizeof(file), "%d/cgroup", (int)p->pid);
	for (int i = 0; i < 17; i++) {
		assert_int_equal(fk_sys.mkdir(k, fd, name), 0);
		next = fk_sys.open(k, fd, name, true);
		assert_true(next >= 0);
		fk_sys.close(k, fd);
		fd = next;
		snprintf(name + 250, 6, "%d", i);
	}
	assert_true(try_read(proc, file) > 0);
	snprintf(file, sizeof(file), "%d", (int)p->pid);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.procs", file), 0);
	snprintf(file, sizeof(file), "%d/cgroup", (int)p->pid);
	assert_int_equal(try_read(proc, file), -ENAMETOOLONG);
	assert_true(try_read(fd, "cgroup.procs") > 0);
}

static void modes_are_kept_and_asked(void **state)
{
	int fd, root = dir_of(V2);
	struct cgi_ident id;

	(void)state;
	fk_cg_chown(c2, 1000, false);
	k->me->uid = 1000;
	fd = dir_of(V2 "/g");
	assert_int_equal(fk_sys.mkdir(k, fd, "n"), 0);
	assert_int_equal(fk_sys.chmod(k, fd, "n", 0), 0);
	assert_int_equal(fk_sys.ident(k, fd, "n", &id), 0);
	assert_int_equal(id.mode, 040000);
	assert_int_equal(fk_sys.open(k, fd, "n", true), -EACCES);
	assert_int_equal(try_read(fd, "n/cgroup.procs"), -EACCES);
	assert_int_equal(fk_sys.rmdir(k, fd, "n"), 0);
	assert_int_equal(try_read(fd, "cgroup.kill"), -EACCES);
	assert_int_equal(fk_sys.chmod(k, fd, "cgroup.kill", 0), 0);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.kill", "1"), -EACCES);
	assert_int_equal(fk_sys.access(k, fd, "cgroup.kill"), -EACCES);
	k->me->uid = 1001;
	assert_int_equal(fk_sys.chmod(k, fd, "cgroup.kill", 0200), -EPERM);
	k->me->uid = 0;
	assert_int_equal(fk_sys.write(k, fd, "cgroup.kill", "1"), 0);
	assert_int_equal(try_read(fd, "cgroup.kill"), -EINVAL);
	(void)root;
}

static void a_mode_counts_for_its_owner_only(void **state)
{
	struct fk_cg *n = fk_cg_make(v2, "/g/n");
	int fd = dir_of(V2 "/g");

	(void)state;
	fk_cg_chown(n, 1001, false);
	fk_cg_chmod(n, NULL, 0700);
	k->me->uid = 1000;
	assert_int_equal(fk_sys.open(k, fd, "n", true), -EACCES);
	fk_cg_chmod(n, NULL, 0711);
	assert_int_equal(fk_sys.open(k, fd, "n", true), -EACCES);
	assert_true(try_read(fd, "n/cgroup.procs") >= 0);
	k->me->uid = 0;
	fk_cg_chmod(n, NULL, 0);
	assert_true(fk_sys.open(k, fd, "n", true) >= 0);
}

static void a_mount_covers_another(void **state)
{
	struct cgi_ident a, b;
	int above;

	(void)state;
	assert_int_equal(fk_sys.ident(k, AT_FDCWD, V1, &a), 0);
	fk_mount(k, v2, c2, V1);
	assert_int_equal(fk_sys.ident(k, AT_FDCWD, V1, &b), 0);
	assert_true(a.mnt != b.mnt && a.dev != b.dev);
	assert_int_equal(b.ino, c2->ino);
	assert_non_null(strstr(text_of(dir_of("/proc"), "self/mountinfo"),
			       " / " V1 " rw,relatime shared:9 - cgroup cgroup rw,freezer\n"));
	assert_non_null(strstr(text_of(dir_of("/proc"), "self/mountinfo"),
			       " /g " V1 " rw,relatime shared:9 - cgroup2 cgroup2 rw\n"));
	/* ".." of what a mount shows is outside of it. */
	above = fk_sys.open(k, dir_of(V1), "..", true);
	assert_true(above >= 0);
	assert_int_equal(fk_sys.ident(k, above, "", &a), 0);
	assert_true(a.dev != b.dev);
	fk_mount(k, NULL, NULL, "/sys/fs/cgroup");
	assert_int_equal(fk_sys.open(k, AT_FDCWD, V1, true), -ENOENT);
	assert_int_equal(fk_sys.open(k, AT_FDCWD, V2 "/g", true), -ENOENT);
}

static void parts_of_proc_are_hidden(void **state)
{
	int proc = dir_of("/proc");

	(void)state;
	assert_true(try_read(proc, "sys/kernel/random/boot_id") > 0);
	k->sys_errno = -ENOENT;
	k->loadavg_errno = -EXDEV;
	assert_int_equal(try_read(proc, "sys/kernel/random/boot_id"), -ENOENT);
	assert_int_equal(try_read(proc, "loadavg"), -EXDEV);
	assert_true(try_read(proc, "self/stat") > 0);
}

static void status_has_any_length(void **state)
{
	struct fk_proc *p = member();
	char name[32];
	const char *text;

	(void)state;
	p->ngroups = 2000;
	snprintf(name, sizeof(name), "%d/status", (int)p->pid);
	text = text_of(dir_of("/proc"), name);
	assert_true(strlen(text) > 20000);
	assert_true(strstr(text, "\nNSpid:") > text + 20000);
}

static void proc_hides_from_root_without_ptrace(void **state)
{
	struct fk_proc *p = member();
	char name[32];

	(void)state;
	p->uid = 1000;
	snprintf(name, sizeof(name), "%d/stat", (int)p->pid);
	k->hidepid = true;
	assert_true(try_read(dir_of("/proc"), name) > 0);
	k->no_ptrace = true;
	assert_int_equal(try_read(dir_of("/proc"), name), -ENOENT);
	assert_int_equal(fk_sys.signal(k, -1, p->pid, 0), 0);
}

static void trees_have_limits(void **state)
{
	int fd = dir_of(V2 "/g");

	(void)state;
	assert_int_equal(fk_sys.write(k, fd, "cgroup.max.descendants", "1"), 0);
	assert_int_equal(fk_sys.mkdir(k, fd, "a"), 0);
	assert_int_equal(fk_sys.mkdir(k, fd, "b"), -EAGAIN);
	assert_int_equal(fk_sys.mkdir(k, fd, "a/b"), -EAGAIN);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.max.descendants", "max"), 0);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.max.depth", "1"), 0);
	assert_int_equal(fk_sys.mkdir(k, fd, "b"), 0);
	assert_int_equal(fk_sys.mkdir(k, fd, "a/b"), -EAGAIN);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.max.depth", "deep"), -EINVAL);
}

static void v1_groups_can_be_renamed(void **state)
{
	int fd = dir_of(V1 "/g");
	struct cgi_ident id;

	(void)state;
	fk_cg_rename(c1, "h");
	assert_int_equal(fk_sys.open(k, AT_FDCWD, V1 "/g", true), -ENOENT);
	assert_int_equal(fk_sys.ident(k, fd, "", &id), 0);
	assert_int_equal(id.ino, c1->ino);
	assert_true(try_read(fd, "cgroup.procs") >= 0);
	assert_true(fk_sys.open(k, AT_FDCWD, V1 "/h", true) >= 0);
}

static void a_frozen_caller_is_found_out(void **state)
{
	int fd = dir_of(V2 "/g");

	(void)state;
	fk_cg_put(c2, k->me);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.freeze", "1"), 0);
	assert_int_equal(k->frozen_calls, 0);
	fk_sys.write(k, fd, "cgroup.freeze", "0");
	assert_int_equal(k->frozen_calls, 1);
}

static void a_bus_does_what_it_does_not_say(void **state)
{
	static const struct cgi_scope s = { .unit = "x.scope", .slice = "", .description = "" };
	const struct cgi_bus_verbs *bus = fk_sys.bus;
	struct fk_proc *p = member();
	struct cgi_bus *b = NULL;
	char why[128];

	(void)state;
	k->systemd = true;
	/* The bus is of the kernel that was entered last. */
	fk_sys.close(k, fk_sys.open(k, AT_FDCWD, "/proc", true));
	fk_tick(k);
	assert_int_equal(bus->open("unix:path=/run/user/1000/bus", k->usec + 1000000, &b, why,
				   sizeof(why)), 0);
	k->bus_mute = 1;
	assert_int_equal(bus->start(b, &s, p->pid, -1, k->usec + 1000000), -ETIMEDOUT);
	assert_true(k->unit[0].there);
	assert_int_equal(bus->start(b, &s, p->pid, -1, k->usec + 1000000), -EEXIST);
	k->bus_restarts = 1;
	assert_int_equal(bus->end(b, "x.scope", k->usec + 1000000), -ENOTCONN);
	assert_int_equal(bus->end(b, "x.scope", k->usec + 1000000), -ENOTCONN);
	bus->close(b);
	assert_int_equal(bus->open("unix:path=/run/user/1000/bus", k->usec + 1000000, &b, why,
				   sizeof(why)), 0);
	assert_int_equal(bus->end(b, "x.scope", k->usec + 1000000), 0);
	bus->close(b);
}

int main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(reads_and_writes_take_descriptors), T(nesting_has_no_end),
		T(modes_are_kept_and_asked), T(a_mode_counts_for_its_owner_only),
		T(a_mount_covers_another), T(parts_of_proc_are_hidden), T(status_has_any_length),
		T(proc_hides_from_root_without_ptrace), T(trees_have_limits),
		T(v1_groups_can_be_renamed), T(a_frozen_caller_is_found_out),
		T(a_bus_does_what_it_does_not_say),
	};

	return cmocka_run_group_tests_name("unkind kernel", tests, NULL, NULL);
}
