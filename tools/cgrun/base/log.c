/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log, in the two forms that engines know: logrus text and one JSON object for
 * each line. A line is one write, since several runtimes share a file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/base.h"
#include "banned.h"

static const char *const level_name[] = { "debug", "info", "warning", "error" };

static struct {
	int fd;				/* -1: stderr */
	bool json;
	enum log_level level;
} logger = { .fd = -1, .level = LOG_INFO };

static int parse_level(const char *s)
{
	static const struct { const char *name; enum log_level level; } names[] = {
		{ "debug", LOG_DEBUG }, { "trace", LOG_DEBUG }, { "info", LOG_INFO },
		{ "warn", LOG_WARN }, { "warning", LOG_WARN }, { "error", LOG_ERROR },
		{ "fatal", LOG_ERROR }, { "panic", LOG_ERROR },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(s, names[i].name))
			return (int)names[i].level;
	return -1;
}

int log_open(const char *file, const char *format, const char *level, bool debug,
	     struct err *e)
{
	int n = level ? parse_level(level) : LOG_INFO;

	if (n < 0)
		return err_set(e, -EINVAL, "--log-level: \"%s\" is no level (debug, info, "
			       "warn, error)", level);
	logger.level = debug ? LOG_DEBUG : (enum log_level)n;
	if (format && strcmp(format, "json") && strcmp(format, "text"))
		return err_set(e, -EINVAL, "--log-format: \"%s\" is neither text nor json", format);
	logger.json = format && !strcmp(format, "json");
	if (!file || !*file || !strcmp(file, "/dev/stderr"))
		return 0;
	/* A pipe that nobody reads, or that is full, does not make us wait. */
	logger.fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			 0644);
	if (logger.fd < 0)
		return err_set(e, -errno, "--log: cannot open %s: %s", file, err_reason(-errno));
	return 0;
}

static void write_line(int fd, const char *s)
{
	size_t n = strlen(s);

	/* Nobody to tell that the log is full or its reader gone. */
	if (write(fd, s, n) < 0)
		return;
}

static char *as_json(const char *level, const char *msg, const char *when)
{
	struct json_object *o = json_object_new_object();
	char *line;

	json_object_object_add(o, "level", json_object_new_string(level));
	json_object_object_add(o, "msg", json_object_new_string(msg));
	json_object_object_add(o, "time", json_object_new_string(when));
	if (asprintf(&line, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
			JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		line = NULL;
	json_object_put(o);
	return line;
}

static char *as_text(const char *level, const char *msg, const char *when)
{
	char *line, *quoted = malloc(strlen(msg) * 2 + 1), *q = quoted;

	if (!quoted)
		return NULL;
	for (const char *p = msg; *p; p++) {
		if (*p == '"' || *p == '\\')
			*q++ = '\\';
		*q++ = *p;
	}
	*q = '\0';
	if (asprintf(&line, "time=\"%s\" level=%s msg=\"%s\"\n", when, level, quoted) < 0)
		line = NULL;
	free(quoted);
	return line;
}

static void emit(enum log_level level, const char *msg)
{
	const char *name = level_name[level];
	time_t now = time(NULL);
	struct tm tm;
	char when[32] = "", *line = NULL;

	if (level < logger.level)
		return;
	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	if (logger.json)
		line = as_json(name, msg, when);
	else if (logger.fd >= 0 || level != LOG_ERROR)
		line = as_text(name, msg, when);
	/* Of a program that cannot be run its own name comes first, as with runc. */
	else if (asprintf(&line, "%s%s\n", strncmp(msg, "exec /", 6) ? "cgrun: " : "", msg) < 0)
		line = NULL;
	if (line)
		write_line(logger.fd >= 0 ? logger.fd : STDERR_FILENO, line);
	free(line);
}

void log_msg(enum log_level level, const char *fmt, ...)
{
	struct err one;		/* makes it one printable line */
	char buf[sizeof one.msg];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, sizeof buf, fmt, ap);
	va_end(ap);
	err_set(&one, 0, "%s", buf);
	emit(level, one.msg);
}

void log_fatal(const char *msg)
{
	emit(LOG_ERROR, msg);
	if (logger.fd < 0)
		return;
	write_line(STDERR_FILENO, msg);
	write_line(STDERR_FILENO, "\n");
}
