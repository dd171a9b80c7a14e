#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
#
# A whole system in a container: systemd is the init of a container of cgrun, makes groups
# below the one that it was given in every hierarchy, starts a scope in which more is made,
# and containers of a cgrun inside. All that is one container to the cgrun outside: it
# pauses it, stops it, and leaves nothing of it.
#
# The root file system is that of the virtual machines (tests/vm/mk-image), so this is in
# their group: made once in a minute, and then kept.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

IMAGE_TAR=${IMAGE_TAR:-}
READY=25000		# milliseconds that systemd may take to come up, or to go down

# What a unit of ours does: it says when it was stopped in order.
UNIT='[Service]
ExecStart=/bin/inmate tick
ExecStop=/bin/touch /mark/stopped
[Install]
WantedBy=multi-user.target'

make_system()
{
	local lib

	[ -n "$IMAGE_TAR" ] || command -v mmdebstrap >"$W/which" ||
		skip_all "mmdebstrap is not installed: tools/install-deps vm"
	[ -n "$IMAGE_TAR" ] || IMAGE_TAR=$("$SRC/tests/vm/mk-image" bookworm packages 2>"$W/mk-image") ||
		{ echo "no root file system: $(cat "$W/mk-image")"; exit 1; }
	SYSTEM=$W/system
	mkdir "$SYSTEM"
	tar -C "$SYSTEM" --xattrs --xattrs-include='*' -xpf "$IMAGE_TAR"
	mkdir -p "$SYSTEM/etc/systemd/system.conf.d" "$SYSTEM/inner/rootfs" "$SYSTEM/mark" \
		"$SYSTEM/etc/systemd/system/multi-user.target.wants"
	# The judge knows by it what runs in there.
	printf '[Manager]\nDefaultEnvironment=CGT=%s\nDefaultTimeoutStopSec=5s\n' "$RUN.sys" \
		>"$SYSTEM/etc/systemd/system.conf.d/tag.conf"
	printf '%s\n' "$UNIT" >"$SYSTEM/etc/systemd/system/mark.service"
	ln -s ../mark.service "$SYSTEM/etc/systemd/system/multi-user.target.wants/"
	: >"$SYSTEM/etc/fstab"
	: >"$SYSTEM/etc/machine-id"
	cp "$W/bin/inmate" "$SYSTEM/bin/"
	cp -r "$W/rootfs/." "$SYSTEM/inner/rootfs/"
	cp "$RUNTIME" "$SYSTEM/usr/local/bin/cgrun"
	cp "${CG_BIN:?}/cgtool" "$SYSTEM/usr/local/bin/"
	# A user who has what rootless containers need, except for a manager.
	echo 'alice:x:1000:1000::/:/bin/sh' >>"$SYSTEM/etc/passwd"
	echo 'alice:x:1000:' >>"$SYSTEM/etc/group"
	echo 'alice:!:19000:0:99999:7:::' >>"$SYSTEM/etc/shadow"
	echo 'alice:100000:65536' | tee -a "$SYSTEM/etc/subuid" >>"$SYSTEM/etc/subgid"
	for lib in $(ldd "$RUNTIME" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p'); do
		case $lib in */libc.so*) ;; *) cp -nL "$lib" "$SYSTEM/usr/local/lib/" ;; esac
	done
	chroot "$SYSTEM" /sbin/ldconfig
}

# What engines give a container whose init is systemd.
SYSTEM_FILTER='
	.root.path = $ENV.SYSTEM
	| .process.env = ["PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=oci", "CGT=" + $tag]
	| .process.noNewPrivileges = false
	| .process.capabilities = ((["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID",
		"KILL", "SETGID", "SETUID", "SETPCAP", "SYS_CHROOT", "SYS_ADMIN", "MKNOD", "SETFCAP",
		"NET_ADMIN", "NET_BIND_SERVICE", "AUDIT_WRITE", "SYS_PTRACE", "IPC_LOCK"] | map("CAP_" + .))
		| { bounding: ., effective: ., permitted: . })
	| .mounts += [
		{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
		{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
		  options: ["nosuid", "noexec", "nodev", "relatime"] },
		{ destination: "/run", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=755"] },
		{ destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=1777"] } ]
	| .linux.namespaces += [{ type: "cgroup" }, { type: "network" }]
	| .linux.cgroupsPath = "/" + $ENV.RUN + "-sys"'

# inside COMMAND...: in the system, what it said is in $W/said
inside()
{
	LIMIT=40 there "$RUNTIME" --root "$STATE" --log "$LOG" exec "$RUN-sys" "$@" >"$W/said" 2>&1
}

boot()
{
	local end=$((${EPOCHREALTIME/./} / 1000 + READY))

	rm -f "$SYSTEM/mark/stopped"
	up sys 1 || return 1
	while ! inside systemctl is-system-running --wait; do
		read -r state <"$W/said"
		[ "$state" != degraded ] || break
		[ $((${EPOCHREALTIME/./} / 1000)) -lt $end ] || { blame "systemd is $state"; return 1; }
		sleep 0.2
	done
	read -r state <"$W/said"
	echo "# systemd is $state"
	[ "$state" = running ] || { inside systemctl --failed --no-legend --plain; sed 's/^/# /' "$W/said"; }
	mapfile -t CGROUPS < <(find_cgroups "$RUN-sys")
}

# ticks TAG: what runs with this tag uses the processor
ticks()
{
	obs pids "$1"
	# shellcheck disable=SC2086
	set -- $REPLY
	[ $# -gt 0 ] || { blame "nobody to look at"; return; }
	cat "${@/%//stat}" 2>/dev/null | awk '{ sub(/.*\) /, ""); n += $12 + $13 } END { print n }'
}

# bring_inner: what the system starts by itself, below its own groups
bring_inner()
{
	inside systemd-run --quiet --unit=scoped --scope -p Delegate=yes \
		/bin/sh -c 'CGT=$0.scope setsid /bin/inmate tick & CGT=$0.scope exec /bin/inmate tick' "$RUN" &
	obs await "$RUN.scope" 2 10000
	[ "$REPLY" = 2 ] || blame "$REPLY of 2 processes of the scope came up: $(cat "$W/said")"
	inside systemctl is-active scoped.scope || blame "no scope: $(cat "$W/said")"
	for how in plain scope; do
		jq -n --arg rootfs /inner/rootfs --arg tag "$RUN.inner" "$BASE_CONFIG"' | if $how == "plain" then .
			else .linux.cgroupsPath = "system.slice:cgrun:inner" end' \
			--arg how $how --args -- /bin/inmate family >"$SYSTEM/inner/config.json"
		inside cgrun $([ $how = plain ] || echo --systemd-cgroup) run --detach --bundle /inner "inner-$how" ||
			blame "a cgrun inside ($how): $(cat "$W/said")"
	done
	obs await "$RUN.inner" 14 10000
	[ "$REPLY" = 14 ] || blame "$REPLY of 14 processes of the containers inside came up"
	inside systemctl is-active cgrun-inner.scope || blame "no scope around it: $(cat "$W/said")"
}

# It sees its own groups only, and whoever is in there is a member of the container.
look_from_outside()
{
	local n seen=0 tag

	[ "$(cat "/proc/$PID/comm")" = systemd ] || blame "init is $(cat "/proc/$PID/comm")"
	grep -vE ":/($RUN-sys(/.*)?|)$" "/proc/$PID/cgroup" >"$W/said" && blame "not in its groups: $(cat "$W/said")"
	inside cat /proc/1/cgroup
	! grep -q "$RUN" "$W/said" || blame "it sees more than its own groups: $(grep "$RUN" "$W/said")"
	for tag in sys scope inner; do
		obs count "$RUN.$tag"
		seen=$((seen + REPLY))
	done
	rt_ok ps --format json "$RUN-sys"
	n=$(jq length "$W/rt.out")
	[ "$seen" -ge 18 ] && [ "$n" -ge "$seen" ] || blame "ps lists $n of $seen processes"
}

# alice COMMAND...: as an ordinary user with no session
alice() { inside setpriv --reuid 1000 --regid 1000 --clear-groups env -u XDG_RUNTIME_DIR "$@"; }

finds() { alice $2 cgtool doctor --json; jq -e --arg id "$1" 'any(.findings[]; .id == $id)' "$W/said" >"$W/jq" 2>&1; }

# The doctor's commands for a user without a manager are run, and what it found is gone.
see_a_doctor()
{
	local id command

	finds runtime-dir || blame "nothing is wrong with the runtime directory: $(head -c 300 "$W/said")"
	finds caps.kill || blame "the user has a group: $(head -c 300 "$W/said")"
	finds manager || blame "there is a manager: $(head -c 300 "$W/said")"
	command=$(jq -r '.findings[] | select(.id == "manager").command' "$W/said")
	echo "# $command"
	inside sh -c "$command" || blame "$command: $(cat "$W/said")"
	for _ in $(seq 100); do finds manager || break; sleep 0.1; done
	! finds manager || blame "still no manager after: $command"
	! finds linger || blame "it does not linger"
	finds runtime-dir
	command=$(jq -r '.findings[] | select(.id == "runtime-dir").command' "$W/said")
	[ "$command" = "export XDG_RUNTIME_DIR=/run/user/1000" ] || blame "the command is: $command"
	! finds runtime-dir "env ${command#export }" || blame "still wrong after: $command"
	echo "# $command"
	# What it is good for: the manager gives a place where all can be killed.
	! finds caps.kill || blame "still no group of the user's own"
}

pause_all()
{
	local tag before

	rt_ok pause "$RUN-sys"
	for tag in scope inner sys; do
		before=$(ticks "$RUN.$tag")
		sleep 0.3
		[ "$(ticks "$RUN.$tag")" = "$before" ] || blame "$tag runs while it is paused"
	done
	rt_ok resume "$RUN-sys"
	inside systemctl is-active scoped.scope || blame "after that: $(cat "$W/said")"
	inside cgrun state inner-plain
	grep -q '"running"' "$W/said" || blame "after that the container inside is: $(cat "$W/said")"
}

all_gone()
{
	obs count "$RUN.sys"; [ "$REPLY" = 0 ] || blame "$REPLY of the system survive"
	obs count "$RUN.scope"; [ "$REPLY" = 0 ] || blame "$REPLY of the scope survive"
	obs count "$RUN.inner"; [ "$REPLY" = 0 ] || blame "$REPLY of the containers inside survive"
	obs left system; [ "$REPLY" = 0 ] || blame "$REPLY of those from before survive"
	obs harmed bystander; [ "$REPLY" = 0 ] || blame "strangers harmed: $REPLY"
	nothing_left sys "${CGROUPS[@]}"
}

setup
export RUN
make_system
export SYSTEM
situation root
MOUNTS=$(count_mounts)
CGT=$RUN.stranger "$W/bin/inmate" tick </dev/null 7>&- 8>&- &
STRANGER=$!
obs await "$RUN.stranger" 1 5000
obs watch bystander "$RUN.stranger"
bundle sys "$SYSTEM_FILTER" /sbin/init

if boot; then
	verdict "systemd comes up as the init of a container"
	bring_inner
	verdict "it starts a scope, and a cgrun inside starts containers"
	for tag in sys scope inner; do obs watch system "$RUN.$tag"; done
	look_from_outside
	verdict "all that is one container"
	see_a_doctor
	verdict "a user without a manager does as cgtool doctor says, and has one"
	pause_all
	verdict "pause and resume reach all of it"
	rt_ok delete --force "$RUN-sys"
	all_gone
	verdict "delete --force leaves nothing of it"
	sweep sys
else
	verdict "systemd comes up as the init of a container"
	sweep sys
fi

if boot; then
	verdict "it comes up again"
	bring_inner
	for tag in sys scope inner; do obs watch system "$RUN.$tag"; done
	rt_ok kill "$RUN-sys" RTMIN+3
	obs gone "$RUN.sys" $READY
	[ "$REPLY" = 0 ] || blame "$REPLY live on"
	[ -e "$SYSTEM/mark/stopped" ] || blame "its services were not stopped in order"
	rt_ok state "$RUN-sys"
	[ "$(jq -r .status "$W/rt.out")" = stopped ] || blame "its state is $(jq -r .status "$W/rt.out")"
	rt_ok delete "$RUN-sys"
	all_gone
	verdict "SIGRTMIN+3 shuts it down in order, and delete leaves nothing"
else
	verdict "it comes up again"
fi
sweep sys
kill -KILL $STRANGER
tap_done
