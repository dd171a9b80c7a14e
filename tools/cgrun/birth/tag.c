/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user namespace of org.libcg.tag: one that init enters last of all, so that no process
 * of the container can leave it. Its maps are identity maps, and only a process in the
 * namespace that init leaves may write them. Where that is the caller's, the parent does;
 * where it was joined, a child that stays there, forked before init became its root: the
 * files of an undumpable process belong to the root that the runtime was executed by.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/base.h"
#include "birth/birth.h"
#include "root/root.h"
#include "banned.h"

#define WRITER_MS	2000

/* Ends when it is told to, or when nobody is left to tell it. */
static void writer_main(int go, int proc, const char *init)
{
	struct err e;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(read(go, &byte, 1) == 1 ? -idmap_write_identity(proc, init, &e) : 0);
}

int tag_prepare(struct child *c, struct err *e)
{
	int proc, go[2];
	char self[16];
	ssize_t n;

	c->writer = 0;
	if (!c->l->tag_userns || !c->ns.join_user)
		return 0;
	proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	n = proc < 0 ? -1 : readlinkat(proc, "self", self, sizeof(self) - 1);
	if (n <= 0)
		return fail(e, -errno, "org.libcg.tag: /proc");
	self[n] = '\0';
	if (pipe2(go, O_CLOEXEC) < 0)
		return fail(e, -errno, "org.libcg.tag: pipe");
	c->writer = fork();
	if (c->writer < 0)
		return fail(e, -errno, "org.libcg.tag: fork");
	if (!c->writer) {
		close(go[1]);
		writer_main(go[0], proc, self);
	}
	close(go[0]);
	close(proc);
	c->writer_go = go[1];
	return 0;
}

static int write_maps(const struct child *c, struct err *e)
{
	int status, r;

	/* An ordinary caller's writer has no other way to the files than that they are its own. */
	if (c->ordinary)
		prctl(PR_SET_DUMPABLE, 1);
	r = write(c->writer_go, "", 1) == 1 ? 0 : -errno;
	close(c->writer_go);
	if (!r)
		r = wait_child(c->writer, now_ms() + WRITER_MS, &status);
	prctl(PR_SET_DUMPABLE, 0);
	if (r)
		return fail(e, r, "org.libcg.tag: the writer of the maps");
	if (!WIFEXITED(status))
		return err_set(e, -EIO, "org.libcg.tag: the writer of the maps was ended");
	return WEXITSTATUS(status) ? fail(e, -WEXITSTATUS(status), "org.libcg.tag: maps") : 0;
}

/* Everything that needs power over the namespaces that we came from is done by now. */
int tag_enter(struct child *c, struct err *e)
{
	int r;

	if (!c->l->tag_userns)
		return 0;
	if (unshare(CLONE_NEWUSER) < 0)
		return fail(e, -errno, "org.libcg.tag: unshare");
	r = c->writer ? write_maps(c, e) : chan_ask(c->sock, CHAN_TAG);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return r;
}
