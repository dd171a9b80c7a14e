/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mount, held by a descriptor of its root from before it is attached. In the calls of
 * 5.2 and 5.12; where they are missing, mount(2) does it at a scratch place first.
 * While we still have the host's /proc.
 */
#ifndef CGRUN_MNT_H
#define CGRUN_MNT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* "/proc/self/fd/N": the very file, for calls that take paths. */
#define MNT_PATH	32
void mnt_path(char *buf, int fd);

/* A copy of what is at path, below dirfd; "": of dirfd itself. */
int mnt_clone(int dirfd, const char *path, bool recursive);
/* A file system; flags: of mount(2). scratch: a directory on which nothing is looked for. */
int mnt_new(const char *type, const char *source, const char *data, unsigned long flags,
	    const char *scratch, struct err *e);
int mnt_attach(int fd, int target);
/* Flags of mount(2) that belong to one mount; those named in neither stay. After attaching. */
int mnt_set(int fd, unsigned long set, unsigned long clear);
int mnt_propagate(int fd, unsigned long flags);

#endif
