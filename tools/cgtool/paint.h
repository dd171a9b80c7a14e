/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Colours on standard output, where it is a terminal that wants some. */
#ifndef CGTOOL_PAINT_H
#define CGTOOL_PAINT_H

#include <stdbool.h>

enum paint { PAINT_NONE, PAINT_GROUP, PAINT_CONTAINER, PAINT_FROZEN, PAINT_WARN, PAINT_DIM };

/* What begins the colour; PAINT_NONE ends any. "" where there is none. */
const char *paint(enum paint p);
/* The locale's characters are UTF-8: lines can be drawn. */
bool paint_utf8(void);

#endif
