/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a group is known to be a container's of cgrun when the state that said so is lost:
 * by an extended attribute of its directories, which ends with them, as nothing else does.
 * A name proves nothing, since engines choose the paths and anybody can make a directory.
 *
 * The attribute holds the group as cg_save() wrote it, with the identity of every
 * directory. "trusted." can be written by root of the host alone; whoever is not that takes
 * "user.", and is believed for what is theirs. A container may own its group and write
 * there what it likes: so a mark speaks for the directories that carry it, and for no other.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <json-c/json.h>
#include <linux/magic.h>

#include <libcg/cg.h>

#include "mark.h"
#include "out.h"

#include "banned.h"

#define NAME		"libcg.container"
#define SIZE_MAX_XATTR	65536
#define DEPTH_MAX	64

static const char *const names[] = { "trusted." NAME, "user." NAME };

/* ---- writing ---- */

struct writer {
	const char *path, *text;
};

static void write_fd(int fd, const char *text)
{
	for (size_t i = 0; i < 2; i++)
		if (!fsetxattr(fd, names[i], text, strlen(text), 0))
			return;
}

/* No link is followed. */
static void write_path(const char *path, const char *text)
{
	for (size_t i = 0; i < 2; i++)
		if (!lsetxattr(path, names[i], text, strlen(text), 0) || errno == ENOENT)
			return;
}

/*
 * "CONTROLLERS /mount/point", and below it the tree where this user's groups begin: a path
 * is the same in each hierarchy, or the group is not there.
 */
static int write_mount(void *data, const char *key, const char *value)
{
	const struct writer *w = data;
	const char *top = strchr(value, ' ');
	char *dir;

	if (strcmp(key, *w->path == '/' ? "mount" : "tree") || !top ||
	    asprintf(&dir, "%s/%s", top + 1, w->path + strspn(w->path, "/")) < 0)
		return 0;
	write_path(dir, w->text);
	free(dir);
	return 0;
}

uint64_t mark_mnt(void)
{
	struct stat st;

	return stat("/proc/self/ns/mnt", &st) ? 0 : st.st_ino;
}

void mark_write(struct cg_ctx *ctx, const struct cg *cg, const char *root, int rootfd,
		const char *id, const char *group)
{
	struct json_object *o = json_object_new_object();
	struct writer w = { .path = cg_path(cg) };
	struct statfs fs;
	struct stat st;
	int fd = cg_fd(cg);

	if (fstat(rootfd, &st) || fstatfs(rootfd, &fs)) {
		json_object_put(o);
		return;
	}
	out_json_add(o, "version", json_object_new_int(1));
	out_json_add(o, "root", out_json_string(root));
	out_json_add(o, "id", out_json_string(id));
	out_json_add(o, "dev", json_object_new_uint64(st.st_dev));
	out_json_add(o, "inode", json_object_new_uint64(st.st_ino));
	out_json_add(o, "tmpfs", json_object_new_boolean(fs.f_type == TMPFS_MAGIC));
	out_json_add(o, "mnt", json_object_new_uint64(mark_mnt()));
	out_json_add(o, "group", out_json_string(group));
	w.text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN);
	if (w.text && fd >= 0)
		write_fd(fd, w.text);
	if (w.text && *w.path && strcmp(w.path, "/"))
		cg_info(ctx, write_mount, &w);
	json_object_put(o);
}

/* ---- finding ---- */

struct search {
	mark_fn fn;
	void *data;
	char buf[SIZE_MAX_XATTR + 1];
};

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v = json_object_object_get(o, key);

	return json_object_is_type(v, json_type_string) ? json_object_get_string(v) : NULL;
}

static uint64_t number_of(struct json_object *o, const char *key)
{
	return json_object_get_uint64(json_object_object_get(o, key));
}

static void read_mark(struct search *s, int fd)
{
	struct json_object *o;
	struct stat st;
	struct mark m = { 0 };
	ssize_t n = -1;

	for (size_t i = 0; n < 0 && i < 2; i++) {
		n = fgetxattr(fd, names[i], s->buf, sizeof(s->buf) - 1);
		m.trusted = !i;
	}
	if (n < 0 || fstat(fd, &st))
		return;
	s->buf[n] = '\0';
	o = json_tokener_parse(s->buf);
	if (json_object_is_type(o, json_type_object) && number_of(o, "version") == 1) {
		m.root = text_of(o, "root");
		m.id = text_of(o, "id");
		m.group = text_of(o, "group");
		m.dev = number_of(o, "dev");
		m.inode = number_of(o, "inode");
		m.tmpfs = json_object_get_boolean(json_object_object_get(o, "tmpfs"));
		m.mnt = number_of(o, "mnt");
		m.dir_dev = st.st_dev;
		m.dir_inode = st.st_ino;
		m.owner = st.st_uid;
		if (m.root && *m.root == '/' && m.id && m.group)
			s->fn(s->data, &m);
	}
	json_object_put(o);
}

void mark_at(const char *dir, mark_fn fn, void *data)
{
	struct search *s = malloc(sizeof(*s));
	int fd = s ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		s->fn = fn;
		s->data = data;
		read_mark(s, fd);
		close(fd);
	}
	free(s);
}

/* Takes the descriptor over. */
static void walk(struct search *s, int fd, int depth)
{
	DIR *dir = fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		close(fd);
		return;
	}
	read_mark(s, fd);
	while (depth < DEPTH_MAX && (d = readdir(dir))) {
		if (d->d_type != DT_DIR || !strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		fd = openat(dirfd(dir), d->d_name,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			walk(s, fd, depth + 1);
	}
	closedir(dir);
}

static int walk_mount(void *data, const char *key, const char *value)
{
	const char *point = strchr(value, ' ');
	int fd;

	if (strcmp(key, "mount") || !point)
		return 0;
	fd = open(point + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		walk(data, fd, 0);
	return 0;
}

void mark_each(struct cg_ctx *ctx, mark_fn fn, void *data)
{
	struct search *s = malloc(sizeof(*s));

	if (!s)
		return;
	s->fn = fn;
	s->data = data;
	cg_info(ctx, walk_mount, s);
	free(s);
}
