/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a saved group, as somebody may have edited it, on the fake kernel. Whom the
 * text names is a member, but never the caller; descriptors are closed, what is left is
 * in order.
 */
#include <stdlib.h>
#include <string.h>

#include "fake/kernel.h"
#include "fuzz.h"
#include "core.h"

#define must(cond)	do { if (!(cond)) abort(); } while (0)
#define HEAD		"libcg 2 6f1e0c2a-0000-4000-8000-0123456789ab\n"

static struct fk *host(void)
{
	struct fk *k = fk_new();
	struct fk_h *v2 = fk_add_v2(k, "pids", "/sys/fs/cgroup/unified");
	struct fk_h *v1 = fk_add_v1(k, "freezer", "/sys/fs/cgroup/freezer");
	struct fk_proc *p = fk_spawn(k, NULL, "m", 1);

	fk_cg_put(fk_cg_make(v2, "/g"), p);
	fk_cg_put(fk_cg_make(v1, "/g"), p);
	fk_cg_make(v2, "/h/i");
	for (int i = 0; i < 5; i++)
		fk_spawn(k, NULL, "stranger", 0);
	return k;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cg *cg = NULL;
	struct cg_ctx *ctx;
	char *text, buf[4096];
	struct fk *k;
	size_t head = size > 5 && !memcmp(data, "libcg", 5) ? 0 : strlen(HEAD);
	int rc;

	text = malloc(head + size + 1);
	if (!text)
		return 0;
	memcpy(text, HEAD, head);
	memcpy(text + head, data, size);
	text[head + size] = '\0';
	k = host();
	must(!cgi_ctx_new_with(&fk_sys, k, &ctx));
	rc = cg_restore(ctx, text, 0, &cg);
	must(rc == 0 || (rc < 0 && !cg && *cg_errmsg(ctx)));
	if (!rc) {
		(void)cg_save(cg, buf, sizeof(buf));
		(void)cg_thaw(cg, 10);
		(void)cg_kill_all(cg, 10, NULL, 0);
		(void)cg_delete(cg, 0, 10, NULL, 0);
		cg_close(cg);
	}
	cg_ctx_free(ctx);
	must(!k->nfd && !k->bad_close && !k->bad_kill);
	for (int sig = 1; sig <= 64; sig++)
		must(!k->me->sent[sig]);
	fk_free(k);
	free(text);
	return 0;
}
