#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every property of the specification (1.3) in turn: it takes effect, as seen from inside or
# from the kernel, or it is refused, or warned of, by its name. And `features` says the same.
# time limit: 600 s
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# inside NAME FILTER SCRIPT WANTED: the container's own words
inside()
{
	local out

	bundle all "$2" sh -c "$3"
	rt run --bundle "$SDIR/all" "$RUN-all"
	out=$(cat "$W/rt.out")
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	[[ $out == $4 ]] || blame "says \"$out\", not \"$4\""
	SEEN+=" $1 "
	verdict "$1 takes effect"
}

# outside NAME FILTER FUNCTION: while it runs, with PID its init's
outside()
{
	bundle all "$2" /bin/inmate tick
	up all 1 && "$3"
	rt_ok delete --force "$RUN-all"
	SEEN+=" $1 "
	verdict "$1 takes effect"
}

# no NAME FILTER [WORDS]: refused, with its path first, and nothing is left
no()
{
	bundle all "$2" true
	rt create --bundle "$SDIR/all" "$RUN-all"
	[ "$RC" = 1 ] || blame "exit $RC"
	[[ $(said) == "$1"*"${3:-}"* ]] || blame "says: $(said)"
	[ ! -e "$STATE/$RUN-all" ] || blame "state is left"
	rt delete --force "$RUN-all"
	SEEN+=" $1 "
	verdict "$1 is refused by its name"
}

# warned NAME FILTER: it runs all the same, and the log names it
warned()
{
	: >"$LOG"
	bundle all "$2" true
	rt run --bundle "$SDIR/all" "$RUN-all"
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	jq -r 'select(.level == "warning").msg' "$LOG" | grep -q "^$1" || blame "the log: $(cat "$LOG")"
	SEEN+=" $1 "
	verdict "$1 is warned of"
}

status() { printf 'sed -n "s/^%s:[ \t]*//p" /proc/self/status | tr "\\t" " "' "$1"; }
# cg NAME V1 V2 WANTED: a file of the container's group; WANTED may be a pattern
cg() { local v; v=$(kernel_file "$@"); [[ $v == $4 ]] || blame "$3 is \"$v\", not \"$4\""; }

setup
helper recvtty
situation root
SEEN=

# ---- the process and the container ----
inside ociVersion '.ociVersion = "1.3.0"' 'echo $((40 + 2))' 42
no ociVersion '.ociVersion = "2.0.0"'
inside root.path . 'ls -d /bin/inmate' /bin/inmate
inside root.readonly '.root.readonly = true' 'touch /x 2>/dev/null || echo "$?"' 1
inside hostname '.hostname = "some-name"' 'cat /proc/sys/kernel/hostname' some-name
inside domainname '.domainname = "some.domain"' 'cat /proc/sys/kernel/domainname' some.domain
inside mounts '.mounts += [{ destination: "/mnt/t", type: "tmpfs", source: "t", options: ["ro", "size=64k"] }]' \
	'grep " /mnt/t " /proc/self/mounts' '*tmpfs ro,*size=64k*'
inside process.cwd '.process.cwd = "/tmp"' pwd /tmp
inside process.env '.process.env += ["SOME=thing"]' 'echo $SOME' thing
inside process.args . 'echo $0' sh
inside process.user '.process.user = { uid: 5, gid: 6, umask: 63, additionalGids: [7, 8] }' \
	'id -u; id -g; umask; sed -n "s/^Groups:[ \t]*//p" /proc/self/status' '5
6
0077
*7 8*'
inside process.rlimits '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 77, hard: 88 }]' 'ulimit -Sn; ulimit -Hn' '77
88'
inside process.capabilities '.process.capabilities = (["CAP_KILL"] | { bounding: ., effective: ., permitted: ., inheritable: ., ambient: . })' \
	"$(status CapAmb)" 0000000000000020
inside process.noNewPrivileges '.process.noNewPrivileges = true' "$(status NoNewPrivs)" 1
inside process.oomScoreAdj '.process.oomScoreAdj = 123' 'cat /proc/self/oom_score_adj' 123
inside process.ioPriority '.process.ioPriority = { class: "IOPRIO_CLASS_IDLE", priority: 0 }' 'ionice -p $$' idle*
inside process.scheduler '.process.scheduler = { policy: "SCHED_BATCH", nice: 4 }' 'cut -d" " -f19,41 /proc/self/stat' '4 3'
no process.scheduler.policy '.process.scheduler = { policy: "SCHED_NEVER" }'
if [ -e /sys/module/apparmor ]; then
	no process.apparmorProfile '.process.apparmorProfile = "no-such-profile"' 'is not loaded'
else
	no process.apparmorProfile '.process.apparmorProfile = "x"' AppArmor
fi
if [ -e /sys/fs/selinux/enforce ]; then
	inside linux.mountLabel '.linux.mountLabel = "system_u:object_r:tmp_t:s0"' 'ls -Zd /dev/shm' '*tmp_t*'
	no process.selinuxLabel '.process.selinuxLabel = "no-label"'
else
	no process.selinuxLabel '.process.selinuxLabel = "a:b:c:s0"' 'disabled or not supported'
	no linux.mountLabel '.linux.mountLabel = "a:b:c:s0"' 'disabled or not supported'
fi
affinity()
{
	rt exec --process "$SDIR/p.json" "$RUN-all"
	[[ $(cat "$W/rt.out") == *"list:"*0 ]] || blame "$(cat "$W/rt.out") $(said)"
}
cat >"$SDIR/p.json" <<-'END'
	{ "cwd": "/", "args": ["grep", "Cpus_allowed_list", "/proc/self/status"], "env": ["PATH=/bin"],
	  "execCPUAffinity": { "initial": "0", "final": "0" } }
END
outside process.execCPUAffinity . affinity
bundle all '.process.terminal = true | .process.consoleSize = { height: 33, width: 99 }' sh -c 'stty size'
there "$W/bin/recvtty" "$SDIR/s" >"$W/tty.out" 2>&1 &
R=$!
for ((i = 0; i < 50 && !$(test -S "$SDIR/s"; echo $((!$?))); i++)); do sleep 0.1; done
rt run --detach --console-socket "$SDIR/s" --bundle "$SDIR/all" "$RUN-all"
[ "$RC" = 0 ] || blame "exit $RC: $(said)"
for ((i = 0; i < 30; i++)); do grep -q '33 99' "$W/tty.out" && break; sleep 0.1; done
grep -q '33 99' "$W/tty.out" || blame "the terminal said: $(cat "$W/tty.out")"
rt delete --force "$RUN-all"
wait $R
verdict "process.terminal and process.consoleSize take effect"

# ---- linux ----
for ns in cgroup ipc mount network pid time user uts; do
	file=${ns/mount/mnt} file=${file/network/net}
	filter=".linux.namespaces |= (map(select(.type != \"$ns\")) + [{ type: \"$ns\" }])"
	[ $ns != user ] || filter+=' | .linux.uidMappings = [{ containerID: 0, hostID: 0, size: 65536 }] | .linux.gidMappings = .linux.uidMappings'
	if [ ! -e /proc/self/ns/$file ]; then
		skip "linux.namespaces: $ns" "this kernel has none"
		continue
	fi
	inside "linux.namespaces.$ns" "$filter" "[ \$(readlink /proc/self/ns/$file) != '$(readlink /proc/self/ns/$file)' ] && echo other" other
done
inside linux.uidMappings '.linux.namespaces += [{ type: "user" }] | .linux.uidMappings = [{ containerID: 0, hostID: 0, size: 777 }] | .linux.gidMappings = .linux.uidMappings' \
	'cat /proc/self/uid_map | tr -s " "' ' 0 0 777'
inside linux.gidMappings '.linux.namespaces += [{ type: "user" }] | .linux.uidMappings = [{ containerID: 0, hostID: 0, size: 777 }] | .linux.gidMappings = .linux.uidMappings' \
	'cat /proc/self/gid_map | tr -s " "' ' 0 0 777'
inside linux.timeOffsets '.linux.namespaces += [{ type: "time" }] | .linux.timeOffsets = { boottime: { secs: 400000000 } }' \
	'[ $(cut -d. -f1 /proc/uptime) -gt 400000000 ] && echo later' later
inside linux.devices '.linux.devices = [{ path: "/dev/some", type: "c", major: 1, minor: 5, fileMode: 384, uid: 3, gid: 4 }]' \
	'stat -c "%F %t:%T %a %u:%g" /dev/some' 'character special file 1:5 600 3:4'
inside linux.sysctl '.linux.sysctl = { "kernel.msgmax": "9999" }' 'cat /proc/sys/kernel/msgmax' 9999
inside linux.rootfsPropagation '.linux.rootfsPropagation = "unbindable"' 'grep -c "^[0-9]* [0-9]* [0-9:]* [^ ]* / .* unbindable " /proc/self/mountinfo' 1
no linux.rootfsPropagation '.linux.rootfsPropagation = "friendly"'
inside linux.maskedPaths '.linux.maskedPaths = ["/proc/uptime"]' 'wc -c </proc/uptime' 0
inside linux.readonlyPaths '.linux.readonlyPaths = ["/proc/sys"]' 'grep -c " /proc/sys proc ro" /proc/self/mounts' 1
inside linux.seccomp '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 5 }] }' \
	'mkdir /tmp/nope 2>&1 | grep -c "Input/output"' 1
inside linux.personality '.linux.personality = { domain: "LINUX32" }' 'cat /proc/self/personality' 00000008
if [ -e /proc/self/numa_maps ]; then
	inside linux.memoryPolicy '.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0", flags: ["MPOL_F_STATIC_NODES"] }' \
		'head -n 1 /proc/self/numa_maps' '*bind=static:0*'
else
	no linux.memoryPolicy '.linux.memoryPolicy = { mode: "MPOL_BIND", nodes: "0" }'
fi
no linux.memoryPolicy.mode '.linux.memoryPolicy = { mode: "MPOL_NEVER" }' 'invalid memory policy mode'
no linux.intelRdt '.linux.intelRdt = { closID: "x" }'
no linux.netDevices '.linux.namespaces += [{ type: "network" }] | .linux.netDevices = { "no-such-dev": {} }' 'no such network device'
no linux.netDevices '.linux.netDevices = { lo: {} }' 'network namespace'
v=cg${RUN//[^a-z0-9]/}
v=${v:0:13}
if command -v ip >"$W/which" && ip link add "$v" type dummy 2>"$W/ip.err" || ip link add "$v" type veth peer name "${v}p" 2>>"$W/ip.err"; then
	ip addr add 192.0.2.7/24 dev "$v"
	inside linux.netDevices ".linux.namespaces += [{ type: \"network\" }] | .linux.netDevices = { \"$v\": { name: \"eth5\" } }" \
		'ip addr show dev eth5' '*[<,]UP*inet 192.0.2.7/24*'
	ip link del "$v" 2>"$W/ip.err"
else
	skip "linux.netDevices takes effect" "no device can be made here: $(tail -n 1 "$W/ip.err")"
fi
inside linux.cgroupsPath ".linux.cgroupsPath = \"/$RUN-place\"" "grep -c '/$RUN-place\$' /proc/self/cgroup" '[1-9]*'
resources()
{
	cg pids pids.max pids.max 33
	cg memory memory.limit_in_bytes memory.max 67108864
	cg cpu cpu.cfs_quota_us cpu.max '50000*'
	cg cpuset cpuset.cpus cpuset.cpus 0
}
outside linux.resources '.linux.resources = { pids: { limit: 33 }, memory: { limit: 67108864 },
	cpu: { quota: 50000, period: 100000, cpus: "0", mems: "0" } }' resources
for r in '.memory = { swappiness: 101 }' '.cpu = { cpus: "x" }' '.pids = { limit: "many" }' \
	'.unified = { "cgroup.procs": "1" }' '.hugepageLimits = [{ pageSize: "3KB", limit: 1 }]' \
	'.blockIO = { weight: 5 }' '.rdma = { none: { hcaHandles: -1 } }' '.network = { classID: "x" }' \
	'.devices = [{ allow: true, type: "z" }]'; do
	part=${r%% *}
	no "linux.resources$part" ".linux.resources$r"
done

# ---- the rest ----
hooks=
for h in prestart createRuntime createContainer poststart poststop; do
	hooks+=" | .hooks.$h = [{ path: \"/bin/sh\", args: [\"sh\", \"-c\", \"echo $h >>$W/hooks\"] }]"
done
rm -f "$W/hooks"
bundle all ".hooks.startContainer = [{ path: \"/bin/sh\", args: [\"sh\", \"-c\", \"exit 0\"] }] $hooks" true
rt run --bundle "$SDIR/all" "$RUN-all"
[ "$RC" = 0 ] || blame "exit $RC: $(said)"
[ "$(sort "$W/hooks" | tr '\n' ' ')" = "createContainer createRuntime poststart poststop prestart " ] || blame "ran: $(cat "$W/hooks")"
verdict "hooks take effect"
annotated()
{
	rt state "$RUN-all"
	[ "$(jq -r '.annotations.key' "$W/rt.out")" = value ] || blame "$(cat "$W/rt.out")"
}
outside annotations '.annotations = { key: "value" }' annotated
for other in vm windows solaris zos; do
	warned "$other" ".$other = { x: 1 }"
done
warned linux.resources.nobody '.linux.resources.nobody = { x: 1 }'

# ---- features ----
rt features
is() { jq -e "$1" "$W/rt.out" >"$W/jq" 2>&1 || blame "not: $1"; }
is '.ociVersionMax | startswith("1.3")'
is '(.linux.namespaces | sort) == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]'
is '.linux.memoryPolicy.modes | index("MPOL_BIND")'
is '.linux.memoryPolicy.flags | index("MPOL_F_STATIC_NODES")'
is '.linux.netDevices.enabled and .linux.seccomp.enabled and .linux.selinux.enabled and .linux.apparmor.enabled'
is '.linux.intelRdt.enabled == false'
is '.linux.mountExtensions.idmap.enabled'
is '.hooks | length == 6'
verdict "features agree with what was seen"
cp "$W/rt.out" "$W/features"
for mode in $(jq -r '.linux.memoryPolicy.modes[]' "$W/features"); do
	case $mode in MPOL_DEFAULT | MPOL_LOCAL) nodes=; ;; *) nodes=', nodes: "0"' ;; esac
	bundle all ".linux.memoryPolicy = { mode: \"$mode\"$nodes }" true
	rt run --bundle "$SDIR/all" "$RUN-all"
	[ "$RC" = 0 ] || [[ $(said) == "linux.memoryPolicy: set_mempolicy"* ]] || blame "$mode: $(said)"
done
verdict "every mode of a memory policy that features has is known"

# Nothing of the specification's sections was left out.
for name in process.cwd process.env process.args process.user process.rlimits process.capabilities process.noNewPrivileges \
	process.oomScoreAdj process.ioPriority process.scheduler process.apparmorProfile process.selinuxLabel process.execCPUAffinity \
	linux.uidMappings linux.gidMappings linux.timeOffsets linux.devices linux.sysctl linux.rootfsPropagation linux.maskedPaths \
	linux.readonlyPaths linux.mountLabel linux.seccomp linux.personality linux.memoryPolicy linux.intelRdt linux.netDevices \
	linux.cgroupsPath linux.resources; do
	[[ $SEEN == *" $name "* ]] || blame "$name was not tried"
done
verdict "all of them were tried"
tap_done
