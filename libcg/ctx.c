/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A context: the kernel it speaks to, what this host has, and which of it is used. */
#include <fcntl.h>
#include <stdio.h>

#include "core.h"

/* /proc of another PID namespace would make us signal strangers by number. */
static int look_at_proc(struct cg_ctx *ctx)
{
	struct cgi_ident id;
	struct cgi_stat st;
	char buf[1024];
	int rc;

	ctx->procfd = ctx->sys->open(ctx->k, AT_FDCWD, "/proc", true);
	if (ctx->procfd < 0)
		return cgi_fail(ctx, cgi_is_scarce(ctx->procfd) ? ctx->procfd : -ENODEV,
				"open /proc: %s", cgi_strerror(ctx->procfd));
	rc = (int)ctx->sys->read(ctx->k, ctx->procfd, "self/stat", buf, sizeof(buf));
	if (cgi_is_scarce(rc))
		return cgi_fail(ctx, rc, "read /proc/self/stat: %s", cgi_strerror(rc));
	if (rc < 0 || cgi_parse_stat(buf, &st) || st.pid != ctx->sys->self(ctx->k))
		ctx->foreign_proc = true;
	if (!ctx->sys->ident(ctx->k, ctx->procfd, "self/ns/pid", &id))
		ctx->child_pidns = id.ino != CGI_INIT_PID_NS;
	return 0;
}

static void name_stack(struct cg_ctx *ctx)
{
	size_t n = 0;

	ctx->stack[0] = '\0';
	for (int i = 0; i < CGI_KINDS; i++)
		if (ctx->chosen[i])
			n += (size_t)snprintf(ctx->stack + n, sizeof(ctx->stack) - n, "%s%s",
					      n ? "," : "", cgi_kind_name((enum cgi_kind)i));
}

/* What was found of one kind: usable, to be looked at only, or why not. */
static void found(struct cg_ctx *ctx, enum cgi_kind i, bool present, bool usable, const char *why)
{
	ctx->present[i] = present;
	ctx->usable[i] = ctx->chosen[i] = usable;
	snprintf(ctx->absent[i], sizeof(ctx->absent[i]), "%s", usable ? "" : why);
	cgi_log(ctx, "look at %s: %s%s%s", cgi_kind_name(i), usable ? "usable" : present ?
		"visible" : "absent", usable ? "" : ": ", ctx->absent[i]);
}

/* Hierarchies of one kind: one with a base makes it usable, one that is visible present. */
static void judge_trees(struct cg_ctx *ctx, enum cgi_kind kind)
{
	const struct cgi_tree *seen = NULL, *base = NULL;
	const char *why = cgi_tree_none(kind);

	for (size_t i = 0; i < ctx->trees->n; i++) {
		const struct cgi_tree *t = &ctx->trees->v[i];

		if (t->kind != kind)
			continue;
		seen = !seen && t->fd >= 0 ? t : seen;
		base = !base && t->base ? t : base;
		why = seen ? seen->why : t->fd < 0 && strcmp(t->why, CGI_UNMOUNTED) ? t->why : why;
	}
	found(ctx, kind, seen, base, why);
}

static int look_at_placer(struct cg_ctx *ctx)
{
	int rc = cgi_placer_look(ctx);

	if (cgi_is_scarce(rc))
		return rc;
	ctx->on_request = rc == 1;
	found(ctx, CGI_PLACER, rc == 0, rc == 0, rc == 1 ?
	      "not needed: this user has groups without it" : ctx->errmsg);
	return 0;
}

/* The weakest first: whether a placer is needed depends on what there is without one. */
static int look_at_all(struct cg_ctx *ctx)
{
	int rc = cgi_claims_look(ctx);

	if (cgi_is_scarce(rc))
		return rc;
	found(ctx, CGI_CLAIMS, !rc, !rc, ctx->errmsg);
	rc = cgi_trees_look(ctx);
	if (rc)
		return rc;
	judge_trees(ctx, CGI_V1);
	judge_trees(ctx, CGI_V2);
	rc = look_at_placer(ctx);
	if (rc)
		return rc;
	name_stack(ctx);
	for (int i = 0; i < CGI_KINDS; i++)
		if (ctx->present[i])
			return 0;
	return cgi_fail(ctx, -ENODEV, "nothing here can tell members: %s; %s",
			ctx->absent[CGI_V2], ctx->absent[CGI_CLAIMS]);
}

int cgi_ctx_new_with(const struct cg_sys *sys, void *k, struct cg_ctx **ret)
{
	struct cg_ctx *ctx = calloc(1, sizeof(*ctx));
	int rc;

	if (!ctx)
		return -ENOMEM;
	ctx->sys = sys;
	ctx->k = k;
	ctx->refs = 1;
	ctx->procfd = -1;
	cgi_enter(ctx, -1);
	rc = look_at_proc(ctx);
	rc = rc ? rc : look_at_all(ctx);
	if (rc) {
		rc = cgi_is_scarce(rc) ? cgi_result(ctx, rc) : -ENODEV;
		cg_ctx_free(ctx);
		return rc;
	}
	ctx->errmsg[0] = '\0';
	*ret = ctx;
	return 0;
}

CG_API int cg_ctx_new(struct cg_ctx **ret)
{
	return cgi_ctx_new_with(&cgi_sys_real, NULL, ret);
}

struct cg_ctx *cgi_ctx_ref(struct cg_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

CG_API void cg_ctx_free(struct cg_ctx *ctx)
{
	if (!ctx || --ctx->refs)
		return;
	cgi_placer_free(ctx);
	cgi_trees_free(ctx);
	cgi_claims_forget(ctx);
	cgi_close_fd(ctx, ctx->procfd);
	free(ctx->base);
	free(ctx);
}

static int fail(struct cg_ctx *ctx, int rc, const char *text, const char *what)
{
	return cgi_result(ctx, cgi_fail(ctx, rc, "\"%.80s\" %s", text, what));
}

/* Which kinds a list names; false: it names something else. */
static bool parse_kinds(const char *list, bool want[CGI_KINDS])
{
	size_t known = 0, words = 1;

	for (int i = 0; i < CGI_KINDS; i++) {
		want[i] = cgi_has_word(list, cgi_kind_name((enum cgi_kind)i), ',');
		known += want[i];
	}
	for (const char *s = list; (s = strchr(s, ',')); s++)
		words++;
	return known == words;
}

static int ask_placer(struct cg_ctx *ctx)
{
	int rc = ctx->on_request ? cgi_placer_ready(ctx) : 0;

	if (!rc && ctx->on_request)
		ctx->present[CGI_PLACER] = ctx->usable[CGI_PLACER] = true;
	return rc;
}

CG_API int cg_ctx_set_driver(struct cg_ctx *ctx, const char *stack)
{
	bool want[CGI_KINDS], all;

	cgi_enter(ctx, -1);
	if (ctx->refs > 1)
		return cgi_result(ctx, cgi_fail(ctx, -EBUSY, "groups are open"));
	if (!parse_kinds(stack, want))
		return fail(ctx, -EINVAL, stack, "is not a list of drivers");
	if (want[CGI_PLACER] && ask_placer(ctx))
		return cgi_result(ctx, -ENODEV);
	for (int i = 0; i < CGI_KINDS; i++)
		if (want[i] && !ctx->present[i])
			return cgi_result(ctx, cgi_fail(ctx, -ENODEV, "%s: %s",
							cgi_kind_name((enum cgi_kind)i),
							ctx->absent[i]));
	/* The placer alone stands for it and all that there is: it places, others keep. */
	all = want[CGI_PLACER] && !strchr(stack, ',');
	for (int i = 0; i < CGI_KINDS; i++) {
		want[i] = want[i] || (all && ctx->present[i]);
		ctx->chosen[i] = want[i];
		if (want[i])
			ctx->absent[i][0] = '\0';
		else
			snprintf(ctx->absent[i], sizeof(ctx->absent[i]),
				 "not among the drivers asked for");
		if (!want[i])
			ctx->present[i] = ctx->usable[i] = false;
	}
	name_stack(ctx);
	return 0;
}

CG_API int cg_ctx_set_bus(struct cg_ctx *ctx, const char *address)
{
	int rc;

	cgi_enter(ctx, -1);
	if (ctx->refs > 1)
		return cgi_result(ctx, cgi_fail(ctx, -EBUSY, "groups are open"));
	if (!strchr(address, ':') || strchr(address, ' ') || strlen(address) >= sizeof(ctx->bus))
		return fail(ctx, -EINVAL, address, "is not a bus address");
	snprintf(ctx->bus, sizeof(ctx->bus), "%s", address);
	cgi_placer_free(ctx);
	rc = look_at_placer(ctx);
	name_stack(ctx);
	ctx->errmsg[0] = '\0';
	return cgi_result(ctx, rc);
}

CG_API int cg_ctx_set_base(struct cg_ctx *ctx, const char *path)
{
	char *base;

	cgi_enter(ctx, -1);
	if (cgi_path_check(path))
		return fail(ctx, -EINVAL, path ? path : "", "is not a path of a group");
	base = cgi_path_join("", path);
	if (!base)
		return cgi_result(ctx, cgi_nomem(ctx));
	free(ctx->base);
	ctx->base = base;
	return 0;
}

CG_API void cg_ctx_set_log(struct cg_ctx *ctx, cg_log_fn fn, void *data)
{
	ctx->log = fn;
	ctx->log_data = data;
}

CG_API const char *cg_ctx_driver_name(const struct cg_ctx *ctx)
{
	return ctx->stack;
}

CG_API const char *cg_version(void)
{
	return PACKAGE_VERSION;
}
