/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container or an exec that the caller waits for: signals go on to it, its terminal
 * to ours, and its end becomes our exit code. One loop, no handler.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/base.h"
#include "container/container.h"
#include "banned.h"

void signals_that_wait(sigset_t *set)
{
	sigfillset(set);
	/* Those that a fault raises must end us, not wait. */
	sigdelset(set, SIGSEGV);
	sigdelset(set, SIGBUS);
	sigdelset(set, SIGFPE);
	sigdelset(set, SIGILL);
	sigdelset(set, SIGABRT);
	/* In the background of a terminal we stop, as everybody else. */
	sigdelset(set, SIGTTIN);
	sigdelset(set, SIGTTOU);
}

int foreground_begin(struct foreground *f, bool subreaper, struct err *e)
{
	sigset_t all;

	*f = (struct foreground){ .master = -1, .notify = -1 };
	if (subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return err_set(e, -errno, "cannot become the reaper: %s", strerror(errno));
	signals_that_wait(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	f->sigfd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (f->sigfd < 0)
		return err_set(e, -errno, "cannot wait for signals: %s", strerror(errno));
	return 0;
}

/* ---- the terminal ---- */

/* What was read and not written yet. */
struct pipe_buf {
	int from, to;		/* from -1: ended */
	size_t at, len;
	char data[4096];
};

static void resize(int master)
{
	struct winsize w;

	if (!ioctl(STDIN_FILENO, TIOCGWINSZ, &w) || !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w))
		ioctl(master, TIOCSWINSZ, &w);
}

/* 1: old holds what to set back. The output flags stay the user's: other programs print, too. */
static int raw(struct termios *old)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, old) < 0)
		return 0;
	t = *old;
	cfmakeraw(&t);
	t.c_oflag = old->c_oflag;
	return !tcsetattr(STDIN_FILENO, TCSANOW, &t);
}

/* What to wait for: room for what was read, else more of it. */
static struct pollfd wanted(const struct pipe_buf *b)
{
	return b->len ? (struct pollfd){ .fd = b->to, .events = POLLOUT } :
			(struct pollfd){ .fd = b->from, .events = POLLIN };
}

/*
 * After poll() has said that it does not block. To a pipe that has room at all no less
 * than data[] can be written.
 */
static void move(struct pipe_buf *b)
{
	ssize_t n;

	if (b->len) {
		n = write(b->to, b->data + b->at, b->len);
		if (n > 0) {
			b->at += (size_t)n;
			b->len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN && errno != EINTR) {
			b->len = 0;
			b->from = -1;
		}
	} else if (b->from >= 0) {
		n = read(b->from, b->data, sizeof b->data);
		b->at = 0;
		b->len = n > 0 ? (size_t)n : 0;
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
			b->from = -1;	/* EIO: nobody holds the other side */
	}
}

/* ---- signals and the end ---- */

/* 1: the child has ended and *status is set. */
static int reap(struct foreground *f, int *status)
{
	int st, found = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0) {
		if (pid != f->ref.pid)
			continue;
		*status = st;
		found = 1;
	}
	return found;
}

static int on_signals(struct foreground *f, int *status)
{
	struct signalfd_siginfo si;
	int ended = 0;

	while (read(f->sigfd, &si, sizeof si) == sizeof si) {
		int sig = (int)si.ssi_signo;

		if (sig == SIGCHLD) {
			ended |= reap(f, status);
			continue;
		}
		if (sig == SIGWINCH && f->master >= 0)
			resize(f->master);
		else if (sig != SIGURG && cg_signal_one(f->cg, &f->ref, sig) < 0)
			log_debug("signal %d is not passed on: it has ended", sig);
	}
	return ended;
}

static int loop(struct foreground *f, struct pipe_buf *in, struct pipe_buf *out)
{
	int status = 0, ended = reap(f, &status);

	while (!ended) {
		struct pollfd p[4] = {
			{ .fd = f->sigfd, .events = POLLIN }, wanted(in), wanted(out),
			{ .fd = f->notify, .events = POLLIN },
		};

		if (poll(p, 4, -1) < 0) {
			if (errno != EINTR)
				break;
			continue;
		}
		if (p[0].revents)
			ended = on_signals(f, &status);
		if (p[3].revents && notify_serve(f->notify, f->ref.pid)) {
			close(f->notify);
			f->notify = -1;
		}
		if (p[1].revents)
			move(in);
		if (p[2].revents)
			move(out);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A signal that would end us, if it did not wait. */
static bool told_to_end(const struct foreground *f)
{
	struct signalfd_siginfo si;
	bool end = false;

	while (read(f->sigfd, &si, sizeof si) == sizeof si)
		end |= si.ssi_signo == SIGTERM || si.ssi_signo == SIGINT ||
		       si.ssi_signo == SIGHUP || si.ssi_signo == SIGQUIT;
	return end;
}

/*
 * The last of the output, once the program has ended. It waits for whoever reads it, and not
 * for more from processes that live on.
 */
static void drain(const struct foreground *f, struct pipe_buf *out)
{
	while (out->len || out->from >= 0) {
		struct pollfd p[2] = { { .fd = f->sigfd, .events = POLLIN }, wanted(out) };
		int n = poll(p, 2, out->len ? -1 : 0);

		if (!n || (n < 0 && errno != EINTR) || (n > 0 && p[0].revents && told_to_end(f)))
			return;
		if (n > 0 && p[1].revents)
			move(out);
	}
}

int foreground_wait(struct foreground *f)
{
	struct pipe_buf in = { .from = -1, .to = f->master };
	struct pipe_buf out = { .from = f->master, .to = STDOUT_FILENO };
	struct termios old;
	int code, is_raw = 0;

	if (f->master >= 0) {
		in.from = STDIN_FILENO;
		fcntl(f->master, F_SETFL, fcntl(f->master, F_GETFL) | O_NONBLOCK);
		resize(f->master);
		is_raw = raw(&old);
	}
	code = loop(f, &in, &out);
	if (f->master >= 0)
		drain(f, &out);
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
	return code;
}
