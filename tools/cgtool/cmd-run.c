/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run: a program in a group of its own, which ends with the program, whatever it has left
 * running. The program is held back until it is a member and has its limits, so none of its
 * children can be outside.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"
#include "run-tell.h"

#include "banned.h"

static void wanted(sigset_t *set)
{
	tool_held_signals(set);
	sigaddset(set, SIGCHLD);
}

/*
 * In the child. Nothing comes through the socket if the parent gave up; a byte goes back if the
 * program cannot be run, else the socket closes.
 */
static void become(char **argv, int go)
{
	int code = RUN_FAILED;
	char c;

	if (recv(go, &c, 1, 0) == 1)
		code = tool_exec("run", argv);
	send(go, "", 1, MSG_NOSIGNAL);
	_exit(code);
}

/* A child that waits at the other end of go: its number, or -errno. */
static pid_t born(struct tool *t, int *go)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_set(t->e, -errno, "run: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		close(fds[1]);
		become(t->args->pos, fds[0]);
	}
	close(fds[0]);
	*go = fds[1];
	return pid < 0 ? err_set(t->e, -errno, "run: %s", strerror(errno)) : pid;
}

static int make_group(struct tool *t)
{
	const char *name = cmd_value(t->args, "group");
	char own[32];

	snprintf(own, sizeof(own), "cgtool-%d", (int)getpid());
	return tool_fail(t, cg_create(t->ctx, name ? name : own, 0, &t->cg));
}

static int set_limits(struct tool *t)
{
	const char **pair = NULL, **more, *one;
	size_t i = 0, n = 0;
	int rc = 0;

	while (!rc && (one = cmd_next(t->args, "set", &i))) {
		more = realloc(pair, (n + 1) * sizeof(*pair));
		if (!more) {
			rc = err_set(t->e, -ENOMEM, "out of memory");
			break;
		}
		pair = more;
		pair[n++] = one;
	}
	if (!rc && n)
		rc = tool_set(t, pair, n);
	free(pair);
	return rc;
}

/* What the terminal sends reaches the program by itself. 0 with its wait status, or -errno */
static int wait_for(struct tool *t, const struct cg_ref *ref, int *status)
{
	siginfo_t si;
	sigset_t set;
	pid_t pid;

	wanted(&set);
	for (;;) {
		while ((pid = waitpid(-1, status, WNOHANG)) > 0)
			if (pid == ref->pid)
				return 0;
		if (pid < 0 && errno != EINTR)
			return err_set(t->e, -errno, "run: %s", strerror(errno));
		if (sigwaitinfo(&set, &si) > 0 && si.si_signo != SIGCHLD &&
		    si.si_code != SI_KERNEL)
			(void)cg_signal_one(t->cg, ref, si.si_signo);
	}
}

/* *ran: the program has begun. */
static int play(struct tool *t, int *status, bool *ran)
{
	struct cg_ref ref;
	sigset_t set;
	int go = -1, rc;
	pid_t pid;
	char c;

	wanted(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pid = born(t, &go);
	if (pid < 0)
		return pid;
	rc = tool_fail(t, cg_ref_get(t->ctx, pid, &ref));
	if (rc >= 0)
		rc = tool_fail(t, cg_attach(t->cg, pid));
	if (rc >= 0)
		rc = set_limits(t);
	if (rc >= 0 && send(go, "", 1, MSG_NOSIGNAL) != 1)
		rc = err_set(t->e, -errno, "run: %s", strerror(errno));
	*ran = rc >= 0 && !recv(go, &c, 1, 0);
	close(go);
	if (rc >= 0)
		return wait_for(t, &ref, status);
	waitpid(pid, status, 0);
	return rc;
}

/* ---- its end ---- */

/* False if we have no child any more. */
static bool collect(unsigned *n)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		++*n;
	return !pid;
}

/*
 * Children that we got when their parents ended, and that the kill did not reach: they are outside
 * of the group, or the kind of group that this host has cannot find them.
 */
static int end_orphans(struct tool *t)
{
	char buf[4096], *s = buf, *end;
	struct cg_ref ref;
	long pid;
	int rc;

	run_children(buf);
	for (; (pid = strtol(s, &end, 10)) > 0; s = end) {
		if (cg_ref_get(t->ctx, (pid_t)pid, &ref) < 0)
			continue;
		rc = cg_attach(t->cg, (pid_t)pid);
		if (rc < 0 && rc != -ESRCH)
			return err_set(t->e, rc, "run: process %ld is left: %s", pid,
				       cg_errmsg(t->ctx));
		(void)cg_signal_one(t->cg, &ref, SIGKILL);
	}
	return 0;
}

static bool time_left(struct tool *t, long long until)
{
	long long ms = until - tool_now_ms();

	t->timeout_ms = ms > 0 ? (int)ms : 0;
	return ms > 0;
}

/*
 * reaper: we had no child before, and descendants whose parents end become our children. Then all
 * that the program has started have ended when we have no child left, with or without a cgroup.
 */
static int end_all(struct tool *t, bool reaper, struct cg_report *r)
{
	long long until = tool_now_ms() + t->timeout_ms;
	struct cg_report more = { 0 };
	unsigned collected = 0;
	bool left = true;
	int rc, gone;

	rc = report_kill(t, r);
	while (rc >= 0 && reaper && (left = collect(&collected))) {
		if (!time_left(t, until))
			return err_set(t->e, -ETIMEDOUT, "run: new processes keep appearing");
		rc = end_orphans(t);
		if (rc >= 0)
			rc = report_kill(t, &more);
	}
	if (reaper)
		r->ended = collected;
	if (rc < 0)
		return rc;
	(void)time_left(t, until);
	gone = report_delete(t, &more);
	return gone < 0 ? gone : left ? rc : 0;
}

/* Why the program could not run comes before why its group could not end. */
static int end_group(struct tool *t, int rc, bool reaper, struct cg_report *r)
{
	struct err e = *t->e;
	int end = end_all(t, reaper, r);

	if (rc >= 0)
		return end;
	*t->e = e;
	return rc;
}

static int run(struct tool *t, bool reaper, struct cg_report *r, struct run_end *end, bool *ran)
{
	int rc = make_group(t);

	if (rc < 0)
		return rc;
	end->begin_ms = tool_now_ms();
	rc = play(t, &end->status, ran);
	run_look(t, end);
	return end_group(t, rc, reaper, r);
}

int cmd_run(const struct cmd_args *a, struct err *e)
{
	struct json_object *o;
	struct cg_report r = { 0 };
	struct run_end end = { 0 };
	bool reaper, ran = false;
	char before[4096];
	struct tool t;
	int rc;

	signal(SIGCHLD, SIG_DFL);
	reaper = !prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) && run_children(before) && !*before;
	rc = tool_open(&t, a, e);
	if (rc >= 0)
		rc = run(&t, reaper, &r, &end, &ran);
	o = tool_json(&t);
	if (o && rc >= 0)
		out_json_add(o, "exit", json_object_new_int(run_code(&end)));
	if (o) {
		report_json(o, &r);
		run_json(o, &end);
	} else if (rc >= 0 && ran && !cmd_value(a, "quiet")) {
		run_print(&end);
	}
	rc = tool_end(&t, rc, CG_OP_DELETE, o);
	if (rc < 0)
		out_error("cgtool", e->msg);
	return TOOL_STATUS + (rc < 0 ? RUN_FAILED : run_code(&end));
}
