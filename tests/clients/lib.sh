# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the tests with real engines share. Everything happens in a mount namespace of the
# test's own, where /usr/local/bin holds cgrun alone, and /etc/containers and /run are
# private copies: the files of doc/engines are used there as they are, and no engine of
# this machine is met or changed. Its mounts end with it.
#
# An engine's file defines CLI (the command), what it refuses by itself (REFUSES), and
# functions open_ENGINE, close_ENGINE and the operations.
# shellcheck source=../runtime/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../runtime/lib.sh"

TICKS=8			# bar: init, 3 children, 3 orphans, one exec'd
declare -A REFUSES	# "COLUMN OPERATION": a regular expression of the engine's own words
CLI=() WHO=() COL=''

private_room()
{
	mount --make-rshared /
	mkdir -p "$W"/{local/bin,etc,run/lock,run/user,image}
	cp "$RUNTIME" "$W/local/bin/cgrun"
	cp -r /etc/containers/. "$W/etc"
	mkdir -p "$W/etc/containers.conf.d"
	cp "$SRC/doc/engines/podman.conf" "$W/etc/containers.conf.d/10-cgrun.conf"
	# This is about the machine: no journal, no systemd, perhaps no CAP_SYS_RESOURCE.
	cat >"$W/etc/containers.conf.d/20-test.conf" <<-END
		[containers]
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		log_driver = "k8s-file"
		init_path = "/usr/bin/docker-init"
		[engine]
		events_logger = "file"
		cgroup_manager = "cgroupfs"
	END
	chmod 1777 "$W/run/lock"
	mount --bind "$W/etc" /etc/containers || return 1
	mount --bind "$W/local/bin" /usr/local/bin || return 1
	mount --bind "$W/run" /run || return 1
	export PATH=/usr/sbin:/usr/bin:/sbin:/bin
	hash -r
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

# live TAG N: exactly so many processes have that tag, now or soon
live()
{
	obs await "$RUN.$1" "$2" 5000
	[ "$REPLY" = "$2" ] || blame "$REPLY of $2 processes of $1 came up"
	[ "$REPLY" = "$2" ]
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

# limited VALUE [V2VALUE]: an engine that drops limits says so to the user, or in its `info`
limited()
{
	[ "$LIMITED" != "$1" ] && [ "$LIMITED" != "${2:-$1}" ] || return 0
	[ -z "$REFUSAL" ] || { e info; refused && return; }
	blame "the limit is $LIMITED, not $1"
}

# Nothing of cgrun's stays once its call is over.
no_runtime_left()
{
	local pid comm

	obs pids "$RUN.engine"
	for pid in $REPLY; do
		comm=$(cat "/proc/$pid/comm" 2>/dev/null)
		[[ $comm != cgrun* ]] || blame "a process of cgrun is left: $pid"
	done
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

# play OPERATION: one cell of the table
play()
{
	local op=$1 start=$SECONDS

	WHY='' REFUSED='' REFUSAL=${REFUSES["$COL $1"]:-}
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
	CELL[$COL,$op]=ok
	[ -z "$WHY" ] || CELL[$COL,$op]=FAILS
	verdict "$COL: $op"
}
