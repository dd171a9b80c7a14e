#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# How cgroups are laid out is known in drivers/ only: elsewhere no string names a control
# file, a version or systemd. What may, is in layout-words.allow, with the reason.
. "${0%/*}/lib.sh"

words='cgroup\.(procs|threads|kill|freeze|events|type|controllers|subtree_control)'
words+='|freezer\.state|notify_on_release|/sys/fs/cgroup|cgroup2|"v1"|"v2"|"v2,|,v1|systemd'
allow=$CG_SRC/tests/lint/layout-words.allow

files=$(sources libcg tools; cd "$CG_SRC" && find libcg tools -name '*.h')
bad=
used=
while IFS= read -r line; do
	[ -n "$line" ] || continue
	file=${line%%:*}
	for word in $(printf '%s\n' "${line#*:*:}" | grep -oE "$words"); do
		if grep -qF -- "$file $word " "$allow" 2>/dev/null; then
			used+="$file $word "$'\n'
		else
			bad+="$line"$'\n'
		fi
	done
done < <(code $files | grep -E "$words")
verdict "only drivers name the layout" "$(printf %s "$bad" | grep .)"

stale=
while read -r file word _; do
	case $file in '#'* | '') continue ;; esac
	printf %s "$used" | grep -qF -- "$file $word " || stale+="$file $word"$'\n'
done < <(cat "$allow" 2>/dev/null)
verdict "every exception of layout-words.allow is needed" "$(printf %s "$stale" | grep .)"
tap_done
