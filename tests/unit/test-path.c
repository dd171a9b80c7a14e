/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of group paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "internal.h"

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
	char out[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		assert_int_equal(cgi_path_join(out, sizeof(out), t[i][0], t[i][1]), 0);
		assert_string_equal(out, t[i][2]);
	}
	assert_int_equal(cgi_path_join(out, 4, "/b", "a"), -ERANGE);
	assert_int_equal(cgi_path_join(out, 5, "/b", "a"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_paths),
		cmocka_unit_test(bad_paths),
		cmocka_unit_test(long_paths),
		cmocka_unit_test(joined),
	};

	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
