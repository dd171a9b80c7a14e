# Edits of the library that named tests have to notice.
dist_noinst_SCRIPTS += %D%/run
EXTRA_DIST += %D%/table

mutants:
	@$(CG_HARNESS) mutants $(CG_RESULTS) %D%/run
.PHONY: mutants
