/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths inside a container's root directory. Links and ".." of an image never lead
 * out of it. Descriptors (close-on-exec) or -errno.
 */
#ifndef CGRUN_INROOT_H
#define CGRUN_INROOT_H

#include <stdbool.h>
#include <sys/types.h>

/* flags: of open(2), without O_CREAT. Links are followed, as if rootfd were the root. */
int root_open(int rootfd, const char *path, int flags);

/* The same, but -ELOOP where any part of the path is a link. */
int root_open_plain(int rootfd, const char *path, int flags);

/* O_PATH of a directory, or of anything else; what is missing is made. */
int root_mkdir(int rootfd, const char *path);
int root_mkfile(int rootfd, const char *path);
/* Where the last part is a link, that is -ELOOP: for what has to be in its place. */
int root_mkfile_here(int rootfd, const char *path);

/* O_PATH of the directory of the last part, made if it is missing; that part is *name. */
int root_parent(int rootfd, const char *path, const char **name);

/* What the two openers do where there is no openat2(). */
int walk_open(int rootfd, const char *path, int flags, bool links);

/* A small file as text, its length; -E2BIG. And a text written with one write(2). */
ssize_t read_text(int dirfd, const char *path, char *buf, size_t size);
int write_text(int dirfd, const char *path, const char *text);

#endif
