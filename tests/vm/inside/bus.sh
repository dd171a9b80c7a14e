#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# systemd as the one who gives groups their place: asked for by option, in the form that
# engines use, remembered by later verbs, through a daemon-reload and a re-executed manager,
# one that is ended with all that is below it, and with a message bus that does not answer;
# what it answers of names that are taken and of jobs that fail.
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
	[ "$REPLY" -ge 7 ] || blame "$REPLY of 7 processes came up"
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
		[ "$REPLY" -ge 8 ] || blame "the exec'd process did not come up"
		finish a
	fi
	verdict "$SIT: slice:prefix:name"
	sweep a
}

# The value of a limit where the process PID is. usage: limit CONTROLLER V2-FILE V1-FILE
limit()
{
	local n ctrl path

	while IFS=: read -r n ctrl path; do
		case $ctrl in
		"$1")	cat "${CGMNT[$1]}$path/$3" 2>/dev/null && return ;;
		'')	cat "${CGMNT[v2]:-/nowhere}$path/$2" 2>/dev/null && return ;;
		esac
	done <"/proc/$PID/cgroup"
	echo none
}

# What was asked for is there: limits, where there can be any (LIMITED), and which devices
# init may use.
held()
{
	local id=$1

	[ -e "/proc/$PID" ] || { blame "$2: init did not outlive it"; return; }
	[ -z "$LIMITED" ] || [ "$(limit pids pids.max pids.max)" = 77 ] ||
		blame "$2: pids.max is $(limit pids pids.max pids.max)"
	[ -z "$LIMITED" ] || [ "$(limit memory memory.max memory.limit_in_bytes)" = 134217728 ] ||
		blame "$2: memory.max is $(limit memory memory.max memory.limit_in_bytes)"
	rt_ok exec "$RUN-$id" /bin/sh -c ': </dev/null' || blame "$2: /dev/null cannot be used"
	[ "$SIT" = root ] || return 0
	rt exec "$RUN-$id" /bin/sh -c ': </dev/denied'
	[ "$RC" != 0 ] && [[ $(said) == *'not permitted'* ]] ||
		blame "$2: the device that is denied says: $RC $(said)"
}

# Limits and devices, where this user has the controllers.
RESOURCES='.linux.resources = { pids: { limit: 77 }, memory: { limit: 134217728 } }'
DEVICES=' | .linux.devices = [{ path: "/dev/denied", type: "c", major: 1, minor: 11, fileMode: 438 }]
	| .linux.resources.devices = [{ allow: false, access: "rwm" },
		{ allow: true, type: "c", major: 1, minor: 3, access: "rwm" }]'

reloaded()
{
	local filter=. level

	LIMITED=
	# What root has in any case, and users where the controllers are delegated to them.
	level=$(there "$CG_BIN/cgtool" --json caps | jq -r '.caps[] | select(.operation == "limits") | .level')
	if [ "$SIT" = root ] || [ -e "/sys/fs/cgroup/cgroup.controllers" ]; then
		filter=$RESOURCES LIMITED=1
		[ "$level" = full ] || blame "limits: claimed $level"
	fi
	[ "$SIT" != root ] || filter+=$DEVICES
	bundle b "$filter" /bin/inmate family
	if begin b --systemd-cgroup; then
		held b before
		manager daemon-reload || blame "daemon-reload failed"
		held b "after daemon-reload"
		manager daemon-reexec || blame "daemon-reexec failed"
		[ "$(manager is-system-running --wait 2>/dev/null)" ] || blame "no manager after it"
		[ -e "/proc/$PID" ] || blame "init did not outlive it"
		held b "after daemon-reexec"
		finish b
	fi
	verdict "$SIT: daemon-reload and a manager executed anew"
	sweep b
}

# A user's manager that ends takes all that is below it along. What is left is a record.
restarted()
{
	local scope

	bundle e . /bin/inmate family
	if begin e --systemd-cgroup; then
		scope=$(scope_of)
		systemctl restart "user@$USER_ID.service" || blame "the manager did not come back"
		rt state "$RUN-e"
		[[ $(cat "$W/rt.out") == *stopped* || -e /proc/$PID ]] || blame "state: $(cat "$W/rt.out") $(said)"
		rt_ok delete --force "$RUN-e"
		obs count "$RUN.e"
		[ "$REPLY" = 0 ] || blame "$REPLY survive"
		[ -z "$(find_cgroups "$RUN-e")" ] || blame "cgroups are left: $(find_cgroups "$RUN-e")"
		[ ! -e "$STATE/$RUN-e" ] || blame "state is left"
	fi
	verdict "$SIT: a manager that is restarted"
	sweep e
}

# names ID: the unit that container ID asks for
names() { bundle "$1" ".linux.cgroupsPath = \"system.slice:eng:$RUN-$1\"" /bin/inmate family; }

# A unit of that name that has failed is in nobody's way; one that is somebody's is left alone.
taken()
{
	local unit=eng-$RUN-f.scope other=eng-$RUN-g.scope end=$((SECONDS + 20))

	names f
	systemd-run --quiet --scope --unit="$unit" -p RuntimeMaxSec=1 "$W/bin/inmate" tick &
	systemd-run --quiet --scope --unit="$other" env "CGT=$RUN.other" "$W/bin/inmate" tick &
	obs await "$RUN.other" 1 10000
	until [ "$(systemctl show -p ActiveState --value "$unit")" = failed ] || [ $SECONDS -ge $end ]; do
		sleep 0.1
	done
	[ $SECONDS -lt $end ] || blame "$unit: $(systemctl show -p ActiveState --value "$unit")"
	begin f --systemd-cgroup && finish f
	verdict "$SIT: a unit of that name that has failed"
	names g
	rt --systemd-cgroup create --bundle "$SDIR/g" "$RUN-g"
	[ "$RC" != 0 ] || blame "create succeeds"
	[[ $(said) == *"$other"* ]] || blame "it says: $(said)"
	obs count "$RUN.other"
	[ "$REPLY" = 1 ] || blame "the other's process has ended"
	[ ! -e "$STATE/$RUN-g" ] || blame "state is left"
	obs clear "$RUN.other"
	verdict "$SIT: a unit of that name that is somebody's"
	sweep f
	sweep g
}

# The call is answered, the job fails later.
failing()
{
	local dir=/run/systemd/system

	printf '[Service]\nType=oneshot\nExecStart=/bin/false\n' >"$dir/cgtfail.service"
	printf '[Unit]\nRequires=cgtfail.service\nAfter=cgtfail.service\n' >"$dir/cgtfail.slice"
	systemctl daemon-reload
	bundle h ".linux.cgroupsPath = \"cgtfail.slice:eng:$RUN-h\"" /bin/inmate family
	rt --systemd-cgroup create --bundle "$SDIR/h" "$RUN-h"
	[ "$RC" != 0 ] || blame "create succeeds"
	[[ $(said) == *dependency* ]] || blame "it says: $(said)"
	obs count "$RUN.h"
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	[ ! -e "$STATE/$RUN-h" ] || blame "state is left"
	rm "$dir"/cgtfail.*
	systemctl daemon-reload
	verdict "$SIT: a job that fails"
	sweep h
}

# The bus, held: what was made before can be ended, what cannot be made says so in time.
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
taken
failing
hanging
WHERE=session
if situation plain; then
	asked app.slice
	reloaded
	hanging
	restarted
	leave
else
	skip plain "$WHY_NOT"
fi
tap_done
