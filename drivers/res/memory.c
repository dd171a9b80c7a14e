/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory. cgroup v1 limits and counts swap only together with memory ("memsw"). */
#include "res/key.h"

static const char mem_file[] = "memory.limit_in_bytes", sum_file[] = "memory.memsw.limit_in_bytes";

/* The kernel keeps whole pages; a sum of two limits is to be the sum of what is kept. */
static uint64_t sum_of(uint64_t mem, uint64_t swap)
{
	mem &= ~4095ULL;
	swap &= ~4095ULL;
	return mem > INT64_MAX || swap > INT64_MAX - mem ? UINT64_MAX : mem + swap;
}

/* How much swap there may be stays as it is. */
static int set_max(struct cgi_plan *p, const struct cgi_item *it)
{
	uint64_t old, both = UINT64_MAX;
	int rc = cgi_plan_u64(p, it->at, it->file, &old), swap;

	if (rc)
		return rc;
	swap = cgi_res_has(p->ctx, it->at, sum_file);
	rc = swap > 0 ? cgi_plan_u64(p, it->at, sum_file, &both) : swap;
	if (!rc)
		rc = cgi_plan_put_u64(p, it->at, it->file, it->n);
	if (rc || both == UINT64_MAX)
		return rc;
	return cgi_plan_put_u64(p, it->at, sum_file, it->n == UINT64_MAX || both < old ?
				UINT64_MAX : sum_of(it->n, both - old));
}

static int set_swap(struct cgi_plan *p, const struct cgi_item *it)
{
	uint64_t mem = 0;
	int rc = it->n == UINT64_MAX ? 0 : cgi_plan_u64(p, it->at, mem_file, &mem);

	if (mem == UINT64_MAX)
		return cgi_fail(p->ctx, -EINVAL, "memory.swap.max: cgroup v1 limits it only "
				"together with memory, which has no limit");
	return rc ? rc : cgi_plan_put_u64(p, it->at, it->file, it->n == UINT64_MAX ? it->n :
					  sum_of(mem, it->n));
}

static int get_swap(const struct cgi_item *it, struct cgi_buf *out)
{
	uint64_t both, mem;
	int rc = cgi_res_u64(it->ctx, it->at, it->file, &both);

	if (!rc)
		rc = cgi_res_u64(it->ctx, it->at, strcmp(it->file, sum_file) ?
				 "memory.usage_in_bytes" : mem_file, &mem);
	if (rc)
		return rc;
	/* They are not read at the same moment. */
	cgi_add_number(out, both == UINT64_MAX ? both : both > mem ? both - mem : 0);
	return 0;
}

#define LIMIT	(CGI_NUMBER | CGI_MAX | CGI_BYTES)

/* Memory comes before the swap that v1 counts from it. */
const struct cgi_key cgi_memory_keys[] = {
	{ .name = "memory.max", .flags = LIMIT, .file = { "memory.max", mem_file },
	  .set = { NULL, set_max } },
	{ .name = "memory.swap.max", .flags = LIMIT, .file = { "memory.swap.max", sum_file },
	  .set = { NULL, set_swap }, .get = { NULL, get_swap } },
	CGI_ROW("memory.low", LIMIT, "memory.soft_limit_in_bytes"),
	CGI_ROW("memory.min", LIMIT, NULL),
	CGI_ROW("memory.high", LIMIT, NULL),
	CGI_ROW("memory.swap.high", LIMIT, NULL),
	CGI_ROW("memory.zswap.max", LIMIT, NULL),
	CGI_ROW("memory.current", 0, "memory.usage_in_bytes"),
	CGI_ROW("memory.peak", 0, "memory.max_usage_in_bytes"),
	{ .name = "memory.swap.current", .get = { NULL, get_swap },
	  .file = { "memory.swap.current", "memory.memsw.usage_in_bytes" } },
	{ .name = "memory.events", .file = { "memory.events", "memory.failcnt" },
	  .get = { NULL, cgi_get_lines } },
	{ 0 }
};
