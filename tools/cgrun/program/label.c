/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AppArmor profile and the SELinux label of the program. They are written through the
 * /proc that the caller has, held from before any namespace is entered: what the container
 * has at that place may send the write elsewhere (CVE-2019-16884, CVE-2025-52881).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/base.h"
#include "program/program.h"
#include "banned.h"

int label_open(struct program *c, struct err *e)
{
	struct statfs fs;

	c->attr = -1;
	if (!c->p->apparmor && !c->p->selinux)
		return 0;
	c->attr = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->attr < 0 || fstatfs(c->attr, &fs) < 0)
		return fail(e, -errno, "process: labels: /proc");
	if (fs.f_type == PROC_SUPER_MAGIC)
		return 0;
	return err_set(e, -ENODEV, "process: labels: /proc is no procfs");
}

static int set_selinux(const struct program *c, struct err *e)
{
	int r = c->p->selinux ? write_text(c->attr, "self/attr/exec", c->p->selinux) : 0;

	return r ? fail(e, r, "process.selinuxLabel: \"%.128s\"", c->p->selinux) : 0;
}

/* Since 5.8 AppArmor has a directory of its own, beside other security modules. */
int label_set(const struct program *c, struct err *e)
{
	char *text;
	int r = set_selinux(c, e);

	if (r || !c->p->apparmor)
		return r;
	if (asprintf(&text, "exec %s", c->p->apparmor) < 0)
		return fail(e, -ENOMEM, "process.apparmorProfile");
	r = write_text(c->attr, "self/attr/apparmor/exec", text);
	if (r == -ENOENT && faccessat(c->attr, "self/attr/apparmor/exec", F_OK, 0) < 0)
		r = write_text(c->attr, "self/attr/exec", text);
	free(text);
	if (r == -ENOENT)
		return err_set(e, r, "process.apparmorProfile: \"%.128s\" is not loaded",
			       c->p->apparmor);
	return r ? fail(e, r, "process.apparmorProfile: \"%.128s\"", c->p->apparmor) : 0;
}
