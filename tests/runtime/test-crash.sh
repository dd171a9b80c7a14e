#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 1200 s
#
# The runtime is killed with SIGKILL before its N-th system call, in each verb. Afterwards
# no verb takes the wreck for a container that runs, `delete --force` ends with 0 and leaves
# nothing (no process, cgroup, mount, state), and the name can be used again.
#
# POINTS=n	so many points in each verb, spread evenly and beginning elsewhere each time
# FULL=1	every point
# VERBS=...	only these
SITUATIONS=${SITUATIONS:-root engine tagged}
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=wreck.sh
. "$(dirname "$0")/wreck.sh"

POINTS=${POINTS:-6}
VERBS=${VERBS:-$ALL_VERBS}

# crash N VERB: RC is 99 if it was killed at that point
crash()
{
	verb_args "$2"
	there "$W/bin/crash" "$1" "$RUNTIME" --root "$STATE" --log "$LOG" "${ARGS[@]}" \
		>"$W/crash.out" 2>"$W/crash.err"
	RC=$?
}

# one N VERB: false if the verb ended before its N-th call
one()
{
	before "$2" || blame "cannot get there"
	crash "$1" "$2"
	ended=$RC
	[ "$ended" = 99 ] || [ "$ended" = 0 ] || blame "exit $ended: $(tail -n 1 "$W/crash.err")"
	tells_the_truth
	nothing_of_it "point $1"
	[ "$ended" = 99 ]
}

# Points are spread by a step that has nothing in common with what repeats in a verb.
play()
{
	local verb=$1 all n step tried=0 bad=0 why=''

	before "$verb" && crash 0 "$verb"
	all=$(tail -n 1 "$W/crash.out")
	rt_ok delete --force "$RUN-wreck"
	[[ $all =~ ^[0-9]+$ ]] || { blame "cannot count its calls: $(tail -n 1 "$W/crash.err")"; all=0; }
	step=$((all / POINTS + 1))
	[ -z "${FULL:-}" ] || step=1
	for ((n = 1 + RANDOM % step; n <= all; n += step)); do
		one "$n" "$verb" || [ -n "$WHY" ] || continue
		tried=$((tried + 1))
		[ -z "$WHY" ] || { bad=$((bad + 1)) why=$WHY; }
		WHY=
	done
	[ "$bad" = 0 ] || blame "$bad of $tried: $why"
	[ "$tried" -gt 0 ] || blame "it was never killed"
	echo "# $SIT: $verb: killed at $tried of about $all points"
	verdict "$SIT: killed in $verb"
}

setup
helper crash
for s in $SITUATIONS; do
	situation "$s" || { skip "$s" "$WHY_NOT"; continue; }
	bring_foo
	wreck_bundle
	for v in $VERBS; do play "$v"; done
	wreck_over
done
tap_done
