/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wrong with the host: how its hierarchies are laid out, what the kernel lacks or
 * forbids. What can be done with a group is not judged here: that is cg_caps()' word, and
 * the reason is its own.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "remedy.h"

#include "banned.h"

/* ---- what cg_info() tells ---- */

struct told {
	struct doctor *d;
	char mode[16];
};

static const struct { const char *key, *text, *command; } features[] = {
	{ "kernel.pidfd", "this kernel has no pidfd (Linux 5.3): a signal could meet a process "
	  "that has taken over a number", NULL },
	{ "kernel.openat2", "this kernel has no openat2 (Linux 5.6), or a filter denies it: paths "
	  "in a container's root are looked up step by step", NULL },
	{ "kernel.cgroup_kill", "this kernel cannot kill a group in one write (Linux 5.14): it "
	  "takes longer", NULL },
	{ "kernel.namespace_id", "this kernel gives the number of a namespace again (before Linux "
	  "6.18): without a cgroup, members are known only while a recorded process is there",
	  NULL },
	{ "nsdelegate", "cgroup namespaces are no borders of delegation: who has power over a "
	  "container's group can move processes out of it",
	  "mount -o remount,nsdelegate \"$(findmnt -nt cgroup2 -o TARGET | head -n 1)\"" },
};

static int on_info(void *data, const char *key, const char *value)
{
	struct told *told = data;

	if (!strcmp(key, "pid_namespace") && strcmp(value, "initial"))
		told->d->contained = true;
	if (!strcmp(key, "mode"))
		snprintf(told->mode, sizeof(told->mode), "%s", value);
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		if (!strcmp(key, features[i].key) && !strcmp(value, "no"))
			found(told->d, D_NOTE | (features[i].command ? D_ROOT : 0), key,
			      say("%s", features[i].text),
			      features[i].command ? say("%s", features[i].command) : NULL);
	return 0;
}

/* The command that adds a parameter of the kernel; NULL where no boot loader is known. */
static char *boot_with(const struct doctor *d, const char *parameter)
{
	char *grubby = remedy_program("grubby"), *grub = remedy_program("update-grub");
	char *command = NULL;

	if (grubby && !d->contained)
		command = say("grubby --update-kernel=ALL --args='%s' && reboot", parameter);
	else if (grub && !d->contained)
		command = say("echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX %s\"' "
			      ">/etc/default/grub.d/containers.cfg && update-grub && reboot",
			      parameter);
	free(grubby);
	free(grub);
	return command;
}

/* What the kernel has to be booted with is said once, in the command or in the text. */
static void found_at_boot(struct doctor *d, unsigned flags, const char *id, const char *text,
			  const char *parameter)
{
	char *command = boot_with(d, parameter);

	if (command)
		found(d, flags | D_ROOT, id, say("%s", text), command);
	else
		found(d, flags, id, say("%s; %s with %s", text, d->contained ?
					"the host of this container has to boot" :
					"the kernel has to boot", parameter), NULL);
}

/* A layout is judged by what is lost with it: nothing for root on a hybrid one. */
static void layout(struct doctor *d, const char *mode)
{
	bool note = !strcmp(mode, "hybrid") && !d->uid;
	char *text;

	if (!strcmp(mode, "none")) {
		found(d, D_ROOT, "layout", say("no cgroup file system is mounted"),
		      say("mkdir -p /sys/fs/cgroup && mount -t cgroup2 -o nsdelegate cgroup2 "
			  "/sys/fs/cgroup"));
		return;
	}
	if (!strcmp(mode, "unified"))
		return;
	text = say("the layout is %s: controllers of cgroup v1 cannot be delegated to ordinary "
		   "users, their containers have no limits%s", mode,
		   note ? " (those of root have them)" : "");
	found_at_boot(d, note ? D_NOTE : 0, "layout", text ? text : "", d->service_manager ?
		      "systemd.unified_cgroup_hierarchy=1" : "cgroup_no_v1=all");
	free(text);
}

/* ---- where this is ---- */

/* A process of the host has the host's root; who may not see it is not told. */
static bool in_chroot(void)
{
	struct stat own, first;

	return !stat("/", &own) && !stat("/proc/1/root/.", &first) &&
	       (own.st_dev != first.st_dev || own.st_ino != first.st_ino);
}

static void place(struct doctor *d)
{
	if (d->contained)
		found(d, D_NOTE, "container", say("this is inside of a container: what the host "
		      "lacks is mended there"), NULL);
	else if (in_chroot())
		found(d, D_NOTE, "chroot", say("this is a chroot: what is installed here is not "
		      "what the host has"), NULL);
}

/* ---- what cg_caps() tells ---- */

/* How this user gets a group of their own; the rest is in the reason. */
static char *get_a_group(const struct doctor *d, bool v2, unsigned *flags)
{
	if (!d->uid || d->in_userns)
		return NULL;
	if (d->service_manager && has_manager(d))
		return say("systemd-run --user --scope -p Delegate=yes \"$SHELL\"");
	*flags |= D_ROOT;
	if (d->service_manager)
		return say("loginctl enable-linger %s", d->user);
	return v2 ? say("cgtool create --owner %s /%s && cgtool attach /%s %d", d->user, d->user,
			d->user, (int)getppid()) : NULL;
}

static char *get_controllers(const struct doctor *d, unsigned *flags)
{
	*flags |= D_ROOT;
	if (!d->uid || !d->service_manager)
		return NULL;
	return say("mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\n"
		   "Delegate=cpu cpuset io memory pids\\n' "
		   ">/etc/systemd/system/user@.service.d/delegate.conf && "
		   "systemctl daemon-reload && systemctl restart user@%u.service",
		   (unsigned)d->uid);
}

static void capability(struct doctor *d, const struct cg_cap *c, bool v2)
{
	char id[32], *command, *remedy;
	unsigned flags = 0;

	snprintf(id, sizeof(id), "caps.%s", cg_op_name(c->op));
	/* A freeze that members can notice is no reason to stay away. */
	if (c->level == CG_EMULATED)
		flags |= D_NOTE;
	command = c->op == CG_OP_LIMITS ? get_controllers(d, &flags) :
		  get_a_group(d, v2, &flags);
	remedy = command ? NULL : remedy_here(c->remedy);
	if (remedy && *remedy)
		found(d, flags & D_NOTE, id, say("%s is %s: %s; what helps: %s", cg_op_name(c->op),
			     cg_level_name(c->level), c->reason, remedy), NULL);
	else
		found(d, flags, id, say("%s is %s: %s", cg_op_name(c->op),
					cg_level_name(c->level), c->reason), command);
	free(remedy);
}

/* Nothing is known of a group that a manager has not made yet: the manager's own is asked. */
static bool manager_has_limits(const struct doctor *d)
{
	char *path = say("/user.slice/user-%u.slice/user@%u.service", (unsigned)d->uid,
			 (unsigned)d->uid);
	struct cg_cap caps[CG_NOPS];
	struct cg *cg = NULL;
	bool full = false;

	if (d->service_manager && d->uid && path && cg_open(d->t->ctx, path, 0, &cg) >= 0 &&
	    cg_caps(d->t->ctx, cg, 0, caps, CG_NOPS) == CG_NOPS)
		full = caps[CG_OP_LIMITS].level == CG_FULL;
	cg_close(cg);
	free(path);
	return full;
}

static void capabilities(struct doctor *d, const char *mode)
{
	static const unsigned ops[] = { CG_OP_KILL, CG_OP_FREEZE, CG_OP_LIMITS };
	bool unified = !strcmp(mode, "unified"), v2 = unified || !strcmp(mode, "hybrid");
	/* Of users on other layouts layout() has said it. */
	bool limits = (d->uid && !unified) || manager_has_limits(d);
	struct cg_cap caps[CG_NOPS];

	if (cg_caps(d->t->ctx, NULL, 0, caps, CG_NOPS) < CG_NOPS)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (caps[ops[i]].level < CG_FULL && !(ops[i] == CG_OP_LIMITS && limits))
			capability(d, &caps[ops[i]], v2);
}

/* ---- namespaces, seccomp ---- */

static const struct {
	const char *path, *bad, *id, *text, *command;
} settings[] = {
	{ "/proc/sys/user/max_user_namespaces", "0", "userns.limit",
	  "user namespaces are off: user.max_user_namespaces is 0",
	  "sysctl -w user.max_user_namespaces=65536" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", "0", "userns.clone",
	  "ordinary users may not make user namespaces: kernel.unprivileged_userns_clone is 0",
	  "sysctl -w kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "userns.apparmor",
	  "AppArmor takes the capabilities away from user namespaces of ordinary users: "
	  "kernel.apparmor_restrict_unprivileged_userns is 1",
	  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" },
};

/* In a process of its own, so that nothing here changes: 0, or why not. */
static int try_user_namespace(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return errno;
	if (!pid)
		_exit(unshare(CLONE_NEWUSER) ? errno : 0);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static void user_namespaces(struct doctor *d)
{
	size_t before = d->n;
	int err;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char *line = first_line(settings[i].path);

		if (line && !strcmp(line, settings[i].bad))
			found(d, D_ROOT, settings[i].id, say("%s", settings[i].text),
			      say("%s", settings[i].command));
		free(line);
	}
	if (access("/proc/self/ns/user", F_OK)) {
		found(d, 0, "userns.kernel", say("this kernel was built without user namespaces "
						 "(CONFIG_USER_NS)"), NULL);
		return;
	}
	err = d->n > before ? 0 : try_user_namespace();
	if (err)
		found(d, 0, "userns.refused", say("a user namespace is refused (%s), and no "
		      "setting says why: a seccomp filter, a chroot or a security module",
		      strerror(err)), NULL);
}

static void seccomp(struct doctor *d)
{
	if (access("/proc/sys/kernel/seccomp/actions_avail", F_OK))
		found(d, 0, "seccomp", say("this kernel has no seccomp filters (CONFIG_SECCOMP_"
		      "FILTER): containers run without"), NULL);
}

/* ---- accounting ---- */

/* "memory  4  17  1": the last number is whether it is enabled. */
static void memory(struct doctor *d)
{
	FILE *f = fopen("/proc/cgroups", "re");
	char line[256], name[64];
	int enabled;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %*d %*d %d", name, &enabled) == 2 && !enabled &&
		    !strcmp(name, "memory"))
			found_at_boot(d, 0, "memory", "the memory controller is off: containers "
				      "have no memory limits", "cgroup_enable=memory");
	if (f)
		fclose(f);
}

/* Only a group that is no root has the file, so our own is asked. */
static void swap(struct doctor *d)
{
	struct cg *own = NULL;
	char value[64];

	if (cg_open_pid(d->t->ctx, 0, 0, &own) < 0)
		return;
	if (strcmp(cg_path(own), "/") && cg_get(own, "memory.max", value, sizeof(value)) >= 0 &&
	    cg_get(own, "memory.swap.max", value, sizeof(value)) == -EOPNOTSUPP)
		found_at_boot(d, D_NOTE, "swap", "swap is not accounted: containers have no swap "
			      "limits", "swapaccount=1");
	cg_close(own);
}

void doctor_host(struct doctor *d)
{
	struct told told = { .d = d };

	d->service_manager = remedy_manager();
	cg_info(d->t->ctx, on_info, &told);
	place(d);
	layout(d, told.mode);
	capabilities(d, told.mode);
	user_namespaces(d);
	seccomp(d);
	memory(d);
	swap(d);
}
