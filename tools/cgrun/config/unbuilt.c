/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the specification knows and this runtime does not do yet, property by property.
 * Refused: what would leave the container less confined than its configuration says, or
 * another thing than it asks for. Warned of: what only makes it slower or greedier.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

enum verdict { REFUSE, WARN };

struct unbuilt {
	const char *key;
	enum json_type type;
	enum verdict verdict;
	const char *why;
};

static const struct unbuilt of_root[] = {
	{ "vm", json_type_object, WARN, "is for virtual machines, ignored" },
	{ "windows", json_type_object, WARN, "not for Linux, ignored" },
	{ "solaris", json_type_object, WARN, "not for Linux, ignored" },
	{ "zos", json_type_object, WARN, "not for Linux, ignored" },
	{ "freebsd", json_type_object, WARN, "not for Linux, ignored" },
};

/* runc's words, as those about AppArmor. */
#define NO_SELINUX \
	"selinux label is specified in config, but selinux is disabled or not supported"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* Nothing, "", [] and {} ask for nothing. */
static bool asks(const struct node *n)
{
	switch (json_object_get_type(n->json)) {
	case json_type_null:	return false;
	case json_type_array:	return node_length(n) > 0;
	case json_type_object:	return json_object_object_length(n->json) > 0;
	case json_type_string:	return json_object_get_string_len(n->json) > 0;
	default:		return true;
	}
}

static int look(const struct node *up, const struct unbuilt *table, size_t n,
		struct strv *warnings, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		struct node v;
		int r = node_member(up, table[i].key, 0, table[i].type, &v, e);

		if (r)
			return r;
		if (!asks(&v))
			continue;
		if (table[i].verdict == REFUSE)
			return node_fail(&v, e, "%s", table[i].why);
		if (node_warn(&v, warnings, "%s", table[i].why))
			return no_memory(e);
	}
	return 0;
}

/* The file system that the kernel shows SELinux by; where it is not mounted it is not used. */
static bool has_selinux(void)
{
	return !access("/sys/fs/selinux/enforce", F_OK);
}

static int check_mount_label(const struct node *section, const struct spec *s, struct err *e)
{
	struct node n = { .up = section, .key = "mountLabel" };

	if (!s->mount_label || has_selinux())
		return 0;
	return node_fail(&n, e, NO_SELINUX);
}

/* A process without its label is less confined, so there is no going on without. */
static int check_labels(const struct node *process, struct spec_process *p, struct err *e)
{
	struct node apparmor = { .up = process, .key = "apparmorProfile" };
	struct node selinux = { .up = process, .key = "selinuxLabel" };

	if (p->apparmor && !strcmp(p->apparmor, "unconfined")) {
		free(p->apparmor);
		p->apparmor = NULL;
	}
	if (p->apparmor && access("/sys/module/apparmor", F_OK))
		return node_fail(&apparmor, e, "apparmor profile specified, but this kernel has no "
				 "AppArmor");
	if (p->selinux && !has_selinux())
		return node_fail(&selinux, e, NO_SELINUX);
	return 0;
}

int spec_refuse_unbuilt_process(const struct node *process, struct spec_process *p,
				struct err *e)
{
	return check_labels(process, p, e);
}

/* The specification gives a meaning to an empty intelRdt too: a group of its own. */
static int check_rdt(const struct node *section, struct err *e)
{
	struct node rdt;
	int r = node_object(section, "intelRdt", 0, &rdt, e);

	return r || !rdt.json ? r : node_fail(&rdt, e, access("/sys/fs/resctrl/schemata", F_OK) ?
					 "this host has no Intel RDT: no resctrl is mounted" :
					 "Intel RDT is not built");
}

/*
 * Without a mount namespace the container has the caller's, with its root changed. What
 * would be mounted for it would be mounted on the host, and stay there.
 */
static int check_mount_ns(const struct node *root, const struct node *section,
			  const struct spec *s, struct err *e)
{
	struct node top = { .up = root, .key = "root" };
	const struct { struct node n; bool asked; } wants[] = {
		{ { .up = root, .key = "mounts" }, s->n_mounts },
		{ { .up = &top, .key = "readonly" }, s->readonly },
		{ { .up = section, .key = "maskedPaths" }, s->masked.n },
		{ { .up = section, .key = "readonlyPaths" }, s->readonly_paths.n },
		{ { .up = section, .key = "rootfsPropagation" }, s->rootfs_propagation },
	};

	for (size_t i = 0; i < N(wants) && !spec_ns(s, CLONE_NEWNS); i++)
		if (wants[i].asked)
			return node_fail(&wants[i].n, e, "needs a mount namespace, or it would be "
					 "done to the host's mounts");
	return 0;
}

int spec_refuse_unbuilt(const struct node *root, struct spec *s, struct err *e)
{
	struct node section, hooks;

	if (node_object(root, "linux", 0, &section, e) || node_object(root, "hooks", 0, &hooks, e))
		return e->code;
	s->hooks = hooks.json;
	if (look(root, of_root, N(of_root), &s->warnings, e) ||
	    hooks_check(&hooks, e) ||
	    check_mount_ns(root, &section, s, e) ||
	    check_mount_label(&section, s, e) ||
	    check_rdt(&section, e))
		return e->code;
	return 0;
}
