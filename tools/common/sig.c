/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signal names as engines and people write them: "9", "KILL", "SIGKILL", "sigkill". */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "num.h"
#include "sig.h"

#include "banned.h"

/* The first name of a number is the one that is printed. */
static const struct { const char *name; int sig; } names[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "TRAP", SIGTRAP }, { "ABRT", SIGABRT }, { "IOT", SIGABRT }, { "BUS", SIGBUS },
	{ "FPE", SIGFPE }, { "KILL", SIGKILL }, { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 }, { "PIPE", SIGPIPE }, { "ALRM", SIGALRM }, { "TERM", SIGTERM },
#ifdef SIGSTKFLT
	{ "STKFLT", SIGSTKFLT },
#endif
	{ "CHLD", SIGCHLD }, { "CLD", SIGCHLD }, { "CONT", SIGCONT }, { "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP }, { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG", SIGURG },
	{ "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF },
	{ "WINCH", SIGWINCH }, { "IO", SIGIO }, { "POLL", SIGIO },
#ifdef SIGPWR
	{ "PWR", SIGPWR },
#endif
	{ "SYS", SIGSYS },
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* "RTMIN", "RTMIN+3", "RTMAX-2" */
static int parse_rt(const char *s)
{
	int from_min = !strncasecmp(s, "RTMIN", 5), range = SIGRTMAX - SIGRTMIN;
	long long off = 0;

	if (!from_min && strncasecmp(s, "RTMAX", 5))
		return -EINVAL;
	s += 5;
	if (*s && (*s != (from_min ? '+' : '-') || s[1] == '-' ||
		   num_parse(s + 1, 0, range, &off)))
		return -EINVAL;
	return from_min ? SIGRTMIN + (int)off : SIGRTMAX - (int)off;
}

int sig_parse(const char *s)
{
	long long n;

	if (!num_parse(s, 0, SIGRTMAX, &n))
		return (int)n;
	if (!strncasecmp(s, "SIG", 3))
		s += 3;
	for (size_t i = 0; i < N_NAMES; i++)
		if (!strcasecmp(s, names[i].name))
			return names[i].sig;
	return parse_rt(s);
}

const char *sig_name(int sig)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (names[i].sig == sig)
			return names[i].name;
	return NULL;
}
