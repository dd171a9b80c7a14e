#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 200 s
#
# The tag that nobody can take off: a user namespace of the container's own. Its members,
# with every capability that the configuration can give, try every way out, those of an exec
# too; the kill is promised (full) and finds all of them, an ordinary user's without any
# cgroup; nobody else is touched.
SITUATIONS=${SITUATIONS:-own tagged}
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

ALL='["CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_CHROOT", "CAP_KILL",
	"CAP_DAC_OVERRIDE", "CAP_SYS_RESOURCE", "CAP_MKNOD", "CAP_NET_ADMIN"]'

play()
{
	local level

	situation "$1" || { skip "$1" "$WHY_NOT"; return; }
	bring_neighbours
	MOUNTS=$(count_mounts)
	bundle bar "$JOIN | .process.noNewPrivileges = false
		| .process.capabilities = ($ALL | { bounding: ., effective: ., permitted: ., inheritable: . })" \
		/bin/escape
	# Members go on writing where the call that made them wrote.
	OUT=$W/members
	if [ -z "$WHY" ] && up bar 20; then
		rt_ok exec --detach "$RUN-bar" /bin/escape
		OUT=$W/rt
		obs await "$RUN.bar" 40 5000
		[ "$REPLY" -ge 40 ] || blame "only $REPLY of them came up"
		obs watch bar "$RUN.bar"
		rt_ok state "$RUN-bar"
		level=$(jq -r '[.. | objects | select(.operation? == "kill").level][0]' "$W/rt.out")
		[ "$level" = full ] || blame "to kill it is $level"
		rt_ok delete --force "$RUN-bar"
		! grep -q 'may have been missed' "$W/rt.err" "$LOG" || blame "somebody may have been missed"
		obs count "$RUN.bar"
		[ "$REPLY" = 0 ] || blame "$REPLY got away"
		obs left bar
		[ "$REPLY" = 0 ] || blame "$REPLY of those from before got away"
		obs harmed "$SIT"
		[ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
		nothing_left bar
	fi
	OUT=$W/rt
	verdict "$1: nobody gets away"
	sweep bar
	kill "$STRANGER" 2>"$W/kill"
	obs clear "$RUN.stranger"
	for id in sibling foo; do rt_ok delete --force "$RUN-$id"; done
	leave
	verdict "$1: the neighbours end"
}

setup
helper escape
cp "$W/bin/escape" "$W/rootfs/bin/"
for s in $SITUATIONS; do play "$s"; done
tap_done
