/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_DEVICES_H
#define CGI_DEVICES_H

#include "res/key.h"

#define CGI_RULES_MAX	256

/* As the kernel counts them (BPF_DEVCG_ACC_*). */
#define CGI_DEV_MKNOD	1
#define CGI_DEV_READ	2
#define CGI_DEV_WRITE	4
#define CGI_DEV_ALL	7

struct cgi_rule {
	bool allow;
	char type;			/* 'b', 'c'; 'a': everything, numbers and access too */
	int64_t major, minor;		/* -1: each */
	unsigned access;
};

struct cgi_rules {
	struct cgi_rule v[CGI_RULES_MAX];
	size_t n;
};

/* "c 1:3 rwm", and the words of it; allow is not touched. -EINVAL */
int cgi_rule_parse(const char *text, struct cgi_rule *ret);
void cgi_rule_spell(const struct cgi_rule *r, unsigned access, char *out, size_t size);
bool cgi_rule_same(const struct cgi_rule *a, const struct cgi_rule *b);	/* device */
/* The lines of "devices.rules", in their order. -EINVAL */
int cgi_rules_parse(struct cg_ctx *ctx, const char *text, struct cgi_rules *ret);

#endif
