/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state directories of cgrun: made, changed, damaged, locked, removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>
#include <sys/stat.h>

/* Before cmocka.h, which makes a macro of fail(). */
#include "state/state.h"
#include <cmocka.h>
#include <json-c/json.h>

static char root[64];
static int rootfd;
static struct err e;

static int setup(void **data)
{
	(void)data;
	snprintf(root, sizeof root, "/tmp/test-state.XXXXXX");
	assert_non_null(mkdtemp(root));
	strncat(root, "/deep/er", sizeof root - strlen(root) - 1);
	assert_int_equal(state_root_open(root, true, &rootfd, &e), 0);
	return 0;
}

static size_t entries(int fd)
{
	DIR *d = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY));
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int teardown(void **data)
{
	char top[64];

	(void)data;
	assert_int_equal(entries(rootfd), 0);
	close(rootfd);
	assert_int_equal(rmdir(root), 0);
	*strrchr(root, '/') = '\0';
	assert_int_equal(rmdir(root), 0);
	snprintf(top, sizeof top, "%.*s", (int)(strrchr(root, '/') - root), root);
	assert_int_equal(rmdir(top), 0);
	return 0;
}

static struct state sample(const char *id)
{
	struct state s = {
		.id = strdup(id), .oci_version = strdup("1.0.2"), .bundle = strdup("/b"),
		.rootfs = strdup("/b/\"root\"\n"), .created = strdup("2026-01-02T03:04:05.6Z"),
		.owner = 4294967294U, .creating = true, .cgroup = strdup("a/b"),
		.creator = { .pid = 4194304, .start = 123456789012345, .inode = 1ULL << 40 },
	};

	s.ns[1] = (struct state_ns){ 4, 4026531836 };
	return s;
}

static void make(const char *id, struct state_dir *d)
{
	struct state s = sample(id);

	assert_int_equal(state_make(rootfd, root, &s, d, &e), 0);
	state_clear(&s);
}

static void drop_dir(struct state_dir *d)
{
	assert_int_equal(state_lock(d, now_ms(), &e), 0);
	assert_int_equal(state_remove(d, now_ms() + 5000, &e), 0);
	state_close(d);
}

static void test_round(void **data)
{
	struct state s = sample("x"), t, u;
	struct json_object *a, *b;
	struct state_dir d, again;

	(void)data;
	assert_int_equal(state_make(rootfd, root, &s, &d, &e), 0);
	assert_int_equal(state_make(rootfd, root, &s, &again, &e), -EEXIST);
	assert_non_null(strstr(e.msg, "container with given ID already exists"));
	assert_int_equal(entries(rootfd), 1);
	assert_int_equal(state_load(&d, &t, &e), 0);

	t.group = strdup("line\nline\n");
	t.init = (struct cg_ref){ .pid = 7, .start = 8, .inode = 9 };
	t.lease = t.creator;
	strcpy(t.lease_what, "kill");
	t.later = CG_ID_PID | CG_ID_MNT;
	t.paused = true;
	t.creating = false;
	t.annotations = json_tokener_parse("{\"k\":\"v\"}");
	t.caps = json_tokener_parse("[{\"op\":\"kill\"}]");
	assert_int_equal(state_save(&d, &t, &e), 0);
	assert_int_equal(state_open(rootfd, root, "x", &again, &e), 0);
	assert_int_equal(state_load(&again, &u, &e), 0);
	a = state_to_json(&t);
	b = state_to_json(&u);
	assert_true(json_object_equal(a, b));
	assert_string_equal(u.group, "line\nline\n");
	assert_int_equal(u.init.inode, 9);
	assert_int_equal(u.creator.start, 123456789012345);
	assert_int_equal(u.owner, 4294967294U);
	assert_int_equal(u.ns[1].inode, 4026531836);
	assert_int_equal(u.later, CG_ID_PID | CG_ID_MNT);
	assert_true(u.paused && !u.creating);

	json_object_put(a);
	json_object_put(b);
	state_clear(&s);
	state_clear(&t);
	state_clear(&u);
	drop_dir(&d);
	assert_int_equal(state_lock(&again, now_ms(), &e), -ENOENT);
	assert_non_null(strstr(e.msg, "container does not exist"));
	state_close(&again);
	assert_int_equal(state_open(rootfd, root, "x", &again, &e), -ENOENT);
}

static void test_ids(void **data)
{
	static const char *const good[] = { "a", "A-b_c+d.e", "...", ".x", "-", "0" };
	static const char *const evil[] = { "", ".", "..", "a/b", "/", "a b", "a\n", "a:b", "é",
					    "a,b", "*", "../x" };
	char longest[202], **ids;
	struct state_dir d[3];
	size_t n;

	(void)data;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_int_equal(state_id_check(good[i], &e), 0);
	for (size_t i = 0; i < sizeof evil / sizeof *evil; i++) {
		assert_int_equal(state_id_check(evil[i], &e), -EINVAL);
		assert_int_equal(state_open(rootfd, root, evil[i], &d[0], &e), -EINVAL);
		assert_null(strchr(e.msg, '\n'));
	}
	memset(longest, 'x', sizeof longest);
	longest[201] = '\0';
	assert_int_equal(state_id_check(longest, &e), -EINVAL);
	longest[200] = '\0';
	make(longest, &d[0]);
	make("b", &d[1]);
	make("a", &d[2]);
	assert_int_equal(mkdirat(rootfd, ":new:b:1", 0700), 0);
	assert_int_equal(mkdirat(rootfd, ":old:bb:1", 0700), 0);
	assert_int_equal(state_ids(rootfd, &ids, &n, &e), 0);
	assert_int_equal(n, 3);
	assert_string_equal(ids[0], "a");
	assert_string_equal(ids[1], "b");
	assert_null(ids[3]);
	state_ids_free(ids);
	assert_int_equal(state_sweep(rootfd, "b", now_ms() + 5000, &e), 0);
	assert_int_equal(entries(rootfd), 4);
	assert_int_equal(state_sweep(rootfd, "bb", now_ms() + 5000, &e), 0);
	for (int i = 0; i < 3; i++)
		drop_dir(&d[i]);
}

/* Replaces the text behind "key": up to the end of the line. */
static char *edit(const char *text, const char *key, const char *value)
{
	char *out, name[32];
	const char *at, *end;

	snprintf(name, sizeof name, "\"%s\":", key);
	at = strstr(text, name);
	assert_non_null(at);
	end = strchr(at, '\n');
	assert_true(asprintf(&out, "%.*s%s%s,%s", (int)(at - text), text, name, value, end) > 0);
	return out;
}

static void put(struct state_dir *d, const char *text, size_t len)
{
	int fd = openat(d->fd, "state.json", O_WRONLY | O_TRUNC | O_CREAT, 0600);

	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static void refused(struct state_dir *d, const char *say)
{
	struct state s;

	assert_int_equal(state_load(d, &s, &e), -EINVAL);
	if (!strstr(e.msg, say) || !strstr(e.msg, "/x/state.json: "))
		fail_msg("\"%s\" is not in: %s", say, e.msg);
}

static void test_damage(void **data)
{
	static const char *const wrong[][3] = {
		{ "version", "3", "version: " },
		{ "version", "2", "config: is missing" },
		{ "version", "\"1\"", "version: is not an integer" },
		{ "id", "\"y\"", "id: " },
		{ "id", "7", "id: is not a string" },
		{ "bundle", "null", "bundle: is not a string" },
		{ "rootfs", "\"a\\u0000b\"", "rootfs: holds a NUL byte" },
		{ "owner", "-1", "owner: is out of range" },
		{ "owner", "4294967296", "owner: is out of range" },
		{ "creating", "1", "creating: is not true or false" },
		{ "paused", "\"no\"", "paused: is not true or false" },
		{ "creator", "[", "" },
		{ "start", "1.5", "creator.start: is not an integer" },
		{ "pid", "0", "creator.pid: is out of range" },
		{ "pid", "99999999999999999999999", "creator.pid: is out of range" },
		{ "pid", "-1", "creator.pid: is out of range" },
		{ "created", "{}", "created: is not a string" },
	};
	char text[4096] = "", *s;
	struct state_dir d;
	struct state st;
	ssize_t len;
	int fd;

	(void)data;
	make("x", &d);
	fd = openat(d.fd, "state.json", O_RDONLY);
	len = read(fd, text, sizeof text - 1);
	close(fd);
	assert_true(len > 100);
	assert_int_equal(state_load(&d, &st, &e), 0);
	state_clear(&st);
	for (ssize_t cut = 0; cut < len; cut++) {
		put(&d, text, (size_t)cut);
		refused(&d, cut ? "" : "is empty");
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		s = edit(text, wrong[i][0], wrong[i][1]);
		put(&d, s, strlen(s));
		refused(&d, wrong[i][2]);
		free(s);
	}
	drop_dir(&d);
}

static void test_not_a_state(void **data)
{
	struct state_dir d;
	char *s;

	(void)data;
	make("x", &d);
	put(&d, "[]", 2);
	refused(&d, "is not an object");
	put(&d, "{}", 2);
	refused(&d, "version: is missing");
	s = malloc(100000);
	memset(s, '[', 100000);
	put(&d, s, 100000);
	refused(&d, "");
	free(s);
	assert_int_equal(unlinkat(d.fd, "state.json", 0), 0);
	refused(&d, "is missing");
	assert_int_equal(mkfifoat(d.fd, "state.json", 0600), 0);
	refused(&d, "not a regular file");
	assert_int_equal(unlinkat(d.fd, "state.json", 0), 0);
	assert_int_equal(mkdirat(d.fd, "state.json", 0700), 0);
	refused(&d, "not a regular file");
	drop_dir(&d);
}

/* What an exec may must not be less, because a part of the state was lost or is of another kind. */
static void test_config(void **data)
{
	static const struct { const char *config, *say; } wrong[] = {
		{ "7", "config: is not an object" },
		{ "{}", "config.process: is missing" },
		{ "{\"process\":[]}", "config.process: is not an object" },
		{ "{\"process\":{},\"noNewKeyring\":0}",
		  "config.noNewKeyring: is not true or false" },
		{ "{\"process\":{},\"noNewKeyring\":true}", "config.seccomp: is missing" },
		{ "{\"process\":{},\"noNewKeyring\":true,\"seccomp\":5}",
		  "config.seccomp: is not an object" },
		{ "{\"process\":{},\"noNewKeyring\":true,\"seccomp\":null,\"hooks\":\"x\"}",
		  "config.hooks: is not an object" },
	};
	struct json_object *part;
	struct state s = sample("x"), t;
	struct state_dir d;

	(void)data;
	assert_int_equal(state_make(rootfd, root, &s, &d, &e), 0);
	assert_int_equal(state_load(&d, &t, &e), 0);
	assert_int_equal(kept_get(&t, "seccomp", &part, &e), -EINVAL);
	state_clear(&t);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		json_object_put(s.config);
		s.config = json_tokener_parse(wrong[i].config);
		assert_int_equal(state_save(&d, &s, &e), 0);
		refused(&d, wrong[i].say);
	}
	json_object_put(s.config);
	s.config = json_tokener_parse("{\"process\":{\"cwd\":\"/\"},\"noNewKeyring\":false,"
				      "\"seccomp\":null,\"hooks\":{},\"personality\":null}");
	assert_int_equal(state_save(&d, &s, &e), 0);
	assert_int_equal(state_load(&d, &t, &e), 0);
	assert_int_equal(kept_get(&t, "seccomp", &part, &e), 0);
	assert_null(part);
	assert_int_equal(kept_get(&t, "process", &part, &e), 0);
	assert_non_null(json_object_object_get(part, "cwd"));
	state_clear(&t);
	state_clear(&s);
	drop_dir(&d);
}

/* Who else can write there decides what is killed. */
static void test_others(void **data)
{
	struct state_dir d;
	struct state s;
	int fd;

	(void)data;
	make("x", &d);
	assert_int_equal(fchmodat(d.fd, "state.json", 0620, 0), 0);
	assert_int_equal(state_load(&d, &s, &e), -EPERM);
	assert_int_equal(fchmodat(d.fd, "state.json", 0644, 0), 0);
	assert_int_equal(state_load(&d, &s, &e), 0);
	state_clear(&s);
	state_close(&d);
	assert_int_equal(fchmodat(rootfd, "x", 0777, 0), 0);
	assert_int_equal(state_open(rootfd, root, "x", &d, &e), -EPERM);
	assert_int_equal(fchmodat(rootfd, "x", 0755, 0), 0);
	assert_int_equal(fchmod(rootfd, 01777), 0);
	assert_int_equal(state_root_open(root, false, &fd, &e), -EPERM);
	assert_int_equal(fchmod(rootfd, 0755), 0);
	assert_int_equal(state_root_open(root, false, &fd, &e), 0);
	close(fd);
	assert_int_equal(state_open(rootfd, root, "x", &d, &e), 0);
	drop_dir(&d);
}

/* As deep as a path cannot be, with names that the removal itself uses. */
static void test_deep(void **data)
{
	struct state_dir d;
	int fd, next, rc = -ETIMEDOUT;

	(void)data;
	make("x", &d);
	fd = dup(d.fd);
	for (int i = 0; i < 1200; i++) {
		assert_int_equal(mkdirat(fd, i % 2 ? ":0" : "d", 0700), 0);
		assert_int_equal(mkdirat(fd, ":1", 0700), 0);
		next = openat(fd, i % 2 ? ":0" : "d", O_PATH | O_DIRECTORY);
		close(fd);
		fd = next;
	}
	close(fd);
	assert_int_equal(symlinkat("/", d.fd, "out"), 0);
	assert_int_equal(state_lock(&d, now_ms(), &e), 0);
	assert_int_equal(state_remove(&d, now_ms(), &e), -ETIMEDOUT);
	state_close(&d);
	assert_int_equal(entries(rootfd), 1);
	/* A busy disk takes its time: what was begun goes on. */
	for (int i = 0; i < 20 && rc == -ETIMEDOUT; i++)
		rc = state_sweep(rootfd, "x", now_ms() + 3000, &e);
	assert_int_equal(rc, 0);
}

static void test_symlink(void **data)
{
	struct state_dir d, other;

	(void)data;
	make("x", &d);
	assert_int_equal(symlinkat("x", rootfd, "y"), 0);
	assert_true(state_open(rootfd, root, "y", &other, &e) < 0);
	assert_int_equal(unlinkat(rootfd, "y", 0), 0);
	drop_dir(&d);
}

/* What is left of a file may still name the processes. */
static void test_salvage(void **data)
{
	static const char group[] = "group line\n\"quoted\"\n";
	struct state s = sample("x");
	struct state_dir d;
	char text[4096], *got;
	ssize_t len;
	int fd;

	(void)data;
	s.group = strdup(group);
	assert_int_equal(state_make(rootfd, root, &s, &d, &e), 0);
	state_clear(&s);
	fd = openat(d.fd, "state.json", O_RDONLY);
	len = read(fd, text, sizeof text);
	close(fd);
	assert_true(len > 100);
	put(&d, text, (size_t)len - 5);
	refused(&d, "is cut short");
	assert_int_equal(state_salvage(&d, &got), 0);
	assert_string_equal(got, group);
	free(got);
	put(&d, text, (size_t)(strstr(text, "quoted") - text));
	assert_int_equal(state_salvage(&d, &got), -EINVAL);
	put(&d, "", 0);
	assert_int_equal(state_salvage(&d, &got), -EINVAL);
	drop_dir(&d);
}

/* Each thread adds one, N times, under the lock. */
#define THREADS	4
#define TIMES	50

static void *adder(void *arg)
{
	struct state_dir d;
	struct err mine;

	(void)arg;
	if (state_open(rootfd, root, "x", &d, &mine))
		return (void *)1;
	for (int i = 0; i < TIMES; i++) {
		struct state s;

		if (state_lock(&d, now_ms() + 20000, &mine) || state_load(&d, &s, &mine))
			return (void *)1;
		s.owner++;
		if (state_save(&d, &s, &mine))
			return (void *)1;
		state_clear(&s);
		state_unlock(&d);
	}
	state_close(&d);
	return NULL;
}

static void test_lock(void **data)
{
	struct state_dir d, other;
	pthread_t t[THREADS];
	struct state s;
	void *bad;

	(void)data;
	make("x", &d);
	assert_int_equal(state_load(&d, &s, &e), 0);
	s.owner = 0;
	assert_int_equal(state_save(&d, &s, &e), 0);
	state_clear(&s);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&t[i], NULL, adder, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(t[i], &bad), 0);
		assert_null(bad);
	}
	assert_int_equal(state_load(&d, &s, &e), 0);
	assert_int_equal(s.owner, THREADS * TIMES);
	state_clear(&s);

	assert_int_equal(state_open(rootfd, root, "x", &other, &e), 0);
	assert_int_equal(state_lock(&d, now_ms(), &e), 0);
	assert_int_equal(state_lock(&other, now_ms() + 30, &e), -ETIMEDOUT);
	/* gone and made again under the same name: not the same container */
	assert_int_equal(state_remove(&d, now_ms() + 5000, &e), 0);
	state_close(&d);
	make("x", &d);
	assert_int_equal(state_lock(&other, now_ms() + 30, &e), -ENOENT);
	state_close(&other);
	drop_dir(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_round, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_a_state, setup, teardown),
		cmocka_unit_test_setup_teardown(test_config, setup, teardown),
		cmocka_unit_test_setup_teardown(test_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_symlink, setup, teardown),
		cmocka_unit_test_setup_teardown(test_salvage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
