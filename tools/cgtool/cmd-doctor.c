/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor: what is wrong here for containers of ordinary users, each with the command
 * that mends it, and what was left behind. Everything is read from this host; nothing is
 * changed unless --fix says so.
 */
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "doctor.h"
#include "out.h"

#include "banned.h"

char *say(const char *fmt, ...)
{
	char *s;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

void found(struct doctor *d, unsigned flags, const char *id, char *text, char *command)
{
	struct finding *more = realloc(d->found, (d->n + 1) * sizeof(*more));
	char *name = strdup(id);

	if (more)
		d->found = more;
	if (!more || !text || !name) {
		d->failed = true;
		free(text);
		free(command);
		free(name);
		return;
	}
	d->found[d->n++] = (struct finding){
		.id = name, .text = text, .command = command,
		.note = flags & D_NOTE, .as_root = flags & D_ROOT && d->uid,
	};
	d->wrong += !(flags & D_NOTE);
}

char *first_line(const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getline(&line, &size, f) < 0) {
		free(line);
		line = strdup("");
	}
	fclose(f);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line;
}

static bool in_user_namespace(void)
{
	unsigned long a, b, n;
	FILE *f = fopen("/proc/self/uid_map", "re");
	bool whole = !f || (fscanf(f, "%lu %lu %lu", &a, &b, &n) == 3 && !a && !b &&
			    n == 4294967295);

	if (f)
		fclose(f);
	return !whole;
}

static void begin(struct doctor *d)
{
	const struct passwd *pw;

	d->uid = geteuid();
	d->in_userns = in_user_namespace();
	pw = getpwuid(d->uid);
	d->user = pw ? strdup(pw->pw_name) : say("%u", (unsigned)d->uid);
	d->failed = !d->user;
	d->debian = !access("/etc/debian_version", F_OK);
}

static void end(struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->found[i].id);
		free(d->found[i].text);
		free(d->found[i].command);
	}
	free(d->found);
	free(d->user);
}

/* The first finding that gives the same reason, "what is so: the reason", or i. */
static size_t same_reason(const struct doctor *d, size_t i)
{
	const char *why = strstr(d->found[i].text, ": "), *other;

	for (size_t k = 0; why && k < i; k++) {
		other = strstr(d->found[k].text, ": ");
		if (other && !strcmp(other, why))
			return k;
	}
	return i;
}

/* Commands are not wrapped: they are copied. */
static void print_command(const struct doctor *d, size_t i)
{
	const struct finding *f = &d->found[i];

	for (size_t k = 0; f->command && k < i; k++)
		if (d->found[k].command && !strcmp(d->found[k].command, f->command))
			return;
	if (!f->command)
		return;
	printf("      %s: ", f->as_root ? "as root" : "run");
	out_escape(stdout, f->command);
	putchar('\n');
}

static void text(const struct doctor *d)
{
	for (size_t i = 0; i < d->n; i++) {
		struct out_table table = OUT_TABLE(2);
		const struct finding *f = &d->found[i];
		size_t same = same_reason(d, i);
		char *head = say("%s %-16s", f->note ? "note " : "wrong", f->id), *text = NULL;

		if (same != i)
			text = say("%.*s, as for %s", (int)strcspn(f->text, ":"), f->text,
				   d->found[same].id);
		out_cell(&table, head);
		out_cell(&table, text ? text : f->text);
		out_table(&table, stdout);
		print_command(d, i);
		free(head);
		free(text);
	}
	if (!d->wrong)
		printf("nothing is wrong\n");
}

static void json(struct json_object *o, const struct doctor *d)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; list && i < d->n; i++) {
		const struct finding *f = &d->found[i];
		struct json_object *one = json_object_new_object();

		out_json_add(one, "id", out_json_string(f->id));
		out_json_add(one, "wrong", json_object_new_boolean(!f->note));
		out_json_add(one, "text", out_json_string(f->text));
		out_json_add(one, "command", out_json_string(f->command ? f->command : ""));
		out_json_add(one, "as_root", json_object_new_boolean(f->as_root));
		json_object_array_add(list, one);
	}
	out_json_add(o, "wrong", json_object_new_int64((int64_t)d->wrong));
	out_json_add(o, "findings", list);
}

static int examine(struct doctor *d)
{
	bool fix = cmd_value(d->t->args, "fix"), yes = cmd_value(d->t->args, "yes");

	if (yes && !fix)
		return err_set(d->t->e, -EINVAL, "option --yes: only --fix asks");
	if (fix && !yes && !isatty(STDIN_FILENO))
		return err_set(d->t->e, -EINVAL, "option --fix: there is no terminal to ask at; "
			       "--yes does not ask");
	begin(d);
	doctor_host(d);
	doctor_user(d);
	doctor_leftovers(d, fix, yes);
	doctor_foreign(d);
	if (d->failed)
		return err_set(d->t->e, -ENOMEM, "out of memory");
	return 0;
}

int cmd_doctor(const struct cmd_args *a, struct err *e)
{
	struct doctor d = { 0 };
	struct json_object *o;
	struct tool t;
	int rc = tool_open(&t, a, e);

	d.t = &t;
	if (rc >= 0)
		rc = examine(&d);
	o = tool_json(&t);
	if (rc >= 0 && o)
		json(o, &d);
	else if (rc >= 0)
		text(&d);
	if (!rc && d.wrong)
		rc = DOCTOR_WRONG;
	end(&d);
	return tool_end(&t, rc, CG_OP_PROCS, o);
}
