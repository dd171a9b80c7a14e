/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process object, of the container and of `exec --process`: who runs what, where
 * and with which rights. Whatever exec, setrlimit or capset would refuse later, half
 * way into the container, is refused here.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/base.h"
#include "config/config.h"
#include "banned.h"

#define MAX_ID		0xfffffffeL	/* (uid_t)-1 means "no change" to the kernel */
#define MAX_GROUPS	65536		/* NGROUPS_MAX */

static const struct { const char *name; int resource; } rlimit_names[] = {
	{ "RLIMIT_AS", RLIMIT_AS }, { "RLIMIT_CORE", RLIMIT_CORE },
	{ "RLIMIT_CPU", RLIMIT_CPU }, { "RLIMIT_DATA", RLIMIT_DATA },
	{ "RLIMIT_FSIZE", RLIMIT_FSIZE }, { "RLIMIT_LOCKS", RLIMIT_LOCKS },
	{ "RLIMIT_MEMLOCK", RLIMIT_MEMLOCK }, { "RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE },
	{ "RLIMIT_NICE", RLIMIT_NICE }, { "RLIMIT_NOFILE", RLIMIT_NOFILE },
	{ "RLIMIT_NPROC", RLIMIT_NPROC }, { "RLIMIT_RSS", RLIMIT_RSS },
	{ "RLIMIT_RTPRIO", RLIMIT_RTPRIO }, { "RLIMIT_RTTIME", RLIMIT_RTTIME },
	{ "RLIMIT_SIGPENDING", RLIMIT_SIGPENDING }, { "RLIMIT_STACK", RLIMIT_STACK },
};

#define N_RLIMITS (sizeof(rlimit_names) / sizeof(rlimit_names[0]))

/* ---- args and env ---- */

/* A single string may take 32 pages (MAX_ARG_STRLEN); beyond that execve is E2BIG. */
static int check_length(const struct node *array, const struct strv *v, struct err *e)
{
	size_t max = 32 * (size_t)sysconf(_SC_PAGESIZE) - 1;

	for (size_t i = 0; i < v->n; i++) {
		struct node item = node_item(array, i);

		if (strlen(v->v[i]) > max)
			return node_fail(&item, e, "longer than the kernel takes (%zu bytes)",
					 max);
	}
	return 0;
}

static int read_args(const struct node *n, struct spec_process *p, struct err *e)
{
	struct node args, first;
	int r = node_array(n, "args", NODE_NEEDED, &args, e);

	if (r)
		return r;
	r = node_strings(&args, 0, &p->args, e);
	if (r)
		return r;
	if (!p->args.n)
		return node_fail(&args, e, "must not be empty");
	first = node_item(&args, 0);
	if (!p->args.v[0][0])
		return node_fail(&first, e, "must not be empty");
	return check_length(&args, &p->args, e);
}

/* Of a name that is there twice the last value counts, as in the other runtimes. */
static int drop_duplicates(struct strv *env, struct err *e)
{
	struct json_object *seen = json_object_new_object(), *at;
	size_t n = 0;

	if (!seen)
		return no_memory(e);
	for (size_t i = 0; i < env->n; i++) {
		char *s = env->v[i], *eq = strchr(s, '=');

		*eq = '\0';
		if (json_object_object_get_ex(seen, s, &at)) {
			size_t first = (size_t)json_object_get_int64(at);

			free(env->v[first]);
			env->v[first] = s;
		} else {
			json_object_object_add(seen, s, json_object_new_int64((int64_t)n));
			env->v[n++] = s;
		}
		*eq = '=';
	}
	json_object_put(seen);
	env->n = n;
	env->v[n] = NULL;
	return 0;
}

static int read_env(const struct node *n, struct spec_process *p, struct err *e)
{
	struct node env;
	int r = node_array(n, "env", 0, &env, e);

	if (r || !env.json)
		return r;
	r = node_strings(&env, 0, &p->env, e);
	if (r)
		return r;
	for (size_t i = 0; i < p->env.n; i++) {
		const char *eq = strchr(p->env.v[i], '=');
		struct node item = node_item(&env, i);

		if (!eq || eq == p->env.v[i])
			return node_fail(&item, e, "must be NAME=VALUE, not \"%.64s\"",
					 p->env.v[i]);
	}
	r = check_length(&env, &p->env, e);
	return r ? r : drop_duplicates(&p->env, e);
}

/* ---- terminal ---- */

static int read_terminal(const struct node *n, struct spec_process *p, struct err *e)
{
	int64_t height, width;
	struct node size;
	int r = node_bool(n, "terminal", &p->terminal, e);

	/* the specification has the size ignored where there is no terminal */
	if (r || !p->terminal)
		return r;
	r = node_object(n, "consoleSize", 0, &size, e);
	if (r || !size.json)
		return r;
	if (node_int(&size, "height", NODE_NEEDED, 0, USHRT_MAX, &height, e) ||
	    node_int(&size, "width", NODE_NEEDED, 0, USHRT_MAX, &width, e))
		return e->code;
	p->height = (unsigned)height;
	p->width = (unsigned)width;
	return 0;
}

/* ---- user ---- */

static int read_groups(const struct node *user, struct spec_process *p, struct err *e)
{
	struct node groups;
	int64_t gid;
	int r = node_array(user, "additionalGids", 0, &groups, e);
	size_t n;

	if (r || !groups.json)
		return r;
	n = node_length(&groups);
	if (n > MAX_GROUPS)
		return node_fail(&groups, e, "more than %d groups", MAX_GROUPS);
	p->groups = calloc(n + 1, sizeof(*p->groups));
	if (!p->groups)
		return no_memory(e);
	for (; p->n_groups < n; p->n_groups++) {
		struct node item = node_item(&groups, p->n_groups);

		r = node_number(&item, 0, MAX_ID, &gid, e);
		if (r)
			return r;
		p->groups[p->n_groups] = (gid_t)gid;
	}
	return 0;
}

static int read_user(const struct node *n, struct spec_process *p, struct err *e)
{
	int64_t uid = 0, gid = 0, mask = -1;
	struct node user;
	int r = node_object(n, "user", 0, &user, e);

	if (r || !user.json)
		return r;	/* none: root of the container */
	/* Engines and hand-written bundles leave out what is 0, and all runtimes take that. */
	if (node_int(&user, "uid", 0, 0, MAX_ID, &uid, e) ||
	    node_int(&user, "gid", 0, 0, MAX_ID, &gid, e) ||
	    node_int(&user, "umask", 0, 0, 0777, &mask, e))
		return e->code;
	p->uid = (uid_t)uid;
	p->gid = (gid_t)gid;
	p->has_umask = mask >= 0;
	p->umask = p->has_umask ? (mode_t)mask : 0;
	return read_groups(&user, p, e);
}

/* ---- capabilities ---- */

/* The number, or -1 for a name that this kernel or libcap does not have. */
static int cap_number(const char *name)
{
	cap_value_t v;

	/* libcap would take any case, and plain numbers */
	if (strncmp(name, "CAP_", 4))
		return -1;
	for (const char *c = name; *c; c++)
		if (islower((unsigned char)*c))
			return -1;
	if (cap_from_name(name, &v) || v < 0 || v > 63 || v >= cap_max_bits())
		return -1;
	return v;
}

static int read_cap_set(const struct node *caps, const char *key, struct spec_process *p,
			uint64_t *set, struct err *e)
{
	struct node list;
	int r = node_array(caps, key, 0, &list, e);

	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);
		const char *name;
		int v;

		r = node_text(&item, &name, e);
		if (r)
			break;
		v = cap_number(name);
		if (v >= 0)
			*set |= 1ULL << v;
		else if (node_warn(&item, &p->warnings, "no capability \"%.64s\" here, ignored",
				   name))
			r = no_memory(e);
	}
	return r;
}

static int read_caps(const struct node *n, struct spec_process *p, struct err *e)
{
	struct node caps;
	uint64_t lost;
	int r = node_object(n, "capabilities", 0, &caps, e);

	if (r || !caps.json)
		return r;
	p->has_caps = true;
	if (read_cap_set(&caps, "bounding", p, &p->cap_bounding, e) ||
	    read_cap_set(&caps, "effective", p, &p->cap_effective, e) ||
	    read_cap_set(&caps, "inheritable", p, &p->cap_inheritable, e) ||
	    read_cap_set(&caps, "permitted", p, &p->cap_permitted, e) ||
	    read_cap_set(&caps, "ambient", p, &p->cap_ambient, e))
		return e->code;
	if (p->cap_effective & ~p->cap_permitted)
		return node_fail(&caps, e, "effective has what permitted lacks");
	/* The kernel takes nothing else; older runtimes wrote and ignored more. */
	lost = p->cap_ambient & ~(p->cap_permitted & p->cap_inheritable);
	if (!lost)
		return 0;
	p->cap_ambient &= ~lost;
	for (int cap = 0; cap < 64 && lost >> cap; cap++) {
		char *name = lost >> cap & 1 ? cap_to_name(cap) : NULL;

		for (char *c = name; c && *c; c++)
			*c = (char)toupper((unsigned char)*c);
		r = name ? node_warn(&caps, &p->warnings, "can't raise ambient capability %s: "
				     "permitted and inheritable do not both have it", name) : 0;
		cap_free(name);
		if (r)
			return no_memory(e);
	}
	return 0;
}

/* ---- rlimits ---- */

static int rlimit_number(const char *name)
{
	for (size_t i = 0; i < N_RLIMITS; i++)
		if (!strcmp(name, rlimit_names[i].name))
			return rlimit_names[i].resource;
	return -1;
}

static int read_rlimit(const struct node *n, struct spec_process *p, struct err *e)
{
	struct spec_rlimit *l = &p->rlimits[p->n_rlimits];
	struct node type;
	const char *name;

	if (node_is_object(n, e) || node_word(n, "type", &type, &name, e))
		return e->code;
	l->resource = rlimit_number(name);
	if (l->resource < 0)
		return node_fail(&type, e, "no such limit: \"%.64s\"", name);
	for (size_t i = 0; i < p->n_rlimits; i++)
		if (p->rlimits[i].resource == l->resource)
			return node_fail(&type, e, "%s is there twice", name);
	if (node_u64(n, "soft", NODE_NEEDED, &l->soft, e) ||
	    node_u64(n, "hard", NODE_NEEDED, &l->hard, e))
		return e->code;
	if (l->soft > l->hard)
		return node_fail(n, e, "soft is above hard");
	return 0;
}

static int read_rlimits(const struct node *n, struct spec_process *p, struct err *e)
{
	struct node list;
	int r = node_array(n, "rlimits", 0, &list, e);
	size_t count;

	if (r || !list.json)
		return r;
	count = node_length(&list);
	p->rlimits = calloc(count + 1, sizeof(*p->rlimits));
	if (!p->rlimits)
		return no_memory(e);
	for (; p->n_rlimits < count; p->n_rlimits++) {
		struct node item = node_item(&list, p->n_rlimits);

		r = read_rlimit(&item, p, e);
		if (r)
			return r;
	}
	return 0;
}

/* ---- the rest ---- */

static int read_oom(const struct node *n, struct spec_process *p, struct err *e)
{
	int64_t score = INT64_MAX;
	int r = node_int(n, "oomScoreAdj", 0, -1000, 1000, &score, e);

	p->has_oom = !r && score != INT64_MAX;
	p->oom_score_adj = p->has_oom ? (int)score : 0;
	return r;
}

static int read_ioprio(const struct node *n, struct spec_process *p, struct err *e)
{
	static const char *const classes[] = {
		"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE",
	};
	struct node io, class;
	int64_t level = 0;
	const char *name;
	int r = node_object(n, "ioPriority", 0, &io, e);

	if (r || !io.json)
		return r;
	if (node_int(&io, "priority", 0, 0, 7, &level, e) ||
	    node_word(&io, "class", &class, &name, e))
		return e->code;
	for (int i = 0; i < 3; i++)
		if (!strcmp(name, classes[i]))
			p->ioprio_class = i + 1;
	if (!p->ioprio_class)
		return node_fail(&class, e, "no such class: \"%.64s\"", name);
	p->ioprio_level = (int)level;
	p->has_ioprio = true;
	return 0;
}

static int read_all(const struct node *n, struct spec_process *p, struct err *e)
{
	if (node_is_object(n, e))
		return e->code;
	p->json = json_object_get(n->json);
	if (node_str(n, "cwd", NODE_NEEDED | NODE_ABSOLUTE, &p->cwd, e) ||
	    read_args(n, p, e) || read_env(n, p, e) || read_terminal(n, p, e) ||
	    read_user(n, p, e) || read_caps(n, p, e) || read_rlimits(n, p, e) ||
	    node_bool(n, "noNewPrivileges", &p->no_new_privs, e) || read_oom(n, p, e) ||
	    node_str(n, "apparmorProfile", 0, &p->apparmor, e) ||
	    node_str(n, "selinuxLabel", 0, &p->selinux, e) || read_ioprio(n, p, e) ||
	    spec_read_scheduler(n, p, e) || spec_read_affinity(n, p, e))
		return e->code;
	return spec_refuse_unbuilt_process(n, p, e);
}

int spec_read_process(const struct node *n, struct spec_process **ret, struct err *e)
{
	struct spec_process *p = calloc(1, sizeof(*p));
	int r = p ? read_all(n, p, e) : no_memory(e);

	if (r) {
		spec_process_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

int spec_process_parse(struct json_object *o, const char *where, struct spec_process **ret,
		       struct err *e)
{
	struct node n = { .json = o, .key = where };

	return spec_read_process(&n, ret, e);
}

int spec_process_load(const char *file, struct spec_process **ret, struct err *e)
{
	struct json_object *o;
	int r = json_load(file, "process", &o, e);

	if (r)
		return r;
	r = spec_process_parse(o, "process", ret, e);
	json_object_put(o);
	return r ? err_wrap(e, "%s", file) : 0;
}

void spec_process_free(struct spec_process *p)
{
	if (!p)
		return;
	json_object_put(p->json);
	free(p->cwd);
	strv_free(&p->args);
	strv_free(&p->env);
	free(p->groups);
	free(p->rlimits);
	free(p->apparmor);
	free(p->selinux);
	strv_free(&p->warnings);
	free(p);
}
