/* SPDX-License-Identifier: GPL-2.0-or-later */
/* E2: nothing of the process is changed, and contexts are independent. */
#include "contract.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

struct global {
	struct sigaction sa[65];
	sigset_t mask;
	char cwd[4096];
	mode_t umask;
	char **env, *first;
	unsigned threads;
};

static unsigned count_threads(void)
{
	char line[256];
	unsigned n = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Threads: %u", &n) == 1)
			break;
	if (f)
		fclose(f);
	return n;
}

static void look(struct global *g)
{
	memset(g, 0, sizeof(*g));
	for (int sig = 1; sig < 65; sig++)
		sigaction(sig, NULL, &g->sa[sig]);
	sigprocmask(SIG_SETMASK, NULL, &g->mask);
	assert_non_null(getcwd(g->cwd, sizeof(g->cwd)));
	g->umask = umask(0);
	umask(g->umask);
	g->env = environ;
	g->first = environ ? environ[0] : NULL;
	g->threads = count_threads();
}

static void everything(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *again;
	struct who *a = w_first(w, cg);
	struct cg_cap cap[CG_NOPS];
	struct cg_report rep;
	char text[8192];
	pid_t *pid;
	size_t n;

	w_add(w, a, K_CHAIN);
	must(w, cg_caps(ctx, cg, 0, cap, CG_NOPS) == CG_NOPS);
	must(w, cg_procs(cg, 0, &pid, &n, NULL) >= 0);
	free(pid);
	must(w, cg_freeze(cg, MS) >= 0);
	must(w, cg_thaw(cg, MS) >= 0);
	must(w, cg_signal(cg, SIGUSR1, 0, MS) >= 0 || has(w, W_STOPS));
	must(w, cg_save(cg, text, sizeof(text)) > 0);
	want(ctx, 0, cg_restore(ctx, text, 0, &again));
	must(w, cg_wait(again, CG_EMPTY, 1) == -ETIMEDOUT);
	must(w, cg_kill_all(again, MS, &rep, sizeof(rep)) >= 0);
	must(w, cg_delete(cg, 0, MS, NULL, 0) >= 0);
	cg_close(again);
	cg_close(cg);
}

static void e2_nothing_of_the_process_changes(struct world *w, struct cg_ctx *ctx)
{
	static struct global before, after;

	look(&before);
	everything(w, ctx);
	look(&after);
	for (int sig = 1; sig < 65; sig++)
		must(w, before.sa[sig].sa_handler == after.sa[sig].sa_handler);
	must(w, !memcmp(&before.mask, &after.mask, sizeof(before.mask)));
	assert_string_equal(before.cwd, after.cwd);
	assert_int_equal(before.umask, after.umask);
	must(w, before.env == after.env && before.first == after.first);
	assert_int_equal(before.threads, after.threads);
}

/* ---- one context for each thread ---- */

struct job {
	const struct stack *stack;
	const char *failed;
};

static const char *live_and_die(const struct stack *s)
{
	const char *why = NULL;
	struct world *w = world_start(s, &why);
	struct cg_ctx *ctx = world_ctx(w);
	struct cg *cg = NULL;
	struct who *a;
	int rc;

	if (!ctx || cg_create(ctx, "g", 0, &cg))
		return "create";
	a = w_first(w, cg);
	w_add(w, a, K_CHAIN);
	rc = cg_signal(cg, SIGUSR1, 0, 100);
	if (rc < 0 && rc != -ETIMEDOUT)
		return "signal";
	if (cg_kill_all(cg, MS, NULL, 0) < 0 || w_members_left(w))
		return "kill";
	if (cg_delete(cg, 0, MS, NULL, 0) < 0 || w_strangers(w))
		return "delete";
	cg_close(cg);
	cg_ctx_free(ctx);
	world_stop(w);
	return NULL;
}

static void *one_thread(void *data)
{
	struct job *j = data;

	for (int i = 0; i < 20 && !j->failed; i++)
		j->failed = live_and_die(j->stack);
	return NULL;
}

static void e2_contexts_in_threads_are_independent(struct world *w, struct cg_ctx *ctx)
{
	struct job job[4];
	pthread_t t[4];

	(void)ctx;
	for (int i = 0; i < 4; i++) {
		job[i] = (struct job){ .stack = world_stack(w) };
		assert_int_equal(pthread_create(&t[i], NULL, one_thread, &job[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		if (job[i].failed)
			fail_msg("%s", job[i].failed);
	}
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e2_nothing_of_the_process_changes, 0),
		CT(e2_contexts_in_threads_are_independent, W_FAKE),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
