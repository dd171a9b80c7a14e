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
		/* The arithmetic of the scheduler on v1, that of OCI runtimes on v2. */
		want(ctx, 0, cg_set(cg, "cpu.shares", "1024"));
		n = strtol(got(ctx, cg, "cpu.weight"), &end, 10);
		must(w, !*end && (n == 100 || n == 39));
		want(ctx, 0, cg_set(cg, "cpu.weight", "10000"));
		if (n == 39)
			assert_string_equal(got(ctx, cg, "cpu.shares"), "262144");
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

/* In any order. */
static void same_lines(const char *text, const char *want)
{
	assert_int_equal(strlen(text), strlen(want));
	for (const char *s = want; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		char line[128];

		snprintf(line, sizeof(line), "%.*s", (int)strcspn(s, "\n"), s);
		assert_non_null(strstr(text, line));
	}
}

/* What was set is what is read back: the same text, whatever the kernel's file looks like. */
static void e5_every_key_reads_back(struct world *w, struct cg_ctx *ctx)
{
	static const struct { const char *key, *value, *want; } t[] = {
		{ "pids.max", "17", NULL }, { "pids.max", "0x10", "16" },
		{ "pids.max", " 0\n", "0" }, { "pids.max", "max", NULL },
		{ "memory.max", "64M", "67108864" }, { "memory.max", "65536k", "67108864" },
		{ "memory.max", "1G", "1073741824" }, { "memory.max", "2T", "2199023255552" },
		{ "memory.max", "67109000", "67108864" }, { "memory.max", "max", NULL },
		{ "memory.low", "1M", "1048576" }, { "memory.low", "max", NULL },
		{ "memory.high", "32M", "33554432" }, { "memory.high", "max", NULL },
		{ "memory.min", "4096", NULL },
		{ "memory.max", "64M", "67108864" },
		{ "memory.swap.max", "32M", "33554432" }, { "memory.swap.max", "0", NULL },
		{ "memory.swap.max", "max", NULL }, { "memory.swap.max", "1M", "1048576" },
		{ "memory.max", "max", NULL },
		{ "cpu.weight", "1", NULL }, { "cpu.weight", "10000", NULL },
		{ "cpu.weight", "100", NULL },
		{ "cpu.max", "50000 100000", NULL }, { "cpu.max", "20000", "20000 100000" },
		{ "cpu.max", "max 50000", NULL }, { "cpu.max", "7000", "7000 50000" },
		{ "cpu.max.burst", "1000", NULL }, { "cpu.max.burst", "0", NULL },
		{ "cpu.max", "max", "max 50000" },
		{ "cpu.idle", "1", NULL }, { "cpu.idle", "0", NULL },
		{ "cpuset.mems", "0", NULL }, { "cpuset.cpus", "0", NULL },
		{ "cpuset.cpus", "", NULL },
		{ "hugetlb.2MB.max", "4M", "4194304" }, { "hugetlb.2MB.max", "max", NULL },
		{ "hugetlb.2MB.rsvd.max", "2M", "2097152" },
		{ "io.weight", "default 10000", NULL }, { "io.weight", "1", "default 1" },
	};
	static const struct { const char *key, *value, *want; } disk[] = {
		{ "io.weight", "8:0 10000", "default 1\n8:0 10000" },
		{ "io.weight", "8:0 default", "default 1" },
		{ "io.max", "8:0 rbps=1048576 wiops=5",
		  "8:0 rbps=1048576 wbps=max riops=max wiops=5" },
		{ "io.max", "8:16 wbps=9\n8:0 rbps=max",
		  "8:0 rbps=max wbps=max riops=max wiops=5\n"
		  "8:16 rbps=max wbps=9 riops=max wiops=max" },
		{ "io.max", "8:0 wiops=max", "8:16 rbps=max wbps=9 riops=max wiops=max" },
		{ "io.max", "8:16 wbps=max", "" },
	};
	struct cg *cg = a_group(ctx, "g");

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
		if (!lacks(ctx, cg, t[i].key, t[i].value))
			assert_string_equal(got(ctx, cg, t[i].key),
					    t[i].want ? t[i].want : t[i].value);
	for (size_t i = 0; has(w, W_FAKE) && i < sizeof(disk) / sizeof(*disk); i++)
		if (!lacks(ctx, cg, disk[i].key, disk[i].value))
			same_lines(got(ctx, cg, disk[i].key), disk[i].want);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* Each of the 10,000 weights; a new group has 100. */
static void e5_weights(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char text[16];

	if (!lacks(ctx, cg, "cpu.weight", "100")) {
		struct cg *other = a_group(ctx, "h");

		if (cg_get(other, "cpu.weight", text, sizeof(text)) == 0)
			assert_string_equal(text, "100");
		want(ctx, 0, cg_delete(other, 0, MS, NULL, 0));
		cg_close(other);
		for (int i = 1; i <= 10000; i += has(w, W_FAKE) ? 1 : 37) {
			snprintf(text, sizeof(text), "%d", i);
			want(ctx, 0, cg_set(cg, "cpu.weight", text));
			assert_string_equal(got(ctx, cg, "cpu.weight"), text);
		}
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* Nothing is accepted and then ignored, and nothing changes. */
static void e5_bad_values(struct world *w, struct cg_ctx *ctx)
{
	static const struct { const char *key, *good, *bad[9]; } t[] = {
		{ "pids.max", "7", { "", " ", "-1", "7 7", "7M", "seven", "7x", "max 7",
				     "99999999999999999999" } },
		{ "memory.max", "67108864", { "", "-1", "64MB", "M", "64 M", "1.5G", "0x",
					      "max max", "99999999999E" } },
		{ "memory.swap.max", "max", { "", "-1", "1Q", "k", "1 2", "maximum" } },
		{ "memory.low", "1048576", { "", "-1", "lots", "1M M" } },
		{ "cpu.weight", "100", { "", "0", "10001", "-1", "1 2", "100%", "max", "1k" } },
		{ "cpu.max", "50000 100000", { "", "-1", "0", "50000 0", "50000 5", "max 2000000",
					       "5000 50000 1", "50000 max", "x 100000" } },
		{ "cpu.max.burst", "0", { "", "-1", "max", "1 1", "1k" } },
		{ "cpu.idle", "0", { "", "yes", "2x" } },
		{ "io.weight", "default 100", { "", "0", "10001", "default", "8:0", "8:0 0",
						"8: 5", "default 1 2", "100M" } },
		{ "io.max", "", { "", "8:0", "8:0 rbps=1M", "8:0 rbps=0", "8:0 rbps=-1",
				  "8:0 xbps=1", "rbps=1", "8:0 rbps", "8:0 rbps=1 junk" } },
		{ "hugetlb.2MB.max", "max", { "", "-1", "2MB", "x" } },
		{ "cpuset.cpus", NULL, { "zero", "0-1 x" } },
	};
	struct cg *cg = a_group(ctx, "g");
	char before[256], after[256];

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		if (t[i].good && *t[i].good && lacks(ctx, cg, t[i].key, t[i].good))
			continue;
		if (cg_get(cg, t[i].key, before, sizeof(before)) < 0)
			continue;
		for (size_t n = 0; n < 9 && t[i].bad[n]; n++) {
			int rc = cg_set(cg, t[i].key, t[i].bad[n]);

			if (rc != -EINVAL && rc != -ERANGE)
				fail_msg("%s=\"%s\": %d", t[i].key, t[i].bad[n], rc);
			must(w, strlen(cg_errmsg(ctx)) > 8);
			want(ctx, 0, cg_get(cg, t[i].key, after, sizeof(after)));
			assert_string_equal(after, before);
		}
	}
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* In whatever order they are given, the kernel gets them in one that it takes. */
static void e5_all_or_none(struct world *w, struct cg_ctx *ctx)
{
	static const struct cg_limit up[] = {
		{ "memory.swap.max", "32M" }, { "memory.max", "128M" },
		{ "cpu.max.burst", "20000" }, { "cpu.max", "60000 200000" },
	}, down[] = {
		{ "cpu.max", "2000 10000" }, { "cpu.max.burst", "1000" },
		{ "memory.swap.max", "4M" }, { "memory.max", "16M" },
	}, bad[] = {
		{ "cpu.max", "70000 100000" }, { "memory.max", "64M" }, { "pids.max", "9" },
		{ "cpu.max.burst", "1000000" },
	};
	struct cg *cg = a_group(ctx, "g");
	char text[64];

	if (!lacks(ctx, cg, "memory.max", "16M") && !lacks(ctx, cg, "memory.swap.max", "0") &&
	    !lacks(ctx, cg, "cpu.max.burst", "0") && !lacks(ctx, cg, "pids.max", "17")) {
		for (int i = 0; i < 3; i++) {
			want(ctx, 0, cg_set_many(cg, i % 2 ? down : up, 4));
			assert_string_equal(got(ctx, cg, "memory.max"), i % 2 ? "16777216" :
					    "134217728");
			assert_string_equal(got(ctx, cg, "memory.swap.max"), i % 2 ? "4194304" :
					    "33554432");
			assert_string_equal(got(ctx, cg, "cpu.max"), i % 2 ? "2000 10000" :
					    "60000 200000");
			assert_string_equal(got(ctx, cg, "cpu.max.burst"), i % 2 ? "1000" :
					    "20000");
		}
		want(ctx, -EINVAL, cg_set_many(cg, bad, 4));
		assert_string_equal(got(ctx, cg, "memory.max"), "134217728");
		assert_string_equal(got(ctx, cg, "cpu.max"), "60000 200000");
		assert_string_equal(got(ctx, cg, "pids.max"), "17");
	}
	if (!lacks(ctx, cg, "pids.max", "17")) {
		struct cg *seen;

		want(ctx, 0, cg_open(ctx, "g", 0, &seen));
		want(ctx, -EPERM, cg_set(seen, "pids.max", "5"));
		want(ctx, 0, cg_get(seen, "pids.max", text, sizeof(text)));
		assert_string_equal(text, "17");
		cg_close(seen);
	}
	must(w, cg_set_many(cg, NULL, 0) == 0);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* One call has the numbers, the same on each; what it does not count is said. */
static void e1_statistics(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *in = a_group(ctx, "g/in");
	struct cg_stats s;

	memset(&s, 0xff, sizeof(s));
	want(ctx, 0, cg_stats(cg, &s, sizeof(s)));
	must(w, CG_STATS_KNOWN(&s, nested) && s.nested == 1);
	must(w, CG_STATS_KNOWN(&s, members) && s.members == 0);
	must(w, !CG_STATS_KNOWN(&s, memory_high_events) || !has(w, W_V1) || has(w, W_V2));
	if (!lacks(ctx, cg, "pids.max", "12")) {
		want(ctx, 0, cg_stats(cg, &s, sizeof(s)));
		must(w, CG_STATS_KNOWN(&s, pids) && s.pids == 0);
		must(w, CG_STATS_KNOWN(&s, pids_max) && s.pids_max == 12);
	}
	if (!lacks(ctx, cg, "memory.max", "max")) {
		want(ctx, 0, cg_stats(cg, &s, sizeof(s)));
		must(w, CG_STATS_KNOWN(&s, memory) && CG_STATS_KNOWN(&s, memory_max));
		must(w, s.memory_max == UINT64_MAX);
		must(w, !has(w, W_FAKE) || (s.memory == 4096 && s.memory_peak == 8192 &&
					    s.swap == 8192 && s.oom_kills == 2 &&
					    s.memory_max_events == 5 && s.memory_file == 4096));
	}
	if (!lacks(ctx, cg, "cpu.max", "max")) {
		want(ctx, 0, cg_stats(cg, &s, sizeof(s)));
		must(w, CG_STATS_KNOWN(&s, cpu_periods));
		must(w, !has(w, W_FAKE) || (s.cpu_usec == 3000 && s.cpu_user_usec == 2000 &&
					    s.cpu_system_usec == 1000 && s.cpu_periods == 10 &&
					    s.cpu_throttled == 4 && s.cpu_throttled_usec == 5));
	}
	if (has(w, W_FAKE) && !lacks(ctx, cg, "io.weight", "100")) {
		want(ctx, 0, cg_stats(cg, &s, sizeof(s)));
		must(w, CG_STATS_KNOWN(&s, io_rbytes) && s.io_rbytes == 4608);
		must(w, s.io_wbytes == 8192 && s.io_rios == 2 && s.io_wios == 2);
	}
	/* A caller of an older header has a shorter one. */
	s.cpu_usec = 4711;
	want(ctx, 0, cg_stats(cg, &s, sizeof(s.known)));
	assert_int_equal(s.cpu_usec, 4711);
	want(ctx, 0, cg_delete(in, 0, MS, NULL, 0));
	cg_close(in);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, cg_stats(cg, &s, sizeof(s)) == -ENOENT);
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
		want(ctx, 0, cg_set(cg, "io.weight", "10000"));
		if (*w_dir_read(w, "g", "blkio.weight"))
			assert_string_equal(w_dir_read(w, "g", "blkio.weight"), "1000");
		if (has(w, W_FAKE) && *w_dir_read(w, "g", "io.bfq.weight"))
			assert_string_equal(w_dir_read(w, "g", "io.bfq.weight"), "default 1000");
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
		CT(e5_every_key_reads_back, W_GROUPS),
		CT(e5_weights, W_GROUPS),
		CT(e5_bad_values, W_GROUPS),
		CT(e5_all_or_none, W_GROUPS),
		CT(e1_statistics, W_GROUPS),
		CT(e1_io, W_GROUPS),
		CT(e1_hugetlb_and_raw_names, W_GROUPS),
		CT(e1_counters, W_GROUPS),
		CT(c2_limits_are_as_claimed, W_GROUPS),
		CT(e1_device_rules, W_GROUPS),
		CT(c2_device_rules_are_as_claimed, W_GROUPS),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
