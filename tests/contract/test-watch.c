/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told: many groups with one descriptor, each event once, and nothing while nothing is. */
#include <poll.h>
#include <sys/resource.h>

#include "contract.h"

#define STATES	(CG_EMPTY | CG_FROZEN | CG_GONE)

static struct cg_watch *a_watch(struct cg_ctx *ctx, struct cg *cg, unsigned events)
{
	struct cg_watch *watch = NULL;

	want(ctx, 0, cg_watch_new(ctx, 0, &watch));
	want(ctx, 0, cg_watch_add(watch, cg, events, cg));
	return watch;
}

static int next(struct cg_watch *watch, struct cg_event *ev)
{
	return cg_watch_next(watch, ev, sizeof(*ev));
}

/* What is told next, within the time; fails the test if nothing is. */
static struct cg_event told_in(struct world *w, struct cg_watch *watch, unsigned ms)
{
	uint64_t end = w_now_ms(w) + ms;
	struct cg_event ev = { .event = 0 };
	int rc;

	do {
		must(w, w_readable(w, cg_watch_fd(watch), ms));
		rc = next(watch, &ev);
	} while (rc == -EAGAIN && w_now_ms(w) < end);
	must(w, rc == 0 || (rc == CG_WEAK && !has(w, W_SURE)));
	return ev;
}

static struct cg_event told(struct world *w, struct cg_watch *watch)
{
	return told_in(w, watch, MS);
}

static void silent(struct world *w, struct cg_watch *watch)
{
	struct cg_event ev = { .state = 4711 };

	must(w, next(watch, &ev) == -EAGAIN);
	assert_int_equal(ev.state, 4711);
}

static void e9_the_end_is_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_watch *watch = a_watch(ctx, cg, CG_EMPTY);
	struct cg_event ev;

	silent(w, watch);
	w_end(w, b);
	silent(w, watch);
	w_end(w, a);
	ev = told(w, watch);
	assert_int_equal(ev.event, CG_EMPTY);
	must(w, ev.state & CG_EMPTY);
	assert_ptr_equal(ev.data, cg);
	silent(w, watch);
	cg_watch_free(watch);
	/* Who begins to watch then is told at once. */
	watch = a_watch(ctx, cg, CG_EMPTY);
	must(w, told(w, watch).state & CG_EMPTY);
	cg_watch_free(watch);
	cg_close(cg);
}

static void e9_freezing_is_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch;
	struct cg_event ev;

	w_first(w, cg);
	watch = a_watch(ctx, cg, CG_FROZEN | CG_EMPTY);
	silent(w, watch);
	want_done(w, ctx, cg_freeze(cg, MS));
	ev = told(w, watch);
	assert_int_equal(ev.event, CG_FROZEN);
	must(w, ev.state & CG_FROZEN);
	silent(w, watch);
	must(w, cg_thaw(cg, MS) >= 0);
	ev = told(w, watch);
	must(w, ev.event == CG_FROZEN && !(ev.state & CG_FROZEN));
	silent(w, watch);
	cg_watch_free(watch);
	cg_close(cg);
}

/* By somebody else, in each hierarchy that freezes. */
static void e9_freezing_by_others_is_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch;

	w_first(w, cg);
	watch = a_watch(ctx, cg, CG_FROZEN);
	silent(w, watch);
	assert_int_equal(w_dir_freeze(w, "g", true), 0);
	must(w, told(w, watch).state & CG_FROZEN);
	assert_int_equal(w_dir_freeze(w, "g", false), 0);
	must(w, !(told(w, watch).state & CG_FROZEN));
	cg_watch_free(watch);
	cg_close(cg);
}

/* Only what was asked for is told, and by each watch. */
static void e9_each_watch_by_itself(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *end, *frozen;

	w_first(w, cg);
	end = a_watch(ctx, cg, CG_EMPTY);
	frozen = a_watch(ctx, cg, CG_FROZEN);
	silent(w, end);
	silent(w, frozen);
	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, told(w, frozen).state & CG_FROZEN);
	silent(w, end);
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	assert_int_equal(told(w, end).event, CG_EMPTY);
	cg_watch_free(end);
	cg_watch_free(frozen);
	cg_close(cg);
}

static void e9_removal_is_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *other = a_group(ctx, "h");
	struct cg_watch *watch = a_watch(ctx, cg, CG_GONE);

	silent(w, watch);
	assert_int_equal(w_dir_remove(w, "h"), 0);
	silent(w, watch);
	assert_int_equal(w_dir_remove(w, "g"), 0);
	must(w, told(w, watch).state & CG_GONE);
	silent(w, watch);
	cg_watch_free(watch);
	watch = a_watch(ctx, cg, CG_GONE);
	must(w, told(w, watch).state & CG_GONE);
	cg_watch_free(watch);
	cg_close(other);
	cg_close(cg);
}

/* The kernel wakes the caller, or cg_caps() says that it does not. */
static void e9_nothing_wakes_an_idle_watch(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];
	struct cg_watch *watch;
	bool full;

	w_first(w, cg);
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	full = cap[CG_OP_WATCH].level == CG_FULL;
	must(w, full == has(w, W_V2) || has(w, W_SCOPE));
	watch = a_watch(ctx, cg, STATES);
	silent(w, watch);
	/* What happened before may be told a little later. */
	w_wait_ms(w, 100);
	silent(w, watch);
	must(w, w_readable(w, cg_watch_fd(watch), has(w, W_FAKE) ? 20000 : 3000) == !full);
	cg_watch_free(watch);
	cg_close(cg);
}

/* A member that left the place that tells is looked for until it has gone. */
static void e9_members_elsewhere_keep_it_from_being_empty(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_spawn(w);
	struct cg_watch *watch = a_watch(ctx, cg, CG_EMPTY);

	must(w, w_dir_put_one(w, "g", b));
	w_end(w, a);
	must(w, w_readable(w, cg_watch_fd(watch), MS));
	silent(w, watch);
	w_end(w, b);
	assert_int_equal(told(w, watch).event, CG_EMPTY);
	cg_watch_free(watch);
	cg_close(cg);
}

/* n groups, some thousands where they are cheap; a few descriptors whatever n is. */
static void e9_many_groups_with_one_descriptor(struct world *w, struct cg_ctx *ctx)
{
	size_t n = has(w, W_FAKE) ? 100 : has(w, W_V1) ? 40 : 1000;
	struct cg **cg = calloc(n, sizeof(struct cg *));
	unsigned *ended = calloc(n, sizeof(*ended)), before;
	struct who *one, *two;
	struct cg_watch *watch = NULL;
	struct rlimit lim;
	char name[16];

	assert_true(cg && ended && !getrlimit(RLIMIT_NOFILE, &lim));
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	if (has(w, W_FAKE))
		w_fd_limit(w, 900);
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "g%zu", i);
		cg[i] = a_group(ctx, name);
	}
	one = w_first(w, cg[7]);
	two = w_first(w, cg[n - 1]);
	before = w_open_fds(w);
	want(ctx, 0, cg_watch_new(ctx, 0, &watch));
	for (size_t i = 0; i < n; i++)
		want(ctx, 0, cg_watch_add(watch, cg[i], CG_EMPTY | CG_GONE, &ended[i]));
	assert_int_equal(w_open_fds(w) - before, 3);
	for (size_t i = 0; i < n - 2; i++)
		++*(unsigned *)told(w, watch).data;
	w_wait_ms(w, 100);
	silent(w, watch);
	must(w, w_readable(w, cg_watch_fd(watch), has(w, W_FAKE) ? 20000 : 2000) == !has(w, W_V2));
	assert_true(!ended[7] && !ended[n - 1]);
	w_end(w, two);
	++*(unsigned *)told(w, watch).data;
	w_end(w, one);
	++*(unsigned *)told(w, watch).data;
	silent(w, watch);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(ended[i], 1);
		want(ctx, 0, cg_delete(cg[i], 0, MS, NULL, 0));
		cg_close(cg[i]);
	}
	for (size_t i = 0; i < n; i++)
		++*(unsigned *)told(w, watch).data;
	silent(w, watch);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(ended[i], 2);
	cg_watch_free(watch);
	if (has(w, W_FAKE))
		w_fd_limit(w, -1);
	free(cg);
	free(ended);
}

/* Each kill once: some told while the group lives, the others at its removal. */
static void e9_oom_kills_are_told_once(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	uint64_t kills = 0, ooms = 0, gone = 0, now = 0;
	struct cg_watch *watch = NULL;
	struct cg_event ev;

	if (cg_set(cg, "memory.max", "4M")) {
		print_message("# skip: no memory controller here\n");
		cg_close(cg);
		return;
	}
	want(ctx, 0, cg_watch_new(ctx, 0, &watch));
	want(ctx, 0, cg_watch_add(watch, cg, CG_OOM | CG_OOM_KILL | CG_GONE, cg));
	silent(w, watch);
	must(w, w_oom(w, "g", 2));
	for (uint64_t end = w_now_ms(w) + MS; kills < 2 && w_now_ms(w) < end; ) {
		ev = told(w, watch);
		kills += ev.event == CG_OOM_KILL ? ev.count : 0;
		ooms += ev.event == CG_OOM ? ev.count : 0;
	}
	assert_int_equal(kills, 2);
	must(w, w_oom(w, "g", 3));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
	for (uint64_t end = w_now_ms(w) + MS; !gone && now < end; now = w_now_ms(w)) {
		ev = told(w, watch);
		kills += ev.event == CG_OOM_KILL ? ev.count : 0;
		ooms += ev.event == CG_OOM ? ev.count : 0;
		gone += ev.event == CG_GONE;
		assert_ptr_equal(ev.data, cg);
	}
	assert_int_equal(kills, 5);
	assert_true(ooms >= 5);
	assert_int_equal(gone, 1);
	silent(w, watch);
	cg_watch_free(watch);
}

static void e9_refused_forks_are_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = NULL;
	struct cg_event ev;

	if (cg_set(cg, "pids.max", "1")) {
		print_message("# skip: no pids controller here\n");
		cg_close(cg);
		return;
	}
	watch = a_watch(ctx, cg, CG_PIDS_MAX);
	silent(w, watch);
	must(w, w_pids_hit(w, "g", 3));
	for (uint64_t n = 0; n < 3; n += ev.count) {
		ev = told(w, watch);
		assert_int_equal(ev.event, CG_PIDS_MAX);
	}
	silent(w, watch);
	cg_watch_free(watch);
	cg_close(cg);
}

static void e9_slowed_members_are_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = NULL;
	struct cg_event ev;

	want(ctx, 0, cg_set(cg, "memory.high", "64M"));
	watch = a_watch(ctx, cg, CG_MEMORY_HIGH);
	silent(w, watch);
	must(w, w_high(w, "g", 2));
	ev = told(w, watch);
	must(w, ev.event == CG_MEMORY_HIGH && ev.count == 2);
	silent(w, watch);
	cg_watch_free(watch);
	cg_close(cg);
}

/* v2 has shares of time for each resource, v1 levels of the memory. */
static void e9_pressure_is_told(struct world *w, struct cg_ctx *ctx)
{
	struct cg_trigger t = {
		.resource = has(w, W_V2) ? "cpu" : "memory", .stall_ms = 100, .window_ms = 2000,
	};
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = NULL;
	struct cg_event ev;
	int rc;

	want(ctx, 0, cg_watch_new(ctx, 0, &watch));
	rc = cg_watch_pressure(watch, cg, &t, sizeof(t), &t);
	if (rc == -EOPNOTSUPP && !has(w, W_FAKE)) {
		print_message("# skip: %s\n", cg_errmsg(ctx));
	} else if (!w_pressure(w, "g", t.resource)) {
		want(ctx, 0, rc);
		print_message("# skip: this test makes no pressure of memory\n");
	} else {
		want(ctx, 0, rc);
		/* Pressure is counted every two seconds. */
		ev = told_in(w, watch, 8000);
		must(w, ev.event == CG_PRESSURE && ev.data == &t);
	}
	want_done(w, ctx, cg_delete(cg, 0, MS, NULL, 0));
	/* A group that goes is no pressure, but there may have been some more before. */
	for (int i = 0; has(w, W_FAKE) && i < 3; i++) {
		w_wait_ms(w, 1000);
		silent(w, watch);
	}
	cg_close(cg);
	cg_watch_free(watch);
}

/* What cannot be told is an error, and nothing is watched then. */
static void e9_what_nothing_tells_is_refused(struct world *w, struct cg_ctx *ctx)
{
	const struct cg_trigger io = { .resource = "io", .stall_ms = 100, .window_ms = 1000 };
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = NULL;

	(void)w;
	want(ctx, 0, cg_watch_new(ctx, 0, &watch));
	want(ctx, -EOPNOTSUPP, cg_watch_add(watch, cg, CG_OOM_KILL | CG_EMPTY, NULL));
	want(ctx, -EOPNOTSUPP, cg_watch_pressure(watch, cg, &io, sizeof(io), NULL));
	want(ctx, -ENOENT, cg_watch_remove(watch, cg));
	silent(w, watch);
	cg_watch_free(watch);
	cg_close(cg);
}

static void e9_no_more_files_can_be_watched(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *more = a_group(ctx, "h");
	struct cg_watch *watch = a_watch(ctx, cg, CG_EMPTY);

	w_notices(w, 1);
	want(ctx, -ENOSPC, cg_watch_add(watch, more, CG_EMPTY, NULL));
	want(ctx, -ENOENT, cg_watch_remove(watch, more));
	must(w, told(w, watch).data == cg);
	want(ctx, 0, cg_watch_remove(watch, cg));
	want(ctx, 0, cg_watch_add(watch, more, CG_EMPTY, more));
	must(w, told(w, watch).data == more);
	cg_watch_free(watch);
	cg_close(more);
	cg_close(cg);
}

static void e9_removed_and_closed(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *other = a_group(ctx, "h");
	struct who *a = w_first(w, cg), *b = w_first(w, other);
	struct cg_watch *watch = a_watch(ctx, cg, CG_EMPTY);

	want(ctx, 0, cg_watch_add(watch, other, CG_EMPTY, other));
	silent(w, watch);
	want(ctx, 0, cg_watch_remove(watch, cg));
	want(ctx, -ENOENT, cg_watch_remove(watch, cg));
	w_end(w, a);
	cg_close(other);
	w_end(w, b);
	w_wait_ms(w, 20);
	silent(w, watch);
	cg_close(cg);
	cg_watch_free(watch);
}

/* A wait is woken by the end, and by nothing before it. */
static void e9_a_wait_does_not_poll(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	unsigned before;

	w_first(w, cg);
	before = w_looks(w);
	want(ctx, -ETIMEDOUT, cg_wait(cg, CG_EMPTY, 5000));
	must(w, w_looks(w) - before < 60);
	cg_close(cg);
}

static void e4_a_watch_of_nothing(struct world *w, struct cg_ctx *ctx)
{
	struct cg_trigger t = { .resource = "disk", .stall_ms = 1, .window_ms = 500 };
	struct cg *cg = a_group(ctx, "g");
	struct cg_watch *watch = NULL;

	(void)w;
	want(ctx, -EINVAL, cg_watch_new(ctx, 1, &watch));
	assert_null(watch);
	want(ctx, 0, cg_watch_new(ctx, 0, &watch));
	want(ctx, -EINVAL, cg_watch_add(watch, cg, 0, NULL));
	want(ctx, -EINVAL, cg_watch_add(watch, cg, CG_EMPTY | 1U << 20, NULL));
	want(ctx, -EINVAL, cg_watch_add(watch, cg, CG_PRESSURE, NULL));
	want(ctx, -EINVAL, cg_watch_pressure(watch, cg, &t, sizeof(t), NULL));
	t.resource = "cpu";
	want(ctx, -EINVAL, cg_watch_pressure(watch, cg, &t, sizeof(t) - 4, NULL));
	cg_watch_free(watch);
	cg_watch_free(NULL);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e9_the_end_is_told, 0),
		CT(e9_freezing_is_told, 0),
		CT(e9_freezing_by_others_is_told, W_GROUPS | W_FREEZE),
		CT(e9_each_watch_by_itself, 0),
		CT(e9_removal_is_told, W_GROUPS),
		CT(e9_nothing_wakes_an_idle_watch, 0),
		CT(e9_members_elsewhere_keep_it_from_being_empty, W_V2 | W_V1),
		CT(e9_many_groups_with_one_descriptor, W_GROUPS | W_ROOT),
		CT(e9_oom_kills_are_told_once, W_GROUPS | W_ROOT),
		CT(e9_refused_forks_are_told, W_GROUPS | W_ROOT),
		CTX(e9_slowed_members_are_told, W_V2 | W_ROOT | W_FAKE, 0, W_V1),
		CTX(e9_pressure_is_told, W_GROUPS | W_ROOT, W_V2 | W_BRAKE, 0),
		CT(e9_what_nothing_tells_is_refused, W_PROC),
		CT(e9_no_more_files_can_be_watched, W_V2 | W_FAKE),
		CT(e9_removed_and_closed, 0),
		CTX(e9_a_wait_does_not_poll, W_V2 | W_FAKE, 0, W_V1),
		CT(e4_a_watch_of_nothing, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
