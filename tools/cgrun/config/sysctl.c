/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.sysctl: only what belongs to a namespace that the container does not share
 * with the caller, since everything else below /proc/sys is the host's.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

static const char *const ipc_keys[] = {
	"kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall",
	"kernel/shmmax", "kernel/shmmni", "kernel/shm_rmid_forced",
};

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/*
 * As sysctl.d(5) has it: the first separator, "." or "/", is the separator of the whole
 * key, and the other one then stands for itself ("net.ipv4.conf.eth0/1.forwarding").
 */
static char *to_path(const char *key)
{
	char *path = strdup(key);
	size_t first = strcspn(key, "./");

	if (!path || key[first] != '.')
		return path;
	for (char *c = path; *c; c++)
		*c = *c == '.' ? '/' : *c == '/' ? '.' : *c;
	return path;
}

/* "net//x", "net/../kernel/x": never a key, and the second one would leave its subtree. */
static bool well_formed(const char *path)
{
	while (*path) {
		size_t n = strcspn(path, "/");

		if (!n || (n == 1 && path[0] == '.') || (n == 2 && starts(path, "..")))
			return false;
		path += n;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

static bool of_ipc(const char *path)
{
	for (size_t i = 0; i < sizeof(ipc_keys) / sizeof(ipc_keys[0]); i++)
		if (!strcmp(path, ipc_keys[i]))
			return true;
	return starts(path, "fs/mqueue/");
}

/* A namespace of the container that is not the caller's own, joined by path. */
static bool separate(const struct spec *s, int flag, const char *own)
{
	const struct spec_ns *ns = spec_ns(s, flag);
	struct stat a, b;

	if (!ns || !ns->path)
		return ns != NULL;
	return !stat(ns->path, &a) && !stat(own, &b) &&
	       (a.st_dev != b.st_dev || a.st_ino != b.st_ino);
}

static int check_key(const struct node *n, const struct spec *s, const char *path,
		     const char *value, struct err *e)
{
	const char *needs = NULL;

	if (!path[0] || !well_formed(path))
		return node_fail(n, e, "not the name of a sysctl");
	if (!strcmp(path, "kernel/hostname"))
		return node_fail(n, e, "is what \"hostname\" is for");
	if (!strcmp(path, "kernel/domainname") && s->domainname && strcmp(s->domainname, value))
		return node_fail(n, e, "conflicts with domainname, which is \"%s\"", s->domainname);
	if (of_ipc(path))
		needs = separate(s, CLONE_NEWIPC, "/proc/self/ns/ipc") ? "" : "an ipc";
	else if (starts(path, "net/"))
		needs = separate(s, CLONE_NEWNET, "/proc/self/ns/net") ? "" : "a network";
	else if (!strcmp(path, "kernel/domainname"))
		needs = separate(s, CLONE_NEWUTS, "/proc/self/ns/uts") ? "" : "a uts";
	if (!needs)
		return node_fail(n, e, "belongs to the host, not to a namespace");
	if (needs[0])
		return node_fail(n, e, "needs %s namespace of the container's own", needs);
	return 0;
}

static int read_one(const struct node *n, const struct spec *s, struct spec_sysctl *c,
		    struct err *e)
{
	c->key = to_path(n->key);
	if (!c->key)
		return no_memory(e);
	if (node_dup(n, &c->value, e) || check_key(n, s, c->key, c->value, e))
		return e->code;
	return 0;
}

int spec_read_sysctl(const struct node *section, struct spec *s, struct err *e)
{
	struct node list;
	int r = node_object(section, "sysctl", 0, &list, e);

	if (r || !list.json)
		return r;
	s->sysctl = calloc((size_t)json_object_object_length(list.json) + 1,
			   sizeof(*s->sysctl));
	if (!s->sysctl)
		return no_memory(e);
	json_object_object_foreach(list.json, key, value) {
		struct node n = { .json = value, .up = &list, .key = key };

		r = read_one(&n, s, &s->sysctl[s->n_sysctl++], e);
		if (r)
			return r;
	}
	return 0;
}
