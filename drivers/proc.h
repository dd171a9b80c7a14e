/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_PROC_H
#define CGI_PROC_H

#include "internal.h"

#define PROC_IDS	3		/* CG_ID_USER, PID, MNT by bit number */

struct proc_refs {
	struct cg_ref *v;
	size_t n, cap;
};

/* What is still to be looked at. */
struct proc_todo {
	bool begun;
	bool again;			/* the list is the second one, taken when nobody lived */
	pid_t upto;			/* the last number given, as far as we know */
	struct cgi_pids first;		/* the list that /proc gave at the beginning */
	struct {
		pid_t from, to;		/* (from, to] */
	} range[32];			/* given since, the newest on top */
	size_t n;
};

struct proc {
	unsigned ids;			/* CG_ID_* that are recorded */
	struct cgi_ident ns[PROC_IDS];
	uint64_t nsid[PROC_IDS];	/* unique, or 0 where the kernel has none */
	char *held[PROC_IDS];		/* where it is mounted; NULL: nowhere */
	int nsfd[PROC_IDS];		/* keeps it while this handle is open; -1: not (yet) */
	struct cg_ref init;		/* of the PID namespace */
	struct proc_refs recorded;	/* attached or identified */
	struct proc_refs found;		/* seen alive once, by tag or descent */
	bool chasing;			/* in a kill: look at new numbers only */
	bool unsettled;			/* the last pass could not prove that it saw all */
	struct proc_todo todo;
	bool unproven;			/* somebody is in a namespace of the same number */
	int trouble;			/* the first question that got no answer at all */
};

struct proc_host {
	struct cgi_ident own[PROC_IDS];	/* the caller's own namespaces */
	bool has_nsid;			/* Linux 6.18 */
	bool tells_end;			/* and it says when a user namespace has ended */
};

int cgi_proc_refs_add(struct proc_refs *l, const struct cg_ref *ref);
bool cgi_proc_refs_has(const struct proc_refs *l, const struct cgi_stat *st);

/* proc-look.c: calls fn for each live member, as it is found */
typedef int (*proc_fn)(void *data, const struct cgi_stat *st);
int cgi_proc_scan(struct cg_part *p, unsigned flags, proc_fn fn, void *data);
int cgi_proc_chase(struct cg_part *p, bool on);

/* proc-scan.c: the evidence */
/*
 * rc of a question about one process: was it answered? Gone and forbidden are answers (no
 * member of ours); anything else goes to trouble, for the whole pass to fail with.
 */
bool cgi_proc_answered(struct cg_part *p, int rc);
bool cgi_proc_stat(struct cg_part *p, pid_t pid, struct cgi_stat *ret);
bool cgi_proc_lives(struct cg_part *p, const struct cgi_stat *st);
int cgi_proc_trouble(struct cg_part *p);		/* and forgets it */
bool cgi_proc_tagged(struct cg_part *p, pid_t pid);
bool cgi_proc_known(const struct proc *x, const struct cgi_stat *st);
int cgi_proc_member(struct cg_part *p, pid_t pid);
/* Are members found by something that nobody can leave, and was everybody looked at? */
bool cgi_proc_sure(const struct cg_part *p);
/* Is the namespace kept from ending by a mount? */
bool cgi_proc_held(struct cg_part *p, unsigned bit);
bool cgi_proc_init_lives(struct cg_part *p);
int cgi_proc_ns(struct cg_ctx *ctx, pid_t pid, unsigned bit, struct cgi_ident *ret);
/*
 * Is nobody left in our user namespace, nor below it? Linux 6.18 tells. False is no answer:
 * a process that is not collected, or an open file of theirs, holds a namespace as well.
 */
bool cgi_proc_user_ns_ended(struct cg_part *p);
/* The number that is never given twice; 0 if there is none. */
uint64_t cgi_proc_nsid(struct cg_ctx *ctx, pid_t pid, unsigned bit);

/* proc-caps.c */
void cgi_proc_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids,
		   struct cgi_cap *c);

#endif
