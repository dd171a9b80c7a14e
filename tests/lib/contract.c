/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs each contract test on each stack that it applies to. */
#include "contract.h"

struct item {
	const struct contract_test *test;
	const struct stack *stack;
	struct world *w;
	char name[128];
};

struct run {
	const struct contract_test *tests;
	size_t n;
	const struct stack *stack;
};

static const struct {
	unsigned trait;
	const char *what;
} traits[] = {
	{ W_GROUPS, "a cgroup of its own" }, { W_PROC, "no cgroup" }, { W_SURE, "sure membership" },
	{ W_FREEZE, "a freezer" }, { W_STOPS, "SIGSTOP for a freezer" }, { W_V2, "cgroup v2" },
	{ W_V1, "cgroup v1" }, { W_FREEZER, "the v1 freezer" }, { W_KILLFILE, "cgroup.kill" },
	{ W_PIDFD, "pidfds" }, { W_ROOT, "root" }, { W_FAKE, "the fake kernel" },
	{ W_REAL, "the real kernel" }, { W_PIDNS, "a PID namespace of its own" },
	{ W_BRAKE, "pids.max" }, { W_SCOPE, "a scope of systemd" },
	{ W_ANCHOR, "unique namespace numbers" },
	{ W_HELD, "a namespace that can end" },
};

int want_(struct cg_ctx *ctx, int rc, int code, const char *expr, const char *file, int line)
{
	if (rc != code) {
		print_error("%s is %d (%s), not %d (%s): %s\n", expr, rc, strerror(-rc), code,
			    strerror(-code), ctx ? cg_errmsg(ctx) : "");
		_fail(file, line);
	}
	if (rc < 0 && ctx && !*cg_errmsg(ctx)) {
		print_error("%s fails with %d and says nothing\n", expr, rc);
		_fail(file, line);
	}
	return rc;
}

int want_sure_(struct world *w, struct cg_ctx *ctx, int rc, bool sure, const char *expr,
	       const char *file, int line)
{
	if (has(w, W_ANCHOR) && (rc == 0 || rc == CG_WEAK))
		return rc;
	return want_(ctx, rc, sure ? 0 : CG_WEAK, expr, file, line);
}

void must_(struct world *w, bool cond, const char *text, const char *file, int line)
{
	(void)w;
	if (cond)
		return;
	print_error("not so: %s\n", text);
	_fail(file, line);
}

struct cg *a_group(struct cg_ctx *ctx, const char *path)
{
	struct cg *cg = NULL;

	want(ctx, 0, cg_create(ctx, path, 0, &cg));
	return cg;
}

struct cg_ctx *world_ctx(struct world *w)
{
	struct cg_ctx *ctx = NULL;

	return world_ctx_try(w, &ctx) ? NULL : ctx;
}

const char *w_dir_read(struct world *w, const char *path, const char *file)
{
	char *text = w_dir_read_all(w, path, file);

	text[strcspn(text, "\n")] = '\0';
	return text;
}

bool goes_on(struct world *w)
{
	unsigned long before = w_progress(w);
	uint64_t end = w_now_ms(w) + MS;

	while (w_progress(w) == before && w_now_ms(w) < end)
		w_wait_ms(w, 1);
	return w_progress(w) != before;
}

/* The first trait that is missing, or too much; NULL: it applies. */
static const char *not_for(const struct contract_test *t, const struct stack *s)
{
	static char text[128];
	unsigned missing = t->need & ~s->traits, never = t->never & s->traits;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(traits) / sizeof(traits[0]); i++) {
		if (missing & traits[i].trait)
			snprintf(text, sizeof(text), "needs %s", traits[i].what);
		else if (never & traits[i].trait)
			snprintf(text, sizeof(text), "is about hosts without %s", traits[i].what);
	}
	if (!*text && t->any && !(t->any & s->traits))
		snprintf(text, sizeof(text), "is about another kind of host");
	return *text ? text : NULL;
}

static int set_up(void **state)
{
	struct item *it = *state;
	const char *why = NULL;

	it->w = world_start(it->stack, &why);
	if (!it->w && why)
		print_message("# skip: %s\n", why);
	return it->w || why ? 0 : -1;
}

static int tear_down(void **state)
{
	struct item *it = *state;

	if (it->w)
		world_stop(it->w);
	it->w = NULL;
	return 0;
}

static void run_one(void **state)
{
	struct item *it = *state;
	struct cg_ctx *ctx;
	const char *hit;
	unsigned fds;

	if (!it->w)
		skip();
	fds = w_open_fds(it->w);
	ctx = world_ctx(it->w);
	assert_non_null(ctx);
	if (it->stack->expect)
		assert_string_equal(cg_ctx_driver_name(ctx), it->stack->expect);
	it->test->fn(it->w, ctx);
	cg_ctx_free(ctx);
	hit = w_strangers(it->w);
	if (hit)
		fail_msg("%s", hit);
	must(it->w, !w_left_frozen(it->w));
	assert_int_equal(w_open_fds(it->w), fds);
}

static int run_stack(void *data)
{
	struct run *r = data;
	struct CMUnitTest *cases = calloc(r->n + 1, sizeof(*cases));
	struct item *items = calloc(r->n + 1, sizeof(*items));
	size_t n = 0;
	int rc;

	if (!cases || !items)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		const char *why = not_for(&r->tests[i], r->stack);

		if (why) {
			printf("# n/a: %s [%s] %s\n", r->tests[i].name, r->stack->name, why);
			continue;
		}
		items[n].test = &r->tests[i];
		items[n].stack = r->stack;
		snprintf(items[n].name, sizeof(items[n].name), "%s [%s]", r->tests[i].name,
			 r->stack->name);
		cases[n] =
			(struct CMUnitTest){ items[n].name, run_one, set_up, tear_down, &items[n] };
		n++;
	}
	fflush(stdout);
	rc = n ? _cmocka_run_group_tests(r->stack->name, cases, n, NULL, NULL) : 0;
	fflush(stdout);
	free(cases);
	free(items);
	return rc;
}

int contract_main(const struct contract_test *tests, size_t n)
{
	const char *only = getenv("CG_STACK");
	int failed = 0;

	for (const struct stack *s = world_stacks; s->name; s++) {
		struct run r = { tests, n, s };

		if (!only || !strcmp(only, s->name))
			failed |= world_run(s, run_stack, &r);
	}
	return failed != 0;
}

const struct stack *world_named(const char *name)
{
	for (const struct stack *s = world_stacks; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	fail_msg("no stack %s", name);
	return NULL;
}
