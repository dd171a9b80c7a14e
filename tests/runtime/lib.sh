# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the runtime's tests and tools/quickstart share: a scratch directory with a root
# file system, a judge outside of every container, an ordinary user, and the situations
# that a runtime meets. Source it, call `setup`, then `situation NAME` and `rt VERB...`.
#
# RUNTIME	the runtime to test (default: $CG_BIN/cgrun); runc and crun serve to see tests fail
# KEEP=1	leaves the scratch directory (never a process or a cgroup)
# AS_USER	an ordinary user that exists, instead of one made for the test
# WHERE	whence the user calls, on a host with systemd: session (a login session) or scope
#		(one of the user's own manager, delegated)
# BUDGET	milliseconds that a call may take (default 4000; more where the processor is emulated)
#
# Processes are told apart by CGT=TAG in their environment: what runs in container X has
# the tag $RUN.X, a call of the runtime and whatever it leaves has $RUN.call.

export LC_ALL=C
unset CGT
SRC=${CG_SRC:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
# shellcheck source=../lib/tap.sh
. "$SRC/tests/lib/tap.sh"

# Collects complaints; `verdict NAME` makes one case of them and forgets them.
WHY=
blame() { WHY+="${WHY:+; }$*"; }
verdict()
{
	if [ -z "$WHY" ]; then
		pass "$1"
	else
		fail "$1" "$WHY"
	fi
	WHY=
}

# collected ARG...: the test begins again below a process that collects whom it leaves at once,
# as conmon and shims do. The machine's own init may take seconds.
collected()
{
	[ -z "${COLLECTED:-}" ] && [ -x "${CG_BUILD:-}/tests/lib/inmate" ] || return 0
	COLLECTED=1 exec "$CG_BUILD/tests/lib/inmate" collect "$0" "$@"
}

# ---- tools -----------------------------------------------------------------

find_runtime()
{
	RUNTIME=${RUNTIME:-${CG_BIN:?the directory with cgrun}/cgrun}
	RUNTIME=$(command -v "$RUNTIME") || { echo "no runtime to test"; exit 1; }
}

# One of the static programs of tests/lib: from the build tree, else made here.
helper()
{
	if [ -x "${CG_BUILD:-}/tests/lib/$1" ]; then
		cp "$CG_BUILD/tests/lib/$1" "$W/bin/$1"
	else
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O2 -static -o "$W/bin/$1" "$SRC/tests/lib/$1.c"
	fi || { echo "cannot make tests/lib/$1"; exit 1; }
}

# crun refuses a hybrid host whose cgroup2 tree has a controller: hide that from it.
mask_crun()
{
	case $(basename "$RUNTIME") in crun*) ;; *) return ;; esac
	[ -e /sys/fs/cgroup/unified/cgroup.controllers ] || return
	: >"$W/empty"
	printf '%s\n' '#!/bin/sh' \
		"exec unshare -m sh -c 'mount --bind \"\$0\" /sys/fs/cgroup/unified/cgroup.controllers && exec \"\$@\"' \\" \
		"$W/empty $RUNTIME \"\$@\"" >"$W/bin/crun"
	chmod 755 "$W/bin/crun"
	RUNTIME=$W/bin/crun
}

# ---- the judge -------------------------------------------------------------

start_observer()
{
	mkfifo "$W/obs.in" "$W/obs.out"
	exec 7<>"$W/obs.in" 8<>"$W/obs.out"
	# Who interrupts the test does not interrupt the judge: cleaning up needs it.
	(trap '' INT TERM HUP; exec "$W/bin/observer" <"$W/obs.in" >"$W/obs.out" 7>&- 8>&-) &
	OBSERVER=$!
}

# Asks the observer; the answer is in REPLY.
obs()
{
	printf '%s\n' "$*" >&7
	IFS= read -r -t 30 REPLY <&8 || REPLY="no answer from the observer"
}

# ---- scratch, root file system, mounts -------------------------------------

make_rootfs()
{
	local busybox

	busybox=$(command -v busybox) || { echo "busybox is missing (tools/install-deps)"; exit 1; }
	mkdir -p "$W/rootfs"/{bin,dev,proc,sys,tmp,etc,run,mnt,root}
	cp "$busybox" "$W/rootfs/bin/busybox"
	cp "$W/bin/inmate" "$W/rootfs/bin/inmate"
	chroot "$W/rootfs" /bin/busybox --install -s /bin
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$W/rootfs/etc/passwd"
	printf 'root:x:0:\n' >"$W/rootfs/etc/group"
	chmod 1777 "$W/rootfs/tmp"
}

# CGMNT[controller]: where that hierarchy is mounted; "" is cgroup v2.
declare -A CGMNT
find_hierarchies()
{
	local line point type opts o

	while read -r line; do
		read -r _ _ _ _ point _ <<<"${line%% - *}"
		read -r type _ opts <<<"${line##* - }"
		[ "$type" = cgroup2 ] && CGMNT[v2]=${CGMNT[v2]:-$point}
		[ "$type" = cgroup ] || continue
		for o in ${opts//,/ }; do
			CGMNT[$o]=${CGMNT[$o]:-$point}
		done
	done </proc/self/mountinfo
}

setup()
{
	[ "$(id -u)" = 0 ] || skip_all "needs root"
	W=$(mktemp -d "${TMPDIR:-/tmp}/cgtXXXXXX")
	RUN=$(basename "$W")
	chmod 711 "$W"
	mkdir "$W/bin"
	USER_NAME='' ENGINE='' LEADER='' OBSERVER='' SIT=''
	ENTER=()
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	find_runtime
	find_hierarchies
	mask_crun
	helper inmate
	helper observer
	make_rootfs
	start_observer
}

# Ends what is left by tag, thaws and removes cgroups by name, then the user and the files.
cleanup()
{
	# A child that is killed before it has become its program runs the trap of its parent.
	[ "$BASHPID" = $$ ] || return
	trap '' INT TERM HUP
	[ -n "${W:-}" ] || return
	clear_cgroups "$RUN"
	if [ -n "$OBSERVER" ]; then
		obs clear "$RUN.*"
		clear_cgroups "$RUN"
		[ "$REPLY" = 0 ] || echo "# cleaning up: still there: $REPLY"
		exec 7>&- 8>&-
		kill -KILL "$OBSERVER" 2>/dev/null
		wait "$OBSERVER" 2>/dev/null
	fi
	[ -z "$USER_NAME" ] || [ -n "${AS_USER:-}" ] || userdel "$USER_NAME" 2>/dev/null
	[ -n "${KEEP:-}" ] && echo "# scratch: $W" || rm -rf "$W"
}

# Thaws, empties and removes the cgroups with this in their name: only ever ours.
clear_cgroups()
{
	local d p

	for d in $(find_cgroups "$1"); do
		[ ! -e "$d/freezer.state" ] || echo THAWED >"$d/freezer.state"
		[ ! -e "$d/cgroup.kill" ] || echo 1 >"$d/cgroup.kill"
		while read -r p; do kill -KILL "$p"; done <"$d/cgroup.procs"
		for _ in 1 2 3 4 5 6 7 8; do
			rmdir "$d" && break
			sleep 0.05
		done
	done 2>/dev/null
}

# Cgroup directories with this in their name, deepest first.
find_cgroups()
{
	find /sys/fs/cgroup -mindepth 1 -depth -type d -path "*$1*" 2>/dev/null
}

# ---- the user, the situations ----------------------------------------------

make_user()
{
	[ -z "$USER_NAME" ] || return 0
	if [ -n "${AS_USER:-}" ]; then
		USER_NAME=$AS_USER
		USER_ID=$(id -u "$AS_USER") GROUP_ID=$(id -g "$AS_USER")
		return
	fi
	useradd --no-create-home --home-dir / --shell /bin/sh "$RUN" >"$W/useradd" 2>&1 || return 1
	USER_NAME=$RUN
	USER_ID=$(id -u "$RUN") GROUP_ID=$(id -g "$RUN")
	grep -q "^$RUN:" /etc/subuid 2>/dev/null && return
	# A range of its own, far from everybody's: the kernel does not mind, shadow asks for one.
	usermod --add-subuids $((USER_ID * 65536))-$((USER_ID * 65536 + 65535)) \
		--add-subgids $((USER_ID * 65536))-$((USER_ID * 65536 + 65535)) "$RUN"
}

sub_start() { sed -n "s/^$USER_NAME:\([0-9]*\):.*/\1/p" "/etc/sub$1" | head -n 1; }

# As systemd does it: the directory and what the kernel lets its owner use, nothing else.
delegate()
{
	local d=$1/$RUN-user f

	mkdir "$d" || return 1
	chown "$USER_ID:$GROUP_ID" "$d"
	for f in cgroup.procs cgroup.threads cgroup.subtree_control tasks; do
		[ ! -e "$d/$f" ] || chown "$USER_ID:$GROUP_ID" "$d/$f"
	done
	PLACE=$d/cgroup.procs
}

# One process of the user's stays in a session or scope of its own; what is called joins it.
start_leader()
{
	local cmd=("$W/bin/inmate" tick) bus=/run/user/$USER_ID n ctrl path

	[ -S "$bus/bus" ] || { WHY_NOT="$AS_USER has no manager"; return 1; }
	[ "$WHERE" != scope ] || cmd=(systemd-run --user --quiet --scope -p Delegate=yes "${cmd[@]}")
	systemd-run --quiet --pipe --wait --collect -p "User=$USER_NAME" -p PAMName=login \
		-E "XDG_RUNTIME_DIR=$bus" -E "CGT=$RUN.leader" "${cmd[@]}" \
		</dev/null >"$W/leader" 2>&1 7>&- 8>&- &
	LEADER=$!
	obs await "$RUN.leader" 1 20000
	for _ in $(seq 500); do
		obs pids "$RUN.leader"
		# shellcheck disable=SC2086
		set -- $REPLY
		[ $# != 1 ] || [ "$(cat "/proc/$1/comm")" != inmate ] || break
		sleep 0.02
	done
	[ $# = 1 ] || { WHY_NOT="no $WHERE: $(cat "$W/leader")"; return 1; }
	while IFS=: read -r n ctrl path; do
		[ -n "$ctrl" ] || ctrl=v2
		[ -z "${CGMNT[${ctrl%%,*}]:-}" ] || PLACE+=" ${CGMNT[${ctrl%%,*}]}${path%/}/cgroup.procs"
	done <"/proc/$1/cgroup"
}

# The command that turns root's shell into the user's, in the cgroup that is its place.
as_user()
{
	# shellcheck disable=SC2016
	ENTER=(sh -c 'for p in $0; do echo $$ >"$p" || exit 125; done; exec "$@"' "$PLACE"
		env -i PATH="$PATH" HOME=/ CGT="$RUN.call"
		XDG_RUNTIME_DIR="$([ -n "$LEADER" ] && echo "/run/user/$USER_ID" || echo "$SDIR")"
		setpriv --reuid "$USER_ID" --regid "$GROUP_ID" --clear-groups)
}

# podman and rootlesskit do this: root of a user namespace with the user's own ids.
start_engine()
{
	local user=("${ENTER[@]}") map=(--map-root-user --map-auto)

	[[ $(unshare --help) == *--map-auto* ]] || map=()	# util-linux before 2.38
	"${user[@]}" env "CGT=$RUN.engine" unshare -U -m "${map[@]}" \
		"$W/bin/inmate" tick 7>&- 8>&- </dev/null 2>"$W/engine.err" &
	ENGINE=$!
	# It has its ids when it has become what it is to be.
	for _ in $(seq 500); do
		[ "$(cat "/proc/$ENGINE/comm" 2>/dev/null)" != inmate ] || break
		sleep 0.01
	done
	[ ${#map[@]} != 0 ] || {
		"${user[@]}" newuidmap "$ENGINE" 0 "$USER_ID" 1 1 "$(sub_start uid)" 65536
		"${user[@]}" newgidmap "$ENGINE" 0 "$GROUP_ID" 1 1 "$(sub_start gid)" 65536
	} 2>>"$W/engine.err"
	if [ "$(cat "/proc/$ENGINE/comm" 2>/dev/null)" != inmate ]; then
		obs clear "$RUN.engine"
		wait "$ENGINE"
		WHY_NOT="no user namespace (unshare ended with $?): $(tail -n 1 "$W/engine.err")"
		return 1
	fi
	ENTER=("${user[@]}" nsenter -t "$ENGINE" -U -m --preserve-credentials)
}

declare -A TITLE=(
	[root]='root'
	[unified]='user, unified subtree delegated'
	[named]='user, name=systemd subtree delegated'
	[engine]='user, nothing, in an engine'\''s user namespace'
	[own]='user, nothing, user namespace of its own'
	[tagged]='user, nothing, org.libcg.tag=userns'
	[plain]='user, nothing, no engine: foo'\''s user namespace for both'
)
SITUATIONS=${SITUATIONS:-root unified named engine own tagged plain}

# Everything that follows happens there. 1: this host cannot show it, WHY_NOT says why.
situation()
{
	SIT=$1 PLACE='' WHY_NOT='' ENGINE='' LEADER='' SITFILTER=.
	SDIR=$W/$SIT
	STATE=$SDIR/state LOG=$SDIR/log
	mkdir -p "$SDIR"
	if [ "$SIT" = root ]; then
		ENTER=(env "CGT=$RUN.call")
		return
	fi
	make_user || { WHY_NOT="no user: $(cat "$W/useradd")"; return 1; }
	chown "$USER_ID:$GROUP_ID" "$SDIR"
	case $SIT in
	unified)
		[ -n "${CGMNT[v2]:-}" ] || { WHY_NOT="no cgroup v2 is mounted"; return 1; }
		delegate "${CGMNT[v2]}" || { WHY_NOT="cannot make a cgroup in ${CGMNT[v2]}"; return 1; } ;;
	named)
		[ -n "${CGMNT[name=systemd]:-}" ] || { WHY_NOT="no name=systemd is mounted"; return 1; }
		delegate "${CGMNT[name=systemd]}" || { WHY_NOT="cannot make a cgroup there"; return 1; } ;;
	esac
	[ -z "${WHERE:-}" ] || start_leader || return 1
	as_user
	if [ "$SIT" = plain ]; then
		SITFILTER=".linux.namespaces += [{ type: \"user\" }]
			| .linux.uidMappings = [ { containerID: 0, hostID: $USER_ID, size: 1 },
				{ containerID: 1, hostID: $(sub_start uid), size: 65535 } ]
			| .linux.gidMappings = [ { containerID: 0, hostID: $GROUP_ID, size: 1 },
				{ containerID: 1, hostID: $(sub_start gid), size: 65535 } ]"
		return
	fi
	start_engine
}

# Leaves it: the engine ends, the delegated subtree goes (it must be empty by now).
leave()
{
	[ -z "$ENGINE" ] || { obs clear "$RUN.engine"; wait "$ENGINE" 2>/dev/null; }
	if [ -n "$LEADER" ]; then
		obs clear "$RUN.leader"
		wait "$LEADER" 2>/dev/null
	elif [ -n "$PLACE" ]; then
		rmdir "${PLACE%/*}" || blame "the delegated cgroup is not empty"
	fi
	ENGINE='' PLACE='' LEADER=''
}

# ---- bundles and calls -----------------------------------------------------

BASE_CONFIG='{
	ociVersion: "1.0.2",
	root: { path: $rootfs },
	hostname: "inside",
	process: {
		user: { uid: 0, gid: 0 }, cwd: "/", args: $ARGS.positional,
		env: [ "PATH=/bin", "CGT=" + $tag ], noNewPrivileges: true,
		capabilities: (["CAP_KILL", "CAP_CHOWN", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_CHROOT"]
			| { bounding: ., effective: ., permitted: . })
	},
	mounts: [
		{ destination: "/proc", type: "proc", source: "proc" },
		{ destination: "/dev", type: "tmpfs", source: "tmpfs",
		  options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
		{ destination: "/dev/pts", type: "devpts", source: "devpts",
		  options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] },
		{ destination: "/dev/shm", type: "tmpfs", source: "shm",
		  options: ["nosuid", "noexec", "nodev", "mode=1777", "size=1024k"] }
	],
	linux: { namespaces: (["pid", "ipc", "uts", "mount"] | map({ type: . })) }
}'
# bundle ID FILTER ARGS...: a bundle in $SDIR/ID that runs ARGS, its configuration passed through jq's FILTER.
bundle()
{
	local id=$1 filter=$2

	shift 2
	mkdir -p "$SDIR/$id"
	jq -n --arg rootfs "$W/rootfs" --arg tag "$RUN.$id" "$BASE_CONFIG | $SITFILTER | $filter" \
		--args -- "$@" >"$SDIR/$id/config.json" || exit 1
	[ "$SIT" = root ] || chown -R "$USER_ID:$GROUP_ID" "$SDIR/$id"
}

# A command in the situation, as whoever calls runtimes there. In the foreground, so that
# an interruption reaches it: the shell would wait for it, and go on.
there()
{
	timeout --foreground -k 1 "${LIMIT:-20}" "${ENTER[@]}" "$@" </dev/null 7>&- 8>&-
}

# rt VERB...: one call of the runtime. RC, MS (how long); what it said in $OUT.out and $OUT.err.
rt()
{
	local start=${EPOCHREALTIME/./}

	: "${OUT:=$W/rt}"
	there "$RUNTIME" --root "$STATE" --log "$LOG" --log-format json "$@" >"$OUT.out" 2>"$OUT.err"
	RC=$?
	MS=$(((${EPOCHREALTIME/./} - start) / 1000))
}

said() { tr -s '\n\t' '  ' <"${OUT:-$W/rt}.err" | cut -c1-800; }

# A call that has to succeed within the budget that callers have.
rt_ok()
{
	rt "$@"
	[ "$RC" = 0 ] || blame "$1: exit $RC: $(said)"
	[ "$MS" -lt "${BUDGET:-4000}" ] || blame "$1 took $MS ms"
	[ "$RC" = 0 ]
}

# up ID COUNT: creates and starts $SDIR/ID and waits until COUNT processes run. PID is its init's.
up()
{
	local id=$1 n=$2

	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
	rt_ok create --bundle "$SDIR/$id" --pid-file "$SDIR/$id/pid" "$RUN-$id" || return 1
	PID=$(cat "$SDIR/$id/pid")
	rt_ok start "$RUN-$id" || return 1
	obs await "$RUN.$id" "$n" 5000
	[ "$REPLY" -ge "$n" ] || { blame "only $REPLY of $n processes came up"; return 1; }
}

# foo, with a reaping init; JOIN is then the filter for containers in its PID namespace.
bring_foo()
{
	bundle foo . /bin/inmate reaper
	up foo 2 || return 1
	obs watch "$SIT" "$RUN.foo"
	JOIN="(.linux.namespaces[] | select(.type == \"pid\")).path = \"/proc/$PID/ns/pid\""
	case $SIT in
	own)
		# The proc of a PID namespace is mounted by who has power over that: engines bind theirs.
		JOIN+=' | .mounts[0] += { type: "bind", source: "/proc", options: ["rbind"] }
			| .linux.namespaces += [{ type: "user" }]
			| .linux.uidMappings = [{ containerID: 0, hostID: 1, size: 1000 }]
			| .linux.gidMappings = .linux.uidMappings' ;;
	plain)
		JOIN+=" | (.linux.namespaces[] | select(.type == \"user\")).path = \"/proc/$PID/ns/user\"
			| del(.linux.uidMappings, .linux.gidMappings)" ;;
	tagged)
		JOIN+=' | .annotations["org.libcg.tag"] = "userns"' ;;
	esac
}

# kernel_file CONTROLLER V1-NAME V2-NAME: what the kernel says of init's group
kernel_file()
{
	local n ctrl path

	while IFS=: read -r n ctrl path; do
		if [[ ,$ctrl, == *",$1,"* ]]; then
			cat "${CGMNT[$1]}$path/$2"
			return
		fi
	done <"/proc/$PID/cgroup"
	path=$(sed -n 's/^0:://p' "/proc/$PID/cgroup")
	cat "${CGMNT[v2]}$path/$3"
}

# ---- the story --------------------------------------------------------------

FAMILY=11		# of bar: init, 3 children, 3 orphans, 4 exec'd

# foo with a reaping init, a sibling in foo's PID namespace, and two strangers of the same user.
bring_neighbours()
{
	bring_foo || return 1
	bundle sibling "$JOIN" /bin/inmate tick
	up sibling 1 || return 1
	"${ENTER[@]}" env "CGT=$RUN.stranger" "$W/bin/inmate" tick </dev/null 7>&- 8>&- &
	STRANGER=$!
	obs await "$RUN.stranger" 1 5000
	for t in sibling stranger engine; do obs watch "$SIT" "$RUN.$t"; done
}

# bring_bar ID [storm]: bar, as the story has it or as a fork storm.
bring_bar()
{
	local id=$1 storm=${2:-}

	if [ "$storm" = storm ]; then
		bundle "$id" "$JOIN" /bin/inmate storm 30 30
		up "$id" 20 || return 1
	else
		bundle "$id" "$JOIN" /bin/inmate family
		up "$id" 7 || return 1
		rt_ok exec --detach "$RUN-$id" /bin/inmate tick || return 1
		rt_ok exec --detach "$RUN-$id" /bin/sh -c '/bin/inmate tick & /bin/inmate tick; :' || return 1
		obs await "$RUN.$id" "$FAMILY" 5000
		[ "$REPLY" = "$FAMILY" ] || blame "$REPLY of $FAMILY processes came up"
	fi
	mapfile -t CGROUPS < <(own_cgroups "$PID")
	obs watch "$id" "$RUN.$id"
	[ -z "$WHY" ]
}

# ---- what must not be left -------------------------------------------------

# The directories of the test that a process is in and the caller is not: one a line. On a
# host with systemd it may also be in another of the user's, which stays.
own_cgroups()
{
	local n ctrl path mine

	mine=$(there cat /proc/self/cgroup)
	while IFS=: read -r n ctrl path; do
		[[ $'\n'$mine$'\n' != *$'\n'"$n:$ctrl:$path"$'\n'* ]] || continue
		[[ $path == *"$RUN"* ]] || continue
		[ -n "$ctrl" ] || ctrl=v2
		printf '%s%s\n' "${CGMNT[${ctrl%%,*}]:-}" "$path"
	done <"/proc/$1/cgroup"
}

count_mounts()
{
	cat /proc/self/mountinfo ${ENGINE:+"/proc/$ENGINE/mountinfo"} | grep -c "$RUN"
}

# nothing_left ID CGROUPS...: no state, cgroup, mount or process of the runtime's own.
nothing_left()
{
	local id=$1 d

	shift
	# Also one that was being made or removed: those names begin with a colon.
	for d in "$STATE/$RUN-$id" "$STATE"/:*:"$RUN-$id":*; do
		[ ! -e "$d" ] || blame "state is left: ${d##*/}"
	done
	for d in "$@" $(find_cgroups "$RUN-$id"); do
		[ ! -e "$d" ] || blame "cgroup is left: $d"
	done
	[ "$(count_mounts)" = "$MOUNTS" ] || blame "a mount is left"
	obs count "$RUN.call"
	[ "$REPLY" = 0 ] || blame "$REPLY processes of the runtime are left"
}

# After a failure: the next case must not suffer from this one.
sweep()
{
	clear_cgroups "$RUN-$1"
	obs clear "$RUN.$1"
	[ ! -e "$STATE/$RUN-$1" ] || rt delete --force "$RUN-$1"
	clear_cgroups "$RUN-$1"
}
