/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How results look. A process chooses its own name and the names of the groups that
 * it makes, and an administrator's terminal obeys escape sequences: so every text
 * goes through one decoder that decides, character by character, what is shown.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <json-c/json.h>

#include "out.h"

#include "banned.h"

#define NARROWEST	40	/* columns of a terminal at which tables are wrapped */

/* The length of the UTF-8 character at s (its code in *c), 0 if there is none. */
static size_t utf8(const unsigned char *s, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

	if (n == 1) {
		*c = s[0];
		return 1;
	}
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	*c = s[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n;
}

/* Control characters, and those that change the direction or place of what follows. */
static int harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void out_escape(FILE *f, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (s && *s) {
		uint32_t c = 0;
		size_t n = utf8(s, &c);

		if (n && !harmful(c))
			fwrite(s, 1, n, f);
		else if (c == '\n')
			fputs("\\n", f);
		else if (c == '\t')
			fputs("\\t", f);
		else
			for (size_t i = 0; i < (n ? n : 1); i++)
				fprintf(f, "\\x%02x", s[i]);
		s += n ? n : 1;
	}
}

char *out_escaped(const char *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);
	int bad;

	if (!f)
		return NULL;
	out_escape(f, s);
	bad = ferror(f);
	if (!fclose(f) && !bad)
		return text;
	free(text);
	return NULL;
}

void out_error(const char *name, const char *text)
{
	fprintf(stderr, "%s: ", name);
	out_escape(stderr, text);
	fputc('\n', stderr);
}

/* ---- tables ---- */

void out_cell(struct out_table *t, const char *text)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 32;
		char **cell = reallocarray(t->cell, cap, sizeof(*cell));

		if (!cell) {
			t->failed = 1;
			return;
		}
		t->cell = cell;
		t->cap = cap;
	}
	t->cell[t->n] = out_escaped(text ? text : "");
	if (!t->cell[t->n++])
		t->failed = 1;
}

void out_head(struct out_table *t, const char *const *head)
{
	for (size_t i = 0; i < t->cols; i++)
		out_cell(t, head[i]);
}

/* Characters, not bytes. Wide ones are few enough in names to be left out of account. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

size_t out_columns(FILE *f)
{
	struct winsize ws;
	int fd = fileno(f);

	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &ws))
		return 0;
	return ws.ws_col;
}

/* Words of s; further lines are indented. */
static void wrap(FILE *f, const char *s, size_t indent, size_t limit)
{
	size_t at = indent;

	while (*s) {
		size_t len = strcspn(s, " "), n = 0;

		for (size_t i = 0; i < len; i++)
			n += ((unsigned char)s[i] & 0xc0) != 0x80;
		if (at > indent && at + 1 + n > limit) {
			fprintf(f, "\n%*s", (int)indent, "");
			at = indent;
		} else if (at > indent) {
			fputc(' ', f);
			at++;
		}
		fwrite(s, 1, len, f);
		at += n;
		s += len + (s[len] == ' ');
	}
}

static void print_row(const struct out_table *t, char **row, const size_t *wide, FILE *f,
		      size_t limit)
{
	size_t at = 0, last = t->cols - 1;

	while (last > 0 && !*row[last])
		last--;		/* no blanks at the end of a line */
	for (size_t i = 0; i < last; i++) {
		fprintf(f, "%s%*s", row[i], (int)(wide[i] + 2 - width(row[i])), "");
		at += wide[i] + 2;
	}
	if (last < t->cols - 1 || at + 20 > limit)
		fputs(row[last], f);
	else
		wrap(f, row[last], at, limit);
	fputc('\n', f);
}

int out_table(struct out_table *t, FILE *f)
{
	size_t *wide = calloc(t->cols, sizeof(*wide)), limit = out_columns(f);
	int rc = t->failed || !wide ? -ENOMEM : 0;

	if (limit < NARROWEST)
		limit = 0;
	for (size_t i = 0; !rc && i < t->n; i++) {
		size_t w = width(t->cell[i]);

		if (w > wide[i % t->cols])
			wide[i % t->cols] = w;
	}
	for (size_t i = 0; !rc && i + t->cols <= t->n; i += t->cols)
		print_row(t, t->cell + i, wide, f, limit);
	for (size_t i = 0; i < t->n; i++)
		free(t->cell[i]);
	free(t->cell);
	free(wide);
	*t = (struct out_table)OUT_TABLE(t->cols);
	return rc;
}

/* ---- JSON ---- */

struct json_object *out_json_string(const char *s)
{
	return s ? json_object_new_string(s) : NULL;
}

struct json_object *out_json_limit(uint64_t value)
{
	return value == UINT64_MAX ? out_json_string("max") : json_object_new_uint64(value);
}

void out_json_add(struct json_object *o, const char *key, struct json_object *value)
{
	if (!o || json_object_object_add(o, key, value))
		json_object_put(value);
}

void out_json_append(struct json_object *o, const char *key, struct json_object *value)
{
	struct json_object *list = NULL;

	if (o && !json_object_object_get_ex(o, key, &list)) {
		list = json_object_new_array();
		out_json_add(o, key, list);
	}
	if (!list || json_object_array_add(list, value))
		json_object_put(value);
}

/* Outside its strings JSON is ASCII, so what is replaced here is inside one. */
static int print_json(struct json_object *o, FILE *f, int flags)
{
	const char *text = o ? json_object_to_json_string_ext(o, flags) : NULL;
	const unsigned char *s = (const unsigned char *)text;

	while (s && *s) {
		uint32_t c = 0;
		size_t n = utf8(s, &c);

		if (!n || (c >= 0x7f && harmful(c)))
			fprintf(f, "\\u%04x", n ? c : 0xfffd);
		else
			fwrite(s, 1, n, f);
		s += n ? n : 1;
	}
	if (text)
		fputc('\n', f);
	json_object_put(o);
	return text ? 0 : -ENOMEM;
}

/* A blank after each colon: scripts look for '"status": "running"', as runc prints it. */
int out_json(struct json_object *o, FILE *f)
{
	return print_json(o, f, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOSLASHESCAPE);
}

int out_json_line(struct json_object *o, FILE *f)
{
	return print_json(o, f, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
