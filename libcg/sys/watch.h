/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_SYS_WATCH_H
#define CGI_SYS_WATCH_H

#include "sys.h"

/* As in struct cg_sys. */
int cgi_sys_set(void *k);
int cgi_sys_set_add(void *k, int set, int fd, uint32_t key);
int cgi_sys_set_ready(void *k, int set, uint32_t *keys, int n);
int cgi_sys_timer(void *k);
int cgi_sys_timer_set(void *k, int fd, uint64_t usec);
int cgi_sys_eventfd(void *k);
uint64_t cgi_sys_count(void *k, int fd);
int cgi_sys_notifier(void *k);
int cgi_sys_notify(void *k, int fd, int dirfd, const char *name, bool dir);
void cgi_sys_unnotify(void *k, int fd, int wd);
int cgi_sys_notices(void *k, int fd, cgi_notice_fn fn, void *data);
int cgi_sys_trigger(void *k, int dirfd, const char *name, const char *text);
int cgi_sys_drain(void *k, int fd);

#endif
