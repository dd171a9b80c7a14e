/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The dialect of cgroup v2, also of the tree without controllers that hybrid hosts have beside
 * v1: cgroup.kill (Linux 5.14), cgroup.freeze (5.2), cgroup.events.
 */
#include <stdio.h>

#include "place.h"
#include "walk.h"

static int events(struct cg_ctx *ctx, struct cgi_place *p, char *buf, size_t size)
{
	ssize_t n = cgi_place_word(ctx, p, "cgroup.events", buf, size);

	return n < 0 ? (int)n : 0;
}

static int v2_populated(struct cg_ctx *ctx, struct cgi_place *p, bool *ret)
{
	char buf[256];
	uint64_t n;
	int rc = events(ctx, p, buf, sizeof(buf));

	rc = rc ? rc : cgi_parse_keyed(buf, "populated", &n);
	if (!rc)
		*ret = n;
	return rc;
}

/* Is the switch of this group on? */
static bool switched(struct cg_ctx *ctx, int dirfd, const char *file)
{
	char buf[16];

	return cgi_read_word(ctx, dirfd, file, buf, sizeof(buf)) == 1 && buf[0] == '1';
}

/* Is a group above this one frozen by its own switch? */
static bool frozen_above(struct cg_ctx *ctx, const struct cgi_place *p)
{
	_cleanup_free_ char *path = strdup(p->path);
	char file[4096 + 32];
	struct cgi_at at;
	bool on = false;
	char *slash;

	while (!on && path && (slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (cgi_at_open(ctx, p->tree->fd, path, &at))
			continue;
		snprintf(file, sizeof(file), "%s/cgroup.freeze", at.name);
		on = switched(ctx, at.fd, file);
		cgi_at_close(ctx, p->tree->fd, &at);
	}
	return on;
}

static bool switched_itself(struct cg_ctx *ctx, struct cgi_place *p)
{
	char buf[16];

	return cgi_place_word(ctx, p, "cgroup.freeze", buf, sizeof(buf)) == 1 && buf[0] == '1';
}

/*
 * A group that was killed while it and one below it were frozen may say "frozen 1" for ever
 * after, thawed and empty (about once in a thousand on a busy 6.18): where nobody is to be
 * frozen the switches tell, its own and those above.
 */
static int v2_frozen(struct cg_ctx *ctx, struct cgi_place *p, bool *frozen, bool *above)
{
	uint64_t populated = 0, n = 0;
	char buf[256];
	int rc = events(ctx, p, buf, sizeof(buf));

	*frozen = *above = false;
	if (rc)
		return rc;
	if (cgi_parse_keyed(buf, "frozen", &n) || !n)
		return 0;
	(void)cgi_parse_keyed(buf, "populated", &populated);
	*above = frozen_above(ctx, p);
	*frozen = populated || *above || switched_itself(ctx, p);
	return 0;
}

static int v2_prepare(struct cg_ctx *ctx, struct cgi_place *p)
{
	char type[32];

	if (cgi_place_word(ctx, p, "cgroup.type", type, sizeof(type)) > 0 &&
	    !strcmp(type, "domain invalid"))
		return cgi_fail(ctx, -EBUSY, "create %s: its parent is threaded", CGI_AT(p));
	return 0;
}

const struct cgi_dialect cgi_dialect_v2 = {
	.kill_name = "v2 cgroup.kill",
	.kill_file = "cgroup.kill",
	.freeze_file = "cgroup.freeze",
	.frozen = "1",
	.thawed = "0",
	.self_file = "cgroup.freeze",
	.events_file = "cgroup.events",
	.prepare = v2_prepare,
	.populated = v2_populated,
	.frozen_now = v2_frozen,
};
