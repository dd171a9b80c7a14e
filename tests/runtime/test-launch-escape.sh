#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The known ways out of a container, tried: hostile images, descriptors and directories
# that the caller left open, the runtime's own file. Judged from outside: what is on the
# host must be as it was.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# An image of one's own to spoil: $IMG, and the filter that uses it.
image()
{
	rm -rf --one-file-system "$W/img" "$W/outside"
	cp -a "$W/rootfs" "$W/img"
	mkdir "$W/outside"
	echo secret >"$W/outside/file"
	IMG=$W/img
	USE=".root.path = \"$IMG\""
}

# outcome FILTER ARGS...: runs it; RC and what it printed in $W/rt.out
outcome()
{
	local filter=$1

	shift
	bundle esc "$filter" "$@"
	rt run --bundle "$SDIR/esc" "$RUN-esc"
}

outside_as_was()
{
	[ "$(ls "$W/outside")" = file ] || blame "made outside of the container: $(ls "$W/outside")"
	[ "$(cat "$W/outside/file")" = secret ] || blame "written outside of the container"
}

printed() { grep -qxF -- "$1" "$W/rt.out" || blame "no \"$1\": exit $RC, $(cat "$W/rt.out") $(said)"; }

refused()
{
	[ "$RC" = 1 ] || blame "exit $RC: $(cat "$W/rt.out")"
	[ "$(wc -l <"$W/rt.err")" = 1 ] || blame "not one line: $(said)"
	[[ $(said) == *"$1"* ]] || blame "does not say \"$1\": $(said)"
}

setup
helper recvtty
situation root

# ---- mount targets ----

image
ln -s "$W/outside" "$IMG/mnt/out"
outcome "$USE | .mounts += [{ destination: \"/mnt/out/made\", type: \"tmpfs\" }]" \
	grep -c "$W/outside/made tmpfs" /proc/self/mounts
printed 1
outside_as_was
verdict "a mount target through a link stays in the image"

image
outcome "$USE | .mounts += [{ destination: \"/mnt/../../../../../..$W/outside/made\", type: \"tmpfs\" }]" \
	grep -c "$W/outside/made tmpfs" /proc/self/mounts
printed 1
outside_as_was
verdict "a mount target with .. stays in the image"

image
ln -s ../../../../../../.."$W/outside" "$IMG/mnt/up"
outcome "$USE | .mounts += [{ destination: \"/mnt/up/file\", type: \"bind\",
	source: \"/etc/passwd\", options: [\"bind\"] }]" cat /mnt/up/file
[ "$RC" = 0 ] || blame "exit $RC: $(said)"
outside_as_was
verdict "a bound file through a link with .. stays in the image"

image
ln -s /nowhere "$IMG/mnt/dangling"
outcome "$USE | .mounts += [{ destination: \"/mnt/dangling\", type: \"bind\",
	source: \"/etc/passwd\", options: [\"bind\"] }]" cat /nowhere
cmp -s "$W/rt.out" /etc/passwd || blame "exit $RC: $(said)"
[ ! -e /nowhere ] || blame "made it on the host"
verdict "a link to nowhere is followed in the image"

image
ln -s loop "$IMG/mnt/loop"
outcome "$USE | .mounts += [{ destination: \"/mnt/loop/x\", type: \"tmpfs\" }]" true
refused 'mounts[4] (/mnt/loop/x)'
verdict "a link to itself"

for what in proc sys; do
	image
	rm -rf "${IMG:?}/$what"
	ln -s mnt "$IMG/$what"
	outcome "$USE | .mounts[0] = { destination: \"/$what\", type: \"$what\" }
		| if \"$what\" == \"sys\" then .mounts[0].type = \"sysfs\"
			| .linux.namespaces += [{ type: \"network\" }] else . end" true
	refused "mounts[0] (/$what)"
	verdict "/$what that is a link (CVE-2019-19921)"
done

# ---- masked paths, devices, console ----

image
echo hidden >"$IMG/etc/secret"
echo visible >"$IMG/etc/decoy"
rm -rf "${IMG:?}/dev" && mkdir "$IMG/dev"
ln -s /etc/decoy "$IMG/dev/null"
outcome "$USE | .mounts = [.mounts[0]] | .linux.maskedPaths = [\"/etc/secret\"]" \
	sh -c 'cat /etc/secret; cat /etc/decoy; echo x >>/etc/secret'
refused '/dev/null'
[ "$(cat "$IMG/etc/decoy")" = visible ] || blame "the decoy was written to"
verdict "/dev/null of the image is a link (CVE-2025-31133)"

image
echo hidden >"$IMG/etc/secret"
mkdir "$IMG/etc/dir" && echo hidden >"$IMG/etc/dir/file"
ln -s dir "$IMG/etc/link"
outcome "$USE | .linux.maskedPaths = [\"/etc/secret\", \"/etc/link\", \"/not/there\"]" \
	sh -c 'cat /etc/secret; ls /etc/dir | wc -l; stat -c "%t:%T" /etc/secret; echo x >/etc/secret; mkdir /etc/dir/x'
[ "$(tr '\n' ' ' <"$W/rt.out")" = "0 1:3 " ] || blame "sees: $(cat "$W/rt.out")"
[ "$(cat "$IMG/etc/secret")" = hidden ] || blame "the masked file was written to"
verdict "masked paths show nothing and take nothing"

image
outcome "$USE | .linux.readonlyPaths = [\"/etc\", \"/proc/sys\"]" \
	sh -c 'echo x >/etc/new; echo inside >/proc/sys/kernel/hostname; hostname; ls /etc/new'
printed inside
[ ! -e "$IMG/etc/new" ] || blame "a read-only path was written to"
verdict "read-only paths are"

image
ln -s "$W/outside" "$IMG/mnt/out"
outcome "$USE | .linux.devices = [
	{ path: \"/dev/../../..$W/outside/null\", type: \"c\", major: 1, minor: 3, fileMode: 438 },
	{ path: \"/mnt/out/zero\", type: \"c\", major: 1, minor: 5, fileMode: 438 }]" \
	sh -c "stat -c '%F %t:%T' $W/outside/null $W/outside/zero"
[ "$(cat "$W/rt.out")" = "character special file 1:3
character special file 1:5" ] || blame "exit $RC: $(cat "$W/rt.out") $(said)"
outside_as_was
verdict "a device's path through links and .. stays in the image"

image
rm -rf "${IMG:?}/dev" && mkdir -p "$IMG/dev/pts"
ln -s ../etc/decoy "$IMG/dev/console"
echo visible >"$IMG/etc/decoy"
"$W/bin/recvtty" "$W/tty" >"$W/tty.out" 2>"$W/tty.err" 7>&- 8>&- &
for _ in $(seq 100); do [ ! -S "$W/tty" ] || break; sleep 0.02; done
bundle esc "$USE | .process.terminal = true | .mounts |= map(select(.destination != \"/dev\"))" true
rt create --bundle "$SDIR/esc" --console-socket "$W/tty" "$RUN-esc"
refused 'process.terminal'
[ "$(cat "$IMG/etc/decoy")" = visible ] || blame "the decoy was written to"
rt delete --force "$RUN-esc"
wait $!
verdict "/dev/console of the image is a link (CVE-2025-52565)"

# ---- sysctl ----

image
echo 0 >"$W/outside/forward"
outcome "$USE | .linux.namespaces += [{ type: \"network\" }]
	| .mounts += [{ destination: \"/proc/sys/net/ipv4/ip_forward\", type: \"bind\",
		source: \"$W/outside/forward\", options: [\"bind\"] }]
	| .linux.sysctl[\"net.ipv4.ip_forward\"] = \"1\"" true
refused 'net/ipv4/ip_forward'
[ "$(cat "$W/outside/forward")" = 0 ] || blame "the write went to another file"
verdict "a sysctl is written to procfs or not at all (CVE-2025-52881)"

# ---- what the caller left open ----

image
exec 11<"$W/outside"
for fd in $(seq 3 40); do
	outcome "$USE | .process.cwd = \"/proc/self/fd/$fd\"" sh -c 'ls -a . ../../..'
	! grep -qx file "$W/rt.out" || blame "descriptor $fd leads out"
done
exec 11<&-
verdict "a working directory through a descriptor (CVE-2024-21626)"

bundle esc "$USE" /bin/inmate tick
if up esc 1; then
	exec 11<"$W/outside"
	for fd in $(seq 3 40); do
		rt exec --cwd "/proc/self/fd/$fd" "$RUN-esc" ls -a . ../../..
		! grep -qx file "$W/rt.out" || blame "descriptor $fd leads out"
	done
	exec 11<&-
	rt_ok delete --force "$RUN-esc"
fi
verdict "the same in exec"

# shellcheck disable=SC2016
count_fds='n=0; for f in /proc/self/fd/*; do [ ! -e $f ] || n=$((n + 1)); done; echo $n'
image
exec 11<"$W/outside" 12<"$W/outside/file" 300<"$W/outside/file"
outcome "$USE" sh -c "$count_fds"
printed 3
verdict "no descriptor of the caller's or the runtime's gets in"
bundle esc "$USE" /bin/inmate tick
if up esc 1; then
	rt exec "$RUN-esc" sh -c "$count_fds"
	printed 3
	rt_ok delete --force "$RUN-esc"
fi
verdict "nor by exec"
exec 300<&-

outcome "$USE" sh -c 'grep -E "^(CapInh|CapAmb|Groups|SigIgn)" /proc/self/status | tr -s "\t " " "'
ENTER=(env "CGT=$RUN.call" nohup setpriv --groups 4,27 --inh-caps +chown,+net_admin --ambient-caps +net_admin)
outcome "$USE" sh -c 'grep -E "^(CapInh|CapAmb|Groups|SigIgn)" /proc/self/status | tr -s "\t " " " | sed "s/ *$//"'
[ "$(cat "$W/rt.out")" = "Groups:
SigIgn: 0000000000000000
CapInh: 0000000000000000
CapAmb: 0000000000000000" ] || blame "exit $RC: $(cat "$W/rt.out") $(said)"
ENTER=(env "CGT=$RUN.call")
verdict "no group, inheritable capability or ignored signal of the caller's gets in"

own=$(stat -c %u:%g /dev/null)
bundle esc "$USE" /bin/inmate tick
if up esc 1; then
	rt exec --user 1000:1000 "$RUN-esc" true
	[ "$(stat -c %u:%g /dev/null)" = "$own" ] || blame "the host's /dev/null has another owner"
	chown "$own" /dev/null
	rt_ok delete --force "$RUN-esc"
fi
verdict "the host's devices keep their owner"

# ---- the runtime's own file ----

if [ -w "$RUNTIME" ]; then
	bundle esc "$USE" /bin/inmate tick
	rt_ok create --bundle "$SDIR/esc" --pid-file "$SDIR/esc/pid" "$RUN-esc"
	exec 12<"/proc/$(cat "$SDIR/esc/pid")/exe"
	rt_ok delete --force "$RUN-esc"
	# Nobody runs it any more: "text file busy" protects nothing now.
	(: >>/proc/self/fd/12) 2>"$W/why" && blame "can be written to"
	grep -qiE 'read-only|not permitted' "$W/why" || blame "$(cat "$W/why")"
	exec 12<&-
	verdict "the runtime's own file through /proc/PID/exe (CVE-2019-5736)"
else
	skip "the runtime's own file through /proc/PID/exe (CVE-2019-5736)" "not even root may write to $RUNTIME"
fi
exec 11<&-

tap_done
