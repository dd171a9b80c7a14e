/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgtool: an administrator's hand on control groups. This file has the table of the
 * verbs and the exit codes.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "cgtool.h"
#include "out.h"

#include "banned.h"

enum {
	EXIT_DONE,
	EXIT_ERROR,
	EXIT_USAGE,
	EXIT_LEFT,	/* not done in the time given: somebody is left */
	EXIT_WEAK,	/* done, but somebody may have been missed */
	EXIT_BUSY,	/* populated, frozen, or there already */
	EXIT_NOTHING,	/* no such group, process or container */
	EXIT_WRONG,	/* doctor: something is wrong here */
};

#define TIMEOUT	{ .name = "timeout", .letter = 't', .arg = "TIME", \
		  .help = "give up after TIME: seconds, or with ms (10)" }
#define GROUP	{ .name = "pid", .letter = 'p', .arg = "PID", .flags = CMD_INSTEAD, \
		  .help = "the group that process is in" }, \
		{ .name = "id", .letter = 'i', .arg = "ID", .flags = CMD_INSTEAD, \
		  .help = "the group of this container of cgrun" }, \
		{ .name = "path", .arg = "GROUP", .flags = CMD_INSTEAD, \
		  .help = "the group with this path" }
#define DRY	{ .name = "dry-run", .letter = 'n', \
		  .help = "tell what would be done and to whom, and do nothing" }
#define DEPTH	{ .name = "depth", .letter = 'd', .arg = "N", \
		  .help = "no deeper than N groups below the first" }
#define HERE	{ .name = "here", .help = "this group only, not the groups below it" }

static const struct cmd_opt globals[] = {
	{ .name = "json", .letter = 'j', .help = "print JSON" },
	{ .name = "driver",
	  .arg = "STACK",
	  .help = "use these drivers, strongest first (see info)" },
	{ .name = "base", .arg = "PATH", .help = "where paths without a leading slash start" },
	{ .name = "root", .arg = "DIR", .help = "state directory of cgrun, for container ids" },
	{ .name = "trace", .help = "tell each step of the library on standard error" },
	{ .name = "version", .letter = 'V', .help = "show the version" },
	{ 0 }
};

static const struct cmd_opt group_opts[] = { GROUP, { 0 } };
static const struct cmd_opt timed_opts[] = { GROUP, TIMEOUT, { 0 } };
static const struct cmd_opt dry_opts[] = { GROUP, TIMEOUT, DRY, { 0 } };
static const struct cmd_opt signal_opts[] = { GROUP, TIMEOUT, HERE, DRY, { 0 } };
static const struct cmd_opt procs_opts[] = {
	GROUP, HERE,
	{ .name = "quiet", .letter = 'q', .help = "process ids only" },
	{ 0 }
};
static const struct cmd_opt ls_opts[] = {
	DEPTH,
	{ .name = "quiet", .letter = 'q', .help = "paths only" },
	{ .name = "populated", .help = "those alone that have processes in them or below" },
	{ 0 }
};
static const struct cmd_opt tree_opts[] = {
	DEPTH,
	{ .name = "all", .letter = 'a', .help = "empty groups as well" },
	{ .name = "groups", .letter = 'g', .help = "groups only, no processes" },
	{ 0 }
};
static const struct cmd_opt top_opts[] = {
	{ .name = "delay", .letter = 'd', .arg = "TIME",
	  .help = "between two looks: seconds, or with ms (2)" },
	{ .name = "sort", .letter = 's', .arg = "COLUMN",
	  .help = "by cpu, memory, io, pids, pressure, procs or path (cpu)" },
	{ .name = "tree", .letter = 't', .help = "below each other" },
	{ .name = "all", .letter = 'a', .help = "groups without processes as well" },
	{ .name = "batch", .letter = 'b', .help = "print lines, also where there is no terminal" },
	{ .name = "iterations", .letter = 'n', .arg = "N",
	  .help = "with --batch or --json: end after N looks" },
	{ 0 }
};
static const struct cmd_opt stat_opts[] = {
	GROUP,
	{ .name = "all", .letter = 'a', .help = "and each group below it" },
	{ .name = "raw", .letter = 'r',
	  .help = "a line for each number, in bytes and microseconds" },
	{ 0 }
};
static const struct cmd_opt watch_opts[] = {
	GROUP,
	{ .name = "until", .letter = 'u', .arg = "STATE",
	  .help = "end when it is empty, frozen or gone (gone)" },
	{ .name = "timeout", .letter = 't', .arg = "TIME",
	  .help = "give up after TIME: seconds, or with ms (never)" },
	{ 0 }
};
static const struct cmd_opt caps_opts[] = {
	GROUP,
	{ .name = "own", .arg = "LIST", .help =
	  "without a group: namespaces a planned container has, as in user,pid,mnt" },
	{ 0 }
};
static const struct cmd_opt doctor_opts[] = {
	{ .name = "fix", .help = "reap what cgrun left behind, after asking for each" },
	{ .name = "yes", .letter = 'y', .help = "with --fix: do not ask" },
	TIMEOUT,
	{ 0 }
};
static const struct cmd_opt create_opts[] = {
	{ .name = "parents", .help = "make missing parents as well" },
	{ .name = "reuse", .help = "take an existing group that is empty and not frozen" },
	{ .name = "owner", .letter = 'o', .arg = "USER[:GID]", .help = "delegate it to this user" },
	{ 0 }
};
static const struct cmd_opt run_opts[] = {
	{ .name = "group", .letter = 'g', .arg = "PATH", .help = "the group's path (cgtool-PID)" },
	{ .name = "set", .letter = 's', .arg = "KEY=VALUE",
	  .help = "a limit, as in memory.max=1G; may be repeated" },
	{ .name = "quiet", .letter = 'q', .help = "without the closing line" },
	TIMEOUT,
	{ 0 }
};
static const struct cmd_opt delete_opts[] = {
	GROUP, TIMEOUT, DRY,
	{ .name = "force", .letter = 'f', .help = "kill who is in it first" },
	{ 0 }
};

static const struct cmd cmds[] = {
	{ "info", "", "what this host has and this user may use", NULL, 0, 0, 0, cmd_info },
	{ "caps", "[GROUP]", "what can be done with a group, and why not more", caps_opts,
	  0, 1, 0, cmd_caps },
	{ "doctor", "", "what is wrong here for containers, and what mends it", doctor_opts,
	  0, 0, 0, cmd_doctor },
	{ "ls", "[GROUP...]", "list groups: processes, memory, limits, owner, container", ls_opts,
	  0, -1, 0, cmd_ls },
	{ "tree", "[GROUP...]", "the groups below each other, with their processes", tree_opts,
	  0, -1, 0, cmd_tree },
	{ "top", "[GROUP]", "what groups use now: cpu, memory, io, pids, pressure", top_opts,
	  0, 1, 0, cmd_top },
	{ "procs", "GROUP...", "list its processes", procs_opts, 0, -1, 0, cmd_procs },
	{ "stat", "GROUP...", "what it has used: cpu, memory, pids, io, pressure", stat_opts,
	  0, -1, 0, cmd_stat },
	{ "which", "PID...", "the group of a process in each hierarchy, and its container", NULL,
	  1, -1, 0, cmd_which },
	{ "watch", "GROUP...", "tell what happens to it: states, OOM, limits met", watch_opts,
	  0, -1, 0, cmd_watch },
	{ "freeze", "GROUP...", "stop all its processes", dry_opts, 0, -1, 0, cmd_freeze },
	{ "thaw", "GROUP...", "let them go on", timed_opts, 0, -1, 0, cmd_thaw },
	{ "signal", "SIGNAL GROUP...", "send one signal to each of its processes", signal_opts,
	  1, -1, 0, cmd_signal },
	{ "kill", "GROUP...", "end all its processes", dry_opts, 0, -1, 0, cmd_kill },
	{ "create", "PATH", "make a group", create_opts, 1, 1, 0, cmd_create },
	{ "run", "PROGRAM [ARG...]", "run it in a group of its own, and end all it has started",
	  run_opts, 1, -1, 1, cmd_run },
	{ "exec", "GROUP PROGRAM [ARG...]", "run it in a group that is there", group_opts, 1, -1, 2,
	  cmd_exec },
	{ "attach", "GROUP PID...", "move processes into it", group_opts, 1, -1, 0, cmd_attach },
	{ "get", "GROUP KEY...", "print limits and counters", group_opts, 1, -1, 0, cmd_get },
	{ "set", "GROUP KEY=VALUE...", "set limits", group_opts, 1, -1, 0, cmd_set },
	{ "delete", "GROUP...", "remove it and the groups below it", delete_opts, 0, -1, 0,
	  cmd_delete },
	{ 0 }
};

static const struct cmd_example examples[] = {
	{ "info", "info", "" },
	{ "info", "--json info | jq .mode", "for scripts" },
	{ "caps", "caps", "with groups that this user would make" },
	{ "caps", "caps --id web", "with the group of a container" },
	{ "caps", "caps --own user,pid", "with that of a container that will have these" },
	{ "doctor", "doctor", "" },
	{ "doctor", "doctor --fix", "reap what cgrun left behind" },
	{ "ls", "ls", "" },
	{ "ls", "ls '/batch*'", "what matches, and all below" },
	{ "ls", "ls -q --populated /user.slice", "paths, for scripts" },
	{ "tree", "tree", "" },
	{ "tree", "tree -a -g -d 2", "groups only, empty ones too, two deep" },
	{ "tree", "tree web", "a container" },
	{ "top", "top", "h shows the keys" },
	{ "top", "top -s memory --tree /user.slice", "" },
	{ "top", "top --batch -n 1 -d 1", "what was used within one second" },
	{ "top", "--json top -n 1 | jq '.groups[0]'", "who used most" },
	{ "procs", "procs /batch", "" },
	{ "procs", "procs --quiet --pid 1234", "who is in one group with process 1234" },
	{ "stat", "stat /batch", "" },
	{ "stat", "stat /batch /nightly", "a row for each" },
	{ "stat", "stat --raw --id web", "for scripts" },
	{ "stat", "stat --json --all /", "every group there is" },
	{ "which", "which 1234", "" },
	{ "which", "--json which 1234 | jq '.procs[0].container'", "" },
	{ "run", "run -q -t 2 ./job", "no closing line, two seconds for the end" },
	{ "watch", "watch --until empty /batch", "wait until nobody is left" },
	{ "freeze", "freeze /batch", "" },
	{ "freeze", "freeze --dry-run /batch", "who would be stopped" },
	{ "thaw", "thaw /batch /nightly", "" },
	{ "signal", "signal HUP --id web", "" },
	{ "signal", "signal --here USR1 /batch", "not to the groups below it" },
	{ "kill", "kill /batch", "" },
	{ "kill", "kill -t 2 --id web --id db", "two containers, two seconds for each" },
	{ "kill", "kill --dry-run --pid 1234", "who would end" },
	{ "create", "create /batch", "" },
	{ "create", "create --owner alice /alice", "a place for the groups of a user" },
	{ "run", "run --set memory.max=2G --set pids.max=500 make check", "" },
	{ "exec", "exec /batch sh -c 'make check'", "" },
	{ "exec", "exec --id web nsenter -t 1234 -a sh", "" },
	{ "attach", "attach /batch $$", "the shell, and what it starts from now on" },
	{ "get", "get /batch memory.max", "" },
	{ "get", "get --id web memory.current cpu.stat", "" },
	{ "set", "set /batch memory.max=2G 'cpu.max=50000 100000'", "both or neither" },
	{ "delete", "delete /batch", "" },
	{ "delete", "delete --force /batch /nightly", "kill who is in them first" },
	{ 0 }
};

/* Words of other programs. */
static const struct cmd_habit habits[] = {
	{ "ps", "procs" },	{ "pids", "procs" },	{ "list", "ls" },
	{ "status", "stat" },	{ "stats", "stat" },	{ "show", "stat" },
	{ "pause", "freeze" },	{ "suspend", "freeze" }, { "resume", "thaw" },
	{ "unfreeze", "thaw" }, { "unpause", "thaw" },	{ "stop", "kill" },
	{ "end", "kill" },	{ "new", "create" },	{ "mkdir", "create" },
	{ "add", "create" },	{ "rm", "delete" },	{ "rmdir", "delete" },
	{ "remove", "delete" }, { "move", "attach" },	{ "classify", "attach" },
	{ "mv", "attach" },	{ "limit", "set" },	{ "update", "set" },
	{ "events", "watch" },	{ "monitor", "watch" },	{ "wait", "watch" },
	{ "cgls", "tree" },	{ "lscgroup", "ls" },
	{ "where", "which" },	{ "whose", "which" },	{ "check", "doctor" },
	{ 0 }
};

static void version(void)
{
	printf("cgtool %s\n", cg_version());
}

static const struct cmd_prog prog = {
	.name = "cgtool",
	.help = "Find, freeze, signal and kill every process of a control group.",
	.notes = "GROUP is a container of cgrun if it has no slash and there is one of that name,\n"
		 "else a path. Instead of the word: --pid PID, --id ID, --path GROUP.\n\n"
		 "Exit status: 0 done, 1 error, 2 wrong usage, 3 not done in time, 4 done but\n"
		 "somebody may have been missed, 5 busy, 6 no such group or process,\n"
		 "7 (doctor) something is wrong here. run, exec: the program's, or 125 after an\n"
		 "error.",
	.globals = globals,
	.anywhere = true,
	.cmds = cmds,
	.examples = examples,
	.habits = habits,
	.version = version,
};

static int exit_code(int rc)
{
	if (rc >= TOOL_STATUS)
		return rc - TOOL_STATUS;
	switch (rc) {
	case 0:
		return EXIT_DONE;
	case CG_WEAK:
		return EXIT_WEAK;
	case DOCTOR_WRONG:
		return EXIT_WRONG;
	case -EINVAL:
		return EXIT_USAGE;
	case -ETIMEDOUT:
		return EXIT_LEFT;
	case -EBUSY:
	case -EEXIST:
		return EXIT_BUSY;
	case -ENOENT:
	case -ESRCH:
		return EXIT_NOTHING;
	default:
		return EXIT_ERROR;
	}
}

/*
 * Interrupted between freezing and thawing a v1 group, cgtool would leave it frozen.
 * So these signals wait until the library has returned, which it does by a deadline;
 * report_loop() lets them in every second.
 */
static void hold_signals(void)
{
	sigset_t set;

	tool_held_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int main(int argc, char **argv)
{
	struct cmd_args a;
	struct err e = { 0 };
	int rc = cmd_parse(&prog, argc, argv, &a, &e);

	if (!rc) {
		hold_signals();
		rc = a.cmd->fn(&a, &e);
	} else if (rc == CMD_DONE) {
		rc = 0;
	}
	if (rc < 0)
		out_error("cgtool", e.msg);
	cmd_args_free(&a);
	if (fflush(stdout) || ferror(stdout)) {
		out_error("cgtool", "standard output cannot be written");
		return EXIT_ERROR;
	}
	return exit_code(rc);
}
