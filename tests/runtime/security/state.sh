#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The state of a container is lost, spoiled or in the way: no exec runs with less than what the
# container was made with, no call waits, and no container that lives is forgotten.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

FILTER='.linux.seccomp = { defaultAction: "SCMP_ACT_ALLOW", syscalls: [
	{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 71 } ] }'

# exec must not make this directory, which the filter forbids.
exec_is_filtered()
{
	LIMIT=6 rt exec "$RUN-sec" mkdir "/tmp/$RUN-made"
	in_time exec
	[ "$RC" -lt 128 ] || [ "$RC" = 255 ] || blame "$1: exec was ended by a signal: $RC"
	[ "$RC" != 0 ] || blame "$1: exec ran without the filter"
	rmdir "$W/rootfs/tmp/$RUN-made" 2>"$W/why"
}

setup
helper attack
situation root

bundle sec "$FILTER" /bin/inmate tick
MOUNTS=$(count_mounts)
up sec 1
DIR=$STATE/$RUN-sec
exec_is_filtered "as it was"
[[ $(said) == *rotocol* ]] || blame "the filter does not work: $(said)"
[ "$(cd "$DIR" && ls ./*.json)" = ./state.json ] || blame "more than one file decides: $(ls "$DIR")"
cp "$DIR/state.json" "$W/state"
for change in 'del(.. | .seccomp?)' '(.. | select(type == "object" and has("seccomp")) | .seccomp) = 5' \
	'(.. | select(type == "object" and has("seccomp")) | .seccomp) = [1]' \
	'(.. | select(type == "object" and has("seccomp")) | .seccomp) = "x"' \
	'del(.config)' '.config = []' '.config.process = 7' 'del(.config.process)' '.config.hooks = "x"' \
	'.config.personality = []' '.config.noNewKeyring = "no"' '.version = 1' '{}'; do
	jq "$change" "$W/state" >"$DIR/state.json"
	exec_is_filtered "$change"
done
cp "$W/state" "$DIR/state.json"
truncate -s -100 "$DIR/state.json"
exec_is_filtered 'cut short'
rm "$DIR/state.json"
exec_is_filtered 'gone'
cp "$W/state" "$DIR/state.json"
exec_is_filtered 'as it was'
rt_ok delete --force "$RUN-sec"
obs count "$RUN.sec"
[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
verdict "exec has the container's filter, or does not run"

# The bundle is the caller's, and may have changed since: exec gets what the container was made with.
bundle sec "$FILTER | .process.noNewPrivileges = true" /bin/inmate tick
up sec 1
bundle sec '.process.noNewPrivileges = false | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])' true
rt exec "$RUN-sec" sh -c 'grep -E "^(NoNewPrivs|CapEff)" /proc/self/status | tr -s "\t " " "'
printed 'NoNewPrivs: 1'
printed 'CapEff: 00000000000400e1'
rm "$SDIR/sec/config.json"
rt_ok exec "$RUN-sec" true
rt_ok delete --force "$RUN-sec"
verdict "exec does not look into the bundle again"

# ---- the file is something else ----

for kind in fifo directory link device socket large gone empty cut; do
	bundle sec . /bin/inmate tick
	MOUNTS=$(count_mounts)
	up sec 1 || { rt delete --force "$RUN-sec"; verdict "state.json: $kind"; continue; }
	DIR=$STATE/$RUN-sec
	mv "$DIR/state.json" "$W/state"
	case $kind in
	fifo) mkfifo "$DIR/state.json" ;;
	directory) mkdir -p "$DIR/state.json/deep" ;;
	link) ln -s "$W/state" "$DIR/state.json" ;;
	device) mknod "$DIR/state.json" c 1 5 ;;
	socket) python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$DIR/state.json" ;;
	large) truncate -s 4G "$DIR/state.json" ;;
	gone) ;;
	empty) : >"$DIR/state.json" ;;
	cut) head -c 60 "$W/state" >"$DIR/state.json" ;;
	esac
	for verb in state 'kill' pause "exec"; do
		# shellcheck disable=SC2086
		LIMIT=6 rt $verb "$RUN-sec" $([ "$verb" != exec ] || echo true)
		refused ''
	done
	rt list
	in_time list
	LIMIT=6 rt delete --force "$RUN-sec"
	in_time "delete --force"
	obs count "$RUN.sec"
	if [ "$REPLY" != 0 ]; then
		[ "$RC" != 0 ] && [ -d "$DIR" ] || blame "a living container is forgotten: exit $RC, $(said)"
		if [ -d "$DIR" ]; then
			rm -rf "${DIR:?}/state.json"
			mv "$W/state" "$DIR/state.json"
			rt_ok delete --force "$RUN-sec"
		fi
		sweep sec
	else
		[ "$RC" = 0 ] || blame "it is gone, and yet: exit $RC, $(said)"
		nothing_left sec
	fi
	verdict "state.json: $kind"
done

# ---- what else is in the directory ----

bundle sec . /bin/inmate tick
MOUNTS=$(count_mounts)
up sec 1
DIR=$STATE/$RUN-sec
ln -s "$W/rootfs" "$DIR/out"
"$W/bin/attack" nest "$DIR" 3000 >"$W/nest" || blame "$(cat "$W/nest")"
for n in $(seq 300); do echo "$DIR/wide/$n"; done | xargs mkdir -p
# No descriptor for each level, and no stack either.
ENTER=(sh -c 'ulimit -n 64 && exec "$@"' sh env "CGT=$RUN.call")
# A busy disk takes its time: what a call did not manage it says, and the next one goes on.
for _ in 1 2 3 4 5 6; do
	LIMIT=10 rt delete --force "$RUN-sec"
	in_time 'delete --force'
	[ "$RC" != 0 ] || break
	[[ $(said) == *'are left'* ]] || blame "exit $RC: $(said)"
done
[ "$RC" = 0 ] || blame "exit $RC: $(said)"
[ -e "$W/rootfs/bin/inmate" ] || blame "it followed a link"
nothing_left sec
verdict "a state directory 3000 levels deep is removed"

tap_done
