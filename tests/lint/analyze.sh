#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Static analysis of what is installed. What it calls wrong and is right is written otherwise.
. "${0%/*}/lib.sh"

command -v cppcheck > /dev/null || skip_all "cppcheck is not installed"

analyze()
{
	cd "$CG_SRC" && cppcheck --quiet --inline-suppr --std=c11 --error-exitcode=1 \
		--enable=warning,performance,portability --suppress=missingInclude \
		--suppress=unknownMacro --suppress=memleak --suppress=ctunullpointer \
		-D_GNU_SOURCE '-DPACKAGE_VERSION="x"' -Iinclude -Ilibcg -Itools/common \
		libcg drivers tools 2>&1
}

check "cppcheck finds nothing" analyze
tap_done
