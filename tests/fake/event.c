/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fake kernel counts and tells by itself: memory, forks, pressure. */
#include <signal.h>

#include "fk.h"

#define OOM_TICKS	8

void fk_count_oom(struct fk *k)
{
	for (struct fk_cg *cg = k->cgs; cg; cg = cg->live)
		if (cg->oom_late && k->ticks >= cg->oom_due) {
			cg->oom_kills += cg->oom_late;
			cg->oom_late = 0;
			k->late--;
		}
}

int fk_read_memory_events(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	(void)k;
	fk_text(t, "low 0\nhigh %u\nmax 5\noom %u\noom_kill %u\n", cg->highs, 3 + cg->oom,
		2 + cg->oom_kills);
	return 0;
}

int fk_read_pids_events(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	(void)k;
	fk_text(t, "max %u\n", cg->pids_hits);
	return 0;
}

int fk_read_oom(struct fk *k, struct fk_cg *cg, struct fk_text *t)
{
	const char *disable = cg->val[fk_cg_file("memory.oom_control")];

	(void)k;
	fk_text(t, "oom_kill_disable %s\nunder_oom 0\noom_kill %u\n", disable ? disable : "0",
		2 + cg->oom_kills);
	return 0;
}

/* "EVENTFD CONTROLFD ARGUMENTS" */
int fk_write_event(struct fk *k, struct fk_cg *cg, const char *text)
{
	const struct fk_fd *f, *control;
	int fd, controlfd;

	if (sscanf(text, "%d %d", &fd, &controlfd) != 2)
		return -EINVAL;
	f = fk_fd(k, fd);
	control = fk_fd(k, controlfd);
	if (!f || !control || control->type != FK_FD_CG || control->file < 0)
		return -EBADF;
	if (f->type != FK_FD_EVENT || control->cg != cg)
		return -EINVAL;
	if (k->ntold == sizeof(k->told) / sizeof(k->told[0]))
		return -ENOMEM;
	k->told[k->ntold].cg = cg;
	k->told[k->ntold].fd = fd;
	k->told[k->ntold++].pressure = control->file == fk_cg_file("memory.pressure_level");
	return 0;
}

static void tell_v1(struct fk *k, struct fk_cg *cg, bool removed, bool pressure)
{
	struct fk_fd *f;

	for (unsigned i = 0; i < k->ntold; i++) {
		f = fk_fd(k, k->told[i].fd);
		if (k->told[i].cg == cg && f && f->type == FK_FD_EVENT &&
		    (removed || k->told[i].pressure == pressure))
			f->count++;
	}
}

void fk_tell_removed(struct fk *k, struct fk_cg *cg)
{
	tell_v1(k, cg, true, false);
	for (unsigned i = 0; i < k->ntold; )
		if (k->told[i].cg == cg)
			k->told[i] = k->told[--k->ntold];
		else
			i++;
}

void fk_oom(struct fk *k, struct fk_cg *cg, struct fk_proc *victim)
{
	/* v1 tells of memory that is short before it kills, and so before it counts. */
	if (!cg->h->v2) {
		k->late += !cg->oom_late++;
		cg->oom_due = k->ticks + OOM_TICKS;
		tell_v1(k, cg, false, false);
	}
	for (struct fk_cg *up = cg; cg->h->v2 && up; up = up->parent) {
		up->oom++;
		up->oom_kills++;
		fk_tell(k, up, fk_cg_file("memory.events"), "");
	}
	if (victim)
		fk_send(k, victim, SIGKILL);
	fk_settle(k);
}

void fk_high(struct fk *k, struct fk_cg *cg)
{
	cg->highs++;
	fk_tell(k, cg, fk_cg_file("memory.events"), "");
}

void fk_pids_hit(struct fk *k, struct fk_cg *cg)
{
	cg->pids_hits++;
	if (cg->h->v2)
		fk_tell(k, cg, fk_cg_file("pids.events"), "");
}

void fk_pressure(struct fk *k, struct fk_cg *cg, const char *file)
{
	int index = cg->h->v2 ? fk_cg_file(file) : -1;

	if (!cg->h->v2)
		tell_v1(k, cg, false, true);
	for (int i = 0; cg->h->v2 && i < FK_MAXFD; i++)
		if (k->fd[i].type == FK_FD_TRIGGER && k->fd[i].cg == cg && k->fd[i].file == index)
			k->fd[i].count++;
	if (cg->h->v2)
		fk_tell(k, cg, index, "");
}
