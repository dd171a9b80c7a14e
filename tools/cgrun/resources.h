/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files about linux.resources share with each other only. */
#ifndef CGRUN_RESOURCES_H
#define CGRUN_RESOURCES_H

#include "cgrun.h"
#include "node.h"

struct res_target {
	struct container *c;
	bool strict;
	struct err *e;
};

struct res_field {
	const char *name;
	enum json_type type;
	int (*apply)(const struct res_target *t, const struct node *n, const struct res_field *f);
	const char *as;			/* key of libcg, or what apply() makes of it */
	const struct res_field *in;	/* of an object; name NULL ends it */
};

/* The key of libcg. What is not possible is warned of unless t->strict. */
int res_set(const struct res_target *t, const struct node *n, const char *key, const char *value);
/* Is it there, without a controller switched on for it? */
bool res_has(const struct res_target *t, const char *key);
int res_number(const struct res_target *t, const struct node *n, int64_t *v);
/* Below 0 there is no limit. */
const char *res_limit(int64_t v, char buf[24]);
/* An apply(): 0 is as good as absent. */
int res_set_number(const struct res_target *t, const struct node *n, const struct res_field *f);

/* resources-lists.c */
extern const struct res_field res_block[], res_network[];
int res_set_hugepages(const struct res_target *t, const struct node *n, const struct res_field *f);
int res_set_rdma(const struct res_target *t, const struct node *map, const struct res_field *f);

#endif
