/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Members without a cgroup, on the fake kernel: known by descent, by record or by a
 * namespace, while numbers begin again, parents end and the caller comes in.
 */
#include "contract.h"
#include "fake/kernel.h"

static struct fk_proc *proc_of(struct world *w, struct who *x)
{
	return fk_find(w_fake(w), w_pid(x));
}

static void hook(struct world *w, fk_hook fn, void *data)
{
	w_fake(w)->hook = fn;
	w_fake(w)->hook_data = data;
}

/* What happens before the verb number `at`. */
struct moment {
	unsigned at, n;
	struct fk_proc *a, *b, *made;
	bool asked;		/* libcg asked for the newest number afterwards */
};

static bool listed(struct cg *cg, pid_t wanted, int *rc)
{
	bool found = false;
	pid_t *pid;
	size_t n;

	*rc = cg_procs(cg, 0, &pid, &n, NULL);
	if (*rc < 0)
		return false;
	for (size_t i = 0; i < n; i++)
		found = found || pid[i] == wanted;
	free(pid);
	return found;
}

/* ---- numbers ---- */

static void fork_and_end_hook(struct fk *k, void *data, enum fk_verb verb, const char *name,
			      pid_t num)
{
	struct moment *m = data;

	(void)num;
	if (m->made && verb == FK_READ && name && !strcmp(name, "loadavg"))
		m->asked = true;
	if (++m->n != m->at)
		return;
	m->made = fk_spawn(k, m->a, "child", 1);
	fk_exit(k, m->a);
}

/* The last number is given, and the next child of a member gets a low one. */
static void m2_numbers_that_begin_again(struct world *w, struct cg_ctx *ctx)
{
	unsigned asked = 0;

	w_fake(w)->pid_max = 4500;
	for (unsigned at = 1; at < 60; at++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
		struct moment m = { .at = at, .a = proc_of(w, b) };
		bool found;
		int rc;

		w_fake(w)->next_pid = 4499;
		w_add(w, a, K_SLEEP);
		hook(w, fork_and_end_hook, &m);
		found = listed(cg, 300, &rc);
		hook(w, NULL, NULL);
		want_done(w, ctx, rc);
		must(w, !m.made || m.made->pid == 300);
		must(w, !m.asked || found);
		asked += m.asked;
		want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
		must(w, !w_members_left(w));
		cg_close(cg);
		w_forget(w);
	}
	must(w, asked > 5);
}

/* All numbers may be given between two looks: then a list proves nothing. */
static void m2_numbers_that_cannot_be_followed(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	int rc;

	w_fake(w)->pid_max = 1000;
	must(w, listed(cg, w_pid(a), &rc));
	assert_int_equal(rc, CG_WEAK);
	cg_close(cg);
}

/*
 * /proc/loadavg is a file of lxcfs, or /proc/sys is not there: a list is all that there is. It
 * is not called complete, and members are ended all the same.
 */
static void m4_numbers_that_proc_does_not_tell(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg_cap cap[CG_NOPS];

	for (unsigned i = 0; i < 2; i++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
		int rc;

		k->loadavg_errno = i ? 0 : -EXDEV;
		k->sys_errno = i ? -ENOENT : 0;
		want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
		must(w, cap[CG_OP_PROCS].level < CG_FULL);
		must(w, cap[CG_OP_KILL].level < CG_FULL || has(w, W_PIDNS));
		must(w, listed(cg, w_pid(b), &rc));
		assert_int_equal(rc, CG_WEAK);
		proc_of(w, b)->script = (struct fk_script){ .every = 3000, .fork = true };
		must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
		must(w, !w_members_left(w));
		cg_close(cg);
		w_forget(w);
	}
	k->sys_errno = 0;
}

static void m4_an_init_with_many_groups(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_spawn(w);

	fk_unshare(w_fake(w), proc_of(w, a), FK_NS_PID);
	proc_of(w, a)->ngroups = 2000;
	want(ctx, 0, cg_identify(cg, w_pid(a), CG_ID_PID));
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0) & ~CG_WEAK);
	must(w, w_dead(w, a));
	cg_close(cg);
}

/* hidepid: a recorded process that has changed its user is out of sight, and lives. */
static void m4_a_process_that_proc_hides(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);

	for (unsigned i = 0; i < 3; i++) {
		struct cg *cg = a_group(ctx, "g");
		struct fk_proc *p = proc_of(w, w_first(w, cg));
		unsigned state = 0;
		int rc;

		k->no_pidfs = i == 1;
		k->no_pidfd = i == 2;
		k->hidepid = true;
		p->uid = 4711;
		rc = cg_state(cg, &state);
		must(w, rc < 0 || !(state & CG_EMPTY));
		must(w, cg_kill_all(cg, 50, NULL, 0) < 0);
		must(w, *cg_errmsg(ctx));
		must(w, cg_delete(cg, 0, 50, NULL, 0) < 0);
		must(w, fk_alive(p));
		/* Its pidfd tells its end, and whether the number is another's by now. */
		fk_exit(k, p);
		fk_reap(k, p);
		want(ctx, 0, cg_kill_all(cg, MS, NULL, 0) & ~CG_WEAK);
		k->hidepid = k->no_pidfd = k->no_pidfs = false;
		cg_close(cg);
		w_forget(w);
	}
}

/* Numbers of another PID namespace are other processes here: neither dead nor to be killed. */
static void k1_recorded_in_another_pid_namespace(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	struct who *a = w_first(w, cg);
	struct cg_ctx *inside = NULL;
	char text[8192];

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	cg_close(cg);
	fk_unshare(k, k->me, FK_NS_PID);
	k->me->vpid = 2;
	inside = world_ctx(w);
	if (!cg_restore(inside, text, 0, &again)) {
		must(w, cg_kill_all(again, 50, NULL, 0) < 0);
		must(w, strstr(cg_errmsg(inside), "PID namespace"));
		must(w, cg_delete(again, 0, 50, NULL, 0) < 0);
		must(w, cg_save(again, text, sizeof(text)) > 0);
		cg_close(again);
	}
	must(w, !w_dead(w, a));
	cg_ctx_free(inside);
	k->me->ns[FK_NS_PID] = k->init_ns[FK_NS_PID];
	/* It was not forgotten there. */
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	must(w, cg_kill_all(again, MS, NULL, 0) >= 0);
	must(w, w_dead(w, a));
	cg_close(again);
}

static void take_over_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct moment *m = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++m->n != m->at || !fk_alive(m->b))
		return;
	m->made = fk_recycle(k, m->b);
	m->made->uid = k->me->uid;	/* the kernel would let it be killed */
	m->a->parent = m->made;
}

/* A member's number goes to a stranger, who becomes the parent of another. */
static void s1_a_parent_whose_number_is_reused_h6(struct world *w, struct cg_ctx *ctx)
{
	for (unsigned at = 1; at < 120; at++) {
		struct who *s = w_stranger(w);
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
		struct moment m = { .at = at, .a = proc_of(w, s), .b = proc_of(w, b) };
		int rc;

		hook(w, take_over_hook, &m);
		rc = cg_kill_all(cg, MS, NULL, 0);
		hook(w, NULL, NULL);
		if (rc < 0)
			fail_msg("taken before verb %u: %d, %s", at, rc, cg_errmsg(ctx));
		must(w, fk_alive(m.a));
		must(w, !m.made || fk_alive(m.made));
		must(w, !w_strangers(w));
		if (m.made)
			fk_exit(w_fake(w), m.made);
		fk_exit(w_fake(w), m.a);
		cg_close(cg);
		w_forget(w);
	}
}

/* ---- descent ---- */

/* Has left every namespace: only its parent says that it belongs. */
static struct fk_proc *born_away(struct world *w, struct fk_proc *parent)
{
	struct fk_proc *p = fk_spawn(w_fake(w), parent, "away", 1);

	fk_unshare(w_fake(w), p, FK_NS_MNT);
	return p;
}

/* The younger has the lower number, so one look in the order of numbers does not do. */
static void k3_known_by_the_parent_only(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct fk *k = w_fake(w);
	struct who *a = w_first(w, cg);
	pid_t next = k->next_pid;
	struct fk_proc *p, *q;

	k->next_pid = 2000;
	p = born_away(w, proc_of(w, a));
	k->next_pid = 1000;
	q = born_away(w, p);
	k->next_pid = next;
	q = born_away(w, q);
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, !fk_alive(p) && !fk_alive(q));
	must(w, !w_members_left(w));
	cg_close(cg);
}

/* Once seen it is remembered, by who opens the group again too: its parent has ended. */
static void e3_whom_only_descent_knew(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct fk_proc *p = born_away(w, proc_of(w, b));
	char text[8192];
	int rc;

	must(w, listed(cg, p->pid, &rc));
	w_end(w, b);
	must(w, listed(cg, p->pid, &rc));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	cg_close(cg);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	must(w, listed(again, p->pid, &rc));
	must(w, cg_kill_all(again, MS, NULL, 0) >= 0);
	must(w, !fk_alive(p));
	cg_close(again);
}

/* A recorded process that never entered the namespace, and its child. */
static void e1_a_member_outside_of_the_namespace(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_spawn(w);
	struct fk_proc *p = fk_spawn(w_fake(w), proc_of(w, b), "child", 1);
	int rc;

	want(ctx, 0, cg_attach(cg, w_pid(b)));
	must(w, listed(cg, p->pid, &rc));
	must(w, listed(cg, w_pid(b), &rc));
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	must(w, w_dead(w, a) && w_dead(w, b) && !fk_alive(p));
	cg_close(cg);
}

/* ---- the caller ---- */

static void enter_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct moment *m = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++m->n == m->at)
		k->me->ns[FK_NS_MNT] = m->a->ns[FK_NS_MNT];
}

/* At every moment of a signal: it is refused, or was over, and never reaches the caller. */
static void s3_the_caller_becomes_a_member_h18(struct world *w, struct cg_ctx *ctx)
{
	struct fk *k = w_fake(w);
	struct fk_ns *own = k->me->ns[FK_NS_MNT];
	unsigned refused = 0;

	for (unsigned at = 1; at < 120; at++) {
		struct cg *cg = a_group(ctx, "g");
		struct moment m = { .at = at, .a = proc_of(w, w_first(w, cg)) };
		int rc;

		hook(w, enter_hook, &m);
		rc = cg_signal(cg, SIGTERM, 0, MS);
		hook(w, NULL, NULL);
		must(w, rc >= 0 || rc == -EDEADLK);
		refused += rc == -EDEADLK;
		assert_int_equal(k->me->sent[SIGTERM], 0);
		k->me->ns[FK_NS_MNT] = own;
		fk_exit(k, m.a);
		cg_close(cg);
		w_forget(w);
	}
	must(w, refused > 5);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(m2_numbers_that_begin_again, W_PROC),
		CT(m2_numbers_that_cannot_be_followed, W_PROC),
		CT(m4_numbers_that_proc_does_not_tell, W_PROC),
		CT(m4_an_init_with_many_groups, W_PROC),
		CTX(m4_a_process_that_proc_hides, W_PROC, 0, W_SURE | W_ANCHOR | W_HELD),
		CT(k1_recorded_in_another_pid_namespace, W_PROC),
		CT(s1_a_parent_whose_number_is_reused_h6, W_PROC),
		CTX(k3_known_by_the_parent_only, W_PROC, 0, W_PIDNS),
		CTX(e3_whom_only_descent_knew, W_PROC, 0, W_PIDNS),
		CTX(e1_a_member_outside_of_the_namespace, W_PROC, 0, W_PIDNS),
		CTX(s3_the_caller_becomes_a_member_h18, W_PROC, 0, W_SURE | W_ANCHOR | W_HELD),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
