#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What engines and service managers pass on the command line and in the environment beyond
# what every container has: NOTIFY_SOCKET, --pidfd-socket, verbs that are not there.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# in the background: PROGRAM..., until its last word is a socket
at_socket()
{
	there "$@" >"$W/heard" 2>"$W/heard.err" 7>&- 8>&- &
	LISTENER=$!
	for _ in $(seq 200); do [ ! -S "${!#}" ] || break; sleep 0.02; done
}

heard() { wait "$LISTENER"; [ "$(cat "$W/heard" "$W/heard.err")" = "$1" ] || blame "heard: $(cat "$W/heard" "$W/heard.err")"; }

none_of_ours()
{
	obs count "$RUN.call"
	[ "$REPLY" = 0 ] || blame "$REPLY processes of the runtime stay"
}

notify()
{
	local enter=("${ENTER[@]}")

	bundle say . sh -c '/bin/inmate announce && exec /bin/inmate tick'
	rm -f "$SDIR/n"
	at_socket "$W/bin/inmate" hear "$SDIR/n"
	ENTER+=(env "NOTIFY_SOCKET=$SDIR/n")
	rt_ok create --bundle "$SDIR/say" --pid-file "$SDIR/pid" "$RUN-say"
	obs count "$RUN.call"
	[ "$REPLY" -le 2 ] || blame "$REPLY processes of the runtime stay after create"
	rt_ok start "$RUN-say"
	ENTER=("${enter[@]}")
	heard "MAINPID=$(cat "$SDIR/pid")
READY=1"
	none_of_ours
	rt_ok delete --force "$RUN-say"
	verdict "$SIT: start says READY=1 once the container has"

	rm -f "$SDIR/n"
	at_socket "$W/bin/inmate" hear "$SDIR/n"
	bundle say . /bin/inmate announce
	ENTER+=(env "NOTIFY_SOCKET=$SDIR/n")
	rt_ok run --bundle "$SDIR/say" "$RUN-say"
	ENTER=("${enter[@]}")
	wait "$LISTENER"
	[[ $(cat "$W/heard") == MAINPID=*READY=1 ]] || blame "heard: $(cat "$W/heard" "$W/heard.err")"
	verdict "$SIT: so does run"

	bundle say . true
	ENTER+=(env "NOTIFY_SOCKET=$SDIR/nobody")
	rt_ok run --detach --bundle "$SDIR/say" "$RUN-say"
	ENTER=("${enter[@]}")
	none_of_ours
	rt_ok delete "$RUN-say"
	verdict "$SIT: one that ends without a word is not waited for"
}

pidfd()
{
	bundle pf . /bin/inmate tick
	rm -f "$SDIR/s"
	at_socket "$W/bin/recvtty" "$SDIR/s"
	rt_ok create --bundle "$SDIR/pf" --pidfd-socket "$SDIR/s" "$RUN-pf"
	rt_ok start "$RUN-pf"
	kill -0 "$LISTENER" 2>"$W/why" || blame "it was not a descriptor of the process"
	rm -f "$SDIR/t"
	first=$LISTENER
	there "$W/bin/recvtty" "$SDIR/t" 2>"$W/exec.err" 7>&- 8>&- &
	for _ in $(seq 200); do [ ! -S "$SDIR/t" ] || break; sleep 0.02; done
	rt_ok exec --pidfd-socket "$SDIR/t" "$RUN-pf" true
	wait $!
	[ "$(cat "$W/exec.err")" = "recvtty: setns" ] || blame "exec: $(cat "$W/exec.err")"
	rt_ok kill "$RUN-pf" KILL
	LISTENER=$first
	heard "recvtty: standard"
	rt exec --pidfd-socket "$SDIR/none" "$RUN-pf" true
	rt_ok delete --force "$RUN-pf"
	rt run --pidfd-socket "$SDIR/none" --bundle "$SDIR/pf" "$RUN-pf"
	[ "$RC" = 1 ] && [[ $(said) == *--pidfd-socket* ]] || blame "exit $RC: $(said)"
	verdict "$SIT: --pidfd-socket"
}

below()
{
	local d f

	[ "$SIT" = root ] || return
	bundle cg . /bin/inmate tick
	up cg 1 || { verdict "$SIT: exec --cgroup"; return; }
	for d in $(find_cgroups "$RUN-cg"); do
		mkdir "$d/sub" || blame "$d"
		# That of v1 takes nobody in before it has some.
		for f in cpuset.cpus cpuset.mems; do
			[ ! -e "$d/sub/$f" ] || cat "$d/$f" >"$d/sub/$f"
		done
	done
	rt_ok exec --cgroup sub "$RUN-cg" cat /proc/self/cgroup
	! grep "$RUN-cg" "$W/rt.out" | grep -qv "/sub\$" || blame "elsewhere: $(cat "$W/rt.out")"
	grep -q "$RUN-cg/sub\$" "$W/rt.out" || blame "in none: $(cat "$W/rt.out")"
	rt exec --cgroup ../.. "$RUN-cg" true
	[ "$RC" = 255 ] && [[ $(said) == *"--cgroup ../.."* ]] || blame "exit $RC: $(said)"
	rt exec --cgroup none "$RUN-cg" true
	[ "$RC" = 255 ] && [[ $(said) == *"--cgroup none"* ]] || blame "exit $RC: $(said)"
	rt exec --cgroup cpu:sub "$RUN-cg" true
	[ "$RC" = 255 ] && [[ $(said) == *"--cgroup cpu:sub"* ]] || blame "exit $RC: $(said)"
	for d in $(find_cgroups "$RUN-cg"); do
		[[ $d != "${CGMNT[pids]:-none}"/*-cg ]] || mkdir "$d/only"
	done
	if [ -n "${CGMNT[pids]:-}" ] && [ -n "${CGMNT[memory]:-}" ]; then
		rt_ok exec --cgroup pids:only "$RUN-cg" grep pids /proc/self/cgroup
		grep -q '/only$' "$W/rt.out" || blame "not in only: $(cat "$W/rt.out")"
		rt exec --cgroup pids,memory:only "$RUN-cg" true
		[ "$RC" = 255 ] && [[ $(said) == *"only/cgroup.procs: no such file or directory"* ]] ||
			blame "a hierarchy without the group: exit $RC: $(said)"
	fi
	rt_ok exec --detach --cgroup /sub "$RUN-cg" /bin/inmate tick
	rt_ok kill "$RUN-cg" KILL
	obs count "$RUN.cg"
	[ "$REPLY" = 0 ] || blame "$REPLY live on"
	rt_ok delete "$RUN-cg"
	[ -z "$(find_cgroups "$RUN-cg")" ] || blame "groups are left"
	verdict "$SIT: exec --cgroup"
}

# A process that eats memory, below an init that does not.
oom()
{
	[ "$SIT" = root ] || return
	bundle oom '.linux.resources.memory = { limit: 16777216, swap: 16777216 }
		| .process.oomScoreAdj = 0' sh -c 'while [ ! -e /tmp/go-'"$RUN"' ]; do sleep 0.1; done
		(tail /dev/zero); rm /tmp/go-'"$RUN"'; sleep 1'
	up oom 1 || { verdict "$SIT: events"; return; }
	if ! grep -q '^memory' /proc/cgroups || [ -z "${CGMNT[memory]:-${CGMNT[v2]:-}}" ]; then
		skip "$SIT: events" "no memory controller"
	else
		there "$RUNTIME" --root "$STATE" events --interval 200ms "$RUN-oom" >"$W/events" 2>"$W/events.err" &
		for _ in $(seq 100); do [ ! -s "$W/events" ] || break; sleep 0.05; done
		: >"$W/rootfs/tmp/go-$RUN"
		wait $!
		RC=$?
		[ "$RC" = 0 ] || blame "exit $RC: $(cat "$W/events.err")"
		jq -se --arg id "$RUN-oom" 'all(.id == $id) and (map(select(.type == "oom")) | length == 1)
			and (map(select(.type == "stats" and .data.memory.usage.limit == 16777216)) | length > 2)' \
			"$W/events" >"$W/jq" || blame "$(cut -c1-200 "$W/events")"
		verdict "$SIT: events, again and again, with what ran out of memory, until the end"
	fi
	rt events --interval 5x "$RUN-oom"
	[ "$RC" = 1 ] && [[ $(said) == *--interval* ]] || blame "exit $RC: $(said)"
	rt events "$RUN-oom"
	[ "$RC" = 1 ] && [[ $(said) == "container with id $RUN-oom is not running"* ]] || blame "exit $RC: $(said)"
	rt_ok delete --force "$RUN-oom"
	verdict "$SIT: events of what is not running"
}

# under_terminal COMMAND...: in a terminal of 40 rows, which has 20 once the container has seen them
under_terminal()
{
	local line

	line="stty rows 40 cols 100; (until [ -e '$W/rootfs/tmp/seen' ]; do sleep 0.05; done; stty rows 20 cols 50 </dev/tty) &
		$(printf '%q ' "$@")"
	timeout --foreground -k 1 20 "${ENTER[@]}" script -qefc "$line" /dev/null <&6 >"$W/rt.out" 2>"$W/rt.err" 7>&- 8>&-
	RC=$?
	rm -f "$W/rootfs/tmp/seen"
	[ "$RC" = 3 ] || blame "$1: exit $RC: $(tr -d '\r' <"$W/rt.out")"
	[ "$(tr -d '\r' <"$W/rt.out")" = "from 40
to 20" ] || blame "printed $(cat "$W/rt.out")"
}

foreground()
{
	# shellcheck disable=SC2016
	local sizes='until [ "$(stty size 2>&1)" = "40 100" ]; do sleep 0.05; done; echo from 40; : >/tmp/seen; '

	# shellcheck disable=SC2016
	sizes+='until [ "$(stty size)" = "20 50" ]; do sleep 0.05; done; echo to 20; exit 3'

	bundle tty '.process.terminal = true' sh -c "$sizes"
	under_terminal "$RUNTIME" --root "$STATE" run --bundle "$SDIR/tty" "$RUN-tty"
	verdict "$SIT: run has the size of the terminal, also a new one"
	bundle fg . /bin/inmate tick
	up fg 1 && under_terminal "$RUNTIME" --root "$STATE" exec --tty "$RUN-fg" sh -c "$sizes"
	rt_ok delete --force "$RUN-fg"
	verdict "$SIT: so has exec"

	bundle sig . sh -c 'trap "exit 5" USR1; : >/tmp/seen; while :; do sleep 0.05; done'
	"${ENTER[@]}" "$RUNTIME" --root "$STATE" run --bundle "$SDIR/sig" --pid-file "$SDIR/sig/pid" "$RUN-sig" \
		</dev/null >"$W/rt.out" 2>"$W/rt.err" 7>&- 8>&- &
	for _ in $(seq 200); do [ ! -e "$W/rootfs/tmp/seen" ] || break; sleep 0.05; done
	rm -f "$W/rootfs/tmp/seen"
	kill -USR1 $!
	wait $!
	RC=$?
	[ "$RC" = 5 ] || blame "exit $RC: $(said)"
	rt delete --force "$RUN-sig"
	verdict "$SIT: run passes signals on"
}

# What runc, crun or an engine may put there: taken, and with --log nothing is said elsewhere.
options()
{
	bundle opt '.process.capabilities.bounding += ["CAP_NONE"]' sh -c 'exit 7'
	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
	rt --debug --criu /x --rootless=auto --log-level debug run --no-pivot --no-new-keyring \
		-no-subreaper --keep --preserve-fds 0 --bundle "$SDIR/opt" "$RUN-opt"
	[ "$RC" = 7 ] || blame "exit $RC: $(said)"
	[ ! -s "$W/rt.err" ] || blame "on standard error: $(said)"
	grep -q CAP_NONE "$LOG" || blame "not in the log: $(cat "$LOG")"
	rt state "$RUN-opt"
	[ "$(jq -r .status "$W/rt.out")" = stopped ] || blame "--keep: $(cat "$W/rt.out")"
	rt_ok delete "$RUN-opt"
	rt run --bundle /nonexistent "$RUN-opt"
	[ "$RC" = 1 ] && [ "$(wc -l <"$W/rt.err")" = 1 ] || blame "exit $RC: $(said)"
	verdict "$SIT: options that engines give, and a silent standard error"

	for v in create kill delete features; do
		there "$RUNTIME" "$v" -h >"$W/rt.out" 2>"$W/rt.err" || blame "$v -h failed"
		[ "$(head -n 1 "$W/rt.out")" = NAME: ] && sed -n 2p "$W/rt.out" | grep -q "^   cgrun $v - " ||
			blame "$v: $(head -n 2 "$W/rt.out")"
	done
	rt nosuchverb -h
	[ "$RC" = 1 ] && [[ $(said) == *"No help topic for 'nosuchverb'"* ]] || blame "exit $RC: $(said)"
	verdict "$SIT: help in the form that callers know"

	bundle opt . /bin/inmate tick
	up opt 1 || { verdict "$SIT: ps"; return; }
	rt_ok ps "$RUN-opt" -o pid,comm
	[ "$(tr -s ' ' <"$W/rt.out" | sed 's/^ //')" = "PID COMMAND
$PID inmate" ] || blame "ps -o: $(cat "$W/rt.out")"
	# shellcheck disable=SC2016
	echo '{ "cwd": "/tmp", "args": ["sh", "-c", "pwd; echo $A; id -u"], "env": ["PATH=/bin", "A=b"], "user": { "uid": 5, "gid": 6 } }' >"$W/p"
	"${ENTER[@]}" "$RUNTIME" --root "$STATE" exec --process - "$RUN-opt" <"$W/p" >"$W/rt.out" 2>"$W/rt.err" 7>&- 8>&-
	[ "$(cat "$W/rt.out")" = "/tmp
b
5" ] || blame "exec --process -: $(cat "$W/rt.out") $(said)"
	rt_ok delete --force "$RUN-opt"
	verdict "$SIT: ps with options of ps, exec --process -"
}

not_there()
{
	local verb

	for verb in checkpoint restore; do
		rt "$verb" --help
		[ "$RC" = 1 ] || blame "$verb --help: exit $RC"
		rt "$verb" --lsm-mount-context
		[ "$RC" = 1 ] && [[ $(said) == *"$verb"* && $(said) != *"an argument"* ]] || blame "$verb: exit $RC: $(said)"
	done
	verdict "$SIT: checkpoint and restore are refused by name"
}

# A container that waits can be entered as one that runs, and still waits then.
waiting()
{
	bundle wait . /bin/inmate tick
	rt_ok create --bundle "$SDIR/wait" "$RUN-wait"
	rt exec "$RUN-wait" echo hello
	[ "$RC" = 0 ] && [ "$(cat "$W/rt.out")" = hello ] || blame "exec: exit $RC: $(said)"
	if [ "$SIT" != plain ]; then
		rt exec --user 1 "$RUN-wait" sh -c 'id -u; id -g'
		[ "$(cat "$W/rt.out")" = $'1\n0' ] || blame "--user 1 is $(tr '\n' ' ' <"$W/rt.out") $(said)"
	fi
	rt state "$RUN-wait"
	[ "$(jq -r .status "$W/rt.out")" = created ] || blame "$(jq -r .status "$W/rt.out")"
	rt_ok start "$RUN-wait"
	obs await "$RUN.wait" 1 3000
	[ "$REPLY" = 1 ] || blame "$REPLY processes run"
	rt_ok delete --force "$RUN-wait"
	verdict "$SIT: exec in a container that was not started yet"
}

setup
helper recvtty
# Typed by nobody, and without an end.
mkfifo "$W/keys"
exec 6<>"$W/keys"
for s in root engine; do
	situation $s || { skip "$s" "$WHY_NOT"; continue; }
	notify
	pidfd
	foreground
	options
	below
	oom
	not_there
	waiting
	leave
done
if situation plain; then
	waiting
	leave
else
	skip "plain: exec in a container that was not started yet" "$WHY_NOT"
fi
tap_done
