/* SPDX-License-Identifier: GPL-2.0-or-later */
/* update: other limits for a container that exists, from a file or from options. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "num.h"

#include "base/base.h"
#include "container/container.h"
#include "verb/verb.h"
#include "banned.h"

const struct cmd_opt update_options[] = {
	{ "resources", 'r', "FILE", "JSON as linux.resources, - for standard input", 0 },
	{ "pids-limit", 0, "N", "processes and threads, -1 for no limit", 0 },
	{ "memory", 0, "BYTES", "limit of the memory, \"64m\" as well", 0 },
	{ "memory-swap", 0, "BYTES", "limit of memory and swap together", 0 },
	{ "memory-reservation", 0, "BYTES", "memory that is kept for it", 0 },
	{ "kernel-memory", 0, "BYTES", "ignored: kernels have given it up", 0 },
	{ "kernel-memory-tcp", 0, "BYTES", "ignored likewise", 0 },
	{ "cpu-share", 0, "N", "weight against others, 2 to 262144", 0 },
	{ "cpu-quota", 0, "USEC", "time in each period", 0 },
	{ "cpu-period", 0, "USEC", "length of a period", 0 },
	{ "cpu-burst", 0, "USEC", "unused time that may be saved up", 0 },
	{ "cpu-rt-runtime", 0, "USEC", "realtime in each of its periods", 0 },
	{ "cpu-rt-period", 0, "USEC", "length of a period of realtime", 0 },
	{ "cpu-idle", 0, "N", "1: only when nobody else wants to run", 0 },
	{ "cpuset-cpus", 0, "LIST", "processors, \"0-3,7\"", 0 },
	{ "cpuset-mems", 0, "LIST", "memory nodes", 0 },
	{ "blkio-weight", 0, "N", "weight of its input and output, 10 to 1000", 0 },
	{ 0 }
};

static const struct {
	const char *option, *section, *key;
	enum { NUMBER, BYTES, TEXT } kind;
} flags[] = {
	{ "pids-limit", "pids", "limit", NUMBER },
	{ "memory", "memory", "limit", BYTES },
	{ "memory-swap", "memory", "swap", BYTES },
	{ "memory-reservation", "memory", "reservation", BYTES },
	{ "kernel-memory", "memory", "kernel", BYTES },
	{ "kernel-memory-tcp", "memory", "kernelTCP", BYTES },
	{ "cpu-share", "cpu", "shares", NUMBER },
	{ "cpu-quota", "cpu", "quota", NUMBER },
	{ "cpu-period", "cpu", "period", NUMBER },
	{ "cpu-burst", "cpu", "burst", NUMBER },
	{ "cpu-rt-runtime", "cpu", "realtimeRuntime", NUMBER },
	{ "cpu-rt-period", "cpu", "realtimePeriod", NUMBER },
	{ "cpu-idle", "cpu", "idle", NUMBER },
	{ "cpuset-cpus", "cpu", "cpus", TEXT },
	{ "cpuset-mems", "cpu", "mems", TEXT },
	{ "blkio-weight", "blockIO", "weight", NUMBER },
};

static int from_flags(const struct cmd_args *a, struct json_object *o, struct err *e)
{
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		const char *v = cmd_value(a, flags[i].option);
		struct json_object *section;
		long long n = 0;
		int rc = 0;

		if (!v || !*v)
			continue;
		if (flags[i].kind == BYTES)
			rc = num_bytes(v, &n);
		else if (flags[i].kind == NUMBER)
			rc = num_parse(v, INT64_MIN, INT64_MAX, &n);
		if (rc)
			return err_set(e, -EINVAL, "--%s: \"%.64s\" is not a number",
				       flags[i].option, v);
		if (!json_object_object_get_ex(o, flags[i].section, &section)) {
			section = json_object_new_object();
			json_object_object_add(o, flags[i].section, section);
		}
		json_object_object_add(section, flags[i].key, flags[i].kind == TEXT ?
				       json_object_new_string(v) : json_object_new_int64(n));
	}
	return 0;
}

static int read_resources(const struct cmd_args *a, struct json_object **ret, struct err *e)
{
	const char *file = cmd_value(a, "resources");

	if (file)
		return strcmp(file, "-") ? json_load(file, file, ret, e) :
					   json_load_stdin("resources", ret, e);
	*ret = json_object_new_object();
	return from_flags(a, *ret, e);
}

static int update(struct container *c, struct json_object *resources, struct err *e)
{
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (rc < 0)
		return rc;
	if (f.status == STOPPED || !c->cg)
		return err_set(e, -ESRCH, "container not running");
	return resources_set(c, resources, RES_STRICT | RES_OR_NOTHING, e);
}

int cmd_update(const struct cmd_args *a, struct err *e)
{
	struct json_object *resources = NULL;
	struct container c;
	struct app app;
	int rc = read_resources(a, &resources, e);

	if (rc < 0) {
		json_object_put(resources);
		return rc;
	}
	rc = app_init(&app, a, false, e);
	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = update(&c, resources, e);
		container_close(&c);
	}
	app_free(&app);
	json_object_put(resources);
	return rc;
}
