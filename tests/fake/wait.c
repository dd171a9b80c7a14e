/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's waiting: descriptors that become ready, and time that passes. */
#include <errno.h>

#include "fk.h"

static bool ready(struct fk *k, const struct fk_fd *f)
{
	switch (f->type) {
	case FK_FD_PID:
		return f->p->zombie || f->p->reaped;
	case FK_FD_CG:
		return f->file >= 0 && f->seen != f->cg->events;
	case FK_FD_TIMER:
		return f->every && k->usec >= f->next;
	case FK_FD_EVENT:
		return f->count;
	case FK_FD_TRIGGER:		/* that of a removed group is ready for ever */
		return f->count || f->cg->dead;
	case FK_FD_NOTIFIER:
		return f->notifier->n_told;
	case FK_FD_SET:
		for (int i = 0; i < f->set->n; i++)
			if (ready(k, &k->fd[f->set->fd[i] - FK_FD0]))
				return true;
		return false;
	default:
		return false;
	}
}

void fk_fd_clear(struct fk_fd *f)
{
	if (f->type == FK_FD_NOTIFIER) {
		free(f->notifier->w);
		free(f->notifier->told);
		free(f->notifier);
	}
	if (f->type == FK_FD_SET)
		free(f->set);
	f->type = FK_FREE;
}

static int new_fd(struct fk *k, enum fk_fdtype type, struct fk_fd **f)
{
	int fd;

	fk_enter(k, FK_POLL, "", 0);
	fd = fk_fd_new(k, f);
	if (fd >= 0)
		(*f)->type = type;
	return fd;
}

int fk_set(void *cookie)
{
	struct fk_fd *f;
	int fd = new_fd(cookie, FK_FD_SET, &f);

	if (fd < 0)
		return fd;
	f->set = calloc(1, sizeof(*f->set));
	if (!f->set)
		abort();
	return fd;
}

int fk_set_add(void *cookie, int set, int fd, uint32_t key)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, set);

	fk_enter(k, FK_POLL, "", 0);
	if (!f || !fk_fd(k, fd))
		return -EBADF;
	if (f->set->n == FK_SET)
		abort();
	f->set->fd[f->set->n] = fd;
	f->set->key[f->set->n++] = key;
	return 0;
}

int fk_set_ready(void *cookie, int set, uint32_t *keys, int n)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, set);
	int got = 0;

	fk_enter(k, FK_POLL, "", 0);
	if (k->unsettled)
		fk_settle(k);
	for (int i = 0; f && i < f->set->n && got < n; i++)
		if (ready(k, &k->fd[f->set->fd[i] - FK_FD0]))
			keys[got++] = f->set->key[i];
	return f ? got : -EBADF;
}

int fk_timer(void *cookie)
{
	struct fk_fd *f;

	return new_fd(cookie, FK_FD_TIMER, &f);
}

int fk_timer_set(void *cookie, int fd, uint64_t usec)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);

	fk_enter(k, FK_POLL, "", 0);
	if (!f)
		return -EBADF;
	f->every = usec;
	f->next = k->usec + usec;
	return 0;
}

int fk_eventfd(void *cookie)
{
	struct fk_fd *f;

	return new_fd(cookie, FK_FD_EVENT, &f);
}

uint64_t fk_count(void *cookie, int fd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);
	uint64_t n = 0;

	fk_enter(k, FK_POLL, "", 0);
	if (f && f->type == FK_FD_EVENT) {
		n = f->count;
		f->count = 0;
	} else if (f && f->type == FK_FD_TIMER && ready(k, f)) {
		n = 1;
		f->next = k->usec + f->every;
	}
	return n;
}

int fk_notifier(void *cookie)
{
	struct fk_fd *f;
	int fd = new_fd(cookie, FK_FD_NOTIFIER, &f);

	if (fd < 0)
		return fd;
	f->notifier = calloc(1, sizeof(*f->notifier));
	if (!f->notifier)
		abort();
	return fd;
}

int fk_notify(void *cookie, int fd, int dirfd, const char *name, bool dir)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);
	struct fk_notifier *t = f ? f->notifier : NULL;
	struct fk_loc l;
	int rc, live = 0;

	fk_enter(k, FK_POLL, name, 0);
	if (!t)
		return -EBADF;
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type != FK_FD_CG || (l.file < 0) != dir)
		return l.type == FK_FD_CG && dir ? -ENOTDIR : -ENOENT;
	if (!fk_cg_may(k, l.cg, l.file, 4))
		return -EACCES;
	for (int i = 0; i < t->n; i++) {
		live += !!t->w[i].cg;
		if (t->w[i].cg == l.cg && t->w[i].file == l.file)
			return i + 1;
	}
	if (k->max_notices && (unsigned)live >= k->max_notices)
		return -ENOSPC;
	t->w = realloc(t->w, (size_t)(t->n + 1) * sizeof(*t->w));
	if (!t->w)
		abort();
	t->w[t->n].cg = l.cg;
	t->w[t->n].file = l.file;
	return ++t->n;
}

void fk_unnotify(void *cookie, int fd, int wd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);

	fk_enter(k, FK_POLL, "", 0);
	if (f && wd > 0 && wd <= f->notifier->n)
		f->notifier->w[wd - 1].cg = NULL;
}

int fk_notices(void *cookie, int fd, cgi_notice_fn fn, void *data)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);
	size_t n = f ? f->notifier->n_told : 0;

	fk_enter(k, FK_POLL, "", 0);
	if (!f)
		return -EBADF;
	f->notifier->n_told = 0;
	for (size_t i = 0; i < n; i++)
		fn(data, f->notifier->told[i].wd, f->notifier->told[i].name);
	return 0;
}

static void tell_one(struct fk_notifier *t, int wd, const char *name)
{
	size_t n = t->n_told;

	/* Like the last one: it is told once. */
	if (n && t->told[n - 1].wd == wd && !strcmp(t->told[n - 1].name, name))
		return;
	if (n == t->room) {
		t->room = t->room ? t->room * 2 : 16;
		t->told = realloc(t->told, t->room * sizeof(*t->told));
		if (!t->told)
			abort();
	}
	t->told[n].wd = wd;
	snprintf(t->told[n].name, sizeof(t->told[n].name), "%s", name);
	t->n_told++;
}

void fk_tell(struct fk *k, struct fk_cg *cg, int file, const char *name)
{
	struct fk_notifier *t;

	for (int i = 0; i < FK_MAXFD; i++) {
		if (k->fd[i].type != FK_FD_NOTIFIER)
			continue;
		t = k->fd[i].notifier;
		for (int w = 0; w < t->n; w++)
			if (t->w[w].cg == cg && t->w[w].file == file)
				tell_one(t, w + 1, name);
	}
}

int fk_trigger(void *cookie, int dirfd, const char *name, const char *text)
{
	struct fk *k = cookie;
	unsigned stall, window;
	struct fk_loc l;
	struct fk_fd *f;
	int rc;

	fk_enter(k, FK_OPEN, name, 0);
	rc = fk_resolve(k, dirfd, name, &l);
	if (rc < 0)
		return rc;
	if (l.type != FK_FD_CG || l.file < 0 || !fk_file_writable(k, l.cg, l.file))
		return -EACCES;
	if ((sscanf(text, "some %u %u", &stall, &window) != 2 &&
	     sscanf(text, "full %u %u", &stall, &window) != 2) ||
	    window < 500000 || window > 10000000 || !stall || stall > window ||
	    (!fk_root(k) && window % 2000000))
		return -EINVAL;
	rc = fk_fd_new(k, &f);
	if (rc < 0)
		return rc;
	f->type = FK_FD_TRIGGER;
	f->cg = l.cg;
	f->file = l.file;
	return rc;
}

int fk_drain(void *cookie, int fd)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);

	fk_enter(k, FK_POLL, "", 0);
	if (!f)
		return -EBADF;
	if (f->type == FK_FD_CG)
		f->seen = f->cg->events;
	return 0;
}

int fk_poll(void *cookie, int fd, short events, uint64_t deadline)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, fd);

	(void)events;
	fk_enter(k, FK_POLL, "", 0);
	if (fd >= 0 && !f)
		return -EBADF;
	for (;;) {
		if (k->unsettled)
			fk_settle(k);
		if (f && ready(k, f))
			break;
		if (k->usec >= deadline)
			return 0;
		k->usec += deadline - k->usec < 1000 ? deadline - k->usec : 1000;
		fk_tick(k);
	}
	if (f->type == FK_FD_TRIGGER)
		f->count = 0;
	return 1;
}
