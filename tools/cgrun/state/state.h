/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered of a container from one call of cgrun to the next: one
 * directory ROOT/ID, made as a whole and taken away as a whole.
 *
 *	state.json	replaced by rename, never written in place
 *	exec.fifo, exec.answer
 *			while the container is created and not yet started, see birth/fifo.c
 *	ns-user, ns-mnt	a mount that keeps the namespace from ending, see container_hold()
 *
 * It, its files and ROOT belong to the user or to root, and nobody else can write to them; else
 * they are not believed.
 *
 * state.json (version 2) is an object:
 *	version, id, ociVersion, bundle, rootfs, created (RFC 3339), owner (uid),
 *	annotations {…}	as in the configuration
 *	config		{process, seccomp, hooks, personality, noNewKeyring}: what later verbs
 *			need of the configuration, as it was then; null where it had none
 *	creating	true until `create` has finished
 *	creator, init	{pid, start, inode}: processes beyond doubt (struct cg_ref)
 *	cgroup		the path asked for
 *	namespaces	{"user": {dev, inode}, …}: those made for this container
 *	later [name, …]	namespaces of its own that are to be recorded once init runs
 *	libcg.group	the text of cg_save(); absent before the group exists
 *	libcg.caps	[{operation, level, mechanism, reason, remedy}, …] as told at create
 *	paused		true between `pause` and `resume`
 *	lease		{pid, start, inode, what}: who is freezing or killing it now
 */
#ifndef CGRUN_STATE_H
#define CGRUN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <libcg/cg.h>

#include "base/base.h"
#include "config/config.h"

struct state_ns {
	uint64_t dev, inode;		/* inode 0: not this container's own */
};
#define STATE_NNS	3		/* CG_ID_USER, CG_ID_PID, CG_ID_MNT, by bit number */
#define STATE_FIFO	"exec.fifo"
#define STATE_ANSWER	"exec.answer"
#define STATE_HELD	"ns-"		/* and such a name: its mount */
extern const char *const state_ns_name[STATE_NNS];	/* as below /proc/PID/ns */

struct state {
	char *id, *oci_version, *bundle, *rootfs, *created;
	uid_t owner;
	struct json_object *annotations, *caps;		/* NULL: none */
	struct json_object *config;			/* NULL: of version 1, which had none */
	bool creating, paused;
	struct cg_ref creator, init;			/* pid 0: none */
	char *cgroup, *group;				/* NULL: none yet */
	struct state_ns ns[STATE_NNS];
	unsigned later;					/* CG_ID_* */
	struct cg_ref lease;				/* pid 0: none */
	char lease_what[16];
};

void state_clear(struct state *s);

/* Pure: from and to text. where names the source in the sentence of an error. */
struct json_object *state_to_json(const struct state *s);
int state_from_json(struct json_object *o, const char *where, struct state *ret, struct err *e);

/* The root directory; make: if it is missing. -ENOENT */
int state_root_open(const char *path, bool make, int *fd, struct err *e);

/* [A-Za-z0-9_+.-], not "." or "..", not longer than a file name may get. */
int state_id_check(const char *id, struct err *e);

/* The ids below a root, sorted; a NULL-terminated list to free with its members. */
int state_ids(int rootfd, char ***ids, size_t *n, struct err *e);
void state_ids_free(char **ids);

struct state_stamp {
	uint64_t dev, inode, ctime;	/* nanoseconds; inode 0: none */
};

struct state_dir {
	int root;			/* borrowed */
	int fd;
	struct state_stamp stamp;	/* of the file that was last written here */
	char *id;
	char *path;			/* for messages */
};

/* A new directory that holds s from its first moment. -EEXIST */
int state_make(int rootfd, const char *root, const struct state *s, struct state_dir *ret,
	       struct err *e);
/* -ENOENT: "container does not exist" */
int state_open(int rootfd, const char *root, const char *id, struct state_dir *ret,
	       struct err *e);
void state_close(struct state_dir *d);

/*
 * Serialises changes; held for a step, never while waiting for a container.
 * deadline: milliseconds of the monotonic clock. -ENOENT: it was deleted meanwhile;
 * -ETIMEDOUT.
 */
int state_lock(const struct state_dir *d, uint64_t deadline, struct err *e);
void state_unlock(const struct state_dir *d);

/* -EINVAL: it is none, or spoiled. Any other error says nothing about the container. */
int state_load(const struct state_dir *d, struct state *ret, struct err *e);
int state_save(struct state_dir *d, const struct state *s, struct err *e);
/* Under the lock: it is the file that was last written through d. */
bool state_is_same(const struct state_dir *d);

/* Of a file that is spoiled: the group, if that much is left; else -EINVAL. -EISDIR: no file. */
int state_salvage(const struct state_dir *d, char **group);

/*
 * Under the lock. Takes the name away first, so that no half of it is ever seen. An error by the
 * deadline, if a container has filled a directory in it: then the sweep goes on.
 */
int state_remove(const struct state_dir *d, uint64_t deadline, struct err *e);
/* What a make or remove of this id left behind when it was killed. */
int state_sweep(int rootfd, const char *id, uint64_t deadline, struct err *e);

/* Init waits no more: removes what it waited on. fd: the container's directory. */
void state_started(int fd);

/* ---- kept.c ---- */

/*
 * What later verbs need of the configuration: an exec gets the same filter, and what the
 * container's process has, although the bundle has changed since. NULL: out of memory.
 */
struct json_object *kept_config(const struct spec *s, bool no_keyring);
/*
 * A section of it, borrowed; NULL where there is none. -EINVAL: the state was written by a cgrun
 * that kept none, so what the container was made with is not known.
 */
int kept_get(const struct state *st, const char *section, struct json_object **ret, struct err *e);

/* podman's --group-add keep-groups: the value of that annotation asks for it. */
#define KEEP_GROUPS	"run.oci.keep_original_groups"
bool kept_groups(const char *annotation);

/* Name of its session keyring, to free: the one that runc gives it. */
char *kept_keyring(const char *id);

/* The state of the OCI specification, as hooks and seccomp agents get it. */
struct json_object *kept_oci_state(const struct state *st, const char *status, pid_t pid);

/* Sends the listener of a filter to who listens at linux.seccomp.listenerPath. */
int kept_notify(struct json_object *seccomp, const struct state *st, const char *status, pid_t pid,
		int fd, struct err *e);

#endif
