/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CGRUN_EXEC_PROCESS_H
#define CGRUN_EXEC_PROCESS_H

#include "cmd.h"
#include "err.h"
#include "spec.h"

/*
 * The process that the options of exec describe: that of --process, or the one of the
 * container's configuration with the command and the options in place of its own.
 */
int exec_process(const struct cmd_args *a, const char *bundle, struct spec_process **ret,
		 struct err *e);

#endif
