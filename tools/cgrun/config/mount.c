/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mounts: which words of "options" are flags, and that the last one of a pair
 * ("ro", "rw") counts. Words that are not in the table are for the file system.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

/* The kernel's numbers, for C libraries that lack some of them. */
#ifndef MS_LAZYTIME
#define MS_LAZYTIME		(1 << 25)
#endif
#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY	0x00000001
#define MOUNT_ATTR_NOSUID	0x00000002
#define MOUNT_ATTR_NODEV	0x00000004
#define MOUNT_ATTR_NOEXEC	0x00000008
#define MOUNT_ATTR__ATIME	0x00000070
#define MOUNT_ATTR_RELATIME	0x00000000
#define MOUNT_ATTR_NOATIME	0x00000010
#define MOUNT_ATTR_STRICTATIME	0x00000020
#define MOUNT_ATTR_NODIRATIME	0x00000080
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW	0x00200000
#endif

enum kind { SET, CLEAR, REC_SET, REC_CLEAR, REC_ATIME, PROPAGATE, COPYUP, IDMAP };

/* In the order of the alphabet, as `features` prints them. */
static const struct option {
	const char *name;
	enum kind kind;
	unsigned long bits;
} options[] = {
	{ "async", CLEAR, MS_SYNCHRONOUS },
	{ "atime", CLEAR, MS_NOATIME },
	{ "bind", SET, MS_BIND },
	{ "defaults", SET, 0 },
	{ "dev", CLEAR, MS_NODEV },
	{ "diratime", CLEAR, MS_NODIRATIME },
	{ "dirsync", SET, MS_DIRSYNC },
	{ "exec", CLEAR, MS_NOEXEC },
	{ "idmap", IDMAP, 0 },
	{ "iversion", SET, MS_I_VERSION },
	{ "lazytime", SET, MS_LAZYTIME },
	{ "loud", CLEAR, MS_SILENT },
	{ "mand", SET, MS_MANDLOCK },
	{ "noatime", SET, MS_NOATIME },
	{ "nodev", SET, MS_NODEV },
	{ "nodiratime", SET, MS_NODIRATIME },
	{ "noexec", SET, MS_NOEXEC },
	{ "noiversion", CLEAR, MS_I_VERSION },
	{ "nolazytime", CLEAR, MS_LAZYTIME },
	{ "nomand", CLEAR, MS_MANDLOCK },
	{ "norelatime", CLEAR, MS_RELATIME },
	{ "nostrictatime", CLEAR, MS_STRICTATIME },
	{ "nosuid", SET, MS_NOSUID },
	{ "nosymfollow", SET, MS_NOSYMFOLLOW },
	{ "private", PROPAGATE, MS_PRIVATE },
	{ "ratime", REC_ATIME, MOUNT_ATTR_RELATIME },
	{ "rbind", SET, MS_BIND | MS_REC },
	{ "rdev", REC_CLEAR, MOUNT_ATTR_NODEV },
	{ "rdiratime", REC_CLEAR, MOUNT_ATTR_NODIRATIME },
	{ "relatime", SET, MS_RELATIME },
	{ "remount", SET, MS_REMOUNT },
	{ "rexec", REC_CLEAR, MOUNT_ATTR_NOEXEC },
	{ "ridmap", IDMAP, MS_REC },
	{ "rnoatime", REC_ATIME, MOUNT_ATTR_NOATIME },
	{ "rnodev", REC_SET, MOUNT_ATTR_NODEV },
	{ "rnodiratime", REC_SET, MOUNT_ATTR_NODIRATIME },
	{ "rnoexec", REC_SET, MOUNT_ATTR_NOEXEC },
	{ "rnorelatime", REC_ATIME, MOUNT_ATTR_RELATIME },
	{ "rnostrictatime", REC_ATIME, MOUNT_ATTR_RELATIME },
	{ "rnosuid", REC_SET, MOUNT_ATTR_NOSUID },
	{ "rnosymfollow", REC_SET, MOUNT_ATTR_NOSYMFOLLOW },
	{ "ro", SET, MS_RDONLY },
	{ "rprivate", PROPAGATE, MS_PRIVATE | MS_REC },
	{ "rrelatime", REC_ATIME, MOUNT_ATTR_RELATIME },
	{ "rro", REC_SET, MOUNT_ATTR_RDONLY },
	{ "rrw", REC_CLEAR, MOUNT_ATTR_RDONLY },
	{ "rshared", PROPAGATE, MS_SHARED | MS_REC },
	{ "rslave", PROPAGATE, MS_SLAVE | MS_REC },
	{ "rstrictatime", REC_ATIME, MOUNT_ATTR_STRICTATIME },
	{ "rsuid", REC_CLEAR, MOUNT_ATTR_NOSUID },
	{ "rsymfollow", REC_CLEAR, MOUNT_ATTR_NOSYMFOLLOW },
	{ "runbindable", PROPAGATE, MS_UNBINDABLE | MS_REC },
	{ "rw", CLEAR, MS_RDONLY },
	{ "shared", PROPAGATE, MS_SHARED },
	{ "silent", SET, MS_SILENT },
	{ "slave", PROPAGATE, MS_SLAVE },
	{ "strictatime", SET, MS_STRICTATIME },
	{ "suid", CLEAR, MS_NOSUID },
	{ "symfollow", CLEAR, MS_NOSYMFOLLOW },
	{ "sync", SET, MS_SYNCHRONOUS },
	{ "tmpcopyup", COPYUP, 0 },
	{ "unbindable", PROPAGATE, MS_UNBINDABLE },
};

#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

static int compare(const void *word, const void *o)
{
	return strcmp(word, ((const struct option *)o)->name);
}

static const struct option *lookup(const char *word)
{
	return bsearch(word, options, N_OPTIONS, sizeof(options[0]), compare);
}

unsigned long spec_propagation(const char *word)
{
	const struct option *o = lookup(word);

	return o && o->kind == PROPAGATE ? o->bits : 0;
}

const char *spec_mount_option(size_t i)
{
	for (size_t k = 0; k < N_OPTIONS; k++)
		if (!i--)
			return options[k].name;
	return NULL;
}

/* false: for the file system */
static bool apply(struct spec_mount *m, const char *word)
{
	const struct option *o = lookup(word);

	if (!o)
		return false;
	switch (o->kind) {
	case SET:
		m->flags |= o->bits;
		m->clear &= ~o->bits;
		break;
	case CLEAR:
		m->flags &= ~o->bits;
		m->clear |= o->bits;
		break;
	case REC_SET:
		m->rec_set |= o->bits;
		m->rec_clear &= ~(uint64_t)o->bits;
		break;
	case REC_CLEAR:
		m->rec_set &= ~(uint64_t)o->bits;
		m->rec_clear |= o->bits;
		break;
	case REC_ATIME: /* not a bit but a field: mount_setattr(2) wants all of it cleared */
		m->rec_clear |= MOUNT_ATTR__ATIME;
		m->rec_set = (m->rec_set & ~(uint64_t)MOUNT_ATTR__ATIME) | o->bits;
		break;
	case PROPAGATE:
		m->propagation = o->bits;
		break;
	case COPYUP:
		m->tmpcopyup = true;
		break;
	case IDMAP:
		m->idmap = true;
		m->ridmap = o->bits;
		break;
	}
	return true;
}

/* The words for the file system, comma-joined. */
static int read_data(const struct node *list, struct spec_mount *m, struct err *e)
{
	size_t max = (size_t)sysconf(_SC_PAGESIZE) - 1, len = 0;
	FILE *f;

	f = open_memstream(&m->data, &len);
	if (!f)
		return no_memory(e);
	for (size_t i = 0; i < node_length(list); i++) {
		struct node item = node_item(list, i);
		const char *word;

		if (node_text(&item, &word, e)) {
			fclose(f);
			return e->code;
		}
		if (word[0] && !apply(m, word))
			fprintf(f, "%s%s", ftell(f) > 0 ? "," : "", word);
	}
	if (fclose(f))
		return no_memory(e);
	/* mount(2) would cut it off without a word */
	if (len > max)
		return node_fail(list, e, "longer than the kernel takes (%zu bytes)", max);
	if (!len) {
		free(m->data);
		m->data = NULL;
	}
	return 0;
}

static int read_idmap(const struct node *n, struct spec_mount *m, struct err *e)
{
	struct node uids = { .up = n, .key = "uidMappings" };
	struct node gids = { .up = n, .key = "gidMappings" };

	if (spec_read_maps(n, "uidMappings", &m->uid_map, &m->n_uid_map, e) ||
	    spec_read_maps(n, "gidMappings", &m->gid_map, &m->n_gid_map, e))
		return e->code;
	if (!m->n_uid_map != !m->n_gid_map)
		return node_fail(m->n_uid_map ? &gids : &uids, e, "missing beside %s",
				 m->n_uid_map ? "uidMappings" : "gidMappings");
	m->idmap |= m->n_uid_map > 0;
	if (m->idmap && !m->bind)
		return node_fail(n, e, "only a bind mount can have mapped ids");
	return 0;
}

/* The source of a bind mount is a path, relative to the bundle if it is relative. */
static int check_bind(const struct node *n, const struct spec *s, struct spec_mount *m,
		      struct err *e)
{
	struct node source = { .up = n, .key = "source" };
	char *abs;

	if (!m->source)
		return node_fail(&source, e, "missing in a bind mount");
	if (m->source[0] == '/')
		return 0;
	if (asprintf(&abs, "%s/%s", s->bundle, m->source) < 0)
		return no_memory(e);
	free(m->source);
	m->source = abs;
	return 0;
}

/* Some callers give the path on the host, which runc takes as well: how much is the root's. */
static size_t root_prefix(const char *path, const char *rootfs)
{
	size_t n = strlen(rootfs);

	return strcmp(rootfs, "/") && !strncmp(path, rootfs, n) && path[n] == '/' ? n : 0;
}

/* Relative ones are deprecated but still allowed; they start at the container's root. */
static int read_destination(const struct node *n, struct spec *s, struct spec_mount *m,
			    struct err *e)
{
	struct node d;
	const char *path;

	if (node_word(n, "destination", &d, &path, e))
		return e->code;
	if (!path[0])
		return node_fail(&d, e, "must not be empty");
	if (path[0] != '/' && node_warn(&d, &s->warnings, "is relative, taken as /%.64s", path))
		return no_memory(e);
	path += root_prefix(path, s->rootfs);
	if (asprintf(&m->destination, "%s%s", path[0] == '/' ? "" : "/", path) < 0)
		return no_memory(e);
	if (strlen(m->destination) >= PATH_MAX)
		return node_fail(&d, e, "longer than a path may be (%d bytes)", PATH_MAX - 1);
	return 0;
}

static int read_mount(const struct node *n, struct spec *s, struct spec_mount *m, struct err *e)
{
	struct node list, source = { .up = n, .key = "source" };

	if (node_is_object(n, e) || read_destination(n, s, m, e) ||
	    node_str(n, "type", 0, &m->type, e) || node_str(n, "source", 0, &m->source, e) ||
	    node_array(n, "options", 0, &list, e) || read_data(&list, m, e))
		return e->code;
	if (m->type && !strcmp(m->type, "bind"))
		m->flags |= MS_BIND;
	m->bind = m->flags & MS_BIND;
	if ((m->bind && check_bind(n, s, m, e)) || read_idmap(n, m, e))
		return e->code;
	if (m->source && strlen(m->source) >= PATH_MAX)
		return node_fail(&source, e, "longer than a path may be (%d bytes)",
				 PATH_MAX - 1);
	if (!m->bind && !m->type && !(m->flags & MS_REMOUNT))
		return node_fail(n, e, "has no type and is no bind mount");
	if (m->tmpcopyup && (!m->type || strcmp(m->type, "tmpfs")))
		return node_fail(&list, e, "\"tmpcopyup\" is for a tmpfs");
	return 0;
}

int spec_read_mounts(const struct node *root, struct spec *s, struct err *e)
{
	struct node list;
	int r = node_array(root, "mounts", 0, &list, e);
	size_t n;

	if (r || !list.json)
		return r;
	n = node_length(&list);
	s->mounts = calloc(n + 1, sizeof(*s->mounts));
	if (!s->mounts)
		return no_memory(e);
	while (s->n_mounts < n) {
		struct node item = node_item(&list, s->n_mounts);

		r = read_mount(&item, s, &s->mounts[s->n_mounts++], e);
		if (r)
			return r;
	}
	return 0;
}
