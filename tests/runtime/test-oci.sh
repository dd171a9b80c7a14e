#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The life of a container as the OCI runtime specification describes it, as root, as root
# of an engine's user namespace and as an ordinary user with one in the configuration:
# what a process finds inside, and what the verbs do.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# inside FILTER SCRIPT: runs a shell script in a container; what it prints is in $SAYS.
inside()
{
	bundle in "$1" /bin/sh -c "$2"
	: >"$LOG"
	[ "$SIT" = root ] || chown "$USER_ID" "$LOG"
	LIMIT=15 rt run --bundle "$SDIR/in" "$RUN-in"
	SAYS=$(cat "$W/rt.out")
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	[ ! -e "$STATE/$RUN-in" ] || blame "state is left"
}

# finds NAME PATTERN: what was printed matches, as a whole.
finds()
{
	[[ $SAYS =~ ^($2)$ ]] || blame "finds '${SAYS//$'\n'/ | }' instead of '$2'"
	verdict "$SIT: $1"
}

test_namespaces()
{
	local type file id

	inside '.linux.namespaces += [{ type: "network" }, { type: "cgroup" }]' \
		'for n in pid mnt ipc uts net cgroup user; do readlink /proc/self/ns/$n; done'
	for type in pid mnt ipc uts net cgroup; do
		id=$(readlink "/proc/${ENGINE:-self}/ns/$type")
		[[ $SAYS == *"$type:["* ]] || blame "no $type"
		[[ $SAYS != *"$id"* ]] || blame "$type is the caller's"
	done
	id=$(readlink "/proc/${ENGINE:-self}/ns/user")
	if [ "$SIT" = plain ]; then
		[[ $SAYS != *"$id"* ]] || blame "user is the caller's"
	else
		[[ $SAYS == *"$id"* ]] || blame "user is not the caller's"
	fi
	verdict "$SIT: new namespaces"
	bundle one . /bin/inmate reaper
	up one 2 || { verdict "$SIT: up"; return; }
	file=$(for type in pid ipc uts; do printf '%s ' "$(readlink "/proc/$PID/ns/$type")"; done)
	inside "$(for type in pid ipc uts; do
			printf '(.linux.namespaces[] | select(.type == "%s")).path = "/proc/%d/ns/%s" | ' $type "$PID" $type
		done) $([ "$SIT" != plain ] || printf '(.linux.namespaces[] | select(.type == "user")).path = "/proc/%d/ns/user"
			| del(.linux.uidMappings, .linux.gidMappings) | ' "$PID") del(.hostname)" \
		'for n in pid ipc uts; do printf "%s " "$(readlink /proc/self/ns/$n)"; done'
	[ "$SAYS" = "${file% }" ] || [ "$SAYS " = "$file" ] || [ "$SAYS" = "$file" ] || blame "'$SAYS' is not '$file'"
	verdict "$SIT: namespaces of another container, by path"
	rt_ok delete --force "$RUN-one"
	verdict "$SIT: delete --force"
}

test_mounts()
{
	mkdir -p "$SDIR/data/sub"
	echo hello >"$SDIR/data/file"
	[ "$SIT" = root ] || chown -R "$USER_ID" "$SDIR/data"
	inside '.mounts += [
		{ destination: "/mnt", type: "bind", source: "'"$SDIR/data"'", options: ["rbind", "ro"] },
		{ destination: "/tmp/made/here", type: "bind", source: "'"$SDIR/data"'", options: ["bind", "rw", "nosuid"] },
		{ destination: "/etc/motd", type: "bind", source: "'"$SDIR/data/file"'", options: ["bind", "ro"] },
		{ destination: "/root", type: "tmpfs", source: "t", options: ["nosuid", "nodev", "noexec", "size=64k", "mode=700"] },
		{ destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"] }
	] | .mounts |= map(if .destination == "/tmp/made/here" then .destination = "/run/made/here" else . end)
	  | .mounts |= ([{ destination: "/run", type: "tmpfs", source: "t" }] + .)' '
		cat /mnt/file; touch /mnt/no 2>/dev/null && echo writable; touch /run/made/here/yes && echo written
		cat /etc/motd; grep -c " /root " /proc/mounts; stat -c %a /root
		grep " /root " /proc/mounts | grep -o nosuid,nodev,noexec
		grep -c " /dev/mqueue mqueue " /proc/mounts; grep -c " /proc proc " /proc/mounts
		grep -c " /dev/pts devpts " /proc/mounts; grep -c " /dev/shm tmpfs " /proc/mounts
		touch /dev/shm/x && echo shm; ls -d /mnt/sub'
	finds "mounts" $'hello\nwritten\nhello\n1\n700\nnosuid,nodev,noexec\n1\n1\n1\n1\nshm\n/mnt/sub'
	[ -e "$SDIR/data/yes" ] || blame "the bind mount is another"
	[ "$(stat -c %a "$W/rootfs/root")" != 700 ] || blame "the root file system was changed"
	verdict "$SIT: bind mounts reach the host's directory"
	inside '.root.readonly = true' 'touch /no 2>/dev/null && echo writable; touch /dev/shm/x && echo shm; mkdir /no 2>/dev/null || echo no'
	finds "a root file system that is read-only" $'shm\nno'
	inside '.linux.namespaces += [{ type: "network" }] | .mounts += [{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] }]' \
		'ls -d /sys/class/net/lo; grep " /sys " /proc/mounts | grep -o "sysfs ro"'
	finds "sysfs" $'/sys/class/net/lo\nsysfs ro'
	inside '.linux.namespaces += [{ type: "cgroup" }, { type: "network" }] | .mounts += [
		{ destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
		{ destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"] }]' \
		'ls /sys/fs/cgroup | grep -c .; touch /sys/fs/cgroup/no 2>/dev/null && echo writable; mkdir /sys/fs/cgroup/*/no 2>/dev/null && echo made; :'
	finds "cgroup" '[1-9][0-9]*'
}

test_devices()
{
	inside '.linux.devices = [{ path: "/dev/urandom", type: "c", major: 1, minor: 9, fileMode: 438, uid: 0, gid: 0 }]' '
		for d in null zero full random urandom tty; do [ -c /dev/$d ] && printf "%s " $d; done
		head -c 3 /dev/zero | wc -c; echo x >/dev/full 2>/dev/null || echo full
		for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; head -c 5 /dev/urandom | wc -c'
	finds "devices" $'null zero full random urandom tty 3\nfull\n/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n(/dev/)?pts/ptmx\n5'
	[ "$SIT" = root ] || return
	inside '.linux.devices = [{ path: "/dev/sub/mine", type: "c", major: 1, minor: 5, fileMode: 420, uid: 5, gid: 6 }]' \
		'stat -c "%a %u %g %t %T" /dev/sub/mine; head -c 5 /dev/sub/mine | wc -c'
	finds "a device of one's own, its mode and owner" $'644 5 6 1 5\n5'
}

test_masks()
{
	inside '.linux.maskedPaths = ["/etc/passwd", "/root", "/nosuch"]
		| .linux.readonlyPaths = ["/proc/sys", "/proc/sysrq-trigger", "/nosuch", "/tmp"]' '
		[ -c /etc/passwd ] && cat /etc/passwd && echo null; ls -A /root | wc -l
		touch /root/no 2>/dev/null && echo root is writable; touch /tmp/no 2>/dev/null && echo tmp is writable
		grep " /proc/sys " /proc/mounts | grep -o " ro[, ]"; cat /etc/group | wc -l'
	finds "masked and read-only paths" $'null\n0\n ro,\n1'
}

test_identity()
{
	local maps

	inside '.process.user = { uid: 7, gid: 8, additionalGids: [9, 10], umask: 23 } | .process.cwd = "/etc" | .process.env += ["A=b c", "EMPTY="]' '
		id -u; id -g; id -G; umask; pwd; echo "$A."; echo "${EMPTY-unset}."; grep NoNewPrivs /proc/self/status | cut -f 2; hostname'
	finds "uid, gid, groups, umask, cwd, env, no_new_privs, hostname" $'7\n8\n8 9 10\n0027\n/etc\nb c.\n.\n1\ninside'
	inside '.process.noNewPrivileges = false | .process.capabilities = (["CAP_KILL", "CAP_CHOWN"] | { bounding: ., effective: ., permitted: ., inheritable: [], ambient: [] })' \
		'grep Cap /proc/self/status | tr -d "\t" | tr "\n" " "; grep NoNewPrivs /proc/self/status | cut -f 2'
	finds "capabilities" 'CapInh:0+ CapPrm:0+21 CapEff:0+21 CapBnd:0+21 CapAmb:0+ 0'
	inside '.process.user.uid = 7 | .process.capabilities = (["CAP_KILL"] | { bounding: ., effective: ., permitted: ., inheritable: ., ambient: . })' \
		'grep Cap /proc/self/status | tr -d "\t" | tr "\n" " "'
	finds "ambient capabilities of an ordinary user" 'CapInh:0+20 CapPrm:0+20 CapEff:0+20 CapBnd:0+20 CapAmb:0+20 '
	inside 'del(.process.capabilities)' 'grep CapEff /proc/self/status | cut -f 2'
	finds "no capabilities" '0+'
	inside '.process.rlimits = [{ type: "RLIMIT_NOFILE", soft: 100, hard: 200 }, { type: "RLIMIT_CORE", soft: 0, hard: 0 }]' \
		'ulimit -Sn; ulimit -Hn; ulimit -Sc'
	finds "rlimits" $'100\n200\n0'
	inside '.process.ioPriority = { class: "IOPRIO_CLASS_BE", priority: 6 }' 'ionice'
	finds "io priority" 'best-effort: prio 6'
	inside '.process.oomScoreAdj = 567' 'cat /proc/self/oom_score_adj'
	finds "oom_score_adj" 567
	inside '.linux.sysctl = { "kernel.msgmax": "9000", "net.ipv4.ip_forward": "1", "net/ipv4/ip_default_ttl": "77" } | .linux.namespaces += [{ type: "network" }]' \
		'cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_default_ttl'
	finds "sysctl" $'9000\n1\n77'
	inside '.linux.namespaces += [{ type: "network" }]' 'ifconfig lo | grep -o "UP LOOPBACK"; ifconfig -a | grep -c Link'
	finds "lo is up in a network namespace of its own" $'UP LOOPBACK\n1'
	inside '.domainname = "example.org"' 'cat /proc/sys/kernel/domainname'
	finds "domainname" example.org
	case $SIT in
	root)
		inside '.linux.namespaces += [{ type: "user" }] | .linux.uidMappings = [{ containerID: 0, hostID: 100000, size: 1000 }, { containerID: 1000, hostID: 300000, size: 5 }]
			| .linux.gidMappings = [{ containerID: 0, hostID: 200000, size: 1000 }]' 'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; id -u; echo >/tmp/x; stat -c "%u %g" /tmp/x; rm /tmp/x'
		finds "a user namespace" $' 0 100000 1000\n 1000 300000 5\n 0 200000 1000\n0\n0 0' ;;
	plain)
		maps=$(printf ' 0 %s 1\n 1 %s 65535' "$USER_ID" "$(sub_start uid)")
		inside . 'tr -s " " </proc/self/uid_map; id -u'
		finds "a user namespace by newuidmap" "$maps"$'\n0' ;;
	esac
}

# A terminal comes over the console socket, of the size that was asked for, and says lines
# that end in a newline alone.
test_terminal()
{
	local sock=$SDIR/tty.sock out=$W/tty.out i

	bundle tty '.process.terminal = true | .process.consoleSize = { height: 33, width: 77 }' /bin/sh -c \
		'tty; stty size; read x; echo "got $x"; [ -c /dev/console ] && echo console; test -t 0 && test -t 2 && echo tty; echo controls >/dev/tty'
	"${ENTER[@]}" "$W/bin/recvtty" "$sock" $'typed\n' >"$out" 2>"$W/tty.err" 7>&- 8>&- &
	for i in $(seq 200); do [ -S "$sock" ] && break; sleep 0.01; done
	rt_ok create --bundle "$SDIR/tty" --console-socket "$sock" --pid-file "$SDIR/tty/pid" "$RUN-tty" && rt_ok start "$RUN-tty"
	for i in $(seq 1500); do rt state "$RUN-tty"; grep -q stopped "$W/rt.out" && break; sleep 0.02; done
	rt_ok delete --force "$RUN-tty"
	wait $!
	SAYS=$(grep -v '^typed' "$out")
	! grep -q $'\r' "$out" || SAYS=$(tr -d '\r' <"$out" | grep -v '^typed')
	finds "a terminal over --console-socket" $'/dev/(pts/[0-9]+|console)\n33 77\ngot typed\nconsole\ntty\ncontrols'
	[ "$SIT" != root ] || { tail -n 2 "$out" | grep -q $'\r' || blame "no CR: $(od -c "$out" | tail -n 3)"; verdict "$SIT: lines of an engine's terminal end in CR and newline"; }
	bundle one . /bin/inmate tick
	up one 1 || { verdict "$SIT: up"; return; }
	jq '.process | .terminal = true | .args = ["/bin/sh", "-c", "tty; echo $CGT"]' "$SDIR/one/config.json" >"$SDIR/one/exec.json"
	"${ENTER[@]}" "$W/bin/recvtty" "$sock" >"$out" 2>"$W/tty.err" 7>&- 8>&- &
	for i in $(seq 200); do [ -S "$sock" ] && break; sleep 0.01; done
	rt_ok exec --process "$SDIR/one/exec.json" --console-socket "$sock" --detach "$RUN-one"
	wait $!
	SAYS=$(tr -d '\r' <"$out")
	finds "exec with a terminal over --console-socket" $'/dev/pts/[0-9]+\n'"$RUN.one"
	rt_ok delete --force "$RUN-one"
	verdict "$SIT: delete --force"
}

test_exec()
{
	local id=$RUN-one

	bundle one '.process.env += ["FROM=config"] | .process.cwd = "/etc"' /bin/inmate tick
	up one 1 || { verdict "$SIT: up"; return; }
	rt exec "$id" /bin/sh -c 'echo $FROM; pwd; readlink /proc/self/ns/pid; cat'
	SAYS=$(cat "$W/rt.out")
	finds "exec" $'config\n/etc\n'"$(readlink "/proc/$PID/ns/pid" | sed 's/[][]/\\&/g')"
	rt exec --env A=b --env C=d --cwd /tmp --user 7:8 "$id" /bin/sh -c 'echo $A $C; pwd; id -u; id -g'
	SAYS=$(cat "$W/rt.out")
	finds "exec --env --cwd --user" $'b d\n/tmp\n7\n8'
	rt exec --cap CAP_NET_RAW "$id" /bin/sh -c 'grep CapBnd /proc/self/status | cut -f 2'
	[[ $(cat "$W/rt.out") =~ 2[0-9a-f]{3}$ ]] || blame "$(cat "$W/rt.out") $(said)"
	verdict "$SIT: exec --cap"
	jq '.process | .args = ["/bin/sh", "-c", "echo $X; id -u; pwd"] | .env += ["X=y"] | .user = { uid: 5, gid: 5 } | .cwd = "/tmp"' \
		"$SDIR/one/config.json" >"$SDIR/one/exec.json"
	rt exec --process "$SDIR/one/exec.json" "$id"
	SAYS=$(cat "$W/rt.out")
	finds "exec --process" $'y\n5\n/tmp'
	rt_ok exec --detach --pid-file "$SDIR/one/exec.pid" "$id" /bin/inmate tick
	obs await "$RUN.one" 2 3000
	[ "$REPLY" = 2 ] || blame "$REPLY processes"
	[ "$(readlink "/proc/$(cat "$SDIR/one/exec.pid")/ns/mnt")" = "$(readlink "/proc/$PID/ns/mnt")" ] || blame "another mount namespace"
	cmp -s "/proc/$(cat "$SDIR/one/exec.pid")/cgroup" "/proc/$PID/cgroup" || blame "another cgroup"
	verdict "$SIT: exec --detach --pid-file, beside init in its cgroups"
	rt ps --format json "$id"
	[ "$(jq length "$W/rt.out")" = 2 ] || blame "$(cat "$W/rt.out")"
	verdict "$SIT: ps shows both"
	rt_ok pause "$id"
	obs watch paused "$RUN.one"
	obs harmed paused 500
	[ "${REPLY%% *}" = 2 ] || blame "something runs: $REPLY"
	rt_ok resume "$id"
	obs harmed paused
	[ "$REPLY" = 0 ] || blame "something does not run: $REPLY"
	obs forget paused
	verdict "$SIT: pause stops all, resume starts all"
	rt_ok kill "$id" TERM
	rt_ok delete --force "$id"
	obs count "$RUN.one"
	[ "$REPLY" = 0 ] || blame "$REPLY survive"
	verdict "$SIT: delete --force"
}

test_descriptors()
{
	bundle in . /bin/sh -c 'for n in $(seq 0 30); do [ -e /proc/$$/fd/$n ] && printf "$n "; done; cat <&4'
	echo kept >"$SDIR/kept"
	there sh -c 'exec 3</dev/null 4<"$0" 5</dev/null; exec "$@"' "$SDIR/kept" \
		"$RUNTIME" --root "$STATE" run --preserve-fds 2 --bundle "$SDIR/in" "$RUN-in" >"$W/rt.out" 2>"$W/rt.err"
	SAYS=$(cat "$W/rt.out" "$W/rt.err")
	finds "--preserve-fds keeps what it says and no more" '0 1 2 3 4 kept'
	bundle in . /bin/sh -c 'for n in $(seq 0 30); do [ -e /proc/$$/fd/$n ] && printf "$n "; done'
	there sh -c 'exec 3</dev/null 4</dev/null 9</dev/null; exec "$@"' x \
		"$RUNTIME" --root "$STATE" run --bundle "$SDIR/in" "$RUN-in" >"$W/rt.out" 2>"$W/rt.err"
	SAYS=$(cat "$W/rt.out" "$W/rt.err")
	finds "no other descriptor gets in" '0 1 2 '
	bundle in . /bin/sh -c 'echo $LISTEN_FDS $LISTEN_PID; cat <&3'
	there sh -c 'exec 3<"$0"; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' "$SDIR/kept" \
		"$RUNTIME" --root "$STATE" run --bundle "$SDIR/in" "$RUN-in" >"$W/rt.out" 2>"$W/rt.err"
	SAYS=$(cat "$W/rt.out" "$W/rt.err")
	finds "LISTEN_FDS" $'1 1\nkept'
	echo more >"$SDIR/more"
	bundle in . /bin/sh -c 'echo $LISTEN_FDS $LISTEN_PID; cat <&3; cat <&4; [ -e /proc/$$/fd/5 ] && echo too many; :'
	there sh -c 'exec 3<"$0" 4<"$1" 5</dev/null; shift; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' "$SDIR/kept" "$SDIR/more" \
		"$RUNTIME" --root "$STATE" run --preserve-fds 1 --bundle "$SDIR/in" "$RUN-in" >"$W/rt.out" 2>"$W/rt.err"
	SAYS=$(cat "$W/rt.out" "$W/rt.err")
	finds "LISTEN_FDS, then --preserve-fds" $'1 1\nkept\nmore'
	bundle in . /bin/sh -c 'echo "${LISTEN_FDS-none}"; [ -e /proc/$$/fd/3 ] && echo too many; :'
	there sh -c 'exec 3<"$0"; LISTEN_FDS=1 LISTEN_PID=1 exec "$@"' "$SDIR/kept" \
		"$RUNTIME" --root "$STATE" run --bundle "$SDIR/in" "$RUN-in" >"$W/rt.out" 2>"$W/rt.err"
	SAYS=$(cat "$W/rt.out" "$W/rt.err")
	finds "LISTEN_FDS of another process are left alone" none
	bundle in . /bin/cat
	timeout 10 "${ENTER[@]}" "$RUNTIME" --root "$STATE" run --bundle "$SDIR/in" "$RUN-in" <<<"through" >"$W/rt.out" 2>"$W/rt.err" 7>&- 8>&-
	SAYS=$(cat "$W/rt.out" "$W/rt.err")
	finds "standard input gets through" through
}

# nobody VERB: no process of the runtime is there after it.
nobody() { obs count "$RUN.call"; [ "$REPLY" = 0 ] || blame "$REPLY processes of the runtime after $1"; }

# Init is a process of the runtime until it runs its program, and the only one.
test_nobody_stays()
{
	bundle one . /bin/inmate tick
	rt_ok create --bundle "$SDIR/one" --pid-file "$SDIR/one/pid" "$RUN-one"
	obs pids "$RUN.call"
	[ "${REPLY% }" = "$(cat "$SDIR/one/pid")" ] || blame "there are '$REPLY', init is $(cat "$SDIR/one/pid")"
	verdict "$SIT: after create there is init alone"
	rt_ok start "$RUN-one"
	nobody start
	rt_ok exec --detach "$RUN-one" /bin/inmate tick
	nobody "exec --detach"
	rt_ok delete --force "$RUN-one"
	rt_ok run --detach --bundle "$SDIR/one" "$RUN-one"
	nobody "run --detach"
	rt_ok delete --force "$RUN-one"
	nobody delete
	verdict "$SIT: after start, exec --detach and run --detach nobody of the runtime stays"
}

test_run()
{
	bundle one . /bin/inmate tick
	rt_ok run --detach --bundle "$SDIR/one" --pid-file "$SDIR/one/pid" "$RUN-one"
	obs await "$RUN.one" 1 3000
	[ "$REPLY" = 1 ] || blame "$REPLY processes"
	rt_ok delete --force "$RUN-one"
	verdict "$SIT: run --detach"
	MOUNTS=$(count_mounts)
	timeout 20 "${ENTER[@]}" "$RUNTIME" --root "$STATE" run --bundle "$SDIR/one" "$RUN-one" </dev/null >"$W/rt.out" 2>&1 7>&- 8>&- &
	obs await "$RUN.one" 1 3000
	rt_ok kill "$RUN-one" TERM
	rt_ok kill "$RUN-one" KILL
	wait $!
	RC=$?
	[ $RC = 137 ] || [ $RC = 143 ] || blame "exit $RC"
	nothing_left one
	verdict "$SIT: run in the foreground ends with its container and leaves nothing"
	bundle one . /bin/inmate tick
	rt_ok create --bundle "$SDIR/one" "$RUN-one"
	rt_ok kill "$RUN-one" KILL
	rt_ok delete "$RUN-one"
	nothing_left one
	verdict "$SIT: one that was never started is killed and deleted"
	rt_ok create --bundle "$SDIR/one" "$RUN-one"
	rt_ok delete --force "$RUN-one"
	nothing_left one
	verdict "$SIT: one that was never started is deleted with --force"
	sweep one
}

# What is not built is refused or, where that is harmless, warned of, by its JSON path.
test_unbuilt()
{
	local f key

	while read -r f; do
		key=$(sed 's/^\.//; s/ .*//' <<<"$f")
		bundle one "$f" /bin/inmate tick
		rm -f "$LOG"
		rt create --bundle "$SDIR/one" "$RUN-one"
		if [ "$RC" = 0 ]; then
			jq -r 'select(.level == "warning") | .msg' "$LOG" >"$W/warned" 2>&1
			grep -q "^$key" "$W/warned" || blame "no warning: $(cat "$LOG" 2>&1)"
		else
			[[ $(said) == "$key"* ]] || blame "does not name it: $(said)"
		fi
		rt delete --force "$RUN-one"
		verdict "$SIT: $key is refused or warned of"
	done <<-'END'
		.linux.intelRdt = { closID: "x" }
		.linux.mountLabel = "system_u:object_r:x"
		.linux.netDevices = { eth0: { name: "eth1" } }
	END
}

setup
helper recvtty
for s in ${OCI_SITUATIONS:-root engine plain}; do
	situation "$s" || { skip "$s" "$WHY_NOT"; continue; }
	for t in ${PARTS:-namespaces mounts devices masks identity terminal exec descriptors nobody_stays run unbuilt}; do "test_$t"; done
	leave
	[ -z "$(find_cgroups "$RUN")" ] || blame "cgroups are left: $(find_cgroups "$RUN" | tr '\n' ' ')"
	[ -z "$(ls -A "$STATE")" ] || blame "state is left"
	verdict "$s: nothing is left"
done
tap_done
