#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
#
# The job that libcg exists for. Container bar lives in the PID namespace of container
# foo; its init has children (one stopped, one deaf to signals), orphans in sessions of
# their own, and processes that were exec'd. However bar is ended, and whatever this user
# may write to: nobody of bar survives the call, nobody else is touched, nothing is
# left, and each call answers well before callers give up at five seconds.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
collected "$@"

OPS=${OPS:-kill kill-a delete dead-kill dead-kill-a dead-delete paused-kill paused-delete three storm-kill storm-delete}
declare -A CELL SURVIVORS HARMED
N_CASE=0

three_deletes()
{
	local i pids=()

	for i in 1 2 3; do
		(OUT=$W/three$i; rt delete --force "$RUN-$1"; echo "$RC $MS $(said)" >"$W/three$i") &
		pids+=($!)
	done
	wait "${pids[@]}"
	MS=0
	for i in 1 2 3; do
		read -r RC ms text <"$W/three$i"
		[ "$RC" = 0 ] || blame "delete -f $i of 3: exit $RC: $text"
		[ "$ms" -lt "${BUDGET:-4000}" ] || blame "delete -f $i of 3 took $ms ms"
		[ "$ms" -le "$MS" ] || MS=$ms
	done
}

end_bar()
{
	local id=$1 op=$2

	case $op in
	dead-*)
		kill -KILL "$PID"
		while kill -0 "$PID" 2>/dev/null; do sleep 0.01; done ;;
	paused-*)
		rt_ok pause "$RUN-$id" || return ;;
	esac
	case $op in
	*kill)		rt_ok kill "$RUN-$id" KILL ;;
	*kill-a)	rt_ok kill --all "$RUN-$id" KILL ;;
	*delete)	rt_ok delete --force "$RUN-$id" ;;
	three)		three_deletes "$id" ;;
	esac
}

# One case: who survives is asked of the kernel at once, before anything else is done.
play()
{
	local id=bar$((N_CASE += 1)) op=$1 storm='' alive='?' took

	[[ $op != storm-* ]] || storm=storm
	MOUNTS=$(count_mounts)
	if bring_bar "$id" "$storm"; then
		end_bar "$id" "$op"
		took=$MS
		obs count "$RUN.$id"
		alive=$REPLY
		((SURVIVORS[$SIT] += alive))
		[ "$alive" = 0 ] || blame "$alive survive"
		obs left "$id"
		[ "$REPLY" = 0 ] || blame "$REPLY of those from before survive"
		[[ $op == *delete || $op == three ]] || rt_ok delete "$RUN-$id"
		obs harmed "$SIT"
		[ "$REPLY" = 0 ] || { ((HARMED[$SIT] += 1)); blame "strangers harmed: $REPLY"; }
		nothing_left "$id" "${CGROUPS[@]}"
	fi
	if [ -z "$WHY" ]; then CELL[$SIT,$op]="$took ms"; else CELL[$SIT,$op]="$alive LEFT"; fi
	[ "$alive" != 0 ] || [ -z "$WHY" ] || CELL[$SIT,$op]=fails
	verdict "$SIT: $op"
	sweep "$id"
}

# How many mounts are not those of a container: what is left when it is gone.
mounts_but() { cat /proc/self/mountinfo ${ENGINE:+"/proc/$ENGINE/mountinfo"} | grep "$RUN" | grep -vc "/$RUN-$1/"; }

play_situation()
{
	if ! situation "$1"; then
		skip "$1" "$WHY_NOT"
		return
	fi
	if bring_neighbours; then
		verdict "$1: foo and its neighbours are up"
		for op in $OPS; do play "$op"; done
	else
		verdict "$1: foo and its neighbours are up"
	fi
	for id in sibling foo; do
		MOUNTS=$(mounts_but "$id")
		rt_ok delete --force "$RUN-$id"
		obs count "$RUN.$id"
		[ "$REPLY" = 0 ] || blame "$REPLY of $id survive"
		nothing_left "$id"
		sweep "$id"
	done
	kill "$STRANGER" 2>/dev/null
	obs clear "$RUN.stranger"
	leave
	[ -z "$(find_cgroups "$RUN")" ] || blame "cgroups are left: $(find_cgroups "$RUN" | tr '\n' ' ')"
	verdict "$1: foo ends last and leaves nothing"
}

print_table()
{
	local sit op

	printf '# %-14s' "$(basename "$RUNTIME")"
	for sit in $SITUATIONS; do printf ' %10s' "$sit"; done
	echo
	for op in $OPS; do
		printf '# %-14s' "$op"
		for sit in $SITUATIONS; do printf ' %10s' "${CELL[$sit,$op]:--}"; done
		echo
	done
	for sit in $SITUATIONS; do
		echo "# table: $sit ends survivors ${SURVIVORS[$sit]:-?} harmed ${HARMED[$sit]:-0}"
	done
}

setup
for s in $SITUATIONS; do play_situation "$s"; done
print_table
tap_done
