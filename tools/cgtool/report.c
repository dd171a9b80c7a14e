/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kill that takes long: what is shown meanwhile, and who is left in the end. The
 * time is cut into seconds, which the library allows: each call goes on where the
 * last one stopped, and leaves nothing frozen in between.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

#define SLICE_MS	1000

static const char *const why_code[] = {
	[CG_LEFT_UNKNOWN] = "unknown",
	[CG_LEFT_UNINTERRUPTIBLE] = "uninterruptible",
	[CG_LEFT_INVISIBLE] = "invisible",
	[CG_LEFT_DENIED] = "denied",
	[CG_LEFT_FORKING] = "forking",
	[CG_LEFT_FROZEN] = "frozen",
};

static const char *const why_text[] = {
	[CG_LEFT_UNKNOWN] = "has not ended yet",
	[CG_LEFT_UNINTERRUPTIBLE] = "sleeps uninterruptibly in the kernel",
	[CG_LEFT_INVISIBLE] = "lives outside this PID namespace",
	[CG_LEFT_DENIED] = "the kernel does not let this user signal it",
	[CG_LEFT_FORKING] = "was forked a moment ago",
	[CG_LEFT_FROZEN] = "held by a frozen group above",
};

static const char *why(const char *const *words, const struct cg_survivor *s)
{
	return words[s->why < ARRAY_SIZE(why_code) ? s->why : CG_LEFT_UNKNOWN];
}

static char *sentence(const struct cg_survivor *s)
{
	char *text = NULL;

	if (asprintf(&text, "%s%s%.*s", why(why_text, s), *s->wchan ? ": " : "",
		     (int)sizeof(s->wchan), s->wchan) < 0)
		return NULL;
	return text;
}

static size_t listed(const struct cg_report *r)
{
	return r->left < CG_SURVIVORS ? r->left : CG_SURVIVORS;
}

/* "\r" works within one line only, so it is cut at the width of the terminal. */
static void progress(const struct tool *t, const struct cg_report *r, long long left_ms)
{
	size_t columns = out_columns(stderr);
	char *text = NULL, *line = NULL, *what;

	if (!isatty(STDERR_FILENO))
		return;
	if (columns < 20)
		columns = 80;
	what = sentence(&r->survivor[0]);
	if (asprintf(&text, "%s: still %u left, %lld s more: %d (%.*s) %s", t->args->cmd->name,
		     r->left, (left_ms + 999) / 1000, r->survivor[0].pid,
		     (int)sizeof(r->survivor[0].comm), r->survivor[0].comm,
		     what ? what : "") >= 0)
		line = out_escaped(text);
	if (line)
		fprintf(stderr, "\r%.*s\033[K", (int)columns - 1, line);
	fflush(stderr);
	free(what);
	free(text);
	free(line);
}

/* See hold_signals(): between two calls nothing is half done. */
static void let_signals_in(void)
{
	sigset_t none, old;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static void add(struct cg_report *total, const struct cg_report *r, int rc)
{
	total->ended += r->ended;
	total->rounds += r->rounds;
	if (*r->how)
		memcpy(total->how, r->how, sizeof(total->how));
	if (rc == -EBUSY)
		return;		/* nobody was counted */
	total->left = r->left;
	total->unnamed = r->unnamed;
	memcpy(total->survivor, r->survivor, sizeof(total->survivor));
}

typedef int (*step_fn)(struct cg *cg, int timeout_ms, struct cg_report *r);

/* Calls fn for a second at a time until it is done or the time is over. */
static int in_slices(struct tool *t, step_fn fn, struct cg_report *total)
{
	long long start = tool_now_ms(), left = t->timeout_ms;
	bool shown = false;
	int rc;

	*total = (struct cg_report){ 0 };
	for (;;) {
		int slice = left < SLICE_MS ? (int)left : SLICE_MS;
		struct cg_report r = { 0 };
		long long begin = tool_now_ms();

		rc = fn(t->cg, slice, &r);
		add(total, &r, rc);
		left = start + t->timeout_ms - tool_now_ms();
		if (left <= 0 || (rc != -ETIMEDOUT && rc != -EBUSY))
			break;
		/* Busy at once: not something that waiting helps. */
		if (rc == -EBUSY && tool_now_ms() - begin < slice)
			break;
		progress(t, total, left);
		shown = true;
		let_signals_in();
	}
	if (shown && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	total->usec = (uint64_t)(tool_now_ms() - start) * 1000;
	return tool_fail(t, rc);
}

static int kill_step(struct cg *cg, int timeout_ms, struct cg_report *r)
{
	return cg_kill_all(cg, timeout_ms, r, sizeof(*r));
}

int report_kill(struct tool *t, struct cg_report *total)
{
	return in_slices(t, kill_step, total);
}

static int delete_step(struct cg *cg, int timeout_ms, struct cg_report *r)
{
	return cg_delete(cg, 0, timeout_ms, r, sizeof(*r));
}

int report_delete(struct tool *t, struct cg_report *total)
{
	return in_slices(t, delete_step, total);
}

static void print_survivors(const struct cg_report *r)
{
	static const char *const head[] = { "PID", "STATE", "COMMAND", "WHY" };
	struct out_table table = OUT_TABLE(ARRAY_SIZE(head));
	char text[32];

	out_head(&table, head);
	for (size_t i = 0; i < listed(r); i++) {
		const struct cg_survivor *s = &r->survivor[i];
		char *what = sentence(s);

		snprintf(text, sizeof(text), s->pid ? "%d" : "-", s->pid);
		out_cell(&table, text);
		snprintf(text, sizeof(text), "%c", s->state ? s->state : '-');
		out_cell(&table, text);
		snprintf(text, sizeof(text), "%.*s", (int)sizeof(s->comm), s->comm);
		out_cell(&table, text);
		out_cell(&table, what);
		free(what);
	}
	out_table(&table, stdout);
	if (r->left > listed(r))
		printf("and %u more\n", r->left - (unsigned)listed(r));
}

void report_print(const struct tool *t, int rc, const struct cg_report *r)
{
	if (rc < 0 && rc != -ETIMEDOUT)
		return;
	printf("%s: %u ended, %u left, in %llu ms%s", t->args->cmd->name, r->ended, r->left,
	       (unsigned long long)r->usec / 1000, *r->how ? ", with " : "");
	out_escape(stdout, r->how);
	putchar('\n');
	if (r->left)
		print_survivors(r);
}

void report_json(struct json_object *o, const struct cg_report *r)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < listed(r); i++) {
		const struct cg_survivor *s = &r->survivor[i];
		struct json_object *one = json_object_new_object();

		out_json_add(one, "pid", json_object_new_int(s->pid));
		out_json_add(one, "why", out_json_string(why(why_code, s)));
		out_json_add(one, "state", json_object_new_string_len(&s->state, !!s->state));
		out_json_add(one, "comm", json_object_new_string_len(s->comm,
			     (int)strnlen(s->comm, sizeof(s->comm))));
		out_json_add(one, "wchan", json_object_new_string_len(s->wchan,
			     (int)strnlen(s->wchan, sizeof(s->wchan))));
		json_object_array_add(list, one);
	}
	out_json_add(o, "ended", json_object_new_int64(r->ended));
	out_json_add(o, "left", json_object_new_int64(r->left));
	out_json_add(o, "unnamed", json_object_new_int64(r->unnamed));
	out_json_add(o, "rounds", json_object_new_int64(r->rounds));
	out_json_add(o, "usec", json_object_new_int64((int64_t)r->usec));
	out_json_add(o, "how", out_json_string(r->how));
	out_json_add(o, "survivors", list);
}
