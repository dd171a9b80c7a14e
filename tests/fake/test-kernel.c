/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does the fake kernel behave as the real one is known to? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "kernel.h"

#define TAG	1

static struct fk *k;
static struct fk_h *v1, *v2;
static struct fk_cg *c1, *c2;

static int setup(void **state)
{
	(void)state;
	k = fk_new();
	v1 = fk_add_v1(k, "freezer", "/sys/fs/cgroup/freezer");
	v2 = fk_add_v2(k, "pids memory", "/sys/fs/cgroup/unified");
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

static struct fk_proc *member(const char *comm)
{
	struct fk_proc *p = fk_spawn(k, NULL, comm, TAG);

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

static int g1(void) { return dir_of("/sys/fs/cgroup/freezer/g"); }
static int g2(void) { return dir_of("/sys/fs/cgroup/unified/g"); }

static const char *text_of(int dirfd, const char *name)
{
	static char buf[8192];

	assert_true(fk_sys.read(k, dirfd, name, buf, sizeof(buf)) >= 0);
	return buf;
}

static ssize_t try_read(int dirfd, const char *name)
{
	char buf[8192];

	return fk_sys.read(k, dirfd, name, buf, sizeof(buf));
}

static void v1_frozen_keeps_sigkill(void **state)
{
	struct fk_proc *p = member("m");
	int fd = g1();

	(void)state;
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "FROZEN"), 0);
	assert_string_equal(text_of(fd, "freezer.state"), "FROZEN\n");
	assert_int_equal(fk_sys.signal(k, -1, p->pid, SIGKILL), 0);
	fk_tick(k);
	assert_true(fk_alive(p));
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "THAWED"), 0);
	assert_false(fk_alive(p));
}

static void v2_frozen_dies_of_sigkill(void **state)
{
	struct fk_proc *p = member("m");
	int fd = g2();

	(void)state;
	assert_int_equal(fk_sys.write(k, fd, "cgroup.freeze", "1"), 0);
	assert_string_equal(text_of(fd, "cgroup.events"), "populated 1\nfrozen 1\n");
	assert_int_equal(fk_sys.signal(k, -1, p->pid, SIGTERM), 0);
	assert_true(fk_alive(p));
	assert_int_equal(fk_sys.signal(k, -1, p->pid, SIGKILL), 0);
	assert_false(fk_alive(p));
}

static void thaw_leaves_nested_frozen(void **state)
{
	struct fk_cg *n = fk_cg_make(v1, "/g/n");
	struct fk_proc *p = member("m");
	int fd = g1();

	(void)state;
	fk_cg_put(n, p);
	assert_int_equal(fk_sys.write(k, fd, "n/freezer.state", "FROZEN"), 0);
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "FROZEN"), 0);
	assert_string_equal(text_of(fd, "n/freezer.parent_freezing"), "1\n");
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "THAWED"), 0);
	assert_string_equal(text_of(fd, "n/freezer.state"), "FROZEN\n");
	assert_string_equal(text_of(fd, "n/freezer.parent_freezing"), "0\n");
	assert_true(p->frozen1);
	assert_int_equal(fk_left_frozen(k), 1);
}

static void freezing_lasts(void **state)
{
	int fd = g1();

	(void)state;
	member("m");
	k->freeze_lag = 2;
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "FROZEN"), 0);
	assert_string_equal(text_of(fd, "freezer.state"), "FREEZING\n");
	assert_string_equal(text_of(fd, "freezer.state"), "FROZEN\n");
}

static void freezing_sticks_until_thawed(void **state)
{
	int fd = g1();

	(void)state;
	member("m");
	k->freeze_stuck = 1;
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "FROZEN"), 0);
	for (int i = 0; i < 50; i++)
		assert_string_equal(text_of(fd, "freezer.state"), "FREEZING\n");
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "THAWED"), 0);
	assert_int_equal(fk_sys.write(k, fd, "freezer.state", "FROZEN"), 0);
	assert_string_equal(text_of(fd, "freezer.state"), "FROZEN\n");
}

static void a_stuck_task_keeps_the_group_freezing(void **state)
{
	struct fk_proc *p = member("m");
	int fd1 = g1(), fd2 = g2();

	(void)state;
	p->stuck = true;
	assert_int_equal(fk_sys.write(k, fd1, "freezer.state", "FROZEN"), 0);
	assert_string_equal(text_of(fd1, "freezer.state"), "FREEZING\n");
	assert_int_equal(fk_sys.write(k, fd2, "cgroup.freeze", "1"), 0);
	assert_string_equal(text_of(fd2, "cgroup.events"), "populated 1\nfrozen 0\n");
}

static void rmdir_is_busy(void **state)
{
	struct fk_proc *p = member("m");
	int fd = dir_of("/sys/fs/cgroup/unified");

	(void)state;
	fk_cg_make(v2, "/g/n");
	assert_int_equal(fk_sys.rmdir(k, fd, "g"), -EBUSY);
	assert_int_equal(fk_sys.rmdir(k, fd, "g/n"), 0);
	assert_int_equal(fk_sys.rmdir(k, fd, "g"), -EBUSY);
	k->rmdir_lag = 5000;
	fk_exit(k, p);
	assert_string_equal(text_of(fd, "g/cgroup.events"), "populated 0\nfrozen 0\n");
	assert_int_equal(fk_sys.rmdir(k, fd, "g"), -EBUSY);
	assert_int_equal(fk_sys.poll(k, -1, 0, k->usec + 5000), 0);
	assert_int_equal(fk_sys.rmdir(k, fd, "g"), 0);
	assert_int_equal(fk_sys.rmdir(k, fd, "g"), -ENOENT);
}

static void foreign_pids_read_as_zero(void **state)
{
	(void)state;
	fk_unshare(k, k->me, FK_NS_PID);
	member("outside");
	assert_string_equal(text_of(g2(), "cgroup.procs"), "0\n");
	assert_string_equal(text_of(g1(), "cgroup.procs"), "");
	assert_string_equal(text_of(g2(), "cgroup.events"), "populated 1\nfrozen 0\n");
}

static void v2_lists_one_twice(void **state)
{
	size_t lines = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		member("m");
	for (const char *s = text_of(g2(), "cgroup.procs"); *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 6);
	lines = 0;
	for (const char *s = text_of(g1(), "cgroup.procs"); *s; s++)
		lines += *s == '\n';
	assert_int_equal(lines, 5);
}

static void threaded_has_no_procs(void **state)
{
	struct fk_proc *p = member("m");
	struct fk_thread *t = fk_add_thread(k, p);
	char num[16];
	int fd = g2();

	(void)state;
	assert_int_equal(fk_sys.mkdir(k, fd, "t"), 0);
	assert_int_equal(fk_sys.write(k, fd, "t/cgroup.type", "threaded"), 0);
	assert_string_equal(text_of(fd, "cgroup.type"), "domain threaded\n");
	snprintf(num, sizeof(num), "%d", (int)t->tid);
	assert_int_equal(fk_sys.write(k, fd, "t/cgroup.threads", num), 0);
	assert_int_equal(try_read(fd, "t/cgroup.procs"), -EOPNOTSUPP);
	assert_int_equal(fk_sys.write(k, fd, "t/cgroup.kill", "1"), -EOPNOTSUPP);
	assert_int_equal(fk_sys.pidfd(k, t->tid), -ESRCH);
	fk_sys.write(k, fd, "cgroup.kill", "1");
	assert_false(fk_alive(p));
}

static void zombie_leader_is_listed(void **state)
{
	struct fk_proc *p = member("m");
	int proc = dir_of("/proc"), fd = g2();
	char name[32], want[32];

	(void)state;
	fk_add_thread(k, p);
	p->thread[0].dead = true;
	snprintf(want, sizeof(want), "%d\n", (int)p->pid);
	assert_string_equal(text_of(fd, "cgroup.procs"), want);
	snprintf(name, sizeof(name), "%d/stat", (int)p->pid);
	assert_non_null(strstr(text_of(proc, name), ") Z "));
	p->parent->no_reap = true;
	fk_exit(k, p);
	assert_string_equal(text_of(fd, "cgroup.procs"), "");
	assert_non_null(strstr(text_of(proc, name), ") Z "));
}

static void exiting_stays_populated(void **state)
{
	struct fk_proc *p = member("m");
	int fd = g2();

	(void)state;
	k->tick_verbs = 0;
	k->exit_ticks = 3;
	fk_send(k, p, SIGKILL);
	assert_string_equal(text_of(fd, "cgroup.procs"), "");
	assert_string_equal(text_of(fd, "cgroup.events"), "populated 1\nfrozen 0\n");
	for (int i = 0; i < 3; i++)
		fk_tick(k);
	assert_string_equal(text_of(fd, "cgroup.events"), "populated 0\nfrozen 0\n");
}

static void a_held_exit_has_left_its_groups(void **state)
{
	struct fk_proc *p = member("m");
	int fd = g2(), proc = dir_of("/proc");
	char name[32];

	(void)state;
	p->script.hold = true;
	fk_send(k, p, SIGKILL);
	fk_tick(k);
	assert_string_equal(text_of(fd, "cgroup.events"), "populated 0\nfrozen 0\n");
	snprintf(name, sizeof(name), "%d/stat", (int)p->pid);
	assert_non_null(strstr(text_of(proc, name), ") S "));
	assert_int_equal(fk_sys.rmdir(k, dir_of("/sys/fs/cgroup/unified"), "g"), 0);
}

static void kill_loses_against_fork(void **state)
{
	struct fk_proc *p = member("m");
	int fd = g2();

	(void)state;
	p->script.fork = true;
	k->kill_loses = 1;
	assert_int_equal(fk_sys.write(k, fd, "cgroup.kill", "1"), 0);
	assert_int_equal(fk_count_alive(k, TAG), 1);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.kill", "1"), 0);
	assert_int_equal(fk_count_alive(k, TAG), 0);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.kill", "0"), -ERANGE);
}

static void old_kernels_lack_things(void **state)
{
	int fd = g2();

	(void)state;
	k->no_kill = k->no_freeze = k->no_pidfd = true;
	assert_int_equal(fk_sys.write(k, fd, "cgroup.kill", "1"), -ENOENT);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.freeze", "1"), -ENOENT);
	assert_string_equal(text_of(fd, "cgroup.events"), "populated 0\n");
	assert_int_equal(fk_sys.pidfd(k, k->me->pid), -ENOSYS);
}

static void removed_group_answers_enodev(void **state)
{
	int fd = g2();
	struct cgi_ident id;

	(void)state;
	k->gone_errno = -ENODEV;
	assert_int_equal(fk_cg_rmdir(c2), 0);
	assert_int_equal(try_read(fd, "cgroup.procs"), -ENODEV);
	assert_int_equal(fk_sys.mkdir(k, fd, "x"), -ENOENT);
	assert_int_equal(fk_sys.ident(k, fd, "", &id), 0);
	assert_int_equal(id.ino, c2->ino);
	c2 = fk_cg_make(v2, "/g");
	assert_true(id.ino != c2->ino);
}

static void a_pidfd_outlives_its_number(void **state)
{
	struct fk_proc *p = member("m"), *s;
	int fd = fk_sys.pidfd(k, p->pid);

	(void)state;
	s = fk_recycle(k, p);
	assert_int_equal(s->pid, p->pid);
	assert_int_equal(fk_sys.signal(k, fd, p->pid, SIGKILL), -ESRCH);
	assert_int_equal(fk_strangers_hit(k), 0);
	assert_int_equal(fk_sys.signal(k, -1, p->pid, SIGKILL), 0);
	assert_int_equal(fk_strangers_hit(k), 1);
}

static void chains_outrun_time_but_not_the_freezer(void **state)
{
	struct fk_proc *p = member("chain");
	unsigned before;

	(void)state;
	p->script = (struct fk_script){ .every = 1, .fork = true, .leave = true };
	for (int i = 0; i < 20; i++)
		fk_sys.poll(k, -1, 0, k->usec + 1000);
	assert_false(fk_alive(p));
	assert_int_equal(fk_count_alive(k, TAG), 1);
	fk_sys.write(k, g2(), "cgroup.freeze", "1");
	before = k->next_pid;
	for (int i = 0; i < 20; i++)
		fk_sys.poll(k, -1, 0, k->usec + 1000);
	assert_int_equal(k->next_pid, before);
}

static void pids_max_stops_forks(void **state)
{
	struct fk_proc *p = member("m");
	int root = dir_of("/sys/fs/cgroup/unified");

	(void)state;
	assert_int_equal(fk_sys.write(k, root, "cgroup.subtree_control", "+pids"), 0);
	assert_int_equal(fk_sys.write(k, root, "g/pids.max", "1"), 0);
	p->script = (struct fk_script){ .every = 1, .fork = true };
	for (int i = 0; i < 5; i++)
		fk_sys.poll(k, -1, 0, k->usec + 1000);
	assert_int_equal(fk_count_alive(k, TAG), 1);
	assert_int_equal(fk_sys.write(k, root, "g/pids.max", "max"), 0);
	fk_sys.poll(k, -1, 0, k->usec + 1000);
	assert_true(fk_count_alive(k, TAG) > 1);
}

static void user_namespaces_have_parents(void **state)
{
	struct fk_proc *in = member("in"), *out = member("out");
	int proc, mine, theirs;
	struct cgi_ident a, b;
	char name[32];

	(void)state;
	k->me->uid = in->uid = out->uid = 1000;
	fk_unshare(k, in, FK_NS_USER);
	proc = dir_of("/proc");
	snprintf(name, sizeof(name), "%d/ns/user", (int)in->pid);
	theirs = fk_sys.ns(k, proc, name);
	assert_true(theirs >= 0);
	mine = fk_sys.ns(k, theirs, NULL);
	assert_true(mine >= 0);
	assert_int_equal(fk_sys.ident(k, mine, "", &a), 0);
	assert_int_equal(fk_sys.ident(k, proc, "self/ns/user", &b), 0);
	assert_int_equal(a.ino, b.ino);
	assert_int_equal(fk_sys.ns(k, mine, NULL), -EPERM);
	out->uid = 1001;
	snprintf(name, sizeof(name), "%d/ns/user", (int)out->pid);
	assert_int_equal(fk_sys.ns(k, proc, name), -EACCES);
	assert_int_equal(fk_sys.signal(k, -1, out->pid, SIGTERM), -EPERM);
}

static void moving_in_needs_the_common_ancestor(void **state)
{
	struct fk_cg *own = fk_cg_make(v2, "/u/own"), *one = fk_cg_make(v1, "/u");
	struct fk_proc *p = fk_spawn(k, NULL, "m", TAG);
	char num[16];

	(void)state;
	p->uid = k->me->uid = 1000;
	fk_cg_chown(own, 1000, false);
	fk_cg_chown(one, 1000, false);
	snprintf(num, sizeof(num), "%d", (int)p->pid);
	assert_int_equal(fk_sys.write(k, dir_of("/sys/fs/cgroup/unified/u/own"), "cgroup.procs",
				      num),
			 -EACCES);
	assert_int_equal(fk_sys.write(k, dir_of("/sys/fs/cgroup/freezer/u"), "cgroup.procs", num),
			 0);
	fk_cg_chown(own->parent, 1000, true);
	fk_cg_put(own->parent, p);
	assert_int_equal(fk_sys.write(k, dir_of("/sys/fs/cgroup/unified/u/own"), "cgroup.procs",
				      num),
			 0);
}

static void delegation_keeps_kill_and_freeze(void **state)
{
	int fd = g2();

	(void)state;
	fk_cg_chown(c2, 1000, true);
	k->me->uid = 1000;
	assert_int_equal(fk_sys.access(k, fd, "cgroup.procs"), 0);
	assert_int_equal(fk_sys.access(k, fd, "cgroup.kill"), -EACCES);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.freeze", "1"), -EACCES);
	assert_int_equal(fk_sys.mkdir(k, fd, "n"), 0);
	assert_int_equal(fk_sys.access(k, fd, "n/cgroup.kill"), 0);
	assert_int_equal(fk_sys.mkdir(k, dir_of("/sys/fs/cgroup/unified"), "x"), -EACCES);
}

static void inner_groups_have_no_members(void **state)
{
	struct fk_proc *p = member("m"), *q = fk_spawn(k, NULL, "n", TAG);
	int root = dir_of("/sys/fs/cgroup/unified");
	char num[16];

	(void)state;
	assert_int_equal(fk_sys.write(k, root, "cgroup.subtree_control", "+memory"), 0);
	assert_int_equal(fk_sys.write(k, root, "g/cgroup.subtree_control", "+memory"), -EBUSY);
	fk_exit(k, p);
	assert_int_equal(fk_sys.write(k, root, "g/cgroup.subtree_control", "+memory"), 0);
	snprintf(num, sizeof(num), "%d", (int)q->pid);
	assert_int_equal(fk_sys.write(k, root, "g/cgroup.procs", num), -EBUSY);
	assert_int_equal(fk_sys.write(k, root, "g/cgroup.subtree_control", "+io"), -ENOENT);
}

static void an_empty_cpuset_refuses(void **state)
{
	struct fk_h *cs = fk_add_v1(k, "cpuset", "/sys/fs/cgroup/cpuset");
	struct fk_proc *p = fk_spawn(k, NULL, "m", TAG);
	char num[16];
	int fd;

	(void)state;
	fk_cg_make(cs, "/g");
	fd = dir_of("/sys/fs/cgroup/cpuset/g");
	snprintf(num, sizeof(num), "%d", (int)p->pid);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.procs", num), -ENOSPC);
	assert_int_equal(fk_sys.write(k, fd, "cpuset.cpus", "0"), 0);
	assert_int_equal(fk_sys.write(k, fd, "cpuset.mems", "0"), 0);
	assert_int_equal(fk_sys.write(k, fd, "cgroup.procs", num), 0);
}

static void a_pid_namespace_dies_with_its_init(void **state)
{
	struct fk_proc *init = member("init"), *child;

	(void)state;
	fk_unshare(k, init, FK_NS_PID);
	child = fk_spawn(k, init, "child", TAG);
	fk_exit(k, init);
	assert_false(fk_alive(child));
}

static void moving_the_dead_succeeds(void **state)
{
	struct fk_proc *p = fk_spawn(k, NULL, "m", TAG);
	char num[16];

	(void)state;
	p->parent->no_reap = true;
	fk_exit(k, p);
	snprintf(num, sizeof(num), "%d", (int)p->pid);
	assert_int_equal(fk_sys.write(k, g2(), "cgroup.procs", num), 0);
	assert_ptr_equal(p->cg[v2 - k->h], v2->root);
	fk_reap(k, p);
	assert_int_equal(fk_sys.write(k, g2(), "cgroup.procs", num), -ESRCH);
}

static void texts_look_right(void **state)
{
	int proc = dir_of("/proc");

	(void)state;
	fk_cg_put(c2, k->me);
	assert_non_null(strstr(
		text_of(proc, "self/mountinfo"),
		" / /sys/fs/cgroup/freezer rw,relatime shared:9 - cgroup cgroup rw,freezer\n"));
	assert_string_equal(text_of(proc, "self/cgroup"), "1:freezer:/\n0::/g\n");
	k->cgns[v2 - k->h] = fk_cg_make(v2, "/other");
	assert_string_equal(text_of(proc, "self/cgroup"), "1:freezer:/\n0::/../g\n");
	k->cgns[v2 - k->h] = c2;
	assert_string_equal(text_of(proc, "self/cgroup"), "1:freezer:/\n0::/\n");
}

static void descriptors_are_counted(void **state)
{
	unsigned before = k->nfd;
	int fd = g2();

	(void)state;
	assert_int_equal(k->nfd, before + 1);
	fk_sys.close(k, fd);
	assert_int_equal(k->nfd, before);
	fk_sys.close(k, fd);
	assert_int_equal(k->bad_close, 1);
	assert_int_equal(try_read(fd, "cgroup.procs"), -EBADF);
	fk_sys.signal(k, -1, 0, SIGKILL);
	assert_int_equal(k->bad_kill, 1);
}

static void waiting_takes_no_time(void **state)
{
	struct fk_proc *p = member("m");
	int fd = fk_sys.pidfd(k, p->pid);
	uint64_t then = fk_sys.now(k);

	(void)state;
	assert_int_equal(fk_sys.poll(k, fd, 1, then + 3600000000), 0);
	assert_true(fk_sys.now(k) >= then + 3600000000);
	fk_send(k, p, SIGKILL);
	assert_int_equal(fk_sys.poll(k, fd, 1, fk_sys.now(k) + 1000), 1);
}

static int names_seen(void *data, const struct cgi_entry *e)
{
	unsigned *seen = data;

	*seen |= !strcmp(e->name, "cgroup.kill") && !e->dir;
	*seen |= 2 * (!strcmp(e->name, "n") && e->dir);
	return 0;
}

static void directories_list_files_and_groups(void **state)
{
	unsigned seen = 0;

	(void)state;
	fk_cg_make(v2, "/g/n");
	assert_int_equal(fk_sys.list(k, g2(), names_seen, &seen), 0);
	assert_int_equal(seen, 3);
	assert_int_equal(fk_sys.open(k, g2(), "../g", true), -EXDEV);
}

int main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(v1_frozen_keeps_sigkill), T(v2_frozen_dies_of_sigkill),
		T(thaw_leaves_nested_frozen), T(freezing_lasts), T(freezing_sticks_until_thawed),
		T(a_stuck_task_keeps_the_group_freezing), T(rmdir_is_busy),
		T(foreign_pids_read_as_zero), T(v2_lists_one_twice), T(threaded_has_no_procs),
		T(zombie_leader_is_listed), T(exiting_stays_populated),
		T(a_held_exit_has_left_its_groups), T(kill_loses_against_fork),
		T(old_kernels_lack_things), T(removed_group_answers_enodev),
		T(a_pidfd_outlives_its_number), T(chains_outrun_time_but_not_the_freezer),
		T(pids_max_stops_forks), T(user_namespaces_have_parents),
		T(moving_in_needs_the_common_ancestor), T(delegation_keeps_kill_and_freeze),
		T(inner_groups_have_no_members), T(an_empty_cpuset_refuses),
		T(a_pid_namespace_dies_with_its_init), T(moving_the_dead_succeeds),
		T(texts_look_right), T(descriptors_are_counted), T(waiting_takes_no_time),
		T(directories_list_files_and_groups),
	};

	return cmocka_run_group_tests_name("fake kernel", tests, NULL, NULL);
}
