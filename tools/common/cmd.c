/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command line means, from the table of the program. Not getopt_long(): that
 * takes abbreviations, so that a new option could change what an old script says,
 * and it cannot stop behind the container's id, which `exec` needs.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "nearest.h"
#include "sig.h"

#include "banned.h"

static const struct cmd *find_cmd(const struct cmd_prog *prog, const char *name)
{
	for (const struct cmd *c = prog->cmds; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

/* The options that hold behind this verb (NULL: before any): its own in table 0, globals in 1. */
static const struct cmd_opt *table(const struct cmd_prog *prog, const struct cmd *c, int i)
{
	if (i == 0)
		return c ? c->opts : NULL;
	return !c || prog->anywhere ? prog->globals : NULL;
}

static const struct cmd_opt *find_long(const struct cmd_prog *prog, const struct cmd *c,
				       const char *name, size_t len, bool single)
{
	for (int i = 0; i < 2; i++)
		for (const struct cmd_opt *o = table(prog, c, i); o && o->name; o++)
			if (strlen(o->name) == len && !strncmp(o->name, name, len) &&
			    (!single || o->flags & CMD_SINGLE_DASH))
				return o;
	return NULL;
}

static const struct cmd_opt *find_short(const struct cmd_prog *prog, const struct cmd *c,
					char letter)
{
	for (int i = 0; i < 2; i++)
		for (const struct cmd_opt *o = table(prog, c, i); o && o->name; o++)
			if (o->letter && o->letter == letter)
				return o;
	return NULL;
}

/* ---- help ---- */

static void print_opts(const char *title, const struct cmd_opt *o)
{
	if (!o || !o->name)
		return;
	printf("\n%s:\n", title);
	for (; o->name; o++) {
		int n = o->letter ? printf("  -%c, ", o->letter) : printf("      ");

		n += printf("--%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
		printf("%*s%s\n", n < 30 ? 30 - n : 1, "", o->help);
	}
}

static void print_examples(const struct cmd_prog *prog, const struct cmd *c)
{
	const char *title = "\nEXAMPLES:\n";

	for (const struct cmd_example *x = prog->examples; x && x->cmd; x++) {
		if (strcmp(x->cmd, c->name))
			continue;
		printf("%s  %s %s\n", title, prog->name, x->line);
		if (*x->help)
			printf("      %s\n", x->help);
		title = "";
	}
}

static void print_cmd_help(const struct cmd_prog *prog, const struct cmd *c)
{
	printf("NAME:\n   %s %s - %s\n\nUSAGE:\n   %s %s [OPTION...]%s%s\n", prog->name, c->name,
	       c->help, prog->name, c->name, *c->args ? " " : "", c->args);
	print_opts("OPTIONS", c->opts);
	if (prog->anywhere)
		print_opts("COMMON OPTIONS", prog->globals);
	print_examples(prog, c);
}

static void print_help(const struct cmd_prog *prog)
{
	printf("NAME:\n   %s - %s\n\nUSAGE:\n   %s [OPTION...] COMMAND [ARGUMENT...]\n\n"
	       "COMMANDS:\n", prog->name, prog->help, prog->name);
	for (const struct cmd *c = prog->cmds; c->name; c++)
		printf("  %-12s %s\n", c->name, c->help);
	printf("  %-12s %s\n", "help", "show this, or how a command is used");
	print_opts("OPTIONS", prog->globals);
	printf("  -h, %-24s  %s\n", "--help", "show this, or how the command before it is used");
	if (prog->notes)
		printf("\n%s\n", prog->notes);
}

/* ---- completion ---- */

/* For the shells' completion scripts: one candidate a line, a tab, what it means. */
static void offer_opts(const struct cmd_opt *o)
{
	for (; o && o->name; o++)
		printf("--%s\t%s\n", o->name, o->help);
}

static void offer_cmds(const struct cmd_prog *prog)
{
	for (const struct cmd *c = prog->cmds; c->name; c++)
		printf("%s\t%s\n", c->name, c->help);
	printf("help\tshow how a command is used\n");
}

/* The signals, or ":NAME", for the n-th argument (from 0) of "SIGNAL GROUP" or "ID [ARG...]". */
static void offer_argument(const struct cmd *c, int n)
{
	static const char brackets[] = " [].";
	const char *s = c->args;
	size_t len;

	for (;; n--, s += len) {
		s += strspn(s, brackets);
		len = strcspn(s, brackets);
		if (!len)
			return;
		/* "KEY..." stands for all that follow */
		if (!n || !strncmp(s + len, "...", 3))
			break;
	}
	if (len != strlen("SIGNAL") || strncmp(s, "SIGNAL", len)) {
		printf(":%.*s\n", (int)len, s);
		return;
	}
	for (int sig = 1; sig <= SIGSYS; sig++)
		if (sig_name(sig))
			printf("%s\n", sig_name(sig));
}

/* The option that this word is, or whose letter it ends with. */
static const struct cmd_opt *find_opt(const struct cmd_prog *prog, const struct cmd *c,
				      const char *word)
{
	if (word[0] != '-' || !word[1])
		return NULL;
	if (word[1] == '-')
		return find_long(prog, c, word + 2, strlen(word + 2), false);
	return find_short(prog, c, word[strlen(word) - 1]);
}

/* The words up to the cursor, the last of which is to be completed and may be "". */
static int complete(const struct cmd_prog *prog, int n, char **words)
{
	const struct cmd *c = NULL;
	const struct cmd_opt *o = NULL;
	int n_pos = 0, i;

	for (i = 0; i < n - 1; i++) {
		o = find_opt(prog, c, words[i]);
		n_pos += o && o->flags & CMD_INSTEAD;
		if (o && o->arg)
			i++;
		else if (words[i][0] == '-')
			continue;
		else if (c)
			n_pos++;
		else if (strcmp(words[i], "help"))
			c = find_cmd(prog, words[i]);
	}
	if (n < 1)
		return CMD_DONE;
	if (i >= n) {
		printf(":%s\n", o->arg);
		return CMD_DONE;
	}
	if (words[n - 1][0] == '-' && (!c || !c->stop || n_pos < c->stop)) {
		offer_opts(table(prog, c, 0));
		offer_opts(table(prog, c, 1));
	} else if (!c) {
		offer_cmds(prog);
	} else {
		offer_argument(c, n_pos);
	}
	return CMD_DONE;
}

/* ---- parsing ---- */

struct parser {
	const struct cmd_prog *prog;
	char **argv;
	int argc, at;
	struct cmd_args *a;
	struct err *e;
};

static const char *where(const struct parser *p, const char *colon)
{
	return p->a->cmd ? colon : "";
}

static int unknown_option(struct parser *p, const char *dashes, const char *name, size_t len)
{
	const struct cmd *c = p->a->cmd;
	struct nearest near = NEAREST(name, len);

	for (int i = 0; i < 2; i++)
		for (const struct cmd_opt *o = table(p->prog, c, i); len > 1 && o && o->name; o++)
			nearest_try(&near, o->name);
	return err_set(p->e, -EINVAL, "%s%soption %s%.*s is unknown%s%s%s", c ? c->name : "",
		       where(p, ": "), dashes, (int)len, name,
		       near.best ? "; did you mean --" : "", near.best ? near.best : "",
		       near.best ? "?" : "");
}

static int unknown_cmd(struct parser *p, const char *word)
{
	struct nearest near = NEAREST(word, strlen(word));
	const char *meant = NULL;

	for (const struct cmd_habit *h = p->prog->habits; h && h->word; h++)
		if (!strcmp(h->word, word))
			meant = h->cmd;
	for (const struct cmd *c = p->prog->cmds; !meant && c->name; c++)
		nearest_try(&near, c->name);
	meant = meant ? meant : near.best;
	return err_set(p->e, -EINVAL, "unknown command %s%s%s, see %s --help: No help topic for "
		       "'%s'", word, meant ? "; did you mean " : "", meant ? meant : "",
		       p->prog->name, word);
}

static int bad(struct parser *p, const char *dashes, const char *name, size_t len,
	       const char *what)
{
	return err_set(p->e, -EINVAL, "%s%soption %s%.*s %s",
		       p->a->cmd ? p->a->cmd->name : "", where(p, ": "), dashes, (int)len, name,
		       what);
}

static int give(struct parser *p, const struct cmd_opt *o, const char *value)
{
	struct cmd_given *g = reallocarray(p->a->given, p->a->n_given + 1, sizeof *g);

	if (!g)
		return err_set(p->e, -ENOMEM, "out of memory");
	p->a->given = g;
	g[p->a->n_given++] = (struct cmd_given){ o, value ? value : "" };
	return 0;
}

static int help(struct parser *p)
{
	int rc = p->a->cmd && p->prog->not_built ? p->prog->not_built(p->a->cmd, p->e) : 0;

	if (rc < 0)
		return rc;
	if (p->a->cmd)
		print_cmd_help(p->prog, p->a->cmd);
	else
		print_help(p->prog);
	return CMD_DONE;
}

static int parse_long(struct parser *p, const char *s, bool single)
{
	const char *dashes = single ? "-" : "--", *eq = strchr(s, '=');
	size_t len = eq ? (size_t)(eq - s) : strlen(s);
	const struct cmd_opt *o;

	if (!eq && !strcmp(s, "help"))
		return help(p);
	o = find_long(p->prog, p->a->cmd, s, len, single);
	if (!o)
		return unknown_option(p, dashes, s, len);
	if (!o->arg && eq)
		return bad(p, dashes, s, len, "takes no argument");
	if (!o->arg || eq)
		return give(p, o, eq ? eq + 1 : NULL);
	if (p->at == p->argc)
		return bad(p, dashes, s, len, "requires an argument");
	return give(p, o, p->argv[p->at++]);
}

static bool is_single_long(const struct parser *p, const char *s)
{
	size_t len = strcspn(s, "=");

	return len > 1 && find_long(p->prog, p->a->cmd, s, len, true);
}

/* "-f", "-fd", "-bDIR", "-b DIR" */
static int parse_short(struct parser *p, const char *s)
{
	for (; *s; s++) {
		const struct cmd_opt *o = find_short(p->prog, p->a->cmd, *s);
		int rc;

		if (!o && *s == 'h')
			return help(p);
		if (!o)
			return unknown_option(p, "-", s, 1);
		if (o->arg && !s[1] && p->at == p->argc)
			return bad(p, "-", s, 1, "requires an argument");
		if (o->arg)
			return give(p, o, s[1] ? s + 1 : p->argv[p->at++]);
		rc = give(p, o, NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* How many positional arguments an option has replaced: the first one, or none. */
static int replaced(const struct cmd_args *a)
{
	for (size_t i = 0; i < a->n_given; i++)
		if (a->given[i].opt->flags & CMD_INSTEAD)
			return 1;
	return 0;
}

/* Takes options (0), a help (CMD_DONE) or an error. Sets *word to what is no option. */
static int parse_one(struct parser *p, bool *literal, char **word)
{
	char *s = p->argv[p->at++];

	*word = NULL;
	if (*literal || s[0] != '-' || !s[1]) {
		*word = s;
		return 0;
	}
	if (!strcmp(s, "--")) {
		*literal = true;
		return 0;
	}
	if (s[1] == '-')
		return parse_long(p, s + 2, false);
	if (is_single_long(p, s + 1))
		return parse_long(p, s + 1, true);
	return parse_short(p, s + 1);
}

static int parse_verb(struct parser *p)
{
	bool literal = false, asked;
	char *word = NULL;
	int rc;

	while (!word && p->at < p->argc) {
		rc = parse_one(p, &literal, &word);
		if (rc)
			return rc;
	}
	if (cmd_value(p->a, "version") && p->prog->version) {
		p->prog->version();
		return CMD_DONE;
	}
	if (!word)
		return err_set(p->e, -EINVAL, "no command given, see %s --help", p->prog->name);
	if (!strcmp(word, "complete"))
		return complete(p->prog, p->argc - p->at, p->argv + p->at);
	asked = !strcmp(word, "help");
	if (asked && p->at == p->argc)
		return help(p);
	if (asked)
		word = p->argv[p->at];
	p->a->cmd = find_cmd(p->prog, word);
	if (!p->a->cmd)
		return unknown_cmd(p, word);
	return asked ? help(p) : 0;
}

int cmd_parse(const struct cmd_prog *prog, int argc, char **argv, struct cmd_args *a,
	      struct err *e)
{
	struct parser p = { .prog = prog, .argv = argv, .argc = argc, .at = 1, .a = a, .e = e };
	bool literal = false;
	int rc;

	*a = (struct cmd_args){ .prog = prog };
	a->pos = calloc((size_t)argc + 1, sizeof *a->pos);
	if (!a->pos)
		return err_set(e, -ENOMEM, "out of memory");
	rc = parse_verb(&p);
	if (rc)
		return rc;
	while (p.at < argc) {
		char *word;

		rc = parse_one(&p, &literal, &word);
		if (rc)
			return rc;
		if (!word)
			continue;
		a->pos[a->n_pos++] = word;
		if (a->cmd->stop && a->n_pos >= a->cmd->stop - replaced(a))
			literal = true;
	}
	if (a->n_pos < a->cmd->min || (a->cmd->max >= 0 && a->n_pos > a->cmd->max))
		return err_set(e, -EINVAL, "%s: too %s arguments, usage: %s %s [OPTION...] %s",
			       a->cmd->name, a->n_pos < a->cmd->min ? "few" : "many", prog->name,
			       a->cmd->name, a->cmd->args);
	return 0;
}

void cmd_args_free(struct cmd_args *a)
{
	free(a->given);
	free(a->pos);
	*a = (struct cmd_args){ 0 };
}

const char *cmd_value(const struct cmd_args *a, const char *name)
{
	for (size_t i = a->n_given; i-- > 0;)
		if (!strcmp(a->given[i].opt->name, name))
			return a->given[i].value;
	return NULL;
}

const char *cmd_next(const struct cmd_args *a, const char *name, size_t *i)
{
	while (*i < a->n_given) {
		const struct cmd_given *g = &a->given[(*i)++];

		if (!strcmp(g->opt->name, name))
			return g->value;
	}
	return NULL;
}
