/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The placer: who gives a group its place where that is somebody else's to give. systemd is
 * asked for a delegated scope around the first process; the places below it are ours.
 *
 * Each function is one conversation: within the deadline of the call, and no longer than
 * callers of runtimes wait. A lost connection is made again once a call; a manager that has
 * not answered once is not asked again in the same call.
 */
#ifndef CGI_PLACER_H
#define CGI_PLACER_H

#include "place.h"

struct cgi_unit;			/* a scope, of one group */

/*
 * Is there a manager that would give this user a place? 0: yes, and it is needed. 1: yes, on
 * request. -ENODEV. Keeps what it found in ctx->manager.
 */
int cgi_placer_look(struct cg_ctx *ctx);
int cgi_placer_ready(struct cg_ctx *ctx);	/* now that it was asked for: does it answer? */
void cgi_placer_free(struct cg_ctx *ctx);
const char *cgi_placer_address(const struct cg_ctx *ctx);	/* of its bus */

int cgi_unit_new(struct cg_ctx *ctx, const char *path, struct cgi_unit **ret);
void cgi_unit_free(struct cgi_unit *u);
/* One line, "systemd pending ..." as long as the place is not known. */
int cgi_unit_save(struct cg_ctx *ctx, const struct cgi_unit *u, struct cgi_buf *out);
int cgi_unit_restore(struct cg_ctx *ctx, const char *line, struct cgi_unit **ret);
/*
 * Puts a process there: 1 and the path below the scope that our places get (to be freed), when
 * it is the first; 0 later.
 */
int cgi_unit_join(struct cg_ctx *ctx, struct cgi_unit *u, pid_t pid, char **path);
/*
 * Where is it? A unit that was asked for and whose place nobody learned (the asker was killed)
 * is looked for by its name and tag. 0 and the path (to be freed), -ENOENT: there is none;
 * -ENODEV and others: it cannot be asked.
 */
int cgi_unit_find(struct cg_ctx *ctx, struct cgi_unit *u, char **path);
bool cgi_unit_asked(const struct cgi_unit *u);		/* it may exist */
bool cgi_unit_pending(const struct cgi_unit *u);	/* and its place is not known */
/* 0: systemd said that it has ended, or its group is gone. Else it may be there. */
int cgi_unit_end(struct cg_ctx *ctx, struct cgi_unit *u);
/*
 * A limit of ours as a property of the unit too: a scope's own limit holds for all below it,
 * and a daemon-reload writes it again. 0; -EOPNOTSUPP: units have no such property.
 */
int cgi_unit_limit(struct cg_ctx *ctx, struct cgi_unit *u, const char *key, const char *value);
/*
 * systemd's single-writer rule: lowers the entry for limits of places (NULL: those of groups to
 * be made) in the part of the hierarchies that the system's manager keeps to itself. Then no
 * directory above them has the mark of a delegation. Only root of a host that systemd runs can
 * be there; all others may write only what was delegated to them.
 */
void cgi_placer_limits(struct cg_ctx *ctx, const struct cgi_places *l, struct cgi_cap *limits);
/* caps of groups to be made; `given`: where scopes would be, for the limits, to be freed or NULL */
void cgi_placer_caps(struct cg_ctx *ctx, bool placed, struct cgi_cap *caps, char **given);

#endif
