/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the kernel treats the container's processes: scheduling policy, processors for an
 * exec, personality, clocks. What cannot be right for any kernel is refused here.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>

#include <linux/sched.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

struct word { const char *name; uint64_t value; };

static const struct word policies[] = {
	{ "SCHED_OTHER", SCHED_NORMAL }, { "SCHED_FIFO", SCHED_FIFO }, { "SCHED_RR", SCHED_RR },
	{ "SCHED_BATCH", SCHED_BATCH }, { "SCHED_IDLE", SCHED_IDLE },
	{ "SCHED_DEADLINE", SCHED_DEADLINE }, { NULL, 0 }
};

static const struct word flags[] = {
	{ "SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK },
	{ "SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM },
	{ "SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN },
	{ "SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY },
	{ "SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS },
	{ "SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN },
	{ "SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX }, { NULL, 0 }
};

static const struct word *find(const struct word *table, const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

static int read_flags(const struct node *sched, struct sys_sched *s, struct err *e)
{
	struct node list;
	int r = node_array(sched, "flags", 0, &list, e);

	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);
		const struct word *flag;
		const char *name;

		r = node_text(&item, &name, e);
		if (r)
			return r;
		flag = find(flags, name);
		if (!flag)
			return node_fail(&item, e, "no such flag: \"%.64s\"", name);
		s->flags |= flag->value;
	}
	return r;
}

int spec_read_scheduler(const struct node *process, struct spec_process *p, struct err *e)
{
	const struct word *policy;
	int64_t nice = 0, priority = 0;
	struct node n, word;
	const char *name;
	int r = node_object(process, "scheduler", 0, &n, e);

	if (r || !n.json)
		return r;
	if (node_word(&n, "policy", &word, &name, e))
		return e->code;
	policy = find(policies, name);
	if (!policy)
		return node_fail(&word, e, "no such policy: \"%.64s\"", name);
	if (node_int(&n, "nice", 0, -20, 19, &nice, e) ||
	    node_int(&n, "priority", 0, 0, 99, &priority, e) ||
	    node_u64(&n, "runtime", 0, &p->sched.runtime, e) ||
	    node_u64(&n, "deadline", 0, &p->sched.deadline, e) ||
	    node_u64(&n, "period", 0, &p->sched.period, e) ||
	    read_flags(&n, &p->sched, e))
		return e->code;
	p->sched.policy = (uint32_t)policy->value;
	p->sched.nice = (int32_t)nice;
	p->sched.priority = (uint32_t)priority;
	p->has_sched = true;
	return 0;
}

/* ---- processors ---- */

/* "0-3,7", with spaces around a comma as the specification's examples have them. */
static int read_cpus(const struct node *up, const char *key, cpu_set_t *set, bool *given,
		     struct err *e)
{
	struct node n;
	const char *s;
	int r = node_member(up, key, 0, json_type_string, &n, e);

	if (r || !n.json)
		return r;
	CPU_ZERO(set);
	s = json_object_get_string(n.json);
	while (*s) {
		char *end;
		unsigned long from = strtoul(s, &end, 10), to = from;

		if (*s >= '0' && *s <= '9' && *end == '-') {
			s = end + 1;
			to = strtoul(s, &end, 10);
		}
		if (*s < '0' || *s > '9' || from > to || to >= CPU_SETSIZE || (*end && *end != ','))
			return node_fail(&n, e, "is no list of processors below %d", CPU_SETSIZE);
		while (from <= to)
			CPU_SET(from++, set);
		s = *end ? end + 1 : end;
		s += strspn(s, " ");
	}
	*given = CPU_COUNT(set) > 0;
	return 0;
}

int spec_read_affinity(const struct node *process, struct spec_process *p, struct err *e)
{
	struct node n;
	int r = node_object(process, "execCPUAffinity", 0, &n, e);

	if (r || !n.json)
		return r;
	r = read_cpus(&n, "initial", &p->cpus_initial, &p->has_initial, e);
	return r ? r : read_cpus(&n, "final", &p->cpus_final, &p->has_final, e);
}

/* ---- personality ---- */

int spec_personality(const struct node *n, long *ret, struct err *e)
{
	struct node domain, list;
	const char *name;

	if (node_word(n, "domain", &domain, &name, e) || node_array(n, "flags", 0, &list, e))
		return e->code;
	if (node_length(&list))
		return node_fail(&list, e, "the specification knows none");
	if (!strcmp(name, "LINUX"))
		*ret = PER_LINUX;
	else if (!strcmp(name, "LINUX32"))
		*ret = PER_LINUX32;
	else
		return node_fail(&domain, e, "no such domain: \"%.64s\"", name);
	return 0;
}

/* ---- clocks ---- */

static int read_offset(const struct node *offsets, const char *clock, struct spec_offset *o,
		       struct err *e)
{
	int64_t nanosecs = 0;
	struct node n;
	int r = node_object(offsets, clock, 0, &n, e);

	if (r || !n.json)
		return r;
	if (node_int(&n, "secs", 0, INT64_MIN, INT64_MAX, &o->secs, e) ||
	    node_int(&n, "nanosecs", 0, 0, 999999999, &nanosecs, e))
		return e->code;
	o->nanosecs = (uint32_t)nanosecs;
	return 0;
}

int spec_read_clocks(const struct node *section, struct spec *s, struct err *e)
{
	const struct spec_ns *ns = spec_ns(s, CLONE_NEWTIME);
	struct node n, person;

	if (node_object(section, "personality", 0, &person, e) ||
	    (person.json && spec_personality(&person, &s->personality, e)) ||
	    node_object(section, "timeOffsets", 0, &n, e))
		return e->code;
	s->personality_json = person.json;
	if (!n.json || !json_object_object_length(n.json))
		return 0;
	if (!ns || ns->path)
		return node_fail(&n, e, "there is no new time namespace to have them");
	s->has_offsets = true;
	if (read_offset(&n, "monotonic", &s->monotonic, e) ||
	    read_offset(&n, "boottime", &s->boottime, e))
		return e->code;
	return 0;
}
