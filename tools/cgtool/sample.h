/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few counters of very many groups, for lists and top. Each costs the reading of one file, and
 * no file is kept open; cg_stats() needs an open group and reads every counter.
 */
#ifndef CGTOOL_SAMPLE_H
#define CGTOOL_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct cg_node;

enum sample_what {
	SAMPLE_CPU,		/* microseconds, in all */
	SAMPLE_MEMORY,		/* bytes, now */
	SAMPLE_MEMORY_MAX,
	SAMPLE_PIDS,
	SAMPLE_PIDS_MAX,
	SAMPLE_IO,		/* bytes read and written, in all */
	SAMPLE_PRESSURE,	/* hundredths of a percent: the worst of cpu, memory and io */
	SAMPLES,
};
#define SAMPLE_ALL	((1U << SAMPLES) - 1)

struct sample {
	unsigned known;		/* bit n: v[n] */
	uint64_t v[SAMPLES];	/* a limit that is none is UINT64_MAX */
};

/* Where they are read: the directories of a group that have them. */
struct sample_files {
	char *dir[SAMPLES];	/* NULL: nowhere */
	bool v1[SAMPLES];
};
/* -ENOMEM */
int sample_find(const struct cg_node *node, struct sample_files *ret);
void sample_forget(struct sample_files *f);
void sample_read(const struct sample_files *f, unsigned want, struct sample *ret);

#endif
