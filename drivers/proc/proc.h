/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of the claims share. */
#ifndef CGI_PROC_H
#define CGI_PROC_H

#include "claims.h"

#define PROC_IDS	3		/* CG_ID_USER, CG_ID_PID, CG_ID_MNT by bit number */

enum { BIT_USER, BIT_PID, BIT_MNT };

struct cgi_claims_host {
	struct cgi_ident own[PROC_IDS];	/* the caller's own namespaces */
	uint64_t own_pid_id;		/* unique number of the PID namespace; 0: none here */
	bool has_nsid;			/* Linux 6.18 */
	bool tells_end;			/* and it tells when a user namespace has ended */
	bool hides;			/* /proc hides processes of others (hidepid) */
	bool sees_all;			/* may look at every process of the host */
};

/* A process that is a member whatever else is true of it. A number is in a set once. */
struct proc_known {
	struct cg_ref ref;
	bool recorded;			/* attached or identified; else seen alive as a member */
	bool tagged;			/* it was in the user namespace, which nobody leaves */
	bool ended;
	unsigned pass;			/* that reported it last */
};

struct proc_set {
	struct proc_known *v;
	size_t n, cap;
	uint32_t *slot;			/* hash table by number: index into v, plus 1 */
	size_t nslots;
};

/* How much the last pass saw. */
enum proc_view {
	VIEW_CUT,			/* not even all that existed when it began */
	VIEW_WHOLE,			/* that, but members may have been forked meanwhile */
	VIEW_PROVEN,			/* nobody can have escaped it */
};

/* What is still to be looked at. */
struct proc_todo {
	bool begun;
	bool again;			/* the list is the second one, taken when nobody lived */
	pid_t upto;			/* the number given last, as far as we know; 0: unknown */
	struct cgi_pids first;		/* the list that /proc gave at the beginning */
	struct {
		pid_t from, to;		/* (from, to] */
	} range[32];			/* given since, the newest on top */
	size_t n;
};

struct cgi_claims {
	struct cg_ctx *ctx;
	bool witness;			/* places know the members: adds what they cannot see */
	/* who recorded: the caller's user, user namespace, PID namespace and its unique number */
	uid_t by;
	uint64_t by_user_ns, by_pid_ns, by_pid_id;
	unsigned ids;			/* CG_ID_* that are recorded */
	struct cgi_ident ns[PROC_IDS];
	uint64_t nsid[PROC_IDS];	/* unique, or 0 where the kernel has none */
	char *held[PROC_IDS];		/* where it is mounted; NULL: nowhere */
	int nsfd[PROC_IDS];		/* keeps it while this handle is open; -1: not (yet) */
	struct cg_ref init;		/* of the PID namespace */
	struct proc_set known;
	pid_t added;			/* recorded by the last attach */
	bool chasing;			/* in a kill: look at new numbers only */
	unsigned passes;
	enum proc_view view;
	struct proc_todo todo;
	bool looked_in;			/* a process in the user namespace let us see that it is */
	bool unproven;			/* somebody is in a namespace of the same number */
	int trouble;			/* the first question that got no answer at all */
};

/* ---- pass.c: calls fn for each live member, as it is found ---- */
typedef int (*proc_fn)(void *data, pid_t pid);
int cgi_proc_pass(struct cgi_claims *c, unsigned flags, const struct cgi_pids *listed, proc_fn fn,
		  void *data);
/* Can processes that are forked during a pass be followed by their numbers? 1, 0, <0 */
int cgi_proc_follows(struct cg_ctx *ctx);

/* ---- evidence.c ---- */
int cgi_proc_add(struct proc_set *l, const struct cg_ref *ref, bool recorded);
void cgi_proc_drop_ended(struct proc_set *l);
struct proc_known *cgi_proc_find(const struct proc_set *l, pid_t pid);
bool cgi_proc_known(const struct cgi_claims *c, const struct cgi_stat *st);
/*
 * rc of a question about one process: was it answered? Gone and forbidden are answers (no
 * member of ours); anything else is kept as trouble, with which the whole pass fails.
 */
bool cgi_proc_answered(struct cgi_claims *c, int rc);
int cgi_proc_trouble(struct cgi_claims *c);		/* and forgets it */
bool cgi_proc_stat(struct cgi_claims *c, pid_t pid, struct cgi_stat *ret);
/* Does this recorded process exist? What /proc hides and no pidfd can tell is trouble. */
bool cgi_proc_look(struct cgi_claims *c, const struct cg_ref *ref, struct cgi_stat *ret);
bool cgi_proc_lives(struct cgi_claims *c, const struct cgi_stat *st);
bool cgi_proc_tagged(struct cgi_claims *c, pid_t pid);
/* Is it the number of a process, not of one of its threads? */
bool cgi_proc_is_process(struct cgi_claims *c, pid_t pid);
/* Are members found by a sign that nobody can take off, and was everybody looked at? */
bool cgi_proc_sure(const struct cgi_claims *c);
/* Is the namespace kept from ending by a mount? */
bool cgi_proc_held(struct cgi_claims *c, unsigned bit);
bool cgi_proc_init_lives(struct cgi_claims *c);
int cgi_proc_ns(struct cg_ctx *ctx, pid_t pid, unsigned bit, struct cgi_ident *ret);
/*
 * Is nobody left in our user namespace, nor below it? Linux 6.18 tells. False is no answer:
 * a process that is not collected, or an open file of it, holds a namespace as well.
 */
bool cgi_proc_user_ns_ended(struct cgi_claims *c);
/* The number that is never given twice; 0 if there is none. */
uint64_t cgi_proc_nsid(struct cg_ctx *ctx, pid_t pid, unsigned bit);
/* The value of a line of /proc/PID/status, "Tgid"; its last number. <0 */
int64_t cgi_proc_status(struct cg_ctx *ctx, pid_t pid, const char *key);

#endif
