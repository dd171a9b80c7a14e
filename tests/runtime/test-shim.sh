#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The sequence of containerd's shim (tests/lib/shim.c plays it): create, start, two execs;
# kill, and when init has ended `kill --all 9` twice; delete; delete --force. Each call
# exits with 0, nobody is left after the first that has to kill, and every exit that the
# shim waits for comes. nerdctl and containerd of today hang for ever where one does not.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

N=0

exec_process()
{
	jq '.process | .args = ["/bin/sh", "-c", "/bin/inmate tick & exec /bin/inmate tick"]' \
		"$SDIR/$1/config.json" >"$SDIR/$1/exec.json"
}

# ready: all is there; init is killed by us where that is the play.
on_ready()
{
	local id=$1 sig=$2

	obs await "$RUN.$id" "$FAMILY" 5000
	[ "$REPLY" = "$FAMILY" ] || blame "$REPLY of $FAMILY processes came up"
	obs watch "$id" "$RUN.$id"
	PID=$(there "$RUNTIME" --root "$STATE" state "$RUN-$id" | jq .pid)
	mapfile -t CGROUPS < <(own_cgroups "$PID")
	[ "$sig" != 0 ] || kill -KILL "$PID"
}

on_killed()
{
	obs count "$RUN.$1"
	[ "$REPLY" = 0 ] || blame "$REPLY survive the first call"
	obs left "$1"
	[ "$REPLY" = 0 ] || blame "$REPLY of those from before survive the first call"
}

# play SIGNAL FILTER NAME
play()
{
	local id=bar$((N += 1)) sig=$1 line last=

	MOUNTS=$(count_mounts)
	CGROUPS=()
	bundle "$id" "$2" /bin/inmate family
	exec_process "$id"
	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
	timeout -k 1 60 "${ENTER[@]}" "$W/bin/shim" -s "$sig" -x 2 -p "$SDIR/$id/exec.json" \
		-b "$SDIR/$id" -i "$RUN-$id" "$RUNTIME" --root "$STATE" --log "$LOG" \
		--log-format json <"$W/shim.in" >"$W/shim.out" 2>&1 7>&- 8>&- 5>&- 6>&- &
	while IFS= read -r -t 60 line <&6; do
		case $line in
		ready)	on_ready "$id" "$sig"; echo go >&5 ;;
		killed)	on_killed "$id"; echo go >&5 ;;
		ok)	last=$line; break ;;
		"not ok "*) last=$line; blame "${line#not ok }"; break ;;
		*)	echo "$line" ;;
		esac
	done
	wait $!
	[ -n "$last" ] || blame "the shim gave up"
	obs harmed "$SIT"
	[ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
	[ "$last" != ok ] || nothing_left "$id" "${CGROUPS[@]}"
	verdict "$SIT: $3"
	sweep "$id"
}

play_situation()
{
	if ! situation "$1"; then
		skip "$1" "$WHY_NOT"
		return
	fi
	bring_foo || { verdict "$1: foo is up"; sweep foo; leave; return; }
	play 9 "$JOIN" "kill 9"
	play 15 "$JOIN" "kill 15, then kill --all 9"
	play 0 "$JOIN" "init killed from outside, then kill --all 9"
	[ "$1" != root ] && [ "$1" != engine ] || play 9 . "kill 9, a PID namespace of its own"
	rt_ok delete --force "$RUN-foo"
	leave
	verdict "$1: foo ends last"
}

setup
helper shim
mkfifo "$W/shim.in" "$W/shim.out"
exec 5<>"$W/shim.in" 6<>"$W/shim.out"
for s in $SITUATIONS; do play_situation "$s"; done
tap_done
