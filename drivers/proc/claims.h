/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Claims: what /proc tells of who belongs to a group. The last evidence of every group; beside
 * places it is the witness for recorded processes that have left them.
 */
#ifndef CGI_CLAIMS_H
#define CGI_CLAIMS_H

#include "base/base.h"

/* For cgi_claims_list(): processes that come while others are looked at are not followed. */
#define CGI_ONE_PASS	(1U << 31)

struct cgi_claims;

int cgi_claims_look(struct cg_ctx *ctx);	/* -ENODEV with the reason; ctx->claims */
void cgi_claims_forget(struct cg_ctx *ctx);
int cgi_claims_info(struct cg_ctx *ctx, cg_info_fn fn, void *data);

int cgi_claims_new(struct cg_ctx *ctx, struct cgi_claims **ret);
void cgi_claims_free(struct cgi_claims *c);
/* Places of the group know members by a kernel list: this adds what that cannot see. */
void cgi_claims_witness(struct cgi_claims *c, bool on);
int cgi_claims_save(const struct cgi_claims *c, struct cgi_buf *out);
int cgi_claims_restore(struct cg_ctx *ctx, const char *line, struct cgi_claims **c);

bool cgi_claims_any(const struct cgi_claims *c);	/* is anything recorded? */
int cgi_claims_attach(struct cgi_claims *c, pid_t pid);
void cgi_claims_unattach(struct cgi_claims *c, pid_t pid);
/* pidfd: of that process, which has to live at the end; -1: the number is all there is */
int cgi_claims_identify(struct cgi_claims *c, pid_t pid, int pidfd, unsigned ids);
int cgi_claims_hold(struct cgi_claims *c, unsigned id, const char *path);	/* as cg_hold() */
void cgi_claims_unidentify(struct cgi_claims *c, unsigned ids);

/* Members; `listed` (may be NULL, sorted) are known already. 0, CG_WEAK, <0 */
int cgi_claims_list(struct cgi_claims *c, unsigned flags, const struct cgi_pids *listed,
		    cgi_pid_fn fn, void *data);
int cgi_claims_member(struct cgi_claims *c, pid_t pid);		/* 1, 0, <0 */
/* Is nobody left? 0, CG_WEAK, <0 */
int cgi_claims_empty(struct cgi_claims *c, bool *empty);
/* Ends all at once, where a PID namespace ends with its init. -EOPNOTSUPP */
int cgi_claims_kill(struct cgi_claims *c);
const char *cgi_claims_kill_name(void);
/* In a kill: passes look at new numbers only and go on where the last one ended. */
void cgi_claims_chase(struct cgi_claims *c, bool on);
void cgi_claims_caps(struct cg_ctx *ctx, struct cgi_claims *c, bool tracked, unsigned ids,
		     struct cgi_cap *caps);

#endif
