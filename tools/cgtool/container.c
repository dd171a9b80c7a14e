/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which container a group belongs to: by the mark of cgrun, else by the names that engines give
 * to the groups of their containers.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "container.h"
#include "mark.h"
#include "out.h"

#include "banned.h"

#define ID_MIN	12	/* digits of the shortest id that an engine gives to a directory */

static const struct {
	const char *parent;	/* how the name of the directory above begins; "": any */
	const char *prefix, *suffix;	/* around the id */
	bool hex;		/* the id is a hexadecimal number */
	const char *engine;
} names[] = {
	{ "", "docker-", ".scope", true, "docker" },
	{ "docker", "", "", true, "docker" },
	{ "", "libpod-conmon-", ".scope", true, "conmon" },
	{ "", "libpod-", ".scope", true, "podman" },
	{ "libpod_parent", "libpod-", "", true, "podman" },
	{ "", "crio-conmon-", ".scope", true, "conmon" },
	{ "", "crio-", ".scope", true, "cri-o" },
	{ "", "crio-", "", true, "cri-o" },
	{ "", "cri-containerd-", ".scope", true, "containerd" },
	{ "", "nerdctl-", ".scope", true, "nerdctl" },
	{ "pod", "", "", true, "kubernetes" },
	{ "buildkit", "", "", false, "buildkit" },
	{ "", "lxc.payload.", "", false, "lxc" },
	{ "lxc", "", "", false, "lxc" },
	{ "machine.slice", "machine-", ".scope", false, "machine" },
};

static bool matches(size_t i, const char *name, size_t len, struct container *ret)
{
	size_t before = strlen(names[i].prefix), after = strlen(names[i].suffix);

	if (len <= before + after || strncmp(name, names[i].prefix, before) ||
	    strncmp(name + len - after, names[i].suffix, after))
		return false;
	name += before;
	len -= before + after;
	for (size_t k = 0; names[i].hex && k < len; k++)
		if (!isxdigit((unsigned char)name[k]))
			return false;
	if (names[i].hex && len < ID_MIN)
		return false;
	snprintf(ret->id, sizeof(ret->id), "%.*s", (int)len, name);
	snprintf(ret->engine, sizeof(ret->engine), "%s", names[i].engine);
	return true;
}

/* The deepest name counts: containers can be nested. */
bool container_by_path(const char *path, struct container *ret)
{
	const char *parent = "", *name = path;
	bool found = false;
	size_t len;

	for (; *name; parent = name, name += len) {
		name += strspn(name, "/");
		len = strcspn(name, "/");
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strncmp(parent, names[i].parent, strlen(names[i].parent)) ||
			    !matches(i, name, len, ret))
				continue;
			found = true;
			break;
		}
	}
	return found;
}

struct seen {
	struct container *ret;
	bool found;
};

static void on_mark(void *data, const struct mark *m)
{
	struct seen *s = data;

	snprintf(s->ret->id, sizeof(s->ret->id), "%s", m->id);
	snprintf(s->ret->engine, sizeof(s->ret->engine), "cgrun");
	s->found = true;
}

bool container_by_mark(const char *dir, struct container *ret)
{
	struct seen s = { .ret = ret };

	mark_at(dir, on_mark, &s);
	return s.found;
}

void container_json(struct json_object *o, const struct container *c)
{
	struct json_object *one;

	if (!*c->id)
		return;
	one = json_object_new_object();
	out_json_add(one, "id", out_json_string(c->id));
	out_json_add(one, "engine", out_json_string(c->engine));
	out_json_add(o, "container", one);
}
