/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drivers, strongest first. */
#include "internal.h"

const struct cg_driver *const cgi_drivers[] = {
	&cgi_driver_v2,
	&cgi_driver_v1,
	&cgi_driver_proc,
	NULL,
};

const char *cgi_host_mode(const struct cg_ctx *ctx)
{
	bool v1 = ctx->host[1], v2 = ctx->host[0];

	return v1 && v2 ? "hybrid" : v1 ? "legacy" : v2 ? "unified" : "none";
}
