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
static const char blind[] = "/proc/loadavg or /proc/sys/kernel/pid_max does not tell the numbers "
	"of new processes here: members that fork during a look may be missed";
static const char whole[] = "mount a whole /proc (no subset=pid, nothing over loadavg and sys)";
static const char hidden[] = "/proc hides processes of other users here (hidepid): members that "
	"changed their user are missed";
static const char shown[] = "mount /proc without hidepid, or with gid= of a group of the caller";
static const char remedy[] =
	"give the container a user namespace of its own (annotation "
	"org.libcg.tag=userns; it then has no capabilities over namespaces it shares), or delegate "
	"a cgroup: systemd-run --user --scope -p Delegate=yes";

static void in_user_ns(struct cg_ctx *ctx, bool known, struct cgi_cap *caps)
{
	static const char how[] = "proc by user namespace";
	bool follows = cgi_proc_follows(ctx) == 1;
	const char *why = !follows ? blind : known ? "" : reused;
	const char *cure = !follows ? whole : known ? "" : newer;
	unsigned level = *why ? CG_BEST_EFFORT : CG_FULL;

	cgi_cap_offer(&caps[CG_OP_PROCS], level, how, why, cure);
	cgi_cap_offer(&caps[CG_OP_KILL], level, how, why, cure);
	cgi_cap_offer(&caps[CG_OP_SIGNAL], CG_BEST_EFFORT, how, racing, "");
}

void cgi_claims_caps(struct cg_ctx *ctx, struct cgi_claims *c, bool tracked, unsigned ids,
		     struct cgi_cap *caps)
{
	static const char how[] = "proc by mount namespace";
	struct cgi_claims_host *h = ctx->claims;
	const char *why, *cure;
	bool known;

	if (!h || (c ? c->witness : tracked))
		return;
	ids = c ? c->ids : ids;
	known = h->has_nsid || (c ? cgi_proc_held(c, BIT_USER) : ids & CG_ID_HELD);
	cgi_cap_offer(&caps[CG_OP_ATTACH], CG_FULL, "proc record", "", "");
	cgi_cap_offer(&caps[CG_OP_DELETE], CG_FULL, "proc record", "", "");
	if (ids & CG_ID_USER) {
		in_user_ns(ctx, known, caps);
		return;
	}
	why = h->hides ? hidden : known ? weak : weaker;
	cure = h->hides ? shown : remedy;
	cgi_cap_offer(&caps[CG_OP_PROCS], CG_BEST_EFFORT, how, why, cure);
	if (ids & CG_ID_PID && !h->hides)
		cgi_cap_offer(&caps[CG_OP_KILL], CG_FULL, cgi_claims_kill_name(), "", "");
	else
		cgi_cap_offer(&caps[CG_OP_KILL], CG_BEST_EFFORT, how, why, cure);
	cgi_cap_offer(&caps[CG_OP_SIGNAL], CG_BEST_EFFORT, how, why, cure);
}
