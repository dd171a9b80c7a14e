/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMON_RTSTATE_H
#define COMMON_RTSTATE_H

#include "err.h"

struct json_object;

/*
 * The saved group (a text for cg_restore(), to free) of a container of cgrun. root is
 * the state directory, NULL for the usual ones: /run/cgrun and $XDG_RUNTIME_DIR/cgrun.
 * Such a state is believed only if it is the caller's or root's; a root that was named
 * is believed as it is. -ENOENT: no container of that name; -EINVAL: no name of a
 * container; -ENOTUNIQ: in both places; -EIO: a damaged state; -EPERM: another user's.
 */
int rtstate_group(const char *root, const char *id, char **text, struct err *e);

/* The whole state of a container, in a directory that is believed as it is. To put. */
int rtstate_read(const char *root, const char *id, struct json_object **ret, struct err *e);

#endif
