/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of config.json: a bundle to write one into, and to load it from. */
#ifndef TESTS_SPEC_BUNDLE_H
#define TESTS_SPEC_BUNDLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Before cmocka.h, which makes a macro of fail(). */
#include "config/config.h"
#include <cmocka.h>
#include <json-c/json.h>
#include <json-c/json_pointer.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char base[] =
	"{\"ociVersion\":\"1.2.0\","
	" \"process\":{\"cwd\":\"/\",\"args\":[\"true\"],\"user\":{\"uid\":0,\"gid\":0}},"
	" \"root\":{\"path\":\"rootfs\"},"
	" \"mounts\":[],"
	" \"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"},"
	"		{\"type\":\"ipc\"},{\"type\":\"network\"}]}}";

static char bundle[64];
static struct err e;

static int make_bundle(void **data)
{
	char path[96];

	(void)data;
	snprintf(bundle, sizeof(bundle), "/tmp/test-spec.XXXXXX");
	if (!mkdtemp(bundle))
		return -1;
	snprintf(path, sizeof(path), "%s/rootfs", bundle);
	return mkdir(path, 0755);
}

static int remove_bundle(void **data)
{
	char path[96];

	(void)data;
	snprintf(path, sizeof(path), "%s/config.json", bundle);
	unlink(path);
	snprintf(path, sizeof(path), "%s/rootfs", bundle);
	rmdir(path);
	return rmdir(bundle);
}

static void write_config(const char *text, size_t len)
{
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/config.json", bundle);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void write_config_text(const char *text)
{
	write_config(text, strlen(text));
}

static int load_text(const char *text, struct spec **ret)
{
	write_config_text(text);
	e = (struct err){ 0 };
	return spec_load(bundle, ret, &e);
}

/* The base with the value at a JSON pointer replaced. */
static int load_changed(const char *at, const char *value, struct spec **ret)
{
	struct json_object *o = json_tokener_parse(base);
	int r;

	assert_non_null(o);
	if (at)
		assert_int_equal(json_pointer_set(&o, at, json_tokener_parse(value)), 0);
	r = load_text(json_object_to_json_string(o), ret);
	json_object_put(o);
	return r;
}

static void say(const char *what, const char *got, const char *want)
{
	print_message("# %s\n#   got:  %s\n#   want: %s\n", what, got, want);
}

#endif
