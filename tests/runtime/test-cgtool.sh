#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# cgtool on real cgroups that it makes itself, with victims and bystanders: what each verb
# does to them, its exit status, its JSON, and names that are meant to do harm.
# time limit: 300 s
# shellcheck source=tests/runtime/cgtool-lib.sh
. "$(dirname "$0")/cgtool-lib.sh"

# ---- usage -------------------------------------------------------------------

verbs=$("$TOOL" --help | sed -n '/^COMMANDS:/,/^$/s/^  \([a-z]*\) .*/\1/p')
that "--help names the verbs" '[ "$(echo $verbs)" = "info caps doctor ls tree top procs stat which watch freeze thaw signal kill create run exec attach get set delete help" ]'
for verb in $verbs; do
	[ "$verb" != help ] || continue
	tool "$verb" --help
	that "$verb --help" '[ $RC = 0 ] && grep -q "^   cgtool $verb " "$W/out" && [ ! -s "$W/err" ]'
	that "$verb --help has examples" 'sed -n "/^EXAMPLES:/,\$p" "$W/out" | grep -q "^  cgtool .*$verb"'
done
code 0 "help VERB" help kill
code 0 "--version" --version
code 2 "no command" --json
code 2 "an unknown command" frobnicate
code 2 "a command with a letter too few" atach "$G"
that "is told which was meant" 'grep -q "did you mean attach" "$W/err"'
code 2 "a word of another program" ps
that "is told what it is here" 'grep -q "did you mean procs" "$W/err"'
code 2 "an option with letters swapped" kill --timeuot 3 "$G"
that "is told which was meant, too" 'grep -q "did you mean --timeout" "$W/err"'
code 2 "a word that is near to none" zzzzzz
that "nothing is guessed" '! grep -q "did you mean" "$W/err"'
code 2 "an abbreviated command" kil "$G"
code 2 "an unknown option" kill --frob "$G"
code 2 "an abbreviated option" kill --forc "$G"
code 2 "an option without its value" kill "$G" --timeout
code 2 "a time that is none" kill "$G" --timeout 1x
code 2 "a negative time" kill "$G" --timeout -1
code 2 "a time beyond all bounds" kill "$G" --timeout 99999999999999999999
code 2 "no group" kill
code 2 "an empty group" kill ""
code 2 "a group too many" caps "$G" "$G"
code 2 "a group by two ways" caps --path "$G" --pid 1
code 2 "a group by word and option" caps --path "$G" other
code 2 "a path with .." kill "$G/../x"
code 2 "a path with ." kill "/./$NAME"
code 2 "a path with an empty component" kill "//$NAME"
code 2 "a process that is none" procs --pid abc
code 2 "a signal that is none" signal FROB "$G"
code 2 "a driver that is none" procs --driver frob "$G"
code 6 "a group that is not there" procs "$G"
code 6 "killing a group that is not there" kill "$G"
code 6 "a word that is nothing" procs "$NAME"
that "is said to be neither" 'grep -q "no container of cgrun, and no group" "$W/err"'
code 6 "a process that is not there" procs --pid 2147483646
code 6 "a container that is not there" kill --id "$NAME"
code 2 "an id that is a path" kill --id ../etc
mount=$("$TOOL" info --json | jq -r '.mount[0] // "" | sub("^[^ ]* "; "")')
if [ -n "$mount" ]; then
	code 6 "a directory instead of a path" procs "$mount$G"
	that "is told apart" "grep -q \"path would be $G$\" \"$W/err\""
fi
json "an error is JSON too" '.result == "error" and .error.code == "ENOENT" and (.error.message | length > 0)' kill "$G"

# ---- info, caps ----------------------------------------------------------------

code 0 "info" info
that "info tells the mode" 'grep -Eq "^mode +(unified|hybrid|legacy|none)$" "$W/out"'
json "info --json" '(.mode | test("^(unified|hybrid|legacy|none)$")) and (.mount | type) == "array" and .result == "done"' info
code 0 "caps" caps
that "caps has a row for each operation" \
	'[ "$(grep -cE "^(procs|attach|clone|freeze|signal|kill|delete|watch|limits|devices|delegate) " "$W/out")" = 11 ]'
complete='(.caps | length) == 11 and all(.caps[]; (.level | test("^(full|emulated|best effort|none)$"))
	and (.level == "full" or (.reason | length > 0)) and (.level == "none" or (.mechanism | length > 0)))'
json "caps --json: what is less than full has a reason" "$complete" caps
json "caps of groups known by /proc alone" "$complete" caps --driver proc
code 2 "caps --own with a namespace that is none" caps --own frob
json "a user namespace of its own makes kill full" '.caps[] | select(.operation == "kill").level == "full"' \
	caps --driver proc --own user
json "without one it is not" '.caps[] | select(.operation == "kill").level == "best effort"' caps --driver proc
chmod 755 "$W"
as_nobody info
that "info as an ordinary user" '[ $RC = 0 ] && [ -s "$W/out" ]'
as_nobody caps --json
that "caps as an ordinary user" '[ $RC = 0 ] && jq -e "$complete" "$W/out" > "$W/jq"'

# ---- create, attach, procs -----------------------------------------------------

STACK=$("$TOOL" info --json | jq -r .stack)
case $STACK in
v[12]*) ;;
*)
	skip "groups" "no cgroup hierarchy can be written here: $STACK"
	tap_done
	;;
esac

code 0 "create" create "$G"
that "create prints the path" '[ "$(cat "$W/out")" = "$G" ]'
that "create made directories" '[ -n "$(find /sys/fs/cgroup -maxdepth 3 -type d -name "$NAME")" ]'
code 5 "create again" create "$G"
code 0 "create --reuse" create --reuse "$G"
code 6 "create without its parent" create "$G/a/b"
code 0 "create --parents" create --parents "$G/a/b"
json "create --json" ".result == \"done\" and .group == \"$G/c\" and (.drivers | length > 0)" create "$G/c"
code 2 "an owner that is none" create --owner "$NAME-x" "$G/d"
that "a refused create leaves nothing" '[ -z "$(find /sys/fs/cgroup -type d -path "*$G/d")" ]'

start sleep 1000; one=$PID
start sleep 1000; two=$PID
start sleep 1000; bystander=$PID
code 2 "attach nobody" attach "$G"
code 2 "attach what is no process" attach "$G" x
code 6 "attach a process that is not there" attach "$G" 2147483646
code 0 "attach" attach "$G" "$one"
code 0 "attach to a nested group" attach "$G/a/b" "$two"
code 0 "procs --quiet" procs --quiet "$G"
that "procs lists the subtree, in order" '[ "$(cat "$W/out")" = "$(printf "%s\n" $one $two | sort -n)" ]'
code 0 "procs --here" procs -q --here "$G"
that "procs --here leaves the subtree out" '[ "$(cat "$W/out")" = "$one" ]'
code 0 "procs" procs "$G"
that "procs tells names and states" 'grep -Eq "^$one +root +S +[.] +sleep 1000$" "$W/out"'
that "and the group below in which it is" 'grep -Eq "^$two +root +S +a/b +sleep 1000$" "$W/out"'
json "procs --json" ".result == \"done\" and .unnamed == 0 and ([.procs[].pid] | sort) == ([$one, $two] | sort)" procs "$G"
json "procs --pid" "[.procs[].pid] == [$two]" procs --pid "$two"
json "procs --path" "([.procs[].pid] == [$two])" procs --path "$G/a/b"
json "procs --base" "([.procs[].pid] == [$two])" procs --base "$G/a" b
json "an empty group" '.procs == [] and (.state | index("empty"))' procs "$G/c"
json "caps of a group" "$complete" caps "$G"
code 2 "caps --own of a group" caps --own user "$G"
tool procs --trace "$G/none"
that "--trace tells on standard error" 'grep -q "^cgtool: trace: " "$W/err"'

# ---- refusals ------------------------------------------------------------------

for verb in freeze kill "signal TERM" "delete --force"; do
	# shellcheck disable=SC2086
	code 1 "$verb of the root" $verb /
done
that "nobody was hurt" 'alive $one $two $bystander'
start sh -c 'sleep 0.2; read -r go < "$0"; "$1" kill "$2/c"; echo "$?" > "$3"; sleep 1000' \
	"$W/go" "$TOOL" "$G" "$W/inside"
mkfifo "$W/go"
code 0 "attach a shell" attach "$G/c" "$PID"
echo > "$W/go"
for _ in $(seq 100); do [ ! -s "$W/inside" ] || break; sleep 0.05; done
that "kill from within is refused" '[ "$(cat "$W/inside")" = 1 ] && alive $PID'
code 0 "kill from outside" kill "$G/c"
that "and that one is gone" 'dead $PID'
as_nobody create nowhere
that "a user without any place is told that nothing is made" '[ $RC = 1 ] && grep -q "make no group" "$W/err"'
as_nobody kill "$G"
that "an ordinary user cannot kill" '[ $RC != 0 ] && alive $one $two'
as_nobody freeze "$G"
that "an ordinary user cannot freeze" '[ $RC = 1 ]'
as_nobody delete --force "$G"
that "an ordinary user cannot delete" '[ $RC != 0 ] && alive $one $two'
as_nobody procs -q "$G"
that "an ordinary user can list" '[ $RC = 0 ] && [ "$(wc -l < "$W/out")" = 2 ]'
code 5 "delete of a populated group" delete "$G"
that "it tells how to" 'grep -q -- --force "$W/err"'
json "delete of a populated group, --json" '.error.code == "EBUSY"' delete "$G"
that "the members live" 'alive $one $two'

# ---- freeze, thaw, signal --------------------------------------------------------

ticker "$W/tick"; ticker=$PID
tool attach "$G/a/b" "$ticker"
that "the ticker ticks" 'grows "$W/tick"'
json "freeze" '.result == "done"' freeze "$G"
that "the ticker stands" 'stands "$W/tick"'
json "procs tells that it is frozen" '.state | index("frozen")' procs "$G"
code 0 "freeze again" freeze "$G"
code 0 "thaw" thaw "$G"
that "the ticker ticks again" 'grows "$W/tick"'
code 0 "thaw again" thaw "$G"
code 0 "freeze of a nested group" freeze "$G/a"
code 0 "thaw of the group above" thaw "$G"
that "reaches the nested one" 'grows "$W/tick"'

: > "$W/got"
for _ in 1 2 3; do
	start sh -c 'trap "echo \$\$ >> $0" USR1; echo >> "$0.ready"; while :; do sleep 0.1; done' "$W/got"
	catchers+=" $PID"
	tool attach "$G" "$PID"
done
for _ in $(seq 100); do [ "$(size "$W/got.ready")" != 3 ] || break; sleep 0.05; done
kill -TERM "$one" "$two" "$ticker"
ends "$one" "$two" "$ticker"
# Their sleeps would end by the signal, which counts nothing: they are replaced.
json "signal" '.result == "done"' signal USR1 "$G"
for _ in $(seq 100); do [ "$(wc -l < "$W/got")" -lt 3 ] || break; sleep 0.05; done
that "each got it once" '[ "$(sort -n "$W/got" | tr "\n" " ")" = "$(echo $catchers | tr " " "\n" | sort -n | tr "\n" " ")" ]'
code 0 "signal by number" signal 0010 "$G"
# shellcheck disable=SC2086
that "the catchers live" 'alive $catchers'

# ---- watch -----------------------------------------------------------------------

# tells N: N lines are in $W/told, within 5 s
tells()
{
	for _ in $(seq 100); do
		[ "$(wc -l < "$W/told")" -lt "$1" ] || return 0
		sleep 0.05
	done
	return 1
}

code 0 "a group to be watched" create "$G/seen"
timeout 60 "$TOOL" watch "$G/seen" > "$W/told" 2> "$W/watch" < /dev/null & watcher=$!
tells 1
start sleep 1000
tool attach "$G/seen" "$PID"
tells 2
tool freeze "$G/seen"; tells 3
tool thaw "$G/seen"; tells 4
tool kill "$G/seen"; tells 5
tool delete "$G/seen"
wait "$watcher"
that "watch ends with 0 when the group is gone" "[ $? = 0 ]"
that "it told each state" '[ "$(tr "\n" "," < "$W/told")" = "empty,populated,populated frozen,populated,empty,gone," ]'
tool create "$G/p"
tool create "$G/q"
timeout 60 "$TOOL" --json watch "$G/p" "$G/q" > "$W/told" 2> "$W/watch" < /dev/null & watcher=$!
tells 2
if tool set "$G/p" pids.max=3 && [ "$RC" = 0 ]; then
	tool exec "$G/p" sh -c 'sleep 1 & sleep 1 & sleep 1 & sleep 1 & wait'
	tool delete --force "$G/p" "$G/q"
	wait "$watcher"
	that "watch of two ends when both are gone" "[ $? = 0 ]"
	that "and tells that a fork was refused" \
		'jq -e -s "any(.group == \"$G/p\" and .event == \"pids_max\" and .count > 0)" "$W/told" > "$W/jq"'
else
	tool delete "$G/p" "$G/q"
	wait "$watcher"
	skip "watch tells that a fork was refused" "no pids controller here"
fi
code 3 "watch --until frozen --timeout" watch --until frozen --timeout 200ms "$G"
code 2 "watch --until of no state" watch --until full "$G"
tool --json watch --until empty --timeout 100ms "$G"
that "watch --json is an object a line" '[ "$(jq -c "[.state, .result]" "$W/out" | tr "\n" " ")" = "[[],null] [null,\"left\"] " ]'
: > "$W/told"
timeout 60 "$TOOL" watch "$G" > "$W/told" 2> "$W/watch" < /dev/null & watcher=$!
tells 1
kill -TERM "$watcher"
wait "$watcher"
that "a signal ends watch" "[ $? = 143 ]"

# ---- kill, delete ------------------------------------------------------------------

start sleep 1000; stopped=$PID
kill -STOP "$stopped"
start setsid sleep 1000; session=$PID
tool attach "$G" "$stopped" "$session"
# Each catcher and its sleep, the stopped one, the one with a session of its own.
json "kill" '.result == "done" and .left == 0 and .ended >= 5 and (.how | length > 0) and .survivors == []' kill "$G"
# shellcheck disable=SC2086
that "all members are gone" 'dead $catchers $stopped $session'
that "the bystander lives" 'alive $bystander'
json "kill of an empty group" '.result == "done" and .ended == 0' kill "$G"
code 0 "delete" delete "$G"
that "nothing is left of it" '[ -z "$(find /sys/fs/cgroup -type d -path "*$G*")" ]'
code 6 "delete again" delete "$G"

# kill of a frozen group, by each driver that can freeze
for driver in v2 v1; do
	if ! "$TOOL" caps --driver $driver --json 2> "$W/err" |
	   jq -e '.caps[] | select(.operation == "freeze").level == "full"' > "$W/jq"; then
		skip "kill of a group frozen by $driver" "$driver cannot freeze here"
		continue
	fi
	tool create --driver $driver --parents "$G/in"
	ticker "$W/tick.$driver"; ticker=$PID
	start sleep 1000; one=$PID
	tool attach --driver $driver "$G/in" "$ticker"
	tool attach --driver $driver "$G" "$one"
	code 0 "freeze a nested group, $driver" freeze --driver $driver "$G/in"
	that "the ticker stands, $driver" 'stands "$W/tick.$driver"'
	code 0 "freeze it all, $driver" freeze --driver $driver "$G"
	json "kill of a frozen group, $driver" '.result == "done" and .left == 0' kill --driver $driver "$G"
	that "all are gone, $driver" 'dead $ticker $one'
	json "nothing is left frozen, $driver" '.state | index("frozen") | not' procs --driver $driver "$G"
	start sleep 1000
	tool attach --driver $driver "$G/in" "$PID"
	json "delete --force, $driver" '.result == "done" and .ended == 1' delete --force --driver $driver "$G"
	that "gone with its member, $driver" 'dead $PID && [ -z "$(find /sys/fs/cgroup -type d -path "*$G*")" ]'
done

# ---- somebody is left: held by a frozen group above -------------------------------------

if "$TOOL" caps --driver v1 --json 2> "$W/err" |
   jq -e '.caps[] | select(.operation == "freeze").level == "full"' > "$W/jq"; then
	tool create --driver v1 --parents "$G/in"
	start sleep 1000; one=$PID
	tool attach --driver v1 "$G/in" "$one"
	code 0 "freeze the group above" freeze --driver v1 "$G"
	code 5 "thaw below a frozen group" thaw --driver v1 -t 300ms "$G/in"
	json "kill below a frozen group" \
		".result == \"left\" and .left == 1 and .survivors[0].pid == $one and .survivors[0].why == \"frozen\"" \
		kill --driver v1 -t 300ms "$G/in"
	that "ends with 3" '[ $RC = 3 ]'
	code 3 "and tells who and why" kill --driver v1 -t 300ms "$G/in"
	that "in a table" 'grep -Eq "^$one +[A-Z] +sleep +held by a frozen group above" "$W/out"'
	timeout 30 script -qec "'$TOOL' kill --driver v1 -t 2500ms '$G/in'" "$W/typescript" \
		> "$W/out" 2>&1 < <(sleep 20 & echo $! > "$W/stdin"; wait)
	kill "$(cat "$W/stdin")"
	that "a line on the terminal tells how it goes" \
		'tr "\r" "\n" < "$W/out" | grep -q "kill: still 1 left, [12] s more: $one (sleep) "'
	tool kill --driver v1 -t 300ms "$G/in"
	that "no such line elsewhere" '! grep -q still "$W/err" "$W/out"'
	start "$TOOL" kill --driver v1 -t 20 "$G/in"
	sleep 0.3
	kill -TERM $PID
	that "SIGTERM ends a kill that takes long" 'ends $PID'
	code 0 "thaw the group above" thaw --driver v1 "$G"
	that "then the pending signal is delivered" 'ends $one'
	code 0 "delete it" delete --driver v1 "$G"
else
	skip "kill below a frozen group" "v1 cannot freeze here"
fi

# ---- delegation --------------------------------------------------------------------------

code 0 "create --owner" create --owner $NOBODY:$NOBODY "$G"
as_nobody create "$G/sub"
that "the owner makes groups below" '[ $RC = 0 ]'
as_nobody delete "$G/sub"
that "and removes them" '[ $RC = 0 ]'
code 0 "delete what was delegated" delete "$G"

# ---- a user to whom only a hierarchy without a freezer is delegated ------------------------------

mount=$("$TOOL" info --json | jq -r '.mount[] | select(startswith("name=systemd ")) | sub("^[^ ]* "; "")')
if [ -n "$mount" ] && mkdir "$mount/$NAME-user"; then
	chown -R $NOBODY:$NOBODY "$mount/$NAME-user"
	# as_delegate ARG...: cgtool as that user, from within the delegated group, where paths start then
	as_delegate()
	{
		sh -c 'echo $$ > "$0" && exec "$@"' "$mount/$NAME-user/cgroup.procs" \
			setpriv --reuid $NOBODY --regid $NOBODY --clear-groups timeout 30 "$TOOL" "$@" \
			> "$W/out" 2> "$W/err" < /dev/null
		RC=$?
	}
	mkdir "$W/user"
	chown $NOBODY "$W/user"
	as_delegate create g
	that "the user makes a group there" '[ $RC = 0 ]'
	start setpriv --reuid $NOBODY --regid $NOBODY --clear-groups \
		sh -c 'while :; do echo >> "$0"; sleep 0.02; done' "$W/user/tick"
	ticker=$PID
	grows "$W/user/tick"
	as_delegate attach g "$ticker"
	that "and moves a process in" '[ $RC = 0 ]'
	as_delegate caps --json g
	that "freeze is emulated, kill is full" 'jq -e "[.caps[] | select(.operation == \"freeze\" or
		.operation == \"kill\").level] == [\"emulated\", \"full\"]" "$W/out" > "$W/jq"'
	as_delegate freeze g
	that "the user freezes it" '[ $RC = 0 ] && stands "$W/user/tick"'
	as_delegate thaw g
	that "and thaws it" '{ [ $RC = 0 ] || [ $RC = 4 ]; } && grows "$W/user/tick"'
	as_delegate freeze g
	as_delegate kill g
	that "and kills it frozen" '[ $RC = 0 ] && dead $ticker'
	as_delegate delete g
	that "and deletes it" '[ $RC = 0 ] && [ ! -e "$mount/$NAME-user/g" ]'
	rmdir "$mount/$NAME-user"
else
	skip "a user without a freezer" "no name=systemd hierarchy is mounted and writable"
fi

# ---- names that are meant to do harm ---------------------------------------------------------

code 2 "a newline in a path" create "$G"$'\n'x
that "is one line on standard error" '! grep -q "^x" "$W/err"'
esc=$'\e[31m\a'
cd "$W" || exit 1
for name in "with blanks" "\$(touch hurt)" "esc$esc" 'quote"s' 'back\slash\x41' $'uml\xc3\xa4ut' $'not\xffutf8' "-dash"; do
	shown=$(printf %q "$name")
	tool create "$G-$name"
	that "create $shown" '[ $RC = 0 ] && ! LC_ALL=C grep -q "[[:cntrl:]]" "$W/out"'
	tool procs --json "$G-$name"
	that "procs --json $shown" '[ $RC = 0 ] && python3 -c "
import json, sys
o = json.load(open(sys.argv[1], encoding=\"utf-8\"))
name = sys.argv[2].encode(\"utf-8\", \"surrogateescape\").decode(\"utf-8\", \"replace\")
sys.exit(o[\"group\"] != name)" "$W/out" "$G-$name"'
	tool delete "$G-$name"
	that "delete $shown" '[ $RC = 0 ]'
done
that "nothing was executed" '[ ! -e "$W/hurt" ]'
code 2 "an unknown command with $(printf %q "$esc")" "$esc"
that "does not reach the terminal" '! LC_ALL=C grep -q "$(printf "\033")" "$W/err"'

tool create "$G"
evil=$'e\n1 (x) S\e[2J'
cp "$(command -v sleep)" "$W/$evil"
start "$W/$evil" 1000; one=$PID
for _ in $(seq 100); do [ "$(tr -d '\n' < "/proc/$one/comm")" = bash ] || break; sleep 0.02; done
tool attach "$G" "$one"
tool procs "$G"
that "a hostile process name is one row" '[ "$(wc -l < "$W/out")" = 2 ] && grep -Fq "e\\n1 (x) S\\x1b[2J" "$W/out"'
json "and is told whole in JSON" ".procs[0].comm == \"e\\n1 (x) S\\u001b[2J\"" procs "$G"
code 0 "and is killed like any other" kill "$G"
that "dead" 'dead $one'
tool delete "$G"

# ---- containers: whose state is believed --------------------------------------------------------

mkdir -p "$W/state/c1" "$W/xdg/cgrun/c1"
echo '{ "libcg": {} }' > "$W/state/c1/state.json"
code 1 "a state without a group" procs --root "$W/state" --id c1
head -c 100000 /dev/zero | tr '\0' '[' > "$W/state/c1/state.json"
code 1 "a state that nests too deep" procs --root "$W/state" --id c1
: > "$W/state/c1/state.json"
code 1 "an empty state" procs --root "$W/state" --id c1
rm "$W/state/c1/state.json"
mkfifo "$W/state/c1/state.json"
code 1 "a state that is a fifo" procs --root "$W/state" --id c1
rm "$W/state/c1/state.json"
echo '{ "libcg": { "group": "frob\n" } }' > "$W/state/c1/state.json"
code 2 "a state with another text" procs --root "$W/state" --id c1
cp "$W/state/c1/state.json" "$W/xdg/cgrun/c1/"
chown -R $NOBODY "$W/xdg"
XDG_RUNTIME_DIR=$W/xdg code 1 "the state of another user is not believed" kill --id c1
that "and that is said" 'grep -q "belongs to uid $NOBODY" "$W/err"'
XDG_RUNTIME_DIR=$W/xdg code 1 "nor when the id is a word" kill c1

# ---- containers of cgrun ---------------------------------------------------------------------

if [ "${CG_RUNTIME:-}" = 1 ]; then
	mkdir -p "$W/bundle/rootfs/bin" "$W/bundle/rootfs/proc" "$W/run"
	cp "$(command -v busybox)" "$W/bundle/rootfs/bin/busybox"
	# cgrun KIND FILTER ARG...: starts the container $NAME with FILTER over a plain configuration
	cgrun()
	{
		jq -n '{ ociVersion: "1.0.2", root: { path: "rootfs" },
			process: { user: { uid: 0, gid: 0 }, cwd: "/", noNewPrivileges: true,
				   args: ["/bin/busybox", "sh", "-c", "busybox sleep 1000 & exec busybox sleep 1000"] },
			linux: { namespaces: [{ type: "mount" }] } } | '"$1" > "$W/bundle/config.json"
		shift
		timeout 30 "$CG_BIN/cgrun" --root "$W/run" --log "$W/log" "$@" run --detach \
			--bundle "$W/bundle" --pid-file "$W/pid" "$NAME" > "$W/out" 2> "$W/err" < /dev/null
		RC=$?
		PID=$(cat "$W/pid" 2>> "$W/err") || PID=none
		STARTED+=("$PID")
		for _ in $(seq 100); do
			[ "$("$TOOL" procs -q --root "$W/run" --id "$NAME" 2> "$W/err" | wc -l)" -lt 2 ] || break
			sleep 0.05
		done
	}
	gone()
	{
		timeout 30 "$CG_BIN/cgrun" --root "$W/run" --log "$W/log" delete --force "$NAME" > "$W/out" 2>&1
	}
	cgrun .
	that "a container runs" '[ $RC = 0 ] && alive $PID'
	json "its processes by id" "[.procs[].pid] | length == 2 and index($PID) != null" procs --root "$W/run" --id "$NAME"
	json "and by word" "[.procs[].pid] | index($PID) != null" procs --root "$W/run" "$NAME"
	json "what can be done with it" "$complete" caps --root "$W/run" --id "$NAME"
	json "kill --id" '.result == "done" and .ended == 2' kill --root "$W/run" --id "$NAME"
	that "ends it" 'ends $PID'
	json "kill of one that has ended" '.result == "done" and .ended == 0' kill --root "$W/run" --id "$NAME"
	check "cgrun deletes it" gone
	cgrun . --cgroup-manager disabled
	that "a container without a cgroup runs" '[ $RC = 0 ] && alive $PID'
	code 4 "kill where only the mount namespace tells members" kill --root "$W/run" --id "$NAME"
	that "says why it is weak" 'grep -q "somebody may have been missed: .*mount namespace" "$W/err"'
	that "and ends it" 'ends $PID'
	json "weak in JSON" '.result == "weak" and (.reason | length > 0)' kill --root "$W/run" --id "$NAME"
	check "cgrun deletes that" gone
else
	skip "containers of cgrun" "cgrun was not built"
fi

that "the bystander has lived through it all" 'alive $bystander'
tap_done
