/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One file that fails for good, while another way to the end is open: the members are dead,
 * whatever is reported (K2c).
 */
#include "contract.h"
#include "fake/fault.h"
#include "fake/kernel.h"

struct way {
	const char *verb, *file;
};

static const int errors[] = { -EPERM, -EACCES, -EIO, -EBUSY, -ENOENT, -EOPNOTSUPP };

/* True if the file was asked for at all. */
static bool one(const char *name, const struct way *way, int err, enum kind kind)
{
	const struct stack *s = world_named(name);
	const char *why = NULL;
	struct world *w = world_start(s, &why);
	struct fault f = { .sys = &fk_sys, .k = w_fake(w) };
	struct cg_ctx *ctx;
	struct cg *cg;
	struct who *a, *out = w_stranger(w);
	bool fired;
	int rc;

	w_wrap(w, &fault_sys, &f);
	ctx = world_ctx(w);
	cg = a_group(ctx, "g");
	a = w_first(w, cg);
	w_add(w, a, kind);
	f.only = way->verb;
	f.file = way->file;
	f.err = err;
	rc = cg_kill_all(cg, 500, NULL, 0);
	fired = f.fired;
	f.file = NULL;
	if (w_members_left(w) || w_dead(w, out) || w_left_frozen(w)) {
		print_error("[%s] %s %s fails with %d, kind %d: kill is %d (%s), %s\n", name,
			    way->verb ? way->verb : "any", way->file, err, kind, rc, cg_errmsg(ctx),
			    w_members_left(w) ? "somebody lives" : "left frozen, or a stranger");
		fail();
	}
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(cg);
	cg_ctx_free(ctx);
	must(w, !w_open_fds(w));
	world_stop(w);
	return fired;
}

static void each(const char *stack, const struct way *ways, size_t n)
{
	static const enum kind kinds[] = { K_SLEEP, K_CHAIN, K_NESTED, K_STOPPED };

	for (size_t i = 0; i < n; i++) {
		unsigned fired = 0;

		for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++)
			for (size_t j = 0; j < sizeof(kinds) / sizeof(kinds[0]); j++)
				fired += one(stack, &ways[i], errors[e], kinds[j]);
		print_message("# [%s] %s %s: failed in %u kills\n", stack,
			      ways[i].verb ? ways[i].verb : "any",
			      ways[i].file, fired);
	}
}

#define EACH(stack, ways)	each(stack, ways, sizeof(ways) / sizeof((ways)[0]))

static void k2c_one_file_that_fails_for_good_on_v2(void **state)
{
	/* What lists members may fail where one write ends them, and the other way round. */
	static const struct way kill_is_there[] = {
		{ "write", "cgroup.kill" }, { "read", "cgroup.procs" },
		{ "read", "cgroup.events" }, { "open", "cgroup.events" }, { NULL, "cgroup.freeze" },
		{ NULL, "cgroup.type" }, { "read", "stat" }, { "read", "status" },
	};
	static const struct way signals_only[] = {
		{ "read", "cgroup.events" }, { "open", "cgroup.events" },
		{ "read", "cgroup.freeze" }, { "write", "cgroup.freeze" },
		{ "read", "cgroup.type" }, { "read", "wchan" }, { "write", "pids.max" },
	};

	(void)state;
	EACH("v2", kill_is_there);
	EACH("v2-user", kill_is_there);
	EACH("v2-5.4", signals_only);
}

static void k2c_one_file_that_fails_for_good_on_v1(void **state)
{
	static const struct way ways[] = {
		{ "read", "freezer.state" }, { "write", "freezer.state" },
		{ "read", "freezer.self_freezing" }, { "read", "freezer.parent_freezing" },
		{ "read", "pids.max" }, { "write", "pids.max" }, { "read", "tasks" },
		{ "read", "wchan" }, { "read", "loadavg" },
	};

	(void)state;
	EACH("v1", ways);
	EACH("v1-nofreezer", ways);
	EACH("v1-systemd-user", ways);
}

static void k2c_one_file_that_fails_for_good_on_hybrid(void **state)
{
	static const struct way ways[] = {
		{ "write", "cgroup.kill" }, { "read", "cgroup.events" }, { NULL, "cgroup.freeze" },
		{ "read", "freezer.state" }, { "write", "freezer.state" },
		{ "read", "pids.max" }, { "write", "pids.max" },
		{ "read", "cgroup.procs" }, { "read", "cgroup.type" },
	};

	(void)state;
	EACH("hybrid", ways);
	EACH("hybrid-user", ways);
}

struct nth {
	struct world *w;
	struct fault f;
	struct cg_ctx *ctx;
};

static void begin_nth(struct nth *x, const char *stack)
{
	const char *why = NULL;

	x->w = world_start(world_named(stack), &why);
	x->f = (struct fault){ .sys = &fk_sys, .k = w_fake(x->w) };
	w_wrap(x->w, &fault_sys, &x->f);
	x->ctx = world_ctx(x->w);
}

static void end_nth(struct nth *x)
{
	cg_ctx_free(x->ctx);
	must(x->w, !w_open_fds(x->w));
	world_stop(x->w);
}

/* The n-th call fails, none after it. */
static void fail_nth(struct nth *x, unsigned n, int err)
{
	x->f.count = x->f.fired = 0;
	x->f.err = err;
	x->f.n = n;
}

static size_t places(struct cg *cg)
{
	char text[8192];
	size_t n = 0;

	assert_true(cg_save(cg, text, sizeof(text)) > 0);
	for (const char *s = text; *s; s++)
		n += *s == '\n' && s[1] == 'v';
	return n;
}

/* A hierarchy that could not be asked is not one that does not have the group. */
static void e4_a_group_is_opened_whole(void **state)
{
	static const int passing[] = { -EIO, -EMFILE, -ENOMEM };

	(void)state;
	for (size_t e = 0; e < sizeof(passing) / sizeof(passing[0]); e++) {
		struct cg *cg, *again;
		struct nth x;
		size_t whole;
		bool fired = true;

		begin_nth(&x, "hybrid");
		cg = a_group(x.ctx, "g");
		assert_int_equal(cg_open(x.ctx, "g", CG_ADOPT, &again), 0);
		whole = places(again);
		cg_close(again);
		for (unsigned n = 1; fired; n++) {
			fail_nth(&x, n, passing[e]);
			again = NULL;
			if (!cg_open(x.ctx, "g", CG_ADOPT, &again)) {
				fired = x.f.fired;
				fail_nth(&x, 0, 0);
				assert_int_equal(places(again), whole);
				cg_close(again);
			}
			fail_nth(&x, 0, 0);
		}
		assert_int_equal(cg_delete(cg, 0, MS, NULL, 0), 0);
		cg_close(cg);
		end_nth(&x);
	}
}

/* A question that failed once is asked once more before the verdict. */
static void k2c_one_look_that_fails(void **state)
{
	unsigned tried = 0;

	(void)state;
	for (unsigned n = 1; ; n++) {
		struct cg *cg;
		struct nth x;
		bool fired;
		int rc;

		begin_nth(&x, "v2");
		cg = a_group(x.ctx, "g");
		w_add(x.w, w_first(x.w, cg), K_SLEEP);
		fail_nth(&x, n, -EIO);
		rc = cg_kill_all(cg, 500, NULL, 0);
		fired = x.f.fired;
		if (fired && !strcmp(x.f.name, "cgroup.events")) {
			if (rc)
				fail_msg("%s %u: %d, %s", x.f.verb, n, rc, cg_errmsg(x.ctx));
			tried++;
		}
		fail_nth(&x, 0, 0);
		must(x.w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		end_nth(&x);
		if (!fired)
			break;
	}
	assert_true(tried > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k2c_one_file_that_fails_for_good_on_v2),
		cmocka_unit_test(k2c_one_file_that_fails_for_good_on_v1),
		cmocka_unit_test(k2c_one_file_that_fails_for_good_on_hybrid),
		cmocka_unit_test(k2c_one_look_that_fails),
		cmocka_unit_test(e4_a_group_is_opened_whole),
	};

	return cmocka_run_group_tests_name("ways to the end", tests, NULL, NULL);
}
