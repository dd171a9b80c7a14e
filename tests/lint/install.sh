#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install puts everything where it belongs, pkg-config finds it, and a program that is
# built with what it says runs.
. "${0%/*}/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

check "make install" make -s -C "$CG_BUILD" install DESTDIR="$tmp/root" MAKEFLAGS=
pc=$(find "$tmp/root" -name libcg.pc)
prefix=$(sed -n 's/^prefix=//p' "$pc")
libdir=$(pkg-config --define-variable=prefix="$prefix" --variable=libdir "$pc")

missing=
for file in include/libcg/cg.h bin/cgtool share/man/man7/libcg.7 share/man/man8/cgtool.8 \
	share/man/man3/cg_kill_all.3; do
	[ -e "$tmp/root$prefix/$file" ] || missing+="$file"$'\n'
done
if [ "$CG_RUNTIME" = 1 ]; then
	for file in bin/cgrun share/man/man8/cgrun.8; do
		[ -e "$tmp/root$prefix/$file" ] || missing+="$file"$'\n'
	done
fi
for file in libcg.so libcg.so.0 pkgconfig/libcg.pc; do
	[ -e "$tmp/root$libdir/$file" ] || missing+="$libdir/$file"$'\n'
done
verdict "everything is installed" "$(printf %s "$missing")"
verdict "nothing else is" "$(cd "$tmp/root$prefix" && find . -type f | grep -vE \
	'^\./(include/libcg/cg\.h|bin/(cgtool|cgrun)|share/man/man[378]/(libcg|cg)[a-z_]*\.[378]|share/doc/libcg/(README\.md|NEWS|CONTRIBUTING\.md|SECURITY\.md|doc/[a-z/-]*\.(md|conf|toml|json|yaml))|share/bash-completion/completions/(cgtool|cgrun)|share/zsh/site-functions/_(cgtool|cgrun)|share/fish/vendor_completions\.d/(cgtool|cgrun)\.fish|lib[^ ]*/libcg\.(so[0-9.]*|la|a)|lib[^ ]*/pkgconfig/libcg\.pc)$')"

# What engines are told names the installed program.
bindir=$prefix/bin
if [ "$CG_RUNTIME" = 1 ]; then
	verdict "the files for engines have the installed path" "$(cd "$tmp/root$prefix/share/doc/libcg/doc/engines" &&
		for file in podman.conf containerd.toml daemon.json; do
			grep -q "\"$bindir/cgrun\"" "$file" || echo "$file"
		done)"
fi

# The completion scripts ask the programs.
completes()
{
	bash -c '. "$1"; COMP_WORDS=("${@:2}") COMP_CWORD=$(($# - 2))
		PATH=$CG_BIN:$PATH _libcg "$2" "${@: -1}"; printf "%s\n" "${COMPREPLY[@]}"' - \
		"$tmp/root$prefix/share/bash-completion/completions/cgtool" "$@"
}
check "bash completes verbs" [ "$(completes cgtool del)" = delete ]
check "and options" [ "$(completes cgtool delete --fo)" = --force ]
check "and signals" [ "$(completes cgtool signal KIL)" = KILL ]
check "and takes a value of an option for one" [ "$(completes cgtool --base x del)" = delete ]

cat > "$tmp/use.c" <<'C'
#include <stdio.h>
#include <libcg/cg.h>
int main(void) { return printf("%s\n", cg_version()) < 0; }
C
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$tmp/root
if [ "$CG_PLAIN" = 1 ]; then
	# shellcheck disable=SC2046
	check "pkg-config is enough to link" ${CC:-cc} -o "$tmp/use" "$tmp/use.c" \
		$(pkg-config --cflags --libs libcg)
	version=$(LD_LIBRARY_PATH=$tmp/root$libdir "$tmp/use")
	[ "$version" = "$(pkg-config --modversion libcg)" ] && check=pass || check=fail
	$check "the library has the version of its .pc" "$version"
else
	skip "pkg-config is enough to link" "a sanitized library cannot be loaded by a plain program"
fi
tap_done
