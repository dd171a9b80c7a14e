/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux.resources.devices: rules as text, or one sentence. */
#include <stdlib.h>
#include <string.h>

#include "container/container.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rules = NULL;
	struct node n = { .key = "resources" };
	struct err e = { 0 };

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!json_parse(text, size, NULL, &n.json, &e) && device_rules(&n, &rules, &e) &&
	    (!e.code || !e.msg[0] || strchr(e.msg, '\n')))
		abort();
	free(rules);
	json_object_put(n.json);
	free(text);
	return 0;
}
