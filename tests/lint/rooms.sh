#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cgrun is laid out in rooms, one folder each. A room has one header, ROOM/ROOM.h, and
# includes only its own and those of rooms below it. The order is the line of doc/design.md
# that begins with "verb >".
. "${0%/*}/lib.sh"

order=$(sed -n 's/^ *\(verb >[a-z >]*[a-z]\).*/\1/p' "$CG_SRC/doc/design.md" | head -n 1 | tr -d '>')
folders=$(cd "$CG_SRC/tools/cgrun" && find . -mindepth 1 -maxdepth 1 -type d | sed 's|^\./||')
# shellcheck disable=SC2086
unlisted=$(LC_ALL=C comm -3 <(printf '%s\n' $order | LC_ALL=C sort) <(printf '%s\n' $folders | LC_ALL=C sort))
verdict "doc/design.md has the order of all rooms" "$(printf '%s\n' "$unlisted" | tr -d '\t')"

files=$(cd "$CG_SRC" && find tools/cgrun -name '*.[ch]' | LC_ALL=C sort)
verdict "every file of cgrun is in a room" "$(printf '%s\n' "$files" | grep -vE '^tools/cgrun/[a-z]+/[^/]+$')"
verdict "a room has one header" \
	"$(printf '%s\n' "$files" | grep '\.h$' | grep -vE '^tools/cgrun/([a-z]+)/\1\.h$')"

# "FILE INCLUDED": what each file includes with quotation marks, but for what is beside cgrun
arrows=$(cd "$CG_SRC" && for file in $files; do
	sed -n "s|^[[:space:]]*#[[:space:]]*include[[:space:]]*\"\([^\"]*\)\".*|$file \1|p" "$file"
done)
up=$(printf '%s\n' "$arrows" | awk -v order="$order" -v common="$(cd "$CG_SRC/tools" && ls common)" '
	BEGIN {
		n = split(order, v, " ")
		for (i = 1; i <= n; i++)
			level[v[i]] = i
		n = split(common " banned.h", v, /[ \n]/)
		for (i = 1; i <= n; i++)
			known[v[i]] = 1
	}
	$2 in known { next }
	{
		split($1, from, "/")
		split($2, to, "/")
		if (!(to[1] in level) || $2 != to[1] "/" to[1] ".h")
			print $1 ": " $2 " is not the header of a room"
		else if (level[to[1]] < level[from[3]])
			print $1 ": " to[1] " is above " from[3]
	}')
verdict "a room includes only rooms below it" "$up"
[ "$(printf '%s\n' "$arrows" | grep -c /.*/)" -gt 50 ] && check=pass || check=fail
$check "arrows were found" "there are hardly any"
tap_done
