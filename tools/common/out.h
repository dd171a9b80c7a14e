/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs print: text that a terminal cannot be harmed by, tables, JSON. */
#ifndef COMMON_OUT_H
#define COMMON_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

/*
 * Names come from processes and may hold anything. Control characters and bytes that
 * are not UTF-8 are written as \n, \t, \xHH; a backslash is left as it is, since
 * systemd's own names are full of them. JSON is the form without ambiguity.
 */
void out_escape(FILE *f, const char *s);
char *out_escaped(const char *s);	/* to free; NULL: no memory */

/* "NAME: text", one line on stderr. */
void out_error(const char *name, const char *text);

/* The width of the terminal that f writes to; 0: it is none, or does not know its width. */
size_t out_columns(FILE *f);

/*
 * A table whose columns are as wide as their cells. The last one is wrapped at the
 * width of the terminal, and not at all where there is none.
 */
struct out_table {
	size_t cols, n, cap;	/* n: cells */
	char **cell;
	int failed;
};
#define OUT_TABLE(ncols)	{ .cols = (ncols) }

/* Adds the next cell, row by row; NULL is an empty one. */
void out_cell(struct out_table *t, const char *text);
/* As many as the table has columns. */
void out_head(struct out_table *t, const char *const *head);
/* Prints and frees. 0 or -ENOMEM (nothing is printed). */
int out_table(struct out_table *t, FILE *f);

/*
 * JSON. Bytes that are not UTF-8 are printed as U+FFFD, as the format has no way to
 * carry them. Adding takes the value over, also where it fails; NULL is null.
 */
struct json_object *out_json_string(const char *s);
/* A number, or "max" for UINT64_MAX, a limit that is none. */
struct json_object *out_json_limit(uint64_t value);
void out_json_add(struct json_object *o, const char *key, struct json_object *value);
/* Adds to the array of that name, which is made if it is not there. */
void out_json_append(struct json_object *o, const char *key, struct json_object *value);
/* Prints, with a newline, and frees. 0 or -ENOMEM. */
int out_json(struct json_object *o, FILE *f);
/* The same on one line without blanks. */
int out_json_line(struct json_object *o, FILE *f);

#endif
