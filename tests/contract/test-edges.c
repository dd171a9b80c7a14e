/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ends of what is allowed. */
#include "contract.h"

/* Removed by somebody else: each later call says so, not only the one that finds out. */
static void e4_a_group_that_is_gone_stays_gone(struct world *w, struct cg_ctx *ctx)
{
	struct cg *cg = a_group(ctx, "g");
	char text[64];

	if (cg_set(cg, "pids.max", "9")) {	/* nothing here has it */
		cg_close(cg);
		return;
	}
	assert_int_equal(w_dir_remove(w, "g"), 0);
	for (int i = 0; i < 3; i++)
		want(ctx, -ENOENT, cg_get(cg, "pids.max", text, sizeof(text)));
	want(ctx, -ENOENT, cg_set(cg, "pids.max", "7"));
	cg_close(cg);
}

int main(void)
{
	static const struct contract_test tests[] = {
		CT(e4_a_group_that_is_gone_stays_gone, W_GROUPS),
	};

	return contract_main(tests, sizeof(tests) / sizeof(tests[0]));
}
