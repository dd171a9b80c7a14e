/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Standard input and output of a hook are files in memory, not pipes: so none that does not
 * read, or whose daemon keeps its output open, can make us wait or end us by SIGPIPE.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libcg/cg.h>

#include "base/base.h"
#include "banned.h"

struct hook {
	char *path;
	struct strv args, env;
	int64_t seconds;		/* 0: as long as it likes */
	const struct hooks_how *how;
	const char *dir;	/* to begin in, borrowed; NULL: where we are */
	bool kept;		/* by a process above it, see keep() */
};

static const char *const points[] = {
	"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop",
	NULL
};

const char *hooks_point(size_t i)
{
	return points[i];
}

/* ---- reading ---- */

static void hook_free(struct hook *h)
{
	free(h->path);
	strv_free(&h->args);
	strv_free(&h->env);
}

static int hook_read(const struct node *n, struct hook *h, struct err *e)
{
	*h = (struct hook){ 0 };
	if (node_is_object(n, e) ||
	    node_str(n, "path", NODE_NEEDED | NODE_ABSOLUTE, &h->path, e) ||
	    node_strv(n, "args", 0, &h->args, e) || node_strv(n, "env", 0, &h->env, e) ||
	    node_int(n, "timeout", 0, 1, INT_MAX / 1000, &h->seconds, e)) {
		hook_free(h);
		return e->code;
	}
	return 0;
}

int hooks_check(const struct node *hooks, struct err *e)
{
	struct node list;
	struct hook h;
	int r = 0;

	for (size_t p = 0; points[p] && !r; p++) {
		r = node_array(hooks, points[p], 0, &list, e);
		for (size_t i = 0; !r && i < node_length(&list); i++) {
			struct node item = node_item(&list, i);

			r = hook_read(&item, &h, e);
			if (!r)
				hook_free(&h);
		}
	}
	return r;
}

/* ---- running ---- */

/* Those that run before and after all else, in the caller's namespaces. */
static bool is_outside(const char *point)
{
	return strcmp(point, "createContainer") && strcmp(point, "startContainer");
}

/*
 * A hook is told nothing of where its caller stood, and holds no directory of that: it begins in
 * the bundle where there is one to be seen, as with runc.
 */
static void leave_callers_directory(const struct hook *h)
{
	if (h->dir && chdir(h->dir) < 0)
		(void)!chdir("/");
}

static void become(const struct hook *h, int in, int out)
{
	char *args[] = { h->path, NULL };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(022);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	sys_close_range(3, UINT_MAX, true);
	leave_callers_directory(h);
	if (h->how->last && h->how->last(h->how->data))
		_exit(126);
	execve(h->path, h->args.n ? h->args.v : args, h->env.v ? h->env.v : h->how->env);
	dprintf(2, "%s", err_reason(-errno));
	_exit(127);
}

/* Its last words, and none after them into our memory. */
static void last_words(int out, char *buf, size_t size)
{
	off_t end = lseek(out, 0, SEEK_END), from = end < (off_t)size ? 0 : end - (off_t)size + 1;
	ssize_t n = pread(out, buf, size - 1, from);

	fcntl(out, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_WRITE);
	buf[n > 0 ? n : 0] = '\0';
	for (size_t len = strlen(buf); len && strchr(" \t\n", buf[len - 1]); len--)
		buf[len - 1] = '\0';
}

/* As Go writes it: "bad system call". */
static const char *signal_words(int sig, char *buf, size_t size)
{
	snprintf(buf, size, "%s", strsignal(sig));
	buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

static int judge(const struct hook *h, const char *what, int r, int status, int out, struct err *e)
{
	char words[400], text[64];

	last_words(out, words, sizeof(words));
	if (r == -ETIMEDOUT)
		return err_set(e, r, "%s: %s has not ended after %lld s", what, h->path,
			       (long long)h->seconds);
	if (r)
		return err_set(e, r, "%s: %s cannot be run: %s", what, h->path, err_reason(r));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFSIGNALED(status))
		return err_set(e, -EIO, "%s: error running hook %s: ended by signal %d (%s)%s%s",
			       what, h->path, WTERMSIG(status),
			       signal_words(WTERMSIG(status), text, sizeof(text)),
			       *words ? ": " : "", words);
	return err_set(e, -EIO, "%s: error running hook %s: exit status %d%s%s", what, h->path,
		       WEXITSTATUS(status), *words ? ": " : "", words);
}

/*
 * Stays above a hook until that has ended, and collects whom the hook's children leave behind: so
 * all of them are its descendants, however they detach themselves. Ends as the hook did.
 */
static void keep(const struct hook *h, int in, int out, int report)
{
	int status = 0;
	pid_t pid, ended;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	pid = fork();
	if (pid == 0)
		become(h, in, out);
	do
		ended = pid < 0 ? pid : waitpid(-1, &status, 0);
	while (ended != pid && (ended > 0 || errno == EINTR));
	_exit(pid < 0 || write(report, &status, sizeof(status)) != sizeof(status));
}

/* Until it is reported how the hook ended. */
static int wait_kept(pid_t keeper, int report, uint64_t deadline, int *status)
{
	struct pollfd p = { .fd = report, .events = POLLIN };
	uint64_t now;
	int r = 0;

	while (!r && (now = now_ms()) < deadline) {
		r = poll(&p, 1, deadline - now < INT_MAX ? (int)(deadline - now) : INT_MAX);
		r = r < 0 && errno == EINTR ? 0 : r;
	}
	if (!r)
		return -ETIMEDOUT;
	if (read(report, status, sizeof(*status)) != sizeof(*status))
		return -EIO;
	while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static uint64_t time_limit(const struct hook *h)
{
	return h->seconds ? now_ms() + (uint64_t)h->seconds * 1000 : UINT64_MAX;
}

static int run_kept(const struct hook *h, const char *what, int in, int out, int *status)
{
	int r, report[2];
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		keep(h, in, out, report[1]);
	close(report[1]);
	r = pid < 0 ? -errno : wait_kept(pid, report[0], time_limit(h), status);
	if (pid > 0 && r)
		end_child(pid, what);
	close(report[0]);
	return r;
}

/* In the container: whoever it leaves ends with that. */
static int run_alone(const struct hook *h, int in, int out, int *status)
{
	pid_t pid = fork();

	if (pid == 0)
		become(h, in, out);
	return pid < 0 ? -errno : wait_child(pid, time_limit(h), status);
}

static int run_one(const struct hook *h, const char *what, const char *state, struct err *e)
{
	int in = memfd_create("state", MFD_CLOEXEC);
	int out = memfd_create("hook", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t len = strlen(state);
	int status = 0, r = 0;

	if (in < 0 || out < 0 || write(in, state, len) != (ssize_t)len || lseek(in, 0, SEEK_SET))
		r = -EIO;
	if (!r)
		r = h->kept ? run_kept(h, what, in, out, &status) :
			      run_alone(h, in, out, &status);
	r = judge(h, what, r, status, out, e);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return r;
}

int hooks_time(struct json_object *hooks, const char *point)
{
	struct node root = { 0 }, up = { .json = hooks, .up = &root, .key = "hooks" }, list;
	int64_t ms = 0;
	struct err e;
	struct hook h;

	if (node_array(&up, point, 0, &list, &e))
		return 0;
	for (size_t i = 0; i < node_length(&list); i++) {
		struct node item = node_item(&list, i);

		if (hook_read(&item, &h, &e))
			continue;
		ms += h.seconds ? h.seconds * 1000 : INT_MAX;
		hook_free(&h);
	}
	return ms < INT_MAX / 2 ? (int)ms : INT_MAX / 2;
}

int hooks_run(struct json_object *hooks, const char *point, struct json_object *state,
	      const struct hooks_how *how, struct err *e)
{
	struct node root = { 0 }, up = { .json = hooks, .up = &root, .key = "hooks" }, list;
	const char *text;
	struct hook h;
	char what[64];
	int r = node_array(&up, point, 0, &list, e);

	if (r || !node_length(&list))
		return r;
	text = json_object_to_json_string_ext(state, JSON_C_TO_STRING_NOSLASHESCAPE);
	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);

		r = hook_read(&item, &h, e);
		if (r)
			return r;
		h.how = how;
		h.kept = is_outside(point);
		if (strcmp(point, "startContainer"))
			h.dir = how->cwd ? how->cwd :
				json_object_get_string(json_object_object_get(state, "bundle"));
		snprintf(what, sizeof(what), "hooks.%s[%zu]", point, i);
		r = run_one(&h, what, text, e);
		hook_free(&h);
		if (r)
			err_wrap(e, "error running %s hook #%zu", point, i);
		if (r && how->failed) {
			how->failed(e->msg);
			r = e->code = 0;
		}
	}
	return r;
}
