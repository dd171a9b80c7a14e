/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* io.weight, io.max and io.stat of cgroup v2 on v1's blkio: a file for each of their words. */
#include <stdio.h>

#include "v1.h"

/* By one scheduler or the other. */
static int set_weight_file(struct cg_part *p, const char *suffix, const char *value)
{
	char name[64];
	int rc;

	snprintf(name, sizeof(name), "blkio.bfq.weight%s", suffix);
	rc = cgi_v1_raw_set(p, name, value);
	if (rc != -EOPNOTSUPP)
		return rc;
	snprintf(name, sizeof(name), "blkio.weight%s", suffix);
	return cgi_v1_raw_set(p, name, value);
}

int cgi_v1_set_io_weight(struct cg_part *p, const char *value)
{
	char scaled[48];
	int rc = cgi_io_weight(p->ctx, value, scaled, sizeof(scaled));

	return rc ? rc : set_weight_file(p, strchr(scaled, ' ') ? "_device" : "", scaled);
}

static const struct { const char *word, *file; } limits[] = {
	{ "rbps", "blkio.throttle.read_bps_device" },
	{ "wbps", "blkio.throttle.write_bps_device" },
	{ "riops", "blkio.throttle.read_iops_device" },
	{ "wiops", "blkio.throttle.write_iops_device" },
};

static int set_limit(struct cg_part *p, const char *device, const char *word, const char *limit)
{
	char text[64];

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		if (strcmp(limits[i].word, word))
			continue;
		snprintf(text, sizeof(text), "%s %s", device,
			 strcmp(limit, "max") ? limit : "0");
		return cgi_v1_raw_set(p, limits[i].file, text);
	}
	return cgi_fail(p->ctx, -EINVAL, "io.max: \"%s\" is not known", word);
}

/* "MAJOR:MINOR WORD=LIMIT..." */
int cgi_v1_set_io_max(struct cg_part *p, const char *value)
{
	char device[24], word[8], limit[24];
	int rc, used;

	if (sscanf(value, " %23[0-9:]%n", device, &used) != 1)
		return cgi_fail(p->ctx, -EINVAL, "io.max: \"%.60s\" names no device", value);
	do {
		value += used;
		if (sscanf(value, " %7[a-z]=%23[a-z0-9]%n", word, limit, &used) != 2)
			return cgi_fail(p->ctx, -EINVAL, "io.max: \"%.60s\" is no limit", value);
		rc = set_limit(p, device, word, limit);
	} while (!rc && value[used]);
	return rc;
}

/* ---- io.stat ---- */

static const char bytes[] = "blkio.throttle.io_service_bytes_recursive";
static const char operations[] = "blkio.throttle.io_serviced_recursive";

static const struct { const char *file, *operation, *word; } counts[] = {
	{ bytes, "Read", "rbytes" }, { bytes, "Write", "wbytes" },
	{ operations, "Read", "rios" }, { operations, "Write", "wios" },
	{ bytes, "Discard", "dbytes" }, { operations, "Discard", "dios" },
};

/* The number of "DEVICE OPERATION N". */
static uint64_t count_of(const char *text, const char *device, const char *operation)
{
	char key[64];
	uint64_t n = 0;

	snprintf(key, sizeof(key), "%s %s", device, operation);
	(void)cgi_parse_keyed(text, key, &n);
	return n;
}

/* A line for each device; it stands in the first of its lines in the file. */
int cgi_v1_get_io_stat(struct cg_part *p, char *buf, size_t size)
{
	_cleanup_free_ char *sizes = NULL, *numbers = NULL;
	_cleanup_(cgi_buf_free) struct cgi_buf out = { 0 };
	char device[24], last[24] = "";
	int rc = cgi_v1_raw_text(p, bytes, &sizes);

	if (!rc)
		rc = cgi_v1_raw_text(p, operations, &numbers);
	if (rc)
		return rc;
	for (const char *s = sizes; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		if (sscanf(s, "%23[0-9:] ", device) != 1 || !strcmp(device, last))
			continue;
		snprintf(last, sizeof(last), "%s", device);
		cgi_buf_add(&out, "%s%s", out.len ? "\n" : "", device);
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			cgi_buf_add(&out, " %s=%llu", counts[i].word, (unsigned long long)
				    count_of(counts[i].file == bytes ? sizes : numbers, device,
					     counts[i].operation));
	}
	return cgi_v1_answer(p, &out, "io.stat", buf, size);
}
