/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A context: the kernel it speaks to, and the drivers that can work here. */
#include <fcntl.h>
#include <stdio.h>

#include "internal.h"

#define INIT_PID_NS	0xEFFFFFFCU	/* PROC_PID_INIT_INO, fixed since Linux 3.8 */

/* /proc of another PID namespace would make us signal strangers by number. */
static int look_at_proc(struct cg_ctx *ctx)
{
	struct cgi_ident id;
	struct cgi_stat st;
	char buf[1024];
	int rc;

	ctx->procfd = ctx->sys->open(ctx->k, AT_FDCWD, "/proc", true);
	if (ctx->procfd < 0)
		return cgi_fail(ctx, -ENODEV, "open /proc: %s", cgi_strerror(ctx->procfd));
	rc = (int)ctx->sys->read(ctx->k, ctx->procfd, "self/stat", buf, sizeof(buf));
	if (rc < 0 || cgi_parse_stat(buf, &st) || st.pid != ctx->sys->self(ctx->k))
		ctx->foreign_proc = true;
	if (!ctx->sys->ident(ctx->k, ctx->procfd, "self/ns/pid", &id))
		ctx->child_pidns = id.ino != INIT_PID_NS;
	return 0;
}

static void name_stack(struct cg_ctx *ctx)
{
	size_t n = 0;

	ctx->stack[0] = '\0';
	for (int i = 0; cgi_drivers[i]; i++)
		if (ctx->chosen[i])
			n += (size_t)snprintf(ctx->stack + n, sizeof(ctx->stack) - n, "%s%s",
					      n ? "," : "", cgi_drivers[i]->name);
}

static int probe_one(struct cg_ctx *ctx, int i)
{
	int rc = cgi_drivers[i]->probe(ctx, i);

	ctx->on_request[i] = rc == CGI_ON_REQUEST;
	ctx->present[i] = rc == 0 || rc == 1;
	ctx->usable[i] = ctx->chosen[i] = rc == 0;
	snprintf(ctx->absent[i], sizeof(ctx->absent[i]), "%s", rc ? ctx->errmsg : "");
	cgi_log(ctx, "probe %s = %d", cgi_drivers[i]->name, rc);
	return rc == -ENOMEM ? rc : 0;
}

/* The last first: whoever comes before them is told what they can do. */
static int probe_all(struct cg_ctx *ctx)
{
	_cleanup_(cgi_buf_free) struct cgi_buf why = { 0 };
	bool any = false;
	int n = 0, rc = 0;

	while (cgi_drivers[n])
		n++;
	while (!rc && n--) {
		rc = probe_one(ctx, n);
		any = any || ctx->present[n];
		cgi_buf_add(&why, "; %s", ctx->absent[n]);
	}
	name_stack(ctx);
	if (rc || any)
		return rc;
	return cgi_fail(ctx, -ENODEV, "no driver can work here%s", why.s ? why.s : "");
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
	rc = look_at_proc(ctx);
	rc = rc ? rc : probe_all(ctx);
	if (rc) {
		cg_ctx_free(ctx);
		return rc == -ENOMEM ? rc : -ENODEV;
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
	for (int i = 0; cgi_drivers[i]; i++)
		if (ctx->host[i])
			cgi_drivers[i]->unprobe(ctx, i);
	cgi_close_fd(ctx, ctx->procfd);
	free(ctx);
}

/* Only the groups opened later see it, hence "before the first group". */
CG_API int cg_ctx_set_driver(struct cg_ctx *ctx, const char *stack)
{
	bool want[CGI_MAX_PARTS] = { false };
	size_t known = 0, words = 1;
	bool all = false;

	cgi_enter(ctx);
	if (ctx->refs > 1)
		return cgi_result(ctx, cgi_fail(ctx, -EBUSY, "groups are open"));
	for (int i = 0; cgi_drivers[i]; i++) {
		want[i] = cgi_has_word(stack, cgi_drivers[i]->name, ',');
		known += want[i];
	}
	for (const char *s = stack; (s = strchr(s, ',')); s++)
		words++;
	if (known != words)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "\"%.60s\" is not a list of drivers",
						stack));
	for (int i = 0; cgi_drivers[i]; i++) {
		if (want[i] && ctx->on_request[i] && cgi_drivers[i]->ready(ctx, i))
			return cgi_result(ctx, -ENODEV);
		if (want[i] && ctx->on_request[i])
			ctx->present[i] = ctx->usable[i] = true;
		if (known == 1 && want[i] && cgi_drivers[i]->enclose)
			all = true;
		if (want[i] && !ctx->present[i])
			return cgi_result(ctx, cgi_fail(ctx, -ENODEV, "%s: %s",
							cgi_drivers[i]->name, ctx->absent[i]));
	}
	for (int i = 0; cgi_drivers[i]; i++) {
		want[i] = want[i] || (all && ctx->present[i]);
		if (want[i])
			ctx->absent[i][0] = '\0';
		ctx->chosen[i] = want[i];
		if (!want[i]) {
			ctx->present[i] = ctx->usable[i] = false;
			snprintf(ctx->absent[i], sizeof(ctx->absent[i]),
				 "not among the drivers asked for");
		}
	}
	name_stack(ctx);
	return 0;
}

CG_API int cg_ctx_set_bus(struct cg_ctx *ctx, const char *address)
{
	int rc = 0;

	cgi_enter(ctx);
	if (ctx->refs > 1)
		return cgi_result(ctx, cgi_fail(ctx, -EBUSY, "groups are open"));
	if (!strchr(address, ':') || strchr(address, ' ') || strlen(address) >= sizeof(ctx->bus))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "\"%.80s\" is not a bus address",
						address));
	snprintf(ctx->bus, sizeof(ctx->bus), "%s", address);
	for (int i = 0; !rc && cgi_drivers[i]; i++) {
		if (!cgi_drivers[i]->enclose)
			continue;
		if (ctx->host[i])
			cgi_drivers[i]->unprobe(ctx, i);
		rc = probe_one(ctx, i);
	}
	name_stack(ctx);
	cgi_enter(ctx);
	return cgi_result(ctx, rc);
}

CG_API int cg_ctx_set_base(struct cg_ctx *ctx, const char *path)
{
	cgi_enter(ctx);
	if (cgi_path_check(path) || cgi_path_join(ctx->base, sizeof(ctx->base), "", path))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "\"%.80s\" is not a path of a group",
						path));
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
