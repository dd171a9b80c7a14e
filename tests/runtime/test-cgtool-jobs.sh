#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 250 s
#
# The jobs of doc/cgtool-jobs.md, each as one command, as root and as an ordinary user with a
# delegated group (and, where a job needs what that user lacks, told as such).
# shellcheck disable=SC2016
# shellcheck source=tests/runtime/cgtool-lib.sh
. "$(dirname "$0")/cgtool-lib.sh"

# job N RC CONDITION ARG...: the N-th job is one command, ends so, and what it printed is right
job()
{
	local n=$1 want=$2 condition=$3

	shift 3
	"${AS[@]}" timeout 30 "$TOOL" "$@" > "$W/out" 2> "$W/err" < /dev/null
	RC=$?
	if [ "$RC" != "$want" ]; then
		fail "$WHO, job $n: cgtool $*" "exit $RC, not $want: $(head -c 300 "$W/err")"
	elif ! eval "$condition"; then
		fail "$WHO, job $n: cgtool $*" "not so: $condition: $(head -c 300 "$W/out")"
	else
		pass "$WHO, job $n: cgtool $*"
	fi
}

# limit N VALUE KEY: where this group has the key, else it is said and not wrong
limit()
{
	if "${AS[@]}" "$TOOL" get "$H" "$3" > "$W/out" 2>&1; then
		job "$1" 0 '[ "$("$TOOL" get "$H" '"$3"')" = "'"$4"'" ]' set "$H" "$3=$2"
	else
		job "$1" 1 'grep -q "'"${3%%.*}"'" "$W/err"' set "$H" "$3=$2"
	fi
}

# All jobs on the group $H, which the caller may use.
jobs_of()
{
	local one spare

	job 13 0 '[ "$(cat "$W/out")" = "$H" ]' create --parents "$H"
	job 13 0 true create "$H/b"
	"${AS[@]}" "$TOOL" exec "$H" sleep 1000 < /dev/null > "$W/victim" 2>&1 & one=$!
	disown $one; STARTED+=("$one")
	"${AS[@]}" sleep 1000 < /dev/null > "$W/victim" 2>&1 & spare=$!
	disown $spare; STARTED+=("$spare")
	becomes "$one" sleep
	job 1 0 'grep -q "sleep 1000" "$W/out"' tree "$H"
	job 2 0 'grep -qx "$H/b" "$W/out"' ls -q "$H"
	job 3 0 'grep -q "^mount " "$W/out"' info
	job 4 0 'grep -q "GROUP" "$W/out"' top -b -n 1 -d 100ms -s memory "$H"
	job 5 0 'grep -Eq "^processes +1," "$W/out"' stat "$H"
	job 6 0 'grep -q " $H " "$W/out"' which "$one"
	job 7 0 'jq -e ".procs[0] | has(\"container\") | not" "$W/out" > "$W/jq"' --json which "$one"
	job 8 0 'grep -Eq "^$one .* sleep 1000$" "$W/out"' procs "$H"
	limit 10 100M memory.max 104857600
	limit 11 "50000 100000" cpu.max "50000 100000"
	limit 9 100 pids.max 100
	job 14 5 'grep -q -- --force "$W/err"' delete "$H"
	job 15 0 'grep -q "$H/b" "/proc/$spare/cgroup"' attach "$H/b" "$spare"
	job 16 3 true exec "$H" sh -c 'exit 3'
	job 17 0 'grep -q "status 0; .*1 left behind" "$W/err"' run -g "$H/run" sh -c 'sleep 1000 & sleep 0.2'
	job 20 0 true freeze "$H/b"
	job 21 0 'grep -Eq "b.*(frozen|T)" "$W/out" || [ "$(sed "s/.*) //; s/ .*//" /proc/$spare/stat)" = T ]' tree -a "$H"
	job 20 0 true thaw "$H/b"
	job 19 0 'ends $spare' signal TERM "$H/b"
	job 22 0 'grep -q "^empty" "$W/out"' watch -u empty -t 5 "$H/b"
	job 23 0 'jq -e ".result == \"done\"" "$W/out" > "$W/jq"' --json stat "$H"
	job 24 0 true stat "$H"
	job 27 "$LEFTOVERS" true doctor
	job 28 0 'jq -e ".groups | length >= 2" "$W/out" > "$W/jq"' --json ls "$H"
	job 29 0 'grep -q "^$one " "$W/out" && alive $one' kill --dry-run "$H"
	job 30 0 'grep -q "^kill" "$W/out"' complete k
	job 18 0 'grep -q "1 ended, 0 left" "$W/out" && ends $one' kill "$H"
	job 14 0 true delete "$H"
}

AS=() WHO=root H=$G
"$TOOL" doctor > "$W/doctor" 2>&1
LEFTOVERS=$?
jobs_of
tool create "$G"
job 25 0 true create --owner $NOBODY "$G/user"
if [ -e /sys/fs/cgroup/unified/cgroup.procs ] || [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	# In the delegated group, as a service manager starts a user's session in one.
	V2=/sys/fs/cgroup/unified
	[ -e $V2/cgroup.procs ] || V2=/sys/fs/cgroup
	AS=(sh -c 'echo $$ > "$0" && exec "$@"' "$V2$G/user/cgroup.procs"
		setpriv --reuid $NOBODY --regid $NOBODY --clear-groups)
	WHO=user H=$G/user/job
	"${AS[@]}" "$TOOL" doctor > "$W/doctor" 2>&1
	LEFTOVERS=$?
	jobs_of
else
	skip "the jobs of an ordinary user" "no cgroup v2 that could be delegated"
fi
AS=()
tool delete --force "$G"
that "nothing is left" '[ -z "$(find /sys/fs/cgroup -type d -path "*$G*")" ]'
tap_done
