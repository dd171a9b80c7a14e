/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What verbs do with containers: where they are, how long there is, one open container,
 * its making, its limits and its end.
 */
#ifndef CGRUN_CONTAINER_H
#define CGRUN_CONTAINER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libcg/cg.h>

#include "cmd.h"

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "state/state.h"

/* ---- app.c ---- */

struct app {
	char *root_path;
	int root;
	const char *driver;	/* for cg_ctx_set_driver(), NULL: let it choose */
	uint64_t deadline;	/* now_ms() by which to answer */
};

/* make: a state directory that is missing is made; else root is -1 where there is none. */
int app_init(struct app *app, const struct cmd_args *a, bool make, struct err *e);
void app_free(struct app *app);
/* Of the host, not of a user namespace only. */
bool app_is_root(void);
/* As much time as at the beginning. */
void app_renew(struct app *app);
/* Milliseconds left for one step, at least 100; later steps are left `reserve`. */
int app_left(const struct app *app, int reserve);

/* ---- container.c ---- */

enum status { CREATING, CREATED, RUNNING, PAUSED, STOPPED };
const char *status_name(enum status s);

struct container {
	struct app *app;
	struct state_dir dir;
	struct state st;
	struct cg_ctx *ctx;
	struct cg *cg;		/* NULL: killed before it had a group */
	int start[2];		/* of one that this process has created to run it, or -1 */
	sigset_t mask;		/* before the lease */
	bool leased;
};

/* Nothing is open. */
void container_init(struct container *c, struct app *app);
/*
 * Also thaws what a runtime that was killed left frozen. -ENOENT: does not exist;
 * -EINVAL: damaged; -ESTALE: its group is somebody else's by now, unless flags has
 * CG_SKIP_REPLACED.
 */
int container_open(struct container *c, struct app *app, const char *id, unsigned flags,
		   struct err *e);
void container_close(struct container *c);

/* Independent facts; the status is told from all of them. */
struct facts {
	bool creator_alive, init_alive;
	unsigned group;		/* CG_EMPTY ... */
	enum status status;
};
int container_facts(struct container *c, struct facts *f, struct err *e);

/*
 * A change: begin locks and reads again, what others wrote since included; commit
 * writes and unlocks; cancel unlocks.
 */
int container_begin(struct container *c, struct err *e);
/* For a change of the group itself: not while somebody pauses or resumes it. */
int container_begin_group(struct container *c, struct err *e);
int container_commit(struct container *c, struct err *e);
void container_cancel(struct container *c);
/* Puts the group as it is now into c->st. */
int container_keep_group(struct container *c, struct err *e);

/*
 * Says in the state that this process is about to freeze or kill. Whoever freezes has to
 * thaw: until the lease is given back signals wait, even if it could not be written.
 */
int container_lease(struct container *c, const char *what, struct err *e);
/* And that it is not any more; paused: 1, 0, or -1 to leave it as it is. */
int container_unlease(struct container *c, int paused, struct err *e);

/* What libcg said, as "cannot VERB container ID: …"; never a sentence that an engine
 * takes for "it has ended" or "there is none". */
int container_fail(const struct container *c, int rc, const char *verb, struct err *e);

/* A context with the drivers that were asked for. */
int container_ctx(const struct app *app, struct cg_ctx **ret, struct err *e);

/* ---- identify.c ---- */

/* A process of it, and which of its namespaces (CG_ID_*) are its alone. */
int container_identify(struct container *c, pid_t pid, unsigned ids, struct err *e);
/* Those that could not be looked at before init ran its program. */
void container_identify_later(struct container *c);

/* ---- hold.c ---- */

/* After it was identified: keeps its namespace from ending, where the kernel needs that. */
void container_hold(struct container *c, pid_t pid);

/* ---- owner.c ---- */

/* To the user that init has by now, where the configuration asks for that. */
int container_hand_over(struct container *c, const struct spec *s, pid_t init, struct err *e);

/* ---- share.c ---- */

/* Which of them are made for it: CG_ID_*. */
unsigned container_own_ids(const struct spec *s);
/* Changes the states of the containers whose namespaces it joins, each under its lock. */
int container_share(struct app *app, const struct spec *spec, const char *id, struct err *e);

/* ---- finish.c: the end of containers ---- */

/* All of it, by the deadline. 0, or an error that names who is left. */
int container_kill(struct container *c, struct cg_report *rep, struct err *e);
/* Kills what is left, removes the group and then the state. 0 also if others did. */
int container_destroy(struct container *c, struct err *e);
/* One process of it that does not end by itself. */
void container_end_process(struct container *c, pid_t pid);
/* For a state that cannot be read. */
int container_destroy_wreck(struct app *app, const char *id, struct err *e);

/* ---- create.c ---- */

struct create_opts {
	const char *id, *bundle, *pid_file, *console_socket, *pidfd_socket;
	bool run;		/* it is started by its creator */
	bool detach, no_pivot, no_new_keyring, require_kill;
	unsigned preserve_fds;
};
/* 0: the container is created and c open; *master is its terminal, -1 if it has none here. */
int container_create(struct container *c, struct app *app, const struct create_opts *o,
		     int *master, struct err *e);
/* notify: NULL: waits for a container that says when it is ready; else its socket, or -1. */
int container_start(struct container *c, int *notify, struct err *e);

/* ---- resources.c ---- */

#define RES_STRICT	1u	/* nothing may be left out */
#define RES_BEFORE_INIT	2u	/* all but the number of processes: ours count on the way to init */
#define RES_PROCESSES	4u	/* that alone */
#define RES_OR_NOTHING	8u	/* after a failure all is as before */
/* The limits of the group. json: linux.resources, or NULL. */
int resources_set(struct container *c, struct json_object *json, unsigned how, struct err *e);
/* What this user may not limit is an error: whoever calls us relies on it. */
bool resources_strict(void);

/* ---- stats.c ---- */

/* What the group uses: "data" of events. NULL: no memory. */
struct json_object *stats_json(struct cg *cg);

/* ---- device-rules.c ---- */

/* Text for the key "devices.rules" to free, NULL where none are asked for. */
int device_rules(const struct node *resources, char **ret, struct err *e);

/* ---- caps.c ---- */

struct json_object *caps_to_json(struct cg_ctx *ctx, struct cg *cg, unsigned ids);
/* The entry of CG_OP_KILL. */
int caps_kill(struct cg_ctx *ctx, struct cg *cg, unsigned ids, struct cg_cap *ret);

/* ---- foreground.c ---- */

struct foreground {
	struct cg *cg;
	struct cg_ref ref;	/* who gets our signals */
	int master;		/* terminal to relay, or -1 */
	int notify;		/* socket of notify_open(), or -1 */
	int sigfd;
};
/* All but those that must not or cannot. */
void signals_that_wait(sigset_t *set);
/* From here on signals wait for foreground_wait(). */
int foreground_begin(struct foreground *f, bool subreaper, struct err *e);
/* Until that child has ended: its exit code, 128 + signal. */
int foreground_wait(struct foreground *f);

/* ---- notify.c ---- */

/* Adds the mount and the variable to the configuration; makes the directory. */
int notify_ask(struct spec *s, const char *root, const char *id, struct err *e);
int notify_make(int dir, struct err *e);
/* dir: the container's. *ret: a socket to serve, -1 where nobody asks for one. */
int notify_open(int dir, int *ret, struct err *e);
/* true: it has said that it is ready, and so have we. */
bool notify_serve(int fd, pid_t pid);
/* Until then, or until it has ended. */
void notify_wait(struct container *c, int fd);

/* ---- resources.c, resources-lists.c: within the room ---- */

struct res_target {
	struct container *c;
	bool strict, early;		/* early: init is not there yet */
	struct strv *undo;		/* key and old value of what was set so far; NULL: kept */
	struct err *e;
};

struct res_field {
	const char *name;
	enum json_type type;
	int (*apply)(const struct res_target *t, const struct node *n, const struct res_field *f);
	const char *as;			/* key of libcg, or what apply() makes of it */
	const struct res_field *in;	/* of an object; name NULL ends it */
};

/* The key of libcg. What is not possible is warned of unless t->strict. */
int res_set(const struct res_target *t, const struct node *n, const char *key, const char *value);
/* Is it there, without a controller switched on for it? */
bool res_has(const struct res_target *t, const char *key);
int res_number(const struct res_target *t, const struct node *n, int64_t *v);
/* Below 0 there is no limit. */
const char *res_limit(int64_t v, char buf[24]);
/* An apply(): 0 is as good as absent. */
int res_set_number(const struct res_target *t, const struct node *n, const struct res_field *f);

/* resources-lists.c */
extern const struct res_field res_block[], res_network[];
int res_set_hugepages(const struct res_target *t, const struct node *n, const struct res_field *f);
int res_set_rdma(const struct res_target *t, const struct node *map, const struct res_field *f);

#endif
