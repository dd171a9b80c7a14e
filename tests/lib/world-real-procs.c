/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real world's processes: how they are started, and what the observer sees of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world-real.h"

#define QUIET_MS	25		/* nothing from one who does not run for so long */
#define READY_MS	5000		/* for a child to be what it shall be */

uint64_t w_now_ms(struct world *w)
{
	struct timespec t;

	(void)w;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void w_wait_ms(struct world *w, unsigned ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	(void)w;
	nanosleep(&t, NULL);
}

bool w_readable(struct world *w, int fd, unsigned ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)w;
	return poll(&p, 1, (int)ms) > 0;
}

static struct who *by_id(struct world *w, int id)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->who[i].id == id)
			return &w->who[i];
	return NULL;
}

static int open_pidfd(struct world *w, pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	w->own_fds += fd >= 0;
	return fd;
}

/* One message; the kernel says who sent it, as a number of our PID namespace. */
static bool take_news(struct world *w, int sock)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	struct news m;
	struct iovec iov = { &m, sizeof(m) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c;
	struct who *x;

	if (recvmsg(sock, &msg, MSG_DONTWAIT) != sizeof(m))
		return false;
	x = by_id(w, m.id);
	if (!x)
		return true;
	if (m.what == 's' && m.sig > 0 && m.sig < 65)
		x->got[m.sig]++;
	c = CMSG_FIRSTHDR(&msg);
	if (m.what == 'h' && !x->pid && c && c->cmsg_type == SCM_CREDENTIALS) {
		struct ucred cred;

		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		x->pid = cred.pid;
		x->pidfd = open_pidfd(w, cred.pid);
	}
	return true;
}

/* Reads what there is, waiting up to ms for more. True if there was anything. */
static bool listen_for(struct world *w, int ms)
{
	struct pollfd p[MAX_WHO];
	bool any = false;
	nfds_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (w->who[i].sock >= 0)
			p[n++] = (struct pollfd){ .fd = w->who[i].sock, .events = POLLIN };
	if (poll(p, n, ms) <= 0)
		return false;
	for (nfds_t i = 0; i < n; i++)
		while (p[i].revents && take_news(w, p[i].fd))
			any = true;
	/* A hung-up socket is always ready: do not spin on it. */
	if (!any && ms > 0)
		w_wait_ms(w, 1);
	return any;
}

static bool wait_ready(struct world *w, struct who *x)
{
	uint64_t end = w_now_ms(w) + READY_MS;

	while (!x->pid && w_now_ms(w) < end)
		listen_for(w, 20);
	if (!x->pid)
		fprintf(stderr, "# a process did not start\n");
	return x->pid;
}

static struct who *who_new(struct world *w)
{
	struct who *x = &w->who[w->n];

	if (w->n == MAX_WHO)
		abort();
	memset(x, 0, sizeof(*x));
	x->id = ++w->next_id;
	x->pidfd = x->sock = x->leash = -1;
	w->n++;
	return x;
}

static void write_map(pid_t pid, const char *file, const char *text)
{
	char dir[32];

	snprintf(dir, sizeof(dir), "/proc/%d", (int)pid);
	dir_write(dir, file, text);
}

static void map_ids(pid_t pid)
{
	char text[64];

	if (geteuid() == 0) {
		write_map(pid, "uid_map", "0 0 100000");
		write_map(pid, "gid_map", "0 0 100000");
		return;
	}
	write_map(pid, "setgroups", "deny");
	snprintf(text, sizeof(text), "%u %u 1", (unsigned)getuid(), (unsigned)getuid());
	write_map(pid, "uid_map", text);
	snprintf(text, sizeof(text), "%u %u 1", (unsigned)getgid(), (unsigned)getgid());
	write_map(pid, "gid_map", text);
}

/* A process of its own family, in new namespaces. It waits for a byte, then lives. */
static struct who *start_family(struct world *w, unsigned long flags)
{
	struct who *x = who_new(w);
	int sock[2], leash[2], go[2], on = 1;
	char byte = 0;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) ||
	    pipe2(leash, O_CLOEXEC) || pipe2(go, O_CLOEXEC) ||
	    setsockopt(sock[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		abort();
	fflush(stdout);
	if (w->room)
		hold_still(true);
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
	if (w->room)
		hold_still(false);
	if (pid == 0) {
		close(go[1]);
		close(leash[0]);
		close(sock[0]);
		if (read(go[0], &byte, 1) != 1)
			_exit(0);
		close(go[0]);
		run_first(sock[1], x->id);
	}
	close(sock[1]);
	close(leash[1]);
	close(go[0]);
	if (pid > 0 && flags & CLONE_NEWUSER)
		map_ids(pid);
	if (pid < 0 || write(go[1], &byte, 1) != 1)
		fprintf(stderr, "# cannot start a process: %s\n", strerror(errno));
	close(go[1]);
	x->sock = sock[0];
	x->leash = leash[0];
	w->own_fds += 2;
	return wait_ready(w, x) ? x : NULL;
}

struct who *w_spawn(struct world *w)
{
	return start_family(w, 0);
}

struct who *w_stranger(struct world *w)
{
	struct who *x = start_family(w, 0);

	if (x)
		x->stranger = true;
	return x;
}

struct who *w_first(struct world *w, struct cg *cg)
{
	unsigned ids = w->stack->ids & ~CG_ID_HELD;
	unsigned long flags = 0;
	struct who *x;

	if (ids & CG_ID_USER)
		flags |= CLONE_NEWUSER | CLONE_NEWNS;
	if (ids & CG_ID_PID)
		flags |= CLONE_NEWPID;
	if (ids & CG_ID_MNT || geteuid() == 0)
		flags |= CLONE_NEWNS;
	x = start_family(w, flags);
	if (!x || cg_attach(cg, x->pid) || (ids && cg_identify(cg, x->pid, ids)))
		return NULL;
	return hold(w, cg, x->pid, ids) ? x : NULL;
}

static char state_of(pid_t pid, unsigned *flags)
{
	char name[32], text[512], state = 0, *s;

	*flags = 0;
	snprintf(name, sizeof(name), "/proc/%d", (int)pid);
	if (dir_read(name, "stat", text, sizeof(text)) <= 0)
		return 0;
	s = strrchr(text, ')');
	if (!s || sscanf(s, ") %c %*d %*d %*d %*d %*d %u", &state, flags) != 2)
		return 0;
	return state;
}

static void wait_state(struct world *w, struct who *x, const char *states)
{
	uint64_t end = w_now_ms(w) + READY_MS;
	unsigned flags;

	while (w_now_ms(w) < end) {
		char c = state_of(x->pid, &flags);

		if (!c || strchr(states, c))
			return;
		w_wait_ms(w, 1);
	}
	fprintf(stderr, "# %d is not in state %s\n", (int)x->pid, states);
}

static void trace(struct who *x)
{
	if (ptrace(PTRACE_SEIZE, x->pid, 0, 0) || ptrace(PTRACE_INTERRUPT, x->pid, 0, 0))
		fprintf(stderr, "# ptrace: %s\n", strerror(errno));
	else
		x->traced = waitpid(x->pid, NULL, __WALL) == x->pid;
}

/* The nested group that it made for itself, in each hierarchy. */
static void freeze_where_it_is(struct world *w, pid_t pid)
{
	char own[512], dir[700];

	for (size_t i = 0; i < w->ntrees; i++) {
		const struct tree *t = &w->tree[i];

		if (!group_of(t, pid, own, sizeof(own)))
			continue;
		snprintf(dir, sizeof(dir), "%s%s", t->mount, own);
		if (t->v2)
			dir_write(dir, "cgroup.freeze", "1");
		else
			dir_write(dir, "freezer.state", "FROZEN");
	}
}

struct who *w_add(struct world *w, struct who *first, enum kind kind)
{
	struct who *x = who_new(w);
	struct job j = { .what = 'n', .kind = kind, .id = x->id };
	uint64_t end;

	if (send(first->sock, &j, sizeof(j), MSG_NOSIGNAL) != sizeof(j) || !wait_ready(w, x))
		return NULL;
	if (kind == K_STOPPED)
		wait_state(w, x, "T");
	else if (kind == K_VFORK)
		wait_state(w, x, "D");
	else if (kind == K_LEADERLESS)
		wait_state(w, x, "Z");
	else if (kind == K_TRACED)
		trace(x);
	end = w_now_ms(w) + READY_MS;
	if (kind == K_NESTED_FROZEN)
		freeze_where_it_is(w, x->pid);
	while (kind == K_NESTED_FROZEN && !w_left_frozen(w) && w_now_ms(w) < end)
		w_wait_ms(w, 1);
	return x;
}

int w_pidfd(struct world *w, struct who *x)
{
	(void)w;
	return fcntl(x->pidfd, F_DUPFD_CLOEXEC, 0);
}

void w_pidfd_close(struct world *w, int fd)
{
	(void)w;
	close(fd);
}

pid_t w_pid(struct who *x)
{
	return x->pid;
}

void w_forget(struct world *w)
{
	(void)w;
}

/* Its last thread is past its exit; zombies of ours are not collected before the end. */
static bool past_exit(struct who *x)
{
	struct pollfd p = { .fd = x->pidfd, .events = POLLIN };
	unsigned flags;
	char state;

	if (x->pidfd < 0 || poll(&p, 1, 0) != 0)
		return true;
	state = state_of(x->pid, &flags);
	return !state || (state != 'Z' && flags & 4);
}

/*
 * 0: it sleeps and no signal waits for it, or it is stopped: what was done to it shows by
 * now, for a sender makes it runnable in the same moment. Else its state; a frozen one
 * sleeps on with its signals.
 */
static char busy(struct who *x)
{
	unsigned long long own = 1, shared = 1;
	char name[32], text[4096], state, *s;

	snprintf(name, sizeof(name), "/proc/%d", (int)x->pid);
	if (dir_read(name, "status", text, sizeof(text)) <= 0)
		return 'X';
	s = strstr(text, "\nState:\t");
	state = s ? s[8] : 'X';
	s = strstr(text, "\nSigPnd:");
	if (!s || sscanf(s, " SigPnd: %llx ShdPnd: %llx", &own, &shared) != 2)
		return 'X';
	return state == 'T' || state == 't' || (state == 'S' && !own && !shared) ? 0 : state;
}

/* Until it is past its exit or not busy; who may never be is given QUIET_MS. */
static void settle(struct world *w, struct who *x)
{
	uint64_t now = w_now_ms(w), end = now + READY_MS, quiet = now + QUIET_MS;
	char state;

	while (!past_exit(x) && (state = busy(x)) && now < end && now < quiet) {
		listen_for(w, 1);
		now = w_now_ms(w);
		if (state == 'R')
			quiet = now + QUIET_MS;
	}
	while (listen_for(w, 0))
		;
}

bool w_dead(struct world *w, struct who *x)
{
	settle(w, x);
	return past_exit(x);
}

void w_end(struct world *w, struct who *x)
{
	struct pollfd p = { .fd = x->pidfd, .events = POLLIN };

	(void)w;
	x->ended = true;
	syscall(SYS_pidfd_send_signal, x->pidfd, SIGKILL, NULL, 0);
	poll(&p, 1, READY_MS);
}

unsigned w_got(struct world *w, struct who *x, int sig)
{
	settle(w, x);
	return x->got[sig];
}

bool w_members_left(struct world *w)
{
	uint64_t end = w_now_ms(w) + 1000;

	for (size_t i = 0; i < w->n; i++) {
		struct pollfd p = { .fd = w->who[i].leash, .events = 0 };

		if (w->who[i].leash < 0 || w->who[i].stranger)
			continue;
		/* Past its exit a process may hold the pipe for a moment more. */
		do {
			if (poll(&p, 1, 10) > 0 && p.revents & POLLHUP)
				break;
		} while (w_now_ms(w) < end);
		if (!(p.revents & POLLHUP))
			return true;
	}
	return false;
}

const char *w_strangers(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct who *x = &w->who[i];

		if (!x->stranger)
			continue;
		settle(w, x);
		if (!x->ended && past_exit(x)) {
			snprintf(w->text, sizeof(w->text), "a stranger (%d) has ended",
				 (int)x->pid);
			return w->text;
		}
		for (int sig = 1; sig < 65; sig++)
			if (x->got[sig]) {
				snprintf(w->text, sizeof(w->text), "a stranger (%d) got signal %d",
					 (int)x->pid, sig);
				return w->text;
			}
	}
	return NULL;
}

unsigned w_open_fds(struct world *w)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - w->own_fds;
}

unsigned long w_progress(struct world *w)
{
	return __atomic_load_n(&w->shared->progress, __ATOMIC_RELAXED);
}
