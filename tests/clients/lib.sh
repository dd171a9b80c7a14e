# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests with real engines share. Everything happens in a mount namespace of the
# test's own, where /usr/local/bin holds cgrun alone, no other runtime can be called, and
# /etc/containers and /run are private copies: the files of doc/engines are used there as
# they are, and no engine of this machine is met or changed. Its mounts end with it.
#
# An engine's file defines CLI (the command), what it refuses by itself (REFUSES), and
# functions open_ENGINE, close_ENGINE and the operations.
# shellcheck source=../runtime/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../runtime/lib.sh"

# RUNTIME=PATH shows what another runtime does in cgrun's place: its failures, and in the lines
# about the story what is left of bar.

TICKS=8			# bar: init, 3 children, 3 orphans, one exec'd
PARALLEL=${PARALLEL:-100}
declare -A REFUSES	# "COLUMN OPERATION": a regular expression of the engine's own words
CLI=() WHO=() COL=''
UNHELD=''		# the runtime's logs, of an engine that asks for limits that nothing can hold

# An engine that falls back on another runtime would pass where cgrun was never asked.
hide_other_runtimes()
{
	local other

	[ "$(basename "$RUNTIME")" = cgrun ] || return 0
	printf '#!/bin/sh\necho "$0 was called instead of cgrun" >&2\nexit 1\n' >"$W/other"
	chmod 755 "$W/other"
	for other in $(type -aP runc crun | xargs -r readlink -f | sort -u); do
		mount --bind "$W/other" "$other" || return 1
	done
}

# This is about the machine: no journal, no systemd, perhaps no CAP_SYS_RESOURCE.
containers_conf()
{
	printf '%s\n' 'default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]' 'log_driver = "k8s-file"' \
		'init_path = "/usr/bin/docker-init"'
}
engine_conf() { printf '%s\n' 'events_logger = "file"' 'cgroup_manager = "cgroupfs"'; }

# Before 3.2 podman has no containers.conf.d, and a table may stand in its file only once.
one_file()
{
	echo '[containers]'
	containers_conf
	while IFS= read -r line; do
		echo "$line"
		[ "$line" != '[engine]' ] || engine_conf
	done <"$SRC/doc/engines/podman.conf"
}

private_room()
{
	mount --make-rshared /
	mkdir -p "$W"/{local/bin,etc,run/lock,run/user,image}
	cp "$RUNTIME" "$W/local/bin/cgrun"
	cp -r /etc/containers/. "$W/etc"
	mkdir -p "$W/etc/containers.conf.d"
	if podman --version | grep -q ' 3\.[01]\.'; then
		one_file >"$W/etc/containers.conf"
	else
		cp "$SRC/doc/engines/podman.conf" "$W/etc/containers.conf.d/10-cgrun.conf"
		{ echo '[containers]'; containers_conf; echo '[engine]'; engine_conf; } \
			>"$W/etc/containers.conf.d/20-test.conf"
	fi
	chmod 1777 "$W/run/lock"
	mount --bind "$W/etc" /etc/containers || return 1
	mount --bind "$W/local/bin" /usr/local/bin || return 1
	mount --bind "$W/run" /run || return 1
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin
	hash -r
	hide_other_runtimes
}

# What engines have mounted would keep the scratch directory from going.
leave_room()
{
	local points

	mapfile -t points < <(awk -v w="$W/" 'index($5, w) == 1 { print $5 }' \
		/proc/self/mountinfo | sort -r)
	[ ${#points[@]} = 0 ] || umount -l "${points[@]}"
}

# The image: busybox and the inmate, as a tar.
make_image()
{
	tar -C "$W/rootfs" --owner=0 --group=0 -cf "$W/image/image.tar" . &&
	chmod -R a+rX "$W/image"
}

# A terminal wants an input that never ends.
make_terminal()
{
	mkfifo "$W/tty.in"
	exec 6<>"$W/tty.in"
}

# WHO: the words that make a command the column's user's.
become()
{
	if [ "$1" = root ]; then
		mkdir -p "$W/root"
		HOMEDIR=$W/root
		WHO=(env -i "PATH=$PATH" "HOME=$W/root" "CGT=$RUN.engine")
		return
	fi
	make_user || { WHY_NOT="no user: $(cat "$W/useradd")"; return 1; }
	HOMEDIR=$W/home
	mkdir -p "$W/home" "$W/xdg"
	chown "$USER_ID:$GROUP_ID" "$W/home" "$W/xdg"
	chmod 700 "$W/xdg"
	WHO=(setpriv --reuid "$USER_ID" --regid "$GROUP_ID" --clear-groups env -i "PATH=$PATH"
		"HOME=$W/home" "USER=$USER_NAME" "XDG_RUNTIME_DIR=$W/xdg" "CGT=$RUN.engine")
}

# daemon_in DIR COMMAND...: starts a daemon, for an ordinary user in namespaces of rootlesskit's:
# what it writes to in /etc and /run are copies that only it sees. What it says is in DIR/log.
daemon_in()
{
	local d=$1 outer=()

	shift
	[[ $COL != *user ]] || outer=(rootlesskit --net=host --copy-up=/etc --copy-up=/run
		--propagation=rslave --state-dir "$d/rk"
		sh -c 'rm -f /run/docker /run/containerd; exec "$@"' -)
	"${WHO[@]}" "${outer[@]}" "$@" </dev/null >"$d/log" 2>&1 6>&- 7>&- 8>&- &
	DAEMON=$!
}

# await_daemon DIR: until it answers its client
await_daemon()
{
	await_file "$1/sock"
	for _ in $(seq 100); do
		e version
		[ "$RC" != 0 ] || return 0
		sleep 0.1
	done
	blame "it does not answer: $(tail -n 3 "$1/log" | tr '\n' ' ')"
	return 1
}

end_daemon()
{
	kill -TERM "$DAEMON" 2>/dev/null
	obs gone "$RUN.engine" 10000
	wait "$DAEMON" 2>/dev/null
	[ "$REPLY" = 0 ] || blame "$REPLY processes of the daemon's are left"
	[ -z "$WHY" ] || tail -n 20 "$1/log" | sed 's/^/# /'
}

# e ARGS...: one call of the engine. RC, MS; what it said in SAID and ERR.
e()
{
	local start=${EPOCHREALTIME/./} f=${F:-$W/e}

	timeout -k 2 "${LIMIT:-30}" "${CLI[@]}" "$@" </dev/null >"$f.out" 2>"$f.err" 6>&- 7>&- 8>&-
	RC=$?
	MS=$(((${EPOCHREALTIME/./} - start) / 1000))
	SAID=$(cat "$f.out") ERR=$(tr -s '\n\t' '  ' <"$f.err" | tail -c 600)
}

# want RC ARGS...: a call that has to end so, unless the engine refuses it by itself.
want()
{
	local rc=$1

	shift
	e "$@"
	[ "$RC" != "$rc" ] || return 0
	refused || blame "$1: exit $RC, not $rc: $ERR"
	return 1
}

# refused: the last call said what this engine is known to say to this operation
refused()
{
	[ -n "$REFUSAL" ] && [[ $ERR =~ $REFUSAL ]] && REFUSED=${BASH_REMATCH[0]}
}

# says TEXT: what the last call printed has that in it
says() { [[ $SAID == *"$1"* ]] || blame "'$1' is not in what it printed: ${SAID:0:300}"; }

# tty_call ARGS...: the same with a terminal; both streams are in SAID
tty_call()
{
	local line

	printf -v line '%q ' "${CLI[@]}" "$@"
	SAID=$(timeout -k 2 "${LIMIT:-30}" script -qefc "$line" /dev/null <&6 2>&1 7>&- 8>&-)
	RC=$? ERR=$SAID
}

# Nothing of cgrun's stays once its call is over; a second is for what is ending.
no_runtime_left()
{
	local pid comm left

	for _ in $(seq 50); do
		left=''
		obs pids "$RUN.engine"
		for pid in $REPLY; do
			read -r comm 2>/dev/null <"/proc/$pid/comm"
			[[ $comm != cgrun* ]] || left+=" $pid"
		done
		[ -n "$left" ] || return 0
		sleep 0.02
	done
	blame "a process of cgrun is left:$left"
}

# live TAG N: exactly so many processes have that tag, now or soon, and none is the runtime's
live()
{
	obs await "$RUN.$1" "$2" 5000
	[ "$REPLY" = "$2" ] || { blame "$REPLY of $2 processes of $1 came up"; return 1; }
	no_runtime_left
}

dead()
{
	obs gone "$RUN.$1" "${2:-2000}"
	[ "$REPLY" = 0 ] || blame "$REPLY of $1's processes are left"
}

# limit_of TAG CONTROLLER V1FILE V2FILE: what holds for the processes, as the host has it
limit_of()
{
	local pid n ctrl path

	obs pids "$RUN.$1"
	pid=${REPLY%% *}
	LIMITED='no such file'
	while IFS=: read -r n ctrl path; do
		if [ "$ctrl" = "$2" ]; then
			LIMITED=$(cat "${CGMNT[$2]:-/nonexistent}$path/$3" 2>/dev/null) && return
		elif [ -z "$ctrl" ] && [ -e "${CGMNT[v2]:-}$path/$4" ]; then
			LIMITED=$(cat "${CGMNT[v2]}$path/$4") && return
		fi
	done <"/proc/${pid:-self}/cgroup"
}

# warned LOG...: where the engine asks for a limit that no cgroup can hold, the runtime's log says so
warned()
{
	cat "$@" 2>"$W/cat" | grep -q 'level.*warn.*ignored: ' || blame "the limit is silently ignored"
	OUTCOME=warned
}

# limited VALUE [V2VALUE]: an engine that drops limits says so to the user, or in its `info`
limited()
{
	[ "$LIMITED" != "$1" ] && [ "$LIMITED" != "${2:-$1}" ] || return 0
	[ -z "$REFUSAL" ] || { e info; refused && return; }
	[ -z "$UNHELD" ] || { warned $UNHELD; return; }
	blame "the limit is $LIMITED, not $1"
}

# await_file FILE: until it is there, for ten seconds
await_file()
{
	for _ in $(seq 500); do
		[ ! -e "$1" ] || return 0
		sleep 0.02
	done
	return 1
}

# all_at_once VERB: one call for each of the containers p1, p2, ...
all_at_once()
{
	local i verb=$1 pids=() why

	for i in $(seq "$PARALLEL"); do
		(
			F=$W/par$i
			case $verb in
			run) up_ "p$i-parallel" -- /bin/inmate tick ;;
			# shellcheck disable=SC2086
			*) want 0 $verb "p$i-parallel" ;;
			esac
			echo "$WHY" >"$F.why"
		) &
		pids+=($!)
	done
	wait "${pids[@]}"
	for i in $(seq "$PARALLEL"); do
		read -r why <"$W/par$i.why"
		[ -z "$why" ] || blame "$verb, $i of $PARALLEL: $why"
	done
	[ -z "$WHY" ]
}

# ENDING: the verbs that end containers in the engine's words
op_parallel()
{
	local LIMIT=120 verb

	all_at_once run
	obs await "$RUN.p*" "$PARALLEL" 5000
	[ "$REPLY" = "$PARALLEL" ] || blame "$REPLY of $PARALLEL came up"
	for verb in "${ENDING[@]}"; do
		[ -n "$WHY" ] || all_at_once "$verb"
	done
	obs gone "$RUN.p*" 2000
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	[ -z "$WHY" ] || drop_all
}

# judge_bar: what the last call has left of it
judge_bar()
{
	local took=$MS rc=$RC left old harmed listed=no

	dead bar
	left=$REPLY
	obs left bar
	old=$REPLY
	[ "$old" = 0 ] || blame "$old of those from before survive"
	obs forget bar
	obs harmed "$COL"
	harmed=$REPLY
	[ "$harmed" = 0 ] || blame "foo is harmed: $harmed"
	[ "$took" -lt 2000 ] || blame "it took $took ms"
	list_names
	[[ " ${SAID//$'\n'/ } " != *' bar '* ]] || { listed=yes; blame "bar is still listed"; }
	forget_bar
	obs clear "$RUN.bar"
	echo "# $COL: ${FUNCNAME[1]#op_}: exit $rc, $took ms, $left left, foo harmed: $harmed," \
		"still listed: $listed"
}

# play OPERATION: one cell of the table
play()
{
	local op=$1 start=$SECONDS

	WHY='' OUTCOME=ok REFUSED='' REFUSAL=${REFUSES["$COL $1"]:-}
	"op_$op"
	obs clear "$RUN.*-$op"
	obs clear "$RUN.$op"
	no_runtime_left
	[ -z "$REFUSAL" ] || [ -n "$REFUSED$WHY" ] || blame "$CLI_NAME refuses it no more"
	[ -z "${VERBOSE:-}" ] || echo "# $op: $((SECONDS - start)) s"
	if [ -n "$REFUSED" ] && [ -z "$WHY" ]; then
		CELL[$COL,$op]=refused
		skip "$COL: $op" "$CLI_NAME refuses: $REFUSED"
		return
	fi
	CELL[$COL,$op]=$OUTCOME
	[ -z "$WHY" ] || CELL[$COL,$op]=FAILS
	verdict "$COL: $op"
}
