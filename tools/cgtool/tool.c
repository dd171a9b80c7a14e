/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How every verb begins (options, context) and ends (result, weakness, error). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "bus.h"
#include "cgtool.h"
#include "num.h"
#include "out.h"

#include "banned.h"

#define MAX_TIMEOUT_S	86400

static void trace(void *data, const char *line)
{
	(void)data;
	out_error("cgtool: trace", line);
}

int tool_time(const char *s, int *ms)
{
	size_t n = strspn(s, "0123456789");
	char digits[16];
	long long v;

	if (!n || n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (num_parse(digits, 0, MAX_TIMEOUT_S * 1000LL, &v))
		return -EINVAL;
	if (!strcmp(s + n, "ms")) {
		*ms = (int)v;
		return 0;
	}
	if ((s[n] && strcmp(s + n, "s")) || v > MAX_TIMEOUT_S)
		return -EINVAL;
	*ms = (int)v * 1000;
	return 0;
}

int tool_open(struct tool *t, const struct cmd_args *a, struct err *e)
{
	const char *timeout = cmd_value(a, "timeout"), *driver = cmd_value(a, "driver");
	const char *base = cmd_value(a, "base"), *depth = cmd_value(a, "depth");
	long long n = INT_MAX;
	int rc;

	*t = (struct tool){ .args = a, .e = e, .json = cmd_value(a, "json"),
			    .timeout_ms = DEFAULT_TIMEOUT_MS };
	if (timeout && tool_time(timeout, &t->timeout_ms))
		return err_set(e, -EINVAL,
			       "option --timeout: %s is no time, as in 10, 10s or 500ms", timeout);
	if (depth && num_parse(depth, 0, INT_MAX, &n))
		return err_set(e, -EINVAL, "option --depth: %s is no number", depth);
	t->max_depth = (int)n;
	rc = cg_ctx_new(&t->ctx);
	if (rc < 0)
		return err_set(e, rc, "no control groups can be used here: %s", strerror(-rc));
	if (cmd_value(a, "trace"))
		cg_ctx_set_log(t->ctx, trace, NULL);
	bus_from_environment(t->ctx);
	if (driver)
		rc = cg_ctx_set_driver(t->ctx, driver);
	if (rc >= 0 && base)
		rc = cg_ctx_set_base(t->ctx, base);
	return tool_fail(t, rc);
}

long long tool_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

ssize_t tool_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

void tool_held_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGTERM);
}

int tool_sleep(int fd, long long ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	sigset_t none;
	int rc;

	sigemptyset(&none);
	rc = ppoll(&p, 1, ms < 0 ? NULL : &ts, &none);
	return rc < 0 && errno != EINTR ? -errno : 0;
}

int tool_exec(const char *verb, char **argv)
{
	sigset_t set;

	tool_held_signals(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	execvp(argv[0], argv);
	fprintf(stderr, "cgtool: %s %s: %s\n", verb, argv[0], strerror(errno));
	return errno == ENOENT ? RUN_NOT_FOUND : RUN_NO_EXEC;
}

int tool_fail(struct tool *t, int rc)
{
	return rc < 0 ? err_set(t->e, rc, "%s", cg_errmsg(t->ctx)) : rc;
}

const char *tool_reason(struct tool *t, unsigned op)
{
	struct cg_cap caps[CG_NOPS];
	int n = cg_caps(t->ctx, t->cg, 0, caps, CG_NOPS);

	for (int i = 0; i < n && i < CG_NOPS; i++)
		if (caps[i].op == op)
			return caps[i].reason;
	return "";
}

static const char *code_name(int rc)
{
	static const struct { int code; const char *name; } names[] = {
		{ EINVAL, "EINVAL" }, { ENOENT, "ENOENT" }, { EEXIST, "EEXIST" },
		{ EBUSY, "EBUSY" }, { EPERM, "EPERM" }, { EOPNOTSUPP, "EOPNOTSUPP" },
		{ EDEADLK, "EDEADLK" }, { ESRCH, "ESRCH" }, { ETIMEDOUT, "ETIMEDOUT" },
		{ ERANGE, "ERANGE" }, { ENODEV, "ENODEV" }, { ENOMEM, "ENOMEM" },
		{ ESTALE, "ESTALE" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].code == -rc)
			return names[i].name;
	return "EIO";
}

/* What became of it, put into o. */
static void add_result(struct tool *t, int rc, unsigned op, struct json_object *o)
{
	struct json_object *error;

	out_json_add(o, "result", out_json_string(rc == -ETIMEDOUT ? "left" : rc < 0 ? "error" :
						  rc == CG_WEAK ? "weak" : "done"));
	if (rc == CG_WEAK)
		out_json_add(o, "reason", out_json_string(tool_reason(t, op)));
	if (rc < 0) {
		error = json_object_new_object();
		out_json_add(error, "code", out_json_string(code_name(rc)));
		out_json_add(error, "message", out_json_string(t->e->msg));
		out_json_add(o, "error", error);
	}
}

static void tell_weak(struct tool *t, unsigned op)
{
	struct err weak = { 0 };

	err_set(&weak, CG_WEAK, "%s: done, but somebody may have been missed: %s",
		t->args->cmd->name, tool_reason(t, op));
	out_error("cgtool", weak.msg);
}

static void close_all(struct tool *t)
{
	cg_close(t->cg);
	cg_ctx_free(t->ctx);
}

int tool_end(struct tool *t, int rc, unsigned op, struct json_object *o)
{
	if (t->json) {
		o = o ? o : json_object_new_object();
		add_result(t, rc, op, o);
		out_json(o, stdout);
	} else if (rc == CG_WEAK) {
		tell_weak(t, op);
	}
	close_all(t);
	return rc;
}

int tool_one(const struct cmd_args *a, struct err *e, unsigned flags, unsigned op, tool_fn fn)
{
	struct json_object *o;
	struct tool t;
	int rc = tool_open(&t, a, e);

	if (rc >= 0)
		rc = tool_group(&t, flags);
	o = tool_json(&t);
	if (rc >= 0)
		rc = fn(&t, o);
	return tool_end(&t, rc, op, o);
}

/* ---- several groups ---- */

/* One after another has its turn, also after an error. */
struct turns {
	struct err *first, other;	/* the sentences of the first error and of a later one */
	int result;			/* the first error, else CG_WEAK if one was weak */
};

/* The first error is for main() to tell; a later one is told here. */
static void end_turn(struct tool *t, struct turns *all, int rc)
{
	if (rc < 0 && all->result < 0)
		out_error("cgtool", all->other.msg);
	if (all->result >= 0 && (rc < 0 || rc > all->result))
		all->result = rc;
	t->e = all->result < 0 ? &all->other : all->first;
}

/* One of several groups: tells its result, except the sentence of an error. */
static int do_nth(struct tool *t, int n, unsigned flags, unsigned op, tool_fn fn,
		  struct json_object *all)
{
	struct json_object *o;
	const char *name;
	int rc;

	t->nth = n;
	name = tool_open_nth(t, n, flags, &rc);
	o = tool_json(t);
	if (o && !t->cg)
		out_json_add(o, "group", out_json_string(name));
	if (rc >= 0)
		rc = fn(t, o);
	if (o)
		add_result(t, rc, op, o);
	else if (rc == CG_WEAK)
		tell_weak(t, op);
	out_json_append(all, "groups", o);
	cg_close(t->cg);
	t->cg = NULL;
	return rc;
}

static int do_all(struct tool *t, int n, unsigned flags, unsigned op, tool_fn fn)
{
	struct json_object *all = t->json ? json_object_new_object() : NULL;
	struct turns turns = { .first = t->e };

	for (int i = 0; i < n; i++)
		end_turn(t, &turns, do_nth(t, i, flags, op, fn, all));
	t->e = turns.first;
	if (all) {
		add_result(t, turns.result, op, all);
		out_json(all, stdout);
	}
	close_all(t);
	return turns.result;
}

int tool_each(const struct cmd_args *a, struct err *e, int first, unsigned flags, unsigned op,
	      tool_fn fn)
{
	struct json_object *o;
	struct tool t;
	int rc = tool_open(&t, a, e), n;

	t.next = first;
	n = rc >= 0 ? tool_groups(&t) : rc;
	t.n_groups = n;
	if (n > 1)
		return do_all(&t, n, flags, op, fn);
	rc = n;
	if (n == 1)
		(void)tool_open_nth(&t, 0, flags, &rc);
	o = tool_json(&t);
	if (rc >= 0)
		rc = fn(&t, o);
	return tool_end(&t, rc, op, o);
}

int tool_words(const struct cmd_args *a, struct err *e, unsigned op, tool_word_fn fn)
{
	struct json_object *o;
	struct tool t;
	struct turns turns = { .first = e, .result = tool_open(&t, a, e) };
	int n = turns.result < 0 ? 0 : a->n_pos ? a->n_pos : 1;

	o = tool_json(&t);
	for (int i = 0; i < n; i++)
		end_turn(&t, &turns, fn(&t, a->pos[i], !i, o));
	t.e = e;
	return tool_end(&t, turns.result, op, o);
}

struct json_object *tool_json(const struct tool *t)
{
	struct json_object *o = t->json ? json_object_new_object() : NULL;

	if (o && t->cg) {
		out_json_add(o, "group", out_json_string(cg_path(t->cg)));
		out_json_add(o, "drivers", out_json_string(cg_driver_name(t->cg)));
	}
	return o;
}

struct json_object *tool_json_state(unsigned state)
{
	static const struct { unsigned bit; const char *name; } names[] = {
		{ CG_EMPTY, "empty" }, { CG_FROZEN, "frozen" },
		{ CG_FROZEN_ABOVE, "frozen above" }, { CG_GONE, "gone" },
	};
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < ARRAY_SIZE(names); i++)
		if (state & names[i].bit)
			json_object_array_add(list, out_json_string(names[i].name));
	return list;
}
