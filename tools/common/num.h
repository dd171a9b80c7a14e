/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMON_NUM_H
#define COMMON_NUM_H

/* The whole of s is a decimal number within [min, max]: 0, else -EINVAL or -ERANGE. */
int num_parse(const char *s, long long min, long long max, long long *ret);

/* "67108864", "64m", "1.5GiB", "-1": bytes, in the units (of 1024) that engines know. */
int num_bytes(const char *s, long long *ret);

#endif
