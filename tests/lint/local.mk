# The first takes as long as all others together.
lint_scripts = \
	%D%/selftest.sh \
	%D%/analyze.sh \
	%D%/banned-last.sh \
	%D%/exports.sh \
	%D%/globals.sh \
	%D%/harness.sh \
	%D%/install.sh \
	%D%/kernel-calls.sh \
	%D%/layout-words.sh \
	%D%/man.sh \
	%D%/readme.sh \
	%D%/rooms.sh \
	%D%/sizes.sh \
	%D%/style.sh

check_scripts += $(lint_scripts)
# Also where check_scripts was given on the command line.
EXTRA_DIST += $(lint_scripts) %D%/lib.sh %D%/layout-words.allow %D%/sizes.allow

lint: all-am $(tests_bin)
	@$(CG_HARNESS) lint $(CG_RESULTS) $(lint_scripts)

# These build a copy of everything, hence not part of check; tests/run runs them.
EXTRA_DIST += %D%/planted.sh %D%/dist.sh
check-planted: all
	@$(CG_HARNESS) check-planted $(CG_RESULTS) %D%/planted.sh
check-dist: all
	@$(CG_HARNESS) check-dist $(CG_RESULTS) %D%/dist.sh
.PHONY: lint check-planted check-dist
