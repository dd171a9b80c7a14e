#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# procfs and sysfs: no unmasked copy can be had, and what is masked or read-only is that of the
# mount that was made, whatever others do to the image meanwhile.
# shellcheck source=../lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

GUARDED='.linux.maskedPaths = ["/proc/keys", "/proc/timer_list", "/sys/firmware"]
	| .linux.readonlyPaths = ["/proc/sys", "/proc/sysrq-trigger"]
	| .linux.namespaces += [{ type: "network" }]
	| .mounts += [{ destination: "/sys", type: "sysfs", source: "sysfs",
		options: ["nosuid", "noexec", "nodev", "ro"] }]'

setup
helper attack
situation root

# ---- a second instance, from a user namespace that the container makes ----

unshare -U -r true 2>"$W/why" || WHY_NOT="no user namespace: $(cat "$W/why")"
for how in '' --no-pivot; do
	OPTIONS=()
	[ -z "$how" ] || OPTIONS=("$how")
	[ -z "$WHY_NOT" ] || { skip "a fresh procfs ${how:-with pivot_root}" "$WHY_NOT"; continue; }
	play "$GUARDED | $DOCKER_CAPS" sh -c 'echo begun
		unshare -U -r -m -p -f sh -c "mount -t proc proc /mnt && echo fresh proc"
		unshare -U -r -m -n sh -c "mount -t sysfs sysfs /mnt && echo fresh sysfs"'
	printed begun
	! grep '^fresh' "$W/rt.out" || blame "mounted: $(grep '^fresh' "$W/rt.out" | tr '\n' ' ')"
	verdict "no fresh procfs or sysfs in a nested user namespace ${how:-with pivot_root}"
done
OPTIONS=()

# ---- the image is changed meanwhile ----

# shellcheck disable=SC2016
LOOK='for p in /proc /other; do
		[ ! -d $p/self ] || ! (exec 3<>$p/sys/kernel/core_pattern) 2>/dev/null || echo "open $p"
	done
	echo ran'

# In a hook: after the mounts, before the root is entered, without a race.
image
mkdir "$IMG/empty"
ln -s empty "$IMG/other"
for point in createRuntime createContainer; do
	play "$USE | $GUARDED | .hooks.$point = [{ path: \"$W/bin/attack\",
		args: [\"attack\", \"swap\", \"$IMG/proc\", \"$IMG/other\", \"once\"] }]" sh -c "$LOOK"
	[ "$RC" != 0 ] || printed ran
	! grep '^open' "$W/rt.out" || blame "/proc/sys can be written to"
	verdict "/proc of the image is exchanged for a link in $point"
	image
	mkdir "$IMG/empty"
	ln -s empty "$IMG/other"
done

"$W/bin/attack" swap "$IMG/proc" "$IMG/other" 7>&- 8>&- &
SWAPPER=$!
ran=0
bundle sec "$USE | $GUARDED" sh -c "$LOOK"
for _ in $(seq "${TRIES:-60}"); do
	rt run --bundle "$SDIR/sec" "$RUN-sec"
	[ "$RC" -lt 124 ] || rt delete --force "$RUN-sec"
	! grep -qx ran "$W/rt.out" || ran=$((ran + 1))
	! grep '^open' "$W/rt.out" || { blame "/proc/sys can be written to"; break; }
done
kill -KILL $SWAPPER
wait $SWAPPER 2>"$W/why"
[ $ran -gt 0 ] || blame "no container ran: $(said)"
verdict "/proc of the image is exchanged for a link, again and again"

tap_done
