# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# One container, "wreck", in whose way each verb may be hindered: how it comes to be, and
# what has to be true afterwards. Source it after lib.sh; `wreck_bundle` in the
# situation, `wreck_over` at its end.

# Beside these: foreground, a run whose init ends and leaves a process behind (how it ends:
# $ENDS), and signal, a kill that is none.
ALL_VERBS='create start run exec pause resume kill delete'

wreck_bundle()
{
	MOUNTS=$(count_mounts)
	bundle wreck "$JOIN" /bin/inmate family
	mkdir -p "$SDIR/brief"
	jq --arg ends "${ENDS:-:}" '.process.args = ["/bin/sh", "-c", "/bin/inmate tick & \($ends)"]' \
		"$SDIR/wreck/config.json" >"$SDIR/brief/config.json"
	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
}

# before VERB: the container as the verb finds it
before()
{
	case $1 in
	create | run | foreground) ;;
	start) rt_ok create --bundle "$SDIR/wreck" "$RUN-wreck" ;;
	*)
		rt_ok create --bundle "$SDIR/wreck" "$RUN-wreck" && rt_ok start "$RUN-wreck" || return 1
		obs await "$RUN.wreck" 7 5000
		[ "$1" != resume ] || rt_ok pause "$RUN-wreck" ;;
	esac
	[ -z "$WHY" ]
}

# ARGS: the verb and what it is called with
verb_args()
{
	case $1 in
	create) ARGS=(create --bundle "$SDIR/wreck" "$RUN-wreck") ;;
	run) ARGS=(run --detach --bundle "$SDIR/wreck" "$RUN-wreck") ;;
	foreground) ARGS=(run --bundle "$SDIR/brief" "$RUN-wreck") ;;
	signal) ARGS=(kill --all "$RUN-wreck" WINCH) ;;
	exec) ARGS=(exec --detach "$RUN-wreck" /bin/inmate tick) ;;
	kill) ARGS=(kill "$RUN-wreck" KILL) ;;
	delete) ARGS=(delete --force "$RUN-wreck") ;;
	*) ARGS=("$1" "$RUN-wreck") ;;
	esac
}

lives() { [ -e "/proc/$1/stat" ] && ! grep -q ') [ZX] ' "/proc/$1/stat"; }

# What is said of the wreck, by state and list, is so. One that ends just then is asked again.
tells_the_truth()
{
	local status pid i

	rt list --format json
	[ "$RC" = 0 ] || blame "list: exit $RC: $(said)"
	for i in 1 2; do
		rt state "$RUN-wreck"
		[ "$RC" = 0 ] || return 0
		read -r status pid <<<"$(jq -r '"\(.status) \(.pid)"' "$W/rt.out")"
		[[ $status =~ ^(created|running|paused)$ ]] && ! lives "$pid" || return 0
	done
	blame "$status, but process $pid is not alive"
}

# A forced delete leaves nothing. If it does: it is said where that was.
nothing_of_it()
{
	rt_ok delete --force "$RUN-wreck"
	obs count "$RUN.wreck"
	[ "$REPLY" = 0 ] || blame "$REPLY processes of it are left"
	nothing_left wreck
	[ -z "$WHY" ] || { blame "($1)"; sweep wreck; }
}

# The end of a situation: foo, who had nothing to do with all this, goes last.
wreck_over()
{
	obs harmed "$SIT"
	[ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
	rt_ok delete --force "$RUN-foo"
	leave
	[ -z "$(find_cgroups "$RUN")" ] || blame "cgroups are left"
	verdict "$SIT: foo is unharmed, and nothing is left"
}
