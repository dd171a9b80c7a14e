/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Controllers of cgroup v2 that are switched on when a limit is asked for: what cg_caps()
 * says of them before, and whether it is so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core.h"
#include "tests/fake/kernel.h"

#define UID 1000

static struct {
	struct fk *k;
	struct fk_h *h;
	struct cg_ctx *ctx;
	struct cg *cg;
} t;

/* The groups /a and /a/b are there; text: what the root and /a have switched on. */
static int begin(void **state)
{
	(void)state;
	t.k = fk_new();
	t.h = fk_add_v2(t.k, "cpuset cpu io memory pids", "/sys/fs/cgroup");
	fk_cg_make(t.h, "/a/b");
	t.ctx = NULL;
	t.cg = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	cg_close(t.cg);
	cg_ctx_free(t.ctx);
	fk_free(t.k);
	return 0;
}

static void switch_on(const char *path, const char *text)
{
	struct fk_cg *cg = fk_cg(t.h, path);

	free(cg->val[fk_cg_file("cgroup.subtree_control")]);
	cg->val[fk_cg_file("cgroup.subtree_control")] = strdup(text);
}

static const char *is_on(const char *path)
{
	const char *s = fk_cg(t.h, path)->val[fk_cg_file("cgroup.subtree_control")];

	return s ? s : "";
}

/* For new groups below the base, and for one of them. */
static void claimed(const char *base, unsigned level, const char *reason)
{
	struct cg_cap cap[CG_NOPS];
	const char *on[2] = { is_on("/"), is_on("/a") };

	assert_int_equal(cgi_ctx_new_with(&fk_sys, t.k, &t.ctx), 0);
	assert_int_equal(cg_ctx_set_base(t.ctx, base), 0);
	for (int made = 0; made < 2; made++) {
		if (made)
			assert_int_equal(cg_create(t.ctx, "g", 0, &t.cg), 0);
		cg_caps(t.ctx, t.cg, 0, cap, CG_NOPS);
		if (cap[CG_OP_LIMITS].level != level || !strstr(cap[CG_OP_LIMITS].reason, reason))
			fail_msg("made %d: %s: %s", made, cg_level_name(cap[CG_OP_LIMITS].level),
				 cap[CG_OP_LIMITS].reason);
	}
	/* It was only asked. */
	assert_string_equal(is_on("/"), on[0]);
	assert_string_equal(is_on("/a"), on[1]);
}

static void set(const char *key, int rc, const char *said)
{
	assert_int_equal(cg_set(t.cg, key, "max"), rc);
	if (rc && !strstr(cg_errmsg(t.ctx), said))
		fail_msg("\"%s\" has no \"%s\"", cg_errmsg(t.ctx), said);
}

/* Who may do in /a what systemd hands over, and is below it. */
static void as_user(void)
{
	t.k->me->uid = UID;
	fk_cg_chown(fk_cg(t.h, "/a"), UID, true);
	fk_cg_chown(fk_cg(t.h, "/a/b"), UID, true);
	fk_cg_put(fk_cg(t.h, "/a/b"), t.k->me);
}

static void nothing_is_on(void **state)
{
	(void)state;
	claimed("/a", CG_FULL, "");
	set("pids.max", 0, "");
	assert_string_equal(is_on("/"), "pids");
	assert_string_equal(is_on("/a"), "pids");
	assert_string_equal(is_on("/a/g"), "");
	set("cpu.max", 0, "");
	assert_string_equal(is_on("/a"), "pids cpu");
}

static void in_the_root(void **state)
{
	(void)state;
	fk_spawn(t.k, NULL, "init", 0);
	claimed("/", CG_FULL, "");
	set("memory.max", 0, "");
	assert_string_equal(is_on("/"), "memory");
}

/* The kernel switches nothing on for the groups below one that has processes. */
static void processes_are_in_the_way(void **state)
{
	(void)state;
	fk_cg_put(fk_cg(t.h, "/a"), fk_spawn(t.k, NULL, "x", 0));
	claimed("/a", CG_NONE, "");
	set("pids.max", -EOPNOTSUPP, "/a/cgroup.subtree_control: no pids: processes of its own");
}

static void processes_are_there_but_it_is_on(void **state)
{
	(void)state;
	switch_on("/", "memory pids");
	switch_on("/a", "memory");
	fk_cg_put(fk_cg(t.h, "/a"), fk_spawn(t.k, NULL, "x", 0));
	claimed("/a", CG_BEST_EFFORT, "only memory: ");
	set("memory.max", 0, "");
	set("pids.max", -EOPNOTSUPP, "processes of its own");
}

static void a_part_is_delegated(void **state)
{
	(void)state;
	switch_on("/", "memory pids");
	as_user();
	claimed("/a", CG_BEST_EFFORT, "only memory, pids: /sys/fs/cgroup/cgroup.subtree_control: "
		"no cpu: ");
	set("memory.max", 0, "");
	set("pids.max", 0, "");
	set("cpu.max", -EOPNOTSUPP, "no cpu: ");
	assert_string_equal(is_on("/a"), "memory pids");
}

static void nothing_is_delegated(void **state)
{
	(void)state;
	as_user();
	claimed("/a", CG_NONE, "no resource controller");
	set("memory.max", -EOPNOTSUPP, "no memory: ");
}

/* A controller that v1 has is in no group of the v2 tree. */
static void the_host_lacks_one(void **state)
{
	(void)state;
	snprintf(t.h->controllers, sizeof(t.h->controllers), "memory cpuset");
	claimed("/a", CG_BEST_EFFORT, "only memory: /sys/fs/cgroup/ has no controller pids; ");
	set("cpu.max", -EOPNOTSUPP, "has no controller cpu");
	set("memory.nosuch", -EOPNOTSUPP, "does not know it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_on, begin, end),
		cmocka_unit_test_setup_teardown(in_the_root, begin, end),
		cmocka_unit_test_setup_teardown(processes_are_in_the_way, begin, end),
		cmocka_unit_test_setup_teardown(processes_are_there_but_it_is_on, begin, end),
		cmocka_unit_test_setup_teardown(a_part_is_delegated, begin, end),
		cmocka_unit_test_setup_teardown(nothing_is_delegated, begin, end),
		cmocka_unit_test_setup_teardown(the_host_lacks_one, begin, end),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
