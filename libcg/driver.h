/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The contract between the core and the drivers.
 *
 * A driver is mechanism. Each call is one attempt: it never sleeps, retries or
 * waits, and logs nothing above debug. Time, order and second tries are the core's.
 * An op that is NULL, or returns -EOPNOTSUPP, passes the question to the next part
 * of the stack. A driver sets the sentence (cgi_fail) where it returns an error.
 *
 * EACH ops go to every part of the group, FIRST ops to the first that answers.
 * What a part cannot do is put into its `absent` text, which cg_caps() shows.
 */
#ifndef CGI_DRIVER_H
#define CGI_DRIVER_H

#include "text/text.h"

struct cg_ctx;
struct cg_part;
struct cgi_buf;
struct cgi_cap;

enum cgi_freeze {
	CGI_FREEZE,
	CGI_THAW,		/* undo that: this group, not what froze itself below it */
	CGI_THAW_DEEP,		/* nested groups too, deepest first */
};

/* From probe(): it would work, and is used only where cg_ctx_set_driver() names it. */
#define CGI_ON_REQUEST	2

#define CGI_PLACE	1100

/* For procs(): who comes while others are looked at is not asked for. */
#define CGI_ONE_LOOK	(1U << 31)

struct cg_driver {
	const char *name;					/* "v2" */
	bool tracks;		/* it knows members by a kernel list: complete */
	const char *kill_name;	/* how kill() does it, for reports */

	/*
	 * Can it work here, for this user? 0; 1: it can look but not make groups below the base;
	 * CGI_ON_REQUEST; -ENODEV: not at all; all three with the reason set. Changes nothing.
	 * Keeps what it found in ctx->host[index]. The last driver is asked first.
	 */
	int (*probe)(struct cg_ctx *ctx, int index);
	/* Now that it was asked for, does it work? Only where probe() may be CGI_ON_REQUEST. */
	int (*ready)(struct cg_ctx *ctx, int index);
	void (*unprobe)(struct cg_ctx *ctx, int index);
	int (*info)(struct cg_ctx *ctx, int index, int (*fn)(void *, const char *, const char *),
		    void *data);

	/* EACH: life. create undoes itself on failure. */
	int (*create)(struct cg_part *p, const char *path, unsigned flags);
	int (*open)(struct cg_part *p, const char *path);
	/* place: the group's path in the parts before, or ""; in another group are strangers. */
	int (*open_pid)(struct cg_part *p, pid_t pid, char place[CGI_PLACE]);
	/* Lines that begin with the driver's name. */
	int (*save)(const struct cg_part *p, struct cgi_buf *out);
	/* One of them, without the name. -ESTALE: replaced; what is gone restores as gone. */
	int (*restore)(struct cg_part *p, const char *line);
	/* One attempt to remove the whole subtree, deepest first. 0 also when gone; -EBUSY. */
	int (*remove)(struct cg_part *p);
	void (*remove_parents)(struct cg_part *p);
	void (*undo)(struct cg_part *p);	/* a create, because a later part failed */
	void (*close)(struct cg_part *p);			/* takes half-open parts */

	/*
	 * Gives the group its place when the first process comes: puts pid there, and returns 1
	 * and the path that the tracking parts make theirs at; later it puts pid there, 0.
	 */
	int (*enclose)(struct cg_part *p, pid_t pid, char *path, size_t size);

	/* EACH: members in. unattach puts the last attached process back. */
	int (*attach)(struct cg_part *p, pid_t pid);
	void (*unattach)(struct cg_part *p, pid_t pid);
	int (*identify)(struct cg_part *p, pid_t pid, unsigned ids);
	int (*hold)(struct cg_part *p, unsigned id, const char *path);	/* as cg_hold() */
	int (*unidentify)(struct cg_part *p, unsigned ids);
	int (*delegate)(struct cg_part *p, uid_t uid, gid_t gid);

	/* EACH, united: the members it knows. 0, CG_WEAK, <0. flags: CG_HERE, CGI_ONE_LOOK. */
	int (*procs)(struct cg_part *p, unsigned flags, cgi_pid_fn fn, void *data);
	/* Optional: is this pid a member now? 1, 0, <0. Without it the core lists again. */
	int (*member)(struct cg_part *p, pid_t pid);

	/* EACH, united: CG_EMPTY only if all say so; FROZEN if one does. */
	int (*state)(struct cg_part *p, unsigned *state);

	/* FIRST to freeze, EACH to thaw. One request; state() tells. */
	int (*freeze)(struct cg_part *p, enum cgi_freeze how);
	bool (*can_freeze)(struct cg_part *p);	/* NULL: never */
	/* EACH that has it: end all of this part at once. */
	int (*kill)(struct cg_part *p);
	/*
	 * EACH that has it, during a kill that cannot freeze: no more forks, or at least no
	 * outrunning by them; off restores what was before.
	 */
	int (*brake)(struct cg_part *p, bool on);

	/* FIRST */
	int (*fd)(const struct cg_part *p);			/* for CLONE_INTO_CGROUP */
	int (*events)(struct cg_part *p);	/* opens a control file that tells of changes */
	int (*set)(struct cg_part *p, const char *key, const char *value);
	int (*get)(struct cg_part *p, const char *key, char *buf, size_t size);

	/* Betters what the entries say so far; p NULL: for groups to be made, with these ids. */
	void (*caps)(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids,
		     struct cgi_cap *caps);
};

/* Strongest first, NULL at the end. */
extern const struct cg_driver *const cgi_drivers[];
/* "unified", "hybrid", "legacy", "none" */
const char *cgi_host_mode(const struct cg_ctx *ctx);
extern const struct cg_driver cgi_driver_systemd;
extern const struct cg_driver cgi_driver_v2;
extern const struct cg_driver cgi_driver_v1;
extern const struct cg_driver cgi_driver_proc;

#endif
