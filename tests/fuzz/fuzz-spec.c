/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.json from a stranger: it is read or refused in one line, and nothing else happens. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct json_object *json = NULL;
	struct err e = { 0 };
	struct spec *s = NULL;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!json_parse(text, size, NULL, &json, &e) && !spec_parse(json, "/", &s, &e)) {
		if (!s->process || !s->process->args.n || s->rootfs[0] != '/')
			abort();
		spec_free(s);
	} else if (!e.code || !e.msg[0] || strchr(e.msg, '\n')) {
		abort();
	}
	json_object_put(json);
	free(text);
	return 0;
}
