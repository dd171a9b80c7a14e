/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no program here may call, as compile errors: whoever would signal a process or
 * remove a cgroup by itself asks libcg instead. Last include of every file below tools/,
 * after the headers that declare these. tests/lint looks at the objects too, so that
 * going round this file does not help.
 */
#ifndef TOOLS_BANNED_H
#define TOOLS_BANNED_H

#define BANNED(f) sorry_##f##_is_a_banned_function

#undef kill
#define kill(...) BANNED(kill)
#undef killpg
#define killpg(...) BANNED(killpg)
#undef tgkill
#define tgkill(...) BANNED(tgkill)
#undef raise
#define raise(...) BANNED(raise)
#undef gsignal
#define gsignal(...) BANNED(gsignal)
#undef sigqueue
#define sigqueue(...) BANNED(sigqueue)
#undef pthread_kill
#define pthread_kill(...) BANNED(pthread_kill)
#undef pthread_sigqueue
#define pthread_sigqueue(...) BANNED(pthread_sigqueue)
#undef pidfd_send_signal
#define pidfd_send_signal(...) BANNED(pidfd_send_signal)
#undef rmdir
#define rmdir(...) BANNED(rmdir)
#undef remove
#define remove(...) BANNED(remove)

/* Only tools/cgrun/state/state.c, which removes the state directory. */
#ifndef BANNED_EXCEPT_UNLINKAT
#undef unlinkat
#define unlinkat(...) BANNED(unlinkat)
#endif

/* Only tools/cgrun/base/sys.c, for what the C library has no function for. */
#ifndef BANNED_EXCEPT_SYSCALL
#undef syscall
#define syscall(...) BANNED(syscall)
#endif

/* Other programs would do it unseen. */
#undef system
#define system(...) BANNED(system)
#undef popen
#define popen(...) BANNED(popen)
#undef dlsym
#define dlsym(...) BANNED(dlsym)

/* Cannot be used safely. */
#undef strcpy
#define strcpy(...) BANNED(strcpy)
#undef strcat
#define strcat(...) BANNED(strcat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(...) BANNED(strtok)
#undef atoi
#define atoi(...) BANNED(atoi)
#undef atol
#define atol(...) BANNED(atol)

#endif
