#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What callers parse: the sentences and exit codes that containerd's shim, moby, CRI-O,
# podman and conmon look for, and the formats that they read. Above all: "container not
# running" and "does not exist" promise a caller that an exit will come, so they are never
# said of a container that has a live process.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# says CODE TEXT NAME VERB...: exits with CODE and says TEXT in one line of its own.
says()
{
	local code=$1 text=$2 name=$3

	shift 3
	rt "$@"
	[ "$RC" = "$code" ] || blame "exit $RC instead of $code"
	[[ $(said) == *"$text"* ]] || blame "says '$(said)' instead of '$text'"
	[ "$(wc -l <"$W/rt.err")" -le 1 ] || blame "more than one line: $(said)"
	verdict "$name"
}

# What containerd's checkKillError and CRI-O look for; the shim lowers one of them first.
sounds_dead()
{
	local text

	text=$(cat "$W/rt.err" "$W/rt.out")
	[[ $text == *"container not running"* || $text == *"os: process already finished"* ||
		${text,,} == *"no such process"* || $text == *"does not exist"* ||
		$text == *"invalid process"* ]]
}

# holds NAME JQ: the last output, with whatever is on standard error, is JSON of that kind.
holds()
{
	cat "$W/rt.out" "$W/rt.err" | jq -e "$2" >"$W/jq" 2>&1 || blame "$(tail -n 1 "$W/jq"): $(head -c 300 "$W/rt.out") $(said)"
	verdict "$1"
}

RFC3339='test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$")'

make() { bundle "$1" "${3:-.}" /bin/inmate "${2:-tick}"; rt create --bundle "$SDIR/$1" --pid-file "$SDIR/$1/pid" "$RUN-$1"; PID=$(cat "$SDIR/$1/pid"); }
# Ends init from outside and waits until it is past its exit, whoever collects it.
kill_init()
{
	obs watch "init$PID" "$RUN.$1"
	kill -KILL "$PID"
	for _ in $(seq 300); do
		[ -e "/proc/$PID" ] || return 0
		sleep 0.01
	done
}

test_life()
{
	local id=$RUN-a

	make a
	verdict "create"
	[ "$(tr -d 0-9 <"$SDIR/a/pid" | wc -c)" = 0 ] && [ -s "$SDIR/a/pid" ] || blame "$(od -c "$SDIR/a/pid" | head -n 1)"
	[ -d "/proc/$PID" ] || blame "no such process"
	verdict "the pid file is digits and no newline"
	rt state "$id"
	holds "state of a created one" '.status == "created" and .pid == '"$PID"' and .id == "'"$id"'" and (.ociVersion | test("^1[.]"))
		and .bundle == "'"$SDIR/a"'" and (.rootfs | type == "string") and (.created | '"$RFC3339"')
		and (.owner | type == "string")'
	says 1 "container with given ID already exists" "create of one that is there" create --bundle "$SDIR/a" "$id"
	rt_ok start "$id"
	verdict "start"
	rt state "$id"
	holds "state of a running one" '.status == "running" and .pid == '"$PID"
	says 1 "cannot start an already running container" "start of a running one" start "$id"
	says 1 "cannot delete container $id that is not stopped: running" "delete of a running one" delete "$id"
	says 1 "container not paused" "resume of a running one" resume "$id"
	rt ps --format json "$id"
	holds "ps --format json is a list of numbers" 'type == "array" and (map(type) | unique) == ["number"] and index('"$PID"') != null'
	rt ps "$id"
	awk -v pid="$PID" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "PID") col = i }
		NR > 1 && col && $col == pid { found = 1 } END { exit !found }' "$W/rt.out" || blame "$(cat "$W/rt.out")"
	verdict "ps is a table with the column PID"
	rt list --format json
	holds "list --format json" 'type == "array" and (.[] | select(.id == "'"$id"'") | .status == "running" and .pid == '"$PID"'
		and (.bundle | type == "string") and (.created | '"$RFC3339"') and (.owner | type == "string"))'
	rt list --quiet
	[ "$(cat "$W/rt.out")" = "$id" ] || blame "$(cat "$W/rt.out")"
	verdict "list --quiet"
	rt list
	head -n 1 "$W/rt.out" | grep -q '^ID *PID *STATUS *BUNDLE *CREATED *OWNER' || blame "$(head -n 1 "$W/rt.out")"
	grep -q "^$id  *$PID  *running  *$SDIR/a " "$W/rt.out" || blame "$(tail -n 1 "$W/rt.out")"
	verdict "list is a table"
	rt_ok pause "$id"
	verdict "pause"
	rt state "$id"
	holds "state of a paused one" '.status == "paused" and .pid == '"$PID"
	says 255 "cannot exec in a paused container (use --ignore-paused to override)" "exec in a paused one" exec "$id" /bin/true
	rt pause "$id"
	[ "$RC" = 0 ] || [[ $(said) == *"container paused"* ]] || blame "exit $RC: $(said)"
	! sounds_dead || blame "sounds dead: $(said)"
	verdict "pause of a paused one does not sound dead"
	rt_ok resume "$id"
	verdict "resume"
}

test_dead()
{
	local id=$RUN-a

	rt_ok kill "$id" SIGKILL
	verdict "kill SIGKILL"
	kill_init a
	rt state "$id"
	holds "state of a stopped one" '.status == "stopped" and .pid == 0'
	says 1 "container not running" "kill of a stopped one" kill "$id" KILL
	says 1 "container not running" "kill TERM of a stopped one" kill "$id" TERM
	says 0 "" "kill --all of a stopped one" kill --all "$id" KILL
	says 1 "cannot start a container that has stopped" "start of a stopped one" start "$id"
	says 255 "cannot exec in a stopped container" "exec in a stopped one" exec "$id" /bin/true
	rt pause "$id"
	[ "$RC" = 1 ] || blame "exit $RC: $(said)"
	verdict "pause of a stopped one"
	says 0 "" "delete of a stopped one" delete "$id"
}

test_unknown()
{
	local id=$RUN-nobody v

	for v in state start kill delete ps pause resume exec; do
		code=1
		[ "$v" != exec ] || code=255
		case $v in
		kill)	says $code "container does not exist" "$v of an unknown one" kill "$id" KILL ;;
		exec)	says $code "container does not exist" "$v of an unknown one" exec "$id" /bin/true ;;
		*)	says $code "container does not exist" "$v of an unknown one" "$v" "$id" ;;
		esac
	done
	says 0 "" "delete --force of an unknown one" delete --force "$id"
	rt list --format json
	holds "list --format json where there is none" '. == null or . == []'
}

# Init is dead and others live: nothing may sound as if an exit were still to come.
test_orphans()
{
	local id=$RUN-bar v

	bundle bar "$JOIN" /bin/inmate family
	up bar 7 || { verdict "bar is up"; return; }
	kill_init bar
	for v in "kill $id TERM" "kill $id 0" "start $id" "pause $id" "resume $id" "exec $id /bin/true" "delete $id" "ps $id" "state $id"; do
		obs count "$RUN.bar"
		[ "$REPLY" -gt 0 ] || break
		# shellcheck disable=SC2086
		rt $v
		obs count "$RUN.bar"
		[ "$REPLY" = 0 ] || ! sounds_dead || blame "says '$(said)' and $REPLY live"
		verdict "${v%% *}$([[ $v != kill* ]] || echo " ${v##* }"), init dead and others alive, does not sound dead"
	done
	obs count "$RUN.bar"
	if [ "$REPLY" -gt 0 ]; then
		rt_ok kill "$id" 9
		obs count "$RUN.bar"
		[ "$REPLY" = 0 ] || blame "$REPLY survive"
		verdict "kill 9, init dead and others alive"
		says 1 "container not running" "kill 9 again" kill "$id" 9
		rt_ok delete "$id"
		verdict "delete after that"
	fi
	sweep bar
}

test_signals()
{
	local id=$RUN-s s

	make s reaper
	rt_ok start "$id"
	obs await "$RUN.s" 2 5000
	for s in 18 CONT SIGCONT cont sigcont SigCont; do
		rt_ok kill "$id" "$s"
	done
	verdict "signals by number and name, in any case"
	for s in FOO SIG SIGSIGKILL 0x9 9x 65 1000 99999999999999999999 '' ' 9'; do
		rt kill "$id" "$s"
		[ "$RC" = 1 ] || blame "'$s': exit $RC"
		! sounds_dead || blame "'$s': $(said)"
	done
	obs count "$RUN.s"
	[ "$REPLY" = 2 ] || blame "$REPLY of 2 left"
	verdict "what is no signal is refused"
	obs watch term "$RUN.s"
	rt_ok kill "$id"
	obs gone "$RUN.s" 2000
	[ "$REPLY" = 0 ] || blame "$REPLY left"
	verdict "kill without a signal is TERM"
	rt_ok delete "$id"
	verdict "delete after that"
}

test_codes()
{
	bundle code . /bin/sh -c 'exit 7'
	says 7 "" "run exits with the container's code" run --bundle "$SDIR/code" "$RUN-code"
	# Where init is nobody special, so that it can be killed at all.
	bundle code 'del(.linux.namespaces[] | select(.type == "pid"))
		| .mounts[0] += { type: "bind", source: "/proc", options: ["rbind"] }' /bin/sh -c 'kill -9 $$; sleep 5'
	says 137 "" "run exits with 128 and the signal" run --bundle "$SDIR/code" "$RUN-code"
	[ ! -e "$STATE/$RUN-code" ] || blame "state is left"
	verdict "run leaves nothing"
	make x
	rt start "$RUN-x"
	says 9 "" "exec exits with the command's code" exec "$RUN-x" /bin/sh -c 'exit 9'
	says 143 "" "exec exits with 128 and the signal" exec "$RUN-x" /bin/sh -c 'kill -15 $$; sleep 5'
	for p in nosuch /bin/nosuch; do
		rt exec "$RUN-x" $p
		[ "$RC" = 255 ] || [ "$RC" = 127 ] || blame "exit $RC"
		grep -qE 'executable file not found in|no such file or directory|open executable' "$W/rt.err" || blame "$(said)"
		verdict "exec of $p: what podman takes for 127"
	done
	rt exec "$RUN-x" /etc/passwd
	grep -qiE 'permission denied|operation not permitted' "$W/rt.err" || blame "$(said)"
	verdict "exec of what is no program: what podman takes for 126"
	rt delete --force "$RUN-x"
	bundle none . /bin/nosuch
	rt create --bundle "$SDIR/none" "$RUN-none"
	[ "$RC" = 1 ] || blame "exit $RC"
	grep -qE 'executable file not found in|no such file or directory|open executable' "$W/rt.err" || blame "$(said)"
	[ ! -e "$STATE/$RUN-none" ] || blame "state is left"
	verdict "create without the program: what podman takes for 127"
}

test_formats()
{
	rt --version
	sed -n 1p "$W/rt.out" | grep -qE '^[a-z]+ version [0-9]+[.][0-9]+' || blame "$(head -n 1 "$W/rt.out")"
	grep -q '^commit: ' "$W/rt.out" || blame "no commit:"
	grep -qE '^spec: [0-9]+[.][0-9]+[.][0-9]+' "$W/rt.out" || blame "no spec:"
	verdict "--version"
	rt features
	holds "features" '(.ociVersionMin | type == "string") and (.ociVersionMax | type == "string")
		and (.hooks == null or (.hooks | type == "array"))
		and (.mountOptions | index("ro") != null) and (.linux.namespaces | index("pid") != null)
		and (.linux.capabilities | index("CAP_KILL") != null) and (.linux.cgroup | type == "object")
		and (.annotations == null or (.annotations | type == "object"))'
	cp "$W/rt.out" "$W/features.$SIT"
	rm -f "$LOG"
	rt delete "$RUN-nobody"
	jq -es 'length > 0 and all(.[]; (.level | type == "string") and (.msg | type == "string") and (.time | '"$RFC3339"'))' "$LOG" >"$W/jq" 2>&1 ||
		blame "$(cat "$LOG")"
	verdict "the log is one JSON object a line, with a time that Go reads"
	[ "$(jq -rs 'map(select(.level == "error")) | last | .msg' "$LOG")" = "$(sed 's/^[a-z]*: //' "$W/rt.err")" ] ||
		[ "$(jq -rs 'map(select(.level == "error")) | last | .msg' "$LOG")" = "$(cat "$W/rt.err")" ] || blame "log: $(cat "$LOG"), standard error: $(said)"
	verdict "the last error of the log is what standard error says"
	rt delete --force "$RUN-nobody"
	[ ! -s "$W/rt.err" ] || blame "$(said)"
	verdict "delete --force of nobody is silent"
}

setup
for s in root engine; do
	situation "$s" || { skip "$s" "$WHY_NOT"; continue; }
	echo "# $s"
	test_life
	test_dead
	test_unknown
	bring_foo && test_orphans
	rt delete --force "$RUN-foo"
	test_signals
	test_codes
	test_formats
	leave
	verdict "$s: leaves nothing"
done
cmp -s "$W/features.root" "$W/features.engine" || blame "they differ"
verdict "features are the same for everybody"
tap_done
