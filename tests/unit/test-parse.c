/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers of the kernel's texts, and lists of process numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core.h"

struct mounts {
	struct {
		char root[64], point[512], type[16], opts[64];
		int id;
	} m[8];
	unsigned n;
	int stop_after;
};

static int on_mount(void *data, const struct cgi_mount *m)
{
	struct mounts *l = data;

	snprintf(l->m[l->n].root, sizeof(l->m[0].root), "%s", m->root);
	snprintf(l->m[l->n].point, sizeof(l->m[0].point), "%s", m->point);
	snprintf(l->m[l->n].type, sizeof(l->m[0].type), "%s", m->type);
	snprintf(l->m[l->n].opts, sizeof(l->m[0].opts), "%s", m->opts);
	l->m[l->n++].id = m->id;
	return (int)l->n == l->stop_after ? 7 : 0;
}

static int parse(const char *text, struct mounts *l)
{
	char *copy = strdup(text);
	int rc;

	assert_non_null(copy);
	rc = cgi_parse_mountinfo(copy, on_mount, l);
	free(copy);
	return rc;
}

static void mountinfo_of_a_hybrid_host(void **state)
{
	static const char text[] =
		"22 1 8:1 / / rw - ext4 /dev/root rw\n"
		"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup "
		"rw,cpu,cpuacct\n"
		"34 31 0:31 /a /sys/fs/cgroup/x\\040y rw shared:1 master:2 - cgroup cgroup "
		"rw,xattr,name=systemd\n"
		"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate\n";
	struct mounts l = { .n = 0 };

	(void)state;
	assert_int_equal(parse(text, &l), 0);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.m[0].opts, "rw,cpu,cpuacct");
	assert_int_equal(l.m[0].id, 33);
	assert_string_equal(l.m[1].root, "/a");
	assert_string_equal(l.m[1].point, "/sys/fs/cgroup/x y");
	assert_string_equal(l.m[2].type, "cgroup2");
	assert_string_equal(l.m[2].point, "/sys/fs/cgroup/unified");
	l.n = 0;
	l.stop_after = 2;
	assert_int_equal(parse(text, &l), 7);
	assert_int_equal(l.n, 2);
}

static void mountinfo_that_is_odd(void **state)
{
	static const char *const texts[] = {
		"", "\n\n", "garbage", " - cgroup", "1 2 3 - cgroup cgroup rw\n",
		"33 31 0:30 / /p rw - cgroupfs cgroup rw\n",
		"33 31 0:30 / /p rw - cgroup\n", "x 31 0:30 / /p rw - cgroup cgroup rw\n",
	};
	struct mounts l = { .n = 0 };
	char line[6000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(parse(texts[i], &l), 0);
	assert_int_equal(l.n, 0);
	/* A line of any length, and the one after it. */
	snprintf(line, sizeof(line), "33 31 0:30 /%04300d /p rw - cgroup2 none rw\n"
		 "34 31 0:31 / /%0400d rw - cgroup2 none rw\n", 0, 0);
	assert_int_equal(parse(line, &l), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(strlen(l.m[1].point), 401);
}

static void is(const char *text, const char *name, const char *path, unsigned id)
{
	struct cgi_line l;

	assert_int_equal(cgi_parse_cgroup(text, name, &l), 0);
	assert_int_equal(l.len, strlen(path));
	assert_memory_equal(l.path, path, l.len);
	assert_int_equal(l.id, id);
}

static void cgroup_lines(void **state)
{
	static const char text[] =
		"9:name=systemd:/u/s\n8:cpu,cpuacct:/a:b\n7:freezer:/gone (deleted)\n"
		"6:pids:/\n0::/x y\n";
	struct cgi_line l;

	(void)state;
	is(text, "name=systemd", "/u/s", 9);
	is(text, "cpu,cpuacct", "/a:b", 8);
	is(text, "freezer", "/gone (deleted)", 7);
	is(text, "pids", "/", 6);
	is(text, "", "/x y", 0);
	assert_int_equal(cgi_parse_cgroup(text, "cpu", &l), -ENOENT);
	assert_int_equal(cgi_parse_cgroup("", "", &l), -ENOENT);
	assert_int_equal(cgi_parse_cgroup("nonsense\n0:\n", "", &l), -ENOENT);
}

#define REST	" 1 2 3 0 -1 4194564 0 0 0 0 0 0 0 0 20 0 3 0 4711 0 0\n"

static void stat_with_a_hostile_name(void **state)
{
	struct cgi_stat st;

	(void)state;
	assert_int_equal(cgi_parse_stat("1234 (a) Z 1 (b) S" REST, &st), 0);
	assert_int_equal(st.pid, 1234);
	assert_string_equal(st.comm, "a) Z 1 (b");
	assert_int_equal(st.state, 'S');
	assert_int_equal(st.ppid, 1);
	assert_int_equal(st.flags, 4194564);
	assert_int_equal(st.threads, 3);
	assert_int_equal(st.start, 4711);
	assert_int_equal(cgi_parse_stat("5 () R" REST, &st), 0);
	assert_string_equal(st.comm, "");
	assert_int_equal(cgi_parse_stat("5 (0123456789012345678901234567890) R" REST, &st), 0);
	assert_int_equal(strlen(st.comm), sizeof(st.comm) - 1);
}

static void stat_that_is_cut(void **state)
{
	static const char *const texts[] = {
		"", "5", "5 (x", "5 x) S", "(x) S" REST, "0 (x) S" REST, "-1 (x) S" REST,
		"5 )x( S" REST, "5 (x) S 1 2 3", "x (x) S" REST,
	};
	struct cgi_stat st;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(cgi_parse_stat(texts[i], &st), -EIO);
}

static void keyed_files(void **state)
{
	uint64_t v = 77;

	(void)state;
	assert_int_equal(cgi_parse_keyed("populated 1\nfrozen 0\n", "frozen", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(cgi_parse_keyed("populated 1\nfrozen 0\n", "populated", &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(cgi_parse_keyed("populated 1", "populated", &v), 0);
	assert_int_equal(cgi_parse_keyed("unpopulated 1\n", "populated", &v), -ENOENT);
	assert_int_equal(cgi_parse_keyed("populated1 1\n", "populated", &v), -ENOENT);
	assert_int_equal(cgi_parse_keyed("", "populated", &v), -ENOENT);
	assert_int_equal(cgi_parse_keyed("populated x\n", "populated", &v), -EINVAL);
	assert_int_equal(cgi_parse_keyed("populated 99999999999999999999999999\n", "populated", &v),
			 -ERANGE);
}

static void numbers(void **state)
{
	uint64_t v = 77;

	(void)state;
	assert_int_equal(cgi_parse_u64("18446744073709551615\n", &v), 0);
	assert_true(v == UINT64_MAX);
	assert_int_equal(cgi_parse_u64("18446744073709551616", &v), -ERANGE);
	assert_int_equal(cgi_parse_u64("184467440737095516150", &v), -ERANGE);
	assert_int_equal(cgi_parse_u64("0", &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(cgi_parse_u64("", &v), -EINVAL);
	assert_int_equal(cgi_parse_u64("-1", &v), -EINVAL);
	assert_int_equal(cgi_parse_u64("+1", &v), -EINVAL);
	assert_int_equal(cgi_parse_u64(" 1", &v), -EINVAL);
	assert_int_equal(cgi_parse_u64("1 ", &v), -EINVAL);
	assert_int_equal(cgi_parse_u64("1x", &v), -EINVAL);
	assert_int_equal(cgi_parse_u64("1\n2", &v), -EINVAL);
}

static void words(void **state)
{
	(void)state;
	assert_true(cgi_has_word("cpu,cpuacct", "cpu", ','));
	assert_true(cgi_has_word("cpu,cpuacct", "cpuacct", ','));
	assert_false(cgi_has_word("cpuacct", "cpu", ','));
	assert_false(cgi_has_word("", "cpu", ','));
	assert_false(cgi_has_word("a,,b", "c", ','));
	assert_true(cgi_has_word("memory pids", "pids", ' '));
}

static int take(void *data, pid_t pid, size_t n)
{
	assert_int_equal(n, 1);
	return cgi_pids_add(data, pid);
}

static int end_at_two(void *data, pid_t pid, size_t n)
{
	(void)data;
	(void)n;
	return pid == 2 ? 5 : 0;
}

static void lists_of_numbers(void **state)
{
	struct cgi_pids l = { 0 };

	(void)state;
	assert_false(cgi_pids_has(&l, 1));
	cgi_pids_sort(&l);
	assert_int_equal(cgi_pids_parse("30\n1\n0\n200\n1\n2147483647", take, &l), 0);
	cgi_pids_sort(&l);
	assert_int_equal(l.n, 5);
	assert_int_equal(l.pid[0], 0);
	assert_int_equal(l.pid[4], 2147483647);
	assert_true(cgi_pids_has(&l, 30) && cgi_pids_has(&l, 200));
	assert_false(cgi_pids_has(&l, 31));
	for (pid_t i = 0; i < 1000; i++)
		assert_int_equal(cgi_pids_add(&l, i), 0);
	cgi_pids_sort(&l);
	assert_int_equal(l.n, 1001);
	cgi_pids_free(&l);
	assert_int_equal(l.n, 0);
}

static void lists_that_are_none(void **state)
{
	static const char *const texts[] = {
		"x", "-1\n", "1 2\n", "1\n\n2\n", "2147483648\n", "99999999999999999999\n", "1\r\n",
	};
	struct cgi_pids l = { 0 };

	(void)state;
	assert_int_equal(cgi_pids_parse("", take, &l), 0);
	assert_int_equal(cgi_pids_parse("1\n2\n3\n", end_at_two, NULL), 5);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(cgi_pids_parse(texts[i], take, &l), -EIO);
	cgi_pids_free(&l);
}

static void text_that_grows(void **state)
{
	struct cgi_buf b = { 0 };

	(void)state;
	for (int i = 0; i < 500; i++)
		cgi_buf_add(&b, "%d,%s;", i, "text");
	assert_false(b.failed);
	assert_int_equal(b.len, strlen(b.s));
	assert_memory_equal(b.s, "0,text;1,text;", 14);
	cgi_buf_free(&b);
	assert_null(b.s);
}

static void codes_are_a_closed_list(void **state)
{
	struct cg_ctx ctx = { .sys = &cgi_sys_real };

	(void)state;
	assert_int_equal(cgi_result(&ctx, 0), 0);
	assert_int_equal(cgi_result(&ctx, 5), 5);
	assert_int_equal(cgi_result(&ctx, -EACCES), -EPERM);
	assert_true(*cg_errmsg(&ctx));
	cgi_enter(&ctx, -1);
	assert_string_equal(cg_errmsg(&ctx), "no error");
	assert_int_equal(cgi_result(&ctx, -EROFS), -EPERM);
	cgi_enter(&ctx, -1);
	assert_int_equal(cgi_result(&ctx, cgi_fail(&ctx, -ELOOP, "attach")), -EIO);
	assert_non_null(strstr(cg_errmsg(&ctx), "attach"));
	assert_non_null(strstr(cg_errmsg(&ctx), "40"));
	cgi_enter(&ctx, -1);
	assert_int_equal(cgi_result(&ctx, -ENFILE), -EMFILE);
	assert_int_equal(cgi_result(&ctx, -ENOSPC), -ENOSPC);
	cgi_enter(&ctx, -1);
	assert_int_equal(cgi_result(&ctx, -4095), -EIO);
	assert_non_null(strstr(cg_errmsg(&ctx), "4095"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mountinfo_of_a_hybrid_host),
		cmocka_unit_test(mountinfo_that_is_odd),
		cmocka_unit_test(cgroup_lines),
		cmocka_unit_test(stat_with_a_hostile_name),
		cmocka_unit_test(stat_that_is_cut),
		cmocka_unit_test(keyed_files),
		cmocka_unit_test(numbers),
		cmocka_unit_test(words),
		cmocka_unit_test(lists_of_numbers),
		cmocka_unit_test(lists_that_are_none),
		cmocka_unit_test(text_that_grows),
		cmocka_unit_test(codes_are_a_closed_list),
	};

	return cmocka_run_group_tests_name("parse", tests, NULL, NULL);
}
