/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources under their names of cgroup v2, on v1: other names, -1 for "max", swap counted
 * together with memory, and one file of v2 in two of v1. A name that v1 has itself is taken
 * as it is.
 */
#include <stdio.h>

#include "v1.h"

#define NO_LIMIT	(INT64_MAX - 65536)	/* v1 rounds "no limit" down to pages */

static const char *const names[][2] = {
	{ "memory.max", "memory.limit_in_bytes" },
	{ "memory.low", "memory.soft_limit_in_bytes" },
	{ "memory.current", "memory.usage_in_bytes" },
	{ "memory.peak", "memory.max_usage_in_bytes" },
	{ "cpu.max.burst", "cpu.cfs_burst_us" },
	{ "cpuset.cpus.effective", "cpuset.effective_cpus" },
	{ "cpuset.mems.effective", "cpuset.effective_mems" },
};

/* "hugetlb.2MB.max" and "hugetlb.2MB.rsvd.max" */
static const char *const hugetlb[][2] = {
	{ ".max", "limit_in_bytes" },
	{ ".current", "usage_in_bytes" },
	{ ".peak", "max_usage_in_bytes" },
};

static const char *v1_name(const char *key, char *buf, size_t size)
{
	const char *dot = strrchr(key, '.');

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i][0], key))
			return names[i][1];
	if (strncmp(key, "hugetlb.", 8))
		return key;
	for (size_t i = 0; i < ARRAY_SIZE(hugetlb); i++) {
		if (strcmp(dot, hugetlb[i][0]))
			continue;
		snprintf(buf, size, "%.*s.%s", (int)(dot - key), key, hugetlb[i][1]);
		return buf;
	}
	return key;
}

/* A limit that is none is UINT64_MAX. */
static int get_u64(struct cg_part *p, const char *key, uint64_t *ret)
{
	char buf[32];
	int rc = cgi_v1_raw_get(p, key, buf, sizeof(buf));

	if (rc)
		return rc;
	if (cgi_parse_u64(buf, ret) || *ret >= NO_LIMIT)
		*ret = UINT64_MAX;
	return 0;
}

static int set_u64(struct cg_part *p, const char *key, uint64_t value)
{
	char buf[24];

	if (value == UINT64_MAX)
		return cgi_v1_raw_set(p, key, "-1");
	snprintf(buf, sizeof(buf), "%llu", (unsigned long long)value);
	return cgi_v1_raw_set(p, key, buf);
}

static int parse(struct cg_part *p, const char *key, const char *value, uint64_t *ret)
{
	if (!strcmp(value, "max")) {
		*ret = UINT64_MAX;
		return 0;
	}
	return cgi_parse_u64(value, ret) ?
		cgi_fail(p->ctx, -EINVAL, "%s: \"%.60s\" is no number", key, value) : 0;
}

/* How much swap there may be stays as it is; the sum may never be below the memory alone. */
static int set_memory(struct cg_part *p, const char *value)
{
	static const char mem[] = "memory.limit_in_bytes", sum[] = "memory.memsw.limit_in_bytes";
	uint64_t want, old, both;
	int rc = parse(p, "memory.max", value, &want);

	if (rc)
		return rc;
	if (get_u64(p, mem, &old) || get_u64(p, sum, &both) || both == UINT64_MAX)
		return set_u64(p, mem, want);
	both = want == UINT64_MAX || both < old ? UINT64_MAX : want + (both - old);
	if (want > old) {
		rc = set_u64(p, sum, both);
		return rc ? rc : set_u64(p, mem, want);
	}
	rc = set_u64(p, mem, want);
	return rc ? rc : set_u64(p, sum, both);
}

static int set_swap(struct cg_part *p, const char *value)
{
	uint64_t swap, mem;
	int rc = parse(p, "memory.swap.max", value, &swap);

	if (!rc)
		rc = get_u64(p, "memory.limit_in_bytes", &mem);
	if (rc)
		return rc;
	if (swap == UINT64_MAX)
		return set_u64(p, "memory.memsw.limit_in_bytes", swap);
	if (mem == UINT64_MAX)
		return cgi_fail(p->ctx, -EINVAL, "memory.swap.max: cgroup v1 limits it only "
				"together with memory, which has no limit");
	return set_u64(p, "memory.memsw.limit_in_bytes", mem + swap);
}

static int get_swap(struct cg_part *p, char *buf, size_t size)
{
	uint64_t both, mem;
	int rc = get_u64(p, "memory.memsw.limit_in_bytes", &both);

	if (!rc)
		rc = get_u64(p, "memory.limit_in_bytes", &mem);
	if (rc)
		return rc;
	if (both == UINT64_MAX || mem == UINT64_MAX)
		rc = snprintf(buf, size, "max");
	else
		rc = snprintf(buf, size, "%llu", (unsigned long long)(both - mem));
	return (size_t)rc < size ? 0 : cgi_fail(p->ctx, -ERANGE, "memory.swap.max is longer");
}

/* "QUOTA [PERIOD]". A period that does not go with the old quota may go with the new one. */
static int set_cpu_max(struct cg_part *p, const char *value)
{
	static const char quota_file[] = "cpu.cfs_quota_us", period_file[] = "cpu.cfs_period_us";
	char quota[24], period[24] = "";
	int rc, early = 0;

	if (sscanf(value, "%23s %23s", quota, period) < 1)
		return cgi_fail(p->ctx, -EINVAL, "cpu.max: \"%.60s\" is no quota", value);
	if (*period)
		early = cgi_v1_raw_set(p, period_file, period);
	rc = cgi_v1_raw_set(p, quota_file, strcmp(quota, "max") ? quota : "-1");
	return rc || !early ? rc : cgi_v1_raw_set(p, period_file, period);
}

static int get_cpu_max(struct cg_part *p, char *buf, size_t size)
{
	char quota[24], period[24];
	int rc = cgi_v1_raw_get(p, "cpu.cfs_quota_us", quota, sizeof(quota));

	if (!rc)
		rc = cgi_v1_raw_get(p, "cpu.cfs_period_us", period, sizeof(period));
	if (rc)
		return rc;
	rc = snprintf(buf, size, "%s %s", quota[0] == '-' ? "max" : quota, period);
	return (size_t)rc < size ? 0 : cgi_fail(p->ctx, -ERANGE, "cpu.max is longer");
}

/* 1 to 10000 there, 2 to 262144 here. */
static int set_weight(struct cg_part *p, const char *value)
{
	uint64_t weight;
	int rc = parse(p, "cpu.weight", value, &weight);

	if (!rc && (weight < 1 || weight > 10000))
		rc = cgi_fail(p->ctx, -EINVAL, "cpu.weight: must be within 1 and 10000");
	return rc ? rc : set_u64(p, "cpu.shares", 2 + (weight - 1) * 262142 / 9999);
}

static int get_weight(struct cg_part *p, char *buf, size_t size)
{
	uint64_t shares;
	int rc = get_u64(p, "cpu.shares", &shares);

	if (rc)
		return rc;
	rc = snprintf(buf, size, "%llu", (unsigned long long)
		      (1 + (shares > 2 ? shares - 2 : 0) * 9999 / 262142));
	return (size_t)rc < size ? 0 : cgi_fail(p->ctx, -ERANGE, "cpu.weight is longer");
}

int cgi_v1_set(struct cg_part *p, const char *key, const char *value)
{
	char name[128];

	if (!strcmp(key, "devices.rules"))
		return cgi_v1_set_devices(p, value);
	if (!strcmp(key, "memory.max"))
		return set_memory(p, value);
	if (!strcmp(key, "memory.swap.max"))
		return set_swap(p, value);
	if (!strcmp(key, "cpu.max"))
		return set_cpu_max(p, value);
	if (!strcmp(key, "cpu.weight"))
		return set_weight(p, value);
	if (!strcmp(key, "io.weight"))
		return cgi_v1_set_io_weight(p, value);
	if (!strcmp(key, "io.max"))
		return cgi_v1_set_io_max(p, value);
	if (!strcmp(value, "max") && v1_name(key, name, sizeof(name)) != key)
		value = "-1";
	return cgi_v1_raw_set(p, v1_name(key, name, sizeof(name)), value);
}

int cgi_v1_get(struct cg_part *p, const char *key, char *buf, size_t size)
{
	char name[128];
	uint64_t n;
	int rc;

	if (!strcmp(key, "memory.swap.max"))
		return get_swap(p, buf, size);
	if (!strcmp(key, "cpu.max"))
		return get_cpu_max(p, buf, size);
	if (!strcmp(key, "cpu.weight"))
		return get_weight(p, buf, size);
	rc = cgi_v1_get_counter(p, key, buf, size);
	if (rc != -ENOENT)
		return rc;
	rc = cgi_v1_raw_get(p, v1_name(key, name, sizeof(name)), buf, size);
	if (!rc && v1_name(key, name, sizeof(name)) != key && !cgi_parse_u64(buf, &n) &&
	    n >= NO_LIMIT && size > 3)
		memcpy(buf, "max", 4);
	return rc;
}
