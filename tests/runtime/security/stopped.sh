#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
#
# Somebody in the container stops (SIGSTOP) what the runtime has put beside it, at each step
# (tests/lib/crash.c). The verb ends by itself, in words, and leaves nothing; an init that
# waits and is stopped is said to be stopped, and can be killed or let go.
#
# VERBS		only these of create, run, exec
# STRIDE=n	every n-th step (default 3)
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

STRIDE=${STRIDE:-3} ENDS_MS=4500
setup
helper crash
situation root
MOUNTS=$(count_mounts)
bundle foo . /bin/inmate reaper
up foo 2 || { blame "no container to share a PID namespace with"; verdict "foo"; tap_done; }
JOIN="(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$PID/ns/pid\""

# stopped N VERB ARGS...: a child is stopped at step N; CALL is -1 if there are fewer. STATUS, MS.
stopped()
{
	local n=$1 start=${EPOCHREALTIME/./} steps

	shift
	LIMIT=30 there "$W/bin/crash" -c -s 19 "$n" "$RUNTIME" --root "$STATE" --log "$LOG" "$@" \
		>"$W/crash.out" 2>"$W/crash.err"
	read -r steps CALL STATUS <<<"$(tail -n 1 "$W/crash.out")"
	MS=$(((${EPOCHREALTIME/./} - start) / 1000))
	[[ "$steps $CALL $STATUS" =~ ^[0-9]+\ -?[0-9]+\ [0-9]+$ ]] || { blame "no result: $(tail -n 1 "$W/crash.err")"; CALL=-1; }
}

# The program itself may have been stopped instead: that is the container's business.
judge()
{
	[ "$MS" -lt "$ENDS_MS" ] || blame "step $1 (call $CALL): $2 took $MS ms"
	[ "$STATUS" = 0 ] && return
	[ "$STATUS" -lt 124 ] || [ "$STATUS" = 255 ] || blame "step $1 (call $CALL): $2 exit $STATUS"
	[ -s "$W/crash.err" ] || blame "step $1 (call $CALL): $2 says nothing"
}

for verb in ${VERBS:-create run exec}; do
	tried=0 n=1
	bundle one "$JOIN" /bin/inmate tick
	while :; do
		case $verb in
		create) stopped $n create --bundle "$SDIR/one" "$RUN-one" ;;
		run) stopped $n run --detach --bundle "$SDIR/one" "$RUN-one" ;;
		exec) stopped $n exec --detach "$RUN-foo" /bin/sleep 0 ;;
		esac
		[ "$CALL" -lt 0 ] || { tried=$((tried + 1)); judge $n "$verb"; }
		if [ "$verb" != exec ]; then
			[ "$STATUS" != 0 ] || rt_ok delete --force "$RUN-one"
			nothing_left one
			sweep one
		fi
		[ "$CALL" -ge 0 ] || break
		n=$((n + STRIDE))
	done
	[ "$tried" -ge 3 ] || blame "only $tried steps were tried"
	obs count "$RUN.call"
	[ "$REPLY" = 0 ] || blame "$REPLY processes of the runtime are left"
	verdict "$verb: a child that is stopped at one of $tried steps"
done

# ---- the init that waits ----

bundle one "$JOIN" /bin/inmate tick
rt_ok create --bundle "$SDIR/one" --pid-file "$SDIR/one/pid" "$RUN-one"
init=$(cat "$SDIR/one/pid")
kill -STOP "$init"
rt start "$RUN-one"
in_time start
refused stopped
[ "$MS" -lt "$ENDS_MS" ] || blame "start took $MS ms"
rt state "$RUN-one"
grep -q '"status": *"created"' "$W/rt.out" || blame "not created: $(tr -d '\n' <"$W/rt.out" | head -c 200)"
kill -CONT "$init"
sleep 0.3
obs count "$RUN.one"
[ "$REPLY" = 0 ] || blame "the start that failed has started it after all"
rt_ok start "$RUN-one"
obs await "$RUN.one" 1 3000
[ "$REPLY" = 1 ] || blame "it cannot be started any more"
rt_ok delete --force "$RUN-one"
nothing_left one
verdict "start says that init is stopped, and does not start it later"
sweep one

rt_ok create --bundle "$SDIR/one" --pid-file "$SDIR/one/pid" "$RUN-one"
kill -STOP "$(cat "$SDIR/one/pid")"
rt_ok kill "$RUN-one" KILL
rt_ok delete "$RUN-one"
nothing_left one
verdict "kill KILL ends a stopped init"
sweep one
rt_ok delete --force "$RUN-foo"

# ---- the helpers that write maps ----

if situation plain; then
	mkdir "$W/hung"
	printf '#!/bin/sh\nsleep 1000 &\nsleep 1000\n' >"$W/hung/newuidmap"
	cp "$W/hung/newuidmap" "$W/hung/newgidmap"
	chmod 755 "$W/hung" "$W/hung"/*
	bundle one . true
	ENTER+=(env "PATH=$W/hung:$PATH")
	rt run --bundle "$SDIR/one" "$RUN-one"
	in_time run
	refused "newuidmap has not ended after"
	nothing_left one
	verdict "a helper that hangs is ended, with what it started"
	leave
else
	skip "a helper that hangs" "$WHY_NOT"
fi
tap_done
