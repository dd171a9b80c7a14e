/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The linux section, apart from namespaces and sysctl: devices, paths, propagation,
 * the cgroup. What is bad for the host or would surely fail later is refused here.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

#define MAX_MAJOR	0xfff		/* MAJOR is 12 bits, MINOR 20 */
#define MAX_MINOR	0xfffff
#define MAX_ID		0xfffffffeL

/* ---- devices ---- */

static int read_device_type(const struct node *n, struct spec_device *d, struct err *e)
{
	struct node type;
	const char *name;

	if (node_word(n, "type", &type, &name, e))
		return e->code;
	if (!name[0] || name[1] || !strchr("bcup", name[0]))
		return node_fail(&type, e, "must be b, c, u or p, not \"%.64s\"", name);
	d->type = name[0] == 'u' ? 'c' : name[0];
	return 0;
}

/*
 * "/dev/../x//" as "/x": where a device is made is told from the text of its path alone, for a
 * ".." behind a link of the image would lead elsewhere.
 */
static void clean(char *path)
{
	char *to = path;

	for (char *at = path; *at; ) {
		size_t n = strcspn(at += strspn(at, "/"), "/");

		if (n == 2 && !strncmp(at, "..", 2)) {
			while (to > path && *--to != '/')
				;
		} else if (n && !(n == 1 && *at == '.')) {
			*to++ = '/';
			memmove(to, at, n);
			to += n;
		}
		at += n;
	}
	*to = '\0';
}

static int read_device(const struct node *n, struct spec_device *d, struct err *e)
{
	int64_t major = 0, minor = 0, mode = 0666, uid = 0, gid = 0;
	unsigned need;

	if (node_is_object(n, e) || read_device_type(n, d, e) ||
	    node_str(n, "path", NODE_NEEDED | NODE_ABSOLUTE, &d->path, e))
		return e->code;
	clean(d->path);
	need = d->type == 'p' ? 0 : NODE_NEEDED;
	if (node_int(n, "major", need, 0, MAX_MAJOR, &major, e) ||
	    node_int(n, "minor", need, 0, MAX_MINOR, &minor, e) ||
	    node_int(n, "fileMode", 0, 0, UINT32_MAX, &mode, e) ||
	    node_int(n, "uid", 0, 0, MAX_ID, &uid, e) ||
	    node_int(n, "gid", 0, 0, MAX_ID, &gid, e))
		return e->code;
	d->major = (unsigned)major;
	d->minor = (unsigned)minor;
	d->mode = (mode_t)mode & 07777;		/* some engines pass all of st_mode */
	d->uid = (uid_t)uid;
	d->gid = (gid_t)gid;
	return 0;
}

static int read_devices(const struct node *section, struct spec *s, struct err *e)
{
	struct node list;
	int r = node_array(section, "devices", 0, &list, e);
	size_t n;

	if (r || !list.json)
		return r;
	n = node_length(&list);
	s->devices = calloc(n + 1, sizeof(*s->devices));
	if (!s->devices)
		return no_memory(e);
	while (s->n_devices < n) {
		struct node item = node_item(&list, s->n_devices);

		r = read_device(&item, &s->devices[s->n_devices++], e);
		if (r)
			return r;
	}
	return 0;
}

/* ---- the cgroup ---- */

/*
 * Where it may lie is for the library to judge. Refused here is what no library should
 * have to see: "..", and names that the kernel takes for none.
 */
static int read_cgroup(const struct node *section, struct spec *s, struct err *e)
{
	struct node n = { .up = section, .key = "cgroupsPath" };
	bool any = false;
	const char *p;

	if (node_str(section, "cgroupsPath", 0, &s->cgroups_path, e))
		return e->code;
	if (!s->cgroups_path)
		return 0;
	if (strlen(s->cgroups_path) >= PATH_MAX)
		return node_fail(&n, e, "longer than a path may be (%d bytes)", PATH_MAX - 1);
	if (strchr(s->cgroups_path, '\n'))
		return node_fail(&n, e, "has a newline in it");
	for (p = s->cgroups_path; *p; p += *p == '/') {
		size_t len = strcspn(p, "/");

		if (len == 2 && !strncmp(p, "..", 2))
			return node_fail(&n, e, "must not have \"..\" in it");
		if (len > NAME_MAX)
			return node_fail(&n, e, "has a name longer than %d bytes", NAME_MAX);
		any |= len > 1 || (len == 1 && p[0] != '.');
		p += len;
	}
	return any ? 0 : node_fail(&n, e, "is the root, which no container may have");
}

static int read_propagation(const struct node *section, struct spec *s, struct err *e)
{
	struct node n = { .up = section, .key = "rootfsPropagation" };
	char *word = NULL;
	int r = node_str(section, "rootfsPropagation", 0, &word, e);

	if (r || !word)
		return r;
	s->rootfs_propagation = spec_propagation(word);
	if (!s->rootfs_propagation)
		r = node_fail(&n, e, "no such propagation: \"%.64s\"", word);
	free(word);
	return r;
}

int spec_read_linux(const struct node *root, struct spec *s, struct err *e)
{
	struct node section, part;
	int r = node_object(root, "linux", 0, &section, e);

	if (r || !section.json)
		return r;
	if (spec_read_namespaces(&section, s, e) || spec_read_sysctl(&section, s, e) ||
	    read_devices(&section, s, e) || read_cgroup(&section, s, e) ||
	    read_propagation(&section, s, e) || spec_read_clocks(&section, s, e) ||
	    node_strv(&section, "maskedPaths", NODE_ABSOLUTE, &s->masked, e) ||
	    node_strv(&section, "readonlyPaths", NODE_ABSOLUTE, &s->readonly_paths, e) ||
	    spec_read_netdevs(&section, s, e) ||
	    node_str(&section, "mountLabel", 0, &s->mount_label, e) ||
	    node_object(&section, "memoryPolicy", 0, &part, e) ||
	    (part.json && spec_mempolicy(&part, &s->mempolicy, e)))
		return e->code;
	s->mempolicy_json = part.json;
	if (node_object(&section, "seccomp", 0, &part, e))
		return e->code;
	s->seccomp = part.json;
	r = node_object(&section, "resources", 0, &part, e);
	s->resources = part.json;
	return r;
}
