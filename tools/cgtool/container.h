/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which container a group belongs to. Only to be shown: a name proves nothing. */
#ifndef CGTOOL_CONTAINER_H
#define CGTOOL_CONTAINER_H

#include <stdbool.h>

struct json_object;

struct container {
	char id[128];		/* "": none */
	char engine[32];	/* "cgrun", "docker" */
};

/* By the name of the group or of one above it, as engines give them. */
bool container_by_path(const char *path, struct container *ret);
/* By the mark that cgrun writes on this directory. */
bool container_by_mark(const char *dir, struct container *ret);
/* Adds "container" to o if there is one. */
void container_json(struct json_object *o, const struct container *c);

#endif
