/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program with verbs, as a table: its help, its parsing and its completion all come
 * from it, so that they cannot differ.
 *
 * `PROGRAM complete WORD...` is for the completion scripts of the shells: it prints what may
 * stand in place of the last word, as "CANDIDATE<tab>MEANING", or ":NAME" of the argument
 * that is expected there, as in ":ID". It prints nothing where a file name is expected.
 */
#ifndef COMMON_CMD_H
#define COMMON_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct cmd_args;

struct cmd_opt {
	const char *name;	/* "timeout"; NULL ends a table */
	char letter;		/* 't', or 0 */
	const char *arg;	/* "MS"; NULL: it takes no value */
	const char *help;
	unsigned flags;
};

#define CMD_SINGLE_DASH	(1U << 0)	/* "-name" is accepted as well */
#define CMD_INSTEAD	(1U << 1)	/* it stands in place of the first positional argument */

struct cmd {
	const char *name;	/* NULL ends the table */
	const char *args;	/* "GROUP SIGNAL", for the usage line */
	const char *help;	/* one line */
	const struct cmd_opt *opts;	/* may be NULL */
	int min, max;		/* number of positional arguments; max -1: any */
	int stop;		/* what stands behind so many positional ones is not looked at for
				 * options; 0: options may stand anywhere */
	int (*fn)(const struct cmd_args *a, struct err *e);
};

/* A line of "Examples" in the help of a verb. */
struct cmd_example {
	const char *cmd, *line, *help;	/* line: without the program's name */
};

/* A word that somebody may try in place of a verb, from habit with another program. */
struct cmd_habit {
	const char *word, *cmd;
};

struct cmd_prog {
	const char *name;
	const char *help;	/* one line */
	const char *notes;	/* printed below the help of the program; may be NULL */
	const struct cmd_opt *globals;
	bool anywhere;		/* globals may stand behind the verb as well */
	const struct cmd *cmds;
	const struct cmd_example *examples;	/* may be NULL; the last has no cmd */
	const struct cmd_habit *habits;		/* may be NULL; the last has no word */
	void (*version)(void);	/* prints, for a global option "version" */
	/* An error in place of a verb's help, for those who ask whether it is built; or NULL. */
	int (*not_built)(const struct cmd *c, struct err *e);
};

struct cmd_given {
	const struct cmd_opt *opt;
	const char *value;	/* "" for an option without a value */
};

struct cmd_args {
	const struct cmd_prog *prog;
	const struct cmd *cmd;	/* NULL if parsing failed before the verb */
	struct cmd_given *given;
	size_t n_given;
	char **pos;		/* positional arguments of the verb, NULL-terminated */
	int n_pos;
};

#define CMD_DONE	1	/* help or version was asked for and printed: exit 0 */

/*
 * 0: call a->cmd->fn. CMD_DONE. -EINVAL: e says in one line what is wrong; what was
 * read before it is in a, so that an option such as --log holds for the error too.
 */
int cmd_parse(const struct cmd_prog *prog, int argc, char **argv, struct cmd_args *a,
	      struct err *e);
void cmd_args_free(struct cmd_args *a);

/* The last value given for an option, "" for a flag, NULL if it was not given. */
const char *cmd_value(const struct cmd_args *a, const char *name);

/* The values of an option that may be repeated: start with *i = 0; NULL at the end. */
const char *cmd_next(const struct cmd_args *a, const char *name, size_t *i);

#endif
