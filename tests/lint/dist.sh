#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 1500 s
# A release holds everything that is in git, and builds, checks, installs and uninstalls.
. "${0%/*}/lib.sh"

tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$CG_BUILD" || exit 1

check "make distdir" make -s distdir distdir="$tmp/dist"
if git -C "$CG_SRC" rev-parse --show-toplevel > "$tmp/top" 2>&1 &&
	[ "$(cat "$tmp/top")" = "$(cd "$CG_SRC" && pwd -P)" ]; then
	verdict "everything in git is in the release" "$(git -C "$CG_SRC" ls-files |
		grep -vx '\.gitignore' | while read -r file; do
			[ -e "$tmp/dist/$file" ] || echo "$file"
		done)"
else
	skip "everything in git is in the release" "this is not a git checkout"
fi

mkdir "$tmp/build"
cd "$tmp/build" || exit 1
check "configure elsewhere" "$CG_SRC/configure" -q
# All compiled tests, and the scripts that could tell a release from a checkout: the others
# have been run already.
scripts='tests/lint/exports.sh tests/lint/install.sh tests/lint/man.sh tests/lint/readme.sh'
if make -j2 distcheck check_scripts="$scripts" > "$tmp/log" 2>&1; then
	pass "make distcheck"
else
	grep -E '^(fail|FAIL|make|.*[Ee]rror)|not ok' "$tmp/log" | tail -n 60 | sed 's/^/# /'
	fail "make distcheck" "see the log"
fi
tap_done
