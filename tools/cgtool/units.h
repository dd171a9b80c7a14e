/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as people read them, in up to seven characters. */
#ifndef CGTOOL_UNITS_H
#define CGTOOL_UNITS_H

#include <stddef.h>
#include <stdint.h>

#define UNITS_SIZE	24

/* "0", "812K", "1.5G": units of 1024; UINT64_MAX, no limit, is "none". */
void units_bytes(char buf[UNITS_SIZE], uint64_t n);
/* "83us", "1.2ms", "4.20s", "3m05s", "2h07m", "5d03h" */
void units_time(char buf[UNITS_SIZE], uint64_t usec);
/* Hundredths of a percent: "0.3%", "100%" */
void units_percent(char buf[UNITS_SIZE], uint64_t hundredths);
/* "12345"; UINT64_MAX is "none" */
void units_count(char buf[UNITS_SIZE], uint64_t n);

#endif
