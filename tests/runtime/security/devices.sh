#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Devices and stdio: what the container does to a device or to a descriptor that it got must not
# change a file of the host. Played on a /dev of our own.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

private_mounts "$@"

own_dev()
{
	local n

	mount -t tmpfs -o mode=755 own-dev /dev || return 1
	for n in null,1,3 zero,1,5 full,1,7 random,1,8 urandom,1,9 tty,5,0; do
		IFS=, read -r NAME MAJOR MINOR <<<"$n"
		mknod -m 666 "/dev/$NAME" c "$MAJOR" "$MINOR" || return 1
	done
	ln -s /proc/self/fd /dev/fd
}

# The host's devices have the mode, the owner and the times of their birth.
devices_as_were()
{
	local now

	now=$(stat -c '%n %a %u:%g' /dev/null /dev/zero /dev/full /dev/random /dev/urandom | grep -v ' 666 0:0$')
	[ -z "$now" ] || blame "changed on the host: $now"
	chmod 666 /dev/null /dev/zero /dev/full /dev/random /dev/urandom
	chown 0:0 /dev/null /dev/zero /dev/full /dev/random /dev/urandom
}

setup
situation root
own_dev || skip_all "no devices can be made here"

# ---- masks ----

echo hidden >"$W/rootfs/etc/secret"
play "$DOCKER_CAPS | .linux.maskedPaths = [\"/proc/keys\", \"/etc/secret\", \"/proc/timer_list\"]" sh -c '
	chmod 600 /proc/keys; chown 1000 /etc/secret; touch /proc/timer_list
	cat /etc/secret; echo x >/etc/secret && echo written; echo ran'
printed ran
! grep -q hidden "$W/rt.out" || blame "the masked file is seen"
devices_as_were
verdict "a masked file gives no way to the host's null device (CVE-2025-31133)"

# ---- stdio ----

# shellcheck disable=SC2016
SPOIL='for n in 0 1 2; do chmod 640 /proc/self/fd/$n; chown 1000:1000 /proc/self/fd/$n; done 2>/tmp/said
	chmod 640 /dev/null; echo x >/proc/self/fd/1'
for device in null zero full; do
	bundle sec "$DOCKER_CAPS" sh -c "$SPOIL; sleep 60"
	timeout -k 1 10 "$RUNTIME" --root "$STATE" run --detach --bundle "$SDIR/sec" "$RUN-sec" \
		<"/dev/$device" >"/dev/$device" 2>"$W/rt.err" 7>&- 8>&- || blame "run: $(cat "$W/rt.err")"
	sleep 0.3
	devices_as_were
	rm -f "$W/rootfs/tmp/said"
	timeout -k 1 10 "$RUNTIME" --root "$STATE" exec "$RUN-sec" sh -c "$SPOIL" \
		<"/dev/$device" >"/dev/$device" 2>"$W/rt.err" 7>&- 8>&- ||
		[ $device = full ] || blame "exec: $(cat "$W/rt.err")"
	devices_as_were
	rm -f "$W/rootfs/tmp/said"
	rt_ok delete --force "$RUN-sec"
	verdict "stdio that is the host's $device device is the container's own inside"
done

# A container that spoils its own null device gets no other one by exec.
bundle sec "$DOCKER_CAPS" sh -c 'rm /dev/null; ln -s zero /dev/null; echo ready; sleep 60'
rt_ok run --detach --bundle "$SDIR/sec" "$RUN-sec"
for _ in $(seq 100); do [ ! -s "$W/rt.out" ] || break; sleep 0.02; done
rt exec "$RUN-sec" sh -c "$SPOIL"
refused /dev/null
devices_as_were
rt_ok delete --force "$RUN-sec"
verdict "exec where the container's null device is none"

# ---- owners of what the caller has open ----

mkdir "$W/caller"
: >"$W/out"
mkfifo "$W/pipe"
exec 9<>"$W/pipe"
for detach in '' --detach; do
	bundle sec '.process.user = { uid: 1000, gid: 1000 }' sh -c 'id -u; sleep 0.2'
	: >"$W/out"
	# shellcheck disable=SC2086
	timeout -k 1 10 "$RUNTIME" --root "$STATE" run $detach --bundle "$SDIR/sec" "$RUN-sec" \
		<"$W/caller" >"$W/out" 2>"$W/pipe" 7>&- 8>&- || blame "run $detach: exit $?"
	for _ in $(seq 100); do [ ! -s "$W/out" ] || break; sleep 0.02; done
	grep -qx 1000 "$W/out" || blame "it did not run: $(cat "$W/out")"
	owners=$(stat -c %u "$W/caller" "$W/out" "$W/pipe" | sort -u)
	[ "$owners" = 0 ] || blame "run $detach: now of uid $owners"
	chown 0:0 "$W/caller" "$W/out" "$W/pipe"
	rt delete --force "$RUN-sec"
done
exec 9<&-
verdict "a file, directory and named pipe on stdio stay the caller's"

# A pipe without a name is given to the container's user, who may open /dev/stdout then.
bundle sec '.process.user = { uid: 1000, gid: 1000 }' sh -c 'echo again >/dev/stdout'
out=$(timeout -k 1 10 "$RUNTIME" --root "$STATE" run --bundle "$SDIR/sec" "$RUN-sec" \
	</dev/null 2>"$W/rt.err" 7>&- 8>&- | cat)
[ "$out" = again ] || blame "/dev/stdout: $(cat "$W/rt.err")"
verdict "a user of the container can open a pipe on stdout again"

# ---- /dev of the image is a link to a volume ----

tried=0
for mounts in 'map(select(.destination | startswith("/dev") | not))' \
	'map(select(.destination != "/dev"))' .; do
	for order in '. + $volume' '$volume + .'; do
		image
		rm -rf "${IMG:?}/dev" "$W/volume"
		mkdir "$W/volume" "$IMG/vol"
		ln -s vol "$IMG/dev"
		echo mark >"$W/volume/console"
		play "$USE | [{ destination: \"/vol\", type: \"bind\", source: \"$W/volume\", options: [\"rbind\", \"rw\"] }] as \$volume
			| .mounts |= ($mounts | $order)
			| .linux.devices = [{ path: \"/dev/extra/zero\", type: \"c\", major: 1, minor: 5 }]" true
		[ "$RC" = 0 ] || [ -s "$W/rt.err" ] || blame "exit $RC without a word"
		[ "$(ls -A "$W/volume")" = console ] && [ "$(cat "$W/volume/console")" = mark ] ||
			blame "$mounts, $order: in the volume: $(ls -A "$W/volume" | tr '\n' ' ')"
		tried=$((tried + 1))
	done
done
[ $tried = 6 ] || blame "$tried of 6 tried"
verdict "/dev of the image is a link to a volume (CVE-2026-41579)"

image
mkdir "$W/other" "$IMG/vol" "$IMG/dev/sub"
rm -rf "${IMG:?}/dev/sub"
ln -s /vol "$IMG/dev/sub"
play "$USE | .mounts |= map(select(.destination != \"/dev\")) | .mounts += [{ destination: \"/vol\",
		type: \"bind\", source: \"$W/other\", options: [\"rbind\", \"rw\"] }]
	| .linux.devices = [{ path: \"/dev/sub/zero\", type: \"c\", major: 1, minor: 5 }]" true
[ -z "$(ls -A "$W/other")" ] || blame "in the volume: $(ls -A "$W/other")"
verdict "a directory of devices is a link to a volume"

tap_done
