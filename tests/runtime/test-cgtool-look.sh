#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 200 s
#
# The verbs of cgtool that look, and those that take several groups: stat, which, exec, and
# --dry-run, which must change nothing.
# shellcheck disable=SC2016
# shellcheck source=tests/runtime/cgtool-lib.sh
. "$(dirname "$0")/cgtool-lib.sh"

start sleep 1000; bystander=$PID

# ---- exec ----------------------------------------------------------------------------

code 0 "create" create "$G"
code 0 "another" create "$G-b"
tool exec "$G" sh -c 'cat /proc/self/cgroup; echo "$1"; exit 7' - --json
that "exec runs the program and ends as it does" '[ $RC = 7 ] && [ "$(tail -n 1 "$W/out")" = --json ]'
# Each hierarchy in which the group was made, and no other.
here=$(find /sys/fs/cgroup -type d -name "$NAME" 2> "$W/find" | wc -l)
that "in all hierarchies of the group" "[ \"\$(grep -c ':$G\$' \"\$W/out\")\" = $here ] && [ $here -gt 0 ]"
tool exec --path "$G" sh -c 'exit 8'
that "exec with the group as an option" '[ $RC = 8 ]'
tool exec "$G" "$W/none"
that "exec of what is not there" '[ $RC = 127 ] && [ "$(wc -l < "$W/err")" = 1 ]'
tool exec "$G" "$W"
that "exec of what cannot be run" '[ $RC = 126 ]'
tool exec "$G-nowhere" true
that "exec in no group does not run it" '[ $RC = 125 ]'
tool exec "$G"
that "exec of nothing" '[ $RC = 125 ] && grep -q "which program" "$W/err"'
tool exec "$G" sh -c 'grep -c . /dev/null; grep "^SigBlk:" /proc/self/status'
that "the program has no signal blocked" 'grep -q "^SigBlk:[[:space:]]*0000000000000000$" "$W/out"'
as_nobody exec "$G" touch "$W/ran"
that "a user who may not enter does not run it" '[ $RC = 125 ] && [ ! -e "$W/ran" ]'

# ---- which ---------------------------------------------------------------------------

start "$TOOL" exec "$G" sleep 1000; one=$PID
start "$TOOL" exec "$G-b" sleep 1000; two=$PID
for _ in $(seq 100); do [ "$(cat "/proc/$two/comm")" != sleep ] || break; sleep 0.05; done
for _ in $(seq 100); do [ "$(cat "/proc/$one/comm")" != sleep ] || break; sleep 0.05; done
code 0 "which" which "$one"
that "tells the group" "grep -Eq '^$one +sleep +- +$G ' \"\$W/out\""
json "which of two processes" "[.procs[].pid] == [$one, $two]" which "$one" "$two"
json "which tells the directory of each place" \
	"[.procs[0].places[] | select(.group == \"$G\").directory] | length == $here and all(endswith(\"$G\"))" which "$one"
that "the directories are there" 'jq -r ".procs[0].places[] | select(.group == \"$G\").directory" "$W/out" |
	while read -r d; do [ -d "$d" ] || exit 1; done'
json "which agrees with the kernel" "[.procs[0].places[].group] | length == $(grep -c . "/proc/$one/cgroup")" which "$one"
code 6 "which of no process" which 99999999
code 2 "which of a word" which init
tool which 99999999 "$one"
that "which goes on after a failure" '[ $RC = 6 ] && grep -q "^$one " "$W/out"'
as_nobody which "$one"
that "an ordinary user can ask" '[ $RC = 0 ] && grep -q "$G " "$W/out"'
for name in docker-0123456789abcdef.scope libpod-0123456789abcdef.scope lxc.payload.web; do
	tool create "$G-$name"
	start "$TOOL" exec "$G-$name" sleep 1000
	tool delete --force "$G-$name"
done
tool create --parents "$G/docker-0123456789abcdef.scope/inside"
start "$TOOL" exec "$G/docker-0123456789abcdef.scope/inside" sleep 1000; docker=$PID
for _ in $(seq 100); do [ "$(cat "/proc/$docker/comm")" != sleep ] || break; sleep 0.05; done
json "which knows the names that docker gives" \
	'.procs[0].container == { id: "0123456789abcdef", engine: "docker" }' which "$docker"
tool delete --force "$G/docker-0123456789abcdef.scope"

# ---- stat ----------------------------------------------------------------------------

json "stat counts" '.processes == 1 and .groups == 0 and .result == "done"' stat "$G"
code 0 "stat in words" stat "$G"
that "tells processes" 'grep -Eq "^processes +1, groups below it 0" "$W/out"'
code 0 "stat --raw" stat --raw "$G"
that "is lines of a name and a number" '! grep -Evq "^[a-z_.]+ ([0-9]+|max)$" "$W/out" && grep -q "^processes 1$" "$W/out"'
code 0 "stat of two" stat "$G" "$G-b"
that "is a row for each" '[ "$(wc -l < "$W/out")" = 3 ] && [ "$(tail -n 1 "$W/out" | grep -o "[^ ]*$")" = "$G-b" ]'
json "stat of two, --json" "[.groups[].group] == [\"$G\", \"$G-b\"] and .result == \"done\"" stat "$G" "$G-b"
# What the kernel says of memory is what stat says.
if kernel=$("$TOOL" get "$G" memory.current 2> "$W/err"); then
	json "stat has the memory of the kernel" \
		"(.memory.current - $kernel | fabs) < 1048576" stat "$G"
	if tool set "$G" memory.max=64M && [ "$RC" = 0 ]; then
		json "and the limit" '.memory.max == 67108864' stat "$G"
		code 0 "with its unit" stat "$G"
		that "is 64M" 'grep -q "max 64M" "$W/out"'
	else
		skip "stat has the limit" "no memory limit can be set here"
	fi
else
	skip "stat has the memory of the kernel" "no memory controller here"
fi

# ---- --dry-run --------------------------------------------------------------------------

for verb in kill "delete --force" freeze "signal TERM"; do
	# shellcheck disable=SC2086
	code 0 "$verb --dry-run" $verb --dry-run "$G"
	that "$verb --dry-run names who is in it" 'grep -q "^$one " "$W/out" && grep -q "nothing is done" "$W/out"'
	# shellcheck disable=SC2086
	json "$verb --dry-run as JSON" ".dry_run and [.procs[].pid] == [$one]" $verb -n "$G"
	that "$verb --dry-run changes nothing" 'alive $one && [ "$(sed "s/.*) //; s/ .*//" /proc/$one/stat)" = S ]'
	json "nobody is frozen" '.state == []' procs "$G"
done
code 5 "delete --dry-run of a populated group" delete --dry-run "$G"
that "is refused as delete would be" 'grep -q "would be refused" "$W/err" && alive $one'
code 1 "kill --dry-run of the root" kill --dry-run /
that "is refused as kill would be" 'grep -q "root" "$W/err"'
tool exec "$G-b" "$TOOL" kill --dry-run "$G-b"
that "kill --dry-run by a member is refused" '[ $RC = 1 ] && grep -q "the caller is a member" "$W/err" && alive $two'

# ---- several groups ------------------------------------------------------------------------

code 0 "freeze two" freeze "$G" "$G-b"
json "both are" '[.groups[].state | index("frozen")] | all' procs "$G" "$G-b"
code 0 "thaw two" thaw --path "$G" "$G-b"
tool --json kill "$G" "$G-nowhere" "$G-b"
that "one that is not there does not keep the others" \
	'[ $RC = 6 ] && jq -e "[.groups[].result] == [\"done\", \"error\", \"done\"] and .result == \"error\"" "$W/out" > "$W/jq"'
that "both are dead" 'ends $one $two'
tool delete "$G-nowhere" "$G" "$G-nowhere2" "$G-b"
that "each failure is one line" '[ $RC = 6 ] && [ "$(wc -l < "$W/err")" = 2 ]'
that "and the others are gone" '[ -z "$(find /sys/fs/cgroup -type d -path "*$G*")" ]'

that "the bystander lives" 'alive $bystander'
tap_done
