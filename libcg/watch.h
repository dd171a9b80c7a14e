/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A watch, for the two files that make it: watch.c and look.c. */
#ifndef CGI_WATCH_H
#define CGI_WATCH_H

#include "core.h"

#define STATES		(CG_EMPTY | CG_FROZEN | CG_GONE)
#define COUNTED		(CG_OOM | CG_OOM_KILL | CG_PIDS_MAX | CG_MEMORY_HIGH)
#define MEMORY		(CG_OOM | CG_OOM_KILL | CG_MEMORY_HIGH)

enum key { KEY_NOTIFIER, KEY_TIMER, KEY_OOM, KEY_PRESSURE };	/* the last: and index */

struct entry {
	struct cg *cg;
	void *data;
	unsigned events;
	int *wd;			/* of files and of directories above */
	size_t n_wd;
	unsigned last;			/* states that were told */
	struct cgi_happened seen;	/* and counters */
	int pressure;			/* v2: the trigger; v1: an eventfd */
	uint32_t key;			/* of that eventfd; 0: none */
	int freezer;			/* of wd; -1: none */
	uint64_t settle;		/* a notice was early: the timer looks until then */
	bool armed;			/* it had places, and their files were watched */
	bool told_state, told_memory, told_pids;	/* a file notifies of these */
	bool dirty;			/* to be looked at */
	bool slow;			/* no file notifies of a state: the timer looks */
	bool unheard;			/* no file notifies of its removal */
	bool asks;			/* no file notifies of a counter */
	bool v1_memory, slow_pressure;
};

struct told {
	struct cg_event event;
	int weak;			/* CG_WEAK: by a view that may miss a member */
};

struct cg_watch {
	struct cg_ctx *ctx;
	struct cg_watch *next;		/* of the context */
	int set, notifier, timer, oom;	/* oom: -1 until there is one */
	uint64_t ask, period;		/* period: of the timer now; 0: off */
	uint32_t keys;
	struct entry *v;
	size_t n, cap;
	struct told *queue;
	size_t head, tail, room;
};

int cgi_entry_arm(struct cg_watch *w, struct entry *e);
void cgi_entry_disarm(struct cg_watch *w, struct entry *e);
/* Is there anything that tells what is asked for? -EOPNOTSUPP */
int cgi_entry_can_tell(struct cg_watch *w, struct entry *e);
int cgi_entry_pressure(struct cg_watch *w, struct entry *e, const struct cgi_trigger *t);
int cgi_entry_look(struct cg_watch *w, struct entry *e);
int cgi_entry_counts(struct cg_watch *w, struct entry *e);
/* Looks where the descriptors say so; what has happened is queued then. */
int cgi_watch_collect(struct cg_watch *w);
/* Sets the timer: the descriptor is readable as long as something is to be fetched. */
void cgi_watch_wind(struct cg_watch *w);

#endif
