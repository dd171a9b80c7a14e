#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tools/quickstart shows what it says it shows, from any directory and without a
# terminal, and leaves nothing: no process, cgroup, user, mount or file, also when it is
# interrupted.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
unset MAKEFLAGS MAKELEVEL MFLAGS
OUT=$(mktemp)
trap 'rm -f "$OUT"' EXIT

# Its scratch directory names all that it makes.
nothing_of_it()
{
	local run

	run=$(grep -o 'cgt[A-Za-z0-9]\{6\}/rootfs' "$OUT" | head -n 1)
	run=${run%/rootfs}
	[ -n "$run" ] || { blame "it did not say where it works: $(tail -n 3 "$OUT" | tr '\n' ' ')"; return; }
	[ -z "$(find_cgroups "$run")" ] || blame "cgroups are left"
	! grep -q "^$run:" /etc/passwd || blame "the user is left"
	! grep -qs "^$run:" /etc/subuid || blame "the user's ids are left"
	! grep -q "$run" /proc/self/mountinfo || blame "a mount is left"
	[ -z "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name "$run")" ] || blame "files are left"
	[ -z "$(grep -l "CGT=$run" /proc/[0-9]*/environ 2>/dev/null)" ] || blame "processes are left"
}

cd / || exit 1
timeout 200 "$SRC/tools/quickstart" --build "$CG_BUILD" >"$OUT" 2>&1 </dev/null
RC=$?
sed 's/^/# /' "$OUT"
[ $RC = 0 ] || blame "exit $RC"
grep -qE '^[1-9] situations shown, 0 failed$' "$OUT" || blame "$(tail -n 1 "$OUT")"
[ "$(grep -cE '^    bar      11 of 11 processes ended in [0-9]+ ms, 0 left$' "$OUT")" = "$(grep -cE ' ok +0 ' "$OUT")" ] ||
	blame "the table says something else than the story"
grep -q '^root  *ok ' "$OUT" || blame "root was not shown"
nothing_of_it
verdict "all situations"

for sig in INT TERM; do
	# At the moment when bar lives in the second situation.
	setsid env --default-signal=INT "$SRC/tools/quickstart" --build "$CG_BUILD" >"$OUT" 2>&1 </dev/null &
	for _ in $(seq 1500); do
		[ "$(grep -c '^  \$ cgtool caps' "$OUT")" -lt 2 ] || break
		sleep 0.02
	done
	kill -$sig -- -$!
	wait $!
	RC=$?
	case $sig in INT) want=130 ;; TERM) want=143 ;; esac
	[ $RC = $want ] || blame "exit $RC instead of $want"
	! grep -q 'situations shown' "$OUT" || blame "it was through already"
	nothing_of_it
	verdict "interrupted by $sig"
done

timeout 20 "$SRC/tools/quickstart" nosuch >"$OUT" 2>&1
[ $? = 2 ] && grep -q '^usage:' "$OUT" || blame "$(head -n 2 "$OUT")"
verdict "an unknown situation"
tap_done
