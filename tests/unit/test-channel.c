/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may say what on the channel between the parent and the child that becomes a container. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Before cmocka.h, which makes a macro of fail(). */
#include "birth/birth.h"
#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define BIT(kind)	(1U << (kind))
#define ALL		(~0U)
#define BOTH		(CHAN_STAGE | CHAN_FINAL)

struct saying { unsigned from; int kind, code; };

/* What comes of the last of them, the others being right. */
static int say(unsigned may, const struct saying *s, size_t n)
{
	struct chan_rules rules = { .may = may };
	struct err e = { 0 };
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		const struct chan_msg m = { .kind = s[i].kind, .code = s[i].code };

		assert_int_equal(r, 0);
		r = chan_check(&rules, &m, s[i].from, &e);
	}
	if (r)
		assert_non_null(strstr(e.msg, "the container's first process said"));
	return r;
}

#define SAY(may, ...) \
	say(may, (const struct saying[]){ __VA_ARGS__ }, \
	    sizeof((const struct saying[]){ __VA_ARGS__ }) / sizeof(struct saying))
#define INIT	{ CHAN_FINAL, CHAN_INIT, 0 }

static void test_the_life_of_one(void **data)
{
	(void)data;
	assert_int_equal(SAY(ALL, { CHAN_STAGE, CHAN_WARN, 0 }, { CHAN_STAGE, CHAN_MAP, 0 }, INIT,
			     { CHAN_FINAL, CHAN_ROOTFS, 0 }, { CHAN_FINAL, CHAN_WARN, 0 },
			     { CHAN_FINAL, CHAN_TAG, 0 }, { CHAN_FINAL, CHAN_NOTIFY, 7 },
			     { CHAN_FINAL, CHAN_READY, 0 }), 0);
	assert_int_equal(SAY(ALL, { BOTH, CHAN_MAP, 0 }, { BOTH, CHAN_INIT, 0 },
			     { CHAN_FINAL, CHAN_LAST, 0 }, { CHAN_FINAL, CHAN_NOTIFY, 0 },
			     { CHAN_FINAL, CHAN_ERROR, -ENOENT }), 0);
}

static void test_out_of_turn(void **data)
{
	(void)data;
	/* before there is an init */
	assert_int_equal(SAY(ALL, { CHAN_FINAL, CHAN_READY, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { CHAN_FINAL, CHAN_LAST, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { CHAN_FINAL, CHAN_ROOTFS, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { CHAN_FINAL, CHAN_TAG, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { CHAN_FINAL, CHAN_NOTIFY, 5 }), -EBADMSG);
	/* twice */
	assert_int_equal(SAY(ALL, { BOTH, CHAN_MAP, 0 }, { BOTH, CHAN_MAP, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, INIT, INIT), -EBADMSG);
	assert_int_equal(SAY(ALL, INIT, { CHAN_FINAL, CHAN_TAG, 0 }, { CHAN_FINAL, CHAN_TAG, 0 }),
			 -EBADMSG);
	/* too late */
	assert_int_equal(SAY(ALL, INIT, { CHAN_FINAL, CHAN_MAP, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, INIT, { CHAN_FINAL, CHAN_LAST, 0 }, { CHAN_FINAL, CHAN_WARN, 0 }),
			 -EBADMSG);
}

static void test_by_the_wrong_one(void **data)
{
	(void)data;
	for (int kind = CHAN_MAP; kind <= CHAN_LAST; kind++)
		assert_int_equal(SAY(ALL, { 0, kind, -1 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { CHAN_STAGE, CHAN_INIT, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { CHAN_FINAL, CHAN_MAP, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, INIT, { CHAN_STAGE, CHAN_READY, 0 }), -EBADMSG);
}

static void test_without_reason(void **data)
{
	static const int kinds[] = { CHAN_ROOTFS, CHAN_TAG, CHAN_NOTIFY, CHAN_READY, CHAN_LAST };

	(void)data;
	assert_int_equal(SAY(ALL & ~BIT(CHAN_MAP), { BOTH, CHAN_MAP, 0 }), -EBADMSG);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(SAY(ALL & ~BIT(kinds[i]), INIT, { CHAN_FINAL, kinds[i], 0 }),
				 -EBADMSG);
}

static void test_numbers(void **data)
{
	(void)data;
	assert_int_equal(SAY(ALL, { BOTH, 0, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { BOTH, -1, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { BOTH, CHAN_LAST + 1, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { BOTH, 1 << 30, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { BOTH, CHAN_ERROR, 0 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { BOTH, CHAN_ERROR, 1 }), -EBADMSG);
	assert_int_equal(SAY(ALL, { BOTH, CHAN_ERROR, -5000 }), -EBADMSG);
	assert_int_equal(SAY(ALL, INIT, { CHAN_FINAL, CHAN_NOTIFY, -1 }), -EBADMSG);
}

static void test_warnings_end(void **data)
{
	const struct chan_msg m = { .kind = CHAN_WARN };
	struct chan_rules rules = { .may = ALL };
	struct err e;
	int n = 0;

	(void)data;
	while (n < 1000 && !chan_check(&rules, &m, CHAN_FINAL, &e))
		n++;
	assert_in_range(n, 40, 100);
}

/* ---- packets ---- */

static int fd[2];

static int open_channel(void **data)
{
	(void)data;
	return chan_open(fd);
}

static int close_channel(void **data)
{
	(void)data;
	close(fd[0]);
	close(fd[1]);
	return 0;
}

static void test_packets(void **data)
{
	struct chan_msg m, big = { .kind = CHAN_WARN };
	pid_t sender = 0;

	(void)data;
	chan_tell(fd[1], CHAN_WARN, 0, "two\nlines\033[2J\177");
	assert_int_equal(chan_recv(fd[0], &m, &sender), 1);
	assert_int_equal(sender, getpid());
	assert_string_equal(m.text, "two lines [2J ");

	/* Without room for a text, or for less than a kind. */
	assert_int_equal(send(fd[1], &big, offsetof(struct chan_msg, text), 0),
			 offsetof(struct chan_msg, text));
	assert_int_equal(chan_recv(fd[0], &m, &sender), -EBADMSG);
	assert_int_equal(send(fd[1], "", 1, 0), 1);
	assert_int_equal(chan_recv(fd[0], &m, &sender), -EBADMSG);

	/* A text that does not end. */
	memset(big.text, 'x', sizeof(big.text));
	assert_int_equal(send(fd[1], &big, sizeof(big), 0), sizeof(big));
	assert_int_equal(chan_recv(fd[0], &m, &sender), 1);
	assert_int_equal(strlen(m.text), sizeof(m.text) - 1);

	/* One that is longer than a packet may be. */
	assert_int_equal(send(fd[1], (char[2 * sizeof(big)]){ CHAN_WARN }, 2 * sizeof(big), 0),
			 2 * sizeof(big));
	assert_int_equal(chan_recv(fd[0], &m, &sender), -EBADMSG);
}

static void test_descriptors_are_not_taken(void **data)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { .buf = { 0 } };
	struct chan_msg m = { .kind = CHAN_WARN };
	struct iovec iov = { .iov_base = &m, .iov_len = sizeof(m) };
	struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
	int before = dup(0), after;
	pid_t sender;

	(void)data;
	close(before);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd[1], sizeof(int));
	assert_int_equal(sendmsg(fd[1], &hdr, 0), sizeof(m));
	assert_int_equal(chan_recv(fd[0], &m, &sender), -EBADMSG);
	after = dup(0);
	close(after);
	assert_int_equal(before, after);
}

static void test_silence_and_the_end(void **data)
{
	struct chan_msg m;
	pid_t sender;

	(void)data;
	assert_int_equal(chan_recv(fd[0], &m, &sender), -EAGAIN);
	assert_int_equal(shutdown(fd[1], SHUT_RDWR), 0);
	assert_int_equal(chan_recv(fd[0], &m, &sender), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_life_of_one),
		cmocka_unit_test(test_out_of_turn),
		cmocka_unit_test(test_by_the_wrong_one),
		cmocka_unit_test(test_without_reason),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_warnings_end),
		cmocka_unit_test_setup_teardown(test_packets, open_channel, close_channel),
		cmocka_unit_test_setup_teardown(test_descriptors_are_not_taken, open_channel,
						close_channel),
		cmocka_unit_test_setup_teardown(test_silence_and_the_end, open_channel,
						close_channel),
	};

	return cmocka_run_group_tests_name("channel", tests, NULL, NULL);
}
