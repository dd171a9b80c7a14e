/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of `cgtool doctor` share. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cgtool.h"

struct finding {
	char *id;		/* "userns.limit" */
	char *text, *command;	/* NULL: nothing that could be run mends it */
	bool note;		/* good to know, nothing is wrong */
	bool as_root;		/* the command is root's */
};

struct doctor {
	struct tool *t;
	struct finding *found;
	size_t n, wrong;
	bool failed;		/* out of memory: the list is not whole */
	uid_t uid;
	bool in_userns;		/* an engine's: users are outside of it */
	char *user;		/* the name of uid, or its number */
	bool service_manager;	/* systemd runs here */
	bool contained;		/* inside of a container: the host is out of reach */
	bool debian;		/* of that family, else of Red Hat's */
};

#define D_NOTE		(1U << 0)
#define D_ROOT		(1U << 1)
/* Takes text and command over, which say() made; a text of NULL is "out of memory". */
void found(struct doctor *d, unsigned flags, const char *id, char *text, char *command);
char *say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The first line of a file without its newline; NULL: it cannot be read. To free. */
char *first_line(const char *path);

/* ---- what is wrong: doctor-host.c, doctor-user.c, doctor-left.c ---- */
void doctor_host(struct doctor *d);
void doctor_user(struct doctor *d);
/* Leftovers. fix: those that are cgrun's beyond doubt are reaped; yes: without asking. */
void doctor_leftovers(struct doctor *d, bool fix, bool yes);
void doctor_foreign(struct doctor *d);
/* The user's own systemd answers, with a login or without. */
bool has_manager(const struct doctor *d);

#endif
