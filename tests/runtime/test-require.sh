#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who needs every process killed says so at create, and is refused where this host cannot
# promise it: with the reason and the remedy, and nothing left. Who does not is warned
# once, in the log. Where it can be promised there is neither.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The level of killing that the runtime recorded at create, "kill" of its state.
recorded() { rt state "$1"; jq -r '.libcg.caps[] | select(.operation == "kill") | .level' "$W/rt.out"; }

warnings() { jq -rs 'map(select(.level == "warning") | .msg) | map(select(test("kill"))) | length' "$LOG" 2>/dev/null || echo '?'; }

# created NAME: the container came up; is the warning there that WEAK (weak or full) asks for?
created()
{
	local n

	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	[ ! -s "$W/rt.err" ] || blame "standard error: $(said)"
	n=$(warnings)
	if [ "$2" = weak ]; then
		[ "$n" = 1 ] || blame "$n warnings about killing: $(cat "$LOG")"
		[ "$(recorded "$RUN-bar")" = "best effort" ] || blame "the state says: $(recorded "$RUN-bar")"
	else
		[ "$n" = 0 ] || blame "warns: $(cat "$LOG")"
		[ "$(recorded "$RUN-bar")" = full ] || blame "the state says: $(recorded "$RUN-bar")"
	fi
	rt_ok delete --force "$RUN-bar"
	nothing_left bar
	verdict "$1"
	sweep bar
}

refused()
{
	[ "$RC" = 1 ] || blame "exit $RC"
	[ "$(wc -l <"$W/rt.err")" = 1 ] || blame "$(wc -l <"$W/rt.err") lines"
	[[ $(said) == *kill* ]] || blame "does not name the operation: $(said)"
	[[ $(said) == *org.libcg.tag=userns* ]] || blame "does not name the remedy: $(said)"
	echo "# $(said)"
	nothing_left bar
	obs count "$RUN.bar"
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	verdict "$1"
	sweep bar
}

create()
{
	rm -f "$LOG"
	rt create --bundle "$SDIR/bar" --pid-file "$SDIR/bar/pid" "$@" "$RUN-bar"
}

play()
{
	local weak=full

	case $1 in engine|plain) weak=weak ;; esac
	bring_foo || { verdict "$1: foo is up"; return; }
	MOUNTS=$(count_mounts)
	bundle bar "$JOIN" /bin/inmate tick
	create
	created "$1: nothing is required" $weak
	create --require kill-all
	if [ $weak = weak ]; then
		refused "$1: --require kill-all"
	else
		created "$1: --require kill-all" full
	fi
	bundle bar "$JOIN | .annotations[\"org.libcg.require\"] = \"kill-all\"" /bin/inmate tick
	create
	if [ $weak = weak ]; then
		refused "$1: annotation org.libcg.require"
		bundle bar "$JOIN | .annotations[\"org.libcg.require\"] = \"kill-all\"
			| .annotations[\"org.libcg.tag\"] = \"userns\"" /bin/inmate tick
		create
		created "$1: the remedy helps" full
	else
		created "$1: annotation org.libcg.require" full
	fi
	bundle bar . /bin/inmate tick
	create --require kill-all
	created "$1: --require kill-all, a PID namespace of its own" full
	create --require everything
	[ "$RC" = 1 ] && [[ $(said) == *everything* ]] || blame "exit $RC: $(said)"
	nothing_left bar
	verdict "$1: --require everything is refused"
	sweep bar
	rt_ok delete --force "$RUN-foo"
	verdict "$1: foo ends last"
}

setup
for s in $SITUATIONS; do
	situation "$s" || { skip "$s" "$WHY_NOT"; continue; }
	play "$s"
	leave
done
tap_done
