#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a process finds when its container has been made: who it is and what it may,
# which namespaces it is in, its file system, its terminal, its descriptors; as root, as
# an ordinary user, and in an engine's user namespace. And that nothing survives a
# runtime that is killed while it makes a container, and kernels without the newer calls.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# outcome FILTER ARGS...: runs it; RC and what it printed in $W/rt.out
outcome()
{
	local filter=$1

	shift
	bundle one "$filter" "$@"
	rt run --bundle "$SDIR/one" "$RUN-one"
}

# expect TEXT: ended with 0 and printed just this
expect()
{
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	[ "$(cat "$W/rt.out")" = "$1" ] || blame "printed $(tr '\n' '|' <"$W/rt.out"), not $(tr '\n' '|' <<<"$1")"
}

# fails SUBSTRING: ended with 1 and one line that says this
fails()
{
	[ "$RC" = 1 ] || blame "exit $RC: $(cat "$W/rt.out")"
	[ "$(wc -l <"$W/rt.err")" = 1 ] || blame "not one line: $(said)"
	[[ $(said) == *"$1"* ]] || blame "does not say \"$1\": $(said)"
	[ ! -e "$STATE/$RUN-one" ] || blame "state is left"
}

status() { printf 'grep -E "^(%s)" /proc/self/status | tr -s "\\t " " " | sed "s/ *$//"' "$1"; }

identity()
{
	outcome '.process.user = { uid: 1000, gid: 1001, additionalGids: [7, 8], umask: 63 }
		| .process.capabilities.ambient = ["CAP_CHOWN"]
		| .process.capabilities.inheritable = ["CAP_CHOWN"] | .process.cwd = "/made/here"' \
		sh -c "id -u; id -g; id -G; umask; pwd; echo \$HOME; $(status 'CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs')"
	expect "1000
1001
1001 7 8
0077
/made/here
/
CapInh: 0000000000000001
CapPrm: 0000000000000001
CapEff: 0000000000000001
CapBnd: 00000000000400e1
CapAmb: 0000000000000001
NoNewPrivs: 1"
	verdict "$SIT: ids, groups, umask, directory, capabilities"

	outcome 'del(.process.capabilities) | .process.noNewPrivileges = false' \
		sh -c "$(status 'CapInh|CapPrm|CapBnd|NoNewPrivs')"
	expect "CapInh: 0000000000000000
CapPrm: 0000000000000000
CapBnd: 0000000000000000
NoNewPrivs: 0"
	verdict "$SIT: no capabilities where none are asked for"

	outcome '.process.env += ["A=1", "A=2", "HOME=/h"] | .process.oomScoreAdj = 900
		| .process.rlimits = [ { type: "RLIMIT_NOFILE", soft: 100, hard: 200 },
			{ type: "RLIMIT_CORE", soft: 0, hard: 0 } ]' \
		sh -c 'echo $A $HOME; ulimit -Sn; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj'
	expect "2 /h
100
200
0
900"
	verdict "$SIT: environment, limits, oom score"

	outcome '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: 1000000000 }]' true
	fails 'process.rlimits[0] (RLIMIT_NOFILE)'
	verdict "$SIT: a limit above our own"
}

program()
{
	outcome . nosuchprogram
	fails 'exec: "nosuchprogram": executable file not found in $PATH'
	outcome . /no/such
	fails 'exec: "/no/such": stat /no/such: no such file or directory'
	outcome . /etc
	fails 'exec: "/etc": is a directory'
	outcome '.process.user.uid = 1' /etc/passwd
	fails 'exec: "/etc/passwd": permission denied'
	outcome . /bin/sh/x
	fails 'not a directory'
	outcome '.process.cwd = "/nosuch/../etc"' pwd
	expect /etc
	outcome '.process.cwd = "/etc/passwd"' true
	fails 'process.cwd'
	verdict "$SIT: programs that cannot run, in runc's words"

	echo 'no program' >"$W/rootfs/bin/text"
	chmod 755 "$W/rootfs/bin/text"
	outcome . text
	fails 'exec /bin/text: exec format error'
	verdict "$SIT: one that turns out to be none at its start"

	bundle one . sh -c 'kill -9 $$'
	rt run --bundle "$SDIR/one" "$RUN-one"
	outcome . sh -c 'exit 37'
	[ "$RC" = 37 ] || blame "exit $RC, not 37"
	verdict "$SIT: the program's own exit code"
}

filesystem()
{
	outcome . sh -c 'for d in null zero full random urandom tty; do stat -c "%n %t:%T %a" /dev/$d; done
		for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done
		echo x >/dev/null; head -c 3 /dev/zero | wc -c; ls -d /dev/pts/ptmx'
	expect "/dev/null 1:3 666
/dev/zero 1:5 666
/dev/full 1:7 666
/dev/random 1:8 666
/dev/urandom 1:9 666
/dev/tty 5:0 666
/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx
3
/dev/pts/ptmx"
	verdict "$SIT: devices"

	mkdir -p "$SDIR/vol/sub" "$W/rootfs/mnt/a"
	: >"$W/rootfs/mnt/b"		# the user may make nothing in root's image
	echo host >"$SDIR/vol/file"
	chmod -R 777 "$SDIR/vol"
	outcome ".root.readonly = true | .mounts += [
		{ destination: \"/mnt/a\", type: \"bind\", source: \"$SDIR/vol\", options: [\"rbind\", \"ro\", \"noexec\"] },
		{ destination: \"/mnt/b\", type: \"bind\", source: \"$SDIR/vol/file\", options: [\"bind\", \"rw\"] },
		{ destination: \"/tmp\", type: \"tmpfs\", options: [\"size=64k\", \"mode=711\", \"nodev\"] },
		{ destination: \"/etc\", type: \"tmpfs\", options: [\"tmpcopyup\", \"ro\"] },
		{ destination: \"/tmp/in/it\", type: \"tmpfs\", options: [\"ro\"] }]" \
		sh -c 'cat /mnt/a/file; echo w >>/mnt/b; cat /mnt/a/file; echo t >/tmp/t
			stat -c %a /tmp; cat /etc/passwd
			for f in /mnt/a/x /x /etc/x /tmp/in/it/x; do (: >$f) 2>/dev/null && echo $f is writable; done
			grep -oE " /mnt/a [^ ]* (ro|rw).*noexec" /proc/self/mounts | cut -d" " -f2
			grep -o " /tmp tmpfs .*size=64k" /proc/self/mounts | cut -c1-11'
	expect "host
host
w
711
root:x:0:0:root:/root:/bin/sh
/mnt/a
 /tmp tmpfs"
	verdict "$SIT: mounts and a read-only root"
	rm -rf "$SDIR/vol" "$W/rootfs/mnt/"*

	outcome '.mounts += [{ destination: "/mnt/x", type: "bind", source: "/no/such", options: ["bind"] }]' true
	fails 'mounts[4] (/mnt/x): source /no/such'
	[[ $(said) != *"no such file"* ]] || blame "engines take these words for a missing program"
	outcome '.mounts += [{ destination: "/mnt", type: "bind", source: "/etc/passwd", options: ["bind"] }]' true
	fails 'Not a directory'
	outcome '.mounts += [{ destination: "/mnt", type: "tmpfs", options: ["size=much"] }]' true
	fails 'mounts[4] (/mnt)'
	verdict "$SIT: mounts that cannot be"
}

namespaces()
{
	local ns mine

	outcome '.linux.namespaces += [{ type: "network" }, { type: "cgroup" }]
		| .linux.sysctl["net.ipv4.ip_unprivileged_port_start"] = "7"' \
		sh -c 'for n in pid ipc uts mnt net cgroup; do readlink /proc/self/ns/$n; done
			hostname; ip -o link show lo | grep -o ",UP"; ps | wc -l
			cat /proc/sys/net/ipv4/ip_unprivileged_port_start'
	mine=$(there sh -c 'for n in pid ipc uts mnt net cgroup; do readlink /proc/self/ns/$n; done')
	for ns in $(head -n 6 "$W/rt.out"); do
		[[ $'\n'$mine$'\n' != *$'\n'"$ns"$'\n'* ]] || blame "$ns is the caller's"
	done
	[ "$(tail -n +7 "$W/rt.out")" = "inside
,UP
4
7" ] || blame "exit $RC: $(tail -n +7 "$W/rt.out" | tr '\n' '|') $(said)"
	verdict "$SIT: namespaces of its own"

	bring_foo || { verdict "$SIT: foo is up"; return; }
	ns=". as \$c | .linux.namespaces = [\"pid\", \"ipc\", \"uts\", \"network\"] | .linux.namespaces
		|= (map({ type: ., path: (\"/proc/$PID/ns/\" + if . == \"network\" then \"net\" else . end) })
		+ [{ type: \"mount\" }]) | del(.hostname)"
	[ "$SIT" != plain ] || ns+=" | .linux.namespaces += [{ type: \"user\", path: \"/proc/$PID/ns/user\" }]
		| del(.linux.uidMappings, .linux.gidMappings)"
	# shellcheck disable=SC2016
	outcome "$ns" sh -c 'for n in pid ipc uts net user; do readlink /proc/self/ns/$n; done'
	expect "$(there sh -c "for n in pid ipc uts net user; do readlink /proc/$PID/ns/\$n; done")"
	verdict "$SIT: namespaces joined by path"

	bundle bar "$JOIN" /bin/inmate tick
	if up bar 1; then
		rt exec "$RUN-bar" sh -c 'for n in pid ipc uts mnt user cgroup; do readlink /proc/self/ns/$n; done; grep Cap /proc/self/status'
		expect "$(there sh -c "for n in pid ipc uts mnt user cgroup; do readlink /proc/$PID/ns/\$n; done; grep Cap /proc/$PID/status")"
		rt_ok delete --force "$RUN-bar"
	fi
	verdict "$SIT: an exec'd process is where init is, and may what it may"
	rt_ok delete --force "$RUN-foo"

	outcome '.linux.namespaces |= map(select(.type != "mount"))' true
	fails 'mounts: needs a mount namespace'
	verdict "$SIT: mounts without a mount namespace are refused"
}

terminal()
{
	rm -f "$SDIR/tty"
	there "$W/bin/recvtty" "$SDIR/tty" >"$W/tty.out" 2>"$W/tty.err" &
	for _ in $(seq 200); do [ ! -S "$SDIR/tty" ] || break; sleep 0.02; done
	bundle one '.process.terminal = true | .process.consoleSize = { height: 11, width: 33 }
		| .process.user.uid = 5' \
		sh -c 'tty; stty size; stty -a | grep -o "[-]*onlcr"; stat -c "%u %t:%T" /dev/console $(tty); echo out >/dev/console; echo err >&2; echo >/dev/tty'
	rt_ok create --bundle "$SDIR/one" --console-socket "$SDIR/tty" "$RUN-one" && rt_ok start "$RUN-one"
	wait $!
	[ "$(tr -d '\r' <"$W/tty.out")" = "/dev/pts/0
11 33
onlcr
5 88:0
5 88:0
out
err" ] || blame "terminal: $(cat -A "$W/tty.out" | tr '\n' '|')"
	grep -qx 'recvtty: /dev/pts/0' "$W/tty.err" || blame "name: $(cat "$W/tty.err")"
	rt_ok delete --force "$RUN-one"
	verdict "$SIT: a terminal"

	bundle one '.process.terminal = true | .mounts |= map(select(.type != "devpts"))' true
	rt create --bundle "$SDIR/one" --console-socket /nonexistent "$RUN-one"
	[ "$RC" = 1 ] || blame "exit $RC"
	verdict "$SIT: a terminal that nobody takes"
}

descriptors()
{
	local enter=("${ENTER[@]}")

	[ "$SIT" = root ] || return
	echo three >"$W/3"
	echo four >"$W/4"
	# shellcheck disable=SC2016
	ENTER=(sh -c 'exec 3<"$0/3" 4<"$0/4" 5<"$0/4"; exec "$@"' "$W" "${enter[@]}")
	bundle one . sh -c 'cat <&3; cat <&4; [ -e /proc/self/fd/5 ] && echo 5; echo $LISTEN_FDS'
	rt run --preserve-fds 2 --bundle "$SDIR/one" "$RUN-one"
	expect "three
four"
	# shellcheck disable=SC2016
	ENTER=(sh -c 'exec 3<"$0/3" 4<"$0/4"; export LISTEN_FDS=1; LISTEN_PID=$$ exec "$@"' "$W" "$RUNTIME")
	bundle one . sh -c 'cat <&3; cat <&4; echo $LISTEN_FDS $LISTEN_PID $$'
	timeout 20 "${ENTER[@]}" --root "$STATE" run --preserve-fds 1 --bundle "$SDIR/one" "$RUN-one" \
		</dev/null >"$W/rt.out" 2>"$W/rt.err"
	RC=$?
	expect "three
four
1 1 1"
	ENTER=("${enter[@]}")
	rt run --preserve-fds 3 --bundle "$SDIR/one" "$RUN-one"
	fails 'unable to stat preserved-fd'
	verdict "$SIT: descriptors that are handed on"

	bundle one . sh -c 'ls -l /proc/self/fd/0 | grep -o "[^ ]*$"'
	# shellcheck disable=SC2016
	ENTER=(sh -c 'exec "$@" <&-' sh "${enter[@]}")
	rt run --bundle "$SDIR/one" "$RUN-one"
	expect /dev/null
	ENTER=("${enter[@]}")
	verdict "$SIT: closed standard input"
}

# The same container where the kernel lacks what is newer than 5.0.
old_kernels()
{
	local calls new enter=("${ENTER[@]}")

	if ! command -v strace >"$W/which"; then
		skip "$SIT: kernels without newer calls" "needs strace"
		return
	fi
	bundle one '.linux.namespaces += [{ type: "network" }]
		| .mounts += [{ destination: "/sys", type: "sysfs", options: ["nosuid", "ro"] },
			{ destination: "/mnt", type: "bind", source: "/etc", options: ["rbind", "ro", "nosuid"] },
			{ destination: "/mnt/hostname", type: "bind", source: "/etc/passwd", options: ["bind"] },
			{ destination: "/bin", type: "tmpfs", options: ["tmpcopyup", "ro"] },
			{ destination: "/root", type: "ramfs", options: ["noexec", "private"] }]
		| .linux.maskedPaths = ["/proc/interrupts", "/proc/fs", "/sys/fs", "/nothing"]
		| .linux.readonlyPaths = ["/proc/sys", "/etc"]' \
		sh -c 'cut -d" " -f2- /proc/self/mounts; (: >/mnt/x) 2>&1; (: >/etc/x) 2>&1; ls /proc/fs'
	ENTER=(strace -qq -f -o "$W/strace" -e trace=openat2 "${enter[@]}")
	rt run --bundle "$SDIR/one" "$RUN-one"
	[ "$RC" = 0 ] || [ "$RC" = 1 ] || blame "exit $RC: $(said)"
	new=$(cat "$W/rt.out")
	[ "$(wc -l <<<"$new")" -gt 15 ] || blame "printed $new $(said)"
	for calls in openat2 clone3 close_range mount_setattr fsopen open_tree move_mount \
		open_tree,fsopen,move_mount,mount_setattr,openat2,clone3,close_range; do
		ENTER=(strace -qq -f -o "$W/strace" -e "inject=$calls:error=ENOSYS" "${enter[@]}")
		rt run --bundle "$SDIR/one" "$RUN-one"
		[ "$(cat "$W/rt.out")" = "$new" ] ||
			blame "$calls: $(diff <(echo "$new") "$W/rt.out" | head -n 3 | tr '\n' ' ') $(said)"
	done
	ENTER=("${enter[@]}")
	verdict "$SIT: kernels without newer calls"
}

# SIGKILL to the runtime at a system call, for as many of them as there is time for.
killed()
{
	local enter=("${ENTER[@]}") n at left step=${1:-23}

	command -v strace >"$W/which" || { skip "$SIT: a runtime killed anywhere" "needs strace"; return; }
	bundle one . /bin/inmate tick
	MOUNTS=$(count_mounts)
	ENTER=(strace -qq -o "$W/strace" "${enter[@]}")
	rt create --bundle "$SDIR/one" "$RUN-one"
	[ "$RC" = 0 ] || blame "create: exit $RC: $(said)"
	n=$(wc -l <"$W/strace")
	ENTER=("${enter[@]}")
	rt_ok delete --force "$RUN-one"
	[ "$n" -gt 200 ] || blame "only $n system calls"
	for ((at = 1; at < n; at += step)); do
		ENTER=(strace -qq -o "$W/strace" -e trace=all -e "inject=all:signal=KILL:when=$at" "${enter[@]}")
		rt create --bundle "$SDIR/one" "$RUN-one"
		ENTER=("${enter[@]}")
		# What was made by then ends with its parent, or waits to be started and is known.
		rt state "$RUN-one"
		left=$(jq -r .status "$W/rt.out" 2>/dev/null)
		[ "$left" != running ] || blame "call $at: running"
		rt delete --force "$RUN-one"
		[ "$RC" = 0 ] || blame "call $at: delete: exit $RC: $(said)"
		nothing_left one
		[ -z "$WHY" ] || { blame "(call $at)"; break; }
	done
	verdict "$SIT: a runtime killed at one of $((n / step)) places leaves nothing that delete --force does not find"
}

setup
helper recvtty
for s in root plain engine; do
	if ! situation $s; then
		skip "$s" "$WHY_NOT"
		continue
	fi
	identity
	program
	filesystem
	namespaces
	terminal
	descriptors
	[ $s = engine ] || old_kernels
	killed
	leave
done
tap_done
