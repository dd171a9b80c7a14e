/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the real world share: this machine's hierarchies and real processes. */
#ifndef TESTS_WORLD_REAL_H
#define TESTS_WORLD_REAL_H

#include "world.h"

#define MAX_TREES	24
#define MAX_WHO		96
#define TEST_UID	64321		/* nobody's: needs no entry in /etc/passwd */

struct tree {
	bool v2;
	char mount[128];
	char controllers[96];		/* as in /proc/PID/cgroup; "" for v2 */
};

struct who {
	int id;				/* what it calls itself in its messages */
	pid_t pid;
	int pidfd;
	int sock;			/* of a first process, to give it work; else -1 */
	int leash;			/* readable to its end when nobody of its family lives */
	bool stranger, ended, traced;
	unsigned got[65];
};

/* Memory that all processes of a test see. */
struct shared {
	unsigned long progress;
	int rc;				/* of w_elsewhere() */
};

struct world {
	const struct stack *stack;
	struct tree tree[MAX_TREES];
	size_t ntrees;
	char base[64];			/* "/cgt-4711" in each hierarchy; a user's is home */
	char home[64];			/* "/cgt-4711/caller" */
	struct who who[MAX_WHO];
	size_t n;
	int next_id;
	unsigned own_fds;
	unsigned ngroups;		/* supplementary, of processes that are started */
	bool room;			/* a mount namespace of its own, see world-real-hold.c */
	struct shared *shared;
	char text[4096];
};

extern struct world *the_world;		/* of this process, inherited by members */

/* world-real-dirs.c */
size_t find_trees(const char *words, struct tree *t);
void dir_path(const struct world *w, const struct tree *t, const char *path, char *out,
	      size_t size);
int dir_write(const char *dir, const char *file, const char *text);
int dir_read(const char *dir, const char *file, char *buf, size_t size);
void dir_make(const struct tree *t, const char *dir);
/* Ends everybody below, thaws, removes; keep: not the directory itself nor "caller". */
void dir_clean(const char *dir, bool v2, bool keep);
bool group_of(const struct tree *t, pid_t pid, char *out, size_t size);

/* world-real-hold.c: where the kernel needs it and we may. False: it should have worked */
void hold_room(struct world *w);
void hold_still(bool on);		/* around the making of a namespace */
bool hold(struct world *w, struct cg *cg, pid_t pid, unsigned ids);

/* world-real-kinds.c: what runs in the members */
struct job {
	char what;			/* 'n': a new child; 'q': end */
	int kind, id;
};
struct news {
	char what;			/* 'h': here I am; 's': got a signal */
	int id, sig;
};
void run_first(int sock, int id) __attribute__((noreturn));

#endif
