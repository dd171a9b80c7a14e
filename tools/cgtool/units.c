/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "units.h"

#include "banned.h"

void units_count(char buf[UNITS_SIZE], uint64_t n)
{
	if (n == UINT64_MAX)
		snprintf(buf, UNITS_SIZE, "none");
	else
		snprintf(buf, UNITS_SIZE, "%llu", (unsigned long long)n);
}

void units_bytes(char buf[UNITS_SIZE], uint64_t n)
{
	static const char unit[] = "BKMGTPE";
	double v = (double)n;
	size_t i = 0;

	if (n == UINT64_MAX || !n) {
		units_count(buf, n);
		return;
	}
	for (; v >= 1023.5 && unit[i + 1]; i++)
		v /= 1024;
	snprintf(buf, UNITS_SIZE, "%.*f%c", i && v < 9.95 ? 1 : 0, v, unit[i]);
}

void units_time(char buf[UNITS_SIZE], uint64_t usec)
{
	static const struct {
		unsigned long s;
		const char *big, *small;
		unsigned long sub;
	} long_[] = {
		{ 86400, "d", "h", 3600 }, { 3600, "h", "m", 60 }, { 60, "m", "s", 1 },
	};
	unsigned long long s = usec / 1000000;

	for (size_t i = 0; i < sizeof(long_) / sizeof(long_[0]); i++) {
		if (s < long_[i].s)
			continue;
		snprintf(buf, UNITS_SIZE, "%llu%s%02llu%s", s / long_[i].s, long_[i].big,
			 s % long_[i].s / long_[i].sub, long_[i].small);
		return;
	}
	if (usec >= 1000000)
		snprintf(buf, UNITS_SIZE, "%.2fs", (double)usec / 1e6);
	else if (usec >= 1000)
		snprintf(buf, UNITS_SIZE, "%.1fms", (double)usec / 1e3);
	else
		snprintf(buf, UNITS_SIZE, "%lluus", (unsigned long long)usec);
}

void units_percent(char buf[UNITS_SIZE], uint64_t hundredths)
{
	double v = (double)hundredths / 100;

	snprintf(buf, UNITS_SIZE, "%.*f%%", v < 99.95 ? 1 : 0, v);
}
