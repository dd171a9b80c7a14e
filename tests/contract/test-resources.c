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
		want(ctx, 0, cg_set(cg, "io.weight", "default 300"));
	}
	if (has(w, W_FAKE) && !lacks(ctx, cg, "io.max", "8:0 rbps=1048576 wiops=max")) {
		want(ctx, 0, cg_set(cg, "io.weight", "8:0 300"));
		must(w, cg_set(cg, "io.weight", "8:0 x") < 0);
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

/* The number after a word of a text such as "usage_usec 3000"; -1: it is not there. */
static long long counted(const char *text, const char *word)
{
	for (const char *s = text; (s = strstr(s, word)); s++)
		if (s == text || s[-1] == '\n' || s[-1] == ' ')
			return strtoll(s + strlen(word), NULL, 10);
	return -1;
}

/* Where a controller counts, it does so in the words of v2; what the fake one has counted. */
static void e1_counters(struct world *w, struct cg_ctx *ctx)
{
	static const struct { const char *limit, *key, *word; long long fake; } t[] = {
		{ "cpu.max", "cpu.stat", "usage_usec ", 3000 },
		{ "cpu.max", "cpu.stat", "nr_periods ", 10 },
		{ "cpu.max", "cpu.stat", "nr_throttled ", 4 },
		{ "cpu.max", "cpu.stat", "throttled_usec ", 5 },
		{ "memory.max", "memory.current", "", 4096 },
		{ "memory.max", "memory.peak", "", 8192 },
		{ "memory.max", "memory.events", "max ", 5 },
		{ "memory.max", "memory.events", "oom_kill ", 2 },
		{ "memory.max", "memory.swap.current", "", 8192 },
		{ "memory.max", "memory.stat", "cache ", 4096 },
		{ "pids.max", "pids.current", "", 0 },
		{ "io.weight", "io.stat", "8:0 rbytes=", 4096 },
		{ "io.weight", "io.stat", "wbytes=", 8192 },
		{ "io.weight", "io.stat", "wios=", 2 },
		{ "io.weight", "io.stat", "8:16 rbytes=", 512 },
		{ "hugetlb.2MB.max", "hugetlb.2MB.current", "", 2097152 },
		{ "hugetlb.2MB.max", "hugetlb.2MB.events", "max ", 7 },
	};
	struct cg *cg = a_group(ctx, "g");
	char buf[65536];
	long long n;

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		if (lacks(ctx, cg, t[i].limit, *t[i].limit == 'i' ? "100" : "max"))
			continue;
		/* A kernel or hierarchy may count less; never nothing without a word. */
		if (has(w, W_REAL) && cg_get(cg, t[i].key, buf, sizeof(buf)) == -EOPNOTSUPP) {
			must(w, strlen(cg_errmsg(ctx)) > 10);
			continue;
		}
		want(ctx, 0, cg_get(cg, t[i].key, buf, sizeof(buf)));
		n = counted(buf, t[i].word);
		if (has(w, W_FAKE))
			assert_int_equal(n, t[i].fake);
		must(w, n >= 0 || has(w, W_REAL));
		if (*buf)
			want(ctx, -ERANGE, cg_get(cg, t[i].key, buf, 1));
	}
	must(w, cg_get(cg, "nosuch.stat", buf, sizeof(buf)) == -EOPNOTSUPP);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* What a list of rules lets a member do; null stands for whatever is given last. */
static void devices(struct world *w, struct cg_ctx *ctx, struct cg *cg, const char *rules,
		    const char *yes, const char *no)
{
	unsigned major, minor;
	char type, access[4];

	want(ctx, 0, cg_set(cg, "devices.rules", rules));
	for (int allowed = 0; allowed < 2; allowed++)
		for (const char *s = allowed ? yes : no; *s; s += strcspn(s, ","), s += *s == ',') {
			assert_int_equal(sscanf(s, " %c %u:%u %3[rwm]", &type, &major, &minor,
						access), 4);
			if (w_allows(w, "g", type, major, minor, access) == allowed)
				continue;
			fail_msg("rules \"%s\": %c %u:%u %s is %s", rules, type, major, minor,
				 access, allowed ? "refused" : "allowed");
		}
}

static void e1_device_rules(struct world *w, struct cg_ctx *ctx)
{
	static const struct {
		const char *rules, *yes, *no;
	} t[] = {
		{ "deny a *:* rwm\nallow c 1:3 rwm\nallow c 1:5 rw",
		  "c 1:3 rwm,c 1:3 m,c 1:5 rw,c 1:5 r", "c 1:5 m,c 1:7 r,b 1:3 r,b 7:90 m" },
		/* What is not named goes, the last word counts. */
		{ "deny a *:* rwm\nallow c 1:3 rwm\nallow c 1:7 rwm\n"
		  "allow c 1:9 r\ndeny c 1:9 r\n",
		  "c 1:3 rw,c 1:7 w", "c 1:5 r,c 1:9 r" },
		{ "deny a *:* rwm\nallow c 1:5 rw\ndeny c 1:5 w", "c 1:5 r", "c 1:5 w,c 1:5 rw" },
		{ "deny a *:* rwm\nallow c 1:* r\nallow b *:* m", "c 1:3 r,c 1:9 r,b 7:91 m",
		  "c 1:3 w,c 5:0 r,b 7:91 r" },
		{ "allow a *:* rwm", "c 1:3 rwm,b 7:92 rwm", "" },
		{ "allow a *:* rwm\ndeny c 1:7 w\ndeny b *:* m", "c 1:7 r,c 1:3 rwm,b 7:92 r",
		  "c 1:7 w,c 1:7 rw,b 7:92 m" },
		{ "allow c 1:3 r\ndeny a *:* rwm", "", "c 1:3 r" },
		{ "", "", "c 1:3 r" },
	};
	struct cg *cg = a_group(ctx, "g");

	if (!lacks(ctx, cg, "devices.rules", t[0].rules)) {
		for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
			devices(w, ctx, cg, t[i].rules, t[i].yes, t[i].no);
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "allow everything"));
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "allow x 1:3 rwm"));
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "allow c 1:3 rwx"));
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "allow c 1:4294967296 r"));
		want(ctx, -EINVAL, cg_set(cg, "devices.rules", "permit c 1:3 r"));
		/* A list that is refused changes nothing. */
		must(w, !w_allows(w, "g", 'c', 1, 3, "r"));
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* The report, asked before, says whether memory, processes and time can be limited. */
static void c2_limits_are_as_claimed(struct world *w, struct cg_ctx *ctx)
{
	static const char *const keys[] = { "memory.max", "pids.max", "cpu.max" };
	struct cg_cap before[CG_NOPS], cap[CG_NOPS];
	unsigned can = 0, level;
	struct cg *cg;

	(void)w;
	want(ctx, CG_NOPS, cg_caps(ctx, NULL, 0, before, CG_NOPS));
	level = before[CG_OP_LIMITS].level;
	cg = a_group(ctx, "g");
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	assert_int_equal(level, cap[CG_OP_LIMITS].level);
	for (size_t i = 0; i < 3; i++)
		can += !lacks(ctx, cg, keys[i], "max");
	assert_int_equal(level, can == 3 ? CG_FULL : can ? CG_BEST_EFFORT : CG_NONE);
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	assert_int_equal(level, cap[CG_OP_LIMITS].level);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* The report, asked before, says whether there are rules for devices. */
static void c2_device_rules_are_as_claimed(struct world *w, struct cg_ctx *ctx)
{
	struct cg_cap before[CG_NOPS], cap[CG_NOPS];
	struct cg *cg;

	want(ctx, CG_NOPS, cg_caps(ctx, NULL, 0, before, CG_NOPS));
	cg = a_group(ctx, "g");
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	assert_int_equal(before[CG_OP_DEVICES].level, cap[CG_OP_DEVICES].level);
	must(w, lacks(ctx, cg, "devices.rules", "allow a *:* rwm") ==
	     (cap[CG_OP_DEVICES].level == CG_NONE));
	if (has(w, W_ROOT) && has(w, W_V2 | W_FAKE))
		assert_int_equal(cap[CG_OP_DEVICES].level, CG_FULL);
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
		CT(e1_counters, W_GROUPS),
		CT(c2_limits_are_as_claimed, W_GROUPS),
		CT(e1_device_rules, W_GROUPS),
		CT(c2_device_rules_are_as_claimed, W_GROUPS),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
