/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every operation, once for each kernel verb that it needs and each error that this
 * verb may have, until there is no verb left to fail. Whatever fails: a documented code
 * and a sentence, no descriptor left open, nobody outside touched, nothing left frozen,
 * created all or nothing, and the next try succeeds.
 */
#include "contract.h"
#include "fake/fault.h"
#include "fake/kernel.h"

static const int errors[] = {
	-EPERM, -ENOENT, -EINTR, -ENOMEM, -ESRCH, -EIO, -EBUSY, -ENODEV, -EACCES, -EMFILE,
};

/* cg_errors(7) */
static bool documented(int rc)
{
	static const int codes[] = {
		-EINVAL, -ENOENT, -EEXIST, -ESRCH, -EBUSY, -EPERM, -EDEADLK, -ETIMEDOUT, -ESTALE,
		-EOPNOTSUPP, -ERANGE, -ENODEV, -ENOMEM, -EIO, -EMFILE, -ENOSPC,
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (rc == codes[i])
			return true;
	return rc >= 0;
}

/*
 * "It is gone": true of what a kernel says so of, a lie here. What follows from the lie is
 * not libcg's fault; no crash, no leak, nobody else hit is all that can be asked.
 */
static bool says_gone(int err)
{
	return err == -ENOENT || err == -ENODEV || err == -ESRCH;
}

/* One run: a world, a group with members in it, and the verb that fails. */
struct run {
	struct world *w;
	struct fault f;
	struct cg_ctx *ctx;
	struct cg *cg;
	struct who *a, *b, *out;
	char text[8192];
	char what[256];
};

static unsigned failures;

/* Goes on after a failure: the next verb may tell more. */
#define check(r, cond)	check_(r, cond, #cond, __LINE__)
static void check_(struct run *r, bool cond, const char *text, int line)
{
	if (cond || failures++ > 4000)
		return;
	print_error("%s (%s %s): line %d: not so: %s; %s\n", r->what, r->f.verb ? r->f.verb : "",
		    r->f.name, line, text, r->ctx ? cg_errmsg(r->ctx) : "");
}

struct scenario {
	const char *name;
	bool empty;			/* no members needed */
	int (*op)(struct run *r);
	void (*after)(struct run *r, int rc);	/* with the fault off */
};

static int op_create(struct run *r)
{
	struct cg *cg = NULL;
	int rc = cg_create(r->ctx, "new", 0, &cg);

	cg_close(cg);
	return rc;
}

static int op_create_parents(struct run *r)
{
	struct cg *cg = NULL;
	int rc = cg_create(r->ctx, "new/p/q", CG_PARENTS, &cg);

	cg_close(cg);
	return rc;
}

static void after_create(struct run *r, int rc)
{
	struct cg *cg = NULL;

	check(r, rc == 0 || !w_dir_exists(r->w, "new"));
	if (rc == 0)
		return;
	check(r, cg_create(r->ctx, "new", 0, &cg) == 0);
	if (!cg)
		return;
	check(r, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	check(r, !w_dir_exists(r->w, "new"));
	cg_close(cg);
}

static int op_attach(struct run *r)
{
	return cg_attach(r->cg, w_pid(r->b));
}

static void after_attach(struct run *r, int rc)
{
	struct fk *k = w_fake(r->w);
	struct fk_proc *p = fk_find(k, w_pid(r->b));
	unsigned in = 0, could = 0;

	for (unsigned i = 0; i < k->nh; i++) {
		in += p->cg[i] != k->me->cg[i];
		could += !!fk_cg(&k->h[i], "/g");
	}
	check(r, rc == 0 ? in == could : in == 0);
	check(r, cg_attach(r->cg, w_pid(r->b)) == 0);
}

static int op_procs(struct run *r)
{
	pid_t *pid = NULL;
	size_t n;
	int rc = cg_procs(r->cg, 0, &pid, &n, NULL);

	/* A list that is called complete is. EACCES from a namespace: nobody below us (proc). */
	if (!says_gone(r->f.err) && r->f.err != -EACCES && r->f.err != -EPERM)
		check(r, rc != 0 || n == 2);
	free(pid);
	return rc;
}

static int op_state(struct run *r)
{
	unsigned state = 0;
	int rc = cg_state(r->cg, &state);

	check(r, rc < 0 || !(state & (CG_EMPTY | CG_GONE)) || says_gone(r->f.err));
	return rc;
}

static int op_freeze(struct run *r)
{
	return cg_freeze(r->cg, 300);
}

static void after_freeze(struct run *r, int rc)
{
	unsigned long before;

	check(r, rc >= 0 || !w_left_frozen(r->w));
	if (rc >= 0) {
		before = w_progress(r->w);
		w_wait_ms(r->w, 5);
		check(r, w_progress(r->w) == before);
	}
	for (struct fk_proc *p = w_fake(r->w)->procs; p && rc < 0; p = p->live)
		check(r, p->tag != 1 || p->reaped || !p->stopped);
}

static int op_thaw(struct run *r)
{
	return cg_thaw(r->cg, 300);
}

static void before_thaw(struct run *r)
{
	check(r, cg_freeze(r->cg, MS) >= 0);
}

static void after_thaw(struct run *r, int rc)
{
	check(r, rc < 0 || !w_left_frozen(r->w));
	check(r, cg_thaw(r->cg, MS) >= 0);
	check(r, !w_left_frozen(r->w));
}

static int op_signal(struct run *r)
{
	return cg_signal(r->cg, SIGUSR1, 0, 300);
}

static void after_signal(struct run *r, int rc)
{
	unsigned a = w_got(r->w, r->a, SIGUSR1), b = w_got(r->w, r->b, SIGUSR1);

	check(r, !w_left_frozen(r->w));
	check(r, a <= 1 && b <= 1);
	check(r, rc != 0 || (a == 1 && b == 1));
}

static int op_kill(struct run *r)
{
	struct cg_report rep;

	return cg_kill_all(r->cg, 400, &rep, sizeof(rep));
}

/*
 * One call to the kernel failed, once: the next attempt does it. A lack of descriptors or of
 * memory may be an error, and so may it be not to know whether the caller is a member.
 */
static bool no_excuse(const struct run *r)
{
	return world_stack(r->w)->traits & W_GROUPS && r->f.err != -EMFILE &&
	       r->f.err != -ENOMEM && !strstr(r->f.name, "self");
}

static void after_kill(struct run *r, int rc)
{
	check(r, !w_left_frozen(r->w));
	check(r, !no_excuse(r) || !w_members_left(r->w));
	check(r, rc != 0 || !w_members_left(r->w));
	check(r, cg_kill_all(r->cg, MS, NULL, 0) >= 0);
	check(r, !w_members_left(r->w));
}

static int op_delete(struct run *r)
{
	return cg_delete(r->cg, 0, 400, NULL, 0);
}

static void after_delete(struct run *r, int rc)
{
	check(r, !w_left_frozen(r->w));
	check(r, rc != 0 || (!w_members_left(r->w) && !w_dir_exists(r->w, "g")));
}

static int op_restore(struct run *r)
{
	struct cg *again = NULL;
	int rc = cg_restore(r->ctx, r->text, 0, &again);

	cg_close(again);
	return rc;
}

static void after_restore(struct run *r, int rc)
{
	struct cg *again = NULL;

	(void)rc;
	check(r, cg_restore(r->ctx, r->text, 0, &again) == 0);
	cg_close(again);
}

static int op_save(struct run *r)
{
	return cg_save(r->cg, r->text, sizeof(r->text)) < 0 ? -EIO : 0;
}

static int op_open(struct run *r)
{
	struct cg *again = NULL;
	int rc = cg_open(r->ctx, "g", CG_ADOPT, &again);

	cg_close(again);
	return rc < 0 && !(world_stack(r->w)->traits & W_GROUPS) ? 0 : rc;
}

static int op_open_pid(struct run *r)
{
	struct cg *again = NULL;
	int rc = cg_open_pid(r->ctx, w_pid(r->a), 0, &again);

	cg_close(again);
	return (rc == -ENODEV || rc == -ENOENT) && world_stack(r->w)->traits & W_PROC ? 0 : rc;
}

static int op_ctx(struct run *r)
{
	struct cg_ctx *ctx = world_ctx(r->w);

	cg_ctx_free(ctx);
	return 0;
}

static int op_identify(struct run *r)
{
	return cg_identify(r->cg, w_pid(r->b), 0);
}

static int op_caps(struct run *r)
{
	struct cg_cap cap[CG_NOPS];

	check(r, cg_caps(r->ctx, r->cg, 0, cap, CG_NOPS) == CG_NOPS);
	check(r, cg_caps(r->ctx, NULL, 0, cap, CG_NOPS) == CG_NOPS);
	for (int i = 0; i < CG_NOPS; i++)
		check(r, !*cap[i].reason == (cap[i].level == CG_FULL));
	return 0;
}

static int op_ref(struct run *r)
{
	struct cg_ref ref = { 0 };
	int rc = cg_ref_get(r->ctx, w_pid(r->a), &ref);

	if (rc)
		return rc;
	rc = cg_ref_check(r->cg, &ref);
	return rc ? rc : cg_signal_one(r->cg, &ref, SIGUSR2);
}

static int op_set(struct run *r)
{
	char buf[64];
	int rc = cg_set(r->cg, "pids.max", "20");

	rc = rc ? rc : cg_get(r->cg, "pids.max", buf, sizeof(buf));
	return rc == -EOPNOTSUPP ? 0 : rc;
}

static int op_delegate(struct run *r)
{
	int rc = cg_delegate(r->cg, 1000, 1000);

	return rc == -EOPNOTSUPP ? 0 : rc;
}

static int op_wait(struct run *r)
{
	int rc = cg_wait(r->cg, CG_EMPTY, 5);

	return rc == -ETIMEDOUT ? 0 : rc;
}

static int op_watch(struct run *r)
{
	struct cg_watch *watch;
	struct cg_event ev;
	int rc;

	rc = cg_watch_new(r->ctx, 0, &watch);
	if (rc)
		return rc;
	rc = cg_watch_add(watch, r->cg, CG_EMPTY | CG_GONE, NULL);
	rc = rc ? rc : cg_watch_next(watch, &ev, sizeof(ev));
	cg_watch_free(watch);
	return rc == -EAGAIN ? 0 : rc;
}

static const struct scenario scenarios[] = {
	{ "ctx_new", true, op_ctx, NULL },
	{ "create", true, op_create, after_create },
	{ "create with parents", true, op_create_parents, after_create },
	{ "open", false, op_open, NULL },
	{ "open_pid", false, op_open_pid, NULL },
	{ "attach", true, op_attach, after_attach },
	{ "identify", false, op_identify, NULL },
	{ "procs", false, op_procs, NULL },
	{ "*procs with a leaderless one", false, op_procs, NULL },
	{ "*kill_all with a leaderless one", false, op_kill, after_kill },
	{ "state", false, op_state, NULL },
	{ "wait", false, op_wait, NULL },
	{ "watch", false, op_watch, NULL },
	{ "ref", false, op_ref, NULL },
	{ "freeze", false, op_freeze, after_freeze },
	{ "thaw", false, op_thaw, after_thaw },
	{ "signal", false, op_signal, after_signal },
	{ "kill_all", false, op_kill, after_kill },
	{ "delete", false, op_delete, after_delete },
	{ "save", false, op_save, NULL },
	{ "restore", false, op_restore, after_restore },
	{ "caps", false, op_caps, NULL },
	{ "set and get", false, op_set, NULL },
	{ "delegate", false, op_delegate, NULL },
};

static void time_passes(void *k)
{
	((struct fk *)k)->usec += 50;
}

static void set_up(struct run *r, const struct scenario *s, const struct stack *stack)
{
	const char *why;

	r->w = world_start(stack, &why);
	r->f = (struct fault){ .sys = &fk_sys, .k = w_fake(r->w), .takes = time_passes };
	w_wrap(r->w, &fault_sys, &r->f);
	r->ctx = world_ctx(r->w);
	check(r, r->ctx);
	r->out = w_stranger(r->w);
	check(r, cg_create(r->ctx, "g", 0, &r->cg) == 0);
	if (s->empty) {
		r->b = w_spawn(r->w);
	} else {
		r->a = w_first(r->w, r->cg);
		r->b = w_add(r->w, r->a, s->name[0] == '*' ? K_LEADERLESS : K_SLEEP);
	}
	check(r, cg_save(r->cg, r->text, sizeof(r->text)) > 0);
	if (s->op == op_thaw)
		before_thaw(r);
}

static void tear_down(struct run *r, bool honest)
{
	const char *hit;

	/* What did not work works now. */
	if (honest) {
		check(r, cg_delete(r->cg, 0, MS, NULL, 0) >= 0);
		check(r, !w_dir_exists(r->w, "g"));
		check(r, !w_left_frozen(r->w));
	}
	cg_close(r->cg);
	cg_ctx_free(r->ctx);
	r->ctx = NULL;
	hit = w_strangers(r->w);
	if (hit)
		print_error("%s\n", hit);
	check(r, !hit);
	check(r, w_open_fds(r->w) == 0);
	world_stop(r->w);
}

/* From the n-th on every verb fails: no miracles, but no lies either. */
static bool for_good(const struct stack *stack, const struct scenario *s, unsigned n, int err)
{
	struct run r = { .what = "" };
	unsigned fds;
	bool fired;
	int rc;

	set_up(&r, s, stack);
	fds = w_open_fds(r.w);
	r.f.n = n;
	r.f.last = 0xffffffff;
	r.f.err = err;
	r.f.count = 0;
	snprintf(r.what, sizeof(r.what), "%s [%s], from verb %u all fail with %d", s->name,
		 stack->name, n, err);
	rc = s->op(&r);
	fired = r.f.fired;
	r.f.n = r.f.last = 0;
	check(&r, documented(rc));
	check(&r, rc >= 0 || strcmp(cg_errmsg(r.ctx), "no error"));
	check(&r, w_open_fds(r.w) <= fds + 2);	/* it may hold another place */
	if (s->op == op_kill || s->op == op_delete)
		check(&r, rc < 0 || !w_members_left(r.w));
	tear_down(&r, s->op != op_create && s->op != op_create_parents);
	return fired;
}

/* True: the n-th verb was reached. */
static bool one(const struct stack *stack, const struct scenario *s, unsigned n, int err)
{
	struct run r = { .what = "" };
	unsigned fds;
	bool fired;
	int rc;

	set_up(&r, s, stack);
	fds = w_open_fds(r.w);
	r.f.n = n;
	r.f.err = err;
	r.f.count = 0;
	snprintf(r.what, sizeof(r.what), "%s [%s], verb %u fails with %d", s->name, stack->name, n,
		 err);
	rc = s->op(&r);
	fired = r.f.fired;
	r.f.n = 0;
	snprintf(r.what, sizeof(r.what), "%s [%s], verb %u failed with %d, rc %d", s->name,
		 stack->name, n, err, rc);
	check(&r, documented(rc));
	check(&r, rc >= 0 || strcmp(cg_errmsg(r.ctx), "no error"));
	check(&r, w_open_fds(r.w) <= fds + 2);	/* it may hold another place */
	check(&r, fired || rc >= 0);
	if (s->after && !says_gone(err))
		s->after(&r, rc);
	tear_down(&r, !says_gone(err));
	return fired;
}

static void sweep(const char *name)
{
	const struct stack *stack = world_named(name);
	unsigned runs = 0, n;

	failures = 0;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (!(stack->traits & W_GROUPS) && scenarios[i].op == op_attach)
			continue;	/* nothing is moved anywhere, or systemd moves it */
		for (size_t e = 0; e < sizeof(errors) / sizeof(errors[0]); e++) {
			for (n = 1; one(stack, &scenarios[i], n, errors[e]); n++)
				runs++;
			assert_true(n > 1 || scenarios[i].op == op_save ||
				    scenarios[i].op == op_delegate || scenarios[i].op == op_set ||
				    !(stack->traits & W_GROUPS));
		}
		for (n = 1; for_good(stack, &scenarios[i], n, -EMFILE); n++)
			runs++;
		for (n = 1; for_good(stack, &scenarios[i], n, -EIO); n++)
			runs++;
	}
	printf("# %s: %u failures put in\n", name, runs);
	assert_int_equal(failures, 0);
	assert_true(runs > 500);
}

static void e4_any_verb_fails_on_v2(void **state)
{
	(void)state;
	sweep("v2");
}

static void e4_any_verb_fails_on_v1(void **state)
{
	(void)state;
	sweep("v1-nofreezer");
}

static void e4_any_verb_fails_on_v1_with_its_freezer(void **state)
{
	(void)state;
	sweep("v1-few");
}

static void e4_any_verb_fails_on_hybrid(void **state)
{
	(void)state;
	sweep("hybrid-few");
}

static void e4_any_verb_fails_on_an_old_kernel(void **state)
{
	(void)state;
	sweep("v2-5.2");
}

static void e4_any_verb_fails_with_a_scope_of_systemd(void **state)
{
	(void)state;
	sweep("systemd-session");
}

static void e4_any_verb_fails_on_proc(void **state)
{
	(void)state;
	sweep("proc-userns");
}

static void e4_any_verb_fails_on_proc_with_a_pid_namespace(void **state)
{
	(void)state;
	sweep("proc-pidns");
}

static void e4_any_verb_fails_on_proc_that_is_weak(void **state)
{
	(void)state;
	sweep("proc-weak");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e4_any_verb_fails_on_v2),
		cmocka_unit_test(e4_any_verb_fails_on_v1),
		cmocka_unit_test(e4_any_verb_fails_on_v1_with_its_freezer),
		cmocka_unit_test(e4_any_verb_fails_on_hybrid),
		cmocka_unit_test(e4_any_verb_fails_on_an_old_kernel),
		cmocka_unit_test(e4_any_verb_fails_with_a_scope_of_systemd),
		cmocka_unit_test(e4_any_verb_fails_on_proc),
		cmocka_unit_test(e4_any_verb_fails_on_proc_with_a_pid_namespace),
		cmocka_unit_test(e4_any_verb_fails_on_proc_that_is_weak),
	};

	return cmocka_run_group_tests_name("fault sweep", tests, NULL, NULL);
}
