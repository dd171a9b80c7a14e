/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the fake kernel's world share. */
#ifndef TESTS_WORLD_FAKE_H
#define TESTS_WORLD_FAKE_H

#include "fake/kernel.h"
#include "world.h"

#define TAG		1
#define UID		1000
#define MAX_WHO		64
#define OWN_SCOPE	"/user.slice/user-1000.slice/user@1000.service/app.slice/t.scope"
#define WIDE		9000		/* longer than any path */

struct who {
	struct fk_proc *p;
};

struct world {
	const struct stack *stack;
	struct fk *k;
	const struct cg_sys *sys;	/* what libcg gets, and its cookie */
	void *cookie;
	struct who who[MAX_WHO];
	size_t n;
	unsigned ngroups;		/* of processes that are started */
	char text[1024];
};

/* The path in one hierarchy, as cg_create() would take it there. */
const char *full_path(struct world *w, const struct fk_h *h, const char *path, char *buf,
		      size_t size);
bool mine(struct world *w, const struct fk_h *h);	/* may this user make groups there? */

#endif
