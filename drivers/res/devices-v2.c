/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices on v2: the group gets a program that the kernel runs at each open and mknod
 * (BPF_PROG_TYPE_CGROUP_DEVICE, Linux 4.15). It goes through the rules from the last to the
 * first with the kinds of access that are still undecided: an allowing rule removes its own
 * and allows when none is left, a denying one denies when one of its own is left. The program
 * is found again by its name and replaced in one step, so that there is never a moment without
 * rules. Groups above and below have programs of their own, and all of them have to allow.
 */
#include <linux/bpf.h>
#include <stdio.h>

#include "res/devices.h"

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

/* Loads a program; the reason where this user or kernel cannot. */
static int load_program(struct cg_ctx *ctx, const char *verb, const struct bpf_insn *v, size_t n)
{
	int fd = ctx->sys->prog_load(ctx->k, NAME, v, n);

	if (cgi_is_denied(fd))
		return cgi_fail(ctx, -EOPNOTSUPP, "%s%s", verb, needs_root);
	if (fd == -ENOSYS || fd == -EINVAL)
		return cgi_fail(ctx, -EOPNOTSUPP, "%sthis kernel has no device programs for "
				"cgroups (CONFIG_CGROUP_BPF)", verb);
	return fd < 0 ? cgi_fail(ctx, fd, "%sload a device program: %s", verb, cgi_strerror(fd)) :
		fd;
}

int cgi_devices_v2_could(struct cg_ctx *ctx)
{
	static const struct bpf_insn yes[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = RESULT, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	/* One that is loaded and let go again changes nothing. */
	int fd = load_program(ctx, "", yes, ARRAY_SIZE(yes));

	cgi_close_fd(ctx, fd);
	return fd < 0 ? fd : 0;
}

static int attach(struct cg_ctx *ctx, struct cgi_place *at, int prog)
{
	int dir = cgi_place_enter(ctx, at), old, rc;

	if (dir < 0)
		return dir;
	old = ctx->sys->prog_find(ctx->k, dir, NAME);
	rc = old < 0 && old != -ENOENT ? old : ctx->sys->prog_attach(ctx->k, dir, prog, old);
	cgi_close_fd(ctx, old);
	cgi_place_done(ctx, at, dir);
	return rc ? cgi_fail(ctx, rc, "attach a device program to %s: %s",
			     CGI_AT(at), cgi_strerror(rc)) : 0;
}

int cgi_devices_v2(const struct cgi_item *it)
{
	_cleanup_free_ struct cgi_rules *rules = malloc(sizeof(*rules));
	_cleanup_free_ struct program *g = calloc(1, sizeof(*g));
	int rc, fd;

	if (!rules || !g)
		return cgi_nomem(it->ctx);
	rc = cgi_rules_parse(it->ctx, it->text, rules);
	if (rc)
		return rc;
	compile(g, rules);
	fd = load_program(it->ctx, "devices.rules: ", g->v, g->n);
	if (fd < 0)
		return fd;
	rc = attach(it->ctx, it->at, fd);
	cgi_close_fd(it->ctx, fd);
	return rc;
}
