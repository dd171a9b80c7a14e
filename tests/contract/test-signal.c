/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals: S1 to S3. To each member once, and to nobody else. */
#include "contract.h"

/* Who cannot freeze says so: somebody may fork meanwhile. */
static int sent_code(struct world *w)
{
	return has(w, W_FREEZE) ? 0 : CG_WEAK;
}

static void s2_each_member_once(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *x[4], *out = w_stranger(w);

	x[0] = w_first(w, cg);
	for (int i = 1; i < 4; i++)
		x[i] = w_add(w, x[0], K_SLEEP);
	want(ctx, sent_code(w), cg_signal(cg, SIGTERM, 0, MS));
	for (int i = 0; i < 4; i++)
		assert_int_equal(w_got(w, x[i], SIGTERM), 1);
	want(ctx, sent_code(w), cg_signal(cg, SIGUSR1, 0, MS));
	for (int i = 0; i < 4; i++) {
		assert_int_equal(w_got(w, x[i], SIGTERM), 1);
		assert_int_equal(w_got(w, x[i], SIGUSR1), 1);
	}
	assert_int_equal(w_got(w, out, SIGTERM), 0);
	cg_close(cg);
}

static void s2_a_large_group_once_each(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *x[60];

	/* More than one batch of descriptors. */
	x[0] = w_first(w, cg);
	w_add(w, x[0], K_BOMB);
	w_add(w, x[0], K_BOMB);
	for (int i = 1; i < 40; i++)
		x[i] = w_add(w, x[0], K_SLEEP);
	w_wait_ms(w, 20);
	want(ctx, sent_code(w), cg_signal(cg, SIGUSR2, 0, MS));
	for (int i = 0; i < 40; i++)
		assert_int_equal(w_got(w, x[i], SIGUSR2), 1);
	cg_close(cg);
}

static void s2_nested_groups_too_but_not_here(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_NESTED);

	want(ctx, sent_code(w), cg_signal(cg, SIGUSR1, 0, MS));
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 1);
	want(ctx, sent_code(w), cg_signal(cg, SIGUSR2, CG_HERE, MS));
	assert_int_equal(w_got(w, a, SIGUSR2), 1);
	assert_int_equal(w_got(w, b, SIGUSR2), 0);
	cg_close(cg);
}

static void s2_members_that_fork_when_signalled(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_FORK_ON_SIGNAL);

	/* The model's machine is fast: 200 ms are thousands of them there. */
	int rc = cg_signal(cg, SIGUSR1, 0, has(w, W_FAKE) ? 30 : 200);

	/* Where nothing freezes they may fork for as long as they are signalled. */
	must(w, rc == sent_code(w) || (sent_code(w) == CG_WEAK && rc == -ETIMEDOUT));
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 1);
	cg_close(cg);
}

static void s2_an_empty_group_is_no_error(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	int rc = cg_signal(cg, SIGTERM, 0, MS);

	must(w, rc == (has(w, W_PROC) ? CG_WEAK : sent_code(w)) || (has(w, W_SCOPE) && rc >= 0));
	cg_close(cg);
}

static void s2_a_frozen_group_stays_frozen(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	unsigned state;

	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, cg_signal(cg, SIGUSR1, 0, MS) >= 0);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_FROZEN);
	assert_int_equal(w_got(w, a, SIGUSR1), 0);
	must(w, cg_thaw(cg, MS) >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	cg_close(cg);
}

static void s2_one_member(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_ref ref;

	want(ctx, 0, cg_ref_get(ctx, w_pid(b), &ref));
	want(ctx, 0, cg_signal_one(cg, &ref, SIGTERM));
	assert_int_equal(w_got(w, b, SIGTERM), 1);
	assert_int_equal(w_got(w, a, SIGTERM), 0);
	want(ctx, 0, cg_signal_one(cg, &ref, 0));
	want(ctx, -EINVAL, cg_signal_one(cg, &ref, -1));
	want(ctx, -EINVAL, cg_signal_one(cg, &ref, 65));
	want(ctx, 0, cg_signal_one(cg, &ref, SIGKILL));
	w_wait_ms(w, 20);
	must(w, w_dead(w, b) && !w_dead(w, a));
	cg_close(cg);
}

static void e4_bad_arguments_are_einval(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	want(ctx, -EINVAL, cg_signal(cg, -1, 0, MS));
	want(ctx, -EINVAL, cg_signal(cg, 65, 0, MS));
	want(ctx, -EINVAL, cg_signal(cg, SIGTERM, 1U << 20, MS));
	want(ctx, -EINVAL, cg_signal(cg, SIGTERM, 0, -1));
	assert_int_equal(w_got(w, a, SIGTERM), 0);
	cg_close(cg);
}

static void s3_a_group_not_created_or_adopted_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *seen;
	struct who *a = w_first(w, cg);
	struct cg_ref ref;

	want(ctx, 0, cg_ref_get(ctx, w_pid(a), &ref));
	want(ctx, 0, cg_open(ctx, "g", 0, &seen));
	want(ctx, -EPERM, cg_signal(seen, SIGTERM, 0, MS));
	want(ctx, -EPERM, cg_signal_one(seen, &ref, SIGTERM));
	want(ctx, -EPERM, cg_freeze(seen, MS));
	want(ctx, -EPERM, cg_thaw(seen, MS));
	want(ctx, -EPERM, cg_kill_all(seen, MS, NULL, 0));
	want(ctx, -EPERM, cg_delete(seen, 0, MS, NULL, 0));
	want(ctx, -EPERM, cg_attach(seen, w_pid(a)));
	want(ctx, -EPERM, cg_set(seen, "pids.max", "7"));
	must(w, !w_dead(w, a));
	assert_int_equal(w_got(w, a, SIGTERM), 0);
	cg_close(seen);
	/* Adopted it is ours. */
	want(ctx, 0, cg_open(ctx, "g", CG_ADOPT, &seen));
	want(ctx, 0, cg_kill_all(seen, MS, NULL, 0));
	must(w, w_dead(w, a));
	cg_close(seen);
	cg_close(cg);
}

static void s3_the_callers_own_group_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *own;
	int code = cg_open_pid(ctx, 0, CG_ADOPT, &own);

	/* Root sits in the root group on most of these hosts: v1 does not open that. */
	if (code == -ENOENT && has(w, W_ROOT))
		return;
	assert_int_equal(code, 0);
	code = cg_kill_all(own, MS, NULL, 0);
	must(w, code == -EDEADLK || code == -EPERM);
	code = cg_signal(own, SIGTERM, 0, MS);
	must(w, code == -EDEADLK || code == -EPERM);
	code = cg_freeze(own, MS);
	must(w, code == -EDEADLK || code == -EPERM);
	code = cg_delete(own, 0, MS, NULL, 0);
	must(w, code == -EDEADLK || code == -EPERM);
	must(w, *cg_errmsg(ctx));
	cg_close(own);
}

static void s3_a_group_that_the_caller_moved_into_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct cg_report rep;

	want(ctx, 0, cg_attach(cg, 0));
	want(ctx, -EDEADLK, cg_kill_all(cg, MS, &rep, sizeof(rep)));
	want(ctx, -EDEADLK, cg_freeze(cg, MS));
	want(ctx, -EDEADLK, cg_signal(cg, SIGTERM, 0, MS));
	want(ctx, -EDEADLK, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dead(w, a));
	assert_int_equal(w_got(w, a, SIGTERM), 0);
	w_caller_home(w);
	want(ctx, 0, cg_kill_all(cg, MS, &rep, sizeof(rep)));
	cg_close(cg);
}

static void s3_root_groups(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = NULL;

	want(ctx, -EPERM, cg_create(ctx, "/", 0, &cg));
	want(ctx, -EPERM, cg_create(ctx, "/", CG_REUSE, &cg));
	want(ctx, -EPERM, cg_create(ctx, "", CG_REUSE, &cg));
	want(ctx, 0, cg_open(ctx, "/", CG_ADOPT, &cg));
	want(ctx, -EPERM, cg_kill_all(cg, MS, NULL, 0));
	want(ctx, -EPERM, cg_freeze(cg, MS));
	want(ctx, -EPERM, cg_signal(cg, SIGTERM, 0, MS));
	want(ctx, -EPERM, cg_delete(cg, 0, MS, NULL, 0));
	(void)w;
	cg_close(cg);
}

static void s1_without_pidfd_it_is_said(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];
	struct who *a = w_first(w, cg);

	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	must(w, cap[CG_OP_SIGNAL].level < CG_FULL);
	must(w, strstr(cap[CG_OP_SIGNAL].reason, "pidfd"));
	must(w, cg_signal(cg, SIGTERM, 0, MS) >= 0);
	assert_int_equal(w_got(w, a, SIGTERM), 1);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(s2_each_member_once, 0),
		CT(s2_a_large_group_once_each, 0),
		CT(s2_nested_groups_too_but_not_here, W_GROUPS),
		CT(s2_members_that_fork_when_signalled, 0),
		CT(s2_an_empty_group_is_no_error, 0),
		CT(s2_a_frozen_group_stays_frozen, 0),
		CT(s2_one_member, 0),
		CT(e4_bad_arguments_are_einval, 0),
		CT(s3_a_group_not_created_or_adopted_h18, W_GROUPS),
		CT(s3_the_callers_own_group_h18, W_GROUPS | W_FAKE),
		CT(s3_a_group_that_the_caller_moved_into_h18, W_GROUPS),
		CT(s3_root_groups, W_GROUPS | W_ROOT | W_FAKE),
		CTX(s1_without_pidfd_it_is_said, 0, 0, W_PIDFD),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
