/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of some words somebody may have meant who wrote another one. */
#ifndef COMMON_NEAREST_H
#define COMMON_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word;
	size_t len;
	const char *best;	/* NULL: none is near */
	unsigned cost;		/* of best: letters changed, added, left out, swapped */
};
#define NEAREST(word_, len_)	{ .word = (word_), .len = (len_) }

void nearest_try(struct nearest *n, const char *candidate);

#endif
