/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json, understood: what becomes of good values, of the default configuration, of
 * those that engines write, and that `features` lists what is understood and no more.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "spec-bundle.h"
#include "verb/verb.h"

static void test_process(void **data)
{
	struct spec *s = NULL;
	struct spec_process *p;

	(void)data;
	assert_int_equal(load_changed("/process",
		"{\"cwd\":\"/tmp\",\"args\":[\"sh\",\"-c\",\"\"],"
		" \"env\":[\"A=1\",\"B=2\",\"A=3\",\"B=2\",\"C=\"],"
		" \"terminal\":true,\"consoleSize\":{\"height\":25,\"width\":80},"
		" \"user\":{\"uid\":1000,\"gid\":4294967294,\"umask\":18,"
		"	\"additionalGids\":[5,4294967294]},"
		" \"capabilities\":{\"bounding\":[\"CAP_CHOWN\",\"CAP_KILL\"],"
		"	\"permitted\":[\"CAP_KILL\",\"CAP_CHECKPOINT_RESTORE\"],"
		"	\"inheritable\":[\"CAP_KILL\"],\"effective\":[\"CAP_KILL\"],"
		"	\"ambient\":[\"CAP_KILL\"]},"
		" \"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"soft\":10,\"hard\":20},"
		"	{\"type\":\"RLIMIT_CORE\",\"soft\":0,\"hard\":18446744073709551615}],"
		" \"noNewPrivileges\":true,\"oomScoreAdj\":-1000}", &s), 0);
	p = s->process;
	assert_string_equal(p->cwd, "/tmp");
	assert_int_equal(p->args.n, 3);
	assert_string_equal(p->args.v[2], "");
	assert_null(p->args.v[3]);
	assert_int_equal(p->env.n, 3);
	assert_string_equal(p->env.v[0], "A=3");
	assert_string_equal(p->env.v[1], "B=2");
	assert_string_equal(p->env.v[2], "C=");
	assert_null(p->env.v[3]);
	assert_true(p->terminal);
	assert_int_equal(p->height, 25);
	assert_int_equal(p->width, 80);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->gid, 4294967294U);
	assert_true(p->has_umask);
	assert_int_equal(p->umask, 022);
	assert_int_equal(p->n_groups, 2);
	assert_int_equal(p->groups[1], 4294967294U);
	assert_true(p->has_caps);
	assert_int_equal(p->cap_bounding, 1 << 0 | 1 << 5);
	assert_int_equal(p->cap_permitted, 1ULL << 5 | 1ULL << 40);
	assert_int_equal(p->cap_inheritable, 1 << 5);
	assert_int_equal(p->cap_effective, 1 << 5);
	assert_int_equal(p->cap_ambient, 1 << 5);
	assert_int_equal(p->n_rlimits, 2);
	assert_int_equal(p->rlimits[0].resource, RLIMIT_NOFILE);
	assert_int_equal(p->rlimits[0].soft, 10);
	assert_int_equal(p->rlimits[0].hard, 20);
	assert_int_equal(p->rlimits[1].resource, RLIMIT_CORE);
	assert_true(p->rlimits[1].hard == UINT64_MAX);
	assert_true(p->no_new_privs);
	assert_true(p->has_oom);
	assert_int_equal(p->oom_score_adj, -1000);
	spec_free(s);
}

/* exec --process: the same object by itself */
static void test_process_file(void **data)
{
	struct spec_process *p = NULL;
	char path[96];

	(void)data;
	snprintf(path, sizeof(path), "%s/config.json", bundle);
	write_config_text("{\"cwd\":\"/\",\"args\":[\"id\"]}");
	assert_int_equal(spec_process_load(path, &p, &e), 0);
	assert_string_equal(p->args.v[0], "id");
	assert_int_equal(p->env.n, 0);
	assert_false(p->has_caps);
	assert_false(p->has_oom);
	assert_false(p->has_umask);
	spec_process_free(p);
	p = NULL;
	write_config_text("{\"cwd\":\"/\",\"args\":[5]}");
	assert_int_equal(spec_process_load(path, &p, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "/config.json: process.args[0]: must be a string"));
	assert_int_equal(spec_process_load("/nowhere", &p, &e), -ENOENT);
	assert_string_equal(e.msg, "/nowhere: no such file");
	assert_null(p);
}

static void test_mounts(void **data)
{
	struct spec *s = NULL;
	struct spec_mount *m;
	char path[96];

	(void)data;
	assert_int_equal(load_changed("/mounts",
		"[{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\",\"options\":"
		"	[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\",\"tmpcopyup\"]},"
		" {\"destination\":\"/data\",\"type\":\"none\",\"source\":\"some/where\","
		"	\"options\":"
		"	[\"rbind\",\"ro\",\"rw\",\"suid\",\"nosuid\",\"rslave\",\"rprivate\"]},"
		" {\"destination\":\"/x\",\"type\":\"bind\",\"source\":\"/etc\",\"options\":"
		"	[\"rro\",\"rnoexec\",\"rexec\",\"rnoatime\",\"rstrictatime\"]}]", &s), 0);
	assert_int_equal(s->n_mounts, 3);
	m = &s->mounts[0];
	assert_string_equal(m->destination, "/dev");
	assert_string_equal(m->type, "tmpfs");
	assert_string_equal(m->source, "tmpfs");
	assert_int_equal(m->flags, MS_NOSUID | MS_STRICTATIME);
	assert_string_equal(m->data, "mode=755,size=65536k");
	assert_true(m->tmpcopyup);
	assert_false(m->bind);
	m = &s->mounts[1];
	snprintf(path, sizeof(path), "%s/some/where", bundle);
	assert_string_equal(m->source, path);
	assert_int_equal(m->flags, MS_BIND | MS_REC | MS_NOSUID);
	assert_int_equal(m->clear, MS_RDONLY);
	assert_int_equal(m->propagation, MS_PRIVATE | MS_REC);
	assert_true(m->bind);
	assert_null(m->data);
	m = &s->mounts[2];
	assert_true(m->bind);
	assert_int_equal(m->flags, MS_BIND);
	assert_int_equal(m->rec_set, 0x1 | 0x20);	/* RDONLY, STRICTATIME */
	assert_int_equal(m->rec_clear, 0x8 | 0x70);	/* NOEXEC, _ATIME */
	spec_free(s);
}

static void test_linux(void **data)
{
	struct spec *s = NULL;

	(void)data;
	assert_int_equal(load_changed("/linux",
		"{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"},{\"type\":\"network\"},"
		"	{\"type\":\"pid\",\"path\":\"/proc/self/ns/pid\"}],"
		" \"uidMappings\":[{\"containerID\":0,\"hostID\":1000,\"size\":1},"
		"	{\"containerID\":1,\"hostID\":100000,\"size\":65536}],"
		" \"gidMappings\":[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}],"
		" \"devices\":[{\"type\":\"c\",\"path\":\"/dev/fuse\",\"major\":10,\"minor\":229,"
		"	\"fileMode\":8630,\"uid\":1,\"gid\":2},"
		"	{\"type\":\"u\",\"path\":\"/dev/y\",\"major\":1,\"minor\":3},"
		"	{\"type\":\"p\",\"path\":\"/dev/p\"}],"
		" \"sysctl\":{\"net.ipv4.conf.eth0/1.forwarding\":\"1\","
		"	\"net/ipv4/conf/eth0.1/forwarding\":\"0\"},"
		" \"cgroupsPath\":\"/libpod/x\",\"rootfsPropagation\":\"rslave\","
		" \"maskedPaths\":[\"/proc/kcore\"],\"readonlyPaths\":[\"/proc/sys\"]}", &s), 0);
	assert_int_equal(s->n_ns, 4);
	assert_null(spec_ns(s, CLONE_NEWNS)->path);
	assert_string_equal(spec_ns(s, CLONE_NEWPID)->path, "/proc/self/ns/pid");
	assert_null(spec_ns(s, CLONE_NEWIPC));
	assert_int_equal(s->n_uid_map, 2);
	assert_int_equal(s->uid_map[1].inside, 1);
	assert_int_equal(s->uid_map[1].outside, 100000);
	assert_int_equal(s->uid_map[1].size, 65536);
	assert_int_equal(s->gid_map[0].size, 4294967295U);
	assert_int_equal(s->n_devices, 3);
	assert_int_equal(s->devices[0].major, 10);
	assert_int_equal(s->devices[0].minor, 229);
	assert_int_equal(s->devices[0].mode, 0666);
	assert_int_equal(s->devices[0].gid, 2);
	assert_int_equal(s->devices[1].type, 'c');
	assert_int_equal(s->devices[1].mode, 0666);
	assert_int_equal(s->devices[2].type, 'p');
	assert_int_equal(s->n_sysctl, 2);
	assert_string_equal(s->sysctl[0].key, "net/ipv4/conf/eth0.1/forwarding");
	assert_string_equal(s->sysctl[1].key, "net/ipv4/conf/eth0.1/forwarding");
	assert_string_equal(s->cgroups_path, "/libpod/x");
	assert_int_equal(s->rootfs_propagation, MS_SLAVE | MS_REC);
	assert_string_equal(s->masked.v[0], "/proc/kcore");
	assert_string_equal(s->readonly_paths.v[0], "/proc/sys");
	spec_free(s);
}

static void test_annotations(void **data)
{
	struct spec *s = NULL;

	(void)data;
	assert_int_equal(load_changed("/annotations",
		"{\"org.libcg.require\":\"kill-all\",\"empty\":\"\"}", &s), 0);
	assert_string_equal(spec_annotation(s, "org.libcg.require"), "kill-all");
	assert_string_equal(spec_annotation(s, "empty"), "");
	assert_null(spec_annotation(s, "none"));
	spec_free(s);
}

/* What `spec` writes can be read. */
static void test_default(void **data)
{
	struct spec *s = NULL;
	char *text;

	(void)data;
	text = spec_default(false);
	assert_int_equal(load_text(text, &s), 0);
	free(text);
	assert_true(s->readonly && s->process->terminal && s->process->no_new_privs);
	assert_non_null(spec_ns(s, CLONE_NEWPID));
	assert_non_null(spec_ns(s, CLONE_NEWNET));
	assert_null(spec_ns(s, CLONE_NEWUSER));
	assert_int_equal(s->warnings.n, 0);
	spec_free(s);

	text = spec_default(true);
	assert_int_equal(load_text(text, &s), 0);
	assert_null(strstr(text, "gid="));
	free(text);
	assert_null(spec_ns(s, CLONE_NEWNET));
	assert_non_null(spec_ns(s, CLONE_NEWUSER));
	assert_int_equal(s->n_uid_map, 1);
	assert_int_equal(s->uid_map[0].outside, geteuid());
	assert_int_equal(s->gid_map[0].outside, getegid());
	assert_null(s->resources);
	assert_int_equal(s->warnings.n, 0);
	for (size_t i = 0; i < s->n_mounts; i++)
		if (!strcmp(s->mounts[i].destination, "/sys"))
			assert_true(s->mounts[i].bind && s->mounts[i].flags & MS_REC);
	spec_free(s);
}

static bool lists(struct json_object *features, const char *at, const char *word)
{
	struct json_object *list = NULL;

	assert_int_equal(json_pointer_get(features, at, &list), 0);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(list, i)), word))
			return true;
	return false;
}

/* Every word that `features` lists is understood, and nothing that is refused is listed. */
static void test_features(void **data)
{
	char *text = features_json(), value[128];
	struct json_object *f = json_tokener_parse(text), *list, *o;
	struct spec *s = NULL;

	(void)data;
	free(text);
	assert_non_null(f);
	assert_int_equal(json_pointer_get(f, "/mountOptions", &list), 0);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(list, i));

		snprintf(value, sizeof(value), "{\"destination\":\"/x\",\"source\":\"/\",\"type\":"
			 "\"tmpfs\",\"options\":[%s\"%s\"]}",
			 strstr(word, "idmap") ? "\"bind\"," : "", word);	/* of binds only */
		assert_int_equal(load_changed("/mounts/-", value, &s), 0);
		assert_null(s->mounts[0].data);		/* it is not left to the file system */
		spec_free(s);
	}
	for (int i = 0; i < 2; i++) {
		const char *at = i ? "/ociVersionMax" : "/ociVersionMin";

		assert_int_equal(json_pointer_get(f, at, &o), 0);
		snprintf(value, sizeof(value), "\"%s\"", json_object_get_string(o));
		assert_int_equal(load_changed("/ociVersion", value, &s), 0);
		spec_free(s);
	}
	assert_true(lists(f, "/mountOptions", "rro"));
	assert_true(lists(f, "/linux/namespaces", "time"));
	assert_true(lists(f, "/linux/capabilities", "CAP_CHECKPOINT_RESTORE"));
	assert_true(lists(f, "/mountOptions", "idmap"));
	assert_false(lists(f, "/mountOptions", "nosuch"));
	assert_true(lists(f, "/hooks", "prestart"));
	assert_int_equal(json_pointer_get(f, "/linux/seccomp/enabled", &o), 0);
	assert_true(json_object_get_boolean(o));
	assert_true(lists(f, "/linux/seccomp/actions", "SCMP_ACT_NOTIFY"));
	json_object_put(f);
}

/* As engines write them, but for seccomp, which they always add. */
static void test_engines(void **data)
{
	static const char *const names[] = { "containerd", "podman-rootless" };
	const char *src = getenv("CG_SRC");
	char path[1024], rootfs[96];

	(void)data;
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", bundle);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct json_object *o;
		struct spec *s = NULL;

		snprintf(path, sizeof(path), "%s/tests/data/spec/%s.json", src ? src : ".",
			 names[i]);
		o = json_object_from_file(path);
		assert_non_null(o);
		json_pointer_set(&o, "/root/path", json_object_new_string(rootfs));
		if (load_text(json_object_to_json_string(o), &s))
			say(names[i], e.msg, "");
		assert_non_null(s);
		json_object_put(o);
		spec_free(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_process_file),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_engines),
	};

	return cmocka_run_group_tests_name("spec values", tests, make_bundle, remove_bundle);
}
