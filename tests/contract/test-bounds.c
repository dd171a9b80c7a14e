/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The deadline is everybody's (K2b): whatever the group looks like, a call is over 100 ms
 * after it. Descriptors are scarce (E6). The manager may hang or restart (E7).
 */
#include "contract.h"
#include "fake/kernel.h"

#define SHORT	50		/* milliseconds that are given */

/* The overshoot: a real machine does other things as well. */
static unsigned over(struct world *w)
{
	return SHORT + (has(w, W_REAL) ? 300 : 100);
}

static int in_time_(struct world *w, uint64_t then, int rc, const char *expr, int line)
{
	unsigned took = (unsigned)(w_now_ms(w) - then);

	if (took > over(w)) {
		print_error("%s took %u ms of %u\n", expr, took, SHORT);
		_fail(__FILE__, line);
	}
	return rc;
}

/* The clock is asked first: arguments are evaluated in any order. */
#define in_time(w, expr)							\
	({									\
		uint64_t then_ = w_now_ms(w);					\
		in_time_(w, then_, expr, #expr, __LINE__);			\
	})

static void each_call_is_in_time(struct world *w, struct cg_ctx *ctx, struct cg *cg)
{
	struct cg_report rep = { 0 };
	int rc;

	rc = in_time(w, cg_freeze(cg, SHORT));
	must(w, rc >= 0 || !w_left_frozen(w));
	in_time(w, cg_thaw(cg, SHORT));
	in_time(w, cg_signal(cg, SIGUSR1, 0, SHORT));
	in_time(w, cg_wait(cg, CG_GONE, SHORT));
	rc = in_time(w, cg_kill_all(cg, SHORT, &rep, sizeof(rep)));
	/* One write ends all, before anything is listed. */
	must(w, rc < 0 ? !has(w, W_KILLFILE) || !w_members_left(w) : !w_members_left(w));
	must(w, rc >= 0 || *cg_errmsg(ctx));
	rc = in_time(w, cg_delete(cg, 0, SHORT, &rep, sizeof(rep)));
	must(w, rc < 0 || (!w_members_left(w) && !w_dir_exists(w, "g")));
	must(w, cg_thaw(cg, MS) >= 0 || !w_left_frozen(w));
}

static void k2b_many_nested_groups(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	w_add(w, a, K_SLEEP);
	w_dir_crowd(w, "g", has(w, W_REAL) ? 1500 : has(w, W_KILLFILE) ? 30000 : 10000);
	each_call_is_in_time(w, ctx, cg);
	cg_close(cg);
}

static void k2b_many_members(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	/* Fewer where the model itself is slow: the clock is its own. */
	w_crowd(w, w_first(w, cg), has(w, W_KILLFILE) && !has(w, W_V1) ? 20000 : 4000);
	each_call_is_in_time(w, ctx, cg);
	cg_close(cg);
}

static void k2b_a_storm(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	for (int i = 0; i < (has(w, W_FAKE) ? 40 : 1); i++)
		w_add(w, a, has(w, W_FAKE) ? K_CHAIN : K_STORM);
	each_call_is_in_time(w, ctx, cg);
	must(w, cg_delete(cg, 0, 2 * MS, NULL, 0) >= 0 || !has(w, W_SURE));
	cg_close(cg);
}

static void k2b_many_members_on_a_slow_machine(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	w_crowd(w, w_first(w, cg), 2000);
	w_fake(w)->verb_usec = 200;
	each_call_is_in_time(w, ctx, cg);
	cg_close(cg);
}

/* ---- descriptors (E6) ---- */

static void e6_a_context_is_whole_or_refused(struct world *w, struct cg_ctx *ctx)
{
	struct cg_cap whole[CG_NOPS], cap[CG_NOPS];

	want(ctx, CG_NOPS, cg_caps(ctx, NULL, 0, whole, CG_NOPS));
	for (int n = 0; n < 40; n++) {
		struct cg_ctx *mine = NULL;
		int rc;

		w_fd_limit(w, n);
		rc = world_ctx_try(w, &mine);
		w_fd_limit(w, -1);
		if (rc) {
			assert_int_equal(rc, -EMFILE);
			continue;
		}
		assert_string_equal(cg_ctx_driver_name(mine), cg_ctx_driver_name(ctx));
		want(mine, CG_NOPS, cg_caps(mine, NULL, 0, cap, CG_NOPS));
		for (int i = 0; i < CG_NOPS; i++)
			assert_int_equal(cap[i].level, whole[i].level);
		cg_ctx_free(mine);
	}
}

static void e6_more_members_than_descriptors(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *x[40];
	int n = has(w, W_FAKE) ? 20 : 40;

	for (int i = 0; i < n; i++)
		x[i] = w_add(w, a, K_SLEEP);
	if (has(w, W_FAKE))
		w_crowd(w, a, 3000);
	w_fd_limit(w, 64 - n / 2);
	must(w, cg_signal(cg, SIGUSR1, 0, 10 * MS) >= 0);
	w_fd_limit(w, -1);
	for (int i = 0; i < n; i++)
		assert_int_equal(w_got(w, x[i], SIGUSR1), 1);
	w_fd_limit(w, 16);
	must(w, cg_kill_all(cg, 10 * MS, NULL, 0) >= 0);
	w_fd_limit(w, -1);
	must(w, !w_members_left(w));
	cg_close(cg);
}

/* None at all: an error before anything was done, or done all the same. */
static void e6_no_descriptor_at_all(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	int rc, n;

	for (n = 0; n < 30; n++) {
		w_fd_limit(w, n);
		rc = cg_signal(cg, SIGUSR1, 0, 300);
		must(w, rc >= 0 || *cg_errmsg(ctx));
		w_fd_limit(w, -1);
		must(w, !w_left_frozen(w));
		if (w_got(w, a, SIGUSR1))
			break;
		must(w, rc < 0);
	}
	must(w, n < 30);
	for (n = 0; n < 30; n++) {
		w_fd_limit(w, n);
		rc = cg_kill_all(cg, 300, NULL, 0);
		w_fd_limit(w, -1);
		must(w, !w_left_frozen(w));
		must(w, rc < 0 || w_dead(w, a));
		if (rc >= 0)
			break;
		if (rc != -EMFILE && rc != -ETIMEDOUT)
			fail_msg("with %d descriptors: %d, %s", n, rc, cg_errmsg(ctx));
	}
	must(w, n < 30);
	cg_close(cg);
}

static void e6_descriptors_of_groups(struct world *w, struct cg_ctx *ctx)
{
	unsigned before = w_open_fds(w);
	struct cg *cg[10];
	char name[16];

	for (int i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "g%d", i);
		cg[i] = a_group(ctx, name);
	}
	must(w, w_open_fds(w) - before <= 30);
	for (int i = 0; i < 10; i++) {
		must(w, cg_delete(cg[i], 0, MS, NULL, 0) >= 0);
		cg_close(cg[i]);
	}
}

/* ---- the manager (E7) ---- */

static void e7_a_manager_that_restarts(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_spawn(w), *b = w_spawn(w);

	want(ctx, 0, cg_attach(cg, w_pid(a)));
	k->bus_restarts = 1;
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	k->bus_restarts = 1;
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, a) && w_dead(w, b));
	must(w, !k->unit[0].there);
	cg_close(cg);
}

static void e7_a_manager_that_hangs(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	int rc;

	must(w, a);
	k->bus_hangs = true;
	in_time(w, cg_kill_all(cg, SHORT, NULL, 0));
	must(w, w_dead(w, a));
	rc = in_time(w, cg_delete(cg, 0, SHORT, NULL, 0));
	must(w, rc < 0 || !k->unit[0].there);
	k->bus_hangs = false;
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !k->unit[0].there);
	cg_close(cg);
}

/* It was done, and nobody said so: what became of it is read from the process's cgroup. */
static void e7_an_answer_that_is_lost(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *b = w_spawn(w);
	int rc;

	k->bus_mute = 1;
	rc = cg_attach(cg, w_pid(b));
	k->bus_mute = 0;
	must(w, rc == 0 || *cg_errmsg(ctx));
	/* Whether it joined or not: the group that it was asked for ends it, or nothing is left. */
	rc = cg_attach(cg, w_pid(b));
	must(w, rc == 0);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, b));
	must(w, !k->unit[0].there);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(k2b_many_nested_groups, W_GROUPS),
		CT(k2b_many_members, W_FAKE),
		CT(k2b_many_members_on_a_slow_machine, W_FAKE),
		CT(k2b_a_storm, W_GROUPS),
		CT(e6_a_context_is_whole_or_refused, 0),
		CT(e6_more_members_than_descriptors, 0),
		CT(e6_no_descriptor_at_all, 0),
		CTX(e6_descriptors_of_groups, 0, 0, W_SCOPE),
		CT(e7_a_manager_that_restarts, W_SCOPE),
		CT(e7_a_manager_that_hangs, W_SCOPE),
		CT(e7_an_answer_that_is_lost, W_SCOPE),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
