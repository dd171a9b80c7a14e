#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The example in README.md compiles against the library and does what it says; what the
# documents point to exists.
. "${0%/*}/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$CG_SRC" || exit 1

awk '/^```c$/ { on = 1; next } /^```/ { on = 0 } on' README.md > "$tmp/example.c"
lines=$(grep -c . "$tmp/example.c")
[ "$lines" -gt 10 ] && [ "$lines" -le 22 ] && check=pass || check=fail
$check "the example has about 20 lines" "$lines"

check "the example compiles" ${CC:-cc} -Wall -Wextra -Werror -o "$tmp/example" "$tmp/example.c" \
	-I"$CG_SRC/include" -L"$CG_BUILD/libcg/.libs" -lcg -Wl,-rpath,"$CG_BUILD/libcg/.libs"
if [ "$CG_PLAIN" = 1 ]; then
	said=$("$tmp/example" 2>&1)
	status=$?
	echo "# $said"
	if [ $status = 0 ] && [[ $said == *"1 ended, 0 left, by "?* ]]; then
		pass "the example does what it says"
	else
		fail "the example does what it says" "exit status $status: $said"
	fi
else
	skip "the example does what it says" "a sanitized library cannot be loaded by a plain program"
fi

# Links of the form [text](file), and files named in `backquotes` with a directory of ours.
missing=$(for doc in README.md CONTRIBUTING.md SECURITY.md doc/*.md; do
	{
		grep -oE '\]\([^)#]+\)' "$doc" | sed 's/^](//; s/)$//' | grep -v '^https\?:' |
			sed "s|^|$(dirname "$doc")/|"
		grep -oE '`(libcg|drivers|tools|tests|doc|include)/[A-Za-z0-9_./-]+`' "$doc" | tr -d '`' |
			grep -vE '\*|NAME|GROUP|\.la$'
	} | while read -r target; do
		[ -e "$target" ] || echo "$doc: $target"
	done
done)
verdict "what the documents point to exists" "$missing"
tap_done
