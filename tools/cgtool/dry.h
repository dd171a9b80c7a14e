/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --dry-run: what would be done to the tool's group, without doing it. */
#ifndef CGTOOL_DRY_H
#define CGTOOL_DRY_H

#include <stdbool.h>

struct tool;
struct json_object;

bool dry_wanted(const struct tool *t);
/*
 * what: what would become of the processes, "killed". It fails where doing it would fail for a
 * reason that can be seen before: the caller is a member, it cannot be done here, it is populated.
 */
int dry_run(struct tool *t, const char *what, unsigned op, unsigned flags, struct json_object *o);

#endif
