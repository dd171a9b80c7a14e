/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The drivers, strongest first. */
#include "internal.h"

const struct cg_driver *const cgi_drivers[] = {
	&cgi_driver_systemd,
	&cgi_driver_v2,
	&cgi_driver_v1,
	&cgi_driver_proc,
	NULL,
};

const char *cgi_host_mode(const struct cg_ctx *ctx)
{
	bool v1 = false, v2 = false;

	for (int i = 0; cgi_drivers[i]; i++) {
		v1 = v1 || (cgi_drivers[i] == &cgi_driver_v1 && ctx->host[i]);
		v2 = v2 || (cgi_drivers[i] == &cgi_driver_v2 && ctx->host[i]);
	}
	return v1 && v2 ? "hybrid" : v1 ? "legacy" : v2 ? "unified" : "none";
}
