/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fake kernel's devices: the lists of v1, the programs of v2, and who may use what. A
 * program is run instruction by instruction; what a verifier would refuse is refused.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "fk.h"

#define REGS	10

struct fk_prog {
	struct fk_prog *all;
	char name[BPF_OBJ_NAME_LEN];
	struct bpf_insn v[];
};

static bool known(const struct bpf_insn *i)
{
	switch (i->code) {
	case BPF_LDX | BPF_MEM | BPF_W:
		return i->src_reg == BPF_REG_1 && i->off >= 0 && i->off % 4 == 0 && i->off < 12;
	case BPF_ALU64 | BPF_MOV | BPF_K:
	case BPF_ALU64 | BPF_MOV | BPF_X:
	case BPF_ALU64 | BPF_AND | BPF_K:
	case BPF_ALU64 | BPF_RSH | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JNE | BPF_K:
	case BPF_JMP | BPF_EXIT:
		return true;
	default:
		return false;
	}
}

/* Only forward, only inside, and each way ends with an exit. */
static bool sane(const struct bpf_insn *v, size_t n)
{
	if (!n || v[n - 1].code != (BPF_JMP | BPF_EXIT))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!known(&v[i]) || v[i].dst_reg >= REGS || v[i].src_reg >= REGS || v[i].off < 0 ||
		    ((v[i].code & 7) == BPF_JMP && i + (size_t)v[i].off + 1 > n - 1 && i != n - 1))
			return false;
	return true;
}

static uint64_t run(const struct fk_prog *p, const uint32_t *context)
{
	uint64_t r[REGS] = { 0 };

	for (size_t i = 0; ; i++) {
		const struct bpf_insn *n = &p->v[i];
		uint64_t imm = (uint64_t)(int64_t)n->imm;

		switch (n->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			r[n->dst_reg] = context[n->off / 4];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			r[n->dst_reg] = imm;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			r[n->dst_reg] = r[n->src_reg];
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			r[n->dst_reg] &= imm;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			r[n->dst_reg] >>= imm;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += r[n->dst_reg] == imm ? (size_t)n->off : 0;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			i += r[n->dst_reg] != imm ? (size_t)n->off : 0;
			break;
		default:
			return r[0];
		}
	}
}

int fk_prog_load(void *cookie, const char *name, const struct bpf_insn *v, size_t n)
{
	struct fk *k = cookie;
	struct fk_prog *p;
	struct fk_fd *f;
	int fd;

	fk_enter(k, FK_PROG, name, 0);
	if (k->no_bpf)
		return -ENOSYS;
	if (!fk_root(k) || k->me->ns[FK_NS_USER] != k->init_ns[FK_NS_USER])
		return -EPERM;
	if (!sane(v, n))
		return -EINVAL;
	fd = fk_fd_new(k, &f);
	if (fd < 0)
		return fd;
	p = calloc(1, sizeof(*p) + n * sizeof(*v));
	if (!p)
		abort();
	snprintf(p->name, sizeof(p->name), "%s", name);
	memcpy(p->v, v, n * sizeof(*v));
	p->all = k->progs;
	k->progs = p;
	f->type = FK_FD_PROG;
	f->prog = p;
	return fd;
}

void fk_progs_free(struct fk *k)
{
	while (k->progs) {
		struct fk_prog *p = k->progs;

		k->progs = p->all;
		free(p);
	}
}

static struct fk_cg *v2_dir(struct fk *k, int dirfd)
{
	struct fk_fd *f = fk_fd(k, dirfd);

	return f && f->type == FK_FD_CG && f->file < 0 && f->cg->h->v2 ? f->cg : NULL;
}

int fk_prog_find(void *cookie, int dirfd, const char *name)
{
	struct fk *k = cookie;
	struct fk_cg *cg;
	struct fk_fd *f;
	int fd;

	fk_enter(k, FK_PROG, name, 0);
	cg = v2_dir(k, dirfd);
	if (!cg || cg->dead)
		return cg ? -ENODEV : -EBADF;
	for (size_t i = 0; i < FK_PROGS; i++) {
		if (!cg->prog[i] || strcmp(cg->prog[i]->name, name))
			continue;
		fd = fk_fd_new(k, &f);
		if (fd < 0)
			return fd;
		f->type = FK_FD_PROG;
		f->prog = cg->prog[i];
		return fd;
	}
	return -ENOENT;
}

int fk_prog_attach(void *cookie, int dirfd, int prog, int old)
{
	struct fk *k = cookie;
	struct fk_fd *f = fk_fd(k, prog), *o = fk_fd(k, old);
	struct fk_cg *cg;

	fk_enter(k, FK_PROG, "", 0);
	cg = v2_dir(k, dirfd);
	if (!cg || !f || f->type != FK_FD_PROG || (old >= 0 && (!o || o->type != FK_FD_PROG)))
		return -EBADF;
	if (cg->dead)
		return -ENODEV;
	for (size_t i = 0; i < FK_PROGS; i++)
		if (cg->prog[i] == (o ? o->prog : NULL)) {
			cg->prog[i] = f->prog;
			return 0;
		}
	return o ? -ENOENT : -E2BIG;
}

/* Each kind of access on its own: does a line of the list have it? */
static bool listed(const char *list, char type, unsigned major, unsigned minor, char access)
{
	char t, a[16], b[16], how[8], number[16];

	for (const char *s = list; s && *s; s = strchr(s, '\n'), s += !!s) {
		if (sscanf(s, "%c %15[0-9*]:%15[0-9*] %7s", &t, a, b, how) != 4 || t != type)
			continue;
		snprintf(number, sizeof(number), "%u", major);
		if (strcmp(a, "*") && strcmp(a, number))
			continue;
		snprintf(number, sizeof(number), "%u", minor);
		if ((!strcmp(b, "*") || !strcmp(b, number)) && strchr(how, access))
			return true;
	}
	return false;
}

static bool v1_allows(const struct fk_cg *cg, char type, unsigned major, unsigned minor,
		      const char *access)
{
	const char *list = cg->val[fk_cg_file("devices.list")];
	bool all = !list || !strcmp(list, "a *:* rwm");

	for (; *access; access++)
		if (listed(all ? cg->except : list, type, major, minor, *access) == all)
			return false;
	return true;
}

static bool v2_allows(const struct fk_cg *cg, char type, unsigned major, unsigned minor,
		      const char *access)
{
	uint32_t context[3] = { type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR, major,
				minor };

	for (; *access; access++)
		context[0] |= (*access == 'm' ? BPF_DEVCG_ACC_MKNOD : *access == 'r' ?
			       BPF_DEVCG_ACC_READ : BPF_DEVCG_ACC_WRITE) << 16;
	for (; cg; cg = cg->parent)
		for (size_t i = 0; i < FK_PROGS; i++)
			if (cg->prog[i] && !run(cg->prog[i], context))
				return false;
	return true;
}

bool fk_allows(const struct fk_cg *cg, char type, unsigned major, unsigned minor,
	       const char *access)
{
	return cg->h->v2 ? v2_allows(cg, type, major, minor, access) :
	       v1_allows(cg, type, major, minor, access);
}

/*
 * One exception, or the default, which forgets all of them. An exception that is there gains or
 * loses kinds of access and goes with the last; others, if wider, are left alone.
 */
static int device(struct fk_cg *cg, const char *text, bool allow)
{
	int file = fk_cg_file("devices.list"), used = 0;
	bool all = !cg->val[file] || !strcmp(cg->val[file], "a *:* rwm"), found = false;
	char **store = all ? &cg->except : &cg->val[file], which[40], access[4], kept[4];
	struct fk_text t = { .len = 0 };

	if (*text == 'a') {
		free(cg->except);
		free(cg->val[file]);
		cg->except = NULL;
		cg->val[file] = strdup(allow ? "a *:* rwm" : "");
		return 0;
	}
	if (sscanf(text, "%39[bc 0-9:*]%n%3[rwm]", which, &used, access) != 2 || text[1] != ' ')
		return -EINVAL;
	for (const char *s = *store; s && *s; s += strcspn(s, "\n"), s += *s == '\n') {
		bool same = !strncmp(s, which, (size_t)used);
		size_t n = 0;

		for (const char *c = "rwm"; *c; c++) {
			bool has = memchr(s + used, *c, strcspn(s + used, "\n"));

			if (same ? allow != all ? has || strchr(access, *c) :
			    has && !strchr(access, *c) : has)
				kept[n++] = *c;
		}
		kept[n] = '\0';
		found = found || same;
		if (same && n)
			fk_text(&t, "%s%s%s", t.len ? "\n" : "", which, kept);
		else if (!same)
			fk_text(&t, "%s%.*s", t.len ? "\n" : "", (int)strcspn(s, "\n"), s);
	}
	if (!found && allow != all)
		fk_text(&t, "%s%s%s", t.len ? "\n" : "", which, access);
	free(*store);
	*store = strdup(t.len ? t.s : "");
	fk_text_free(&t);
	return 0;
}

/* No line at all where nothing is allowed. */
int fk_read_devices(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	const char *list = cg->val[fk_cg_file("devices.list")];

	(void)k;
	if (!list || *list)
		fk_text(t, "%s\n", list ? list : "a *:* rwm");
	return 0;
}

int fk_write_allow(struct fk *k, struct fk_cg *cg, const char *text)
{
	(void)k;
	return device(cg, text, true);
}

int fk_write_deny(struct fk *k, struct fk_cg *cg, const char *text)
{
	(void)k;
	return device(cg, text, false);
}
