#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A neighbour in a shared PID namespace, root with docker's capabilities, looks into each process
# of the runtime that it sees, from its birth until it runs the container's program: nothing
# opens. And what another user can have put there before.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

setup
helper neighbour
cp "$W/bin/neighbour" "$W/rootfs/bin/neighbour"
situation root

# A container's output goes where create's went.
rt_foo() { OUT=$W/foo rt_ok "$@"; }

looked()
{
	local seen

	sleep 1.2
	seen=$(sed -n 's/^looked //p' "$W/foo.out" | sort -n | tail -n 1)
	[ "${seen:-0}" -gt 0 ] || blame "the neighbour has seen no process of the runtime"
	! grep -q '^opened' "$W/foo.out" || blame "$(grep '^opened' "$W/foo.out" | sed 's/ of .*//' | sort -u | tr '\n' ' ')"
	rt_ok delete --force "$RUN-foo"
}

# bring FILTER: foo, which looks for as long as it lives; JOIN is the filter for its pod
bring()
{
	bundle foo "$DOCKER_CAPS | $1" sh -c 'exec 2>&1; while :; do neighbour look cgrun 1000; done'
	rt_foo create --bundle "$SDIR/foo" --pid-file "$SDIR/foo/pid" "$RUN-foo" || return 1
	PID=$(cat "$SDIR/foo/pid")
	JOIN="(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$PID/ns/pid\""
	rt_ok start "$RUN-foo"
	for _ in $(seq 50); do grep -q ready "$W/foo.out" && break; sleep 0.1; done
}

# create_and_start FILTER: a few containers, each waits a moment
create_and_start()
{
	local n

	for n in 1 2 3; do
		bundle bar "$JOIN | $1" /bin/true
		rt_ok create --bundle "$SDIR/bar" "$RUN-bar" || break
		sleep 0.3
		rt_ok start "$RUN-bar"
		rt_ok delete --force "$RUN-bar"
		rt_ok run --bundle "$SDIR/bar" "$RUN-bar"
	done
}

bring .
create_and_start .
create_and_start 'del(.mounts[] | select(.destination == "/proc"))'
create_and_start '.mounts[0] = { destination: "/proc", type: "bind", source: "/proc", options: ["rbind"] }'
looked
verdict "a pod-mate of containers that are created, started and run"

bring .
for _ in 1 2 3 4 5 6; do rt_ok exec "$RUN-foo" /bin/true; done
looked
verdict "a container looks at who is executed in it"

MAPS='.linux.namespaces += [{ type: "user" }]
	| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 1000 }] | .linux.gidMappings = .linux.uidMappings'
if unshare -U true 2>"$W/why"; then
	bring "$MAPS"
	create_and_start '(.linux.namespaces += [{ type: "user", path: "/proc/'"$PID"'/ns/user" }])
		| del(.mounts[] | select(.destination == "/proc")) | .annotations["org.libcg.tag"] = "userns"'
	looked
	verdict "a pod-mate in the same user namespace, where a container is tagged"

	bring "$MAPS"' | .process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])
		| .linux.namespaces |= map(select(.type != "pid"))
		| .mounts[0] = { destination: "/proc", type: "bind", source: "/proc", options: ["rbind"] }'
	for _ in 1 2 3 4 5 6; do rt_ok exec "$RUN-foo" /bin/true; done
	looked
	verdict "a container with CAP_SYS_PTRACE over its user namespace, and the host's processes"
else
	skip "user namespaces that are shared" "$(cat "$W/why")"
fi

# ---- the engine's environment ----

bundle bar . /bin/true
ENTER=(env "CGT=$RUN.call" ENGINE_TOKEN=of-the-engine)
rt_ok create --bundle "$SDIR/bar" --pid-file "$SDIR/bar/pid" "$RUN-bar"
! tr -d '\0' <"/proc/$(cat "$SDIR/bar/pid")/environ" | grep -q of-the-engine || blame "it is in the waiting init"
situation root
rt_ok delete --force "$RUN-bar"
verdict "the engine's environment is not in the init that waits"

# ---- descriptors of the caller ----

# What must not keep the runtime from closing them: a small limit, a filter that is loaded early.
mkdir -m 700 "$W/secret"
echo of-the-host >"$W/secret/file"
for filter in . '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 45, hard: 45 }]' \
	'.process.noNewPrivileges = false | .linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW",
		syscalls: [{ names: ["close_range", "close"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }] }'; do
	bundle bar "$filter" sh -c 'echo begun; cat /proc/self/fd/50/file; ls /proc/self/fd'
	exec 50<"$W/secret"
	rt run --bundle "$SDIR/bar" "$RUN-bar"
	exec 50<&-
	printed begun
	! grep -q -e of-the-host -e '^50$' "$W/rt.out" || blame "with $filter it is open"
	[ "$RC" -lt 124 ] || rt delete --force "$RUN-bar"
done
verdict "a descriptor that the caller has left open is closed, whatever the configuration says"

play '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 3, hard: 3 }]' /bin/busybox echo begun
printed begun
verdict "three descriptors are enough to run"

# ---- a session keyring of somebody else ----

bundle bar . sh -c 'neighbour found; sleep 0.5'
chmod 755 "$W/bin"
setpriv --reuid 65534 --regid 65534 --clear-groups "$W/bin/neighbour" keyring "_ses.$RUN-bar" >"$W/planted" 7>&- 8>&- &
PLANTER=$!
for _ in $(seq 30); do [ -s "$W/planted" ] && break; sleep 0.1; done
if grep -q '^planted' "$W/planted"; then
	rt run --bundle "$SDIR/bar" "$RUN-bar"
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	! grep -q 'key planted' "$W/rt.out" || blame "the container has the keys of another user"
	! grep -q 'key secret' "$W/planted" || blame "another user reads the container's keys"
	verdict "a session keyring that another user has made"
else
	skip "a session keyring that another user has made" "$(tail -n 1 "$W/planted")"
fi
kill "$PLANTER"
wait "$PLANTER" 2>"$W/why"

# ---- a start that is cut off ----

if command -v strace >"$W/which"; then
	for call in unlinkat write openat flock poll; do
		bundle bar . sh -c 'echo started; exec sleep 60'
		OUT=$W/bar rt_ok create --bundle "$SDIR/bar" "$RUN-bar"
		(strace -qq -o "$W/strace" -e "inject=$call:signal=KILL:when=1" "$RUNTIME" --root "$STATE" start "$RUN-bar" \
			</dev/null 7>&- 8>&-; :) >"$W/strace.out" 2>&1
		sleep 0.3
		rt state "$RUN-bar"
		status=$(sed -n 's/.*"status": *"\([a-z]*\)".*/\1/p' "$W/rt.out")
		ran=$(grep -c started "$W/bar.out")
		[ "$status$ran" = created0 ] || [ "$status$ran" = running1 ] || blame "$call: $status, started $ran"
		rt start "$RUN-bar"
		in_time start
		[ "$status$RC" = created0 ] || [ "$status" = running ] || blame "$call: cannot be started: $(said)"
		rt_ok delete --force "$RUN-bar"
	done
	verdict "a start that is killed leaves a container that waits or one that runs"
else
	skip "a start that is killed" "needs strace"
fi

bundle bar . sh -c 'echo started; exec sleep 60'
OUT=$W/bar rt_ok create --bundle "$SDIR/bar" "$RUN-bar"
for f in "$STATE/$RUN-bar"/exec.*; do timeout 0.3 head -c 1 "$f" >"$W/early"; done
! grep -q started "$W/bar.out" || blame "it began"
rt_ok start "$RUN-bar"
for _ in $(seq 30); do grep -q started "$W/bar.out" && break; sleep 0.1; done
grep -q started "$W/bar.out" || blame "it cannot be started any more"
rt_ok delete --force "$RUN-bar"
verdict "who reads the fifos of a container starts nothing"
tap_done
