#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tools/banned.h comes after all headers that declare what it bans, in every file.
. "${0%/*}/lib.sh"

bad=
for file in $(sources tools); do
	last=$(grep -E '^[[:space:]]*#[[:space:]]*include' "$CG_SRC/$file" | tail -n 1)
	[ "$last" = '#include "banned.h"' ] || bad+="$file: the last include is ${last:-none}"$'\n'
done

# shellcheck disable=SC2046
text=$(code $(sources tools))
bad+=$(printf '%s\n' "$text" | grep -E '\bBANNED_EXCEPT_[A-Z]+' |
	grep -vE '^tools/cgrun/(state/state\.c:.*BANNED_EXCEPT_UNLINKAT|base/sys\.c:.*BANNED_EXCEPT_SYSCALL)$')$'\n'
bad+=$(printf '%s\n' "$text" |
	grep -E '#[[:space:]]*undef[[:space:]]+(kill|killpg|tgkill|raise|sigqueue|rmdir|remove|unlinkat|syscall)\b')
[ -n "$(sources tools)" ] || bad="no file in tools/"
verdict "banned.h is the last include of every program file" "$(printf %s "$bad" | grep .)"
tap_done
