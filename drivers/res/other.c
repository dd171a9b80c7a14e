/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Controllers whose files are alike in both versions, and what v1 spreads over several files. */
#include <stdio.h>

#include "res/key.h"

/* A line of a key, and the v1 file that has the number, alone or behind a word. */
static const struct {
	const char *key, *as, *file, *word;
	unsigned unit;
} lines[] = {
	{ "cpu.stat", "usage_usec", "cpuacct.usage", NULL, 1000 },
	{ "cpu.stat", "user_usec", "cpuacct.usage_user", NULL, 1000 },	/* Linux 4.6 */
	{ "cpu.stat", "system_usec", "cpuacct.usage_sys", NULL, 1000 },
	{ "cpu.stat", "nr_periods", "cpu.stat", "nr_periods", 1 },
	{ "cpu.stat", "nr_throttled", "cpu.stat", "nr_throttled", 1 },
	{ "cpu.stat", "throttled_usec", "cpu.stat", "throttled_time", 1000 },
	{ "memory.events", "max", "memory.failcnt", NULL, 1 },
	{ "memory.events", "oom_kill", "memory.oom_control", "oom_kill", 1 },	/* Linux 4.13 */
	{ "hugetlb.*.events", "max", "", NULL, 1 },	/* the file that serves the key */
};

int cgi_get_lines(const struct cgi_item *it, struct cgi_buf *out)
{
	char text[512];
	uint64_t n;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *file = *lines[i].file ? lines[i].file : it->file;
		struct cgi_place *at = cgi_res_v1(it->l, file);

		if (strcmp(lines[i].key, it->row->name) || !at)
			continue;
		rc = cgi_res_has(it->ctx, at, file);
		if (rc > 0)
			rc = (int)cgi_place_word(it->ctx, at, file, text, sizeof(text));
		if (rc < 0)
			return rc;
		if (rc && !(lines[i].word ? cgi_parse_keyed(text, lines[i].word, &n) :
			    cgi_parse_u64(text, &n)))
			cgi_buf_add(out, "%s%s %llu", out->len ? "\n" : "", lines[i].as,
				    (unsigned long long)(n / lines[i].unit));
	}
	return 0;
}

/* An empty list of processors or nodes is a value: those of the group above (v2), or none. */
const struct cgi_key cgi_other_keys[] = {
	CGI_ROW("pids.max", CGI_NUMBER | CGI_MAX, "pids.max"),
	CGI_ROW("cpuset.mems", CGI_EMPTY, "cpuset.mems"),
	CGI_ROW("cpuset.cpus", CGI_EMPTY, "cpuset.cpus"),
	CGI_ROW("cpuset.cpus.exclusive", CGI_EMPTY, NULL),
	CGI_ROW("cpuset.cpus.effective", 0, "cpuset.effective_cpus"),
	CGI_ROW("cpuset.mems.effective", 0, "cpuset.effective_mems"),
	/* and "hugetlb.2MB.rsvd.max" */
	CGI_ROW("hugetlb.*.max", CGI_NUMBER | CGI_MAX | CGI_BYTES, "hugetlb.*.limit_in_bytes"),
	CGI_ROW("hugetlb.*.current", 0, "hugetlb.*.usage_in_bytes"),
	CGI_ROW("hugetlb.*.peak", 0, "hugetlb.*.max_usage_in_bytes"),
	{ .name = "hugetlb.*.events", .file = { "hugetlb.*.events", "hugetlb.*.failcnt" },
	  .get = { NULL, cgi_get_lines } },
	{ 0 }
};
