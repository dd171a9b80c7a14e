# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For the lint scripts. Each looks at CG_SRC and CG_BUILD only, so that selftest.sh can
# show it a tree with a planted violation.
# shellcheck source=tests/lib/tap.sh
: "${CG_SRC:?}" "${CG_BUILD:?}"
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"

# sources DIR...: the C files below these directories of the source tree
sources()
{
	local dir

	for dir; do
		(cd "$CG_SRC" && find "$dir" -name '*.c' | LC_ALL=C sort)
	done
}

# objects FILE.c: the objects that were made of it. With --disable-static libtool leaves
# them in .libs only, else also beside it; the name has the target in front where that
# has flags of its own.
objects()
{
	local dir=${1%/*} base=${1##*/}

	find "$CG_BUILD/$dir" "$CG_BUILD/$dir/.libs" -maxdepth 1 -regextype posix-extended \
		-regex ".*/([A-Za-z0-9_]+-)?${base%.c}\.o" 2>/dev/null
}

# verdict NAME WHAT: passes if WHAT, one line for each violation, is empty
verdict()
{
	if [ -z "$2" ]; then
		pass "$1"
	else
		printf '%s\n' "$2" | sed 's/^/# /'
		fail "$1" "$(printf '%s\n' "$2" | grep -c .) violations, first: $(printf '%s\n' "$2" | head -n 1)"
	fi
}

# code FILE...: the lines of these files of the source tree without their comments, each
# as FILE:LINE:TEXT
code()
{
	(cd "$CG_SRC" && python3 - "$@") <<'PY'
import re, sys
token = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
def blank(m):
    s = m.group(0)
    return "\n" * s.count("\n") + " " if s.startswith("/*") else s
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        for n, line in enumerate(token.sub(blank, f.read()).split("\n"), 1):
            if line.strip():
                print(f"{name}:{n}:{line}")
PY
}
