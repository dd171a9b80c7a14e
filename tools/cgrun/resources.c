/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.resources as keys of libcg, which knows how this host spells them. What an ordinary
 * user may not limit is left out with a warning at create, as runc does it; for root, and
 * in an update, it is an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgrun.h"
#include "log.h"
#include "node.h"

#include "banned.h"

struct target {
	struct container *c;
	bool strict;
	struct err *e;
};

static int set(const struct target *t, const struct node *n, const char *key, const char *value)
{
	int rc = cg_set(t->c->cg, key, value);

	if (rc >= 0)
		return 0;
	if (!t->strict && (rc == -EOPNOTSUPP || rc == -EPERM)) {
		log_warn("%s is ignored: %s", key, cg_errmsg(t->c->ctx));
		return 0;
	}
	node_fail(n, t->e, "%s", cg_errmsg(t->c->ctx));
	return t->e->code = rc;
}

/* 0 is as good as absent, below it there is no limit. 1: there is a value. */
static int number(const struct target *t, const struct node *up, const char *key, struct node *n,
		  int64_t *v)
{
	int r = node_member(up, key, 0, json_type_int, n, t->e);

	*v = 0;
	if (r || !n->json)
		return r;
	r = node_number(n, INT64_MIN, INT64_MAX, v, t->e);
	return r ? r : *v != 0;
}

static const char *limit(int64_t v, char buf[24])
{
	if (v < 0)
		return "max";
	snprintf(buf, 24, "%" PRId64, v);
	return buf;
}

static int set_number(const struct target *t, const struct node *up, const char *key,
		      const char *as)
{
	char buf[24];
	struct node n;
	int64_t v;
	int r = number(t, up, key, &n, &v);

	return r > 0 ? set(t, &n, as, limit(v, buf)) : r;
}

static int set_word(const struct target *t, const struct node *up, const char *key)
{
	char *text = NULL, as[32];
	struct node n = { .up = up, .key = key };
	int r = node_str(up, key, 0, &text, t->e);

	snprintf(as, sizeof(as), "cpuset.%s", key);
	if (!r && text)
		r = set(t, &n, as, text);
	free(text);
	return r;
}

/* ---- memory ---- */

static int64_t current_limit(const struct target *t)
{
	char buf[32];

	if (cg_get(t->c->cg, "memory.max", buf, sizeof(buf)) < 0 || !strcmp(buf, "max"))
		return -1;
	return strtoll(buf, NULL, 10);
}

/* The configuration counts swap together with memory. */
static int set_swap(const struct target *t, const struct node *memory, int64_t max)
{
	char buf[24];
	struct node n;
	int64_t v;
	int r = number(t, memory, "swap", &n, &v);

	if (r <= 0)
		return r;
	if (v > 0 && max <= 0)
		max = current_limit(t);
	if (v > 0 && max < 0)
		return node_fail(&n, t->e, "needs a limit of the memory");
	if (v > 0 && v < max)
		return node_fail(&n, t->e, "is less than the limit of the memory, which it "
				 "counts in");
	return set(t, &n, "memory.swap.max", limit(v > 0 ? v - max : v, buf));
}

static int check_usage(const struct target *t, const struct node *memory, const struct node *n,
		       int64_t max)
{
	bool check = false;
	char buf[32];
	int r = node_bool(memory, "checkBeforeUpdate", &check, t->e);

	if (r || !check || max < 0 || cg_get(t->c->cg, "memory.current", buf, sizeof(buf)) < 0 ||
	    strtoll(buf, NULL, 10) < max)
		return r;
	return node_fail(n, t->e, "the container uses more already: %s", buf);
}

static int set_memory(const struct target *t, const struct node *up)
{
	struct node memory, n;
	char buf[24];
	int64_t max = 0;
	int r = node_object(up, "memory", 0, &memory, t->e);

	if (r || !memory.json)
		return r;
	r = number(t, &memory, "limit", &n, &max);
	if (r > 0) {
		r = check_usage(t, &memory, &n, max);
		if (!r)
			r = set(t, &n, "memory.max", limit(max, buf));
	}
	if (!r)
		r = set_swap(t, &memory, max);
	return r ? r : set_number(t, &memory, "reservation", "memory.low");
}

/* ---- cpu ---- */

static int set_quota(const struct target *t, const struct node *cpu)
{
	char text[48], old[48], buf[24];
	struct node q, p;
	int64_t quota, period;
	int has_quota = number(t, cpu, "quota", &q, &quota);
	int has_period = has_quota < 0 ? has_quota : number(t, cpu, "period", &p, &period);

	if (has_period < 0 || (!has_quota && !has_period))
		return has_period;
	if (!has_quota && cg_get(t->c->cg, "cpu.max", old, sizeof(old)) < 0)
		snprintf(old, sizeof(old), "max");
	snprintf(text, sizeof(text), "%.20s", has_quota ? limit(quota, buf) : old);
	text[strcspn(text, " ")] = '\0';
	if (has_period)
		snprintf(text + strlen(text), 24, " %" PRId64, period);
	return set(t, has_quota ? &q : &p, "cpu.max", text);
}

static int set_cpu(const struct target *t, const struct node *up)
{
	struct node cpu;
	int r = node_object(up, "cpu", 0, &cpu, t->e);

	if (r || !cpu.json)
		return r;
	r = set_number(t, &cpu, "shares", "cpu.shares");
	if (!r)
		r = set_quota(t, &cpu);
	if (!r)
		r = set_number(t, &cpu, "burst", "cpu.max.burst");
	if (!r)
		r = set_number(t, &cpu, "idle", "cpu.idle");
	if (!r)
		r = set_word(t, &cpu, "cpus");
	return r ? r : set_word(t, &cpu, "mems");
}

/* ---- the others ---- */

/* 10 to 1000 in the configuration, 1 to 10000 in the kernel's own scale. */
static int set_weight(const struct target *t, const struct node *block)
{
	char buf[24];
	struct node n;
	int64_t v;
	int r = number(t, block, "weight", &n, &v);

	if (r <= 0)
		return r;
	if (v < 10 || v > 1000)
		return node_fail(&n, t->e, "must be within 10 and 1000");
	return set(t, &n, "io.weight", limit(1 + (v - 10) * 9999 / 990, buf));
}

static int set_hugepages(const struct target *t, const struct node *up)
{
	struct node list;
	int r = node_array(up, "hugepageLimits", 0, &list, t->e);

	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i), n;
		const char *size;
		char key[64], buf[24];
		uint64_t v = 0;

		if (node_is_object(&item, t->e) || node_word(&item, "pageSize", &n, &size, t->e) ||
		    node_u64(&item, "limit", NODE_NEEDED, &v, t->e))
			return t->e->code;
		snprintf(key, sizeof(key), "hugetlb.%.32s.max", size);
		r = set(t, &n, key, limit((int64_t)(v > INT64_MAX ? UINT64_MAX : v), buf));
	}
	return r;
}

static int set_unified(const struct target *t, const struct node *up)
{
	struct node map;
	int r = node_object(up, "unified", 0, &map, t->e);

	if (r || !map.json)
		return r;
	json_object_object_foreach(map.json, key, value) {
		struct node n = { .json = value, .up = &map, .key = key };
		const char *text;

		r = node_text(&n, &text, t->e);
		if (!r)
			r = set(t, &n, key, text);
		if (r)
			return r;
	}
	return 0;
}

/* Is there any controller at all? */
static bool limits_nothing(const struct container *c)
{
	struct cg_cap caps[CG_NOPS];

	cg_caps(c->ctx, c->cg, 0, caps, CG_NOPS);
	return caps[CG_OP_LIMITS].level == CG_NONE && caps[CG_OP_DEVICES].level == CG_NONE;
}

/*
 * Every configuration has these rules. Where there is no cgroup at all root is warned, as
 * others are: it is what such a host can do. With cgroups it is an error.
 */
static int set_devices(const struct target *t, const struct node *up)
{
	struct node n = { .up = up, .key = "devices" };
	struct target soft = *t;
	char *text;
	int r = device_rules(up, &text, t->e);

	if (!r && text) {
		soft.strict = t->strict && !limits_nothing(t->c);
		r = set(&soft, &n, "devices.rules", text);
	}
	free(text);
	return r;
}

/* asked: an update, whose caller is told what cannot be done; at create engines ask for more. */
int resources_set(struct container *c, struct json_object *json, bool asked, struct err *e)
{
	struct target t = { .c = c, .e = e, .strict = asked || app_is_root() };
	struct node root = { 0 }, up = { .up = &root, .key = "linux" };
	struct node resources = { .json = json, .up = &up, .key = "resources" }, part;
	int r;

	if (!json || !c->cg)
		return 0;
	r = node_object(&resources, "pids", 0, &part, e);
	if (!r && part.json)
		r = set_number(&t, &part, "limit", "pids.max");
	if (!r)
		r = set_memory(&t, &resources);
	if (!r)
		r = set_cpu(&t, &resources);
	if (!r)
		r = node_object(&resources, "blockIO", 0, &part, e);
	if (!r && part.json)
		r = set_weight(&t, &part);
	if (!r)
		r = set_hugepages(&t, &resources);
	if (!r)
		r = set_devices(&t, &resources);
	return r ? r : set_unified(&t, &resources);
}
