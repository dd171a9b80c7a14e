/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs share: errors in one line, signal names, numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"
#include "num.h"
#include "sig.h"

static void test_err(void **data)
{
	char longer[3000];
	struct err e = { 0 };

	(void)data;
	assert_int_equal(err_set(&e, -ENOENT, "%s: %d", "x", 5), -ENOENT);
	assert_int_equal(e.code, -ENOENT);
	assert_string_equal(e.msg, "x: 5");
	assert_int_equal(err_wrap(&e, "while %s", "testing"), -ENOENT);
	assert_string_equal(e.msg, "while testing: x: 5");
	/* out of its own text */
	assert_int_equal(err_set(&e, -EPERM, "again: %s", e.msg), -EPERM);
	assert_string_equal(e.msg, "again: while testing: x: 5");
	/* a hostile name gets no line and no escape sequence of its own */
	err_set(&e, -EINVAL, "%s", "a\nb\033[1mc\x7f\td");
	assert_string_equal(e.msg, "a?b?[1mc??d");
	memset(longer, 'a', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	err_set(&e, -EINVAL, "%s", longer);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	err_wrap(&e, "%s", longer);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	/* for those who do not want to know */
	assert_int_equal(err_set(NULL, -EINVAL, "x"), -EINVAL);
}

static void test_signals(void **data)
{
	const struct { const char *name; int sig; } good[] = {
		{ "9", SIGKILL }, { "KILL", SIGKILL }, { "SIGKILL", SIGKILL },
		{ "sigkill", SIGKILL }, { "Kill", SIGKILL }, { "0", 0 }, { "15", SIGTERM },
		{ "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "POLL", SIGIO }, { "WINCH", SIGWINCH },
		{ "RTMIN", SIGRTMIN }, { "RTMIN+0", SIGRTMIN }, { "SIGRTMIN+3", SIGRTMIN + 3 },
		{ "rtmin+20", SIGRTMIN + 20 }, { "RTMAX", SIGRTMAX }, { "64", 64 },
		{ "RTMAX-14", SIGRTMAX - 14 },
	};
	static const char *const bad[] = {
		"", " ", "SIG", "SIGSIGKILL", "KILLL", "KIL", "-9", "+9", "9 ", " 9", "0x9", "9a",
		"65", "99999999999999999999", "RTMIN+31", "RTMIN-1", "RTMIN+", "RTMIN++1",
		"RTMIN+-1", "RTMAX+1", "RTMAX-31", "RTMAX--1", "RT", "NULL", "KILL\n",
	};

	(void)data;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(sig_parse(good[i].name), good[i].sig);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sig_parse(bad[i]), -EINVAL);
	for (int sig = 1; sig < 32; sig++) {
		assert_non_null(sig_name(sig));
		assert_int_equal(sig_parse(sig_name(sig)), sig);
	}
	assert_string_equal(sig_name(SIGABRT), "ABRT");
	assert_string_equal(sig_name(SIGCHLD), "CHLD");
	assert_null(sig_name(0));
	assert_null(sig_name(40));
	assert_null(sig_name(-1));
}

static void test_numbers(void **data)
{
	static const char *const bad[] = {
		"", "-", "+1", " 1", "1 ", "1.", "1e3", "0x1", "a", "--1", "1-", "1\n",
	};
	long long v = 7;

	(void)data;
	assert_int_equal(num_parse("0", 0, 0, &v), 0);
	assert_int_equal(v, 0);
	assert_int_equal(num_parse("-12", -12, 5, &v), 0);
	assert_int_equal(v, -12);
	assert_int_equal(num_parse("007", 0, 9, &v), 0);
	assert_int_equal(v, 7);
	assert_int_equal(num_parse("9223372036854775807", 0, LLONG_MAX, &v), 0);
	assert_true(v == LLONG_MAX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_parse(bad[i], LLONG_MIN, LLONG_MAX, &v), -EINVAL);
	assert_int_equal(num_parse("10", 0, 9, &v), -ERANGE);
	assert_int_equal(num_parse("-1", 0, 9, &v), -ERANGE);
	assert_int_equal(num_parse("9223372036854775808", 0, LLONG_MAX, &v), -ERANGE);
	assert_int_equal(num_parse("99999999999999999999999", LLONG_MIN, LLONG_MAX, &v), -ERANGE);
	assert_true(v == LLONG_MAX);		/* written on success only */
}

static void test_bytes(void **data)
{
	static const struct { const char *text; long long is; } good[] = {
		{ "0", 0 }, { "67108864", 67108864 }, { "64m", 67108864 }, { "64MB", 67108864 },
		{ "64MiB", 67108864 }, { "1.5g", 1610612736 }, { "2k", 2048 }, { "7b", 7 },
		{ "1t", 1LL << 40 }, { "1P", 1LL << 50 }, { "-1", -1 },
		{ "9223372036854775807", LLONG_MAX },
	};
	static const char *const bad[] = {
		"", "m", "-2", "-1m", "1.5", "1.m", ".5m", "1e3", "0x1m", "1mm", "1mib ", "inf",
		"1ib1",
	};
	long long v = 7;

	(void)data;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(num_bytes(bad[i], &v), -EINVAL);
	assert_int_equal(num_bytes("8192p", &v), -ERANGE);
	assert_int_equal(num_bytes("9223372036854775808", &v), -ERANGE);
	assert_int_equal(v, 7);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(num_bytes(good[i].text, &v), 0);
		assert_true(v == good[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bytes),
	};

	return cmocka_run_group_tests_name("common", tests, NULL, NULL);
}
