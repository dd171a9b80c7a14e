/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits of a group as properties of its unit. */
#include <stdio.h>

#include "systemd.h"

/* "0-3,7" as systemd takes it: a bit for each, the lowest first. Its bytes, or -EINVAL. */
static int parse_set(const char *s, uint8_t *bits, size_t size)
{
	unsigned from, to, top = 0;
	int n;

	memset(bits, 0, size);
	while (*s) {
		n = 0;
		if (sscanf(s, "%u%n", &from, &n) != 1)
			return -EINVAL;
		to = from;
		s += n;
		if (*s == '-' && sscanf(s, "-%u%n", &to, &n) == 1)
			s += n;
		if (to < from || to >= size * 8 || (*s && *s != ','))
			return -EINVAL;
		for (unsigned i = from; i <= to; i++)
			bits[i / 8] |= (uint8_t)(1U << i % 8);
		top = to > top ? to : top;
		s += *s == ',';
	}
	return (int)top / 8 + 1;
}

static bool parse_number(const char *s, uint64_t *ret)
{
	*ret = UINT64_MAX;
	return !strcmp(s, "max") || !cgi_parse_u64(s, ret);
}

/* "QUOTA PERIOD" in microseconds */
static bool parse_cpu_max(const char *value, struct cgi_property v[2])
{
	char quota[32];
	unsigned long long period = 100000;

	if (sscanf(value, "%31s %llu", quota, &period) < 1 || !period ||
	    !parse_number(quota, &v[0].value))
		return false;
	v[0].name = "CPUQuotaPerSecUSec";
	if (v[0].value != UINT64_MAX)
		v[0].value = (uint64_t)((double)v[0].value * 1e6 / (double)period);
	v[1] = (struct cgi_property){ .name = "CPUQuotaPeriodUSec", .value = period };
	return true;
}

int cgi_unit_limit(struct cg_ctx *ctx, struct cgi_unit *u, const char *key, const char *value)
{
	static const char *const names[][2] = {
		{ "memory.max", "MemoryMax" }, { "memory.high", "MemoryHigh" },
		{ "memory.low", "MemoryLow" }, { "memory.min", "MemoryMin" },
		{ "memory.swap.max", "MemorySwapMax" }, { "cpu.weight", "CPUWeight" },
		{ "pids.max", "TasksMax" }, { "io.weight", "IOWeight" },
		{ "cpuset.cpus", "AllowedCPUs" }, { "cpuset.mems", "AllowedMemoryNodes" },
	};
	struct cgi_property v[2] = { 0 };
	uint8_t bits[1024];
	bool fits = false;
	size_t n = 1;
	int rc;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(key, names[i][0]))
			v[0].name = names[i][1];
	if (!strcmp(key, "cpu.max")) {
		fits = parse_cpu_max(value, v);
		n = 2;
	} else if (v[0].name && !strncmp(key, "cpuset.", 7)) {
		rc = parse_set(value, bits, sizeof(bits));
		fits = rc > 0;
		v[0].bits = bits;
		v[0].n = fits ? (size_t)rc : 0;
	} else if (v[0].name) {
		fits = parse_number(value + (strncmp(value, "default ", 8) ? 0 : 8), &v[0].value);
	}
	if (!fits || !u->scope)
		return -EOPNOTSUPP;
	cgi_talk_begin(ctx);
	rc = cgi_talk(ctx, cgi_ask_set, &(struct cgi_question){ .u = u, .property = v, .n = n });
	return rc ? cgi_talk_say(ctx, rc, v[0].name, u) : 0;
}
