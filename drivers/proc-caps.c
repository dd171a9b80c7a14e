/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What can be promised without a cgroup, by which identities the group has. */
#include "proc.h"

#define WEAK	"no cgroup of its own and no user namespace of its own: a privileged member that " \
	"leaves the mount namespace and its parents can get away"
#define REUSED	"this kernel gives the number of a namespace again: members are known by it only " \
	"while a recorded process (init, an exec) is not collected"

static const char weak[] = WEAK, reused[] = REUSED, weaker[] = REUSED "; " WEAK;
static const char racing[] = "members that fork while signals are sent may be missed: nothing "
	"here can freeze them";
static const char newer[] = "Linux 6.18, or root (in a user namespace will do), who can hold the "
	"namespace by a mount";
static const char remedy[] =
	"give the container a user namespace of its own (annotation "
	"org.libcg.tag=userns; it then has no capabilities over namespaces it shares), or delegate "
	"a cgroup: systemd-run --user --scope -p Delegate=yes";

void cgi_proc_caps(struct cg_ctx *ctx, int index, struct cg_part *p, unsigned ids,
		   struct cgi_cap *c)
{
	struct proc *x = p ? p->priv : NULL;
	struct proc_host *h = ctx->host[index];
	const char *why;
	unsigned level;
	bool sure, known;

	if (p ? !x || p->witness : cgi_tracked_before(ctx, index))
		return;
	if (x)
		ids = x->ids;
	sure = ids & CG_ID_USER && !ctx->foreign_proc;
	known = h->has_nsid || (x ? cgi_proc_held(p, 0) : ids & CG_ID_HELD);
	level = known ? CG_FULL : CG_BEST_EFFORT;
	why = known ? "" : reused;
	cgi_cap_offer(&c[CG_OP_ATTACH], CG_FULL, "proc record", "", "");
	cgi_cap_offer(&c[CG_OP_DELETE], CG_FULL, "proc record", "", "");
	if (sure) {
		cgi_cap_offer(&c[CG_OP_PROCS], level, "proc by user namespace", why,
			      *why ? newer : "");
		cgi_cap_offer(&c[CG_OP_KILL], level, "proc by user namespace", why,
			      *why ? newer : "");
		cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "proc by user namespace", racing,
			      "");
		return;
	}
	why = known ? weak : weaker;
	cgi_cap_offer(&c[CG_OP_PROCS], CG_BEST_EFFORT, "proc by mount namespace", why, remedy);
	if (ids & CG_ID_PID)
		cgi_cap_offer(&c[CG_OP_KILL], CG_FULL, "proc by PID namespace", "", "");
	else
		cgi_cap_offer(&c[CG_OP_KILL], CG_BEST_EFFORT, "proc by mount namespace", why,
			      remedy);
	cgi_cap_offer(&c[CG_OP_SIGNAL], CG_BEST_EFFORT, "proc by mount namespace", why, remedy);
}
