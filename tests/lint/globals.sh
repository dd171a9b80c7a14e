#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The library has no variable of its own. Constant tables of pointers are in .data.rel.ro
# and fine; nm cannot tell them from variables, so this asks for the section.
. "${0%/*}/lib.sh"

if [ "$CG_PLAIN" != 1 ]; then
	skip "the library has no global variable" "a sanitizer adds variables of its own"
	tap_done
fi

table=$(objects libcg drivers)
[ -n "$table" ] && check=pass || check=fail
$check "there are objects to look at" "none in $CG_BUILD"
found=$(while read -r file obj; do
	[ -n "$obj" ] && objdump -t "$obj" | awk -v file="$file" '
		$0 ~ /[ \t](\.t?data|\.t?bss|\.data\.[^r][^ \t]*|\.data\.rel|\.data\.rel\.local[^ \t]*|\*COM\*)[ \t]/ &&
		!/ d  / { print file ": " $NF }'
done <<< "$table")
verdict "the library has no global variable" "$found"
tap_done
