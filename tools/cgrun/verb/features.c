/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The features document. It says what is built, not what this host can do, and it is
 * taken from the tables that read the configuration, so that the two cannot differ.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/capability.h>
#include <sys/capability.h>

#include "base/base.h"
#include "config/config.h"
#include "program/program.h"
#include "verb/verb.h"
#include "banned.h"

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void add_bool(struct json_object *o, const char *key, bool value)
{
	add(o, key, json_object_new_boolean(value));
}

static void add_str(struct json_object *o, const char *key, const char *value)
{
	add(o, key, json_object_new_string(value));
}

static struct json_object *names(const char *(*nth)(size_t))
{
	struct json_object *list = json_object_new_array();
	const char *name;

	for (size_t i = 0; (name = nth(i)); i++)
		json_object_array_add(list, json_object_new_string(name));
	return list;
}

static struct json_object *capabilities(void)
{
	struct json_object *list = json_object_new_array();

	for (cap_value_t c = 0; c <= CAP_LAST_CAP; c++) {
		char *name = cap_to_name(c);

		/* older libcaps give a number for what they do not know */
		if (name && !isdigit((unsigned char)name[0])) {
			for (char *p = name; *p; p++)
				*p = (char)toupper((unsigned char)*p);
			json_object_array_add(list, json_object_new_string(name));
		}
		cap_free(name);
	}
	return list;
}

static struct json_object *switched(bool on)
{
	struct json_object *o = json_object_new_object();

	add_bool(o, "enabled", on);
	return o;
}

static struct json_object *seccomp(void)
{
	struct json_object *o = switched(true);

	add(o, "actions", names(filter_action_name));
	add(o, "operators", names(filter_operator_name));
	add(o, "archs", names(filter_arch_name));
	add(o, "knownFlags", names(filter_flag_name));
	add(o, "supportedFlags", names(filter_flag_name));
	return o;
}

static struct json_object *memory_policy(void)
{
	struct json_object *o = json_object_new_object();

	add(o, "modes", names(spec_mempolicy_mode));
	add(o, "flags", names(spec_mempolicy_flag));
	return o;
}

static struct json_object *rdt(void)
{
	struct json_object *o = switched(false);

	add_bool(o, "schemata", false);
	add_bool(o, "monitoring", false);
	return o;
}

static struct json_object *linux_features(void)
{
	struct json_object *o = json_object_new_object();
	struct json_object *cgroup = json_object_new_object();
	struct json_object *mounts = json_object_new_object();

	add_bool(cgroup, "v1", true);
	add_bool(cgroup, "v2", true);
	add_bool(cgroup, "systemd", true);
	add_bool(cgroup, "systemdUser", true);
	add_bool(cgroup, "rdma", true);
	add(mounts, "idmap", switched(true));

	add(o, "namespaces", names(spec_ns_name));
	add(o, "capabilities", capabilities());
	add(o, "cgroup", cgroup);
	add(o, "seccomp", seccomp());
	add(o, "apparmor", switched(true));
	add(o, "selinux", switched(true));
	add(o, "intelRdt", rdt());
	add(o, "memoryPolicy", memory_policy());
	add(o, "mountExtensions", mounts);
	add(o, "netDevices", switched(true));
	return o;
}

char *features_json(void)
{
	struct json_object *o = json_object_new_object(), *notes = json_object_new_object();
	char *text;

	add_str(notes, "org.libcg.version", PACKAGE_VERSION);
	add_str(o, "ociVersionMin", "1.0.0");
	add_str(o, "ociVersionMax", SPEC_VERSION);
	add(o, "hooks", names(hooks_point));
	add(o, "mountOptions", names(spec_mount_option));
	add(o, "linux", linux_features());
	add(o, "annotations", notes);
	add(o, "potentiallyUnsafeConfigAnnotations", json_object_new_array());
	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
			JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		text = NULL;
	json_object_put(o);
	return text;
}
