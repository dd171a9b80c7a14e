#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a container mounts is its own affair: the options of the host's hierarchies are after
# it what they were. Whoever mounts cgroup2 in the first cgroup namespace sets them, so that
# without a word of it nsdelegate is off: namespaces are then no borders any more.
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

MOUNT='.mounts += [{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup" }]'

hierarchies() { grep ' - cgroup' /proc/self/mountinfo; }

# mounted NAME FILTER: a container that has its cgroups mounted, and ends
mounted()
{
	local before

	before=$(hierarchies)
	[[ $before == *nsdelegate* ]] || blame "nsdelegate is off before: $before"
	bundle mnt "$MOUNT | $2" /bin/inmate tick
	if up mnt 1; then
		rt_ok exec "$RUN-mnt" /bin/grep -q ' - cgroup2 ' /proc/self/mountinfo
		[ "$(hierarchies)" = "$before" ] || blame "while it runs: $(diff <(echo "$before") <(hierarchies))"
		rt_ok delete --force "$RUN-mnt"
	fi
	[ "$(hierarchies)" = "$before" ] || blame "after it: $(diff <(echo "$before") <(hierarchies))"
	verdict "$SIT: $1"
	sweep mnt
}

setup
for s in root engine; do
	situation "$s" || { skip "$s: mounts" "$WHY_NOT"; continue; }
	mounted "cgroups mounted in the first cgroup namespace" .
	mounted "cgroups mounted in one of its own" '.linux.namespaces += [{ type: "cgroup" }]'
	leave
done
tap_done
