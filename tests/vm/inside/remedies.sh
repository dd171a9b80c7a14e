#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `cgtool caps` says would help, does, and so does each command of `cgtool doctor`: it is
# looked for in what they say, is applied as it is written there, the capability appears, and
# the finding is gone.
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

caps() { there "$CG_BIN/cgtool" --json caps "$@" >"$W/caps" 2>"$W/err" || blame "caps: $(tail -n 1 "$W/err")"; }
of() { jq -r --arg op "$1" --arg key "$2" '.caps[] | select(.operation == $op) | .[$key]' "$W/caps"; }

# now OP LEVEL: what is claimed now
now() { [ "$(of "$1" level)" = "$2" ] || blame "$1 is $(of "$1" level), not $2: $(of "$1" reason)"; }
# says OP TEXT: the remedy or the reason has it
says() { [[ "$(of "$1" remedy) $(of "$1" reason)" == *"$2"* ]] || blame "$1: no \"$2\" in $(of "$1" remedy) $(of "$1" reason)"; }

# The user's doctor. finding ID KEY: of what it has found, empty if it has not
doctor() { there "$CG_BIN/cgtool" doctor --json >"$W/doctor" 2>"$W/err"; }
finding()
{
	jq -e '.findings' "$W/doctor" >"$W/jq" 2>&1 || blame "doctor: $(head -c 300 "$W/err")"
	jq -r --arg id "$1" --arg key "$2" '.findings[] | select(.id == $id) | .[$key]' "$W/doctor"
}
gone() { doctor; [ -z "$(finding "$1" text)" ] || blame "the doctor still finds: $(finding "$1" text)"; }

# cured ID TEXT: root does what the doctor says, which has TEXT in it
cured()
{
	local command

	doctor
	command=$(finding "$1" command)
	[[ $command == *"$2"* ]] || { blame "$1: the doctor says: $(finding "$1" text) ($command)"; return; }
	[ "$(finding "$1" as_root)" = true ] || blame "$1 is not root's: $command"
	sh -c "$command" >"$W/out" 2>&1 || blame "$command: $(cat "$W/out")"
}

# limited LEVEL PIDS CPU: limits are claimed so, and are so
limited()
{
	caps
	now limits "$1"
	bundle a '.linux.resources = { pids: { limit: 77 }, cpu: { quota: 50000, period: 100000 } }' /bin/inmate tick
	if up a 1; then
		[ "$(kernel_file pids pids.max pids.max 2>&1)" = "$2" ] ||
			blame "pids.max is $(kernel_file pids pids.max pids.max 2>&1), not $2"
		[[ "$(kernel_file cpu cpu.cfs_quota_us cpu.max 2>&1)" == $3 ]] ||
			blame "cpu.max is $(kernel_file cpu cpu.cfs_quota_us cpu.max 2>&1), not $3"
		rt_ok delete --force "$RUN-a"
	fi
	sweep a
}

# A distribution that delegates less: what the user's manager has, its scopes can have.
controllers()
{
	local dir=/etc/systemd/system/user@.service.d remedy='Delegate=cpu cpuset io memory pids'

	WHERE=session
	make_user
	mkdir -p "$dir"
	printf '[Service]\nDelegate=\nDelegate=pids\n' >"$dir/10-less.conf"
	systemctl daemon-reload && systemctl restart "user@$USER_ID.service" || blame "no manager"
	situation plain || { skip "controllers" "$WHY_NOT"; return; }
	limited 'best effort' 77 '*No such file*'	# memory is there: systemd counts it for all
	says limits "$remedy"
	cured caps.limits "$remedy"
	leave
	situation plain || blame "$WHY_NOT"
	limited full 77 '50000 100000'
	gone caps.limits
	leave
	rm -r "$dir"
	systemctl daemon-reload
	verdict "a drop-in for user@.service: limits"
}

# Where the manager has no controllers to give, nothing but another layout helps.
layout()
{
	WHERE=session
	situation plain || { skip "layout" "$WHY_NOT"; return; }
	caps
	now limits none
	gone caps.limits
	# The command needs a boot loader that is known; without one the text has the parameter.
	[[ $(finding layout text) $(finding layout command) == *'systemd.unified_cgroup_hierarchy=1'* ]] ||
		blame "the doctor says: $(finding layout text) ($(finding layout command))"
	leave
	verdict "limits: another layout"
}

# Groups by name need a place that is the user's: in a login session there is none, except
# where the manager can have one in name=systemd alone.
scope()
{
	WHERE=session
	situation plain || { skip "scope" "$WHY_NOT"; return; }
	there "$CG_BIN/cgtool" create "$RUN-s" >"$W/out" 2>&1 && blame "create succeeds in a session"
	[[ $(cat "$W/out") == *'systemd-run --user --scope -p Delegate=yes'* ]] || blame "it says: $(cat "$W/out")"
	there systemd-run --quiet --user --scope -p Delegate=yes "$CG_BIN/cgtool" create "$RUN-s" >"$W/out" 2>&1 ||
		blame "in a scope: $(cat "$W/out")"
	leave
	clear_cgroups "$RUN-s"
	verdict "systemd-run --user --scope -p Delegate=yes: a group by name"
}

# Nobody of the user's is logged in, and nothing waits for them.
send_away()
{
	local end=$((SECONDS + 30))

	loginctl disable-linger "$USER_NAME"
	loginctl terminate-user "$USER_NAME" 2>"$W/said"	# may have gone by now
	while loginctl show-user "$USER_NAME" >"$W/user" 2>&1 || [ -S "/run/user/$USER_ID/bus" ]; do
		[ $SECONDS -lt $end ] || { blame "the user stays: $(grep State "$W/user")"; return; }
		sleep 0.1
	done
}

# Neither a session nor a manager, as for a service or a batch job: a user namespace of the
# container's own helps that one.
tag()
{
	WHERE=
	make_user
	send_away
	situation tagged || { skip "tag" "$WHY_NOT"; return; }
	caps
	now kill 'best effort'
	says kill 'org.libcg.tag=userns'
	if bring_foo; then
		bundle t "$JOIN" /bin/inmate family
		up t 7
		there "$CG_BIN/cgtool" --json caps --root "$STATE" --id "$RUN-t" >"$W/caps" 2>"$W/err" ||
			blame "caps: $(tail -n 1 "$W/err")"
		now kill full
		rt_ok kill "$RUN-t" KILL
		obs count "$RUN.t"
		[ "$REPLY" = 0 ] || blame "$REPLY survive"
		rt_ok delete "$RUN-t"
	fi
	rt_ok delete --force "$RUN-foo"
	leave
	verdict "org.libcg.tag=userns: kill"
	sweep t
	sweep foo
}

# A manager without a login helps all that come after it.
linger()
{
	WHERE=
	situation plain || { skip "linger" "$WHY_NOT"; return; }
	caps
	now kill 'best effort'
	says kill "loginctl enable-linger"
	doctor
	[[ $(finding caps.kill command) == "loginctl enable-linger $USER_NAME" ]] ||
		blame "caps.kill: the doctor says: $(finding caps.kill command)"
	cured manager "loginctl enable-linger $USER_NAME"
	for _ in $(seq 300); do
		[ ! -S "/run/user/$USER_ID/bus" ] || break
		sleep 0.1
	done
	leave
	WHERE=session
	situation plain || blame "$WHY_NOT"
	caps
	now kill full
	gone manager
	gone caps.kill
	leave
	verdict "loginctl enable-linger: kill"
}

setup
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then controllers; else layout; fi
[ -z "${CGMNT[v2]:-}" ] || scope
tag
linger
tap_done
