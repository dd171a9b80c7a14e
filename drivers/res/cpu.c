/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Processor time. Shares of cgroup v1 are weights of v2 by the kernel's own arithmetic: weight
 * 100 is what 1024 shares are (sched_weight_from_cgroup()).
 */
#include <stdio.h>

#include "res/key.h"

/* Two weights differ by ten shares or more, so each comes back as it was set. */
static int set_weight(struct cgi_plan *p, const struct cgi_item *it)
{
	return cgi_plan_put_u64(p, it->at, it->file, (it->n * 1024 + 50) / 100);
}

static int get_weight(const struct cgi_item *it, struct cgi_buf *out)
{
	uint64_t n = 0;
	int rc = cgi_res_u64(it->ctx, it->at, it->file, &n);

	n = (n * 100 + 512) / 1024;
	cgi_add_number(out, n < 1 ? 1 : n > 10000 ? 10000 : n);
	return rc;
}

/*
 * cpu.shares on v2: as OCI runtimes convert it and engines look for it, 2 to 262144 spread
 * evenly over the weights. There are fewer weights than shares: one of 26 comes back as set.
 */
static int set_shares(struct cgi_plan *p, const struct cgi_item *it)
{
	uint64_t n = it->n < 2 ? 2 : it->n > 262144 ? 262144 : it->n;	/* as v1 does it */

	return cgi_plan_put_u64(p, it->at, it->file, 1 + (n - 2) * 9999 / 262142);
}

static int get_shares(const struct cgi_item *it, struct cgi_buf *out)
{
	uint64_t n = 1;
	int rc = cgi_res_u64(it->ctx, it->at, it->file, &n);

	cgi_add_number(out, 2 + ((n - 1) * 262142 + 9998) / 9999);
	return rc;
}

/* "QUOTA [PERIOD]": every kernel wants a millisecond at least, and at most a second's period. */
static int parse_max(struct cgi_item *it)
{
	_cleanup_(cgi_buf_free) struct cgi_buf b = { 0 };
	char quota[24], period[24] = "", more;
	uint64_t q, p = 100000;
	int rc, n = sscanf(it->text, "%23s %23s %c", quota, period, &more);

	if (n > 2)
		return cgi_fail(it->ctx, -EINVAL, "cpu.max: \"%.60s\" is not a quota and a period",
				it->text);
	rc = cgi_number(it->ctx, it->key, quota, CGI_MAX, &q);
	if (!rc && n == 2)
		rc = cgi_number(it->ctx, it->key, period, 0, &p);
	if (rc)
		return rc;
	if (q < 1000 || p < 1000 || p > 1000000)
		return cgi_fail(it->ctx, -EINVAL, "cpu.max: \"%.60s\": a quota is 1000 or more, "
				"a period 1000 to 1000000 microseconds", it->text);
	cgi_add_number(&b, q);
	if (n == 2)
		cgi_buf_add(&b, " %llu", (unsigned long long)p);
	return cgi_value_take(it, &b);
}

/* Without a period that of before stays, as on v2. */
static int set_max(struct cgi_plan *p, const struct cgi_item *it)
{
	char quota[24], period[24];
	int n = sscanf(it->text, "%23s %23s", quota, period);
	int rc = n == 2 ? cgi_plan_put(p, it->at, "cpu.cfs_period_us", period) : 0;

	return rc ? rc : cgi_plan_put(p, it->at, it->file, strcmp(quota, "max") ? quota : "-1");
}

static int get_max(const struct cgi_item *it, struct cgi_buf *out)
{
	uint64_t quota, period;
	int rc = cgi_res_u64(it->ctx, it->at, it->file, &quota);

	if (!rc)
		rc = cgi_res_u64(it->ctx, it->at, "cpu.cfs_period_us", &period);
	if (rc)
		return rc;
	cgi_add_number(out, quota);
	cgi_buf_add(out, " %llu", (unsigned long long)period);
	return 0;
}

/*
 * An idle group takes no weight, and a burst is never above the quota: plan.c finds the order.
 * cpu.stat is asked of v1 first: on a hybrid host the v2 tree has no cpu controller, so that
 * its cpu.stat counts time but none of the throttling.
 */
const struct cgi_key cgi_cpu_keys[] = {
	CGI_ROW("cpu.idle", CGI_NUMBER, "cpu.idle"),
	{ .name = "cpu.weight", .flags = CGI_NUMBER | CGI_WEIGHT,
	  .file = { "cpu.weight", "cpu.shares" }, .set = { NULL, set_weight },
	  .get = { NULL, get_weight } },
	{ .name = "cpu.shares", .flags = CGI_NUMBER, .file = { "cpu.weight", "cpu.shares" },
	  .set = { set_shares }, .get = { get_shares } },
	{ .name = "cpu.max", .file = { "cpu.max", "cpu.cfs_quota_us" }, .parse = parse_max,
	  .set = { NULL, set_max }, .get = { NULL, get_max } },
	CGI_ROW("cpu.max.burst", CGI_NUMBER, "cpu.cfs_burst_us"),
	{ .name = "cpu.stat", .flags = CGI_V1_FIRST, .file = { "cpu.stat", "cpu.stat" },
	  .get = { NULL, cgi_get_lines } },
	{ .name = "cpu.stat", .flags = CGI_V1_FIRST, .file = { NULL, "cpuacct.usage" },
	  .get = { NULL, cgi_get_lines } },
	{ 0 }
};
