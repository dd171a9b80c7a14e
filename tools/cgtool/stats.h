/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The numbers of cg_stats() by their names. */
#ifndef CGTOOL_STATS_H
#define CGTOOL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "units.h"

struct cg_stats;
struct json_object;

enum stats_kind { STATS_COUNT, STATS_BYTES, STATS_TIME, STATS_PERCENT };

struct stats_name {
	const char *name;	/* "memory.peak" */
	enum stats_kind kind;
	unsigned at;		/* which of the numbers of struct cg_stats, from 1 */
};
extern const struct stats_name stats_names[];
extern const size_t stats_n;

bool stats_known(const struct cg_stats *s, const struct stats_name *name);
uint64_t stats_value(const struct cg_stats *s, const struct stats_name *name);
void stats_text(char buf[UNITS_SIZE], enum stats_kind kind, uint64_t value);
/* { "memory": { "peak": 4096 } }: what is known; a limit that is none is "max" */
void stats_json(struct json_object *o, const struct cg_stats *s);

#endif
