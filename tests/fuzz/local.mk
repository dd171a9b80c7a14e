# What reads bytes from outside. With --enable-fuzz (CC=clang) libFuzzer drives the targets
# (make fuzz-smoke: a minute each); else replay.c makes each file of the corpus a test case.
fuzz_programs =

if RUNTIME
fuzz_programs += %D%/fuzz-spec %D%/fuzz-state %D%/fuzz-process %D%/fuzz-devices \
	%D%/fuzz-passwd %D%/fuzz-channel
%C%_fuzz_spec_SOURCES = %D%/fuzz-spec.c $(fuzz_main)
%C%_fuzz_spec_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_fuzz_spec_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_spec_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
%C%_fuzz_state_SOURCES = %D%/fuzz-state.c $(fuzz_main)
%C%_fuzz_state_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_fuzz_state_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_state_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
%C%_fuzz_process_SOURCES = %D%/fuzz-process.c $(fuzz_main)
%C%_fuzz_process_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_fuzz_process_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_process_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
%C%_fuzz_devices_SOURCES = %D%/fuzz-devices.c $(fuzz_main)
%C%_fuzz_devices_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_fuzz_devices_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_devices_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
%C%_fuzz_passwd_SOURCES = %D%/fuzz-passwd.c $(fuzz_main)
%C%_fuzz_passwd_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_fuzz_passwd_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_passwd_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
%C%_fuzz_channel_SOURCES = %D%/fuzz-channel.c $(fuzz_main)
%C%_fuzz_channel_CPPFLAGS = $(CG_CGRUN_CPPFLAGS)
%C%_fuzz_channel_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_channel_LDADD = tools/cgrun/libcgrun.la libcg/libcg.la $(JSON_LIBS)
endif

fuzz_programs += %D%/fuzz-parse %D%/fuzz-path %D%/fuzz-saved
%C%_fuzz_parse_SOURCES = %D%/fuzz-parse.c $(fuzz_main)
%C%_fuzz_parse_CPPFLAGS = $(CG_TEST_CPPFLAGS)
%C%_fuzz_parse_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_parse_LDADD = libcg/libcg-core.la
%C%_fuzz_path_SOURCES = %D%/fuzz-path.c $(fuzz_main)
%C%_fuzz_path_CPPFLAGS = $(CG_TEST_CPPFLAGS)
%C%_fuzz_path_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_path_LDADD = libcg/libcg-core.la
%C%_fuzz_saved_SOURCES = %D%/fuzz-saved.c $(fuzz_main)
%C%_fuzz_saved_CPPFLAGS = $(CG_TEST_CPPFLAGS) -I$(top_srcdir) -I$(top_srcdir)/tests
%C%_fuzz_saved_LDFLAGS = $(AM_LDFLAGS) $(fuzz_ldflags)
%C%_fuzz_saved_LDADD = tests/fake/libfake.la libcg/libcg-core.la

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
