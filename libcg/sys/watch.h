/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_SYS_WATCH_H
#define CGI_SYS_WATCH_H

#include <stdint.h>

/* As in struct cg_sys. */
int cgi_sys_timer(void *k, uint64_t usec);
int cgi_sys_either(void *k, int timer, int file);
int cgi_sys_drain(void *k, int fd);

#endif
