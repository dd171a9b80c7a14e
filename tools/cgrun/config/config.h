/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config.json of an OCI bundle (runtime-spec 1.2), read and checked. Everything that
 * is wrong in it is one sentence naming the JSON path ("process.args[0]: …").
 */
#ifndef CGRUN_CONFIG_H
#define CGRUN_CONFIG_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/base.h"

#define SPEC_VERSION	"1.3.0"		/* of the specification, the newest that is known */

struct spec_rlimit { int resource; uint64_t soft, hard; };

struct spec_process {
	struct json_object *json;		/* the whole object, for what is read elsewhere */
	bool terminal;
	unsigned height, width;
	char *cwd;
	struct strv args, env;
	uid_t uid;
	gid_t gid;
	bool has_umask;
	mode_t umask;
	gid_t *groups;				/* additionalGids */
	size_t n_groups;
	/* capability names without CAP_, as bit sets; has_caps: the section is there */
	bool has_caps;
	uint64_t cap_bounding, cap_effective, cap_inheritable, cap_permitted, cap_ambient;
	struct spec_rlimit *rlimits;
	size_t n_rlimits;
	bool no_new_privs;
	bool has_oom;
	int oom_score_adj;
	char *apparmor, *selinux;		/* NULL: none asked for */
	bool has_ioprio, has_sched;
	int ioprio_class, ioprio_level;
	struct sys_sched sched;
	bool has_initial, has_final;		/* execCPUAffinity: before and in the group */
	cpu_set_t cpus_initial, cpus_final;
	struct strv warnings;		/* moved to those of the spec where it has one */
};

struct spec_ns { int flag; char *path; };		/* CLONE_NEW*; path NULL: a new one */

/* All kinds, in the order of joining: mnt changes what a path means. file: below /proc/PID/ns. */
#define SPEC_N_NS	8
struct spec_ns_type { int flag; const char *file, *name; };
extern const struct spec_ns_type spec_ns_types[SPEC_N_NS];

struct spec_map { uint32_t inside, outside, size; };

struct spec_mount {
	char *destination;			/* absolute */
	char *type, *source;			/* may be NULL; source of a bind mount: absolute */
	unsigned long flags;			/* MS_*, with MS_BIND, propagation apart */
	unsigned long clear;			/* MS_* taken away by "rw", "suid", … */
	unsigned long propagation;		/* MS_PRIVATE|… (with MS_REC) or 0 */
	uint64_t rec_set, rec_clear;		/* MOUNT_ATTR_* of "rro", … */
	bool bind;				/* "bind" or "rbind", or that type */
	bool tmpcopyup;
	bool idmap, ridmap;			/* a bind mount with mapped ids; all below, too */
	struct spec_map *uid_map, *gid_map;	/* none: those of the user namespace */
	size_t n_uid_map, n_gid_map;
	char *data;				/* the rest, comma-joined; NULL: none */
};

/* type: c, b or p */
struct spec_device {
	char *path;
	char type;
	unsigned major, minor;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};
struct spec_offset { int64_t secs; uint32_t nanosecs; };
/* name: in the container, a template if it ends in "%d" */
struct spec_netdev { char *host, *name; };
#define SPEC_MAX_NODE	1024			/* of memory; beyond what any kernel is built for */
struct spec_mempolicy {
	bool given;
	int mode;				/* MPOL_*, with MPOL_F_* */
	unsigned long nodes[SPEC_MAX_NODE / (8 * sizeof(long))];
	size_t n;				/* how many are named */
};
struct spec_sysctl { char *key, *value; };		/* key: a path below /proc/sys */
struct spec_annotation { char *key, *value; };

struct spec {
	struct json_object *json;		/* the whole configuration */
	char *bundle;				/* absolute */
	char *oci_version;
	char *rootfs;				/* absolute, exists */
	bool readonly;
	char *hostname, *domainname;
	struct spec_process *process;		/* never NULL after spec_load() */
	bool no_process;			/* it stands for one that is not given */

	struct spec_ns *ns;
	size_t n_ns;
	struct spec_map *uid_map, *gid_map;
	size_t n_uid_map, n_gid_map;
	struct spec_mount *mounts;
	size_t n_mounts;
	struct spec_device *devices;
	size_t n_devices;
	struct spec_sysctl *sysctl;
	size_t n_sysctl;
	struct strv masked, readonly_paths;
	char *cgroups_path;			/* NULL: not given */
	struct spec_netdev *netdevs;
	size_t n_netdevs;
	struct spec_mempolicy mempolicy;
	char *mount_label;			/* SELinux; NULL: none asked for */
	unsigned long rootfs_propagation;	/* MS_*, 0: not given */
	long personality;			/* PER_*, -1: not given */
	bool has_offsets;			/* of a new time namespace */
	struct spec_offset monotonic, boottime;
	struct spec_annotation *annotations;
	size_t n_annotations;
	/* Read elsewhere, NULL where absent: */
	struct json_object *seccomp, *resources, *hooks, *personality_json, *mempolicy_json;

	/* Asked for and not done by this runtime: one line each, naming the JSON path. */
	struct strv warnings;
};

/* BUNDLE/config.json; 0 and *ret, or a negative errno with e set. */
int spec_load(const char *bundle, struct spec **ret, struct err *e);
/* The same for a configuration that is read already; bundle is absolute. */
int spec_parse(struct json_object *json, const char *bundle, struct spec **ret, struct err *e);
void spec_free(struct spec *s);

/* A process object alone (exec --process); what it leaves out is not set. */
int spec_process_load(const char *file, struct spec_process **ret, struct err *e);
int spec_process_parse(struct json_object *o, const char *where, struct spec_process **ret,
		       struct err *e);
void spec_process_free(struct spec_process *p);

/* NULL where the namespace type is not asked for at all. */
const struct spec_ns *spec_ns(const struct spec *s, int flag);
const char *spec_annotation(const struct spec *s, const char *key);

/* The default configuration of `spec` and `spec --rootless`, as JSON text to free. */
char *spec_default(bool rootless);

/* ---- the parts of reading a configuration, one file each ---- */

int spec_read_process(const struct node *process, struct spec_process **ret, struct err *e);
int spec_read_mounts(const struct node *root, struct spec *s, struct err *e);
int spec_read_namespaces(const struct node *section, struct spec *s, struct err *e);
/* A list of mappings; none: 0 and *count stays. */
int spec_read_maps(const struct node *section, const char *key, struct spec_map **ret,
		   size_t *count, struct err *e);
int spec_read_sysctl(const struct node *section, struct spec *s, struct err *e);
int spec_read_scheduler(const struct node *process, struct spec_process *p, struct err *e);
int spec_read_affinity(const struct node *process, struct spec_process *p, struct err *e);
/* linux.personality itself: PER_*. */
int spec_personality(const struct node *n, long *ret, struct err *e);
/* linux.memoryPolicy itself. */
int spec_mempolicy(const struct node *n, struct spec_mempolicy *ret, struct err *e);
/* netDevices; after the namespaces. */
int spec_read_netdevs(const struct node *section, struct spec *s, struct err *e);
/* timeOffsets and personality; after the namespaces. */
int spec_read_clocks(const struct node *section, struct spec *s, struct err *e);
int spec_read_linux(const struct node *root, struct spec *s, struct err *e);

/*
 * What the specification knows and this runtime does not do: refused where leaving it
 * out would make the container less confined or another thing than was asked for, else
 * a warning. The only place that decides this.
 */
int spec_refuse_unbuilt(const struct node *root, struct spec *s, struct err *e);
int spec_refuse_unbuilt_process(const struct node *process, struct spec_process *p,
				struct err *e);

/* MS_* of "private", "rslave", ...; 0: no such word */
unsigned long spec_propagation(const char *word);

/* For `features`: the i-th name, NULL after the last. */
const char *spec_mount_option(size_t i);
const char *spec_ns_name(size_t i);
const char *spec_mempolicy_mode(size_t i);
const char *spec_mempolicy_flag(size_t i);

#endif
