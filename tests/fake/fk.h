/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the fake kernel share with each other and with no test. */
#ifndef FAKE_FK_H
#define FAKE_FK_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define FK_PF_EXITING	0x4u
#define FK_PF_KTHREAD	0x200000u

struct fk_text {			/* a file's text while it is written */
	char *s;
	size_t len, cap;
};
void fk_text(struct fk_text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline bool fk_root(const struct fk *k)
{
	return k->me->uid == 0 && k->me->ns[FK_NS_USER] == k->init_ns[FK_NS_USER];
}

static inline int fk_show(cgi_entry_fn fn, void *data, const char *name, bool dir, uint64_t ino)
{
	return fn(data, &(struct cgi_entry){ .name = name, .dir = dir, .ino = ino });
}

/* cgroup.c */
int fk_file_read(struct fk *k, struct fk_cg *cg, int file, struct fk_text *t);
const char *fk_file_name(int file);
bool fk_word_in(const char *list, const char *word);	/* separated by commas or spaces */
bool fk_file_writable(const struct fk *k, const struct fk_cg *cg, int file);
/* want: 4 read, 2 write, 1 search; file -1: the directory */
bool fk_cg_may(const struct fk *k, const struct fk_cg *cg, int file, unsigned want);
int fk_cg_limits(const struct fk_cg *cg);		/* cgroup.max.*: may it have another? */
int fk_cg_rmdir_as(struct fk *k, struct fk_cg *cg);
void fk_cg_path(const struct fk *k, const struct fk_cg *cg, struct fk_text *t);
bool fk_cg_within(const struct fk_cg *cg, const struct fk_cg *above);
bool fk_cg_frozen_any(const struct fk_cg *cg);		/* itself or one above it says so */
/* control.c: what the files do */
int fk_read_procs(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_tasks(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_events(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_freeze(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_state(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_self(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_above(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_type(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_controllers(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_stat(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_memory_events(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_pids_events(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_write_event(struct fk *k, struct fk_cg *cg, const char *text);
int fk_read_oom(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_cpu_stat(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_read_current(struct fk *k, struct fk_cg *cg, struct fk_text *t);
/* limits.c: a value as the kernel keeps it, checked or not */
int fk_limit(struct fk_cg *cg, int file, const char *text);
int fk_keep(struct fk_cg *cg, int file, const char *text);
int fk_write_limit(struct fk *k, struct fk_cg *cg, const char *text);
int fk_read_devices(struct fk *k, struct fk_cg *cg, struct fk_text *t);
int fk_write_allow(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_deny(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_procs(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_tasks(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_kill(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_freeze(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_state(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_type(struct fk *k, struct fk_cg *cg, const char *text);
int fk_write_subtree(struct fk *k, struct fk_cg *cg, const char *text);

/* task.c */
struct fk_proc *fk_fork(struct fk *k, struct fk_proc *p);	/* NULL: refused */
bool fk_in_groups(const struct fk_proc *p);	/* counts for populated and rmdir */
bool fk_listed(const struct fk_proc *p);	/* is in cgroup.procs */
bool fk_may_signal(const struct fk *k, const struct fk_proc *p);
bool fk_may_trace(const struct fk *k, const struct fk_proc *p);
void fk_run_scripts(struct fk *k);
void fk_deliver(struct fk *k, struct fk_proc *p);

/* ns.c */
struct fk_ns *fk_ns_new(struct fk *k, enum fk_nstype type, struct fk_ns *parent, struct fk_ns *user,
			uid_t owner);
bool fk_ns_within(const struct fk_ns *ns, const struct fk_ns *above);
struct fk_ns *fk_ns_by_id(struct fk *k, enum fk_nstype type, uint64_t id, uint64_t ino);
const char *fk_ns_name(enum fk_nstype type);
int fk_ns_verb(void *cookie, int dirfd, const char *name);
uint64_t fk_ns_id(void *cookie, int nsfd);
int fk_user_ns(void *cookie, uint64_t id, uint64_t ino);

/* bus.c */
struct cgi_bus_verbs;
extern const struct cgi_bus_verbs fk_bus;
void fk_bus_notice(struct fk *k);	/* scopes that are empty end */
extern _Thread_local struct fk *fk_current;	/* whose verb was called last */

/* procfs.c */
struct fk_proc *fk_proc_lookup(struct fk *k, const char *name, pid_t *tid);
int fk_proc_read(struct fk *k, struct fk_proc *p, pid_t tid, const char *name, struct fk_text *t);
int fk_proc_read_sys(struct fk *k, const char *name, struct fk_text *t);
int fk_proc_list(struct fk *k, const struct fk_fd *f, cgi_entry_fn fn, void *data);

/* mount.c */
struct fk_mount *fk_mount_at(struct fk *k, const char *path, const char **rest);
bool fk_is_dir(struct fk *k, const char *path);		/* of none of the cgroup trees */
int fk_mount_id(const struct fk *k, const struct fk_mount *m);
void fk_read_mountinfo(struct fk *k, struct fk_text *t);

/* vfs.c */
struct fk_loc {				/* what a (dirfd, name) means */
	enum fk_fdtype type;
	char path[256];			/* SYS; PROC: "sys/..." */
	struct fk_cg *cg;
	struct fk_mount *mnt;
	int file;
	struct fk_proc *p;
	pid_t tid;
	char sub[16];			/* "", "task", "ns" */
	char leaf[32];			/* PROC: file in it, "" for the directory */
	struct fk_ns *ns;
};
struct fk_fd *fk_fd(struct fk *k, int fd);
void fk_enter(struct fk *k, enum fk_verb verb, const char *name, pid_t num);
int fk_poll(void *cookie, int fd, short events, uint64_t deadline);
int fk_drain(void *cookie, int fd);
int fk_set(void *cookie);
int fk_set_add(void *cookie, int set, int fd, uint32_t key);
int fk_set_ready(void *cookie, int set, uint32_t *keys, int n);
int fk_timer(void *cookie);
int fk_timer_set(void *cookie, int fd, uint64_t usec);
int fk_eventfd(void *cookie);
uint64_t fk_count(void *cookie, int fd);
int fk_notifier(void *cookie);
int fk_notify(void *cookie, int fd, int dirfd, const char *name, bool dir);
void fk_unnotify(void *cookie, int fd, int wd);
int fk_notices(void *cookie, int fd, cgi_notice_fn fn, void *data);
int fk_trigger(void *cookie, int dirfd, const char *name, const char *text);
/* A file has changed, or an entry has gone from a directory (file -1). */
void fk_tell(struct fk *k, struct fk_cg *cg, int file, const char *name);
void fk_tell_removed(struct fk *k, struct fk_cg *cg);
void fk_count_oom(struct fk *k);
void fk_fd_clear(struct fk_fd *f);
int fk_prog_load(void *cookie, const char *name, const struct bpf_insn *v, size_t n);
void fk_progs_free(struct fk *k);
int fk_prog_find(void *cookie, int dirfd, const char *name);
int fk_prog_attach(void *cookie, int dirfd, int prog, int old);
int fk_fd_new(struct fk *k, struct fk_fd **ret);
bool fk_fd_left(const struct fk *k);			/* may one more be open? */
void fk_text_free(struct fk_text *t);
int fk_resolve(struct fk *k, int dirfd, const char *name, struct fk_loc *l);

#endif
