/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: what a container uses, again and again or once. */
#include <errno.h>
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

static struct json_object *stats(struct container *c)
{
	struct json_object *o = json_object_new_object();

	out_json_add(o, "type", out_json_string("stats"));
	out_json_add(o, "id", out_json_string(c->st.id));
	out_json_add(o, "data", stats_json(c->cg));
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
