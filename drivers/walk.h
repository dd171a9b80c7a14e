/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A subtree by descriptors, one component at a time: no path is joined, so nesting may have
 * any depth; two descriptors are held at once, whatever the width; the clock is asked at
 * each directory.
 */
#ifndef CGI_WALK_H
#define CGI_WALK_H

#include "base/base.h"

struct cgi_walk {
	/* At each directory, those above first; non-zero ends the walk. May be NULL. */
	int (*enter)(void *data, int fd);
	/* At each nested directory after all below it, by its name. May be NULL. */
	int (*leave)(void *data, int parent, const char *name);
	/* Instead of enter, at each nested directory that has no directories; it is not opened. */
	int (*leaf)(void *data, int parent, const char *name);
	/* Instead of enter, at each nested directory that may not be opened. May be NULL. */
	int (*closed)(void *data, int parent, const char *name);
	void *data;
	unsigned levels;		/* so many below the first; 0: all */
	bool ours;		/* a mode that keeps us out of what is ours is mended */
	/* of the directory of the present call: name ("": the first), depth, identity if opened */
	const char *name;
	unsigned depth;
	struct cgi_ident id;
	/* result: nested directories that could not be opened, and why the first could not */
	unsigned unseen;
	bool nested;			/* there were nested directories */
	int denied;
};

/* 0, what a function returned, -ETIMEDOUT, -errno. Directories that vanish are no failure. */
int cgi_walk(struct cg_ctx *ctx, int fd, struct cgi_walk *w);

/*
 * A path of any length below a directory, as a shorter rest below another one, for calls
 * that take a path: `fd` is to be closed if it is not the one given.
 */
struct cgi_at {
	int fd;
	const char *name;
};
int cgi_at_open(struct cg_ctx *ctx, int fd, const char *path, struct cgi_at *at);
void cgi_at_close(struct cg_ctx *ctx, int fd, struct cgi_at *at);

#endif
