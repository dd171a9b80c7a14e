#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Smaller parts of the specification, each seen from inside: scheduling, processors of an
# exec, personality, clocks, keyring; several of them in one container.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# has TEXT: a line of what the last call printed
has() { grep -qxF -- "$1" "$W/rt.out" || blame "no \"$1\": exit $RC: $(tr '\n' '|' <"$W/rt.out") $(said)"; }

# refused FILTER SENTENCE
refused()
{
	bundle no "$1" true
	rt run --bundle "$SDIR/no" "$RUN-no"
	[ "$RC" = 1 ] || blame "exit $RC"
	[[ $(said) == "$2"* ]] || blame "said: $(said)"
}

# shellcheck disable=SC2016
LOOK='echo "policy $(cut -d" " -f41 /proc/self/stat)"
	echo "nice $(cut -d" " -f19 /proc/self/stat)"
	echo "personality $(cat /proc/self/personality)"
	echo "cpus $(sed -n "s/Cpus_allowed_list:.//p" /proc/self/status)"
	echo "ring $(sed -n "s/ .*keyring *\(_ses[^:]*\).*/ \1/p" /proc/keys)"
	echo "up $(($(cut -d. -f1 /proc/uptime) > 300000000))"'

parts()
{
	local last

	last=$(($(nproc --all) - 1))
	bundle parts '.process.scheduler = { policy: "SCHED_BATCH", nice: 5, flags: ["SCHED_FLAG_RESET_ON_FORK"] }
		| .linux.personality = { domain: "LINUX32" }
		| .process.execCPUAffinity = { initial: "0", final: "'$last'" }
		| .linux.namespaces += [{ type: "time" }] | .domainname = "example.net"
		| .linux.timeOffsets = { boottime: { secs: 400000000 }, monotonic: { secs: 7, nanosecs: 5 } }' \
		/bin/inmate tick
	rt_ok create --bundle "$SDIR/parts" --pid-file "$SDIR/parts/pid" "$RUN-parts" || { verdict "$SIT: parts"; return; }
	rt_ok start "$RUN-parts"
	PID=$(cat "$SDIR/parts/pid")
	[ "$(there sed 's/  */ /g' "/proc/$PID/timens_offsets" | tr '\t' ' ' | tr -s ' ')" = "monotonic 7 5
boottime 400000000 0" ] || blame "clocks: $(cat "/proc/$PID/timens_offsets")"
	[ "$(cat "/proc/$PID/personality")" = 00000008 ] || blame "personality $(cat "/proc/$PID/personality")"
	[ "$(cut -d' ' -f19,41 "/proc/$PID/stat")" = "5 3" ] || blame "nice and policy $(cut -d' ' -f19,41 "/proc/$PID/stat")"
	verdict "$SIT: init has its scheduling, personality and clocks"

	rt exec "$RUN-parts" sh -c "cat /proc/sys/kernel/domainname; $LOOK"
	has example.net
	has "policy 3"
	has "personality 00000008"
	has "cpus $last"
	has "up 1"
	ring=$(sed -n 's/^ring //p' "$W/rt.out")
	[[ $ring == *" _ses.$RUN-parts" ]] || blame "keyring: $(cat "$W/rt.out")"
	verdict "$SIT: so has an exec, on its processors, with the keyring"
	rt exec "$RUN-parts" sh -c "$LOOK"
	[ "$(sed -n 's/^ring //p' "$W/rt.out")" = "$ring" ] || blame "not $ring: $(cat "$W/rt.out")"
	verdict "$SIT: the keyring is one for all processes of a container"
	rt_ok delete --force "$RUN-parts"

	bundle ring . sh -c "$LOOK"
	rt run --no-new-keyring --bundle "$SDIR/ring" "$RUN-ring"
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	! grep -q "_ses.$RUN-ring" "$W/rt.out" || blame "a keyring: $(cat "$W/rt.out")"
	rt run --bundle "$SDIR/ring" "$RUN-ring"
	grep -q "_ses.$RUN-ring" "$W/rt.out" || blame "no keyring: $(cat "$W/rt.out")"
	verdict "$SIT: --no-new-keyring"
}

refusals()
{
	refused '.process.scheduler = { policy: "SCHED_FIFO", priority: 0 }' process.scheduler
	refused '.linux.timeOffsets = { boottime: { secs: 1 } }' linux.timeOffsets
	refused '.linux.personality = { domain: "PLAN9" }' linux.personality.domain
	refused '.linux.namespaces += [{ type: "time" }]
		| .linux.timeOffsets = { boottime: { secs: -4000000000 } }' linux.timeOffsets
	verdict "$SIT: what the kernel does not take, by its JSON path"
}

setup
for s in root engine; do
	situation $s || { skip "$s" "$WHY_NOT"; continue; }
	parts
	refusals
	leave
done
tap_done
