#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
#
# cgtool doctor: each finding appears when what it tells of is so, its command mends it, and
# it is gone then. What cgrun left behind is found by real leftovers; --fix reaps those and
# nobody else, and what cannot be proven to be one stays.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

TOOL=${CG_BIN:?}/cgtool

# doctor ARG...: RC and $W/doctor.json, in the situation, and in a mount namespace where the
# commands in $PREPARE were run first ($W is there, $$ becomes the doctor's number).
PREPARE=
doctor()
{
	if [ -n "$PREPARE" ]; then
		W=$W timeout 60 unshare -m sh -ec "$PREPARE"'; exec "$@"' sh \
			"${ENTER[@]}" "$TOOL" doctor --json --root "$STATE" "$@" \
			>"$W/doctor.json" 2>"$W/doctor.err" </dev/null 7>&- 8>&-
	else
		there "$TOOL" doctor --json --root "$STATE" "$@" >"$W/doctor.json" 2>"$W/doctor.err"
	fi
	RC=$?
}

# has ID [FILTER]: the last doctor has this finding
has() { [ -s "$W/doctor.json" ] && jq -e --arg id "$1" "[.findings[] | select(.id == \$id) | select(${2:-true})] | length > 0" "$W/doctor.json" >"$W/jq" 2>&1; }
command_of() { jq -r --arg id "$1" '.findings[] | select(.id == $id).command' "$W/doctor.json" | head -n 1; }
wants() { has "$@" || blame "$1 is not found${2:+ with $2} (exit $RC): $(jq -c .findings "$W/doctor.json" | cut -c1-600) $(head -c 300 "$W/doctor.err")"; }
wants_not() { [ -s "$W/doctor.json" ] || blame "no answer: $(head -c 300 "$W/doctor.err")"; ! has "$1" || blame "$1 is found: $(jq -c '.findings[] | select(.id == "'"$1"'")' "$W/doctor.json")"; }

# ---- the host ----------------------------------------------------------------

# provoke NAME ID PREPARE [CURED]: not there; there after PREPARE, where a command is told; gone after CURED
provoke()
{
	local id=$2

	PREPARE='' doctor
	wants_not "$id"
	PREPARE=$3 doctor
	wants "$id" "${5:-(.command | length) > 0}"
	has "$id" .wrong && [ "$RC" != 7 ] && blame "exit status $RC"
	if [ -n "${4:-}" ]; then
		PREPARE="$3; { $4; } >\"\$W/cure\" 2>&1"
		doctor
		wants_not "$id"
	fi
	PREPARE=
	verdict "$1"
}

# The finding's own command is run where the fault is.
cured_by() { PREPARE=$2 doctor; command_of "$1"; PREPARE=; }

# A copy of what the library and the doctor read below /proc/sys/kernel, to be changed.
KERNEL="osrelease pid_max ns_last_pid cap_last_cap overflowuid seccomp/actions_avail"
SYSCTL='mkdir -p "$W/kernel/seccomp"; for f in '$KERNEL'; do cat /proc/sys/kernel/$f >"$W/kernel/$f" 2>"$W/said" || :; done'
SYSCTL+='; mount --bind "$W/kernel" /proc/sys/kernel'

host_findings()
{
	local fault

	fault='echo 0 >"$W/zero"; mount --bind "$W/zero" /proc/sys/user/max_user_namespaces'
	provoke "user namespaces limited to none" userns.limit "$fault" "$(cured_by userns.limit "$fault")"
	mkdir -p "$W/kernel"
	fault="echo 0 >\"\$W/kernel/unprivileged_userns_clone\"; $SYSCTL"
	provoke "user namespaces forbidden to users" userns.clone "$fault" "$(cured_by userns.clone "$fault")"
	rm "$W/kernel/unprivileged_userns_clone"
	fault="echo 1 >\"\$W/kernel/apparmor_restrict_unprivileged_userns\"; $SYSCTL"
	provoke "user namespaces restricted by AppArmor" userns.apparmor "$fault" "$(cured_by userns.apparmor "$fault")"
	rm "$W/kernel/apparmor_restrict_unprivileged_userns"
	provoke "a kernel without seccomp" seccomp "$SYSCTL; rm \"\$W/kernel/seccomp/actions_avail\"" '' 'true'
	fault='sed "s/^\(memory.*\)1$/\10/" /proc/cgroups >"$W/cgroups"; mount --bind "$W/cgroups" /proc/cgroups'
	if grep -q '^memory.*1$' /proc/cgroups; then
		provoke "the memory controller is off" memory "$fault" '' '.text + .command | test("cgroup_enable=memory")'
	else
		skip "the memory controller is off" "it is here"
	fi
	found_by kernel.pidfd "no pidfd" "${DENY[@]}" 38 pidfd_open
	found_by kernel.openat2 "no openat2" "${DENY[@]}" 38 openat2
	found_by userns.refused "user namespaces refused by a filter" "${DENY[@]}" 1 unshare
	if "$TOOL" info --json | jq -e '."kernel.namespace_id"' >"$W/jq"; then
		helper older
		found_by kernel.namespace_id "numbers of namespaces that are given again" "$W/bin/older"
	else
		skip "numbers of namespaces that are given again" "so they are here (before Linux 6.18)"
	fi
}

# DENY ERRNO SYSCALL COMMAND...: with a seccomp filter
DENY=(python3 -c '
import ctypes, os, sys
s = ctypes.CDLL("libseccomp.so.2")
s.seccomp_init.restype = ctypes.c_void_p
c = ctypes.c_void_p(s.seccomp_init(0x7fff0000))
n = s.seccomp_syscall_resolve_name(sys.argv[2].encode())
assert n >= 0 and s.seccomp_rule_add(c, 0x50000 | int(sys.argv[1]), n, 0) == 0 and s.seccomp_load(c) == 0
os.execv(sys.argv[3], sys.argv[3:])')

# found_by ID NAME COMMAND...: by the doctor that COMMAND runs, which takes something from it
found_by()
{
	local id=$1 name=$2 old=("${ENTER[@]}")

	shift 2
	doctor
	wants_not "$id"
	ENTER+=("$@")
	doctor
	ENTER=("${old[@]}")
	wants "$id"
	verdict "$name"
}

# The layout is known from the list of mounts. openat2 would see that this is not the kernel's.
layout_findings()
{
	local bind='mount --bind "$W/mountinfo" /proc/$$/mountinfo' old=("${ENTER[@]}") v1 v2

	doctor
	MODE=$("$TOOL" info --json | jq -r .mode)
	if [ "$MODE" = unified ]; then wants_not layout; else wants layout '.text + .command | test("boot|mount")'; fi
	verdict "the layout here, $MODE"
	ENTER+=("${DENY[@]}" 38 openat2)
	# Made where it is read: the IDs of mounts are those of that mount namespace.
	PREPARE="grep -v ' - cgroup' /proc/self/mountinfo >\"\$W/mountinfo\"; $bind" doctor
	wants layout '.text | test("no cgroup file system")'
	verdict "no cgroup file system"
	if [ -n "${CGMNT[v2]:-}" ]; then
		v2="grep -v ' - cgroup ' /proc/self/mountinfo | sed '/ - cgroup2 /s/,nsdelegate//'"
		PREPARE="$v2 >\"\$W/mountinfo\"; $bind" doctor
		wants_not layout
		wants nsdelegate .wrong\|not
		PREPARE="$v2 | sed '/ - cgroup2 /s/\$/,nsdelegate/' >\"\$W/mountinfo\"; $bind" doctor
		wants_not nsdelegate
		verdict "unified, with and without nsdelegate"
		if [ "$MODE" = hybrid ]; then
			v1="grep -v ' - cgroup2 ' /proc/self/mountinfo"
			PREPARE="$v1 >\"\$W/mountinfo\"; $bind" doctor
			wants layout '.text | test("layout is legacy")'
			verdict "legacy"
		fi
	fi
	ENTER=("${old[@]}")
}

helper_findings()
{
	local old=("${ENTER[@]}")

	command -v newuidmap >"$W/which" || { skip "newuidmap" "it is not installed here"; return; }
	mkdir -p "$W/helpers" "$W/none"
	cp "$(command -v newuidmap)" "$(command -v newgidmap)" "$W/helpers/"
	chmod 755 "$W"/helpers/*
	doctor
	wants_not newuidmap
	ENTER=("${old[@]}" "PATH=$W/none")
	doctor
	wants newuidmap '.text | test("not installed")'
	wants newgidmap '.text | test("not installed")'
	verdict "the helpers for subordinate ids are missing"
	ENTER=("${old[@]}" "PATH=$W/helpers")
	doctor
	wants newuidmap '.command | test("setcap cap_setuid=ep")'
	chmod u+s "$W"/helpers/*
	doctor
	wants_not newuidmap
	verdict "the helpers have no rights"
	ENTER=("${old[@]}" "PATH=$W/none")
	PREPARE='mount -t tmpfs -o nosuid tmpfs "$W/none"; cp -p "$W"/helpers/* "$W/none/"' doctor
	ENTER=("${old[@]}")
	wants newuidmap '.text | test("nosuid")'
	verdict "the helpers are on a nosuid file system"
}

# ---- an ordinary user ----------------------------------------------------------

user_findings()
{
	local sub command old

	situation unified || { skip "an ordinary user" "$WHY_NOT"; return; }
	doctor
	wants inside '.wrong | not'
	verdict "in an engine's user namespace"
	# Not in the engine's user namespace, and not in the group that is the user's.
	obs clear "$RUN.engine"
	wait "$ENGINE" 2>/dev/null
	ENGINE=
	ENTER=(env -i PATH="$PATH" HOME=/ CGT="$RUN.call" XDG_RUNTIME_DIR="$SDIR"
		setpriv --reuid "$USER_ID" --regid "$GROUP_ID" --clear-groups)
	chmod 700 "$SDIR"
	doctor
	for sub in subuid subgid runtime-dir newuidmap; do wants_not $sub; done
	verdict "a user who has what is needed"
	for sub in uid gid; do
		sed -n "s/^$USER_NAME:\([0-9]*\):\([0-9]*\)$/\1 \2/p" "/etc/sub$sub" | while read -r from n; do
			usermod --del-sub${sub}s "$from-$((from + n - 1))" "$USER_NAME"
		done
	done
	doctor
	[ "$RC" = 7 ] || blame "exit status $RC"
	for sub in subuid subgid; do
		wants $sub '.as_root and (.command | test("^usermod --add-sub"))'
		command=$(command_of $sub)
		sh -c "$command" >"$W/cure" 2>&1 || blame "$command: $(cat "$W/cure")"
	done
	doctor
	wants_not subuid
	wants_not subgid
	verdict "no subordinate ids, and the command that gives some"

	old=("${ENTER[@]}")
	ENTER=(env -u XDG_RUNTIME_DIR "${old[@]:0:5}" "${old[@]:6}")
	doctor
	wants runtime-dir '.text | test("not set")'
	for dir in "$W/doctor.json" /; do
		ENTER=("${old[@]}")
		ENTER[5]=XDG_RUNTIME_DIR=$dir
		doctor
		wants runtime-dir
	done
	ENTER=("${old[@]}")
	chmod 777 "$SDIR"
	doctor
	wants runtime-dir '.text | test("others may write")'
	chmod 700 "$SDIR"
	verdict "XDG_RUNTIME_DIR that is missing or wrong"

	doctor
	if has caps.kill && [ ! -d /run/systemd/system ]; then
		# The command names the process that called it: that is this shell's, in its place.
		command=$(command_of caps.kill)
		there sh -c '"$@" >"$0"; echo $$ >"$0.pid"; exec sleep 1000' "$SDIR/shell" \
			"$TOOL" doctor --json & helper_pid=$!
		for _ in $(seq 200); do [ ! -s "$SDIR/shell.pid" ] || break; sleep 0.05; done
		command=$(jq -r '.findings[] | select(.id == "caps.kill").command' "$SDIR/shell")
		PATH=$CG_BIN:$PATH sh -c "$command" >"$W/cure" 2>&1 || blame "$command: $(cat "$W/cure")"
		(read -r pid <"$SDIR/shell.pid"
		for d in $(find /sys/fs/cgroup -type d -name "$USER_NAME"); do echo $BASHPID >"$d/cgroup.procs"; done
		doctor; wants_not caps.kill; [ -z "$WHY" ] || { echo "# $WHY"; exit 1; }) || blame "caps.kill stays"
		[ "$(grep -c "/$USER_NAME\$" "/proc/$(cat "$SDIR/shell.pid")/cgroup")" -ge 1 ] ||
			blame "the shell was not moved"
		kill "$(cat "$SDIR/shell.pid")"
		wait $helper_pid 2>"$W/said"
		"$TOOL" delete --force --path "/$USER_NAME" >"$W/cure" 2>&1 || blame "$(cat "$W/cure")"
		verdict "no group of the user's own, and the command that gives one"
	else
		skip "no group of the user's own" "the user has one here"
	fi
	user_leftovers
	leave
}

# What is the user's is the user's to reap; root only tells.
user_leftovers()
{
	as_user
	chmod 700 "$SDIR"
	MOUNTS=$(count_mounts)
	bundle mine "$OWN_USER" /bin/inmate family
	if ! up mine 7; then verdict "a leftover of an ordinary user"; return; fi
	# Whoever owns a group can write a mark there that names another one.
	mkdir "${PLACE%/*}/forged"
	chown "$USER_ID" "${PLACE%/*}/forged"
	python3 -c '
import json, os, sys
m = json.loads(os.getxattr(sys.argv[1], "user.libcg.container"))
m["id"] = "forged"
os.setxattr(sys.argv[2], "user.libcg.container", json.dumps(m).encode())' \
		"$(find_cgroups "$RUN-mine" | head -n 1)" "${PLACE%/*}/forged" >"$W/said" 2>&1 ||
		blame "no forgery: $(cat "$W/said")"
	doctor --fix --yes
	obs count "$RUN.mine"; [ "$REPLY" -ge 7 ] || blame "a forged mark ended somebody else's processes"
	[ "$RC" = 7 ] || [ "$RC" = 0 ] || blame "exit status $RC"
	rmdir "${PLACE%/*}/forged"
	verdict "a mark speaks for the directory that carries it"
	rm -rf "${STATE:?}/$RUN-mine"
	local user=("${ENTER[@]}")
	ENTER=(env)
	doctor --fix --yes
	wants leftover.alive '.command | test("^sudo -u .#'"$USER_ID"'. cgtool doctor --fix")'
	obs count "$RUN.mine"; [ "$REPLY" -ge 7 ] || blame "root's doctor ended it"
	ENTER=("${user[@]}")
	doctor
	wants leftover.alive .wrong
	doctor --fix --yes
	wants leftover.reaped
	obs count "$RUN.mine"; [ "$REPLY" = 0 ] || blame "$REPLY survive"
	[ -z "$(find_cgroups "$RUN-mine")" ] || blame "groups are left"
	obs harmed bystander; [ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
	sweep mine
	verdict "a leftover of an ordinary user is that user's to reap"
}
OWN_USER='.linux.namespaces += [{ type: "user" }]
	| .linux.uidMappings = [{ containerID: 0, hostID: ($ENV.USER_ID | tonumber), size: 1 }]
	| .linux.gidMappings = [{ containerID: 0, hostID: ($ENV.GROUP_ID | tonumber), size: 1 }]'

# ---- leftovers -----------------------------------------------------------------

fresh()		# fresh ID: a container that runs, with children
{
	bundle "$1" . /bin/inmate family
	up "$1" 7 || return 1
	[ -n "$(find_cgroups "$RUN-$1")" ] || blame "it has no group"
}

lose() { rm -rf "${STATE:?}/$RUN-$1"; }

untouched()
{
	obs harmed bystander; [ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
	[ -d "$STATE/$RUN-keep" ] || blame "the state of another container is gone"
	[ -d "$BYSTANDER" ] || blame "a group of somebody else's is gone"
}

# reaped ID: by --fix, whoever lived in it, and all its groups
reaped()
{
	local id=$1

	[ "$RC" = 0 ] || [ "$RC" = 7 ] || blame "doctor --fix: exit $RC: $(cat "$W/doctor.err")"
	obs count "$RUN.$id"; [ "$REPLY" = 0 ] || blame "$REPLY survive"
	[ -z "$(find_cgroups "$RUN-$id")" ] || blame "left: $(find_cgroups "$RUN-$id" | tr '\n' ' ')"
	untouched
	doctor
	for kind in leftover.alive leftover.empty state.cut-off state.empty; do
		wants_not "$kind"
	done
	sweep "$id"
}

leftovers()
{
	local ref

	bundle keep . /bin/inmate tick
	up keep 1
	obs watch bystander "$RUN.keep"
	doctor
	wants_not leftover.alive; wants_not leftover.empty
	verdict "a container that runs is no leftover"
	rt_ok pause "$RUN-keep"; doctor
	wants_not state.frozen; wants_not leftover.alive
	rt_ok resume "$RUN-keep"
	bundle over . /bin/true
	rt_ok run --bundle "$SDIR/over" --detach "$RUN-over"
	obs gone "$RUN.over" 5000
	doctor --fix --yes
	[ -d "$STATE/$RUN-over" ] || blame "a container that has ended and is not deleted was forgotten"
	wants_not state.empty
	rt_ok delete "$RUN-over"
	verdict "nor one that is paused, or has ended"

	fresh lost; lose lost
	doctor
	wants leftover.alive ".wrong and (.text | test(\"$RUN-lost.*7 processes\"))"
	[ "$RC" = 7 ] || blame "exit status $RC"
	doctor --fix
	[ "$RC" = 2 ] || blame "--fix without a terminal: exit $RC"
	for answer in n '' y; do
		timeout 60 script -qec "'$TOOL' doctor --root '$STATE' --fix" "$W/typescript" \
			>"$W/said" 2>&1 < <(sleep 2; echo "$answer"; sleep 2) 7>&- 8>&-
		grep -q "$RUN-lost.*\[y/N\]" "$W/said" || blame "it did not ask: $(tr '\r\n' '  ' <"$W/said" | head -c 300)"
		obs count "$RUN.lost"
		[ "$answer" = y ] || [ "$REPLY" = 7 ] || blame "the answer \"$answer\" ended it"
	done
	RC=0
	reaped lost
	verdict "processes whose state is lost, reaped when the answer is yes"

	fresh lost
	rt_ok kill "$RUN-lost" KILL; obs gone "$RUN.lost" 5000
	lose lost
	doctor
	wants leftover.empty ".text | test(\"$RUN-lost\")"
	doctor --fix --yes
	wants leftover.reaped
	reaped lost
	verdict "empty groups"

	fresh lost
	rt_ok pause "$RUN-lost"; lose lost
	doctor
	wants leftover.alive '.text | test("frozen")'
	doctor --fix --yes
	reaped lost
	verdict "a frozen leftover"

	# Who is frozen from above by somebody else does not end before that one thaws.
	if [ -n "${CGMNT[freezer]:-}" ]; then
		bundle lost ".linux.cgroupsPath = \"/$RUN-nest/$RUN-lost\"" /bin/inmate family
		up lost 7; lose lost
		echo FROZEN >"${CGMNT[freezer]}/$RUN-nest/freezer.state"
		doctor --fix --yes
		[ "$RC" = 7 ] || blame "exit status $RC"
		wants leftover.stays ".wrong and (.text | test(\"$RUN-lost.*frozen\"))"
		obs count "$RUN.lost"; [ "$REPLY" = 7 ] || blame "$REPLY of 7 are left in a frozen group"
		echo THAWED >"${CGMNT[freezer]}/$RUN-nest/freezer.state"
		obs gone "$RUN.lost" 5000
		doctor --fix --yes
		clear_cgroups "$RUN-nest"
		reaped lost
		verdict "a leftover that stays"
	else
		skip "a leftover that stays" "no freezer of cgroup v1"
	fi

	# Half of a group: the strongest part was removed by somebody.
	if [ -n "${CGMNT[v2]:-}" ] && [ "$(find_cgroups "$RUN-keep" | wc -l)" -gt 1 ]; then
		fresh lost
		rt_ok kill "$RUN-lost" KILL; obs gone "$RUN.lost" 5000
		lose lost
		rmdir "${CGMNT[v2]}"/*"$RUN-lost" || blame "no group to remove"
		doctor
		wants leftover.empty
		doctor --fix --yes
		reaped lost
		verdict "half a group"
	fi
}

# Whose state is out of sight is somebody's.
unsure()
{
	local state=$STATE

	fresh lost
	PREPARE="mount -t tmpfs tmpfs $STATE" doctor --fix --yes
	has leftover.alive && blame "one whose state is hidden by a mount passes for a leftover"
	wants leftover.unsure '.wrong | not'
	PREPARE="mkdir -p $W/elsewhere; mount --bind $W/elsewhere $W" doctor --fix --yes
	obs count "$RUN.lost"; [ "$REPLY" = 7 ] || blame "it was reaped, $REPLY are left"
	doctor
	wants_not leftover.unsure; wants_not leftover.alive
	rt_ok delete --force "$RUN-lost"
	untouched
	verdict "a state that is only out of sight is not lost"

	# As after the last logout: the directory's file system is gone, or was made anew.
	mkdir "$SDIR/shm"
	mount -t tmpfs tmpfs "$SDIR/shm"
	STATE=$SDIR/shm/state
	fresh lost
	mount --bind "$SDIR/shm" "$W/none2" 2>/dev/null || { mkdir -p "$W/none2"; mount --bind "$SDIR/shm" "$W/none2"; }
	umount "$SDIR/shm"
	doctor
	wants leftover.unsure
	wants_not leftover.alive
	umount "$W/none2"
	doctor
	wants leftover.alive
	mount -t tmpfs tmpfs "$SDIR/shm"; mkdir "$SDIR/shm/state"
	doctor --fix --yes
	umount "$SDIR/shm"
	STATE=$state
	reaped lost
	verdict "a state whose file system is unmounted is lost, and not before"
}

# States without their container.
states()
{
	local creator

	bundle cut '.hooks.createRuntime = [{ path: "/bin/sh", args: ["sh", "-c", "sleep 1000"], env: ["CGT=" + $tag] }]' \
		/bin/inmate tick
	CGT=$RUN.call "$RUNTIME" --root "$STATE" create --bundle "$SDIR/cut" "$RUN-cut" >"$W/said" 2>&1 </dev/null 7>&- 8>&- &
	creator=$!
	obs await "$RUN.cut" 1 5000
	kill -KILL $creator; wait $creator 2>/dev/null
	doctor
	wants state.cut-off "(.command | test(\"delete --force $RUN-cut\"))"
	doctor --fix --yes
	wants state.mended
	[ ! -e "$STATE/$RUN-cut" ] || blame "its state is left"
	obs clear "$RUN.cut"
	reaped cut
	verdict "a creation that was cut off"

	fresh gone
	rt_ok kill "$RUN-gone" KILL; obs gone "$RUN.gone" 5000
	find_cgroups "$RUN-gone" | xargs rmdir
	doctor
	wants state.empty
	sh -c "PATH=$CG_BIN:$PATH; $(command_of state.empty)" >"$W/cure" 2>&1 || blame "its command: $(cat "$W/cure")"
	[ ! -e "$STATE/$RUN-gone" ] || blame "its state is left"
	doctor
	wants_not state.empty
	verdict "a state whose group is gone"

	fresh ice
	"$TOOL" freeze --root "$STATE" --id "$RUN-ice" || blame "freeze"
	sleep 0 & wait $!
	jq --argjson pid $! '.lease = { pid: $pid, start: 1, inode: 0, what: "pause" }' \
		"$STATE/$RUN-ice/state.json" >"$W/state.json"
	cat "$W/state.json" >"$STATE/$RUN-ice/state.json"
	doctor
	wants state.frozen
	doctor --fix --yes
	wants state.mended
	[ "$("$TOOL" procs --json --root "$STATE" --id "$RUN-ice" | jq '.state | index("frozen")')" = null ] ||
		blame "it is still frozen"
	obs count "$RUN.ice"; [ "$REPLY" = 7 ] || blame "$REPLY of 7 live"
	rt_ok delete --force "$RUN-ice"
	verdict "a container that is frozen by a cgrun that was killed"

	fresh torn
	echo '{ "version": 1, "id' >"$STATE/$RUN-torn/state.json"
	doctor --fix --yes
	wants state.damaged '.command | test("delete --force")'
	obs count "$RUN.torn"; [ "$REPLY" = 7 ] || blame "$REPLY of 7 live: a damaged state proves nothing"
	rm -rf "${STATE:?}/$RUN-torn"
	doctor --fix --yes
	reaped torn
	verdict "a damaged state is only told"

	sleep 0 & wait $!
	mkdir -p "$W/crun/web"
	echo "{ \"pid\": $!, \"process-start-time\": 1, \"cgroup-path\": \"/web\" }" >"$W/crun/web/status"
	PREPARE='mkdir -p /run/crun; mount --bind "$W/crun" /run/crun' doctor --fix --yes
	wants foreign '(.wrong | not) and (.command | test("crun --root /run/crun delete --force web"))'
	[ -e "$W/crun/web/status" ] || blame "and touched"
	untouched
	verdict "what other runtimes left is only told"
}

setup
situation root
CGT=$RUN.stranger "$W/bin/inmate" tick </dev/null 7>&- 8>&- &
STRANGER=$!
obs await "$RUN.stranger" 1 5000
obs watch bystander "$RUN.stranger"
# A group with a name like a container's, and somebody in it.
BYSTANDER=${CGMNT[v2]:-${CGMNT[freezer]:-${CGMNT[pids]}}}/$RUN-other
mkdir "$BYSTANDER"
echo $STRANGER >"$BYSTANDER/cgroup.procs"
trap 'kill -KILL $STRANGER 2>/dev/null; umount "$SDIR/shm" "$W/none2" 2>/dev/null; cleanup' EXIT

host_findings
layout_findings
helper_findings
leftovers
unsure
states
rt_ok delete --force "$RUN-keep"
obs forget bystander
obs watch bystander "$RUN.stranger"
export USER_ID GROUP_ID
user_findings
tap_done
