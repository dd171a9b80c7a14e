/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of whoever holds the child's end of the channel, each 16 bytes of the input or, after
 * a byte 255, a long one. What the rules let pass has the form that the parent relies on.
 */
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "birth/birth.h"

#include "fuzz.h"

static void look(struct chan_rules *rules, const struct chan_msg *m)
{
	unsigned said = rules->said;
	struct err e;

	if (memchr(m->text, '\0', sizeof(m->text)) == NULL)
		__builtin_trap();
	for (const char *s = m->text; *s; s++)
		if ((unsigned char)*s < ' ')
			__builtin_trap();
	if (chan_check(rules, m, CHAN_STAGE | CHAN_FINAL, &e)) {
		if (rules->said != said)
			__builtin_trap();
		return;
	}
	if (m->kind < CHAN_MAP || m->kind > CHAN_LAST ||
	    (m->kind == CHAN_ERROR && m->code >= 0) || (m->kind == CHAN_NOTIFY && m->code < 0) ||
	    (m->kind != CHAN_WARN && m->kind != CHAN_ERROR && said & 1U << m->kind))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct chan_rules rules = { .may = size ? data[0] * 0x01010101U : 0 };
	struct chan_msg m;
	pid_t sender;
	int fd[2];

	if (size > 4096 || chan_open(fd))
		return 0;
	for (size_t at = 1; at < size;) {
		size_t n = data[at] == 255 ? size - at : 16;

		n = n > size - at ? size - at : n;
		if (send(fd[1], data + at, n, MSG_DONTWAIT) == (ssize_t)n &&
		    chan_recv(fd[0], &m, &sender) == 1)
			look(&rules, &m);
		at += n;
	}
	close(fd[0]);
	close(fd[1]);
	return 0;
}
