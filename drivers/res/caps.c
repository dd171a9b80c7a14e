/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What can be limited, controller by controller, and the reason for each that cannot: the one
 * that holds here, found by looking at the hierarchy that has the controller.
 */
#include <stdio.h>

#include "res/key.h"
#include "walk.h"

static const char *const limits[] = { "memory", "pids", "cpu" };

struct asked {
	struct cg_ctx *ctx;
	struct cgi_places *l;		/* NULL: a group to be made */
	const struct cgi_tree *t2;	/* v2; NULL: it has no place there */
	char *path;			/* in v2 */
	bool lacks;			/* v2 has a controller that is not delegated */
	char why[300];			/* the last question was answered with no */
};

/* A group that has other places: which directory is missing in this hierarchy? */
static void say_missing(struct asked *a, const struct cgi_tree *t, const char *controller)
{
	const char *path = a->l->v[0].path, *slash = strrchr(path, '/');
	_cleanup_free_ char *up = strndup(path, slash ? (size_t)(slash - path) : 0);
	struct cgi_ident id;
	struct cgi_at at;
	int rc = up ? 0 : -ENOMEM;

	if (!rc && *up) {
		rc = cgi_at_open(a->ctx, t->fd, up, &at);
		if (!rc) {
			rc = a->ctx->sys->ident(a->ctx->k, at.fd, at.name, &id);
			cgi_at_close(a->ctx, t->fd, &at);
		}
	}
	if (rc)
		snprintf(a->why, sizeof(a->why), "the parent %.200s %s in the hierarchy of %s", up,
			 rc == -ENOENT ? "is missing" : "cannot be seen", controller);
	else
		snprintf(a->why, sizeof(a->why), "the group is not in the hierarchy of %s",
			 controller);
}

static bool on_v1(struct asked *a, const char *controller)
{
	const struct cgi_tree *t = cgi_tree_with(a->ctx, controller);
	struct cgi_place *p = a->l ? cgi_res_v1(a->l, controller) : NULL;

	if (!t || !a->ctx->chosen[CGI_V1])
		return false;
	if (a->l ? p && !p->gone : t->base != NULL)
		return true;
	if (!t->base || t->fd < 0 || !a->l || !a->l->n)
		snprintf(a->why, sizeof(a->why), "%.*s", (int)sizeof(a->why) - 1, t->why);
	else
		say_missing(a, t, controller);
	return false;
}

/* What is not enabled yet is when it is asked for: here it is only looked at. */
static bool on_v2(struct asked *a, const char *controller)
{
	if (!a->t2)
		return false;
	if (!cgi_res_enable(a->ctx, a->t2, a->path, controller, true))
		return true;
	a->lacks = a->lacks || !strstr(a->ctx->errmsg, "in the way");
	if (!*a->why)
		snprintf(a->why, sizeof(a->why), "%.299s", a->ctx->errmsg);
	return false;
}

static void limits_caps(struct asked *a, struct cgi_cap *c)
{
	_cleanup_(cgi_buf_free) struct cgi_buf list = { 0 }, why = { 0 };
	bool used[2] = { false, false };
	unsigned have = 0;

	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		bool v1, v2;

		a->why[0] = '\0';
		v1 = on_v1(a, limits[i]);
		v2 = !v1 && on_v2(a, limits[i]);
		used[0] = used[0] || v2;
		used[1] = used[1] || v1;
		have += v1 || v2;
		if (v1 || v2)
			cgi_buf_add(&list, "%s%s", list.len ? ", " : "only ", limits[i]);
		else if (*a->why && (!why.s || !strstr(why.s, a->why)))
			cgi_buf_add(&why, "%s%s", why.len ? "; " : ": ", a->why);
	}
	cgi_buf_add(&list, have ? "" : "no resource controller is writable");
	cgi_buf_add(&list, "%s", why.len ? why.s : "");
	if (list.failed)
		return;
	if (have == ARRAY_SIZE(limits))
		list.s[0] = '\0';
	if (have)
		cgi_cap_offer(c, *list.s ? CG_BEST_EFFORT : CG_FULL, !used[1] ? "v2 controllers" :
			      !used[0] ? "v1 controllers" : "v2 and v1 controllers", list.s,
			      *list.s && a->lacks ? "systemd: a drop-in for user@.service with "
			      "Delegate=cpu cpuset io memory pids" : "");
	else
		snprintf(c->reason, sizeof(c->reason), "%s", list.s);
}

/* Where the group is in v2, or a new one would be. */
static void find_v2(struct asked *a, const char *given)
{
	_cleanup_(cgi_buf_free) struct cgi_buf b = { 0 };
	const struct cgi_tree *t = cgi_tree_named(a->ctx, "", 0);

	if (!t || t->fd < 0)
		return;
	for (size_t i = 0; a->l && i < a->l->n; i++)
		if (a->l->v[i].tree == t && !a->l->v[i].gone)
			a->path = strdup(a->l->v[i].path);
	if (!a->l && given) {
		cgi_buf_add(&b, "%s/new", given);
		a->path = take_ptr(b.s);
	} else if (!a->l && a->ctx->chosen[CGI_V2]) {
		(void)cgi_tree_path(a->ctx, t, "new", &a->path);
	}
	a->t2 = a->path ? t : NULL;
}

void cgi_res_caps(struct cg_ctx *ctx, struct cgi_places *l, const char *given,
		  struct cgi_cap *caps)
{
	struct cgi_cap *c = &caps[CG_OP_DEVICES];
	struct asked a = { .ctx = ctx, .l = l };

	find_v2(&a, given);
	limits_caps(&a, &caps[CG_OP_LIMITS]);
	/* The controller of v1 goes before the program of v2, as in setting. */
	if (on_v1(&a, "devices"))
		cgi_cap_offer(c, CG_FULL, "v1 devices.allow", "", "");
	else if (a.t2 && !cgi_devices_v2_could(ctx))
		cgi_cap_offer(c, CG_FULL, "v2 device program", "", "");
	else if (a.t2)
		snprintf(c->reason, sizeof(c->reason), "%.500s", ctx->errmsg);
	free(a.path);
}
