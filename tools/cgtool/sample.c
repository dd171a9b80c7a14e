/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of counters, in the directories that cg_list() reports. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cgtool.h"
#include "sample.h"

#include "banned.h"

/* The number in a file. False if it is not what was expected. */
typedef bool (*parse_fn)(const char *text, uint64_t *ret);

static bool whole(const char *text, uint64_t *ret)
{
	char *end;

	if (!strncmp(text, "max", 3)) {
		*ret = UINT64_MAX;
		return true;
	}
	*ret = strtoull(text, &end, 10);
	return end > text;
}

/* For "no limit" version 1 writes LONG_MAX, rounded down to whole pages. */
static bool whole_limit(const char *text, uint64_t *ret)
{
	if (!whole(text, ret))
		return false;
	if (*ret >= INT64_MAX / 4096 * 4096)
		*ret = UINT64_MAX;
	return true;
}

static bool nanoseconds(const char *text, uint64_t *ret)
{
	if (!whole(text, ret))
		return false;
	*ret /= 1000;
	return true;
}

static bool behind(const char *text, const char *word, uint64_t *ret)
{
	const char *s = strstr(text, word);

	return s && whole(s + strlen(word), ret);
}

static bool usage(const char *text, uint64_t *ret)
{
	return behind(text, "usage_usec ", ret);
}

/* "8:0 rbytes=1 wbytes=2 ..." of each device */
static bool io_sum(const char *text, uint64_t *ret)
{
	static const char *const words[] = { " rbytes=", " wbytes=" };
	uint64_t one;

	*ret = 0;
	for (size_t i = 0; i < 2; i++)
		for (const char *s = text; (s = strstr(s, words[i])); s++)
			*ret += behind(s, words[i], &one) ? one : 0;
	return true;
}

/* Lines of each device, then their sum. */
static bool total(const char *text, uint64_t *ret)
{
	const char *s = strstr(text, "\nTotal ");

	if (!s && strncmp(text, "Total ", 6))
		return false;
	return whole(s ? s + 7 : text + 6, ret);
}

static bool pressure(const char *text, uint64_t *ret)
{
	unsigned n, hundredths;

	if (sscanf(text, "some avg10=%u.%2u", &n, &hundredths) != 2)
		return false;
	*ret = n * 100 + hundredths;
	return true;
}

/* Of several files with one counter the greatest number is taken. */
struct file {
	const char *name;
	parse_fn parse;
};
#define FILES	3

static const struct {
	const char *controller;		/* of version 1; NULL: version 2 alone has it */
	struct file file[2][FILES];	/* of version 2, of version 1 */
} files[SAMPLES] = {
	[SAMPLE_CPU] = { "cpuacct", { { { "cpu.stat", usage } },
				      { { "cpuacct.usage", nanoseconds } } } },
	[SAMPLE_MEMORY] = { "memory", { { { "memory.current", whole } },
					{ { "memory.usage_in_bytes", whole } } } },
	[SAMPLE_MEMORY_MAX] = { "memory", { { { "memory.max", whole } },
					    { { "memory.limit_in_bytes", whole_limit } } } },
	[SAMPLE_PIDS] = { "pids", { { { "pids.current", whole } },
				    { { "pids.current", whole } } } },
	[SAMPLE_PIDS_MAX] = { "pids", { { { "pids.max", whole } }, { { "pids.max", whole } } } },
	[SAMPLE_IO] = { "blkio", { { { "io.stat", io_sum } },
				   { { "blkio.throttle.io_service_bytes_recursive", total } } } },
	[SAMPLE_PRESSURE] = { NULL, { { { "cpu.pressure", pressure },
					{ "memory.pressure", pressure },
					{ "io.pressure", pressure } } } },
};

/* "cpu,cpuacct" has cpuacct. */
static bool has(const char *list, const char *controller)
{
	size_t len = strlen(controller);

	for (; *list; list += strcspn(list, ","), list += *list == ',')
		if (strcspn(list, ",") == len && !strncmp(list, controller, len))
			return true;
	return false;
}

/* A controller is in one hierarchy: one of version 1 that has it goes before version 2. */
int sample_find(const struct cg_node *node, struct sample_files *ret)
{
	*ret = (struct sample_files){ 0 };
	for (size_t i = 0; i < node->n_places; i++) {
		const struct cg_place *p = node->place[i];
		bool v1 = *p->hierarchy;

		for (int k = 0; p->dir && k < SAMPLES; k++) {
			if (v1 ? !files[k].controller || !has(p->hierarchy, files[k].controller) :
			    !!ret->dir[k])
				continue;
			free(ret->dir[k]);
			ret->dir[k] = strdup(p->dir);
			ret->v1[k] = v1;
			if (!ret->dir[k])
				return -ENOMEM;
		}
	}
	return 0;
}

void sample_forget(struct sample_files *f)
{
	for (int k = 0; k < SAMPLES; k++)
		free(f->dir[k]);
}

static bool read_one(const char *dir, const char *name, parse_fn parse, uint64_t *ret)
{
	char path[4096], text[4096];

	return snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path) &&
	       tool_read(path, text, sizeof(text)) >= 0 && parse(text, ret);
}

static void sample_one(const char *dir, const struct file *f, int k, struct sample *ret)
{
	uint64_t v;

	for (int i = 0; i < FILES && f[i].name; i++) {
		if (!read_one(dir, f[i].name, f[i].parse, &v))
			continue;
		if (!(ret->known >> k & 1) || v > ret->v[k])
			ret->v[k] = v;
		ret->known |= 1U << k;
	}
}

void sample_read(const struct sample_files *f, unsigned want, struct sample *ret)
{
	*ret = (struct sample){ 0 };
	for (int k = 0; k < SAMPLES; k++)
		if (want >> k & 1 && f->dir[k])
			sample_one(f->dir[k], files[k].file[f->v1[k]], k, ret);
}
