/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a runtime does before Linux 6.18: a mount keeps a namespace from ending. In a mount
 * namespace of this stack's process, so that nothing stays.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "world-real.h"

/*
 * Before anything is made: only a mount namespace that is younger than the place can be
 * mounted there, and libcg keeps in mind which namespaces are the caller's own.
 */
void hold_room(struct world *w)
{
	cpu_set_t one;

	/* 6.18 knows for sure which is younger on one processor only; older kernels always. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	w->room = !geteuid() && !unshare(CLONE_NEWNS) &&
		  !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		  !mount("none", "/mnt", "tmpfs", 0, "mode=700");
}

bool hold(struct world *w, struct cg *cg, pid_t pid, unsigned ids)
{
	unsigned id = ids & CG_ID_USER ? CG_ID_USER : CG_ID_MNT;
	char from[64], to[64];
	int rc;
	FILE *f;

	if (!w->room || !(ids & id) || cg_hold(cg, id, NULL))
		return true;
	snprintf(from, sizeof(from), "/proc/%d/ns/%s", (int)pid, id == CG_ID_USER ? "user" : "mnt");
	snprintf(to, sizeof(to), "/mnt/%d", (int)pid);
	f = fopen(to, "we");
	if (f)
		fclose(f);
	if (mount(from, to, NULL, MS_BIND, NULL)) {
		perror("# hold a namespace by a mount");
		return false;
	}
	rc = cg_hold(cg, id, to);
	if (rc)
		fprintf(stderr, "# hold a namespace: %d\n", rc);
	return !rc;
}
