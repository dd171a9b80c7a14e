/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the numbers of cg_stats(): what each is called and counted in. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"
#include "stats.h"

#include "banned.h"

#define AT(field)	(offsetof(struct cg_stats, field) / sizeof(uint64_t))
#define PRESSURE(what)	\
	{ #what ".pressure.some", STATS_PERCENT, AT(what##_pressure.some_avg10) }, \
	{ #what ".pressure.full", STATS_PERCENT, AT(what##_pressure.full_avg10) }, \
	{ #what ".pressure.some_total", STATS_TIME, AT(what##_pressure.some_usec) }, \
	{ #what ".pressure.full_total", STATS_TIME, AT(what##_pressure.full_usec) }

const struct stats_name stats_names[] = {
	{ "processes", STATS_COUNT, AT(members) },
	{ "groups", STATS_COUNT, AT(nested) },
	{ "cpu.usage", STATS_TIME, AT(cpu_usec) },
	{ "cpu.user", STATS_TIME, AT(cpu_user_usec) },
	{ "cpu.system", STATS_TIME, AT(cpu_system_usec) },
	{ "cpu.periods", STATS_COUNT, AT(cpu_periods) },
	{ "cpu.throttled", STATS_COUNT, AT(cpu_throttled) },
	{ "cpu.throttled_time", STATS_TIME, AT(cpu_throttled_usec) },
	PRESSURE(cpu),
	{ "memory.current", STATS_BYTES, AT(memory) },
	{ "memory.peak", STATS_BYTES, AT(memory_peak) },
	{ "memory.max", STATS_BYTES, AT(memory_max) },
	{ "memory.anon", STATS_BYTES, AT(memory_anon) },
	{ "memory.file", STATS_BYTES, AT(memory_file) },
	{ "memory.kernel", STATS_BYTES, AT(memory_kernel) },
	{ "memory.swap", STATS_BYTES, AT(swap) },
	{ "memory.swap_max", STATS_BYTES, AT(swap_max) },
	{ "memory.low_events", STATS_COUNT, AT(memory_low_events) },
	{ "memory.high_events", STATS_COUNT, AT(memory_high_events) },
	{ "memory.max_events", STATS_COUNT, AT(memory_max_events) },
	{ "memory.oom", STATS_COUNT, AT(oom_events) },
	{ "memory.oom_kills", STATS_COUNT, AT(oom_kills) },
	PRESSURE(memory),
	{ "pids.current", STATS_COUNT, AT(pids) },
	{ "pids.max", STATS_COUNT, AT(pids_max) },
	{ "pids.max_events", STATS_COUNT, AT(pids_max_events) },
	{ "io.read", STATS_BYTES, AT(io_rbytes) },
	{ "io.written", STATS_BYTES, AT(io_wbytes) },
	{ "io.reads", STATS_COUNT, AT(io_rios) },
	{ "io.writes", STATS_COUNT, AT(io_wios) },
	PRESSURE(io),
};
const size_t stats_n = ARRAY_SIZE(stats_names);

bool stats_known(const struct cg_stats *s, const struct stats_name *name)
{
	return s->known >> (name->at - 1) & 1;
}

/* All members are 64 bits wide. */
uint64_t stats_value(const struct cg_stats *s, const struct stats_name *name)
{
	uint64_t v;

	memcpy(&v, (const char *)s + name->at * sizeof(v), sizeof(v));
	return v;
}

void stats_text(char buf[UNITS_SIZE], enum stats_kind kind, uint64_t value)
{
	static void (*const text[])(char *, uint64_t) = {
		[STATS_COUNT] = units_count, [STATS_BYTES] = units_bytes,
		[STATS_TIME] = units_time, [STATS_PERCENT] = units_percent,
	};

	text[kind](buf, value);
}

static struct json_object *number(enum stats_kind kind, uint64_t value)
{
	char text[UNITS_SIZE];

	if (kind != STATS_PERCENT)
		return out_json_limit(value);
	snprintf(text, sizeof(text), "%.2f", (double)value / 100);
	return json_object_new_double_s((double)value / 100, text);
}

void stats_json(struct json_object *o, const struct cg_stats *s)
{
	for (size_t i = 0; i < stats_n; i++) {
		const struct stats_name *name = &stats_names[i];
		struct json_object *at = o, *next;
		const char *part = name->name, *dot;
		char key[32];

		if (!stats_known(s, name))
			continue;
		for (; (dot = strchr(part, '.')); part = dot + 1) {
			snprintf(key, sizeof(key), "%.*s", (int)(dot - part), part);
			if (!json_object_object_get_ex(at, key, &next)) {
				next = json_object_new_object();
				out_json_add(at, key, next);
			}
			at = next;
		}
		out_json_add(at, part, number(name->kind, stats_value(s, name)));
	}
}
