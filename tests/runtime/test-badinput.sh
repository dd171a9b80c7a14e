#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
#
# Malformed, hostile and wrongly typed input: configurations, bundles, ids, signals, verbs,
# flags and state directories. Each is answered within a second by exit status 1 and one
# line that names the JSON path or the argument, and nothing is left.
#
# PARTS: which of them to run; by default all, as root, then some as a user.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

PARTS=${PARTS:-text types values bundles arguments spoiled replaced}
SECOND=1000

# refused NAME TEXT VERB...: one line with TEXT in it, exit 1, within a second, nothing left.
refused()
{
	local name=$1 text=$2 line

	shift 2
	MOUNTS=$(count_mounts)
	LIMIT=10 rt "$@"
	# The machine may have been busy with something else: slow is what is slow twice.
	[ "$MS" -le $SECOND ] || LIMIT=10 rt "$@"
	[ "$RC" = 1 ] || blame "exit $RC"
	[ "$MS" -le $SECOND ] || blame "took $MS ms"
	line=$(cat "$W/rt.err")
	[ "$(wc -l <"$W/rt.err")" = 1 ] || blame "$(wc -l <"$W/rt.err") lines"
	[[ ${line,,} == *"${text,,}"* ]] || blame "'${text:0:60}' is not named"
	! grep -qaP '[\x00-\x09\x0b-\x1f\x7f]' "$W/rt.err" || blame "control characters"
	iconv -f UTF-8 -t UTF-8 "$W/rt.err" >"$W/utf8" 2>&1 || blame "not UTF-8"
	[ "${#line}" -le 1024 ] || blame "${#line} characters long"
	[ -z "$WHY" ] || blame "it said: ${line:0:200}"
	left_alone
	verdict "$name"
}

left_alone()
{
	local d

	[ -z "$(ls -A "$STATE" 2>/dev/null)" ] || blame "state is left: $(ls -A "$STATE" | tr '\n' ' ')"
	[ -z "$(find_cgroups "$RUN-")" ] || blame "cgroups are left"
	[ "$(count_mounts)" = "$MOUNTS" ] || blame "a mount is left"
	for d in call bad good none tty; do
		obs count "$RUN.$d"
		[ "$REPLY" = 0 ] || blame "$REPLY processes of $d are left"
		[ "$REPLY" = 0 ] || obs clear "$RUN.$d"
	done
	[ -n "$WHY" ] || return
	clear_cgroups "$RUN-"
	rm -rf "$STATE"
}

# config TEXT FILTER [NAME]: a configuration that FILTER has spoiled is refused, naming TEXT.
config()
{
	bundle bad "$2" /bin/inmate tick
	refused "${3:-$2}" "$1" create --bundle "$SDIR/bad" "$RUN-bad"
}

# raw NAME TEXT: what comes on standard input is the config.json.
raw()
{
	mkdir -p "$SDIR/bad"
	cat >"$SDIR/bad/config.json"
	refused "$1" "$2" create --bundle "$SDIR/bad" "$RUN-bad"
}

many() { head -c "$1" /dev/zero | tr '\0' "$2"; }

# The file $W/t with @BIG@ made long.
stretch()
{
	sed '/@BIG@/,$d' "$W/t"
	sed -n 's/@BIG@.*//p' "$W/t" | tr -d '\n'
	many "$1" A
	sed -n 's/.*@BIG@//p' "$W/t"
	sed '1,/@BIG@/d' "$W/t"
}

test_text()
{
	local good key

	bundle good . /bin/inmate tick
	good=$SDIR/good/config.json
	raw "an empty file" config.json < <(printf '')
	raw "half an object" config.json < <(printf '{')
	raw "an array" config.json < <(printf '[]')
	raw "a string" config.json < <(printf '"x"')
	raw "null" config.json < <(printf 'null')
	raw "two objects" config.json < <(cat "$good"; echo '{}')
	raw "something after the object" config.json < <(cat "$good"; echo 'x')
	raw "NUL bytes between the words" config.json < <(tr '\n' '\0' <"$good")
	raw "a NUL byte in a string" config.json < <(sed 's/inside/in\x00side/' "$good")
	raw "not UTF-8" config.json < <(sed 's/inside/in\xff\xfeside/' "$good")
	raw "200,000 levels of arrays, open" config.json < <(printf '{"a":'; many 200000 '[')
	raw "200,000 levels of arrays" config.json < <(printf '{"a":'; many 200000 '['; many 200000 ']'; printf '}')
	raw "200,000 levels of objects" config.json < <(yes '{"x":' | head -n 200000 | tr -d '\n')
	for key in .hostname .process.cwd '.process.args[0]' .root.path '.process.env[0]' \
		'.mounts[0].source' .linux.cgroupsPath '.annotations["org.libcg.require"]'; do
		jq "$key = \"/@BIG@\"" "$good" >"$W/t"
		raw "30 MB in $key" config.json < <(stretch 30000000)
		raw "15 MB in $key" "$(sed 's/^\.//; s/\[".*//' <<<"$key")" < <(stretch 15000000)
	done
	raw "a name of 15 MB" ociVersion < <(printf '{"'; many 15000000 A; printf '":1}')
	raw "a number of 15 MB" ociVersion < <(printf '{"ociVersion":'; many 15000000 9; printf '}')
	raw "a string without end, 15 MB" config.json < <(printf '{"ociVersion":"'; many 15000000 A)
}

# Every property in every wrong type; the right one, or one that is judged by its content, is left out.
test_types()
{
	local p t

	for p in ociVersion hostname root root.path process process.args 'process.args[0]' process.cwd \
		process.env 'process.env[0]' process.user process.user.uid process.user.gid \
		process.noNewPrivileges process.capabilities mounts 'mounts[0]' 'mounts[0].destination' \
		'mounts[0].type' 'mounts[1].options' 'mounts[1].options[0]' linux linux.namespaces \
		'linux.namespaces[0]' 'linux.namespaces[0].type'; do
		for t in 5 '"x"' '[5]' '{"a":5}' true; do
			case $p,$t in
			ociVersion,\"*|hostname,\"*|root.path,\"*|process.cwd,\"*|*args\[0\],\"*) continue ;;
			*env\[0\],\"*|*.destination,\"*|*\].type,\"*|*.options\[0\],\"*) continue ;;
			process.noNewPrivileges,true|process.user.[ug]id,5) continue ;;
			root,{*|process,{*|process.user,{*|process.capabilities,{*) continue ;;
			mounts\[0\],{*|linux,{*|*spaces\[0\],{*) continue ;;
			esac
			config "$p" ".$p = $t"
		done
	done
	for p in linux.uidMappings linux.devices linux.sysctl linux.cgroupsPath linux.maskedPaths \
		linux.readonlyPaths linux.rootfsPropagation annotations process.rlimits \
		process.user.additionalGids process.user.umask process.oomScoreAdj process.terminal \
		root.readonly process.capabilities.bounding linux.seccomp \
		linux.resources hooks; do
		for t in '[[5]]' 5.5; do config "$p" ".$p = $t"; done
	done
	for p in process.user.uid process.user.gid process.oomScoreAdj process.user.umask \
		'process.user.additionalGids[0]'; do
		for t in -1001 1e300 18446744073709551616 -9223372036854775809 99999999999 1.5 '"0"'; do
			config "$p" ".$p = $t"
		done
	done
	for p in ociVersion root root.path process.args process.cwd; do
		config "$p" "del(.$p)"
	done
}

test_values()
{
	local ns='.linux.namespaces' userns

	config ociVersion '.ociVersion = "2.0.0"'
	config ociVersion '.ociVersion = "one"'
	config process.args '.process.args = []'
	config 'process.args[0]' '.process.args[0] = ""'
	config process.args '.process.args[0] = "a\u0000b"' "a NUL in process.args[0]"
	config process.cwd '.process.cwd = "/a\u0000b"' "a NUL in process.cwd"
	config process.env '.process.env[0] = "A=\u0000b"' "a NUL in process.env[0]"
	config linux.cgroupsPath '.linux.cgroupsPath = "/a\u0000b"' "a NUL in linux.cgroupsPath"
	config 'mounts[0].destination' '.mounts[0].destination = "/a\u0000b"' "a NUL in mounts[0].destination"
	config process.cwd '.process.cwd = "tmp"'
	config 'process.rlimits[0].type' '.process.rlimits = [{ type: "RLIMIT_FOO", soft: 1, hard: 1 }]'
	config 'process.rlimits[0]' '.process.rlimits = [{ type: "RLIMIT_CORE", soft: 2, hard: 1 }]'
	config 'process.rlimits[1]' '.process.rlimits = ([{ type: "RLIMIT_CORE", soft: 1, hard: 1 }] | . + .)'
	config process.oomScoreAdj '.process.oomScoreAdj = 1001'
	config root.path '.root.path = "nosuch"'
	config root.path '.root.path = "/dev/null"'
	config root.path '.root.path = ""'
	config linux.namespaces "$ns"' += [{ type: "pid" }]' "a namespace twice"
	config linux.namespaces "$ns"' += [{ type: "mount", path: "/proc/self/ns/mnt" }]' "a namespace twice, by path"
	config linux.namespaces "$ns"' += [{ type: "bogus" }]'
	config linux.namespaces "$ns"'[0].path = "/proc/1/ns/net"' "a namespace of the wrong type"
	config linux.namespaces "$ns"'[0].path = "/etc/passwd"' "a namespace that is a file"
	config linux.namespaces "$ns"'[0].path = "/nosuch"' "a namespace that is not there"
	config linux.namespaces "$ns"'[0].path = "/proc"' "a namespace that is a directory"
	config linux.uidMappings "$ns"' += [{ type: "user" }]' "a user namespace without ids"
	userns=$ns' += [{ type: "user" }] | .linux.gidMappings = [{ containerID: 0, hostID: 0, size: 1 }]'
	config linux.uidMappings "$userns"' | .linux.uidMappings = [{ containerID: 4294967295, hostID: 0, size: 5 }]' \
		"ids beyond the last"
	config linux.uidMappings "$userns"' | .linux.uidMappings = [{ containerID: 0, hostID: 0, size: 5 },
		{ containerID: 4, hostID: 10, size: 1 }]' "ids that overlap"
	config linux.uidMappings "$userns"' | .linux.uidMappings = [{ containerID: 0, hostID: 0, size: 0 }]' "no ids at all"
	config 'linux.devices[0].type' '.linux.devices = [{ type: "z", path: "/dev/x", major: 1, minor: 3 }]'
	config 'linux.devices[0].major' '.linux.devices = [{ type: "c", path: "/dev/x", major: -5, minor: 3 }]'
	config 'linux.devices[0].path' '.linux.devices = [{ type: "c", major: 1, minor: 3 }]'
	config linux.rootfsPropagation '.linux.rootfsPropagation = "sideways"'
	config linux.sysctl '.linux.sysctl = { "kernel.panic": "1" }' "a sysctl of the host"
	config linux.sysctl '.linux.sysctl = { "../../tmp/x": "1" }' "a sysctl that climbs"
	config linux.sysctl '.linux.sysctl = { "kernel.shm_rmid_forced": 5 }'
	config 'mounts[0].destination' '.mounts[0].destination = ""'
	config 'mounts[4]' '.mounts += [{ destination: "/mnt", type: "bind", source: "/nosuch", options: ["bind"] }]'
	config 'mounts[4]' '.mounts += [{ destination: "/mnt", type: "nosuchfs", source: "x" }]'
	config 'mounts[4]' '.mounts += [{ destination: "/mnt", type: "tmpfs", source: "x", options: ["nosuchoption=1"] }]'
	config linux.cgroupsPath '.linux.cgroupsPath = "/a\nb"' "a newline in linux.cgroupsPath"
	config linux.cgroupsPath '.linux.cgroupsPath = ("/" + "a" * 5000)' "a linux.cgroupsPath of 5,000 characters"
	config hostname '.hostname = "a" * 300'
	config process.consoleSize '.process.terminal = true | .process.consoleSize = [5]'
	config process.consoleSize.height '.process.terminal = true | .process.consoleSize = { height: -1, width: 5 }'
	config "console socket" '.process.terminal = true' "a terminal without --console-socket"
	config annotations '.annotations = { "org.libcg.require": "everything" }' "org.libcg.require with an unknown word"
	config annotations '.annotations = { "org.libcg.tag": "everything" }' "org.libcg.tag with an unknown word"
}

test_bundles()
{
	local long p

	long=$(many 5000 b)
	bundle good . /bin/inmate tick
	refused "$SIT: a bundle that is not there" nosuch create --bundle "$SDIR/nosuch" "$RUN-bad"
	refused "$SIT: a bundle that is a file" good/config.json create --bundle "$SDIR/good/config.json" "$RUN-bad"
	refused "$SIT: a bundle of 5,000 characters" "" create --bundle "/$long" "$RUN-bad"
	mkdir -p "$SDIR/empty" "$SDIR/dir/config.json" "$SDIR/fifo" "$SDIR/dev" "$SDIR/loop"
	refused "$SIT: a bundle without config.json" config.json create --bundle "$SDIR/empty" "$RUN-bad"
	refused "$SIT: config.json is a directory" config.json create --bundle "$SDIR/dir" "$RUN-bad"
	[ -p "$SDIR/fifo/config.json" ] || mkfifo "$SDIR/fifo/config.json"
	chmod 666 "$SDIR/fifo/config.json"
	refused "$SIT: config.json is a fifo" config.json create --bundle "$SDIR/fifo" "$RUN-bad"
	ln -sf /dev/zero "$SDIR/dev/config.json"
	refused "$SIT: config.json is /dev/zero" config.json create --bundle "$SDIR/dev" "$RUN-bad"
	ln -sf config.json "$SDIR/loop/config.json"
	refused "$SIT: config.json is a loop" config.json create --bundle "$SDIR/loop" "$RUN-bad"
	for p in /bin/nosuch nosuch /bin /etc/passwd; do
		bundle none . $p
		refused "$SIT: the program is $p" "$p" create --bundle "$SDIR/none" "$RUN-none"
	done
	bundle tty '.process.terminal = true' /bin/inmate tick
	refused "$SIT: a console socket that is not there" nosuch \
		create --bundle "$SDIR/tty" --console-socket "$SDIR/nosuch" "$RUN-tty"
	refused "$SIT: a console socket that is a file" config.json \
		create --bundle "$SDIR/tty" --console-socket "$SDIR/tty/config.json" "$RUN-tty"
	refused "$SIT: a console socket of 200 characters" console \
		create --bundle "$SDIR/tty" --console-socket "/${long:0:200}" "$RUN-tty"
	refused "$SIT: a console socket without a terminal" console \
		create --bundle "$SDIR/good" --console-socket "$SDIR/nosuch" "$RUN-bad"
	refused "$SIT: a pid file in no directory" nosuch/pid \
		create --bundle "$SDIR/good" --pid-file "$SDIR/nosuch/pid" "$RUN-good"
	refused "$SIT: a preserved descriptor that is not open" preserve \
		create --bundle "$SDIR/good" --preserve-fds 3 "$RUN-good"
}

test_arguments()
{
	local id v name

	bundle good . /bin/inmate tick
	for id in a/b ../a .. . '' 'a b' $'a\nb' "$(many 1000 a)" $'a\tb' $'a\x01b' $'a\xffb' 'a*' /etc; do
		name=$(printf %q "${id:0:20}")
		refused "create $name" id create --bundle "$SDIR/good" "$id"
		for v in start state ps pause resume delete; do refused "$v $name" id "$v" "$id"; done
		refused "kill $name" id kill "$id" KILL
		refused "delete --force $name" id delete --force "$id"
	done
	refused "an unknown verb" frobnicate frobnicate
	refused "two ids" arguments state "$RUN-a" b
	refused "a log format that is none" xml --log-format xml list
	refused "a log in no directory" nosuch/log --log "$SDIR/nosuch/log" list
	refused "a root that is a file" good/config.json --root "$SDIR/good/config.json" state "$RUN-a"
	for v in create start state kill delete ps pause resume list run exec spec features; do
		rt "$v" --nosuchflag "$RUN-bad"
		[ "$RC" = 1 ] || { [ "$v" = exec ] && [ "$RC" = 255 ]; } || blame "exit $RC"
		grep -q nosuchflag "$W/rt.err" || blame "$(said)"
		verdict "$v --nosuchflag"
	done
	for v in create start state kill delete ps pause resume run; do
		rt "$v"
		[ "$RC" = 1 ] || blame "exit $RC"
		[ -s "$W/rt.err" ] || blame "says nothing"
		verdict "$v without an id"
	done
}

# ---- state that is not what it was -----------------------------------------

emptied() { rm -f "$1"/*; }
truncated() { for f in "$1"/*.json; do : >"$f"; done; }
halved() { for f in "$1"/*.json; do truncate -s 40 "$f"; done; }
garbage() { for f in "$1"/*.json; do head -c 4000 /dev/urandom >"$f"; done; }
other() { for f in "$1"/*.json; do echo '{"id":"other"}' >"$f"; done; }
wrong_types()
{
	for f in "$1"/*.json; do
		jq 'map_values(if type == "number" then "x" elif type == "string" then 5 else . end)' "$f" >"$W/j" &&
			cat "$W/j" >"$f"
	done
}

# one_line VERB...: a verb on a spoiled state says one line that names the container.
one_line()
{
	rt "$@"
	[ "$RC" = 1 ] || [ "$RC" = 0 ] || blame "$1: exit $RC"
	[ "$MS" -le $SECOND ] || blame "$1: $MS ms"
	[ "$(wc -l <"$W/rt.err")" -le 1 ] || blame "$1: $(wc -l <"$W/rt.err") lines"
	[ "$RC" = 0 ] || [[ $(said) == *"$RUN-vic"* ]] || blame "$1 does not name it: $(said)"
}

# Each verb says one line, none touches anybody else, and the name can be used again.
spoiled()
{
	local id=$RUN-vic

	bundle vic . /bin/inmate family
	up vic 7 || { verdict "$SIT: up"; return; }
	"$1" "$STATE/$id"
	one_line state "$id"
	one_line kill "$id" TERM
	one_line kill "$id" KILL
	one_line pause "$id"
	one_line delete "$id"
	rt_ok list
	one_line delete --force "$id"
	obs clear "$RUN.vic"
	clear_cgroups "$id"
	rt_ok delete --force "$id"
	[ ! -e "$STATE/$id" ] || blame "the state stays"
	up vic 7 && rt_ok delete --force "$id"
	verdict "$SIT: state $1"
	sweep vic
}

test_spoiled()
{
	local s

	[ $# -gt 0 ] || set -- emptied truncated halved garbage wrong_types other
	for s; do spoiled "$s"; done
}

# The container's cgroups have the same names by now, other identities, and a stranger inside.
replace()
{
	local d dirs

	dirs=$(find_cgroups "$RUN-vic")
	clear_cgroups "$RUN-vic"
	[ -z "$(find_cgroups "$RUN-vic")" ] || blame "its cgroups cannot be removed"
	obs clear "$RUN.vic"
	[ -n "$dirs" ] || blame "there was no cgroup of its own"
	"${ENTER[@]}" env "CGT=$RUN.newcomer" "$W/bin/inmate" tick </dev/null 7>&- 8>&- &
	obs await "$RUN.newcomer" 1 5000
	obs watch "$SIT" "$RUN.newcomer"
	for d in $(sort <<<"$dirs"); do
		mkdir "$d"
		if [ -e "$d/cpuset.cpus" ]; then
			cat "${CGMNT[cpuset]}/cpuset.cpus" >"$d/cpuset.cpus"
			cat "${CGMNT[cpuset]}/cpuset.mems" >"$d/cpuset.mems"
		fi
		echo $! >"$d/cgroup.procs"
	done
}

test_replaced()
{
	local id=$RUN-vic v

	bundle vic . /bin/inmate family
	up vic 7 || { verdict "up"; return; }
	replace
	for v in state "kill --all" "kill" pause "delete --force" "delete --force"; do
		# shellcheck disable=SC2086
		LIMIT=10 rt $v "$id"
		[ "$MS" -lt 4000 ] || blame "$v: $MS ms"
		obs harmed "$SIT"
		[ "$REPLY" = 0 ] || blame "$v harms a stranger: $REPLY"
	done
	[ -n "$(find_cgroups "$id")" ] || blame "removed somebody else's cgroup"
	verdict "a group that is somebody else's by now is not touched"
	obs clear "$RUN.newcomer"
	clear_cgroups "$id"
	rt_ok delete --force "$id"
	[ ! -e "$STATE/$id" ] || blame "the state stays"
	verdict "its state can be removed"
	sweep vic
}

setup
situation root
for part in $PARTS; do "test_$part"; done
if situation engine; then
	[[ $PARTS != *bundles* ]] || test_bundles
	[[ $PARTS != *spoiled* ]] || test_spoiled emptied truncated garbage
	leave
else
	skip engine "$WHY_NOT"
fi
tap_done
