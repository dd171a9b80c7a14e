# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For test scripts: . "$CG_SRC/tests/lib/tap.sh"; then one of these for each case, and
# tap_done as the last command. doc/hacking.md, "Tests".

tap_n=0
tap_failed=0

# pass NAME
pass()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

# fail NAME WHY
fail()
{
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $1${2:+: $2}"
}

# skip NAME WHY
skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP ${2:?a skip says why}"
}

# check NAME COMMAND...: passes if the command succeeds; what it printed is in the log
check()
{
	tap_name=$1
	shift
	if "$@"; then
		pass "$tap_name"
	else
		fail "$tap_name" "exit status $? of: $*"
	fi
}

# refuse NAME COMMAND...: passes if the command fails
refuse()
{
	tap_name=$1
	shift
	if "$@"; then
		fail "$tap_name" "succeeded: $*"
	else
		pass "$tap_name"
	fi
}

tap_done()
{
	echo "1..$tap_n"
	[ "$tap_failed" = 0 ]
	exit
}

# skip_all WHY: nothing in this program can run here
skip_all()
{
	echo "# skip: ${1:?a skip says why}"
	exit 77
}
