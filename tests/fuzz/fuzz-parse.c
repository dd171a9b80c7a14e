/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers of the kernel's texts, on bytes that no kernel wrote. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "core.h"

#define must(cond)	do { if (!(cond)) abort(); } while (0)

static int on_mount(void *data, const struct cgi_mount *m)
{
	unsigned *n = data;

	must(!strcmp(m->type, "cgroup") || !strcmp(m->type, "cgroup2"));
	must(*m->point && *m->root && *m->opts && m->id >= 0);
	must(!strchr(m->point, '\n') && !strchr(m->opts, '\n'));
	return ++*n > 1000;
}

static int on_pid(void *data, pid_t pid, size_t n)
{
	must(pid >= 0 && n == 1);
	return cgi_pids_add(data, pid);
}

static void pids(const char *text)
{
	struct cgi_pids l = { 0 };

	if (!cgi_pids_parse(text, on_pid, &l)) {
		cgi_pids_sort(&l);
		for (size_t i = 0; i < l.n; i++)
			must(cgi_pids_has(&l, l.pid[i]) && (!i || l.pid[i - 1] < l.pid[i]));
	}
	cgi_pids_free(&l);
}

static void stat_text(const char *text)
{
	struct cgi_stat st;

	if (cgi_parse_stat(text, &st))
		return;
	must(st.pid > 0);
	must(memchr(st.comm, '\0', sizeof(st.comm)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *copy;
	struct cgi_line l;
	unsigned mounts = 0;
	uint64_t v;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	copy = strdup(text);
	if (copy)
		cgi_parse_mountinfo(copy, on_mount, &mounts);
	free(copy);
	if (!cgi_parse_cgroup(text, "freezer", &l) || !cgi_parse_cgroup(text, "", &l))
		must(l.path >= text && l.path + l.len <= text + strlen(text) &&
		     !memchr(l.path, '\n', l.len));
	stat_text(text);
	if (!cgi_parse_keyed(text, "populated", &v))
		must(strstr(text, "populated "));
	if (!cgi_parse_u64(text, &v))
		must(*text >= '0' && *text <= '9');
	must(!cgi_has_word(text, "v2", ',') || strstr(text, "v2"));
	pids(text);
	free(text);
	return 0;
}
