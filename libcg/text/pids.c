/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of process numbers. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/cleanup.h"
#include "text.h"

int cgi_pids_add(struct cgi_pids *l, pid_t pid)
{
	size_t cap;
	pid_t *p;

	if (l->n == l->cap) {
		cap = l->cap ? l->cap * 2 : 64;
		p = realloc(l->pid, cap * sizeof(*p));
		if (!p)
			return -ENOMEM;
		l->pid = p;
		l->cap = cap;
	}
	l->pid[l->n++] = pid;
	return 0;
}

static int compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* cgroup v2 lists a process twice when it moves while the list is read. */
void cgi_pids_sort(struct cgi_pids *l)
{
	size_t n = 0;

	if (!l->n)
		return;
	qsort(l->pid, l->n, sizeof(*l->pid), compare);
	for (size_t i = 0; i < l->n; i++)
		if (!n || l->pid[n - 1] != l->pid[i])
			l->pid[n++] = l->pid[i];
	l->n = n;
}

bool cgi_pids_has(const struct cgi_pids *l, pid_t pid)
{
	return l->n && bsearch(&pid, l->pid, l->n, sizeof(pid), compare);
}

void cgi_pids_free(struct cgi_pids *l)
{
	free(l->pid);
	*l = (struct cgi_pids){ 0 };
}

/* A cgroup.procs or cgroup.threads text: numbers, one a line; 0 is outside our PID namespace. */
int cgi_pids_parse(const char *text, cgi_pid_fn fn, void *data)
{
	unsigned long v;
	int rc;

	while (*text) {
		if (*text < '0' || *text > '9')
			return -EIO;
		for (v = 0; *text >= '0' && *text <= '9'; text++) {
			v = v * 10 + (unsigned long)(*text - '0');
			if (v > INT32_MAX)
				return -EIO;
		}
		if (*text == '\n')
			text++;
		else if (*text)
			return -EIO;
		rc = fn(data, (pid_t)v, 1);
		if (rc)
			return rc;
	}
	return 0;
}
