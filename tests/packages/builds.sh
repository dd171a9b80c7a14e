#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 3600 s
# Other compilers, flags, options and architectures than those of this host, each with the
# compiled tests of make check, from the archive of `make dist`. gcc of each Debian release is
# in packages.sh. BUILDS="lto i386" does some of them.
. "${0%/*}/../lint/lib.sh"

here=$CG_SRC/tests/packages
[ "$(id -u)" = 0 ] || skip_all "needs root"
"$CG_SRC/tools/install-deps" packages || { fail "builds" "tools/install-deps packages"; tap_done; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL
cd "$CG_BUILD" || exit 1
make -s dist-xz > "$tmp/log" 2>&1 || { cat "$tmp/log"; fail "make dist" "see the log"; tap_done; }
mv libcg-*.tar.xz "$tmp/libcg.tar.xz"

# in_root SUITE KIND ARCH SCRIPT: as /bin/sh -e in a copy of that root, where /area/src has the sources
in_root()
{
	local root

	root=$("$here/root" "$1" "$2" "$3") || return
	timeout -k 10 1200 "$here/enter" "$root" "$tmp" /bin/sh -ec "
		mkdir /b && tar xf /area/libcg.tar.xz -C /b --strip-components=1 && cd /b
		$4"
}

# build NAME SUITE KIND ARCH SCRIPT
build()
{
	case " ${BUILDS:-$1} " in *" $1 "*) ;; *) return ;; esac
	if in_root "${@:2}" > "$tmp/log" 2>&1; then
		grep -E '^(check|check-programs): [0-9]+ passed' "$tmp/log" | sed 's/^/# /'
		pass "$1"
	else
		grep -E '^(FAIL|fail)|error:|warning:|: undefined' "$tmp/log" | head -n 30 | sed 's/^/# /'
		tail -n 15 "$tmp/log" | sed 's/^/# /'
		fail "$1" "$2 $3 $4"
	fi
}

make="make -j$(nproc)"
tests="$make all && $make check-programs"

build clang trixie tools amd64 "./configure -q --enable-werror CC=clang && $tests"
build O0 trixie tools amd64 "./configure -q --enable-werror CFLAGS='-O0 -g' && $tests"
build lto trixie tools amd64 "./configure -q --enable-werror CFLAGS='-O2 -flto=auto' && $tests"
build fortify3 trixie tools amd64 \
	"./configure -q --enable-werror CFLAGS='-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fhardened' && $tests"
build no-runtime trixie tools amd64 "./configure -q --enable-werror --disable-runtime && $tests
	$make install && test ! -e /usr/local/bin/cgrun && cgtool() { LD_LIBRARY_PATH=/usr/local/lib /usr/local/bin/cgtool \"\$@\"; }
	cgtool --version"

# A program with the library inside of it asks systemd for a scope: the loader of libsystemd is
# part of it. There is no systemd in this root, and it has to come so far as to miss the bus.
build static trixie tools amd64 "./configure -q --enable-werror --enable-static && $make all && $make install
	cat > /use.c <<-'C'
	#include <stdio.h>
	#include <libcg/cg.h>

	int main(void)
	{
		struct cg_ctx *ctx;
		struct cg *cg = NULL;

		if (cg_ctx_new(&ctx) < 0 || cg_ctx_set_driver(ctx, \"systemd,v2,v1,proc\") < 0)
			return 1;
		if (cg_create(ctx, \"static-use\", 0, &cg) == 0)
			cg_delete(cg, 0, 1000, NULL, 0);
		printf(\"%s\n\", cg_errmsg(ctx));
		cg_ctx_free(ctx);
		return 0;
	}
	C
	PKG_CONFIG_PATH=/usr/local/lib/pkgconfig
	export PKG_CONFIG_PATH
	cc -Wall -o /use /use.c \$(pkg-config --cflags libcg) /usr/local/lib/libcg.a \
		\$(pkg-config --static --libs libcg | sed 's/-lcg//')
	if readelf -d /use | grep 'libcg\.so'; then exit 1; fi
	LD_DEBUG=files /use 2>&1 | grep 'libsystemd\.so\.0'"

# A process of 32 bits, and one of another architecture in an emulator of programs.
build i386 bookworm tools i386 "./configure -q --enable-werror && $tests"
build arm64 bookworm cross amd64 "./configure -q --enable-werror --host=aarch64-linux-gnu \
		PKG_CONFIG=/usr/bin/aarch64-linux-gnu-pkg-config
	$make all && HARNESS_UNDER='qemu-aarch64-static -L /' $make check-programs"

# musl has no systemd, libmnl, json-c, libcap or libseccomp in Debian: every file is compiled
# against musl's own headers and the interfaces of those, and nothing is linked.
build musl trixie tools amd64 "./configure -q --enable-werror
	mkdir /foreign && cd /foreign
	for h in linux asm-generic libmnl json-c seccomp.h sys/capability.h systemd; do
		mkdir -p \$(dirname \$h) && ln -s /usr/include/\$h \$h
	done
	ln -s /usr/include/x86_64-linux-gnu/asm asm
	cd /b
	for f in \$(find libcg drivers tools -name '*.c'); do
		musl-gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only -include config.h -D_GNU_SOURCE= \
			-Iinclude -Ilibcg -Idrivers -Itools -Itools/common -Itools/cgrun -Itools/cgtool \
			-isystem /foreign -isystem /foreign/json-c \$f || bad=1
	done
	test -z \"\$bad\""
tap_done
