/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fake kernel's names: what a (directory descriptor, name) means, and descriptors. */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>

#include "fk.h"

void fk_text(struct fk_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (t->len + (size_t)n >= t->cap) {
		t->cap = 2 * (t->len + (size_t)n) + 512;
		t->s = realloc(t->s, t->cap);
		if (!t->s)
			abort();
	}
	va_start(ap, fmt);
	vsnprintf(t->s + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void fk_text_free(struct fk_text *t)
{
	free(t->s);
	*t = (struct fk_text){ .s = NULL };
}

struct fk_fd *fk_fd(struct fk *k, int fd)
{
	if (!fd)
		fd = k->zero;
	if (fd < FK_FD0 || fd >= FK_FD0 + FK_MAXFD || k->fd[fd - FK_FD0].type == FK_FREE)
		return NULL;
	return &k->fd[fd - FK_FD0];
}

bool fk_fd_left(const struct fk *k)
{
	return k->nfd < k->max_fds;
}

int fk_fd_new(struct fk *k, struct fk_fd **ret)
{
	for (int i = 0; i < FK_MAXFD && fk_fd_left(k); i++) {
		if (k->fd[i].type != FK_FREE)
			continue;
		memset(&k->fd[i], 0, sizeof(k->fd[i]));
		k->fd[i].file = -1;
		*ret = &k->fd[i];
		if (++k->nfd > k->most_fds)
			k->most_fds = k->nfd;
		if (!k->no_stdin || k->zero)
			return FK_FD0 + i;
		k->zero = FK_FD0 + i;
		return 0;
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

/* Out of the mount, where ".." alone is asked of the directory that it shows. */
static int above_mount(struct fk_loc *l)
{
	char *slash;

	snprintf(l->path, sizeof(l->path), "%s", l->mnt->point);
	slash = strrchr(l->path, '/');
	slash[slash == l->path] = '\0';
	l->type = FK_FD_SYS;
	l->cg = NULL;
	return 0;
}

static int walk_cg(struct fk *k, struct fk_loc *l, const char *path)
{
	char word[NAME_MAX + 2];
	size_t n;

	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	while ((n = component(&path, word, sizeof(word)))) {
		struct fk_cg *c;

		if (l->file >= 0)
			return -ENOTDIR;
		if (!fk_cg_may(k, l->cg, -1, 1))
			return -EACCES;
		if (!strcmp(word, "..")) {
			if (*path)
				return -EXDEV;
			if (l->cg == l->mnt->root)
				return above_mount(l);
			l->cg = l->cg->parent;
			continue;
		}
		if (!strcmp(word, "."))
			continue;
		if (l->cg->dead)
			return k->gone_errno;
		if (n > NAME_MAX)
			return -ENAMETOOLONG;
		c = fk_cg_child(l->cg, word, n);
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
				return *word == 's' ? k->sys_errno : k->loadavg_errno;
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

static int resolve_cwd(struct fk *k, const char *name, struct fk_loc *l)
{
	const char *rest;
	struct fk_mount *m = fk_mount_at(k, name, &rest);

	if (strlen(name) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (m && m->h) {
		l->type = FK_FD_CG;
		l->cg = m->root;
		l->mnt = m;
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
	snprintf(l->path, sizeof(l->path), "%.255s", name);
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
	l->mnt = f->mnt;
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
