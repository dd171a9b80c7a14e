#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 200 s
#
# The verbs of cgtool that look, and those that take several groups: stat, which, exec, and
# --dry-run, which must change nothing; ls and tree.
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
becomes "$two" sleep
becomes "$one" sleep
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
tool create --parents "$G/docker-0123456789abcdef.scope/inside"
start "$TOOL" exec "$G/docker-0123456789abcdef.scope/inside" sleep 1000; docker=$PID
becomes "$docker" sleep
json "which knows the names that docker gives" \
	'.procs[0].container == { id: "0123456789abcdef", engine: "docker" }' which "$docker"
tool delete --force "$G/docker-0123456789abcdef.scope"

tool create --parents "$G/a/b"

# ---- stat ----------------------------------------------------------------------------

json "stat counts" '.processes == 1 and .groups == 2 and .result == "done"' stat "$G"
code 0 "stat in words" stat "$G"
that "tells processes" 'grep -Eq "^processes +1, groups below it 2" "$W/out"'
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

json "stat --all has each group below" "[.groups[].group] == [\"$G\", \"$G/a\", \"$G/a/b\"]" stat --all "$G"

# ---- ls, tree --------------------------------------------------------------------------

code 0 "ls" ls "$G"
that "ls lists the group and those below" '[ "$(grep -o "$G[^ ]*" "$W/out" | tr "\n" " ")" = "$G $G/a $G/a/b " ]'
that "ls counts the processes below" 'grep -Eq "^ +1 .* $G$" "$W/out" && grep -Eq "^ +0 .* $G/a/b$" "$W/out"'
code 0 "ls --quiet --depth" ls -q -d 1 "$G"
that "is paths, no deeper than that" '[ "$(tr "\n" " " < "$W/out")" = "$G $G/a " ]'
code 0 "ls of a pattern" ls -q "$G*"
that "has what it matches and all below" '[ "$(tr "\n" " " < "$W/out")" = "$G $G/a $G/a/b $G-b " ]'
code 0 "ls of a pattern further down" ls -q "$G/?/b"
that "has that" '[ "$(cat "$W/out")" = "$G/a/b" ]'
code 6 "ls of a pattern that matches nothing" ls "$G-none*"
code 6 "ls of no group" ls "$G-none"
json "ls --json" ".groups[0].group == \"$G\" and .groups[0].processes == 1 and .groups[0].uid == 0 and
	.groups[2].empty and .result == \"done\"" ls "$G"
code 0 "ls --populated" ls -q --populated "$G"
that "leaves empty ones out" '[ "$(cat "$W/out")" = "$G" ]'
code 0 "tree" tree "$G"
that "tree shows the process" 'grep -Eq "^.- $one sleep 1000$" "$W/out"'
that "and how many groups are not shown" 'grep -q "^2 empty groups not shown" "$W/out"'
code 0 "tree --all --groups" tree -a -g "$G"
that "shows all groups, and no process" '[ "$(wc -l < "$W/out")" = 3 ] && ! grep -q "sleep 1000" "$W/out"'
that "each below its own" 'grep -Eq "^.- a( |$)" "$W/out" && grep -Eq "^   .- b( |$)" "$W/out"'
LC_ALL=C.UTF-8 tool tree -a -g "$G"
that "tree draws lines where the locale has them" 'grep -Eq "^└─ a( |$)" "$W/out"'
tool freeze "$G/a"
json "tree tells who is frozen" '[.groups[].frozen] == [null, true, true]' tree -a "$G"
tool thaw "$G/a"
tool create --owner $NOBODY "$G/a/c"
code 0 "tree --all of one with an owner" tree -a "$G/a"
that "tells the owner" 'grep -Eq "c .* owner $NOBODY" "$W/out"'
tool delete "$G/a/c"
as_nobody ls -q "$G"
that "an ordinary user can list" '[ $RC = 0 ] && grep -qx "$G" "$W/out"'
as_nobody tree "$G"
that "and draw the tree" '[ $RC = 0 ] && grep -q "$one sleep" "$W/out"'
timeout 30 env TERM=xterm script -qec "'$TOOL' tree -a '$G'" "$W/typescript" < /dev/null > "$W/out" 2>&1
that "colour on a terminal" 'grep -q "$(printf "\033")\[1m" "$W/out"'
timeout 30 env TERM=xterm NO_COLOR=1 script -qec "'$TOOL' tree -a '$G'" "$W/typescript" < /dev/null > "$W/out" 2>&1
that "none where NO_COLOR is set" '! grep -q "$(printf "\033")" "$W/out"'

# Ten thousand groups, in the hierarchies that are cheap to fill: listed within a second of
# processor time, however busy the machine is.
many()
{
	local dir

	for dir; do
		seq -f "$dir/%g" 10000 | xargs mkdir || return 1
	done
}
mapfile -t dirs < <(find /sys/fs/cgroup -type d -path "*/$NAME/a/b" 2> "$W/find" | grep -E 'unified|freezer|fs/cgroup/cgtool' | head -n 2)
if [ ${#dirs[@]} -gt 0 ] && many "${dirs[@]}" 2> "$W/many"; then
	TIMEFORMAT='%U %S'
	{ time tool ls -q "$G"; } 2> "$W/time"
	that "ls lists 10,003 groups" '[ "$(wc -l < "$W/out")" = 10003 ]'
	that "in less than a second of processor time: $(cat "$W/time")" \
		'[ "${CG_PLAIN:-1}" != 1 ] || awk "{ exit \$1 + \$2 >= 1 }" "$W/time"'
	for dir in "${dirs[@]}"; do seq -f "$dir/%g" 10000 | xargs rmdir; done
else
	skip "ls lists 10,003 groups" "they cannot be made: $(head -c 200 "$W/many")"
fi
tool delete "$G/a"

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
