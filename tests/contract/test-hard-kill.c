/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Killing where it is hard, on the fake kernel: who is left and why, members that this
 * PID namespace does not show, slow and racy kernels.
 */
#include "contract.h"
#include "fake/kernel.h"

static struct fk_proc *proc_of(struct world *w, struct who *x)
{
	return fk_find(w_fake(w), w_pid(x));
}

/* ---- who is left, and why (K2) ---- */

static void k2_uninterruptible_h17(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP), *c = w_add(w, a, K_SLEEP);
	struct fk_proc *p = proc_of(w, b);
	struct cg_report rep;
	uint64_t then = w_now_ms(w);
	char num[16];

	p->stuck = true;
	p->wchan = "nfs_wait_bit";
	snprintf(p->comm, sizeof(p->comm), "a) Z 1 (b");
	memset(&rep, 0xff, sizeof(rep));
	want(ctx, -ETIMEDOUT, cg_kill_all(cg, 700, &rep, sizeof(rep)));
	must(w, w_now_ms(w) - then <= 750);
	must(w, w_dead(w, a) && w_dead(w, c));
	assert_int_equal(rep.left, 1);
	assert_int_equal(rep.ended, 2);
	assert_int_equal(rep.unnamed, 0);
	assert_int_equal(rep.survivor[0].pid, w_pid(b));
	assert_int_equal(rep.survivor[0].why, CG_LEFT_UNINTERRUPTIBLE);
	assert_int_equal(rep.survivor[0].state, 'D');
	assert_string_equal(rep.survivor[0].comm, p->comm);
	assert_string_equal(rep.survivor[0].wchan, "nfs_wait_bit");
	assert_int_equal(rep.survivor[1].pid, 0);
	snprintf(num, sizeof(num), "%d", (int)w_pid(b));
	must(w, strstr(cg_errmsg(ctx), num));
	must(w, strstr(cg_errmsg(ctx), "nfs_wait_bit"));
	must(w, !w_left_frozen(w));
	/* The deletion says the same, leaves what it needs to be resumed, and is (H20). */
	want(ctx, -ETIMEDOUT, cg_delete(cg, 0, 300, &rep, sizeof(rep)));
	assert_int_equal(rep.left, 1);
	must(w, !has(w, W_GROUPS) || w_dir_exists(w, "g"));
	must(w, !w_left_frozen(w));
	p->stuck = false;
	must(w, cg_delete(cg, 0, MS, &rep, sizeof(rep)) >= 0);
	assert_int_equal(rep.left, 0);
	must(w, !w_members_left(w) && !w_dir_exists(w, "g"));
	cg_close(cg);
}

struct late {
	struct fk_proc *p;
	uint64_t deadline;
	unsigned n, at;			/* verbs after it */
};

static void ends_late(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct late *l = data;

	(void)verb;
	(void)name;
	(void)num;
	if (k->usec < l->deadline || l->n == l->at || ++l->n != l->at)
		return;
	l->p->stuck = false;
	fk_exit(k, l->p);
}

/* The time is up, and the last one ends before it is known who is left: nobody is. */
static void k1_the_last_one_ends_when_time_is_up(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct late l = { .at = 0 };
	unsigned killed = 0;

	while (l.n == l.at) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg);
		struct cg_report rep;
		int rc;

		l = (struct late){ .p = proc_of(w, a), .deadline = k->usec + 60000,
				   .at = l.at + 1 + l.at / 8 };
		l.p->stuck = true;
		k->hook = ends_late;
		k->hook_data = &l;
		rc = cg_kill_all(cg, 60, &rep, sizeof(rep));
		k->hook = NULL;
		killed += rc >= 0;
		if (rc == -ETIMEDOUT) {
			/* Whose exit takes time has no name any more. */
			must(w, rep.survivor[0].pid == w_pid(a) || k->exit_ticks);
		} else {
			want_killed(w, ctx, rc);
			must(w, !w_members_left(w));
		}
		assert_int_equal(rep.left, rc < 0);
		l.p->stuck = false;
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		w_forget(w);
	}
	must(w, killed > 0 && killed < l.at);
}

static void k2_more_left_than_the_report_holds(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *x[12];
	struct cg_report rep;

	x[0] = w_first(w, cg);
	for (int i = 1; i < 12; i++)
		x[i] = w_add(w, x[0], K_SLEEP);
	for (int i = 0; i < 12; i++)
		proc_of(w, x[i])->stuck = true;
	want(ctx, -ETIMEDOUT, cg_kill_all(cg, 300, &rep, sizeof(rep)));
	assert_int_equal(rep.left, 12);
	assert_int_equal(rep.ended, 0);
	for (int i = 0; i < CG_SURVIVORS; i++)
		must(w, rep.survivor[i].pid > 0);
	for (int i = 0; i < 12; i++)
		proc_of(w, x[i])->stuck = false;
	must(w, cg_kill_all(cg, MS, &rep, sizeof(rep)) >= 0);
	cg_close(cg);
}

static void k2_not_ours_to_signal(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_report rep;

	proc_of(w, b)->uid = 4711;
	if (has(w, W_PROC) && (has(w, W_SURE) || has(w, W_ANCHOR))) {
		/* Whoever made the user namespace has power over all that are in it. */
		want_done(w, ctx, cg_kill_all(cg, MS, NULL, 0));
		cg_close(cg);
		return;
	}
	want(ctx, -EPERM, cg_signal(cg, SIGUSR1, 0, MS));
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	assert_int_equal(w_got(w, b, SIGUSR1), 0);
	if (has(w, W_KILLFILE) || has(w, W_PIDNS)) {	/* that asks nobody */
		want(ctx, 0, cg_kill_all(cg, 300, &rep, sizeof(rep)));
		must(w, !w_members_left(w));
	} else {
		want(ctx, -ETIMEDOUT, cg_kill_all(cg, 300, &rep, sizeof(rep)));
		assert_int_equal(rep.left, 1);
		assert_int_equal(rep.survivor[0].pid, w_pid(b));
		assert_int_equal(rep.survivor[0].why, CG_LEFT_DENIED);
	}
	cg_close(cg);
}

static void k2_forks_faster_than_anybody_can_see(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_CHAIN);
	uint64_t then = w_now_ms(w);
	struct cg_report rep;
	int rc;

	/* A generation with every verb. */
	proc_of(w, b)->script.every = 1;
	rc = cg_kill_all(cg, 500, &rep, sizeof(rep));
	must(w, w_now_ms(w) - then <= 600);
	/* What freezes, brakes or ends all at once wins; the others say who is left. */
	if (has(w, W_FREEZE))
		assert_int_equal(rc, 0);
	if (has(w, W_BRAKE) || has(w, W_PIDNS))
		assert_int_equal(rc, 0);
	if (rc == -ETIMEDOUT) {
		must(w, rep.survivor[0].pid ? rep.left >= 1 : rep.left == 1);
		assert_int_equal(rep.survivor[0].why, CG_LEFT_FORKING);
		/* Members that places list are chased without a pause between the rounds. */
		must(w, has(w, W_PROC) || rep.rounds > 100);
	} else if (rc == 0) {
		must(w, !w_members_left(w));
	} else {
		assert_int_equal(rc, CG_WEAK);
	}
	cg_close(cg);
}

/* From then on nobody forks any more. */
static void calm_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	uint64_t *when = data;

	(void)verb;
	(void)name;
	(void)num;
	for (struct fk_proc *p = k->procs; p && k->usec >= *when; p = p->live)
		p->script.every = 0;
}

/* Each look takes long, and there are ever more processes to look at: members and others. */
static void storm(struct world *w, struct cg_ctx *ctx, unsigned calm_ms)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_CHAIN), *s = w_stranger(w);
	struct fk *k = w_fake(w);
	uint64_t then = w_now_ms(w), calm = k->usec + calm_ms * 1000;
	struct cg_report rep;
	int rc;

	proc_of(w, b)->script.every = 1;
	proc_of(w, s)->script = (struct fk_script){ .every = 1, .fork = true, .leave = true };
	k->verb_usec = 500;
	k->hook = calm_hook;
	k->hook_data = &calm;
	rc = cg_kill_all(cg, 300, &rep, sizeof(rep));
	must(w, w_now_ms(w) - then <= 500);
	must(w, rep.usec / 1000 + 50 >= w_now_ms(w) - then);
	must(w, rc >= 0 || (rc == -ETIMEDOUT && rep.left));
	must(w, rc || !w_members_left(w));
	k->hook = NULL;
	k->verb_usec = 10;
	calm_hook(k, &(uint64_t){ 0 }, 0, NULL, 0);
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0 && !w_members_left(w));
	cg_close(cg);
	w_forget(w);
}

static void k2_a_storm_on_a_slow_machine(struct world *w, struct cg_ctx *ctx)
{
	for (unsigned calm_ms = 290; calm_ms < 400; calm_ms += 20)
		storm(w, ctx, calm_ms);
}

/* Each signal makes one more member that was not signalled. */
static void s2_forks_faster_than_anybody_can_see(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_FORK_ON_SIGNAL);
	uint64_t then = w_now_ms(w);
	int rc;

	proc_of(w, b)->script.limit = 0;
	rc = cg_signal(cg, SIGUSR1, 0, 50);
	must(w, w_now_ms(w) - then <= 200);
	if (has(w, W_FREEZE))
		assert_int_equal(rc, 0);
	else
		assert_int_equal(rc, -ETIMEDOUT);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	cg_close(cg);
}

/* More than one batch, and more than the caller has descriptors for. */
static void s2_more_members_than_descriptors(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct fk_proc *p[300];

	for (size_t i = 0; i < 300; i++) {
		p[i] = fk_spawn(w_fake(w), proc_of(w, a), "child", 1);
		p[i]->script.catches = true;
	}
	must(w, cg_signal(cg, SIGUSR2, 0, MS) >= 0);
	for (size_t i = 0; i < 300; i++)
		assert_int_equal(p[i]->got[SIGUSR2], 1);
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	cg_close(cg);
}

static void f1_members_that_are_not_ours_to_stop(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);

	proc_of(w, b)->uid = 4711;
	if (has(w, W_PROC) && (has(w, W_SURE) || has(w, W_ANCHOR) || has(w, W_HELD))) {
		/* Whoever made the user namespace has power over all that are in it. */
		want_done(w, ctx, cg_freeze(cg, MS));
		want_done(w, ctx, cg_thaw(cg, MS));
	} else {
		want(ctx, -EPERM, cg_freeze(cg, MS));
		must(w, !proc_of(w, a)->stopped);
	}
	proc_of(w, b)->uid = w_fake(w)->me->uid;
	cg_close(cg);
}

/* Nobody is left, and a stranger is another number each time that somebody looks. */
static void k5_an_end_that_strangers_cannot_hide(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP), *s = w_stranger(w);
	struct cg_report rep;

	w_end(w, b);
	w_end(w, a);
	w_forget(w);
	proc_of(w, s)->script = (struct fk_script){ .every = 1, .fork = true, .leave = true };
	assert_int_equal(cg_kill_all(cg, 500, &rep, sizeof(rep)), 0);
	must(w, !rep.left);
	cg_close(cg);
}

/* ---- members that this PID namespace does not show (H5) ---- */

static struct cg *group_of_outsiders(struct world *w, struct cg_ctx **ctx, int n)
{
	struct cg *cg;

	w_dir_make(w, "g");
	for (int i = 0; i < n; i++)
		w_dir_put(w, "g", w_spawn(w));
	fk_unshare(w_fake(w), w_fake(w)->me, FK_NS_PID);
	*ctx = world_ctx(w);
	must(w, *ctx);
	want(*ctx, 0, cg_open(*ctx, "g", CG_ADOPT, &cg));
	return cg;
}

static void m1_counts_whom_it_cannot_name_h5(struct world *w, struct cg_ctx *unused)
{
	struct cg_ctx *ctx;
	struct cg *cg = group_of_outsiders(w, &ctx, 3);
	size_t n, unnamed = 0;
	unsigned state;
	pid_t *pid;

	(void)unused;
	want(ctx, CG_WEAK, cg_procs(cg, 0, &pid, &n, &unnamed));
	assert_int_equal(n, 0);
	assert_int_equal(unnamed, 3);
	free(pid);
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & CG_EMPTY));
	want(ctx, -EBUSY, cg_delete(cg, CG_IF_EMPTY, 100, NULL, 0));
	cg_close(cg);
	cg_ctx_free(ctx);
}

static void k2_whom_it_cannot_name_h5(struct world *w, struct cg_ctx *unused)
{
	struct cg_ctx *ctx;
	struct cg *cg = group_of_outsiders(w, &ctx, 3);
	struct cg_report rep;

	(void)unused;
	must(w, cg_signal(cg, SIGTERM, 0, 100) != 0);	/* nobody was reached */
	if (has(w, W_KILLFILE)) {
		want(ctx, 0, cg_kill_all(cg, MS, &rep, sizeof(rep)));
		must(w, !w_members_left(w));
	} else {
		want(ctx, -ETIMEDOUT, cg_kill_all(cg, 300, &rep, sizeof(rep)));
		assert_int_equal(rep.left, 3);
		assert_int_equal(rep.unnamed, 3);
		assert_int_equal(rep.survivor[0].pid, 0);
		assert_int_equal(rep.survivor[0].why, CG_LEFT_INVISIBLE);
		must(w, w_members_left(w));
	}
	must(w, !w_left_frozen(w));
	cg_close(cg);
	cg_ctx_free(ctx);
}

/* cgroup v1 hides them; without the kernel's count nobody knows: then never a plain 0. */
static void k1_hidden_members_are_never_reported_dead_h5(struct world *w, struct cg_ctx *unused)
{
	struct cg_cap cap[CG_NOPS];
	struct cg_ctx *ctx;
	struct cg *cg;

	(void)unused;
	w_fake(w)->no_taskstats = true;
	cg = group_of_outsiders(w, &ctx, 2);
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	must(w, cap[CG_OP_PROCS].level < CG_FULL);
	must(w, cap[CG_OP_KILL].level < CG_FULL);
	must(w, cg_kill_all(cg, 300, NULL, 0) != 0);
	must(w, cg_delete(cg, CG_IF_EMPTY, 100, NULL, 0) < 0);
	cg_close(cg);
	cg_ctx_free(ctx);
}

/* ---- a kernel that is slow or racy ---- */

static void k3_cgroup_kill_loses_against_forks_h22(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);

	for (int i = 0; i < 5; i++)
		w_add(w, a, K_CHAIN);
	w_fake(w)->kill_loses = 20;
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	cg_close(cg);
}

static void k1_exits_that_take_a_while_h16(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct cg_report rep;

	w_add(w, a, K_SLEEP);
	w_fake(w)->exit_ticks = 40;
	w_fake(w)->rmdir_lag = 50000;
	want_killed(w, ctx, cg_delete(cg, 0, MS, &rep, sizeof(rep)));
	must(w, !w_members_left(w));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void d1_busy_for_longer_than_there_is_time_h16(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	uint64_t then = w_now_ms(w);

	w_first(w, cg);
	w_fake(w)->rmdir_lag = 900000;
	want(ctx, -EBUSY, cg_delete(cg, 0, 200, NULL, 0));
	must(w, w_now_ms(w) - then <= 300);
	must(w, strstr(cg_errmsg(ctx), "/g"));
	must(w, !w_members_left(w));
	/* The second call resumes (H20). */
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void late_freeze(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	unsigned *n = data;

	(void)verb;
	(void)name;
	(void)num;
	if (n[0]++ < n[1] || n[2])
		return;
	for (struct fk_proc *p = k->procs; p; p = p->live)
		for (unsigned i = 0; p->tag && p->exiting && p->exit_left && i < k->nh; i++)
			for (struct fk_cg *c = p->cg[i]->child; c; c = c->next)
				if (k->h[i].v2 || !strcmp(k->h[i].controllers, "freezer")) {
					c->freeze = true;
					n[2] = 1;
				}
}

/* A member had begun to freeze a group of its own when it was killed; that came through late. */
static void k4_a_freeze_that_was_under_way(struct world *w, struct cg_ctx *ctx)
{
	unsigned done = 0;

	for (unsigned at = 1; at < 60; at++) {
		struct cg *cg = a_group(ctx, "g");
		unsigned n[3] = { 0, at, 0 };

		w_first(w, cg);
		w_dir_make(w, "g/own");
		w_fake(w)->exit_ticks = 30;
		w_fake(w)->hook = late_freeze;
		w_fake(w)->hook_data = n;
		want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
		w_fake(w)->hook = NULL;
		must(w, !w_left_frozen(w));
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		done += n[2];
		cg_close(cg);
		w_forget(w);
	}
	must(w, done > 0);
}

/* A fork that is under way: its number is given, its process not yet to be seen. */
static void k1_a_child_that_is_being_born(struct world *w, struct cg_ctx *ctx)
{
	for (unsigned i = 0; i < 900; i++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg);
		struct fk_proc *p = proc_of(w, a);

		w_add(w, a, K_SLEEP);
		w_add(w, a, K_SLEEP);
		w_fake(w)->fork_ticks = 1 + i % 30;
		p->script = (struct fk_script){
			.every = 10 * (1 + i / 30), .fork = true, .limit = 1,
		};
		want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
		must(w, !w_members_left(w));
		w_fake(w)->fork_ticks = 0;
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		w_forget(w);
	}
}

/* On a busy machine an init is still ending when the next round begins. */
static void k5_a_slow_end_that_strangers_cannot_hide(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *s = w_stranger(w);
	struct cg_report rep;

	w_add(w, w_first(w, cg), K_SLEEP);
	w_forget(w);
	w_fake(w)->exit_ticks = 40;
	proc_of(w, s)->script = (struct fk_script){ .every = 1, .fork = true, .leave = true };
	assert_int_equal(cg_kill_all(cg, 500, &rep, sizeof(rep)), 0);
	must(w, !rep.left);
	must(w, !w_members_left(w));
	cg_close(cg);
}

/* Past its exit, and held up in the kernel by somebody outside: no survivor. */
static void k6_an_exit_that_is_held_up(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_ref ref;
	unsigned state;
	pid_t *pid;
	size_t n;

	want(ctx, 0, cg_ref_get(ctx, w_pid(b), &ref));
	proc_of(w, b)->script.hold = true;
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	want(ctx, 0, cg_state(cg, &state));
	must(w, state & CG_EMPTY);
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	assert_int_equal(n, 0);
	free(pid);
	want(ctx, -ESRCH, cg_ref_alive(ctx, &ref));
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(k2_uninterruptible_h17, 0),
		CT(k1_the_last_one_ends_when_time_is_up, 0),
		CT(k2_more_left_than_the_report_holds, 0),
		CTX(k2_not_ours_to_signal, 0, 0, W_ROOT),
		CT(k2_a_storm_on_a_slow_machine, 0),
		CT(k2_forks_faster_than_anybody_can_see, 0),
		CT(s2_forks_faster_than_anybody_can_see, 0),
		CT(s2_more_members_than_descriptors, 0),
		CTX(f1_members_that_are_not_ours_to_stop, W_STOPS, 0, W_ROOT),
		CTX(k5_an_end_that_strangers_cannot_hide, W_SURE, 0, W_HELD),
		CTX(k5_a_slow_end_that_strangers_cannot_hide, W_PIDNS, 0, W_HELD),
		CT(m1_counts_whom_it_cannot_name_h5, W_GROUPS | W_ROOT),
		CT(k2_whom_it_cannot_name_h5, W_GROUPS | W_ROOT),
		CTX(k1_hidden_members_are_never_reported_dead_h5, W_GROUPS, 0, W_V2),
		CT(k3_cgroup_kill_loses_against_forks_h22, W_KILLFILE),
		CT(k1_exits_that_take_a_while_h16, 0),
		CT(d1_busy_for_longer_than_there_is_time_h16, W_GROUPS),
		CT(k1_a_child_that_is_being_born, W_PROC),
		CT(k4_a_freeze_that_was_under_way, W_GROUPS | W_FREEZE),
		CT(k6_an_exit_that_is_held_up, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
