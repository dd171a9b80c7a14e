#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# linux.seccomp seen from inside: what a profile refuses is refused, with the error it
# names, in the container and in every exec, as root and as an ordinary user.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

ALLOW='{ defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
	syscalls: [
		{ names: ["mkdir", "mkdirat", "no_such_call_at_all"], action: "SCMP_ACT_ERRNO", errnoRet: 99 },
		{ names: ["sethostname"], action: "SCMP_ACT_KILL_PROCESS" } ] }'

# outcome FILTER ARGS...
outcome()
{
	local filter=$1

	shift
	bundle sec "$filter" "$@"
	rt run --bundle "$SDIR/sec" "$RUN-sec"
}

# strerror(99), as busybox says it
refused_99() { grep -q "Cannot assign requested address\|error 99" "$W/rt.err" "$W/rt.out" || blame "$1: exit $RC: $(said)"; }
refused()
{
	[ "$RC" = 1 ] || blame "exit $RC"
	[[ $(said) == *"$1"* ]] || blame "does not say \"$1\": $(said)"
}

setup
for s in root engine; do
	situation $s || { skip "seccomp, ${TITLE[$s]}" "$WHY_NOT"; continue; }
	for nnp in true false; do
		caps='. | .process.noNewPrivileges = '$nnp
		outcome "$caps | .linux.seccomp = $ALLOW" mkdir /tmp/x
		refused_99 mkdir
		verdict "a call is refused, noNewPrivileges $nnp, ${TITLE[$s]}"
		outcome "$caps | .process.user.uid = 1000 | .linux.seccomp = $ALLOW" mkdir /tmp/x
		refused_99 mkdir
		verdict "the same as another uid, noNewPrivileges $nnp, ${TITLE[$s]}"
	done

	outcome ".linux.seccomp = $ALLOW" sh -c 'hostname x; echo $?'
	grep -qx 159 "$W/rt.out" || blame "exit $(cat "$W/rt.out"): $(said)"
	verdict "a call ends its process, ${TITLE[$s]}"

	bundle sec ".linux.seccomp = $ALLOW" /bin/inmate tick
	if up sec 1; then
		# What the bundle says by now does not matter.
		jq 'del(.linux.seccomp)' "$SDIR/sec/config.json" >"$SDIR/new" && cat "$SDIR/new" >"$SDIR/sec/config.json"
		rt exec "$RUN-sec" mkdir /tmp/x
		refused_99 exec
		rt exec "$RUN-sec" grep Seccomp: /proc/self/status
		grep -q '2$' "$W/rt.out" || blame "exec: $(cat "$W/rt.out")"
		rt_ok delete --force "$RUN-sec"
	fi
	verdict "an exec has the filter of the container, ${TITLE[$s]}"
	[ "$s" = root ] || leave
done

situation root
# Without noNewPrivileges the filter is loaded early, and what it forbids is forbidden to us.
for name in getcwd sendto recvfrom newfstatat prctl close_range faccessat2 setgroups umask; do
	outcome ".process.noNewPrivileges = false | .linux.seccomp = { defaultAction: \"SCMP_ACT_ALLOW\",
		syscalls: [ { names: [\"$name\"], action: \"SCMP_ACT_ERRNO\" } ] }" /bin/true
	[ "$RC" = 0 ] || blame "$name: exit $RC: $(said)"
done
verdict "what only the runtime needs may be forbidden"
outcome '.linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO", syscalls: [
	{ names: ["mkdir"], action: "SCMP_ACT_TRAP", args: [ { index: 0, value: 0, op: "SCMP_CMP_XX" } ] } ] }' true
refused 'linux.seccomp.syscalls[0].args[0].op: "SCMP_CMP_XX"'
verdict "an operator that does not exist"
outcome '.linux.seccomp = { defaultAction: "SCMP_ACT_NOTIFY" }' true
refused 'linux.seccomp.defaultAction'
verdict "nobody could answer for everything"
outcome '.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [
	{ names: ["mkdir"], action: "SCMP_ACT_NOTIFY" } ], listenerPath: "/no/such/socket" }' true
refused 'linux.seccomp.listenerPath'
verdict "nobody listens"

# Where most is refused with EPERM, what is newer than the profile is still ENOSYS.
cat >"$W/new.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
int main(void)
{
	errno = 0;
	syscall(4000);
	printf("%s ", errno == ENOSYS ? "ENOSYS" : "other");
	errno = 0;
	sethostname("x", 1);
	printf("%s\n", errno == EPERM ? "EPERM" : "other");
	return 0;
}
END
if ${CC:-cc} -static -o "$W/rootfs/bin/new" "$W/new.c" 2>"$W/why"; then
	names=$(${CC:-cc} -E -dM -include sys/syscall.h -x c /dev/null | sed -n 's/^#define SYS_\([a-z0-9_]*\) .*/"\1",/p' |
		grep -vE '"(sethostname|getresuid)"' | tr -d '\n')
	outcome ".linux.seccomp = { defaultAction: \"SCMP_ACT_ERRNO\", syscalls: [
		{ names: [${names%,}], action: \"SCMP_ACT_ALLOW\" } ] }" new
	[ "$(cat "$W/rt.out")" = "ENOSYS EPERM" ] || blame "exit $RC: $(cat "$W/rt.out") $(said)"
	verdict "a call newer than the profile"
else
	skip "a call newer than the profile" "no static C library: $(tail -n 1 "$W/why")"
fi

# Who answers: says "taken" once it has the descriptor, and answers nothing.
cat >"$W/agent.py" <<'END'
import array, fcntl, json, os, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
s.listen(1)
s.settimeout(20)
c, _ = s.accept()
text, anc, _, _ = c.recvmsg(65536, socket.CMSG_SPACE(4))
fd = struct.unpack("i", anc[0][2])[0]
st = json.loads(text)
print(json.dumps([st["fds"], st["metadata"], st["state"]["status"], st["pid"] > 0]), flush=True)
# struct seccomp_notif: 80 bytes; of the answer: id, val, error, flags
req = bytearray(80)
fcntl.ioctl(fd, 0xc0502100, req)
fcntl.ioctl(fd, 0xc0182101, bytearray(struct.pack("QqiI", struct.unpack_from("Q", req)[0], 0, -99, 0)))
END
if command -v python3 >/dev/null; then
	for s in root plain; do for nnp in true false; do
		situation $s || { skip "somebody outside answers, ${TITLE[$s]}" "$WHY_NOT"; continue; }
		rm -f "$W/agent"
		timeout 30 python3 "$W/agent.py" "$W/agent" >"$W/agent.out" 2>"$W/agent.err" 7>&- 8>&- &
		for _ in $(seq 200); do [ ! -S "$W/agent" ] || break; sleep 0.02; done
		outcome ".process.noNewPrivileges = $nnp | .linux.seccomp = { defaultAction: \"SCMP_ACT_ALLOW\",
			listenerPath: \"$W/agent\", listenerMetadata: \"m\",
			syscalls: [ { names: [\"mkdir\", \"mkdirat\"], action: \"SCMP_ACT_NOTIFY\" } ] }" mkdir /tmp/x
		wait $!
		refused_99 notify
		grep -qxF '[["seccompFd"], "m", "creating", true]' "$W/agent.out" ||
			blame "the agent got: $(cat "$W/agent.out" "$W/agent.err")"
		verdict "somebody outside answers, noNewPrivileges $nnp, ${TITLE[$s]}"
		leave
	done; done
	situation root
else
	skip "somebody outside answers" "no python3"
fi

# What podman gives every container on x86_64, as it converts it, but for what a capability brings.
profile=/usr/share/containers/seccomp.json
if [ -e "$profile" ]; then
	jq '{ defaultAction, architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
		syscalls: [ .syscalls[] | select(((.includes // {}) | length) == 0 or ((.includes.arches // []) | index("amd64")))
			| { names, action, args: (.args // []), errnoRet: .errnoRet } | del(..|nulls) ] }' "$profile" >"$W/profile"
	for nnp in true false; do
		outcome ".process.noNewPrivileges = $nnp | .linux.seccomp = $(cat "$W/profile")" \
			sh -c 'mkdir /tmp/d && rmdir /tmp/d && echo works; unshare -m true 2>/dev/null || echo refused'
		[ "$(cat "$W/rt.out")" = "works
refused" ] || blame "exit $RC: $(cat "$W/rt.out") $(said)"
		verdict "the profile of containers-common, noNewPrivileges $nnp"
	done
else
	skip "the profile of containers-common" "$profile is not installed"
fi

rt features
jq -e '.linux.seccomp | .enabled and (.actions | index("SCMP_ACT_NOTIFY")) and
	(.archs | index("SCMP_ARCH_X86_64"))' "$W/rt.out" >"$W/jq" || blame "features: $(cat "$W/rt.out")"
verdict "features"
tap_done
