/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saving and finding again: E3, and S3's "not the same group". */
#include "contract.h"

static void e3_the_same_group_again(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	struct who *a = w_first(w, cg), *b = w_add(w, a, K_SLEEP);
	struct cg_ctx *next;
	char text[8192], twice[8192];
	pid_t *pid;
	size_t n;
	int len;

	len = cg_save(cg, text, sizeof(text));
	must(w, len > 0);
	assert_int_equal(strlen(text), len);
	for (int i = 0; i < len; i++)
		must(w, text[i] == '\n' || (unsigned char)text[i] >= ' ');
	cg_close(cg);

	next = world_ctx(w);
	want(next, 0, cg_restore(next, text, 0, &again));
	assert_string_equal(cg_path(again), "g");
	want_done(w, next, cg_procs(again, 0, &pid, &n, NULL));
	assert_int_equal(n, 2);
	must(w, pid[0] == w_pid(a) || pid[0] == w_pid(b));
	free(pid);
	/* Nothing is lost on the way; what was found since may be added. */
	must(w, cg_save(again, twice, sizeof(twice)) >= len);
	must(w, has(w, W_PROC) || !strcmp(text, twice));
	/* It is adopted. */
	must(w, cg_delete(again, 0, MS, NULL, 0) >= 0);
	must(w, !w_members_left(w));
	must(w, !w_dir_exists(w, "g"));
	cg_close(again);
	cg_ctx_free(next);
	(void)ctx;
}

static void e3_a_small_buffer_is_erange(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char text[8192], small[8192];
	int len;

	w_first(w, cg);
	len = cg_save(cg, text, sizeof(text));
	must(w, len > 0);
	memset(small, 'x', sizeof(small));
	want(ctx, -ERANGE, cg_save(cg, small, 0));
	want(ctx, -ERANGE, cg_save(cg, small, 1));
	want(ctx, -ERANGE, cg_save(cg, small, len));
	assert_int_equal(small[0], 'x');
	want(ctx, len, cg_save(cg, small, len + 1));
	assert_string_equal(text, small);
	cg_close(cg);
}

static void s3_another_group_of_that_name_h18(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	struct who *out = w_stranger(w);
	char text[8192];
	unsigned state;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	assert_int_equal(w_dir_remove(w, "g"), 0);
	w_dir_make(w, "g");
	w_dir_put(w, "g", out);
	want(ctx, -ESTALE, cg_restore(ctx, text, 0, &again));
	assert_null(again);
	/* Leaving that part out, nothing is left to kill. */
	want(ctx, 0, cg_restore(ctx, text, CG_SKIP_REPLACED, &again));
	want(ctx, 0, cg_state(again, &state));
	must(w, state & CG_EMPTY);
	must(w, cg_kill_all(again, MS, NULL, 0) >= 0);
	must(w, cg_delete(again, 0, MS, NULL, 0) >= 0);
	must(w, !w_dead(w, out));
	must(w, w_dir_exists(w, "g"));
	cg_close(again);
	cg_close(cg);
}

static void e3_a_group_that_is_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	char text[8192];
	unsigned state;
	pid_t *pid;
	size_t n;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	cg_close(cg);
	assert_int_equal(w_dir_remove(w, "g"), 0);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	want(ctx, 0, cg_state(again, &state));
	must(w, (state & CG_GONE) && (state & CG_EMPTY));
	want(ctx, 0, cg_procs(again, 0, &pid, &n, NULL));
	assert_int_equal(n, 0);
	free(pid);
	want(ctx, 0, cg_kill_all(again, MS, NULL, 0));
	want(ctx, 0, cg_thaw(again, MS));
	want(ctx, 0, cg_delete(again, 0, MS, NULL, 0));
	cg_close(again);
}

/* A recorded process whose number somebody else has by now. */
static void e3_recorded_processes_are_those_only_h6(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	struct who *a = w_first(w, cg), *out = w_stranger(w);
	char text[8192], forged[8192], num[32], *at;

	want(ctx, 0, cg_identify(cg, w_pid(a), 0));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	/* The text as it would be, had the number been reused: the stranger's number. */
	snprintf(num, sizeof(num), "ref %d ", (int)w_pid(a));
	at = strstr(text, num);
	must(w, at);
	snprintf(forged, sizeof(forged), "%.*sref %d 1%s", (int)(at - text), text, (int)w_pid(out),
		 at + strlen(num) - 1);
	must(w, cg_restore(ctx, forged, 0, &again) == 0 || strstr(cg_errmsg(ctx), "bad line"));
	if (again)
		must(w, cg_kill_all(again, MS, NULL, 0) >= 0);
	must(w, !w_dead(w, out));
	cg_close(again);
	cg_close(cg);
}

static void e3_other_texts_are_refused(struct world *w, struct cg_ctx *ctx)
{
	static const char *const bad[] = {
		"",
		"\n",
		"libcg",
		"libcg 2",
		"libcg 2\n",
		"libcg 1 x\npath g\n",
		"libcg 2 x\nv2 1\n",
		"garbage\nmore garbage\n",
	};
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	char text[8192], cut[8192], more[8300];
	int len;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		want(ctx, -EINVAL, cg_restore(ctx, bad[i], 0, &again));
	len = cg_save(cg, text, sizeof(text));
	must(w, len > 0);
	/* Cut off in the middle of its last line. */
	snprintf(cut, sizeof(cut), "%.*s", len - 2, text);
	want(ctx, -EINVAL, cg_restore(ctx, cut, 0, &again));
	snprintf(more, sizeof(more), "%snosuchdriver 1 2 3\n", text);
	want(ctx, -EINVAL, cg_restore(ctx, more, 0, &again));
	snprintf(more, sizeof(more), "%sproc what 1 2 3\n", text);
	want(ctx, -EINVAL, cg_restore(ctx, more, 0, &again));
	want(ctx, -EINVAL, cg_restore(ctx, text, ~0U, &again));
	assert_null(again);
	cg_close(cg);
}

static void e3_a_saved_path_cannot_lead_away(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	char text[8192], forged[8300], *at;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	/* The directory of the first cgroup line, with ".." in front of it. */
	at = strstr(text, "\nv2 ");
	at = at ? at : strstr(text, "\nv1 ");
	must(w, at);
	at = strstr(at, " /");
	must(w, at);
	snprintf(forged, sizeof(forged), "%.*s /..%s", (int)(at - text), text, at + 1);
	want(ctx, -EINVAL, cg_restore(ctx, forged, 0, &again));
	assert_null(again);
	cg_close(cg);
}

/* After a reboot numbers and inodes mean nothing: everything is gone. */
static void e3_after_a_reboot_all_is_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again = NULL;
	struct who *a = w_first(w, cg);
	char text[8192], other[8192], *id;
	unsigned state;

	must(w, cg_save(cg, text, sizeof(text)) > 0);
	snprintf(other, sizeof(other), "%s", text);
	id = strstr(other, "libcg 2 ");
	must(w, id);
	id[8] = id[8] == 'f' ? '0' : 'f';
	id[9] = id[9] == 'f' ? '0' : 'f';
	want(ctx, 0, cg_restore(ctx, other, 0, &again));
	want(ctx, 0, cg_state(again, &state));
	must(w, (state & CG_GONE) && (state & CG_EMPTY));
	want(ctx, 0, cg_kill_all(again, MS, NULL, 0));
	must(w, !w_dead(w, a));
	cg_close(again);
	cg_close(cg);
}

static void h20_a_second_delete_resumes(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	struct cg_ctx *next = world_ctx(w);
	char text[8192];

	w_first(w, cg);
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	must(w, cg_kill_all(cg, MS, NULL, 0) >= 0);
	/* The first died between kill and rmdir. */
	cg_close(cg);
	want(next, 0, cg_restore(next, text, 0, &again));
	must(w, cg_delete(again, 0, MS, NULL, 0) >= 0);
	must(w, !w_dir_exists(w, "g"));
	cg_close(again);
	want(next, 0, cg_restore(next, text, 0, &again));
	must(w, cg_delete(again, 0, MS, NULL, 0) >= 0);
	cg_close(again);
	cg_ctx_free(next);
	(void)ctx;
}

static void e2_handles_outlive_the_context(struct world *w, struct cg_ctx *ctx)
{
	struct cg_ctx *mine = world_ctx(w);
	struct cg *cg = NULL;

	want(mine, 0, cg_create(mine, "h", 0, &cg));
	cg_ctx_free(mine);
	w_first(w, cg);
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(cg);
	cg_close(NULL);
	cg_ctx_free(NULL);
	(void)ctx;
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e3_the_same_group_again, 0),
		CT(e3_a_small_buffer_is_erange, 0),
		CT(e3_a_group_that_is_gone, W_GROUPS),
		CT(e3_recorded_processes_are_those_only_h6, 0),
		CT(e3_other_texts_are_refused, 0),
		CT(e3_a_saved_path_cannot_lead_away, W_GROUPS),
		CT(e3_after_a_reboot_all_is_gone, 0),
		CT(s3_another_group_of_that_name_h18, W_GROUPS),
		CT(h20_a_second_delete_resumes, 0),
		CT(e2_handles_outlive_the_context, 0),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
