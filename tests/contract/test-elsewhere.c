/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Callers that see less of the host: what cannot be asked is neither gone nor empty (K1),
 * and what is no group of ours is not touched (S3).
 */
#include "contract.h"
#include "fake/kernel.h"

#define SAID_KILLED	1
#define SAID_DELETED	2
#define SAID_EMPTY	4	/* before anything was done to it */

struct saved {
	const char *text;
	const char *driver;	/* of the context that restores; NULL: the stack's */
};

/* What a caller with the saved text is told: flags of the above, or an error. */
static int restore_and_end(struct world *w, void *data)
{
	const struct saved *s = data;
	struct cg_ctx *ctx = NULL;
	struct cg *cg = NULL;
	unsigned state = 0;
	int rc = world_ctx_try(w, &ctx), said = 0;

	if (!rc && s->driver)
		rc = cg_ctx_set_driver(ctx, s->driver);
	if (!rc)
		rc = cg_restore(ctx, s->text, 0, &cg);
	if (!rc) {
		if (!cg_state(cg, &state) && state & (CG_EMPTY | CG_GONE))
			said |= SAID_EMPTY;
		if (cg_kill_all(cg, 500, NULL, 0) >= 0)
			said |= SAID_KILLED;
		else if (!*cg_errmsg(ctx))
			rc = -EPROTO;
		if (cg_delete(cg, 0, 500, NULL, 0) >= 0)
			said |= SAID_DELETED;
	} else if (ctx && !*cg_errmsg(ctx)) {
		rc = -EPROTO;
	}
	cg_close(cg);
	cg_ctx_free(ctx);
	return rc < 0 ? rc : said;
}

/* The group "g" and how it was saved; two members live in it. */
static struct cg *a_saved_group(struct world *w, struct cg_ctx *ctx, char *text, size_t size,
				struct who **a)
{
	struct cg *cg = a_group(ctx, "g");

	*a = w_first(w, cg);
	must(w, *a && w_add(w, *a, K_SLEEP));
	must(w, cg_save(cg, text, size) > 0);
	return cg;
}

static void no_lie(struct world *w, int said, struct who *a)
{
	must(w, said != -EPROTO && said != -ETIME);
	if (said >= 0)
		must(w, !(said & SAID_EMPTY));
	if (said >= 0 && said & (SAID_KILLED | SAID_DELETED))
		must(w, w_dead(w, a) && !w_members_left(w));
}

static void clear(struct world *w, struct cg *cg)
{
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	must(w, !w_members_left(w));
	cg_close(cg);
	w_forget(w);
}

static void k1_restored_where_it_is_out_of_sight(struct world *w, struct cg_ctx *ctx)
{
	char text[8192];

	for (int at = 0; at < AT_PLACES; at++) {
		struct who *a;
		struct cg *cg = a_saved_group(w, ctx, text, sizeof(text), &a);
		struct saved s = { text, NULL };
		int said = w_elsewhere(w, at, restore_and_end, &s);

		if (said != -ENOSYS)
			no_lie(w, said, a);
		/* Nothing that it needs is hidden there. */
		if (at == AT_HOME || at == AT_PROC_SYS_MOUNTED ||
		    (at == AT_LOADAVG_FAKED && has(w, W_GROUPS)))
			must(w, said >= 0 && said & SAID_KILLED && said & SAID_DELETED);
		clear(w, cg);
	}
}

static void k1_restored_after_a_rename(struct world *w, struct cg_ctx *ctx)
{
	char text[8192];
	struct who *a;
	struct cg *cg = a_saved_group(w, ctx, text, sizeof(text), &a);
	struct saved s = { text, NULL };

	must(w, w_dir_rename(w, "g", "renamed"));
	no_lie(w, restore_and_end(w, &s), a);
	w_dir_rename(w, "renamed", "g");
	clear(w, cg);
}

static void k1_restored_without_its_driver(struct world *w, struct cg_ctx *ctx)
{
	static const char *const drivers[] = { "proc", "v1", "v2" };
	char text[8192];

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		struct who *a;
		struct cg *cg = a_saved_group(w, ctx, text, sizeof(text), &a);
		struct saved s = { text, drivers[i] };

		no_lie(w, restore_and_end(w, &s), a);
		clear(w, cg);
	}
}

/* The manager did it, and who asked was killed before the answer: only the request is saved. */
static void k1_a_unit_whose_place_nobody_learned(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *b = w_spawn(w);
	char text[8192];
	struct saved s = { text, NULL };
	int said;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	w_fake(w)->bus_mute = 1;
	cg_attach(cg, w_pid(b));
	w_fake(w)->bus_mute = 0;
	must(w, w_fake(w)->unit[0].there);
	/* While the manager does not answer nobody can know. */
	w_fake(w)->bus_hangs = true;
	said = restore_and_end(w, &s);
	must(w, said < 0 || !(said & (SAID_KILLED | SAID_DELETED | SAID_EMPTY)));
	must(w, !w_dead(w, b));
	w_fake(w)->bus_hangs = false;
	said = restore_and_end(w, &s);
	must(w, said < 0 || !(said & SAID_EMPTY));
	must(w, said < 0 || !(said & (SAID_KILLED | SAID_DELETED)) || w_dead(w, b));
	cg_delete(cg, 0, MS, NULL, 0);
	cg_close(cg);
}

/* ---- a view that is not the hierarchy's ---- */

static int make_and_attach(struct world *w, void *data)
{
	struct cg_ctx *ctx = world_ctx(w);
	struct cg *cg = NULL;
	int rc;

	if (!ctx)
		return -ENODEV;
	rc = cg_create(ctx, "cov", 0, &cg);
	rc = rc ? rc : cg_attach(cg, w_pid(data));
	cg_close(cg);
	cg_ctx_free(ctx);
	return rc;
}

static void h4_a_covered_mount_is_no_hierarchy(struct world *w, struct cg_ctx *ctx)
{
	struct who *b = w_spawn(w);
	struct cg *cg = NULL;
	int rc;

	w_dir_make(w, "cover");
	rc = w_elsewhere(w, AT_V1_COVERED, make_and_attach, b);
	must(w, rc == 0 && w_is_in(w, "", "cov", b));
	want(ctx, 0, cg_open(ctx, "cov", CG_ADOPT, &cg));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, b));
	cg_close(cg);
	assert_int_equal(w_dir_remove(w, "cover"), 0);
}

/* Below what the mounts show all is as anywhere else. */
static int live_below_a_long_root(struct world *w, void *data)
{
	struct cg_ctx *ctx = world_ctx(w);
	struct cg *cg = NULL;
	pid_t *pid = NULL;
	size_t n = 0;
	int rc;

	if (!ctx)
		return -ENODEV;
	rc = cg_create(ctx, "/x", 0, &cg);
	rc = rc ? rc : cg_attach(cg, w_pid(data));
	rc = rc ? rc : cg_procs(cg, 0, &pid, &n, NULL);
	if (!rc && (n != 1 || *pid != w_pid(data)))
		rc = -EPROTO;
	free(pid);
	rc = rc ? rc : cg_delete(cg, 0, MS, NULL, 0);
	if (rc)
		print_message("# %s\n", cg_errmsg(ctx));
	cg_close(cg);
	cg_ctx_free(ctx);
	return rc;
}

static void h4_mounts_of_a_group_with_a_long_path(struct world *w, struct cg_ctx *ctx)
{
	struct who *b = w_spawn(w);

	(void)ctx;
	assert_int_equal(w_elsewhere(w, AT_LONG_ROOT, live_below_a_long_root, b), 0);
	must(w, w_dead(w, b));
}

/* ---- roots, and what is not adopted ---- */

static int take_the_root(struct world *w, void *data)
{
	struct cg_ctx *ctx = world_ctx(w);
	struct cg *cg = NULL;
	int attach = -EPERM, delegate = -EPERM;

	if (!ctx)
		return -ENODEV;
	if (!cg_open(ctx, "/", CG_ADOPT, &cg)) {
		attach = cg_attach(cg, w_pid(data));
		delegate = cg_delegate(cg, 4711, 4711);
	}
	cg_close(cg);
	cg_ctx_free(ctx);
	return attach == -EPERM && delegate == -EPERM ? 0 : -EPROTO;
}

static void s3_nobody_is_put_into_the_root(struct world *w, struct cg_ctx *ctx)
{
	struct who *b = w_spawn(w);

	(void)ctx;
	assert_int_equal(w_elsewhere(w, AT_CGROUPNS, take_the_root, b), 0);
	if (has(w, W_FAKE))
		assert_int_equal(take_the_root(w, b), 0);
	must(w, !w_dead(w, b));
	w_end(w, b);
}

static void s3_what_is_not_adopted_is_not_given_away(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *look = NULL;
	struct who *b = w_spawn(w);
	int rc;

	want(ctx, 0, cg_open(ctx, "g", 0, &look));
	rc = cg_delegate(look, 4711, 4711);
	must(w, rc == -EPERM || rc == -EOPNOTSUPP);
	must(w, w_dir_uid(w, "g", "cgroup.procs") != 4711);
	want(ctx, -EPERM, cg_attach(look, w_pid(b)));
	want(ctx, -EPERM, cg_set(look, "pids.max", "7"));
	cg_close(look);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dead(w, b));
	w_end(w, b);
	cg_close(cg);
}

/* ---- attaching where it cannot be followed ---- */

static int attach_to_g(struct world *w, void *data)
{
	struct cg_ctx *ctx = world_ctx(w);
	struct cg *cg = NULL;
	int rc = ctx ? cg_open(ctx, "g", CG_ADOPT, &cg) : -ENODEV;

	rc = rc ? rc : cg_attach(cg, data ? w_pid(data) : 0);
	cg_close(cg);
	cg_ctx_free(ctx);
	return rc;
}

static void e1_attached_where_proc_hides_it(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_UID);
	bool in;
	int rc;

	w_dir_put(w, "", b);
	rc = w_elsewhere(w, AT_HIDEPID, attach_to_g, b);
	in = w_is_in(w, "", "g", b) || w_is_in(w, "freezer", "g", b) ||
		w_is_in(w, "name=systemd", "g", b);
	must(w, rc == 0 ? in : !in);
	w_dir_put(w, "g", b);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_members_left(w));
	cg_close(cg);
}

/* The caller would stop in the middle of the call, until somebody else thaws the group. */
static void e2_the_caller_into_a_frozen_group(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	want(ctx, 0, cg_freeze(cg, MS));
	assert_int_equal(w_elsewhere(w, AT_HOME, attach_to_g, NULL), -EBUSY);
	want(ctx, 0, cg_thaw(cg, MS));
	w_caller_home(w);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, a));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CTX(k1_restored_where_it_is_out_of_sight, 0, W_FAKE | W_ROOT, W_SCOPE),
		CT(k1_restored_after_a_rename, W_V1),
		CTX(k1_restored_without_its_driver, 0, 0, W_SCOPE),
		CT(k1_a_unit_whose_place_nobody_learned, W_SCOPE),
		CT(h4_a_covered_mount_is_no_hierarchy, W_V1 | W_V2 | W_ROOT),
		CT(h4_mounts_of_a_group_with_a_long_path, W_GROUPS | W_ROOT),
		CTX(s3_nobody_is_put_into_the_root, W_GROUPS, W_FAKE | W_ROOT, 0),
		CT(s3_what_is_not_adopted_is_not_given_away, W_GROUPS),
		CT(e1_attached_where_proc_hides_it, W_GROUPS | W_ROOT),
		CT(e2_the_caller_into_a_frozen_group, W_GROUPS | W_FREEZE),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
