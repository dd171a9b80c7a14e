#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900 s
# Does each lint see what it is for? It is shown a copy of the tree, once as it is and once
# for each planted violation, and has to fail by the right sentence.
. "${0%/*}/lib.sh"

src=$CG_SRC build=$CG_BUILD
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fresh()
{
	chmod -R u+w "$tmp" && rm -rf "$tmp/src" "$tmp/build" && mkdir "$tmp/src" "$tmp/build" || exit 1
	(cd "$src" && cp -r include libcg drivers tools tests doc debian "$tmp/src") || exit 1
	(cd "$build" && find libcg drivers tools \( -name '*.o' -o -name 'libcg.so*' \) -print0 |
		cp -a --parents -t "$tmp/build" $(xargs -0)) || exit 1
	chmod -R u+w "$tmp"
}

# lint SCRIPT: its result on the copy
lint()
{
	CG_SRC=$tmp/src CG_BUILD=$tmp/build "$tmp/src/tests/lint/$1.sh" > "$tmp/out" 2>&1
}

# sees WHAT SCRIPT CASE: with the violation in place, that case of that script fails
sees()
{
	if lint "$2"; then
		fail "$2 sees $1" "it passed"
	elif grep -q "^not ok [0-9]* - $3" "$tmp/out"; then
		pass "$2 sees $1"
	else
		sed 's/^/# /' "$tmp/out"
		fail "$2 sees $1" "no case «$3» failed"
	fi
	fresh
}

# plant FILE TEXT: adds it at the end of the file and makes the object of it anew
plant()
{
	local obj

	printf '%s\n' "$2" >> "$tmp/src/$1"
	for obj in $(CG_SRC=$tmp/src CG_BUILD=$tmp/build objects "${1%/*}" | sed -n "s|^$1 ||p"); do
		${CC:-cc} -std=gnu11 -w -fPIC -O1 -D_GNU_SOURCE= -include "$build/config.h" \
			-I"$tmp/src/include" -I"$tmp/src/libcg" -I"$tmp/src/tools" \
			-I"$tmp/src/tools/common" -c "$tmp/src/$1" -o "$obj" || exit 1
	done
}

tool=tools/common/num.c
core=libcg/text/path.c
calls='#undef kill
#undef rmdir
#undef syscall
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
'

fresh
if [ "$CG_PLAIN" = 1 ]; then
	for script in kernel-calls globals; do
		check "$script passes the copy as it is" lint "$script"
	done
	plant $tool "$calls int planted(int p); int planted(int p) { return kill(p, 9); }"
	sees "kill() in tools/" kernel-calls "programs signal"
	plant $tool "$calls int planted(void); int planted(void) { return rmdir(\"/x\"); }"
	sees "rmdir() in tools/" kernel-calls "programs signal"
	plant $tool "$calls void *planted(void); void *planted(void) { return (void *)&kill; }"
	sees "a pointer to kill() in tools/" kernel-calls "programs signal"
	plant $tool "$calls long planted(void); long planted(void) { return syscall(SYS_kill, 1, 0); }"
	sees "syscall() in tools/" kernel-calls "programs signal"
	plant $core "$calls int planted(int p); int planted(int p) { return kill(p, 9); }"
	sees "kill() in libcg/" kernel-calls "only sys.c"
	plant $core "char *getenv(const char *); char *planted(void); char *planted(void) { return getenv(\"X\"); }"
	sees "getenv() in libcg/" kernel-calls "only sys.c"

	plant $core "int planted = 1;"
	sees "a global variable" globals "the library has no global"
	plant $core "int *planted(void); int *planted(void) { static int n; n++; return &n; }"
	sees "a static counter" globals "the library has no global"
	plant $core "_Thread_local int planted;"
	sees "a thread's variable" globals "the library has no global"
	plant $core "static const char *const fine[] = { \"a\", \"b\" };
const char *planted(int i); const char *planted(int i) { return fine[i]; }"
	check "globals lets a constant table pass" lint globals
	fresh
	find "$tmp/build" -name '*.o' -delete
	sees "a build without objects" globals "there are objects"
else
	skip "kernel-calls sees a planted kill()" "a sanitizer is in every object"
	skip "globals sees a planted variable" "a sanitizer is in every object"
fi
find "$tmp/build" -name '*.o' -delete
sees "a build without objects" kernel-calls "every source file has an object"
if [ -e "$src/tools/cgrun/base/sys.c" ]; then
	printf 'long planted(void) { return syscall(SYS_tgkill, 1, 1, 9); }\n' >> "$tmp/src/tools/cgrun/base/sys.c"
	sees "SYS_tgkill in cgrun's sys.c" kernel-calls "cgrun's sys.c"
	printf 'long planted(void) { return syscall(62, 1, 9); }\n' >> "$tmp/src/tools/cgrun/base/sys.c"
	sees "a system call by number" kernel-calls "cgrun's sys.c"
fi

check "banned-last passes the copy as it is" lint banned-last
echo '#include <signal.h>' >> "$tmp/src/$tool"
sees "an include after banned.h" banned-last "banned.h is the last"
echo '#undef kill' >> "$tmp/src/$tool"
sees "#undef kill" banned-last "banned.h is the last"
sed -i '1a #define BANNED_EXCEPT_SYSCALL' "$tmp/src/$tool"
sees "an exception in the wrong file" banned-last "banned.h is the last"
printf '#include <signal.h>\n#include "banned.h"\nint planted(int p);\nint planted(int p) { return kill(p, 9); }\n' \
	> "$tmp/planted.c"
refuse "banned.h makes kill() a compile error" \
	${CC:-cc} -I"$src/tools" -fsyntax-only "$tmp/planted.c"

check "layout-words passes the copy as it is" lint layout-words
echo 'const char *planted = "cgroup.procs";' >> "$tmp/src/$core"
sees "cgroup.procs in libcg/" layout-words "only drivers name"
echo 'int planted(const char *s) { return !strcmp(s, "v1"); }' >> "$tmp/src/$tool"
sees "\"v1\" in tools/" layout-words "only drivers name"
echo 'tools/common/num.c systemd no longer' >> "$tmp/src/tests/lint/layout-words.allow"
sees "an exception that nothing needs" layout-words "every exception"
echo '/* cgroup.procs, "v1", systemd */' >> "$tmp/src/$core"
check "layout-words lets comments pass" lint layout-words
fresh

if command -v cppcheck > /dev/null; then
	echo 'int planted(int a); int planted(int a) { int b; return a + b; }' >> "$tmp/src/$core"
	sees "a variable without a value" analyze "cppcheck finds"
else
	skip "analyze sees a variable without a value" "cppcheck is not installed"
fi

check "rooms passes the copy as it is" lint rooms
sed -i '/#include "banned.h"/i #include "state/state.h"' "$tmp/src/tools/cgrun/base/log.c"
sees "an include that goes up" rooms "a room includes only"
sed -i '/^#define CGRUN_ROOT_H/a #include "program/program.h"' "$tmp/src/tools/cgrun/root/root.h"
sees "two rooms that include each other" rooms "a room includes only"
echo '#include "../state/state.h"' >> "$tmp/src/tools/cgrun/base/log.c"
sees "a way around the rooms" rooms "a room includes only"
echo > "$tmp/src/tools/cgrun/base/log.h"
sees "a second header" rooms "a room has one header"
echo > "$tmp/src/tools/cgrun/more.c"
sees "a file outside of all rooms" rooms "every file of cgrun"
mkdir "$tmp/src/tools/cgrun/attic"
sees "a room without a place" rooms "doc/design.md has"

check "sizes passes the copy as it is" lint sizes
{ echo 'int planted(void)'; echo '{'; for _ in $(seq 60); do echo '	;'; done; echo '}'; } >> "$tmp/src/$core"
sees "a long function" sizes "files have up to"
seq -f '/* %g */' 601 >> "$tmp/src/$core"
sees "a long file" sizes "files have up to"
{ echo 'int planted(void)'; echo '{'; for _ in $(seq 100); do echo '	;'; done; echo '}'; } >> "$tmp/src/$core"
echo "$core planted because" >> "$tmp/src/tests/lint/sizes.allow"
sees "a function that no reason excuses" sizes "no file has more than"
echo "$core planted because" >> "$tmp/src/tests/lint/sizes.allow"
sees "an exception that nothing needs" sizes "every exception"

check "style passes the copy as it is" lint style
sed -i 1d "$tmp/src/$core"
sees "a missing licence" style "every file begins"
printf '/*%0101d*/\n' 0 >> "$tmp/src/$core"
sees "a long line" style "lines have up to"
echo '        int x;' >> "$tmp/src/$core"
sees "spaces for tabs" style "lines have up to"
echo 'int x; // y' >> "$tmp/src/$core"
sees "a // comment" style "comments are"
echo 'int planted(char *s) { return atoi(s); }' >> "$tmp/src/$core"
sees "atoi()" style "no function that"
printf '# see /%s/main\n' work >> "$tmp/src/libcg/local.mk"
sees "a path of one machine" style "no path or host"
printf '# from %s.io/library/busybox\n' docker >> "$tmp/src/libcg/local.mk"
sees "the host of a registry" style "no path or host"

check "man passes the copy as it is" lint man
man=$tmp/src/doc/man
if command -v python3 > /dev/null; then
	echo 'int cg_planted(void);' >> "$tmp/src/include/libcg/cg.h"
	sees "a function without a page" man "every function has a page"
	sed -i 's/int \(" timeout_ms \);/long \1;/' "$man/cg_thaw.3" "$man/cg_freeze.3"
	sed -i 's/", int " timeout_ms/", long " timeout_ms/' "$man/cg_freeze.3"
	sees "another prototype" man "every function has a page"
	sed -i '/^\.SH VERSIONS/d' "$man/cg_delete.3"
	sees "a missing section" man "every page has the same"
	rm "$man/cg_thaw.3"
	sees "a listed page that is missing" man "doc/local.mk lists"
	sed -i 's/^\.BR cg_kill_all (3)/.BR cg_planted (3)/' "$man/cg_delete.3"
	sees "a link to nowhere" man "pages refer to"
	printf '.TP\n.B \\-ENOTTY\nNo.\n' >> "$man/cg_delete.3"
	sees "a code that is not in the list" man "every code is in"
	sed -i 's/cg_restore(ctx, saved, 0, &cg)/cg_restore(ctx, saved)/' "$man/cg_delete.3"
	sees "an example that does not compile" man "every example"
	sed -i 's/ \\-\\-quiet$/ \\-\\-quieter/' "$man/cgtool.8"
	sees "an option that the program has not" man "cgtool.8 and --help"
	sed -i '/^\.SS thaw/,/^\.SS signal/{/^\.SS signal/!d}' "$man/cgtool.8"
	sees "a command that the page has not" man "cgtool.8 and --help"
else
	skip "man sees what a page lacks" "python3 is not installed"
fi
if command -v groff > /dev/null; then
	sed -i 's/^Names of processes/\\fQNames/; s/^\.SH FILES/.SH FILES\n.frob/' "$man/cgtool.8"
	sees "a macro that is none" man "groff has nothing"
else
	skip "man sees a macro that is none" "groff is not installed"
fi

check "exports passes the copy as it is" lint exports
sed -i 's/^\tcg_freeze;$//' "$tmp/src/libcg/libcg.map"
sees "a function that is not in the map" exports "the map lists"
sed -i "/^ cg_freeze@/d" "$tmp/src/debian/libcg0.symbols"
sees "a function that the package's symbols lack" exports "the symbols of the Debian"
echo 'int cg_planted(void);' >> "$tmp/src/include/libcg/cg.h"
sees "a declared function that is not exported" exports "the library exports what"
sed -i 's/uint64_t spare;.*/uint64_t spare, more;/' "$tmp/src/include/libcg/cg.h"
sees "a grown struct" exports "the sizes of public"
sed -i 's/^struct cg_ctx;.*/struct cg_ctx { int class; };/' "$tmp/src/include/libcg/cg.h"
sees "a header that is not C++" exports "the header is C++"
so=$tmp/build/libcg/.libs
rm -f "$so"/libcg.so*
echo 'int cg_open(void) { return 0; } int planted(void) { return 0; }' > "$tmp/so.c"
${CC:-cc} -shared -fPIC -Wl,-soname,libother.so.1 -Wl,--no-as-needed -lm -o "$so/libcg.so.0" "$tmp/so.c" || exit 1
lint exports
[ "$CG_PLAIN" = 1 ] && needs="it needs libc" || needs=
for case in "the library exports nothing but" "every exported function has" ${needs:+"$needs"} "its name is"; do
	check "exports sees in a wrong library: $case" grep -q "^not ok [0-9]* - $case" "$tmp/out"
done
tap_done
