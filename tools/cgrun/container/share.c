/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Namespaces that a new container joins: if another container has recorded one of them as its own,
 * that record is deleted, because a process in that namespace may now belong to either.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>

#include "config/config.h"
#include "container/container.h"
#include "state/state.h"
#include "banned.h"

static const struct { int flag; unsigned id; } ns_ids[] = {
	{ CLONE_NEWUSER, CG_ID_USER }, { CLONE_NEWPID, CG_ID_PID }, { CLONE_NEWNS, CG_ID_MNT },
};

unsigned container_own_ids(const struct spec *s)
{
	unsigned ids = 0;

	for (size_t i = 0; i < sizeof ns_ids / sizeof *ns_ids; i++) {
		const struct spec_ns *ns = spec_ns(s, ns_ids[i].flag);

		if (ns && !ns->path)
			ids |= ns_ids[i].id;
	}
	return ids;
}

/* Takes these namespaces out of the identity of the other container. */
static int share(struct app *app, const char *id, unsigned ids, struct err *e)
{
	struct container other;
	int rc = container_open(&other, app, id, 0, e);

	if (rc < 0)
		return rc;
	rc = container_begin_group(&other, e);
	if (!rc && other.cg) {
		rc = cg_unidentify(other.cg, ids);
		if (rc < 0 && rc != -EOPNOTSUPP)
			container_fail(&other, rc, "share a namespace of", e);
		else
			rc = container_keep_group(&other, e);
		json_object_put(other.st.caps);
		other.st.caps = caps_to_json(other.ctx, other.cg, 0);
		for (size_t i = 0; i < STATE_NNS; i++)
			if (ids & 1U << i)
				other.st.ns[i] = (struct state_ns){ 0 };
		if (rc < 0)
			container_cancel(&other);
		else
			rc = container_commit(&other, e);
	}
	container_close(&other);
	return rc;
}

/* Which of these namespaces did that container record as its own? A spoiled state: none. */
static int shared_with(const struct app *app, const char *id, const struct stat *ns,
		       unsigned *ids, struct err *e)
{
	struct state_dir d;
	struct state st;
	int rc = state_open(app->root, app->root_path, id, &d, e);

	*ids = 0;
	if (rc < 0)
		return rc;
	rc = state_load(&d, &st, e);
	if (!rc) {
		for (size_t i = 0; i < STATE_NNS; i++)
			if (st.ns[i].inode && st.ns[i].inode == ns[i].st_ino &&
			    st.ns[i].dev == ns[i].st_dev)
				*ids |= 1U << i;
		state_clear(&st);
	}
	state_close(&d);
	return rc == -EINVAL ? 0 : rc;
}

/*
 * Not the PID namespace: a process in it dies with its init, whatever is recorded. If the state of
 * the other container cannot be changed, creation fails: its kill would end this container as well.
 */
int container_share(struct app *app, const struct spec *spec, const char *id, struct err *e)
{
	struct stat ns[STATE_NNS] = { { 0 } };
	bool any = false;
	char **ids = NULL;
	size_t n;
	int rc;

	for (size_t i = 0; i < STATE_NNS; i++) {
		const struct spec_ns *s = spec_ns(spec, ns_ids[i].flag);

		if (ns_ids[i].id != CG_ID_PID && s && s->path && !stat(s->path, &ns[i]))
			any = true;
	}
	if (!any)
		return 0;
	rc = state_ids(app->root, &ids, &n, e);
	for (size_t i = 0; !rc && i < n; i++) {
		unsigned shared;

		rc = shared_with(app, ids[i], ns, &shared, e);
		if (!rc && shared && strcmp(ids[i], id))
			rc = share(app, ids[i], shared, e);
		if (rc == -ENOENT)
			rc = 0;		/* deleted meanwhile */
	}
	state_ids_free(ids);
	return rc;
}
