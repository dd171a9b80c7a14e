/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_V2_H
#define CGI_V2_H

#include "tree.h"

struct v2_host {
	struct cgi_tree tree;
	bool nsdelegate;	/* a mount option: namespaces are borders of delegation */
};

struct v2 {
	struct cgi_dir dir;
	char origin[1024];	/* of the last attached process */
	char pids_max[24];	/* before the brake; "" when off */
};

/* 0 or -errno; p->gone is set when the group is. */
int cgi_v2_write(struct cg_part *p, const char *file, const char *text);

/*
 * v2-enable.c: the controller of a key, switched on in the groups above; or whether it could
 * be, for a group of that path. 0; -EOPNOTSUPP with the reason.
 */
int cgi_v2_enable(struct cg_part *p, const char *key);
int cgi_v2_could_enable(struct cg_ctx *ctx, const struct cgi_tree *tree, const char *path,
			const char *key);

/* v2-devices.c */
int cgi_v2_set_devices(struct cg_part *p, const char *value);
void cgi_v2_caps_devices(struct cg_ctx *ctx, struct cgi_cap *c);

/* v2-keys.c: resources, capabilities */
int cgi_v2_set(struct cg_part *p, const char *key, const char *value);
int cgi_v2_get(struct cg_part *p, const char *key, char *buf, size_t size);
void cgi_v2_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids, struct cgi_cap *c);

#endif
