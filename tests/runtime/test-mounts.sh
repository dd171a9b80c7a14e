#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bind mounts: which attributes of the source stay, sources that earlier mounts make, and
# destinations that are paths on the host.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

[ -n "${PRIVATE_MOUNTS:-}" ] || PRIVATE_MOUNTS=1 exec unshare -m --propagation private "$0" "$@"

# outcome FILTER ARGS...: runs it; RC and what it printed in $W/rt.out
outcome()
{
	local filter=$1

	shift
	bundle one "$filter" "$@"
	rt run --bundle "$SDIR/one" "$RUN-one"
}

printed() { [ "$(cat "$W/rt.out")" = "$1" ] || blame "exit $RC, printed $(tr '\n' '|' <"$W/rt.out"), not $1: $(said)"; }

USERNS='.linux.namespaces += [{ type: "user" }] | .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }]
	| .linux.gidMappings = .linux.uidMappings'

# attributes OF-THE-SOURCE OPTIONS EXPECTED [FILTER]: EXPECTED without the order and relatime, which is the default
attributes()
{
	mount -o remount,bind,suid,dev,exec,rw,atime,relatime "$W/source" && mount -o "remount,bind,$1" "$W/source"
	outcome "${4:-.} | .mounts += [{ destination: \"/mnt\", type: \"bind\", source: \"$W/source\",
		options: [\"bind\"$(printf ', "%s"' ${2//,/ })] }]" awk '$2 == "/mnt" { print $4 }' /proc/mounts
	grep -o '[^,]*' "$W/rt.out" | grep -vx 'relatime\|inode64\|size=.*' | sort | paste -sd, >"$W/found"
	[ "$(cat "$W/found")" = "$3" ] || blame "$1 with $2 became $(cat "$W/found"), not $3: exit $RC $(said)"
}

binds()
{
	mkdir "$W/source"
	mount -t tmpfs tmpfs "$W/source"
	chmod 711 "$W/source"
	attributes ro,nosuid,noexec rprivate noexec,nosuid,ro
	attributes ro,nosuid,noexec nodev nodev,rw
	attributes ro,nosuid,noexec rw rw
	attributes nosuid,noatime ro noatime,ro
	attributes noatime relatime,nosuid nosuid,rw
	verdict "a bind mount that names an attribute has those that it names, and how it keeps times"

	attributes ro,nosuid,noexec nodev nodev,noexec,nosuid,ro "$USERNS"
	attributes nosuid ro,exec nosuid,ro "$USERNS"
	outcome "$USERNS | .mounts += [{ destination: \"/mnt\", type: \"bind\", source: \"$W/source\", options: [\"bind\", \"suid\"] }]" true
	[ "$RC" = 1 ] && [[ $(said) == *"is nosuid"* ]] || blame "suid: exit $RC $(said)"
	verdict "in a user namespace it keeps those of the source, and is refused if it names the contrary"
	umount "$W/source"
}

# The image, so that what is made in it goes with it.
own()
{
	local b='{ type: "bind", options: ["rbind"]' img=$W/img

	cp -a "$W/rootfs" "$img"
	mkdir -p "$img/final" "$W/a/x" "$W/closed/b/y"
	echo a >"$W/a/file"
	echo b >"$W/closed/b/file"
	chmod 700 "$W/closed"
	for f in . "$USERNS"; do
		outcome "$f | .root.path = \"$img\" | .mounts += [
			$b, destination: \"/mnt\", source: \"$W/a\" },
			$b, destination: \"$img/mnt/x\", source: \"$W/closed/b\" },
			$b, destination: \"/final\", source: \"$img/mnt\" }]" \
			sh -c 'cat /final/file /final/x/file; ls /final/x'
		printed $'a\nb\nfile\ny'
	done
	verdict "a source below the container's own root is what earlier mounts have made there"

	outcome ".root.path = \"$img\" | .mounts += [
		$b, destination: \"/mnt\", source: \"$W/a\" },
		$b, destination: \"/final\", source: \"$img/mnt\", uidMappings: [{ containerID: 0, hostID: 7, size: 10 }],
			gidMappings: [{ containerID: 0, hostID: 8, size: 10 }] }]" stat -c %u:%g /final/file
	if [ "$RC" = 0 ]; then
		printed 7:8
	else
		[[ $(said) == *"idmap: "* ]] || blame "exit $RC $(said)"
	fi
	verdict "and can have mapped ids"

	mkdir "$img/d"
	ln -s ../../../../../../etc "$img/d/out"
	outcome ".root.path = \"$img\" | .mounts += [$b, destination: \"/final\", source: \"$img/d/out\" }]" \
		sh -c 'ls /final'
	printed $'group\npasswd'
	verdict "a link of the image does not lead out of it"
}

setup
situation root
binds
own
tap_done
