/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events: what a container uses, again and again or once, and that the kernel has killed
 * a process of it for want of memory.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "num.h"
#include "out.h"

#include "base/base.h"
#include "container/container.h"
#include "verb/verb.h"
#include "banned.h"

/* An end, or a kill, is noticed within this time. */
#define LOOK_MS	100

const struct cmd_opt events_options[] = {
	{ "stats", 0, NULL, "print once and end", 0 },
	{ "interval", 0, "TIME", "between two prints: 5s (the default), 500ms, 1m", 0 },
	{ 0 }
};

static int print(struct container *c, const char *type, struct json_object *data)
{
	struct json_object *o = json_object_new_object();

	out_json_add(o, "type", out_json_string(type));
	out_json_add(o, "id", out_json_string(c->st.id));
	if (data)
		out_json_add(o, "data", data);
	return out_json_line(o, stdout) || fflush(stdout) ? -EIO : 0;
}

/* How many of it the kernel has killed for want of memory; 0 where that is not counted. */
static unsigned long long oom_kills(struct container *c)
{
	static const char name[] = "oom_kill ";
	char text[1024], *at;

	if (cg_get(c->cg, "memory.events", text, sizeof text) < 0)
		return 0;
	at = strstr(text, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

/* A line for each since the last look. */
static int print_oom(struct container *c, unsigned long long *seen)
{
	unsigned long long now = oom_kills(c);
	int rc = 0;

	for (; !rc && *seen < now; (*seen)++)
		rc = print(c, "oom", NULL);
	return rc;
}

static int broken(struct err *e)
{
	return err_set(e, -EIO, "cannot write to standard output");
}

/* A kill may be the container's end, so it is looked for after that as well. */
static int events(struct container *c, long long ms, struct err *e)
{
	const struct timespec pause = { .tv_nsec = LOOK_MS * 1000000 };
	unsigned long long seen = oom_kills(c);
	uint64_t next = 0;
	struct facts f;
	int rc = container_facts(c, &f, e);

	while (!rc && f.status != STOPPED) {
		if (print_oom(c, &seen))
			return broken(e);
		if (now_ms() >= next) {
			next = now_ms() + (uint64_t)ms;
			if (print(c, "stats", stats_json(c->cg)))
				return broken(e);
		}
		nanosleep(&pause, NULL);
		rc = container_facts(c, &f, e);
	}
	return !rc && print_oom(c, &seen) ? broken(e) : rc;
}

static int begin(struct container *c, bool once, long long ms, struct err *e)
{
	struct facts f;
	int rc = container_facts(c, &f, e);

	if (rc)
		return rc;
	if (f.status == STOPPED || !c->cg)
		return err_set(e, -ESRCH, "container with id %s is not running", c->dir.id);
	if (!once)
		return events(c, ms, e);
	return print(c, "stats", stats_json(c->cg)) ? broken(e) : 0;
}

/* As Go writes it: "5s", "500ms", "2m"; or seconds alone. */
static int milliseconds(const char *s, long long *ret)
{
	static const struct { const char *name; int ms; } units[] = {
		{ "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
	};
	size_t len = strspn(s, "0123456789");
	char digits[16] = "";

	if (len >= sizeof digits)
		return -EINVAL;
	memcpy(digits, s, len);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (!strcmp(s + len, units[i].name)) {
			if (num_parse(digits, 1, 86400000, ret))
				return -EINVAL;
			*ret *= units[i].ms;
			return 0;
		}
	return -EINVAL;
}

int cmd_events(const struct cmd_args *a, struct err *e)
{
	const char *interval = cmd_value(a, "interval");
	struct container c;
	struct app app;
	long long ms;
	int rc;

	if (milliseconds(interval ? interval : "5s", &ms))
		return err_set(e, -EINVAL, "--interval: \"%.32s\" is no time such as 5s",
			       interval);
	rc = app_init(&app, a, false, e);
	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = begin(&c, cmd_value(a, "stats"), ms, e);
		container_close(&c);
	}
	app_free(&app);
	return rc;
}
