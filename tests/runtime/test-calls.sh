#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 300 s
#
# How many system calls each verb makes, its children's included, against the committed table
# (calls.table), for the configuration that `cgrun spec` writes. Two kinds are counted apart:
#
# start	what --version makes, for each image of cgrun that is executed: the dynamic loader's calls
#	differ from build to build
# looks	at /proc/PID/stat, three calls each, of all processes of the host (a pass) or of the caller's
#	ancestors: as many as there are. The table has the number of passes
#
# usage: test-calls.sh [write]: compares; or prints the rows for this kind of host
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

TABLE=$SRC/tests/runtime/calls.table
VERBS=(run create start state exec ps update pause resume list kill delete)

# As the table names it: how many hierarchies there are of each version.
kind_of_host()
{
	awk '{ for (i = 7; $i != "-"; i++) ; n[$(i + 1)]++ }
		END { printf "%d+%d\n", n["cgroup"], n["cgroup2"] }' /proc/self/mountinfo
}

# traced OUTPUT COMMAND...: RC. Its ancestors are the tracer, a shell and init. Where a container
# lives on the tracer is a daemon (-D), for it goes on with that.
traced()
{
	local out=$1 how=-f i

	shift
	[[ " $* " != *" create "* ]] || how=-Df
	rm -f "$W/trace.rc"
	# shellcheck disable=SC2016
	setsid --fork sh -c 'out=$1 rc=$2 how=$3; shift 3
		strace "$how" -q -o "$out" "$@" >"$out.out" 2>"$out.err" </dev/null
		echo $? >"$rc.new"; mv "$rc.new" "$rc"' sh "$out" "$W/trace.rc" "$how" "$@" 7>&- 8>&-
	for ((i = 0; i < 1000; i++)); do
		[ ! -e "$W/trace.rc" ] || count "$out"
		[ ! -e "$W/trace.rc" ] || [ "$ENDED" = 0 ] || break
		sleep 0.01
	done
	RC=$(cat "$W/trace.rc" 2>/dev/null)
}

# count TRACE: CALLS of everybody in it until the command has ENDED, but for LOOKS at processes;
# IMAGES of cgrun that were executed.
count()
{
	read -r CALLS LOOKS IMAGES ENDED <<<"$(awk '
		!main { main = $1 }
		$1 == main && / \+\+\+ exited with / { ended = 1; exit }
		/ <\.\.\. .* resumed>/ || / --- | \+\+\+ / { next }
		{ calls++ }
		/ openat2\([0-9]+, "[0-9]+\/stat".*(= [0-9]+|<unfinished \.\.\.>)$/ { looks++ }
		/ execve\("([^"]*\/cgrun|\/proc\/self\/fd\/[0-9]+)"/ { images++ }
		END { print calls - 3 * looks, looks + 0, images + 0, ended + 0 }' "$1")"
}

# calls_of VERB ARGUMENT...: CALLS without the start of each image, PASSES over all processes.
calls_of()
{
	local trace=$W/trace.$1 all=(/proc/[0-9]*)

	traced "$trace" "$RUNTIME" --root "$STATE" --log "$LOG" "$@"
	[ "$RC" = 0 ] && [ "$ENDED" = 1 ] ||
		{ blame "$1: exit ${RC:-unknown}: $(tail -n 1 "$trace.err")"; return 1; }
	CALLS=$((CALLS - IMAGES * START))
	PASSES=$(((LOOKS + ${#all[@]} / 4) / ${#all[@]}))
}

measure()
{
	local id=$RUN-$1 verb=$1

	case $verb in
	run) calls_of run --bundle "$SDIR/true" "$id" ;;
	create) calls_of create --bundle "$SDIR/life" "$RUN-life" ;;
	exec) calls_of exec "$RUN-life" /bin/true ;;
	ps) calls_of ps --format json "$RUN-life" ;;
	update) calls_of update --pids-limit 100 "$RUN-life" ;;
	list) calls_of list ;;
	kill) calls_of kill "$RUN-life" KILL && obs gone "$RUN.life" 2000 ;;
	delete) calls_of delete --force "$RUN-life" ;;
	*) calls_of "$verb" "$RUN-life" ;;
	esac
}

# judge VERB: within the limits of the table, which says how many more there may be.
judge()
{
	local row calls more passes

	row=$(awk -v host="$HOST" -v verb="$1" '$1 == host && $2 == verb { print $3, $4, $5 }' "$TABLE")
	read -r calls more passes <<<"$row"
	[ -n "$passes" ] || { blame "$1 has no row"; return; }
	echo "# $1: $CALLS calls (table: $calls and at most $more more), $PASSES passes (table: $passes)"
	[ "$CALLS" -le $((calls + more)) ] || blame "$CALLS calls, $calls and $more more are allowed"
	[ "$PASSES" -le "$passes" ] || blame "$PASSES passes over all processes, $passes are allowed"
	# A table that is not followed lets what was gained be lost again.
	[ "$CALLS" -ge $((calls - more)) ] || echo "# $1: the table may say $CALLS now"
}

setup
situation root
HOST=$(kind_of_host)
command -v strace >/dev/null || skip_all "strace is missing"
if [ "${1:-}" != write ] && ! grep -q "^$HOST[[:space:]]" "$TABLE"; then
	skip_all "no row for a host with $HOST hierarchies"
fi
for b in true life; do
	mkdir "$SDIR/$b"
	rt spec --bundle "$SDIR/$b"
	args=(/bin/true)
	[ "$b" = true ] || args=(/bin/inmate tick)
	jq --arg rootfs "$W/rootfs" --arg tag "CGT=$RUN.$b" '.root.path = $rootfs
		| .process.terminal = false | .process.env += [$tag]
		| .process.args = $ARGS.positional' --args -- "${args[@]}" \
		<"$SDIR/$b/config.json" >"$W/config"
	mv "$W/config" "$SDIR/$b/config.json"
done
traced "$W/trace.start" "$RUNTIME" --version
[ "$RC" = 0 ] || blame "--version: exit $RC"
START=$CALLS
# Once before: the state directory is there, and so are files of the page cache.
rt_ok run --bundle "$SDIR/true" "$RUN-first"
verdict "a container runs"
for v in "${VERBS[@]}"; do
	measure "$v"
	if [ "${1:-}" = write ]; then
		[ -z "$WHY" ] || exit 1
		printf '%s\t%s\t%s\t%s\t%s\n' "$HOST" "$v" "$CALLS" "$((CALLS / 30 + 6))" "$PASSES"
		continue
	fi
	judge "$v"
	verdict "$v: system calls"
done
tap_done
