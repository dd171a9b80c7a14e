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
	: >"$LOG"
	rt --debug exec "$RUN-parts" sh -c "$LOOK"
	grep -qF 'affinity: 0x1"' "$LOG" || blame "the log does not name the first processors: $(cat "$LOG")"
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

	refused '.process.scheduler = { policy: "SCHED_DEADLINE", runtime: 42000, deadline: 1000000, period: 1000000 }
		| .process.capabilities = {} | .linux.resources.cpu.cpus = "0"' 'process.scheduler: SCHED_DEADLINE needs CAP_SYS_NICE and every'
	verdict "$SIT: a deadline on some processors"

	for f in 'del(.linux.seccomp.flags) 4' '.linux.seccomp.flags=[] 0' \
		'.linux.seccomp.flags=["SECCOMP_FILTER_FLAG_TSYNC","SECCOMP_FILTER_FLAG_LOG"] 2'; do
		: >"$LOG"
		bundle flags ".linux.seccomp = { defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [
			{ names: [\"sethostname\"], action: \"SCMP_ACT_ERRNO\" }] } | ${f% *}" true
		rt --debug run --bundle "$SDIR/flags" "$RUN-flags"
		[ "$RC" = 0 ] || blame "exit $RC: $(said)"
		grep -qF "seccomp filter flags: ${f##* }\"" "$LOG" || blame "${f% *}: $(grep seccomp "$LOG")"
	done
	verdict "$SIT: the flags of a filter are in the log"
}

# On disk 1000 and 1001: seen as 0 and 7, and what 0 makes there is 1000's.
idmap()
{
	local vol=$SDIR/vol maps

	[ "$SIT" = root ] || return
	mkdir -p "$vol"
	: >"$vol/a"
	: >"$vol/b"
	chown 1000:1000 "$vol" "$vol/a"
	chown 1001:1001 "$vol/b"
	if ! findmnt -no FSTYPE -T "$vol" | grep -qxE 'ext4|xfs|btrfs|tmpfs|overlay'; then
		skip "$SIT: a mount with mapped ids" "this file system has none"
		return
	fi
	maps='{ containerID: 1000, hostID: 0, size: 1 }, { containerID: 1001, hostID: 7, size: 1 }'
	bundle idm ".mounts += [{ destination: \"/mnt\", type: \"bind\", source: \"$vol\",
			options: [\"rbind\", \"ridmap\"], uidMappings: [$maps], gidMappings: [$maps] }]" \
		sh -c 'stat -c %u:%g /mnt/a /mnt/b; : >/mnt/c'
	rt run --bundle "$SDIR/idm" "$RUN-idm"
	[ "$(cat "$W/rt.out")" = "0:0
7:7" ] || blame "exit $RC: $(cat "$W/rt.out") $(said)"
	[ "$(stat -c %u:%g "$vol/c")" = 1000:1000 ] || blame "made as $(stat -c %u:%g "$vol/c")"
	verdict "$SIT: a mount with mapped ids"

	# By the container's own map: 0 on disk is 0 inside, where 0 is somebody else outside.
	chown 0:0 "$vol/a"
	bundle idm ".linux.namespaces += [{ type: \"user\" }]
		| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 1000 }]
		| .linux.gidMappings = .linux.uidMappings
		| .mounts += [{ destination: \"/mnt\", type: \"bind\", source: \"$vol\", options: [\"bind\", \"idmap\"] }]" \
		stat -c %u:%g /mnt/a
	rt run --bundle "$SDIR/idm" "$RUN-idm"
	[ "$(cat "$W/rt.out")" = 0:0 ] || blame "exit $RC: $(cat "$W/rt.out") $(said)"
	verdict "$SIT: mapped as the container's user namespace"

	refused ".mounts += [{ destination: \"/mnt\", type: \"bind\", source: \"$vol\", options: [\"bind\", \"idmap\"] }]" \
		'mounts[4] (/mnt): idmap: neither mappings nor a user namespace'
	verdict "$SIT: no map to take"
}

# Seen by the call alone: AppArmor is rare where this runs. The kernel is made to look as if
# it had it; the write goes to the caller's procfs, and the kernel's refusal is an error.
profile()
{
	local enter=("${ENTER[@]}") look

	[ "$SIT" = root ] || return
	refused '.process.apparmorProfile = "docker-default"' 'process.apparmorProfile: '
	verdict "$SIT: a profile that cannot be had"
	if [ -e /sys/module/apparmor ] || ! command -v strace >"$W/which"; then
		skip "$SIT: a profile is written for the program" "AppArmor is here, or strace is not"
		return
	fi
	look=(unshare -m sh -c 'mount -t tmpfs none /sys/module && mkdir /sys/module/apparmor && exec "$@"' sh
		strace -qq -f -e trace=openat,write -o "$W/strace")
	ENTER+=("${look[@]}")
	refused '.process.apparmorProfile = "docker-default"' 'process.apparmorProfile: "docker-default": '
	grep -qE 'openat\([0-9]+, "self/attr/exec", O_WRONLY' "$W/strace" || blame "create: not opened"
	grep -qF 'write(' "$W/strace" && grep -qF '"exec docker-default", 19)' "$W/strace" || blame "create: not written"
	ENTER=("${enter[@]}")
	bundle prof . /bin/inmate tick
	if up prof 1; then
		ENTER+=("${look[@]}")
		rt exec --apparmor docker-default "$RUN-prof" true
		[ "$RC" = 255 ] && [[ $(said) == *'process.apparmorProfile: "docker-default": '* ]] || blame "exec: exit $RC: $(said)"
		grep -qF '"exec docker-default", 19)' "$W/strace" || blame "exec: not written"
		ENTER=("${enter[@]}")
		rt_ok delete --force "$RUN-prof"
	fi
	verdict "$SIT: a profile is written for the program"
}

# The flags of a bind mount are its own; those with an r reach what is mounted below it, too.
recursive()
{
	local m='{ destination: "%s", type: "bind", source: "%s", options: %s }' from=$SDIR/tree
	local enter=("${ENTER[@]}")

	[ "$SIT" = root ] || return
	mkdir -p "$from/below"
	# shellcheck disable=SC2016,SC2059
	bundle rec ".mounts += [$(printf "$m" /mnt "$from" '["rbind", "rro", "rnosuid"]'),
			$(printf "$m" /root "$from" '["rbind", "ro", "nosuid"]')]" \
		sh -c 'for d in /mnt /mnt/below /root /root/below; do
			touch $d/no 2>/dev/null && w=rw || w=ro
			echo "$d $w $(grep " $d " /proc/mounts | grep -c nosuid)"; done'
	# shellcheck disable=SC2016
	ENTER=(unshare -m sh -c 'mount -t tmpfs -o mode=755 none "$0" && exec "$@"' "$from/below" "${enter[@]}")
	rt run --bundle "$SDIR/rec" "$RUN-rec"
	ENTER=("${enter[@]}")
	[ "$(cat "$W/rt.out")" = "/mnt ro 1
/mnt/below ro 1
/root ro 1
/root/below rw 0" ] || blame "exit $RC: $(tr '\n' '|' <"$W/rt.out") $(said)"
	verdict "$SIT: rro and rnosuid reach what is mounted below, ro and nosuid do not"
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
# shellcheck disable=SC2016
LOOK='echo "policy $(cut -d" " -f41 /proc/self/stat)"
	echo "nice $(cut -d" " -f19 /proc/self/stat)"
	echo "personality $(cat /proc/self/personality)"
	echo "cpus $(sed -n "s/Cpus_allowed_list:.//p" /proc/self/status)"
	echo "ring $(sed -n "s/ .*keyring *\(_ses\.'$RUN'[^:]*\).*/ \1/p" /proc/keys)"
	echo "up $(($(cut -d. -f1 /proc/uptime) > 300000000))"'
for s in root engine; do
	situation $s || { skip "$s" "$WHY_NOT"; continue; }
	parts
	idmap
	recursive
	profile
	refusals
	leave
done
tap_done
