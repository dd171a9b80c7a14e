/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program: its environment, and where it is. Engines read the sentences of a program
 * that cannot be found or run ("executable file not found in $PATH"), so these are worded
 * as runc words them.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "num.h"

#include "base/base.h"
#include "program/program.h"
#include "root/root.h"
#include "banned.h"

#define PASSWD_MAX	(4u << 20)
#define DEFAULT_PATH	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *env_get(char **env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

/* The last one of a name counts, as if each had been set after the other. */
static void env_put(char **env, size_t *n, char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < *n; i++)
		if (!strncmp(env[i], entry, len) && (env[i][len] == '=' || !env[i][len])) {
			env[i] = entry;
			return;
		}
	env[(*n)++] = entry;
}

/* NAME:PASSWORD:UID:GID:GECOS:HOME:SHELL; the first line of that user counts. */
char *exec_home(char *passwd, uid_t uid)
{
	for (char *line; (line = strsep(&passwd, "\n"));) {
		char *field[6] = { NULL };
		long long id;

		for (size_t i = 0; i < 6; i++)
			field[i] = strsep(&line, ":");
		if (field[5] && field[5][0] == '/' && field[0][0] &&
		    !num_parse(field[2], 0, UINT32_MAX, &id) && (uid_t)id == uid)
			return strdup(field[5]);
	}
	return NULL;
}

/* Of the container's own file, which may be anything. */
static char *find_home(const struct program *c)
{
	int fd = root_open(c->root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char *text = NULL, *home = NULL;
	struct err why;
	size_t len;

	if (fd < 0)
		return NULL;
	if (file_read_open(fd, 0, PASSWD_MAX, &text, &len, &why)) {
		err_wrap(&why, "HOME is /, for /etc/passwd of the container");
		c->warn(c->sock, why.msg);
	} else {
		home = exec_home(text, c->p->uid);
	}
	free(text);
	close(fd);
	return home;
}

int exec_env(struct program *c, struct err *e)
{
	size_t n = 0;
	const char *have;
	char *text, *home;

	c->env = calloc(c->p->env.n + 4, sizeof(*c->env));
	if (!c->env)
		return fail(e, -ENOMEM, "process.env");
	for (size_t i = 0; i < c->p->env.n; i++)
		env_put(c->env, &n, c->p->env.v[i]);
	if (c->n_listen) {
		if (asprintf(&text, "LISTEN_FDS=%u", c->n_listen) < 0)
			return fail(e, -ENOMEM, "LISTEN_FDS");
		env_put(c->env, &n, text);
		if (asprintf(&text, "LISTEN_PID=%d", getpid()) < 0)
			return fail(e, -ENOMEM, "LISTEN_PID");
		env_put(c->env, &n, text);
	}
	have = env_get(c->env, "HOME");
	if (have && *have)
		return 0;
	home = find_home(c);
	if (asprintf(&text, "HOME=%s", home ? home : "/") < 0)
		return fail(e, -ENOMEM, "HOME");
	free(home);
	env_put(c->env, &n, text);
	return 0;
}

/* As Go writes it. */
static const char *go_reason(int code, char *buf, size_t size)
{
	snprintf(buf, size, "%s", strerror(-code));
	buf[0] = (char)tolower((unsigned char)buf[0]);
	return buf;
}

/*
 * With the capabilities that the program will have. A filter of the container, loaded by
 * now, may forbid stat(): then execve() tells. It may not know faccessat2(): the older call asks
 * for the real user without them.
 */
static int runnable(const char *path)
{
	struct stat st = { 0 };

	if (stat(path, &st) < 0 && errno != EPERM)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	return errno == EPERM && access(path, X_OK) == 0 ? 0 : -errno;
}

static int in_path(struct program *c, const char *name, struct err *e)
{
	const char *path = env_get(c->env, "PATH");

	for (const char *s = path ? path : DEFAULT_PATH; *s; ) {
		size_t n = strcspn(s, ":");
		char *full;

		if (asprintf(&full, "%.*s%s%s", (int)n, s, n ? "/" : "", name) < 0)
			return fail(e, -ENOMEM, "process.args[0]");
		if (*name && runnable(full) == 0) {
			c->program = full;
			return 0;
		}
		free(full);
		s += n + (s[n] == ':');
	}
	return err_set(e, -ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
}

int exec_find(struct program *c, struct err *e)
{
	char *name = c->p->args.v[0], text[128];
	int r;

	if (!strchr(name, '/'))
		return in_path(c, name, e);
	r = runnable(name);
	if (r == -EACCES || r == -EISDIR)
		return err_set(e, r, "exec: \"%s\": %s", name, go_reason(r, text, sizeof(text)));
	if (r)
		return err_set(e, r, "exec: \"%s\": stat %s: %s", name, name,
			       go_reason(r, text, sizeof(text)));
	c->program = name;
	return 0;
}

int exec_now(struct program *c, struct err *e)
{
	char text[128];

	signal(SIGPIPE, SIG_DFL);
	execve(c->program, c->p->args.v, c->env);
	return err_set(e, -errno, "exec %s: %s", c->program,
		       go_reason(-errno, text, sizeof(text)));
}
