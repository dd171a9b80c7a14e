/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * checkpoint and restore are not built. Engines ask by `checkpoint --help`, which fails, and
 * pass on what is said. The options are those of runc, so that it is this sentence, and not
 * one about an option, that is read; what is wrong with them is said all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/base.h"
#include "cmd.h"
#include "container/container.h"
#include "verb/verb.h"
#include "banned.h"

#define CRIU_OPTIONS \
	{ "image-path", 0, "DIR", "where the images are", false }, \
	{ "work-path", 0, "DIR", "where logs are written", false }, \
	{ "tcp-established", 0, NULL, "with open TCP connections", false }, \
	{ "ext-unix-sk", 0, NULL, "with external UNIX sockets", false }, \
	{ "shell-job", 0, NULL, "with a terminal of its own", false }, \
	{ "lazy-pages", 0, NULL, "memory on demand", false }, \
	{ "file-locks", 0, NULL, "with file locks", false }, \
	{ "manage-cgroups-mode", 0, "MODE", "soft, full, strict or ignore", false }, \
	{ "empty-ns", 0, "NAMESPACE", "not what is in it", false }, \
	{ "auto-dedup", 0, NULL, "without pages that are there twice", false }

const struct cmd_opt checkpoint_options[] = {
	CRIU_OPTIONS,
	{ "parent-path", 0, "DIR", "of an earlier pre-dump, below --image-path", 0 },
	{ "leave-running", 0, NULL, "the container goes on", 0 },
	{ "status-fd", 0, "FD", "told when lazy pages can be asked for", 0 },
	{ "page-server", 0, "ADDRESS:PORT", "where the memory is sent", 0 },
	{ "pre-dump", 0, NULL, "the memory alone", 0 },
	{ "tcp-skip-in-flight", 0, NULL, "without connections that are being made", 0 },
	{ "link-remap", 0, NULL, "with files that have no name any more", 0 },
	{ 0 }
};

const struct cmd_opt restore_options[] = {
	CRIU_OPTIONS,
	{ "bundle", 'b', "DIR", "directory of config.json", 0 },
	{ "console-socket", 0, "PATH", "socket that receives the master of the terminal", 0 },
	{ "detach", 'd', NULL, "return once the program runs", 0 },
	{ "pid-file", 0, "FILE", "write the process id of init there", 0 },
	{ "no-subreaper", 0, NULL, "do not reap what the container leaves",
	  .flags = CMD_SINGLE_DASH },
	{ "no-pivot", 0, NULL, "do not use pivot_root(2)", 0 },
	{ "lsm-profile", 0, "TYPE:NAME", "another security label", 0 },
	{ 0 }
};

static int check_parent(const struct cmd_args *a, struct err *e)
{
	const char *parent = cmd_value(a, "parent-path"), *image = cmd_value(a, "image-path");
	struct stat st;
	char *path;
	int rc = 0;

	if (!parent)
		return 0;
	if (parent[0] == '/')
		return err_set(e, -EINVAL, "--parent-path %s: must be relative to --image-path",
			       parent);
	if (asprintf(&path, "%s/%s", image ? image : "checkpoint", parent) < 0)
		return no_memory(e);
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		rc = err_set(e, -EINVAL, "--parent-path %s: %s is not a directory", parent, path);
	free(path);
	return rc;
}

int cmd_checkpoint(const struct cmd_args *a, struct err *e)
{
	struct container c;
	struct app app;
	int rc = app_init(&app, a, false, e);

	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		container_close(&c);
		rc = check_parent(a, e);
	}
	app_free(&app);
	return rc < 0 ? rc : err_set(e, -EOPNOTSUPP, CHECKPOINT_NOT_BUILT);
}

int cmd_restore(const struct cmd_args *a, struct err *e)
{
	(void)a;
	return err_set(e, -EOPNOTSUPP, CHECKPOINT_NOT_BUILT);
}
