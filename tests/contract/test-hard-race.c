/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Races on the fake kernel, at every moment of an operation: numbers that change hands,
 * members that flee, other callers, a group that goes away.
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

/* ---- numbers that change hands (H6) ---- */

struct swap {
	enum fk_verb when;
	unsigned left;
	pid_t last;
};

/* Right before a verb that names a member, that member ends and a stranger gets its number. */
static void swap_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct swap *s = data;
	struct fk_proc *p;

	(void)name;
	if (verb != s->when || !s->left || num == s->last)
		return;
	p = fk_find(k, num);
	if (!p || p->tag == 0)
		return;
	s->last = num;
	s->left--;
	fk_recycle(k, p);
}

static void swap_during(struct world *w, struct cg_ctx *ctx, enum fk_verb when, int sig)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	struct swap s = { .when = when, .left = 6 };
	int rc;

	for (int i = 0; i < 9; i++)
		w_add(w, a, K_SLEEP);
	if (has(w, W_PIDNS))	/* with its init all would end */
		s.last = w_pid(a);
	hook(w, swap_hook, &s);
	rc = sig ? cg_signal(cg, sig, 0, MS) : cg_kill_all(cg, MS, NULL, 0);
	hook(w, NULL, NULL);
	if (rc < 0)
		fail_msg("%d, %s", rc, cg_errmsg(ctx));
	if (w_strangers(w))
		fail_msg("%s", w_strangers(w));
	if (!sig)
		must(w, !w_members_left(w));
	else
		must(w, s.left < 6);	/* it was tried */
	cg_close(cg);
}

static void s1_number_reused_before_it_is_held_h6(struct world *w, struct cg_ctx *ctx)
{
	swap_during(w, ctx, FK_PIDFD, SIGTERM);
}

static void s1_number_reused_before_the_signal_h6(struct world *w, struct cg_ctx *ctx)
{
	swap_during(w, ctx, FK_SIGNAL, SIGTERM);
}

static void k3_number_reused_before_it_is_held_h6(struct world *w, struct cg_ctx *ctx)
{
	swap_during(w, ctx, FK_PIDFD, 0);
}

static void k3_number_reused_before_the_kill_h6(struct world *w, struct cg_ctx *ctx)
{
	swap_during(w, ctx, FK_SIGNAL, 0);
}

static void s1_one_member_whose_number_is_reused_h6(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP), *c = w_add(w, a, K_SLEEP);
	struct swap s = { .when = FK_SIGNAL, .left = 1 };
	struct cg_ref rb, rc;

	want(ctx, 0, cg_ref_get(ctx, w_pid(b), &rb));
	want(ctx, 0, cg_ref_get(ctx, w_pid(c), &rc));
	fk_recycle(w_fake(w), proc_of(w, b));
	want(ctx, -ESRCH, cg_ref_alive(ctx, &rb));
	want(ctx, -ESRCH, cg_ref_check(cg, &rb));
	want(ctx, -ESRCH, cg_signal_one(cg, &rb, SIGTERM));
	hook(w, swap_hook, &s);
	want(ctx, -ESRCH, cg_signal_one(cg, &rc, SIGTERM));
	hook(w, NULL, NULL);
	cg_close(cg);
}

struct reuse {
	unsigned at, n;
	struct fk_proc *p;
};

static void reuse_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct reuse *r = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++r->n == r->at)
		fk_recycle(k, r->p);
}

/* A reference is to the process that had the number or to the one that has it, not to a mixture. */
static void s1_number_reused_while_a_reference_is_made_h6(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg);
	unsigned refused = 0;

	for (unsigned at = 1; at < 8; at++) {
		struct who *b = w_add(w, a, K_SLEEP);
		struct reuse r = { .at = at, .p = proc_of(w, b) };
		struct cg_ref before, ref;
		int rc;

		want(ctx, 0, cg_ref_get(ctx, w_pid(b), &before));
		hook(w, reuse_hook, &r);
		rc = cg_ref_get(ctx, w_pid(b), &ref);
		hook(w, NULL, NULL);
		refused += rc < 0;
		must(w, rc < 0 || (ref.start == before.start && ref.inode == before.inode) ||
		     cg_ref_alive(ctx, &ref) == 0);
	}
	must(w, refused > 0);
	cg_close(cg);
}

struct when {
	unsigned at, n;
	pid_t pid;
};

static void swap_at_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct when *s = data;
	struct fk_proc *p = fk_find(k, s->pid);

	(void)name;
	(void)num;
	if (++s->n >= s->at && verb != FK_SIGNAL && p && p->tag)
		fk_recycle(k, p);
}

/* Without pidfds: at every moment but the one between the last look and the signal. */
static void s1_number_reused_before_the_last_look_h6(struct world *w, struct cg_ctx *ctx)
{
	for (unsigned at = 1; at < 60; at++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
		struct when s = { .at = at, .pid = w_pid(b) };

		hook(w, swap_at_hook, &s);
		must(w, cg_signal(cg, SIGTERM, 0, MS) >= 0);
		hook(w, NULL, NULL);
		if (w_strangers(w))
			fail_msg("before verb %u: %s", at, w_strangers(w));
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		w_forget(w);
	}
}

/* The new owner of the number is a member as well, started within the same clock tick. */
static void s1_a_reused_number_that_is_a_member_again_h6(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_ref ref;
	struct fk_proc *p;

	want(ctx, 0, cg_ref_get(ctx, w_pid(b), &ref));
	p = fk_recycle(w_fake(w), proc_of(w, b));
	for (unsigned i = 0; i < w_fake(w)->nh; i++)
		fk_cg_put(proc_of(w, a)->cg[i], p);
	p->tag = 1;
	p->uid = w_fake(w)->me->uid;
	p->start = ref.start;
	if (!w_fake(w)->no_pidfs) {
		want(ctx, -ESRCH, cg_signal_one(cg, &ref, SIGTERM));
		want(ctx, -ESRCH, cg_ref_alive(ctx, &ref));
	}
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	must(w, !w_members_left(w));
	cg_close(cg);
}

/* /proc of another PID namespace: its numbers are not ours to use. */
static void s1_proc_of_another_pid_namespace_h5(struct world *w, struct cg_ctx *unused)
{
	struct fk *k = w_fake(w);
	struct cg_ctx *ctx;
	struct cg *cg = NULL;
	struct fk_proc *p;

	(void)unused;
	for (int i = 0; i < 20; i++)
		w_stranger(w);
	fk_unshare(k, k->me, FK_NS_PID);
	k->foreign_proc = true;
	k->me->vpid = 1;
	k->next_vpid = 2;
	ctx = world_ctx(w);
	if (!ctx)
		return;			/* it refuses to work there */
	p = fk_spawn(k, k->me, "m", 1);	/* here its number is that of a stranger there */
	if (!cg_create(ctx, "g", 0, &cg)) {
		for (unsigned i = 0; i < k->nh; i++)
			if (fk_cg(&k->h[i], "/g"))
				fk_cg_put(fk_cg(&k->h[i], "/g"), p);
		(void)cg_signal(cg, SIGTERM, 0, 100);
		(void)cg_kill_all(cg, 300, NULL, 0);
		must(w, !w_strangers(w));
		cg_close(cg);
	}
	cg_ctx_free(ctx);
}

/* ---- members who act meanwhile ---- */

static void nest_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	unsigned *n = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++*n % 9)
		return;
	for (struct fk_proc *p = k->procs; p; p = p->live)
		if (p->tag && fk_alive(p) && !p->frozen1 && !p->frozen2 && *n < 600) {
			struct fk_proc *c = fk_spawn(k, p, "nested", p->tag);

			fk_go_nested(k, c, *n % 27 == 0);
			return;
		}
}

static void k3_members_flee_to_nested_groups_h13(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	unsigned n = 0;

	w_first(w, cg);
	hook(w, nest_hook, &n);
	want(ctx, 0, cg_kill_all(cg, MS, NULL, 0));
	hook(w, NULL, NULL);
	must(w, !w_members_left(w));
	must(w, !w_left_frozen(w));
	want(ctx, 0, cg_delete(cg, 0, MS, NULL, 0));
	must(w, !w_dir_exists(w, "g"));
	cg_close(cg);
}

/* ---- other callers ---- */

struct other {
	struct cg_ctx *ctx;
	struct cg *cg;
	unsigned n, at;
	int verb;
};

static void other_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct other *o = data;

	(void)k;
	(void)verb;
	(void)name;
	(void)num;
	if (++o->n != o->at)
		return;
	if (o->verb == 0)
		(void)cg_kill_all(o->cg, 100, NULL, 0);
	else if (o->verb == 1)
		(void)cg_freeze(o->cg, 100);
	else if (o->verb == 2)
		(void)cg_thaw(o->cg, 100);
	else
		(void)cg_delete(o->cg, 0, 100, NULL, 0);
}

static void k3_another_caller_meanwhile(struct world *w, struct cg_ctx *ctx)
{
	struct cg_ctx *next = world_ctx(w);

	for (int verb = 0; verb < 4; verb++)
		for (unsigned at = 1; at < 200; at += 7) {
			struct cg *cg = a_group(ctx, "g");
			struct other o = { .ctx = next, .at = at, .verb = verb };
			char text[8192];

			w_first(w, cg);
			must(w, cg_save(cg, text, sizeof(text)) > 0);
			want(next, 0, cg_restore(next, text, 0, &o.cg));
			hook(w, other_hook, &o);
			must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
			hook(w, NULL, NULL);
			must(w, !w_members_left(w));
			must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
			must(w, !w_dir_exists(w, "g"));
			must(w, !w_left_frozen(w));
			cg_close(o.cg);
			cg_close(cg);
			w_forget(w);
		}
	cg_ctx_free(next);
}

static void gone_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct other *o = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++o->n != o->at)
		return;
	for (struct fk_proc *p = k->procs; p; p = p->live)
		if (p->tag)
			fk_exit(k, p);
	for (struct fk_cg *cg = k->cgs; cg; cg = cg->live)
		if (!strcmp(cg->name, "g") || !strcmp(cg->name, "in"))
			fk_cg_rmdir(cg);
}

static int some_verb(struct cg *cg, int verb)
{
	pid_t *pid;
	size_t n;
	int rc;

	switch (verb) {
	case 0:
		return cg_kill_all(cg, MS, NULL, 0);
	case 1:
		return cg_delete(cg, 0, MS, NULL, 0);
	case 2:
		return cg_signal(cg, SIGTERM, 0, MS);
	case 3:
		rc = cg_freeze(cg, MS);
		return rc == -EOPNOTSUPP ? 0 : rc;
	case 4:
		return cg_thaw(cg, MS);
	default:
		rc = cg_procs(cg, 0, &pid, &n, NULL);
		if (rc >= 0)
			free(pid);
		return rc;
	}
}

/* It ends and somebody removes it, at every moment of every operation (H24). */
static void h24_it_goes_while_we_look(struct world *w, struct cg_ctx *ctx)
{
	for (int verb = 0; verb < 6; verb++)
		for (unsigned at = 1; at < 90; at++) {
			struct cg *cg = a_group(ctx, "g");
			struct other o = { .at = at };
			unsigned state;
			int rc;

			w_first(w, cg);
			w_dir_make(w, "g/in");
			w_fake(w)->gone_errno = at % 2 ? -ENOENT : -ENODEV;
			hook(w, gone_hook, &o);
			rc = some_verb(cg, verb);
			hook(w, NULL, NULL);
			if (rc < 0)
				fail_msg("operation %d, gone at %u: %d, %s", verb, at, rc,
					 cg_errmsg(ctx));
			must(w, cg_thaw(cg, MS) >= 0);
			want(ctx, 0, cg_state(cg, &state));
			must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
			must(w, !w_dir_exists(w, "g"));
			cg_close(cg);
			w_forget(w);
		}
}

/* A member ends at every moment of a signal: the others get theirs, once. */
static void end_hook(struct fk *k, void *data, enum fk_verb verb, const char *name, pid_t num)
{
	struct other *o = data;

	(void)verb;
	(void)name;
	(void)num;
	if (++o->n != o->at)
		return;
	for (struct fk_proc *p = k->procs; p; p = p->live)
		if (!strcmp(p->comm, "child") && fk_alive(p)) {
			fk_exit(k, p);
			return;
		}
}

static void s2_a_member_ends_while_we_signal(struct world *w, struct cg_ctx *ctx)
{
	for (unsigned at = 1; at < 80; at++) {
		struct cg *cg = a_group(ctx, "g");
		struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
		struct who *c = w_add(w, a, K_SLEEP);
		struct other o = { .at = at };

		hook(w, end_hook, &o);
		must(w, cg_signal(cg, SIGUSR1, 0, MS) >= 0);
		hook(w, NULL, NULL);
		assert_int_equal(w_got(w, a, SIGUSR1), 1);
		must(w, w_got(w, b, SIGUSR1) <= 1 && w_got(w, c, SIGUSR1) <= 1);
		must(w, w_got(w, b, SIGUSR1) + w_got(w, c, SIGUSR1) >= 1);
		must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
		cg_close(cg);
		w_forget(w);
	}
}

/* The number of a pidfd's process is somebody else's at any moment of the call. */
static void s1_the_number_of_a_pidfd_is_reused_h6(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	unsigned refused = 0;
	pid_t *pid;
	size_t n;

	w_first(w, cg);
	for (unsigned i = 0; i < 38; i++) {
		struct who *b = w_spawn(w);
		struct reuse r = { .at = 1 + i / 2, .p = proc_of(w, b) };
		int fd = w_pidfd(w, b), rc;

		hook(w, reuse_hook, &r);
		rc = i % 2 ? cg_attach_pidfd(cg, fd) : cg_identify_pidfd(cg, fd, 0);
		hook(w, NULL, NULL);
		w_pidfd_close(w, fd);
		must(w, rc == 0 || rc == -ESRCH);
		if (rc)
			refused++;
		want_done(w, ctx, cg_procs(cg, 0, &pid, &n, NULL));
		for (size_t k = 0; k < n; k++)
			must(w, fk_find(w_fake(w), pid[k])->tag);
		free(pid);
	}
	assert_true(refused > 0);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(s1_number_reused_before_it_is_held_h6, 0),
		CT(s1_number_reused_before_the_signal_h6, W_PIDFD),
		CT(k3_number_reused_before_it_is_held_h6, 0),
		CT(k3_number_reused_before_the_kill_h6, W_PIDFD),
		CT(s1_one_member_whose_number_is_reused_h6, W_PIDFD),
		CT(s1_number_reused_while_a_reference_is_made_h6, W_PIDFD),
		CTX(s1_the_number_of_a_pidfd_is_reused_h6, W_GROUPS | W_PIDFD, 0, W_SCOPE),
		CT(s1_a_reused_number_that_is_a_member_again_h6, W_GROUPS | W_PIDFD),
		CTX(s1_number_reused_before_the_last_look_h6, 0, 0, W_PIDFD),
		CT(s1_proc_of_another_pid_namespace_h5, W_ROOT),
		CT(k3_members_flee_to_nested_groups_h13, W_GROUPS),
		CT(k3_another_caller_meanwhile, W_GROUPS),
		CT(h24_it_goes_while_we_look, W_GROUPS),
		CT(s2_a_member_ends_while_we_signal, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
