/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's texts and our own: parsing, paths, lists of process numbers, text that grows.
 * Nothing here enters the kernel or knows a context; all of it is fuzzed.
 */
#ifndef CGI_TEXT_H
#define CGI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- buf.c: text that grows ---- */
struct cgi_buf {
	char *s;
	size_t len, cap;
	bool failed;			/* there was no memory: s is cut off */
};
void cgi_buf_add(struct cgi_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void cgi_buf_free(struct cgi_buf *b);

/* ---- path.c: the grammar of group paths ---- */
int cgi_path_check(const char *path);			/* 0 or -EINVAL */
/* "/base/path"; a path with a leading slash ignores the base. NULL: no memory. To be freed. */
char *cgi_path_join(const char *base, const char *path);
/* Is path the group `above` or one below it? Both begin with "/". */
bool cgi_path_within(const char *path, const char *above);

/* ---- parse.c ---- */
struct cgi_mount {
	int id;				/* mount ID */
	const char *root;		/* of the mount in its file system */
	const char *point;
	const char *type;		/* "cgroup", "cgroup2" */
	const char *opts;		/* super block options */
};
/*
 * Calls fn for each cgroup or cgroup2 mount of a mountinfo text, which is cut into words.
 * The strings live as long as the text. Non-zero from fn ends it and is returned.
 */
int cgi_parse_mountinfo(char *text, int (*fn)(void *, const struct cgi_mount *), void *data);
/*
 * The line of a hierarchy in a /proc/PID/cgroup text, by its controllers ("freezer",
 * "name=systemd", "" for v2): the path, not NUL-terminated, its length, the hierarchy's ID.
 * A path of a removed group ends with " (deleted)". -ENOENT: no such line.
 */
struct cgi_line {
	const char *path;
	size_t len;
	unsigned id;
};
int cgi_parse_cgroup(const char *text, const char *controllers, struct cgi_line *ret);
struct cgi_stat {
	pid_t pid, ppid;
	char state;
	unsigned flags;			/* PF_* */
	unsigned threads;
	uint64_t start;			/* clock ticks after boot */
	char comm[24];
};
int cgi_parse_stat(const char *text, struct cgi_stat *ret);	/* of /proc/PID/stat */
/* "populated 1" in a flat keyed file. -ENOENT */
int cgi_parse_keyed(const char *text, const char *key, uint64_t *ret);
int cgi_parse_u64(const char *s, uint64_t *ret);
bool cgi_has_word(const char *list, const char *word, char sep);

/* ---- pids.c: lists of process numbers ---- */
/* A member. pid 0 has no number here; n is how many. Non-zero ends the walk and is returned. */
typedef int (*cgi_pid_fn)(void *data, pid_t pid, size_t n);
struct cgi_pids {
	pid_t *pid;
	size_t n, cap;
	size_t unnamed;			/* members outside of our PID namespace */
};
int cgi_pids_add(struct cgi_pids *l, pid_t pid);
void cgi_pids_sort(struct cgi_pids *l);			/* and drop doubles */
bool cgi_pids_has(const struct cgi_pids *l, pid_t pid);	/* sorted */
void cgi_pids_free(struct cgi_pids *l);
int cgi_pids_parse(const char *text, cgi_pid_fn fn, void *data);

#endif
