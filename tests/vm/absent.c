/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command for which this kernel is older: pidfd (Linux 5.3) and openat2 (5.6) are
 * unknown system calls, and no group has a cgroup.kill (5.14). That file cannot be told by
 * a filter, which sees no names: such calls are looked at from outside, by a thread that
 * is not filtered. Everybody who descends from the command meets the same kernel, but the
 * judge (tests/lib/observer.c) keeps its pidfds.
 * usage: absent pidfd|openat2|cgroup.kill... -- COMMAND...
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char hidden[] = "cgroup.kill";

static _Noreturn void die(const char *what, int rc)
{
	fprintf(stderr, "absent: %s: %s\n", what, strerror(rc));
	exit(125);
}

static bool names_it(const struct seccomp_notif *req)
{
	char name[sizeof(hidden)] = "";
	struct iovec mine = { name, sizeof(name) };
	struct iovec theirs = { (void *)(uintptr_t)req->data.args[1], sizeof(name) };

	return process_vm_readv((pid_t)req->pid, &mine, 1, &theirs, 1, 0) == sizeof(name) &&
	       !memcmp(name, hidden, sizeof(name));
}

static bool is_judge(const struct seccomp_notif *req)
{
	char path[32], comm[16] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%u/comm", req->pid);
	f = fopen(path, "re");
	if (f && !fgets(comm, sizeof(comm), f))
		comm[0] = '\0';
	if (f)
		fclose(f);
	return !strcmp(comm, "observer\n");
}

static void decide(const struct seccomp_notif *req, struct seccomp_notif_resp *resp)
{
	bool pidfd = req->data.nr == SCMP_SYS(pidfd_open) ||
		     req->data.nr == SCMP_SYS(pidfd_send_signal);

	if (pidfd && !is_judge(req))
		resp->error = -ENOSYS;
	else if (!pidfd && names_it(req))
		resp->error = -ENOENT;
	else
		resp->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
}

/* Reads from a pipe where the filter speaks, then answers for as long as there is anybody. */
static void *answer(void *data)
{
	struct seccomp_notif_resp *resp;
	struct seccomp_notif *req;
	int *pipe = data, fd;

	if (read(pipe[0], &fd, sizeof(fd)) != sizeof(fd) || seccomp_notify_alloc(&req, &resp))
		return NULL;
	for (;;) {
		memset(req, 0, sizeof(*req));	/* the kernel wants it so */
		if (seccomp_notify_receive(fd, req))
			continue;
		memset(resp, 0, sizeof(*resp));
		resp->id = req->id;
		decide(req, resp);
		seccomp_notify_respond(fd, resp);	/* or it has ended meanwhile */
	}
}

static int hide(scmp_filter_ctx f, const char *what)
{
	static const int looks[] = {
		SCMP_SYS(openat), SCMP_SYS(newfstatat), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
	};
	int rc;

	if (!strcmp(what, "openat2"))
		return seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
	if (!strcmp(what, "pidfd")) {
		rc = seccomp_rule_add(f, SCMP_ACT_NOTIFY, SCMP_SYS(pidfd_open), 0);
		return rc ? rc : seccomp_rule_add(f, SCMP_ACT_NOTIFY,
						   SCMP_SYS(pidfd_send_signal), 0);
	}
	if (strcmp(what, hidden))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		/* Only it is ever written to; libraries are only read. */
		rc = looks[i] == SCMP_SYS(openat) ?
			seccomp_rule_add(f, SCMP_ACT_NOTIFY, looks[i], 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY)) :
			seccomp_rule_add(f, SCMP_ACT_NOTIFY, looks[i], 0);
		if (rc)
			return rc;
	}
	return 0;
}

static int run(char **command)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execvp(*command, command);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("run", errno);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int i, rc, fd, ends[2];
	pthread_t thread;

	if (!f || pipe2(ends, O_CLOEXEC))
		die("set up", errno);
	/* Before the filter, so that it has none. */
	rc = pthread_create(&thread, NULL, answer, ends);
	if (rc)
		die("thread", rc);
	/* The command may be root's and change its user: no no_new_privs. */
	seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		rc = hide(f, argv[i]);
		if (rc)
			die(argv[i], -rc);
	}
	if (i + 1 >= argc)
		die("usage", EINVAL);
	rc = seccomp_load(f);
	if (rc)
		die("load the filter", -rc);
	fd = seccomp_notify_fd(f);
	if (fd >= 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) || write(ends[1], &fd, sizeof(fd)) < 0))
		die("tell", errno);
	return run(argv + i + 1);
}
