#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd as the one who gives groups their place: asked for by option, in the form that
# engines use, remembered by later verbs, through a daemon-reload and a re-executed manager,
# and with a message bus that does not answer.
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

# The scope of container ID, as the kernel shows it of the process PID.
scope_of() { sed -n 's/^[0-9]*:\(name=systemd\)\{0,1\}:\(.*\.scope\)\/.*/\2/p' "/proc/$PID/cgroup" | head -n 1; }
manager() { if [ "$SIT" = root ]; then systemctl "$@"; else there systemctl --user "$@"; fi; }

# up_with OPTION...: container $1's like `up`, by create with options before it
begin()
{
	local id=$1

	shift
	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
	rt_ok "$@" create --bundle "$SDIR/$id" --pid-file "$SDIR/$id/pid" "$RUN-$id" || return 1
	PID=$(cat "$SDIR/$id/pid")
	rt_ok start "$RUN-$id" || return 1
	obs await "$RUN.$id" 7 8000
	[ "$REPLY" = 7 ] || blame "$REPLY of 7 processes came up"
}

finish()
{
	local id=$1 scope

	scope=$(scope_of)
	rt_ok kill "$RUN-$id" KILL
	obs count "$RUN.$id"
	[ "$REPLY" = 0 ] || blame "$REPLY survive"
	rt_ok delete "$RUN-$id"
	[ "$(manager show -p ActiveState --value "${scope##*/}")" = inactive ] || blame "the unit $scope is left"
	[ -z "$(find_cgroups "$RUN-$id")" ] || blame "cgroups are left: $(find_cgroups "$RUN-$id")"
	[ ! -e "$STATE/$RUN-$id" ] || blame "state is left"
}

# Whoever asks systemd by the option: root the system's, a user their own.
asked()
{
	local slice=$1 scope

	bundle a ".linux.cgroupsPath = \"$slice:eng:$RUN-a\" | .linux.resources.pids.limit = 77" /bin/inmate family
	if begin a --systemd-cgroup; then
		scope=$(scope_of)
		[[ $scope == */$slice/eng-$RUN-a.scope ]] || blame "init is in $(cat "/proc/$PID/cgroup")"
		[ "$(manager show -p Delegate --value "${scope##*/}")" = yes ] || blame "it is not delegated"
		# A user's manager may have no such controller; then that is said.
		[[ $(kernel_file pids pids.max pids.max) == 77 ]] ||
			{ [ "$SIT" != root ] && grep -q 'linux.resources.pids.limit: ignored' "$LOG"; } ||
			blame "pids.max is $(kernel_file pids pids.max pids.max 2>&1)"
		rt_ok exec --detach "$RUN-a" /bin/inmate tick
		obs await "$RUN.a" 8 8000
		[ "$REPLY" = 8 ] || blame "the exec'd process did not come up"
		finish a
	fi
	verdict "$SIT: slice:prefix:name"
	sweep a
}

reloaded()
{
	bundle b . /bin/inmate family
	if begin b --systemd-cgroup; then
		manager daemon-reload || blame "daemon-reload failed"
		manager daemon-reexec || blame "daemon-reexec failed"
		[ "$(manager is-system-running --wait 2>/dev/null)" ] || blame "no manager after it"
		[ -e "/proc/$PID" ] || blame "init did not outlive it"
		finish b
	fi
	verdict "$SIT: daemon-reload and a manager executed anew"
	sweep b
}

# The user's bus, held: what was made before can be ended, what cannot be made says so in time.
hanging()
{
	local bus

	bus=$(manager show -p MainPID --value dbus.service)
	bundle c . /bin/inmate family
	bundle d . /bin/inmate tick
	if [ "$bus" -gt 1 ] && begin c --systemd-cgroup; then
		kill -STOP "$bus"
		rt --systemd-cgroup create --bundle "$SDIR/d" "$RUN-d"
		[ "$RC" != 0 ] || blame "create succeeds without a bus"
		[ "$MS" -lt "$BUDGET" ] || blame "create took $MS ms to say no"
		[[ $(cat "$LOG" "$W/rt.err") == *'does not answer'* ]] || blame "it says: $(said)"
		[ ! -e "$STATE/$RUN-d" ] || blame "its state is left"
		rt_ok kill "$RUN-c" KILL
		obs count "$RUN.c"
		[ "$REPLY" = 0 ] || blame "$REPLY survive"
		rt_ok delete "$RUN-c"
		kill -CONT "$bus"
	fi
	verdict "$SIT: a bus that hangs"
	sweep c
	sweep d
}

setup
situation root
asked system.slice
reloaded
WHERE=session
if situation plain; then
	asked app.slice
	reloaded
	hanging
	leave
else
	skip plain "$WHY_NOT"
fi
tap_done
