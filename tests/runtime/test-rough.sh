#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 600 s
#
# Verbs that lack what they need (descriptors, room for the state, the state itself), verbs that
# meet (two deletes, a kill while create is at work), and many containers at once: no verb takes
# what is left for a container that runs, `delete --force` leaves nothing, and neighbours live on.
SITUATIONS=${SITUATIONS:-root tagged}
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=wreck.sh
. "$(dirname "$0")/wreck.sh"

VERBS=${VERBS:-$ALL_VERBS}
MANY=${MANY:-100}

# hindered VERB COMMAND...: the verb, called through COMMAND; it may fail, in its own words
# (255: exec has no command's status to end with)
hindered()
{
	local verb=$1 rc

	shift
	verb_args "$verb"
	there "$@" "$RUNTIME" --root "$STATE" --log "$LOG" "${ARGS[@]}" >"$W/rough.out" 2>"$W/rough.err"
	rc=$?
	[ "$rc" -lt 124 ] || [ "$rc" = 127 ] || [ "$verb $rc" = 'exec 255' ] ||
		blame "$verb: exit $rc: $(tail -n 1 "$W/rough.err")"
	[ "$rc" = 0 ] || [ -s "$W/rough.err" ] || blame "$verb: exit $rc without a word"
	FAILED=$((FAILED + (rc != 0)))
	tells_the_truth
	[ "$verb $rc" = 'delete 0' ] || return 0
	obs count "$RUN.wreck"
	[ "$REPLY" = 0 ] || blame "$verb succeeded, and $REPLY processes are left"
}

# 127: the loader itself had no descriptor for a library.
few_descriptors()
{
	local verb=$1 n

	FAILED=0
	for n in 4 5 6 8 12; do
		before "$verb" || { blame "cannot get there"; break; }
		# shellcheck disable=SC2016
		hindered "$verb" sh -c 'ulimit -n "$0" && exec "$@"' "$n"
		nothing_of_it "$n descriptors"
		[ -z "$WHY" ] || break
	done
	[ "$FAILED" -gt 0 ] || blame "it never lacked one"
	verdict "$SIT: $verb with few descriptors"
}

# A file system of 16 pages and as many files, of which so many are left.
no_room()
{
	local verb=$1 pages

	FAILED=0
	for pages in 0 1; do
		before "$verb" || { blame "cannot get there"; break; }
		dd if=/dev/zero of="$STATE/fill" bs=4096 2>"$W/dd"
		truncate -s "-$((pages * 4096))" "$STATE/fill"
		hindered "$verb" env
		nothing_of_it "$pages pages of room"
		rm -f "$STATE/fill"
		[ -z "$WHY" ] || break
	done
	verdict "$SIT: $verb without room for the state"
}

# The state is there, but cannot be read: that says nothing about the container. Of the
# memory of a process the first byte is an I/O error.
unreadable()
{
	local verb

	before kill || blame "cannot get there"
	mount --bind "/proc/$OBSERVER/mem" "$STATE/$RUN-wreck/state.json"
	for verb in 'state' 'kill --all' 'pause' 'delete' 'delete --force'; do
		# shellcheck disable=SC2086
		rt $verb "$RUN-wreck"
		[ "$RC" != 0 ] || blame "$verb: exit 0"
		[[ $(said) == *'nput/output error'* ]] || blame "$verb: $(said)"
	done
	umount "$STATE"/*"$RUN-wreck"*/state.json
	rt state "$RUN-wreck"
	[ "$(jq -r .status "$W/rt.out")" = running ] || blame "afterwards: $(said)"
	obs count "$RUN.wreck"
	[ "$REPLY" = 7 ] || blame "$REPLY of 7 processes live"
	nothing_of_it 'unreadable state'
	verdict "$SIT: a state that cannot be read is kept"
}

# Whether its namespaces are another's cannot be told: then nobody is put into them.
unreadable_other()
{
	bundle other "(.linux.namespaces[] | select(.type == \"mount\")).path = \"/proc/$PID/ns/mnt\"" \
		/bin/inmate tick
	mount --bind "/proc/$OBSERVER/mem" "$STATE/$RUN-foo/state.json"
	rt create --bundle "$SDIR/other" "$RUN-other"
	umount "$STATE/$RUN-foo/state.json"
	[ "$RC" != 0 ] && [[ $(said) == *"$RUN-foo"*'nput/output error'* ]] || blame "exit $RC: $(said)"
	rt_ok delete --force "$RUN-other"
	nothing_left other
	verdict "$SIT: nobody joins a container that cannot be read"
}

two_deletes()
{
	local i pids

	for _ in 1 2 3; do
		before delete || { blame "cannot get there"; break; }
		pids=()
		for i in 1 2; do
			(OUT=$W/two.$i; rt_ok delete --force "$RUN-wreck"; printf '%s' "$WHY" >"$W/two.$i.why") &
			pids+=($!)
		done
		wait "${pids[@]}"
		blame_all "$W"/two.?.why
		nothing_of_it 'two deletes'
	done
	verdict "$SIT: two deletes at once"
}

# blame_all FILE...: what the background had to say
blame_all()
{
	local said

	said=$(cat "$@" | head -c 400)
	[ -z "$said" ] || blame "$said"
}

# Kills that find nothing yet are refused; one that finds a container ends it.
kill_in_create()
{
	local job

	for _ in 1 2 3; do
		(there "$RUNTIME" --root "$STATE" --log "$LOG" create --bundle "$SDIR/wreck" "$RUN-wreck" \
			>"$W/create.out" 2>"$W/create.err") &
		job=$!
		while kill -0 "$job" 2>"$W/kill"; do rt kill "$RUN-wreck" KILL; done
		wait "$job"
		RC=$?
		[ "$RC" -lt 124 ] || blame "create: exit $RC: $(tail -n 1 "$W/create.err")"
		tells_the_truth
		nothing_of_it 'killed in create'
	done
	verdict "$SIT: kill while create is at work"
}

# one_of_many N: a whole life
one_of_many()
{
	local OUT=$W/many.$1 id=$RUN-wreck-$1

	rt_ok create --bundle "$SDIR/wreck" "$id" && rt_ok start "$id" &&
		rt_ok kill "$id" KILL && rt_ok delete --force "$id"
	printf '%s' "$WHY" >"$OUT.why"
}

many()
{
	local n pids=() LIMIT=300 BUDGET=300000

	for ((n = 0; n < MANY; n++)); do
		one_of_many "$n" &
		pids+=($!)
	done
	wait "${pids[@]}"
	blame_all "$W"/many.*.why
	obs count "$RUN.wreck"
	[ "$REPLY" = 0 ] || blame "$REPLY processes are left"
	nothing_left wreck
	n=$(find "$STATE" -mindepth 1 -maxdepth 1 -name "*$RUN-wreck*" | wc -l)
	[ "$n" = 0 ] || blame "the state of $n is left"
	rm -f "$W"/many.*
	verdict "$SIT: $MANY containers at once"
}

setup
trap '! mountpoint -q "$W/root/small" || umount "$W/root/small"; cleanup' EXIT
for s in $SITUATIONS; do
	situation "$s" || { skip "$s" "$WHY_NOT"; continue; }
	bring_foo
	wreck_bundle
	for v in $VERBS; do few_descriptors "$v"; done
	two_deletes
	kill_in_create
	many
	if [ "$SIT" = root ]; then
		unreadable
		unreadable_other
		state=$STATE STATE=$SDIR/small
		mkdir "$STATE"
		mount -t tmpfs -o mode=755,size=64k,nr_inodes=64 small "$STATE"
		MOUNTS=$(count_mounts)
		for v in $VERBS; do no_room "$v"; done
		umount "$STATE"
		MOUNTS=$((MOUNTS - 1)) STATE=$state
	fi
	wreck_over
done
tap_done
