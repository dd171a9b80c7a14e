/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.resources as keys of libcg, which knows how this host spells them: a table of all
 * that the specification has. What an ordinary user may not limit is left out with a warning
 * at create, as runc does it; for root, and in an update, it is an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "container/container.h"
#include "banned.h"

static void warn(const struct node *n, const char *why)
{
	struct strv line = { 0 };

	if (!node_warn(n, &line, "ignored: %s", why))
		log_warn("%s", line.v[0]);
	strv_free(&line);
}

/* What cannot be read as one value is not put back; the first value of a key counts. */
static void remember(const struct res_target *t, const char *key)
{
	char old[256];

	for (size_t i = 0; i + 1 < t->undo->n; i += 2)
		if (!strcmp(t->undo->v[i], key))
			return;
	if (cg_get(t->c->cg, key, old, sizeof(old)) < 0 || strchr(old, '\n'))
		return;
	if (strv_add(t->undo, strdup(key)) || strv_add(t->undo, strdup(old)))
		t->undo->n &= ~(size_t)1;
}

static void put_back(const struct res_target *t)
{
	for (size_t i = t->undo->n; i >= 2; i -= 2)
		if (cg_set(t->c->cg, t->undo->v[i - 2], t->undo->v[i - 1]) < 0)
			log_warn("%s is not %s again: %s", t->undo->v[i - 2], t->undo->v[i - 1],
				 cg_errmsg(t->c->ctx));
}

static int set(const struct res_target *t, const char *key, const char *value)
{
	if (t->undo)
		remember(t, key);
	return cg_set(t->c->cg, key, value);
}

int res_set(const struct res_target *t, const struct node *n, const char *key, const char *value)
{
	int rc = set(t, key, value);
	struct cg_cap caps[CG_NOPS];
	char why[400];

	if (rc >= 0)
		return 0;
	snprintf(why, sizeof(why), "%s", cg_errmsg(t->c->ctx));
	cg_caps(t->c->ctx, t->c->cg, 0, caps, CG_NOPS);
	/* The key is a name of cgroup v2, and no file that anybody could look for here. */
	if (rc == -EOPNOTSUPP && caps[CG_OP_LIMITS].level == CG_NONE)
		snprintf(why, sizeof(why), "cannot set %.*s limit: container could not join or "
			 "create cgroup%s%.250s", (int)strcspn(key, "."), key,
			 *caps[CG_OP_LIMITS].reason ? ": " : "", caps[CG_OP_LIMITS].reason);
	if (!t->strict && (rc == -EOPNOTSUPP || rc == -EPERM)) {
		warn(n, why);
		return 0;
	}
	node_fail(n, t->e, "%s", why);
	return t->e->code = rc;
}

int res_number(const struct res_target *t, const struct node *n, int64_t *v)
{
	return node_number(n, INT64_MIN, INT64_MAX, v, t->e);
}

/* A neighbour. 0 is as good as absent. */
static int number(const struct res_target *t, const struct node *up, const char *key, int64_t *v)
{
	struct node n;
	int r = node_member(up, key, 0, json_type_int, &n, t->e);

	*v = 0;
	return r || !n.json ? r : res_number(t, &n, v);
}

const char *res_limit(int64_t v, char buf[24])
{
	if (v < 0)
		return "max";
	snprintf(buf, 24, "%" PRId64, v);
	return buf;
}

bool res_has(const struct res_target *t, const char *key)
{
	char buf[64];

	return cg_get(t->c->cg, key, buf, sizeof(buf)) != -EOPNOTSUPP;
}

static int set_limit(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[24];
	int64_t v = 0;
	int r = res_number(t, n, &v);

	return r || !v ? r : res_set(t, n, f->as, res_limit(v, buf));
}

/* 0 is a limit: the nearest that lets the program live. */
static int set_pids(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[24];
	int64_t v = 0;
	int r = res_number(t, n, &v);

	return r || t->early ? r : res_set(t, n, f->as, res_limit(v ? v : 1, buf));
}

int res_set_number(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[24];
	int64_t v = 0;
	int r = res_number(t, n, &v);

	snprintf(buf, sizeof(buf), "%" PRId64, v);
	return r || !v ? r : res_set(t, n, f->as, buf);
}

/* 0 is a value like others; where there is no such file it is what holds anyway. */
static int set_value(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[24];
	int64_t v = 0;
	int r = res_number(t, n, &v);

	snprintf(buf, sizeof(buf), "%" PRId64, v);
	return r || (!v && !res_has(t, f->as)) ? r : res_set(t, n, f->as, buf);
}

/* Where two depend on each other: it may be possible only before the other is set. */
static int try_value(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[24];
	int64_t v = 0;
	int r = res_number(t, n, &v);

	snprintf(buf, sizeof(buf), "%" PRId64, v);
	if (!r && v)
		(void)set(t, f->as, buf);
	return r;
}

static int set_word(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	const char *text;
	int r = node_text(n, &text, t->e);

	return r || !*text ? r : res_set(t, n, f->as, text);
}

static int set_flag(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	return json_object_get_boolean(n->json) ? res_set(t, n, f->as, "1") : 0;
}

static int ignore(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	int64_t v = 0;
	int r = res_number(t, n, &v);

	if (!r && v)
		warn(n, f->as);
	return r;
}

/* ---- memory ---- */

static int check_usage(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[32];
	int64_t max = 0;
	int r = number(t, n->up, "limit", &max);

	(void)f;
	if (r || !json_object_get_boolean(n->json) || max <= 0 ||
	    cg_get(t->c->cg, "memory.current", buf, sizeof(buf)) < 0 ||
	    strtoll(buf, NULL, 10) < max)
		return r;
	return node_fail(n, t->e, "the container uses more already: %s", buf);
}

/* Without a word about swap, no limit of the memory is none of swap either. */
static int set_memory(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char buf[24];
	int64_t max = 0, swap = 0;
	int r = res_number(t, n, &max);

	if (!r)
		r = number(t, n->up, "swap", &swap);
	if (r || !max)
		return r;
	/* Where both are counted together neither may pass the other: the one that rises first. */
	if (swap > 0 && max > 0 && swap >= max) {
		if (set(t, f->as, res_limit(max, buf)) >= 0)
			return 0;
		(void)set(t, "memory.swap.max", "max");
	}
	r = res_set(t, n, f->as, res_limit(max, buf));
	if (!r && max < 0 && !swap)
		(void)set(t, "memory.swap.max", "max");
	return r;
}

static int64_t current_limit(const struct res_target *t)
{
	char buf[32];

	if (cg_get(t->c->cg, "memory.max", buf, sizeof(buf)) < 0 || !strcmp(buf, "max"))
		return -1;
	return strtoll(buf, NULL, 10);
}

/*
 * The configuration counts swap together with memory. A kernel that does not count swap at
 * all limits none, and engines ask for "none at all" without looking: as runc, not an error.
 */
static int set_swap(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	int64_t v = 0, max = 0;
	int r = res_number(t, n, &v);
	char buf[24];

	if (!r)
		r = number(t, n->up, "limit", &max);
	if (r || !v)
		return r;
	if (v > 0 && max <= 0)
		max = current_limit(t);
	if (v > 0 && max < 0)
		return node_fail(n, t->e, "needs a limit of the memory");
	if (v > 0 && v < max)
		return node_fail(n, t->e, "is less than the limit of the memory, which it "
				 "counts in");
	if ((v < 0 || v == max) && !res_has(t, f->as)) {
		if (v > 0)
			warn(n, cg_errmsg(t->c->ctx));
		return 0;
	}
	return res_set(t, n, f->as, res_limit(v > 0 ? v - max : v, buf));
}

static int set_swappiness(const struct res_target *t, const struct node *n,
			  const struct res_field *f)
{
	char buf[24];
	int64_t v = 0;
	int r = res_number(t, n, &v);

	if (!r && (v < 0 || v > 100))
		r = node_fail(n, t->e, "must be within 0 and 100");
	return r ? r : res_set(t, n, f->as, res_limit(v, buf));
}

/* Every kernel from 5.11 on, and cgroup v2, has it so without being asked. */
static int set_hierarchy(const struct res_target *t, const struct node *n,
			 const struct res_field *f)
{
	char buf[8];

	if (cg_get(t->c->cg, f->as, buf, sizeof(buf)) < 0 || strcmp(buf, "0"))
		return 0;
	return set_flag(t, n, f);
}

static const struct res_field memory[] = {
	{ "checkBeforeUpdate", json_type_boolean, check_usage, NULL, NULL },
	{ "limit", json_type_int, set_memory, "memory.max", NULL },
	{ "swap", json_type_int, set_swap, "memory.swap.max", NULL },
	{ "reservation", json_type_int, set_limit, "memory.low", NULL },
	{ "kernel", json_type_int, ignore, "kernels have given up this limit", NULL },
	{ "kernelTCP", json_type_int, ignore, "kernels have given up this limit", NULL },
	{ "swappiness", json_type_int, set_swappiness, "memory.swappiness", NULL },
	{ "disableOOMKiller", json_type_boolean, set_flag, "memory.oom_control", NULL },
	{ "useHierarchy", json_type_boolean, set_hierarchy, "memory.use_hierarchy", NULL },
	{ 0 }
};

/* ---- cpu ---- */

static int set_quota(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char text[48], buf[24];
	int64_t quota = 0, period = 0;
	int r = res_number(t, n, &quota);

	if (!r)
		r = number(t, n->up, "period", &period);
	if (r || !quota)
		return r;
	snprintf(text, sizeof(text), "%s", res_limit(quota, buf));
	if (period)
		snprintf(text + strlen(text), 24, " %" PRId64, period);
	return res_set(t, n, f->as, text);
}

/* With the quota, if there is a new one. */
static int set_period(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char text[48] = "max", now[48];
	int64_t quota = 0, period = 0;
	int r = res_number(t, n, &period);

	if (!r)
		r = number(t, n->up, "quota", &quota);
	if (r || quota || !period)
		return r;
	if (cg_get(t->c->cg, f->as, now, sizeof(now)) >= 0)
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(now, " "), now);
	snprintf(text + strlen(text), 24, " %" PRId64, period);
	return res_set(t, n, f->as, text);
}

/* An idle group takes no weight, so it has to be none before. */
static int set_not_idle(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	int64_t v = 0;
	int r = res_number(t, n, &v);

	return r || v ? r : set_value(t, n, f);
}

/* Those that stand here twice depend on what is between. */
static const struct res_field cpu[] = {
	{ "idle", json_type_int, set_not_idle, "cpu.idle", NULL },
	{ "shares", json_type_int, res_set_number, "cpu.shares", NULL },
	{ "burst", json_type_int, try_value, "cpu.max.burst", NULL },
	{ "quota", json_type_int, set_quota, "cpu.max", NULL },
	{ "period", json_type_int, set_period, "cpu.max", NULL },
	{ "burst", json_type_int, set_value, "cpu.max.burst", NULL },
	{ "realtimePeriod", json_type_int, try_value, "cpu.rt_period_us", NULL },
	{ "realtimeRuntime", json_type_int, res_set_number, "cpu.rt_runtime_us", NULL },
	{ "realtimePeriod", json_type_int, res_set_number, "cpu.rt_period_us", NULL },
	{ "idle", json_type_int, res_set_number, "cpu.idle", NULL },
	{ "cpus", json_type_string, set_word, "cpuset.cpus", NULL },
	{ "mems", json_type_string, set_word, "cpuset.mems", NULL },
	{ 0 }
};

/* ---- the others ---- */

static int set_unified(const struct res_target *t, const struct node *map,
		       const struct res_field *f)
{
	(void)f;
	json_object_object_foreach(map->json, key, value) {
		struct node n = { .json = value, .up = map, .key = key };
		const char *text;
		int r = node_text(&n, &text, t->e);

		if (!r)
			r = res_set(t, &n, key, text);
		if (r == -EOPNOTSUPP)
			err_wrap(t->e, "invalid configuration");
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
 * Every configuration has these rules. Root is warned where there is no cgroup at all, for it
 * is what such a host can do, and gets an error where there are some. Others can never have
 * them, which is no news: engines put what we say into the container's log.
 */
static int set_devices(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	struct res_target soft = *t;
	char *text;
	int r = device_rules(n->up, &text, t->e);

	/* Whether that is an error is asked only where it failed: the question costs more. */
	if (!r && text && cg_set(t->c->cg, f->as, text) < 0) {
		if (app_is_root()) {
			soft.strict = t->strict && !limits_nothing(t->c);
			r = res_set(&soft, n, f->as, text);
		} else {
			log_debug("linux.resources.devices: ignored: %s", cg_errmsg(t->c->ctx));
		}
	}
	free(text);
	return r;
}

static bool is_known(const char *key, const struct res_field *f)
{
	for (; f->name; f++)
		if (!strcmp(f->name, key))
			return true;
	return false;
}

static int set_fields(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	for (const struct res_field *in = f->in; in->name; in++) {
		struct node value;
		int r = node_member(n, in->name, 0, in->type, &value, t->e);

		if (!r && value.json)
			r = in->apply(t, &value, in);
		if (r)
			return r;
	}
	json_object_object_foreach(n->json, key, json) {
		struct node value = { .json = json, .up = n, .key = key };

		if (json && !is_known(key, f->in))
			warn(&value, "not known");
	}
	return 0;
}

static const struct res_field pids[] = {
	{ "limit", json_type_int, set_pids, "pids.max", NULL },
	{ 0 }
};

/* Raw keys come last: they are meant to have the last word. */
static const struct res_field sections[] = {
	{ "pids", json_type_object, set_fields, NULL, pids },
	{ "memory", json_type_object, set_fields, NULL, memory },
	{ "cpu", json_type_object, set_fields, NULL, cpu },
	{ "blockIO", json_type_object, set_fields, NULL, res_block },
	{ "hugepageLimits", json_type_array, res_set_hugepages, NULL, NULL },
	{ "network", json_type_object, set_fields, NULL, res_network },
	{ "rdma", json_type_object, res_set_rdma, "rdma.max", NULL },
	{ "devices", json_type_array, set_devices, "devices.rules", NULL },
	{ "unified", json_type_object, set_unified, NULL, NULL },
	{ 0 }
};

/*
 * Who calls us as an ordinary user and asks for a limit relies on it, as with runc. Not so
 * root of a user namespace: engines there ask for limits without looking whether they can
 * be had (ctr, nerdctl, buildkit), and the container is to run without them.
 */
bool resources_strict(void)
{
	return geteuid() || app_is_root();
}

int resources_set(struct container *c, struct json_object *json, unsigned how, struct err *e)
{
	const struct res_field all = { .in = sections }, processes = { .in = pids };
	struct strv undo = { 0 };
	const struct res_target t = {
		.c = c, .e = e, .strict = how & RES_STRICT, .early = how & RES_BEFORE_INIT,
		.undo = how & RES_OR_NOTHING ? &undo : NULL,
	};
	struct node root = { 0 }, up = { .up = &root, .key = "linux" };
	struct node resources = { .json = json, .up = &up, .key = "resources" }, part;
	int r;

	if (!json || !c->cg)
		return 0;
	if (how & RES_PROCESSES) {
		r = node_object(&resources, "pids", 0, &part, e);
		return r || !part.json ? r : set_fields(&t, &part, &processes);
	}
	r = set_fields(&t, &resources, &all);
	if (r && t.undo)
		put_back(&t);
	strv_free(&undo);
	return r;
}
