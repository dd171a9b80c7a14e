/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs: their options, and what they print. */
#ifndef CGRUN_VERB_H
#define CGRUN_VERB_H

#include "cmd.h"
#include "err.h"

#include "base/base.h"
#include "config/config.h"
#include "container/container.h"

int cmd_create(const struct cmd_args *a, struct err *e);
int cmd_run(const struct cmd_args *a, struct err *e);
int cmd_start(const struct cmd_args *a, struct err *e);
int cmd_state(const struct cmd_args *a, struct err *e);
int cmd_list(const struct cmd_args *a, struct err *e);
int cmd_ps(const struct cmd_args *a, struct err *e);
int cmd_kill(const struct cmd_args *a, struct err *e);
int cmd_delete(const struct cmd_args *a, struct err *e);
int cmd_exec(const struct cmd_args *a, struct err *e);
int cmd_pause(const struct cmd_args *a, struct err *e);
int cmd_resume(const struct cmd_args *a, struct err *e);
int cmd_events(const struct cmd_args *a, struct err *e);
int cmd_update(const struct cmd_args *a, struct err *e);
int cmd_spec(const struct cmd_args *a, struct err *e);
int cmd_features(const struct cmd_args *a, struct err *e);

int cmd_checkpoint(const struct cmd_args *a, struct err *e);
int cmd_restore(const struct cmd_args *a, struct err *e);

/* ---- checkpoint.c ---- */

#define CHECKPOINT_NOT_BUILT	"checkpoint and restore are not built in this runtime"
extern const struct cmd_opt checkpoint_options[], restore_options[];

/* ---- the options of others ---- */

extern const struct cmd_opt create_options[], run_options[], exec_options[], update_options[];
extern const struct cmd_opt events_options[];

/* ---- kill.c ---- */

/* Init has ended: an error that says who lives on, or, if nobody does, "container not
 * running". */
int container_leftovers(struct container *c, struct err *e);

/* ---- features.c ---- */

/* The OCI features document, as JSON text to free: what is built, whatever the host has. */
char *features_json(void);

/* ---- exec-cgroup.c ---- */

/* For each --cgroup, once the process is in the container's group. */
int exec_cgroups(struct container *c, const struct cmd_args *a, pid_t pid, struct err *e);

/* ---- exec-options.c ---- */

/*
 * The process that the options of exec describe: that of --process, or the one of the
 * container's configuration with the command and the options in place of its own.
 */
int exec_process(const struct cmd_args *a, const struct state *st, struct spec_process **ret,
		 struct err *e);

#endif
