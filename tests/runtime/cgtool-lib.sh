# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the tests of cgtool share. Source it: G is the path of a group that is the test's own,
# with everything below it and beside it that begins with the same name.
set -u
export LC_ALL=C
# shellcheck source=tests/lib/tap.sh
. "${CG_SRC:?}/tests/lib/tap.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
TOOL=${CG_BIN:?}/cgtool
W=$(mktemp -d "${TMPDIR:-/tmp}/cgtool.XXXXXX") || exit 1
NAME=cgtool-test-${W##*.}
G=/$NAME
NOBODY=64321
STARTED=()

cleanup()
{
	local dir

	# A child that is killed before it has become its program runs the trap of its parent.
	[ "$BASHPID" = $$ ] || return
	trap '' INT TERM HUP
	for dir in $(find /sys/fs/cgroup -depth -type d -path "*/$NAME*" 2>/dev/null | tr ' ' '?'); do
		# shellcheck disable=SC2086
		set -- $dir
		[ ! -w "$1/freezer.state" ] || echo THAWED > "$1/freezer.state"
		[ ! -w "$1/cgroup.freeze" ] || echo 0 > "$1/cgroup.freeze"
	done 2> "$W/cleanup"
	[ ${#STARTED[@]} = 0 ] || kill -KILL "${STARTED[@]}" 2> "$W/cleanup"
	ends "${STARTED[@]}"
	# Names with blanks and worse in them: find hands them over as they are.
	for _ in 1 2 3 4 5; do
		find /sys/fs/cgroup -depth -type d -path "*/$NAME*" -exec rmdir {} + 2> "$W/cleanup" && break
		sleep 0.1
	done
	rm -rf "$W"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# tool ARG...: RC, and what it printed in $W/out and $W/err
tool()
{
	timeout 30 "$TOOL" "$@" > "$W/out" 2> "$W/err" < /dev/null
	RC=$?
}

# code RC NAME ARG...: cgtool ends with RC; one line says why if that is an error
code()
{
	local want=$1 name=$2

	shift 2
	tool "$@"
	if [ "$RC" != "$want" ]; then
		fail "$name" "exit $RC, not $want, of cgtool $*: $(cat "$W/err")"
	elif [ "$want" != 0 ] && [ "$want" != 3 ] && [ "$(wc -l < "$W/err")" != 1 ]; then
		fail "$name" "$(wc -l < "$W/err") lines on standard error: $(cat "$W/err")"
	else
		pass "$name"
	fi
}

# json NAME FILTER ARG...: what cgtool prints with --json is one object, of which FILTER holds
json()
{
	local name=$1 filter=$2

	shift 2
	tool --json "$@"
	if [ "$(jq -s 'length' "$W/out" 2>&1)" != 1 ]; then
		fail "$name" "not one JSON value (exit $RC): $(head -c 300 "$W/out")"
	elif jq -e "$filter" "$W/out" > "$W/jq" 2>&1; then
		pass "$name"
	else
		fail "$name" "not so: $filter: $(jq -c . "$W/out")"
	fi
}

# that NAME CONDITION: a shell condition
that()
{
	if eval "$2"; then pass "$1"; else fail "$1" "not so: $2"; fi
}

# start COMMAND...: a victim or bystander; PID
start()
{
	"$@" < /dev/null > "$W/victim" 2>&1 &
	PID=$!
	disown $PID	# no word from bash when it ends
	STARTED+=("$PID")
}

# becomes PID NAME: the process runs the program of that name, within 5 s
becomes()
{
	for _ in $(seq 100); do
		[ "$(cat "/proc/$1/comm")" != "$2" ] || return 0
		sleep 0.05
	done
	return 1
}

alive()
{
	local pid state

	for pid; do
		state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2> "$W/alive") || return 1
		[ "$state" != Z ] && [ "$state" != X ] || return 1
	done
}

dead() { local p; for p; do ! alive "$p" || return 1; done; }
# ends PID...: within 5 s
ends()
{
	for _ in $(seq 100); do
		! dead "$@" || return 0
		sleep 0.05
	done
	return 1
}

# ticker FILE: grows it as long as it may run
ticker()
{
	start sh -c 'while :; do echo >> "$0"; sleep 0.02; done' "$1"
}
size() { stat -c %s "$1" 2>/dev/null || echo 0; }
# grows FILE: within 5 s
grows()
{
	local was i

	was=$(size "$1")
	for i in $(seq 100); do
		[ "$(size "$1")" = "$was" ] || return 0
		sleep 0.05
	done
	return 1
}
# Ten times the ticker's interval, after it has had the time to finish a round.
stands()
{
	local was

	was=$(size "$1")
	sleep 0.3
	[ "$(size "$1")" = "$was" ]
}

as_nobody()
{
	setpriv --reuid $NOBODY --regid $NOBODY --clear-groups timeout 30 "$TOOL" "$@" \
		> "$W/out" 2> "$W/err" < /dev/null
	RC=$?
}
