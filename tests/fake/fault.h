/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stands between libcg and a kernel (the fake or the real one) and makes the n-th
 * verb fail. Verbs that cannot fail (close, now, self, euid, pidfd_inode) are not
 * counted.
 */
#ifndef FAKE_FAULT_H
#define FAKE_FAULT_H

#include "libcg/sys/sys.h"

struct fault {
	const struct cg_sys *sys;	/* the kernel behind it */
	void *k;
	unsigned n;			/* fail this one, counted from 1; 0: none */
	unsigned last;			/* and all up to this one; 0: only that one */
	int err;			/* with this, -EIO */
	/* Instead: each call of that verb (NULL: any) with that file, in whatever directory. */
	const char *only, *file;
	void (*takes)(void *k);		/* called for each: also what fails takes time */
	unsigned count;			/* verbs so far */
	unsigned fired;
	const char *verb;		/* the first that was failed */
	char name[64];			/* and its name argument */
};

extern const struct cg_sys fault_sys;	/* its cookie is a struct fault */

#endif
