/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux.netDevices: devices of the caller's network namespace that the container gets. */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config.h"
#include "banned.h"

/* As the kernel has it; what ends in "%d" gets a number from it. */
static bool is_name(const char *s)
{
	size_t len = strlen(s);

	if (len > 2 && !strcmp(s + len - 2, "%d"))
		len -= 2;
	return len && len < IFNAMSIZ && strcmp(s, ".") && strcmp(s, "..") &&
	       strcspn(s, "/:% \t\n\v\f\r") == len;
}

/* What is moved must not stay where it is. */
static bool has_own_network(const struct spec *s)
{
	const struct spec_ns *ns = spec_ns(s, CLONE_NEWNET);
	struct stat a, b;

	if (!ns || !ns->path)
		return ns;
	return stat(ns->path, &a) || stat("/proc/self/ns/net", &b) || a.st_ino != b.st_ino ||
	       a.st_dev != b.st_dev;
}

static int read_one(const struct node *n, struct spec_netdev *d, struct err *e)
{
	if (node_is_object(n, e) || node_str(n, "name", 0, &d->name, e))
		return e->code;
	d->host = strdup(n->key);
	if (d->host && !d->name)
		d->name = strdup(n->key);
	if (!d->host || !d->name)
		return no_memory(e);
	if (!is_name(d->host) || strchr(d->host, '%'))
		return node_fail(n, e, "invalid network device name \"%.32s\"", d->host);
	if (!is_name(d->name))
		return node_fail(n, e, "invalid network device name \"%.32s\"", d->name);
	return 0;
}

int spec_read_netdevs(const struct node *section, struct spec *s, struct err *e)
{
	struct node list;
	int r = node_object(section, "netDevices", 0, &list, e);

	if (r || !list.json || !json_object_object_length(list.json))
		return r;
	if (!has_own_network(s))
		return node_fail(&list, e, "unable to move network devices without a network "
				 "namespace of the container's own");
	s->netdevs = calloc((size_t)json_object_object_length(list.json), sizeof(*s->netdevs));
	if (!s->netdevs)
		return no_memory(e);
	json_object_object_foreach(list.json, key, value) {
		struct node n = { .json = value, .up = &list, .key = key };

		r = read_one(&n, &s->netdevs[s->n_netdevs++], e);
		if (r)
			return r;
	}
	return 0;
}
