/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMON_NUM_H
#define COMMON_NUM_H

/* The whole of s is a decimal number within [min, max]: 0, else -EINVAL or -ERANGE. */
int num_parse(const char *s, long long min, long long max, long long *ret);

#endif
