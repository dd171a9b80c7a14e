/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What every room of the library stands on: the context, its errors and its clock, and
 * single processes as /proc shows them. Knows no group, hierarchy or driver.
 */
#ifndef CGI_BASE_H
#define CGI_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <libcg/cg.h>

#include "base/cleanup.h"
#include "sys/sys.h"
#include "text/text.h"

#define CG_API		__attribute__((visibility("default")))

/* Inodes of the first namespaces in /proc/PID/ns, fixed since Linux 3.8. */
#define CGI_INIT_PID_NS		0xEFFFFFFCU
#define CGI_INIT_USER_NS	0xEFFFFFFDU

/* Who can tell the members of a group, the strongest first. */
enum cgi_kind {
	CGI_PLACER,			/* gives a place: systemd */
	CGI_V2,				/* places of cgroup v2 */
	CGI_V1,				/* places of cgroup v1 */
	CGI_CLAIMS,			/* /proc */
	CGI_KINDS
};

struct cgi_cap {
	unsigned level;
	char mechanism[64];
	char reason[512];
	char remedy[384];
};

struct cgi_trees;			/* drivers/tree.h */
struct cgi_claims_host;			/* drivers/proc/claims.h */
struct cgi_manager;			/* drivers/placer.h */

struct cg_ctx {
	const struct cg_sys *sys;
	void *k;			/* cookie of sys */
	unsigned refs;
	cg_log_fn log;
	void *log_data;
	char errmsg[1024];
	uint64_t began, deadline;	/* of the call under way: waits end with it */
	unsigned grace;			/* and work that was begun so much later, microseconds */
	int procfd;			/* /proc */
	bool foreign_proc;		/* /proc is not of our own PID namespace */
	bool child_pidns;		/* not the initial one: cgroup v1 hides members */
	char *base;			/* cg_ctx_set_base(), NULL if not */
	char bus[256];			/* cg_ctx_set_bus(), "" if not */
	char stack[64];			/* "v2,v1,proc" */
	struct cgi_trees *trees;
	struct cgi_claims_host *claims;	/* NULL: not here */
	struct cgi_manager *manager;	/* NULL: not here */
	struct cg_watch *watches;	/* all that were made of this context */
	/* by kind */
	bool present[CGI_KINDS];	/* groups can be looked at */
	bool usable[CGI_KINDS];		/* and made below the base */
	bool on_request;		/* the placer works, where it is asked for by name */
	bool chosen[CGI_KINDS];		/* by cg_ctx_set_driver(), or all that are usable */
	char absent[CGI_KINDS][512];	/* why not usable */
	struct cgi_cap caps[CG_NOPS];	/* what the last cg_caps() pointed to */
};

/* ---- err.c: the sentence is recorded where the failure happens ---- */
int cgi_fail(struct cg_ctx *ctx, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int cgi_nomem(struct cg_ctx *ctx);	/* -ENOMEM and its sentence */
const char *cgi_strerror(int rc);	/* "No such process"; a constant */
void cgi_log(struct cg_ctx *ctx, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * Entry and exit of every public call that can fail: forgets the last sentence and sets the
 * deadline; closes the list of codes. timeout_ms < 0: a call without one, which still ends
 * (CGI_PATIENCE_US).
 */
void cgi_enter(struct cg_ctx *ctx, int timeout_ms);
int cgi_result(struct cg_ctx *ctx, int rc);
/* What a kernel says of a file of a directory that was removed. */
static inline bool cgi_is_gone(int rc)
{
	return rc == -ENOENT || rc == -ENODEV;
}
/* The caller may not, as opposed to: it cannot be. */
static inline bool cgi_is_denied(int rc)
{
	return rc == -EPERM || rc == -EACCES || rc == -EROFS;
}
/* Better an error than half an answer: no descriptor, no memory. */
static inline bool cgi_is_scarce(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

/* ---- clock.c ---- */
#define CGI_PATIENCE_US	10000000
#define CGI_GRACE_US	20000		/* one attempt is made however short the time */
#define CGI_REPORT_US	40000		/* and who is left is looked up */
bool cgi_late(struct cg_ctx *ctx);	/* has work to end now? */
int cgi_in_time(struct cg_ctx *ctx, const char *what);	/* 0, or -ETIMEDOUT with a sentence */
/* Sleeps, longer from call to call, not past `until`. Start with *pause = 0. */
void cgi_pause(struct cg_ctx *ctx, unsigned *pause, uint64_t until);

/* ---- caps ---- */
/* Takes this for an operation if it is better than what is there. */
void cgi_cap_offer(struct cgi_cap *c, unsigned level, const char *mechanism,
		   const char *reason, const char *remedy);

/* ---- read.c ---- */
/* A whole file of any size, to be freed. Its length or -errno. */
ssize_t cgi_read_all(struct cg_ctx *ctx, int dirfd, const char *name, char **ret);
/* A short one; the trailing newline is dropped. */
ssize_t cgi_read_word(struct cg_ctx *ctx, int dirfd, const char *name, char *buf, size_t size);
/* /proc/PID/NAME, whole. -ESRCH: no such process (or /proc hides it) */
int cgi_read_proc(struct cg_ctx *ctx, pid_t pid, const char *name, char **ret);

/* ---- process.c ---- */
int cgi_stat_pid(struct cg_ctx *ctx, pid_t pid, struct cgi_stat *ret);	/* -ESRCH */
/* Has it a thread that is not past its exit? 1, 0; -ESRCH */
int cgi_lives(struct cg_ctx *ctx, const struct cgi_stat *st);
/*
 * Is a recorded process still there (maybe a zombie)? 1 and its stat, 0: it has ended. Where
 * /proc hides it (hidepid) its pidfd is asked: 1 with the state '?', or -EACCES: a process of
 * that number lives, and nothing tells whether it is this one.
 */
int cgi_ref_look(struct cg_ctx *ctx, const struct cg_ref *ref, struct cgi_stat *ret);
int cgi_ref_fill(struct cg_ctx *ctx, pid_t pid, struct cg_ref *ret);
/*
 * The number of a pidfd's process. A number that was used is the right one if the process lives
 * afterwards: it is given again only when it is collected. -ESRCH, -EINVAL: no pidfd
 */
int cgi_pidfd_pid(struct cg_ctx *ctx, int pidfd, pid_t *ret);
int cgi_pidfd_lives(struct cg_ctx *ctx, int pidfd);	/* 0, also for -1; -ESRCH */
/* 0 and a pidfd (or -1 where there is none) if it still is that process; -ESRCH */
int cgi_ref_pidfd(struct cg_ctx *ctx, const struct cg_ref *ref, int *pidfd);

static inline void cgi_close_fd(struct cg_ctx *ctx, int fd)
{
	if (fd >= 0)
		ctx->sys->close(ctx->k, fd);
}

#endif
