/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the container's process does between its namespaces and its program: the order of
 * the steps, and why it is this one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/base.h"
#include "birth/birth.h"
#include "config/config.h"
#include "program/program.h"
#include "root/root.h"
#include "state/state.h"
#include "banned.h"

/* Of a UTS namespace of its own, else it would be the host's. */
static int set_names(const struct child *c, struct err *e)
{
	const struct spec *s = c->spec;

	if ((s->hostname || s->domainname) && !spec_ns(s, CLONE_NEWUTS))
		return err_set(e, -EINVAL, "%s: needs a uts namespace",
			       s->hostname ? "hostname" : "domainname");
	if (s->hostname && sethostname(s->hostname, strlen(s->hostname)) < 0)
		return fail(e, -errno, "hostname: %s", s->hostname);
	if (s->domainname && setdomainname(s->domainname, strlen(s->domainname)) < 0)
		return fail(e, -errno, "domainname: %s", s->domainname);
	return 0;
}

static int set_network(const struct child *c, struct err *e)
{
	int r = c->ns.create & CLONE_NEWNET ? netlo_up() : 0;

	return r ? fail(e, r, "linux.namespaces (network): lo") : 0;
}

/*
 * Only a process in the user namespace that we leave, or in the new one with power over
 * that, may write the maps. Where ours was joined, that is not the parent but a child that
 * stays there until it has written them.
 */
static pid_t start_writer(const struct child *c, int go[2], struct err *e)
{
	char self[16], b;
	struct err why;
	ssize_t n;
	pid_t pid;

	n = c->root.proc < 0 ? -1 : readlinkat(c->root.proc, "self", self, sizeof(self) - 1);
	if (n <= 0)
		return err_set(e, -EINVAL, "org.libcg.tag: in a user namespace that is joined it "
			       "needs a mount of /proc");
	self[n] = '\0';
	if (pipe2(go, O_CLOEXEC) < 0)
		return fail(e, -errno, "org.libcg.tag: pipe");
	pid = fork();
	if (pid)
		return pid < 0 ? fail(e, -errno, "org.libcg.tag: fork") : pid;
	close(go[1]);
	(void)!read(go[0], &b, 1);	/* ends when the other end is closed */
	_exit(-idmap_write_identity(c->root.proc, self, &why));
}

static int end_writer(pid_t pid, struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return fail(e, -errno, "org.libcg.tag: wait");
	if (!WIFEXITED(status))
		return err_set(e, -EIO, "org.libcg.tag: the writer of the maps was ended");
	return WEXITSTATUS(status) ? fail(e, -WEXITSTATUS(status), "org.libcg.tag: maps") : 0;
}

/*
 * The tag that no process of the container can take off. Everything that needs power over
 * the namespaces that we came from is done by now.
 */
static int enter_tag(const struct child *c, struct err *e)
{
	int go[2], r;
	pid_t writer = 0;

	if (!c->l->tag_userns)
		return 0;
	if (c->ns.join_user) {
		writer = start_writer(c, go, e);
		if (writer < 0)
			return writer;
	}
	r = unshare(CLONE_NEWUSER) < 0 ? fail(e, -errno, "org.libcg.tag: unshare") : 0;
	if (writer) {
		prctl(PR_SET_DUMPABLE, 1);	/* the files are of whom we are only then */
		close(go[1]);
		close(go[0]);
		r = end_writer(writer, r ? NULL : e) && !r ? e->code : r;
	} else if (!r) {
		r = chan_ask(c->sock, CHAN_TAG);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return r;
}

/* From here on the program's own view counts, and nothing of ours may be left open. */
static int become(struct child *c, struct err *e)
{
	int keep[3] = { c->sock, c->fifo, c->root.proc };
	int r;

	c->prog.root = c->root.root;
	r = exec_env(&c->prog, e);

	if (!r)
		r = sched_apply(&c->prog, e);
	if (!r)
		r = label_set(&c->prog, e);
	if (!r)
		r = process_limits(&c->prog, e);
	if (!r)
		r = enter_tag(c, e);
	if (!r)
		r = process_identity(&c->prog, e);
	if (r)
		return r;
	fds_close(c, keep);
	r = process_cwd(&c->prog, e);
	return r ? r : exec_find(&c->prog, e);
}

/* Of a point within the container. The process has the number that it sees itself. */
static int run_hooks(const struct child *c, const char *point, struct err *e)
{
	struct json_object *hooks = c->spec->hooks, *state;
	int r;

	if (!hooks || !c->l->state)
		return 0;
	state = c->l->state(c->l->data, "created", getpid());
	r = hooks_run(hooks, point, state, e);
	json_object_put(state);
	return r;
}

/* The root is mounted: those outside may add to it, then those that are ours. */
static int before_enter(const struct child *c, struct err *e)
{
	int r = c->spec->hooks ? chan_ask(c->sock, CHAN_ROOTFS) : 0;

	return r ? r : run_hooks(c, "createContainer", e);
}

int init_create(struct child *c, struct err *e)
{
	int fd, r;

	umask(0);		/* modes are as the configuration says */
	r = set_names(c, e);
	if (!r)
		r = set_network(c, e);
	if (!r)
		r = rootfs_setup(&c->root, e);
	if (!r)
		r = before_enter(c, e);
	if (!r)
		r = rootfs_seal(&c->root, e);
	if (!r)
		r = rootfs_enter(&c->root, e);
	if (!r)
		r = become(c, e);
	if (r)
		return r;
	/* The parent, when it has heard that we are ready, ends, and is to see us before. */
	prctl(PR_SET_DUMPABLE, 1);
	/* A listener goes to somebody outside, so before that. */
	r = c->prog.filter.notify ? filter_late(&c->prog, e) : 0;
	if (r)
		return r;
	prctl(PR_SET_PDEATHSIG, 0);
	r = chan_ask(c->sock, CHAN_READY);
	if (r)
		return r;
	close(c->sock);
	if (fifo_wait(c, &fd))
		_exit(1);
	r = run_hooks(c, "startContainer", e);
	if (!r && !c->prog.filter.notify)
		r = filter_late(&c->prog, e);
	if (!r)
		exec_now(&c->prog, e);
	(void)!write(fd, e->msg, strlen(e->msg));
	_exit(1);
}

int init_exec(struct child *c, struct err *e)
{
	char gone;
	int r;

	umask(0);
	c->root.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->root.root < 0)
		return fail(e, -errno, "the container's root");
	r = root_mkdir(c->root.root, c->p->cwd);
	if (r >= 0)
		close(r);
	r = tty_setup(&c->root, e);
	if (!r)
		r = device_stdio(&c->root, e);
	if (!r)
		r = become(c, e);
	if (r)
		return r;
	prctl(PR_SET_PDEATHSIG, 0);
	/* Has it ended just before that line? */
	if (recv(c->sock, &gone, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		return -EPIPE;
	/* Before the filter, which may forbid it. From here on whoever ends us ends the program. */
	chan_tell(c->sock, CHAN_LAST, 0, "");
	r = filter_late(&c->prog, e);
	return r ? r : exec_now(&c->prog, e);
}
