#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Files that a runtime reads or writes, and that somebody else has made: endless ones, pipes that
# nobody reads, links, directories of other users. No call waits for them or follows them.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

setup
situation root
make_user || skip_all "no user: $(cat "$W/useradd")"

# ---- of the container ----

image
bundle sec "$USE | .process.env |= map(select(startswith(\"HOME\") | not))" /bin/inmate tick
for file in endless fifo link-out; do
	rm -f "$IMG/etc/passwd"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$IMG/etc/passwd"
	up sec 1 || { rt delete --force "$RUN-sec"; continue; }
	rm "$IMG/etc/passwd"
	case $file in
	endless) truncate -s 4G "$IMG/etc/passwd" ;;
	fifo) mkfifo "$IMG/etc/passwd" ;;
	link-out) ln -s /proc/self/mem "$IMG/etc/passwd" ;;
	esac
	# shellcheck disable=SC2016
	LIMIT=6 rt exec "$RUN-sec" sh -c 'echo "home $HOME"'
	in_time exec
	[ "$RC" = 0 ] && printed 'home /'
	[ "$MS" -lt 3000 ] || blame "$file: $MS ms"
	rt_ok delete --force "$RUN-sec"
	LIMIT=6 rt run --bundle "$SDIR/sec" --detach "$RUN-sec"
	in_time run
	rt_ok delete --force "$RUN-sec"
	verdict "/etc/passwd of the container: $file"
done

# ---- of the caller ----

mkfifo "$W/fifo"
bundle sec . true
LIMIT=5 there "$RUNTIME" --root "$STATE" --log "$W/fifo" run --bundle "$SDIR/sec" "$RUN-sec" >"$W/rt.out" 2>"$W/rt.err"
RC=$? MS=5000
refused --log
verdict "--log is a pipe that nobody reads"

exec 9<>"$W/fifo"
LIMIT=8 there sh -c 'for _ in 1 2 3; do "$@"; done' sh "$RUNTIME" --debug --root "$STATE" --log "$W/fifo" state "$RUN-none" \
	>"$W/rt.out" 2>"$W/rt.err"
[ $? -lt 124 ] || blame "it waits"
timeout 1 dd if=/dev/zero bs=4096 count=64 of="$W/fifo" 2>"$W/why"
LIMIT=5 there "$RUNTIME" --root "$STATE" --log "$W/fifo" state "$RUN-none" >"$W/rt.out" 2>"$W/rt.err"
[ $? = 1 ] || blame "a full pipe stops it"
exec 9<&-
verdict "--log is a pipe that is full"

bundle sec . /bin/inmate tick
LIMIT=5 rt create --bundle "$SDIR/sec" --pid-file "$W/fifo" "$RUN-sec"
in_time create
[ "$RC" = 0 ] && { [ -f "$W/fifo" ] || blame "--pid-file is no file"; }
rt_ok delete --force "$RUN-sec"
rm -f "$W/fifo"
# The temporary name is nobody's to know: one that is planted is not written to.
mkdir -m 1777 "$W/shared"
echo precious >"$W/precious"
sh -c 'cd "$0" && for n in $(seq $$ $(($$ + 300))); do ln -s "$1" ".pid.$n"; done' "$W/shared" "$W/precious"
rt_ok create --bundle "$SDIR/sec" --pid-file "$W/shared/pid" "$RUN-sec"
[ "$(cat "$W/precious")" = precious ] || blame "a planted link was followed"
[[ $(cat "$W/shared/pid") =~ ^[0-9]+$ ]] || blame "no pid file"
rt_ok delete --force "$RUN-sec"
verdict "--pid-file where others have planted pipes and links"

# ---- directories of others ----

mkdir "$W/theirs" "$W/open"
chown "$USER_ID" "$W/theirs"
chmod 777 "$W/open"
for dir in theirs open; do
	for verb in "run --bundle $SDIR/sec $RUN-sec" "state $RUN-sec" list "delete --force $RUN-sec"; do
		# shellcheck disable=SC2086
		there "$RUNTIME" --root "$W/$dir" $verb >"$W/rt.out" 2>"$W/rt.err"
		RC=$? MS=0
		refused "$W/$dir"
	done
done
verdict "a state directory that others may write to is not used"

rt_ok create --bundle "$SDIR/sec" "$RUN-sec"
cp -a "$STATE/$RUN-sec" "$STATE/$RUN-forged"
sed -i "s/\"id\": *\"$RUN-sec\"/\"id\": \"$RUN-forged\"/" "$STATE/$RUN-forged/state.json"
chown -R "$USER_ID" "$STATE/$RUN-forged"
for verb in "state $RUN-forged" "kill $RUN-forged KILL" "exec $RUN-forged true"; do
	# shellcheck disable=SC2086
	rt $verb
	refused "$RUN-forged"
done
chown 0:0 "$STATE/$RUN-forged"
rt kill "$RUN-forged" KILL
refused state.json
rt state "$RUN-sec"
grep -q '"status": *"created"' "$W/rt.out" || blame "the container that the forged state names was killed"
rm -rf "${STATE:?}/$RUN-forged"
rt_ok delete --force "$RUN-sec"
verdict "a state that another user has written is not believed"

tap_done
