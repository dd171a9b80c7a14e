/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which processes and namespaces are the container's. They are recorded while init
 * still waits; where the kernel does not let this user look at namespaces until init
 * runs its own program (one that joined another container's user namespace is not
 * dumpable until then), as soon as it does.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "base/base.h"
#include "container/container.h"
#include "state/state.h"
#include "banned.h"

static void record(struct container *c, pid_t pid, unsigned ids)
{
	for (size_t i = 0; i < STATE_NNS; i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, state_ns_name[i]);
		if (ids & 1U << i && !stat(path, &st))
			c->st.ns[i] = (struct state_ns){ st.st_dev, st.st_ino };
	}
}

int container_identify(struct container *c, pid_t pid, unsigned ids, struct err *e)
{
	int rc = cg_identify(c->cg, pid, ids);

	if (rc == -EPERM && ids) {
		log_debug("container %s: later: %s", c->dir.id, cg_errmsg(c->ctx));
		c->st.later |= ids;
		rc = cg_identify(c->cg, pid, 0);
	} else if (rc >= 0) {
		record(c, pid, ids);
	}
	if (rc < 0 && rc != -EOPNOTSUPP)
		return container_fail(c, rc, "record the processes of", e);
	return 0;
}

/* It runs already: whatever fails here makes it no less startable, but its kill weaker. */
void container_identify_later(struct container *c)
{
	struct err e;
	int rc;

	if (!c->st.later || container_begin_group(c, &e) < 0)
		return;
	rc = cg_identify(c->cg, c->st.init.pid, c->st.later);
	if (rc >= 0) {
		record(c, c->st.init.pid, c->st.later);
		c->st.later = 0;
		container_hold(c, c->st.init.pid);
		json_object_put(c->st.caps);
		c->st.caps = caps_to_json(c->ctx, c->cg, 0);
		rc = container_keep_group(c, &e);
	}
	if (rc < 0) {
		log_debug("container %s: its namespaces are not recorded: %s", c->dir.id,
			  cg_errmsg(c->ctx));
		container_cancel(c);
	} else if (container_commit(c, &e) < 0) {
		log_warn("%s", e.msg);
	}
}
