#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
# Both packages are built from a release, as distributions do it, with the compiled tests;
# their contents, and that a program can be built against what they bring.
. "${0%/*}/lib.sh"

"$CG_SRC/tools/install-deps" packages || { fail "packages" "tools/install-deps packages"; tap_done; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$CG_BUILD" || exit 1

# quietly NAME COMMAND...: what it printed is shown where it failed
quietly()
{
	local name=$1

	shift
	if "$@" > "$tmp/log" 2>&1; then
		pass "$name"
	else
		tail -n 40 "$tmp/log" | sed 's/^/# /'
		fail "$name" "exit status $?"
		return 1
	fi
}

mkdir "$tmp/deb" "$tmp/rpm" "$tmp/rpm/SOURCES"
quietly "make dist" make -s dist-gzip || tap_done
version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' config.h)
mv "libcg-$version.tar.gz" "$tmp/rpm/SOURCES/"

# Debian
tar xzf "$tmp/rpm/SOURCES/libcg-$version.tar.gz" -C "$tmp/deb"
cp "$tmp/rpm/SOURCES/libcg-$version.tar.gz" "$tmp/deb/libcg_$version.orig.tar.gz"
cd "$tmp/deb/libcg-$version" || exit 1
cp -r packaging/debian .
if quietly "the Debian packages build" env DEB_BUILD_OPTIONS="parallel=$(nproc)" \
		dpkg-buildpackage -us -uc; then
	cd "$tmp/deb" || exit 1
	quietly "lintian finds no error" lintian --allow-root --fail-on error ./*.changes
	verdict "each package has what it is for" "$(
		for f in libcg0:libcg.so.0.0.0 libcg-dev:cg.h libcg-dev:libcg.pc libcg-dev:cg_kill_all.3.gz \
				cgtool:cgtool cgrun:cgrun cgrun:podman.conf; do
			dpkg-deb -c "${f%%:*}_"*.deb | grep -q "/${f#*:}$" || echo "${f%%:*} lacks ${f#*:}"
		done)"
	for f in libcg0 libcg-dev; do dpkg-deb -x "${f}_"*.deb "$tmp/root"; done
	lib=$(dirname "$(find "$tmp/root" -name 'libcg.so.0')")
	sed -n '/^```c$/,/^```$/p' "$CG_SRC/README.md" | sed '/^```/d' > "$tmp/example.c"
	quietly "the example of README builds against them" ${CC:-cc} -Werror "$tmp/example.c" \
		-o "$tmp/example" -I "$tmp/root/usr/include" -L "$lib" -lcg
fi

# RPM, whose database knows none of Debian's packages
cd "$tmp/rpm" || exit 1
if quietly "the RPM packages build" rpmbuild --quiet --nodeps --define "_topdir $tmp/rpm" \
		--define "_smp_mflags -j$(nproc)" -bb "$CG_BUILD/packaging/rpm/libcg.spec"; then
	verdict "each RPM has what it is for" "$(
		for f in libcg-0:libcg.so.0.0.0 libcg-devel:cg.h libcg-tools:bin/cgtool cgrun-0:bin/cgrun; do
			rpm -qpl RPMS/*/"${f%%:*}"*.rpm 2> "$tmp/log" | grep -q "/${f#*:}$" ||
				echo "${f%%:*} lacks ${f#*:}"
		done)"
fi
tap_done
