#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# linux.cgroupsPath never leads to a cgroup that is not the container's own: the root, the
# caller's, one above it, a populated, a frozen one and one below that are refused, and ".."
# goes nowhere. Whoever lives in them is neither moved nor harmed, and nothing is left.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# make_everywhere PATH: that cgroup in every hierarchy, as an administrator would.
make_everywhere()
{
	local m p

	for m in $(printf '%s\n' "${CGMNT[@]}" | sort -u); do
		for p in "$m/${1%/*}" "$m/$1"; do
			[ ! -d "$p" ] || continue
			mkdir "$p"
			[ ! -e "$p/cpuset.cpus" ] || { cat "${p%/*}/cpuset.cpus" >"$p/cpuset.cpus"; cat "${p%/*}/cpuset.mems" >"$p/cpuset.mems"; }
		done
	done
}

move_everywhere()
{
	local m

	for m in $(printf '%s\n' "${CGMNT[@]}" | sort -u); do echo "$2" >"$m/$1/cgroup.procs"; done
}

# The shape of what is there: every directory of ours with who is in it and whether it is frozen.
picture()
{
	local d

	d=$(find_cgroups "$RUN")
	# shellcheck disable=SC2086
	{ echo "$d"; grep -s . $(printf '%s/cgroup.procs %s/freezer.self_freezing %s/cgroup.freeze ' \
		$(for d in $d; do echo "$d" "$d" "$d"; done)); } | sort
}

# put PATH: a container that is to live there.
put()
{
	bundle bar ".linux.cgroupsPath = $(jq -n --arg p "$1" '$p')" /bin/inmate tick
	LIMIT=10 rt create --bundle "$SDIR/bar" --pid-file "$SDIR/bar/pid" "$RUN-bar"
	[ "$MS" -lt 4000 ] || blame "took $MS ms"
}

# refused NAME PATH
refused()
{
	local before

	before=$(picture)
	MOUNTS=$(count_mounts)
	put "$2"
	[ "$RC" = 1 ] || blame "exit $RC"
	[ "$(wc -l <"$W/rt.err")" = 1 ] || blame "$(wc -l <"$W/rt.err") lines: $(said)"
	[ "$before" = "$(picture)" ] || blame "cgroups are not as before: $(picture | tr '\n' ' ')"
	[ ! -e "$STATE/$RUN-bar" ] || blame "state is left"
	[ "$(count_mounts)" = "$MOUNTS" ] || blame "a mount is left"
	obs harmed by
	[ "$REPLY" = 0 ] || blame "harmed: $REPLY"
	for t in bar call; do
		obs count "$RUN.$t"
		[ "$REPLY" = 0 ] || blame "$REPLY processes of $t are left"
	done
	# Before anything else is done: a container that came up must not be deleted into others.
	if [ -e "$STATE/$RUN-bar" ]; then
		obs clear "$RUN.bar"
		obs clear "$RUN.call"
		rm -rf "${STATE:?}/$RUN-bar"
	fi
	echo "# $1: $(said)"
	verdict "$1"
}

bystander()
{
	"$W/bin/inmate" tick </dev/null 7>&- 8>&- &
	BY=$!
}

setup
situation root
for p in own/inner busy parent/busy frozen below/inner empty; do make_everywhere "$RUN-$p"; done
export CGT=$RUN.by
bystander; move_everywhere "$RUN-busy" $BY
bystander; move_everywhere "$RUN-parent/busy" $BY
bystander
unset CGT
obs await "$RUN.by" 3 5000
obs watch by "$RUN.by"

refused "the root" /
refused "the root, with more slashes" ///
refused "the root, as a dot" /.
refused "a populated one" "/$RUN-busy"
refused "one whose child is populated" "/$RUN-parent"
refused "a populated one in another spelling" "/$RUN-busy/."
refused "a populated one in another spelling, with slashes" "//$RUN-busy//"
for p in / /tmp/../ ; do
	refused ".. to a populated one, from $p" "${p}../$RUN-busy"
done
refused ".. out of a cgroup of one's own" "/$RUN-x/../$RUN-busy"
refused ".. in the middle of a name that is new" "/$RUN-x/../$RUN-y"
refused ".. alone" ".."
refused "many .." "../../../../../../../../$RUN-escape"
refused ".. to files" "/../../../tmp/$RUN-escape"
[ -z "$(find / -xdev -name "$RUN-escape" 2>/dev/null)" ] || blame "it escaped"
verdict "nothing escaped"

for m in freezer v2; do
	[ -n "${CGMNT[$m]:-}" ] || continue
	d=${CGMNT[$m]}
	if [ $m = v2 ]; then f=cgroup.freeze on=1 off=0; else f=freezer.state on=FROZEN off=THAWED; fi
	echo $on >"$d/$RUN-frozen/$f"
	refused "a frozen one, $m" "/$RUN-frozen"
	refused "one below a frozen one, $m" "/$RUN-frozen/bar"
	refused "one two below a frozen one, $m" "/$RUN-frozen/bar/bar"
	echo $off >"$d/$RUN-frozen/$f"
done

# Populated in one hierarchy alone is populated: each may be the one that kills.
for m in $(printf '%s\n' "${!CGMNT[@]}" | sort); do
	[[ $m =~ ^(v2|freezer|pids|memory|name=systemd)$ ]] || continue
	(export CGT=$RUN.one; bystander; echo $BY >"${CGMNT[$m]}/$RUN-empty/cgroup.procs")
	obs await "$RUN.one" 1 5000
	obs watch one "$RUN.one"
	refused "one that is populated in $m alone" "/$RUN-empty"
	obs harmed one
	[ "$REPLY" = 0 ] || fail "who lives in $m alone is not harmed" "$REPLY"
	obs forget one
	obs clear "$RUN.one"
done

# The caller's own: the runtime is called from inside.
save=("${ENTER[@]}")
# shellcheck disable=SC2016
ENTER=(sh -c 'for d in $0; do echo $$ >"$d/cgroup.procs"; done; exec "$@"'
	"$(printf "%s/$RUN-own/inner " $(printf '%s\n' "${CGMNT[@]}" | sort -u))" "${save[@]}")
refused "the caller's own" "/$RUN-own/inner"
refused "one above the caller's own" "/$RUN-own"
ENTER=("${save[@]}")

# What is allowed: a new one, nested, and an empty one that is there.
for p in "/$RUN-new/a/b/c" "$RUN-new" "/$RUN-empty"; do
	put "$p"
	[ "$RC" = 0 ] || blame "exit $RC: $(said)"
	if [ "$RC" = 0 ]; then
		grep -q "$p" "/proc/$(cat "$SDIR/bar/pid")/cgroup" || blame "lives elsewhere: $(cat "/proc/$(cat "$SDIR/bar/pid")/cgroup" | tr '\n' ' ')"
		rt_ok delete --force "$RUN-bar"
	fi
	[ -z "$(find_cgroups "$RUN-new")" ] || blame "left: $(find_cgroups "$RUN-new" | tr '\n' ' ')"
	verdict "allowed: $p"
	sweep bar
done
obs harmed by
[ "$REPLY" = 0 ] || blame "harmed: $REPLY"
verdict "everybody lives"
tap_done
