/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices on v2: the group gets a program that the kernel asks at each open and mknod
 * (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15). It goes through the rules from the last to the
 * first with the kinds of access that are still undecided: an allowing rule takes its own
 * away and ends when none is left, a denying one ends when one of its own is left. It is
 * found again by its name and replaced in one step, so that there is never a moment without
 * rules; the programs of groups above and below are others, and all of them have to allow.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include "devices.h"
#include "v2.h"

#define NAME	"libcg_devices"
#define LONGEST	9	/* instructions of one rule */
#define FRAME	9	/* those before and after all rules */

enum { RESULT = BPF_REG_0, CONTEXT, TYPE, ACCESS, MAJOR, MINOR, SOME };

struct program {
	struct bpf_insn v[CGI_RULES_MAX * LONGEST + FRAME];
	size_t n;
};

static void emit(struct program *g, unsigned code, unsigned dst, unsigned src, int off, int imm)
{
	g->v[g->n++] = (struct bpf_insn){
		.code = (uint8_t)code, .dst_reg = dst & 15, .src_reg = src & 15,
		.off = (int16_t)off, .imm = imm,
	};
}

static void load(struct program *g, unsigned reg, size_t offset)
{
	emit(g, BPF_LDX | BPF_MEM | BPF_W, reg, CONTEXT, (int)offset, 0);
}

static void verdict(struct program *g, bool allow)
{
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, RESULT, 0, 0, allow);
	emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* To the next rule, unless reg is n. The distance is filled in when it is known. */
static void only(struct program *g, unsigned reg, int64_t n)
{
	if (n >= 0)
		emit(g, BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, (int)n);
}

static void rule(struct program *g, const struct cgi_rule *r)
{
	size_t begin = g->n, tests;

	only(g, TYPE, r->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	only(g, MAJOR, r->major);
	only(g, MINOR, r->minor);
	tests = g->n;
	if (r->allow) {
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, ACCESS, 0, 0, (int)(CGI_DEV_ALL & ~r->access));
		emit(g, BPF_JMP | BPF_JNE | BPF_K, ACCESS, 0, 2, 0);
	} else {
		emit(g, BPF_ALU64 | BPF_MOV | BPF_X, SOME, ACCESS, 0, 0);
		emit(g, BPF_ALU64 | BPF_AND | BPF_K, SOME, 0, 0, (int)r->access);
		emit(g, BPF_JMP | BPF_JEQ | BPF_K, SOME, 0, 2, 0);
	}
	verdict(g, r->allow);
	for (size_t i = begin; i < tests; i++)
		g->v[i].off = (int16_t)(g->n - i - 1);
}

/* The first rule may be one for everything: that is the default then, else nothing is allowed. */
static void compile(struct program *g, const struct cgi_rules *l)
{
	bool all = l->n && l->v[0].type == 'a';

	load(g, TYPE, offsetof(struct bpf_cgroup_dev_ctx, access_type));
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, ACCESS, TYPE, 0, 0);
	emit(g, BPF_ALU64 | BPF_AND | BPF_K, TYPE, 0, 0, 0xffff);
	emit(g, BPF_ALU64 | BPF_RSH | BPF_K, ACCESS, 0, 0, 16);
	load(g, MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
	load(g, MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
	for (size_t i = l->n; i-- > all; )
		rule(g, &l->v[i]);
	verdict(g, all && l->v[0].allow);
}

static const char needs_root[] = "a device program takes root in the initial user namespace";

static int refused(struct cg_ctx *ctx, int rc)
{
	if (rc == -EPERM || rc == -EACCES)
		return cgi_fail(ctx, -EOPNOTSUPP, "devices.rules: %s", needs_root);
	if (rc == -ENOSYS || rc == -EINVAL)
		return cgi_fail(ctx, -EOPNOTSUPP, "devices.rules: this kernel has no device "
				"programs for cgroups (CONFIG_CGROUP_BPF)");
	return cgi_fail(ctx, rc, "devices.rules: load a program: %s", cgi_strerror(rc));
}

int cgi_v2_set_devices(struct cg_part *p, const char *value)
{
	_cleanup_free_ struct cgi_rules *rules = malloc(sizeof(*rules));
	_cleanup_free_ struct program *g = calloc(1, sizeof(*g));
	const struct cg_sys *sys = p->ctx->sys;
	struct v2 *v = p->priv;
	int rc, fd, old;

	if (!rules || !g)
		return cgi_fail(p->ctx, -ENOMEM, "no memory");
	rc = cgi_rules_parse(p->ctx, value, rules);
	if (rc)
		return rc;
	compile(g, rules);
	fd = sys->prog_load(p->ctx->k, NAME, g->v, g->n);
	if (fd < 0)
		return refused(p->ctx, fd);
	old = sys->prog_find(p->ctx->k, v->dir.fd, NAME);
	rc = old < 0 && old != -ENOENT ? old : sys->prog_attach(p->ctx->k, v->dir.fd, fd, old);
	cgi_close_fd(p->ctx, old);
	cgi_close_fd(p->ctx, fd);
	return rc ? cgi_fail(p->ctx, rc, "devices.rules: attach a program to %s%s: %s",
			     v->dir.tree->point, v->dir.path, cgi_strerror(rc)) : 0;
}

void cgi_v2_caps_devices(struct cg_ctx *ctx, struct cgi_cap *c)
{
	static const struct bpf_insn yes[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = RESULT, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	/* One that is loaded and let go again changes nothing. */
	int fd = ctx->sys->prog_load(ctx->k, NAME, yes, ARRAY_SIZE(yes));

	cgi_close_fd(ctx, fd);
	if (fd >= 0)
		cgi_cap_offer(c, CG_FULL, "v2 device program", "", "");
	else if (c->level == CG_NONE)
		snprintf(c->reason, sizeof(c->reason), "%s", fd == -EPERM || fd == -EACCES ?
			 needs_root : "this kernel has no device programs for cgroups "
			 "(CONFIG_CGROUP_BPF)");
}
