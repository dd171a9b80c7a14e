#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `cgtool caps` claims, beside what is then true: a group is made, a family of seven
# (one stopped, one deaf, three orphans) is put into it, listed, frozen, ended and judged from
# outside. Where a group needs its first process or a record, it is that of a container in
# the PID namespace of another. A claim above what happened fails, and so does one below what
# a plain shell can do, or below LEAST ("kill=full ..."): what this host has for everybody.
# ABSENT names what is hidden of this kernel (tests/vm/absent.c).
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

ABSENT=${ABSENT:-} LEAST=${LEAST:-}
G='' GROUP=()
CLAIMED='procs attach freeze signal kill delete'
declare -A CLAIM SEEN

tool() { there "$CG_BIN/cgtool" "$@" >"$W/tool" 2>&1; }
rank() { case $1 in none) echo 0 ;; best*) echo 1 ;; emulated) echo 2 ;; full) echo 3 ;; esac; }

read_claims()
{
	local op level own=()

	[ "$SIT" != own ] || own=(--own user)
	there "$CG_BIN/cgtool" --json caps "${own[@]}" >"$W/caps" 2>"$W/err" ||
		{ blame "caps: $(tail -n 1 "$W/err")"; return 1; }
	while IFS=$'\t' read -r op level; do
		CLAIM[$op]=$level
	done < <(jq -r '.caps[] | [.operation, .level] | @tsv' "$W/caps")
}

# What this user can do with mkdir and echo, in the best place: v2 (with its files), freezer, v1
# (some other hierarchy), or nothing.
shell_can()
{
	# shellcheck disable=SC2016
	there sh -c '
		try() {
			d=$1/$2-raw
			mkdir "$d" || return 1
			sleep 5 & p=$!
			echo $p >"$d/cgroup.procs"; rc=$?
			files=$(cd "$d"; for f in cgroup.kill cgroup.freeze freezer.state; do
				[ ! -w $f ] || echo $f; done)
			kill $p; wait $p
			rmdir "$d" && [ $rc = 0 ] && echo "$3" $files
		}
		while IFS=: read -r n c p; do
			echo "$c" "$p"
		done </proc/self/cgroup | while read -r c p; do
			case $c in
			/*) p=$c c= m=$4 name=v2 ;;
			*)	m=$(for f in /sys/fs/cgroup/*; do case ,$c, in *,"${f##*/}",* | \
					,name="${f##*/}",) echo $f; esac; done | head -n 1)
				name=v1 ;;
			esac
			[ -n "$m" ] || continue
			try "$m" "$3" $name || try "$m${p%/}" "$3" $name
		done' sh 1 2 "$RUN" "${CGMNT[v2]:-}" 2>/dev/null
}

switches() { cat "${STATUS[@]}" | grep '^voluntary'; }
# Every member wakes up 50 times a second: HELD are those that did not run for half a one, and
# STOPPED those of them that a signal holds.
observe()
{
	local pid before

	obs pids "$RUN.claims"
	STATUS=()
	for pid in $REPLY; do STATUS+=("/proc/$pid/status"); done
	before=$(switches)
	sleep 0.5
	HELD=$(diff --unchanged-line-format='%L' --new-line-format= --old-line-format= \
		<(echo "$before" | cat -n) <(switches | cat -n) | wc -l)
	STOPPED=$(cat "${STATUS[@]}" | grep -c '^State:.*stopped')
}

# A level from an exit status of cgtool and whether the effect was complete.
level() { case $1,$2 in 0,yes) echo full ;; 4,*) echo best effort ;; *) echo none ;; esac; }

put_in()
{
	# shellcheck disable=SC2016
	"${ENTER[@]}" env "CGT=$RUN.claims" sh -c '"$0" attach --path "$1" $$ && exec "$2" family' \
		"$CG_BIN/cgtool" "$G" "$W/bin/inmate" </dev/null >"$W/attach" 2>&1 7>&- 8>&- &
	MEMBER=$!
	while [ -e "/proc/$MEMBER" ] && [ "$(cat "/proc/$MEMBER/comm")" != inmate ]; do sleep 0.05; done
	[ -e "/proc/$MEMBER" ] || return
	obs await "$RUN.claims" 7 20000
	[ "$REPLY" -ge 7 ]
}

# A group made by name, or else a container's; NAMED tells which.
bring_family()
{
	NAMED=1 GROUP=(--path "$G")
	if tool create "$G"; then
		put_in && return
		echo "# no member: $(tail -n 1 "$W/attach")"
		tool delete --force --path "$G"
	fi
	NAMED='' GROUP=(--root "$STATE" --id "$RUN-claims")
	bring_foo || return
	bundle claims "$JOIN" /bin/inmate family
	up claims 7
}

try_freeze()
{
	local rc

	tool freeze "${GROUP[@]}"
	rc=$?
	observe
	SEEN[freeze]=$(level $rc "$([ "$HELD" = 7 ] && echo yes)")
	[ "${SEEN[freeze]}" != full ] || [ "$STOPPED" -le 1 ] || SEEN[freeze]=emulated
	tool thaw "${GROUP[@]}"
	observe
	# By signals, and from a process that did not see who was stopped before: all of them go on.
	[ "$HELD,$STOPPED" = 1,1 ] || [ "${SEEN[freeze]},$HELD" = emulated,0 ] ||
		[ "${SEEN[freeze]},$HELD" = 'best effort,0' ] ||
		blame "after the thaw $HELD are held and $STOPPED stopped, not the stopped one alone"
}

try_delete()
{
	if [ -n "$NAMED" ]; then
		tool delete "${GROUP[@]}"
	else
		rt delete "$RUN-claims"
		(exit "$RC")
	fi
	SEEN[delete]=$(level $? "$([ -z "$(find_cgroups "$RUN-claims")" ] && echo yes)")
}

try_all()
{
	local rc

	"${ENTER[@]}" env "CGT=$RUN.stranger" "$W/bin/inmate" tick </dev/null 7>&- 8>&- &
	STRANGER=$!
	obs await "$RUN.stranger" 1 5000
	obs watch strangers "$RUN.stranger"
	bring_family || return
	SEEN[attach]=full
	obs watch claims "$RUN.claims"
	tool procs --quiet "${GROUP[@]}"
	SEEN[procs]=$(level $? "$([ "$(grep -c '^[0-9]*$' "$W/tool")" = 7 ] && echo yes)")
	try_freeze
	tool signal USR1 "${GROUP[@]}"
	rc=$?
	# The first, the stopped and the deaf one stay.
	for _ in $(seq 40); do
		obs count "$RUN.claims"
		[ "$REPLY" -gt 3 ] || break
		sleep 0.1
	done
	[ "$REPLY" -le 3 ] || echo "# signal: exit $rc, $REPLY are left: $(tail -n 1 "$W/tool")"
	SEEN[signal]=$(level $rc "$([ "$REPLY" -le 3 ] && echo yes)")
	tool kill "${GROUP[@]}"
	rc=$?
	obs left claims
	LEFT=$REPLY
	SEEN[kill]=$(level $rc "$([ "$LEFT" = 0 ] && echo yes)")
	[ "$LEFT" = 0 ] || blame "$LEFT survive"
	try_delete
	obs harmed strangers
	[ "$REPLY" = 0 ] || { HARMED=1; blame "strangers harmed: $REPLY"; }
	[ -n "$NAMED" ] || rt_ok delete --force "$RUN-foo"
}

compare()
{
	local op

	for op in $CLAIMED; do
		[ -n "${SEEN[$op]:-}" ] || { blame "$op: nothing was seen"; continue; }
		[ "$(rank "${CLAIM[$op]}")" -le "$(rank "${SEEN[$op]}")" ] ||
			blame "$op: claimed ${CLAIM[$op]}, seen ${SEEN[$op]}"
		[ "${CLAIM[$op]}" != none ] || [ "${SEEN[$op]}" = none ] ||
			blame "$op: claimed none, seen ${SEEN[$op]}"
	done
	for op in $LEAST; do
		[ "$(rank "${CLAIM[${op%=*}]}")" -ge "$(rank "${op#*=}")" ] ||
			blame "${op%=*}: claimed ${CLAIM[${op%=*}]}, and this host has ${op#*=}"
	done
	case $CAN in
	*v2*)
		[[ $CAN != *cgroup.kill* || ${CLAIM[kill]} == full ]] || blame "kill: a shell can (cgroup.kill)"
		[[ $CAN != *cgroup.freeze* || ${CLAIM[freeze]} == full ]] || blame "freeze: a shell can" ;;
	*freezer.state*)
		[ "${CLAIM[freeze]}" = full ] || blame "freeze: a shell can (freezer.state)" ;;
	esac
	# Without pidfd a number could change hands before its signal.
	[[ -z $CAN || ${CLAIM[kill]} == full || ( $ABSENT == *pidfd* && ${CLAIM[kill]} == emulated ) ]] ||
		blame "kill: a shell can ($CAN)"
	[[ -z $CAN || ${CLAIM[attach]} == full ]] || blame "attach: a shell can ($CAN)"
}

short() { case $1 in best*) echo best ;; emulated) echo emul ;; *) echo "${1:--}" ;; esac; }

judge_situation()
{
	local op line=''

	situation "$1" || { skip "$1: claims" "$WHY_NOT"; return; }
	G=$RUN-claims LEFT='?' HARMED=0 STRANGER='' CLAIM=() SEEN=()
	if read_claims; then
		CAN=$(shell_can | tr '\n' ' ')
		try_all
		compare
	fi
	for op in $CLAIMED; do line+=" $(short "${CLAIM[$op]:-}")/$(short "${SEEN[$op]:-}")"; done
	echo "# table: $1 claims$line left $LEFT harmed $HARMED"
	echo "# $1: a shell can: ${CAN:-nothing}"
	obs clear "$RUN.claims"
	obs clear "$RUN.foo"
	obs forget strangers
	obs clear "$RUN.stranger"
	[ -z "$STRANGER" ] || wait "$STRANGER" 2>/dev/null
	leave
	verdict "$1: claims"
}

setup
for s in $SITUATIONS; do judge_situation "$s"; done
tap_done
