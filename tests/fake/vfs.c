/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's names: what a (directory descriptor, name) means, and descriptors. */
#include <fcntl.h>
#include <stdarg.h>

#include "fk.h"

void fk_text(struct fk_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->s + t->len, sizeof(t->s) - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < sizeof(t->s) - t->len ? (size_t)n : sizeof(t->s) - t->len - 1;
}

struct fk_fd *fk_fd(struct fk *k, int fd)
{
	if (fd < FK_FD0 || fd >= FK_FD0 + FK_MAXFD || k->fd[fd - FK_FD0].type == FK_FREE)
		return NULL;
	return &k->fd[fd - FK_FD0];
}

int fk_fd_new(struct fk *k, struct fk_fd **ret)
{
	for (int i = 0; i < FK_MAXFD; i++) {
		if (k->fd[i].type != FK_FREE)
			continue;
		memset(&k->fd[i], 0, sizeof(k->fd[i]));
		k->fd[i].file = -1;
		*ret = &k->fd[i];
		if (++k->nfd > k->max_fd)
			k->max_fd = k->nfd;
		return FK_FD0 + i;
	}
	return -EMFILE;
}

/* Takes the first component of *path. Returns its length, 0 at the end. */
static size_t component(const char **path, char *out, size_t size)
{
	size_t n;

	*path += strspn(*path, "/");
	n = strcspn(*path, "/");
	snprintf(out, size, "%.*s", (int)n, *path);
	*path += n;
	return n;
}

static int walk_cg(struct fk *k, struct fk_loc *l, const char *path)
{
	char word[128];

	while (component(&path, word, sizeof(word))) {
		struct fk_cg *c;

		if (l->file >= 0)
			return -ENOTDIR;
		if (!strcmp(word, "..")) {
			if (*path || !l->cg->parent)
				return -EXDEV;
			l->cg = l->cg->parent;
			continue;
		}
		if (!strcmp(word, "."))
			continue;
		if (l->cg->dead)
			return k->gone_errno;
		c = fk_cg_child(l->cg, word, strlen(word));
		if (c) {
			l->cg = c;
			continue;
		}
		l->file = fk_cg_file(word);
		if (l->file < 0 || !fk_file_here(l->cg, l->file))
			return -ENOENT;
	}
	return 0;
}

static int walk_ns(struct fk *k, struct fk_loc *l, const char *word)
{
	struct fk_proc *p = l->p;

	for (int i = 0; i < FK_NNS; i++) {
		if (strcmp(word, fk_ns_name(i)))
			continue;
		if (!fk_may_trace(k, p))
			return -EACCES;
		/* What is left of a zombie are its credentials and its number. */
		if ((p->zombie || p->thread[0].dead) && i != FK_NS_USER && i != FK_NS_PID)
			return -ENOENT;
		l->ns = p->ns[i];
		return 0;
	}
	return -ENOENT;
}

static int walk_task(struct fk_loc *l, const char *word)
{
	char *end;
	long num = strtol(word, &end, 10);

	if (end == word || *end)
		return -ENOENT;
	for (unsigned i = 0; i < l->p->nthreads; i++)
		if (l->p->thread[i].tid == num && (!i || !l->p->thread[i].dead)) {
			l->tid = num;
			l->sub[0] = '\0';
			return 0;
		}
	return -ENOENT;
}

static int walk_proc(struct fk *k, struct fk_loc *l, const char *path)
{
	char word[64];
	int rc = 0;

	while (!rc && component(&path, word, sizeof(word))) {
		if (!strcmp(word, ".."))
			return -EXDEV;
		if (l->leaf[0] || l->ns)
			return -ENOTDIR;
		if (!l->p) {
			if (!strcmp(word, "sys") || !strcmp(word, "loadavg")) {
				snprintf(l->path, sizeof(l->path), "%.8s%.100s", word, path);
				return 0;
			}
			l->p = fk_proc_lookup(k, word, &l->tid);
			if (!l->p)
				return -ENOENT;
			continue;
		}
		if (l->p->reaped)
			return k->verb[FK_READ] & 1 ? -ESRCH : -ENOENT;
		if (!strcmp(l->sub, "ns"))
			rc = walk_ns(k, l, word);
		else if (!strcmp(l->sub, "task"))
			rc = walk_task(l, word);
		else if (!strcmp(word, "ns") || (!strcmp(word, "task") && !l->tid))
			snprintf(l->sub, sizeof(l->sub), "%.15s", word);
		else
			snprintf(l->leaf, sizeof(l->leaf), "%.31s", word);
	}
	return rc;
}

/* The mount that a path is below: the longest mount point that is a part of it. */
static struct fk_h *mount_of(struct fk *k, const char *path, const char **rest)
{
	struct fk_h *best = NULL;
	size_t len = 0;

	for (unsigned i = 0; i < k->nh; i++) {
		size_t n = strlen(k->h[i].point);

		if (k->h[i].mounted && n > len && !strncmp(path, k->h[i].point, n) &&
		    (!path[n] || path[n] == '/')) {
			best = &k->h[i];
			len = n;
		}
	}
	*rest = path + len;
	return best;
}

static int resolve_cwd(struct fk *k, const char *name, struct fk_loc *l)
{
	const char *rest;
	struct fk_h *h = mount_of(k, name, &rest);

	if (h) {
		l->type = FK_FD_CG;
		l->cg = h->mount_root ? h->mount_root : h->root;
		return walk_cg(k, l, rest);
	}
	if (!strncmp(name, "/proc", 5) && (!name[5] || name[5] == '/')) {
		l->type = FK_FD_PROC;
		return walk_proc(k, l, name + 5);
	}
	if (*name != '/')
		return -ENOENT;
	for (size_t i = 0; i < sizeof(k->held) / sizeof(k->held[0]); i++)
		if (k->held[i].path && !strcmp(k->held[i].path, name)) {
			l->type = FK_FD_NS;
			l->ns = k->held[i].ns;
			return 0;
		}
	l->type = FK_FD_SYS;
	snprintf(l->path, sizeof(l->path), "%s", name);
	return 0;
}

int fk_resolve(struct fk *k, int dirfd, const char *name, struct fk_loc *l)
{
	struct fk_fd *f;

	memset(l, 0, sizeof(*l));
	l->file = -1;
	if (dirfd == AT_FDCWD || *name == '/')
		return resolve_cwd(k, name, l);
	f = fk_fd(k, dirfd);
	if (!f)
		return -EBADF;
	l->type = f->type;
	l->cg = f->cg;
	l->file = f->file;
	l->p = f->p;
	l->tid = f->tid;
	l->ns = f->ns;
	memcpy(l->sub, f->sub, sizeof(l->sub));
	if (l->type == FK_FD_CG)
		return walk_cg(k, l, name);
	if (l->type == FK_FD_PROC)
		return walk_proc(k, l, name);
	if (*name)
		return l->type == FK_FD_SYS ? -ENOENT : -ENOTDIR;
	return 0;
}
