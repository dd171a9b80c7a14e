/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What engines read of us besides the answer. With --log everything goes to that
 * file and stderr stays silent but for the last error: State() of go-runc parses
 * stdout and stderr together.
 */
#ifndef CGRUN_LOG_H
#define CGRUN_LOG_H

#include <stdbool.h>

#include "err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* file NULL: stderr; format, level NULL: text, info. */
int log_open(const char *file, const char *format, const char *level, bool debug,
	     struct err *e);

void log_msg(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The error that ends the program: in the log, and bare on stderr if that is not the log. */
void log_fatal(const char *msg);

#define log_debug(...)	log_msg(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)	log_msg(LOG_INFO, __VA_ARGS__)
#define log_warn(...)	log_msg(LOG_WARN, __VA_ARGS__)

#endif
