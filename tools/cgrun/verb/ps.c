/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ps: the members as libcg lists them, as JSON or as those lines of ps(1) that are
 * about them, with whatever options its caller likes.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "out.h"

#include "container/container.h"
#include "program/program.h"
#include "verb/verb.h"
#include "banned.h"

extern char **environ;

struct members {
	pid_t *pid;
	size_t n;
};

static bool has(const struct members *m, long pid)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->pid[i] == pid)
			return true;
	return false;
}

static int print_json(const struct members *m)
{
	struct json_object *o = json_object_new_array();

	for (size_t i = 0; i < m->n; i++)
		json_object_array_add(o, json_object_new_int(m->pid[i]));
	return out_json_line(o, stdout);
}

/* The n-th word of a line, NULL if it has fewer. */
static const char *word(const char *line, int n)
{
	for (;;) {
		line += strspn(line, " \t\n");
		if (!*line)
			return NULL;
		if (!n--)
			return line;
		line += strcspn(line, " \t\n");
	}
}

static int pid_column(const char *head)
{
	const char *w;

	for (int i = 0; (w = word(head, i)); i++)
		if (!strncmp(w, "PID", 3) && strcspn(w, " \t\n") == 3)
			return i;
	return -1;
}

static int filter(FILE *f, const struct members *m, struct err *e)
{
	char *line = NULL;
	size_t size = 0;
	int col = -1, rc = 0;

	for (bool head = true; !rc && getline(&line, &size, f) >= 0; head = false) {
		const char *w;

		if (head) {
			col = pid_column(line);
			if (col < 0)
				rc = err_set(e, -EINVAL, "ps: its output has no column PID");
			else
				fputs(line, stdout);
			continue;
		}
		w = word(line, col);
		if (w && has(m, strtol(w, NULL, 10)))
			fputs(line, stdout);
	}
	free(line);
	return rc;
}

static int print_table(const struct members *m, char **argv, struct err *e)
{
	posix_spawn_file_actions_t acts;
	int fd[2], rc, status = 0;
	pid_t pid;
	FILE *f;

	if (pipe2(fd, O_CLOEXEC) < 0)
		return err_set(e, -errno, "ps: %s", strerror(errno));
	posix_spawn_file_actions_init(&acts);
	posix_spawn_file_actions_adddup2(&acts, fd[1], STDOUT_FILENO);
	rc = posix_spawnp(&pid, "ps", &acts, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&acts);
	close(fd[1]);
	f = rc ? NULL : fdopen(fd[0], "r");
	if (!f) {
		close(fd[0]);
		return err_set(e, -rc, "cannot run ps: %s", strerror(rc));
	}
	rc = filter(f, m, e);
	fclose(f);
	waitpid(pid, &status, 0);
	if (!rc && status)
		rc = err_set(e, -EINVAL, "ps failed");
	return rc;
}

static int print(const struct cmd_args *a, const struct members *m, bool json, struct err *e)
{
	char name[] = "ps", all[] = "-ef", **argv;
	int rc;

	if (json)
		return print_json(m) < 0 ? err_set(e, -ENOMEM, "out of memory") : 0;
	argv = calloc((size_t)a->n_pos + 2, sizeof *argv);
	if (!argv)
		return err_set(e, -ENOMEM, "out of memory");
	argv[0] = name;
	argv[1] = all;
	for (int i = 1; i < a->n_pos; i++)
		argv[i] = a->pos[i];
	rc = print_table(m, argv, e);
	free(argv);
	return rc;
}

int cmd_ps(const struct cmd_args *a, struct err *e)
{
	const char *format = cmd_value(a, "format");
	bool json = format && !strcmp(format, "json");
	struct members m = { 0 };
	struct container c;
	struct app app;
	int rc;

	if (format && !json && strcmp(format, "table"))
		return err_set(e, -EINVAL, "invalid format option \"%.64s\" (table, json)", format);
	rc = app_init(&app, a, false, e);
	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		if (c.cg)
			rc = cg_procs(c.cg, 0, &m.pid, &m.n, NULL);
		rc = rc < 0 ? container_fail(&c, rc, "list the processes of", e) : 0;
		if (!rc)
			rc = print(a, &m, json, e);
		free(m.pid);
		container_close(&c);
	}
	app_free(&app);
	return rc;
}
