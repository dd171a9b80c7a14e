/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crash [-c] [-s SIGNAL] N COMMAND...: runs it, and ends it (SIGKILL, or that signal) before
 * its N-th step, those of its children counted too. -c: only the children's steps count,
 * and the child is ended that is about to make the N-th. N 0: nobody is. With SIGSTOP the
 * child is stopped there and left so (the call may still be made).
 *
 * A step is a system call that can change something that outlives its caller. Of whatever
 * a process does between two steps nothing is left when it ends: files read, descriptors,
 * memory, its masks and handlers. So a crash between them leaves the world that a crash
 * before the next step leaves, and whoever tries each step has tried each moment. What
 * is harmless is listed below; a call that is not listed counts as a step.
 *
 * Children are let go when the command has ended: they do what they would do if somebody
 * had killed their parent. The last line on standard output is "STEPS CALL STATUS": how
 * many steps were seen, the number of the system call at which one was ended (-1: the
 * command was faster), and how the command ended, 128 + signal if by one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
		 PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC)
#define MAX	64
#define NSFS	0xb7		/* ioctls that ask about namespaces */

static pid_t tracee[MAX];
static int n_tracees;

static const long harmless[] = {
	/* they read */
	SYS_read, SYS_readv, SYS_pread64, SYS_lseek, SYS_getdents64, SYS_fstat,
	SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_readlinkat,
	SYS_open_by_handle_at, SYS_getxattr, SYS_fgetxattr, SYS_recvfrom, SYS_recvmsg,
	SYS_getsockopt, SYS_getsockname, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getpgid,
	SYS_getsid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid,
	SYS_getresgid, SYS_getgroups, SYS_capget, SYS_uname, SYS_sysinfo, SYS_getcwd,
	SYS_getrandom, SYS_gettimeofday, SYS_clock_gettime, SYS_sched_getaffinity, SYS_ppoll,
	SYS_clock_nanosleep, SYS_nanosleep, SYS_restart_syscall,
	/* what they make or change goes with the process */
	SYS_close, SYS_close_range, SYS_dup, SYS_dup3, SYS_fcntl, SYS_pipe2, SYS_socket,
	SYS_socketpair, SYS_setsockopt, SYS_pidfd_open, SYS_signalfd4, SYS_eventfd2,
	SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_inotify_init1,
	SYS_memfd_create, SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk,
	SYS_futex, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_set_tid_address, SYS_set_robust_list, SYS_rseq, SYS_umask, SYS_chdir, SYS_fchdir,
	/* mounts that are nowhere yet */
	SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
	/* what some architectures lack, or have by another name */
#ifdef SYS_newfstatat
	SYS_newfstatat,
#endif
#ifdef SYS_fstatat64
	SYS_fstatat64,
#endif
#ifdef SYS_open
	SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_time, SYS_poll, SYS_dup2, SYS_pipe,
	SYS_getpgrp,
#endif
#ifdef SYS_arch_prctl
	SYS_arch_prctl,
#endif
};

static int find(pid_t pid)
{
	for (int i = 0; i < n_tracees; i++)
		if (tracee[i] == pid)
			return i;
	if (n_tracees == MAX)
		exit(98);
	tracee[n_tracees] = pid;
	return n_tracees++;
}

static void forget(pid_t pid)
{
	tracee[find(pid)] = tracee[n_tracees - 1];
	n_tracees--;
}

static bool opens_to_read(uint64_t flags)
{
	return !(flags & (O_ACCMODE | O_CREAT | O_TRUNC));
}

/* Some are one or the other, as they are asked. */
static bool is_step(pid_t pid, long nr, const uint64_t *arg)
{
	switch (nr) {
#ifdef SYS_open
	case SYS_open:
		return !opens_to_read(arg[1]);
#endif
	case SYS_openat:	/* without waiting: an end of a fifo, and the other end sees it */
		return !opens_to_read(arg[2]) || arg[2] & O_NONBLOCK;
	case SYS_openat2:	/* never a fifo; struct open_how begins with the flags */
		return !opens_to_read((uint64_t)ptrace(PTRACE_PEEKDATA, pid, arg[2], 0));
	case SYS_ioctl:
		return (arg[1] >> 8 & 0xff) != NSFS;
	case SYS_prlimit64:
		return arg[2];	/* a new limit */
	case SYS_pidfd_send_signal:
		return arg[1];	/* 0: does it live? */
	case SYS_prctl:		/* others decide who outlives whom, and who sees whom */
		return arg[0] != PR_CAPBSET_READ && arg[0] != PR_CAPBSET_DROP &&
		       arg[0] != PR_CAP_AMBIENT;
	}
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (nr == harmless[i])
			return false;
	return true;
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

struct plan {
	bool children;
	int sig;
	long at, steps, hit;
};

/* The system call that it is about to make, if that is a step that counts; or -1. */
static long step_of(const struct plan *p, pid_t main, pid_t pid, int status)
{
	struct __ptrace_syscall_info call;
	long nr;

	if (WSTOPSIG(status) != (SIGTRAP | 0x80) || (p->children && pid == main) ||
	    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) <= 0 ||
	    call.op != PTRACE_SYSCALL_INFO_ENTRY)
		return -1;
	nr = (long)call.entry.nr;
	/* A child that ends has done what it was there for. */
	if (p->children && nr == SYS_exit_group)
		return -1;
	return is_step(pid, nr, call.entry.args) ? nr : -1;
}

static void proceed(struct plan *p, pid_t main, pid_t pid, int status)
{
	long nr = p->hit < 0 ? step_of(p, main, pid, status) : -1;

	if (nr >= 0 && ++p->steps == p->at) {
		p->hit = nr;
		kill(p->children ? pid : main, p->sig);
		/* One that is traced would not stay stopped, nor would its parent learn of it. */
		if (p->sig == SIGSTOP && p->children) {
			ptrace(PTRACE_DETACH, pid, 0, 0);
			forget(pid);
			return;
		}
	}
	ptrace(p->hit < 0 ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, signal_of(status));
}

static int trace(struct plan *p, pid_t main)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFSTOPPED(status)) {
			find(pid);
			if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8) && pid != main) {
				ptrace(PTRACE_DETACH, pid, 0, 0);  /* the container's own program */
				forget(pid);
				continue;
			}
			proceed(p, main, pid, status);
			continue;
		}
		forget(pid);
		if (pid == main) {
			let_go(main);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
	return -1;
}

static void start(char **argv, const int go[2])
{
	char c;

	close(go[1]);
	if (read(go[0], &c, 1) < 0)
		_exit(127);
	close(go[0]);
	execv(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct plan p = { .sig = SIGKILL, .hit = -1 };
	int opt, rc, go[2];
	pid_t main;

	while ((opt = getopt(argc, argv, "+cs:")) != -1)
		if (opt == 'c')
			p.children = true;
		else if (opt == 's')
			p.sig = atoi(optarg);
		else
			return 2;
	if (argc - optind < 2 || pipe(go))
		return 2;
	p.at = atol(argv[optind]);
	main = fork();
	if (!main)
		start(argv + optind + 1, go);
	if (main < 0 || ptrace(PTRACE_SEIZE, main, 0, OPTIONS))
		return 2;
	close(go[0]);
	close(go[1]);
	rc = trace(&p, main);
	printf("\n%ld %ld %d\n", p.steps, p.hit, rc);
	return rc < 0 ? 2 : 0;
}
