/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Readers of the kernel's texts. Pure: they look at bytes and nothing else. */
#include <stdio.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "text.h"

/* One blank-separated field; 0, or -ERANGE if it does not fit. \040 and the like are undone. */
static int field(const char **s, char *out, size_t size)
{
	const char *p = *s;
	size_t n = 0;
	char c;

	while (*p == ' ')
		p++;
	while (*p && *p != ' ' && *p != '\n') {
		c = *p++;
		if (c == '\\' && p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' &&
		    p[2] >= '0' && p[2] <= '7') {
			c = (char)((p[0] - '0') * 64 + (p[1] - '0') * 8 + (p[2] - '0'));
			p += 3;
		}
		if (n + 1 >= size)
			return -ERANGE;
		out[n++] = c;
	}
	out[n] = '\0';
	*s = p;
	return n ? 0 : -EIO;
}

/* 36 35 98:0 /root /point options [optional ...] - type source super-options */
static int mount_line(const char *s, struct cgi_mount *m)
{
	char skip[256];
	int rc;

	if (field(&s, skip, sizeof(skip)) || field(&s, skip, sizeof(skip)))
		return -EIO;
	rc = field(&s, m->dev, sizeof(m->dev));
	rc = rc ? rc : field(&s, m->root, sizeof(m->root));
	rc = rc ? rc : field(&s, m->point, sizeof(m->point));
	if (rc)
		return rc;
	s = strstr(s, " - ");
	if (!s)
		return -EIO;
	s += 3;
	rc = field(&s, m->type, sizeof(m->type));
	rc = rc ? rc : field(&s, skip, sizeof(skip));
	return rc ? rc : field(&s, m->opts, sizeof(m->opts));
}

int cgi_parse_mountinfo(const char *text, int (*fn)(void *, const struct cgi_mount *), void *data)
{
	char line[4096];
	struct cgi_mount m;
	size_t len;
	int rc;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (len >= sizeof(line))
			continue;	/* a mount of something else; ours are short */
		memcpy(line, text, len);
		line[len] = '\0';
		if (!strstr(line, " - cgroup"))
			continue;
		if (mount_line(line, &m) || (strcmp(m.type, "cgroup") && strcmp(m.type, "cgroup2")))
			continue;
		rc = fn(data, &m);
		if (rc)
			return rc;
	}
	return 0;
}

/* Lines are "id:controllers:path"; the path may hold colons. */
int cgi_parse_cgroup(const char *text, const char *controllers, char *path, size_t size)
{
	static const char deleted[] = " (deleted)";
	const char *c, *p;
	size_t len, n;

	for (; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		c = memchr(text, ':', len);
		p = c ? memchr(c + 1, ':', len - (size_t)(c + 1 - text)) : NULL;
		if (!p)
			continue;
		c++;
		n = (size_t)(p - c);
		if (n != strlen(controllers) || memcmp(c, controllers, n))
			continue;
		p++;
		n = len - (size_t)(p - text);
		if (n >= sizeof(deleted) &&
		    !memcmp(p + n - (sizeof(deleted) - 1), deleted, sizeof(deleted) - 1))
			return -ENOENT;
		if (n + 1 > size)
			return -ERANGE;
		memcpy(path, p, n);
		path[n] = '\0';
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
