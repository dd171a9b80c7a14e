#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What callers of a runtime expect, beyond the specification: each of these was wrong once.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# out NAME FILTER SCRIPT WANTED: what a container prints; WANTED may be a pattern
out()
{
	local text

	bundle one "$2" sh -c "$3"
	rt run --bundle "$SDIR/one" "$RUN-one"
	text=$(cat "$W/rt.out")
	[ "$RC" = 0 ] && [[ $text == $4 ]] || blame "exit $RC, \"$text\": $(said)"
	verdict "$1"
}

# refused NAME FILTER WORDS
refused()
{
	bundle one "$2" true
	rt create --bundle "$SDIR/one" "$RUN-one"
	[ "$RC" = 1 ] && [[ $(said) == *"$3"* ]] || blame "exit $RC: $(said)"
	rt delete --force "$RUN-one"
	verdict "$1"
}

setup
situation root
mkdir -m 700 "$W/rootfs/secret"
mkdir -m 750 "$W/rootfs/data"
chown 7:8 "$W/rootfs/data"

# ---- where the process begins ----
out "a cwd that only root may enter" '.process.cwd = "/secret" | .process.user = { uid: 1000, gid: 1000 }' pwd /secret
out "a user without ids is root" '.process.user = {}' 'id -u; id -g' $'0\n0'
out "an empty HOME is none" '.process.env += ["HOME="]' 'echo "$HOME"' '/*'
out "seccomp that refuses getcwd" '.process.noNewPrivileges = false | .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
	syscalls: [{ names: ["getcwd"], action: "SCMP_ACT_ERRNO" }] }' 'echo runs' runs
if [ "$(nproc)" -gt 1 ]; then
	ENTER=(taskset -c 1 "${ENTER[@]}")
	out "the caller's processors are not the container's" '.linux.resources.cpu = { cpus: "0-1", mems: "0" }' \
		'sed -n "s/^Cpus_allowed_list:[ \t]*//p" /proc/self/status' 0-1
	ENTER=("${ENTER[@]:3}")
else
	skip "the caller's processors are not the container's" "there is one"
fi

# ---- mounts and devices ----
out "a tmpfs has mode and owner of what it covers" '.mounts += [{ destination: "/data", type: "tmpfs", source: "t" }]' \
	'stat -c "%a %u:%g" /data' '750 7:8'
out "a mount on a name of dots" '.mounts += [{ destination: "/...", type: "tmpfs", source: "t" }]' 'grep -c " /\.\.\. " /proc/self/mounts' 1
out "a mount at the root" ".mounts = [{ destination: \"/\", type: \"bind\", source: \"$W/rootfs\", options: [\"rbind\"] }] + .mounts" 'echo here' here
out "a way up from what is not there" '.mounts += [{ destination: "/tmp/no/../such", type: "tmpfs", source: "t" }]' \
	'grep -c " /tmp/such " /proc/self/mounts; ls -d /tmp/no 2>/dev/null; :' 1
out "a device with a slash behind it" '.linux.devices = [{ path: "/dev/some/", type: "c", major: 1, minor: 5 }]' \
	'stat -c "%F" /dev/some' 'character special file'
out "ptmx stays a link" '.linux.devices = [{ path: "/dev/ptmx", type: "c", major: 5, minor: 2 }]' 'readlink /dev/ptmx' pts/ptmx
echo text >"$W/rootfs/in-the-way"
refused "another file in the place of a device" '.linux.devices = [{ path: "/in-the-way", type: "c", major: 1, minor: 5 }]' 'linux.devices[0] (/in-the-way): another file'
out "a device that the host has no node of, in a user namespace" '.linux.namespaces += [{ type: "user" }]
	| .linux.uidMappings = [{ containerID: 0, hostID: 0, size: 70000 }] | .linux.gidMappings = .linux.uidMappings
	| .linux.devices = [{ path: "/dev/callers-test", type: "c", major: 1, minor: 5, uid: 3, gid: 4 }]' \
	'stat -c "%t:%T %u:%g" /dev/callers-test' '1:5 3:4'
refused "what cannot both hold" '.domainname = "a" | .linux.sysctl = { "kernel.domainname": "b" }' 'conflicts with domainname'
refused "mounts without a mount namespace" '.linux.namespaces |= map(select(.type != "mount"))' 'mounts: needs a mount namespace'

# ---- exec ----
bundle ex . /bin/inmate tick
if up ex 1; then
	rt exec --cwd /no/such "$RUN-ex" true
	[ "$RC" = 255 ] && [ ! -e "$W/rootfs/no" ] || blame "exit $RC, $(ls -d "$W/rootfs/no" 2>&1)"
	verdict "exec in a directory that is not there makes nothing"
	echo '{ "args": ["sed", "-n", "s/^CapPrm:[ \t]*//p", "/proc/self/status"], "cwd": "/", "env": ["PATH=/bin"] }' >"$SDIR/p.json"
	rt exec "$RUN-ex" sed -n 's/^CapPrm:[ \t]*//p' /proc/self/status
	want=$(cat "$W/rt.out")
	rt exec --process "$SDIR/p.json" "$RUN-ex"
	[ "$(cat "$W/rt.out")" = "$want" ] || blame "$(cat "$W/rt.out"), not $want: $(said)"
	mkfifo "$SDIR/pipe"
	cat "$SDIR/p.json" >"$SDIR/pipe" &
	rt exec --process "$SDIR/pipe" "$RUN-ex"
	[ "$(cat "$W/rt.out")" = "$want" ] || blame "from a pipe: $(cat "$W/rt.out"): $(said)"
	verdict "exec --process without capabilities has the container's, from a pipe too"
	rt exec --cgroup .. "$RUN-ex" true
	[ "$RC" = 255 ] && [[ $(said) == *"bad sub cgroup path"* ]] || blame "exit $RC: $(said)"
	rt exec --cgroup nobodys:x "$RUN-ex" true
	[ "$RC" = 255 ] && [[ $(said) == *"unknown controller nobodys"* ]] || blame "exit $RC: $(said)"
	verdict "exec --cgroup says what is wrong in runc's words"
	rt ps --format json "$RUN-ex"
	grep -qxE '\[[0-9]+(,[0-9]+)*\]' "$W/rt.out" || blame "ps: $(cat "$W/rt.out")"
	rt state "$RUN-ex"
	grep -q '"status": "running"' "$W/rt.out" || blame "state: $(cat "$W/rt.out")"
	verdict "ps is one line, state has a blank after each colon"
	rt_ok delete --force "$RUN-ex"
fi

# ---- create, start, list ----
bundle ex . /bin/inmate tick
rt_ok create --bundle "$SDIR/ex" "$RUN-ex"
rt_ok kill "$RUN-ex" TERM
for ((i = 0; i < 50; i++)); do rt state "$RUN-ex"; grep -q stopped "$W/rt.out" && break; sleep 0.1; done
grep -q '"status": "stopped"' "$W/rt.out" || blame "it is $(cat "$W/rt.out")"
rt_ok delete "$RUN-ex"
verdict "a created container is ended by TERM"
bundle ex 'del(.process)'
rt_ok create --bundle "$SDIR/ex" "$RUN-ex"
rt start "$RUN-ex"
[ "$RC" = 1 ] && [[ $(said) == *'without "process"'* ]] || blame "exit $RC: $(said)"
rt_ok delete --force "$RUN-ex"
verdict "a container without a process is created, and not started"
mkdir "$STATE/junk"
: >"$STATE/file"
rt list --quiet
[ ! -s "$W/rt.out" ] || blame "listed: $(cat "$W/rt.out")"
rmdir "$STATE/junk"
rm "$STATE/file"
there "$RUNTIME" --root "$W/nowhere" list >"$W/rt.out" 2>"$W/rt.err" && blame "a root that is not there is listed"
verdict "list names containers only, and wants its root to be there"
bundle ex . true
(trap '' CHLD; rt run --bundle "$SDIR/ex" "$RUN-ex"; [ "$RC" = 0 ]) || blame "run: $(said)"
verdict "run ends where the caller ignores SIGCHLD"
for verb in checkpoint restore; do
	rt $verb --help
	[ "$RC" = 1 ] && [[ $(said) == *"not built"* ]] || blame "$verb --help: exit $RC: $(said)"
done
verdict "checkpoint and restore say that they are not built"
tap_done
