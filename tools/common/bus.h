/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the environment says that the user's systemd is. */
#ifndef TOOLS_BUS_H
#define TOOLS_BUS_H

struct cg_ctx;

/* Tells the library, which does not read the environment; what is no address is ignored. */
void bus_from_environment(struct cg_ctx *ctx);

#endif
