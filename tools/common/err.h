/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One error: a code and the sentence recorded where it happened. No allocation. */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

struct err {
	int code;		/* negative errno, 0: none */
	char msg[1024];
};

/* Records and returns code, so that `return err_set(e, -EINVAL, "…")` is all of a failure. */
int err_set(struct err *e, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the sentence that is there. Returns its code. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * As strerror(-code), but never the words "no such file or directory", which engines take
 * for a program that is missing.
 */
const char *err_reason(int code);

#endif
