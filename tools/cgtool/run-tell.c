/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The closing line of run. The counters of the group are read before it is removed. Where it has
 * none, getrusage() has what the processes that were waited for have used.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cgtool.h"
#include "out.h"
#include "proc.h"
#include "run-tell.h"
#include "sig.h"
#include "stats.h"

#include "banned.h"

int run_code(const struct run_end *end)
{
	return WIFSIGNALED(end->status) ? 128 + WTERMSIG(end->status) : WEXITSTATUS(end->status);
}

bool run_children(char buf[4096])
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	n = tool_read(path, buf, 4096);
	if (n == 4095)
		while (n && buf[n - 1] != ' ')
			n--;
	buf[n > 0 ? n : 0] = '\0';
	return n >= 0;
}

static void add_left(struct run_end *end, pid_t pid)
{
	struct proc proc;

	proc_look(pid, &proc);
	if (!*proc.state || *proc.state == 'Z')
		return;
	if (end->n_left < RUN_LEFT) {
		end->left[end->n_left].pid = pid;
		snprintf(end->left[end->n_left].comm, sizeof(end->left[0].comm), "%s", proc.comm);
	}
	end->n_left++;
}

void run_look(struct tool *t, struct run_end *end)
{
	char buf[4096], *at = buf, *next;
	pid_t *pids = NULL;
	size_t n = 0;
	long pid;

	end->usec = (tool_now_ms() - end->begin_ms) * 1000;
	if (cg_stats(t->cg, &end->stats, sizeof(end->stats)) < 0)
		end->stats = (struct cg_stats){ 0 };
	if (cg_procs(t->cg, 0, &pids, &n, NULL) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++)
		add_left(end, pids[i]);
	free(pids);
	/* Where no cgroup lists members: the processes that became our children. */
	for (n += !run_children(buf); !n && (pid = strtol(at, &next, 10)) > 0; at = next)
		add_left(end, (pid_t)pid);
}

static bool was_oom(const struct run_end *end)
{
	return CG_STATS_KNOWN(&end->stats, oom_kills) && end->stats.oom_kills;
}

static uint64_t cpu_usec(const struct run_end *end)
{
	struct rusage r;

	if (CG_STATS_KNOWN(&end->stats, cpu_usec))
		return end->stats.cpu_usec;
	getrusage(RUSAGE_CHILDREN, &r);
	return (uint64_t)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 +
	       (uint64_t)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static void print_how(const struct run_end *end)
{
	int code = run_code(end);
	const char *name;

	if (WIFSIGNALED(end->status)) {
		name = sig_name(WTERMSIG(end->status));
		fprintf(stderr, "ended by SIG%s (status %d)", name ? name : "?", code);
	} else {
		fprintf(stderr, "status %d", code);
	}
	if (was_oom(end) && code == 128 + SIGKILL)
		fprintf(stderr, ": killed for want of memory (OOM)");
}

static void print_memory(const struct run_end *end)
{
	char text[UNITS_SIZE];
	struct rusage r;

	if (CG_STATS_KNOWN(&end->stats, memory_peak)) {
		units_bytes(text, end->stats.memory_peak);
		fprintf(stderr, ", peak memory %s", text);
		if (CG_STATS_KNOWN(&end->stats, memory_max) &&
		    end->stats.memory_max != UINT64_MAX) {
			units_bytes(text, end->stats.memory_max);
			fprintf(stderr, " of %s", text);
		}
	} else if (!getrusage(RUSAGE_CHILDREN, &r)) {
		units_bytes(text, (uint64_t)r.ru_maxrss * 1024);
		fprintf(stderr, ", largest process %s", text);
	}
	if (was_oom(end))
		fprintf(stderr, ", %llu OOM kill%s", (unsigned long long)end->stats.oom_kills,
			end->stats.oom_kills == 1 ? "" : "s");
}

void run_print(const struct run_end *end)
{
	char wall[UNITS_SIZE], cpu[UNITS_SIZE];

	units_time(wall, (uint64_t)end->usec);
	units_time(cpu, cpu_usec(end));
	fprintf(stderr, "cgtool: run: ");
	print_how(end);
	fprintf(stderr, "; %s, cpu %s", wall, cpu);
	print_memory(end);
	for (size_t i = 0; i < end->n_left && i < RUN_LEFT; i++) {
		fprintf(stderr, i ? ", " : "; %zu left behind, ended: ", end->n_left);
		out_escape(stderr, end->left[i].comm);
		fprintf(stderr, " (%d)", (int)end->left[i].pid);
	}
	fprintf(stderr, end->n_left > RUN_LEFT ? ", ...\n" : "\n");
}

void run_json(struct json_object *o, const struct run_end *end)
{
	struct json_object *used = json_object_new_object(), *one;

	stats_json(used, &end->stats);
	out_json_add(o, "used", used);
	out_json_add(o, "wall", json_object_new_int64(end->usec));
	out_json_add(o, "oom", json_object_new_boolean(was_oom(end)));
	out_json_add(o, "left_behind", json_object_new_array());
	for (size_t i = 0; i < end->n_left && i < RUN_LEFT; i++) {
		one = json_object_new_object();
		out_json_add(one, "pid", json_object_new_int(end->left[i].pid));
		out_json_add(one, "comm", out_json_string(end->left[i].comm));
		out_json_append(o, "left_behind", one);
	}
}
