#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What every file looks like: licence line, tabs, line length, no // comments, no function
# that cannot be used safely, nothing of one machine.
. "${0%/*}/lib.sh"

all=$(sources libcg drivers tools tests; cd "$CG_SRC" &&
	find include libcg drivers tools tests -name '*.h')

licence()
{
	(cd "$CG_SRC" && awk '
	FNR == 1 {
		want = FILENAME ~ /^(libcg|drivers|include)\// ? "LGPL-2.1-or-later" : "GPL-2.0-or-later"
		if ($0 != "/* SPDX-License-Identifier: " want " */")
			print FILENAME ": the first line is not the licence " want
	}' $all)
}

# each REGEX: lines of code (not comments) that match
text=$(code $all)
each() { printf '%s\n' "$text" | grep -v '^tests/' | sed 's/:/: /2' | grep -E "$1"; }

looks()
{
	(cd "$CG_SRC" && awk '
	function columns(line,  i, n) {
		while (i = index(line, "\t")) {
			n = 8 - (i - 1) % 8
			line = substr(line, 1, i - 1) substr("        ", 1, n) substr(line, i + 1)
		}
		return length(line)
	}
	length() > 60 && (n = columns($0)) > 100 { print FILENAME ":" FNR ": " n " columns" }
	/[ \t]$/ { print FILENAME ":" FNR ": white space at the end" }
	/^        / { print FILENAME ":" FNR ": indented with spaces" }' $all)
}

# Text of one machine or of one place: paths, and hosts that packages come from.
foreign()
{
	(cd "$CG_SRC" && find . -type f \
		! -path './.git' ! -path './.git/*' ! -path './autom4te.cache/*' ! -path './build-aux/*' \
		! -path './m4/l*.m4' ! -path './COPYING*' ! -path './configure' ! -path './aclocal.m4' \
		! -path './Makefile.in' -print0 |
		xargs -0 grep -nIE \
			'/[w]ork/|/[f]arm/|/tmp/[l]ead|[.][.]/[s]hared|(pypi|npmjs|crates|ghcr|quay|deb[.]debian|proxy[.]golang|rubygems)[.](org|com|io)|[./]docker[.]io|docker[.]io[/:]')
}

verdict "every file begins with its licence" "$(licence)"
verdict "lines have up to 100 columns and tabs" "$(looks)"
verdict "comments are /* */" "$(each '(^|[^:"])//')"
verdict "no function that cannot be used safely" \
	"$(each '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|gets|alloca)\(|\[PATH_MAX' |
		grep -v '#define .* BANNED(')"
verdict "no path or host of one machine" "$(foreign)"
tap_done
