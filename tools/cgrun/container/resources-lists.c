/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Those of linux.resources that come as lists: a line of a kernel file for each device, size
 * of pages or interface.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "container/container.h"
#include "banned.h"

/* 10 to 1000 in the configuration, 1 to 10000 in the kernel's own scale. */
static int add_weight(const struct res_target *t, const struct node *n, char *text, size_t size)
{
	size_t len = strlen(text);
	int64_t v = 0;
	int r = res_number(t, n, &v);

	if (!r && v && (v < 10 || v > 1000))
		r = node_fail(n, t->e, "must be within 10 and 1000");
	if (r)
		return r;
	snprintf(text + len, size - len, "%" PRId64, 1 + (v - 10) * 9999 / 990);
	return v != 0;
}

static int set_weight(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	char text[24] = "";
	int r = add_weight(t, n, text, sizeof(text));

	return r <= 0 ? r : res_set(t, n, f->as, text);
}

/* "MAJOR:MINOR " */
static int device_of(const struct res_target *t, const struct node *item, char *text, size_t size)
{
	int64_t major = 0, minor = 0;

	if (node_is_object(item, t->e) ||
	    node_int(item, "major", NODE_NEEDED, 0, UINT32_MAX, &major, t->e) ||
	    node_int(item, "minor", NODE_NEEDED, 0, UINT32_MAX, &minor, t->e))
		return t->e->code;
	snprintf(text, size, "%" PRId64 ":%" PRId64 " ", major, minor);
	return 0;
}

static int set_device_weight(const struct res_target *t, const struct node *item,
			     const struct res_field *f)
{
	char text[64], leaf[64];
	struct node weight = { 0 }, own = { 0 };
	int64_t v = 0;
	int r = device_of(t, item, text, sizeof(text));

	if (!r)
		r = node_member(item, "weight", 0, json_type_int, &weight, t->e);
	if (!r)
		r = node_member(item, "leafWeight", 0, json_type_int, &own, t->e);
	if (!r && own.json)
		r = res_number(t, &own, &v);
	if (!r && v) {
		snprintf(leaf, sizeof(leaf), "%s%" PRId64, text, v);
		r = res_set(t, &own, "blkio.leaf_weight_device", leaf);
	}
	if (r || !weight.json)
		return r;
	r = add_weight(t, &weight, text, sizeof(text));
	return r <= 0 ? r : res_set(t, &weight, f->as, text);
}

static int set_device_rate(const struct res_target *t, const struct node *item,
			   const struct res_field *f)
{
	char text[80];
	uint64_t rate = 0;
	size_t len;
	int r = device_of(t, item, text, sizeof(text));

	if (!r)
		r = node_u64(item, "rate", NODE_NEEDED, &rate, t->e);
	if (r)
		return r;
	len = strlen(text);
	if (rate)
		snprintf(text + len, sizeof(text) - len, "%s=%" PRIu64, f->as, rate);
	else
		snprintf(text + len, sizeof(text) - len, "%s=max", f->as);
	return res_set(t, item, "io.max", text);
}

static int each(const struct res_target *t, const struct node *list, const struct res_field *f,
		int (*fn)(const struct res_target *, const struct node *, const struct res_field *))
{
	int r = 0;

	for (size_t i = 0; !r && i < node_length(list); i++) {
		struct node item = node_item(list, i);

		r = fn(t, &item, f);
	}
	return r;
}

static int set_weights(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	return each(t, n, f, set_device_weight);
}

static int set_rates(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	return each(t, n, f, set_device_rate);
}

const struct res_field res_block[] = {
	{ "weight", json_type_int, set_weight, "io.weight", NULL },
	{ "leafWeight", json_type_int, res_set_number, "blkio.leaf_weight", NULL },
	{ "weightDevice", json_type_array, set_weights, "io.weight", NULL },
	{ "throttleReadBpsDevice", json_type_array, set_rates, "rbps", NULL },
	{ "throttleWriteBpsDevice", json_type_array, set_rates, "wbps", NULL },
	{ "throttleReadIOPSDevice", json_type_array, set_rates, "riops", NULL },
	{ "throttleWriteIOPSDevice", json_type_array, set_rates, "wiops", NULL },
	{ 0 }
};

/* ---- the others ---- */

/* What is only reserved is limited too, where the kernel counts that (5.7). */
static int set_hugepage(const struct res_target *t, const struct node *item,
			const struct res_field *f)
{
	char key[64], reserved[64], buf[24];
	const char *name = "pageSize", *size, *text;
	struct node n;
	uint64_t v = 0;
	int r;

	(void)f;
	/* Go takes it in any case, so it is found written in both ways. */
	if (json_object_object_get_ex(item->json, "pagesize", NULL))
		name = "pagesize";
	if (node_is_object(item, t->e) || node_word(item, name, &n, &size, t->e) ||
	    node_u64(item, "limit", NODE_NEEDED, &v, t->e))
		return t->e->code;
	text = res_limit(v > INT64_MAX ? -1 : (int64_t)v, buf);
	snprintf(key, sizeof(key), "hugetlb.%.32s.max", size);
	snprintf(reserved, sizeof(reserved), "hugetlb.%.32s.rsvd.max", size);
	r = res_set(t, item, key, text);
	return r || !res_has(t, reserved) ? r : res_set(t, item, reserved, text);
}

int res_set_hugepages(const struct res_target *t, const struct node *n, const struct res_field *f)
{
	return each(t, n, f, set_hugepage);
}

static int set_priority(const struct res_target *t, const struct node *item,
			const struct res_field *f)
{
	int64_t priority = 0;
	const char *name;
	char text[64];
	struct node n;

	if (node_is_object(item, t->e) || node_word(item, "name", &n, &name, t->e) ||
	    node_int(item, "priority", NODE_NEEDED, 0, UINT32_MAX, &priority, t->e))
		return t->e->code;
	snprintf(text, sizeof(text), "%.32s %" PRId64, name, priority);
	return res_set(t, item, f->as, text);
}

static int set_priorities(const struct res_target *t, const struct node *n,
			  const struct res_field *f)
{
	return each(t, n, f, set_priority);
}

const struct res_field res_network[] = {
	{ "classID", json_type_int, res_set_number, "net_cls.classid", NULL },
	{ "priorities", json_type_array, set_priorities, "net_prio.ifpriomap", NULL },
	{ 0 }
};

int res_set_rdma(const struct res_target *t, const struct node *map, const struct res_field *f)
{
	static const char *const words[][2] = {
		{ "hcaHandles", "hca_handle" }, { "hcaObjects", "hca_object" },
	};

	json_object_object_foreach(map->json, key, value) {
		struct node n = { .json = value, .up = map, .key = key };
		char text[160];
		int r = node_is_object(&n, t->e);

		snprintf(text, sizeof(text), "%.64s", key);
		for (size_t i = 0; !r && i < 2; i++) {
			size_t len = strlen(text);
			int64_t v = -1;

			r = node_int(&n, words[i][0], 0, 0, UINT32_MAX, &v, t->e);
			if (v >= 0)
				snprintf(text + len, sizeof(text) - len, " %s=%" PRId64,
					 words[i][1], v);
		}
		if (!r)
			r = res_set(t, &n, f->as, text);
		if (r)
			return r;
	}
	return 0;
}
