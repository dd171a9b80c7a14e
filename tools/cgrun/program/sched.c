/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel keeps for a process beside its credentials: scheduling, processors,
 * personality, clocks, and the session keyring.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "program/program.h"
#include "banned.h"

/* Possessor: all; user: view, read, search, link. An exec finds it by its name. */
#define KEYRING_PERMS	0x3f1b0000U

/*
 * From Linux 6.2 on a task keeps the affinity that it once asked for when it moves into
 * another cpuset. What the caller was pinned to is not the container's: all processors are
 * asked for, and the kernel gives those of the group. Where it gives none, nothing changes.
 */
static void reset_cpus(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	(void)!sched_setaffinity(0, sizeof(all), &all);
}

int sched_cpus(const struct program *c, bool final, struct err *e)
{
	const struct spec_process *p = c->p;
	const cpu_set_t *set = final ? &p->cpus_final : &p->cpus_initial;

	if (final && (c->spec || !(p->has_initial || p->has_final)))
		reset_cpus();
	if (c->spec || !(final ? p->has_final : p->has_initial))
		return 0;
	if (sched_setaffinity(0, sizeof(*set), set) == 0)
		return 0;
	return fail(e, -errno, "process.execCPUAffinity.%s", final ? "final" : "initial");
}

/*
 * Offsets can be set only until somebody is born into the namespace, so it is made by
 * one who stays outside of it.
 */
int sched_clocks(const struct spec *s, struct err *e)
{
	char text[128];
	int r;

	if (unshare(CLONE_NEWTIME) < 0)
		return fail(e, -errno, "linux.namespaces (time): unshare");
	snprintf(text, sizeof(text), "monotonic %lld %u\nboottime %lld %u\n",
		 (long long)s->monotonic.secs, s->monotonic.nanosecs,
		 (long long)s->boottime.secs, s->boottime.nanosecs);
	r = write_text(AT_FDCWD, "/proc/self/timens_offsets", text);
	return r ? fail(e, r, "linux.timeOffsets") : 0;
}

/* Is it ours? Anybody may have made one of that name before, and let all others search it. */
static bool is_ours(int ring)
{
	char text[512];
	unsigned uid;

	return sys_keyring_describe(ring, text, sizeof(text)) > 0 &&
	       sscanf(text, "keyring;%u;", &uid) == 1 && uid == geteuid();
}

/*
 * Without keys in the kernel, or where a filter around us forbids them, there is nothing
 * to keep apart.
 */
static int join_keyring(const struct program *c, struct err *e)
{
	int ring;

	if (!c->keyring)
		return 0;
	ring = sys_keyring_join(c->keyring);
	if (ring >= 0 && !is_ours(ring)) {
		c->warn(c->sock, "the session keyring of that name belongs to another user: the "
			"program gets a new one without a name");
		ring = sys_keyring_join(NULL);
	}
	if (ring == -ENOSYS || ring == -EPERM) {
		fail(e, ring, "no session keyring of its own");
		c->warn(c->sock, e->msg);
		e->code = 0;
		return 0;
	}
	if (ring < 0)
		return fail(e, ring, "session keyring (--no-new-keyring does without one)");
	/* Not ours to change where an exec has joined it as another user. */
	if (c->spec && sys_keyring_setperm(ring, KEYRING_PERMS) < 0)
		c->warn(c->sock, "an exec will not find the session keyring");
	return 0;
}

static int set_mempolicy(const struct program *c, struct err *e)
{
	const struct spec_mempolicy *p = c->mempolicy;
	int r;

	if (!p || !p->given)
		return 0;
	/* The kernel counts one bit less than it is told. */
	r = sys_set_mempolicy(p->mode, p->n ? p->nodes : NULL, SPEC_MAX_NODE + 1);
	return r ? fail(e, r, "linux.memoryPolicy: set_mempolicy") : 0;
}

int sched_apply(const struct program *c, struct err *e)
{
	int r = join_keyring(c, e);

	if (!r)
		r = set_mempolicy(c, e);
	if (r)
		return r;
	if (c->personality >= 0 && personality((unsigned long)c->personality) < 0)
		return fail(e, -errno, "linux.personality");
	r = c->p->has_sched ? sys_sched_setattr(&c->p->sched) : 0;
	if (r == -EPERM && c->p->sched.policy == SCHED_DEADLINE)
		return err_set(e, r, "process.scheduler: SCHED_DEADLINE needs CAP_SYS_NICE and "
			       "every processor of the system: process scheduler can't be used "
			       "together with AllowedCPUs");
	return r ? fail(e, r, "process.scheduler") : 0;
}
