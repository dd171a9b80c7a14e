/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linux.seccomp, read and compiled with libseccomp. A call that this libseccomp has no
 * number for is left out: profiles name calls of newer kernels and other architectures.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/seccomp.h>
#include <seccomp.h>

#include "base/base.h"
#include "program/program.h"
#include "banned.h"

#define MAX_ARCHES	16
#define MAX_ARGS	32		/* conditions of one rule; a call has six arguments */
#define MAX_INSNS	4096		/* the kernel's limit */

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)	/* Linux 5.19 */
#endif

struct word { const char *name; uint32_t value; };

static const struct word actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0) },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0) },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
	{ 0 }
};

static const struct word operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE }, { "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	{ 0 }
};

static const struct word flag_words[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
	{ 0 }
};

static const char *const arches[] = {
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
	"SCMP_ARCH_PPC64LE", "SCMP_ARCH_RISCV64", "SCMP_ARCH_S390", "SCMP_ARCH_S390X",
	"SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", NULL
};

struct build {
	scmp_filter_ctx ctx;
	uint32_t def;			/* the default action */
	struct filter_arch arch[MAX_ARCHES];
	size_t n_arch;
	bool notify;
};

const char *filter_action_name(size_t i)	{ return actions[i].name; }
const char *filter_operator_name(size_t i)	{ return operators[i].name; }
const char *filter_flag_name(size_t i)		{ return flag_words[i].name; }
const char *filter_arch_name(size_t i)		{ return arches[i]; }

/* ---- words ---- */

static int find(const struct node *n, const struct word *w, uint32_t *ret, struct err *e)
{
	const char *text;
	int r = node_text(n, &text, e);

	if (r)
		return r;
	for (; w->name; w++)
		if (!strcmp(w->name, text)) {
			*ret = w->value;
			return 0;
		}
	return node_fail(n, e, "\"%.64s\" is not known", text);
}

/* With the number of its error, EPERM where none is given. */
static int read_action(const struct node *up, const char *key, const char *errno_key,
		       uint32_t *ret, struct err *e)
{
	struct node n, number = { .up = up, .key = errno_key };
	int64_t value = -1;
	const char *name;
	uint32_t action;
	int r = node_word(up, key, &n, &name, e);

	if (!r)
		r = find(&n, actions, &action, e);
	if (!r)
		r = node_int(up, errno_key, 0, 0, 4095, &value, e);
	if (r)
		return r;
	if (action == SCMP_ACT_ERRNO(0))
		*ret = SCMP_ACT_ERRNO((uint32_t)(value < 0 ? EPERM : value));
	else if (action == SCMP_ACT_TRACE(0))
		*ret = SCMP_ACT_TRACE((uint32_t)(value < 0 ? EPERM : value));
	else if (value >= 0)
		return node_fail(&number, e, "%s has no number", name);
	else
		*ret = action;
	return 0;
}

/* SCMP_ARCH_X86_64 is "x86_64" to libseccomp. */
static int read_arch(struct build *b, const struct node *n, struct err *e)
{
	char name[32] = "";
	const char *text;
	uint32_t token = 0;
	int r = node_text(n, &text, e);

	if (r)
		return r;
	if (!strncmp(text, "SCMP_ARCH_", 10) && strlen(text + 10) < sizeof(name))
		for (size_t i = 0; text[10 + i]; i++)
			name[i] = (char)tolower((unsigned char)text[10 + i]);
	if (name[0])
		token = seccomp_arch_resolve_name(name);
	if (!token)
		return node_fail(n, e, "\"%.64s\" is not known", text);
	r = seccomp_arch_add(b->ctx, token);
	if (r == -EEXIST)
		return 0;
	if (r || b->n_arch == MAX_ARCHES)
		return node_fail(n, e, "%s: cannot be added", text);
	b->arch[b->n_arch++] = (struct filter_arch){ token, -1 };
	return 0;
}

/* ---- rules ---- */

static int read_arg(const struct node *n, struct scmp_arg_cmp *arg, struct err *e)
{
	int64_t index = 0;
	uint64_t a = 0, b = 0;
	uint32_t op = 0;
	const char *name;
	struct node word;

	if (node_is_object(n, e) || node_int(n, "index", NODE_NEEDED, 0, 5, &index, e) ||
	    node_u64(n, "value", NODE_NEEDED, &a, e) || node_u64(n, "valueTwo", 0, &b, e) ||
	    node_word(n, "op", &word, &name, e) || find(&word, operators, &op, e))
		return e->code;
	*arg = (struct scmp_arg_cmp){
		.arg = (unsigned)index, .op = (enum scmp_compare)op, .datum_a = a, .datum_b = b,
	};
	return 0;
}

/* Conditions of different arguments hold together; if an argument has several, any does. */
static bool alternatives(const struct scmp_arg_cmp *arg, size_t n)
{
	unsigned seen = 0;

	for (size_t i = 0; i < n; i++) {
		if (seen & 1U << arg[i].arg)
			return true;
		seen |= 1U << arg[i].arg;
	}
	return false;
}

static int add_rule(struct build *b, uint32_t action, int nr, const struct scmp_arg_cmp *arg,
		    size_t n)
{
	int r = 0;

	if (!alternatives(arg, n))
		return seccomp_rule_add_array(b->ctx, action, nr, (unsigned)n, arg);
	for (size_t i = 0; i < n && !r; i++)
		r = seccomp_rule_add_array(b->ctx, action, nr, 1, &arg[i]);
	return r;
}

static void note(struct build *b, const char *name)
{
	for (size_t i = 0; i < b->n_arch; i++) {
		int nr = seccomp_syscall_resolve_name_arch(b->arch[i].token, name);

		if (nr > b->arch[i].newest)
			b->arch[i].newest = nr;
	}
}

static int read_names(struct build *b, const struct node *rule, uint32_t action,
		      const struct scmp_arg_cmp *arg, size_t n, struct err *e)
{
	struct node names;
	int r = node_array(rule, "names", NODE_NEEDED, &names, e);

	for (size_t i = 0; !r && i < node_length(&names); i++) {
		struct node item = node_item(&names, i);
		const char *name;
		int nr;

		r = node_text(&item, &name, e);
		if (r)
			return r;
		nr = seccomp_syscall_resolve_name(name);
		if (nr == __NR_SCMP_ERROR)
			continue;
		/* We have to write before the program runs, and nobody would answer. */
		if (action == SCMP_ACT_NOTIFY && !strcmp(name, "write"))
			return node_fail(&item, e, "SCMP_ACT_NOTIFY cannot be used for the write "
					 "syscall");
		note(b, name);
		/* libseccomp takes a rule that does what is done anyway for a mistake. */
		if (action != b->def)
			r = add_rule(b, action, nr, arg, n);
		if (r)
			return node_fail(&item, e, "%.64s: no rule can be made of it: %s", name,
					 strerror(-r));
	}
	return r;
}

static int read_rule(struct build *b, const struct node *rule, struct err *e)
{
	struct scmp_arg_cmp arg[MAX_ARGS];
	uint32_t action = 0;
	struct node args;
	size_t n;

	if (node_is_object(rule, e) ||
	    read_action(rule, "action", "errnoRet", &action, e) ||
	    node_array(rule, "args", 0, &args, e))
		return e->code;
	n = node_length(&args);
	if (n > MAX_ARGS)
		return node_fail(&args, e, "more than %d", MAX_ARGS);
	for (size_t i = 0; i < n; i++) {
		struct node item = node_item(&args, i);

		if (read_arg(&item, &arg[i], e))
			return e->code;
	}
	b->notify |= action == SCMP_ACT_NOTIFY;
	return read_names(b, rule, action, arg, n, e);
}

/* ---- all of it ---- */

static int read_flags(const struct node *section, unsigned *flags, struct err *e)
{
	struct node list;
	int r = node_array(section, "flags", 0, &list, e);

	if (!r && !list.json)	/* as runc and crun */
		*flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);
		uint32_t flag = 0;

		r = find(&item, flag_words, &flag, e);
		*flags |= flag;
	}
	return r;
}

static int read_section(struct build *b, const struct node *section, struct err *e)
{
	struct node list, path = { .up = section, .key = "listenerPath" };
	char *listener = NULL;
	int r = node_array(section, "architectures", 0, &list, e);

	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);

		r = read_arch(b, &item, e);
	}
	if (!r)
		r = node_array(section, "syscalls", 0, &list, e);
	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);

		r = read_rule(b, &item, e);
	}
	if (!r)
		r = node_str(section, "listenerPath", 0, &listener, e);
	if (!r && b->notify && !listener)
		r = node_fail(&path, e, "is needed for SCMP_ACT_NOTIFY");
	free(listener);
	return r;
}

/* Where what is not named is allowed, what is new is as well. */
static bool wants_prefix(const struct build *b)
{
	return b->def != SCMP_ACT_ALLOW && b->def != SCMP_ACT_LOG &&
	       b->def != SCMP_ACT_ERRNO(ENOSYS) &&
	       (b->def & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE;
}

/* libseccomp 2.5 writes its program to a descriptor only. */
static int export(const struct build *b, struct filter *f)
{
	size_t n = 0, size = sizeof(*f->insn);
	int fd, r;

	f->insn = calloc(MAX_INSNS + FILTER_PREFIX_MAX(MAX_ARCHES), size);
	fd = memfd_create("filter", MFD_CLOEXEC);
	r = !f->insn ? -ENOMEM : fd < 0 ? -errno : seccomp_export_bpf(b->ctx, fd);
	if (!r) {
		off_t len = lseek(fd, 0, SEEK_END);

		if (wants_prefix(b))
			n = filter_prefix(b->arch, b->n_arch, f->insn);
		if (len < 0 || (size_t)len > MAX_INSNS * size - n * size)
			r = -E2BIG;
		else if (pread(fd, f->insn + n, (size_t)len, 0) != len)
			r = -EIO;
		else
			f->n = (unsigned short)(n + (size_t)len / size);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static int compile(const struct node *section, struct filter *f, struct err *e)
{
	struct node def = { .up = section, .key = "defaultAction" };
	struct build b = { .n_arch = 1, .arch = { { seccomp_arch_native(), -1 } } };
	int r = read_action(section, "defaultAction", "defaultErrnoRet", &b.def, e);

	if (!r)
		r = read_flags(section, &f->flags, e);
	if (r)
		return r;
	if (b.def == SCMP_ACT_NOTIFY)
		return node_fail(&def, e, "SCMP_ACT_NOTIFY cannot be used as default action");
	b.ctx = seccomp_init(b.def);
	if (!b.ctx)
		return node_fail(&def, e, "this kernel does not know it");
	/* A tree rather than a list of comparisons; 2.5, and no harm without. */
	(void)seccomp_attr_set(b.ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	r = read_section(&b, section, e);
	if (!r) {
		r = export(&b, f);
		if (r)
			node_fail(section, e, "cannot be compiled: %s", strerror(-r));
	}
	seccomp_release(b.ctx);
	f->notify = b.notify;
	/* The process that loads it has one thread: there is nothing to synchronise. */
	f->flags &= ~(unsigned)SECCOMP_FILTER_FLAG_TSYNC;
	if (b.notify)
		f->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	log_debug("seccomp filter flags: %u", f->flags);
	return r;
}

int filter_compile(struct json_object *json, struct filter *ret, struct err *e)
{
	struct node root = { 0 }, up = { .up = &root, .key = "linux" };
	struct node section = { .json = json, .up = &up, .key = "seccomp" };
	int r;

	*ret = (struct filter){ 0 };
	if (!json || !json_object_object_length(json))
		return 0;
	r = compile(&section, ret, e);
	if (!r && ret->notify) {
		void *page = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (page == MAP_FAILED)
			r = err_set(e, -ENOMEM, "linux.seccomp: out of memory");
		else
			ret->taken = page;
	}
	if (r)
		filter_free(ret);
	return r;
}

void filter_free(struct filter *f)
{
	free(f->insn);
	if (f->taken)
		munmap((void *)f->taken, sizeof(int));
	*f = (struct filter){ 0 };
}
