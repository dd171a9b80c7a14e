/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options of exec as a process object. They are put into the JSON of the container's
 * own process, which is then read as any other: one place checks both.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "num.h"

#include "base/base.h"
#include "config/config.h"
#include "verb/verb.h"
#include "banned.h"

#define MAX_PIPE	(16 << 20)
#define PIPE_MS		10000

static struct json_object *str(const char *s)
{
	return json_object_new_string(s);
}

/* The member of that name and type, made if it is not there. */
static struct json_object *part(struct json_object *o, const char *key, enum json_type type)
{
	struct json_object *v;

	if (json_object_object_get_ex(o, key, &v) && json_object_is_type(v, type))
		return v;
	v = type == json_type_array ? json_object_new_array() : json_object_new_object();
	json_object_object_add(o, key, v);
	return v;
}

static int set_user(struct json_object *p, const struct cmd_args *a, struct err *e)
{
	struct json_object *user = part(p, "user", json_type_object);
	const char *text = cmd_value(a, "user"), *gid;
	char uid[16] = "";
	long long n;
	size_t i = 0;

	if (text) {
		size_t len = strcspn(text, ":");

		if (len < sizeof uid)
			memcpy(uid, text, len);
		if (num_parse(uid, 0, UINT32_MAX - 1, &n))
			return err_set(e, -EINVAL, "--user: \"%.64s\" is not UID[:GID]", text);
		json_object_object_add(user, "uid", json_object_new_int64(n));
		if (text[len]) {
			if (num_parse(text + len + 1, 0, UINT32_MAX - 1, &n))
				return err_set(e, -EINVAL, "--user: \"%.64s\" is not UID[:GID]",
					       text);
			json_object_object_add(user, "gid", json_object_new_int64(n));
		}
	}
	while ((gid = cmd_next(a, "additional-gids", &i))) {
		if (num_parse(gid, 0, UINT32_MAX - 1, &n))
			return err_set(e, -EINVAL, "--additional-gids: \"%.64s\" is not a number",
				       gid);
		json_object_array_add(part(user, "additionalGids", json_type_array),
				      json_object_new_int64(n));
	}
	return 0;
}

/* Takes the place of one of the same name. */
static int set_env(struct json_object *p, const char *entry, struct err *e)
{
	struct json_object *env = part(p, "env", json_type_array);
	size_t len = strcspn(entry, "=");

	if (!len || !entry[len])
		return err_set(e, -EINVAL, "--env: \"%.64s\" is not NAME=VALUE", entry);
	for (size_t i = 0; i < json_object_array_length(env); i++) {
		struct json_object *v = json_object_array_get_idx(env, i);

		if (json_object_is_type(v, json_type_string) &&
		    !strncmp(json_object_get_string(v), entry, len + 1)) {
			json_object_array_put_idx(env, i, str(entry));
			return 0;
		}
	}
	json_object_array_add(env, str(entry));
	return 0;
}

/*
 * Not the inheritable set: a program of another user would get them with it (CVE-2022-29162).
 * The ambient one where the container has inheritable ones, for it takes only those of them.
 */
static void add_cap(struct json_object *p, const char *name)
{
	static const char *const sets[] = { "bounding", "effective", "permitted" };
	struct json_object *caps = part(p, "capabilities", json_type_object);
	struct json_object *inheritable = json_object_object_get(caps, "inheritable");
	size_t n = inheritable ? json_object_array_length(inheritable) : 0;

	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
		json_object_array_add(part(caps, sets[i], json_type_array), str(name));
	for (size_t i = 0; i < n; i++) {
		struct json_object *have = json_object_array_get_idx(inheritable, i);

		if (!strcmp(json_object_get_string(have), name))
			json_object_array_add(part(caps, "ambient", json_type_array), str(name));
	}
}

static int apply(struct json_object *p, const struct cmd_args *a, struct err *e)
{
	struct json_object *args = json_object_new_array();
	const char *v;
	size_t i = 0;
	int rc;

	for (int n = 1; n < a->n_pos; n++)
		json_object_array_add(args, str(a->pos[n]));
	json_object_object_add(p, "args", args);
	json_object_object_add(p, "terminal", json_object_new_boolean(!!cmd_value(a, "tty")));
	json_object_object_del(p, "consoleSize");
	if ((v = cmd_value(a, "cwd")))
		json_object_object_add(p, "cwd", str(v));
	if ((v = cmd_value(a, "apparmor")))
		json_object_object_add(p, "apparmorProfile", str(v));
	if ((v = cmd_value(a, "process-label")))
		json_object_object_add(p, "selinuxLabel", str(v));
	if (cmd_value(a, "no-new-privs"))
		json_object_object_add(p, "noNewPrivileges", json_object_new_boolean(true));
	rc = set_user(p, a, e);
	while (!rc && (v = cmd_next(a, "env", &i)))
		rc = set_env(p, v, e);
	for (i = 0; (v = cmd_next(a, "cap", &i));)
		add_cap(p, v);
	return rc;
}

/* The container's own process, in a copy: the state is saved again later. */
static int from_state(const struct cmd_args *a, const struct state *st, struct spec_process **ret,
		      struct err *e)
{
	struct json_object *own, *p = NULL;
	int rc = kept_get(st, "process", &own, e);

	if (a->n_pos < 2)
		return err_set(e, -EINVAL, "exec: neither a command nor --process is given");
	if (rc < 0)
		return rc;
	if (json_object_deep_copy(own, &p, NULL) < 0)
		return no_memory(e);
	rc = apply(p, a, e);
	if (!rc)
		rc = spec_process_parse(p, "process", ret, e);
	json_object_put(p);
	return rc;
}

/*
 * What the file does not say is as in the container, and its user root, as with runc: there
 * is no specification of this file.
 */
static void complete(struct json_object *p, struct json_object *own)
{
	static const char *const ids[] = { "uid", "gid" };
	static const char *const keys[] = {
		"capabilities", "oomScoreAdj", "rlimits", "apparmorProfile", "selinuxLabel",
	};
	struct json_object *user = part(p, "user", json_type_object), *v;

	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		if (!json_object_object_get_ex(user, ids[i], &v))
			json_object_object_add(user, ids[i], json_object_new_int(0));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!json_object_object_get_ex(p, keys[i], &v) &&
		    json_object_object_get_ex(own, keys[i], &v))
			json_object_object_add(p, keys[i], json_object_get(v));
}

/* A pipe, as of a shell's <(...): whoever is to write is waited for, but not for ever. */
static int from_pipe(const char *file, struct json_object **ret, struct err *e)
{
	struct pollfd p = { .fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC), .events = POLLIN };
	char *text = NULL;
	size_t len = 0;
	int rc = 0;

	if (p.fd < 0)
		return fail(e, -errno, "%s", file);
	if (poll(&p, 1, PIPE_MS) <= 0)
		rc = err_set(e, -EINVAL, "nobody writes to it");
	if (!rc && fcntl(p.fd, F_SETFL, 0) < 0)
		rc = fail(e, -errno, "it");
	if (!rc)
		rc = file_read_fd(p.fd, MAX_PIPE, &text, &len, e);
	if (!rc)
		rc = json_parse(text, len, "process", ret, e);
	free(text);
	close(p.fd);
	return rc;
}

static int load_process(const char *file, struct json_object **ret, struct err *e)
{
	struct stat st;
	int rc;

	if (!strcmp(file, "-")) {
		rc = json_load_stdin("process", ret, e);
		return rc < 0 ? err_wrap(e, "--process") : 0;
	}
	if (stat(file, &st) || !S_ISFIFO(st.st_mode))
		return json_load(file, "process", ret, e);
	return from_pipe(file, ret, e);
}

int exec_process(const struct cmd_args *a, const struct state *st, struct spec_process **ret,
		 struct err *e)
{
	const char *file = cmd_value(a, "process");
	struct json_object *p, *own;
	int rc;

	if (!file)
		return from_state(a, st, ret, e);
	if (a->n_pos > 1)
		return err_set(e, -EINVAL, "exec: a command and --process are given");
	rc = kept_get(st, "process", &own, e);
	if (!rc)
		rc = load_process(file, &p, e);
	if (rc < 0)
		return rc;
	complete(p, own);
	rc = spec_process_parse(p, "process", ret, e);
	json_object_put(p);
	return rc < 0 && strcmp(file, "-") ? err_wrap(e, "%s", file) : rc;
}
