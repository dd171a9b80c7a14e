/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an operation can promise: the best offer stays. */
#include <stdio.h>

#include "base.h"

void cgi_cap_offer(struct cgi_cap *c, unsigned level, const char *mechanism, const char *reason,
		   const char *remedy)
{
	if (level <= c->level)
		return;
	c->level = level;
	snprintf(c->mechanism, sizeof(c->mechanism), "%s", mechanism);
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
	snprintf(c->remedy, sizeof(c->remedy), "%s", remedy);
}
