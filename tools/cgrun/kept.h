/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What later verbs need of the configuration, kept beside the state as it was when the
 * container was made: an exec gets the same filter although the bundle has changed since.
 */
#ifndef CGRUN_KEPT_H
#define CGRUN_KEPT_H

#include "err.h"
#include "spec.h"
#include "state.h"

struct json_object;

/* dir: the container's state directory. */
int kept_save(int dir, const struct spec *s, bool no_keyring, struct err *e);
/* What stands there, to put, or NULL: "seccomp", "hooks", "personality", "noNewKeyring". */
int kept_load(int dir, const char *section, struct json_object **ret, struct err *e);

/* Name of its session keyring, to free: the one that runc gives it. */
char *kept_keyring(const char *id);

/* The state of the OCI specification, as hooks and seccomp agents get it. */
struct json_object *kept_oci_state(const struct state *st, const char *status, pid_t pid);

/* Sends the listener of a filter to who listens at linux.seccomp.listenerPath. */
int kept_notify(struct json_object *seccomp, const struct state *st, const char *status, pid_t pid,
		int fd, struct err *e);

#endif
