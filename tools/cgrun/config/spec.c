/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json of a bundle as a whole: the version, the root, the names, the annotations,
 * and what has to fit together. Properties that nobody knows are ignored, as the
 * specification says; known ones of the wrong type never are.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

#define MAX_NAME	64	/* __NEW_UTS_LEN */

/* ---- ociVersion ---- */

/* A number without leading zeros. */
static const char *skip_number(const char *s)
{
	const char *start = s;

	while (isdigit((unsigned char)*s))
		s++;
	if (s == start || (*start == '0' && s > start + 1))
		return NULL;
	return s;
}

/* SemVer 2.0.0: three numbers, then maybe -PRERELEASE, maybe +BUILD */
static bool is_semver(const char *s)
{
	for (int i = 0; i < 3; i++) {
		if (i && *s++ != '.')
			return false;
		s = skip_number(s);
		if (!s)
			return false;
	}
	if (*s && ((*s != '-' && *s != '+') || !s[1]))
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-+.", *s))
			return false;
	return true;
}

static int read_version(const struct node *root, struct spec *s, struct err *e)
{
	struct node n = { .up = root, .key = "ociVersion" };

	if (node_str(root, "ociVersion", NODE_NEEDED, &s->oci_version, e))
		return e->code;
	if (!is_semver(s->oci_version))
		return node_fail(&n, e, "must be of the form 1.2.3, not \"%.64s\"",
				 s->oci_version);
	if (strncmp(s->oci_version, "1.", 2))
		return node_fail(&n, e, "%.64s is not supported, only 1.x is", s->oci_version);
	return 0;
}

/* ---- root, names, annotations ---- */

/* The real path of a directory that is there. */
static int find_rootfs(const struct node *path, const char *name, struct spec *s, struct err *e)
{
	struct stat st;
	int r = 0;
	char *abs;

	if (asprintf(&abs, "%s%s%s", name[0] == '/' ? "" : s->bundle,
		     name[0] == '/' ? "" : "/", name) < 0)
		return no_memory(e);
	s->rootfs = realpath(abs, NULL);
	/* not strerror: engines take its words for a missing program */
	if (!s->rootfs && errno == ENOENT)
		r = node_fail(path, e, "there is no directory %.256s", abs);
	else if (!s->rootfs)
		r = node_fail(path, e, "%.256s: %s", abs, strerror(errno));
	else if (stat(s->rootfs, &st) || !S_ISDIR(st.st_mode))
		r = node_fail(path, e, "%.256s is not a directory", abs);
	free(abs);
	return r;
}

static int read_root(const struct node *root, struct spec *s, struct err *e)
{
	struct node section, path;
	const char *name;

	if (node_object(root, "root", NODE_NEEDED, &section, e) ||
	    node_word(&section, "path", &path, &name, e) ||
	    node_bool(&section, "readonly", &s->readonly, e))
		return e->code;
	if (!name[0])
		return node_fail(&path, e, "must not be empty");
	return find_rootfs(&path, name, s, e);
}

static int read_name(const struct node *root, const char *key, char **ret, struct err *e)
{
	struct node n = { .up = root, .key = key };

	if (node_str(root, key, 0, ret, e))
		return e->code;
	if (*ret && strlen(*ret) > MAX_NAME)
		return node_fail(&n, e, "longer than %d bytes", MAX_NAME);
	return 0;
}

static int read_annotations(const struct node *root, struct spec *s, struct err *e)
{
	struct node list;
	int r = node_object(root, "annotations", 0, &list, e);

	if (r || !list.json)
		return r;
	s->annotations = calloc((size_t)json_object_object_length(list.json) + 1,
				sizeof(*s->annotations));
	if (!s->annotations)
		return no_memory(e);
	json_object_object_foreach(list.json, key, value) {
		struct spec_annotation *a = &s->annotations[s->n_annotations++];
		struct node n = { .json = value, .up = &list, .key = key };

		if (!key[0])
			return node_fail(&n, e, "a name must not be empty");
		r = node_dup(&n, &a->value, e);
		if (r)
			return r;
		a->key = strdup(key);
		if (!a->key)
			return no_memory(e);
	}
	return 0;
}

const char *spec_annotation(const struct spec *s, const char *key)
{
	for (size_t i = 0; i < s->n_annotations; i++)
		if (!strcmp(s->annotations[i].key, key))
			return s->annotations[i].value;
	return NULL;
}

/* ---- what belongs together ---- */

static bool mapped(const struct spec_map *map, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= map[i].inside && id - map[i].inside < map[i].size)
			return true;
	return !n;	/* no new user namespace */
}

static int check_user(const struct node *root, const struct spec *s, struct err *e)
{
	const struct spec_process *p = s->process;
	struct node process = { .up = root, .key = "process" };
	struct node user = { .up = &process, .key = "user" };
	struct node groups = { .up = &user, .key = "additionalGids" };

	if (!mapped(s->uid_map, s->n_uid_map, p->uid)) {
		struct node uid = { .up = &user, .key = "uid" };

		return node_fail(&uid, e, "%u is not mapped by linux.uidMappings", p->uid);
	}
	if (!mapped(s->gid_map, s->n_gid_map, p->gid)) {
		struct node gid = { .up = &user, .key = "gid" };

		return node_fail(&gid, e, "%u is not mapped by linux.gidMappings", p->gid);
	}
	for (size_t i = 0; i < p->n_groups; i++) {
		struct node item = node_item(&groups, i);

		if (!mapped(s->gid_map, s->n_gid_map, p->groups[i]))
			return node_fail(&item, e, "%u is not mapped by linux.gidMappings",
					 p->groups[i]);
	}
	return 0;
}

static int check_names(const struct node *root, const struct spec *s, struct err *e)
{
	struct node n = { .up = root, .key = s->hostname ? "hostname" : "domainname" };

	if ((!s->hostname && !s->domainname) || spec_ns(s, CLONE_NEWUTS))
		return 0;
	return node_fail(&n, e, "needs a uts namespace, or it would be the host's");
}

/* ---- all of it ---- */

/* The specification wants one only when the container is started. */
static int no_process(struct spec *s, struct err *e)
{
	struct json_object *o = json_object_new_object(), *args = json_object_new_array();
	int r;

	json_object_array_add(args, json_object_new_string("none"));
	json_object_object_add(o, "args", args);
	json_object_object_add(o, "cwd", json_object_new_string("/"));
	r = spec_process_parse(o, "process", &s->process, e);
	json_object_put(o);
	s->no_process = !r;
	return r;
}

static int read_all(const struct node *root, struct spec *s, struct err *e)
{
	struct node process;

	if (node_is_object(root, e) || read_version(root, s, e) ||
	    node_object(root, "process", 0, &process, e) ||
	    (process.json ? spec_read_process(&process, &s->process, e) : no_process(s, e)) ||
	    read_root(root, s, e) ||
	    read_name(root, "hostname", &s->hostname, e) ||
	    read_name(root, "domainname", &s->domainname, e) ||
	    spec_read_mounts(root, s, e) || spec_read_linux(root, s, e) ||
	    read_annotations(root, s, e) || check_names(root, s, e) ||
	    check_user(root, s, e) || spec_refuse_unbuilt(root, s, e))
		return e->code;
	return strv_move(&s->warnings, &s->process->warnings) ? no_memory(e) : 0;
}

int spec_parse(struct json_object *json, const char *bundle, struct spec **ret, struct err *e)
{
	struct spec *s = calloc(1, sizeof(*s));
	struct node root = { .json = json };
	int r;

	if (!s)
		return no_memory(e);
	s->personality = -1;
	s->json = json_object_get(json);
	s->bundle = strdup(bundle);
	r = s->bundle ? read_all(&root, s, e) : no_memory(e);
	if (r) {
		spec_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

static int load(const char *bundle, struct spec **ret, struct err *e)
{
	struct json_object *json;
	char *file;
	int r;

	if (asprintf(&file, "%s/config.json", bundle) < 0)
		return no_memory(e);
	r = json_load(file, NULL, &json, e);
	free(file);
	if (r)
		return r;
	r = spec_parse(json, bundle, ret, e);
	json_object_put(json);
	return r;
}

int spec_load(const char *bundle, struct spec **ret, struct err *e)
{
	char *abs = realpath(bundle, NULL);
	int r;

	/* not strerror: engines take its words for a missing program */
	if (!abs && errno == ENOENT)
		return err_set(e, -ENOENT, "bundle %s: there is no such directory", bundle);
	if (!abs)
		return err_set(e, -errno, "bundle %s: %s", bundle, strerror(errno));
	r = load(abs, ret, e);
	free(abs);
	return r;
}

static void free_lists(struct spec *s)
{
	for (size_t i = 0; i < s->n_ns; i++)
		free(s->ns[i].path);
	for (size_t i = 0; i < s->n_mounts; i++) {
		free(s->mounts[i].destination);
		free(s->mounts[i].type);
		free(s->mounts[i].source);
		free(s->mounts[i].data);
		free(s->mounts[i].uid_map);
		free(s->mounts[i].gid_map);
	}
	for (size_t i = 0; i < s->n_devices; i++)
		free(s->devices[i].path);
	for (size_t i = 0; i < s->n_sysctl; i++) {
		free(s->sysctl[i].key);
		free(s->sysctl[i].value);
	}
	for (size_t i = 0; i < s->n_netdevs; i++) {
		free(s->netdevs[i].host);
		free(s->netdevs[i].name);
	}
	for (size_t i = 0; i < s->n_annotations; i++) {
		free(s->annotations[i].key);
		free(s->annotations[i].value);
	}
}

void spec_free(struct spec *s)
{
	if (!s)
		return;
	free_lists(s);
	free(s->ns);
	free(s->uid_map);
	free(s->gid_map);
	free(s->mounts);
	free(s->devices);
	free(s->sysctl);
	free(s->annotations);
	free(s->netdevs);
	free(s->mount_label);
	strv_free(&s->masked);
	strv_free(&s->readonly_paths);
	strv_free(&s->warnings);
	spec_process_free(s->process);
	free(s->cgroups_path);
	free(s->hostname);
	free(s->domainname);
	free(s->oci_version);
	free(s->rootfs);
	free(s->bundle);
	json_object_put(s->json);
	free(s);
}
