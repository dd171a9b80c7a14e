#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# linux.resources and update: what is asked for stands in the kernel's files, and a limit
# limits; what an ordinary user may not limit is said in the log.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

is()
{
	local have

	have=$(kernel_file "$1" "$2" "$3" 2>&1)
	[ "$have" = "$4" ] || [ "$have" = "${5:-$4}" ] || blame "$1: \"$have\", not \"$4\""
}

setup
situation root
LIMITS='.linux.resources = { pids: { limit: 50 }, memory: { limit: 67108864, reservation: 33554432 },
	cpu: { shares: 512, quota: 50000, period: 200000, cpus: "0" } }'
bundle lim "$LIMITS" /bin/inmate tick
if up lim 1; then
	is pids pids.max pids.max 50
	is memory memory.limit_in_bytes memory.max 67108864
	is memory memory.soft_limit_in_bytes memory.low 33554432
	is cpu cpu.shares cpu.weight 512 20
	is cpu cpu.cfs_quota_us cpu.max 50000 "50000 200000"
	is cpuset cpuset.cpus cpuset.cpus 0
	verdict "create: limits are set"

	rt_ok update --pids-limit 60 --memory 134217728 --cpu-quota 80000 --cpu-share 1024 "$RUN-lim"
	is pids pids.max pids.max 60
	is memory memory.limit_in_bytes memory.max 134217728
	is cpu cpu.shares cpu.weight 1024 39
	is cpu cpu.cfs_quota_us cpu.max 80000 "80000 200000"
	is cpuset cpuset.cpus cpuset.cpus 0
	verdict "update with options changes what they name, and nothing else"

	echo '{ "pids": { "limit": -1 }, "memory": { "limit": -1 }, "cpu": { "quota": -1 } }' >"$W/res"
	rt_ok update --resources "$W/res" "$RUN-lim"
	is pids pids.max pids.max max
	is cpu cpu.cfs_quota_us cpu.max -1 "max 200000"
	verdict "update from a file takes limits away"

	there() { timeout -k 1 20 "${ENTER[@]}" "$@" 7>&- 8>&-; }
	rt_ok update --resources - "$RUN-lim" <<<'{ "pids": { "limit": 7 }, "memory": {}, "cpu": { "shares": 0 } }'
	is pids pids.max pids.max 7
	is cpu cpu.shares cpu.weight 1024 39
	verdict "update from standard input; 0 changes nothing"

	rt_ok exec "$RUN-lim" sh -c 'dd if=/dev/zero of=/tmp/x bs=64k count=16 oflag=direct; i=0; while [ $i -lt 30000 ]; do i=$((i + 1)); done'
	rt_ok events --stats "$RUN-lim"
	jq -e --arg id "$RUN-lim" '.type == "stats" and .id == $id and .data.pids.current >= 1 and .data.pids.limit == 7
		and .data.memory.usage.usage > 0 and .data.memory.usage.max >= .data.memory.usage.usage
		and .data.memory.raw.pgfault > 0 and .data.memory.swap.usage >= 0
		and .data.cpu.usage.total > 1000000 and .data.cpu.usage.user > 1000000
		and .data.cpu.throttling.periods >= 0' "$W/rt.out" >"$W/jq" || blame "$(cat "$W/rt.out")"
	# Written by nobody else: the group's own. A file system without a disk counts nothing.
	if [ -n "${CGMNT[blkio]:-}" ] && [[ $(df --output=source "$W" | tail -n 1) == /dev/* ]]; then
		jq -e '[.data.blkio.ioServiceBytesRecursive[] | select(.op == "Write") | .value] | add >= 1048576' \
			"$W/rt.out" >"$W/jq" || blame "a MiB was written: $(jq -c .data.blkio "$W/rt.out")"
	fi
	verdict "events --stats"

	# v1 file, v2 file, what stands there
	while read -r option value ctrl v1 v2 want want2; do
		rt_ok update "--$option" "$value" "$RUN-lim"
		is "$ctrl" "$v1" "$v2" "${want//_/ }" "${want2//_/ }"
	done <<-'END'
		pids-limit 61 pids pids.max pids.max 61
		memory 96m memory memory.limit_in_bytes memory.max 100663296
		memory-swap 128m memory memory.memsw.limit_in_bytes memory.swap.max 134217728 33554432
		memory-reservation 16m memory memory.soft_limit_in_bytes memory.low 16777216
		cpu-share 2048 cpu cpu.shares cpu.weight 2048 79
		cpu-quota 40000 cpu cpu.cfs_quota_us cpu.max 40000 40000_200000
		cpu-period 100000 cpu cpu.cfs_period_us cpu.max 100000 40000_100000
		cpu-burst 9000 cpu cpu.cfs_burst_us cpu.max.burst 9000
		cpu-burst 0 cpu cpu.cfs_burst_us cpu.max.burst 0
		cpu-idle 1 cpu cpu.idle cpu.idle 1
		cpu-idle 0 cpu cpu.idle cpu.idle 0
		cpuset-cpus 0 cpuset cpuset.cpus cpuset.cpus 0
		cpuset-mems 0 cpuset cpuset.mems cpuset.mems 0
	END
	verdict "update: each option"
	rt_ok update --kernel-memory 64m "$RUN-lim"
	grep -q 'linux.resources.memory.kernel: ignored' "$LOG" || blame "no word in the log: $(cat "$LOG")"
	verdict "update: a limit that kernels have given up is in the log"
	if [ -n "${CGMNT[cpu]:-}" ] && [ -e "${CGMNT[cpu]}/cpu.rt_period_us" ]; then
		rt_ok update --cpu-rt-period 500000 "$RUN-lim"
		is cpu cpu.rt_period_us - 500000
		# More than the group above has
		rt update --cpu-rt-runtime 499999 "$RUN-lim"
		[ "$RC" = 1 ] && [[ $(said) == *"linux.resources.cpu.realtimeRuntime: "* ]] || blame "exit $RC: $(said)"
		verdict "update: realtime"
	else
		skip "update: realtime" "no cpu.rt_period_us here"
	fi
	rt update --memory-swap 1m "$RUN-lim"
	[ "$RC" = 1 ] && [[ $(said) == *"memory.swap: is less than"* ]] || blame "exit $RC: $(said)"
	is memory memory.memsw.limit_in_bytes memory.swap.max 134217728 33554432
	verdict "update: what is refused changes nothing"

	rt update --memory none "$RUN-lim"
	[ "$RC" = 1 ] && [[ $(said) == *"--memory"* ]] || blame "exit $RC: $(said)"
	verdict "update: no number"
	rt_ok delete --force "$RUN-lim"
else
	verdict "create: limits are set"
fi
rt update --memory 67108864 "$RUN-lim"
[ "$RC" = 1 ] && [[ $(said) == *"does not exist"* ]] || blame "exit $RC: $(said)"
verdict "update: no such container"

bundle lim '.linux.resources.pids.limit = 4' sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; wait'
rt run --bundle "$SDIR/lim" "$RUN-lim"
grep -q "can't fork" "$W/rt.err" "$W/rt.out" || blame "exit $RC: $(said)"
verdict "pids.limit limits"

bundle lim '.linux.resources.memory = { limit: 67108864, swap: 1000 }' true
rt run --bundle "$SDIR/lim" "$RUN-lim"
[ "$RC" = 1 ] && [[ $(said) == *"linux.resources.memory.swap: is less than"* ]] || blame "exit $RC: $(said)"
verdict "swap counts memory in"
bundle lim '.linux.resources.unified = { "no.such": "1" }' true
rt run --bundle "$SDIR/lim" "$RUN-lim"
[ "$RC" = 1 ] && [[ $(said) == *"linux.resources.unified"*"no.such"* ]] || blame "exit $RC: $(said)"
nothing_left() { [ -z "$(find_cgroups "$RUN-$1")" ] || blame "a cgroup is left"; }
nothing_left lim
verdict "root: what cannot be limited is an error"

bundle lim '.linux.resources.blockIO = { colour: 5 } | .linux.resources.memory = { kernel: 5 }' true
rt_ok run --bundle "$SDIR/lim" "$RUN-lim"
grep -q 'linux.resources.blockIO.colour: ignored' "$LOG" && grep -q 'linux.resources.memory.kernel: ignored' "$LOG" ||
	blame "no word in the log: $(cat "$LOG")"
verdict "what nobody knows is in the log, with its path"

# A disk of this host: only the container's own group is throttled.
read -r major minor < <(cat /sys/block/[!lrz]*/dev 2>/dev/null | head -n 1 | tr : ' ')
if [ -n "${minor:-}" ] && [ -n "${CGMNT[blkio]:-}" ]; then
	bundle lim ".linux.resources.blockIO = { weight: 300,
		throttleReadBpsDevice: [{ major: $major, minor: $minor, rate: 1048576 }], throttleWriteBpsDevice: [{ major: $major, minor: $minor, rate: 2097152 }],
		throttleReadIOPSDevice: [{ major: $major, minor: $minor, rate: 111 }], throttleWriteIOPSDevice: [{ major: $major, minor: $minor, rate: 222 }] }" /bin/inmate tick
	if up lim 1; then
		is blkio blkio.bfq.weight - 300 "default 300"
		is blkio blkio.throttle.read_bps_device - "$major:$minor 1048576"
		is blkio blkio.throttle.write_bps_device - "$major:$minor 2097152"
		is blkio blkio.throttle.read_iops_device - "$major:$minor 111"
		is blkio blkio.throttle.write_iops_device - "$major:$minor 222"
		rt_ok update --blkio-weight 500 "$RUN-lim"
		is blkio blkio.bfq.weight - 500 "default 500"
		rt_ok update --resources - "$RUN-lim" <<<"{ \"blockIO\": { \"throttleReadBpsDevice\": [{ \"major\": $major, \"minor\": $minor, \"rate\": 0 }] } }"
		is blkio blkio.throttle.read_bps_device - ""
		rt_ok delete --force "$RUN-lim"
	fi
	verdict "blockIO: weight and throttling"
else
	skip "blockIO: weight and throttling" "no disk or no blkio hierarchy"
fi

if grep -qw hugetlb "${CGMNT[v2]:-/nowhere}/cgroup.controllers" 2>/dev/null || [ -n "${CGMNT[hugetlb]:-}" ]; then
	bundle lim '.linux.resources.hugepageLimits = [{ pageSize: "2MB", limit: 4194304 }]' /bin/inmate tick
	if up lim 1; then
		is hugetlb hugetlb.2MB.limit_in_bytes hugetlb.2MB.max 4194304
		is hugetlb hugetlb.2MB.rsvd.limit_in_bytes hugetlb.2MB.rsvd.max 4194304
		rt_ok delete --force "$RUN-lim"
	fi
	verdict "hugepageLimits"

	# A controller of the v2 tree is switched on in every group above, where it may be.
	if [ -z "${CGMNT[hugetlb]:-}" ]; then
		LIMIT_ALL=".linux.cgroupsPath = \"/$RUN-nest/deep/lim\" | .linux.resources.hugepageLimits = [{ pageSize: \"2MB\", limit: 6291456 }]"
		bundle lim "$LIMIT_ALL" /bin/inmate tick
		if up lim 1; then
			is hugetlb - hugetlb.2MB.max 6291456
			for d in "$RUN-nest" "$RUN-nest/deep"; do
				grep -qw hugetlb "${CGMNT[v2]}/$d/cgroup.subtree_control" || blame "$d has not switched it on"
			done
			rt_ok delete --force "$RUN-lim"
		fi
		[ -z "$(find_cgroups "$RUN-nest")" ] || blame "left: $(find_cgroups "$RUN-nest")"
		verdict "a controller is switched on in the groups above"

		# The kernel refuses that where a group above has processes of its own.
		mkdir -p "${CGMNT[v2]}/$RUN-nest/deep"
		CGT=$RUN.nest "$W/bin/inmate" tick </dev/null >/dev/null 2>&1 7>&- 8>&- &
		echo $! >"${CGMNT[v2]}/$RUN-nest/deep/cgroup.procs"
		rt run --bundle "$SDIR/lim" "$RUN-lim"
		[ "$RC" = 1 ] && [[ $(said) == *'linux.resources.hugepageLimits[0]: '*'processes of its own are in the way'* ]] ||
			blame "exit $RC: $(said)"
		nothing_left lim
		obs clear "$RUN.nest"
		clear_cgroups "$RUN-nest"
		verdict "not where processes are in the way, and why"
	fi
else
	skip "hugepageLimits" "no hugetlb controller"
fi

bundle lim '.linux.resources.cpu = { idle: 1, shares: 300, burst: 5000, quota: 50000 } | .linux.resources.memory = { limit: 67108864, swap: 67108864 }' /bin/inmate tick
if up lim 1; then
	is cpu cpu.idle cpu.idle 1
	is cpu cpu.cfs_burst_us cpu.max.burst 5000
	is memory memory.memsw.limit_in_bytes memory.swap.max 67108864 0
	rt_ok update --resources - "$RUN-lim" <<<'{ "cpu": { "idle": 0, "quota": 200000, "burst": 100000 }, "memory": { "limit": -1 } }'
	is cpu cpu.idle cpu.idle 0
	is cpu cpu.cfs_burst_us cpu.max.burst 100000
	is memory memory.limit_in_bytes memory.max 9223372036854771712 max
	is memory memory.memsw.limit_in_bytes memory.swap.max 9223372036854771712 max
	rt_ok delete --force "$RUN-lim"
fi
verdict "values that depend on each other"
for field in '.memory.swappiness = 33' '.memory.disableOOMKiller = true'; do
	bundle lim ".linux.resources$field" /bin/inmate tick
	if [ -z "${CGMNT[memory]:-}" ]; then
		rt run --bundle "$SDIR/lim" "$RUN-lim"
		[ "$RC" = 1 ] && [[ $(said) == *"linux.resources${field%% *}: "* ]] || blame "exit $RC: $(said)"
	elif up lim 1; then
		case $field in
		*swappiness*) is memory memory.swappiness - 33 ;;
		*) [[ $(kernel_file memory memory.oom_control -) == 'oom_kill_disable 1'* ]] || blame "$field: $(kernel_file memory memory.oom_control -)" ;;
		esac
		rt_ok delete --force "$RUN-lim"
	fi
done
verdict "of v1 only: set there, an error on v2"

if [ -n "${CGMNT[devices]:-}" ]; then
	bundle lim '.process.capabilities.bounding += ["CAP_MKNOD"] | .process.capabilities.effective += ["CAP_MKNOD"]
		| .process.capabilities.permitted += ["CAP_MKNOD"]
		| .linux.resources.devices = [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 10, minor: 200, access: "rw" }]' \
		sh -c 'mknod /dev/kmsg2 c 1 11; cat /dev/kmsg2; echo x >/dev/null && echo null works; cat'
	rt run --bundle "$SDIR/lim" "$RUN-lim"
	grep -q 'not permitted' "$W/rt.err" || blame "no refusal: $(said)"
	grep -qx 'null works' "$W/rt.out" || blame "null: $(cat "$W/rt.out") $(said)"
	verdict "a device that is not allowed is refused"
	bundle lim '.linux.resources.devices = [{ allow: false, access: "rwm" }, { allow: true, type: "c", major: 10, minor: 200, access: "rw" }]' /bin/inmate tick
	if up lim 1; then
		kernel_file devices devices.list - >"$W/list"
		grep -qx 'c 10:200 rw' "$W/list" && grep -qx 'c 1:3 rwm' "$W/list" || blame "list: $(cat "$W/list")"
		! grep -q '^a' "$W/list" || blame "everything is allowed"
		rt_ok update --resources - "$RUN-lim" <<<'{ "devices": [ { "allow": false, "access": "rwm" } ] }'
		kernel_file devices devices.list - >"$W/list"
		grep -qx 'c 1:3 rwm' "$W/list" && ! grep -q '10:200' "$W/list" || blame "after update: $(cat "$W/list")"
		rt_ok delete --force "$RUN-lim"
	fi
	verdict "the list of devices, and after an update"
else
	skip "a device that is not allowed is refused" "no devices hierarchy"
fi

if situation engine; then
	bundle lim '.linux.resources.pids.limit = 50' /bin/inmate tick
	if up lim 1; then
		# The user's own systemd may have a place with this controller.
		[[ $(kernel_file pids pids.max pids.max 2>&1) == 50 ]] ||
			grep -q 'linux.resources.pids.limit: ignored' "$LOG" || blame "no word in the log: $(cat "$LOG")"
		rt_ok delete --force "$RUN-lim"
	fi
	verdict "a user: it is limited, or in the log"
	leave
else
	skip "a user: it is limited, or in the log" "$WHY_NOT"
fi
tap_done
