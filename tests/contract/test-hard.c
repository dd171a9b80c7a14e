/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What else is hard, on the fake kernel: freezers that stick, limits that are put back,
 * threads in groups of their own, parts that refuse, and what a question changes.
 */
#include <linux/bpf.h>

#include "contract.h"
#include "fake/kernel.h"

static struct fk_proc *proc_of(struct world *w, struct who *x)
{
	return fk_find(w_fake(w), w_pid(x));
}

/* ---- freezing ---- */

static void f2_freezing_that_lasts_h9(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	unsigned long before;

	w_add(w, a, K_CHAIN);
	w_fake(w)->freeze_lag = 9;
	want(ctx, 0, cg_freeze(cg, MS));
	before = w_progress(w);
	w_wait_ms(w, 50);
	must(w, w_progress(w) == before);
	want(ctx, 0, cg_thaw(cg, MS));
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	cg_close(cg);
}

static void f2_freezing_that_sticks_h10(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	uint64_t then = w_now_ms(w);
	int rc;

	w_fake(w)->freeze_stuck = 1000000;
	rc = cg_freeze(cg, 300);
	must(w, w_now_ms(w) - then <= 400);
	assert_int_equal(rc, -ETIMEDOUT);
	must(w, *cg_errmsg(ctx));
	must(w, !w_left_frozen(w));
	/* The signal and the kill need no freezer that works. */
	must(w, cg_signal(cg, SIGUSR1, 0, 500) >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	must(w, !w_left_frozen(w));
	then = w_now_ms(w);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, w_now_ms(w) - then <= 300);
	must(w, !w_members_left(w) && !w_left_frozen(w));
	cg_close(cg);
}

static void f1_a_member_that_cannot_freeze(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	uint64_t then = w_now_ms(w);
	unsigned state;

	proc_of(w, b)->stuck = true;
	want(ctx, -ETIMEDOUT, cg_freeze(cg, 200));
	must(w, w_now_ms(w) - then <= 300);
	must(w, !w_left_frozen(w));
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & CG_FROZEN));
	/* Undone: it takes signals again. */
	fk_send(w_fake(w), proc_of(w, a), SIGUSR1);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	then = w_now_ms(w);
	want(ctx, -ETIMEDOUT, cg_freeze(cg, 0));
	must(w, w_now_ms(w) - then <= 50);
	must(w, !w_left_frozen(w));
	proc_of(w, b)->stuck = false;
	want_done(w, ctx, cg_freeze(cg, MS));
	must(w, cg_thaw(cg, MS) >= 0);
	cg_close(cg);
}

struct birth {
	unsigned at, n;
	struct fk_proc *parent;
};

static void birth_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct birth *b = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++b->n == b->at && fk_alive(b->parent) && !b->parent->stopped)
		fk_spawn(k, b->parent, "child", 1);
}

/* SIGSTOP is seen to have worked, not only sent; whoever is born meanwhile is stopped, too. */
static void f2_stopping_until_nothing_runs(struct world *w, struct cg_ctx *ctx)
{
	for (unsigned at = 1; at < 60; at++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
		struct birth birth = { .at = at, .parent = proc_of(w, b) };

		w_fake(w)->hook_data = &birth;
		w_fake(w)->hook = birth_hook;
		want_done(w, ctx, cg_freeze(cg, MS));
		w_fake(w)->hook = NULL;
		for (struct fk_proc *p = w_fake(w)->procs; p; p = p->live)
			must(w, !p->tag || p->reaped || !fk_alive(p) || p->stopped);
		must(w, cg_thaw(cg, MS) >= 0);
		for (struct fk_proc *p = w_fake(w)->procs; p; p = p->live)
			must(w, !p->tag || p->reaped || !p->stopped);
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		w_forget(w);
	}
}

/* ---- what is put back (K4) ---- */

static void k4_limits_are_put_back(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);

	want(ctx, 0, cg_set(cg, "pids.max", "50"));
	proc_of(w, b)->stuck = true;
	want(ctx, -ETIMEDOUT, cg_kill_all(cg, 400, NULL, 0));
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "50");
	want(ctx, -ETIMEDOUT, cg_delete(cg, 0, 400, NULL, 0));
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "50");
	proc_of(w, b)->stuck = false;
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "50");
	cg_close(cg);
}

/* Members of a v2 group whose pids controller is on: the brake is there as well. */
static void k4_limits_of_v2_are_put_back(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct fk_h *h = fk_h(k, "");
	struct cg *cg;
	struct who *a, *b;

	if (!strstr(h->controllers, "pids"))
		return;
	h->root->val[fk_cg_file("cgroup.subtree_control")] = strdup("pids memory");
	cg = a_group(ctx, "g");
	a = w_first(w, cg);
	b = w_add(w, a, K_SLEEP);
	want(ctx, 0, cg_set(cg, "pids.max", "50"));
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "50");
	proc_of(w, b)->stuck = true;
	want(ctx, -ETIMEDOUT, cg_kill_all(cg, 500, NULL, 0));
	assert_string_equal(w_dir_read(w, "g", "pids.max"), "50");
	proc_of(w, b)->stuck = false;
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	cg_close(cg);
}

/* "No such device" may mean what it says: the group is there all the same. */
static void k1_a_device_that_does_not_exist(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct fk_h *h = fk_h(k, "");
	unsigned state;
	struct cg *cg;

	if (!strstr(h->controllers, "io"))
		return;
	h->root->val[fk_cg_file("cgroup.subtree_control")] = strdup("io");
	cg = a_group(ctx, "g");
	w_first(w, cg);
	want(ctx, -ENODEV, cg_set(cg, "io.max", "9:9 rbps=1"));
	want(ctx, 0, cg_state(cg, &state));
	must(w, !(state & (CG_EMPTY | CG_GONE)));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_members_left(w) && !w_dir_exists(w, "g"));
	cg_close(cg);
}

/* ---- all or none ---- */

static void e1_an_attach_that_one_part_refuses(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_spawn(w);
	struct fk_h *h = fk_h(k, "cpuset");
	struct fk_cg *set = fk_cg(h, "/g");
	struct fk_proc *p = proc_of(w, b);
	int file = fk_cg_file("cpuset.cpus");

	must(w, set);
	free(set->val[file]);
	set->val[file] = NULL;		/* takes nobody in: ENOSPC */
	must(w, cg_attach(cg, w_pid(b)) < 0);
	must(w, *cg_errmsg(ctx));
	for (unsigned i = 0; i < k->nh; i++)
		must(w, p->cg[i] == k->h[i].root);
	set->val[file] = strdup("0");
	want(ctx, 0, cg_attach(cg, w_pid(b)));
	for (unsigned i = 0; i < k->nh; i++)
		must(w, p->cg[i] == fk_cg(&k->h[i], "/g"));
	(void)a;
	cg_close(cg);
}

static void e1_a_create_that_one_part_refuses(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = NULL;

	/* It exists in one hierarchy only, the first or the last: none is made in the others. */
	for (unsigned which = 0; which < k->nh; which += k->nh - 1) {
		fk_cg_make(&k->h[which], "/g");
		want(ctx, -EEXIST, cg_create(ctx, "g", 0, &cg));
		for (unsigned i = 0; i < k->nh; i++)
			must(w, i == which || !fk_cg(&k->h[i], "/g"));
		assert_int_equal(w_dir_remove(w, "g"), 0);
	}
	fk_cg_make(&k->h[0], "/g");
	/* Reused where it is, made where it is not, and both go. */
	want(ctx, 0, cg_create(ctx, "g", CG_REUSE, &cg));
	for (unsigned i = 0; i < k->nh; i++)
		must(w, fk_cg(&k->h[i], "/g"));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

static void c1_a_part_that_is_left_out_is_named(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg_cap cap[CG_NOPS];
	char text[8192], reason[400];
	struct cg_ctx *next;
	struct cg *cg;

	/* A hierarchy that is mounted read-only, as in a container. */
	fk_h(k, "")->ro = true;
	next = world_ctx(w);
	cg = a_group(next, "g");
	assert_string_equal(cg_driver_name(cg), "v1,proc");
	want(next, CG_NOPS, cg_caps(next, cg, 0, cap, CG_NOPS));
	assert_int_equal(cap[CG_OP_CLONE].level, CG_NONE);
	must(w, strstr(cap[CG_OP_CLONE].reason, "v2"));
	w_first(w, cg);
	want(next, 0, cg_kill_all(cg, MS, NULL, 0));
	cg_close(cg);
	cg_ctx_free(next);
	/* It was not when the context was made, and is not later: what was made then counts. */
	cg = a_group(ctx, "h");
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	snprintf(reason, sizeof(reason), "%s", cap[CG_OP_CLONE].reason);
	must(w, *reason);
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	cg_close(cg);
	fk_h(k, "")->ro = false;
	want(ctx, 0, cg_restore(ctx, text, 0, &cg));
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	assert_int_equal(cap[CG_OP_CLONE].level, CG_NONE);
	assert_string_equal(cap[CG_OP_CLONE].reason, reason);
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* ---- weak is weak ---- */

/* A privileged member that leaves every trace behind gets away; nobody claims otherwise. */
static void k1_who_got_away_is_not_claimed(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct fk_proc *p = fk_spawn(k, proc_of(w, a), "runaway", 1);

	fk_unshare(k, p, FK_NS_MNT);
	p->parent = k->init;
	want(ctx, CG_WEAK, cg_kill_all(cg, 500, NULL, 0));
	must(w, w_dead(w, a));
	must(w, fk_alive(p));
	fk_exit(k, p);
	cg_close(cg);
}

/*
 * All members are dead and collected; the next namespace that anybody makes gets the
 * inode number of ours. Whoever is in it is a stranger.
 */
static void s1_a_namespace_number_that_is_given_again_h6(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g"), *again;
	struct fk_proc *p, *q;
	char text[8192];
	pid_t *pid;
	size_t n;

	p = proc_of(w, w_first(w, cg));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	fk_exit(k, p);
	fk_reap(k, p);
	fk_tick(k);
	q = fk_spawn(k, k->me, "stranger", 0);
	q->script.catches = true;
	fk_unshare(k, q, FK_NS_USER);
	fk_unshare(k, q, FK_NS_MNT);
	must(w, q->ns[FK_NS_MNT]->ino == p->ns[FK_NS_MNT]->ino);
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	assert_int_equal(n, 0);
	free(pid);
	must(w, cg_signal(cg, SIGTERM, 0, 100) >= 0);
	must(w, cg_kill_all(cg, 300, NULL, 0) >= 0);
	must(w, fk_alive(q));
	/* Nor for who has it from a text. */
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	must(w, cg_freeze(again, 100) >= 0);
	must(w, cg_delete(again, 0, 300, NULL, 0) >= 0);
	must(w, fk_alive(q) && !q->sent[SIGSTOP]);
	cg_close(again);
	cg_close(cg);
}

/* Nobody leaves a user namespace: not by nesting, not by a parent that ends, not by another uid. */
static void m2_nobody_leaves_a_user_namespace(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *out = w_stranger(w);
	struct fk_proc *p = fk_spawn(k, proc_of(w, a), "nested", 1);
	struct fk_proc *q = fk_spawn(k, proc_of(w, out), "neighbour", 0);
	pid_t *pid;
	size_t n;

	for (int i = 0; i < 5; i++)
		fk_unshare(k, p, FK_NS_USER);
	fk_unshare(k, p, FK_NS_MNT);
	fk_unshare(k, p, FK_NS_PID);
	p->parent = k->init;
	p->uid = 100005;
	/* A neighbour in a user namespace of the caller's that is another's. */
	fk_unshare(k, q, FK_NS_USER);
	want(ctx, 0, cg_procs(cg, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	free(pid);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, !fk_alive(p) && w_dead(w, a));
	must(w, fk_alive(q));
	cg_close(cg);
}

/* ---- C2: asking changes nothing ---- */

static void c2_asking_changes_nothing(struct world *w, struct cg_ctx *ctx)
{
	static const enum fk_verb change[] = {
		FK_WRITE, FK_MKDIR, FK_RMDIR, FK_CHOWN, FK_SIGNAL,
	};
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g"), *seen;
	struct cg_cap cap[CG_NOPS];
	unsigned before[FK_NVERBS], state;
	struct cg_ctx *next;
	char text[8192];
	pid_t *pid;
	size_t n;

	w_first(w, cg);
	memcpy(before, k->verb, sizeof(before));
	next = world_ctx(w);
	want(next, CG_NOPS, cg_caps(next, NULL, world_stack(w)->ids, cap, CG_NOPS));
	want(next, CG_NOPS, cg_caps(next, NULL, 0, cap, CG_NOPS));
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	free(pid);
	want(ctx, 0, cg_state(cg, &state));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	want(next, 0, cg_restore(next, text, 0, &seen));
	cg_close(seen);
	cg_ctx_free(next);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++)
		assert_int_equal(k->verb[change[i]], before[change[i]]);
	cg_close(cg);
}

/* Somebody else's program stays, and both have to allow; ours is only ever one. */
static void e1_device_programs_of_others(struct world *w, struct cg_ctx *ctx)
{
	static const struct bpf_insn no_mknod[] = {
		{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = 2, .src_reg = 1 },
		{ .code = BPF_ALU64 | BPF_AND | BPF_K, .dst_reg = 2, .imm = 1 << 16 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 0 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 2, .off = 1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	int dir = cg_fd(cg), prog;

	prog = fk_sys.prog_load(k, "other", no_mknod, 6);
	must(w, prog >= 0 && fk_sys.prog_attach(k, dir, prog, -1) == 0);
	fk_sys.close(k, prog);
	for (int i = 0; i < 9; i++)	/* a group has room for a few */
		want(ctx, 0, cg_set(cg, "devices.rules", i % 2 ? "deny a *:* rwm" :
				    "deny a *:* rwm\nallow c 1:* rwm"));
	must(w, w_allows(w, "g", 'c', 1, 3, "rw"));
	must(w, !w_allows(w, "g", 'c', 1, 3, "m"));
	must(w, !w_allows(w, "g", 'c', 5, 0, "r"));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	cg_close(cg);
}

/* The kernel may forget to say that it thawed a group when all of it was killed meanwhile. */
static void f1_an_empty_group_that_only_seems_frozen(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *in = a_group(ctx, "g/in");
	unsigned state;

	w_fake(w)->stale_frozen = true;
	want(ctx, 0, cg_state(cg, &state));
	assert_int_equal(state, CG_EMPTY);
	/* One that somebody froze is frozen, and shows it below. */
	want(ctx, 0, cg_freeze(cg, MS));
	want(ctx, 0, cg_state(cg, &state));
	assert_int_equal(state, CG_EMPTY | CG_FROZEN);
	want(ctx, 0, cg_state(in, &state));
	assert_int_equal(state, CG_EMPTY | CG_FROZEN | CG_FROZEN_ABOVE);
	want(ctx, 0, cg_thaw(cg, MS));
	want(ctx, 0, cg_state(cg, &state));
	assert_int_equal(state, CG_EMPTY);
	cg_close(in);
	cg_close(cg);
}

/*
 * All that was recorded has ended and is collected. Where the number could be another's by
 * now nobody is touched; where a mount keeps it, or it is never given again, all are found.
 */
static void h19_all_that_was_recorded_has_ended(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *same;
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP), *s = w_stranger(w);
	char text[4096];

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	cg_close(cg);
	fk_exit(w_fake(w), proc_of(w, a));
	fk_reap(w_fake(w), proc_of(w, a));
	want(ctx, 0, cg_restore(ctx, text, 0, &same));
	if (has(w, W_ANCHOR))
		assert_int_equal(cg_kill_all(same, MS, NULL, 0), CG_WEAK);
	else
		want(ctx, 0, cg_kill_all(same, MS, NULL, 0));
	must(w, w_dead(w, b) == !has(w, W_ANCHOR));
	must(w, !w_dead(w, s));
	cg_close(same);
}

static void e4_holding_what_is_not_ours(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *s = w_stranger(w);
	int asked = cg_hold(cg, CG_ID_USER, NULL);

	must(w, a && asked == (has(w, W_HELD) || has(w, W_ANCHOR) ? 0 : 1));
	want(ctx, -EINVAL, cg_hold(cg, CG_ID_PID, NULL));
	want(ctx, -EINVAL, cg_hold(cg, CG_ID_USER, "relative"));
	if (!asked) {
		fk_unshare(k, proc_of(w, s), FK_NS_USER);
		k->held[3].path = "/held/other";
		k->held[3].ns = proc_of(w, s)->ns[FK_NS_USER];
		want(ctx, -EINVAL, cg_hold(cg, CG_ID_USER, "/held/other"));
		want(ctx, -ENOENT, cg_hold(cg, CG_ID_USER, "/held/nothing"));
	}
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(f2_freezing_that_lasts_h9, W_FREEZER),
		CTX(f2_freezing_that_sticks_h10, W_FREEZER, 0, W_V2),
		CT(f1_a_member_that_cannot_freeze, 0),
		CTX(f1_an_empty_group_that_only_seems_frozen, W_V2 | W_FREEZE, 0, W_V1),
		CT(f2_stopping_until_nothing_runs, W_STOPS),
		CT(k4_limits_are_put_back, W_BRAKE),
		CT(k4_limits_of_v2_are_put_back, W_V2 | W_ROOT),
		CTX(e1_device_programs_of_others, W_FAKE | W_V2 | W_ROOT, 0, W_V1),
		CTX(h19_all_that_was_recorded_has_ended, W_PROC, W_SURE | W_ANCHOR, 0),
		CT(e4_holding_what_is_not_ours, W_PROC),
		CT(k1_a_device_that_does_not_exist, W_V2 | W_ROOT),
		CT(e1_an_attach_that_one_part_refuses, W_FREEZER | W_BRAKE),
		CT(e1_a_create_that_one_part_refuses, W_FREEZER),
		CT(c1_a_part_that_is_left_out_is_named, W_FREEZER | W_V2),
		CTX(k1_who_got_away_is_not_claimed, W_PROC, 0, W_SURE | W_PIDNS | W_ANCHOR),
		CTX(m2_nobody_leaves_a_user_namespace, W_PROC, W_SURE | W_ANCHOR, 0),
		CT(s1_a_namespace_number_that_is_given_again_h6, W_PROC),
		CT(c2_asking_changes_nothing, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
