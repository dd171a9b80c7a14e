/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fails the n-th verb. */
#include <stdio.h>
#include <string.h>

#include "fault.h"

/* 0, or the error that this verb shall have. */
static int trip(struct fault *f, const char *verb, const char *name)
{
	const char *leaf = name ? strrchr(name, '/') : NULL;

	f->count++;
	if (f->file && name && !strcmp(leaf ? leaf + 1 : name, f->file) &&
	    (!f->only || !strcmp(f->only, verb))) {
		f->fired++;
		return f->err;
	}
	if (!f->n || f->count < f->n || f->count > (f->last ? f->last : f->n))
		return 0;
	if (f->takes)
		f->takes(f->k);
	if (!f->fired++) {
		f->verb = verb;
		snprintf(f->name, sizeof(f->name), "%s", name ? name : "");
	}
	return f->err;
}

static int f_open(void *c, int dirfd, const char *name, bool dir)
{
	struct fault *f = c;
	int rc = trip(f, "open", name);

	return rc ? rc : f->sys->open(f->k, dirfd, name, dir);
}

static void f_close(void *c, int fd)
{
	struct fault *f = c;

	f->sys->close(f->k, fd);
}

static ssize_t f_read(void *c, int dirfd, const char *name, char *buf, size_t size)
{
	struct fault *f = c;
	int rc = trip(f, "read", name);

	return rc ? rc : f->sys->read(f->k, dirfd, name, buf, size);
}

static int f_write(void *c, int dirfd, const char *name, const char *text)
{
	struct fault *f = c;
	int rc = trip(f, "write", name);

	return rc ? rc : f->sys->write(f->k, dirfd, name, text);
}

static int f_mkdir(void *c, int dirfd, const char *name)
{
	struct fault *f = c;
	int rc = trip(f, "mkdir", name);

	return rc ? rc : f->sys->mkdir(f->k, dirfd, name);
}

static int f_rmdir(void *c, int dirfd, const char *name)
{
	struct fault *f = c;
	int rc = trip(f, "rmdir", name);

	return rc ? rc : f->sys->rmdir(f->k, dirfd, name);
}

static int f_chown(void *c, int dirfd, const char *name, uid_t uid, gid_t gid)
{
	struct fault *f = c;
	int rc = trip(f, "chown", name);

	return rc ? rc : f->sys->chown(f->k, dirfd, name, uid, gid);
}

static int f_chmod(void *c, int dirfd, const char *name, mode_t mode)
{
	struct fault *f = c;
	int rc = trip(f, "chmod", name);

	return rc ? rc : f->sys->chmod(f->k, dirfd, name, mode);
}

static int f_access(void *c, int dirfd, const char *name)
{
	struct fault *f = c;
	int rc = trip(f, "access", name);

	return rc ? rc : f->sys->access(f->k, dirfd, name);
}

static int f_list(void *c, int dirfd, cgi_entry_fn fn, void *data)
{
	struct fault *f = c;
	int rc = trip(f, "list", NULL);

	return rc ? rc : f->sys->list(f->k, dirfd, fn, data);
}

static int f_ident(void *c, int dirfd, const char *name, struct cgi_ident *ret)
{
	struct fault *f = c;
	int rc = trip(f, "ident", name);

	return rc ? rc : f->sys->ident(f->k, dirfd, name, ret);
}

static uint64_t f_ns_id(void *c, int fd)
{
	struct fault *f = c;

	return f->sys->ns_id(f->k, fd);
}

static int f_ns(void *c, int dirfd, const char *name)
{
	struct fault *f = c;
	int rc = trip(f, "ns", name);

	return rc ? rc : f->sys->ns(f->k, dirfd, name);
}

static int f_user_ns(void *c, uint64_t id, uint64_t ino)
{
	struct fault *f = c;
	int rc = trip(f, "user_ns", NULL);

	return rc ? rc : f->sys->user_ns(f->k, id, ino);
}

static int f_pidfd(void *c, pid_t pid)
{
	struct fault *f = c;
	int rc = trip(f, "pidfd", NULL);

	return rc ? rc : f->sys->pidfd(f->k, pid);
}

static uint64_t f_pidfd_inode(void *c, int pidfd)
{
	struct fault *f = c;

	return f->sys->pidfd_inode(f->k, pidfd);
}

static int f_signal(void *c, int pidfd, pid_t pid, int sig)
{
	struct fault *f = c;
	int rc = trip(f, "signal", NULL);

	return rc ? rc : f->sys->signal(f->k, pidfd, pid, sig);
}

static int f_counts(void *c, int dirfd, struct cgi_counts *ret)
{
	struct fault *f = c;
	int rc = trip(f, "counts", NULL);

	return rc ? rc : f->sys->counts(f->k, dirfd, ret);
}

static int f_poll(void *c, int fd, short events, uint64_t deadline)
{
	struct fault *f = c;
	int rc = trip(f, "poll", NULL);

	return rc ? rc : f->sys->poll(f->k, fd, events, deadline);
}

static int f_prog_load(void *c, const char *name, const struct bpf_insn *v, size_t n)
{
	struct fault *f = c;
	int rc = trip(f, "prog_load", NULL);

	return rc ? rc : f->sys->prog_load(f->k, name, v, n);
}

static int f_prog_find(void *c, int dirfd, const char *name)
{
	struct fault *f = c;
	int rc = trip(f, "prog_find", NULL);

	return rc ? rc : f->sys->prog_find(f->k, dirfd, name);
}

static int f_prog_attach(void *c, int dirfd, int prog, int old)
{
	struct fault *f = c;
	int rc = trip(f, "prog_attach", NULL);

	return rc ? rc : f->sys->prog_attach(f->k, dirfd, prog, old);
}

static int f_set(void *c)
{
	struct fault *f = c;
	int rc = trip(f, "set", NULL);

	return rc ? rc : f->sys->set(f->k);
}

static int f_set_add(void *c, int set, int fd, uint32_t key)
{
	struct fault *f = c;
	int rc = trip(f, "set_add", NULL);

	return rc ? rc : f->sys->set_add(f->k, set, fd, key);
}

static int f_set_ready(void *c, int set, uint32_t *keys, int n)
{
	struct fault *f = c;
	int rc = trip(f, "set_ready", NULL);

	return rc ? rc : f->sys->set_ready(f->k, set, keys, n);
}

static int f_timer(void *c)
{
	struct fault *f = c;
	int rc = trip(f, "timer", NULL);

	return rc ? rc : f->sys->timer(f->k);
}

static int f_timer_set(void *c, int fd, uint64_t usec)
{
	struct fault *f = c;
	int rc = trip(f, "timer_set", NULL);

	return rc ? rc : f->sys->timer_set(f->k, fd, usec);
}

static int f_eventfd(void *c)
{
	struct fault *f = c;
	int rc = trip(f, "eventfd", NULL);

	return rc ? rc : f->sys->eventfd(f->k);
}

static int f_notifier(void *c)
{
	struct fault *f = c;
	int rc = trip(f, "notifier", NULL);

	return rc ? rc : f->sys->notifier(f->k);
}

static int f_notify(void *c, int fd, int dirfd, const char *name, bool dir)
{
	struct fault *f = c;
	int rc = trip(f, "notify", NULL);

	return rc ? rc : f->sys->notify(f->k, fd, dirfd, name, dir);
}

static int f_notices(void *c, int fd, cgi_notice_fn fn, void *data)
{
	struct fault *f = c;
	int rc = trip(f, "notices", NULL);

	return rc ? rc : f->sys->notices(f->k, fd, fn, data);
}

static int f_trigger(void *c, int dirfd, const char *name, const char *text)
{
	struct fault *f = c;
	int rc = trip(f, "trigger", NULL);

	return rc ? rc : f->sys->trigger(f->k, dirfd, name, text);
}

static pid_t f_pidfd_pid(void *c, int pidfd)
{
	struct fault *f = c;
	int rc = trip(f, "pidfd_pid", NULL);

	return rc ? rc : f->sys->pidfd_pid(f->k, pidfd);
}

static uint64_t f_count(void *c, int fd)
{
	struct fault *f = c;

	return f->sys->count(f->k, fd);
}

static void f_unnotify(void *c, int fd, int wd)
{
	struct fault *f = c;

	f->sys->unnotify(f->k, fd, wd);
}

static int f_drain(void *c, int fd)
{
	struct fault *f = c;
	int rc = trip(f, "drain", NULL);

	return rc ? rc : f->sys->drain(f->k, fd);
}

static uint64_t f_now(void *c)
{
	struct fault *f = c;

	return f->sys->now(f->k);
}

static pid_t f_self(void *c)
{
	struct fault *f = c;

	return f->sys->self(f->k);
}

static uid_t f_euid(void *c)
{
	struct fault *f = c;

	return f->sys->euid(f->k);
}

static bool f_marked(void *c, int dirfd, const char *attr)
{
	struct fault *f = c;

	return f->sys->marked(f->k, dirfd, attr);
}

const struct cg_sys fault_sys = {
	.open = f_open, .close = f_close, .read = f_read, .write = f_write, .mkdir = f_mkdir,
	.rmdir = f_rmdir, .chown = f_chown,
	.chmod = f_chmod, .access = f_access, .marked = f_marked, .list = f_list, .ident = f_ident,
	.ns = f_ns, .ns_id = f_ns_id, .user_ns = f_user_ns,
	.pidfd = f_pidfd, .pidfd_inode = f_pidfd_inode,
	.pidfd_pid = f_pidfd_pid, .signal = f_signal,
	.prog_load = f_prog_load, .prog_find = f_prog_find, .prog_attach = f_prog_attach,
	.counts = f_counts, .poll = f_poll, .set = f_set, .set_add = f_set_add,
	.set_ready = f_set_ready, .timer = f_timer, .timer_set = f_timer_set,
	.eventfd = f_eventfd, .count = f_count, .notifier = f_notifier, .notify = f_notify,
	.unnotify = f_unnotify, .notices = f_notices, .trigger = f_trigger, .drain = f_drain,
	.now = f_now, .self = f_self, .euid = f_euid,
};
