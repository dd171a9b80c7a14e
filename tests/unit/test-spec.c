/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json, judged. Most cases are a small configuration with one value changed, and
 * the sentence that this has to give; each is a test of its own, named after the change.
 */
#include <errno.h>

#include "spec-bundle.h"
#include "spec-cases.h"

/* ---- one value changed ---- */

static void test_bad(void **data)
{
	const struct change *c = *data;
	struct spec *s = NULL;

	assert_true(load_changed(c->at, c->value, &s) < 0);
	if (strncmp(e.msg, c->want, strlen(c->want)))
		say(c->at, e.msg, c->want);
	assert_memory_equal(e.msg, c->want, strlen(c->want));
	assert_null(strpbrk(e.msg, "\n\r\t"));
	assert_null(s);
}

static void test_good(void **data)
{
	const struct change *c = *data;
	struct spec *s = NULL;
	int r = load_changed(c->at, c->value, &s);

	if (r)
		say(c->at ? c->at : "the base", e.msg, "");
	assert_int_equal(r, 0);
	assert_int_equal(s->warnings.n, c->want ? 1 : 0);
	if (c->want)
		assert_memory_equal(s->warnings.v[0], c->want, strlen(c->want));
	spec_free(s);
}

/* ---- texts that are not what they seem ---- */

static void test_text(void **data)
{
	const char *text = texts[(uintptr_t)*data].text, *want = texts[(uintptr_t)*data].want;
	struct spec *s = NULL;

	assert_true(load_text(text, &s) < 0);
	if (!strstr(e.msg, want))
		say(text, e.msg, want);
	assert_non_null(strstr(e.msg, want));
}

static void test_raw_nul(void **data)
{
	struct spec *s = NULL;

	(void)data;
	write_config("{\"a\":\0 1}", 9);
	assert_true(spec_load(bundle, &s, &e) < 0);
	assert_non_null(strstr(e.msg, "line 1, column 6: a NUL byte"));
}

/* ---- large ones ---- */

/* head, then part n times, then tail */
static int load_repeated(const char *head, const char *part, size_t n, const char *tail,
			 struct spec **ret)
{
	size_t h = strlen(head), p = strlen(part), t = strlen(tail);
	char *text = malloc(h + n * p + t + 1);
	int r;

	assert_non_null(text);
	memcpy(text, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(text + h + i * p, part, p);
	memcpy(text + h + n * p, tail, t + 1);
	r = load_text(text, ret);
	free(text);
	return r;
}

/* A configuration up to its process, and one up to the rest of its linux section. */
#define HEAD	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"}," \
		"\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]},"

#define LINUX	"{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"}," \
		"\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]}," \
		"\"linux\":{\"namespaces\":[{\"type\":\"mount\"}],"
#define MOUNT	LINUX "\"x\":0},\"mounts\":[{\"type\":\"tmpfs\",\"destination\":\"/"

static void test_large(void **data)
{
	static const struct { const char *head, *part; size_t n; const char *tail, *want; } l[] = {
		{ "{\"hostname\":\"", "aaaaaaaaaa", 3000000, "\"}", "larger than 16 MiB" },
		{ HEAD "\"process\":{\"cwd\":\"/\",\"args\":[\"", "aaaaaaaaaa", 1500000, "\"]}}",
		  "process.args[0]: longer than the kernel takes" },
		{ HEAD "\"process\":{\"args\":[\"sh\"],\"cwd\":\"", "/", 15000000, "\"}}",
		  "process.cwd: longer than a path may be" },
		{ HEAD "\"process\":{\"args\":[\"sh\"],\"cwd\":\"/\",\"user\":{\"uid\":0,"
		  "\"gid\":0,\"additionalGids\":[1", ",1", 65536, "]}}}",
		  "process.user.additionalGids: more than 65536 groups" },
		{ MOUNT, "a", 4096, "\"}]}", "mounts[0].destination: longer than a path" },
		{ MOUNT "\",\"source\":\"", "a", 4096, "\"}]}",
		  "mounts[0].source: longer than a path" },
		{ MOUNT "\",\"options\":[\"a\"", ",\"a=b\"", 70000, "]}]}",
		  "mounts[0].options: longer than the kernel takes" },
		{ LINUX "\"cgroupsPath\":\"/", "a", 256, "\"}}",
		  "linux.cgroupsPath: has a name longer than 255 bytes" },
		{ LINUX "\"cgroupsPath\":\"", "/a", 2048, "\"}}",
		  "linux.cgroupsPath: longer than a path may be" },
		{ LINUX "\"uidMappings\":[{}", ",{}", 340, "]}}",
		  "linux.uidMappings: more than 340 entries" },
		{ "", "[", 200000, "", "nested deeper than 64 levels" },
		{ "", "{\"a\":", 200000, "", "nested deeper than 64 levels" },
		{ "{\"mounts\":[{}", ",{}", 5000000, "]}", "more than 100000 values" },
		{ "{\"a\":{\"k\":0", ",\"k\":0", 2000000, "}}", "a.k: is there twice" },
		{ "{\"a\":", "9", 15000000, "}", "a: a number too large for 64 bits" },
		{ "{\"a\":[", " ", 16000000, "", "the text ends too early" },
		{ "{\"", "\\u0061", 2000000, "", "the text ends too early" },
	};
	struct spec *s = NULL;

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(l); i++) {
		assert_true(load_repeated(l[i].head, l[i].part, l[i].n, l[i].tail, &s) < 0);
		if (!strstr(e.msg, l[i].want))
			say(l[i].part, e.msg, l[i].want);
		assert_non_null(strstr(e.msg, l[i].want));
	}
}

/* ---- files that are not what they seem ---- */

static void test_files(void **data)
{
	struct spec *s = NULL;
	char path[96];

	(void)data;
	snprintf(path, sizeof(path), "%s/config.json", bundle);
	unlink(path);
	assert_int_equal(spec_load(bundle, &s, &e), -ENOENT);
	assert_non_null(strstr(e.msg, "/config.json: no such file"));

	/* a fifo that nobody writes to, a device without an end */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(spec_load(bundle, &s, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "not a regular file"));
	unlink(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(spec_load(bundle, &s, &e), -EINVAL);
	assert_non_null(strstr(e.msg, "not a regular file"));
	unlink(path);
	assert_int_equal(symlink("config.json", path), 0);
	assert_int_equal(spec_load(bundle, &s, &e), -ELOOP);
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(spec_load(bundle, &s, &e), -EINVAL);
	rmdir(path);

	assert_int_equal(spec_load("/nowhere", &s, &e), -ENOENT);
	assert_string_equal(e.msg, "bundle /nowhere: there is no such directory");
	assert_int_equal(spec_load("", &s, &e), -ENOENT);
	assert_int_equal(spec_load("/dev/null", &s, &e), -ENOTDIR);
	assert_null(s);
}

/* ---- what belongs together ---- */

/* One property that needs another. */
static void test_together(void **data)
{
	static const struct { const char *linux_, *at, *value, *want; } t[] = {
		{ "[{\"type\":\"mount\"}]", "/hostname", "\"x\"",
		  "hostname: needs a uts namespace" },
		{ "[{\"type\":\"mount\"}]", "/domainname", "\"x\"", "domainname: needs a uts" },
		{ "[{\"type\":\"mount\"}]", "/linux/sysctl", "{\"kernel.sem\":\"1\"}",
		  "linux.sysctl[\"kernel.sem\"]: needs an ipc namespace" },
		{ "[{\"type\":\"mount\"}]", "/linux/sysctl", "{\"fs.mqueue.msg_max\":\"1\"}",
		  "linux.sysctl[\"fs.mqueue.msg_max\"]: needs an ipc namespace" },
		{ "[{\"type\":\"mount\"}]", "/linux/sysctl", "{\"net.core.somaxconn\":\"1\"}",
		  "linux.sysctl[\"net.core.somaxconn\"]: needs a network namespace" },
		/* a path that leads back to the host's own */
		{ "[{\"type\":\"mount\"},{\"type\":\"network\",\"path\":\"/proc/self/ns/net\"}]",
		  "/linux/sysctl", "{\"net.core.somaxconn\":\"1\"}",
		  "linux.sysctl[\"net.core.somaxconn\"]: needs a network namespace" },
	};
	struct spec *s = NULL;

	(void)data;
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		struct json_object *o = json_tokener_parse(base);

		json_pointer_set(&o, "/linux/namespaces", json_tokener_parse(t[i].linux_));
		json_pointer_set(&o, t[i].at, json_tokener_parse(t[i].value));
		assert_true(load_text(json_object_to_json_string(o), &s) < 0);
		json_object_put(o);
		if (strncmp(e.msg, t[i].want, strlen(t[i].want)))
			say(t[i].at, e.msg, t[i].want);
		assert_memory_equal(e.msg, t[i].want, strlen(t[i].want));
	}
}

/* A uid that the mapping leaves out cannot be had. */
static void test_mapped(void **data)
{
	static const struct { const char *user, *want; } t[] = {
		{ "{\"uid\":10,\"gid\":0}", "process.user.uid: 10 is not mapped" },
		{ "{\"uid\":9,\"gid\":1}", "process.user.gid: 1 is not mapped" },
		{ "{\"uid\":9,\"gid\":0,\"additionalGids\":[0,7]}",
		  "process.user.additionalGids[1]: 7 is not mapped" },
	};
	struct spec *s = NULL;

	(void)data;
	for (size_t i = 0; i <= ARRAY_SIZE(t); i++) {
		struct json_object *o = json_tokener_parse(base);

		json_pointer_set(&o, "/linux", json_tokener_parse(
			"{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"user\"}],"
			"\"uidMappings\":[{\"containerID\":0,\"hostID\":500,\"size\":10}],"
			"\"gidMappings\":[{\"containerID\":0,\"hostID\":500,\"size\":1}]}"));
		json_pointer_set(&o, "/process/user", json_tokener_parse(
			i < ARRAY_SIZE(t) ? t[i].user : "{\"uid\":9,\"gid\":0}"));
		if (i == ARRAY_SIZE(t)) {
			assert_int_equal(load_text(json_object_to_json_string(o), &s), 0);
			spec_free(s);
		} else {
			assert_true(load_text(json_object_to_json_string(o), &s) < 0);
			assert_memory_equal(e.msg, t[i].want, strlen(t[i].want));
		}
		json_object_put(o);
	}
}

/* The mappings of a user namespace that is joined are not ours to write. */
static void test_joined_userns(void **data)
{
	struct spec *s = NULL;

	(void)data;
	assert_int_equal(load_changed("/linux",
		"{\"namespaces\":[{\"type\":\"mount\"},"
		"	{\"type\":\"user\",\"path\":\"/proc/self/ns/user\"}],"
		" \"uidMappings\":[{\"containerID\":0,\"hostID\":500,\"size\":10}]}", &s), 0);
	assert_int_equal(s->n_uid_map, 0);
	assert_int_equal(s->warnings.n, 1);
	assert_memory_equal(s->warnings.v[0], "linux.uidMappings: not used", 27);
	spec_free(s);
}

/* ---- all of them ---- */

static char *names[ARRAY_SIZE(bad) + ARRAY_SIZE(good) + ARRAY_SIZE(texts)];
static size_t n_names;

static struct CMUnitTest named(const char *kind, const char *what, const char *value,
			       CMUnitTestFunction f, void *state)
{
	char *name;

	if (asprintf(&name, "%s: %s%s%.60s", kind, what, *value ? " = " : "", value) < 0)
		abort();
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~' || *c == '#')
			*c = '.';
	names[n_names++] = name;
	return (struct CMUnitTest){ .name = name, .test_func = f, .initial_state = state };
}

int main(void)
{
	static const struct CMUnitTest fixed[] = {
		cmocka_unit_test(test_raw_nul), cmocka_unit_test(test_large),
		cmocka_unit_test(test_files), cmocka_unit_test(test_together),
		cmocka_unit_test(test_mapped), cmocka_unit_test(test_joined_userns),
	};
	struct CMUnitTest all[ARRAY_SIZE(names) + ARRAY_SIZE(fixed)];
	size_t n = 0;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		all[n++] = named("bad", bad[i].at, bad[i].value, test_bad, (void *)&bad[i]);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		all[n++] = named("good", good[i].at ? good[i].at : "base",
				 good[i].value ? good[i].value : "", test_good, (void *)&good[i]);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		all[n++] = named("text", texts[i].text, "", test_text, (void *)(uintptr_t)i);
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		all[n++] = fixed[i];
	r = _cmocka_run_group_tests("spec", all, n, make_bundle, remove_bundle);
	while (n_names)
		free(names[--n_names]);
	return r;
}
