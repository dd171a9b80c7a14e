/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Containers of other runtimes that have ended and are still recorded. They are their
 * engines': this only tells, and never as something that is wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "doctor.h"

#include "banned.h"

static const struct {
	const char *runtime, *root;	/* a root without a slash is below XDG_RUNTIME_DIR */
	const char *file, *pid, *start;
} others[] = {
	{ "runc", "/run/runc", "state.json", "init_process_pid", "init_process_start" },
	{ "runc", "/run/docker/runtime-runc/moby", "state.json", "init_process_pid",
	  "init_process_start" },
	{ "runc", "runc", "state.json", "init_process_pid", "init_process_start" },
	{ "crun", "/run/crun", "status", "pid", "process-start-time" },
	{ "crun", "crun", "status", "pid", "process-start-time" },
};

/* What a runtime calls a container, and a shell takes as one word. */
static const char ok[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";

static void look(struct doctor *d, size_t i, const char *root, const char *id)
{
	char *path = say("%s/%s/%s", root, id, others[i].file);
	struct json_object *o = path ? json_object_from_file(path) : NULL;
	struct cg_ref ref = {
		.pid = json_object_get_int(json_object_object_get(o, others[i].pid)),
		.start = json_object_get_uint64(json_object_object_get(o, others[i].start)),
	};

	if (ref.pid > 0 && cg_ref_alive(d->t->ctx, &ref) == -ESRCH)
		found(d, D_NOTE, "foreign", say("container %s of %s has ended and is still in %s",
						id, others[i].runtime, root),
		      say("%s --root %s delete --force %s", others[i].runtime, root, id));
	json_object_put(o);
	free(path);
}

void doctor_foreign(struct doctor *d)
{
	/* Root's may be somebody else's, from before sudo. */
	const char *xdg = d->uid || d->in_userns ? getenv("XDG_RUNTIME_DIR") : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		bool absolute = others[i].root[0] == '/';
		char *root = absolute ? strdup(others[i].root) :
			     xdg && *xdg == '/' ? say("%s/%s", xdg, others[i].root) : NULL;
		DIR *dir = root ? opendir(root) : NULL;
		struct dirent *entry;

		while (dir && (entry = readdir(dir)))
			if (entry->d_name[0] != '.' && !entry->d_name[strspn(entry->d_name, ok)])
				look(d, i, root, entry->d_name);
		if (dir)
			closedir(dir);
		free(root);
	}
}
