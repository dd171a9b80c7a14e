#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 3600 s
# Every command line of README.md, as it stands there, in a clean root of Debian 12 and from a
# fresh clone. What the root cannot have is skipped, each line with its reason.
. "${0%/*}/../lint/lib.sh"

here=$CG_SRC/tests/packages
[ "$(id -u)" = 0 ] || skip_all "needs root"
"$CG_SRC/tools/install-deps" packages || { fail "roots" "tools/install-deps packages"; tap_done; }
root=$("$here/root" bookworm user) || { fail "root" "no clean root file system could be made"; tap_done; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
git clone -q "$CG_SRC" "$tmp/libcg" 2> "$tmp/git" || skip_all "this is not a git checkout"

# lines HEADING: the command lines of that section
lines() { awk -v h="$1" '/^##? / { on = $0 ~ h } /^\*\*/ { sub(/\*\* .*/, "**"); on = $0 ~ h } on && /^    / { sub(/^    /, ""); print }' "$CG_SRC/README.md"; }

# all NAME SETUP HEADING: each line of the section, one after the other, in a root of its own
all()
{
	local line n=0

	lines "$3" | grep -v '^SITUATION\|^[a-z]* *ok  \|situations shown' > "$tmp/commands"
	[ -s "$tmp/commands" ] || { fail "$1" "README has no such section"; return; }
	{
		echo "set -e; cd /area/libcg; $2"
		while IFS= read -r line; do
			n=$((n + 1))
			printf '%s\necho "line-%s-done"\n' "$line" "$n"
		done < "$tmp/commands"
	} > "$tmp/script"
	timeout 1500 "$here/enter" "$root" "$tmp" /bin/bash /area/script > "$tmp/log" 2>&1 < /dev/null
	n=0
	while IFS= read -r line; do
		n=$((n + 1))
		if grep -qx "line-$n-done" "$tmp/log"; then
			pass "$1: $line"
		else
			fail "$1: $line"
			tail -n 40 "$tmp/log" | sed 's/^/# /'
			break
		fi
	done < "$tmp/commands"
}

git='apt-get -q -y install git > /dev/null;'
chmod 755 "$tmp"
all "try it" "$git" '^## Try it'
all "install it" "$git apt-get -q -y install dpkg-dev > /dev/null; rpmbuild() { :; };" '^## Install it'
lines '\\*\\*podman' > "$tmp/podman"
grep -q 'podman run --runtime cgrun --rm IMAGE COMMAND' "$tmp/podman" && check=pass || check=fail
$check "podman run is what packages.sh runs with an image of its own"
for section in docker containerd nerdctl Kubernetes; do
	lines "\\\\*\\\\*$section" | grep -q . && check=skip || check=fail
	$check "$section" "no systemd, no registry of images and no cluster in this root; make check-clients runs the same requests"
done
tap_done
