/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state as JSON. Reading trusts nothing: a file that was truncated or edited is
 * one sentence that names the member, and never half a container.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "state/state.h"
#include "banned.h"

#define VERSION	2

const char *const state_ns_name[STATE_NNS] = { "user", "pid", "mnt" };

void state_clear(struct state *s)
{
	free(s->id);
	free(s->oci_version);
	free(s->bundle);
	free(s->rootfs);
	free(s->created);
	free(s->cgroup);
	free(s->group);
	json_object_put(s->annotations);
	json_object_put(s->caps);
	json_object_put(s->config);
	*s = (struct state){ 0 };
}

/* ---- writing ---- */

static void put_str(struct json_object *o, const char *key, const char *s)
{
	if (s)
		json_object_object_add(o, key, json_object_new_string(s));
}

static void put_num(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)n));
}

static struct json_object *ref_to_json(const struct cg_ref *r)
{
	struct json_object *o = json_object_new_object();

	put_num(o, "pid", (uint64_t)r->pid);
	put_num(o, "start", r->start);
	put_num(o, "inode", r->inode);
	return o;
}

static struct json_object *ns_to_json(const struct state *s)
{
	struct json_object *all = json_object_new_object();

	for (size_t i = 0; i < STATE_NNS; i++) {
		struct json_object *o;

		if (!s->ns[i].inode)
			continue;
		o = json_object_new_object();
		put_num(o, "dev", s->ns[i].dev);
		put_num(o, "inode", s->ns[i].inode);
		json_object_object_add(all, state_ns_name[i], o);
	}
	return all;
}

static struct json_object *later_to_json(const struct state *s)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < STATE_NNS; i++)
		if (s->later & 1U << i)
			json_object_array_add(all, json_object_new_string(state_ns_name[i]));
	return all;
}

struct json_object *state_to_json(const struct state *s)
{
	struct json_object *o = json_object_new_object(), *libcg, *lease;

	put_num(o, "version", s->config ? VERSION : 1);
	put_str(o, "id", s->id);
	put_str(o, "ociVersion", s->oci_version);
	put_str(o, "bundle", s->bundle);
	put_str(o, "rootfs", s->rootfs);
	put_str(o, "created", s->created);
	put_num(o, "owner", s->owner);
	if (s->annotations)
		json_object_object_add(o, "annotations", json_object_get(s->annotations));
	if (s->config)
		json_object_object_add(o, "config", json_object_get(s->config));
	json_object_object_add(o, "creating", json_object_new_boolean(s->creating));
	json_object_object_add(o, "paused", json_object_new_boolean(s->paused));
	json_object_object_add(o, "creator", ref_to_json(&s->creator));
	if (s->init.pid)
		json_object_object_add(o, "init", ref_to_json(&s->init));
	put_str(o, "cgroup", s->cgroup);
	json_object_object_add(o, "namespaces", ns_to_json(s));
	if (s->later)
		json_object_object_add(o, "later", later_to_json(s));
	libcg = json_object_new_object();
	put_str(libcg, "group", s->group);
	if (s->caps)
		json_object_object_add(libcg, "caps", json_object_get(s->caps));
	json_object_object_add(o, "libcg", libcg);
	if (s->lease.pid) {
		lease = ref_to_json(&s->lease);
		put_str(lease, "what", s->lease_what);
		json_object_object_add(o, "lease", lease);
	}
	return o;
}

/* ---- reading ---- */

/* An object being read; the first error stays. */
struct reader {
	const char *where;
	struct err *e;
	int rc;
};

static void bad(struct reader *r, const char *in, const char *key, const char *what)
{
	if (!r->rc)
		r->rc = err_set(r->e, -EINVAL, "%s: %s%s%s: %s", r->where, in, *in ? "." : "",
				key, what);
}

static struct json_object *get(struct reader *r, struct json_object *o, const char *in,
			       const char *key, enum json_type type, bool needed)
{
	struct json_object *v;

	if (!json_object_object_get_ex(o, key, &v)) {
		if (needed)
			bad(r, in, key, "is missing");
		return NULL;
	}
	if (json_object_get_type(v) == type)
		return v;
	bad(r, in, key, type == json_type_string ? "is not a string" :
	    type == json_type_int ? "is not an integer" :
	    type == json_type_boolean ? "is not true or false" :
	    type == json_type_array ? "is not an array" : "is not an object");
	return NULL;
}

static char *get_str(struct reader *r, struct json_object *o, const char *in, const char *key,
		     bool needed)
{
	struct json_object *v = get(r, o, in, key, json_type_string, needed);
	char *s;

	if (!v)
		return NULL;
	if (strlen(json_object_get_string(v)) != (size_t)json_object_get_string_len(v)) {
		bad(r, in, key, "holds a NUL byte");
		return NULL;
	}
	s = strdup(json_object_get_string(v));
	if (!s)
		bad(r, in, key, "out of memory");
	return s;
}

static uint64_t get_num(struct reader *r, struct json_object *o, const char *in, const char *key,
			int64_t max)
{
	struct json_object *v = get(r, o, in, key, json_type_int, true);
	int64_t n = v ? json_object_get_int64(v) : 0;

	if (n >= 0 && n <= max)
		return (uint64_t)n;
	bad(r, in, key, "is out of range");
	return 0;
}

static bool get_bool(struct reader *r, struct json_object *o, const char *key)
{
	struct json_object *v = get(r, o, "", key, json_type_boolean, true);

	return v && json_object_get_boolean(v);
}

static void get_ref(struct reader *r, struct json_object *o, const char *key, struct cg_ref *ret)
{
	struct json_object *v = get(r, o, "", key, json_type_object, false);

	if (!v)
		return;
	ret->pid = (int32_t)get_num(r, v, key, "pid", 1 << 22);
	ret->start = get_num(r, v, key, "start", INT64_MAX);
	ret->inode = get_num(r, v, key, "inode", INT64_MAX);
	if (!ret->pid)
		bad(r, key, "pid", "is out of range");
}

static void get_namespaces(struct reader *r, struct json_object *o, struct state *s)
{
	struct json_object *all = get(r, o, "", "namespaces", json_type_object, true);

	for (size_t i = 0; all && i < STATE_NNS; i++) {
		struct json_object *v = get(r, all, "namespaces", state_ns_name[i],
					    json_type_object, false);

		if (!v)
			continue;
		s->ns[i].dev = get_num(r, v, state_ns_name[i], "dev", INT64_MAX);
		s->ns[i].inode = get_num(r, v, state_ns_name[i], "inode", INT64_MAX);
	}
}

static void get_later(struct reader *r, struct json_object *o, struct state *s)
{
	struct json_object *v = get(r, o, "", "later", json_type_array, false);

	for (size_t n = 0; v && n < json_object_array_length(v); n++) {
		const char *name = json_object_get_string(json_object_array_get_idx(v, n));

		for (size_t i = 0; name && i < STATE_NNS; i++)
			if (!strcmp(name, state_ns_name[i]))
				s->later |= 1U << i;
	}
}

static void get_lease(struct reader *r, struct json_object *o, struct state *s)
{
	struct json_object *v = get(r, o, "", "lease", json_type_object, false);
	char *what;

	if (!v)
		return;
	get_ref(r, o, "lease", &s->lease);
	what = get_str(r, v, "lease", "what", true);
	if (what && strlen(what) >= sizeof s->lease_what)
		bad(r, "lease", "what", "is too long");
	else if (what)
		memcpy(s->lease_what, what, strlen(what) + 1);
	free(what);
}

static void get_libcg(struct reader *r, struct json_object *o, struct state *s)
{
	struct json_object *v = get(r, o, "", "libcg", json_type_object, true);

	if (!v)
		return;
	s->group = get_str(r, v, "libcg", "group", false);
	s->caps = json_object_get(get(r, v, "libcg", "caps", json_type_array, false));
}

/* Each has to be there: one that was lost must not pass for one that was never asked for. */
static void get_config(struct reader *r, struct json_object *o, struct state *s)
{
	static const char *const parts[] = { "seccomp", "hooks", "personality" };
	struct json_object *config = get(r, o, "", "config", json_type_object, true), *v;

	if (!config)
		return;
	get(r, config, "config", "process", json_type_object, true);
	get(r, config, "config", "noNewKeyring", json_type_boolean, true);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (!json_object_object_get_ex(config, parts[i], &v) || v)
			get(r, config, "config", parts[i], json_type_object, true);
	s->config = json_object_get(config);
}

int state_from_json(struct json_object *o, const char *where, struct state *ret, struct err *e)
{
	struct reader r = { .where = where, .e = e };
	struct state s = { 0 };
	uint64_t version;

	if (!json_object_is_type(o, json_type_object))
		return err_set(e, -EINVAL, "%s: is not an object", where);
	version = get_num(&r, o, "", "version", INT32_MAX);
	if (version != VERSION && version != 1)
		bad(&r, "", "version", "is not one that this cgrun knows");
	s.id = get_str(&r, o, "", "id", true);
	s.oci_version = get_str(&r, o, "", "ociVersion", true);
	s.bundle = get_str(&r, o, "", "bundle", true);
	s.rootfs = get_str(&r, o, "", "rootfs", true);
	s.created = get_str(&r, o, "", "created", true);
	s.owner = (uid_t)get_num(&r, o, "", "owner", UINT32_MAX);
	s.annotations = json_object_get(get(&r, o, "", "annotations", json_type_object, false));
	s.creating = get_bool(&r, o, "creating");
	s.paused = get_bool(&r, o, "paused");
	get_ref(&r, o, "creator", &s.creator);
	get_ref(&r, o, "init", &s.init);
	s.cgroup = get_str(&r, o, "", "cgroup", true);
	get_namespaces(&r, o, &s);
	get_later(&r, o, &s);
	get_libcg(&r, o, &s);
	get_lease(&r, o, &s);
	if (version == VERSION)
		get_config(&r, o, &s);
	if (!r.rc && !s.creator.pid)
		bad(&r, "", "creator", "is missing");
	if (r.rc) {
		state_clear(&s);
		return r.rc;
	}
	*ret = s;
	return 0;
}
