/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The world of this machine: its hierarchies below a base of our own, real processes, an
 * observer that holds pidfds and knows by a pipe's end when a family is dead. Each
 * stack runs in a process of its own, as root or as an ordinary user with delegated
 * subtrees; what it leaves behind is removed by its parent, whatever became of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "world-real.h"

#define LIMIT	200			/* seconds for one stack */

#define REAL	(W_REAL | W_PIDFD)
#define CGROUP	(REAL | W_GROUPS | W_SURE)
#define PROC	(REAL | W_PROC | W_STOPS)

const struct stack world_stacks[] = {
	{ "real-hybrid", NULL, NULL, CGROUP | W_FREEZE | W_V2 | W_V1 | W_FREEZER | W_KILLFILE |
	  W_ROOT | W_BRAKE, 0, "root v2 v1" },
	{ "real-v2", "v2,proc", "v2,proc", CGROUP | W_FREEZE | W_V2 | W_KILLFILE | W_ROOT, 0,
	  "root v2" },
	{ "real-v1", "v1,proc", "v1,proc", CGROUP | W_FREEZE | W_V1 | W_FREEZER | W_ROOT |
	  W_BRAKE, 0, "root v1" },
	{ "real-v2-nokill", "v2,proc", "v2,proc", CGROUP | W_FREEZE | W_V2 | W_ROOT, 0,
	  "root v2 no-kill" },
	{ "real-v2-nopidfd", "v2,proc", "v2,proc", (CGROUP | W_FREEZE | W_V2 | W_KILLFILE |
	  W_ROOT) & ~W_PIDFD, 0, "root v2 no-pidfd" },
	{ "real-hybrid-user", NULL, "v2,v1,proc", CGROUP | W_FREEZE | W_V2 | W_V1 | W_KILLFILE, 0,
	  "user v2 name=systemd" },
	{ "real-v2-user", NULL, "v2,proc", CGROUP | W_FREEZE | W_V2 | W_KILLFILE, 0, "user v2" },
	{ "real-systemd-user", NULL, "v1,proc", CGROUP | W_V1 | W_STOPS, 0, "user name=systemd" },
	{ "real-proc-userns", "proc", "proc", PROC | W_SURE | W_ROOT, CG_ID_USER | CG_ID_MNT,
	  "root nsid" },
	{ "real-proc-userns-user", "proc", "proc", PROC | W_SURE, CG_ID_USER | CG_ID_MNT,
	  "user nsid" },
	{ "real-proc-userns-held", "proc", "proc", PROC | W_SURE | W_ROOT | W_HELD,
	  CG_ID_USER | CG_ID_MNT | CG_ID_HELD, "root no-nsid" },
	{ "real-proc-userns-anchor", "proc", "proc", PROC | W_ANCHOR, CG_ID_USER | CG_ID_MNT,
	  "user no-nsid" },
	{ "real-proc-pidns", "proc", "proc", PROC | W_PIDNS | W_ROOT, CG_ID_PID | CG_ID_MNT,
	  "root" },
	{ "real-proc-weak", "proc", "proc", PROC | W_ROOT, CG_ID_MNT, "root" },
	{ "real-proc-weak-held", "proc", "proc", PROC | W_ROOT | W_HELD, CG_ID_MNT | CG_ID_HELD,
	  "root no-nsid" },
	{ NULL, NULL, NULL, 0, 0, NULL },
};

struct world *the_world;
static char base[64];			/* of this stack's process */
static struct cg_sys less;		/* the real kernel without some of its calls */

struct fk *w_fake(struct world *w)
{
	(void)w;
	return NULL;
}

const struct stack *world_stack(const struct world *w)
{
	return w->stack;
}

static bool as_user(const struct stack *s)
{
	return strstr(s->trees, "user");
}

/* The base, and "caller" below it, in each hierarchy; the user's if he shall have it. */
static void make_base(const struct stack *s, const struct tree *t, size_t n)
{
	static const char *const files[] = {
		"", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "tasks",
	};
	char dir[256], caller[300], name[400];

	for (size_t i = 0; i < n; i++) {
		snprintf(dir, sizeof(dir), "%s%s", t[i].mount, base);
		snprintf(caller, sizeof(caller), "%s/caller", dir);
		dir_make(&t[i], caller);
		for (size_t f = 0; as_user(s) && f < sizeof(files) / sizeof(files[0]); f++)
			for (int c = 0; c < 2; c++) {
				snprintf(name, sizeof(name), "%s/%s", c ? caller : dir, files[f]);
				if (chown(name, TEST_UID, TEST_UID) && errno != ENOENT)
					perror(name);
			}
		snprintf(name, sizeof(name), "%d", (int)getpid());
		dir_write(caller, "cgroup.procs", name);
	}
}

static void become_user(void)
{
	struct rlimit r = { 600, 600 };

	setrlimit(RLIMIT_NPROC, &r);
	if (setgroups(0, NULL) || setresgid(TEST_UID, TEST_UID, TEST_UID) ||
	    setresuid(TEST_UID, TEST_UID, TEST_UID)) {
		perror("become an ordinary user");
		_exit(1);
	}
	prctl(PR_SET_DUMPABLE, 1);	/* or /proc/self belongs to root */
}

static size_t all_trees(struct tree *t)
{
	return find_trees("v1 v2 name=systemd", t);
}

/* One holds the stack's process in any case: whatever it leaves behind is found there. */
static const struct tree *any_tree(const struct tree *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (t[i].v2)
			return &t[i];
	return t;
}

static volatile sig_atomic_t told_to_stop;

static void on_stop(int sig)
{
	(void)sig;
	told_to_stop = 1;
}

/* Waits for the stack's process, collecting orphans; told to stop, ends it. */
static bool wait_for(pid_t pid, int *status)
{
	struct sigaction sa = { .sa_handler = on_stop };
	pid_t got;

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	while ((got = waitpid(-1, status, 0)) != pid) {
		if (got < 0 && errno != EINTR)
			return false;
		if (told_to_stop)
			kill(pid, SIGKILL);
	}
	return true;
}

int world_run(const struct stack *s, int (*fn)(void *data), void *data)
{
	static struct tree stack_trees[MAX_TREES], all[MAX_TREES];
	size_t n = find_trees(s->trees, stack_trees), nall = all_trees(all);
	char dir[256];
	int status = 0;
	pid_t pid;

	fflush(stdout);
	/* Orphans come to us and are collected at once, however slow the machine's init is. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(LIMIT);
		snprintf(base, sizeof(base), "/cgt-%d", (int)getpid());
		if (geteuid() == 0) {
			if (!n && nall)
				make_base(s, any_tree(all, nall), 1);
			make_base(s, stack_trees, n);
			if (as_user(s))
				become_user();
		}
		_exit(fn(data) != 0);
	}
	if (pid < 0 || !wait_for(pid, &status))
		return 1;
	snprintf(base, sizeof(base), "/cgt-%d", (int)pid);
	for (size_t i = 0; i < nall; i++) {
		snprintf(dir, sizeof(dir), "%s%s", all[i].mount, base);
		if (!access(dir, F_OK))
			dir_clean(dir, all[i].v2, false);
	}
	if (told_to_stop)
		exit(1);
	if (WIFSIGNALED(status))
		printf("# %s: ended by signal %d\n", s->name, WTERMSIG(status));
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

static bool kernel_has_nsid(void)
{
	int fd = cgi_sys_real.open(NULL, AT_FDCWD, "/proc/self/ns/user", false);
	bool has = fd >= 0 && cgi_sys_real.ns_id(NULL, fd);

	if (fd >= 0)
		close(fd);
	return has;
}

static const char *impossible(const struct stack *s, const struct world *w)
{
	if (geteuid() == 0 && as_user(s))
		return "cannot become an ordinary user";
	if (geteuid() != 0 && (s->traits & W_ROOT))
		return "needs root";
	if (s->traits & W_V2 && find_trees("v2", (struct tree[MAX_TREES]){ 0 }) == 0)
		return "no cgroup v2 is mounted here";
	if (s->traits & W_V1 && find_trees("v1 name=systemd", (struct tree[MAX_TREES]){ 0 }) == 0)
		return "no cgroup v1 is mounted here";
	if (s->traits & W_FREEZER && access("/sys/fs/cgroup/freezer", F_OK))
		return "no v1 freezer is mounted here";
	if (strstr(s->trees, " nsid") && !kernel_has_nsid())
		return "this kernel gives numbers of namespaces again (Linux 6.18): \"-held\" and "
		       "\"-anchor\" are for it";
	if (s->traits & W_GROUPS && !w->ntrees)
		return "no such hierarchy is mounted here";
	return NULL;
}

struct world *world_start(const struct stack *s, const char **why)
{
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		abort();
	w->stack = s;
	w->ntrees = find_trees(s->trees, w->tree);
	*why = impossible(s, w);
	if (*why) {
		free(w);
		return NULL;
	}
	if (s->ids && (strstr(s->trees, "no-nsid") || !kernel_has_nsid()))
		hold_room(w);
	snprintf(w->home, sizeof(w->home), "%.40s/caller", base);
	snprintf(w->base, sizeof(w->base), "%s", as_user(s) ? w->home : base);
	w->shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->shared == MAP_FAILED)
		abort();
	the_world = w;
	return w;
}

static void reap_all(void)
{
	for (int i = 0; i < 500; i++) {
		pid_t pid;

		while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
			;
		if (pid < 0)
			return;
		nanosleep(&(struct timespec){ 0, 1000000 }, NULL);
	}
}

void world_stop(struct world *w)
{
	char dir[1024];

	w_caller_home(w);
	for (size_t i = 0; i < w->n; i++) {
		if (w->who[i].pidfd >= 0) {
			syscall(SYS_pidfd_send_signal, w->who[i].pidfd, SIGKILL, NULL, 0);
			close(w->who[i].pidfd);
		}
		if (w->who[i].sock >= 0)
			close(w->who[i].sock);
		if (w->who[i].leash >= 0)
			close(w->who[i].leash);
	}
	for (size_t i = 0; i < w->ntrees; i++) {
		dir_path(w, &w->tree[i], "", dir, sizeof(dir));
		dir_clean(dir, w->tree[i].v2, true);
	}
	reap_all();
	munmap(w->shared, sizeof(*w->shared));
	free(w);
	the_world = NULL;
}

/* ---- the kernel as an older one would be ---- */

static int no_pidfd(void *k, pid_t pid)
{
	(void)k;
	(void)pid;
	return -ENOSYS;
}

static uint64_t no_nsid(void *k, int nsfd)
{
	(void)k;
	(void)nsfd;
	return 0;
}

static bool is_kill(const char *name)
{
	size_t len = strlen(name);

	return len >= 11 && !strcmp(name + len - 11, "cgroup.kill");
}

static int write_no_kill(void *k, int dirfd, const char *name, const char *text)
{
	return is_kill(name) ? -ENOENT : cgi_sys_real.write(k, dirfd, name, text);
}

static int ident_no_kill(void *k, int dirfd, const char *name, struct cgi_ident *ret)
{
	return is_kill(name) ? -ENOENT : cgi_sys_real.ident(k, dirfd, name, ret);
}

static ssize_t read_release(void *k, int dirfd, const char *name, char *buf, size_t size)
{
	if (!strcmp(name, "sys/kernel/osrelease"))
		return snprintf(buf, size, "5.4.0");
	return cgi_sys_real.read(k, dirfd, name, buf, size);
}

int world_ctx_try(struct world *w, struct cg_ctx **ret)
{
	struct cg_ctx *ctx;
	int rc;

	less = cgi_sys_real;
	if (strstr(w->stack->trees, "no-pidfd"))
		less.pidfd = no_pidfd;
	if (strstr(w->stack->trees, "no-nsid"))
		less.ns_id = no_nsid;
	if (strstr(w->stack->trees, "no-kill")) {
		less.write = write_no_kill;
		less.ident = ident_no_kill;
		less.read = read_release;
	}
	rc = cgi_ctx_new_with(&less, NULL, &ctx);
	if (rc)
		return rc;
	if (w->stack->driver)
		rc = cg_ctx_set_driver(ctx, w->stack->driver);
	/* A user's base is found: where the user may make groups, hierarchy by hierarchy. */
	if (!rc && !as_user(w->stack))
		rc = cg_ctx_set_base(ctx, w->base);
	if (rc) {
		fprintf(stderr, "# %s\n", cg_errmsg(ctx));
		cg_ctx_free(ctx);
		return rc;
	}
	*ret = ctx;
	return 0;
}
