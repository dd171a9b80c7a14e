/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON that somebody else wrote. A node is a value together with the way to it, so
 * that whatever is wrong with it can be said with its path ("process.args[0]: …").
 * Nodes live on the stack, each pointing to the one that it was reached from.
 */
#ifndef CGRUN_NODE_H
#define CGRUN_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include "err.h"
#include "spec.h"

struct node {
	struct json_object *json;	/* NULL: absent, or null, which is the same */
	const struct node *up;
	const char *key;		/* NULL: element `index` of an array */
	size_t index;
};

/*
 * Text to a tree, an object on top, or one sentence. What JSON allows and json-c loses is refused:
 * a key twice, NUL in a string, an integer that no 64 bits can hold; and what would
 * cost too much memory or stack. text[len] is NUL.
 */
int json_parse(const char *text, size_t len, const char *where, struct json_object **ret,
	       struct err *e);
/* The same for a regular file of bounded size; never waits for a fifo or a terminal. */
int json_load(const char *file, const char *where, struct json_object **ret, struct err *e);

/* -EINVAL with "PATH: sentence". */
int node_fail(const struct node *n, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A line "PATH: sentence" added to a list. -ENOMEM */
int node_warn(const struct node *n, struct spec_strv *list, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

struct node node_item(const struct node *array, size_t index);
size_t node_length(const struct node *array);		/* 0 where there is none */

#define NODE_NEEDED	1u	/* absent is an error */
#define NODE_ABSOLUTE	2u	/* a path from the root that the kernel can take */

/* Members of an object. Absent: 0, and *ret stays (a node is set, with json NULL). */
int node_member(const struct node *up, const char *key, unsigned flags, enum json_type type,
		struct node *ret, struct err *e);
int node_object(const struct node *up, const char *key, unsigned flags, struct node *ret,
		struct err *e);
int node_array(const struct node *up, const char *key, unsigned flags, struct node *ret,
	       struct err *e);
int node_bool(const struct node *up, const char *key, bool *ret, struct err *e);
int node_int(const struct node *up, const char *key, unsigned flags, int64_t min, int64_t max,
	     int64_t *ret, struct err *e);
int node_u64(const struct node *up, const char *key, unsigned flags, uint64_t *ret,
	     struct err *e);
/* An empty string is as good as none. */
int node_str(const struct node *up, const char *key, unsigned flags, char **ret, struct err *e);
int node_strv(const struct node *up, const char *key, unsigned flags, struct spec_strv *ret,
	      struct err *e);

/* A string that must be there, borrowed, and the node of it. */
int node_word(const struct node *up, const char *key, struct node *n, const char **ret,
	      struct err *e);

/* The value itself. */
int node_is_object(const struct node *n, struct err *e);
int node_text(const struct node *n, const char **ret, struct err *e);	/* borrowed */
int node_number(const struct node *n, int64_t min, int64_t max, int64_t *ret, struct err *e);
int node_dup(const struct node *n, char **ret, struct err *e);
/* All strings of an array, each to free with the list. */
int node_strings(const struct node *array, unsigned flags, struct spec_strv *ret, struct err *e);

int strv_add(struct spec_strv *v, char *s);	/* takes s over, also when it fails */
int strv_move(struct spec_strv *to, struct spec_strv *from);
void strv_free(struct spec_strv *v);

int no_memory(struct err *e);

#endif
