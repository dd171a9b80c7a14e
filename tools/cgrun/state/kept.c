/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration as later verbs need it, and what is told of the container to others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "out.h"

#include "base/base.h"
#include "config/config.h"
#include "state/state.h"
#include "banned.h"

/* ---- what is kept ---- */

bool kept_groups(const char *annotation)
{
	return annotation && !strcmp(annotation, "1");
}

struct json_object *kept_config(const struct spec *s, bool no_keyring)
{
	struct json_object *o = json_object_new_object();

	out_json_add(o, "process", json_object_get(s->process->json));
	out_json_add(o, "seccomp", json_object_get(s->seccomp));
	out_json_add(o, "hooks", json_object_get(s->hooks));
	out_json_add(o, "personality", json_object_get(s->personality_json));
	out_json_add(o, "memoryPolicy", json_object_get(s->mempolicy_json));
	out_json_add(o, "noNewKeyring", json_object_new_boolean(no_keyring));
	out_json_add(o, "noProcess", json_object_new_boolean(s->no_process));
	return o;
}

int kept_get(const struct state *st, const char *section, struct json_object **ret, struct err *e)
{
	*ret = NULL;
	if (!st->config)
		return err_set(e, -EINVAL, "container %s was made by an older cgrun, which did not "
			       "record its %s", st->id, section);
	*ret = json_object_object_get(st->config, section);
	return 0;
}

char *kept_keyring(const char *id)
{
	char *name;

	return asprintf(&name, "_ses.%s", id) < 0 ? NULL : name;
}

/* ---- what is told ---- */

struct json_object *kept_oci_state(const struct state *st, const char *status, pid_t pid)
{
	struct json_object *o = json_object_new_object();

	out_json_add(o, "ociVersion", out_json_string(st->oci_version));
	out_json_add(o, "id", out_json_string(st->id));
	out_json_add(o, "status", out_json_string(status));
	out_json_add(o, "pid", json_object_new_int(pid));
	out_json_add(o, "bundle", out_json_string(st->bundle));
	if (st->annotations)
		out_json_add(o, "annotations", json_object_get(st->annotations));
	return o;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = json_object_object_get(o, key);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : NULL;
}

int kept_notify(struct json_object *seccomp, const struct state *st, const char *status, pid_t pid,
		int fd, struct err *e)
{
	struct json_object *o = json_object_new_object(), *fds = json_object_new_array();
	const char *metadata = text_of(seccomp, "listenerMetadata");
	const char *path = text_of(seccomp, "listenerPath");
	int sock = -1, r;

	json_object_array_add(fds, json_object_new_string("seccompFd"));
	out_json_add(o, "ociVersion", out_json_string(st->oci_version));
	out_json_add(o, "fds", fds);
	out_json_add(o, "pid", json_object_new_int(pid));
	if (metadata)
		out_json_add(o, "metadata", out_json_string(metadata));
	out_json_add(o, "state", kept_oci_state(st, status, st->init.pid));
	r = console_connect("linux.seccomp.listenerPath: failed to connect with seccomp agent",
			    path ? path : "", &sock, e);
	if (!r) {
		r = console_send(sock, json_object_to_json_string_ext(o,
				 JSON_C_TO_STRING_NOSLASHESCAPE), fd);
		if (r)
			err_set(e, r, "linux.seccomp.listenerPath: the listener was not taken");
		close(sock);
	}
	json_object_put(o);
	return r;
}
