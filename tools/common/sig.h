/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMON_SIG_H
#define COMMON_SIG_H

/* "9", "KILL", "SIGKILL", "sigkill", "RTMIN+1": the number, or -EINVAL. */
int sig_parse(const char *s);

/* "KILL" for 9; NULL for a number without a name. */
const char *sig_name(int sig);

#endif
