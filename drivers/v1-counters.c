/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a group has used, in the words of cgroup v2, from the files of v1: other units, and
 * one text of v2 in several files, some of them in another hierarchy.
 */
#include <stdio.h>

#include "v1.h"

/* A number of a v1 file, or of the line of it that begins with `line`. */
static int number_in(struct cg_part *p, const char *key, const char *line, uint64_t *ret)
{
	char text[1024];
	int rc = cgi_v1_raw_get(p, key, text, sizeof(text));

	if (!rc)
		rc = line ? cgi_parse_keyed(text, line, ret) : cgi_parse_u64(text, ret);
	return rc;
}

static void add(struct cg_part *p, struct cgi_buf *out, const char *as, const char *key,
		const char *line, unsigned unit)
{
	uint64_t n;

	if (!number_in(p, key, line, &n))
		cgi_buf_add(out, "%s%s %llu", out->len ? "\n" : "", as,
			    (unsigned long long)(n / unit));
}

int cgi_v1_answer(struct cg_part *p, struct cgi_buf *out, const char *key, char *buf, size_t size)
{
	if (out->failed)
		return cgi_fail(p->ctx, -ENOMEM, "no memory");
	if (out->len >= size)
		return cgi_fail(p->ctx, -ERANGE, "%s is longer", key);
	snprintf(buf, size, "%s", out->len ? out->s : "");
	return 0;
}

struct line {
	const char *as, *key, *line;
	unsigned unit;
};

static const struct line cpu[] = {
	{ "usage_usec", "cpuacct.usage", NULL, 1000 },
	{ "user_usec", "cpuacct.usage_user", NULL, 1000 },	/* Linux 4.6 */
	{ "system_usec", "cpuacct.usage_sys", NULL, 1000 },
	{ "nr_periods", "cpu.stat", "nr_periods", 1 },
	{ "nr_throttled", "cpu.stat", "nr_throttled", 1 },
	{ "throttled_usec", "cpu.stat", "throttled_time", 1000 },
};

static const struct line memory[] = {
	{ "max", "memory.failcnt", NULL, 1 },
	{ "oom_kill", "memory.oom_control", "oom_kill", 1 },	/* Linux 4.13 */
};

/* The file that has the lines may be there in part: a hierarchy can be somebody else's. */
static int get_lines(struct cg_part *p, const char *key, const struct line *l, size_t n, char *buf,
		     size_t size)
{
	_cleanup_(cgi_buf_free) struct cgi_buf out = { 0 };

	for (size_t i = 0; i < n; i++)
		add(p, &out, l[i].as, l[i].key, l[i].line, l[i].unit);
	if (!out.len && !out.failed)
		return cgi_fail(p->ctx, -EOPNOTSUPP, "no v1 hierarchy of this group has %s", key);
	return cgi_v1_answer(p, &out, key, buf, size);
}

/* v1 counts memory and swap together. */
static int get_swap(struct cg_part *p, char *buf, size_t size)
{
	_cleanup_(cgi_buf_free) struct cgi_buf out = { 0 };
	uint64_t both, mem;
	int rc = number_in(p, "memory.memsw.usage_in_bytes", NULL, &both);

	if (!rc)
		rc = number_in(p, "memory.usage_in_bytes", NULL, &mem);
	if (rc)
		return rc;
	/* They are not read at the same moment. */
	cgi_buf_add(&out, "%llu", (unsigned long long)(both > mem ? both - mem : 0));
	return cgi_v1_answer(p, &out, "memory.swap.current", buf, size);
}

/* "hugetlb.2MB.events" is how often its limit was met. */
static int get_hugetlb(struct cg_part *p, const char *key, char *buf, size_t size)
{
	char file[64];
	const struct line l = { "max", file, NULL, 1 };

	snprintf(file, sizeof(file), "%.*s.failcnt", (int)(strlen(key) - strlen(".events")), key);
	return get_lines(p, key, &l, 1, buf, size);
}

/* -ENOENT: the key is none of these. */
int cgi_v1_get_counter(struct cg_part *p, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key);

	if (!strcmp(key, "cpu.stat"))
		return get_lines(p, key, cpu, ARRAY_SIZE(cpu), buf, size);
	if (!strcmp(key, "memory.events"))
		return get_lines(p, key, memory, ARRAY_SIZE(memory), buf, size);
	if (!strcmp(key, "memory.swap.current"))
		return get_swap(p, buf, size);
	if (!strcmp(key, "io.stat"))
		return cgi_v1_get_io_stat(p, buf, size);
	if (!strncmp(key, "hugetlb.", 8) && len > 7 && !strcmp(key + len - 7, ".events"))
		return get_hugetlb(p, key, buf, size);
	return -ENOENT;
}
