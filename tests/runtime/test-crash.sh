#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 1800 s
#
# A verb is ended before its N-th step (tests/lib/crash.c), for each N there is:
#
# runtime	cgrun is killed. No verb takes the wreck for a container that runs; the next one thaws it.
# child	a child of cgrun is killed, which has not become the container's program yet. The verb
#	fails, says so and leaves nothing; or it had let the child go, and has succeeded.
# signal	cgrun gets TERM, INT or HUP. No more is left than of one that is killed; nobody is
#	left frozen or stopped; a run in the foreground passes it on and cleans up.
#
# Afterwards `delete --force` ends with 0 and leaves nothing (no process, cgroup, mount,
# state), and the name can be used again.
#
# WAYS, VERBS	only these
# STRIDE=n	every n-th step (for signals every fourth: each of them has its turn)
SITUATIONS=${SITUATIONS:-root engine own tagged}
# Each situation has a judge and a directory of its own.
if [[ $SITUATIONS == *' '* ]]; then
	# shellcheck disable=SC2086
	printf '%s\n' $SITUATIONS | xargs -P 2 -I '{}' env 'SITUATIONS={}' "$0"
	exit
fi
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=wreck.sh
. "$(dirname "$0")/wreck.sh"

WAYS=${WAYS:-runtime child signal}
VERBS=${VERBS:-$ALL_VERBS foreground signal}
POLITE=(TERM INT HUP)

# crash OPTIONS N VERB: CALL is where it was ended (-1: it was faster), STATUS how the verb ended
crash()
{
	local steps

	verb_args "${*: -1}"
	set -- "${@:1:$#-1}"
	there "$W/bin/crash" "$@" "$RUNTIME" --root "$STATE" --log "$LOG" "${ARGS[@]}" \
		>"$W/crash.out" 2>"$W/crash.err"
	RC=$?
	read -r steps CALL STATUS <<<"$(tail -n 1 "$W/crash.out")"
	[ "$RC" = 0 ] && [[ "$steps $CALL $STATUS" =~ ^[0-9]+\ -?[0-9]+\ [0-9]+$ ]] ||
		{ blame "exit $RC: $(tail -n 1 "$W/crash.err")"; CALL=-1 STATUS=; }
}

last_words() { tail -n 1 "$W/crash.err" | cut -c1-300; }

# It ended by itself, or we ended it.
after_runtime() { [ "$STATUS" = $((CALL < 0 ? 0 : 137)) ] || blame "exit $STATUS: $(last_words)"; }

# All or nothing. What is left to do for a child that was let go is to wait for the start and
# to become the program: who is killed there was the container's already.
after_child()
{
	[ "$CALL" -ge 0 ] || return
	if [ "$STATUS" = 0 ] || [ "$1 $STATUS" = 'foreground 137' ]; then
		LET_GO=$((LET_GO + 1))
		[ "$LET_GO" -le 3 ] || blame "success, but there is no program"
		return
	fi
	[ "$LET_GO" = 0 ] || blame "fails later than it succeeds"
	[ "$STATUS" -lt 124 ] || [ "$1 $STATUS" = 'exec 255' ] || blame "exit $STATUS"
	[ -n "$(last_words)" ] || blame "exit $STATUS without a word"
	obs count "$RUN.wreck"
	if [ "$1" = exec ]; then
		[ "$REPLY" = 7 ] || blame "$REPLY of 7 processes are there after a failed exec"
	else
		[ "$REPLY" = 0 ] || blame "$REPLY processes are left of a failed $1"
		nothing_left wreck
	fi
}

# What is frozen is paused, and nobody has leave to freeze any more.
nobody_is_held()
{
	local lease paused

	[ -e "$STATE/$RUN-wreck/state.json" ] || return
	read -r lease paused <<<"$(jq -r '"\(.lease.what) \(.paused)"' "$STATE/$RUN-wreck/state.json")"
	[ "$lease" = null ] || blame "it still has leave to $lease"
	[ "$paused" = false ] || return
	obs held "$RUN.wreck" 1		# one of the family has stopped itself
	[ "$REPLY" -le 1 ] || blame "$REPLY processes are held"
}

after_signal()
{
	[ "$STATUS" = 0 ] || [ "$STATUS" = $((128 + SIG)) ] || blame "exit $STATUS: $(last_words)"
	nobody_is_held
	[ "$1" = foreground ] || return
	# Once init has ended there is nobody to pass it on to: while it cleans up.
	[ "$STATUS" != 0 ] || [ "$CALL" -lt 0 ] || LATE=$((LATE + stride))
	[ "$LATE" -le 60 ] || blame "the signal was not passed on"
	obs count "$RUN.wreck"
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	nothing_left wreck
}

# one WAY N VERB: false when there is no N-th step any more
one()
{
	local options=()

	case $1 in
	child) options=(-c) ;;
	signal)
		SIG=$(kill -l "${POLITE[$2 % 3]}")
		options=(-s "$SIG") ;;
	esac
	before "$3" || { blame "cannot get there"; nothing_of_it "step $2"; return 1; }
	crash "${options[@]}" "$2" "$3"
	"after_$1" "$3"
	tells_the_truth
	# The verbs that have just been called have thawed what was left frozen.
	[ "$1" != runtime ] || nobody_is_held
	nothing_of_it "step $2, call $CALL"
	[ "$CALL" -ge 0 ]
}

play()
{
	local way=$1 verb=$2 n=1 stride=${STRIDE:-1} tried=0 bad=0 why='' start=$SECONDS

	[ "$way" != signal ] || stride=${STRIDE:-4}
	LET_GO=0 LATE=0
	while one "$way" "$n" "$verb"; do
		[ -z "$WHY" ] || { bad=$((bad + 1)) why=$WHY; }
		WHY=
		tried=$((tried + 1)) n=$((n + stride))
	done
	[ -z "$WHY" ] || { bad=$((bad + 1)) why="at the end: $WHY"; }
	WHY=
	[ "$bad" = 0 ] || blame "$bad of $tried: $why"
	[ "$tried" -gt 0 ] || blame "it was never ended"
	echo "# $SIT: $verb: $way: $tried points in $((SECONDS - start)) s"
	verdict "$SIT: $verb: $way"
}

setup
helper crash
s=$SITUATIONS
if ! situation "$s"; then
	skip "$s" "$WHY_NOT"
	tap_done
	exit
fi
bring_foo
for w in $WAYS; do
	[ "$w" != signal ] || ENDS='exec /bin/sleep 1'
	wreck_bundle
	for v in $VERBS; do
		# The others have no children.
		[[ $w != child || $v =~ ^(create|run|exec|foreground)$ ]] || continue
		play "$w" "$v"
	done
done
wreck_over
tap_done
