#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What came of each promise on each stack, from the results of the harness; and whether
# every test that doc/semantics.md names has run. usage: report.sh RESULTS GROUP
# (GROUP is check, check-root or check-crash). Prints a table to RESULTS/GROUP.report, complaints
# and a summary to its output; fails if a test of that page is missing.
# CG_RUNTIME=0: cgrun was not built.
set -u

src=${CG_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
results=$1 group=$2
out=$results/$group.report

# "pass NAME STACK", "fail ...", "skip NAME STACK WHY", "na NAME STACK WHY"
cases()
{
	grep -hE '^(pass|fail|skip) tests/(contract|fault)/' "$results/$group"/*.res |
		sed -E 's|^([a-z]+) [^:]*: ([a-z0-9_]+)( \[([^]]*)\])?( - (.*))?$|\1 \2 \4\t\6|; s| \t|  \t|' |
		awk -F '\t' '{ split($1, a, " "); print a[1], a[2], a[3] == "" ? "-" : a[3], $2 }'
	grep -hE '^# n/a: ' "$results/$group"/*.log |
		sed -E 's|^# n/a: ([a-z0-9_]+) \[([^]]*)\] (.*)$|na \1 \2 \3|'
	cases_of_cgrun
}

# The same of rows whose test is a script: a stack is the situation that a case begins with.
cases_of_cgrun()
{
	local id tests script

	sed -nE 's/^\| ([A-Z][0-9]+[a-z]?) \|.*\| (.*) \|$/\1 \2/p' "$src/doc/semantics.md" |
	while read -r id tests; do
		for script in $(grep -oE '`tests/[^`]+`' <<<"$tests" | tr -d '`'); do
			[ -e "$results/$group/${script//\//-}.res" ] || continue
			awk -v row="$id" -v name="${script##*/}" '{
				at = match($0, /: [a-z]+: /)
				why = /^skip/ && match($0, / - /) ? substr($0, RSTART + 3) : ""
				split($0, part, ": ")
				print $1, row "_" name, at ? "cgrun:" part[2] : "cgrun", why
			}' "$results/$group/${script//\//-}.res"
		done
	done
}

# "ROW NAME" for each test of the page.
page()
{
	sed -nE 's/^\| ([A-Z][0-9]+[a-z]?) \|.*\| (.*) \|$/\1 \2/p' "$src/doc/semantics.md" |
		awk '{ for (i = 2; i <= NF; i++) if (gsub(/`,?/, "", $i)) print $1, $i }'
}

# Rows are promises and holes, columns stacks; "12" passed, "12!3" passed and failed,
# "s" skipped, "." does not apply.
table()
{
	awk '
	function mark(row, st) {
		if ($1 == "pass") p[row, st]++
		if ($1 == "fail") f[row, st]++
		if ($1 == "skip") s[row, st]++
		rows[row]
	}
	FILENAME != "-" { of[$2] = of[$2] " " $1; next }
	{
		if (!($3 in seen)) { seen[$3]; order[++n] = $3 }
		# The case of a script has its row in front.
		split($2, part, "_")
		k = split($2 in of ? of[$2] : part[1], row, " ")
		for (i = 1; i <= k; i++)
			mark(row[i], $3)
		if ($1 == "skip" || $1 == "na") {
			why = ""
			for (i = 4; i <= NF; i++)
				why = why (i > 4 ? " " : "") $i
			list[$1 " " $2 ": " why] = list[$1 " " $2 ": " why] " " $3
		}
	}
	END {
		printf "%-5s", ""
		for (i = 1; i <= n; i++) printf " %3d", i
		print ""
		m = split("M1 M2 M3 M4 S1 S2 S3 K1 K2 K2b K2c K3 K4 K5 K6 F1 F2 D1 C1 C2 C3 E1 E2 E3 E4 E6 E7", want, " ")
		for (i = 1; i <= 24; i++) want[m + i] = "H" i
		for (r = 1; r <= m + 24; r++) {
			printf "%-5s", want[r]
			for (i = 1; i <= n; i++) {
				k = want[r] SUBSEP order[i]
				c = p[k] ? p[k] "" : s[k] ? "s" : "."
				if (f[k]) c = c "!" f[k]
				printf " %3s", c
			}
			print ""
		}
		print ""
		for (i = 1; i <= n; i++) printf "%2d %s\n", i, order[i]
		print "\nDoes not apply, or skipped:"
		for (l in list) print l " [" substr(list[l], 2) "]" | "sort"
	}' <(page) -
}

# Names in backticks of a table's last column, with "(root" or "(crash" after them or not.
named()
{
	sed -nE 's/^\| [A-Z][0-9]+[a-z]? \|.*\| (.*) \|$/\1/p' "$src/doc/semantics.md" |
		grep -oE '`[^`]+`( \((root|crash))?' | tr -d '`' | sort -u
}

missing=0 n=0
all=$(cases)
printf '%s\n' "$all" | table > "$out"
while read -r name where; do
	[ -n "$name" ] || continue
	case "$where $group" in
	"(root check-root" | "(crash check-crash" | " check") ;;
	*) continue ;;
	esac
	[[ $name != tests/* ]] || [ "${CG_RUNTIME:-1}" = 1 ] || continue
	n=$((n + 1))
	# Root's machine may lack what a test needs: it says so in the table.
	ran='pass|fail'
	[ "$group" != check ] && ran='pass|fail|skip'
	case $name in
	tests/*) grep -qE "^($ran) $name" "$results/$group"/*.res && continue ;;
	*) printf '%s\n' "$all" | grep -qE "^($ran) $name " && continue ;;
	esac
	echo "semantics: $name did not run in make $group"
	missing=$((missing + 1))
done < <(named)
while read -r name; do
	[ -n "$name" ] || continue
	echo "semantics: $name has no row"
	missing=$((missing + 1))
done < <(comm -13 <(page | cut -d' ' -f2 | sort -u) \
	<(printf '%s\n' "$all" | awk '$3 !~ /^cgrun/ { print $2 }' | sort -u))
if [ "$group" = check ]; then
	for id in M1 M2 M3 M4 S1 S2 S3 K1 K2 K2b K2c K3 K4 K5 K6 F1 F2 D1 C1 C2 C3 E1 E2 E3 E4 E6 E7 $(seq -f 'H%g' 24); do
		grep -qE "^\| $id \|.*\`" "$src/doc/semantics.md" && continue
		echo "semantics: no row, or no test, for $id"
		missing=$((missing + 1))
	done
fi
[ "$n" -gt 0 ] || { echo "semantics: no test was looked for"; missing=1; }
echo "promises: $n tests of doc/semantics.md ran in $group, $missing missing; $out"
[ "$missing" = 0 ]
