/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A place from systemd, on the fake kernel with a fake manager: a user in a login session
 * owns a subtree that nobody but the manager can move a process to.
 */
#include "contract.h"
#include "fake/kernel.h"

static const char *place_of(struct world *w, const char *unit)
{
	struct fk *k = w_fake(w);

	for (unsigned i = 0; i < k->nunits; i++)
		if (k->unit[i].there && !strcmp(k->unit[i].name, unit))
			return k->unit[i].path;
	return NULL;
}

/* The group is made below the scope, never in it, when the first process comes. */
static void h4_a_scope_with_the_first_process(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a;
	char path[400];
	unsigned state;

	assert_int_equal(k->nunits, 0);
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_EMPTY);
	a = w_first(w, cg);
	must(w, a);
	must(w, place_of(w, "libcg-g.scope"));
	snprintf(path, sizeof(path), "%s/group", place_of(w, "libcg-g.scope"));
	must(w, fk_find(k, w_pid(a))->cg[fk_h(k, "") - k->h] == fk_cg(fk_h(k, ""), path));
	must(w, strstr(cg_driver_name(cg), "v2"));
	must(w, cg_fd(cg) >= 0);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !place_of(w, "libcg-g.scope"));
	must(w, !w_members_left(w));
	must(w, !fk_cg(fk_h(k, ""), path));
	cg_close(cg);
	assert_int_equal(k->bus_open, 1);	/* the context's */
}

static void h4_names_of_units(struct world *w, struct cg_ctx *ctx)
{
	static const char *const names[][2] = {
		{ "g", "libcg-g.scope" }, { "a/b", "libcg-a\\x2fb.scope" },
		{ "/a", "libcg-a.scope" }, { "user.slice:pre:name", "pre-name.scope" },
		{ ":pre:name", "pre-name.scope" }, { "a b@c", "libcg-a\\x20b\\x40c.scope" },
	};
	struct cg *cg = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		want(ctx, 0, cg_create(ctx, names[i][0], 0, &cg));
		must(w, w_first(w, cg));
		must(w, place_of(w, names[i][1]));
		want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
		must(w, !place_of(w, names[i][1]));
		cg_close(cg);
		cg = NULL;
		w_forget(w);
	}
	must(w, cg_create(ctx, "noslice:pre:name", 0, &cg) < 0);
	assert_null(cg);
}

/* systemd's own limit for the name of a unit is 255 bytes; only what needs escaping grows. */
static void h4_names_as_long_as_systemd_takes(struct world *w, struct cg_ctx *ctx)
{
	static const struct {
		const char *before, *letter;
		size_t most;		/* so many of the letter fit */
	} cases[] = {
		{ "", "x", 255 - strlen("libcg-.scope") },
		{ "", " ", (255 - strlen("libcg-.scope")) / 4 },
		{ "user.slice:libpod:", "0", 255 - strlen("user.slice:libpod:") },
	};
	struct cg *cg = NULL;
	char name[400];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = (size_t)sprintf(name, "%s", cases[i].before);

		memset(name + len, *cases[i].letter, cases[i].most + 1);
		name[len + cases[i].most + 1] = '\0';
		want(ctx, -EINVAL, cg_create(ctx, name, 0, &cg));
		assert_null(cg);
		name[len + cases[i].most] = '\0';
		want(ctx, 0, cg_create(ctx, name, 0, &cg));
		must(w, w_first(w, cg));
		assert_int_equal(w_fake(w)->nunits, 1);
		must(w, strlen(w_fake(w)->unit[0].name) >= 250);
		want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
		must(w, !w_members_left(w));
		cg_close(cg);
		cg = NULL;
		w_forget(w);
	}
}

static void e1_a_second_process_joins(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_spawn(w);
	pid_t *pid;
	size_t n;

	want(ctx, 0, cg_attach(cg, w_pid(b)));
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	free(pid);
	assert_int_equal(w_fake(w)->nunits, 1);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, w_dead(w, a) && w_dead(w, b));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

static void s3_a_unit_of_that_name_is_somebody_elses_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *other;
	struct who *a = w_first(w, cg), *b = w_spawn(w);

	other = a_group(ctx, "g");
	must(w, cg_attach(other, w_pid(b)) < 0);
	must(w, *cg_errmsg(ctx));
	must(w, cg_delete(other, 0, MS, NULL, 0) >= 0);
	must(w, !w_dead(w, a));
	must(w, place_of(w, "libcg-g.scope"));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(other);
	cg_close(cg);
}

static void e3_the_same_scope_again(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	struct who *a = w_first(w, cg), *b = w_spawn(w);
	struct cg_ctx *next;
	char text[8192];

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	must(w, strstr(text, "systemd started libcg-g.scope"));
	cg_close(cg);
	next = world_ctx(w);
	want(next, 0, cg_restore(next, text, 0, &again));
	want(next, 0, cg_attach(again, w_pid(b)));
	assert_int_equal(w_fake(w)->nunits, 1);
	want(next, 0, cg_freeze(again, MS));
	want(next, 0, cg_thaw(again, MS));
	want(next, 0, cg_delete(again, 0, MS, NULL, 0));
	must(w, w_dead(w, a) && w_dead(w, b));
	must(w, !place_of(w, "libcg-g.scope"));
	cg_close(again);
	/* Wholly gone: still a success. */
	want(next, 0, cg_restore(next, text, 0, &again));
	want(next, 0, cg_kill_all(again, MS, NULL, 0) & ~CG_WEAK);
	want(next, 0, cg_delete(again, 0, MS, NULL, 0) & ~CG_WEAK);
	cg_close(again);
	cg_ctx_free(next);
	(void)ctx;
}

static void e3_a_group_that_was_never_begun(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	char text[8192];

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	must(w, w_first(w, again));
	want(ctx, 0, cg_delete(again, 0, MS, NULL, 0));
	cg_close(again);
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(cg);
}

/* A manager that refuses, or says nothing: an error in bounded time, nobody moved or lost. */
static void e2_a_manager_that_does_not_answer_h11(struct world *w, struct cg_ctx *ctx)
{
	static const int errors[] = { -EPERM, -EIO, -ENOENT };
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *b = w_spawn(w);
	struct fk_cg *before = fk_find(k, w_pid(b))->cg[0];
	uint64_t then;

	for (size_t i = 0; i < 3; i++) {
		k->bus_fails = errors[i];
		must(w, cg_attach(cg, w_pid(b)) < 0);
		must(w, strstr(cg_errmsg(ctx), "systemd"));
		must(w, fk_find(k, w_pid(b))->cg[0] == before);
	}
	k->bus_fails = 0;
	k->bus_hangs = true;
	then = w_now_ms(w);
	want(ctx, -ETIMEDOUT, cg_attach(cg, w_pid(b)));
	must(w, w_now_ms(w) - then < 4000);
	k->bus_hangs = false;
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	/* Killing and deleting do not need it. */
	k->bus_hangs = true;
	then = w_now_ms(w);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, w_dead(w, b));
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	must(w, w_now_ms(w) - then < 6000);
	k->bus_hangs = false;
	cg_close(cg);
}

/* Whoever asked for it was killed before it learned, or saved, the place. */
static void e7_a_scope_whose_place_nobody_learned(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g"), *again;
	char text[8192];
	struct who *a;
	unsigned state;
	pid_t *pid;
	size_t n;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	a = w_first(w, cg);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	want(ctx, 0, cg_procs(again, 0, &pid, &n, NULL));
	assert_int_equal(n, 1);
	free(pid);
	want(ctx, 0, cg_state(again, &state));
	must(w, !(state & CG_EMPTY));
	cg_close(again);
	/* No answer is not "empty"; neither is a manager that is not here. */
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	k->bus_hangs = true;
	must(w, cg_state(again, &state) < 0);
	must(w, cg_kill_all(again, 50, NULL, 0) < 0);
	must(w, cg_delete(again, 0, 50, NULL, 0) < 0);
	must(w, strstr(cg_errmsg(ctx), "libcg-g.scope"));
	must(w, !w_dead(w, a));
	k->bus_hangs = false;
	want(ctx, 0, cg_kill_all(again, MS, NULL, 0));
	must(w, w_dead(w, a));
	want(ctx, 0, cg_delete(again, 0, MS, NULL, 0));
	must(w, !place_of(w, "libcg-g.scope"));
	cg_close(again);
	cg_close(cg);
}

/* The process is in the scope itself when the asker dies between systemd's answer and its move. */
static void e7_a_scope_without_a_group_of_ours(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g"), *again;
	struct who *a = w_spawn(w);
	char text[8192];

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	k->bus_mute = 1;	/* done, and not told */
	(void)cg_attach(cg, w_pid(a));
	cg_close(cg);
	must(w, place_of(w, "libcg-g.scope"));
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	want(ctx, 0, cg_kill_all(again, MS, NULL, 0));
	must(w, w_dead(w, a));
	want(ctx, 0, cg_delete(again, 0, MS, NULL, 0));
	must(w, !place_of(w, "libcg-g.scope"));
	cg_close(again);
}

/* The same handle goes on: what was done is found, and nothing is made twice. */
static void e7_a_manager_that_answers_late(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_spawn(w), *b = w_spawn(w);
	unsigned state;

	k->bus_mute = 1;
	want(ctx, -ETIMEDOUT, cg_attach(cg, w_pid(a)));
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & CG_EMPTY));
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	assert_int_equal(k->nunits, 1);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, a) && w_dead(w, b));
	must(w, !place_of(w, "libcg-g.scope"));
	cg_close(cg);
}

/* Connected again once a call, whichever request it was that lost the bus. */
static void e7_a_manager_that_restarts(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_spawn(w), *b = w_spawn(w);

	k->bus_restarts = 1;
	want(ctx, 0, cg_attach(cg, w_pid(a)));
	k->bus_restarts = 1;
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	k->bus_restarts = 1;
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, w_dead(w, a) && w_dead(w, b));
	must(w, !place_of(w, "libcg-g.scope"));
	assert_int_equal(k->bus_open, 1);
	cg_close(cg);
}

/* An empty scope that nobody ends is there: delete does not say 0, and comes back in time. */
static void d1_a_scope_that_does_not_end(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	uint64_t then;

	k->bus_hangs = k->manager_hangs = true;
	then = w_now_ms(w);
	want(ctx, -ETIMEDOUT, cg_delete(cg, 0, 100, NULL, 0));
	must(w, w_now_ms(w) - then <= 200);
	must(w, strstr(cg_errmsg(ctx), "libcg-g.scope"));
	must(w, w_dead(w, a) && place_of(w, "libcg-g.scope"));
	k->bus_hangs = k->manager_hangs = false;
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !place_of(w, "libcg-g.scope"));
	cg_close(cg);
}

/* A reload writes the properties of the unit again, so the limits are among them. */
static void e5_limits_are_the_units_too(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");

	must(w, w_first(w, cg));
	if (!cg_set(cg, "memory.max", "1M"))
		must(w, strstr(w_fake(w)->unit[0].limits, "MemoryMax=1048576 "));
	if (!cg_set(cg, "pids.max", "max"))
		must(w, strstr(w_fake(w)->unit[0].limits, "TasksMax=18446744073709551615 "));
	if (!cg_set(cg, "cpu.max", "50000 200000"))
		must(w, strstr(w_fake(w)->unit[0].limits,
			       "CPUQuotaPerSecUSec=250000 CPUQuotaPeriodUSec=200000 "));
	if (!cg_set(cg, "cpuset.cpus", "0,2-3"))
		must(w, strstr(w_fake(w)->unit[0].limits, "AllowedCPUs=13 "));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* The kernel is asked where the process is, not only the manager. */
static void h4_a_manager_that_moved_nobody(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *b = w_spawn(w);
	pid_t *pid;
	size_t n;

	w_fake(w)->bus_moves_nobody = true;
	want(ctx, -EIO, cg_attach(cg, w_pid(b)));
	must(w, strstr(cg_errmsg(ctx), "libcg-g.scope"));
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	assert_int_equal(n, 0);
	free(pid);
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	must(w, !w_dead(w, b) && !place_of(w, "libcg-g.scope"));
	cg_close(cg);
}

/* A manager outside would move whoever has that number there; one inside counts as we do. */
static void s1_a_manager_that_counts_otherwise_h5(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg_ctx *mine;

	fk_unshare(k, k->me, FK_NS_PID);
	k->me->vpid = 2;
	mine = world_ctx(w);
	must(w, !strstr(cg_ctx_driver_name(mine), "systemd"));
	cg_ctx_free(mine);
	snprintf(k->init->comm, sizeof(k->init->comm), "systemd");
	k->init->vpid = 1;
	k->init->ns[FK_NS_PID] = k->me->ns[FK_NS_PID];
	mine = world_ctx(w);
	must(w, strstr(cg_ctx_driver_name(mine), "systemd"));
	cg_ctx_free(mine);
	(void)ctx;
}

static void e1_the_bus_by_address(struct world *w, struct cg_ctx *ctx)
{
	struct cg_ctx *mine = world_ctx(w);
	struct cg *cg;

	want(mine, -EINVAL, cg_ctx_set_bus(mine, "nonsense"));
	want(mine, -EINVAL, cg_ctx_set_bus(mine, "unix:path=a b"));
	want(mine, 0, cg_ctx_set_bus(mine, "unix:path=/run/user/1000/bus"));
	cg = a_group(mine, "g");
	must(w, cg_ctx_set_bus(mine, "unix:path=/run/user/1000/bus") < 0);
	must(w, w_first(w, cg));
	want(mine, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
	cg_ctx_free(mine);
	(void)ctx;
}

/* Without the manager there is no place: proc is what is left, and says so. */
static void h19_no_manager_no_place(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg_cap cap[CG_NOPS];
	struct cg_ctx *mine;

	k->systemd = false;
	mine = world_ctx(w);
	must(w, !strstr(cg_ctx_driver_name(mine), "systemd"));
	want(mine, CG_NOPS, cg_caps(mine, NULL, 0, cap, CG_NOPS));
	must(w, cap[CG_OP_KILL].level < CG_FULL || strstr(cg_ctx_driver_name(mine), "v1"));
	cg_ctx_free(mine);
	(void)ctx;
}

/* The unit is known to the manager that was asked for it, not to the one of this context. */
static void e3_a_scope_of_another_manager(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	struct who *b = w_spawn(w);
	struct cg_ctx *next;
	char text[8192], *at;

	must(w, w_first(w, cg));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	at = strstr(text, "/run/user/1000/bus");
	must(w, at);
	memcpy(at, "/run/user/2000/bus", strlen("/run/user/2000/bus"));
	next = world_ctx(w);
	want(next, 0, cg_restore(next, text, 0, &again));
	want(next, -ENODEV, cg_attach(again, w_pid(b)));
	cg_close(again);
	cg_ctx_free(next);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* systemd marks what it delegates; the rest of its hierarchies is its own to write. */
static void c1_limits_where_systemd_writes_too(struct world *w, struct cg_ctx *ctx)
{
	struct cg *own = a_group(ctx, "own"), *given = a_group(ctx, "given"), *g;
	struct fk *k = w_fake(w);
	struct cg_cap cap[CG_NOPS];
	unsigned before;

	want(ctx, CG_NOPS, cg_caps(ctx, own, 0, cap, CG_NOPS));
	before = cap[CG_OP_LIMITS].level;
	k->systemd = true;
	for (unsigned i = 0; i < k->nh; i++) {
		struct fk_cg *cg = fk_cg(&k->h[i], "/given");

		if (cg)
			cg->delegated = true;
	}
	g = a_group(ctx, "given/g");
	want(ctx, CG_NOPS, cg_caps(ctx, g, 0, cap, CG_NOPS));
	assert_int_equal(cap[CG_OP_LIMITS].level, before);
	want(ctx, CG_NOPS, cg_caps(ctx, own, 0, cap, CG_NOPS));
	must(w, cap[CG_OP_LIMITS].level <= CG_BEST_EFFORT);
	if (before == CG_FULL) {
		must(w, strstr(cap[CG_OP_LIMITS].reason, "systemd owns"));
		must(w, strstr(cap[CG_OP_LIMITS].remedy, "Delegate=yes"));
	}
	want(ctx, CG_NOPS, cg_caps(ctx, NULL, 0, cap, CG_NOPS));
	must(w, cap[CG_OP_LIMITS].level <= CG_BEST_EFFORT);
	k->systemd = false;
	cg_close(g);
	cg_close(given);
	cg_close(own);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(h4_a_scope_with_the_first_process, W_SCOPE),
		CT(h4_names_of_units, W_SCOPE),
		CT(e1_a_second_process_joins, W_SCOPE),
		CT(e1_the_bus_by_address, W_SCOPE),
		CT(s3_a_unit_of_that_name_is_somebody_elses_h18, W_SCOPE),
		CT(e3_the_same_scope_again, W_SCOPE),
		CT(e3_a_scope_of_another_manager, W_SCOPE),
		CT(e3_a_group_that_was_never_begun, W_SCOPE),
		CT(e2_a_manager_that_does_not_answer_h11, W_SCOPE),
		CT(h4_names_as_long_as_systemd_takes, W_SCOPE),
		CT(e7_a_scope_whose_place_nobody_learned, W_SCOPE),
		CT(e7_a_scope_without_a_group_of_ours, W_SCOPE),
		CT(e7_a_manager_that_answers_late, W_SCOPE),
		CT(e7_a_manager_that_restarts, W_SCOPE),
		CT(d1_a_scope_that_does_not_end, W_SCOPE),
		CT(e5_limits_are_the_units_too, W_SCOPE),
		CT(h4_a_manager_that_moved_nobody, W_SCOPE),
		CT(s1_a_manager_that_counts_otherwise_h5, W_SCOPE),
		CT(h19_no_manager_no_place, W_SCOPE),
		CTX(c1_limits_where_systemd_writes_too, W_ROOT | W_FAKE, W_V1 | W_V2, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
