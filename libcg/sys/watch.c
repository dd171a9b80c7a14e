/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that a program can wait on beside its own. */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "watch.h"

static int failed(int fd)
{
	int rc = -errno;

	if (fd >= 0)
		close(fd);
	return rc;
}

int cgi_sys_timer(void *k, uint64_t usec)
{
	struct itimerspec t = {
		.it_value = { .tv_nsec = 1 },
		.it_interval = {
			.tv_sec = (time_t)(usec / 1000000),
			.tv_nsec = (long)(usec % 1000000) * 1000,
		},
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	(void)k;
	return fd < 0 || timerfd_settime(fd, 0, &t, NULL) < 0 ? failed(fd) : fd;
}

int cgi_sys_either(void *k, int timer, int file)
{
	struct epoll_event in = { .events = EPOLLIN }, pri = { .events = EPOLLPRI };
	int fd = epoll_create1(EPOLL_CLOEXEC);

	(void)k;
	if (fd < 0 || epoll_ctl(fd, EPOLL_CTL_ADD, timer, &in) < 0 ||
	    epoll_ctl(fd, EPOLL_CTL_ADD, file, &pri) < 0)
		return failed(fd);
	return fd;
}

/* A control file is quiet again when it was read from its beginning; a timer has none. */
int cgi_sys_drain(void *k, int fd)
{
	char buf[512];

	(void)k;
	(void)lseek(fd, 0, SEEK_SET);
	return read(fd, buf, sizeof(buf)) < 0 && errno != EAGAIN ? -errno : 0;
}
