/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fake kernel makes of a value that is written to a control file: what it refuses,
 * what it rounds, which files depend on each other, and files with a line for each device.
 */
#include "fk.h"

#define NO_LIMIT	"9223372036854771712"
#define MAX		UINT64_MAX

static const char *value(const struct fk_cg *cg, const char *file, const char *initial)
{
	int i = fk_cg_file(file);

	return i >= 0 && cg->val[i] ? cg->val[i] : initial;
}

static int keep(struct fk_cg *cg, int file, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(cg->val[file]);
	cg->val[file] = copy;
	return 0;
}

int fk_keep(struct fk_cg *cg, int file, const char *text)
{
	/* v1 memory shows "no limit" as a number. */
	if (!strncmp(text, "-1", 2) && strstr(fk_file_name(file), "limit_in_bytes"))
		text = NO_LIMIT;
	return keep(cg, file, text);
}

/* A whole word that is a number or, where that may be, a word for the largest one. */
static int number(const char *s, const char *largest, uint64_t *ret)
{
	if (largest && !strcmp(s, largest)) {
		*ret = MAX;
		return 0;
	}
	if (!*s || s[strspn(s, "0123456789")])
		return -EINVAL;
	*ret = strtoull(s, NULL, 10);
	return 0;
}

/* ---- a line for each device ---- */

/* Puts `line` in the place of the one of that device; NULL: there is none any more. */
static int keep_line(struct fk_cg *cg, int file, const char *device, const char *line,
		     const char *initial)
{
	const char *old = cg->val[file] ? cg->val[file] : initial;
	struct fk_text t = { .len = 0 };
	size_t len = strlen(device);
	bool done = !line;
	int rc;

	for (const char *s = old; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		bool same = !strncmp(s, device, len) && s[len] == ' ';

		if (same && line)
			fk_text(&t, "%s%s", t.len ? "\n" : "", line);
		else if (!same)
			fk_text(&t, "%s%.*s", t.len ? "\n" : "", (int)strcspn(s, "\n"), s);
		done = done || same;
	}
	if (!done)
		fk_text(&t, "%s%s", t.len ? "\n" : "", line);
	rc = keep(cg, file, t.len ? t.s : "");
	fk_text_free(&t);
	return rc;
}

/* The words of io.max that are not written stay as they are. */
static int keep_io_max(struct fk_cg *cg, int file, const char *text)
{
	static const char *const word[] = { "rbps", "wbps", "riops", "wiops" };
	char device[32], part[64], key[16], limit[32], line[160];
	uint64_t v[4] = { MAX, MAX, MAX, MAX }, n;
	int used, len, at;

	if (sscanf(text, "%31[0-9:]%n", device, &used) != 1)
		return -EINVAL;
	for (const char *s = cg->val[file]; s; s = strchr(s, '\n'), s += !!s)
		if (!strncmp(s, device, strlen(device)) && s[strlen(device)] == ' ')
			for (int i = 0; i < 4; i++)
				if (sscanf(strstr(s, word[i]) + strlen(word[i]) + 1, "%31[a-z0-9]",
					   limit) == 1)
					number(limit, "max", &v[i]);
	for (text += used; sscanf(text, " %63s%n", part, &used) == 1; text += used) {
		if (sscanf(part, "%15[a-z]=%31s", key, limit) != 2 ||
		    number(limit, "max", &n))
			return -EINVAL;
		for (at = 0; at < 4 && strcmp(word[at], key); at++)
			;
		if (at == 4)
			return -EINVAL;
		if (!n)
			return -ERANGE;
		v[at] = n;
	}
	len = snprintf(line, sizeof(line), "%s", device);
	for (int i = 0; i < 4; i++)
		len += v[i] == MAX ? snprintf(line + len, sizeof(line) - len, " %s=max", word[i]) :
			snprintf(line + len, sizeof(line) - len, " %s=%llu", word[i],
				 (unsigned long long)v[i]);
	at = v[0] == MAX && v[1] == MAX && v[2] == MAX && v[3] == MAX;
	return keep_line(cg, file, device, at ? NULL : line, "");
}

/* Weights of a device, or of those that have none of their own. */
static int keep_weight(struct fk_cg *cg, int file, const char *text, uint64_t max)
{
	char device[32] = "default", limit[32], line[80];
	uint64_t n;

	if (sscanf(text, "%31s %31s", device, limit) < 2)
		memcpy(limit, device, sizeof(limit)), memcpy(device, "default", 8);
	if (strchr(device, ':') && !strcmp(limit, "default"))
		return keep_line(cg, file, device, NULL, "default 100");
	if (number(limit, NULL, &n))
		return -EINVAL;
	if (n < 1 || n > max)
		return -ERANGE;
	snprintf(line, sizeof(line), "%s %s", device, limit);
	return keep_line(cg, file, device, line, "default 100");
}

/* "8:0 N" of v1; 0 is none. */
static int keep_device(struct fk_cg *cg, int file, const char *text)
{
	char device[32], limit[32], line[80];
	uint64_t n;

	if (sscanf(text, "%31[0-9:] %31s", device, limit) != 2 || number(limit, NULL, &n))
		return -EINVAL;
	snprintf(line, sizeof(line), "%s %s", device, limit);
	return keep_line(cg, file, device, n && n != MAX ? line : NULL, "");
}

/* ---- processor time ---- */

/* A burst is never above the quota; a quota is a millisecond at least. */
static int bandwidth(uint64_t quota, uint64_t period, uint64_t burst)
{
	return quota < 1000 || period < 1000 || period > 1000000 ||
	       (quota != MAX && burst > quota) ? -EINVAL : 0;
}

static int keep_cpu_max(struct fk_cg *cg, int file, const char *text)
{
	char quota[24], period[24] = "", kept[64];
	const char *old = value(cg, "cpu.max", "max 100000");
	uint64_t q, p, burst = 0;

	if (sscanf(text, "%23s %23s", quota, period) < 1)
		return -EINVAL;
	if (!*period)
		snprintf(period, sizeof(period), "%s", strchr(old, ' ') + 1);
	number(value(cg, "cpu.max.burst", "0"), NULL, &burst);
	if (number(quota, "max", &q) || number(period, NULL, &p) || bandwidth(q, p, burst))
		return -EINVAL;
	snprintf(kept, sizeof(kept), "%s %s", quota, period);
	return keep(cg, file, kept);
}

static int keep_cpu(struct fk_cg *cg, int file, const char *text)
{
	const char *name = fk_file_name(file), *max = value(cg, "cpu.max", "max 100000");
	uint64_t v, quota = MAX, period = 0, burst = 0;
	char word[24];

	if (!strcmp(name, "cpu.max"))
		return keep_cpu_max(cg, file, text);
	if (number(text, strcmp(name, "cpu.cfs_quota_us") ? NULL : "-1", &v))
		return -EINVAL;
	if (!strcmp(name, "cpu.weight") && (v < 1 || v > 10000))
		return -ERANGE;
	if ((!strcmp(name, "cpu.weight") || !strcmp(name, "cpu.shares")) &&
	    strcmp(value(cg, "cpu.idle", "0"), "0"))
		return -EINVAL;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(max, " "), max);
	number(cg->h->v2 ? word : value(cg, "cpu.cfs_quota_us", "-1"), cg->h->v2 ? "max" : "-1",
	       &quota);
	number(value(cg, "cpu.cfs_period_us", "100000"), NULL, &period);
	number(value(cg, cg->h->v2 ? "cpu.max.burst" : "cpu.cfs_burst_us", "0"), NULL, &burst);
	if (!strcmp(name, "cpu.cfs_quota_us") ? bandwidth(v, period, burst) :
	    !strcmp(name, "cpu.cfs_period_us") ? bandwidth(quota, v, burst) :
	    strstr(name, "burst") ? bandwidth(quota, period, v) : 0)
		return -EINVAL;
	return keep(cg, file, text);
}

/* ---- the others ---- */

/* Whole pages. */
static int keep_bytes(struct fk_cg *cg, int file, const char *text, const char *largest)
{
	char kept[32];
	uint64_t n;

	if (number(text, largest, &n))
		return -EINVAL;
	snprintf(kept, sizeof(kept), "%llu", (unsigned long long)(n & ~4095ULL));
	return n == MAX ? fk_keep(cg, file, text) : keep(cg, file, kept);
}

/* Memory with swap is never less than memory alone. */
int fk_write_limit(struct fk *k, struct fk_cg *cg, const char *text)
{
	uint64_t mem = strtoull(value(cg, "memory.limit_in_bytes", NO_LIMIT), NULL, 10);
	uint64_t sum = strtoull(value(cg, "memory.memsw.limit_in_bytes", NO_LIMIT), NULL, 10);
	uint64_t v;

	if (number(text, "-1", &v))
		return -EINVAL;
	if (v > strtoull(NO_LIMIT, NULL, 10))
		v = strtoull(NO_LIMIT, NULL, 10);
	if (strstr(fk_file_name(k->writing), "memsw") ? v < mem : v > sum)
		return -EINVAL;
	return keep_bytes(cg, k->writing, text, "-1");
}

/* -EINVAL of what is no value. */
int fk_limit(struct fk_cg *cg, int file, const char *text)
{
	const char *name = fk_file_name(file);
	char line[256];
	uint64_t n;

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
	if (!strcmp(name, "io.max"))
		return keep_io_max(cg, file, line);
	if (!strcmp(name, "io.weight") || !strcmp(name, "io.bfq.weight"))
		return keep_weight(cg, file, line, name[3] == 'b' ? 1000 : 10000);
	if (!strncmp(name, "blkio.", 6) && strstr(name, "_device"))
		return keep_device(cg, file, line);
	if (!strcmp(name, "blkio.weight") && (number(line, NULL, &n) || n < 10 || n > 1000))
		return -EINVAL;
	if (!strncmp(name, "cpu.", 4) && !strstr(name, "_rt_"))
		return keep_cpu(cg, file, line);
	if (!strcmp(name, "pids.max") || !strncmp(name, "cgroup.max.", 11))
		return number(line, "max", &n) ? -EINVAL : keep(cg, file, line);
	if (!strncmp(name, "memory.", 7) || !strncmp(name, "hugetlb.", 8))
		return strstr(name, "_control") || strstr(name, "swappiness") ||
		       strstr(name, "hierarchy") ? keep(cg, file, line) :
			keep_bytes(cg, file, line, cg->h->v2 ? "max" : "-1");
	if (!strncmp(name, "cpuset.", 7) && line[strspn(line, "0123456789,-")])
		return -EINVAL;
	return fk_keep(cg, file, line);
}
