/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Block devices. io.max and io.stat of cgroup v2 are a file for each of their words in v1's
 * blkio. A value may have a line for each device.
 */
#include <stdio.h>

#include "res/key.h"

#define DIGITS	"0123456789"

/* "MAJOR:MINOR" */
static bool is_device(const char *s)
{
	size_t major = strspn(s, DIGITS);
	size_t minor = s[major] == ':' ? strspn(s + major + 1, DIGITS) : 0;

	return major && minor && !s[major + 1 + minor];
}

/* Cuts each line into words for `one`, which appends what is to be written. */
static int parse_lines(struct cgi_item *it,
		       int (*one)(struct cgi_item *it, char *word, char **save, struct cgi_buf *b))
{
	_cleanup_(cgi_buf_free) struct cgi_buf b = { 0 };
	char line[256], *save, *word;
	int rc = 0;

	CGI_EACH_LINE(s, it->text) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(s, "\n"), s);
		word = strtok_r(line, " \t", &save);
		if (!word || strcspn(s, "\n") >= sizeof(line))
			return cgi_fail(it->ctx, -EINVAL, "%s: a line is empty or too long",
					it->key);
		cgi_buf_add(&b, b.len ? "\n" : "");
		rc = one(it, word, &save, &b);
		if (rc)
			return rc;
	}
	return cgi_value_take(it, &b);
}

/*
 * Calls fn for each device that begins lines of the texts, once; the answer has a line of it.
 */
static int each_device(struct cg_ctx *ctx, char **text, size_t n,
		       void (*fn)(char **text, const char *device, struct cgi_buf *out),
		       struct cgi_buf *out)
{
	_cleanup_(cgi_buf_free) struct cgi_buf seen = { 0 };
	char device[48];

	cgi_buf_add(&seen, "\n");
	for (size_t i = 0; i < n; i++)
		CGI_EACH_LINE(s, text[i]) {
			int len = (int)strspn(s, DIGITS ":");

			snprintf(device, sizeof(device), "\n%.*s ", len, s);
			if (!len || s[len] != ' ' || seen.failed || strstr(seen.s, device))
				continue;
			cgi_buf_add(&seen, "%s", device);
			device[len + 1] = '\0';
			cgi_buf_add(out, "%s", device + !out->len);
			fn(text, device + 1, out);
		}
	return seen.failed ? cgi_nomem(ctx) : 0;
}

/* ---- io.max: "MAJOR:MINOR WORD=LIMIT..." ---- */

static const struct { const char *word, *file; } limits[] = {
	{ "rbps", "blkio.throttle.read_bps_device" },
	{ "wbps", "blkio.throttle.write_bps_device" },
	{ "riops", "blkio.throttle.read_iops_device" },
	{ "wiops", "blkio.throttle.write_iops_device" },
};

static const char *file_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		if (!strcmp(limits[i].word, word))
			return limits[i].file;
	return NULL;
}

static int limit_line(struct cgi_item *it, char *word, char **save, struct cgi_buf *b)
{
	uint64_t n;
	char *limit;
	int rc = 0;

	if (!is_device(word) || !**save)
		return cgi_fail(it->ctx, -EINVAL, "io.max: \"%.60s\" is not MAJOR:MINOR and limits",
				word);
	cgi_buf_add(b, "%s", word);
	while (!rc && (word = strtok_r(NULL, " \t", save))) {
		limit = strchr(word, '=');
		if (limit)
			*limit++ = '\0';
		if (!limit || !file_of(word))
			return cgi_fail(it->ctx, -EINVAL, "io.max: \"%.60s\" is not known", word);
		cgi_buf_add(b, " %s=", word);
		if (!strcmp(limit, "18446744073709551615")) {	/* says "max" as well */
			cgi_buf_add(b, "%s", limit);
			continue;
		}
		rc = cgi_number(it->ctx, it->key, limit, CGI_MAX, &n);
		if (!rc && !n)
			rc = cgi_fail(it->ctx, -ERANGE, "io.max: %s=0 would stop everything", word);
		if (!rc)
			cgi_add_number(b, n);
	}
	return rc;
}

static int parse_max(struct cgi_item *it)
{
	return parse_lines(it, limit_line);
}

static int set_max_v2(struct cgi_plan *p, const struct cgi_item *it)
{
	char line[256];
	int rc = 0;

	CGI_EACH_LINE(s, it->text) {
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(s, "\n"), s);
		rc = rc ? rc : cgi_plan_put_device(p, it->at, it->file, "rbps=max wbps=max "
						   "riops=max wiops=max", line);
	}
	return rc;
}

static int set_max_v1(struct cgi_plan *p, const struct cgi_item *it)
{
	char device[48] = "", word[8], limit[24], text[80];
	int rc = 0, used;

	for (const char *s = it->text; !rc && *s; s += used) {
		s += *s == '\n';
		if (sscanf(s, "%47[0-9:]%n", device, &used) == 1)
			continue;
		if (sscanf(s, " %7[a-z]=%23[a-z0-9]%n", word, limit, &used) != 2)
			return -EIO;
		snprintf(text, sizeof(text), "%s %s", device, strcmp(limit, "max") ? limit : "0");
		rc = cgi_plan_put_device(p, it->at, file_of(word), "0", text);
	}
	return rc;
}

static void limits_of(char **text, const char *device, struct cgi_buf *out)
{
	uint64_t v;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		cgi_buf_add(out, " %s=", limits[i].word);
		cgi_add_number(out, cgi_parse_keyed(text[i], device, &v) || !v ? UINT64_MAX : v);
	}
}

static int get_max(const struct cgi_item *it, struct cgi_buf *out)
{
	char *text[ARRAY_SIZE(limits)] = { NULL };
	ssize_t n = 0;
	int rc;

	for (size_t i = 0; n >= 0 && i < ARRAY_SIZE(limits); i++)
		n = cgi_place_text(it->ctx, it->at, limits[i].file, &text[i]);
	rc = n < 0 ? (int)n : each_device(it->ctx, text, ARRAY_SIZE(limits), limits_of, out);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
		free(text[i]);
	return rc;
}

/* ---- io.weight: "[default] WEIGHT", "MAJOR:MINOR WEIGHT" ---- */

static int weight_line(struct cgi_item *it, char *word, char **save, struct cgi_buf *b)
{
	const char *number = strtok_r(NULL, " \t", save), *of = word;
	bool device = is_device(word);
	uint64_t n;
	int rc;

	if (!number && !device) {
		number = word;
		of = "default";
	}
	if (!number || (!device && strcmp(of, "default")) || strtok_r(NULL, " \t", save))
		return cgi_fail(it->ctx, -EINVAL, "io.weight: \"%.60s\" is no weight", it->text);
	rc = device && !strcmp(number, "default") ? 0 :
		cgi_number(it->ctx, it->key, number, CGI_WEIGHT, &n);
	cgi_buf_add(b, "%s %s", of, number);
	return rc;
}

static int parse_weight(struct cgi_item *it)
{
	return parse_lines(it, weight_line);
}

/* Both schedulers of v1, and BFQ on v2, count 10 to 1000: as OCI runtimes convert it. */
static unsigned scaled(uint64_t weight)
{
	return (unsigned)(10 + ((weight - 1) * 990 + 9998) / 9999);
}

static unsigned unscaled(uint64_t weight)
{
	return weight <= 10 ? 1 : (unsigned)(1 + (weight - 10) * 9999 / 990);
}

/* Into one file the default, into one that may be another those of devices. */
static int put_weights(struct cgi_plan *p, const struct cgi_item *it, const char *file,
		       const char *devices, const char *unset, bool scale)
{
	char word[48], number[24], line[80];
	uint64_t n;
	int rc = 0;

	CGI_EACH_LINE(s, it->text) {
		if (rc || sscanf(s, "%47s %23s", word, number) != 2)
			return rc;
		n = strtoull(number, NULL, 0);
		if (scale && n)
			n = scaled(n);
		if (!strcmp(word, "default")) {
			rc = cgi_plan_put_u64(p, it->at, file, n);
			continue;
		}
		snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
		snprintf(line, sizeof(line), "%s %s", word, n ? number : unset);
		rc = cgi_plan_put_device(p, it->at, devices, unset, line);
	}
	return rc;
}

/* Each scheduler has a weight of its own. */
static int set_weight_v2(struct cgi_plan *p, const struct cgi_item *it)
{
	static const char bfq[] = "io.bfq.weight";
	int rc = cgi_res_has(p->ctx, it->at, bfq);

	if (rc > 0)
		rc = put_weights(p, it, bfq, bfq, "default", true);
	if (rc || !strcmp(it->file, bfq))
		return rc;
	return put_weights(p, it, it->file, it->file, "default", false);
}

static int set_weight_v1(struct cgi_plan *p, const struct cgi_item *it)
{
	bool bfq = strstr(it->file, "bfq");

	return put_weights(p, it, it->file, bfq ? "blkio.bfq.weight_device" :
			   "blkio.weight_device", bfq ? "default" : "0", true);
}

/* As v2 shows it. BFQ's file for devices has a line for the default too. */
static int get_weight(const struct cgi_item *it, struct cgi_buf *out)
{
	_cleanup_free_ char *text = NULL, *devices = NULL;
	unsigned long long n;
	char name[64];
	ssize_t rc = cgi_place_text(it->ctx, it->at, it->file, &text);

	snprintf(name, sizeof(name), "%.40s%s", it->file, CGI_IS_V1(it->at) ? "_device" : "");
	if (rc >= 0)
		rc = cgi_place_text(it->ctx, it->at, name, &devices);
	if (rc < 0)
		return (int)rc;
	if (sscanf(text, "default %llu", &n) == 1 || sscanf(text, "%llu", &n) == 1)
		cgi_buf_add(out, "default %u", unscaled(n));
	CGI_EACH_LINE(s, devices)
		if (sscanf(s, "%47[0-9:] %llu", name, &n) == 2 && is_device(name))
			cgi_buf_add(out, "\n%s %u", name, unscaled(n));
	return 0;
}

/* ---- io.stat ---- */

static const struct { unsigned char file; const char *operation, *word; } counts[] = {
	{ 0, "Read", "rbytes" }, { 0, "Write", "wbytes" }, { 1, "Read", "rios" },
	{ 1, "Write", "wios" }, { 0, "Discard", "dbytes" }, { 1, "Discard", "dios" },
};

static void counts_of(char **text, const char *device, struct cgi_buf *out)
{
	char key[64];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		uint64_t n = 0;

		snprintf(key, sizeof(key), "%s %s", device, counts[i].operation);
		(void)cgi_parse_keyed(text[counts[i].file], key, &n);
		cgi_buf_add(out, " %s=%llu", counts[i].word, (unsigned long long)n);
	}
}

static int get_stat(const struct cgi_item *it, struct cgi_buf *out)
{
	char *text[2] = { NULL };
	ssize_t n = cgi_place_text(it->ctx, it->at, it->file, &text[0]);
	int rc;

	if (n >= 0)
		n = cgi_place_text(it->ctx, it->at, "blkio.throttle.io_serviced_recursive",
				   &text[1]);
	rc = n < 0 ? (int)n : each_device(it->ctx, text, 2, counts_of, out);
	free(text[0]);
	free(text[1]);
	return rc;
}

const struct cgi_key cgi_io_keys[] = {
	{ .name = "io.weight", .file = { "io.weight", "blkio.bfq.weight" }, .parse = parse_weight,
	  .set = { set_weight_v2, set_weight_v1 }, .get = { NULL, get_weight } },
	{ .name = "io.weight", .file = { "io.bfq.weight", "blkio.weight" }, .parse = parse_weight,
	  .set = { set_weight_v2, set_weight_v1 }, .get = { get_weight, get_weight } },
	{ .name = "io.max", .file = { "io.max", "blkio.throttle.read_bps_device" },
	  .parse = parse_max, .set = { set_max_v2, set_max_v1 }, .get = { NULL, get_max } },
	{ .name = "io.stat", .get = { NULL, get_stat },
	  .file = { "io.stat", "blkio.throttle.io_service_bytes_recursive" } },
	{ 0 }
};
