/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.memoryPolicy: from which nodes of a NUMA host the memory comes. Whether the kernel
 * knows a mode, and takes those nodes with it, is for the kernel to say.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/mempolicy.h>

#include "config/config.h"
#include "banned.h"

#ifndef MPOL_F_NUMA_BALANCING
#define MPOL_F_NUMA_BALANCING	(1 << 13)	/* Linux 5.12 */
#endif
#define PREFERRED_MANY		5		/* 5.15; an enumerator, not a macro */
#define WEIGHTED_INTERLEAVE	6		/* 6.9 */

struct word { const char *name; int value; };

static const struct word modes[] = {
	{ "MPOL_DEFAULT", MPOL_DEFAULT }, { "MPOL_BIND", MPOL_BIND },
	{ "MPOL_INTERLEAVE", MPOL_INTERLEAVE },
	{ "MPOL_WEIGHTED_INTERLEAVE", WEIGHTED_INTERLEAVE },
	{ "MPOL_PREFERRED", MPOL_PREFERRED }, { "MPOL_PREFERRED_MANY", PREFERRED_MANY },
	{ "MPOL_LOCAL", MPOL_LOCAL }, { NULL, 0 }
};

static const struct word flags[] = {
	{ "MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING },
	{ "MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES },
	{ "MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES }, { NULL, 0 }
};

const char *spec_mempolicy_mode(size_t i)	{ return modes[i].name; }
const char *spec_mempolicy_flag(size_t i)	{ return flags[i].name; }

static int find(const struct node *n, const struct word *table, const char *what, int *ret,
		struct err *e)
{
	const char *text = "";

	if (n->json && node_text(n, &text, e))
		return e->code;
	for (; table->name; table++)
		if (!strcmp(table->name, text)) {
			*ret = table->value;
			return 0;
		}
	return node_fail(n, e, "invalid memory policy %s \"%.64s\"", what, text);
}

/* "0-3,7" */
static int read_nodes(const struct node *n, struct spec_mempolicy *p, struct err *e)
{
	const size_t bits = 8 * sizeof(long);
	const char *s;
	int r = node_text(n, &s, e);

	while (!r && *s) {
		char *end;
		unsigned long from, to;

		from = to = *s >= '0' && *s <= '9' ? strtoul(s, &end, 10) : SPEC_MAX_NODE;
		if (from < SPEC_MAX_NODE && *end == '-')
			to = end[1] >= '0' && end[1] <= '9' ? strtoul(end + 1, &end, 10) : 0;
		if (to >= SPEC_MAX_NODE || from > to || (*end && *end != ','))
			return node_fail(n, e, "invalid memory policy nodes: no list of nodes "
					 "below %d", SPEC_MAX_NODE);
		p->n += to - from + 1;
		for (; from <= to; from++)
			p->nodes[from / bits] |= 1UL << from % bits;
		s = *end ? end + 1 : end;
	}
	return r;
}

int spec_mempolicy(const struct node *n, struct spec_mempolicy *ret, struct err *e)
{
	struct node mode, nodes, list;
	int r = node_is_object(n, e);

	*ret = (struct spec_mempolicy){ .given = true };
	if (!r)
		r = node_member(n, "mode", 0, json_type_string, &mode, e);
	if (!r)
		r = find(&mode, modes, "mode", &ret->mode, e);
	if (!r)
		r = node_member(n, "nodes", 0, json_type_string, &nodes, e);
	if (!r && nodes.json)
		r = read_nodes(&nodes, ret, e);
	if (!r && ret->n && (ret->mode == MPOL_DEFAULT || ret->mode == MPOL_LOCAL))
		r = node_fail(n, e, "mode requires 0 nodes but got %zu", ret->n);
	if (!r)
		r = node_array(n, "flags", 0, &list, e);
	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);
		int flag = 0;

		r = find(&item, flags, "flag", &flag, e);
		ret->mode |= flag;
	}
	return r;
}
