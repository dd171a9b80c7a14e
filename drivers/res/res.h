/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Resources: a file of each controller's keys, both dialects side by side, so that getting is
 * the inverse of setting. Keys are the names of cgroup v2; values are in its units.
 */
#ifndef CGI_RES_H
#define CGI_RES_H

#include "place.h"

struct cg_stats;

/*
 * Several at once, all or none: parsed whole before anything is written, in the order that the
 * kernel needs, undone if one fails. -EINVAL, -EOPNOTSUPP: no place has the key.
 */
int cgi_res_set(struct cg_ctx *ctx, struct cgi_places *l, const struct cg_limit *v, size_t n);
int cgi_res_get(struct cg_ctx *ctx, struct cgi_places *l, const char *key, char *buf, size_t size);
int cgi_res_stats(struct cg_ctx *ctx, struct cgi_places *l, struct cg_stats *s, size_t size);
/* The entries for limits and devices. l NULL: of groups to be made, below `given` if not NULL. */
void cgi_res_caps(struct cg_ctx *ctx, struct cgi_places *l, const char *given,
		  struct cgi_cap *caps);

#endif
