/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `cgtool top` share: what is seen of the groups, and in which order. */
#ifndef CGTOOL_TOP_H
#define CGTOOL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "forest.h"
#include "units.h"

struct tool;

enum top_key { TOP_CPU, TOP_MEMORY, TOP_IO, TOP_PIDS, TOP_PRESSURE, TOP_PROCS, TOP_PATH, TOP_KEYS };
extern const char *const top_key_names[TOP_KEYS];

/* What is kept of a group from one refresh to the next. */
struct top_track {
	struct sample before;
	long long when;		/* when it was read, by top_now(); 0: never */
	uint64_t v[TOP_KEYS];	/* cpu in 1/100 of a percent of a processor, io in bytes a second */
	unsigned known;
	bool folded, gone;
};

struct top {
	struct tool *t;
	const char *word;	/* which groups; NULL: all */
	struct forest f;
	struct top_track *track;	/* of each group of f */
	size_t *row, n_rows;	/* what is shown, in order */
	long long next_list;	/* when the list is read again, by top_now(); 0: at once */
	int delay_ms;
	enum top_key key;
	bool tree, all;		/* below each other; those without processes as well */
	char filter[64];
};

/* Reads the counters of all groups, and the list of groups where it is time for that. */
int top_refresh(struct top *top);
/* Fills row from what was seen, by key, tree, all and filter. -ENOMEM */
int top_arrange(struct top *top);
void top_free(struct top *top);
/* The cell of a group in that column; "-" where nothing is known. */
void top_cell(const struct top *top, size_t g, enum top_key key, char buf[UNITS_SIZE]);
long long top_now(void);	/* microseconds */

/* On the terminal, until the user goes. -EOPNOTSUPP: it was not built in */
int top_screen(struct top *top);

#endif
