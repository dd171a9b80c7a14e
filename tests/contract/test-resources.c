/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resources, E1: the same names and values on cgroup v2 and v1. */
#include "contract.h"

static const char *got(struct cg_ctx *ctx, struct cg *cg, const char *key)
{
	static char buf[128];

	want(ctx, 0, cg_get(cg, key, buf, sizeof(buf)));
	return buf;
}

/* This host may lack the controller; then that is said. */
static bool lacks(struct cg_ctx *ctx, struct cg *cg, const char *key, const char *value)
{
	int rc = cg_set(cg, key, value);

	if (rc == 0)
		return false;
	assert_int_equal(rc, -EOPNOTSUPP);
	assert_true(strlen(cg_errmsg(ctx)) > 10);
	return true;
}

static void e1_memory(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	must(w, has(w, W_REAL) || has(w, W_FAKE));
	if (!lacks(ctx, cg, "memory.max", "67108864")) {
		assert_string_equal(got(ctx, cg, "memory.max"), "67108864");
		want(ctx, 0, cg_set(cg, "memory.max", "134217728"));
		assert_string_equal(got(ctx, cg, "memory.max"), "134217728");
		want(ctx, 0, cg_set(cg, "memory.max", "33554432"));
		assert_string_equal(got(ctx, cg, "memory.max"), "33554432");
		want(ctx, 0, cg_set(cg, "memory.max", "max"));
		assert_string_equal(got(ctx, cg, "memory.max"), "max");
		want(ctx, -EINVAL, cg_set(cg, "memory.max", "much"));
		assert_string_equal(got(ctx, cg, "memory.max"), "max");
		must(w, *got(ctx, cg, "memory.current") >= '0');
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* v1 counts swap together with memory; the sum follows when memory changes. */
static void e1_swap(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	int rc;

	(void)w;
	if (!lacks(ctx, cg, "memory.max", "67108864")) {
		rc = cg_set(cg, "memory.swap.max", "1048576");
		if (rc != -EOPNOTSUPP) {
			assert_int_equal(rc, 0);
			assert_string_equal(got(ctx, cg, "memory.swap.max"), "1048576");
			want(ctx, 0, cg_set(cg, "memory.max", "134217728"));
			assert_string_equal(got(ctx, cg, "memory.swap.max"), "1048576");
			want(ctx, 0, cg_set(cg, "memory.max", "33554432"));
			assert_string_equal(got(ctx, cg, "memory.swap.max"), "1048576");
			want(ctx, 0, cg_set(cg, "memory.swap.max", "0"));
			assert_string_equal(got(ctx, cg, "memory.swap.max"), "0");
			want(ctx, 0, cg_set(cg, "memory.swap.max", "max"));
			assert_string_equal(got(ctx, cg, "memory.swap.max"), "max");
			want(ctx, -EINVAL, cg_set(cg, "memory.swap.max", "x"));
		}
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e1_cpu(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char *end;
	long n;

	(void)w;
	if (!lacks(ctx, cg, "cpu.max", "50000 100000")) {
		assert_string_equal(got(ctx, cg, "cpu.max"), "50000 100000");
		want(ctx, 0, cg_set(cg, "cpu.max", "20000 50000"));
		assert_string_equal(got(ctx, cg, "cpu.max"), "20000 50000");
		want(ctx, 0, cg_set(cg, "cpu.max", "max"));
		assert_memory_equal(got(ctx, cg, "cpu.max"), "max ", 4);
		must(w, cg_set(cg, "cpu.max", "x") < 0);
		must(w, cg_set(cg, "cpu.max", "") < 0);
	}
	if (!lacks(ctx, cg, "cpu.weight", "300")) {
		n = strtol(got(ctx, cg, "cpu.weight"), &end, 10);
		must(w, !*end && n >= 299 && n <= 301);
		want(ctx, 0, cg_set(cg, "cpu.weight", "1"));
		assert_string_equal(got(ctx, cg, "cpu.weight"), "1");
		want(ctx, 0, cg_set(cg, "cpu.weight", "10000"));
		assert_string_equal(got(ctx, cg, "cpu.weight"), "10000");
		must(w, cg_set(cg, "cpu.weight", "0") < 0);
		must(w, cg_set(cg, "cpu.weight", "10001") < 0);
		want(ctx, 0, cg_set(cg, "cpu.shares", "1024"));
		n = strtol(got(ctx, cg, "cpu.weight"), &end, 10);
		must(w, n >= 38 && n <= 40);
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e1_pids(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	(void)w;
	if (!lacks(ctx, cg, "pids.max", "17")) {
		assert_string_equal(got(ctx, cg, "pids.max"), "17");
		want(ctx, 0, cg_set(cg, "pids.max", "max"));
		assert_string_equal(got(ctx, cg, "pids.max"), "max");
		must(w, cg_set(cg, "pids.max", "-7") < 0);
		must(w, cg_set(cg, "pids.max", "many") < 0);
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e1_io(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	(void)w;
	if (!lacks(ctx, cg, "io.weight", "200")) {
		must(w, cg_set(cg, "io.weight", "0") < 0);
		must(w, cg_set(cg, "io.weight", "10001") < 0);
		must(w, cg_set(cg, "io.weight", "x") < 0);
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e1_hugetlb_and_raw_names(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	(void)lacks(ctx, cg, "hugetlb.2MB.max", "0");
	(void)lacks(ctx, cg, "hugetlb.1GB.max", "max");
	must(w, cg_set(cg, "nosuch.thing", "1") == -EOPNOTSUPP);
	if (has(w, W_V1) && has(w, W_BRAKE)) {	/* what only v1 has is taken as it is */
		want(ctx, 0, cg_set(cg, "memory.limit_in_bytes", "67108864"));
		assert_string_equal(got(ctx, cg, "memory.limit_in_bytes"), "67108864");
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void e1_device_rules(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	const char *list;

	if (!lacks(ctx, cg, "devices.rules", "deny a *:* rwm\nallow c 1:3 rwm\nallow c 1:5 rw")) {
		list = w_dir_read_all(w, "g", "devices.list");
		must(w, strstr(list, "c 1:3 rwm") && strstr(list, "c 1:5 rw"));
		must(w, !strstr(list, "a *:* rwm"));
		/* What stays is not touched, what is not named goes, the last word counts. */
		want(ctx, 0, cg_set(cg, "devices.rules",
				    "deny a *:* rwm\nallow c 1:3 rwm\nallow c 1:7 rwm\n"
				    "allow c 1:9 r\ndeny c 1:9 r\n"));
		list = w_dir_read_all(w, "g", "devices.list");
		must(w, strstr(list, "c 1:3 rwm") && strstr(list, "c 1:7 rwm"));
		must(w, !strstr(list, "1:5") && !strstr(list, "1:9"));
		want(ctx, 0, cg_set(cg, "devices.rules", "allow a *:* rwm"));
		must(w, strstr(w_dir_read_all(w, "g", "devices.list"), "a *:* rwm"));
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "allow everything"));
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "allow x 1:3 rwm"));
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e1_memory, W_GROUPS),
		CT(e1_swap, W_GROUPS),
		CT(e1_cpu, W_GROUPS),
		CT(e1_pids, W_GROUPS),
		CT(e1_io, W_GROUPS),
		CT(e1_hugetlb_and_raw_names, W_GROUPS),
		CT(e1_device_rules, W_GROUPS),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
