/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgrun, an OCI runtime with runc's command line. This file is the table of its verbs
 * and how their results become exit codes; every signal, freeze and removal is libcg's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"

#include "base/base.h"
#include "birth/birth.h"
#include "verb/verb.h"
#include "banned.h"

#define EXEC_FAILED	255

static const struct cmd_opt globals[] = {
	{ "root", 0, "DIR",
	  "where containers are recorded (default: /run/cgrun, or "
	  "$XDG_RUNTIME_DIR/cgrun)",
	  0 },
	{ "log", 0, "FILE", "write messages there, not to stderr", 0 },
	{ "log-format", 0, "FORMAT", "text or json", 0 },
	{ "log-level", 0, "LEVEL", "debug, info, warn or error", 0 },
	{ "debug", 0, NULL, "log what is done", 0 },
	{ "cgroup-manager", 0, "NAME", "cgroupfs, systemd, or disabled: use no cgroup", 0 },
	{ "systemd-cgroup", 0, NULL, "ask systemd for a delegated scope", 0 },
	{ "require", 0, "WHAT", "refuse to create where WHAT (kill-all) cannot be promised",
	  0 },
	{ "rootless", 0, "BOOL", "accepted; what this user may do is found by trying", 0 },
	{ "criu", 0, "FILE", "accepted and ignored", 0 },
	{ "version", 'v', NULL, "print the version", 0 },
	{ 0 }
};

static const struct cmd_opt format_options[] = {
	{ "format", 'f', "FORMAT", "table or json", 0 },
	{ 0 }
};

static const struct cmd_opt list_options[] = {
	{ "format", 'f', "FORMAT", "table or json", 0 },
	{ "quiet", 'q', NULL, "ids only", 0 },
	{ 0 }
};

static const struct cmd_opt kill_options[] = {
	{ "all", 'a', NULL, "every process, not init alone (KILL always ends all)", 0 },
	{ 0 }
};

static const struct cmd_opt delete_options[] = {
	{ "force", 'f', NULL, "end it first; also what is damaged, or not there", 0 },
	{ 0 }
};

static const struct cmd_opt spec_options[] = {
	{ "bundle", 'b', "DIR", "write it there (default: the current directory)", 0 },
	{ "rootless", 0, NULL, "for a caller without privileges", 0 },
	{ 0 }
};

static const struct cmd cmds[] = {
	{ "create", "ID", "make a container and stop before its program", create_options, 1, 1, 0,
	  cmd_create },
	{ "start", "ID", "let a created container run its program", NULL, 1, 1, 0, cmd_start },
	{ "run", "ID", "create, start and wait for a container", run_options, 1, 1, 0, cmd_run },
	{ "exec", "ID [COMMAND [ARGUMENT...]]", "run one more process in a container",
	  exec_options, 1, -1, 1, cmd_exec },
	{ "kill", "ID [SIGNAL]", "signal init (TERM); KILL ends every process", kill_options,
	  1, 2, 0, cmd_kill },
	{ "delete", "ID", "remove a container that has ended", delete_options, 1, 1, 0,
	  cmd_delete },
	{ "pause", "ID", "freeze a container", NULL, 1, 1, 0, cmd_pause },
	{ "resume", "ID", "thaw a container", NULL, 1, 1, 0, cmd_resume },
	{ "state", "ID", "print a container's state as JSON", NULL, 1, 1, 0, cmd_state },
	{ "list", "", "list the containers", list_options, 0, 0, 0, cmd_list },
	{ "ps", "ID [PS-OPTION...]", "list the processes of a container", format_options, 1, -1, 1,
	  cmd_ps },
	{ "update", "ID", "change the limits of a container", update_options, 1, 1, 0,
	  cmd_update },
	{ "events", "ID", "print what a container uses, as JSON", events_options, 1, 1, 0,
	  cmd_events },
	{ "checkpoint", "ID", CHECKPOINT_NOT_BUILT, checkpoint_options, 1, 1, 0, cmd_checkpoint },
	{ "restore", "ID", CHECKPOINT_NOT_BUILT, restore_options, 1, 1, 0, cmd_restore },
	{ "spec", "", "write a config.json to start from", spec_options, 0, 0, 0, cmd_spec },
	{ "features", "", "print what is built, as JSON", NULL, 0, 0, 0, cmd_features },
	{ 0 }
};

static void version(void)
{
	printf("cgrun version %s\ncommit: %s\nspec: %s\nlibcg: %s\n", PACKAGE_VERSION,
	       PACKAGE_VERSION, SPEC_VERSION, cg_version());
}

static int not_built(const struct cmd *c, struct err *e)
{
	if (c->fn != cmd_checkpoint && c->fn != cmd_restore)
		return 0;
	return err_set(e, -EOPNOTSUPP, "%s: " CHECKPOINT_NOT_BUILT, c->name);
}

static const struct cmd_prog prog = {
	.name = "cgrun",
	.help = "Runs OCI containers, and ends all of what it has started.",
	.notes = "Exit codes: 0; 1 after an error; 255 if exec fails; run and exec give the\n"
		 "program's own, or 128 and the signal.",
	.globals = globals,
	.cmds = cmds,
	.version = version,
	.not_built = not_built,
};

/* Before anything is opened: a descriptor of ours must not pass for one of the caller's. */
static int check_preserved(const struct cmd_args *a, struct err *e)
{
	const char *preserve = cmd_value(a, "preserve-fds");
	long long n = 0;

	if (!preserve || num_parse(preserve, 0, 1024, &n))
		return 0;
	for (int fd = 3; fd < 3 + n; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return err_set(e, -EBADF, "--preserve-fds: unable to stat preserved-fd %d "
				       "(of %lld): it is not open", fd, n);
	return 0;
}

/* Who closed them gets none of our files in their place, and neither does a container. */
static void fill_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			exit(EXIT_FAILURE);
}

static bool enters(const struct cmd *cmd)
{
	return cmd->fn == cmd_create || cmd->fn == cmd_run || cmd->fn == cmd_exec;
}

int main(int argc, char **argv)
{
	struct err e = { 0 }, early = { 0 };
	struct cmd_args a;
	int rc, failed = EXIT_FAILURE;

	fill_stdio();
	/* A caller that ignores it passes that on, and no child could be waited for then. */
	sys_default_action(SIGCHLD);
	rc = cmd_parse(&prog, argc, argv, &a, &early);
	if (rc == CMD_DONE) {
		cmd_args_free(&a);
		return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (!rc)
		rc = check_preserved(&a, &early);
	if (!rc && enters(a.cmd))
		rc = launch_seal(argv, &early);
	if (log_open(cmd_value(&a, "log"), cmd_value(&a, "log-format"),
		     cmd_value(&a, "log-level"), cmd_value(&a, "debug"), &e) < 0) {
		rc = e.code;
	} else if (rc < 0) {
		e = early;
	} else {
		rc = a.cmd->fn(&a, &e);
		if (a.cmd->fn == cmd_exec)
			failed = EXEC_FAILED;
	}
	if (rc >= 0 && fflush(stdout))
		rc = err_set(&e, -EIO, "cannot write to standard output");
	if (rc < 0)
		log_fatal(e.msg);
	cmd_args_free(&a);
	return rc < 0 ? failed : rc;
}
