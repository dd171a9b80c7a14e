/* SPDX-License-Identifier: GPL-2.0-or-later */
/* linux.resources.devices: the rules in their order, and what every container may use. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "container/container.h"
#include "banned.h"

/* The devices that the specification gives to all, and nodes that cannot be opened. */
static const char defaults[] =
	"allow c *:* m\nallow b *:* m\nallow c 1:3 rwm\nallow c 1:5 rwm\nallow c 1:7 rwm\n"
	"allow c 1:8 rwm\nallow c 1:9 rwm\nallow c 5:0 rwm\nallow c 5:1 rwm\nallow c 5:2 rwm\n"
	"allow c 136:* rwm\n";

static int add_number(FILE *f, const struct node *n, const char *key, struct err *e)
{
	int64_t v = -1;
	int r = node_int(n, key, 0, -1, INT32_MAX, &v, e);

	if (v < 0)
		fputc('*', f);
	else
		fprintf(f, "%" PRId64, v);
	return r;
}

static int add_rule(FILE *f, const struct node *n, bool *open, struct err *e)
{
	char *type = NULL, *access = NULL;
	bool allow = false;
	int r = node_is_object(n, e);

	if (!r)
		r = node_bool(n, "allow", &allow, e);
	if (!r)
		r = node_str(n, "type", 0, &type, e);
	if (!r)
		r = node_str(n, "access", 0, &access, e);
	if (!r && ((type && (strlen(type) != 1 || !strchr("abcu", *type))) ||
		   (access && access[strspn(access, "rwma")])))
		r = node_fail(n, e, "no such type or access");
	if (!r) {
		const char *have = access ? access : "rwm";
		char t = type ? *type : 'a';

		if (t == 'a')
			*open = allow;
		fprintf(f, "%s %c ", allow ? "allow" : "deny", t == 'u' ? 'c' : t);
		r = add_number(f, n, "major", e);
		fputc(':', f);
		if (!r)
			r = add_number(f, n, "minor", e);
		fprintf(f, " %s%s%s\n", strchr(have, 'r') ? "r" : "", strchr(have, 'w') ? "w" : "",
			strchr(have, 'm') ? "m" : "");
	}
	free(type);
	free(access);
	return r;
}

int device_rules(const struct node *resources, char **ret, struct err *e)
{
	struct node list;
	bool open = false;
	size_t size;
	FILE *f;
	int r = node_array(resources, "devices", 0, &list, e);

	*ret = NULL;
	if (r || !node_length(&list))
		return r;
	f = open_memstream(ret, &size);
	if (!f)
		return no_memory(e);
	for (size_t i = 0; !r && i < node_length(&list); i++) {
		struct node item = node_item(&list, i);

		r = add_rule(f, &item, &open, e);
	}
	if (!open)
		fputs(defaults, f);
	fclose(f);
	return r;
}
