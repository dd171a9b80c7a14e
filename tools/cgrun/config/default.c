/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration that `cgrun spec` writes: a shell on a read-only root, confined as
 * the other runtimes confine theirs. Rootless: what an ordinary user may ask for, that
 * is a user namespace of one id, the host's network, and /sys from the host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "banned.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static void add_str(struct json_object *o, const char *key, const char *value)
{
	add(o, key, json_object_new_string(value));
}

static void add_num(struct json_object *o, const char *key, int64_t value)
{
	add(o, key, json_object_new_int64(value));
}

static void add_list(struct json_object *o, const char *key, const char *const *v, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		json_object_array_add(list, json_object_new_string(v[i]));
	add(o, key, list);
}

static struct json_object *process(void)
{
	static const char *const args[] = { "sh" };
	static const char *const env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"TERM=xterm",
	};
	static const char *const kept[] = {
		"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE",
	};
	struct json_object *o = json_object_new_object(), *user = json_object_new_object();
	struct json_object *caps = json_object_new_object();
	struct json_object *rlimits = json_object_new_array(), *nofile = json_object_new_object();

	add_num(user, "uid", 0);
	add_num(user, "gid", 0);
	add_list(caps, "bounding", kept, LEN(kept));
	add_list(caps, "effective", kept, LEN(kept));
	add_list(caps, "permitted", kept, LEN(kept));
	add_str(nofile, "type", "RLIMIT_NOFILE");
	add_num(nofile, "hard", 1024);
	add_num(nofile, "soft", 1024);
	json_object_array_add(rlimits, nofile);

	add(o, "terminal", json_object_new_boolean(1));
	add(o, "user", user);
	add_list(o, "args", args, LEN(args));
	add_list(o, "env", env, LEN(env));
	add_str(o, "cwd", "/");
	add(o, "capabilities", caps);
	add(o, "rlimits", rlimits);
	add(o, "noNewPrivileges", json_object_new_boolean(1));
	return o;
}

static const struct {
	const char *destination, *type, *source;
	const char *options[6];
} mounts[] = {
	{ "/proc", "proc", "proc", { NULL } },
	{ "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k" } },
	{ "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5" } },
	{ "/dev/shm", "tmpfs", "shm",
	  { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" } },
	{ "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev" } },
	{ "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro" } },
	{ "/sys/fs/cgroup", "cgroup", "cgroup",
	  { "nosuid", "noexec", "nodev", "relatime", "ro" } },
};

/* sysfs shows the network namespace, so only its owner may mount it. */
static struct json_object *bound_sys(void)
{
	static const char *const options[] = { "rbind", "nosuid", "noexec", "nodev", "ro" };
	struct json_object *o = json_object_new_object();

	add_str(o, "destination", "/sys");
	add_str(o, "type", "none");
	add_str(o, "source", "/sys");
	add_list(o, "options", options, LEN(options));
	return o;
}

static struct json_object *mount_json(size_t i, bool rootless)
{
	struct json_object *o, *options = json_object_new_array();

	for (size_t k = 0; k < LEN(mounts[i].options) && mounts[i].options[k]; k++)
		/* the terminals' group, 5, has no mapping there */
		if (!rootless || strncmp(mounts[i].options[k], "gid=", 4))
			json_object_array_add(options,
					      json_object_new_string(mounts[i].options[k]));
	o = json_object_new_object();
	add_str(o, "destination", mounts[i].destination);
	add_str(o, "type", mounts[i].type);
	add_str(o, "source", mounts[i].source);
	if (json_object_array_length(options))
		add(o, "options", options);
	else
		json_object_put(options);
	return o;
}

static struct json_object *all_mounts(bool rootless)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < LEN(mounts); i++)
		json_object_array_add(list, rootless && !strcmp(mounts[i].type, "sysfs") ?
						    bound_sys() : mount_json(i, rootless));
	return list;
}

static struct json_object *one_id(int64_t outside)
{
	struct json_object *list = json_object_new_array(), *o = json_object_new_object();

	add_num(o, "containerID", 0);
	add_num(o, "hostID", outside);
	add_num(o, "size", 1);
	json_object_array_add(list, o);
	return list;
}

static struct json_object *namespaces(bool rootless)
{
	static const char *const types[] = { "pid", "ipc", "uts", "mount" };
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i <= LEN(types); i++) {
		struct json_object *o = json_object_new_object();

		add_str(o, "type", i < LEN(types) ? types[i] : rootless ? "user" : "network");
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *no_devices(void)
{
	struct json_object *o = json_object_new_object(), *rule = json_object_new_object();
	struct json_object *list = json_object_new_array();

	add(rule, "allow", json_object_new_boolean(0));
	add_str(rule, "access", "rwm");
	json_object_array_add(list, rule);
	add(o, "devices", list);
	return o;
}

static struct json_object *linux_section(bool rootless)
{
	static const char *const masked[] = {
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
		"/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
		"/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	};
	static const char *const readonly[] = {
		"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
	};
	struct json_object *o = json_object_new_object();

	if (rootless) {
		add(o, "uidMappings", one_id(geteuid()));
		add(o, "gidMappings", one_id(getegid()));
	} else {
		add(o, "resources", no_devices());
	}
	add(o, "namespaces", namespaces(rootless));
	add_list(o, "maskedPaths", masked, LEN(masked));
	add_list(o, "readonlyPaths", readonly, LEN(readonly));
	return o;
}

char *spec_default(bool rootless)
{
	struct json_object *o = json_object_new_object(), *root = json_object_new_object();
	char *text;

	add_str(root, "path", "rootfs");
	add(root, "readonly", json_object_new_boolean(1));

	add_str(o, "ociVersion", "1.2.0");
	add(o, "process", process());
	add(o, "root", root);
	add_str(o, "hostname", "cgrun");
	add(o, "mounts", all_mounts(rootless));
	add(o, "linux", linux_section(rootless));
	if (asprintf(&text, "%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY |
			JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		text = NULL;
	json_object_put(o);
	return text;
}
