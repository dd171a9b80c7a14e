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
 * Linux 6.18 counts namespaces on each processor by itself: which of two is younger is sure
 * only if both were made on one. Older kernels, which need all this, always know.
 */
void hold_still(bool on)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int i = 0; i < (on ? 1 : CPU_SETSIZE); i++)
		CPU_SET(i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/*
 * Before anything is made: only a mount namespace that is younger than the place can be
 * mounted there, and libcg keeps in mind which namespaces are the caller's own.
 */
void hold_room(struct world *w)
{
	if (geteuid())
		return;
	hold_still(true);
	w->room = !unshare(CLONE_NEWNS) &&
		  !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		  !mount("none", "/mnt", "tmpfs", 0, "mode=700");
	hold_still(false);
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
