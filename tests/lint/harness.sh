#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Does the harness count what is there, and call a failure what is one?
. "${0%/*}/lib.sh"

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/src"

# program NAME TEXT: a test program that is a shell script
program()
{
	printf '#!/bin/sh\n%s\n' "$2" > "$tmp/src/$1"
	chmod +x "$tmp/src/$1"
}

# counts WHAT "PASSED FAILED SKIPPED" PROGRAM...: that is the sum, and the exit status fits
counts()
{
	local what=$1 want=$2 got status=0

	shift 2
	CG_SRC=$tmp/src CG_BUILD=$tmp/build HARNESS_LIMIT=2 HARNESS_JOBS=2 \
		"$CG_SRC/tests/lib/harness" group "$tmp/results" "$@" > "$tmp/out" 2>&1 || status=1
	got=$(cat "$tmp/results/group.sum")
	read -r _ failed _ <<< "$want"
	if [ "$got" = "$want" ] && [ $status = $((failed > 0)) ]; then
		pass "$what"
	else
		sed 's/^/# /' "$tmp/out"
		fail "$what" "counted $got, expected $want, exit status $status"
	fi
}

program good 'echo "ok 1 - a"; echo "ok 2 - b # SKIP no b here"; echo 1..2'
program bad 'echo 1..2; echo "not ok 1 - a"; echo "ok 2 - b"; exit 1'
program two_plans 'echo 1..1; echo "ok 1 - a"; echo 1..1; echo "ok 1 - b"'
program cmocka 'echo 1..2; echo "ok 1 - a"; echo "# skip: no b here"; echo "not ok 2 # SKIP b"'
program cmocka2 'echo 1..2; echo "ok 1 - a"; echo "# skip: no b here"; echo "ok 2 - b # SKIP"'
program no_reason 'echo 1..2; echo "ok 1 - a"; echo "not ok 2 # SKIP b"'
program no_plan 'echo "ok 1 - a"'
program short 'echo 1..3; echo "ok 1 - a"; echo "ok 2 - b"'
program status 'echo 1..1; echo "ok 1 - a"; exit 3'
program crash 'echo 1..2; echo "ok 1 - a"; kill -SEGV $$'
program silent ':'
program none 'echo 1..0'
program bail 'echo 1..1; echo "ok 1 - a"; echo "Bail out! no more"; exit 1'
program slow 'echo 1..1; echo "ok 1 - a"; sleep 30'
program patient '# time limit: 20 s
sleep 3; echo 1..1; echo "ok 1 - a"'
program whole 'echo "# skip: nothing works here"; exit 77'
program whole_mute 'exit 77'
program misspelled 'bash "$0.part"; echo 1..1; echo "ok 1 - a"'
echo 'no_such_function' >"$tmp/src/misspelled.part"
program input 'read -r x && exit 1; echo 1..1; echo "ok 1 - a"'

counts "cases are passed, failed and skipped" "2 1 1" good bad
counts "plans of several groups add up" "2 0 0" two_plans
counts "cmocka's skips are skips" "1 0 1" cmocka
counts "cmocka 2's skips are skips" "1 0 1" cmocka2
counts "a skip without a reason fails" "1 1 0" no_reason
counts "a missing plan fails" "1 1 0" no_plan
counts "fewer cases than planned fail" "2 1 0" short
counts "a call of what does not exist fails" "1 1 0" misspelled
counts "an exit status without a failed case fails" "1 1 0" status
counts "a crash fails" "1 1 0" crash
counts "a silent program fails" "0 1 0" silent
counts "a plan of nothing fails" "0 1 0" none
counts "giving up fails" "1 1 0" bail
counts "a program that does not end fails" "1 1 0" slow
counts "a program may ask for more time" "1 0 0" patient
counts "a program may skip as a whole" "1 0 2" good whole
counts "but not without a reason" "1 1 1" good whole_mute
counts "a group that only skips fails" "0 1 1" whole
counts "a group without programs fails" "0 1 0"
counts "a program that is not there fails" "1 1 1" good missing
counts "there is nothing to read" "1 0 0" input

# ---- tests/run -----------------------------------------------------------------

mkdir -p "$tmp/tree/tools" "$tmp/tree/tests"
cp "$CG_SRC/tests/run" "$tmp/tree/tests/"
ln -s /bin/true "$tmp/tree/tools/install-deps"
ln -s /bin/true "$tmp/tree/autogen.sh"
cat > "$tmp/tree/configure" << 'EOF'
#!/bin/sh
printf 'all:\nlist-groups:\n\t@echo check mutants\nlist-later:\ncheck:\n\tmkdir -p tests/results\n' >Makefile
printf '\techo %s >tests/results/check.sum\n\t%s\n' "$SUM" "$END" >>Makefile
printf 'mutants:\n\techo 2 0 0 >tests/results/mutants.sum\n' >>Makefile
EOF
chmod +x "$tmp/tree/configure"

# whole WHAT "PASSED FAILED SKIPPED" END STATUS LAST: a group that leaves that sum, and ends so
whole()
{
	local status

	SUM=$2 END=$3 env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL "$tmp/tree/tests/run" > "$tmp/out" 2>&1
	status=$?
	if [ "$status $(tail -n 1 "$tmp/out")" = "$4 $5" ]; then
		pass "$1"
	else
		sed 's/^/# /' "$tmp/out"
		fail "$1" "exit status $status, last line $(tail -n 1 "$tmp/out")"
	fi
}

whole "tests/run ends well if all passed" "3 0 1" true 0 "5 passed, 0 failed, 1 skipped"
whole "and not if something failed" "3 1 0" false 1 "5 passed, 1 failed, 0 skipped"
whole "nor if a group failed without saying so" "3 0 0" false 1 "5 passed, 1 failed, 0 skipped"

tap_done
