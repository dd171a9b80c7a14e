/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fake kernel's cgroup trees: directories, owners, which control files a group
 * has, and who is in it.
 */
#include <limits.h>

#include "fk.h"

#define V1	(1U << 0)
#define V2	(1U << 1)
#define NOROOT	(1U << 2)	/* not in the root group */
#define RO	(1U << 3)
#define NO_LIMIT	"9223372036854771712"
#define DELEG	(1U << 4)	/* /sys/kernel/cgroup/delegate */

struct file {
	const char *name;
	const char *ctrl;	/* controller it belongs to, NULL: core */
	unsigned flags;
	int (*read)(struct fk *k, struct fk_cg *cg, struct fk_text *t);
	int (*write)(struct fk *k, struct fk_cg *cg, const char *text);
	const char *value;	/* without functions: what it holds at first */
};

static const struct file files[] = {
	{ "cgroup.procs", NULL, V1 | V2 | DELEG, fk_read_procs, fk_write_procs, NULL },
	{ "tasks", NULL, V1, fk_read_tasks, fk_write_tasks, NULL },
	{ "notify_on_release", NULL, V1, NULL, NULL, "0" },
	{ "cgroup.threads", NULL, V2 | DELEG, fk_read_tasks, fk_write_tasks, NULL },
	{ "cgroup.subtree_control", NULL, V2 | DELEG, NULL, fk_write_subtree, "" },
	{ "cgroup.controllers", NULL, V2 | RO, fk_read_controllers, NULL, NULL },
	{ "cgroup.type", NULL, V2 | NOROOT, fk_read_type, fk_write_type, NULL },
	{ "cgroup.events", NULL, V2 | NOROOT | RO, fk_read_events, NULL, NULL },
	{ "cgroup.freeze", NULL, V2 | NOROOT, fk_read_freeze, fk_write_freeze, NULL },
	{ "cgroup.kill", NULL, V2 | NOROOT, NULL, fk_write_kill, NULL },
	{ "cgroup.max.descendants", NULL, V2, NULL, NULL, "max" },
	{ "cgroup.max.depth", NULL, V2, NULL, NULL, "max" },
	{ "cgroup.stat", NULL, V2 | RO, fk_read_stat, NULL, NULL },
	{ "freezer.state", "freezer", V1 | NOROOT, fk_read_state, fk_write_state, NULL },
	{ "freezer.self_freezing", "freezer", V1 | NOROOT | RO, fk_read_self, NULL, NULL },
	{ "freezer.parent_freezing", "freezer", V1 | NOROOT | RO, fk_read_above, NULL, NULL },
	{ "pids.max", "pids", V1 | V2 | NOROOT, NULL, NULL, "max" },
	{ "pids.events", "pids", V1 | V2 | NOROOT | RO, fk_read_pids_events, NULL, NULL },
	{ "pids.current", "pids", V1 | V2 | NOROOT | RO, fk_read_current, NULL, NULL },
	{ "memory.max", "memory", V2 | NOROOT, NULL, NULL, "max" },
	{ "memory.high", "memory", V2 | NOROOT, NULL, NULL, "max" },
	{ "memory.low", "memory", V2 | NOROOT, NULL, NULL, "0" },
	{ "memory.swap.max", "memory", V2 | NOROOT, NULL, NULL, "max" },
	{ "memory.current", "memory", V2 | NOROOT | RO, NULL, NULL, "4096" },
	{ "memory.oom.group", "memory", V2 | NOROOT | DELEG, NULL, NULL, "0" },
	{ "memory.limit_in_bytes", "memory", V1, NULL, fk_write_limit, NO_LIMIT },
	{ "memory.soft_limit_in_bytes", "memory", V1, NULL, NULL, NO_LIMIT },
	{ "memory.memsw.limit_in_bytes", "memory", V1, NULL, fk_write_limit, NO_LIMIT },
	{ "memory.usage_in_bytes", "memory", V1 | RO, NULL, NULL, "4096" },
	{ "memory.oom_control", "memory", V1, fk_read_oom, NULL, "0" },
	{ "memory.failcnt", "memory", V1, NULL, NULL, "5" },
	{ "memory.memsw.usage_in_bytes", "memory", V1 | RO, NULL, NULL, "12288" },
	{ "memory.max_usage_in_bytes", "memory", V1, NULL, NULL, "8192" },
	{ "memory.swappiness", "memory", V1, NULL, NULL, "60" },
	{ "memory.use_hierarchy", "memory", V1, NULL, NULL, "1" },
	{ "memory.stat", "memory", V1 | V2 | RO, NULL, NULL, "cache 4096\nfile 4096" },
	{ "memory.peak", "memory", V2 | NOROOT | RO, NULL, NULL, "8192" },
	{ "memory.events", "memory", V2 | NOROOT | RO, fk_read_memory_events, NULL, NULL },
	{ "memory.pressure_level", "memory", V1 | RO, NULL, NULL, "" },
	{ "cpu.pressure", NULL, V2, NULL, NULL,
	  "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
	  "full avg10=0.00 avg60=0.00 avg300=0.00 total=0" },
	{ "cgroup.event_control", "memory", V1, NULL, fk_write_event, "" },
	{ "memory.swap.current", "memory", V2 | NOROOT | RO, NULL, NULL, "8192" },
	{ "cpu.max", "cpu", V2 | NOROOT, NULL, NULL, "max 100000" },
	{ "cpu.weight", "cpu", V2 | NOROOT, NULL, NULL, "100" },
	{ "cpu.max.burst", "cpu", V2 | NOROOT, NULL, NULL, "0" },
	{ "cpu.idle", "cpu", V1 | V2 | NOROOT, NULL, NULL, "0" },
	{ "cpu.stat", NULL, V1 | V2 | RO, fk_read_cpu_stat, NULL, NULL },
	{ "cpu.cfs_burst_us", "cpu", V1, NULL, NULL, "0" },
	{ "cpu.rt_period_us", "cpu", V1, NULL, NULL, "1000000" },
	{ "cpu.rt_runtime_us", "cpu", V1, NULL, NULL, "0" },
	{ "cpu.shares", "cpu", V1, NULL, NULL, "1024" },
	{ "cpu.cfs_quota_us", "cpu", V1, NULL, NULL, "-1" },
	{ "cpu.cfs_period_us", "cpu", V1, NULL, NULL, "100000" },
	{ "cpuacct.usage", "cpuacct", V1, NULL, NULL, "3000000" },
	{ "cpuacct.usage_user", "cpuacct", V1, NULL, NULL, "2000000" },
	{ "cpuacct.usage_sys", "cpuacct", V1, NULL, NULL, "1000000" },
	{ "cpuset.cpus", "cpuset", V1 | V2, NULL, NULL, "" },
	{ "cpuset.mems", "cpuset", V1 | V2, NULL, NULL, "" },
	{ "devices.list", "devices", V1 | RO, fk_read_devices, NULL, "" },
	{ "devices.allow", "devices", V1, NULL, fk_write_allow, "" },
	{ "devices.deny", "devices", V1, NULL, fk_write_deny, "" },
	{ "io.weight", "io", V2 | NOROOT, NULL, NULL, "default 100" },
	{ "io.max", "io", V2 | NOROOT, NULL, NULL, "" },
	{ "io.bfq.weight", "io", V2 | NOROOT, NULL, NULL, "default 100" },
	{ "io.stat", "io", V2 | RO, NULL, NULL,
	  "8:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0\n"
	  "8:16 rbytes=512 wbytes=0 rios=1 wios=0 dbytes=0 dios=0" },
	{ "blkio.weight", "blkio", V1, NULL, NULL, "500" },
	{ "blkio.weight_device", "blkio", V1, NULL, NULL, "" },
	{ "blkio.leaf_weight", "blkio", V1, NULL, NULL, "500" },
	{ "blkio.leaf_weight_device", "blkio", V1, NULL, NULL, "" },
	{ "blkio.throttle.read_bps_device", "blkio", V1, NULL, NULL, "" },
	{ "blkio.throttle.write_bps_device", "blkio", V1, NULL, NULL, "" },
	{ "blkio.throttle.read_iops_device", "blkio", V1, NULL, NULL, "" },
	{ "blkio.throttle.write_iops_device", "blkio", V1, NULL, NULL, "" },
	{ "blkio.throttle.io_service_bytes_recursive", "blkio", V1 | RO, NULL, NULL,
	  "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 12288\n8:0 Async 0\n8:0 Discard 0\n"
	  "8:0 Total 12288\n8:16 Read 512\n8:16 Write 0\n8:16 Total 512\nTotal 12800" },
	{ "blkio.throttle.io_serviced_recursive", "blkio", V1 | RO, NULL, NULL,
	  "8:0 Read 1\n8:0 Write 2\n8:0 Total 3\n8:16 Read 1\n8:16 Total 1\nTotal 4" },
	{ "hugetlb.2MB.max", "hugetlb", V2 | NOROOT, NULL, NULL, "max" },
	{ "hugetlb.2MB.rsvd.max", "hugetlb", V2 | NOROOT, NULL, NULL, "max" },
	{ "hugetlb.2MB.current", "hugetlb", V2 | NOROOT | RO, NULL, NULL, "2097152" },
	{ "hugetlb.2MB.events", "hugetlb", V2 | NOROOT | RO, NULL, NULL, "max 7" },
	{ "hugetlb.2MB.limit_in_bytes", "hugetlb", V1, NULL, NULL, NO_LIMIT },
	{ "hugetlb.2MB.rsvd.limit_in_bytes", "hugetlb", V1, NULL, NULL, NO_LIMIT },
	{ "hugetlb.2MB.usage_in_bytes", "hugetlb", V1 | RO, NULL, NULL, "2097152" },
	{ "hugetlb.2MB.max_usage_in_bytes", "hugetlb", V1, NULL, NULL, "4194304" },
	{ "hugetlb.2MB.failcnt", "hugetlb", V1, NULL, NULL, "7" },
	{ "net_cls.classid", "net_cls", V1, NULL, NULL, "0" },
	{ "net_prio.ifpriomap", "net_prio", V1, NULL, NULL, "lo 0" },
	{ "rdma.max", "rdma", V1 | V2 | NOROOT, NULL, NULL, "" },
};

_Static_assert(sizeof(files) / sizeof(files[0]) <= FK_NFILES, "FK_NFILES");
#define NFILES	((int)(sizeof(files) / sizeof(files[0])))

int fk_cg_file(const char *name)
{
	for (int i = 0; i < NFILES; i++)
		if (!strcmp(files[i].name, name))
			return i;
	return -1;
}

const char *fk_file_name(int file)
{
	return file >= 0 && file < NFILES ? files[file].name : NULL;
}

bool fk_word_in(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = list; (s = strstr(s, word)); s += n)
		if ((s == list || s[-1] == ',' || s[-1] == ' ') &&
		    (!s[n] || strchr(", \n", s[n])))
			return true;
	return false;
}

bool fk_file_here(const struct fk_cg *cg, int file)
{
	const struct file *f = &files[file];
	const struct fk *k = cg->h->k;

	if (!(f->flags & (cg->h->v2 ? V2 : V1)) || ((f->flags & NOROOT) && !cg->parent))
		return false;
	if (f->write == fk_write_kill && k->no_kill)
		return false;
	if (f->write == fk_write_freeze && k->no_freeze)
		return false;
	/* v2 counts processor time in every group; v1 in the hierarchy of the controller. */
	if (!f->ctrl)
		return f->read != fk_read_cpu_stat || cg->h->v2 ||
		       fk_word_in(cg->h->controllers, "cpu");
	if (!cg->h->v2 || !cg->parent)
		return fk_word_in(cg->h->controllers, f->ctrl);
	return cg->parent->val[k->f_subtree] && fk_word_in(cg->parent->val[k->f_subtree], f->ctrl);
}

/* One without CAP_DAC_OVERRIDE has what the mode gives him; nobody has a group in common. */
bool fk_cg_may(const struct fk *k, const struct fk_cg *cg, int file, unsigned want)
{
	uid_t owner = file < 0 ? cg->uid : cg->fuid[file];
	mode_t mode = file < 0 ? cg->mode : cg->fmode[file];

	return fk_root(k) || ((owner == k->me->uid ? mode >> 6 : mode) & want) == want;
}

bool fk_file_writable(const struct fk *k, const struct fk_cg *cg, int file)
{
	if (cg->h->ro || (file >= 0 && (files[file].flags & RO)))
		return false;
	return fk_cg_may(k, cg, file, file < 0 ? 3 : 2);
}

int fk_file_read(struct fk *k, struct fk_cg *cg, int file, struct fk_text *t)
{
	const struct file *f = &files[file];

	if (k->unsettled)
		fk_settle(k);
	if (f->write == fk_write_kill)
		return -EINVAL;			/* only root gets here: mode 0200 */
	if (f->read)
		return f->read(k, cg, t);
	fk_text(t, "%s\n", cg->val[file] ? cg->val[file] : f->value ? f->value : "");
	return 0;
}

int fk_file_write(struct fk *k, struct fk_cg *cg, int file, const char *text)
{
	const struct file *f = &files[file];

	if (!fk_file_writable(k, cg, file))
		return cg->h->ro ? -EROFS : -EACCES;
	k->writing = file;
	if (k->unsettled)
		fk_settle(k);
	fk_tell(k, cg, file, "");
	if (f->write)
		return f->write(k, cg, text);
	if (!*text)
		return 0;		/* no byte, and nothing happens */
	if (!strcmp(f->name, "io.max") && !strncmp(text, "9:", 2))
		return -ENODEV;		/* there is no such device */
	return fk_limit(cg, file, text);
}

static bool is_named(const struct fk_cg *cg, const char *name, size_t len)
{
	return !strncmp(cg->name, name, len) && !cg->name[len];
}

/* One after the other is asked for in the order of the list: it goes on where it was. */
struct fk_cg *fk_cg_child(struct fk_cg *cg, const char *name, size_t len)
{
	struct fk_cg *start = cg->found ? cg->found : cg->child;

	if (len > NAME_MAX)
		return NULL;
	for (struct fk_cg *c = start; c; c = c->next)
		if (is_named(c, name, len))
			return cg->found = c;
	for (struct fk_cg *c = cg->child; c != start; c = c->next)
		if (is_named(c, name, len))
			return cg->found = c;
	return NULL;
}

bool fk_cg_within(const struct fk_cg *cg, const struct fk_cg *above)
{
	for (; cg; cg = cg->parent)
		if (cg == above)
			return true;
	return false;
}

bool fk_cg_frozen_any(const struct fk_cg *cg)
{
	for (; cg; cg = cg->parent)
		if (cg->freeze)
			return true;
	return false;
}

static struct fk_cg *new_cg(struct fk *k, struct fk_h *h, struct fk_cg *parent, const char *name,
			    uid_t uid)
{
	struct fk_cg *cg = calloc(1, sizeof(*cg));

	if (!cg)
		abort();
	cg->h = h;
	cg->ino = k->next_ino++;
	cg->uid = uid;
	cg->mode = 0755;
	for (int i = 0; i < FK_NFILES; i++) {
		cg->fuid[i] = uid;
		cg->fmode[i] = 0644;
		if (i < NFILES && files[i].flags & RO)
			cg->fmode[i] = 0444;
		if (i < NFILES && files[i].write == fk_write_kill)
			cg->fmode[i] = 0200;
	}
	snprintf(cg->name, sizeof(cg->name), "%s", name);
	cg->parent = parent;
	if (parent) {
		cg->next = parent->child;
		parent->child = cg;
	}
	cg->all = k->all_cgs;
	k->all_cgs = cg;
	cg->live = k->cgs;
	k->cgs = cg;
	return cg;
}

int fk_cg_mkdir(struct fk *k, struct fk_cg *cg, const char *name, struct fk_cg **ret)
{
	struct fk_cg *c;

	if (fk_cg_child(cg, name, strlen(name)))
		return -EEXIST;
	for (int i = 0; i < NFILES; i++)
		if (!strcmp(files[i].name, name) && fk_file_here(cg, i))
			return -EEXIST;
	if (strchr(name, '\n'))
		return -EINVAL;
	if (strlen(name) >= sizeof(c->name))
		return -ENAMETOOLONG;
	c = new_cg(k, cg->h, cg, name, k->me ? k->me->uid : 0);
	if (ret)
		*ret = c;
	return 0;
}

/* Its own links stay good: whoever walks the lists may be at it. */
int fk_cg_rmdir(struct fk_cg *cg)
{
	struct fk_cg **pp;

	fk_settle(cg->h->k);
	if (cg->child || cg->nprocs)
		return -EBUSY;
	for (pp = &cg->h->k->cgs; *pp != cg; pp = &(*pp)->live)
		;
	*pp = cg->live;
	for (pp = &cg->parent->child; *pp != cg; pp = &(*pp)->next)
		;
	*pp = cg->next;
	cg->parent->found = cg->next;
	cg->dead = true;
	fk_tell(cg->h->k, cg->parent, -1, cg->name);
	fk_tell_removed(cg->h->k, cg);
	return 0;
}

int fk_cg_rmdir_as(struct fk *k, struct fk_cg *cg)
{
	if (cg->h->ro)
		return -EROFS;
	if (!cg->parent)
		return -EBUSY;
	if (!fk_cg_may(k, cg->parent, -1, 3))
		return -EACCES;
	if (cg->left_at && k->usec < cg->left_at + k->rmdir_lag)
		return -EBUSY;
	return fk_cg_rmdir(cg);
}

static void path_below(const struct fk_cg *cg, const struct fk_cg *root, struct fk_text *t)
{
	if (cg == root)
		return;
	path_below(cg->parent, root, t);
	fk_text(t, "/%s", cg->name);
}

/* As /proc/PID/cgroup shows it: seen from the root of the reader's cgroup namespace. */
void fk_cg_path(const struct fk *k, const struct fk_cg *cg, struct fk_text *t)
{
	const struct fk_cg *root = k->cgns[cg->h - k->h];

	if (!root)
		root = cg->h->root;
	for (; !fk_cg_within(cg, root); root = root->parent)
		fk_text(t, "/..");
	if (cg == root && (!t->len || t->s[t->len - 1] != '.'))
		fk_text(t, "/");
	path_below(cg, root, t);
	if (cg->dead)
		fk_text(t, " (deleted)");
}

struct fk_cg *fk_cg(struct fk_h *h, const char *path)
{
	struct fk_cg *cg = h->root;

	while (cg && *(path += strspn(path, "/"))) {
		size_t n = strcspn(path, "/");

		cg = fk_cg_child(cg, path, n);
		path += n;
	}
	return cg;
}

struct fk_cg *fk_cg_make(struct fk_h *h, const char *path)
{
	struct fk_cg *cg = h->root;

	while (*(path += strspn(path, "/"))) {
		size_t n = strcspn(path, "/");
		struct fk_cg *c = fk_cg_child(cg, path, n);
		char name[NAME_MAX + 1];

		snprintf(name, sizeof(name), "%.*s", (int)n, path);
		if (!c && fk_cg_mkdir(h->k, cg, name, &c) < 0)
			return NULL;
		cg = c;
		path += n;
	}
	return cg;
}

/* v1 only: v2 has no rename. */
void fk_cg_rename(struct fk_cg *cg, const char *name)
{
	if (cg->h->v2)
		abort();
	fk_tell(cg->h->k, cg->parent, -1, cg->name);
	snprintf(cg->name, sizeof(cg->name), "%s", name);
}

void fk_cg_crowd(struct fk_cg *cg, unsigned n)
{
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%u", i);
		new_cg(cg->h->k, cg->h, cg, name, cg->uid);
	}
}

void fk_cg_chmod(struct fk_cg *cg, const char *file, mode_t mode)
{
	if (file)
		cg->fmode[fk_cg_file(file)] = mode & 07777;
	else
		cg->mode = mode & 07777;
}

int fk_cg_read(struct fk_cg *cg, const char *file, char *buf, size_t size)
{
	struct fk_text t = { .s = NULL };
	int i = fk_cg_file(file), rc = i < 0 || !fk_file_here(cg, i) ? -ENOENT : 0;

	rc = rc ? rc : fk_file_read(cg->h->k, cg, i, &t);
	if (!rc)
		snprintf(buf, size, "%s", t.s ? t.s : "");
	fk_text_free(&t);
	return rc;
}

static unsigned count_below(const struct fk_cg *cg)
{
	unsigned n = 0;

	for (const struct fk_cg *c = cg->child; c; c = c->next)
		n += 1 + count_below(c);
	return n;
}

int fk_cg_limits(const struct fk_cg *cg)
{
	const int descendants = fk_cg_file("cgroup.max.descendants");
	const int depth = fk_cg_file("cgroup.max.depth");
	unsigned level = 1;

	for (; cg && cg->h->v2; cg = cg->parent, level++) {
		const char *n = cg->val[descendants], *d = cg->val[depth];

		if (n && *n != 'm' && count_below(cg) >= strtoul(n, NULL, 10))
			return -EAGAIN;
		if (d && *d != 'm' && level > strtoul(d, NULL, 10))
			return -EAGAIN;
	}
	return 0;
}

void fk_cg_chown(struct fk_cg *cg, uid_t uid, bool delegate)
{
	cg->uid = uid;
	for (int i = 0; i < NFILES; i++)
		if (!delegate || (files[i].flags & DELEG) || (!cg->h->v2 && i < 2))
			cg->fuid[i] = uid;
}

void fk_cg_put(struct fk_cg *cg, struct fk_proc *p)
{
	struct fk *k = cg->h->k;

	p->cg[cg->h - k->h] = cg;
	for (unsigned i = 0; i < p->nthreads; i++)
		if (cg->h->v2)
			p->thread[i].v2 = NULL;
	fk_settle(k);
}

static struct fk_h *add(struct fk *k, bool v2, const char *controllers, const char *point)
{
	struct fk_h *h = &k->h[k->nh];

	if (k->nh == FK_MAXH)
		abort();
	h->k = k;
	h->v2 = v2;
	h->mounted = *point;
	h->id = v2 ? 0 : (int)k->nh + 1;
	h->dev = 29 + k->nh;
	snprintf(h->controllers, sizeof(h->controllers), "%s", controllers);
	snprintf(h->point, sizeof(h->point), "%s", point);
	h->root = new_cg(k, h, NULL, "", 0);
	if (*point)
		fk_mount(k, h, NULL, point);
	if (!v2 && fk_word_in(controllers, "cpuset")) {
		fk_keep(h->root, fk_cg_file("cpuset.cpus"), "0-1");
		fk_keep(h->root, fk_cg_file("cpuset.mems"), "0");
	}
	for (struct fk_proc *p = k->procs; p; p = p->live)
		p->cg[k->nh] = h->root;
	k->nh++;
	return h;
}

struct fk_h *fk_add_v1(struct fk *k, const char *controllers, const char *point)
{
	return add(k, false, controllers, point);
}

struct fk_h *fk_add_v2(struct fk *k, const char *controllers, const char *point)
{
	return add(k, true, controllers, point);
}

struct fk_h *fk_h(struct fk *k, const char *controller)
{
	for (unsigned i = 0; i < k->nh; i++)
		if (*controller ? !k->h[i].v2 && fk_word_in(k->h[i].controllers, controller) :
				  k->h[i].v2)
			return &k->h[i];
	return NULL;
}

unsigned fk_left_frozen(const struct fk *k)
{
	unsigned n = 0;

	for (const struct fk_cg *cg = k->cgs; cg; cg = cg->live)
		n += cg->freeze;
	return n;
}
