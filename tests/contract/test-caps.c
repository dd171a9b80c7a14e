/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities: C1, C2. What is claimed is tried. */
#include "contract.h"

static void c1_every_entry_is_complete(struct world *w, struct cg_ctx *ctx)
{
	struct cg_cap cap[CG_NOPS];

	want(ctx, CG_NOPS, cg_caps(ctx, NULL, world_stack(w)->ids, cap, CG_NOPS));
	for (unsigned i = 0; i < CG_NOPS; i++) {
		assert_int_equal(cap[i].op, i);
		must(w, cap[i].level <= CG_FULL);
		must(w, cap[i].mechanism && cap[i].reason && cap[i].remedy);
		must(w, !*cap[i].mechanism == (cap[i].level == CG_NONE));
		must(w, !*cap[i].reason == (cap[i].level == CG_FULL));
		must(w, cg_op_name(i) && *cg_op_name(i));
	}
	for (unsigned i = CG_NONE; i <= CG_FULL; i++)
		must(w, cg_level_name(i) && *cg_level_name(i));
	assert_null(cg_op_name(CG_NOPS));
	assert_null(cg_level_name(CG_FULL + 1));
	want(ctx, -EINVAL, cg_caps(ctx, NULL, 1U << 30, cap, CG_NOPS));
	/* Fewer entries than there are. */
	memset(cap, 0xee, sizeof(cap));
	want(ctx, CG_NOPS, cg_caps(ctx, NULL, 0, cap, 2));
	assert_int_equal(cap[1].op, 1);
	assert_int_equal(cap[2].op, 0xeeeeeeee);
	want(ctx, CG_NOPS, cg_caps(ctx, NULL, 0, NULL, 0));
}

/* What is said of groups to be made is what is said of the group once it is there. */
static void c1_before_is_as_after(struct world *w, struct cg_ctx *ctx)
{
	struct cg_cap before[CG_NOPS], after[CG_NOPS];
	unsigned level[CG_NOPS];
	struct cg *cg;

	want(ctx, CG_NOPS, cg_caps(ctx, NULL, world_stack(w)->ids, before, CG_NOPS));
	for (int i = 0; i < CG_NOPS; i++)
		level[i] = before[i].level;
	cg = a_group(ctx, "g");
	w_first(w, cg);
	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, after, CG_NOPS));
	for (int i = 0; i < CG_NOPS; i++) {
		if (level[i] != after[i].level)
			print_error("%s: %u before, %u after\n", cg_op_name(i), level[i],
				    after[i].level);
		assert_int_equal(level[i], after[i].level);
	}
	cg_close(cg);
}

/* Full means that the call never says CG_WEAK, none that it refuses. */
static void c2_claims_are_kept(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct cg_cap cap[CG_NOPS];
	unsigned level[CG_NOPS];
	struct who *a = w_first(w, cg);
	pid_t *pid;
	size_t n;
	int rc;

	want(ctx, CG_NOPS, cg_caps(ctx, cg, 0, cap, CG_NOPS));
	for (int i = 0; i < CG_NOPS; i++)
		level[i] = cap[i].level;
	rc = cg_procs(cg, 0, &pid, &n, NULL);
	must(w, rc == (level[CG_OP_PROCS] == CG_FULL ? 0 : CG_WEAK) || has(w, W_ANCHOR));
	free(pid);
	rc = cg_freeze(cg, MS);
	if (!has(w, W_ANCHOR))
		assert_int_equal(rc, level[CG_OP_FREEZE] == CG_NONE ? -EOPNOTSUPP :
				 level[CG_OP_FREEZE] == CG_BEST_EFFORT ? CG_WEAK : 0);
	must(w, rc >= 0);
	must(w, cg_thaw(cg, MS) >= 0);
	rc = cg_signal(cg, SIGUSR1, 0, MS);
	must(w, level[CG_OP_SIGNAL] == CG_FULL ? rc == 0 : rc >= 0);
	assert_int_equal(w_got(w, a, SIGUSR1), 1);
	rc = cg_kill_all(cg, MS, NULL, 0);
	/* Without pidfds it is the strangers that are less than safe, not the verdict. */
	if (has(w, W_PIDFD) && !has(w, W_ANCHOR))
		assert_int_equal(rc, level[CG_OP_KILL] == CG_FULL ? 0 : CG_WEAK);
	must(w, rc >= 0);
	must(w, !w_members_left(w));
	must(w, (cg_fd(cg) >= 0) == (level[CG_OP_CLONE] == CG_FULL));
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(cg);
}

static void c1_levels_are_what_the_stack_is(struct world *w, struct cg_ctx *ctx)
{
	struct cg_cap cap[CG_NOPS];
	bool sure = has(w, W_SURE);

	want(ctx, CG_NOPS, cg_caps(ctx, NULL, world_stack(w)->ids, cap, CG_NOPS));
	assert_int_equal(cap[CG_OP_PROCS].level, sure ? CG_FULL : CG_BEST_EFFORT);
	assert_int_equal(cap[CG_OP_FREEZE].level, has(w, W_FREEZE) ? CG_FULL :
			 sure ? CG_EMULATED : CG_BEST_EFFORT);
	if (!has(w, W_SCOPE))
		assert_int_equal(cap[CG_OP_CLONE].level, has(w, W_V2) ? CG_FULL : CG_NONE);
	if (has(w, W_V1) && !has(w, W_V2) && !has(w, W_SCOPE))
		must(w, !strncmp(cap[CG_OP_ATTACH].mechanism, "v1 ", 3));
	/* Without pidfds killing by rounds could hit a reused number: not full. */
	if (has(w, W_PIDFD) || has(w, W_KILLFILE))
		assert_int_equal(cap[CG_OP_KILL].level, sure || has(w, W_PIDNS) ? CG_FULL :
				 CG_BEST_EFFORT);
	if (cap[CG_OP_KILL].level < CG_FULL) {
		must(w, strlen(cap[CG_OP_KILL].reason) > 20);
		must(w, *cap[CG_OP_KILL].remedy);
	}
	if (has(w, W_ANCHOR))
		must(w, strstr(cap[CG_OP_KILL].remedy, "6.18"));
	else if (has(w, W_PROC) && !sure && !has(w, W_PIDNS))
		must(w, strstr(cap[CG_OP_KILL].remedy, "userns"));
}

static int take(void *data, const char *key, const char *value)
{
	char *out = data;
	size_t len = strlen(out);

	snprintf(out + len, 8192 - len, "%s=%s\n", key, value);
	return 0;
}

static int stop_at_once(void *data, const char *key, const char *value)
{
	(void)key;
	(void)value;
	++*(int *)data;
	return 42;
}

static void c1_the_host_is_described(struct world *w, struct cg_ctx *ctx)
{
	char text[8192] = "";
	int calls = 0;

	want(ctx, 0, cg_info(ctx, take, text));
	must(w, strstr(text, "mode="));
	must(w, strstr(text, has(w, W_PIDFD) ? "kernel.pidfd=yes" : "kernel.pidfd=no"));
	must(w, strstr(text, "kernel.openat2="));
	if (has(w, W_GROUPS))
		must(w, strstr(text, "\ntree="));
	if (has(w, W_V2))
		must(w, strstr(text, has(w, W_KILLFILE) ? "kernel.cgroup_kill=yes" :
			       "kernel.cgroup_kill=no"));
	assert_int_equal(cg_info(ctx, stop_at_once, &calls), 42);
	assert_int_equal(calls, 1);
}

static void count_lines(void *data, const char *line)
{
	must_(NULL, *line && !strchr(line, '\n'), line, __FILE__, __LINE__);
	++*(unsigned *)data;
}

static void keep_kill(void *data, const char *line)
{
	if (!strncmp(line, "kill ", 5))
		snprintf(data, 256, "%s", line);
}

static void e4_a_trace_for_debugging(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char text[256] = "";
	unsigned n = 0;

	w_first(w, cg);
	cg_ctx_set_log(ctx, keep_kill, text);
	want_killed(w, ctx, cg_kill_all(cg, MS, NULL, 0));
	must(w, strstr(text, ": round ") && strstr(text, " by "));
	cg_close(cg);
	cg = NULL;
	cg_ctx_set_log(ctx, count_lines, &n);
	must(w, cg_create(ctx, "..", 0, &cg) < 0);
	must(w, n > 0);
	cg_ctx_set_log(ctx, NULL, NULL);
	n = 0;
	must(w, cg_create(ctx, "..", 0, &cg) < 0);
	assert_int_equal(n, 0);
	assert_string_equal(cg_errmsg(NULL), "no error");
}

static void e1_drivers_by_name(struct world *w, struct cg_ctx *ctx)
{
	struct cg_ctx *mine = world_ctx(w);
	struct cg *cg = NULL;

	want(mine, -EINVAL, cg_ctx_set_driver(mine, "nosuch"));
	want(mine, -EINVAL, cg_ctx_set_driver(mine, "v2,,v1"));
	want(mine, -EINVAL, cg_ctx_set_driver(mine, ""));
	want(mine, 0, cg_ctx_set_driver(mine, "proc"));
	assert_string_equal(cg_ctx_driver_name(mine), "proc");
	want(mine, 0, cg_create(mine, "g", 0, &cg));
	assert_string_equal(cg_driver_name(cg), "proc");
	must(w, cg_ctx_set_driver(mine, "proc") < 0);	/* groups are open */
	cg_close(cg);
	cg_ctx_free(mine);
	must(w, *cg_version() >= '0' && *cg_version() <= '9');
	(void)ctx;
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(c1_every_entry_is_complete, 0),
		CT(c1_before_is_as_after, 0),
		CT(c1_levels_are_what_the_stack_is, 0),
		CT(c1_the_host_is_described, 0),
		CT(c2_claims_are_kept, 0),
		CT(e1_drivers_by_name, 0),
		CT(e4_a_trace_for_debugging, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
