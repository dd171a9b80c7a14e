/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The distance between two words: letters that were changed, added, left out, or swapped with
 * their neighbour (optimal string alignment).
 */
#include <string.h>

#include "nearest.h"

#include "banned.h"

#define LONGEST	32

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[LONGEST + 1][LONGEST + 1];

	for (size_t i = 0; i <= n; i++) {
		for (size_t j = 0; j <= m; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[n][m];
}

void nearest_try(struct nearest *n, const char *candidate)
{
	size_t len = strlen(candidate);
	unsigned cost;

	if (!n->len || n->len > LONGEST || len > LONGEST)
		return;
	/* Who expects abbreviations writes the beginning of a word. */
	cost = n->len > 1 && len > n->len && !strncmp(candidate, n->word, n->len) ? 1 :
	       distance(n->word, n->len, candidate, len);
	if (cost > 2 || cost >= least((unsigned)n->len, (unsigned)len) ||
	    (n->best && cost >= n->cost))
		return;
	n->best = candidate;
	n->cost = cost;
}
