# Prints, never gates: not a part of any check.
check_PROGRAMS += %D%/bare %D%/bound
%C%_bare_CFLAGS = $(CG_CFLAGS)
%C%_bound_CFLAGS = $(CG_CFLAGS)
dist_noinst_SCRIPTS += %D%/run
EXTRA_DIST += %D%/table.jq

bench: all $(check_PROGRAMS) $(tests_bin)
	@CG_SRC=$(abs_top_srcdir) CG_BUILD=$(abs_top_builddir) CG_BIN=$(abs_top_builddir)/tests/bin \
		$(top_srcdir)/%D%/run $(BENCH_ROUNDS)
.PHONY: bench
