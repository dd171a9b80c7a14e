/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.seccomp as a filter: made by the parent from the configuration, so that what is
 * wrong with it is said before anything runs, and loaded by the container's process.
 */
#ifndef CGRUN_FILTER_H
#define CGRUN_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

#include "err.h"

struct json_object;

struct filter {
	struct sock_filter *insn;
	unsigned short n;		/* 0: no filter */
	unsigned flags;			/* SECCOMP_FILTER_FLAG_* */
	bool notify;			/* somebody outside answers for some calls */
	volatile int *taken;		/* shared: the parent has the listener (1) or not (-1) */
};

/* section NULL: none is asked for. */
int filter_compile(struct json_object *section, struct filter *ret, struct err *e);
void filter_free(struct filter *f);

/* What answers ENOSYS to calls that are newer than any that the configuration names. */
struct filter_arch { uint32_t token; int64_t newest; };
size_t filter_prefix(const struct filter_arch *arch, size_t n, struct sock_filter *out);
#define FILTER_PREFIX_MAX(n_arch)	(1 + 9 * (n_arch))

/* For `features`: the i-th name, NULL after the last. */
const char *filter_action_name(size_t i);
const char *filter_operator_name(size_t i);
const char *filter_arch_name(size_t i);
const char *filter_flag_name(size_t i);

#endif
