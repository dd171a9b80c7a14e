#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# linux.resources and update: what is asked for stands in the kernel's files, and a limit
# limits; what an ordinary user may not limit is said in the log.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# file CONTROLLER V1-NAME V2-NAME: what the kernel says of init's group
file()
{
	local n ctrl path

	while IFS=: read -r n ctrl path; do
		if [[ ,$ctrl, == *",$1,"* ]]; then
			cat "${CGMNT[$1]}$path/$2"
			return
		fi
	done <"/proc/$PID/cgroup"
	path=$(sed -n 's/^0:://p' "/proc/$PID/cgroup")
	cat "${CGMNT[v2]}$path/$3"
}
is()
{
	local have

	have=$(file "$1" "$2" "$3" 2>&1)
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

	rt_ok events --stats "$RUN-lim"
	jq -e --arg id "$RUN-lim" '.type == "stats" and .id == $id and .data.pids.current >= 1 and .data.pids.limit == 7
		and .data.memory.usage.usage > 0 and .data.cpu.usage.total > 0' "$W/rt.out" >"$W/jq" || blame "$(cat "$W/rt.out")"
	verdict "events --stats"

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
		file devices devices.list - >"$W/list"
		grep -qx 'c 10:200 rw' "$W/list" && grep -qx 'c 1:3 rwm' "$W/list" || blame "list: $(cat "$W/list")"
		! grep -q '^a' "$W/list" || blame "everything is allowed"
		rt_ok update --resources - "$RUN-lim" <<<'{ "devices": [ { "allow": false, "access": "rwm" } ] }'
		file devices devices.list - >"$W/list"
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
		grep -q 'pids.max is ignored' "$LOG" || blame "no word in the log: $(cat "$LOG")"
		rt_ok delete --force "$RUN-lim"
	fi
	verdict "a user: what cannot be limited is in the log"
	leave
else
	skip "a user: what cannot be limited is in the log" "$WHY_NOT"
fi
tap_done
