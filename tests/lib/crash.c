/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash N COMMAND...: runs it and kills it (SIGKILL) before its N-th system call, those of
 * its children counted too. The children are let go: what they do then is what they would
 * do if somebody had killed their parent. N 0: to the end; prints how many calls there were.
 * Exits with 99 if it was killed, with the command's own status if it ended before.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)
#define MAX	64

static pid_t tracee[MAX];
static bool inside[MAX];		/* a system call */
static int n_tracees;

static int find(pid_t pid)
{
	for (int i = 0; i < n_tracees; i++)
		if (tracee[i] == pid)
			return i;
	if (n_tracees == MAX)
		exit(98);
	tracee[n_tracees] = pid;
	inside[n_tracees] = false;
	return n_tracees++;
}

static void forget(pid_t pid)
{
	int i = find(pid);

	tracee[i] = tracee[--n_tracees];
	inside[i] = inside[n_tracees];
}

/* Only what is stopped can be let go: each is stopped first, and loses no signal by it. */
static void let_go(pid_t main)
{
	for (int i = 0; i < n_tracees; i++) {
		int status;

		if (tracee[i] == main || ptrace(PTRACE_DETACH, tracee[i], 0, 0) == 0)
			continue;
		if (ptrace(PTRACE_INTERRUPT, tracee[i], 0, 0) == 0 &&
		    waitpid(tracee[i], &status, __WALL) == tracee[i] && WIFSTOPPED(status))
			ptrace(PTRACE_DETACH, tracee[i], 0, 0);
	}
}

/* A signal goes to whom it was sent; stops of the tracing itself are nobody's. */
static int signal_of(int status)
{
	int sig = WSTOPSIG(status);

	return status >> 16 || sig == (SIGTRAP | 0x80) ? 0 : sig;
}

int main(int argc, char **argv)
{
	long at = argc > 2 ? atol(argv[1]) : -1, calls = 0;
	int status, go[2];
	pid_t main, pid;
	char c;

	if (at < 0 || pipe(go))
		return 2;
	main = fork();
	if (!main) {
		close(go[1]);
		if (read(go[0], &c, 1) < 0)
			_exit(127);
		close(go[0]);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	if (main < 0 || ptrace(PTRACE_SEIZE, main, 0, OPTIONS))
		return 2;
	close(go[0]);
	close(go[1]);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int i;

		if (!WIFSTOPPED(status)) {
			forget(pid);
			if (pid != main)
				continue;
			let_go(main);
			if (at == 0)
				printf("%ld\n", calls);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		i = find(pid);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8) && pid != main) {
			ptrace(PTRACE_DETACH, pid, 0, 0);	/* the container's own program */
			forget(pid);
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			inside[i] = !inside[i];
			if (inside[i] && ++calls == at) {
				kill(main, SIGKILL);
				let_go(main);
				waitpid(main, &status, __WALL);
				return 99;
			}
		}
		ptrace(PTRACE_SYSCALL, pid, 0, signal_of(status));
	}
	return 2;
}
