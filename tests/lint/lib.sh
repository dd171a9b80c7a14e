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

# objects DIR...: "SOURCE OBJECT" for each object that was made of a source file below these
# directories. With --disable-static libtool leaves objects in .libs only, else also beside
# it; the name has the target in front where that has flags of its own.
objects()
{
	(cd "$CG_BUILD" && find "$@" -name '*.o' 2>/dev/null | LC_ALL=C sort) |
		awk -v list="$(sources "$@")" -v build="$CG_BUILD" '
		BEGIN {
			n = split(list, v, "\n")
			for (i = 1; i <= n; i++)
				known[v[i]] = 1
		}
		{
			file = $0
			sub(/\.libs\//, "", file)
			sub(/\.o$/, ".c", file)
			if (!(file in known)) {
				at = match(file, /[^\/]*$/)
				name = substr(file, at)
				sub(/^[A-Za-z0-9_]+-/, "", name)
				file = substr(file, 1, at - 1) name
			}
			if (file in known)
				print file, build "/" $0
		}'
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
	(cd "$CG_SRC" && LC_ALL=C awk '
	FNR == 1 { inside = 0 }
	{
		line = $0
		out = ""
		while (line != "") {
			if (inside) {
				at = index(line, "*/")
				if (!at)
					break
				inside = 0
				out = out " "
				line = substr(line, at + 2)
			} else if (match(line, /\/\*|"(\\.|[^"\\])*"|\047(\\.|[^\047\\])*\047/)) {
				inside = substr(line, RSTART, 2) == "/*"
				out = out substr(line, 1, RSTART - 1)
				if (!inside)
					out = out substr(line, RSTART, RLENGTH)
				line = substr(line, RSTART + RLENGTH)
			} else {
				out = out line
				line = ""
			}
		}
		if (out ~ /[^ \t]/)
			print FILENAME ":" FNR ":" out
	}' "$@")
}
