# What reads bytes from outside. With --enable-fuzz (CC=clang) libFuzzer drives the targets
# (make fuzz-smoke: a minute each); else replay.c makes each file of the corpus a test case.
fuzz_programs =

if RUNTIME
fuzz_programs += %D%/fuzz-spec
%C%_fuzz_spec_SOURCES = %D%/fuzz-spec.c $(fuzz_main)
%C%_fuzz_spec_CPPFLAGS = $(CG_TOOLS_CPPFLAGS) -I$(top_srcdir)/tools/cgrun
%C%_fuzz_spec_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_spec_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
endif

if FUZZ
fuzz_main = %D%/fuzz.h
fuzz_ldflags = -fsanitize=fuzzer
check_PROGRAMS += $(fuzz_programs)

fuzz-smoke: $(fuzz_programs)
	@for f in $(fuzz_programs); do \
		name=$${f##*/fuzz-}; \
		$(MKDIR_P) $(CG_RESULTS)/fuzz/$$name && \
		./$$f -max_total_time=60 -max_len=4096 -artifact_prefix=$(CG_RESULTS)/fuzz/ \
			$(CG_RESULTS)/fuzz/$$name $(srcdir)/%D%/corpus/$$name || exit 1; \
	done
else
fuzz_main = %D%/fuzz.h %D%/replay.c
fuzz_ldflags =
check_programs += $(fuzz_programs)

fuzz-smoke:
	@echo "fuzz-smoke: configure with --enable-fuzz CC=clang" >&2; exit 1
endif
.PHONY: fuzz-smoke

EXTRA_DIST += %D%/corpus
