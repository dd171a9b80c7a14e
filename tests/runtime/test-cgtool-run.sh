#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 200 s
#
# cgtool run: a program, and what it leaves running, in a group that ends with it. As root
# and as users with a group of their own and with none, judged from outside.
# shellcheck disable=SC2016
SITUATIONS=${SITUATIONS:-root unified named engine}
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# job ARG...: cgtool run, with the job's tag. RC, and what it printed in $W/job.out and .err
job()
{
	there env "CGT=$RUN.job" "$CG_BIN/cgtool" "$@" >"$W/job.out" 2>"$W/job.err"
	RC=$?
}

# ended WANT: that is the exit status, and nothing is left
ended()
{
	[ "$RC" = "$1" ] || blame "exit $RC, not $1: $(head -c 300 "$W/job.err")"
	obs count "$RUN.job"
	[ "$REPLY" = 0 ] || { blame "$REPLY processes are left"; obs clear "$RUN.job"; }
	[ -z "$(find_cgroups "$G")" ] || { blame "a cgroup is left"; clear_cgroups "$G"; }
}

# closing REGEX: one line tells how it went, and nothing else is said. The weakest place can
# promise nothing and says so; all that is seen here ends all the same.
closing()
{
	grep -v 'done, but somebody may have been missed' "$W/job.err" >"$W/said"
	if [ "$(wc -l <"$W/said")" != 1 ] || ! grep -Eq "^cgtool: run: $1" "$W/said"; then
		blame "the closing line is not \"$1\": $(head -c 300 "$W/said")"
	fi
}

programs()
{
	job run -g "$G" sh -c 'exit 3'
	ended 3
	closing 'status 3; .*, cpu '
	verdict "$SIT: the status is the program's own"
	job run -g "$G" sh -c '"$0" family & sleep 0.5; exit 0' "$W/bin/inmate"
	ended 0
	closing 'status 0; .*, cpu .*; [1-9][0-9]* left behind, ended: inmate \([0-9]*\)'
	verdict "$SIT: what it leaves running ends with it, and is named"
	job run -q -g "$G" sh -c 'exit 4'
	ended 4
	! grep -q 'run:.*status' "$W/job.err" || blame "a closing line: $(cat "$W/job.err")"
	verdict "$SIT: no closing line with --quiet"
	job run -g "$G" sh -c '"$0" family & kill -9 $$' "$W/bin/inmate"
	ended 137
	closing 'ended by SIGKILL \(status 137\); '
	verdict "$SIT: a program that is killed, and its family"
	job run -g "$G" -- "$W/bin/inmate" storm 20 2 &
	obs await "$RUN.job" 10 5000
	wait $!
	job run -g "$G" true
	ended 0
	verdict "$SIT: a storm of forks, and the name can be used again"
	job run -g "$G" "$W/no-such-program"
	ended 127
	[ "$(wc -l <"$W/job.err")" = 1 ] || blame "not one line: $(cat "$W/job.err")"
	job run -g "$G" "$W"
	ended 126
	verdict "$SIT: what cannot be run"
	there sh -c '"$0" tick 2>"$1" & exec "$2" run -g "$3" true' \
		"$W/bin/inmate" /dev/null "$CG_BIN/cgtool" "$G" >"$W/job.out" 2>"$W/job.err"
	RC=$?
	ended 0
	obs count "$RUN.call"
	[ "$REPLY" = 1 ] || blame "$REPLY of the caller's own children live"
	obs clear "$RUN.call"
	verdict "$SIT: a child that was there before"
	if [ "$SIT" = root ]; then
		job run -g "$G" sh -c 'for f in /sys/fs/cgroup/*/cgroup.procs; do echo $$ >$f; done
			"$0" family & sleep 0.5' "$W/bin/inmate"
		ended 0
		verdict "$SIT: a program that leaves its group, with its family"
	fi
	job --json run -g "$G" sh -c '"$0" tick >/dev/null & exit 5' "$W/bin/inmate"
	ended 5
	jq -e '.exit == 5 and .ended == 1 and .left == 0 and (.result | IN("done", "weak")) and
		.oom == false and (.left_behind | length) == 1' \
		"$W/job.out" >"$W/jq" || blame "JSON: $(head -c 300 "$W/job.out")"
	verdict "$SIT: as JSON"
}

# started ARG...: a job in the background. JOB is cgtool itself.
started()
{
	: >"$W/mark"
	chmod 666 "$W/mark"
	"${ENTER[@]}" env "CGT=$RUN.job" "$CG_BIN/cgtool" run -g "$G" "$@" \
		</dev/null >"$W/job.out" 2>"$W/job.err" 7>&- 8>&- &
	JOB=$!
	for _ in $(seq 200); do
		[ ! -s "$W/mark" ] || return
		sleep 0.02
	done
	blame "it did not come up: $(head -c 300 "$W/job.err")"
}

interrupted()
{
	started sh -c 'trap "echo got >>$1; exit 9" TERM; "$0" tick & echo up >>$1; wait' \
		"$W/bin/inmate" "$W/mark"
	kill -TERM "$JOB"
	wait "$JOB"
	RC=$?
	grep -q got "$W/mark" || blame "the program was not told"
	ended 9
	verdict "$SIT: a signal goes on to the program"

	started sh -c 'trap "" TERM; "$0" tick & echo $$ >>$1; while :; do sleep 0.1; done' \
		"$W/bin/inmate" "$W/mark"
	kill -KILL "$JOB"
	wait "$JOB" 2>"$W/wait"
	obs count "$RUN.job"
	[ "$REPLY" -ge 2 ] || blame "only $REPLY processes live on"
	if [ -n "$(find_cgroups "$G")" ]; then
		there "$CG_BIN/cgtool" delete --force --pid "$(cat "$W/mark")" >"$W/job.out" 2>"$W/job.err"
		RC=$?
		ended 0
	fi
	obs clear "$RUN.job"
	verdict "$SIT: cgtool is killed, and its group can still be ended"
}

limits()
{
	local had

	job run -g "$G" --set pids.max=7 sh -c '"$0" get --pid $$ pids.max &&
		"$0" set --pid $$ pids.max=9 && "$0" get --pid $$ pids.max pids.current' \
		"$CG_BIN/cgtool"
	if ! grep -q 'pids' "$W/job.err"; then
		had=$(tr '\n' ' ' <"$W/job.out")
		[[ $had =~ ^"7 pids.max=9 pids.current="[1-9] ]] || blame "values: $had"
		ended 0
		verdict "$SIT: limits are set before the program begins"
	else
		ended 125
		verdict "$SIT: a limit that cannot be had is an error"
	fi
	job run -g "$G" --set nonsense=1 touch "$W/ran"
	ended 125
	job run -g "$G" --set pids.max touch "$W/ran"
	ended 125
	[ ! -e "$W/ran" ] || blame "the program ran without its limit"
	verdict "$SIT: what is no limit, and the program does not run"
}

# A program that asks for more than it may have. Where no limit can be set nothing is shown.
memory()
{
	# shellcheck disable=SC2016
	job run -g "$G" --set memory.max=20M --set memory.swap.max=0 \
		sh -c 'v=$(head -c 100000000 /dev/zero | tr "\0" x); echo ${#v}'
	[ "$RC" != 125 ] || job run -g "$G" --set memory.max=20M \
		sh -c 'v=$(head -c 100000000 /dev/zero | tr "\0" x); echo ${#v}'
	if [ "$RC" = 125 ]; then
		WHY=
		skip "$SIT: memory runs out" "no memory limit here: $(head -c 200 "$W/job.err")"
		return
	fi
	ended 137
	closing 'ended by SIGKILL \(status 137\): killed for want of memory \(OOM\); .*peak memory (19|20)M of 20M, [1-9]'
	verdict "$SIT: memory runs out, and that is said"
}

setup
for s in $SITUATIONS; do
	situation "$s" || { skip "$s" "$WHY_NOT"; continue; }
	G=$RUN-job
	"${ENTER[@]}" env "CGT=$RUN.stranger" "$W/bin/inmate" tick </dev/null 7>&- 8>&- &
	obs await "$RUN.stranger" 1 5000
	obs watch "$SIT" "$RUN.stranger"
	programs
	interrupted
	limits
	memory
	obs harmed "$SIT"
	[ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
	obs clear "$RUN.stranger"
	leave
	verdict "$SIT: nobody else came to harm"
done
tap_done
