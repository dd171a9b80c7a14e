#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Limits in each view: what `cgtool caps` claims of them, beside what the kernel's files say of
# a container that was made with three. What is not limited has to stand in the log; for root
# all of test-engine-resources.sh holds as well, and memory and time are seen to be limited.
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

# The level of an operation before anything is made.
claimed()
{
	local own=()

	[ "$SIT" != own ] || own=(--own user)
	there "$CG_BIN/cgtool" --json caps "${own[@]}" 2>"$W/err" |
		jq -r --arg op "$1" '.caps[] | select(.operation == $op) | .level, .reason' | tr '\n' ' '
}

# Of pids, memory and cpu, how many hold what was asked for.
count_held()
{
	HELD=0
	[[ $(kernel_file pids pids.max pids.max 2>&1) != 50 ]] || HELD=$((HELD + 1))
	[[ $(kernel_file memory memory.limit_in_bytes memory.max 2>&1) != 67108864 ]] || HELD=$((HELD + 1))
	[[ $(kernel_file cpu cpu.cfs_quota_us cpu.max 2>&1) != @(50000|'50000 100000') ]] || HELD=$((HELD + 1))
}

judge_limits()
{
	local claim said

	situation "$1" || { skip "$1: limits" "$WHY_NOT"; return; }
	claim=$(claimed limits)
	bundle lim '.linux.resources = { pids: { limit: 50 }, memory: { limit: 67108864 }, cpu: { quota: 50000 } }' \
		/bin/inmate tick
	if up lim 1; then
		count_held
		said=$(grep -c '"linux.resources.*: ignored: ' "$LOG")
		[ $((HELD + said)) = 3 ] || blame "$HELD are held, of $said the log says that they are not: $(cat "$LOG")"
		case $claim,$HELD in
		full*,3 | best*,[12] | none*,0) ;;
		*) blame "claimed $claim, and $HELD of 3 are held" ;;
		esac
		rt_ok delete --force "$RUN-lim"
	fi
	echo "# limits: $HELD of 3, claimed: $claim"
	leave
	verdict "$1: limits"
}

# As root, where the host has the controllers: they do something.
judge_effect()
{
	situation root
	[[ $(claimed limits) == full* ]] || { skip "root: limits limit" "$(claimed limits)"; return; }
	bundle lim '.linux.resources.memory = { limit: 33554432, swap: 33554432 }' \
		dd if=/dev/zero of=/dev/null bs=128M count=1
	rt run --bundle "$SDIR/lim" "$RUN-lim"
	[ "$RC" = 137 ] || blame "128 MiB in 32: exit $RC: $(said)"
	bundle lim '.linux.resources.cpu = { quota: 5000, period: 50000 }' sh -c 'while :; do :; done'
	if up lim 1; then
		sleep 2
		[ "$(kernel_file cpu cpu.stat cpu.stat | sed -n 's/^nr_throttled //p')" -gt 5 ] ||
			blame "not throttled: $(kernel_file cpu cpu.stat cpu.stat | tr '\n' ' ')"
		rt_ok delete --force "$RUN-lim"
	fi
	verdict "root: limits limit"
}

setup
for s in $SITUATIONS; do judge_limits "$s"; done
if [[ " $SITUATIONS " == *' root '* ]]; then
	judge_effect
	"$CG_SRC/tests/runtime/test-engine-resources.sh" >"$W/all" 2>&1
	grep '^not ok\|SKIP' "$W/all" | sed 's/^/# /'
	grep -q '^1\.\.' "$W/all" || blame "test-engine-resources.sh did not end: $(tail -n 3 "$W/all" | tr '\n' ' ')"
	[ "$(grep -c '^not ok' "$W/all")" = 0 ] || blame "$(grep -c '^not ok' "$W/all") cases of test-engine-resources.sh failed"
	verdict "root: resources"
fi
tap_done
