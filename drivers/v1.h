/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_V1_H
#define CGI_V1_H

#include "tree.h"

#define V1_MAX 32

struct v1_tree {
	char name[128];			/* "freezer", "cpu,cpuacct", "name=systemd" */
	struct cgi_tree tree;
};

struct v1_host {
	struct v1_tree tree[V1_MAX];
	size_t n;
};

struct v1_group {
	struct v1_tree *tree;
	struct cgi_dir dir;
	char origin[1024];		/* of the last attached process */
};

struct v1 {
	struct v1_group group[V1_MAX];
	size_t n;
	char pids_max[24];		/* before the brake; "" when off */
};

struct v1_group *cgi_v1_group(struct v1 *v, const char *controller);
void cgi_v1_move_back(struct cg_part *p, size_t n, pid_t pid);

/* v1-track.c: members, freezing */
int cgi_v1_procs(struct cg_part *p, unsigned flags, cgi_pid_fn fn, void *data);
int cgi_v1_state(struct cg_part *p, unsigned *state);
int cgi_v1_freeze(struct cg_part *p, enum cgi_freeze how);
bool cgi_v1_can_freeze(struct cg_part *p);
int cgi_v1_brake(struct cg_part *p, bool on);
int cgi_v1_dir_empty(struct cg_ctx *ctx, struct cgi_dir *d, bool *empty);
int cgi_v1_frozen(struct cg_ctx *ctx, struct cgi_dir *d, bool *frozen, bool *above);

/* v1-devices.c */
int cgi_v1_set_devices(struct cg_part *p, const char *value);

/* v1-translate.c: resources by their names of v2 */
int cgi_v1_set(struct cg_part *p, const char *key, const char *value);
int cgi_v1_get(struct cg_part *p, const char *key, char *buf, size_t size);
/* v1-io.c */
int cgi_v1_set_io_weight(struct cg_part *p, const char *value);
int cgi_v1_set_io_max(struct cg_part *p, const char *value);
int cgi_v1_get_io_stat(struct cg_part *p, char *buf, size_t size);
/* v1-counters.c: -ENOENT where it has no such key */
int cgi_v1_get_counter(struct cg_part *p, const char *key, char *buf, size_t size);
int cgi_v1_answer(struct cg_part *p, struct cgi_buf *out, const char *key, char *buf, size_t size);
/* v1-keys.c: resources by their own names, capabilities */
int cgi_v1_raw_set(struct cg_part *p, const char *key, const char *value);
int cgi_v1_raw_get(struct cg_part *p, const char *key, char *buf, size_t size);
int cgi_v1_raw_text(struct cg_part *p, const char *key, char **ret);	/* of any length */
void cgi_v1_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids, struct cgi_cap *c);

#endif
