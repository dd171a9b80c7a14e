/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories of containers. One is made under another name and renamed, and
 * renamed away before it is emptied: whenever a runtime is killed, what has the
 * name of a container is a whole one.
 *
 * The lock is on the directory itself, so that it outlives whatever is done to the
 * files in it. This file is the one in tools/ that removes: unlinkat() below ROOT.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "base/base.h"
#include "state/state.h"

#define BANNED_EXCEPT_UNLINKAT
#include "banned.h"

#define FILE_NAME	"state.json"
#define FILE_NEW	"state.json.new"
#define MAX_SIZE	(16 << 20)
/* Room for ":new:", ":" and a number beside the id within NAME_MAX. */
#define MAX_ID		200
#define POLL_MS		5
#define DROP_MS		1000	/* where nobody else can have put anything */

/* ---- names ---- */

static bool id_ok(const char *id)
{
	size_t n = strlen(id);

	return n && n <= MAX_ID && strcmp(id, ".") && strcmp(id, "..") &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "0123456789_+-.") == n;
}

int state_id_check(const char *id, struct err *e)
{
	if (id_ok(id))
		return 0;
	return err_set(e, -EINVAL, "invalid container ID format: \"%.64s%s\" (letters, digits, "
		       "_ + - . and at most %d of them)", id, strlen(id) > 64 ? "…" : "", MAX_ID);
}

/* Names of directories that come or go; ':' is in no id. */
static char *temp_name(const char *kind, const char *id)
{
	struct timespec t;
	char *s;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return asprintf(&s, ":%s:%s:%d%09ld", kind, id, getpid(), t.tv_nsec) < 0 ? NULL : s;
}

static bool is_temp_of(const char *name, const char *id)
{
	size_t n = strlen(id);

	return (!strncmp(name, ":new:", 5) || !strncmp(name, ":old:", 5)) &&
	       !strncmp(name + 5, id, n) && name[5 + n] == ':';
}

/* ---- the root ---- */

static int make_parents(char *path)
{
	for (char *p = path + 1; *p; p++) {
		int rc = 0;

		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			rc = -errno;
		*p = '/';
		if (rc < 0)
			return rc;
	}
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* Whoever can write here decides what is killed, and what an exec may. */
static int check_owner(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "%s: %s", path, err_reason(-errno));
	if (file_is_ours(&st))
		return 0;
	return err_set(e, -EPERM, "the state in %s is not used: others can write to it (uid %u, "
		       "mode %04o)", path, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
}

int state_root_open(const char *path, bool make, int *fd, struct err *e)
{
	int rc = 0;

	if (!*path)
		return err_set(e, -EINVAL, "--root: is empty");
	*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0 && errno == ENOENT && make) {
		char *copy = strdup(path);

		rc = copy ? make_parents(copy) : -ENOMEM;
		free(copy);
		if (rc < 0)
			return err_set(e, rc, "cannot make the state directory %s: %s", path,
				       err_reason(rc));
		*fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (*fd < 0)
		return err_set(e, -errno, "cannot open the state directory %s: %s", path,
			       err_reason(-errno));
	rc = check_owner(*fd, path, e);
	if (rc < 0) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

static DIR *list_dir(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d && fd >= 0)
		close(fd);
	return d;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void state_ids_free(char **ids)
{
	for (char **p = ids; p && *p; p++)
		free(*p);
	free(ids);
}

/* A directory with a state in it, which may be spoiled. */
static bool is_container(int rootfd, const char *id)
{
	char path[MAX_ID + sizeof "/" FILE_NAME];
	struct stat st;

	snprintf(path, sizeof path, "%s/" FILE_NAME, id);
	return !fstatat(rootfd, path, &st, AT_SYMLINK_NOFOLLOW);
}

int state_ids(int rootfd, char ***ret, size_t *n, struct err *e)
{
	DIR *d = list_dir(rootfd);
	char **ids = calloc(1, sizeof *ids);
	size_t count = 0;

	for (struct dirent *de; d && ids && (de = readdir(d));) {
		char **more;

		if (!id_ok(de->d_name) || !is_container(rootfd, de->d_name))
			continue;
		more = reallocarray(ids, count + 2, sizeof *ids);
		if (!more)
			break;
		ids = more;
		ids[count] = strdup(de->d_name);
		ids[++count] = NULL;
	}
	if (d)
		closedir(d);
	if (!d || !ids) {
		free(ids);
		return err_set(e, -ENOMEM, "cannot list the state directory");
	}
	qsort(ids, count, sizeof *ids, by_name);
	*ret = ids;
	*n = count;
	return 0;
}

/* ---- one container ---- */

/* fd goes to ret, or is closed. */
static int dir_init(struct state_dir *ret, int rootfd, const char *root, const char *id, int fd,
		    struct err *e)
{
	struct state_dir d = { .root = rootfd, .fd = fd, .id = strdup(id) };

	if (asprintf(&d.path, "%s/%s", root, id) < 0)
		d.path = NULL;
	if (!d.id || !d.path) {
		state_close(&d);
		return err_set(e, -ENOMEM, "out of memory");
	}
	*ret = d;
	return 0;
}

void state_close(struct state_dir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->id);
	free(d->path);
	*d = (struct state_dir){ .root = -1, .fd = -1 };
}

int state_open(int rootfd, const char *root, const char *id, struct state_dir *ret,
	       struct err *e)
{
	int fd, rc = state_id_check(id, e);

	if (rc < 0)
		return rc;
	fd = openat(rootfd, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, -ENOENT, "container does not exist: %s", id);
	if (fd < 0)
		return err_set(e, -errno, "cannot open %s/%s: %s", root, id, err_reason(-errno));
	rc = dir_init(ret, rootfd, root, id, fd, e);
	if (!rc && (rc = check_owner(fd, ret->path, e)) < 0)
		state_close(ret);
	return rc;
}

/* renameat2() is refused by some file systems: then an empty directory holds the name. */
static int rename_new(int rootfd, const char *from, const char *to)
{
	if (!renameat2(rootfd, from, rootfd, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (mkdirat(rootfd, to, 0700) < 0 || renameat(rootfd, from, rootfd, to) < 0)
		return -errno;
	return 0;
}

/* A namespace that was held there. */
static bool unmount(int dirfd, const char *name)
{
	char path[64];

	return !strncmp(name, STATE_HELD, strlen(STATE_HELD)) &&
	       snprintf(path, sizeof path, "/proc/self/fd/%d/%.20s", dirfd, name) > 0 &&
	       !umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}

/*
 * What is in a directory: removed, or, if it is a directory itself, moved up into top under a
 * number, so that depth costs neither descriptors nor stack. The entries of top are left.
 */
static int clear(int top, const char *name, unsigned *n, uint64_t deadline)
{
	int fd = openat(top, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool is_top = !strcmp(name, ".");

	if (!d) {
		rc = -errno;
		if (fd >= 0)
			close(fd);
		return rc;
	}
	for (struct dirent *de; !rc && (de = readdir(d));) {
		char number[16];

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    !unlinkat(fd, de->d_name, 0) || errno == ENOENT)
			continue;
		rc = -errno;
		if (now_ms() >= deadline)
			rc = -ETIMEDOUT;
		else if (rc == -EBUSY && is_top && unmount(fd, de->d_name))
			rc = unlinkat(fd, de->d_name, 0) ? -errno : 0;
		else if (rc != -EISDIR)
			break;
		else if (is_top)
			rc = clear(top, de->d_name, n, deadline);
		else if (snprintf(number, sizeof number, ":%u", (*n)++) > 0)
			rc = renameat(fd, de->d_name, top, number) ? -errno : 0;
	}
	closedir(d);
	if (!rc && !is_top && unlinkat(top, name, AT_REMOVEDIR))
		rc = -errno;
	return rc;
}

static int drop(int rootfd, const char *name, uint64_t deadline)
{
	int fd = openat(rootfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = fd < 0 ? -errno : -ENOTEMPTY;
	unsigned n = 0;

	/* Reading a directory may miss what was moved into it meanwhile. */
	while (rc == -ENOTEMPTY) {
		rc = now_ms() < deadline ? clear(fd, ".", &n, deadline) : -ETIMEDOUT;
		if (!rc && unlinkat(rootfd, name, AT_REMOVEDIR))
			rc = -errno;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

/* ---- the lock ---- */

/* Does the directory still have its name? */
static bool is_there(const struct state_dir *d)
{
	struct stat mine, named;

	return !fstat(d->fd, &mine) &&
	       !fstatat(d->root, d->id, &named, AT_SYMLINK_NOFOLLOW) &&
	       mine.st_ino == named.st_ino && mine.st_dev == named.st_dev;
}

int state_lock(const struct state_dir *d, uint64_t deadline, struct err *e)
{
	struct timespec pause = { .tv_nsec = POLL_MS * 1000000 };

	while (flock(d->fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, -errno, "cannot lock %s: %s", d->path,
				       err_reason(-errno));
		if (now_ms() >= deadline)
			return err_set(e, -ETIMEDOUT,
				       "%s is locked by another process for too long", d->path);
		nanosleep(&pause, NULL);
	}
	if (is_there(d))
		return 0;
	state_unlock(d);
	return err_set(e, -ENOENT, "container does not exist: %s", d->id);
}

void state_unlock(const struct state_dir *d)
{
	flock(d->fd, LOCK_UN);
}

/* ---- the file ---- */

/* There is no such file, or another kind of one. Any other error says nothing about it. */
static bool is_spoiled(int rc)
{
	return rc == -ENOENT || rc == -EINVAL || rc == -EFBIG || rc == -ELOOP || rc == -ENXIO;
}

static struct json_object *parse(const char *text, size_t len, const char **why)
{
	struct json_tokener *tok = json_tokener_new_ex(80);
	struct json_object *o;

	*why = "out of memory";
	if (!tok)
		return NULL;
	o = json_tokener_parse_ex(tok, text, (int)len);
	*why = json_tokener_get_error(tok) == json_tokener_continue ? "is cut short" :
		json_tokener_error_desc(json_tokener_get_error(tok));
	if (o && strspn(text + tok->char_offset, " \t\r\n") != len - (size_t)tok->char_offset) {
		*why = "has something behind its end";
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

int state_load(const struct state_dir *d, struct state *ret, struct err *e)
{
	char *text = NULL, where[512];
	struct json_object *o;
	const char *why;
	size_t len = 0;
	int rc = file_read(d->fd, FILE_NAME, FILE_OURS, MAX_SIZE, &text, &len, e);

	snprintf(where, sizeof where, "%s/" FILE_NAME, d->path);
	if (rc == -ENOENT)
		return err_set(e, -EINVAL, "%s: is missing", where);
	/* Whoever forgets the container for an error of the moment loses it. */
	if (rc < 0) {
		err_wrap(e, "%s", where);
		return e->code = is_spoiled(rc) ? -EINVAL : rc;
	}
	o = parse(text, len, &why);
	free(text);
	if (!o)
		return err_set(e, -EINVAL, "%s: %s", where, len ? why : "is empty");
	rc = state_from_json(o, where, ret, e);
	json_object_put(o);
	if (rc || !strcmp(ret->id, d->id))
		return rc;
	rc = err_set(e, -EINVAL, "%s: id: is that of another container: %s", where, ret->id);
	state_clear(ret);
	return rc;
}

int state_salvage(const struct state_dir *d, char **group)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o = NULL;
	char *text = NULL, *at;
	size_t len = 0;
	struct err e;
	int rc = tok ? file_read(d->fd, FILE_NAME, FILE_OURS, MAX_SIZE, &text, &len, &e) : -ENOMEM;

	*group = NULL;
	if (!rc && (at = strstr(text, "\"group\":")))
		o = json_tokener_parse_ex(tok, at + strlen("\"group\":"), -1);
	if (json_object_is_type(o, json_type_string) &&
	    !(*group = strdup(json_object_get_string(o))))
		rc = -ENOMEM;
	json_object_put(o);
	if (tok)
		json_tokener_free(tok);
	free(text);
	if (*group)
		return 0;
	return !rc || rc == -ENOENT ? -EINVAL : is_spoiled(rc) ? -EISDIR : rc;
}

static int write_all(int fd, const char *s)
{
	for (size_t left = strlen(s); left;) {
		ssize_t n = write(fd, s, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s += n;
		left -= (size_t)n;
	}
	return 0;
}

static void stamp(struct state_dir *d, const struct stat *st)
{
	d->stamp = (struct state_stamp){
		.dev = st->st_dev, .inode = st->st_ino,
		.ctime = (uint64_t)st->st_ctim.tv_sec * 1000000000 +
			 (uint64_t)st->st_ctim.tv_nsec,
	};
}

bool state_is_same(const struct state_dir *d)
{
	struct state_dir now = { 0 };
	struct stat st;

	if (fstatat(d->fd, FILE_NAME, &st, AT_SYMLINK_NOFOLLOW))
		return false;
	stamp(&now, &st);
	return d->stamp.inode && now.stamp.dev == d->stamp.dev &&
	       now.stamp.inode == d->stamp.inode && now.stamp.ctime == d->stamp.ctime;
}

/*
 * When a file is renamed over another, ext4 and btrfs begin to write the new one to the disk, and
 * its removal waits for that; most containers are deleted milliseconds later. When the two are
 * exchanged, nothing is written.
 */
static int replace(int dirfd, const char *name)
{
	if (!renameat2(dirfd, name, dirfd, FILE_NAME, RENAME_EXCHANGE))
		return unlinkat(dirfd, name, 0) ? -errno : 0;
	return renameat(dirfd, name, dirfd, FILE_NAME) ? -errno : 0;
}

/* name: where it is written first, FILE_NAME itself in a directory that has no name yet. */
static int save(struct state_dir *d, const char *name, const struct state *s)
{
	struct json_object *o = state_to_json(s);
	const char *text = json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
							     JSON_C_TO_STRING_NOSLASHESCAPE);
	int fd = openat(d->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -errno : text ? write_all(fd, text) : -ENOMEM;
	struct stat st;

	if (!rc && strcmp(name, FILE_NAME))
		rc = replace(d->fd, name);
	/* A rename changes it: so it is looked at last. */
	if (!rc && !fstat(fd, &st))
		stamp(d, &st);
	if (fd >= 0)
		close(fd);
	json_object_put(o);
	return rc;
}

/*
 * No fsync: after a crash of the host nothing that is recorded here lives, and a
 * file that is cut short is recognised.
 */
int state_save(struct state_dir *d, const struct state *s, struct err *e)
{
	int rc = save(d, FILE_NEW, s);

	if (!rc)
		return 0;
	unlinkat(d->fd, FILE_NEW, 0);
	return err_set(e, rc, "cannot write %s/" FILE_NAME ": %s", d->path, err_reason(rc));
}

void state_started(int fd)
{
	unlinkat(fd, STATE_FIFO, 0);
	unlinkat(fd, STATE_ANSWER, 0);
}

/* ---- the beginning and the end ---- */

int state_make(int rootfd, const char *root, const struct state *s, struct state_dir *ret,
	       struct err *e)
{
	char *temp = temp_name("new", s->id);
	int fd, rc;

	if (!temp)
		return err_set(e, -ENOMEM, "out of memory");
	fd = mkdirat(rootfd, temp, 0700) < 0 ? -1 :
		openat(rootfd, temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		rc = err_set(e, -errno, "cannot make %s/%s: %s", root, s->id, err_reason(-errno));
		free(temp);
		return rc;
	}
	rc = dir_init(ret, rootfd, root, s->id, fd, e);
	if (!rc && (rc = save(ret, FILE_NAME, s)))
		err_set(e, rc, "cannot write %s/" FILE_NAME ": %s", ret->path, err_reason(rc));
	if (!rc) {
		rc = rename_new(rootfd, temp, s->id);
		if (rc == -EEXIST || rc == -ENOTEMPTY)
			rc = err_set(e, -EEXIST, "container with given ID already exists: %s",
				     s->id);
		else if (rc < 0)
			err_set(e, rc, "cannot make %s: %s", ret->path, err_reason(rc));
	}
	if (rc < 0) {
		state_close(ret);
		drop(rootfd, temp, now_ms() + DROP_MS);
	}
	free(temp);
	return rc;
}

/* Another call may have removed it at the same moment. */
static int told(int rc, const char *path, struct err *e)
{
	if (!rc || rc == -ENOENT)
		return 0;
	return err_set(e, rc, "files of %s are left, delete --force goes on removing them: %s",
		       path, err_reason(rc));
}

int state_remove(const struct state_dir *d, uint64_t deadline, struct err *e)
{
	char *temp = temp_name("old", d->id);
	int rc = 0;

	if (!temp)
		return err_set(e, -ENOMEM, "out of memory");
	if (renameat(d->root, d->id, d->root, temp) < 0)
		rc = err_set(e, -errno, "cannot remove %s: %s", d->path, err_reason(-errno));
	/* Usually the directory has no other file. */
	else if (unlinkat(d->fd, FILE_NAME, 0) || unlinkat(d->root, temp, AT_REMOVEDIR))
		rc = told(drop(d->root, temp, deadline), d->path, e);
	free(temp);
	return rc;
}

int state_sweep(int rootfd, const char *id, uint64_t deadline, struct err *e)
{
	DIR *d = list_dir(rootfd);
	int rc = 0;

	for (struct dirent *de; d && !rc && (de = readdir(d));)
		if (is_temp_of(de->d_name, id))
			rc = told(drop(rootfd, de->d_name, deadline), de->d_name, e);
	if (d)
		closedir(d);
	return rc;
}
