#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A file has at most 600 lines and a function 60. What has more is in sizes.allow, with the
# reason; beyond 800 and 100 there is none.
. "${0%/*}/lib.sh"

allow=$CG_SRC/tests/lint/sizes.allow

# "FILE NAME LINES", NAME "-" for the file as a whole. A function is what begins with "{" and
# ends with "}" in the first column, after a line with its name.
files=$(sources libcg drivers tools tests; cd "$CG_SRC" &&
	find include libcg drivers tools tests -name '*.h')
measured=$(cd "$CG_SRC" && awk '
	function whole() { if (lines) print last, "-", lines }
	FNR == 1 { whole(); last = FILENAME; inside = start = 0 }
	{ lines = FNR }
	/^[A-Za-z_].*\(/ && !/;[ \t]*$/ {
		start = FNR
		name = $0
		sub(/\(.*/, "", name)
		sub(/.*[ \t*]/, "", name)
	}
	/^\{/ && start { inside = 1 }
	/^\}/ {
		if (inside)
			print FILENAME, name, FNR - start + 1
		inside = start = 0
	}
	END { whole() }' $files)

limits() { printf '%s\n' "$measured" | awk -v f="$1" -v g="$2" '$3 > ($2 == "-" ? f : g)'; }

bad=
used=
while read -r file name lines; do
	[ -n "$file" ] || continue
	if grep -q -- "^$file $name ." "$allow" 2>/dev/null; then
		used+="$file $name "$'\n'
	else
		bad+="$file $name: $lines lines"$'\n'
	fi
done <<< "$(limits 600 60)"
verdict "files have up to 600 lines, functions 60" "$(printf %s "$bad" | grep .)"
verdict "no file has more than 800 lines, no function 100" "$(limits 800 100)"

stale=
while read -r file name _; do
	case $file in '#'* | '') continue ;; esac
	printf %s "$used" | grep -qF -- "$file $name " || stale+="$file $name"$'\n'
done < <(cat "$allow" 2>/dev/null)
verdict "every exception of sizes.allow is needed" "$(printf %s "$stale" | grep .)"
n=$(printf '%s\n' "$measured" | grep -cv ' - ')
[ "$n" -gt 10 ] && check=pass || check=fail
$check "functions were found" "only $n"
tap_done
