#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a container sees of cgroups that has no cgroup namespace: its own group, and nothing above
# it. On a host that has cgroup2 only, which is made here in a mount namespace of our own.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

private_mounts "$@"
umount -R -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup || skip_all "no cgroup2 to mount"

setup
situation root

CGROUP='.mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
	options: ["nosuid", "noexec", "nodev"] }]'
mkdir -p "$W/rootfs/sys/fs/cgroup"

# shellcheck disable=SC2016
play "$CGROUP | $DOCKER_CAPS | .linux.cgroupsPath = \"/$RUN-sec\"" sh -c 'echo begun
	cd /sys/fs/cgroup || exit
	! ls -d "'"$RUN"'"* || echo above
	[ ! -e cgroup.procs ] || echo "members $(grep -c . cgroup.procs)"
	mkdir "'"$RUN"'-breakout" && mkdir made && echo made'
printed begun
[ ! -d "/sys/fs/cgroup/$RUN-breakout" ] || { blame "a group at the root of the host's tree"; rmdir "/sys/fs/cgroup/$RUN-breakout"; }
! grep -qx above "$W/rt.out" || blame "it sees the host's whole tree"
! grep -q "$RUN-sec" <<<"$(ls /sys/fs/cgroup)" || blame "the group is left"
grep -q '^members [1-9]' "$W/rt.out" || blame "not its own group: $(cat "$W/rt.out" "$W/rt.err")"
verdict "a cgroup mount without a cgroup namespace shows the container's own group"

play "$CGROUP | $DOCKER_CAPS | .linux.cgroupsPath = \"/$RUN-sec\" | .linux.namespaces += [{ type: \"cgroup\" }]" sh -c 'echo begun
	[ ! -e /sys/fs/cgroup/cgroup.type ] || :; cat /proc/self/cgroup; ls -d /sys/fs/cgroup/*/'
printed begun
! grep -q "$RUN" "$W/rt.out" || blame "more than its own group: $(cat "$W/rt.out")"
verdict "the same with a cgroup namespace"

# The kernel's list of what a user may be given is not all of it.
owners() { play "$CGROUP | $DOCKER_CAPS | .linux.cgroupsPath = \"/$RUN-sec\" | .process.user.uid = 7
	| .linux.namespaces += [{ type: \"cgroup\" }, { type: \"user\" }]
	| .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 65536 }] | .linux.gidMappings = .linux.uidMappings
	| $1" sh -c 'cd /sys/fs/cgroup; stat -c "%n %u" . cgroup.procs cgroup.subtree_control cgroup.type; mkdir below && rmdir below && echo made'; }
owners .
for line in ". 7" "cgroup.procs 7" "cgroup.subtree_control 7" "cgroup.type 65534" made; do printed "$line"; done
verdict "a container that can write to its cgroups has them as its program's user"
# /proc/PID/status has a line of all groups of the process.
owners '.process.user.additionalGids = [range(10000; 10900)]'
printed ". 7"
verdict "the same for a user of 900 groups"
owners '.mounts[-1].options += ["ro"]'
printed ". 65534"
owners '.linux.namespaces |= map(select(.type != "cgroup"))'
printed ". 65534"
verdict "not where they are read-only, or where there is no cgroup namespace"

# A container that stays in its caller's group has none of its own to write to.
bundle sec "$CGROUP | $DOCKER_CAPS" sh -c 'echo begun; mkdir /sys/fs/cgroup/'"$RUN"'-x && echo made; echo ran'
rt --cgroup-manager disabled run --bundle "$SDIR/sec" "$RUN-sec"
printed ran
! grep -qx made "$W/rt.out" || blame "it made a group in its caller's"
[ -z "$(find_cgroups "$RUN-x")" ] || { blame "left in the caller's group"; clear_cgroups "$RUN-x"; }
verdict "a container without a group of its own cannot change its caller's"

tap_done
