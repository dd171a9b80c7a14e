# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the attacks share, beside ../lib.sh.

# In a mount namespace of the test's own, from which nothing propagates to the host.
private_mounts()
{
	[ -n "${PRIVATE_MOUNTS:-}" ] || PRIVATE_MOUNTS=1 exec unshare -m --propagation private "$0" "$@"
}

# An image of one's own to spoil: $IMG, and the filter that uses it.
image()
{
	rm -rf --one-file-system "$W/img"
	cp -a "$W/rootfs" "$W/img"
	IMG=$W/img
	USE=".root.path = \"$IMG\""
}

# The capabilities that docker gives to root of a container.
DOCKER_CAPS='.process.capabilities = (["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW",
	"SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"]
	| map("CAP_" + .) | { bounding: ., effective: ., permitted: . })'

# play FILTER ARGS...: a run of it in the foreground; RC and what it printed in $W/rt.out
play()
{
	local filter=$1

	shift
	bundle sec "$filter" "$@"
	rt run "${OPTIONS[@]}" --bundle "$SDIR/sec" "$RUN-sec"
}
OPTIONS=()

printed() { grep -qxF -- "$1" "$W/rt.out" || blame "no \"$1\": exit $RC, $(tr '\n' ' ' <"$W/rt.out" | head -c 300) $(said)"; }

# The call came back by itself, with an error in words.
refused()
{
	[ "$RC" != 0 ] || blame "exit 0: $(head -c 300 "$W/rt.out")"
	[ "$RC" -lt 124 ] || [ "$RC" = 255 ] || blame "exit $RC after $MS ms"
	[ -s "$W/rt.err" ] || blame "not a word"
	[[ $(said) == *"$1"* ]] || blame "does not say \"$1\": $(said)"
}

in_time() { [ "$RC" -lt 124 ] || [ "$RC" = 255 ] || blame "$1 did not end: exit $RC after $MS ms"; }
