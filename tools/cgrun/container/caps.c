/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libcg can do with a container's group, kept in its state as it was told. */
#include <errno.h>

#include <json-c/json.h>

#include "out.h"

#include "base/base.h"
#include "container/container.h"
#include "banned.h"

struct json_object *caps_to_json(struct cg_ctx *ctx, struct cg *cg, unsigned ids)
{
	struct json_object *all = json_object_new_array();
	struct cg_cap cap[CG_NOPS];
	int n = cg_caps(ctx, cg, ids, cap, CG_NOPS);

	for (int i = 0; i < n && i < CG_NOPS; i++) {
		struct json_object *o = json_object_new_object();

		out_json_add(o, "operation", out_json_string(cg_op_name(cap[i].op)));
		out_json_add(o, "level", out_json_string(cg_level_name(cap[i].level)));
		out_json_add(o, "mechanism", out_json_string(cap[i].mechanism));
		out_json_add(o, "reason", out_json_string(cap[i].reason));
		out_json_add(o, "remedy", out_json_string(cap[i].remedy));
		json_object_array_add(all, o);
	}
	return all;
}

int caps_kill(struct cg_ctx *ctx, struct cg *cg, unsigned ids, struct cg_cap *ret)
{
	struct cg_cap cap[CG_NOPS];
	int n = cg_caps(ctx, cg, ids, cap, CG_NOPS);

	if (n < 0)
		return n;
	if (n <= CG_OP_KILL)
		return -EOPNOTSUPP;
	*ret = cap[CG_OP_KILL];
	return 0;
}
