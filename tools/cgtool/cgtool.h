/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verbs of cgtool share. A verb returns 0, CG_WEAK or a negative errno. */
#ifndef CGTOOL_H
#define CGTOOL_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include <libcg/cg.h>

#include "cmd.h"
#include "err.h"

struct json_object;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define DEFAULT_TIMEOUT_MS	10000
#define DOCTOR_WRONG		2	/* of cmd_doctor(): all is told, and something is wrong */
#define TOOL_STATUS		0x1000	/* run and exec return this plus the exit status */

/* Exit statuses of run and exec, as env(1) and timeout(1) have them. */
enum {
	RUN_FAILED = 125,
	RUN_NO_EXEC,
	RUN_NOT_FOUND,
};

struct tool {
	const struct cmd_args *args;
	struct err *e;
	struct cg_ctx *ctx;
	struct cg *cg;		/* the group that the command line names */
	bool json;
	int timeout_ms;
	int next;		/* the first positional argument that is not used up */
	int max_depth;		/* --depth */
	int nth, n_groups;	/* of tool_each(): which group this is, from 0, of how many */
};

/* ---- tool.c: how every verb begins and ends ---- */
int tool_open(struct tool *t, const struct cmd_args *a, struct err *e);
/* The library's sentence becomes ours, if rc is an error. Returns rc. */
int tool_fail(struct tool *t, int rc);
int tool_time(const char *s, int *ms);	/* "10", "10s", "500ms"; -EINVAL */
long long tool_now_ms(void);		/* of a clock that only goes on */
/* The beginning of a file, NUL-terminated. Its length, -1 if it cannot be read. */
ssize_t tool_read(const char *path, char *buf, size_t size);
void tool_held_signals(sigset_t *set);	/* those that main() holds: HUP, INT, QUIT, TERM */
/*
 * Waits until fd can be read (-1: there is none) or for that time (negative: without an end). The
 * signals that main() holds are let in meanwhile. 0, also after a signal, or -errno
 */
int tool_sleep(int fd, long long ms);
/* Becomes the program, which may have all signals again. Returns its exit status if it cannot. */
int tool_exec(const char *verb, char **argv);
/* Why that operation is less than full, "" if it is not. Until the next call on the context. */
const char *tool_reason(struct tool *t, unsigned op);
/*
 * Tells what became of it: as JSON, with what the verb put into o, or on stderr where
 * the work was done weakly (op: whose reason to give). Frees all, returns rc.
 */
int tool_end(struct tool *t, int rc, unsigned op, struct json_object *o);
/*
 * A verb that does one thing to a group. fn says what went wrong, and puts what it has to tell into
 * o or, where that is NULL, prints it. flags: for cg_open().
 */
typedef int (*tool_fn)(struct tool *t, struct json_object *o);
int tool_one(const struct cmd_args *a, struct err *e, unsigned flags, unsigned op, tool_fn fn);
/* The same for each group that is named, beginning with the positional argument of that number. */
int tool_each(const struct cmd_args *a, struct err *e, int first, unsigned flags, unsigned op,
	      tool_fn fn);
/* A verb for words that are groups or patterns, or for none: word is then NULL, which is all. */
typedef int (*tool_word_fn)(struct tool *t, const char *word, bool first, struct json_object *o);
int tool_words(const struct cmd_args *a, struct err *e, unsigned op, tool_word_fn fn);
/* An object with the group in it; NULL where no JSON is wanted. */
struct json_object *tool_json(const struct tool *t);
struct json_object *tool_json_state(unsigned state);	/* the names of CG_EMPTY and so on */

/* ---- target.c ---- */
int tool_group(struct tool *t, unsigned flags);		/* flags for cg_open() */
bool tool_names_group(const struct tool *t);		/* by option, or by a word that is left */
int tool_word(struct tool *t, const char *word, unsigned flags);	/* a container or a path */
int tool_groups(const struct tool *t);			/* how many, or -EINVAL where it is none */
/* Opens the n-th group, from 0. Returns how it was named. */
const char *tool_open_nth(struct tool *t, int n, unsigned flags, int *rc);

/* ---- cmd-set.c ---- */
int tool_set(struct tool *t, const char *const *pair, size_t n);	/* "KEY=VALUE" */

/* ---- report.c ---- */
/* As cg_kill_all() and cg_delete(), for as long as the tool's timeout; progress is shown. */
int report_kill(struct tool *t, struct cg_report *total);
int report_delete(struct tool *t, struct cg_report *total);
void report_print(const struct tool *t, int rc, const struct cg_report *r);
void report_json(struct json_object *o, const struct cg_report *r);

int cmd_info(const struct cmd_args *a, struct err *e);
int cmd_doctor(const struct cmd_args *a, struct err *e);
int cmd_caps(const struct cmd_args *a, struct err *e);
int cmd_procs(const struct cmd_args *a, struct err *e);
int cmd_exec(const struct cmd_args *a, struct err *e);
int cmd_which(const struct cmd_args *a, struct err *e);
int cmd_ls(const struct cmd_args *a, struct err *e);
int cmd_tree(const struct cmd_args *a, struct err *e);
int cmd_top(const struct cmd_args *a, struct err *e);
int cmd_stat(const struct cmd_args *a, struct err *e);
int cmd_freeze(const struct cmd_args *a, struct err *e);
int cmd_thaw(const struct cmd_args *a, struct err *e);
int cmd_signal(const struct cmd_args *a, struct err *e);
int cmd_watch(const struct cmd_args *a, struct err *e);
int cmd_kill(const struct cmd_args *a, struct err *e);
int cmd_create(const struct cmd_args *a, struct err *e);
int cmd_run(const struct cmd_args *a, struct err *e);
int cmd_attach(const struct cmd_args *a, struct err *e);
int cmd_get(const struct cmd_args *a, struct err *e);
int cmd_set(const struct cmd_args *a, struct err *e);
int cmd_delete(const struct cmd_args *a, struct err *e);

#endif
