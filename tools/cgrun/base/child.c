/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wait for a child of ours, which somebody may have stopped, or kill it with its descendants. */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include <libcg/cg.h>

#include "base/base.h"
#include "banned.h"

#define END_MS	2000	/* until everything that was killed has ended */

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

void end_child(pid_t pid, const char *what)
{
	struct cg_report rep = { 0 };
	struct cg_ctx *ctx = NULL;
	struct cg *cg = NULL;
	int status, rc = cg_ctx_new(&ctx);

	if (rc >= 0)
		rc = cg_ctx_set_driver(ctx, "proc");
	if (rc >= 0)
		rc = cg_create(ctx, "child", 0, &cg);
	if (rc >= 0)
		rc = cg_identify(cg, pid, 0);
	if (rc >= 0)
		rc = cg_kill_all(cg, END_MS, &rep, sizeof(rep));
	if (rc < 0)
		log_warn("%s: what it started cannot be ended: %s", what,
			 ctx ? cg_errmsg(ctx) : err_reason(rc));
	cg_close(cg);
	cg_ctx_free(ctx);
	(void)wait_child(pid, now_ms() + END_MS, &status);
}
