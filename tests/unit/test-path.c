/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of group paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "text/text.h"

static void good_paths(void **state)
{
	static const char *const paths[] = {
		"", "/", "a", "/a", "a/b", "/a/b/c", "a/", "/a/", "...", "..a", "a..b", ".hidden",
		"user@1000.service", "a b", "ü",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(cgi_path_check(paths[i]), 0);
}

static void bad_paths(void **state)
{
	static const char *const paths[] = {
		".",      "..",    "/.", "/..", "a/..", "a/.", "../a", "./a",
		"a/../b", "a/./b", "//", "//a", "a//b", "a//", "a\nb", "a/b\n",
	};

	(void)state;
	assert_int_equal(cgi_path_check(NULL), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		assert_int_equal(cgi_path_check(paths[i]), -EINVAL);
}

static void long_paths(void **state)
{
	char path[5000];

	(void)state;
	memset(path, 'x', sizeof(path));
	path[255] = '\0';
	assert_int_equal(cgi_path_check(path), 0);
	path[255] = 'x';
	path[256] = '\0';
	assert_int_equal(cgi_path_check(path), -EINVAL);
	for (size_t i = 0; i < sizeof(path) - 1; i++)
		path[i] = i % 2 ? '/' : 'd';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(cgi_path_check(path), -EINVAL);
	path[3999] = '\0';
	assert_int_equal(cgi_path_check(path), 0);
}

static void joined(void **state)
{
	static const char *const t[][3] = {
		{ "", "", "/" }, { "", "/", "/" }, { "/", "", "/" }, { "/", "a", "/a" },
		{ "/b", "a", "/b/a" }, { "b", "a", "/b/a" }, { "/b", "/a", "/a" },
		{ "/b", "a/", "/b/a" }, { "/b", "", "/b" }, { "/b", "/", "/" },
	};
	char *out;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		out = cgi_path_join(t[i][0], t[i][1]);
		assert_string_equal(out, t[i][2]);
		free(out);
	}
}

static void within(void **state)
{
	(void)state;
	assert_true(cgi_path_within("/a/b", "/a"));
	assert_true(cgi_path_within("/a", "/a"));
	assert_true(cgi_path_within("/a", "/"));
	assert_true(cgi_path_within("/", "/"));
	assert_false(cgi_path_within("/ab", "/a"));
	assert_false(cgi_path_within("/", "/a"));
	assert_false(cgi_path_within("/a", "/a/b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_paths),
		cmocka_unit_test(bad_paths),
		cmocka_unit_test(long_paths),
		cmocka_unit_test(joined),
		cmocka_unit_test(within),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
