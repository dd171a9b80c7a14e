/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of what is allowed: first and last values, no time, descriptor 0, what is gone. */
#include "contract.h"
#include "fake/fault.h"
#include "fake/kernel.h"

/* Removed by somebody else: each later call says so, not only the one that finds out. */
static void e4_a_group_that_is_gone_stays_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char text[64];

	if (cg_set(cg, "pids.max", "9")) {	/* nothing here has it */
		cg_close(cg);
		return;
	}
	assert_int_equal(w_dir_remove(w, "g"), 0);
	for (int i = 0; i < 3; i++)
		want(ctx, -ENOENT, cg_get(cg, "pids.max", text, sizeof(text)));
	want(ctx, -ENOENT, cg_set(cg, "pids.max", "7"));
	cg_close(cg);
}

static void d1_an_empty_group_needs_no_time(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	want(ctx, 0, cg_delete(cg, 0, 0, NULL, 0));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void s2_the_highest_signal(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct cg_ref ref;

	want(ctx, 0, cg_ref_get(ctx, w_pid(a), &ref));
	must(w, cg_signal_one(cg, &ref, 64) >= 0);
	assert_int_equal(w_got(w, a, 64), 1);
	want(ctx, -EINVAL, cg_signal_one(cg, &ref, 65));
	want(ctx, -EINVAL, cg_signal_one(cg, &ref, -1));
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	cg_close(cg);
}

/* The caller has closed its standard input: each descriptor may be the one with number 0. */
static void e6_descriptor_zero_is_one(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	pid_t *pid;
	size_t n;

	w_add(w, a, K_SLEEP);
	w_add(w, a, K_UNSHARED);
	w_fake(w)->no_stdin = true;
	want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 3);
	free(pid);
	must(w, cg_freeze(cg, MS) >= 0);
	must(w, cg_thaw(cg, MS) >= 0);
	if (has(w, W_V2 | W_ROOT))
		want(ctx, 0, cg_delegate(cg, 4711, 4711));
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	w_fake(w)->no_stdin = false;
	cg_close(cg);
}

/* Also from a mount namespace of its own the caller is a descendant, and would be a member. */
static void s3_nobody_that_the_caller_descends_from(struct world *w, struct cg_ctx *ctx)
{
	struct cg_ctx *mine;
	struct cg *cg;

	(void)ctx;
	fk_unshare(w_fake(w), w_fake(w)->me, FK_NS_MNT);
	mine = world_ctx(w);
	want(mine, 0, cg_create(mine, "g", 0, &cg));
	want(mine, -EDEADLK, cg_identify(cg, 1, CG_ID_MNT));
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(cg);
	cg_ctx_free(mine);
}

/* Without the number of the boot nothing that is saved could be told from another one's. */
static void e3_no_number_of_the_boot(struct world *w, struct cg_ctx *ctx)
{
	struct fault f = { .sys = &fk_sys, .k = w_fake(w), .err = -ENOENT };
	struct cg_ctx *mine;
	struct cg *cg;
	char text[8192];

	(void)ctx;
	w_wrap(w, &fault_sys, &f);
	mine = world_ctx(w);
	cg = a_group(mine, "g");
	f.file = "boot_id";
	want(mine, -ENODEV, cg_save(cg, text, sizeof(text)));
	f.err = -EMFILE;
	want(mine, -EMFILE, cg_save(cg, text, sizeof(text)));
	f.file = NULL;
	cg_close(cg);
	cg_ctx_free(mine);
}

/* Empty groups without a freezer are taken over as others are. */
static void e1_reuse_where_nothing_freezes(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL;

	w_dir_make(w, "g");
	want(ctx, 0, cg_create(ctx, "g", CG_REUSE, &cg));
	must(w, cg_thaw(cg, MS) >= 0);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static int says_hidepid(struct world *w, void *data)
{
	struct cg_ctx *ctx = world_ctx(w);
	struct cg_cap cap[CG_NOPS];
	bool said;

	(void)data;
	said = cg_caps(ctx, NULL, world_stack(w)->ids, cap, CG_NOPS) == CG_NOPS &&
		strstr(cap[CG_OP_PROCS].remedy, "hidepid");
	cg_ctx_free(ctx);
	return said;
}

static void c1_the_remedy_is_that_of_the_reason(struct world *w, struct cg_ctx *ctx)
{
	(void)ctx;
	assert_int_equal(w_elsewhere(w, AT_HIDEPID, says_hidepid, NULL), 1);
}

static int absent(void *data, const char *key, const char *value)
{
	const char *why = strchr(value, ':');

	if (!strcmp(key, "absent")) {
		assert_true(why && strlen(why) > 5);
		++*(int *)data;
	}
	return 0;
}

/* Each kind that this host does not have is named, with the reason; no other. */
static void c1_what_is_absent_is_named(struct world *w, struct cg_ctx *ctx)
{
	int n = 0;

	want(ctx, 0, cg_info(ctx, absent, &n));
	must(w, n >= !has(w, W_V1) + !has(w, W_V2));
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e4_a_group_that_is_gone_stays_gone, W_GROUPS),
		CT(d1_an_empty_group_needs_no_time, W_GROUPS),
		CT(s2_the_highest_signal, 0),
		CT(e6_descriptor_zero_is_one, W_FAKE),
		CT(s3_nobody_that_the_caller_descends_from, W_FAKE),
		CT(e3_no_number_of_the_boot, W_FAKE | W_GROUPS),
		CT(e1_reuse_where_nothing_freezes, W_GROUPS),
		CTX(c1_the_remedy_is_that_of_the_reason, W_FAKE | W_PROC, 0, W_SURE | W_ANCHOR),
		CT(c1_what_is_absent_is_named, W_FAKE | W_GROUPS),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
