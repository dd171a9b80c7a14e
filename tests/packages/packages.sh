#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 2400 s
# The packages as a packager makes them, from the archive of `make dist` alone, in a clean root
# of each Debian release; then as a user has them, in another: installed, used, upgraded, purged.
# The RPM packages are built in the same roots: their own distributions are not to be had here.
# SUITES="sid" tests one release.
. "${0%/*}/../lint/lib.sh"

here=$CG_SRC/tests/packages
[ "$(id -u)" = 0 ] || skip_all "needs root"
[ "$CG_RUNTIME" = 1 ] || skip_all "cgrun was not built"
"$CG_SRC/tools/install-deps" packages || { fail "packages" "tools/install-deps packages"; tap_done; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$CG_BUILD" || exit 1
version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' config.h)
archive=libcg-$version.tar.xz

# quietly NAME COMMAND...: what it printed is shown where it failed
quietly()
{
	local name="${suite:+$suite: }$1" start=$SECONDS

	shift
	if "$@" > "$tmp/log" 2>&1; then
		pass "$name"
		echo "# $((SECONDS - start)) s"
	else
		fail "$name" "exit status $?"
		tail -n 60 "$tmp/log" | sed 's/^/# /'
		return 1
	fi
}

# in_root KIND COMMAND...: in a copy of this release's root; $tmp/$suite is /area there
in_root()
{
	local kind=$1

	shift
	timeout -k 10 900 "$here/enter" "${root[$kind]}" "$tmp/$suite" "$@"
}
declare -A root

build_packages()
{
	mkdir -p "$tmp/$suite/deb" "$tmp/$suite/again" "$tmp/$suite/rpm"
	cp "$tmp/$archive" "$here/rpmlint.toml" "$tmp/$suite"
	quietly "the Debian packages build" in_root build /bin/sh -ec "
		cd /area/deb
		tar xf ../$archive
		ln ../$archive libcg_$version.orig.tar.xz
		cd libcg-$version
		DEB_BUILD_OPTIONS=parallel=$(nproc) dpkg-buildpackage -us -uc" || return
	# These are ours to give only to somebody who uploads: there is no bug to close, the
	# maintainer's and the project's addresses are examples. The policy that we follow is that
	# of trixie, which the lintian of bookworm does not know.
	quietly "lintian has nothing to say" in_root build /bin/sh -c "
		cd /area/deb && lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
			--suppress-tags initial-upload-closes-no-bugs,no-debian-changes,bogus-mail-host-in-debian-changelog,newer-standards-version *.changes"
	quietly "the RPM packages build" in_root build /bin/sh -ec "
		mkdir -p /area/rpm
		rpmbuild -ta --nodeps --define '_topdir /area/rpm' --define '_smp_mflags -j$(nproc)' \
			/area/$archive"
	verdict "$suite: each RPM package has what it is for" "$(
		for f in libcg-0:libcg.so.0.0.0 libcg-devel:cg.h libcg-static:libcg.a cgtool-0:bin/cgtool \
				cgrun-0:bin/cgrun cgrun-0:containers.conf.d/cgrun.conf \
				cgrun-selinux:cgrun.cil libcg-doc:engines/podman.conf; do
			in_root build /bin/sh -c "rpm -qpl /area/rpm/RPMS/*/${f%%:*}*.rpm" |
				grep -q "/${f#*:}$" || echo "${f%%:*} lacks ${f#*:}"
		done)"
}

# What only the newest tools of the three releases can tell.
only_sid()
{
	quietly "rpmlint has nothing to say" in_root build /bin/sh -c \
		"rpmlint -c /area/rpmlint.toml /area/rpm/RPMS/*/*.rpm /area/rpm/SRPMS/*.rpm"
	quietly "a second build is the same" in_root build /bin/sh -ec "
		mkdir /area/again/elsewhere
		cd /area/again/elsewhere
		tar xf /area/$archive
		cd libcg-$version
		DEB_BUILD_OPTIONS='parallel=$(nproc) nocheck' dpkg-buildpackage -us -uc -b
		cd ..
		for f in *.deb; do cmp \$f /area/deb/\$f || bad=1; done
		test -z \"\$bad\""
	quietly "the AppArmor profile is understood" in_root build \
		apparmor_parser --skip-kernel-load --skip-cache /area/deb/libcg-$version/debian/cgrun.apparmor
}

# The cases of inside, as cases of this test.
use_packages()
{
	local line ended=

	cp "$here/inside" "$tmp/$suite/"
	in_root user /area/inside > "$tmp/inside" 2>&1
	while IFS= read -r line; do
		case $line in
		end) ended=1 ;;
		'pass '*) pass "$suite: ${line#pass }" ;;
		'fail '*) fail "$suite: ${line#fail }" ;;
		*) printf '%s\n' "# ${line#\# }" ;;
		esac
	done < "$tmp/inside"
	[ -n "$ended" ] || fail "$suite: the tests inside came to their end"
}

# The packages of the commit before this one, with a lower version.
build_before()
{
	mkdir -p "$tmp/$suite/before/src"
	if ! git -C "$CG_SRC" archive HEAD^ 2> "$tmp/git" | tar x -C "$tmp/$suite/before/src" 2>> "$tmp/git" ||
			[ ! -e "$tmp/$suite/before/src/debian/rules" ]; then
		skip "$suite: the upgrade" "the commit before, or its packaging, is not here"
		return
	fi
	sed -i "1s/(.*)/($version-1~before)/" "$tmp/$suite/before/src/debian/changelog"
	quietly "the packages of the commit before build" in_root build /bin/sh -ec "
		cd /area/before/src
		DEB_BUILD_OPTIONS='parallel=$(nproc) nocheck' dpkg-buildpackage -us -uc -b"
}

quietly "make dist" make -s dist-xz || tap_done
mv "$archive" "$tmp/"
for suite in ${SUITES:-bookworm trixie sid}; do
	mkdir "$tmp/$suite"
	if ! root[build]=$("$here/root" "$suite" build) || ! root[user]=$("$here/root" "$suite" user); then
		fail "$suite" "no clean root file system could be made"
		continue
	fi
	build_packages || continue
	[ "$suite" != sid ] || only_sid
	[ "$suite" != trixie ] || build_before
	use_packages
	rm -rf "${tmp:?}/$suite"
done
tap_done
