/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.namespaces and the mappings of the user namespace. A path is looked at here,
 * so that one that is no namespace, or of another type, is named before anything has
 * been made; it is opened again where it is joined.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

#define MAX_EXTENTS	340	/* of a mapping, since 4.15; 5 before */

const struct spec_ns_type spec_ns_types[SPEC_N_NS] = {
	{ CLONE_NEWIPC, "ipc", "ipc" },
	{ CLONE_NEWUTS, "uts", "uts" },
	{ CLONE_NEWNET, "net", "network" },
	{ CLONE_NEWPID, "pid", "pid" },
	{ CLONE_NEWCGROUP, "cgroup", "cgroup" },
	{ CLONE_NEWTIME, "time", "time" },
	{ CLONE_NEWNS, "mnt", "mount" },
	{ CLONE_NEWUSER, "user", "user" },
};

const char *spec_ns_name(size_t i)
{
	return i < SPEC_N_NS ? spec_ns_types[i].name : NULL;
}

/* What kind of namespace the file is; 0: none, and nothing was opened that is not. */
static int type_of(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), ns, type;
	struct statfs fs;
	char self[32];

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) || fs.f_type != NSFS_MAGIC) {
		close(fd);
		return 0;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	ns = open(self, O_RDONLY | O_CLOEXEC);
	close(fd);
	if (ns < 0)
		return -errno;
	type = ioctl(ns, NS_GET_NSTYPE);
	close(ns);
	return type < 0 ? 0 : type;
}

static int check_path(const struct node *n, const struct spec_ns *ns, const char *name,
		      struct err *e)
{
	struct node path = { .up = n, .key = "path" };
	int type = type_of(ns->path);

	if (type == ns->flag)
		return 0;
	/* not strerror: engines take its words for a missing program */
	if (type == -ENOENT)
		return node_fail(&path, e, "%s: no such file", ns->path);
	if (type < 0)
		return node_fail(&path, e, "%s: %s", ns->path, strerror(-type));
	return node_fail(&path, e, "%s is not a %s namespace", ns->path, name);
}

static int read_ns(const struct node *n, struct spec *s, struct err *e)
{
	struct spec_ns *ns = &s->ns[s->n_ns];
	const char *name;
	struct node type;

	if (node_is_object(n, e) || node_word(n, "type", &type, &name, e))
		return e->code;
	for (size_t i = 0; i < SPEC_N_NS; i++)
		if (!strcmp(name, spec_ns_types[i].name))
			ns->flag = spec_ns_types[i].flag;
	if (!ns->flag)
		return node_fail(&type, e, "no such namespace: \"%.64s\"", name);
	if (spec_ns(s, ns->flag))
		return node_fail(&type, e, "\"%s\" is there twice", name);
	s->n_ns++;
	if (node_str(n, "path", NODE_ABSOLUTE, &ns->path, e))
		return e->code;
	return ns->path ? check_path(n, ns, name, e) : 0;
}

/* ---- mappings ---- */

static bool overlap(uint32_t a, uint32_t na, uint32_t b, uint32_t nb)
{
	return a < (uint64_t)b + nb && b < (uint64_t)a + na;
}

static int read_map(const struct node *n, struct spec_map *all, size_t i, struct err *e)
{
	struct spec_map *m = &all[i];
	int64_t inside, outside, size;

	if (node_is_object(n, e) ||
	    node_int(n, "containerID", NODE_NEEDED, 0, UINT32_MAX - 1, &inside, e) ||
	    node_int(n, "hostID", NODE_NEEDED, 0, UINT32_MAX - 1, &outside, e) ||
	    node_int(n, "size", NODE_NEEDED, 1, UINT32_MAX, &size, e))
		return e->code;
	/* the last id, (uid_t)-1, belongs to nobody */
	if (inside + size > UINT32_MAX || outside + size > UINT32_MAX)
		return node_fail(n, e, "reaches beyond the last id");
	*m = (struct spec_map){ (uint32_t)inside, (uint32_t)outside, (uint32_t)size };
	for (size_t k = 0; k < i; k++)
		if (overlap(m->inside, m->size, all[k].inside, all[k].size) ||
		    overlap(m->outside, m->size, all[k].outside, all[k].size))
			return node_fail(n, e, "overlaps entry %zu", k);
	return 0;
}

int spec_read_maps(const struct node *section, const char *key, struct spec_map **ret,
		   size_t *count, struct err *e)
{
	struct node list;
	int r = node_array(section, key, 0, &list, e);
	size_t n = node_length(&list);

	if (r || !n)
		return r;
	if (n > MAX_EXTENTS)
		return node_fail(&list, e, "more than %d entries", MAX_EXTENTS);
	*ret = calloc(n, sizeof(**ret));
	if (!*ret)
		return no_memory(e);
	for (; *count < n; (*count)++) {
		struct node item = node_item(&list, *count);

		r = read_map(&item, *ret, *count, e);
		if (r)
			return r;
	}
	return 0;
}

/* A new user namespace needs both; without one, or with somebody else's, they are wrong. */
static int check_maps(const struct node *section, const struct spec *s, struct err *e)
{
	const struct spec_ns *user = spec_ns(s, CLONE_NEWUSER);
	struct node uids = { .up = section, .key = "uidMappings" };
	struct node gids = { .up = section, .key = "gidMappings" };
	bool fresh = user && !user->path;

	if (fresh && !s->n_uid_map)
		return node_fail(&uids, e, "missing for the new user namespace");
	if (fresh && !s->n_gid_map)
		return node_fail(&gids, e, "missing for the new user namespace");
	if (!user && (s->n_uid_map || s->n_gid_map))
		return node_fail(s->n_uid_map ? &uids : &gids, e,
				 "there is no user namespace to map");
	return 0;
}

/* Engines repeat the mappings of the namespace that they have a container join. */
static int drop_maps(const struct node *section, struct spec *s, struct err *e)
{
	const struct spec_ns *user = spec_ns(s, CLONE_NEWUSER);
	struct node uids = { .up = section, .key = "uidMappings" };

	if (!user || !user->path || (!s->n_uid_map && !s->n_gid_map))
		return 0;
	s->n_uid_map = s->n_gid_map = 0;
	if (node_warn(&uids, &s->warnings,
		      "not used, the user namespace that is joined has its own"))
		return no_memory(e);
	return 0;
}

int spec_read_namespaces(const struct node *section, struct spec *s, struct err *e)
{
	struct node list;
	int r = node_array(section, "namespaces", 0, &list, e);
	size_t n = node_length(&list);

	if (r)
		return r;
	/* one more than there are types: the last one is then there twice */
	s->ns = calloc(SPEC_N_NS + 1, sizeof(*s->ns));
	if (!s->ns)
		return no_memory(e);
	for (size_t i = 0; i < n; i++) {
		struct node item = node_item(&list, i);

		r = read_ns(&item, s, e);
		if (r)
			return r;
	}
	if (spec_read_maps(section, "uidMappings", &s->uid_map, &s->n_uid_map, e) ||
	    spec_read_maps(section, "gidMappings", &s->gid_map, &s->n_gid_map, e) ||
	    check_maps(section, s, e))
		return e->code;
	return drop_maps(section, s, e);
}

const struct spec_ns *spec_ns(const struct spec *s, int flag)
{
	for (size_t i = 0; i < s->n_ns; i++)
		if (s->ns[i].flag == flag)
			return &s->ns[i];
	return NULL;
}
