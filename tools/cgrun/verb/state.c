/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state and list. What they print is parsed, stderr included: on success they say
 * nothing else.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "out.h"

#include "base/base.h"
#include "container/container.h"
#include "root/root.h"
#include "state/state.h"
#include "verb/verb.h"
#include "banned.h"

static char *owner_name(uid_t uid)
{
	struct passwd *pw = getpwuid(uid);
	char *s;

	if (pw)
		return strdup(pw->pw_name);
	return asprintf(&s, "#%u", uid) < 0 ? NULL : s;
}

/* How many live on although init has ended; -1 where that cannot be told. */
static int remaining(struct container *c)
{
	size_t n = 0, unnamed = 0;
	pid_t *pids = NULL;

	if (!c->cg)
		return 0;
	if (cg_procs(c->cg, 0, &pids, &n, &unnamed) < 0)
		return -1;
	free(pids);
	return (int)(n + unnamed);
}

static struct json_object *libcg_part(struct container *c, const struct facts *f)
{
	struct json_object *o = json_object_new_object();

	if (c->cg) {
		out_json_add(o, "driver", out_json_string(cg_driver_name(c->cg)));
		out_json_add(o, "cgroup", out_json_string(cg_path(c->cg)));
	}
	if (c->st.caps)
		out_json_add(o, "caps", json_object_get(c->st.caps));
	if (f->status == STOPPED)
		out_json_add(o, "remaining", json_object_new_int(remaining(c)));
	return o;
}

static struct json_object *to_json(struct container *c, const struct facts *f)
{
	struct json_object *o = json_object_new_object();
	char *owner = owner_name(c->st.owner);
	int pid = f->status == STOPPED ? 0 : c->st.init.pid;

	out_json_add(o, "ociVersion", out_json_string(c->st.oci_version));
	out_json_add(o, "id", out_json_string(c->st.id));
	out_json_add(o, "pid", json_object_new_int(pid));
	out_json_add(o, "status", out_json_string(status_name(f->status)));
	out_json_add(o, "bundle", out_json_string(c->st.bundle));
	out_json_add(o, "rootfs", out_json_string(c->st.rootfs));
	out_json_add(o, "created", out_json_string(c->st.created));
	if (c->st.annotations)
		out_json_add(o, "annotations", json_object_get(c->st.annotations));
	out_json_add(o, "owner", out_json_string(owner ? owner : ""));
	out_json_add(o, "libcg", libcg_part(c, f));
	free(owner);
	return o;
}

int cmd_state(const struct cmd_args *a, struct err *e)
{
	struct container c;
	struct facts f;
	struct app app;
	int rc = app_init(&app, a, false, e);

	if (!rc)
		rc = container_open(&c, &app, a->pos[0], 0, e);
	if (!rc) {
		rc = container_facts(&c, &f, e);
		if (!rc && out_json(to_json(&c, &f), stdout) < 0)
			rc = err_set(e, -ENOMEM, "out of memory");
		container_close(&c);
	}
	app_free(&app);
	return rc;
}

/* ---- list ---- */

struct list {
	enum { TABLE, JSON, QUIET } form;
	struct out_table table;
	struct json_object *array;
};

static void add_row(struct list *l, struct container *c, const struct facts *f)
{
	char *owner = owner_name(c->st.owner), pid[16];

	snprintf(pid, sizeof pid, "%d", f->status == STOPPED ? 0 : c->st.init.pid);
	out_cell(&l->table, c->st.id);
	out_cell(&l->table, pid);
	out_cell(&l->table, status_name(f->status));
	out_cell(&l->table, c->st.bundle);
	out_cell(&l->table, c->st.created);
	out_cell(&l->table, owner);
	free(owner);
}

static void add(struct list *l, struct app *app, const char *id)
{
	struct container c;
	struct facts f;
	struct err e;

	if (l->form == QUIET) {
		printf("%s\n", id);
		return;
	}
	if (container_open(&c, app, id, 0, &e) < 0) {
		log_warn("%s", e.msg);
		return;
	}
	if (container_facts(&c, &f, &e) < 0)
		log_warn("%s", e.msg);
	else if (l->form == JSON)
		json_object_array_add(l->array, to_json(&c, &f));
	else
		add_row(l, &c, &f);
	container_close(&c);
}

static int list_form(const struct cmd_args *a, struct err *e)
{
	const char *format = cmd_value(a, "format");

	if (cmd_value(a, "quiet"))
		return QUIET;
	if (!format || !strcmp(format, "table"))
		return TABLE;
	if (!strcmp(format, "json"))
		return JSON;
	return err_set(e, -EINVAL, "invalid format option \"%.64s\" (table, json)", format);
}

int cmd_list(const struct cmd_args *a, struct err *e)
{
	static const char *const head[] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	struct list l = { .table = OUT_TABLE(6) };
	int rc, form = list_form(a, e);
	char **ids = NULL;
	struct app app;
	size_t n = 0;

	if (form < 0)
		return form;
	l.form = (unsigned)form;
	rc = app_init(&app, a, false, e);
	/* A mistyped directory must not look like one without containers. */
	if (!rc && app.root < 0 && cmd_value(a, "root"))
		rc = err_set(e, -ENOENT, "--root %s: there is no such directory", app.root_path);
	if (!rc && app.root >= 0)
		rc = state_ids(app.root, &ids, &n, e);
	for (size_t i = 0; !rc && l.form == TABLE && i < 6; i++)
		out_cell(&l.table, head[i]);
	if (!rc && l.form == JSON)
		l.array = json_object_new_array();
	for (size_t i = 0; !rc && i < n; i++)
		add(&l, &app, ids[i]);
	if (!rc && l.form == TABLE)
		rc = out_table(&l.table, stdout);
	else if (!rc && l.form == JSON)
		rc = out_json_line(l.array, stdout);
	state_ids_free(ids);
	app_free(&app);
	return rc;
}
