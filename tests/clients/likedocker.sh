# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The operations of engines whose command line is docker's: podman and docker.

LIKEDOCKER='run exit exec exec-t run-t logs stop kill restart pause top stats update
	memory pids cpus device device-rule read-only cap-drop seccomp user init volume tmpfs
	health parallel story-rm story-stop story-stop-x story-kill story-paused story-dead
	story-end'

UPOPTS=()	# of a container in the background

# up_ NAME OPTIONS... -- COMMAND...: a container in the background
up_()
{
	local name=$1 opts=()

	shift
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	want 0 run -d --name "$name" "${RUNOPTS[@]}" "${UPOPTS[@]}" -e "CGT=$RUN.$name" "${opts[@]}" bb "$@"
}

# once OPTIONS... -- COMMAND...: a container in the foreground, gone afterwards
once()
{
	local rc=$1 opts=()

	shift
	while [ "$1" != -- ]; do opts+=("$1"); shift; done
	shift
	want "$rc" run --rm "${RUNOPTS[@]}" "${opts[@]}" bb "$@"
}

drop() { e "${RM[@]}" "$1"; [ "$RC" = 0 ] || blame "rm -f: exit $RC: $ERR"; dead "$1"; }

op_run()
{
	once 0 -e A=word --hostname inside -- sh -c 'echo $A $(hostname); echo err >&2' &&
		{ says 'word inside'; [[ $ERR == *err* ]] || blame "nothing came from its stderr"; }
	want 0 ps -a -q && [ -z "$SAID" ] || blame "it is still listed: $SAID"
}

op_exit()
{
	once 0 -- true
	once 37 -- sh -c 'exit 37'
	once 126 -- /etc/passwd
	once 127 -- /nosuch
	up_ exit -- /bin/inmate tick && want 0 kill exit && want 0 wait exit && says 137
	drop exit
}

# EXEC_MISSING: docker's own answer is 126 with every runtime.
op_exec()
{
	up_ exec -- /bin/inmate reaper || return
	want 0 exec exec sh -c 'echo in $(cat /proc/1/comm)' && says 'in inmate'
	want 37 exec exec sh -c 'exit 37'
	want 126 exec exec /etc/passwd
	want "$EXEC_MISSING" exec exec /nosuch
	want 0 exec -u 1000:1000 -w /tmp exec sh -c 'id -u; pwd' && { says 1000; says /tmp; }
	drop exec
}

op_exec-t()
{
	up_ exec-t -- /bin/inmate reaper || return
	tty_call exec -it exec-t sh -c 'tty; exit 37'
	[ "$RC" = 37 ] || blame "exit $RC, not 37: $ERR"
	says /dev/pts/
	drop exec-t
}

op_run-t()
{
	tty_call run --rm -it "${RUNOPTS[@]}" bb sh -c 'tty; exit 37'
	[ "$RC" = 37 ] || blame "exit $RC, not 37: $ERR"
	says /dev/
}

op_logs()
{
	up_ logs -- sh -c 'echo one; echo two >&2; exec /bin/inmate tick' || return
	live logs 1
	want 0 logs logs && says one
	[[ $SAID$ERR == *two* ]] || blame "its stderr is not in the log"
	drop logs
}

op_stop()
{
	up_ stop -- /bin/inmate reaper || return
	live stop 2
	want 0 stop -t 10 stop
	dead stop
	want 0 inspect -f '{{.State.ExitCode}}' stop && says 143
	want 0 rm stop
	up_ stop -- /bin/inmate tick || return	# PID 1 without a handler: deaf to TERM
	want 0 stop -t 1 stop
	dead stop
	want 0 inspect -f '{{.State.ExitCode}}' stop && says 137
	want 0 rm stop
}

op_kill()
{
	up_ kill -- /bin/inmate family || return
	live kill 7
	want 0 kill kill
	dead kill
	want 0 rm kill
}

op_restart()
{
	up_ restart -- /bin/inmate reaper || return
	live restart 2
	obs watch restart "$RUN.restart"
	want 0 restart -t 1 restart
	obs left restart
	[ "$REPLY" = 0 ] || blame "$REPLY of the old processes are left"
	live restart 2
	drop restart
}

op_pause()
{
	up_ pause -- /bin/inmate reaper || return
	live pause 2
	want 0 pause pause || { drop pause; return; }
	want 0 inspect -f '{{.State.Status}}' pause && says paused
	obs watch pause "$RUN.pause"
	obs harmed pause
	[[ $REPLY == 2* ]] || blame "of 2 paused these stand: $REPLY"
	want 0 unpause pause
	obs harmed pause
	[ "$REPLY" = 0 ] || blame "unpaused, but: $REPLY"
	obs forget pause
	drop pause
}

op_top()
{
	up_ top -- /bin/inmate family || return
	live top 7
	want 0 top top && [ "$(grep -c inmate <<<"$SAID")" = 7 ] || blame "it shows: $SAID"
	drop top
}

op_stats()
{
	up_ stats -- /bin/inmate tick || return
	want 0 stats --no-stream stats && says stats
	drop stats
}

op_memory()
{
	up_ memory --memory 64m -- /bin/inmate tick || return
	refused || {
		limit_of memory memory memory.limit_in_bytes memory.max
		limited 67108864
	}
	drop memory
}

op_pids()
{
	up_ pids --pids-limit 50 -- /bin/inmate tick || return
	refused || {
		limit_of pids pids pids.max pids.max
		limited 50
	}
	drop pids
}

op_cpus()
{
	up_ cpus --cpus 0.5 -- /bin/inmate tick || return
	refused || {
		limit_of cpus cpu cpu.cfs_quota_us cpu.max
		limited 50000 '50000 100000'
	}
	drop cpus
}

# Where the engine has dropped the limits, an update that says it was done would be a lie.
op_update()
{
	local limits=${REFUSES["$COL memory"]:-}

	up_ update --memory 64m -- /bin/inmate tick || return
	e update --memory 128m --memory-swap 128m update
	if refused; then
		:
	elif [ -n "$limits" ]; then
		[ "$RC" != 0 ] || blame "it succeeds, and nothing can be limited"
	elif [ "$RC" != 0 ]; then
		blame "exit $RC: $ERR"
	else
		limit_of update memory memory.limit_in_bytes memory.max
		limited 134217728
	fi
	drop update
}

op_device()
{
	once 0 --device /dev/fuse -- ls -l /dev/fuse && says '10, 229'
}

# An ordinary user can make no device anyway: that there is no rule in force shows nowhere.
op_device-rule()
{
	[[ $COL != *user ]] || { once 1 -- mknod /dev/other c 1 11; return; }
	local make='mknod /dev/other c 10 229 && : </dev/other'

	once 0 --cap-add mknod --device-cgroup-rule 'c 10:229 rwm' -- sh -c "$make"
	once 1 --cap-add mknod -- sh -c "$make" && [[ $ERR == *'not permitted'* ]] ||
		blame "the device was not refused: $ERR"
}

op_read-only()
{
	once 1 --read-only -- touch /x && [[ $ERR == *Read-only* ]] || blame "not refused: $ERR"
}

op_cap-drop()
{
	once 0 --cap-drop all -- grep Cap /proc/self/status && says $'CapEff:\t0000000000000000'
	once 1 --cap-drop chown -- chown 1 /bin && [[ $ERR == *'not permitted'* ]] ||
		blame "not refused: $ERR"
}

# A call that the profile of the engine refuses, and nothing else does.
op_seccomp()
{
	once 0 --security-opt seccomp=unconfined -- /bin/inmate personality
	once 1 -- /bin/inmate personality && [[ $ERR == *personality* ]] || blame "not refused: $ERR"
	once 0 -- grep Seccomp: /proc/self/status && says $'Seccomp:\t2'
}

op_user()
{
	once 0 --user 1000:1001 -- id && [[ $SAID == *uid=1000*gid=1001* ]] || blame "it is $SAID"
}

op_init()
{
	once 0 --init -- sh -c 'cat /proc/1/comm; exit 0' && [[ $SAID != sh* ]] ||
		blame "init is $SAID"
	once 37 --init -- sh -c 'exit 37'
}

op_volume()
{
	mkdir -p "$HOMEDIR/vol"
	echo before >"$HOMEDIR/vol/a"
	chmod 777 "$HOMEDIR/vol"
	once 0 -v "$HOMEDIR/vol:/data" -- sh -c 'cat /data/a; echo after >/data/b' && says before
	[ "$(cat "$HOMEDIR/vol/b" 2>/dev/null)" = after ] || blame "nothing was written"
	once 1 -v "$HOMEDIR/vol:/data:ro" -- touch /data/c
	want 0 volume create named
	once 0 -v named:/data -- sh -c 'echo kept >/data/a'
	once 0 -v named:/data -- cat /data/a && says kept
	want 0 volume rm named
}

op_tmpfs()
{
	once 0 --tmpfs /scratch:size=1m,mode=1777 -- \
		sh -c 'grep scratch /proc/mounts; touch /scratch/a' && says 'size=1024k'
}

ENDING=(kill 'rm -f')
drop_all() { for i in $(seq "$PARALLEL"); do e rm -f "p$i-parallel"; done; }

# ---- the story: bar lives in the PID namespace of foo -------------------------

# foo once for all of them, with a reaping init; bar anew for each
bring_both()
{
	want 0 ps -q -f name=foo
	if [ -z "$SAID" ]; then
		up_ foo -- /bin/inmate reaper || return
		live foo 2 || return
		obs watch "$COL" "$RUN.foo"
	fi
	up_ bar --pid=container:foo -- /bin/inmate family || return
	live bar 7 || return
	if [ $# = 0 ]; then
		want 0 exec -d bar /bin/inmate tick
		live bar "$TICKS" || return
	fi
	obs watch bar "$RUN.bar"
}

list_names() { want 0 ps -a --format '{{.Names}}'; }
forget_bar() { e rm -f bar; }

op_story-rm() { bring_both && { want 0 rm -f bar; judge_bar; }; }

op_story-stop()
{
	bring_both no-exec || return
	want 0 stop -t 1 bar
	want 0 rm bar
	judge_bar
}

# What is exec'd outlives init, which is all that TERM goes to.
op_story-stop-x()
{
	bring_both || return
	if want 0 stop -t 1 bar; then want 0 rm bar; else e rm -f bar; fi
	judge_bar
}

op_story-kill()
{
	bring_both || return
	want 0 kill bar
	dead bar
	for _ in $(seq 100); do
		e inspect -f '{{.State.Running}}' bar
		[ "$SAID" = true ] || break
	done
	want 0 rm bar
	judge_bar
}

op_story-paused()
{
	bring_both || return
	if want 0 pause bar; then want 0 rm -f bar; else e rm -f bar; fi
	judge_bar
}

op_story-dead()
{
	bring_both || return
	want 0 inspect -f '{{.State.Pid}}' bar && kill -KILL "$SAID"
	want 0 rm -f bar
	judge_bar
}

op_story-end()
{
	want 0 rm -f foo
	dead foo
	want 0 ps -a -q && [ -z "$SAID" ] || blame "still listed: $SAID"
	obs forget "$COL"
}
