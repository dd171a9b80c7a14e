/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_SYS_COUNTS_H
#define CGI_SYS_COUNTS_H

#include "sys.h"

int cgi_sys_counts(void *k, int dirfd, struct cgi_counts *ret);

#endif
