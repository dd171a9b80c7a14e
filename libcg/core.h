/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A group, and what the verbs share. A group is its places (one directory in each hierarchy
 * that it has, the strongest first), its claims (what /proc tells; may be NULL) and its placer
 * (a unit of systemd; may be NULL). Each question is one loop over these, in one file.
 */
#ifndef CGI_CORE_H
#define CGI_CORE_H

#include "place.h"
#include "placer.h"
#include "proc/claims.h"

struct cg {
	struct cg_ctx *ctx;
	char *path;
	bool adopted;			/* created, restored, or opened with CG_ADOPT */
	bool awaits;			/* its places are made with the first process */
	char name[64];			/* the kinds that it has, "v2,v1,proc" */
	struct cgi_places places;
	struct cgi_claims *claims;
	struct cgi_unit *unit;
	char *unit_line;		/* of a saved group, where no manager is here to be asked */
	char unseen[700];		/* why a part other than a place cannot be asked; "" */
	char absent[CGI_KINDS][512];	/* why there is none of a kind, or not all of it */
	bool removed;			/* cg_delete() has ended it, without a place to show it */
	bool stopping;			/* members are stopped one by one, for want of a freezer */
	struct cg_ref *kept;		/* were stopped before that */
	size_t n_kept;
};

#define CGI_EACH(cg, p)	\
	for (struct cgi_place *p = (cg)->places.v; p < (cg)->places.v + (cg)->places.n; p++)

/* ---- ctx.c ---- */
int cgi_ctx_new_with(const struct cg_sys *sys, void *k, struct cg_ctx **ret);
struct cg_ctx *cgi_ctx_ref(struct cg_ctx *ctx);

/* ---- group.c ---- */
struct cg *cgi_group_new(struct cg_ctx *ctx, const char *path);
int cgi_group_add(struct cg *cg, const struct cgi_place *p);	/* takes it over; -ENOMEM */
void cgi_group_name(struct cg *cg);
bool cgi_group_is_root(struct cg *cg);
/* A unit that was asked for and whose place nobody learned: finds it, or an error. */
int cgi_group_settle(struct cg *cg);
int cgi_group_place(struct cg *cg, const char *path);	/* makes its places below a unit */

/* ---- members.c: who belongs to it ---- */
/*
 * What could not be asked. A call that may do without it passes one; then what can be asked is
 * used, and the first failure is kept for the verdict.
 */
struct cgi_doubt {
	int rc;
	char why[512];
	const struct cgi_place *busy;	/* cgi_is_empty(): the place that has a member */
};
void cgi_doubt(struct cg *cg, struct cgi_doubt *d, int rc);
int cgi_doubt_fail(struct cg *cg, const struct cgi_doubt *d);	/* d->rc and its sentence */
/* The union of all evidence. 0, CG_WEAK, <0; d may be NULL: any doubt is an error. */
int cgi_members(struct cg *cg, unsigned flags, struct cgi_pids *out, struct cgi_doubt *d);
/* The same, of places only. */
int cgi_listed(struct cg *cg, unsigned flags, struct cgi_pids *out, struct cgi_doubt *d);
int cgi_is_member(struct cg *cg, pid_t pid);		/* 1, 0, <0 */
/* May it be changed at all? -EPERM, -EDEADLK */
int cgi_guard(struct cg *cg, const char *verb);
/* Is nobody left, as far as can be asked? 0, CG_WEAK; doubt as above. */
int cgi_is_empty(struct cg *cg, bool *empty, struct cgi_doubt *d);

/* ---- state.c ---- */
int cgi_group_state(struct cg *cg, unsigned *state);		/* 0, CG_WEAK, <0 */
/* Waits for a change of the group, or for a time that grows from call to call. */
struct cgi_waiter {
	struct cg *cg;
	int fd;				/* of a file that tells of changes; -1: none */
	unsigned pause;
};
void cgi_wait_begin(struct cg *cg, struct cgi_waiter *w);
void cgi_wait(struct cgi_waiter *w, uint64_t until);
void cgi_wait_end(struct cgi_waiter *w);

/* ---- watch.c ---- */
/* ask_us: how often what nothing tells of is looked at */
int cgi_watch_new(struct cg_ctx *ctx, uint64_t ask_us, struct cg_watch **ret);
int cgi_watch_add(struct cg_watch *w, struct cg *cg, unsigned events, void *data);
/* Waits until a group of the watch is in one of these states. 0, CG_WEAK, -ETIMEDOUT */
int cgi_watch_wait(struct cg_watch *w, unsigned states);
/* In every watch of the context: */
void cgi_watch_last_look(struct cg *cg);	/* reads the counters before the group is removed */
void cgi_watch_touch(struct cg *cg);		/* a verb has changed it: the next fetch looks */
void cgi_watch_forget(struct cg *cg);		/* drops the entries of a handle that is closed */

/* ---- round.c: signals, to members and nobody else ---- */
struct cgi_round {
	bool (*want)(struct cg *cg, pid_t pid);	/* NULL: all */
	struct cgi_pids *done;	/* signalled before, skipped (NULL: none) */
	struct cgi_pids *seen;	/* all that were ever met, sorted (NULL: nobody asks) */
	struct cgi_pids met;	/* those met first in this round */
	struct cgi_doubt *doubt;	/* as in cgi_members() */
	unsigned sent, denied;
	size_t unnamed;		/* members that no signal can be sent to */
	unsigned fresh;		/* members that were not in seen */
};
/* One verified pass over the members. 0, CG_WEAK, <0 */
int cgi_signal_round(struct cg *cg, int sig, unsigned flags, struct cgi_round *r);

/* ---- freezer.c ---- */
bool cgi_can_freeze(struct cg *cg);
/*
 * Asks and waits. cover: every member is to be held, with SIGSTOP those that no freezer
 * reaches; else it is enough that the freezers have done what they can. 0, CG_WEAK,
 * -ETIMEDOUT (undone)
 */
int cgi_freeze_until(struct cg *cg, bool cover, uint64_t until);
int cgi_thaw_each(struct cg *cg, enum cgi_freeze how);
/* Is each member that is listed in a frozen place, or stopped? */
int cgi_all_held(struct cg *cg, bool *ret);
int cgi_keep_stopped(struct cg *cg, pid_t pid, uint64_t start);

/* ---- kill.c ---- */
int cgi_kill(struct cg *cg, struct cgi_pids *seen, struct cg_report *rep);
/* To a caller whose struct may be older and shorter. */
void cgi_report_out(int rc, const struct cg_report *rep, struct cg_report *out, size_t size);

#endif
