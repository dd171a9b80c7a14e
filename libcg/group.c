/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of a group: a stack of parts that is made, found again and let go together. */
#include <stdio.h>

#include "internal.h"

#define SAVE_HEAD	"libcg 1"

static struct cg *group_new(struct cg_ctx *ctx, const char *path)
{
	struct cg *cg = calloc(1, sizeof(*cg));

	if (!cg)
		return NULL;
	cg->path = strdup(path);
	if (!cg->path) {
		free(cg);
		return NULL;
	}
	cg->ctx = cgi_ctx_ref(ctx);
	return cg;
}

CG_API void cg_close(struct cg *cg)
{
	if (!cg)
		return;
	CGI_EACH(cg, p)
		p->drv->close(p);
	cg_ctx_free(cg->ctx);
	free(cg->kept);
	free(cg->path);
	free(cg);
}

static void closep(struct cg **cg)
{
	cg_close(*cg);
}

static struct cg_part *add_part(struct cg *cg, int index)
{
	struct cg_part *p = &cg->part[cg->nparts++];

	*p = (struct cg_part){ .drv = cgi_drivers[index], .ctx = cg->ctx, .index = index };
	return p;
}

/* Names the stack, and tells each part whether a cgroup before it knows the members. */
static void settle(struct cg *cg)
{
	bool tracked = false;
	size_t n = 0;

	cg->name[0] = '\0';
	CGI_EACH(cg, p) {
		p->witness = tracked;
		tracked = tracked || p->drv->tracks;
		n += (size_t)snprintf(cg->name + n, sizeof(cg->name) - n, "%s%s", n ? "," : "",
				      p->drv->name);
	}
}

static bool may_be_left_out(int rc)
{
	return rc == -EPERM || rc == -EACCES || rc == -EROFS || rc == -ENODEV || rc == -ENOENT;
}

static int create_part(struct cg *cg, struct cg_part *p, const char *path, unsigned flags)
{
	int rc = p->drv->create(p, path, flags);

	if (rc)
		snprintf(p->absent, sizeof(p->absent), "%s", cg->ctx->errmsg);
	return rc;
}

/* Every part or none; what this user may not make is left out and its reason kept. */
static int create_parts(struct cg *cg, unsigned flags)
{
	bool missing = false, placed = false;
	int rc = 0, denied = 0;
	char why[512] = "";
	size_t open = 0;

	for (int i = 0; !rc && cgi_drivers[i]; i++) {
		struct cg_part *p;

		if (!cg->ctx->present[i])
			continue;
		p = add_part(cg, i);
		if (p->drv->tracks && cgi_enclosed(cg->ctx)) {
			snprintf(p->absent, sizeof(p->absent), "it is made with the first process");
			continue;
		}
		rc = create_part(cg, p, cg->path, flags);
		if (rc && may_be_left_out(rc)) {
			if (!denied) {
				denied = rc;
				snprintf(why, sizeof(why), "%s", cg->ctx->errmsg);
			}
			missing = missing || rc == -ENOENT;
			if (rc == -ENOENT) {
				denied = rc;
				snprintf(why, sizeof(why), "%s", cg->ctx->errmsg);
			}
			rc = 0;
		}
		open += p->priv != NULL;
		placed = placed || (p->priv && p->drv->tracks);
	}
	/* A parent that exists in one hierarchy is enough, in none it is a mistake. */
	if (!rc && (!open || (missing && !placed)))
		rc = denied ? cgi_fail(cg->ctx, denied, "%s", why) :
			cgi_fail(cg->ctx, -ENODEV, "no driver can work here");
	if (!rc)
		return 0;
	CGI_EACH(cg, p)
		if (p->drv->undo)
			p->drv->undo(p);
	return rc;
}

static int names_no_group(const char *path)
{
	return !path[strspn(path, "/")];
}

CG_API int cg_create(struct cg_ctx *ctx, const char *path, unsigned flags, struct cg **ret)
{
	_cleanup_(closep) struct cg *cg = NULL;
	int rc;

	cgi_enter(ctx);
	if (flags & ~(CG_PARENTS | CG_REUSE) || cgi_path_check(path))
		return cgi_result(ctx,
				  cgi_fail(ctx, -EINVAL, "create \"%.80s\": not a path of a group",
					   path ? path : ""));
	if (names_no_group(path))
		return cgi_result(ctx, cgi_fail(ctx, -EPERM, "create \"%s\": %s", path, *path ?
						"the root of a hierarchy" : "the base itself"));
	cg = group_new(ctx, path);
	if (!cg)
		return cgi_result(ctx, cgi_fail(ctx, -ENOMEM, "no memory"));
	rc = create_parts(cg, flags);
	if (rc)
		return cgi_result(ctx, rc);
	cg->adopted = true;
	settle(cg);
	*ret = take_ptr(cg);
	return 0;
}

/* In the root of a hierarchy one is in no group, if there is a group elsewhere. */
static void leave_roots(struct cg *cg, size_t tracked)
{
	CGI_EACH(cg, p) {
		if (!p->root || tracked < 2)
			continue;
		p->drv->close(p);
		p->root = false;
		snprintf(p->absent, sizeof(p->absent), "the process is in no group there");
		tracked--;
	}
}

/* An existing group lives in whichever hierarchies have it. */
static int open_parts(struct cg *cg, pid_t pid, bool by_pid)
{
	char why[512] = "", place[CGI_PLACE] = "";
	size_t tracked = 0;
	int rc = -ENODEV, last = -ENODEV;

	for (int i = 0; cgi_drivers[i]; i++) {
		struct cg_part *p;

		if (!cg->ctx->present[i])
			continue;
		p = add_part(cg, i);
		rc = by_pid ? p->drv->open_pid(p, pid, place) : p->drv->open(p, cg->path);
		/* A part that could not be asked may have members: no half of a group. */
		if (rc && rc != -ESRCH && !may_be_left_out(rc))
			return rc;
		/* "Not here" is the answer of one who may look. */
		if (rc && last != -ENOENT) {
			last = rc;
			snprintf(why, sizeof(why), "%s", cg->ctx->errmsg);
		}
		tracked += !rc && p->drv->tracks;
	}
	if (by_pid)
		leave_roots(cg, tracked);
	if (tracked)
		return 0;
	if (last == -ENODEV)
		return cgi_fail(cg->ctx, -ENODEV, "no cgroup hierarchy can be seen here");
	return cgi_fail(cg->ctx, last, "%s", why);
}

static int open_group(struct cg_ctx *ctx, const char *path, pid_t pid, bool by_pid, unsigned flags,
		      struct cg **ret)
{
	_cleanup_(closep) struct cg *cg = NULL;
	int rc;

	if (flags & ~CG_ADOPT)
		return cgi_fail(ctx, -EINVAL, "open: unknown flag");
	cg = group_new(ctx, path);
	if (!cg)
		return cgi_fail(ctx, -ENOMEM, "no memory");
	rc = open_parts(cg, pid, by_pid);
	if (rc)
		return rc;
	cg->adopted = flags & CG_ADOPT;
	settle(cg);
	*ret = take_ptr(cg);
	return 0;
}

CG_API int cg_open(struct cg_ctx *ctx, const char *path, unsigned flags, struct cg **ret)
{
	cgi_enter(ctx);
	if (cgi_path_check(path))
		return cgi_result(ctx,
				  cgi_fail(ctx, -EINVAL, "open \"%.80s\": not a path of a group",
					   path ? path : ""));
	return cgi_result(ctx, open_group(ctx, path, 0, false, flags, ret));
}

CG_API int cg_open_pid(struct cg_ctx *ctx, pid_t pid, unsigned flags, struct cg **ret)
{
	char name[32];

	cgi_enter(ctx);
	if (pid < 0)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "process %d: no such number", pid));
	if (!pid)
		pid = ctx->sys->self(ctx->k);
	snprintf(name, sizeof(name), "pid:%d", pid);
	return cgi_result(ctx, open_group(ctx, name, pid, true, flags, ret));
}

/* Inode numbers and start times mean nothing after a reboot. */
static void boot_id(struct cg_ctx *ctx, char *out, size_t size)
{
	if (cgi_read_word(ctx, ctx->procfd, "sys/kernel/random/boot_id", out, size) <= 0)
		snprintf(out, size, "unknown");
}

CG_API int cg_save(const struct cg *cg, char *buf, size_t size)
{
	_cleanup_(cgi_buf_free) struct cgi_buf out = { 0 };
	struct cg_ctx *ctx = cg->ctx;
	char boot[64];
	int rc = 0;

	cgi_enter(ctx);
	boot_id(ctx, boot, sizeof(boot));
	cgi_buf_add(&out, SAVE_HEAD " %s\npath %s\n", boot, cg->path);
	if (cg->stopping)
		cgi_buf_add(&out, "stopped\n");
	for (size_t i = 0; i < cg->n_kept; i++)
		cgi_buf_add(&out, "kept %d %llu\n", cg->kept[i].pid,
			    (unsigned long long)cg->kept[i].start);
	for (size_t i = 0; !rc && i < cg->nparts; i++) {
		const struct cg_part *p = &cg->part[i];

		if (p->priv)
			rc = p->drv->save(p, &out);
		else if (*p->absent)
			cgi_buf_add(&out, "absent %s %s\n", p->drv->name, p->absent);
	}
	if (!rc && out.failed)
		rc = cgi_fail(ctx, -ENOMEM, "no memory");
	if (!rc && out.len >= size)
		rc = cgi_fail(ctx, -ERANGE, "the saved group has %zu bytes", out.len + 1);
	if (rc)
		return cgi_result(ctx, rc);
	memcpy(buf, out.s, out.len + 1);
	return (int)out.len;
}

static struct cg_part *part_named(struct cg *cg, const char *line, size_t len)
{
	for (size_t i = 0; i < cg->nparts; i++)
		if (strlen(cg->part[i].drv->name) == len &&
		    !memcmp(cg->part[i].drv->name, line, len))
			return &cg->part[i];
	for (int i = 0; cgi_drivers[i] && cg->nparts < CGI_MAX_PARTS; i++)
		if (strlen(cgi_drivers[i]->name) == len && !memcmp(cgi_drivers[i]->name, line, len))
			return add_part(cg, i);
	return NULL;
}

static int restore_kept(struct cg *cg, const char *line)
{
	unsigned long long start;
	int pid;

	if (sscanf(line, "%d %llu", &pid, &start) != 2 || pid <= 0)
		return cgi_fail(cg->ctx, -EINVAL, "saved group: bad line \"kept %.60s\"", line);
	return cgi_keep_stopped(cg, pid, start);
}

/* "v2 ...", "v1 freezer ...", "proc ref ...", "absent v1 why", "stopped", "kept pid start" */
static int restore_line(struct cg *cg, const char *line, unsigned flags)
{
	bool absent = !strncmp(line, "absent ", 7);
	size_t len = strcspn(line += absent ? 7 : 0, " ");
	struct cg_part *p;
	int rc;

	if (!absent && !strcmp(line, "stopped")) {
		cg->stopping = true;
		return 0;
	}
	if (!absent && !strncmp(line, "kept ", 5))
		return restore_kept(cg, line + 5);
	p = part_named(cg, line, len);
	if (!p || !line[len])
		return cgi_fail(cg->ctx, -EINVAL, "saved group: bad line \"%.60s\"", line);
	line += len + 1;
	if (absent || (!cg->ctx->present[p->index] && !cg->ctx->on_request[p->index])) {
		snprintf(p->absent, sizeof(p->absent), "%s",
			 absent ? line : cg->ctx->absent[p->index]);
		return 0;
	}
	rc = p->drv->restore(p, line);
	if (rc == -ESTALE && flags & CG_SKIP_REPLACED) {
		snprintf(p->absent, sizeof(p->absent), "%s", cg->ctx->errmsg);
		return 0;
	}
	return rc;
}

static int restore_lines(struct cg *cg, char *text, unsigned flags)
{
	char *line, *end;
	int rc = 0;

	for (line = text; !rc && *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return cgi_fail(cg->ctx, -EINVAL, "saved group: cut off");
		*end = '\0';
		rc = restore_line(cg, line, flags);
	}
	return rc;
}

CG_API int cg_restore(struct cg_ctx *ctx, const char *text, unsigned flags, struct cg **ret)
{
	_cleanup_(closep) struct cg *cg = NULL;
	_cleanup_free_ char *copy = strdup(text);
	char boot[64], head[128], *line, *end;
	int rc;

	cgi_enter(ctx);
	boot_id(ctx, boot, sizeof(boot));
	snprintf(head, sizeof(head), SAVE_HEAD " %s\n", boot);
	line = copy ? strchr(copy, '\n') : NULL;
	end = line ? strchr(line + 1, '\n') : NULL;
	if (flags & ~CG_SKIP_REPLACED || strncmp(text, SAVE_HEAD " ", strlen(SAVE_HEAD) + 1) ||
	    !end || strncmp(line, "\npath ", 6))
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "this is not a saved group"));
	*end = '\0';
	cg = group_new(ctx, line + 6);
	if (!cg)
		return cgi_result(ctx, cgi_fail(ctx, -ENOMEM, "no memory"));
	/* After a reboot all of it is gone: a group without parts. */
	rc = strncmp(text, head, strlen(head)) ? 0 : restore_lines(cg, end + 1, flags);
	if (rc)
		return cgi_result(ctx, rc);
	cg->adopted = true;
	settle(cg);
	*ret = take_ptr(cg);
	return 0;
}

CG_API const char *cg_path(const struct cg *cg)
{
	return cg->path;
}

CG_API const char *cg_driver_name(const struct cg *cg)
{
	return cg->name;
}

CG_API int cg_fd(const struct cg *cg)
{
	int fd = -EOPNOTSUPP;

	cgi_enter(cg->ctx);
	for (size_t i = 0; fd == -EOPNOTSUPP && i < cg->nparts; i++)
		if (cg->part[i].priv && cg->part[i].drv->fd)
			fd = cg->part[i].drv->fd(&cg->part[i]);
	if (fd < 0)
		cgi_fail(cg->ctx, fd, "no part of this group has a directory to be born into");
	return cgi_result(cg->ctx, fd);
}

/* The parts that had to wait for a place: those that cannot be made in it are left out. */
static int create_inside(struct cg *cg, const char *path)
{
	int rc, first = -ENODEV;
	size_t open = 0;

	for (size_t i = 0; i < cg->nparts; i++) {
		struct cg_part *p = &cg->part[i];

		if (!p->drv->tracks || p->priv || !cg->ctx->present[p->index])
			continue;
		rc = create_part(cg, p, path, CG_PARENTS | CG_REUSE);
		if (rc && !may_be_left_out(rc))
			return rc;
		if (rc && first == -ENODEV)
			first = rc;
		open += !rc;
	}
	settle(cg);
	return open ? 0 : cgi_fail(cg->ctx, first, "no group can be made at %s", path);
}

static int enclose(struct cg *cg, pid_t pid)
{
	char path[1100];
	int rc = 0;

	CGI_EACH(cg, p)
		if (p->drv->enclose && !rc)
			rc = p->drv->enclose(p, pid, path, sizeof(path));
	return rc > 0 ? create_inside(cg, path) : rc;
}

CG_API int cg_attach(struct cg *cg, pid_t pid)
{
	struct cg_ctx *ctx = cg->ctx;
	struct cgi_stat st;
	char why[512];
	int rc = 0;
	size_t i;

	cgi_enter(ctx);
	if (pid < 0)
		return cgi_result(ctx, cgi_fail(ctx, -EINVAL, "attach %d: no such number", pid));
	if (!cg->adopted)
		return cgi_result(ctx, cgi_fail(ctx, -EPERM,
						"attach: this group was not created or adopted"));
	if (!pid)
		pid = ctx->sys->self(ctx->k);
	rc = enclose(cg, pid);
	if (rc)
		return cgi_result(ctx, rc);
	for (i = 0; !rc && i < cg->nparts; i++)
		if (cg->part[i].priv)
			rc = cg->part[i].drv->attach(&cg->part[i], pid);
	if (!rc && !cg->nparts)
		return cgi_result(ctx, cgi_fail(ctx, -ENOENT, "attach: the group is gone"));
	if (!rc) {
		/* The kernel moves the dead in silence, that is not at all. */
		if (!cgi_stat_pid(ctx, pid, &st) && cgi_lives(ctx, &st) == 1)
			return 0;
		rc = cgi_fail(ctx, -ESRCH, "attach %d: it has ended", pid);
		i++;
	}
	snprintf(why, sizeof(why), "%s", ctx->errmsg);
	while (--i)		/* the one that failed has put its own back */
		if (cg->part[i - 1].priv)
			cg->part[i - 1].drv->unattach(&cg->part[i - 1], pid);
	return cgi_result(ctx, cgi_fail(ctx, rc, "%s", why));
}

/* A member's descendants are members: not the caller, and so nobody above it. */
static bool is_ancestor(struct cg_ctx *ctx, pid_t pid)
{
	struct cgi_stat st = { .ppid = ctx->sys->self(ctx->k) };

	do {
		if (st.ppid == pid)
			return true;
	} while (st.ppid > 0 && !cgi_stat_pid(ctx, st.ppid, &st));
	return pid == 1;
}

CG_API int cg_identify(struct cg *cg, pid_t pid, unsigned ids)
{
	int rc = -EOPNOTSUPP;

	cgi_enter(cg->ctx);
	if (pid <= 0 || ids & ~(CG_ID_USER | CG_ID_PID | CG_ID_MNT))
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL,
						    "identify %d: no such process or "
						    "namespace",
						    pid));
	if (!cg->adopted)
		return cgi_result(cg->ctx,
				  cgi_fail(cg->ctx, -EPERM,
					   "identify: this group was not created or adopted"));
	if (is_ancestor(cg->ctx, pid))
		return cgi_result(cg->ctx,
				  cgi_fail(cg->ctx, -EDEADLK,
					   "identify %d: the caller descends from it", pid));
	CGI_EACH(cg, p)
		if (rc == -EOPNOTSUPP && p->drv->identify)
			rc = p->drv->identify(p, pid, ids);
	if (rc == -EOPNOTSUPP)
		cgi_fail(cg->ctx, rc, "identify: this group has no part that records processes");
	return cgi_result(cg->ctx, rc);
}

CG_API int cg_hold(struct cg *cg, unsigned id, const char *path)
{
	int rc = -EOPNOTSUPP;

	cgi_enter(cg->ctx);
	if ((id != CG_ID_USER && id != CG_ID_MNT) ||
	    (path && (*path != '/' || strchr(path, '\n'))))
		return cgi_result(cg->ctx, cgi_fail(cg->ctx, -EINVAL, "hold: bad argument"));
	CGI_EACH(cg, p)
		if (rc == -EOPNOTSUPP && p->drv->hold)
			rc = p->drv->hold(p, id, path);
	if (rc == -EOPNOTSUPP)
		cgi_fail(cg->ctx, rc, "hold: this group has no part that records processes");
	return cgi_result(cg->ctx, rc);
}

CG_API int cg_unidentify(struct cg *cg, unsigned ids)
{
	cgi_enter(cg->ctx);
	CGI_EACH(cg, p)
		if (p->drv->unidentify)
			p->drv->unidentify(p, ids);
	return 0;
}

CG_API int cg_delegate(struct cg *cg, uid_t uid, gid_t gid)
{
	int rc = -EOPNOTSUPP, one;

	cgi_enter(cg->ctx);
	CGI_EACH(cg, p) {
		if (!p->drv->delegate)
			continue;
		one = p->drv->delegate(p, uid, gid);
		if (one)
			return cgi_result(cg->ctx, one);
		rc = 0;
	}
	if (rc)
		cgi_fail(cg->ctx, rc, "no part of this group can be delegated safely");
	return cgi_result(cg->ctx, rc);
}

static int first_that(struct cg *cg, const char *key, const char *value, char *buf, size_t size)
{
	int rc = -EOPNOTSUPP;
	char why[512];			/* each part has its own reason */
	size_t len = 0;

	cgi_enter(cg->ctx);
	if (!cg->adopted && value)
		return cgi_fail(cg->ctx, -EPERM, "set %s: this group was not created or adopted",
				key);
	/*
	 * The first that can, but for devices the last: on a hybrid host administrators look
	 * for them in the v1 controller, and only where that is absent the v2 tree has them;
	 * and what the v2 tree counts of the processor there says nothing of its limits.
	 */
	bool last = !strcmp(key, "devices.rules") || !strcmp(key, "cpu.stat");

	for (size_t i = 0; i < cg->nparts && rc == -EOPNOTSUPP; i++) {
		struct cg_part *p = &cg->part[last ? cg->nparts - 1 - i : i];

		if (!p->priv || !p->drv->set)
			continue;
		rc = value ? p->drv->set(p, key, value) : p->drv->get(p, key, buf, size);
		if (rc == -EOPNOTSUPP && len < sizeof(why))
			len += (size_t)snprintf(why + len, sizeof(why) - len, "%s%s",
						len ? "; " : "", cg->ctx->errmsg);
	}
	if (rc == -EOPNOTSUPP && !len)
		cgi_fail(cg->ctx, rc, "no part of this group has %s", key);
	else if (rc == -EOPNOTSUPP)
		cgi_fail(cg->ctx, rc, "%s", why);
	return rc;
}

CG_API int cg_set(struct cg *cg, const char *key, const char *value)
{
	return cgi_result(cg->ctx, first_that(cg, key, value, NULL, 0));
}

CG_API int cg_get(struct cg *cg, const char *key, char *buf, size_t size)
{
	return cgi_result(cg->ctx, first_that(cg, key, NULL, buf, size));
}
