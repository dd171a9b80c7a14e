/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CGI_SYS_BPF_H
#define CGI_SYS_BPF_H

#include <stddef.h>

struct bpf_insn;

/* As in struct cg_sys. */
int cgi_sys_prog_load(void *k, const char *name, const struct bpf_insn *v, size_t n);
int cgi_sys_prog_find(void *k, int dirfd, const char *name);
int cgi_sys_prog_attach(void *k, int dirfd, int prog, int old);

#endif
