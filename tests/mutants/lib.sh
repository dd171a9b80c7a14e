# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# What run and sample share: the library and the tests of the fake kernel, compiled once.
# They set src, self, cc and work.

flags="-std=gnu11 -O1 -D_GNU_SOURCE -DPACKAGE_VERSION=\"0\" -I$src/include -I$src/libcg -I$src/drivers \
	-I$src -I$src/tests -I$src/tests/lib $(pkg-config --cflags libmnl cmocka)"
libs="$(pkg-config --libs cmocka libmnl libsystemd) -ldl -lpthread"

# side_by_side VERB: for each argument on standard input
side_by_side() { xargs -d '\n' -P "$(nproc)" -I '{}' "$self" "$1" "$work" '{}'; }

# compile FILE.c OBJECT [FILE that it is an edited copy of: headers of that directory are found]
compile()
{
	local room=${3:-$1}

	# shellcheck disable=SC2086
	$cc $flags -I"${room%/*}" -w -c "$1" -o "$2"
}

object() { echo "$work/o/${1//\//_}.o"; }

# Everything once.
prepare()
{
	local f

	for f in libcg/*.c libcg/*/*.c drivers/*.c drivers/*/*.c tests/fake/*.c tests/lib/contract.c \
		tests/lib/world-fake*.c tests/contract/test-*.c tests/fault/test-*.c \
		tests/unit/test-{parse,path,bus,limits,transaction}.c; do
		case $f in
		tests/fake/test-* | tests/contract/test-adversary.c | tests/contract/test-bystanders.c) continue ;;
		esac
		echo "$f"
	done | side_by_side --compile
}
