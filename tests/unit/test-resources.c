/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.resources, property by property: what is written to which file, on a kernel with
 * cgroup v1 and on one with v2, and what is said of what cannot be.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Before cmocka.h, which makes a macro of fail(). */
#include "base/base.h"
#include "container/container.h"
#include <cmocka.h>
#include <json-c/json.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/fake/kernel.h"

/* Of libcg/core.h, whose includes have the names of cgrun's. */
int cgi_ctx_new_with(const struct cg_sys *sys, void *k, struct cg_ctx **ret);

static struct {
	char text[4096];		/* "FILE=VALUE;" in their order */
	const char *fails;		/* a file of which a write fails, and how */
	int how;
	char log[64];
	unsigned wrong;			/* rows of a table */
} record;

static int writing(void *k, int dirfd, const char *name, const char *text)
{
	size_t len = strlen(record.text);
	int rc = record.fails && !strcmp(name, record.fails) ? record.how :
		 fk_sys.write(k, dirfd, name, text);

	if (!rc && !strstr(name, "subtree_control"))
		snprintf(record.text + len, sizeof(record.text) - len, "%s%s=%s", len ? ";" : "",
			 name, text);
	return rc;
}

static void add_all(struct fk *k, const char *kind)
{
	static const char *const v1[] = {
		"cpu,cpuacct", "memory", "pids", "cpuset", "blkio", "hugetlb", "net_cls",
		"net_prio", "rdma", "devices", "freezer",
	};

	if (!strcmp(kind, "v2"))
		fk_add_v2(k, "cpuset cpu io memory hugetlb pids rdma", "/sys/fs/cgroup");
	for (size_t i = 0; strcmp(kind, "v2") && i < sizeof(v1) / sizeof(*v1); i++) {
		char point[64];

		snprintf(point, sizeof(point), "/sys/fs/cgroup/%s", v1[i]);
		fk_add_v1(k, v1[i], point);
	}
}

struct host {
	struct fk *k;
	struct cg_sys sys;
	struct container c;
};

static void host_make(struct host *h, const char *kind)
{
	memset(h, 0, sizeof(*h));
	h->k = fk_new();
	h->sys = fk_sys;
	h->sys.write = writing;
	if (!strcmp(kind, "none"))
		fk_add_v1(h->k, "name=systemd", "/sys/fs/cgroup/systemd");
	else
		add_all(h->k, kind);
	assert_int_equal(cgi_ctx_new_with(&h->sys, h->k, &h->c.ctx), 0);
	assert_int_equal(cg_create(h->c.ctx, "g", 0, &h->c.cg), 0);
	*record.text = '\0';
	record.fails = NULL;
}

static void host_free(struct host *h)
{
	cg_close(h->c.cg);
	cg_ctx_free(h->c.ctx);
	fk_free(h->k);
}

static int set(struct host *h, const char *json, bool strict, struct err *e)
{
	struct json_object *o;
	int rc;

	*e = (struct err){ 0 };
	*record.text = '\0';
	assert_int_equal(json_parse(json, strlen(json), "resources", &o, e), 0);
	rc = resources_set(&h->c, o, strict, e);
	json_object_put(o);
	return rc;
}

/* What was logged since the last time. */
static const char *logged(void)
{
	static char text[4096];
	int fd = open(record.log, O_RDWR | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	/* without the log's quotes */
	for (char *from = text, *to = text; ; from++) {
		*to = *from;
		to += *from != '\\';
		if (!*from)
			break;
	}
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	return text;
}

/* v1, v2: what is written; "!TEXT": an error with it, and for an ordinary user a warning. */
static const struct { const char *json, *v1, *v2; } table[] = {
	{ "{}", "", "" },
	{ "{\"pids\":{\"limit\":50}}", "pids.max=50", "pids.max=50" },
	{ "{\"pids\":{\"limit\":-1}}", "pids.max=max", "pids.max=max" },
	{ "{\"pids\":{\"limit\":0}}", "pids.max=1", "pids.max=1" },
	{ "{\"memory\":{\"limit\":67108864}}", "memory.limit_in_bytes=67108864",
	  "memory.max=67108864" },
	{ "{\"memory\":{\"limit\":67108864,\"swap\":100663296}}",
	  "memory.limit_in_bytes=67108864;memory.memsw.limit_in_bytes=100663296",
	  "memory.max=67108864;memory.swap.max=33554432" },
	{ "{\"memory\":{\"limit\":67108864,\"swap\":67108864}}",
	  "memory.limit_in_bytes=67108864;memory.memsw.limit_in_bytes=67108864",
	  "memory.max=67108864;memory.swap.max=0" },
	{ "{\"memory\":{\"limit\":67108864,\"swap\":-1}}",
	  "memory.limit_in_bytes=67108864;memory.memsw.limit_in_bytes=-1",
	  "memory.max=67108864;memory.swap.max=max" },
	{ "{\"memory\":{\"limit\":-1}}",
	  "memory.limit_in_bytes=-1;memory.memsw.limit_in_bytes=-1",
	  "memory.max=max;memory.swap.max=max" },
	{ "{\"memory\":{\"swap\":67108864}}", "!linux.resources.memory.swap: needs a limit",
	  "!linux.resources.memory.swap: needs a limit" },
	{ "{\"memory\":{\"reservation\":1048576}}", "memory.soft_limit_in_bytes=1048576",
	  "memory.low=1048576" },
	{ "{\"memory\":{\"reservation\":-1}}", "memory.soft_limit_in_bytes=-1",
	  "memory.low=max" },
	{ "{\"memory\":{\"swappiness\":0}}", "memory.swappiness=0",
	  "!linux.resources.memory.swappiness: " },
	{ "{\"memory\":{\"swappiness\":101}}",
	  "!linux.resources.memory.swappiness: must be within",
	  "!linux.resources.memory.swappiness: must be within" },
	{ "{\"memory\":{\"disableOOMKiller\":true}}", "memory.oom_control=1",
	  "!linux.resources.memory.disableOOMKiller: " },
	{ "{\"memory\":{\"disableOOMKiller\":false}}", "", "" },
	{ "{\"memory\":{\"useHierarchy\":true}}", "", "" },
	{ "{\"memory\":{\"checkBeforeUpdate\":true,\"limit\":1024}}",
	  "!linux.resources.memory.checkBeforeUpdate: the container uses more already: 4096",
	  "memory.max=1024" },
	{ "{\"cpu\":{\"shares\":512}}", "cpu.shares=512", "cpu.weight=20" },
	{ "{\"cpu\":{\"shares\":2}}", "cpu.shares=2", "cpu.weight=1" },
	{ "{\"cpu\":{\"shares\":262144}}", "cpu.shares=262144", "cpu.weight=10000" },
	{ "{\"cpu\":{\"shares\":1}}", "cpu.shares=1", "cpu.weight=1" },
	{ "{\"cpu\":{\"quota\":50000}}", "cpu.cfs_quota_us=50000", "cpu.max=50000" },
	{ "{\"cpu\":{\"quota\":-1}}", "cpu.cfs_quota_us=-1", "cpu.max=max" },
	{ "{\"cpu\":{\"quota\":50000,\"period\":200000}}",
	  "cpu.cfs_period_us=200000;cpu.cfs_quota_us=50000", "cpu.max=50000 200000" },
	{ "{\"cpu\":{\"period\":200000}}", "cpu.cfs_period_us=200000;cpu.cfs_quota_us=-1",
	  "cpu.max=max 200000" },
	{ "{\"cpu\":{\"quota\":5000,\"burst\":1000}}",
	  "cpu.cfs_burst_us=1000;cpu.cfs_quota_us=5000;cpu.cfs_burst_us=1000",
	  "cpu.max.burst=1000;cpu.max=5000;cpu.max.burst=1000" },
	{ "{\"cpu\":{\"realtimeRuntime\":9000,\"realtimePeriod\":20000}}",
	  "cpu.rt_period_us=20000;cpu.rt_runtime_us=9000;cpu.rt_period_us=20000",
	  "!linux.resources.cpu.realtimeRuntime: " },
	{ "{\"cpu\":{\"idle\":1,\"shares\":512}}", "cpu.shares=512;cpu.idle=1",
	  "cpu.weight=20;cpu.idle=1" },
	{ "{\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}}", "cpuset.cpus=0-1;cpuset.mems=0",
	  "cpuset.cpus=0-1;cpuset.mems=0" },
	{ "{\"cpu\":{\"cpus\":\"\"}}", "", "" },
	{ "{\"blockIO\":{\"weight\":500}}", "blkio.weight=500",
	  "io.bfq.weight=500;io.weight=4950" },
	{ "{\"blockIO\":{\"weight\":10}}", "blkio.weight=10", "io.bfq.weight=10;io.weight=1" },
	{ "{\"blockIO\":{\"weight\":1000}}", "blkio.weight=1000",
	  "io.bfq.weight=1000;io.weight=10000" },
	{ "{\"blockIO\":{\"weight\":9}}", "!linux.resources.blockIO.weight: must be within",
	  "!linux.resources.blockIO.weight: must be within" },
	{ "{\"blockIO\":{\"leafWeight\":300}}", "blkio.leaf_weight=300",
	  "!linux.resources.blockIO.leafWeight: " },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":100,"
	  "\"leafWeight\":30},{\"major\":8,\"minor\":16,\"weight\":200}]}}",
	  "blkio.leaf_weight_device=8:0 30;blkio.weight_device=8:0 100;"
	  "blkio.weight_device=8:16 200",
	  "!linux.resources.blockIO.weightDevice[0].leafWeight: " },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":200}]}}",
	  "blkio.weight_device=8:16 200", "io.bfq.weight=8:16 200;io.weight=8:16 1920" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"weight\":200}]}}",
	  "!linux.resources.blockIO.weightDevice[0].minor: ",
	  "!linux.resources.blockIO.weightDevice[0].minor: " },
	{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":4096},"
	  "{\"major\":8,\"minor\":16,\"rate\":18446744073709551615}]}}",
	  "blkio.throttle.read_bps_device=8:0 4096;"
	  "blkio.throttle.read_bps_device=8:16 18446744073709551615",
	  "io.max=8:0 rbps=4096;io.max=8:16 rbps=18446744073709551615" },
	{ "{\"blockIO\":{\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":0}]}}",
	  "blkio.throttle.write_bps_device=8:0 0", "io.max=8:0 wbps=max" },
	{ "{\"blockIO\":{\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":10}],"
	  "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":20}]}}",
	  "blkio.throttle.read_iops_device=8:0 10;blkio.throttle.write_iops_device=8:0 20",
	  "io.max=8:0 riops=10;io.max=8:0 wiops=20" },
	{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
	  "hugetlb.2MB.limit_in_bytes=4194304;hugetlb.2MB.rsvd.limit_in_bytes=4194304",
	  "hugetlb.2MB.max=4194304;hugetlb.2MB.rsvd.max=4194304" },
	{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":18446744073709551615}]}",
	  "hugetlb.2MB.limit_in_bytes=-1;hugetlb.2MB.rsvd.limit_in_bytes=-1",
	  "hugetlb.2MB.max=max;hugetlb.2MB.rsvd.max=max" },
	{ "{\"hugepageLimits\":[{\"pagesize\":\"2MB\",\"limit\":4096}]}",
	  "hugetlb.2MB.limit_in_bytes=4096;hugetlb.2MB.rsvd.limit_in_bytes=4096",
	  "hugetlb.2MB.max=4096;hugetlb.2MB.rsvd.max=4096" },
	{ "{\"hugepageLimits\":[{\"pageSize\":\"64KB\",\"limit\":1}]}",
	  "!linux.resources.hugepageLimits[0]: ", "!linux.resources.hugepageLimits[0]: " },
	{ "{\"network\":{\"classID\":1048577}}", "net_cls.classid=1048577",
	  "!linux.resources.network.classID: " },
	{ "{\"network\":{\"priorities\":[{\"name\":\"eth0\",\"priority\":5},"
	  "{\"name\":\"lo\",\"priority\":0}]}}",
	  "net_prio.ifpriomap=eth0 5;net_prio.ifpriomap=lo 0",
	  "!linux.resources.network.priorities[0]: " },
	{ "{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}}}",
	  "rdma.max=mlx5_1 hca_handle=3 hca_object=10000",
	  "rdma.max=mlx5_1 hca_handle=3 hca_object=10000" },
	{ "{\"unified\":{\"memory.high\":\"1048576\"}}",
	  "!linux.resources.unified[\"memory.high\"]: ", "memory.high=1048576" },
	{ "{\"unified\":{\"pids.max\":\"7\"},\"pids\":{\"limit\":5}}", "pids.max=5;pids.max=7",
	  "pids.max=5;pids.max=7" },
	{ "{\"unified\":{\"cgroup.procs\":\"1\"}}", "!linux.resources.unified[\"cgroup.procs\"]: ",
	  "!linux.resources.unified[\"cgroup.procs\"]: " },
};

/* Is it of those that an ordinary user may go without, or is the configuration wrong? */
static bool is_wrong(const char *said)
{
	return strstr(said, "must be") || strstr(said, "needs a") || strstr(said, "uses more") ||
	       strstr(said, ".minor: ") || strstr(said, "cgroup.procs");
}

#define wrong(...) \
	do { \
		print_message("# "); \
		print_message(__VA_ARGS__); \
		print_message("\n"); \
		record.wrong++; \
	} while (0)

static void one(const char *kind, const char *json, const char *wanted)
{
	struct host h;
	struct err e;
	int rc;

	host_make(&h, kind);
	rc = set(&h, json, true, &e);
	if (*wanted != '!') {
		if (rc || strcmp(record.text, wanted))
			wrong("%s: %s: %d %s: \"%s\", not \"%s\"", kind, json, rc, e.msg,
			      record.text, wanted);
		assert_string_equal(logged(), "");
		host_free(&h);
		return;
	}
	if (rc >= 0 || !strstr(e.msg, wanted + 1))
		wrong("%s: %s: %d \"%s\", not \"%s\"", kind, json, rc, e.msg, wanted + 1);
	assert_string_equal(logged(), "");
	rc = set(&h, json, false, &e);
	if (is_wrong(wanted) ? rc >= 0 : rc || !strstr(logged(), wanted + 1))
		wrong("%s: %s: an ordinary user: %d \"%s\"", kind, json, rc, e.msg);
	host_free(&h);
}

static void each_property(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		one("v1", table[i].json, table[i].v1);
		one("v2", table[i].json, table[i].v2);
	}
	assert_int_equal(record.wrong, 0);
}

/* Nothing here limits anything: each word of it is an error for root, a warning for others. */
static void without_controllers(void **state)
{
	static const char *const json[][2] = {
		{ "{\"pids\":{\"limit\":5}}", "pids.limit" },
		{ "{\"memory\":{\"limit\":1048576}}", "memory.limit" },
		{ "{\"memory\":{\"reservation\":1048576}}", "memory.reservation" },
		{ "{\"cpu\":{\"shares\":5}}", "cpu.shares" },
		{ "{\"cpu\":{\"quota\":5000}}", "cpu.quota" },
		{ "{\"cpu\":{\"cpus\":\"0\"}}", "cpu.cpus" },
		{ "{\"cpu\":{\"burst\":5}}", "cpu.burst" },
		{ "{\"cpu\":{\"idle\":1}}", "cpu.idle" },
		{ "{\"blockIO\":{\"weight\":500}}", "blockIO.weight" },
		{ "{\"rdma\":{\"x\":{\"hcaHandles\":1}}}", "rdma.x" },
		{ "{\"unified\":{\"memory.max\":\"5\"}}", "unified[\"memory.max\"]" },
	};
	char want[80];

	(void)state;
	for (size_t i = 0; i < sizeof(json) / sizeof(*json); i++) {
		snprintf(want, sizeof(want), "!linux.resources.%s: ", json[i][1]);
		one("none", json[i][0], want);
	}
	one("none", "{\"cpu\":{\"idle\":0,\"burst\":0},\"memory\":{\"swap\":-1}}", "");
	assert_int_equal(record.wrong, 0);
}

static void what_is_not_known_is_said(void **state)
{
	struct host h;
	struct err e;

	(void)state;
	host_make(&h, "v2");
	assert_int_equal(set(&h, "{\"memory\":{\"kernel\":5,\"kernelTCP\":6,\"limit\":4096,"
			     "\"high\":1},\"gpu\":{\"n\":1}}", true, &e), 0);
	assert_string_equal(record.text, "memory.max=4096");
	/* The last lines of the log say it, each with its path. */
	for (const char *said = logged(), **path = (const char *[]){
			"linux.resources.memory.kernel: ignored",
			"linux.resources.memory.kernelTCP: ignored",
			"linux.resources.memory.high: ignored", "linux.resources.gpu: ignored",
			NULL }; *path; path++)
		assert_non_null(strstr(said, *path));
	host_free(&h);
}

/* An idle group takes no weight; the fake one takes all, so the order is what counts. */
static void the_order(void **state)
{
	struct host h;
	struct err e;

	(void)state;
	host_make(&h, "v2");
	assert_int_equal(set(&h, "{\"cpu\":{\"shares\":512,\"idle\":0}}", true, &e), 0);
	assert_int_equal(set(&h, "{\"cpu\":{\"shares\":512,\"idle\":0}}", true, &e), 0);
	assert_string_equal(record.text, "cpu.idle=0;cpu.weight=20");
	/* A burst that the kernel takes only with the new quota. */
	record.fails = "cpu.max.burst";
	record.how = -EINVAL;
	assert_int_equal(set(&h, "{\"cpu\":{\"quota\":9000,\"burst\":3}}", true, &e), -EINVAL);
	assert_string_equal(record.text, "cpu.max=9000");
	assert_non_null(strstr(e.msg, "linux.resources.cpu.burst: "));
	host_free(&h);
}

/* What the kernel says no to. */
static void errors(void **state)
{
	static const struct { int how, rc, lenient; } t[] = {
		{ -EPERM, -EPERM, 0 }, { -EACCES, -EPERM, 0 }, { -EROFS, -EPERM, 0 },
		{ -EBUSY, -EBUSY, -EBUSY }, { -EINVAL, -EINVAL, -EINVAL },
		{ -ERANGE, -ERANGE, -ERANGE }, { -ENOMEM, -ENOMEM, -ENOMEM },
	};
	struct host h;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		host_make(&h, i % 2 ? "v1" : "v2");
		record.fails = "pids.max";
		record.how = t[i].how;
		assert_int_equal(set(&h, "{\"pids\":{\"limit\":5}}", true, &e), t[i].rc);
		assert_non_null(strstr(e.msg, "linux.resources.pids.limit: "));
		assert_non_null(strstr(e.msg, "pids.max"));
		assert_string_equal(logged(), "");
		assert_int_equal(set(&h, "{\"pids\":{\"limit\":5}}", false, &e), t[i].lenient);
		assert_true(!!strstr(logged(), "pids.limit: ignored") == !t[i].lenient);
		host_free(&h);
	}
}

/* What `data` of events is, where the fake kernel has counted the same on v1 and v2. */
static void numbers(void **state)
{
	static const struct { const char *v1, *v2; } wanted[] = {
		{ "\"usage\":{\"total\":3000000,\"kernel\":1000000,\"user\":2000000}", NULL },
		{ "\"throttling\":{\"periods\":10,\"throttledPeriods\":4,"
		  "\"throttledTime\":5000}", NULL },
		{ "\"memory\":{\"cache\":4096,\"raw\":{\"cache\":4096,\"file\":4096}", NULL },
		{ "\"usage\":{\"limit\":67108864,\"usage\":4096,\"max\":8192,\"failcnt\":5}",
		  NULL },
		{ "\"swap\":{\"usage\":12288,\"limit\":100663296}", NULL },
		{ "\"pids\":{\"current\":0,\"limit\":50}", NULL },
		{ "\"ioServiceBytesRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"Read\","
		  "\"value\":4096},{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":8192}",
		  NULL },
		{ "{\"major\":8,\"minor\":16,\"op\":\"Read\",\"value\":512}", NULL },
		{ "\"ioServicedRecursive\":[{\"major\":8,\"minor\":0,\"op\":\"Read\","
		  "\"value\":1},{\"major\":8,\"minor\":0,\"op\":\"Write\",\"value\":2}", NULL },
		{ "\"hugetlb\":{\"2MB\":{\"usage\":2097152,\"max\":4194304,\"failcnt\":7}}",
		  "\"hugetlb\":{\"2MB\":{\"usage\":2097152,\"failcnt\":7}}" },
	};
	struct json_object *o;
	struct host h;
	struct err e;

	(void)state;
	for (int v2 = 0; v2 < 2; v2++) {
		host_make(&h, v2 ? "v2" : "v1");
		assert_int_equal(set(&h, "{\"memory\":{\"limit\":67108864,\"swap\":100663296},"
				     "\"pids\":{\"limit\":50},\"cpu\":{\"quota\":5000},"
				     "\"blockIO\":{\"weight\":50},\"hugepageLimits\":["
				     "{\"pageSize\":\"2MB\",\"limit\":1}]}", true, &e), 0);
		o = stats_json(h.c.cg);
		for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
			const char *text = json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_PLAIN);
			const char *want = v2 && wanted[i].v2 ? wanted[i].v2 : wanted[i].v1;

			if (!strstr(text, want))
				fail_msg("v%d: no %s in %s", v2 + 1, want, text);
		}
		json_object_put(o);
		assert_int_equal(set(&h, "{\"pids\":{\"limit\":-1}}", true, &e), 0);
		o = stats_json(h.c.cg);
		assert_non_null(strstr(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
				       "\"limit\":0"));
		json_object_put(o);
		host_free(&h);
	}
	/* What is not counted is not there. */
	host_make(&h, "none");
	o = stats_json(h.c.cg);
	assert_string_equal(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
			    "{\"cpu\":{\"usage\":{},\"throttling\":{}},\"memory\":{\"usage\":{},"
			    "\"swap\":{}},\"pids\":{},\"blkio\":{},\"hugetlb\":{}}");
	json_object_put(o);
	host_free(&h);
}

static int with_log(void **state)
{
	struct err e = { 0 };
	int fd;

	(void)state;
	snprintf(record.log, sizeof(record.log), "/tmp/test-resources.XXXXXX");
	fd = mkostemp(record.log, O_CLOEXEC);
	if (fd < 0)
		return -1;
	close(fd);
	return log_open(record.log, NULL, NULL, false, &e);
}

static int without_log(void **state)
{
	(void)state;
	return unlink(record.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_property),
		cmocka_unit_test(without_controllers),
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(the_order),
		cmocka_unit_test(errors),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests_name("resources", tests, with_log, without_log);
}
