/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which remedies exist on this host. */
#ifndef CGTOOL_REMEDY_H
#define CGTOOL_REMEDY_H

#include <stdbool.h>

bool remedy_manager(void);		/* a service manager runs */
/* Where it is, in PATH or where administrators have theirs; to free, NULL: nowhere. */
char *remedy_program(const char *name);
/* Of "this, or that" what can be done here; to free. */
char *remedy_here(const char *remedy);

#endif
