#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 200 s
#
# Before Linux 6.18 the number of a namespace is given to another as soon as it has ended.
# Bar's init is killed and collected, nobody that was recorded is left, there is no cgroup:
# its children are still known, for a mount in the state directory holds the namespace. It
# goes with the state. Where there is a cgroup (root) nothing has to be held.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
collected "$@"

# held: the names of what is mounted in bar's state directory
held()
{
	there sh -c 'cat /proc/self/mountinfo' | grep -o "$RUN-bar/ns-[a-z]*" | sed 's/.*ns-//' | tr '\n' ' '
}

# play SITUATION WHAT: WHAT is the namespace that shall be held, or nothing
play()
{
	local what=$2

	situation "$1" || { skip "$1" "$WHY_NOT"; return; }
	bring_foo
	MOUNTS=$(count_mounts)
	bundle bar "$JOIN" /bin/inmate family
	if [ -z "$WHY" ] && up bar 7; then
		obs watch bar "$RUN.bar"
		[ "$(held)" = "$what" ] || blame "held: $(held)"
		kill -KILL "$PID"
		while kill -0 "$PID" 2>/dev/null; do sleep 0.01; done
		rt_ok delete --force "$RUN-bar"
		obs count "$RUN.bar"
		[ "$REPLY" = 0 ] || blame "$REPLY survive"
		obs harmed "$SIT"
		[ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
		nothing_left bar
	fi
	verdict "$1: ${what:-nothing }is held"
	sweep bar
	rt_ok delete --force "$RUN-foo"
	leave
	verdict "$1: foo ends"
}

setup
# Linux 6.18 gives the numbers of mount namespaces by processor, and mounts only one with a
# greater number than its own: all run on one. Older kernels count them all alike.
taskset -cp 0 $$ >"$W/taskset"
helper older
printf '%s\n' '#!/bin/sh' "exec $W/bin/older $RUNTIME \"\$@\"" >"$W/bin/runtime"
chmod 755 "$W/bin/runtime"
RUNTIME=$W/bin/runtime
play root ''
play engine 'mnt '
play own 'user '
tap_done
