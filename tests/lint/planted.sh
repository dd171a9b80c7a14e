#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
# A copy of the tree is built and checked by make as anybody would: as it is, with a kill()
# in tools/, with one that goes round banned.h, and with a global variable in libcg/.
. "${0%/*}/lib.sh"

tmp=$(mktemp -d)
trap 'chmod -R u+w "$tmp"; rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir "$tmp/src" "$tmp/build"
(cd "$CG_SRC" && tar cf - --exclude=./.git --exclude=./autom4te.cache .) | tar xf - -C "$tmp/src"
chmod -R u+w "$tmp"
cd "$tmp/build" || exit 1

# The compiled tests have no say in this, so their report is left out; both lints are in the
# list of the real target.
lints='tests/lint/kernel-calls.sh tests/lint/globals.sh'
run_check()
{
	make -j2 check check_programs= root_programs= check_scripts="$lints" CG_REPORT=: \
		> "$tmp/log" 2>&1
}

# plant FILE TEXT
plant()
{
	cp -p "$tmp/src/$1" "$tmp/saved"
	printf '%s\n' "$2" >> "$tmp/src/$1"
}

# fails NAME FILE REGEX: make check fails for that reason; the file is made good again
fails()
{
	if run_check; then
		fail "$1" "make check passed"
	elif grep -qE "$3" "$tmp/log"; then
		pass "$1"
	else
		tail -n 40 "$tmp/log" | sed 's/^/# /'
		fail "$1" "make check failed for another reason"
	fi
	cp "$tmp/saved" "$tmp/src/$2"
}

check "configure" "$tmp/src/configure" -q --disable-runtime
for lint in $lints; do
	make -n check 2>&1 | grep -q "$lint" && check=pass || check=fail
	$check "make check runs $lint" "it is not in its command"
done
run_check && check=pass || { tail -n 40 "$tmp/log" | sed 's/^/# /'; check=fail; }
$check "make check passes the copy as it is" "see the log"

tool=tools/common/num.c
core=libcg/text/path.c
plant $tool 'int planted(int p);
int planted(int p) { return kill(p, 9); }'
fails "a planted kill() in tools/ makes make check fail" $tool 'sorry_kill_is_a_banned_function'
plant $tool '#undef kill
int kill(int, int);
int planted(int p);
int planted(int p) { return kill(p, 9); }'
fails "so does one that goes round banned.h" $tool "$tool calls kill"
plant $core 'int planted = 1;'
fails "a planted global in libcg/ makes make check fail" $core "$core: planted"
run_check && check=pass || check=fail
$check "make check passes again without them" "see the log"
tap_done
