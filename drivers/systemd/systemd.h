/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the placer share: the manager, its units, and how they are asked for. */
#ifndef CGI_SYSTEMD_H
#define CGI_SYSTEMD_H

#include "placer.h"
#include "sys/bus.h"

#define CGI_UNIT_NAME	255		/* bytes of a unit's name, in systemd */

struct cgi_manager {
	char address[256];
	struct cgi_bus *bus;		/* connected when first asked */
	uint64_t until;			/* of the conversation under way */
	uint64_t again_in;		/* the call (by its beginning) that has connected again */
	uint64_t deaf_in;		/* the call that got no answer, and why */
	int deaf;
	char why[256];
};

struct cgi_unit {
	char name[CGI_UNIT_NAME + 1];
	char slice[CGI_UNIT_NAME + 1];	/* "": the manager chooses */
	char tag[64];			/* in its description: so that we stop only ours */
	char address[256];		/* of the bus that it was asked for on */
	bool asked;			/* it may exist */
	char *scope;			/* path of its group, as in /proc/PID/cgroup; or NULL */
};

/* One question, and what it needs. */
struct cgi_question {
	const struct cgi_unit *u;
	pid_t pid;
	int pidfd;
	const char *text;		/* a group below the scope, or a property */
	char *buf;
	size_t size;
	const struct cgi_property *property;
	size_t n;
};

typedef int cgi_ask_fn(const struct cgi_bus_verbs *v, struct cgi_bus *b,
		       const struct cgi_question *q, uint64_t until);

/* ---- talk.c: each function of placer.h begins a conversation ---- */
void cgi_talk_begin(struct cg_ctx *ctx);
int cgi_talk_connect(struct cg_ctx *ctx, const char *address);
void cgi_talk_end(struct cg_ctx *ctx);		/* hangs up */
/* Its sentence is in ctx->manager->why: who asked says it. A lost connection is made once more. */
int cgi_talk(struct cg_ctx *ctx, cgi_ask_fn *fn, const struct cgi_question *q);
int cgi_talk_say(struct cg_ctx *ctx, int rc, const char *what, const struct cgi_unit *u);
int cgi_talk_get(struct cg_ctx *ctx, const struct cgi_unit *u, const char *property, char *buf,
		 size_t size);
cgi_ask_fn cgi_ask_start, cgi_ask_attach, cgi_ask_set, cgi_ask_stop;

/* ---- unit.c ---- */
/* Where systemd makes the groups of its units, whatever else is mounted: v2 and its own v1. */
const struct cgi_tree *cgi_managed(struct cg_ctx *ctx, unsigned i);
#define CGI_MANAGED	2

#endif
