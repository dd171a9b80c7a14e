/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that a program can wait on beside its own. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "watch.h"

#define AT_ONCE		32	/* descriptors that are told in one call */

int cgi_sys_set(void *k)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	(void)k;
	return fd < 0 ? -errno : fd;
}

int cgi_sys_set_add(void *k, int set, int fd, uint32_t key)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = key };

	(void)k;
	return epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

int cgi_sys_set_ready(void *k, int set, uint32_t *keys, int n)
{
	struct epoll_event e[AT_ONCE];
	int got;

	(void)k;
	do {
		got = epoll_wait(set, e, n < AT_ONCE ? n : AT_ONCE, 0);
	} while (got < 0 && errno == EINTR);
	for (int i = 0; i < got; i++)
		keys[i] = e[i].data.u32;
	return got < 0 ? -errno : got;
}

int cgi_sys_timer(void *k)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	(void)k;
	return fd < 0 ? -errno : fd;
}

int cgi_sys_timer_set(void *k, int fd, uint64_t usec)
{
	const struct timespec ts = {
		.tv_sec = (time_t)(usec / 1000000),
		.tv_nsec = (long)(usec % 1000000) * 1000,
	};
	const struct itimerspec t = { .it_value = ts, .it_interval = ts };

	(void)k;
	return timerfd_settime(fd, 0, &t, NULL) < 0 ? -errno : 0;
}

int cgi_sys_eventfd(void *k)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	(void)k;
	return fd < 0 ? -errno : fd;
}

uint64_t cgi_sys_count(void *k, int fd)
{
	uint64_t n;

	(void)k;
	return read(fd, &n, sizeof(n)) == sizeof(n) ? n : 0;
}

int cgi_sys_notifier(void *k)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	(void)k;
	return fd < 0 ? -errno : fd;
}

/*
 * inotify takes paths only, and a descriptor has one in /proc. A directory without ".." in its
 * name is named by it, one above by the kernel.
 */
int cgi_sys_notify(void *k, int fd, int dirfd, const char *name, bool dir)
{
	char path[320];
	int wd;

	(void)k;
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%.255s", dirfd, name);
	wd = inotify_add_watch(fd, path, dir ? IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR : IN_MODIFY);
	return wd < 0 ? -errno : wd;
}

void cgi_sys_unnotify(void *k, int fd, int wd)
{
	(void)k;
	(void)inotify_rm_watch(fd, wd);
}

int cgi_sys_notices(void *k, int fd, cgi_notice_fn fn, void *data)
{
	char buf[8192] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *e;
	ssize_t n;

	(void)k;
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR))
		for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*e) + e->len)) {
			e = (const void *)(buf + at);
			if (!(e->mask & IN_IGNORED))
				fn(data, e->mask & IN_Q_OVERFLOW ? -1 : e->wd,
				   e->len ? e->name : "");
		}
	return n < 0 && errno != EAGAIN ? -errno : 0;
}

/* The trigger lives as long as the descriptor. */
int cgi_sys_trigger(void *k, int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC), rc;

	(void)k;
	if (fd < 0)
		return -errno;
	/* With its NUL: the kernel takes the last byte for the end of the text. */
	if (write(fd, text, strlen(text) + 1) >= 0)
		return fd;
	rc = -errno;
	(void)close(fd);
	return rc;
}

/* A control file is quiet again when it was read from its beginning. */
int cgi_sys_drain(void *k, int fd)
{
	char buf[512];

	(void)k;
	(void)lseek(fd, 0, SEEK_SET);
	return read(fd, buf, sizeof(buf)) < 0 && errno != EAGAIN ? -errno : 0;
}
