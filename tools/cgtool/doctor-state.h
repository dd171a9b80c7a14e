/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DOCTOR_STATE_H
#define DOCTOR_STATE_H

#include "doctor.h"

/* States of cgrun whose container is gone, or was left half done. */
void doctor_states(struct doctor *d, bool fix, bool yes);

/* "what? [y/N]" on the terminal, unless yes. */
bool doctor_ask(bool yes, const char *what);

#endif
