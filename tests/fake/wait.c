/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's waiting: descriptors that become ready, and time that passes. */
#include <errno.h>

#include "fk.h"

/* Nobody is woken when a group is removed: its file is as it was. */
static bool ready(struct fk *k, int fd)
{
	struct fk_fd *f = fk_fd(k, fd);

	if (!f)
		return false;
	switch (f->type) {
	case FK_FD_PID:
		return f->p->zombie || f->p->reaped;
	case FK_FD_CG:
		if (k->unsettled)
			fk_settle(k);
		return f->file >= 0 && f->seen != f->cg->events;
	case FK_FD_TIMER:
		return k->usec >= f->next;
	case FK_FD_EITHER:
		return ready(k, f->timer) || ready(k, f->other);
	default:
		return false;
	}
}

int fk_timer(void *cookie, uint64_t usec)
{
	struct fk *k = cookie;
	struct fk_fd *f;
	int fd;

	fk_enter(k, FK_POLL, "", 0);
	fd = fk_fd_new(k, &f);
	if (fd < 0)
		return fd;
	f->type = FK_FD_TIMER;
	f->every = usec;
	f->next = k->usec;
	return fd;
}

int fk_either(void *cookie, int timer, int file)
{
	struct fk *k = cookie;
	struct fk_fd *f;
	int fd;

	fk_enter(k, FK_POLL, "", 0);
	if (!fk_fd(k, timer) || !fk_fd(k, file))
		return -EBADF;
	fd = fk_fd_new(k, &f);
	if (fd < 0)
		return fd;
	f->type = FK_FD_EITHER;
	f->timer = timer;
	f->other = file;
	return fd;
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
	else if (f->type == FK_FD_TIMER && k->usec >= f->next)
		f->next = k->usec + f->every;
	return 0;
}

int fk_poll(void *cookie, int fd, short events, uint64_t deadline)
{
	struct fk *k = cookie;

	(void)events;
	fk_enter(k, FK_POLL, "", 0);
	if (fd >= 0 && !fk_fd(k, fd))
		return -EBADF;
	while (!ready(k, fd)) {
		if (k->usec >= deadline)
			return 0;
		k->usec += deadline - k->usec < 1000 ? deadline - k->usec : 1000;
		fk_tick(k);
	}
	return 1;
}
