/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events: what a container uses, in the shape that runc gives it. A value that this host
 * does not count is left out.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgrun.h"
#include "num.h"
#include "out.h"

#include "banned.h"

const struct cmd_opt events_options[] = {
	{ "stats", 0, NULL, "print once and end", false },
	{ "interval", 0, "SECONDS", "between two prints (default: 5)", false },
	{ 0 }
};

/* "max" is UINT64_MAX; a name: of a line in a file with several. */
static bool get(struct container *c, const char *key, const char *name, uint64_t *ret)
{
	char buf[4096], *s = buf;

	if (cg_get(c->cg, key, buf, sizeof buf) < 0)
		return false;
	if (name) {
		s = strstr(buf, name);
		if (!s)
			return false;
		s += strlen(name);
	}
	*ret = !strncmp(s, "max", 3) ? UINT64_MAX : strtoull(s, NULL, 10);
	return true;
}

static void put(struct container *c, struct json_object *o, const char *as, const char *key)
{
	uint64_t v;

	if (get(c, key, NULL, &v))
		out_json_add(o, as, json_object_new_uint64(v));
}

static struct json_object *cpu(struct container *c)
{
	struct json_object *o = json_object_new_object(), *usage = json_object_new_object();
	uint64_t v;

	if (get(c, "cpu.stat", "usage_usec ", &v))
		out_json_add(usage, "total", json_object_new_uint64(v * 1000));
	else if (get(c, "cpuacct.usage", NULL, &v))
		out_json_add(usage, "total", json_object_new_uint64(v));
	out_json_add(o, "usage", usage);
	return o;
}

static struct json_object *stats(struct container *c)
{
	struct json_object *o = json_object_new_object(), *data = json_object_new_object();
	struct json_object *memory = json_object_new_object(), *usage = json_object_new_object();
	struct json_object *pids = json_object_new_object();

	put(c, usage, "usage", "memory.current");
	put(c, usage, "limit", "memory.max");
	put(c, usage, "max", "memory.peak");
	out_json_add(memory, "usage", usage);
	put(c, pids, "current", "pids.current");
	put(c, pids, "limit", "pids.max");
	out_json_add(data, "cpu", cpu(c));
	out_json_add(data, "memory", memory);
	out_json_add(data, "pids", pids);
	out_json_add(o, "type", out_json_string("stats"));
	out_json_add(o, "id", out_json_string(c->st.id));
	out_json_add(o, "data", data);
	return o;
}

static int print(struct container *c)
{
	struct json_object *o = stats(c);

	printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
						      JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return fflush(stdout) ? -EIO : 0;
}

static int events(struct container *c, bool once, long long seconds, struct err *e)
{
	const struct timespec pause = { .tv_sec = seconds };
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (!rc && (f.status == STOPPED || !c->cg))
		return err_set(e, -ESRCH, "container with id %s is not running", c->dir.id);
	while (!rc && f.status != STOPPED) {
		if (print(c))
			return err_set(e, -EIO, "cannot write to standard output");
		if (once)
			break;
		nanosleep(&pause, NULL);
		rc = container_facts(c, &f, e);
	}
	return rc;
}

int cmd_events(const struct cmd_args *a, struct err *e)
{
	const char *interval = cmd_value(a, "interval");
	char text[24] = "5";
	struct container c;
	struct app app;
	long long n;
	int rc;

	if (interval)
		snprintf(text, sizeof text, "%.23s", interval);
	if (*text && text[strlen(text) - 1] == 's')	/* go-runc writes "5s" */
		text[strlen(text) - 1] = '\0';
	if (num_parse(text, 1, 86400, &n))
		return err_set(e, -EINVAL, "--interval: \"%.32s\" is not a number of seconds",
			       interval);
	rc = app_init(&app, a, false, e);
	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = events(&c, cmd_value(a, "stats"), n, e);
		container_close(&c);
	}
	app_free(&app);
	return rc;
}
