/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of exec --process: read or refused in one line. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct spec_process *p = NULL;
	struct json_object *o = NULL;
	struct err e = { 0 };

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!json_parse(text, size, NULL, &o, &e) &&
	    !spec_process_parse(o, "process", &p, &e)) {
		if (!p->args.n)
			abort();
		spec_process_free(p);
	} else if (!e.code || !e.msg[0] || strchr(e.msg, '\n')) {
		abort();
	}
	json_object_put(o);
	free(text);
	return 0;
}
