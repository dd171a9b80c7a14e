/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a container uses, in the shape that runc's events give it and engines read. libcg has
 * the numbers in the words of its keys on every host; what this host does not count is left
 * out, and not called 0.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "out.h"

#include "container/container.h"
#include "banned.h"

#define TEXT	65536			/* io.stat has a line for each disk */

struct counters {
	struct cg *cg;
	char text[TEXT];
};

static bool get(struct counters *c, const char *key)
{
	return cg_get(c->cg, key, c->text, sizeof(c->text)) >= 0;
}

/* A file that is a number; "max" is UINT64_MAX. */
static bool number(struct counters *c, const char *key, uint64_t *ret)
{
	if (!get(c, key))
		return false;
	*ret = !strcmp(c->text, "max") ? UINT64_MAX : strtoull(c->text, NULL, 10);
	return true;
}

static void add(struct json_object *o, const char *as, uint64_t v)
{
	out_json_add(o, as, json_object_new_uint64(v));
}

static void add_number(struct counters *c, struct json_object *o, const char *as, const char *key)
{
	uint64_t v;

	if (number(c, key, &v))
		add(o, as, v);
}

/* The number in the line that begins with `word` and a blank. */
static bool in_line(const struct counters *c, const char *word, uint64_t *ret)
{
	size_t len = strlen(word);

	for (const char *s = c->text; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		if (strncmp(s, word, len) || s[len] != ' ')
			continue;
		*ret = strtoull(s + len, NULL, 10);
		return true;
	}
	return false;
}

static void add_line(const struct counters *c, struct json_object *o, const char *as,
		     const char *word, unsigned unit)
{
	uint64_t v;

	if (in_line(c, word, &v))
		add(o, as, v * unit);
}

/* "some avg10=0.12 avg60=0.05 avg300=0.01 total=4711" */
static void add_pressure(struct counters *c, struct json_object *o, const char *key)
{
	struct json_object *psi, *part;
	char kind[8], avg10[16], avg60[16], avg300[16];
	uint64_t total;

	if (!get(c, key))
		return;
	psi = json_object_new_object();
	for (const char *s = c->text; *s; s += strcspn(s, "\n"), s += *s == '\n') {
		if (sscanf(s, "%7s avg10=%15s avg60=%15s avg300=%15s total=%" SCNu64, kind, avg10,
			   avg60, avg300, &total) != 5)
			continue;
		part = json_object_new_object();
		out_json_add(part, "avg10", json_object_new_double_s(strtod(avg10, NULL), avg10));
		out_json_add(part, "avg60", json_object_new_double_s(strtod(avg60, NULL), avg60));
		out_json_add(part, "avg300",
			     json_object_new_double_s(strtod(avg300, NULL), avg300));
		add(part, "total", total);
		out_json_add(psi, kind, part);
	}
	out_json_add(o, "psi", psi);
}

/* ---- cpu ---- */

static struct json_object *each_cpu(const char *text)
{
	struct json_object *list = json_object_new_array();
	char *end;

	for (uint64_t v; v = strtoull(text, &end, 10), end != text; text = end)
		json_object_array_add(list, json_object_new_uint64(v));
	return list;
}

static struct json_object *cpu(struct counters *c)
{
	struct json_object *o = json_object_new_object(), *usage = json_object_new_object();
	struct json_object *throttling = json_object_new_object();

	if (get(c, "cpu.stat")) {
		add_line(c, usage, "total", "usage_usec", 1000);
		add_line(c, usage, "kernel", "system_usec", 1000);
		add_line(c, usage, "user", "user_usec", 1000);
		add_line(c, throttling, "periods", "nr_periods", 1);
		add_line(c, throttling, "throttledPeriods", "nr_throttled", 1);
		add_line(c, throttling, "throttledTime", "throttled_usec", 1000);
	}
	if (get(c, "cpuacct.usage_percpu"))
		out_json_add(usage, "percpu", each_cpu(c->text));
	out_json_add(o, "usage", usage);
	out_json_add(o, "throttling", throttling);
	add_pressure(c, o, "cpu.pressure");
	return o;
}

/* ---- memory ---- */

/* Memory and swap together, as the configuration counts them. */
static struct json_object *swap(struct counters *c)
{
	struct json_object *o = json_object_new_object();
	uint64_t memory, more;

	if (number(c, "memory.current", &memory) && number(c, "memory.swap.current", &more))
		add(o, "usage", memory + more);
	if (number(c, "memory.max", &memory) && number(c, "memory.swap.max", &more))
		add(o, "limit", memory == UINT64_MAX || more == UINT64_MAX ? UINT64_MAX :
		    memory + more);
	add_number(c, o, "max", "memory.memsw.max_usage_in_bytes");
	add_number(c, o, "failcnt", "memory.memsw.failcnt");
	return o;
}

/* Only v1 counts what the kernel uses for it apart. */
static void add_kernel(struct counters *c, struct json_object *memory, const char *as,
		       const char *prefix)
{
	static const char *const files[][2] = {
		{ "usage", "usage_in_bytes" }, { "max", "max_usage_in_bytes" },
		{ "failcnt", "failcnt" }, { "limit", "limit_in_bytes" },
	};
	struct json_object *o = json_object_new_object();
	char key[64];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(key, sizeof(key), "%s.%s", prefix, files[i][1]);
		add_number(c, o, files[i][0], key);
	}
	if (json_object_object_length(o))
		out_json_add(memory, as, o);
	else
		json_object_put(o);
}

/* The kernel's own words, which are others on v1 and v2; for the cache there is one name. */
static void add_details(struct counters *c, struct json_object *memory)
{
	struct json_object *raw = json_object_new_object();
	char word[64];
	uint64_t v;

	if (!get(c, "memory.stat")) {
		json_object_put(raw);
		return;
	}
	if (in_line(c, "cache", &v) || in_line(c, "file", &v))
		add(memory, "cache", v);
	for (const char *s = c->text; *s; s += strcspn(s, "\n"), s += *s == '\n')
		if (sscanf(s, "%63s %" SCNu64, word, &v) == 2)
			add(raw, word, v);
	out_json_add(memory, "raw", raw);
}

static struct json_object *memory(struct counters *c)
{
	struct json_object *o = json_object_new_object(), *usage = json_object_new_object();

	add_details(c, o);
	add_number(c, usage, "limit", "memory.max");
	add_number(c, usage, "usage", "memory.current");
	add_number(c, usage, "max", "memory.peak");
	if (get(c, "memory.events"))
		add_line(c, usage, "failcnt", "max", 1);
	out_json_add(o, "usage", usage);
	out_json_add(o, "swap", swap(c));
	add_kernel(c, o, "kernel", "memory.kmem");
	add_kernel(c, o, "kernelTCP", "memory.kmem.tcp");
	add_pressure(c, o, "memory.pressure");
	return o;
}

/* ---- the others ---- */

static struct json_object *pids(struct counters *c)
{
	struct json_object *o = json_object_new_object();
	uint64_t v;

	add_number(c, o, "current", "pids.current");
	if (number(c, "pids.max", &v))
		add(o, "limit", v == UINT64_MAX ? 0 : v);	/* as runc says it */
	return o;
}

static struct json_object *of_device(unsigned major, unsigned minor, const char *op, uint64_t v)
{
	struct json_object *o = json_object_new_object();

	add(o, "major", major);
	add(o, "minor", minor);
	out_json_add(o, "op", out_json_string(op));
	add(o, "value", v);
	return o;
}

/* "8:0 rbytes=4096 wbytes=0 rios=1 wios=0 ..." */
static void add_device(struct json_object *o, const char *line)
{
	static const struct { const char *word, *list, *op; } known[] = {
		{ " rbytes=", "ioServiceBytesRecursive", "Read" },
		{ " wbytes=", "ioServiceBytesRecursive", "Write" },
		{ " dbytes=", "ioServiceBytesRecursive", "Discard" },
		{ " rios=", "ioServicedRecursive", "Read" },
		{ " wios=", "ioServicedRecursive", "Write" },
		{ " dios=", "ioServicedRecursive", "Discard" },
	};
	unsigned major, minor;

	if (sscanf(line, "%u:%u", &major, &minor) != 2)
		return;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		const char *at = strstr(line, known[i].word);

		if (at)
			out_json_append(o, known[i].list,
					of_device(major, minor, known[i].op,
						  strtoull(at + strlen(known[i].word), NULL, 10)));
	}
}

static struct json_object *blkio(struct counters *c)
{
	struct json_object *o = json_object_new_object();

	if (get(c, "io.stat"))
		for (char *line = c->text, *end; *line; line = end) {
			end = line + strcspn(line, "\n");
			if (*end)
				*end++ = '\0';
			add_device(o, line);
		}
	add_pressure(c, o, "io.pressure");
	return o;
}

/* Of every size that a kernel has somewhere, those that this one has. */
static struct json_object *hugetlb(struct counters *c)
{
	static const char *const sizes[] = {
		"64KB", "1MB", "2MB", "16MB", "32MB", "256MB", "512MB", "1GB", "2GB", "16GB",
	};
	struct json_object *o = json_object_new_object(), *size;
	char key[40];
	uint64_t v;

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		snprintf(key, sizeof(key), "hugetlb.%s.current", sizes[i]);
		if (!number(c, key, &v))
			continue;
		size = json_object_new_object();
		add(size, "usage", v);
		snprintf(key, sizeof(key), "hugetlb.%s.peak", sizes[i]);
		add_number(c, size, "max", key);
		snprintf(key, sizeof(key), "hugetlb.%s.events", sizes[i]);
		if (get(c, key))
			add_line(c, size, "failcnt", "max", 1);
		out_json_add(o, sizes[i], size);
	}
	return o;
}

struct json_object *stats_json(struct cg *cg)
{
	static const struct {
		const char *name;
		struct json_object *(*of)(struct counters *c);
	} parts[] = {
		{ "cpu", cpu }, { "memory", memory }, { "pids", pids }, { "blkio", blkio },
		{ "hugetlb", hugetlb },
	};
	struct counters *c = malloc(sizeof(*c));
	struct json_object *o;

	if (!c)
		return NULL;
	c->cg = cg;
	o = json_object_new_object();
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		out_json_add(o, parts[i].name, parts[i].of(c));
	free(c);
	return o;
}
