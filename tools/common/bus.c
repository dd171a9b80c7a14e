/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which message bus is this user's: DBUS_SESSION_BUS_ADDRESS, else the one in
 * XDG_RUNTIME_DIR. Root's is the system's, and whatever a login of somebody else has left in
 * root's environment does not change that. Also root of a user namespace is a user here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcg/cg.h>

#include "bus.h"

#include "banned.h"

/* Outside of our user namespace. */
static unsigned long outer_uid(void)
{
	unsigned long in, out, n, uid = geteuid();
	FILE *f = fopen("/proc/self/uid_map", "re");

	while (f && fscanf(f, "%lu %lu %lu", &in, &out, &n) == 3)
		if (uid >= in && uid - in < n) {
			uid = out + (uid - in);
			break;
		}
	if (f)
		fclose(f);
	return uid;
}

void bus_from_environment(struct cg_ctx *ctx)
{
	const char *address = getenv("DBUS_SESSION_BUS_ADDRESS"), *dir = getenv("XDG_RUNTIME_DIR");
	unsigned long uid = outer_uid();
	char path[256], usual[64];

	if (!uid)
		return;
	if (!address && dir && snprintf(path, sizeof(path), "%s/bus", dir) < (int)sizeof(path) &&
	    !access(path, F_OK) &&
	    snprintf(path, sizeof(path), "unix:path=%s/bus", dir) < (int)sizeof(path))
		address = path;
	snprintf(usual, sizeof(usual), "unix:path=/run/user/%lu/bus", uid);
	/* The library has looked there already. */
	if (address && strcmp(address, usual))
		(void)cg_ctx_set_bus(ctx, address);
}
