/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cg_set_many(): all or none, whichever call to the kernel fails; and no device that stays
 * allowed is denied between two calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core.h"
#include "tests/fake/fault.h"
#include "tests/fake/kernel.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const kinds[] = { "v2", "v1", "hybrid" };

static struct {
	const char *kind;
	struct fk *k;
	struct fault f;
	struct cg_ctx *ctx;
	struct cg *cg;
} t;

static void begin(const char *kind)
{
	static const char *const v1[] = {
		"cpu,cpuacct", "memory", "pids", "cpuset", "blkio", "devices", "freezer",
	};
	char point[64];

	t.kind = kind;
	t.k = fk_new();
	if (!strcmp(kind, "v2"))
		fk_add_v2(t.k, "cpuset cpu io memory hugetlb pids", "/sys/fs/cgroup");
	for (size_t i = 0; strcmp(kind, "v2") && i < N(v1); i++) {
		snprintf(point, sizeof(point), "/sys/fs/cgroup/%s", v1[i]);
		fk_add_v1(t.k, v1[i], point);
	}
	if (!strcmp(kind, "hybrid"))
		fk_add_v2(t.k, "hugetlb", "/sys/fs/cgroup/unified");
	if (!strcmp(kind, "v1"))
		fk_add_v1(t.k, "hugetlb", "/sys/fs/cgroup/hugetlb");
	t.f = (struct fault){ .sys = &fk_sys, .k = t.k };
	assert_int_equal(cgi_ctx_new_with(&fault_sys, &t.f, &t.ctx), 0);
	assert_int_equal(cg_create(t.ctx, "g", 0, &t.cg), 0);
}

static void end(void)
{
	t.f.n = 0;
	cg_close(t.cg);
	cg_ctx_free(t.ctx);
	fk_free(t.k);
}

/* A value in each hierarchy, pairs that depend on each other, a line of a device. */
static const struct { struct cg_limit old, new; const char *was, *is; } keys[] = {
	{ { "pids.max", "20" }, { "pids.max", "40" }, "20", "40" },
	{ { "memory.max", "64M" }, { "memory.max", "128M" }, "67108864", "134217728" },
	{ { "memory.swap.max", "16M" }, { "memory.swap.max", "128M" }, "16777216", "134217728" },
	{ { "memory.low", "1M" }, { "memory.low", "max" }, "1048576", "max" },
	{ { "cpu.max", "50000 100000" }, { "cpu.max", "20000 40000" }, "50000 100000",
	  "20000 40000" },
	{ { "cpu.max.burst", "40000" }, { "cpu.max.burst", "10000" }, "40000", "10000" },
	{ { "cpu.weight", "300" }, { "cpu.weight", "7" }, "300", "7" },
	{ { "cpuset.cpus", "0-1" }, { "cpuset.cpus", "" }, "0-1", "" },
	{ { "cpuset.mems", "0" }, { "cpuset.mems", "0" }, "0", "0" },
	{ { "io.max", "8:0 rbps=1048576" }, { "io.max", "8:0 wiops=7 rbps=max" },
	  "8:0 rbps=1048576 wbps=max riops=max wiops=max",
	  "8:0 rbps=max wbps=max riops=max wiops=7" },
	{ { "io.weight", "default 9091" }, { "io.weight", "8:16 1011" }, "default 9091",
	  "default 9091\n8:16 1011" },
	{ { "hugetlb.2MB.max", "4M" }, { "hugetlb.2MB.max", "max" }, "4194304", "max" },
	{ { "devices.rules", "deny a *:* rwm\nallow c 1:3 rwm\nallow c 1:5 rw" },
	  { "devices.rules", "deny a *:* rwm\nallow c 1:* r\nallow c 1:3 rw" }, NULL, NULL },
};

static void allowed(const char *list, unsigned expected)
{
	struct fk_h *h = strcmp(t.kind, "v2") ? fk_h(t.k, "devices") : fk_h(t.k, "");
	struct fk_cg *cg = fk_cg(h, "/g");
	char type, access[4];
	unsigned major, minor, got = 0, bit = 1;

	for (const char *s = list; *s; s += strcspn(s, ","), s += *s == ',', bit <<= 1)
		if (sscanf(s, "%c %u:%u %3[rwm]", &type, &major, &minor, access) == 4)
			got |= fk_allows(cg, type, major, minor, access) ? bit : 0;
	if (got != expected)
		fail_msg("%s: %s %s: devices 0x%x, not 0x%x", t.kind, t.f.verb ? t.f.verb : "",
			 t.f.name, got, expected);
}

static void values(bool new, int rc)
{
	char buf[512];

	for (size_t i = 0; i < N(keys); i++) {
		const char *want = new ? keys[i].is : keys[i].was;

		if (!want)
			continue;
		assert_int_equal(cg_get(t.cg, keys[i].old.key, buf, sizeof(buf)), 0);
		if (strcmp(buf, want))
			fail_msg("%s: %s %s failed, %d: %s is \"%s\", not \"%s\"", t.kind,
				 t.f.verb ? t.f.verb : "none", t.f.name, rc, keys[i].old.key, buf,
				 want);
	}
	allowed("c 1:3 m,c 1:5 w,c 1:5 r,c 1:7 r,c 1:3 w", new ? 1U << 2 | 1U << 3 | 1U << 4 :
		1U | 1U << 1 | 1U << 2 | 1U << 4);
}

static void limits_of(struct cg_limit *l, bool new, bool backwards)
{
	for (size_t i = 0; i < N(keys); i++)
		l[backwards ? N(keys) - 1 - i : i] = new ? keys[i].new : keys[i].old;
}

/* Every call to the kernel fails once: what was asked for is there as a whole, or not at all. */
static void all_or_none(void **state)
{
	static const int errors[] = { -EIO, -EINVAL, -EBUSY, -ENOMEM, -EMFILE, -EACCES };
	struct cg_limit l[N(keys)];
	unsigned n, done = 0, failed = 0;

	(void)state;
	for (size_t k = 0; k < N(kinds); k++)
		for (size_t e = 0; e < N(errors); e++)
			for (n = 1; n; n++) {
				int rc;

				begin(kinds[k]);
				limits_of(l, false, false);
				rc = cg_set_many(t.cg, l, N(keys));
				if (rc)
					fail_msg("%s: %d %s", t.kind, rc, cg_errmsg(t.ctx));
				values(false, 0);
				limits_of(l, true, n % 2);
				t.f.count = t.f.fired = 0;
				t.f.err = errors[e];
				t.f.n = n;
				rc = cg_set_many(t.cg, l, N(keys));
				t.f.n = 0;
				if (rc)
					assert_true(strlen(cg_errmsg(t.ctx)) > 8);
				values(!rc, rc);
				done += !rc;
				failed += !!rc;
				if (!t.f.fired) {
					assert_int_equal(rc, 0);
					n = (unsigned)-1;
				}
				end();
			}
	assert_true(failed > 500 && done > 10);
}

/* What cannot be is known before anything is written, or undone. */
static void one_that_cannot_be(void **state)
{
	static const struct { struct cg_limit l; int rc; } bad[] = {
		{ { "pids.max", "many" }, -EINVAL }, { { "cpu.max.burst", "2000000" }, -EINVAL },
		{ { "nosuch.key", "1" }, -EOPNOTSUPP }, { { "cgroup.procs", "1" }, -EINVAL },
		{ { "memory.max", "" }, -EINVAL }, { { "cpuset.cpus", "x" }, -EINVAL },
		{ { "devices.rules", "allow all" }, -EINVAL }, { { "cpu.idle", NULL }, -EINVAL },
		{ { NULL, "1" }, -EINVAL }, { { "io.weight", "10001" }, -ERANGE },
	};
	struct cg_limit l[N(keys) + 1];

	(void)state;
	for (size_t k = 0; k < N(kinds); k++)
		for (size_t i = 0; i < N(bad); i++) {
			begin(kinds[k]);
			limits_of(l, false, false);
			assert_int_equal(cg_set_many(t.cg, l, N(keys)), 0);
			limits_of(l, true, false);
			l[N(keys)] = bad[i].l;
			assert_int_equal(cg_set_many(t.cg, l, N(keys) + 1), bad[i].rc);
			values(false, bad[i].rc);
			assert_int_equal(cg_set_many(t.cg, NULL, 0), 0);
			end();
		}
}

static struct { const char *list; unsigned always; } watched;

static int watching(void *k, int dirfd, const char *name, const char *text)
{
	int rc = fault_sys.write(k, dirfd, name, text);

	if (watched.list)
		allowed(watched.list, watched.always);
	return rc;
}

/* A wider rule in the place of a narrower one, and back; what is allowed all the time stays so. */
static void no_device_is_denied_for_a_moment(void **state)
{
	static const char *const rules[] = {
		"deny a *:* rwm\nallow c 1:3 rwm\nallow c 1:5 rw",
		"deny a *:* rwm\nallow c 1:* rw", "allow c 1:3 rwm\nallow c 1:5 rw",
		"allow c *:3 rw\nallow c 1:5 rwm\nallow b 8:* r", "allow c 1:3 rw\nallow c 1:5 rw",
	};
	struct cg_sys sys = fault_sys;

	(void)state;
	sys.write = watching;
	for (size_t k = 0; k < N(kinds); k++) {
		begin(kinds[k]);
		t.ctx->sys = &sys;
		watched.list = NULL;
		assert_int_equal(cg_set(t.cg, "devices.rules", rules[0]), 0);
		watched.list = "c 1:3 rw,c 1:5 rw";
		watched.always = 3;
		for (size_t i = 0; i < 3 * N(rules); i++)
			assert_int_equal(cg_set(t.cg, "devices.rules", rules[i * 2 % N(rules)]), 0);
		watched.list = NULL;
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_or_none),
		cmocka_unit_test(one_that_cannot_be),
		cmocka_unit_test(no_device_is_denied_for_a_moment),
	};

	return cmocka_run_group_tests_name("transaction", tests, NULL, NULL);
}
