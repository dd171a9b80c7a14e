#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `cgtool caps` says would help, does: each remedy is looked for in what it says, is
# applied as it is written there, and the capability appears.
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

caps() { there "$CG_BIN/cgtool" --json caps "$@" >"$W/caps" 2>"$W/err" || blame "caps: $(tail -n 1 "$W/err")"; }
of() { jq -r --arg op "$1" --arg key "$2" '.caps[] | select(.operation == $op) | .[$key]' "$W/caps"; }

# now OP LEVEL: what is claimed now
now() { [ "$(of "$1" level)" = "$2" ] || blame "$1 is $(of "$1" level), not $2: $(of "$1" reason)"; }
# says OP TEXT: the remedy or the reason has it
says() { [[ "$(of "$1" remedy) $(of "$1" reason)" == *"$2"* ]] || blame "$1: no \"$2\" in $(of "$1" remedy) $(of "$1" reason)"; }

# The manager of the user anew, as a reboot would do it.
renew()
{
	systemctl daemon-reload && systemctl restart "user@$USER_ID.service" || blame "no manager"
}

# A distribution that delegates less.
controllers()
{
	local dir=/etc/systemd/system/user@.service.d remedy='Delegate=cpu cpuset io memory pids'

	WHERE=session
	make_user
	mkdir -p "$dir"
	printf '[Service]\nDelegate=\nDelegate=pids\n' >"$dir/10-less.conf"
	renew
	situation plain || { skip "controllers" "$WHY_NOT"; return; }
	caps
	now limits 'best effort'
	says limits "$remedy"
	leave
	printf '[Service]\n%s\n' "$remedy" >"$dir/20-remedy.conf"
	renew
	situation plain || blame "$WHY_NOT"
	caps
	now limits full
	bundle a '.linux.resources = { pids: { limit: 77 }, memory: { limit: 134217728 } }' /bin/inmate tick
	up a 1 && [ "$(cat "${CGMNT[v2]}$(sed -n 's/^0:://p' "/proc/$PID/cgroup")/memory.max")" = 134217728 ] ||
		blame "memory.max is not what was asked for"
	rt_ok delete --force "$RUN-a"
	leave
	rm -r "$dir"
	renew
	verdict "a drop-in for user@.service: limits"
	sweep a
}

# Groups by name need a place that is the user's: in a login session there is none.
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
	loginctl terminate-user "$USER_NAME"
	while loginctl show-user "$USER_NAME" >"$W/user" 2>&1 || [ -S "/run/user/$USER_ID/bus" ]; do
		[ $SECONDS -lt $end ] || { blame "the user stays: $(grep State "$W/user")"; return; }
		sleep 0.1
	done
}

call_back()
{
	loginctl enable-linger "$USER_NAME" || blame "enable-linger failed"
	for _ in $(seq 300); do
		[ ! -S "/run/user/$USER_ID/bus" ] || break
		sleep 0.1
	done
}

# Neither a session nor a manager, as for a service or a batch job.
linger()
{
	WHERE=
	make_user
	send_away
	situation plain || { skip "linger" "$WHY_NOT"; return; }
	caps
	now kill 'best effort'
	says kill "loginctl enable-linger"
	call_back
	leave
	WHERE=session
	situation plain || blame "$WHY_NOT"
	caps
	now kill full
	leave
	verdict "loginctl enable-linger: kill"
}

# With no place at all: a user namespace of the container's own.
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
	call_back
	verdict "org.libcg.tag=userns: kill"
	sweep t
	sweep foo
}

setup
controllers
scope
linger
tag
tap_done
