/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups below one, as ls, tree and top have them: a list, parents first. */
#ifndef CGTOOL_FOREST_H
#define CGTOOL_FOREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "container.h"
#include "sample.h"

struct tool;
struct json_object;

struct group {
	char *path;		/* as cg_open() takes it */
	const char *name;	/* the last component of path; "/" of the root */
	unsigned depth;		/* below the one that has no parent in the list */
	unsigned state, traits;	/* CG_EMPTY, CG_IS_THREADED */
	uid_t uid;
	uint64_t procs;		/* members of this group alone */
	uint64_t all_procs;	/* and of the nested groups that are in the list */
	size_t parent;		/* its index in the list; the group's own if it is not there */
	struct sample_files files;
	struct sample now;
	struct container container;
};

struct forest {
	struct group *g;
	size_t n, cap;
};

/*
 * word: a group or a pattern as of glob(7), NULL for all; a pattern has what it matches and all
 * below that. CG_WEAK: some may be missing. -ENOENT: nothing is there, or matches.
 */
int forest_read(struct tool *t, const char *word, struct forest *f);
void forest_free(struct forest *f);
/* The path of a node of cg_list(), as cg_open() takes it: top is that of the group listed. */
char *forest_join(const char *top, const char *below);
/* Reads the counters whose bits are in want into `now` of each group. */
void forest_sample(struct forest *f, unsigned want);

/* "frozen threaded", words of its state and traits; "" if there is nothing to say */
void forest_words(const struct group *g, char *buf, size_t size);
struct json_object *forest_json(const struct group *g);

#endif
