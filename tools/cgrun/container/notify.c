/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sd_notify: a container whose creator has NOTIFY_SOCKET gets a directory of its own bound
 * to /run/notify, as with runc. No process of ours stays behind to listen there: `start`
 * (or `run`) makes the socket, waits until the container says READY=1, says so to the
 * manager with init's number as MAINPID, and goes; what is said later is not passed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "container/container.h"
#include "banned.h"

#define DIR_NAME	"notify"
#define SOCK_NAME	"notify.sock"
#define INSIDE		"/run/notify"
#define POLL_MS		100
#define BARRIER_MS	5000

static const char *manager(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path ? path : NULL;
}

int notify_ask(struct spec *s, const char *root, const char *id, struct err *e)
{
	struct spec_mount *all, m = { .bind = true };

	if (!manager() || !spec_ns(s, CLONE_NEWNS))
		return 0;
	all = realloc(s->mounts, (s->n_mounts + 1) * sizeof(*all));
	if (!all)
		return no_memory(e);
	s->mounts = all;
	/*
	 * Read-only, which keeps nobody from writing to a socket: what is in this directory is
	 * looked up and removed by us.
	 */
	m.flags = MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
	m.destination = strdup(INSIDE);
	if (asprintf(&m.source, "%s/%s/" DIR_NAME, root, id) < 0)
		m.source = NULL;
	all[s->n_mounts++] = m;
	if (!m.destination || !m.source ||
	    strv_add(&s->process->env, strdup("NOTIFY_SOCKET=" INSIDE "/" SOCK_NAME)))
		return no_memory(e);
	return 0;
}

int notify_make(int dir, struct err *e)
{
	if (!manager())
		return 0;
	if (mkdirat(dir, DIR_NAME, 0755) < 0 || fchmodat(dir, DIR_NAME, 0755, 0) < 0)
		return err_set(e, -errno, "cannot make " DIR_NAME ": %s", err_reason(-errno));
	return 0;
}

int notify_open(int dir, int *ret, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int at, fd = -1, rc = 0;
	char name[32];
	mode_t mask;

	*ret = -1;
	if (!manager())
		return 0;
	at = openat(dir, DIR_NAME, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return 0;	/* there was no manager when it was created */
	snprintf(name, sizeof(name), SOCK_NAME ".%d", getpid());
	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", at, name);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/*
	 * Any user of the container may write to it; its namespace keeps others out. The mode is
	 * that of its birth: a name could be another file's by then. A start that was killed may
	 * have left one.
	 */
	mask = umask(0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    renameat(at, name, at, SOCK_NAME) < 0)
		rc = err_set(e, -errno, "NOTIFY_SOCKET: %s", err_reason(-errno));
	umask(mask);
	close(at);
	if (!rc)
		*ret = fd;
	else if (fd >= 0)
		close(fd);
	return rc;
}

/*
 * The manager closes the descriptor that comes with BARRIER=1 when it has read all before
 * it. If we ended earlier it might not find out whose the messages were, and drop them.
 */
static void barrier(int sock)
{
	struct pollfd p = { .fd = -1 };
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) < 0)
		return;
	p.fd = fd[0];
	if (!console_send(sock, "BARRIER=1", fd[1])) {
		close(fd[1]);
		poll(&p, 1, BARRIER_MS);	/* its end is POLLHUP */
	} else {
		close(fd[1]);
	}
	close(fd[0]);
}

static int tell(pid_t pid)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const char *path = manager();
	size_t len = strlen(path);
	char text[64];
	int fd, n, rc = 0;

	if (len >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, len);
	if (*path == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	n = snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1", pid);
	if (connect(fd, (struct sockaddr *)&a,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0 ||
	    send(fd, text, (size_t)n, MSG_NOSIGNAL) != n)
		rc = -errno;
	if (!rc)
		barrier(fd);
	close(fd);
	return rc;
}

static bool says_ready(const char *text)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, "READY=1", 7) && (!line[7] || line[7] == '\n'))
			return true;
	}
	return false;
}

bool notify_serve(int fd, pid_t pid)
{
	char text[4096];
	ssize_t n;
	int rc;

	while ((n = recv(fd, text, sizeof(text) - 1, 0)) >= 0) {
		text[n] = '\0';
		if (!says_ready(text))
			continue;
		rc = tell(pid);
		if (rc < 0)
			log_warn("NOTIFY_SOCKET: %s", err_reason(rc));
		return true;
	}
	return false;
}

void notify_wait(struct container *c, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	while (cg_ref_alive(c->ctx, &c->st.init) == 0) {
		poll(&p, 1, POLL_MS);
		if (notify_serve(fd, c->st.init.pid))
			return;
	}
	/* The last words of one that has ended. */
	notify_serve(fd, c->st.init.pid);
}
