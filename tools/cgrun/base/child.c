/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for a child of ours, which somebody may have stopped. */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include "base/base.h"
#include "banned.h"

int wait_child(pid_t pid, uint64_t deadline, int *status)
{
	struct timespec pause = { .tv_nsec = 500000 };
	pid_t r;

	while ((r = waitpid(pid, status, WNOHANG)) <= 0) {
		if (r < 0 && errno != EINTR)
			return -errno;
		if (now_ms() >= deadline)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 16000000)
			pause.tv_nsec *= 2;
	}
	return 0;
}
