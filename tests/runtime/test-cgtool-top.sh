#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 200 s
#
# cgtool top: as lines, as JSON, what a look costs, and on a real terminal, with keys.
# shellcheck disable=SC2016
# shellcheck source=tests/runtime/cgtool-lib.sh
. "$(dirname "$0")/cgtool-lib.sh"

tool create --parents "$G/a/busy"
tool create "$G/idle"
start "$TOOL" exec "$G/a/busy" sh -c 'while :; do :; done'; busy=$PID
start "$TOOL" exec "$G/idle" sleep 1000; idle=$PID
becomes "$idle" sleep

# ---- lines ---------------------------------------------------------------------------

code 0 "top --batch" top --batch -n 1 -d 500ms "$G"
that "has a row for each group with processes" '[ "$(grep -c " $G" "$W/out")" = 4 ]'
that "that of the busy one has some CPU, the idle one none" '
	grep -Eq "^ +[1-9][0-9.]*% .* $G/a/busy$" "$W/out" && grep -Eq "^ +0.0% .* $G/idle$" "$W/out"'
that "sorted by CPU" '[ "$(grep -n "/idle$" "$W/out" | cut -d: -f1)" = 5 ]'
code 0 "top --batch --tree" top --batch --tree -n 2 -d 200ms -s path "$G"
that "two looks, each a tree" '[ "$(grep -c "^ *CPU" "$W/out")" = 2 ] && [ "$(grep -c "      busy$" "$W/out")" = 2 ]'
tool --json top -n 2 -d 300ms "$G"
that "top --json is an object a line, and the result" '[ "$RC" = 0 ] && [ "$(jq -s length "$W/out")" = 3 ] &&
	[ "$(head -n 1 "$W/out" | jq -c "[.groups[].group] | length")" = 4 ]'
that "the first of it is busy" '[ "$(sed -n 2p "$W/out" | jq ".groups[] | select(.group == \"$G/a/busy\") | .cpu_percent > 5")" = true ]'
code 2 "top without a terminal" top
that "says what to do" 'grep -q -- "--batch" "$W/err"'
code 2 "top sorted by nothing" top -b -s size
code 2 "top without a pause" top -b -d 0
code 6 "top of no group" top -b -n 1 "$G-none"
as_nobody top -b -n 1 -d 100ms "$G"
that "an ordinary user has it too" '[ $RC = 0 ] && grep -q "$G/idle" "$W/out"'
start "$TOOL" top -b -d 10 "$G"; lines=$PID
sleep 0.5
kill -TERM "$lines"
that "SIGTERM ends top --batch" 'ends $lines'

# A thousand groups with a process each would need a thousand processes: they are empty here,
# and are looked at all the same.
mapfile -t dirs < <(find /sys/fs/cgroup -type d -path "*/$NAME/idle" 2> "$W/find")
for dir in "${dirs[@]}"; do mkdir "$dir/many" && seq -f "$dir/many/%g" 1000 | xargs mkdir; done 2> "$W/many"
# spent N: processor time of N looks, and of what comes before them, in milliseconds
spent()
{
	TIMEFORMAT='%U %S'
	{ time tool top -b -a -n "$1" -d 100ms "$G"; } 2> "$W/time"
	awk '{ printf "%d", ($1 + $2) * 1000 }' "$W/time"
}
once=$(spent 1)
often=$(spent 11)
that "a thousand groups are listed" '[ "$(grep -c "/many/" "$W/out")" = 11000 ]'
that "a look at them takes less than 50 ms of the processor: $(((often - once) / 10))" \
	'[ "${CG_PLAIN:-1}" != 1 ] || [ $(((often - once) / 10)) -lt 50 ]'
for dir in "${dirs[@]}"; do seq -f "$dir/many/%g" 1000 | xargs rmdir; rmdir "$dir/many"; done 2> "$W/many"

# ---- a terminal -------------------------------------------------------------------------

if ! command -v tmux > "$W/which" || "$TOOL" top < /dev/null 2>&1 | grep -q 'without ncurses'; then
	skip "top on a terminal" "tmux is not installed, or cgtool was built without ncurses"
	tool delete --force "$G"
	tap_done
	exit
fi
T=(tmux -L "$NAME" -f /dev/null)
trap '"${T[@]}" kill-server 2> "$W/tmux"; cleanup' EXIT
screen() { "${T[@]}" capture-pane -p > "$W/screen"; }
key() { "${T[@]}" send-keys "$@"; }
# sees NAME REGEX: the screen does, within 5 s
sees()
{
	for _ in $(seq 50); do
		screen
		! grep -Eq -- "$2" "$W/screen" || { pass "$1"; return; }
		sleep 0.1
	done
	fail "$1" "no line of the screen is $2: $(head -n 8 "$W/screen" | tr '\n' '|')"
}

"${T[@]}" new-session -d -x 80 -y 24 "TERM=screen '$TOOL' top -d 500ms '$G' 2> '$W/top.err'; echo ended \$?; sleep 100"
sees "top draws a screen" '^cgtool top .* 4 groups, 4 shown  by cpu'
sees "with the busy group" "[1-9][0-9.]*% .* $G/a/busy"
that "no line is longer than the terminal" '! grep -q "^.\{81\}" "$W/screen"'
key s
sees "s sorts by the next column" 'by memory'
key c t
sees "t makes a tree" 'by cpu, tree'
that "with the names below each other" 'grep -Eq "^.{45,} busy" "$W/screen"'
key Home Down
sleep 0.3
key Space
sees "space folds" ' [+] a'
that "what is below is not seen" '! grep -q " busy" "$W/screen"'
key Space
sees "and unfolds" ' busy'
key / i d l e Enter
sees "a filter is told" 'those with "idle"'
that "and leaves others out" '! grep -q " busy" "$W/screen"'
key / Escape
sees "and goes" ' busy'
key h
sees "h shows the keys" 'Any key goes back'
key x
sees "and any key goes back" 'GROUP'
"${T[@]}" resize-window -x 60 -y 12
sees "a smaller terminal" '^cgtool top'
that "has less in it" '! grep -q "^.\{61\}" "$W/screen"'
"${T[@]}" resize-window -x 120 -y 30
sees "a larger one" 'h help'
key / i d l e Enter t End
sees "the idle group alone" 'those with "idle"'
key k
sees "k asks" "kill $G/idle with 1 processes\\? y/n"
key n
sleep 0.5
that "no is no" 'alive $idle'
key f
sees "f asks" "freeze $G/idle"
key y
sees "y freezes" 'frozen'
json "and the library says so" '.state | index("frozen")' procs "$G/idle"
key u
sees "u asks" "thaw $G/idle"
key y
sees "y thaws" 'thaw: done'
key k
sees "k asks again" "kill $G/idle"
key y
sees "y kills" 'kill: 1 ended, 0 left'
that "the process is gone" 'ends $idle'
that "the other lives" 'alive $busy'
key q
sees "q ends it" '^ended 0'

"${T[@]}" respawn-window -k "bash -c '\"$TOOL\" top -d 500ms \"$G\"; stty -a | grep -qw echo && echo restored; sleep 100'"
sees "another one" '^cgtool top'
pid=$(pgrep -f "^$TOOL top -d 500ms $G$" | head -n 1)
kill -TERM "$pid"
sees "SIGTERM leaves the terminal as it was" '^restored'
"${T[@]}" respawn-window -k "bash -c 'TERM=nonsense \"$TOOL\" top \"$G\"; echo ended \$?; sleep 100'"
sees "a terminal that nobody knows" 'this terminal is unknown'

tool delete --force "$G"
that "nothing is left" '[ -z "$(find /sys/fs/cgroup -type d -path "*$G*")" ]'
tap_done
