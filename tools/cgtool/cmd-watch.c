/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch: the states of a group, each as it comes, until the one that is waited for. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

static const struct {
	const char *name;
	unsigned state;
} until[] = {
	{ "empty", CG_EMPTY | CG_GONE },
	{ "frozen", CG_FROZEN | CG_GONE },
	{ "gone", CG_GONE },
};

static int parse_until(const struct tool *t, unsigned *ret)
{
	const char *s = cmd_value(t->args, "until");

	for (size_t i = 0; i < ARRAY_SIZE(until); i++)
		if (!strcmp(s ? s : "gone", until[i].name)) {
			*ret = until[i].state;
			return 0;
		}
	return err_set(t->e, -EINVAL, "option --until: %s is not empty, frozen or gone", s);
}

static void print(const struct tool *t, unsigned state)
{
	struct json_object *o = tool_json(t);

	if (o) {
		out_json_add(o, "state", tool_json_state(state));
		out_json(o, stdout);
	} else {
		printf("%s%s\n",
		       state & CG_GONE ? "gone" : state & CG_EMPTY ? "empty" : "populated",
		       state & CG_FROZEN ? " frozen" : "");
	}
	fflush(stdout);
}

/* The signals that main() holds are let in here only. 0, or -ETIMEDOUT */
static int sleep_on(int fd, const long long *end)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long long left = end ? *end - tool_now_ms() : 0;
	const struct timespec t = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
	sigset_t none;
	int rc;

	if (end && left <= 0)
		return -ETIMEDOUT;
	sigemptyset(&none);
	rc = ppoll(&p, 1, end ? &t : NULL, &none);
	return rc < 0 && errno != EINTR ? -errno : 0;
}

static int follow(struct tool *t, struct cg_watch *w, unsigned wanted, const long long *end)
{
	struct cg_event ev = { .state = 0 };
	unsigned last = ~0U;
	int rc;

	for (;;) {
		rc = cg_watch_next(w, &ev, sizeof(ev));
		if (rc < 0 && rc != -EAGAIN)
			return tool_fail(t, rc);
		/* At first the state as it is, then each change once. */
		if (rc >= 0 ? ev.state != last : last == ~0U) {
			last = ev.state;
			print(t, last);
		}
		if (rc >= 0 && ev.state & wanted)
			return rc;
		rc = rc == -EAGAIN ? sleep_on(cg_watch_fd(w), end) : 0;
		if (rc < 0)
			return err_set(t->e, rc, "watch %s: %s", cg_path(t->cg), rc == -ETIMEDOUT ?
				       "it did not happen in time" : strerror(-rc));
	}
}

int cmd_watch(const struct cmd_args *a, struct err *e)
{
	struct cg_watch *w = NULL;
	unsigned wanted = 0;
	struct tool t;
	int rc = tool_open(&t, a, e);
	long long end = tool_now_ms() + t.timeout_ms;

	if (rc >= 0)
		rc = parse_until(&t, &wanted);
	if (rc >= 0)
		rc = tool_group(&t, 0);
	if (rc >= 0)
		rc = tool_fail(&t, cg_watch_new(t.ctx, 0, &w));
	if (rc >= 0)
		rc = tool_fail(&t, cg_watch_add(w, t.cg, CG_EMPTY | CG_FROZEN | CG_GONE, NULL));
	if (rc >= 0)
		rc = follow(&t, w, wanted, cmd_value(a, "timeout") ? &end : NULL);
	cg_watch_free(w);
	return tool_end(&t, rc, CG_OP_WATCH, NULL);
}
