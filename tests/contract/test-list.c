/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The groups below a group, and the directories that groups and processes are in. */
#include "contract.h"

struct seen {
	struct cg_node node;
	char path[64];
	uint64_t id;			/* in the first hierarchy */
};

struct list {
	struct seen v[16];
	size_t n, stop;			/* after so many; 0: never */
	size_t longest;
};

static int note(void *data, const struct cg_node *node)
{
	struct list *l = data;
	struct seen *s = &l->v[l->n % 16];
	size_t len = strlen(node->path);

	assert_true(node->n_places >= 1);
	assert_string_equal(node->path + len - strlen(node->name), node->name);
	for (size_t i = 0; i < node->n_places; i++) {
		assert_non_null(strstr(node->place[i]->dir, node->place[i]->path));
		assert_true(node->place[i]->id != 0);
	}
	s->node = *node;
	s->id = node->place[0]->id;
	snprintf(s->path, sizeof(s->path), "%.63s", node->path);
	l->longest = len > l->longest ? len : l->longest;
	return ++l->n == l->stop ? 7 : 0;
}

static const struct seen *of(const struct list *l, const char *path)
{
	for (size_t i = 0; i < l->n && i < 16; i++)
		if (!strcmp(l->v[i].path, path))
			return &l->v[i];
	fail_msg("%s is not in the list", path);
	return NULL;
}

static struct cg *nested(struct cg_ctx *ctx, const char *path)
{
	struct cg *cg = NULL;

	want(ctx, 0, cg_create(ctx, path, 0, &cg));
	return cg;
}

static void e8_each_group_once(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *b = nested(ctx, "g/b"), *a = nested(ctx, "g/a");
	struct cg *x = nested(ctx, "g/a/x");
	struct list l = { .n = 0 };
	struct who *first = w_first(w, x);

	w_add(w, first, K_SLEEP);
	want(ctx, 0, cg_list(cg, CG_COUNT, note, &l));
	assert_int_equal(l.n, 4);
	assert_string_equal(l.v[0].path, "");
	assert_string_equal(l.v[1].path, "a");
	assert_string_equal(l.v[2].path, "a/x");
	assert_string_equal(l.v[3].path, "b");
	for (size_t i = 0; i < 4; i++) {
		assert_true(l.v[i].node.traits & CG_IS_COUNTED);
		assert_int_equal(l.v[i].node.procs, i == 2 ? 2 : 0);
		assert_int_equal(l.v[i].node.state, i == 3 ? CG_EMPTY : 0);
		assert_int_equal(l.v[i].node.depth, i == 0 ? 0 : i == 2 ? 2 : 1);
		assert_int_equal(l.v[i].node.n_places, l.v[0].node.n_places);
	}
	l.n = 0;
	want(ctx, 0, cg_list(cg, CG_HERE, note, &l));
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[2].path, "b");
	l = (struct list){ .stop = 2 };
	assert_int_equal(cg_list(cg, 0, note, &l), 7);
	assert_int_equal(l.n, 2);
	want(ctx, -EINVAL, cg_list(cg, CG_HERE | 1U << 20, note, &l));
	cg_close(x);
	cg_close(a);
	cg_close(b);
	cg_close(cg);
}

static void e8_frozen_groups_show(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *b = nested(ctx, "g/b"), *a = nested(ctx, "g/a");
	struct cg *x = nested(ctx, "g/a/x");
	struct list l = { .n = 0 };

	w_first(w, x);
	want(ctx, 0, cg_freeze(a, MS));
	want(ctx, 0, cg_list(cg, 0, note, &l));
	assert_int_equal(of(&l, "")->node.state, 0);
	assert_int_equal(of(&l, "a")->node.state, CG_FROZEN);
	assert_int_equal(of(&l, "a/x")->node.state, CG_FROZEN | CG_FROZEN_ABOVE);
	assert_int_equal(of(&l, "b")->node.state, CG_EMPTY);
	l.n = 0;
	want(ctx, 0, cg_list(x, 0, note, &l));
	assert_int_equal(of(&l, "")->node.state, CG_FROZEN | CG_FROZEN_ABOVE);
	want(ctx, 0, cg_thaw(a, MS));
	cg_close(x);
	cg_close(a);
	cg_close(b);
	cg_close(cg);
}

/* A member in one hierarchy only: neither its group nor one above it is empty. */
static void e8_empty_in_one_hierarchy_only(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *a = nested(ctx, "g/a");
	struct who *x = w_spawn(w);
	struct list l = { .n = 0 };

	must(w, w_dir_put_one(w, "g/a", x));
	want(ctx, 0, cg_list(cg, CG_COUNT, note, &l));
	assert_int_equal(of(&l, "")->node.state, 0);
	assert_int_equal(of(&l, "a")->node.state, 0);
	assert_int_equal(of(&l, "a")->node.procs, 1);
	cg_close(a);
	cg_close(cg);
}

static void e8_nesting_longer_than_any_path(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct list l = { .n = 0 };

	w_dir_nest(w, "g", 40, 250, NULL);
	want(ctx, 0, cg_list(cg, 0, note, &l));
	assert_int_equal(l.n, 41);
	assert_int_equal(l.longest, 40 * 251 - 1);
	cg_close(cg);
}

static void e8_many_beside_each_other(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct list l = { .n = 0 };
	unsigned n = has(w, W_FAKE) ? 3000 : 100;

	w_dir_crowd(w, "g", n);
	want(ctx, 0, cg_list(cg, 0, note, &l));
	/* In the model the hierarchies share the number. */
	must(w, l.n > n / 16 && l.n <= n + 1);
	cg_close(cg);
}

/* What may not be looked into is told, is not called empty, and makes the whole weak. */
static void e8_a_closed_group_is_said(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g"), *a = nested(ctx, "g/a");
	struct list l = { .n = 0 };

	w_dir_owner(w, "g/a", 4711);
	w_dir_mode(w, "g/a", "", 0700);
	want(ctx, CG_WEAK, cg_list(cg, 0, note, &l));
	assert_int_equal(l.n, 2);
	assert_true(of(&l, "a")->node.traits & CG_IS_CLOSED);
	assert_false(of(&l, "a")->node.state & CG_EMPTY);
	assert_int_equal(of(&l, "a")->node.uid, 4711);
	w_dir_mode(w, "g/a", "", 0755);
	cg_close(a);
	cg_close(cg);
}

static void e8_a_threaded_group_is_said(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct who *x = w_add(w, w_first(w, cg), K_TWO_THREADS);
	struct list l = { .n = 0 };

	w_dir_make(w, "g/t");
	must(w, w_dir_put_thread(w, "g/t", x));
	want(ctx, 0, cg_list(cg, CG_COUNT, note, &l));
	assert_true(of(&l, "t")->node.traits & CG_IS_THREADED);
	assert_false(of(&l, "t")->node.state & CG_EMPTY);
	assert_int_equal(of(&l, "")->node.procs, 2);
	cg_close(cg);
}

struct places {
	char hierarchy[16][64], path[16][256];
	uint64_t id[16];
	unsigned state[16];
	size_t n;
};

static int note_place(void *data, const struct cg_place *p)
{
	struct places *l = data;

	assert_true(l->n < 16);
	snprintf(l->hierarchy[l->n], sizeof(l->hierarchy[0]), "%s", p->hierarchy);
	snprintf(l->path[l->n], sizeof(l->path[0]), "%s", p->path);
	l->state[l->n] = p->state;
	l->id[l->n++] = p->id;
	return 0;
}

static void e8_the_directories_of_a_process(struct world *w, struct cg_ctx *ctx)
{
	struct places of_group = { .n = 0 }, of_process = { .n = 0 };
	struct cg *cg = a_group(ctx, "g");
	struct who *x = w_first(w, cg);
	size_t same = 0;

	want(ctx, 0, cg_places(cg, note_place, &of_group));
	want(ctx, 0, cg_where(ctx, w_pid(x), note_place, &of_process));
	must(w, of_group.n && of_process.n >= of_group.n);
	for (size_t i = 0; i < of_group.n; i++)
		for (size_t k = 0; k < of_process.n; k++)
			if (!strcmp(of_group.hierarchy[i], of_process.hierarchy[k]) &&
			    !strcmp(of_group.path[i], of_process.path[k]) &&
			    of_group.id[i] == of_process.id[k])
				same++;
	assert_int_equal(same, of_group.n);
	want(ctx, -ESRCH, cg_where(ctx, 0x3fffffff, note_place, &of_process));
	want(ctx, -EINVAL, cg_where(ctx, -1, note_place, &of_process));
	cg_close(cg);
}

static void e8_a_group_that_is_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	struct places l = { .n = 0 };
	struct list none = { .n = 0 };

	assert_int_equal(w_dir_remove(w, "g"), 0);
	want(ctx, -ENOENT, cg_list(cg, 0, note, &none));
	want(ctx, 0, cg_places(cg, note_place, &l));
	must(w, l.n > 0);
	for (size_t i = 0; i < l.n; i++)
		assert_int_equal(l.state[i], CG_GONE);
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e8_each_group_once, W_GROUPS),
		CT(e8_frozen_groups_show, W_GROUPS | W_FREEZE),
		CT(e8_empty_in_one_hierarchy_only, W_V1 | W_ROOT),
		CT(e8_nesting_longer_than_any_path, W_GROUPS),
		CT(e8_many_beside_each_other, W_GROUPS),
		CTX(e8_a_closed_group_is_said, W_GROUPS | W_FAKE, 0, W_ROOT),
		CT(e8_a_threaded_group_is_said, W_V2),
		CT(e8_the_directories_of_a_process, W_GROUPS),
		CT(e8_a_group_that_is_gone, W_GROUPS),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
