/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readers of the kernel's texts. Pure: they look at bytes and nothing else. */
#include <stdio.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "text.h"

/* The next blank-separated field, cut off in place. \040 and the like are undone. NULL: none. */
static char *field(char **s)
{
	char *p = *s + strspn(*s, " "), *start = p, *out = p;

	while (*p && *p != ' ') {
		char c = *p++;

		if (c == '\\' && p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' &&
		    p[2] >= '0' && p[2] <= '7') {
			c = (char)((p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0'));
			p += 3;
		}
		*out++ = c;
	}
	*s = *p ? p + 1 : p;
	if (out == start)
		return NULL;
	*out = '\0';
	return start;
}

/* 36 35 98:0 /root /point options [optional ...] - type source super-options */
static bool mount_line(char *s, struct cgi_mount *m)
{
	char *id, *rest = strstr(s, " - cgroup");
	uint64_t n;

	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	id = field(&s);
	if (!id || cgi_parse_u64(id, &n) || n > INT32_MAX || !field(&s) || !field(&s))
		return false;
	m->id = (int)n;
	m->root = field(&s);
	m->point = m->root ? field(&s) : NULL;
	m->type = m->point ? field(&rest) : NULL;
	if (!m->type || (strcmp(m->type, "cgroup") && strcmp(m->type, "cgroup2")) || !field(&rest))
		return false;
	m->opts = field(&rest);
	return m->opts;
}

int cgi_parse_mountinfo(char *text, int (*fn)(void *, const struct cgi_mount *), void *data)
{
	struct cgi_mount m;
	char *end;
	int rc = 0;

	for (; !rc && *text; text = end) {
		end = text + strcspn(text, "\n");
		if (*end)
			*end++ = '\0';
		if (mount_line(text, &m))
			rc = fn(data, &m);
	}
	return rc;
}

/* Lines are "id:controllers:path"; the path may hold colons. */
int cgi_parse_cgroup(const char *text, const char *controllers, struct cgi_line *ret)
{
	size_t len, n = strlen(controllers);
	const char *c, *p;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		c = memchr(text, ':', len);
		p = c ? memchr(c + 1, ':', len - (size_t)(c + 1 - text)) : NULL;
		if (!p || (size_t)(p - c - 1) != n || memcmp(c + 1, controllers, n))
			continue;
		*ret = (struct cgi_line){
			.path = p + 1,
			.len = len - (size_t)(p + 1 - text),
			.id = (unsigned)strtoul(text, NULL, 10),
		};
		return 0;
	}
	return -ENOENT;
}

int cgi_parse_u64(const char *s, uint64_t *ret)
{
	uint64_t v = 0;

	if (*s < '0' || *s > '9')
		return -EINVAL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > (UINT64_MAX - (uint64_t)(*s - '0')) / 10)
			return -ERANGE;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (*s == '\n')
		s++;
	if (*s)
		return -EINVAL;
	*ret = v;
	return 0;
}

/* The command name may hold anything, ") R 1" included: the last parenthesis ends it. */
int cgi_parse_stat(const char *text, struct cgi_stat *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	struct cgi_stat st = { 0 };
	unsigned long long start;
	unsigned flags;
	long threads;
	size_t n;
	int pid, ppid;

	if (!open || !close || close < open || sscanf(text, "%d", &pid) != 1 || pid <= 0)
		return -EIO;
	n = (size_t)(close - open - 1);
	if (n >= sizeof(st.comm))
		n = sizeof(st.comm) - 1;
	memcpy(st.comm, open + 1, n);
	if (sscanf(close + 1,
		   " %c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %llu",
		   &st.state, &ppid, &flags, &threads, &start) != 5)
		return -EIO;
	st.pid = pid;
	st.ppid = ppid;
	st.flags = flags;
	st.threads = threads > 0 ? (unsigned)threads : 0;
	st.start = start;
	*ret = st;
	return 0;
}

int cgi_parse_keyed(const char *text, const char *key, uint64_t *ret)
{
	size_t len, klen = strlen(key);
	char num[24];

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len <= klen + 1 || memcmp(text, key, klen) || text[klen] != ' ')
			continue;
		if (len - klen - 1 >= sizeof(num))
			return -ERANGE;
		memcpy(num, text + klen + 1, len - klen - 1);
		num[len - klen - 1] = '\0';
		return cgi_parse_u64(num, ret);
	}
	return -ENOENT;
}

bool cgi_has_word(const char *list, const char *word, char sep)
{
	size_t n = strlen(word);
	const char *end;

	for (; *list; list = *end ? end + 1 : end) {
		end = strchr(list, sep);
		if (!end)
			end = list + strlen(list);
		if ((size_t)(end - list) == n && !memcmp(list, word, n))
			return true;
	}
	return false;
}
