/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc tells of a process. Only to be shown: no process is chosen by it. */
#ifndef CGTOOL_PROC_H
#define CGTOOL_PROC_H

#include <stddef.h>
#include <sys/types.h>

struct tool;
struct json_object;

#define PROC_USER_SIZE	33

struct proc {
	char state[2];		/* "S"; "" if it has ended meanwhile */
	char comm[64];
	char args[256];		/* separated by blanks; [comm] of one that has none */
	char user[PROC_USER_SIZE];	/* the effective one, as proc_user() names it */
};
void proc_look(pid_t pid, struct proc *ret);
/* The name of a user, or the number where there is no name. Until the next call. */
const char *proc_user(uid_t uid);

/* A list of members: as a table with their groups below the tool's, or into o as "procs". */
void proc_print(const struct tool *t, const pid_t *pids, size_t n);
void proc_json(const struct tool *t, struct json_object *o, const pid_t *pids, size_t n);

#endif
