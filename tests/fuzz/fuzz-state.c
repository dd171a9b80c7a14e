/* SPDX-License-Identifier: GPL-2.0-or-later */
/* state.json that somebody has edited: a state that is written as it was read, or a sentence. */
#include <stdlib.h>
#include <string.h>

#include "state/state.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct json_object *o = NULL, *again;
	struct state s, t;
	struct err e = { 0 };

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (!json_parse(text, size, NULL, &o, &e) && !state_from_json(o, "state", &s, &e)) {
		again = state_to_json(&s);
		if (state_from_json(again, "again", &t, &e))
			abort();
		json_object_put(again);
		state_clear(&s);
		state_clear(&t);
	} else if (!e.code || !e.msg[0] || strchr(e.msg, '\n')) {
		abort();
	}
	json_object_put(o);
	free(text);
	return 0;
}
