/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the core and the drivers share. Nothing here is exported by the library. */
#ifndef CGI_INTERNAL_H
#define CGI_INTERNAL_H

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <libcg/cg.h>

#include "base/cleanup.h"
#include "driver.h"
#include "sys/sys.h"
#include "text/text.h"

#define CG_API		__attribute__((visibility("default")))
#define CGI_MAX_PARTS	4

struct cg_ctx {
	const struct cg_sys *sys;
	void *k;			/* cookie of sys */
	unsigned refs;
	cg_log_fn log;
	void *log_data;
	char errmsg[512];
	uint64_t began, deadline;	/* of the call that is under way; 0: it has no deadline */
	char base[256];			/* set by cg_ctx_set_base(), "" if not */
	char bus[256];			/* set by cg_ctx_set_bus(), "" if not */
	char stack[64];			/* "v2,v1,proc" */
	int procfd;			/* /proc */
	bool foreign_proc;		/* /proc is not of our own PID namespace */
	bool child_pidns;		/* not the initial one: cgroup v1 hides members */
	/* by index into cgi_drivers[] */
	void *host[CGI_MAX_PARTS];	/* what probe() found */
	bool present[CGI_MAX_PARTS];	/* groups can be looked at */
	bool usable[CGI_MAX_PARTS];	/* and made below the base */
	bool on_request[CGI_MAX_PARTS];	/* would work if cg_ctx_set_driver() named it */
	bool chosen[CGI_MAX_PARTS];	/* by cg_ctx_set_driver(), or all */
	char absent[CGI_MAX_PARTS][512];	/* why not usable */
	char given[256];		/* cg_caps(): a place would be given below this, or "" */
	struct cgi_cap {
		unsigned level;
		char mechanism[64];
		char reason[384];
		char remedy[384];
	} caps[CG_NOPS];		/* what the last cg_caps() pointed to */
};

/* Would a driver before this one track the groups that this user makes? */
bool cgi_tracked_before(const struct cg_ctx *ctx, int index);
/* Do groups get their place from a part of the stack, when their first process comes? */
bool cgi_enclosed(const struct cg_ctx *ctx);
/* Takes this for an operation if it is better than what is there. */
void cgi_cap_offer(struct cgi_cap *c, unsigned level, const char *mechanism,
		   const char *reason, const char *remedy);

struct cgi_pids;

struct cg_part {
	const struct cg_driver *drv;
	struct cg_ctx *ctx;
	int index;			/* of drv in cgi_drivers[] */
	void *priv;			/* NULL: not open, see absent */
	bool gone;
	bool root;			/* the root of a hierarchy: never ours to kill */
	bool witness;			/* a part before it tracks: adds what that cannot see */
	const struct cgi_pids *listed;	/* for a witness: who is known already (may be NULL) */
	char absent[512];		/* why this part is missing from the group */
};

struct cg {
	struct cg_ctx *ctx;
	char *path;
	bool adopted;			/* created, restored, or opened with CG_ADOPT */
	char name[64];			/* the drivers of its parts */
	bool stopping;			/* frozen by SIGSTOP, for want of a freezer */
	struct cg_ref *kept;		/* were stopped before that */
	size_t n_kept;
	size_t nparts;
	struct cg_part part[CGI_MAX_PARTS];
};

/* Parts that are open. */
#define CGI_EACH(cg, p)	\
	for (struct cg_part *p = (cg)->part; p < (cg)->part + (cg)->nparts; p++) if (p->priv)

/* ---- base/read.c ---- */
/* A whole file of any size, to be freed. Its length or -errno. */
ssize_t cgi_read_all(struct cg_ctx *ctx, int dirfd, const char *name, char **ret);
/* A short one; the trailing newline is dropped. */
ssize_t cgi_read_word(struct cg_ctx *ctx, int dirfd, const char *name, char *buf, size_t size);

/* ---- base/err.c ---- */
int cgi_fail(struct cg_ctx *ctx, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Entry and exit of public calls that can fail: clears the sentence; closes the list of codes. */
void cgi_enter(struct cg_ctx *ctx);
int cgi_result(struct cg_ctx *ctx, int rc);
const char *cgi_strerror(int rc);	/* "No such process"; async-safe constant */
void cgi_log(struct cg_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- base/process.c ---- */
int cgi_stat_pid(struct cg_ctx *ctx, pid_t pid, struct cgi_stat *ret);	/* -ESRCH */
/* Has it a thread that is not past its exit? 1, 0; -ESRCH */
int cgi_lives(struct cg_ctx *ctx, const struct cgi_stat *st);
int cgi_ref_fill(struct cg_ctx *ctx, pid_t pid, struct cg_ref *ret);
/* 0 and a pidfd (or -1 where there is none) if it still is that process; -ESRCH */
int cgi_ref_pidfd(struct cg_ctx *ctx, const struct cg_ref *ref, int *pidfd);

/* ---- members.c ---- */
/* The union over parts. 0, CG_WEAK, <0 */
int cgi_members(struct cg *cg, unsigned flags, struct cgi_pids *out);
/* The same, of those parts only that list members and cannot answer for a single one. */
int cgi_listed(struct cg *cg, unsigned flags, struct cgi_pids *out);
int cgi_is_member(struct cg *cg, pid_t pid);		/* 1, 0, <0 */
int cgi_group_state(struct cg *cg, unsigned *state);
/* May it be changed at all? -EPERM, -EDEADLK. members (may be NULL): who was there. */
int cgi_guard(struct cg *cg, const char *verb, struct cgi_pids *members);

/* ---- signal.c ---- */
struct cgi_round {
	bool (*want)(struct cg *cg, pid_t pid);	/* NULL: all */
	struct cgi_pids *done;	/* signalled before, skipped (NULL: none) */
	struct cgi_pids *seen;	/* all that were ever met, sorted (NULL: nobody asks) */
	struct cgi_pids met;	/* those met first in this round */
	unsigned sent, denied;
	size_t unnamed;		/* members that no signal can be sent to */
	unsigned fresh;		/* members that were not in seen */
};
/* One verified pass over the members. 0, CG_WEAK, <0 */
int cgi_signal_round(struct cg *cg, int sig, unsigned flags, struct cgi_round *r);

/* ---- freeze.c ---- */
int cgi_freeze_until(struct cg *cg, uint64_t deadline);	/* 0, CG_WEAK, -ETIMEDOUT (undone) */
int cgi_thaw_each(struct cg *cg, enum cgi_freeze how);
bool cgi_can_freeze(struct cg *cg);
/* Sleeps, longer from call to call, not past the deadline. Start with *pause = 0. */
void cgi_pause(struct cg *cg, unsigned *pause, uint64_t deadline);
uint64_t cgi_deadline(struct cg_ctx *ctx, int timeout_ms);

/* ---- stop.c ---- */
int cgi_stop(struct cg *cg);
int cgi_continue(struct cg *cg);
int cgi_all_stopped(struct cg *cg, bool *ret);
int cgi_keep_stopped(struct cg *cg, pid_t pid, uint64_t start);

/* ---- kill.c ---- */
int cgi_kill(struct cg *cg, uint64_t deadline, struct cgi_pids *seen, struct cg_report *rep);
/* To a caller whose struct may be older and shorter. */
void cgi_report_out(int rc, const struct cg_report *rep, struct cg_report *out, size_t size);

/* ---- ctx.c ---- */
int cgi_ctx_new_with(const struct cg_sys *sys, void *k, struct cg_ctx **ret);
struct cg_ctx *cgi_ctx_ref(struct cg_ctx *ctx);

static inline void cgi_close_fd(struct cg_ctx *ctx, int fd)
{
	if (fd >= 0)
		ctx->sys->close(ctx->k, fd);
}

#endif
