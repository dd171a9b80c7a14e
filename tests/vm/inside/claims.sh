#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `cgtool caps` claims, beside what is then true: a group is made, a family of seven
# (one stopped, one deaf, three orphans) is put into it, listed, frozen, ended and judged from
# outside. A claim above what happened fails, and so does one below what a plain shell can do.
# shellcheck source=../../runtime/lib.sh
. "${CG_SRC:?}/tests/runtime/lib.sh"

RUNTIME=$CG_BIN/cgtool
G=''
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
# Every member wakes up 50 times a second: HELD are those that did not run for a second, and
# STOPPED those of them that a signal holds.
observe()
{
	local pid before

	obs pids "$RUN.claims"
	STATUS=()
	for pid in $REPLY; do STATUS+=("/proc/$pid/status"); done
	before=$(switches)
	sleep 1
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
	[ "$REPLY" = 7 ]
}

try_all()
{
	local yes

	if ! tool create "$G"; then
		echo "# no group: $(tail -n 1 "$W/tool")"
		return
	fi
	if ! put_in; then
		echo "# no member: $(tail -n 1 "$W/attach")"
		tool delete --force --path "$G"
		return
	fi
	SEEN[attach]=full
	obs watch claims "$RUN.claims"
	tool procs --quiet --path "$G"
	SEEN[procs]=$(level $? "$([ "$(grep -c '^[0-9]*$' "$W/tool")" = 7 ] && echo yes)")
	tool freeze --path "$G"
	yes=$?
	observe
	SEEN[freeze]=$(level $yes "$([ "$HELD" = 7 ] && echo yes)")
	[ "${SEEN[freeze]}" != full ] || [ "$STOPPED" -le 1 ] || SEEN[freeze]=emulated
	tool thaw --path "$G"
	observe
	# By signals, and from a process that did not see who was stopped before: all of them go on.
	[ "$HELD,$STOPPED" = 1,1 ] || [ "${SEEN[freeze]},$HELD" = emulated,0 ] ||
		blame "after the thaw $HELD are held and $STOPPED stopped, not the stopped one alone"
	tool signal USR1 --path "$G"
	yes=$?
	obs gone "$RUN.claims" 1
	SEEN[signal]=$(level $yes "$([ "$REPLY" -le 2 ] && echo yes)")
	tool kill --path "$G"
	yes=$?
	obs left claims
	SEEN[kill]=$(level $yes "$([ "$REPLY" = 0 ] && echo yes)")
	LEFT=$REPLY
	tool delete --path "$G"
	yes=$?
	SEEN[delete]=$(level $yes "$([ -z "$(find_cgroups "$RUN-claims")" ] && echo yes)")
}

compare()
{
	local op

	for op in procs attach freeze signal kill delete; do
		# Without a cgroup a group lives in the runtime's state: there test-story.sh is the judge.
		[ -n "${SEEN[$op]:-}" ] || continue
		[ "$(rank "${CLAIM[$op]}")" -le "$(rank "${SEEN[$op]}")" ] ||
			blame "$op: claimed ${CLAIM[$op]}, seen ${SEEN[$op]}"
	done
	case $CAN in
	*v2*)
		[[ $CAN != *cgroup.kill* || ${CLAIM[kill]} == full ]] || blame "kill: a shell can (cgroup.kill)"
		[[ $CAN != *cgroup.freeze* || ${CLAIM[freeze]} == full ]] || blame "freeze: a shell can" ;;
	*freezer.state*)
		[ "${CLAIM[freeze]}" = full ] || blame "freeze: a shell can (freezer.state)" ;;
	esac
	[[ -z $CAN || ${CLAIM[kill]} == full ]] || blame "kill: a shell can ($CAN)"
	[[ -z $CAN || ${CLAIM[attach]} == full ]] || blame "attach: a shell can ($CAN)"
	# A place that comes from systemd with the first process, test-story.sh sees the effect of.
	[[ $(there "$CG_BIN/cgtool" info) != *systemd,* ]] || return 0
	if [ -z "$CAN" ] && [ ${#SEEN[@]} = 0 ] && [ "$SIT" != own ]; then
		[ "${CLAIM[kill]}" != full ] || blame "kill: claimed full, and there is no place for a group"
	fi
}

judge_situation()
{
	local op line=''

	situation "$1" || { skip "$1: claims" "$WHY_NOT"; return; }
	G=$RUN-claims LEFT='' CLAIM=() SEEN=()
	if read_claims; then
		CAN=$(shell_can | tr '\n' ' ')
		try_all
		compare
	fi
	obs clear "$RUN.claims"
	for op in procs attach freeze signal kill delete; do
		line+=" $op ${CLAIM[$op]:-?}/${SEEN[$op]:--},"
	done
	echo "# claimed/seen:$line a shell can: ${CAN:-nothing}"
	leave
	verdict "$1: claims"
}

setup
for s in $SITUATIONS; do judge_situation "$s"; done
tap_done
