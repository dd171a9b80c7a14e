/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside of drivers/res: a key, its value, and the plan of a transaction. A file of each
 * controller has the rows of its keys; table.c goes through them.
 */
#ifndef CGI_KEY_H
#define CGI_KEY_H

#include "res/res.h"

/* One key of a call. */
struct cgi_item {
	struct cg_ctx *ctx;
	struct cgi_places *l;
	const char *key;		/* as the caller spelled it: "hugetlb.2MB.max" */
	char *text;			/* the value as cgroup v2 takes it, no blanks around it */
	uint64_t n;			/* a number; UINT64_MAX: "max" */
	const struct cgi_key *row;
	struct cgi_place *at;		/* what serves it, and by which file */
	char file[256];
};

struct cgi_write {
	struct cgi_place *at;
	char *file, *text;
	char *old;			/* what undoes it; NULL: nothing does */
	const char *unset;		/* undoes the value of a device that had none, or NULL */
};

struct cgi_plan {
	struct cg_ctx *ctx;
	struct cgi_write *v;
	size_t n, done;			/* v[0..done) has been written */
	const struct cgi_item *devices;	/* the last step, which undoes itself; may be NULL */
};

/* What a value may be: any text if nothing is said. */
#define CGI_NUMBER	1U
#define CGI_MAX		2U		/* a number or "max" */
#define CGI_BYTES	4U		/* with K, M, G, T, P, E as the kernel's memparse() */
#define CGI_WEIGHT	8U		/* 1 to 10000 */
#define CGI_EMPTY	16U
#define CGI_V1_FIRST	32U		/* places of v1 are asked before those of v2 */

/* A key on both versions, which are index 0 and 1 here: CGI_IS_V1(). */
struct cgi_key {
	const char *name;		/* * stands for anything: "hugetlb.*.max"; NULL: any key */
	unsigned flags;
	/* A place that has this file serves the key; NULL: that version has no such thing. */
	const char *file[2];
	int (*parse)(struct cgi_item *it);	/* a grammar of its own */
	/* NULL: the text into the file; "-1" for "max" in a file of v1 with another name. */
	int (*set[2])(struct cgi_plan *p, const struct cgi_item *it);
	/* NULL: the text of the file; a number of v1 that stands for no limit is "max". */
	int (*get[2])(const struct cgi_item *it, struct cgi_buf *out);
};
#define CGI_IS_V1(place)	((place)->tree->kind == CGI_V1)
#define CGI_ROW(key, f, v1)	{ .name = key, .flags = f, .file = { key, v1 } }

#define CGI_EACH_LINE(s, text)	\
	for (const char *s = (text); *s; s += strcspn(s, "\n"), s += *s == '\n')

/* Rows in the order in which they are to be written; an empty one ends them. */
extern const struct cgi_key cgi_memory_keys[], cgi_cpu_keys[], cgi_io_keys[], cgi_other_keys[],
	cgi_devices_keys[];

/* ---- value.c: nothing is accepted and then ignored. -EINVAL, -ERANGE ---- */
int cgi_number(struct cg_ctx *ctx, const char *key, const char *s, unsigned flags, uint64_t *ret);
int cgi_value(struct cgi_item *it, const char *value);
int cgi_value_take(struct cgi_item *it, struct cgi_buf *b);	/* the text from now on */
void cgi_add_number(struct cgi_buf *b, uint64_t n);		/* or "max" */

/* ---- plan.c ---- */
int cgi_plan_put(struct cgi_plan *p, struct cgi_place *at, const char *file, const char *text);
int cgi_plan_put_u64(struct cgi_plan *p, struct cgi_place *at, const char *file, uint64_t n);
/* A line about one device among others in the file. */
int cgi_plan_put_device(struct cgi_plan *p, struct cgi_place *at, const char *file,
			const char *unset, const char *text);
/* What the file will hold: planned, or there already. */
int cgi_plan_u64(struct cgi_plan *p, struct cgi_place *at, const char *file, uint64_t *ret);
int cgi_plan_run(struct cgi_plan *p);
void cgi_plan_free(struct cgi_plan *p);

/* ---- table.c ---- */
/* 1: the place has the file, 0: it has not (or is gone), <0 */
int cgi_res_has(struct cg_ctx *ctx, struct cgi_place *p, const char *file);
/* A number of v1: UINT64_MAX where it means no limit. */
int cgi_res_u64(struct cg_ctx *ctx, struct cgi_place *p, const char *file, uint64_t *ret);
struct cgi_place *cgi_res_v1(struct cgi_places *l, const char *file);	/* NULL: no hierarchy */
/* The text of a key, to be freed. -EOPNOTSUPP: no place has it. */
int cgi_res_text(struct cg_ctx *ctx, struct cgi_places *l, const char *key, char **ret);

/* ---- other.c: a text of v2 whose lines are in several files of v1 ---- */
int cgi_get_lines(const struct cgi_item *it, struct cgi_buf *out);

/* ---- enable.c: a controller of v2, enabled in the groups above one ---- */
/* ask: only whether it could be; nothing changes. -EOPNOTSUPP with the reason. */
int cgi_res_enable(struct cg_ctx *ctx, const struct cgi_tree *t, const char *path,
		   const char *key, bool ask);

/* ---- devices-v1.c, devices-v2.c ---- */
int cgi_devices_v1(const struct cgi_item *it);
int cgi_devices_v2(const struct cgi_item *it);
/* Can programs be loaded? 0, or -EOPNOTSUPP with the reason. */
int cgi_devices_v2_could(struct cg_ctx *ctx);

#endif
