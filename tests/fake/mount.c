/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fake kernel's mounts: which hierarchy, and which part of it, a path reaches. Two
 * mounts may show one hierarchy, and one may hide another, which mountinfo still lists.
 */
#include "fk.h"

#define TMPFS	24	/* the mount ID of the tmpfs at /sys/fs/cgroup */

/* Is it `point` itself or below it? */
static bool below(const char *path, const char *point)
{
	size_t n = strlen(point);

	return !strncmp(path, point, n) && (!path[n] || path[n] == '/');
}

/* The last one that is mounted at the path or above it; NULL: none of these. */
static struct fk_mount *last_above(struct fk *k, const char *path, unsigned before)
{
	for (unsigned i = before; i-- > 0;)
		if (!k->mount[i].gone && below(path, k->mount[i].point))
			return &k->mount[i];
	return NULL;
}

struct fk_mount *fk_mount_at(struct fk *k, const char *path, const char **rest)
{
	struct fk_mount *m = last_above(k, path, k->nmounts);

	*rest = m ? path + strlen(m->point) : path;
	return m;
}

static bool visible(struct fk *k, const struct fk_mount *m)
{
	return !m->gone && last_above(k, m->point, k->nmounts) == m;
}

/* A directory that is there for the sake of the mounts in it. */
bool fk_is_dir(struct fk *k, const char *path)
{
	size_t n = strlen(path);

	if (!strcmp(path, "/") || !strcmp(path, "/sys/fs/cgroup"))
		return true;
	if (k->systemd && (!strcmp(path, "/run/systemd/system") ||
			   !strcmp(path, "/run/user/1000/bus")))
		return true;
	for (unsigned i = 0; i < k->nmounts; i++) {
		const char *point = k->mount[i].point;

		if (visible(k, &k->mount[i]) && !strncmp(path, point, n) &&
		    (point[n] == '/' || (!point[n] && !k->mount[i].h)))
			return true;
	}
	return false;
}

int fk_mount_id(const struct fk *k, const struct fk_mount *m)
{
	return 31 + (int)(m - k->mount);
}

struct fk_mount *fk_mount(struct fk *k, struct fk_h *h, struct fk_cg *root, const char *point)
{
	struct fk_mount *m = &k->mount[k->nmounts];

	if (k->nmounts == FK_MAXM)
		abort();
	k->nmounts++;
	*m = (struct fk_mount){ .h = h, .root = root ? root : h ? h->root : NULL };
	snprintf(m->point, sizeof(m->point), "%s", point);
	return m;
}

static void show(struct fk *k, const struct fk_mount *m, struct fk_text *t)
{
	const struct fk_mount *on = last_above(k, m->point, (unsigned)(m - k->mount));
	const struct fk_h *h = m->h;

	fk_text(t, "%d %d 0:%u ", fk_mount_id(k, m), on ? fk_mount_id(k, on) : TMPFS,
		h ? (unsigned)h->dev : 60);
	if (!h) {
		fk_text(t, "/ %s rw,relatime - tmpfs tmpfs rw\n", m->point);
		return;
	}
	fk_cg_path(k, m->root, t);
	fk_text(t, " %s %s,relatime shared:9 - %s rw%s%s\n", m->point, h->ro ? "ro" : "rw",
		h->v2 ? "cgroup2 cgroup2" : "cgroup cgroup", h->v2 ? "" : ",",
		h->v2 ? "" : h->controllers);
}

void fk_read_mountinfo(struct fk *k, struct fk_text *t)
{
	fk_text(t, "21 1 8:1 / / rw,relatime - ext4 /dev/root rw\n"
		"22 21 0:5 / /proc rw,nosuid - proc proc rw\n"
		"%d 21 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n", TMPFS);
	for (unsigned i = 0; i < k->nmounts; i++)
		if (!k->mount[i].gone)
			show(k, &k->mount[i], t);
}
