#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The border of the library: what libcg.so exports is what the map lists is what the header
# declares; it needs libc and libmnl; sizes of public structs are for ever.
. "${0%/*}/lib.sh"

so=$CG_BUILD/libcg/.libs/libcg.so.0
header=include/libcg/cg.h
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

declared=$(code "$header" | cut -d: -f3- | tr '\n' ' ' | tr ';' '\n' | grep -v typedef |
	grep -oE '\bcg_[a-z0-9_]+ ?\(' | tr -d ' (' | sort -u)
mapped=$(code libcg/libcg.map | grep -oE '\bcg_[a-z0-9_]+;' | tr -d ';' | sort -u)
exported=$(nm -D --defined-only "$so" | awk '$2 != "A" { print $3 }' | sort -u)

# differ NAME A B: lines of one and not the other
differ()
{
	verdict "$1" "$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | grep '^[<>]')"
}

[ "$(printf '%s\n' "$declared" | wc -l)" -gt 20 ] && check=pass || check=fail
$check "the header's functions were found" "$declared"
differ "the map lists what the header declares" "$declared" "$mapped"
differ "the symbols of the Debian package are those of the map" "$mapped" \
	"$(grep -oE '^ cg_[a-z0-9_]+' "$CG_SRC/debian/libcg0.symbols" | tr -d ' ' | sort)"
verdict "the library exports nothing but cg_*" \
	"$(printf '%s\n' "$exported" | sed 's/@@*LIBCG_[0-9.]*$//' | grep -v '^cg_')"
verdict "every exported function has a version" \
	"$(printf '%s\n' "$exported" | grep -v '@@LIBCG_')"
differ "the library exports what the header declares" "$declared" \
	"$(printf '%s\n' "$exported" | sed 's/@@*LIBCG_[0-9.]*$//')"

if [ "$CG_PLAIN" = 1 ]; then
	verdict "it needs libc and libmnl only" "$(objdump -p "$so" | awk '$1 == "NEEDED" { print $2 }' |
		grep -vE '^(libc\.so\.6|libmnl\.so\.0|ld-linux.*)$')"
else
	skip "it needs libc and libmnl only" "a sanitizer needs its own library"
fi
differ "its name is libcg.so.0" libcg.so.0 "$(objdump -p "$so" | awk '$1 == "SONAME" { print $2 }')"

cat > "$tmp/sizes.c" <<'C'
#include <libcg/cg.h>
_Static_assert(sizeof(struct cg_ref) == 32, "cg_ref");
_Static_assert(sizeof(struct cg_survivor) == 64, "cg_survivor");
_Static_assert(offsetof(struct cg_report, usec) == 16, "cg_report.usec");
_Static_assert(offsetof(struct cg_report, how) == 24, "cg_report.how");
_Static_assert(sizeof(struct cg_report) == 24 + 64 + CG_SURVIVORS * 64, "cg_report");
_Static_assert(sizeof(struct cg_cap) == 8 + 3 * sizeof(char *), "cg_cap");
C
check "the sizes of public structs are as released" \
	${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$CG_SRC/include" -fsyntax-only "$tmp/sizes.c"

echo '#include <libcg/cg.h>
int main() { cg_report r = {}; cg_ctx *c = nullptr; return r.left || cg_ctx_new(&c); }' > "$tmp/use.cc"
if command -v g++ > "$tmp/which"; then
	check "the header is C++ too" \
		g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$CG_SRC/include" -fsyntax-only "$tmp/use.cc"
else
	skip "the header is C++ too" "no g++ here"
fi
tap_done
