# Edits of the library that named tests have to notice; with SAMPLE=N, N at random (SEED=S), or again
# those that nobody noticed in the output AGAIN=LOG.
dist_noinst_SCRIPTS += %D%/run %D%/sample
EXTRA_DIST += %D%/table %D%/lib.sh %D%/edits.pl %D%/equivalent

mutants:
	@SAMPLE=$(SAMPLE) SEED=$(SEED) AGAIN=$(AGAIN) $(CG_HARNESS) mutants $(CG_RESULTS) \
		%D%/$(if $(SAMPLE),sample,run)
.PHONY: mutants
