/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a group has used, as numbers: from the texts that getting gives in the words of v2. */
#include <stdio.h>

#include "res/key.h"
#include "walk.h"

enum how {
	WHOLE,				/* the text is the number; "max" is none */
	LINE,				/* of the line that begins with the word */
	SUM,				/* of "word=N" in all lines */
	PRESSURE,			/* "some avg10=0.12 avg60=... total=4711" */
};

#define AT(field)	(offsetof(struct cg_stats, field) / sizeof(uint64_t))
#define PSI(key, field)	\
	{ key, PRESSURE, "some avg10", AT(field.some_avg10) }, \
	{ key, PRESSURE, "full avg10", AT(field.full_avg10) }, \
	{ key, PRESSURE, "some total", AT(field.some_usec) }, \
	{ key, PRESSURE, "full total", AT(field.full_usec) }

/* Those of the same key stand together, so that it is read once; the first that is there counts. */
static const struct {
	const char *key;
	enum how how;
	const char *word;
	unsigned at;
} numbers[] = {
	{ "cpu.stat", LINE, "usage_usec", AT(cpu_usec) },
	{ "cpu.stat", LINE, "user_usec", AT(cpu_user_usec) },
	{ "cpu.stat", LINE, "system_usec", AT(cpu_system_usec) },
	{ "cpu.stat", LINE, "nr_periods", AT(cpu_periods) },
	{ "cpu.stat", LINE, "nr_throttled", AT(cpu_throttled) },
	{ "cpu.stat", LINE, "throttled_usec", AT(cpu_throttled_usec) },
	{ "memory.current", WHOLE, NULL, AT(memory) },
	{ "memory.peak", WHOLE, NULL, AT(memory_peak) },
	{ "memory.max", WHOLE, NULL, AT(memory_max) },
	{ "memory.swap.current", WHOLE, NULL, AT(swap) },
	{ "memory.swap.max", WHOLE, NULL, AT(swap_max) },
	{ "memory.stat", LINE, "anon", AT(memory_anon) },
	{ "memory.stat", LINE, "total_rss", AT(memory_anon) },		/* v1 */
	{ "memory.stat", LINE, "file", AT(memory_file) },
	{ "memory.stat", LINE, "total_cache", AT(memory_file) },	/* v1 */
	{ "memory.stat", LINE, "kernel", AT(memory_kernel) },		/* Linux 5.18 */
	{ "memory.kmem.usage_in_bytes", WHOLE, NULL, AT(memory_kernel) },	/* v1 */
	{ "memory.events", LINE, "low", AT(memory_low_events) },
	{ "memory.events", LINE, "high", AT(memory_high_events) },
	{ "memory.events", LINE, "max", AT(memory_max_events) },
	{ "memory.events", LINE, "oom", AT(oom_events) },
	{ "memory.events", LINE, "oom_kill", AT(oom_kills) },
	{ "pids.current", WHOLE, NULL, AT(pids) },
	{ "pids.max", WHOLE, NULL, AT(pids_max) },
	{ "pids.events", LINE, "max", AT(pids_max_events) },
	{ "io.stat", SUM, "rbytes=", AT(io_rbytes) },
	{ "io.stat", SUM, "wbytes=", AT(io_wbytes) },
	{ "io.stat", SUM, "rios=", AT(io_rios) },
	{ "io.stat", SUM, "wios=", AT(io_wios) },
	PSI("cpu.pressure", cpu_pressure),
	PSI("memory.pressure", memory_pressure),
	PSI("io.pressure", io_pressure),
};

static uint64_t sum_of(const char *text, const char *word)
{
	uint64_t sum = 0;

	for (const char *s = text; (s = strstr(s, word)); s += strlen(word))
		if (s > text && s[-1] == ' ')
			sum += strtoull(s + strlen(word), NULL, 10);
	return sum;
}

/* word: a kind and a name, "some avg10". The average has two digits behind the point. */
static bool pressure_of(const char *text, const char *word, uint64_t *ret)
{
	const char *name = word + strlen("some");	/* with its blank */
	const char *s = strstr(text, "some ");
	unsigned long long n, hundredths;

	if (*word == 'f')
		s = strstr(text, "full ");
	s = s ? strstr(s, name) : NULL;
	if (!s || sscanf(s + strlen(name), "=%llu.%2llu", &n, &hundredths) < 1)
		return false;
	*ret = !strcmp(name, " avg10") ? n * 100 + hundredths : n;
	return true;
}

static bool number_of(const char *text, enum how how, const char *word, uint64_t *ret)
{
	switch (how) {
	case WHOLE:
		*ret = UINT64_MAX;
		return !strcmp(text, "max") || !cgi_parse_u64(text, ret);
	case LINE:
		return !cgi_parse_keyed(text, word, ret);
	case SUM:
		*ret = sum_of(text, word);
		return true;
	default:
		return pressure_of(text, word, ret);
	}
}

static int count(void *data, int fd)
{
	(void)fd;
	++*(uint64_t *)data;
	return 0;
}

/* v2 counts them (Linux 4.14); elsewhere they are gone through. */
static int nested(struct cg_ctx *ctx, struct cgi_place *p, uint64_t *ret)
{
	struct cgi_walk w = { .enter = count, .data = ret };
	char text[256];
	int fd, rc;

	if (!CGI_IS_V1(p) &&
	    cgi_place_word(ctx, p, "cgroup.stat", text, sizeof(text)) >= 0 &&
	    !cgi_parse_keyed(text, "nr_descendants", ret))
		return 0;
	fd = cgi_place_enter(ctx, p);
	if (fd < 0)
		return fd;
	*ret = 0;
	rc = cgi_walk(ctx, fd, &w);
	cgi_place_done(ctx, p, fd);
	*ret -= *ret > 0;			/* not the group itself */
	return rc;
}

int cgi_res_stats(struct cg_ctx *ctx, struct cgi_places *l, struct cg_stats *s, size_t size)
{
	_cleanup_free_ char *text = NULL;
	uint64_t v[sizeof(*s) / sizeof(uint64_t)] = { 0 }, n;
	const char *key = "";
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(numbers[i].key, key)) {
			key = numbers[i].key;
			free(take_ptr(text));
			rc = cgi_in_time(ctx, "statistics");
			rc = rc ? rc : cgi_res_text(ctx, l, key, &text);
			/* PSI can be switched off: reading is refused then. */
			if (rc && rc != -EOPNOTSUPP)
				return rc;
		}
		if (!text || v[0] >> (numbers[i].at - 1) & 1 ||
		    !number_of(text, numbers[i].how, numbers[i].word, &n))
			continue;
		v[numbers[i].at] = n;
		v[0] |= 1ULL << (numbers[i].at - 1);
	}
	for (size_t i = 0; i < l->n; i++) {
		if (!l->v[i].tree || l->v[i].gone || v[0] >> (AT(nested) - 1) & 1)
			continue;
		rc = nested(ctx, &l->v[i], &v[AT(nested)]);
		if (rc)
			return rc;
		v[0] |= 1ULL << (AT(nested) - 1);
	}
	memcpy(s, v, size < sizeof(v) ? size : sizeof(v));
	return 0;
}
